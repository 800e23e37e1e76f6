"""Labels of records: readable alone, and unique within their kind."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import shorten
from urllib.parse import urlsplit

from dualbio.model.entities import Concept, Disease, Entities, Entity
from dualbio.model.evidence import (
    Arm,
    BiasAssessment,
    Comparison,
    Overlap,
    PlannedOutcome,
    RegimenStep,
    Result,
    Source,
    StudyAim,
    StudyFile,
    WithdrawnRow,
)
from dualbio.model.lessons import ArmPrediction, FindingMeasure, FindingSource, LevelEffect, ReviewInput, Support
from dualbio.model.record_fields import Record, slug

__all__ = ["Names", "other_keys", "part_labels", "short_labels", "source_name", "told_apart"]

#: Letters of a statement that labels of what belongs to it begin with.
_SHORT = 90


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


@dataclass(frozen=True)
class Names:
    """What the things are called that labels name: rows of vocabularies, and studies with their arms and rows.

    Attributes:
        entities: the rows of the vocabularies, by kind and key.
        studies: the study files, by key.
    """

    entities: Entities = field(default_factory=dict)
    studies: Mapping[str, StudyFile] = field(default_factory=dict)

    def of(self, kind: str, key: str) -> str:
        """Return the label of a row of a vocabulary; what is not there is called by the words of its key."""
        found = self.entities.get(kind, {}).get(key)
        return found.label if found else key.rpartition(".")[2].replace("-", " ")

    def agent(self, key: str) -> str:
        """Return what a drug or a class of drugs is called."""
        return self.of("drug" if key in self.entities.get("drug", {}) else "drug-class", key)

    def study(self, key: str) -> str:
        """Return what a study is called."""
        found = self.studies.get(key)
        return found.study.acronym if found else key.replace("-", " ")

    def row(self, study: str, key: str) -> str:
        """Return what a result or comparison measured; nothing where the study holds no such row."""
        file = self.studies.get(study)
        return next((row.title for row in file.rows if row.id == key), "") if file else ""


def part_labels(
    parts: Sequence[tuple[Record, str]], relation: str, kind: str, owner: str, arms: Mapping[str, str], names: Names
) -> list[str]:
    """Return the labels of the parts of a record that stand in one field, each another.

    Args:
        parts: the parts, each with its own id or its number among its like; the name is empty where there is but one.
        relation: the name of the field.
        kind: the kind of individual that they are.
        owner: what they are parts of: its label.
        arms: the names of the arms of the study, by key.
        names: what other things are called.
    """
    labels = [
        _row_label(part, owner, arms)
        or _study_label(part, name, owner, names)
        or _taught_label(part, relation, owner, arms, names)
        or f"{owner}, {kind} {name}".rstrip()
        for part, name in parts
    ]
    return told_apart(labels, [tuple(_apart(part, names)) for part, _ in parts])


def told_apart(labels: Sequence[str], more: Sequence[Sequence[str]]) -> list[str]:
    """Return labels of which no two are equal: those that were are followed by what differs, or else by a number.

    Args:
        labels: the labels.
        more: for each of them what may tell it from its like, in one order, as many for all of one kind.

    >>> told_apart(["a", "b", "b"], [("x", "y"), ("x", "y"), ("x", "z")])
    ['a', 'b (y)', 'b (z)']
    >>> told_apart(["a", "a"], [(), ()])
    ['a (1)', 'a (2)']
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        groups[label].append(place)
    told = list(labels)
    for label, places in groups.items():
        if len(places) == 1:
            continue
        differing = [kept for kept in zip(*(more[place] for place in places), strict=False) if len(set(kept)) > 1]
        for n, place in enumerate(places):
            words = dict.fromkeys(kept[n] for kept in differing[:2] if kept[n])
            told[place] = f"{label} ({', '.join(words)})" if words else label
        if len({told[place] for place in places}) < len(places):
            for n, place in enumerate(places, start=1):
                told[place] = f"{told[place]} ({n})"
    return told


def short_labels(statements: Mapping[str, str]) -> dict[str, str]:
    """Return statements cut to a length that fits into the labels of what belongs to them, by key.

    Those that would be equal then are not cut.
    """
    cut = {key: _short(text) for key, text in statements.items()}
    counts = Counter(cut.values())
    return {key: short if counts[short] == 1 else statements[key] for key, short in cut.items()}


