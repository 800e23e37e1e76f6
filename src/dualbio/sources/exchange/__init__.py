"""Formats of other tools: RIS and BibTeX, Europe PMC, the data-extraction sheet, study tables for RevMan."""
