"""The named checks of the curated data, a module a topic; `CHECKS` is the table of all of them."""

from dualbio.build.checks import arithmetic, arms, identifiers, overlaps, references, rows, texts, vocabulary
from dualbio.build.checks.survey import Check, Finding, Place, Severity, Site, Survey

__all__ = ["CHECKS", "Check", "Finding", "Place", "Severity", "Site", "Survey"]

#: Every check, in the order of `docs/checks.md`.
CHECKS: tuple[Check, ...] = (
    *references.CHECKS,
    *arms.CHECKS,
    *rows.CHECKS,
    *arithmetic.CHECKS,
    *overlaps.CHECKS,
    *identifiers.CHECKS,
    *texts.CHECKS,
    *vocabulary.CHECKS,
)
