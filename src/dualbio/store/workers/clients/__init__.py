"""Clients of the query workers: for threads, for an event loop, and as a store."""
