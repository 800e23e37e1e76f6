"""The files that people edit: read with line numbers, written in canonical form; their schemas and templates."""
