"""SPARQL without an engine: media types, negotiation, analysis of queries and updates."""
