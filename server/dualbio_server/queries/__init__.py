"""Saved queries over HTTP."""
