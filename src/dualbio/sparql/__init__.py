"""SPARQL without an engine: media types, negotiation, and analysis of query text."""
