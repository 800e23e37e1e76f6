"""Incremental builds: after an edit of studies or lessons, everything that does not depend on it is reused."""
