"""RDF dumps, framed JSON-LD with its JSON Schema, SSSOM, nanopublications, and loading into another store."""
