"""The control of each number of a combination arm, and the kind of control.

A comparator stays beside the arm it belongs to, whether or not a difference can be computed: shares without a total and
rates without an interval have their control too.  How the two groups of people came about is said with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pyoxigraph import Quad

from dualbio.model.evidence import Arm, Result, StudyFile
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.synthesis.row_pairs import people_of

__all__ = ["ControlRow", "control_quads", "control_rows_of"]

Right = Literal["randomisedControl", "sameBefore", "otherControl"]
#: Fields that a number and its control have in common.
_ALIKE = ("kind", "outcome", "ae", "biomarker", "outcome_as_reported", "subgroup", "week", "timepoint", "period")
_SHARES = ("count", "percent")


@dataclass(frozen=True)
class ControlRow:
    """Row `control` beside row `row` of a combination arm; `right` says how their people came to be two groups."""

    row: Result
    control: Result
    right: Right


def control_rows_of(file: StudyFile) -> Iterator[ControlRow]:
    """Yield the controls of each row of a combination arm, in the order of the rows.

    An arm of single drugs, of conventional therapy or of placebo is a control of the same kind of number of the same
    quantity at the same time.  The people of a combination arm before the combination are its control, and nobody
    else's; arms that share people otherwise are none.
    """
    arms = {arm.id: arm for arm in file.arms}
    people = people_of(file.arms)
    rows = file.results or ()
    for row in rows:
        for other in rows if arms[row.arm].role == "combination" else ():
            if other.statistic in _SHARES if row.statistic in _SHARES else other.statistic == row.statistic:
                right = _right(arms[row.arm], arms[other.arm], people, file)
                if right and all(getattr(row, name) == getattr(other, name) for name in _ALIKE):
                    yield ControlRow(row, other, right)


def control_quads(file: StudyFile) -> Iterator[Quad]:
    """Yield the controls of a study's rows as quads of the graph `synthesis`."""
    for found in control_rows_of(file):
        row, control = (individual("result", f"{file.study.id}.{each.id}") for each in (found.row, found.control))
        yield Quad(row, term(found.right), control, graph_iri("synthesis"))


def _right(a: Arm, b: Arm, people: dict[str, set[str]], file: StudyFile) -> Right | None:
    if b.role in ("combination", "external-comparator"):
        return None
    if a.id == b.paired_with or b.id == a.paired_with:
        return "sameBefore"
    if b.id in people[a.id] or a.id in people[b.id] or b.observation or (a.trial, a.stage) != (b.trial, b.stage):
        return None
    randomised = file.study.design == "randomised-controlled-trial"
    return "randomisedControl" if randomised and _ran(a) <= _agents_given(b) else "otherControl"


def _ran(arm: Arm) -> set[str | None]:
    """Return the agents that ran before the study; chance did not choose who takes them."""
    return {step.drug or step.drug_class for step in arm.regimen if step.running_at_start}


def _agents_given(arm: Arm) -> set[str | None]:
    return {step.drug or step.drug_class for step in arm.regimen if step.role != "placebo"}
