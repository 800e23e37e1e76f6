"""Pages for people, and health."""
