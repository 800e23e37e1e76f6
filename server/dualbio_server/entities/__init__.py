"""Pages and documents of things, including the ontology, in the language of the reader."""
