"""Records and their names: studies, vocabularies and lessons with their fields; IRIs, prefixes, outside numbers."""
