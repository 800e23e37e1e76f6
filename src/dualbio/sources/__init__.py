"""Curated sources: located, read with line numbers, written in canonical form, created from templates."""
