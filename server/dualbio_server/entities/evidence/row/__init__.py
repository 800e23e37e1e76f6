"""Pages of one row: a number and its derivation, or a mapping."""
