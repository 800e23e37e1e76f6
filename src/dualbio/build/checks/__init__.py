"""The named checks of curated data, one module per topic."""

from dualbio.build.checks import (
    absence,
    arithmetic,
    arms,
    hierarchies,
    identifiers,
    kinds,
    lessons,
    measures,
    overlaps,
    references,
    rows,
    sequence,
    texts,
    vocabulary,
)
from dualbio.build.checks.survey import Check, CheckHit, Place, Severity, Site, Survey

__all__ = ["CHECKS", "Check", "CheckHit", "Place", "Severity", "Site", "Survey"]

#: Every check, in the order of `docs/checks.md`.
CHECKS: tuple[Check, ...] = (
    *references.CHECKS,
    *arms.CHECKS,
    *kinds.CHECKS,
    *sequence.CHECKS,
    *rows.CHECKS,
    *measures.CHECKS,
    *absence.CHECKS,
    *arithmetic.CHECKS,
    *overlaps.CHECKS,
    *lessons.CHECKS,
    *identifiers.CHECKS,
    *texts.CHECKS,
    *vocabulary.CHECKS,
    *hierarchies.CHECKS,
)
