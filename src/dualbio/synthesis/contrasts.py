"""Contrasts: two arms of a study with one outcome as reported, at one time, and their measures.

A comparison that a source prints is one measure of a contrast, an estimate computed from two rows another.  What is
said once of a contrast (its verdict above all) does not depend on how many measures a report prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dualbio.model.evidence import Arm, Comparison, Result, StudyFile
from dualbio.synthesis.row_pairs import ARM_ORDER, RowPair, row_pairs_of

__all__ = ["Contrast", "contrasts_of", "principal_measure", "shared_references"]

#: Fields that all printed measures of one contrast have in common.
_PRINTED_ALIKE = (
    "kind", "outcome", "ae", "biomarker", "outcome_as_reported", "subgroup", "week", "to_timepoint", "pooled_studies",
)  # fmt: skip
#: Fields by which a pair of rows finds the printed contrast of the same quantity.
_QUANTITY = ("outcome", "ae", "biomarker", "week", "subgroup")
#: Standing of an outcome in the plan of its study, the highest first.
_STANDING = ("primary", "secondary", "exploratory", "post-hoc", "adverse-event")


@dataclass(frozen=True)
class Contrast:
    """Arm `a` (under test) against arm `b` of one study, on one outcome as reported, at one time.

    `comparisons` are the measures that sources print, `pairs` the rows of both arms that can be computed with.
    """

    study: str
    key: str
    a: str
    b: str
    comparisons: tuple[Comparison, ...]
    pairs: tuple[RowPair, ...]

    @property
    def row(self) -> Comparison | Result:
        """A row that says what is measured: outcome, event, time and words of the report."""
        return self.comparisons[0] if self.comparisons else self.pairs[0].a

    @property
    def role(self) -> str:
        """The highest standing that a measure has in the plan of the study."""
        rows: list[Comparison | Result] = [*self.comparisons, *(pair.a for pair in self.pairs)]
        return min((row.role for row in rows), key=_STANDING.index)


def contrasts_of(file: StudyFile) -> Iterator[Contrast]:
    """Yield the contrasts of a study: the printed ones in the order of their comparisons, then the computed ones.

    The key of a contrast is the id of its first comparison, or the ids of its two rows; ids are permanent.
    A pair of rows belongs to the printed contrast of its arms, outcome, time and subgroup that has the same words of
    the report, or that is the only one, when the rows are the only ones too.
    """
    arms = {arm.id: arm for arm in file.arms}
    printed = _printed(file.comparisons or ())
    pairs = list(row_pairs_of(file))
    computed: dict[int, list[RowPair]] = {}
    alone: list[RowPair] = []
    for pair in pairs:
        found = _home(pair, printed, pairs)
        if found is None:
            alone.append(pair)
        else:
            computed.setdefault(found, []).append(pair)
    for position, rows in enumerate(printed):
        a, b = sorted((rows[0].a, rows[0].b), key=lambda key: _side_order(arms[key], rows[0]))
        yield Contrast(file.study.id, rows[0].id, a, b, rows, tuple(computed.get(position, ())))
    for pair in alone:
        yield Contrast(file.study.id, pair.key, pair.a.arm, pair.b.arm, (), (pair,))


def principal_measure(contrast: Contrast) -> Comparison | None:
    """Return the printed measure that a verdict on the contrast rests on.

    It prints a p value, an interval or a statement on significance, and is not contested; one with a p value comes
    before one with an interval, and that before a statement.  None where nothing is printed that could carry a
    verdict, or where two such measures disagree on significance.
    """
    contested = {other for row in contrast.comparisons for other in row.alternative_to or ()}
    able = [
        row
        for row in contrast.comparisons
        if row.states_significance and row.state is None and not row.alternative_to and row.id not in contested
    ]
    if len({row.significant for row in able}) != 1:
        return None
    return min(able, key=lambda row: (row.p is None, row.interval is None, row.id))


def shared_references(contrasts: Iterable[Contrast]) -> dict[str, tuple[str, ...]]:
    """Return for each contrast, by key, the other arms that its reference arm stands against on the same quantity.

    Such contrasts count the people of the reference arm again: they are not independent of each other.
    """
    groups: dict[tuple[object, ...], list[Contrast]] = {}
    for contrast in contrasts:
        row = contrast.row
        what = (contrast.b, row.outcome_as_reported, *(getattr(row, name) for name in _QUANTITY))
        groups.setdefault(what, []).append(contrast)
    return {
        one.key: tuple(sorted({other.a for other in group} - {one.a}))
        for group in groups.values()
        for one in group
        if len({other.a for other in group}) > 1
    }


def _printed(rows: Iterable[Comparison]) -> list[tuple[Comparison, ...]]:
    """Return the comparisons between two arms, those of one contrast together."""
    groups: dict[tuple[object, ...], list[Comparison]] = {}
    for row in rows:
        if row.contrast_type == "between-arms":
            what = tuple(getattr(row, name) for name in _PRINTED_ALIKE)
            groups.setdefault((frozenset((row.a, row.b)), *what), []).append(row)
    return [tuple(group) for group in groups.values()]


def _home(pair: RowPair, printed: list[tuple[Comparison, ...]], pairs: list[RowPair]) -> int | None:
    """Return the position of the printed contrast that a pair of rows belongs to."""
    near = [position for position, rows in enumerate(printed) if _same_quantity(pair, rows[0], {rows[0].a, rows[0].b})]
    words = [n for n in near if printed[n][0].outcome_as_reported == pair.a.outcome_as_reported]
    if words:
        return words[0]
    rivals = {other.a.outcome_as_reported for other in pairs if _same_quantity(other, pair.a, {pair.a.arm, pair.b.arm})}
    return near[0] if len(near) == 1 and len(rivals) == 1 else None


def _same_quantity(pair: RowPair, row: Comparison | Result, arms: set[str]) -> bool:
    return {pair.a.arm, pair.b.arm} == arms and all(getattr(pair.a, name) == getattr(row, name) for name in _QUANTITY)


def _side_order(arm: Arm, row: Comparison) -> tuple[int, bool]:
    """Return where an arm stands in a contrast: by its role, and of two alike the one that the report names first."""
    roles = (*ARM_ORDER, "external-comparator")
    return roles.index(arm.role), arm.id != row.a
