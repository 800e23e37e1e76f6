"""Figures as files and inside pages, drawn at first use and kept."""
