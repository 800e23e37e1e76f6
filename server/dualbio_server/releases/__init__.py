"""Releases over HTTP: files and listings at `/data/`, pinned addresses, differences."""
