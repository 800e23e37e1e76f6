"""Pages beyond single things: home, search, comparisons, syntheses, explanations, errors, health."""
