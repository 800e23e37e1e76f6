"""Descriptions of a release: catalogue, RO-Crate, Croissant, lists of files, changes and releases."""
