"""The estimates of a study: for each pair of comparable rows the effects that they allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dualbio.model.evidence import CHECK_LEVELS, Result, StudyFile
from dualbio.synthesis import intervals
from dualbio.synthesis.contrasts import Contrast, contrasts_of
from dualbio.synthesis.intervals import EffectInterval, EventCount, Rate
from dualbio.synthesis.row_pairs import RowPair, printed_rate

__all__ = ["Estimate", "estimates_of"]

#: Rates are printed and compared per hundred years.
_PER = 100


@dataclass(frozen=True)
class Estimate:
    """An effect of one arm against another: `measure` and `method` are values of their schemes.

    A risk difference is in percentage points, a difference of rates per 100 patient-years.  `value` and `high` are
    infinite for a ratio to an arm without events.
    """

    contrast: Contrast
    pair: RowPair
    measure: str
    method: str
    effect: EffectInterval
    checked: str

    @property
    def key(self) -> str:
        """The permanent key of the estimate inside its study."""
        return f"{self.pair.key}.{self.measure}"


def estimates_of(file: StudyFile) -> Iterator[Estimate]:
    """Yield the estimates of a study, contrast by contrast, each from one pair of rows."""
    for contrast in contrasts_of(file):
        for pair in contrast.pairs:
            yield from _estimates(contrast, pair)


def _estimates(contrast: Contrast, pair: RowPair) -> Iterator[Estimate]:
    checked = max((_level(pair.a), _level(pair.b)), key=CHECK_LEVELS.index)
    method, effects = _rates(pair) if pair.a.statistic == "rate" else _shares(pair)
    for measure, effect in effects.items():
        if effect is not None:
            yield Estimate(contrast, pair, measure, method, effect, checked)


def _level(row: Result) -> str:
    """Return the weaker of what is known of a number and of the arm that it belongs to."""
    return max((row.checked, row.arm_assignment_checked or row.checked), key=CHECK_LEVELS.index)


def _shares(pair: RowPair) -> tuple[str, dict[str, EffectInterval | None]]:
    a, b = _count(pair.a), _count(pair.b)
    difference = intervals.risk_difference(a, b)
    percent = EffectInterval(100 * difference.value, 100 * difference.low, 100 * difference.high)
    effects = {"rd": percent, "rr": intervals.risk_ratio(a, b), "or": intervals.odds_ratio(a, b)}
    return "miettinen-nurminen", effects


def _rates(pair: RowPair) -> tuple[str, dict[str, EffectInterval | None]]:
    a, b = _rate(pair.a), _rate(pair.b)
    return "mover", {"rate-difference": intervals.rate_difference(a, b), "rate-ratio": intervals.rate_ratio(a, b)}


def _count(row: Result) -> EventCount:
    assert row.events is not None
    assert row.total is not None
    return EventCount(row.events, row.total)


def _rate(row: Result) -> Rate:
    """Return the printed rate with its printed interval, or one worked out from events and person-time."""
    printed = printed_rate(row)
    if printed:
        return printed
    assert row.events is not None
    assert row.person_years is not None
    return intervals.rate_of(row.events, float(row.person_years) / _PER)
