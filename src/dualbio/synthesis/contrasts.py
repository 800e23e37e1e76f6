"""Which rows of a study may be set against each other: one quantity, measured alike, in people who are not the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from dualbio.evidence import Arm, Comparison, Result, StudyFile
from dualbio.synthesis.intervals import LEVEL, Rate

__all__ = ["Contrast", "contrasts_of", "printed_rate"]

#: The arm under test comes first, then what it is held against.
_ROLES = ("combination", "monotherapy", "conventional-therapy", "placebo")
#: Fields that two rows of a contrast have in common.
_ALIKE = (
    "kind", "outcome", "ae", "biomarker", "outcome_as_reported", "subgroup", "week", "timepoint", "period",
    "population", "unit_of_analysis", "statistic",
)  # fmt: skip


@dataclass(frozen=True)
class Contrast:
    """Two rows of one study: `a` of the arm under test, `b` of the arm that it is set against.

    `published` are the comparisons of these arms that sources print for the same outcome and week.
    """

    study: str
    a: Result
    b: Result
    published: tuple[Comparison, ...] = ()

    @property
    def key(self) -> str:
        """The ids of both rows in their order; they are permanent, whichever arm comes first."""
        return "_".join(sorted((self.a.id, self.b.id)))


def contrasts_of(file: StudyFile) -> Iterator[Contrast]:
    """Yield the contrasts of a study in the order of its rows.

    A pooled analysis has none: its counts are sums over trials, and their difference mixes trials.  Rows with a second
    printed value (`alternative_to`) are left out, for nobody knows which of the two is right.
    """
    if file.study.design == "pooled-analysis":
        return
    arms = {arm.id: arm for arm in file.arms}
    people = _people(file.arms)
    disputed = {other for row in file.results or () for other in row.alternative_to or ()}
    groups: dict[tuple[object, ...], list[Result]] = {}
    for row in file.results or ():
        if not row.alternative_to and row.id not in disputed and _computable(row):
            groups.setdefault(tuple(getattr(row, name) for name in _ALIKE), []).append(row)
    for rows in groups.values():
        for one, other in combinations(rows, 2):
            if _comparable(arms[one.arm], arms[other.arm], people):
                first, second = sorted((one, other), key=lambda row: (_ROLES.index(arms[row.arm].role), row.id))
                yield Contrast(file.study.id, first, second, tuple(_published(file, one, other)))


def _published(file: StudyFile, one: Result, other: Result) -> Iterator[Comparison]:
    """Yield the printed comparisons of what two rows measure, between their arms."""
    for row in file.comparisons or ():
        same = all(getattr(row, name) == getattr(one, name) for name in ("outcome", "ae", "week", "subgroup"))
        if same and {row.a, row.b} == {one.arm, other.arm}:
            yield row


def _computable(row: Result) -> bool:
    """Say whether a row has what an interval is made of: people with the event and all people, or a rate."""
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
    """Say whether two arms may be compared: of the study itself, in one stage of it, without people in common."""
    outside = "external-comparator" in (a.role, b.role)
    shared = a.id in people[b.id] or b.id in people[a.id]
    return a.id != b.id and not outside and not shared and a.stage == b.stage


def _people(arms: Iterable[Arm]) -> dict[str, set[str]]:
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
