"""Our own writers of RDF syntaxes: prefixes, JSON-LD and its context, RDF/XML."""
