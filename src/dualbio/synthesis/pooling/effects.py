"""What one study says: its numbers, and the effect with its variance on the scale on which effects are pooled.

Ratios are pooled as natural logarithms.  Formulas: Cochrane Handbook for Systematic Reviews of Interventions 6,
chapters 6 and 10; the arithmetic agrees with `escalc` of R's metafor, whose rule for zero counts is followed: one half
is added to all cells of a table that has an empty one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from typing import Literal

from dualbio.synthesis.pooling.distributions import normal_quantile

__all__ = [
    "RATIOS",
    "ArmCounts",
    "Counts",
    "Data",
    "Effect",
    "Means",
    "Measure",
    "Printed",
    "Times",
    "effect_of",
    "printed_effect",
]

Measure = Literal["RD", "RR", "OR", "rate-ratio", "rate-difference", "MD", "SMD", "HR", "proportion"]
#: Measures that are pooled as logarithms.
RATIOS = ("RR", "OR", "rate-ratio", "HR")


@dataclass(frozen=True)
class Counts:
    """People with the event and all people, of the arm under test (`a`, `n1`) and of its comparator (`c`, `n2`).

    A part of a control that several arms share may be a fraction of a person.
    """

    a: float
    n1: float
    c: float
    n2: float

    @property
    def events(self) -> float:
        """People with the event in both arms."""
        return self.a + self.c

    @property
    def empty(self) -> bool:
        """Whether no one has the event, or everyone: then the study gives no ratio."""
        return self.events in (0, self.n1 + self.n2)

    @property
    def has_zero(self) -> bool:
        """Whether a cell of the table is empty."""
        return 0 in (self.a, self.c, self.n1 - self.a, self.n2 - self.c)


@dataclass(frozen=True)
class ArmCounts:
    """People with the event, and all people, of the one arm that a proportion is of."""

    a: float
    n1: float

    @property
    def events(self) -> float:
        """People with the event."""
        return self.a


@dataclass(frozen=True)
class Times:
    """Events and person-years, of the arm under test (`x1`, `t1`) and of its comparator."""

    x1: float
    t1: float
    x2: float
    t2: float

    @property
    def events(self) -> float:
        """Events in both arms."""
        return self.x1 + self.x2

    @property
    def empty(self) -> bool:
        """Whether there is no event at all."""
        return self.events == 0

    @property
    def has_zero(self) -> bool:
        """Whether an arm has no event."""
        return 0 in (self.x1, self.x2)


@dataclass(frozen=True)
class Means:
    """Mean, standard deviation and people, of the arm under test and of its comparator, in one unit."""

    m1: float
    sd1: float
    n1: float
    m2: float
    sd2: float
    n2: float


@dataclass(frozen=True)
class Effect:
    """An effect on the scale of pooling, and its variance."""

    value: float
    variance: float


@dataclass(frozen=True)
class Printed:
    """An effect as a source prints it, on the scale of pooling."""

    effect: Effect


Data = Counts | ArmCounts | Times | Means | Printed


def effect_of(data: Data, measure: Measure, *, correction: float = 0.5) -> Effect:
    """Return the effect of one study.

    Args:
        data: its numbers; of the kind that the measure asks for.
        measure: which effect.
        correction: what is added to each cell of a table, or to each number of events, of which one is zero.

    Raises:
        ValueError: the measure cannot be computed from such numbers.
    """
    match data:
        case Counts() if measure in ("RD", "RR", "OR"):
            return _of_counts(data, measure, correction if data.has_zero else 0)
        case Times() if measure in ("rate-ratio", "rate-difference"):
            return _of_times(data, measure, correction if data.has_zero else 0)
        case Means() if measure in ("MD", "SMD"):
            return _mean_difference(data) if measure == "MD" else _standardised_difference(data)
        case ArmCounts() if measure == "proportion":
            return _logit(data, correction)
        case Printed():
            return data.effect
    raise ValueError(f"measure '{measure}' cannot be computed from {type(data).__name__.lower()}")


def printed_effect(estimate: float, low: float, high: float, *, level: float, ratio: bool) -> Effect:
    """Return an effect and its variance from a printed interval, whose own `level` (in percent) gives its width.

    Cochrane Handbook 5.1, 7.7.7.2 and 7.7.7.3: a standard error is the width of the interval, on the logarithmic scale
    for a ratio, divided by twice the normal quantile of its level.

    >>> round(sqrt(printed_effect(0.8, 0.6, 1.1, level=95, ratio=True).variance), 4)
    0.1546
    """
    value, bottom, top = (log(number) if ratio else number for number in (estimate, low, high))
    return Effect(value, ((top - bottom) / (2 * normal_quantile(level))) ** 2)


def _of_counts(data: Counts, measure: Measure, add: float) -> Effect:
    a, b, c, d = data.a + add, data.n1 - data.a + add, data.c + add, data.n2 - data.c + add
    n1, n2 = a + b, c + d
    if measure == "RD":
        return Effect(a / n1 - c / n2, a * b / n1**3 + c * d / n2**3)
    if measure == "RR":
        return Effect(log(a / n1) - log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2)
    return Effect(log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d)


def _of_times(data: Times, measure: Measure, add: float) -> Effect:
    x1, x2 = data.x1 + add, data.x2 + add
    if measure == "rate-ratio":
        return Effect(log(x1 / data.t1) - log(x2 / data.t2), 1 / x1 + 1 / x2)
    return Effect(x1 / data.t1 - x2 / data.t2, x1 / data.t1**2 + x2 / data.t2**2)


def _mean_difference(data: Means) -> Effect:
    return Effect(data.m1 - data.m2, data.sd1**2 / data.n1 + data.sd2**2 / data.n2)


def _standardised_difference(data: Means) -> Effect:
    """Return Hedges' g with the exact correction for few people.

    Hedges, Journal of Educational Statistics 1981, 6: 107-128.
    """
    people, df = data.n1 + data.n2, data.n1 + data.n2 - 2
    pooled = sqrt(((data.n1 - 1) * data.sd1**2 + (data.n2 - 1) * data.sd2**2) / df)
    exact = exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
    value = exact * (data.m1 - data.m2) / pooled
    return Effect(value, 1 / data.n1 + 1 / data.n2 + value**2 / (2 * people))


def _logit(data: ArmCounts, correction: float) -> Effect:
    add = correction if data.a in (0, data.n1) else 0
    with_event, without = data.a + add, data.n1 - data.a + add
    return Effect(log(with_event / without), 1 / with_event + 1 / without)
