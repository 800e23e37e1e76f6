"""Files of a release: names and compression of its dumps, catalogue, RO-Crate, Croissant, changes."""
