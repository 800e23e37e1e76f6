"""The estimates of a study: for each contrast the effects that its two rows allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from dualbio.evidence import CheckLevel, Result, StudyFile
from dualbio.synthesis import intervals
from dualbio.synthesis.contrasts import Contrast, contrasts_of, printed_rate
from dualbio.synthesis.intervals import Count, Effect, Rate

__all__ = ["Estimate", "estimates_of"]

#: Check levels from the best to the weakest.
_LEVELS: tuple[str, ...] = get_args(CheckLevel)
#: Rates are printed and compared per hundred years.
_PER = 100


@dataclass(frozen=True)
class Estimate:
    """An effect of one arm against another: `measure` and `method` are values of their schemes.

    A risk difference is in percentage points, a difference of rates per 100 patient-years.  `value` and `high` are
    infinite for a ratio to an arm without events.
    """

    contrast: Contrast
    measure: str
    method: str
    effect: Effect
    checked: str

    @property
    def key(self) -> str:
        """The permanent key of the estimate inside its study."""
        return f"{self.contrast.key}.{self.measure}"


def estimates_of(file: StudyFile) -> Iterator[Estimate]:
    """Yield the estimates of a study, contrast by contrast."""
    for contrast in contrasts_of(file):
        checked = max((_level(contrast.a), _level(contrast.b)), key=_LEVELS.index)
        method, effects = _rates(contrast) if contrast.a.statistic == "rate" else _shares(contrast)
        for measure, effect in effects.items():
            if effect is not None:
                yield Estimate(contrast, measure, method, effect, checked)


def _level(row: Result) -> str:
    """Return the weaker of what is known of a number and of the arm that it belongs to."""
    return max((row.checked, row.arm_assignment_checked or row.checked), key=_LEVELS.index)


def _shares(contrast: Contrast) -> tuple[str, dict[str, Effect | None]]:
    a, b = _count(contrast.a), _count(contrast.b)
    difference = intervals.risk_difference(a, b)
    percent = Effect(100 * difference.value, 100 * difference.low, 100 * difference.high)
    effects = {"rd": percent, "rr": intervals.risk_ratio(a, b), "or": intervals.odds_ratio(a, b)}
    return "miettinen-nurminen", effects


def _rates(contrast: Contrast) -> tuple[str, dict[str, Effect | None]]:
    a, b = _rate(contrast.a), _rate(contrast.b)
    return "mover", {"rate-difference": intervals.rate_difference(a, b), "rate-ratio": intervals.rate_ratio(a, b)}


def _count(row: Result) -> Count:
    assert row.events is not None
    assert row.total is not None
    return Count(row.events, row.total)


def _rate(row: Result) -> Rate:
    """Return the printed rate with its printed interval, or one worked out from events and person-time."""
    printed = printed_rate(row)
    if printed:
        return printed
    assert row.events is not None
    assert row.person_years is not None
    return intervals.rate_of(row.events, float(row.person_years) / _PER)
