"""The numbers of a row that a measure needs, and their sums over several rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

from dualbio.synthesis.pooling.distributions import normal_quantile
from dualbio.synthesis.pooling.effects import ArmCounts, Counts, Data, Means, Times
from dualbio.synthesis.pooling.facts import RowFact

__all__ = ["Numbers", "data_of", "numbers_of"]


#: People of whom a mean has a standard deviation.
_FEWEST = 2


@dataclass(frozen=True)
class Numbers:
    """Numbers of one arm: events among people (`size`) or by person-years, or a mean with its deviation.

    `derived` says what of them is not as printed.
    """

    size: float
    events: float = 0.0
    mean: float = 0.0
    sd: float = 0.0
    derived: str = ""


def numbers_of(row: RowFact, measure: str) -> Numbers | str:
    """Return what a measure takes of a row, or the reason why it can take nothing."""
    if measure in ("rate-ratio", "rate-difference"):
        return _rate(row)
    if measure == "HR":
        return _printed(row)
    if row.unit_of_analysis != "patient":
        counted = {"event": "events", "treatment-course": "courses of treatment"}
        return f"not people, but {counted.get(row.unit_of_analysis, 'something not reported')} are counted"
    return _mean(row) if measure in ("MD", "SMD") else _count(row)


def _printed(row: RowFact) -> Numbers | str:
    if row.value is None or row.interval is None:
        return "hazard ratio without an interval, so without a standard error"
    low, high, _ = row.interval
    if low >= high:
        return f"hazard ratio with an interval from {low:g} to {high:g}, which gives no standard error"
    return Numbers(row.total or 0, mean=row.value)


def _rate(row: RowFact) -> Numbers | str:
    if row.events is None or row.person_years is None:
        missing = (("events", row.events), ("person-years", row.person_years))
        return f"no {' and no '.join(words for words, found in missing if found is None)}"
    return Numbers(row.person_years, row.events)


def _count(row: RowFact) -> Numbers | str:
    if row.statistic not in ("count", "percent"):
        return f"no count: {row.statistic.replace('-', ' ')}"
    if row.total is None:
        return "no number of people counted (denominator)"
    if row.events is not None:
        return Numbers(row.total, row.events)
    if row.derived_count is not None:
        return Numbers(row.total, row.derived_count, derived="count worked out from a percentage")
    return "percentage that fits no or several whole numbers of people"


def _mean(row: RowFact) -> Numbers | str:
    if row.statistic not in ("mean", "mean-change"):
        return f"no mean: {row.statistic.replace('-', ' ')}"
    if row.total is None:
        return "no number of people counted (denominator)"
    if row.total < _FEWEST:
        return f"mean of {row.total} person, which has no deviation"
    if row.value is None:
        return "no mean"
    if row.spread_type == "sd" and row.spread_value:
        return Numbers(row.total, mean=row.value, sd=row.spread_value)
    error, derived = None, ""
    if row.spread_type == "se" and row.spread_value:
        error, derived = row.spread_value, "deviation worked out from a standard error"
    elif row.interval:
        low, high, level = row.interval
        error = (high - low) / (2 * normal_quantile(level))
        derived = f"deviation worked out from an interval of {level:g} %"
    if not error:
        return "mean without a standard deviation, standard error or interval"
    return Numbers(row.total, mean=row.value, sd=error * sqrt(row.total), derived=derived)


def data_of(
    test: Sequence[Numbers], control: Sequence[Numbers], measure: str, shares: Sequence[float] | None = None
) -> Data:
    """Return the numbers of a line from those of its arms.

    Args:
        test: the arms under test; several are added together.
        control: their comparators, likewise; none for a proportion.
        measure: the measure to compute.
        shares: the part of each comparator that the line may count; all of it unless given.
    """
    one = _added(test)
    if not control:
        return ArmCounts(one.events, one.size)
    other = _added([_share_of(each, share) for each, share in zip(control, shares or (1,) * len(control), strict=True)])
    if measure in ("MD", "SMD"):
        return Means(one.mean, one.sd, one.size, other.mean, other.sd, other.size)
    if measure in ("rate-ratio", "rate-difference"):
        return Times(one.events, one.size, other.events, other.size)
    return Counts(one.events, one.size, other.events, other.size)


def _share_of(arm: Numbers, share: float) -> Numbers:
    return replace(arm, size=arm.size * share, events=arm.events * share)


def _added(arms: Sequence[Numbers]) -> Numbers:
    """Return the numbers of several arms as those of one (means: Cochrane Handbook 5.1, table 7.7.a)."""
    first, *others = arms
    for other in others:
        size = first.size + other.size
        mean = (first.size * first.mean + other.size * other.mean) / size
        between = first.size * other.size / size * (first.mean - other.mean) ** 2
        squares = (first.size - 1) * first.sd**2 + (other.size - 1) * other.sd**2 + between
        sd = sqrt(squares / (size - 1)) if squares else 0.0
        first = Numbers(size, first.events + other.events, mean, sd)
    return first
