"""What people edit: found, read with line numbers, written in canonical form, and started from templates."""
