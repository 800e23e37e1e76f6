"""The data model: records, and the names and IRIs of things."""
