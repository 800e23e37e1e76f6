"""RDF syntaxes that are written here: prefixes, JSON-LD, RDF/XML."""
