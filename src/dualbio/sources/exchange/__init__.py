"""Forms in which other tools keep references and results: RIS, BibTeX, extraction sheets, study tables for RevMan."""
