"""Do rows fit their outcome, their arms, their time and each other?"""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.build.checks.survey import Finding, Survey, firm
from dualbio.entities import Outcome
from dualbio.evidence import Comparison

__all__ = ["CHECKS"]


def outcome_kind(survey: Survey) -> Iterator[Finding]:
    """Yield rows whose kind is not that of their outcome."""
    for site in survey.rows():
        row = site.record
        outcome = survey.corpus.entities["outcome"].get(row.outcome)
        if isinstance(outcome, Outcome) and outcome.kind != row.kind:
            message = f"kind is '{row.kind}', that of outcome '{row.outcome}' is '{outcome.kind}'; repair: correct one"
            yield site.finding(message, "kind")


def contrast_arms(survey: Survey) -> Iterator[Finding]:
    """Yield comparisons of an arm with itself that are not within an arm, and the reverse."""
    for site in survey.of(Comparison):
        row = site.record
        if (row.a == row.b) != (row.contrast_type == "within-arm"):
            found = f"contrast_type is '{row.contrast_type}' with a {row.a} and b {row.b}"
            message = f"{found}; accepted: within-arm exactly when a = b; repair: correct one"
            yield site.finding(message, "contrast_type")


CHECKS = (
    firm("outcome-kind", "A row is of the kind of its outcome.", outcome_kind),
    firm("contrast-arms", "Only a contrast within an arm has one arm twice.", contrast_arms),
)
