"""Records from registries, with a list of what a curator has to decide."""
