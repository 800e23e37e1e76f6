"""Exchange formats of other tools: RIS, BibTeX, extraction sheets, study tables for RevMan."""
