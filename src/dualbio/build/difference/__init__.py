"""Incremental builds after an edit: differences of the graphs, applied to the previous release."""
