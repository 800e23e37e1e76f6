"""Stores: where the triples of a release are asked questions.

`embedded` holds a store in this process, `remote` speaks to a SPARQL server,
and `workers` evaluates the queries of strangers in processes that can be stopped.
"""
