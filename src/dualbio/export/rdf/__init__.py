"""RDF dumps, framed JSON-LD, SSSOM, nanopublications, and pushing graphs to another store."""
