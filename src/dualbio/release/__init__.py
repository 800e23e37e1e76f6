"""A release on disk: its manifest, finding one, what differs between two."""
