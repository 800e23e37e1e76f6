"""The process that evaluates one query at a time."""
