"""The timing of the agents of a regimen, inferred from its steps: which starts first, and whether they overlap.

Days of the study clock are the unit; weeks have seven, months 28 to 31, years 365 or 366.  What the steps leave open
stays open.  The rules of `ontology/rules/` say the same of the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from dualbio.model.evidence import RegimenStep

__all__ = [
    "AgentCourse",
    "DosingOverlap",
    "Span",
    "StartRelation",
    "contradictions",
    "courses",
    "dosing_overlap",
    "first_dose",
    "last_dose",
    "start_relation",
]

#: How the first dose of one agent lies to that of another.
StartRelation = Literal["same-day", "later", "earlier", "not-told"]
#: Whether an agent is still given when a later one begins.
DosingOverlap = Literal["overlapping", "none", "not-told"]

#: Fewest and most days of each unit in which lengths of time are printed.
DAYS = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "year": (365, 366)}


class Span(NamedTuple):
    """The earliest and the latest day on which a dose may fall; None where it is open."""

    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class AgentCourse:
    """One agent of a regimen with its steps in the order in which they were given."""

    steps: tuple[RegimenStep, ...]

    @property
    def opening(self) -> RegimenStep:
        """The step with which its giving begins."""
        return self.steps[0]

    @property
    def names(self) -> frozenset[str]:
        """The keys of the drug, of its options, or of its class."""
        step = self.opening
        return frozenset(step.drug_options or (step.drug or step.drug_class or "",))

    @property
    def first_dose(self) -> Span:
        """When its first dose falls."""
        return first_dose(self.opening)

    def __str__(self) -> str:
        return " or ".join(sorted(self.names))


def courses(steps: Iterable[RegimenStep]) -> tuple[AgentCourse, ...]:
    """Return the active agents of a regimen; steps of one drug are one agent, each step of a class another."""
    steps_of: dict[str, list[RegimenStep]] = {}
    for number, step in enumerate(steps):
        if step.role == "active":
            steps_of.setdefault(step.drug or f"step {number}", []).append(step)
    return tuple(AgentCourse(tuple(each)) for each in steps_of.values())


def first_dose(step: RegimenStep) -> Span:
    """Return when the first dose of a step falls."""
    low = _days(step.start_day, step.start_week)
    high = _days(step.start_day_max, step.start_week_max)
    if low is None and step.running_for is not None:
        few, many = DAYS[step.running_for.unit]
        shortest, longest = step.running_for.min, step.running_for.max
        return Span(None if longest is None else -longest * many, None if shortest is None else -shortest * few)
    return Span(low, low if high is None else high)


def last_dose(step: RegimenStep) -> Span:
    """Return when the last dose of a step falls."""
    low = _days(step.end_day, step.end_week)
    high = _days(step.end_day_max, step.end_week_max)
    return Span(low, low if high is None else high)


def start_relation(one: AgentCourse, other: AgentCourse) -> StartRelation:
    """Return how the first dose of `other` lies to that of `one`."""
    if _starts_after(other, one):
        return "later"
    if _starts_after(one, other):
        return "earlier"
    return "same-day" if _starts_with(one, other) else "not-told"


def dosing_overlap(first: AgentCourse, second: AgentCourse) -> DosingOverlap:
    """Return whether `first` is still given when `second` begins, which starts after it."""
    begin = second.first_dose
    ends = [last_dose(step) for step in first.steps]
    if begin.high is not None and any(end.low is not None and end.low >= begin.high for end in ends):
        return "overlapping"
    if first.opening.continued is not None:
        return "overlapping" if first.opening.continued else "none"
    if _lag(second, first) == "last-dose":
        return "none"
    if begin.low is not None and all(end.high is not None and end.high < begin.low for end in ends):
        return "none"
    return "overlapping" if first.opening.running_at_start and begin.high == 0 else "not-told"


def contradictions(agents: Sequence[AgentCourse]) -> list[tuple[AgentCourse, str]]:
    """Return agents of which two grounds for the order with another contradict each other, and that in words."""
    found = []
    for place, one in enumerate(agents):
        for other in agents[place + 1 :]:
            after, before = _grounds(other, one), _grounds(one, other)
            together = ["the same rank"] if _same_rank(one, other) else []
            if after and before:
                found.append((one, f"{other} starts after {one} by {after[0]}, and before it by {before[0]}"))
            elif together and (after or before) and "the days" in (*after, *before):
                found.append((one, f"{one} and {other} have the same rank and do not start on one day"))
    return found


def _starts_after(later: AgentCourse, earlier: AgentCourse) -> bool:
    return bool(_grounds(later, earlier))


def _grounds(later: AgentCourse, earlier: AgentCourse) -> list[str]:
    """Return what tells that one agent starts after another."""
    ranks = (earlier.opening.order, later.opening.order)
    day, next_day = earlier.first_dose.high, later.first_dose.low
    grounds = []
    if ranks[0] is not None and ranks[1] is not None and ranks[0] < ranks[1]:
        grounds.append("its rank")
    if day is not None and next_day is not None and day < next_day:
        grounds.append("the days")
    if earlier.opening.running_at_start and next_day is not None and next_day >= 0:
        grounds.append("the other's running at the start")
    if _lag(later, earlier):
        grounds.append("its lag")
    return grounds


def _starts_with(one: AgentCourse, other: AgentCourse) -> bool:
    known = one.first_dose.low is not None and one.first_dose.low == one.first_dose.high
    return _same_rank(one, other) or (known and one.first_dose == other.first_dose)


def _same_rank(one: AgentCourse, other: AgentCourse) -> bool:
    return one.opening.order is not None and one.opening.order == other.opening.order


def _lag(later: AgentCourse, earlier: AgentCourse) -> str | None:
    lag = later.opening.lag
    return lag.anchor if lag is not None and lag.of in earlier.names else None


def _days(day: Decimal | None, week: Decimal | None) -> Decimal | None:
    return day if day is not None else None if week is None else week * 7
