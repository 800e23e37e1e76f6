"""Commands that import and export evidence: references, sheets of other tools, updates from the registry."""
