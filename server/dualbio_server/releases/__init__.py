"""Releases: files, listings, pinned addresses, differences."""
