"""Effects with 95% intervals, by methods that are valid for small groups and zero counts.

Proportions: the score intervals of Miettinen and Nurminen (Statistics in Medicine 1985, 4: 213-226) for difference,
ratio and odds ratio.  All three turn one test around, so they never disagree on whether "no difference" is inside.
Rates: MOVER, which joins the intervals of the two rates (Zou and Donner, Statistics in Medicine 2008, 27: 1693-1702,
for the difference; Donner and Zou, Statistical Methods in Medical Research 2012, 21: 347-359, for the ratio).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import acos, cos, inf, pi, sqrt

__all__ = [
    "LEVEL",
    "EffectInterval",
    "EventCount",
    "Rate",
    "odds_ratio",
    "rate_difference",
    "rate_of",
    "rate_ratio",
    "risk_difference",
    "risk_ratio",
]

#: Level of every interval, in percent, and the standard normal quantile that belongs to it.
LEVEL = 95
_Z = 1.959963984540054
#: How near each other two steps of a search end it, and the most steps.
_CLOSE = 2**-50
_STEPS = 100
#: Effects that are remembered: a study before an edit and after it has most of them in common.
_KEPT = 4096


@dataclass(frozen=True)
class EventCount:
    """People with an event, and people counted; of a control that several arms share, a part, so no whole number."""

    events: float
    total: float

    @property
    def share(self) -> float:
        """Share of the people that have the event."""
        return self.events / self.total


@dataclass(frozen=True)
class Rate:
    """A rate with the limits of its 95% interval, all in one unit."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class EffectInterval:
    """An effect and its 95% interval; a ratio to a group without events is infinite, and so is its upper limit."""

    value: float
    low: float
    high: float


def share_of(a: EventCount) -> EffectInterval:
    """Return the share of people with the event, with the score interval of Wilson.

    Wilson, Journal of the American Statistical Association 1927, 22: 209-212.

    >>> found = share_of(EventCount(0, 18))
    >>> round(found.low, 3), round(found.high, 3)
    (0.0, 0.176)
    """
    middle, wide = a.share + _Z**2 / (2 * a.total), 1 + _Z**2 / a.total
    reach = _Z * sqrt(a.share * (1 - a.share) / a.total + (_Z / (2 * a.total)) ** 2)
    return EffectInterval(a.share, max(0.0, (middle - reach) / wide), min(1.0, (middle + reach) / wide))


@lru_cache(_KEPT)
def risk_difference(a: EventCount, b: EventCount) -> EffectInterval:
    """Return the share in `a` minus the share in `b`."""
    found = a.share - b.share

    def score(difference: float) -> float:
        first, second = _shares_apart(a, b, difference)
        return _standardised(found - difference, _spread(a, first) + _spread(b, second), a, b)

    # At either end of the range all people of one group have the event, and none of the other.
    low = _crossing(score, -1, found, _Z) if found > -1 else -1.0
    high = _crossing(score, found, 1, -_Z) if found < 1 else 1.0
    return EffectInterval(found, low, high)


@lru_cache(_KEPT)
def risk_ratio(a: EventCount, b: EventCount) -> EffectInterval | None:
    """Return the share in `a` divided by the share in `b`; None when neither group has an event."""
    if a.events == b.events == 0:
        return None

    def score(ratio: float) -> float:
        first, second = _shares_at_ratio(a, b, ratio)
        return _standardised(a.share - ratio * b.share, _spread(a, first) + ratio * ratio * _spread(b, second), a, b)

    return _ratio(score, a.share / b.share if b.events else inf)


@lru_cache(_KEPT)
def odds_ratio(a: EventCount, b: EventCount) -> EffectInterval | None:
    """Return the odds in `a` divided by the odds in `b`; None when all or none of both groups have the event."""
    if a.events + b.events in (0, a.total + b.total):
        return None

    def score(odds: float) -> float:
        first, second = _shares_at_odds(a, b, odds)
        inner = [group.total * share * (1 - share) for group, share in ((a, first), (b, second))]
        if not all(inner):
            return 0.0
        return _standardised(a.events - a.total * first, 1 / (1 / inner[0] + 1 / inner[1]), a, b)

    over, under = a.events * (b.total - b.events), b.events * (a.total - a.events)
    return _ratio(score, over / under if under else inf)


def rate_of(events: float, time: float) -> Rate:
    """Return events by time with the score interval of a Poisson rate, per unit of `time`."""
    half = _Z * _Z / 2
    middle, reach = events + half, _Z * sqrt(events + half / 2)
    return Rate(events / time, max(0.0, middle - reach) / time, (middle + reach) / time)


def rate_difference(a: Rate, b: Rate) -> EffectInterval:
    """Return rate `a` minus rate `b`, in the unit of the rates."""
    found = a.value - b.value
    down = sqrt((a.value - a.low) ** 2 + (b.high - b.value) ** 2)
    up = sqrt((a.high - a.value) ** 2 + (b.value - b.low) ** 2)
    return EffectInterval(found, found - down, found + up)


