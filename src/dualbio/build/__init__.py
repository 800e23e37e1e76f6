"""From sources to a release: validate, convert, infer, package; layers, shapes and quality queries."""
