"""Pages of one row: a number with what it is of, where it was read and what became of it; and a mapping."""
