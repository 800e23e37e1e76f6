"""Are the vocabularies used, and are their rows distinct?"""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.build.checks.survey import Check, Finding, Survey
from dualbio.evidence import Interaction

__all__ = ["CHECKS"]


def unused_term(survey: Survey) -> Iterator[Finding]:
    """Yield outcomes and adverse events that no row uses and no term is narrower than."""
    rows = [site.record for site in survey.rows()]
    used: dict[str, set[str | None]] = {
        "outcome": {*(row.outcome for row in rows), *(site.record.outcome for site in survey.of(Interaction))},
        "ae": {row.ae for row in rows},
    }
    for kind, keys in used.items():
        entities = survey.corpus.entities[kind]
        parents = {parent for entity in entities.values() for parent in getattr(entity, "parents", ())}
        for key in entities:
            if key not in keys and key not in parents:
                yield survey.entity(kind, key).finding(f"'{key}' is used by no row; repair: none needed, or remove it")


CHECKS = (Check("unused-term", "note", "Every outcome and adverse event is used.", unused_term),)
