"""What records are called: a label that a person can read alone and that nothing else of its kind has."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping

from dualbio.model.entities import Concept, Disease, Entity
from dualbio.model.evidence import (
    Arm,
    BiasAssessment,
    Comparison,
    PlannedOutcome,
    RegimenStep,
    Result,
    Source,
    WithdrawnRow,
)
from dualbio.model.lessons import FindingSource, ReviewInput, Support
from dualbio.model.record_fields import Record

__all__ = ["other_keys", "part_label", "source_name"]


def other_keys(rows: Collection[Entity]) -> dict[str, str]:
    """Return for each synonym and abbreviation, written as a key, the key of the one row that it names.

    A name of several rows, and one that is a key itself, stand for nothing else.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        names = row.synonyms if isinstance(row, Concept) else ()
        short = (row.abbreviation,) if isinstance(row, Disease) and row.abbreviation else ()
        for name in (*names, *short):
            found[_as_key(name)].add(row.key)
    taken = {row.key for row in rows} | {""}
    return {name: next(iter(keys)) for name, keys in found.items() if len(keys) == 1 and name not in taken}


def _as_key(name: str) -> str:
    """Return a name in the form of a key.

    >>> _as_key("Sjögren's disease"), _as_key("TNF-alpha")
    ('sjogrens-disease', 'tnf-alpha')
    """
    plain = unicodedata.normalize("NFKD", name.casefold()).replace("'", "").replace("\u2019", "")
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def part_label(part: Record, name: str, kind: str, owner: str, arms: Mapping[str, str]) -> str:
    """Return the label of a part of a record.

    Args:
        part: the part.
        name: its own id, or its number among its like; empty where there is but one.
        kind: the kind of individual that it is.
        owner: the label of what it is a part of.
        arms: the names of the arms of the study, by key.
    """
    match part:
        case Arm() | ReviewInput():
            return f"{owner}, {part.label}"
        case RegimenStep():
            return f"{owner}, step {name}: {_agent(part)}"
        case PlannedOutcome():
            return f"{owner} {name}, planned: {part.outcome_as_reported}"
        case Result():
            return f"{owner} {name}: {part.title}, {arms.get(part.arm, part.arm)}"
        case Comparison():
            return f"{owner} {name}: {part.title}, {arms.get(part.a, part.a)} against {arms.get(part.b, part.b)}"
        case WithdrawnRow():
            return f"{owner} {name}, withdrawn: {part.statement}"
        case BiasAssessment():
            return f"{owner}, risk of bias {name}: {part.domain.replace('-', ' ')}"
        case Source() | FindingSource():
            return f"{owner} {name}: {source_name(part)}"
        case Support():
            return f"{owner} {name}: {part.study}"
        case _:
            return f"{owner}, {kind} {name}".rstrip()


def source_name(source: Source | FindingSource) -> str:
    """Return a short name for a source, such as `van Schaik 2022, Trials`."""
    head = " ".join(str(part) for part in (source.first_author, source.year) if part)
    place = (source.journal or source.registry_id) if isinstance(source, Source) else None
    rest = place or (source.type or "page").replace("-", " ")
    return f"{head}, {rest}" if head else rest


def _agent(step: RegimenStep) -> str:
    """Return in words what a step gives."""
    keys = step.drug_options or step.placebo_for or (step.drug or step.drug_class or "",)
    names = " or ".join(key.replace("-", " ") for key in keys)
    return f"placebo for {names}" if step.placebo_for else names
