"""Rows of a study that may be compared: same quantity, measured in the same way, in different people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from dualbio.model.evidence import Arm, Result, StudyFile
from dualbio.synthesis.intervals import LEVEL, Rate
from dualbio.synthesis.readings import standing_rows

__all__ = ["ARM_ORDER", "RowPair", "people_of", "printed_rate", "row_pairs_of", "share_pairs_of"]

#: Roles of arms: the arm under test first, then its comparators.
ARM_ORDER = ("combination", "monotherapy", "conventional-therapy", "placebo")
#: Fields that two comparable rows have in common.
_ALIKE = (
    "kind", "outcome", "ae", "biomarker", "outcome_as_reported", "seriousness", "definition", "subgroup", "week",
    "timepoint", "period", "population", "unit_of_analysis", "statistic",
)  # fmt: skip


@dataclass(frozen=True)
class RowPair:
    """Two rows of one study: `a` of the arm under test, `b` of the arm that it is set against."""

    study: str
    a: Result
    b: Result

    @property
    def key(self) -> str:
        """The ids of both rows in their order; they are permanent, whichever arm comes first."""
        return "_".join(sorted((self.a.id, self.b.id)))


def row_pairs_of(file: StudyFile) -> Iterator[RowPair]:
    """Yield the pairs of comparable rows of a study in the order of its rows.

    A pooled analysis has none: its counts are sums over trials, and their difference mixes trials.  Contested rows
    are left out, and of two prints of one number (`alternative_to`) the one that was read less closely, or both where
    they were read equally closely: it is unknown which of them is right.
    """
    yield from _pairs(file, [row for row in _undoubted(file) if _computable(row)], _ALIKE)


def share_pairs_of(file: StudyFile) -> Iterator[RowPair]:
    """Yield the pairs of comparable rows that print a percentage of people, of which one or both print no count.

    Their difference is known, but not how far chance may have made it.
    """
    shares = [row for row in _undoubted(file) if _is_share(row)]
    alike = tuple(name for name in _ALIKE if name != "statistic")
    yield from (pair for pair in _pairs(file, shares, alike) if not (_computable(pair.a) and _computable(pair.b)))


def _undoubted(file: StudyFile) -> Iterator[Result]:
    """Yield the rows whose number stands alone; a pooled analysis has none to compare."""
    rows = file.results or ()
    standing = standing_rows(rows)
    rivals = {(row.id, other) for row in rows for other in row.alternative_to or ()}
    doubted = {key for pair in rivals if standing.issuperset(pair) for key in pair}
    if file.study.design != "pooled-analysis":
        yield from (row for row in rows if row.id in standing - doubted)


def _pairs(file: StudyFile, rows: Iterable[Result], alike: Iterable[str]) -> Iterator[RowPair]:
    arms = {arm.id: arm for arm in file.arms}
    people = people_of(file.arms)
    groups: dict[tuple[object, ...], list[Result]] = {}
    for row in rows:
        groups.setdefault(tuple(getattr(row, name) for name in alike), []).append(row)
    for group in groups.values():
        for one, other in combinations(group, 2):
            if _comparable(arms[one.arm], arms[other.arm], people):
                first, second = sorted((one, other), key=lambda row: (ARM_ORDER.index(arms[row.arm].role), row.id))
                yield RowPair(file.study.id, first, second)


def _is_share(row: Result) -> bool:
    printed = row.unit == "%" and row.value is not None and row.value_bound is None
    return row.statistic in ("count", "percent") and row.unit_of_analysis == "patient" and (printed or _computable(row))


def _computable(row: Result) -> bool:
    """Return whether an interval can be computed for a row: it has people with the event and all people, or a rate."""
    if row.statistic == "rate":
        return printed_rate(row) is not None or (row.events is not None and row.person_years is not None)
    counted = row.events is not None and row.total is not None and row.events <= row.total
    return row.statistic == "count" and row.unit_of_analysis == "patient" and counted


def printed_rate(row: Result) -> Rate | None:
    """Return the rate and the 95% interval that a row prints; None where it prints no such interval."""
    interval = row.interval
    if row.value is None or interval is None or interval.high is None or interval.level != LEVEL:
        return None
    return Rate(float(row.value), float(interval.low), float(interval.high))


def _comparable(a: Arm, b: Arm, people: dict[str, set[str]]) -> bool:
    """Return whether two arms may be compared: of one trial of the study, in one stage, without people in common."""
    outside = "external-comparator" in (a.role, b.role)
    shared = a.id in people[b.id] or b.id in people[a.id]
    return a.id != b.id and not outside and not shared and (a.trial, a.stage) == (b.trial, b.stage)


def people_of(arms: Iterable[Arm]) -> dict[str, set[str]]:
    """Return, for each arm, itself and every arm that holds, or held before, people of it."""
    above: dict[str, set[str]] = {arm.id: set() for arm in arms}
    for arm in arms:
        for other in (arm.subset_of, arm.paired_with, *(arm.derived_from or ())):
            if other:
                above[arm.id].add(other)
        if arm.paired_with:
            above[arm.paired_with].add(arm.id)
        for part in arm.union_of or ():
            above[part].add(arm.id)
    return {key: _reached(key, above) for key in above}


def _reached(start: str, above: dict[str, set[str]]) -> set[str]:
    found, todo = {start}, [start]
    while todo:
        new = above[todo.pop()] - found
        found |= new
        todo += new
    return found
