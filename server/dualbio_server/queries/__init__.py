"""Saved queries as pages, as answers, and as an OpenAPI document."""
