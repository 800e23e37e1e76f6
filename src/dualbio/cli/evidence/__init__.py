"""Commands that import and export evidence: references, sheets, updates from the registry."""