def rate_ratio(a: Rate, b: Rate) -> EffectInterval | None:
    """Return rate `a` divided by rate `b`; None when both rates are zero."""
    if a.value == b.value == 0:
        return None
    product = a.value * b.value

    def root(first: float, second: float) -> float:
        return sqrt(product * product - first * (2 * a.value - first) * second * (2 * b.value - second))

    low = a.low * (2 * a.value - a.low) / (product + root(a.low, b.high)) if a.low else 0.0
    high = (product + root(a.high, b.low)) / (b.low * (2 * b.value - b.low)) if b.low else inf
    return EffectInterval(a.value / b.value if b.value else inf, low, high)


# --- score intervals --------------------------------------------------------------------------------------------------


def _ratio(score: Callable[[float], float], found: float) -> EffectInterval:
    """Return a ratio with the limits at which its score, which falls with it, crosses the quantile.

    The search runs over r / (1 + r), which maps all ratios between 0 and 1.
    """

    def mapped(place: float) -> float:
        return score(place / (1 - place))

    middle = 1.0 if found == inf else found / (1 + found)
    low = _crossing(mapped, 0, middle, _Z) if found else 0.0
    high = _crossing(mapped, middle, 1, -_Z) if found < inf else 1.0
    return EffectInterval(found, low / (1 - low), high / (1 - high) if high < 1 else inf)


def _crossing(score: Callable[[float], float], low: float, high: float, wanted: float) -> float:
    """Return where a falling function takes the wanted value; the ends are never evaluated.

    The secant through the ends finds the place, and an end that stays counts half from then on (the Illinois form:
    Dowell and Jarratt, BIT 1971, 11: 168-174), in a tenth of the steps of halving, which is done where an end has no
    number.
    """
    over, under, place, before = inf, -inf, inf, 0
    for _ in range(_STEPS):
        last = place
        place = (low + high) / 2 if inf in (over, -under) else low + (high - low) * over / (over - under)
        if abs(place - last) < _CLOSE or not low < place < high:
            break
        distance = score(place) - wanted
        side = 1 if distance > 0 else -1
        halved = 0.5 if side == before else 1
        if side > 0:
            low, over, under = place, distance, under * halved
        else:
            high, under, over = place, distance, over * halved
        before = side
    return place


def _standardised(distance: float, variance: float, a: EventCount, b: EventCount) -> float:
    """Return a distance in standard errors, the variance as of a sample (times N / (N - 1))."""
    people = a.total + b.total
    error = sqrt(variance * people / (people - 1))
    return distance / error if error else inf if distance > 0 else -inf if distance < 0 else 0.0


def _spread(group: EventCount, share: float) -> float:
    return share * (1 - share) / group.total


def _shares_apart(a: EventCount, b: EventCount, difference: float) -> tuple[float, float]:
    """Return the likeliest shares that differ by `difference`: the root of a cubic (appendix I of the paper)."""
    people, events = a.total + b.total, a.events + b.events
    cubic = people
    square = (a.total + 2 * b.total) * difference - people - events
    linear = (b.total * difference - people - 2 * b.events) * difference + events
    constant = b.events * difference * (1 - difference)
    shift = square / (3 * cubic)
    half = shift**3 - square * linear / (6 * cubic * cubic) + constant / (2 * cubic)
    size = sqrt(max(0.0, shift * shift - linear / (3 * cubic)))
    size = size if half >= 0 else -size
    turn = half / size**3 if size else 0.0
    second = 2 * size * cos((pi + acos(max(-1.0, min(1.0, turn)))) / 3) - shift
    second = max(0.0, -difference, min(1.0, 1 - difference, second))
    return min(1.0, max(0.0, second + difference)), second


def _shares_at_ratio(a: EventCount, b: EventCount, ratio: float) -> tuple[float, float]:
    """Return the likeliest shares of which the first is `ratio` times the second: the root of a quadratic."""
    square = (a.total + b.total) * ratio
    linear = a.total * ratio + a.events + b.total + b.events * ratio
    constant = a.events + b.events
    second = 2 * constant / (linear + sqrt(max(0.0, linear * linear - 4 * square * constant)))
    return min(1.0, ratio * second), min(1.0, second)


def _shares_at_odds(a: EventCount, b: EventCount, odds: float) -> tuple[float, float]:
    """Return the likeliest shares whose odds have the ratio `odds`: the root of a quadratic."""
    events = a.events + b.events
    square = b.total * (odds - 1)
    linear = a.total * odds + b.total - events * (odds - 1)
    second = 2 * events / (linear + sqrt(max(0.0, linear * linear + 4 * square * events)))
    return second * odds / (1 + second * (odds - 1)), second
