"""The SPARQL endpoint: query, update, Graph Store, service description."""
