"""Texts for rows, plans and arms: the number, what the source does not print, and overlaps.

What a source printed never changes; these words stand beside it, so that every answer says them in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from pyoxigraph import Literal, Quad

from dualbio.model.evidence import (
    CHECK_LEVELS,
    AnyRow,
    Arm,
    Comparison,
    Interval,
    PlannedOutcome,
    Result,
    Spread,
    StudyFile,
    Subgroup,
)
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.rdf.numbers import number_literal
from dualbio.sources.corpus import Corpus
from dualbio.synthesis.canonical_numbers import derived_count

__all__ = [
    "not_printed",
    "number_text",
    "other_prints",
    "overlap_notes",
    "percent_of",
    "planned_texts",
    "reading_quads",
    "standing_rows",
    "subgroup_text",
]

_GRAPH = graph_iri("synthesis")
_TENTH = Decimal("0.1")
#: What a study is to another that holds some of its people; the other kinds of overlap share a text, no people.
_OVERLAPS = {
    "pools": "pools {}",
    "pooled-in": "pooled in {}",
    "successive-cut": "another cut of {}",
    "extends": "extends {}",
    "extended-by": "extended by {}",
    "possible-overlap": "may share people with {}",
}


def reading_quads(corpus: Corpus, files: Mapping[str, StudyFile]) -> Iterator[Quad]:
    """Yield the readings of all rows and arms of studies as quads of the graph `synthesis`."""
    acronyms = {key: file.study.acronym for key, file in corpus.study_files.items()}
    factors = {
        key: thing.label.partition(",")[0]  # what follows says what is not named
        for kind in ("biomarker", "drug-class")
        for key, thing in corpus.entities[kind].items()
    }
    for key, file in files.items():
        standing, others = standing_rows(file.rows), other_prints(file.rows)
        for row in file.rows:
            kind = "result" if isinstance(row, Result) else "comparison"
            node = individual(kind, f"{key}.{row.id}")
            if row.id in standing:
                yield Quad(node, term("rdf:type"), term("StandingRow"), _GRAPH)
            if row.id in others:
                yield Quad(node, term("alsoPrinted"), Literal(others[row.id]), _GRAPH)
            yield from (Quad(node, term(name), value, _GRAPH) for name, value in _readings(row, factors))
        for name, words in planned_texts(file.planned_outcomes or ()).items():
            yield Quad(individual("study", key), term(name), Literal(words), _GRAPH)
        for arm, note in overlap_notes(file, acronyms).items():
            yield Quad(individual("arm", f"{key}.{arm}"), term("overlapNote"), Literal(note), _GRAPH)


def standing_rows(rows: Iterable[AnyRow]) -> set[str]:
    """Return the ids of the rows whose number stands: not contested, and no other print of it was read more closely.

    Of two prints that were read equally closely both stand; neither can be preferred.
    """
    found = {row.id: row for row in rows}
    others = _alternatives(found.values())
    return {
        row.id
        for row in found.values()
        if row.state is None
        and all(found[key].state is not None or _rank(row) <= _rank(found[key]) for key in others[row.id])
    }


def other_prints(rows: Iterable[AnyRow]) -> dict[str, str]:
    """Return in words, by the id of a row, the other numbers that sources print for the same quantity."""
    found = {row.id: row for row in rows}
    texts = {
        key: sorted({number_text(found[other]) for other in others})
        for key, others in _alternatives(found.values()).items()
    }
    return {key: "; ".join(words) for key, words in texts.items() if words}


def _alternatives(rows: Iterable[AnyRow]) -> dict[str, set[str]]:
    """Return for each row the ids of its alternatives, whichever of the two names the other."""
    rows = tuple(rows)
    others: dict[str, set[str]] = {row.id: set() for row in rows}
    for row in rows:
        for other in row.alternative_to or ():
            others[row.id].add(other)
            others[other].add(row.id)
    return others


def _rank(row: AnyRow) -> int:
    return CHECK_LEVELS.index(row.checked)


def subgroup_text(subgroup: Subgroup, names: Mapping[str, str]) -> str:
    """Return the part of an arm that a row is about, in words.

    Args:
        subgroup: the part.
        names: what biomarkers and drug classes are called, by key.

    >>> subgroup_text(Subgroup(factor="prior-tnf-inhibitor", level="none"), {"tnf-inhibitor": "TNF inhibitor"})
    'prior TNF inhibitor: none'
    """
    known = max((key for key in names if f"-{subgroup.factor}".endswith(f"-{key}")), key=len, default="")
    start = subgroup.factor.removesuffix(known).replace("-", " ")
    return f"{start}{names.get(known, '')}: {subgroup.level}"


def _readings(row: AnyRow, factors: Mapping[str, str]) -> Iterator[tuple[str, GroundTerm]]:
    yield "numberText", Literal(number_text(row))
    if row.subgroup:
        yield "subgroupText", Literal(subgroup_text(row.subgroup, factors))
    lacking = not_printed(row)
    if lacking:
        yield "notPrinted", Literal(", ".join(lacking))
    percent = percent_of(row) if isinstance(row, Result) else None
    if percent is not None:
        yield "percent", number_literal(percent)


def percent_of(row: Result) -> Decimal | None:
    """Return the share that a row counts, in percent: as printed, or else from the printed count and total.

    A share that is printed as a bound is none, nor is a number of events, of which one person may have several.

    >>> row = {"kind": "efficacy", "outcome": "sri-4", "outcome_as_reported": "response", "source": "s1", "arm": "a"}
    >>> row |= {"locator": "Table 2", "checked": "fulltext", "id": "r001", "role": "primary", "week": 52}
    >>> row |= {"population": "ITT", "statistic": "count", "unit_of_analysis": "patient", "events": 28, "total": 144}
    >>> percent_of(Result.model_validate(row))
    Decimal('19.4')
    """
    if row.statistic not in ("count", "percent"):
        return None
    if row.unit == "%" and row.value is not None:
        return row.value if row.value_bound is None else None
    if row.events is None or row.total is None or row.unit_of_analysis == "event":
        return None
    return (Decimal(100) * row.events / row.total).quantize(_TENTH)


def not_printed(row: AnyRow) -> tuple[str, ...]:
    """Return what a reader would need beside a number and its source does not print."""
    if isinstance(row, Comparison):
        wanted: dict[str, object] = {"estimate": row.estimate, "interval": row.interval, "p": row.p}
    elif row.statistic == "rate":
        wanted = {"person-years": row.person_years, "interval": row.interval}
    elif row.unit_of_analysis == "event":
        wanted = {"person-years": row.person_years}
    elif row.statistic in ("count", "percent"):
        count = row.events if row.events is not None else derived_count(row)
        wanted = {"count": count, "total": row.total}
    else:
        wanted = {"spread": row.spread or row.interval, "total": row.total}
    return tuple(name for name, found in wanted.items() if found is None)


def number_text(row: AnyRow) -> str:
    """Return what a row says as one phrase, in the digits of its source.

    `28/144 (19.4 %)`, `7.4 % of 81`, `4.3 per 100 patient-years (3.6 to 5.2)`, `1.27 (0.60 to 2.71), p = 0.5342`.
    """
    return _comparison_text(row) if isinstance(row, Comparison) else _result_text(row)


def _result_text(row: Result) -> str:
    if row.statistic not in ("count", "percent"):
        words = f"{_with_unit(row)}{_spread(row.spread)}{_interval(row.interval)}"
        return f"{words}, n = {row.total}" if row.total is not None else words
    share = _with_unit(row) if row.value is not None else None
    if row.events is None:
        return f"{share} of {row.total}" if row.total is not None else str(share)
    counted = f"{row.events}/{row.total}" if row.total is not None else str(row.events)
    percent = percent_of(row)
    if share is None and percent is not None:
        share = f"{percent} %"
    kind = " events" if row.unit_of_analysis == "event" else ""
    return f"{counted}{kind}" + (f" ({share})" if share else "") + _interval(row.interval)


def _comparison_text(row: Comparison) -> str:
    parts = [f"{_with_unit(row)}{_interval(row.interval)}"] if row.estimate is not None else []
    if row.p:
        parts.append(f"p {row.p.operator} {row.p.value}{' (nominal)' if row.p.nominal else ''}")
    if parts:
        return ", ".join(parts)
    stated = {True: "significant", False: "not significant", "unknown": "compared in words"}
    return stated[row.significant]


def _with_unit(row: AnyRow) -> str:
    number = f"{row.value_bound or ''}{row.value}" if isinstance(row, Result) else str(row.estimate)
    return f"{number} {row.unit}" if row.unit else number


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return ""
    high = interval.high if interval.high is not None else "unreadable" if interval.high_unreadable else "no limit"
    level = "" if interval.level == Decimal(95) else f"{interval.level:f} %: "
    return f" ({level}{interval.low} to {high})"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    numbers = str(spread.value) if spread.value is not None else f"{spread.low} to {spread.high or 'no limit'}"
    return f" ({spread.type} {numbers})"


def planned_texts(plans: Iterable[PlannedOutcome]) -> dict[str, str]:
    """Return what a study was to be judged on, in words: `plannedPrimary`, and `plannedOther` with the role of each.

    An outcome whose role no page tells may be the primary one; it stands there, and says so.
    """
    planned: dict[str, list[str]] = {"plannedPrimary": [], "plannedOther": []}
    for plan in plans:
        words = ", ".join(filter(None, (plan.outcome_as_reported, plan.time_as_reported)))
        if plan.role in ("primary", None):
            planned["plannedPrimary"].append(words if plan.role else f"{words} (role not reported)")
        else:
            planned["plannedOther"].append(f"{plan.role}: {words}")
    return {name: "; ".join(each) for name, each in planned.items() if each}


def overlap_notes(file: StudyFile, acronyms: Mapping[str, str]) -> dict[str, str]:
    """Return for each arm with whom it shares people: other arms of its study, and other studies.

    Args:
        file: the study.
        acronyms: what studies are called, by key.
    """
    notes: dict[str, list[str]] = {arm.id: [] for arm in file.arms}
    labels = {arm.id: arm.label for arm in file.arms}
    for arm in file.arms:
        for other, words, reverse in _kin(arm):
            notes[arm.id].append(f"{words} {labels[other]}")
            notes[other].append(f"{reverse} {arm.label}")
    for overlap in file.study.overlaps_with or ():
        if overlap.kind in _OVERLAPS:
            words = _OVERLAPS[overlap.kind].format(acronyms.get(overlap.study, overlap.study))
            for found in notes.values():
                found.append(words)
    return {arm: "; ".join(dict.fromkeys(found)) for arm, found in notes.items() if found}


def _kin(arm: Arm) -> Iterator[tuple[str, str, str]]:
    """Yield the arms that an arm names: the other's key, what the arm is to it, and what it is to the arm."""
    for part in arm.union_of or ():
        yield part, "holds", "in"
    if arm.subset_of:
        yield arm.subset_of, "part of", "holds"
    if arm.paired_with:
        yield arm.paired_with, "same people as", "same people as"
    for other in arm.derived_from or ():
        yield other, "later stage of", "goes on as"