def _short(text: str) -> str:
    """Return the beginning of a sentence, cut between two words.

    >>> _short("word " * 30)
    'word word word word word word word word word word word word word word word word word …'
    """
    return shorten(text, _SHORT, placeholder=" …").rstrip(".")


def _row_label(part: Record, owner: str, arms: Mapping[str, str]) -> str | None:
    """Return the label of a row of numbers, or of what is left or planned of one."""
    match part:
        case Result():
            return f"{owner}: {part.title}, {arms.get(part.arm, part.arm)}"
        case Comparison():
            return f"{owner}: {part.title}, {arms.get(part.a, part.a)} against {arms.get(part.b, part.b)}"
        case WithdrawnRow():
            return f"{owner}, withdrawn: {part.statement}"
        case PlannedOutcome():
            return f"{owner}, planned: {part.outcome_as_reported}"
        case _:
            return None


def _study_label(part: Record, name: str, owner: str, names: Names) -> str | None:
    """Return the label of a part of a study or review that is no row."""
    match part:
        case Arm() | ReviewInput():
            return f"{owner}, {part.label}"
        case RegimenStep():
            return f"{owner}, step {name}: {_agent(part, names)}"
        case BiasAssessment():
            return f"{owner}, risk of bias {name}: {names.of('value', f'bias-domain.{part.domain}')}"
        case StudyAim():
            return f"{owner}, aim: {names.of('value', f'aim-kind.{part.aim}')}"
        case Overlap():
            return f"{owner} and {names.study(part.study)}: {names.of('value', f'overlap-kind.{part.kind}')}"
        case Source() | FindingSource():
            return f"{source_name(part)}, source of {owner}"
        case _:
            return None


def _taught_label(part: Record, relation: str, owner: str, arms: Mapping[str, str], names: Names) -> str | None:
    """Return the label of what a lesson or finding rests on."""
    match part:
        case Support():
            read = [title for row in part.rows or () if (title := names.row(part.study, row))]
            side = "contradicted" if relation == "contradicted_by" else "supported"
            more = f" and {len(read) - 1} more" if len(read) > 1 else ""
            return f"{owner}: {side} by {names.study(part.study)}" + (f", {read[0]}{more}" if read else "")
        case FindingMeasure():
            return f"{owner}: {part.measure}" + (f", {arms[part.arm]}" if part.arm and part.arm in arms else "")
        case ArmPrediction():
            return f"{owner}: {names.of('value', f'prediction.{part.predicts}')}, {names.study(part.study)}"
        case LevelEffect():
            return f"{owner}: {part.measure}, {part.level}"
        case _:
            return None


def _apart(part: Record, names: Names) -> Iterator[str]:
    """Yield what tells a part from others of its label: always as many words of one kind of part."""
    match part:
        case Result():
            yield names.of("value", f"statistic.{part.statistic}")
            yield names.of("value", f"analysis-population.{slug(part.population)}")
            yield names.of("value", f"unit-of-analysis.{part.unit_of_analysis}")
            yield from (part.seriousness or "", part.locator)
        case Comparison():
            yield names.of("value", f"effect-measure.{slug(part.measure)}")
            yield from (part.seriousness or "", part.locator)
        case Source():
            yield names.of("value", f"source-type.{part.type}")
            yield from (part.version or "", part.doi or "", part.pmid or "", urlsplit(part.url or "").netloc)
        case FindingSource():
            yield from (part.locator or "", part.doi or "", part.pmid or "")
        case FindingMeasure():
            yield from (part.subgroup or "", f"week {part.week}" if part.week is not None else "")
        case ArmPrediction():
            yield part.measure or ""


def source_name(source: Source | FindingSource) -> str:
    """Return a short name for a source, such as `van Schaik 2022, Trials`."""
    head = " ".join(str(part) for part in (source.first_author, source.year) if part)
    place = (source.journal or source.registry_id) if isinstance(source, Source) else None
    rest = place or (source.type or "page").replace("-", " ")
    return f"{head}, {rest}" if head else rest


def _agent(step: RegimenStep, names: Names) -> str:
    """Return in words what a step gives."""
    keys = step.drug_options or step.placebo_for or (step.drug or step.drug_class or "",)
    words = " or ".join(names.agent(key) for key in keys)
    return f"placebo for {words}" if step.placebo_for else words
