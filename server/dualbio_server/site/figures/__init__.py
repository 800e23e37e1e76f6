"""Figures of a service: drawn at first use and kept, as files of their own and inside pages."""
