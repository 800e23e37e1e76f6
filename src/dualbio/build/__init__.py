"""From curated sources to a release: validate, convert, infer, package."""
