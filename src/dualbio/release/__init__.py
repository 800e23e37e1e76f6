"""A release: its folder, and what changed between two of them."""
