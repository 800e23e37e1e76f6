"""Asking the query workers: from threads, from an event loop, and as a store."""
