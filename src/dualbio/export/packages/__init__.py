"""Descriptions of a whole release: catalogue, RO-Crate, lists of files and of changes."""
