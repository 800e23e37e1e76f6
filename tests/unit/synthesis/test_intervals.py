"""Effects and intervals: published figures, an independent oracle, zero counts, and the symmetry of both arms."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.rates import confint_poisson_2indep

from dualbio.synthesis.intervals import (
    EffectInterval,
    EventCount,
    Rate,
    _crossing,
    odds_ratio,
    rate_difference,
    rate_of,
    rate_ratio,
    risk_difference,
    risk_ratio,
)

Z = 1.959963984540054
counts = st.integers(1, 60).flatmap(lambda total: st.builds(EventCount, st.integers(0, total), st.just(total)))
inner = st.integers(3, 60).flatmap(lambda total: st.builds(EventCount, st.integers(1, total - 1), st.just(total)))


def near(value: float) -> object:
    """Return `value` with the tolerance of a rounded limit."""
    return pytest.approx(value, abs=5e-5, rel=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0528, 0.3382),
        ((9, 10), (3, 10), 0.1700, 0.8406),
        ((6, 7), (2, 7), 0.0342, 0.8534),
        ((5, 56), (0, 29), -0.0326, 0.1933),
    ],
)
def test_risk_differences_of_the_literature(a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
    """The limits are those of Newcombe 1998 (Statistics in Medicine 17: 873-890, table II, method 6)."""
    found = risk_difference(EventCount(*a), EventCount(*b))
    assert (near(low), near(high)) == (found.low, found.high)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (EventCount(28, 144), EventCount(12, 72)),
        (EventCount(11, 21), EventCount(9, 22)),
        (EventCount(2, 17), EventCount(3, 204)),
        (EventCount(170, 208), EventCount(44, 214)),
        (EventCount(1, 139), EventCount(196, 282)),
        (EventCount(26, 30), EventCount(6, 30)),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # statsmodels also tries odds beyond their range
def test_ratios_agree_with_statsmodels(a: EventCount, b: EventCount) -> None:
    """Relative risk and odds ratio have the score limits that statsmodels finds."""
    for name, effect in (("ratio", risk_ratio(a, b)), ("odds-ratio", odds_ratio(a, b))):
        limits = confint_proportions_2indep(a.events, a.total, b.events, b.total, method="score", compare=name)
        assert effect is not None
        assert [pytest.approx(float(limit), rel=1e-5) for limit in limits] == [effect.low, effect.high]


@given(inner, inner)
def test_limits_of_a_difference_lie_where_the_test_rejects(a: EventCount, b: EventCount) -> None:
    """At each limit the score test stands at the quantile, with shares found by search and not by formula."""
    found = risk_difference(a, b)
    for limit, wanted in ((found.low, Z), (found.high, -Z)):
        assert pytest.approx(wanted, abs=1e-3) == _score(a, b, limit)


def _score(a: EventCount, b: EventCount, difference: float) -> float:
    """Return the score statistic at a difference; the likeliest shares are searched for by thirds."""
    low, high = max(0.0, -difference), min(1.0, 1 - difference)
    for _ in range(200):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        if _likelihood(a, b, one, difference) < _likelihood(a, b, other, difference):
            low = one
        else:
            high = other
    second = (low + high) / 2
    first, people = second + difference, a.total + b.total
    variance = first * (1 - first) / a.total + second * (1 - second) / b.total
    return (a.share - b.share - difference) / sqrt(variance * people / (people - 1))


def _likelihood(a: EventCount, b: EventCount, second: float, difference: float) -> float:
    first = second + difference
    return (
        a.events * log(first)
        + (a.total - a.events) * log(1 - first)
        + b.events * log(second)
        + (b.total - b.events) * log(1 - second)
    )


@given(counts, counts)
def test_the_interval_holds_the_effect(a: EventCount, b: EventCount) -> None:
    """Whatever the counts, the estimate lies in its interval, and the interval in the range of the measure."""
    bounds = ((risk_difference, -1.0, 1.0), (risk_ratio, 0.0, inf), (odds_ratio, 0.0, inf))
    for measure, least, most in bounds:
        effect = measure(a, b)
        assert effect is None or least <= effect.low <= effect.value <= effect.high <= most


@given(counts, counts)
def test_measures_agree_on_whether_no_difference_is_possible(a: EventCount, b: EventCount) -> None:
    """A difference of 0 and ratios of 1 are inside or outside together."""
    difference = risk_difference(a, b)
    apart = min(abs(difference.low), abs(difference.high)) > 1e-9
    inside = difference.low < 0 < difference.high
    for effect in (risk_ratio(a, b), odds_ratio(a, b)):
        assert effect is None or not apart or inside == (effect.low < 1 < effect.high)


@given(counts, counts)
def test_turning_the_arms_round_turns_the_effect_round(a: EventCount, b: EventCount) -> None:
    """The difference changes its sign, and its limits change places."""
    one, other = risk_difference(a, b), risk_difference(b, a)
    assert (near(-one.high), near(-one.low)) == (other.low, other.high)


@pytest.mark.parametrize(
    ("falling", "place"),
    [
        (lambda x: 0.3 - x, 0.3),
        (lambda x: 1 / x - 1 / (1 - x), 0.5),
        (lambda x: 1e-6 - x**3, 0.01),
        (lambda x: inf if x < 0.2 else 0.7 - x, 0.7),
        (lambda x: -inf if x > 0.2 else 0.1 - x, 0.1),
        (lambda x: 1.0 if x < 0.6 else -1.0, 0.6),
    ],
)
def test_where_a_function_falls_through_a_value_is_found(falling: Callable[[float], float], place: float) -> None:
    """Steep or flat, with a step, or without a number in a part; a smooth one in a third of the steps of halving."""
    asked: list[float] = []

    def noting(x: float) -> float:
        asked.append(x)
        return falling(x) + 5

    assert pytest.approx(place, abs=1e-12) == _crossing(noting, 0, 1, 5)
    assert all(0 < x < 1 for x in asked)
    assert len(asked) <= (60 if falling(0.61) == -1.0 else 17)


@pytest.mark.parametrize("measure", [risk_ratio, odds_ratio])
def test_ratio_to_an_arm_without_events_has_no_upper_limit(measure: object) -> None:
    """With events in one arm alone the ratio is infinite one way and zero the other, and has one finite limit."""
    some, none = EventCount(5, 50), EventCount(0, 50)
    assert callable(measure)
    over, under = measure(some, none), measure(none, some)
    assert (inf, inf) == (over.value, over.high)
    assert (0, 0) == (under.value, under.low)
    assert near(1) == over.low * under.high


def test_ratio_of_nothing_to_nothing_is_no_number() -> None:
    """Without an event in either arm there is a difference of zero with an interval, and no ratio."""
    none = EventCount(0, 20)
    assert (None, None) == (risk_ratio(none, none), odds_ratio(none, none))
    assert risk_difference(none, none).low < 0 == risk_difference(none, none).value


def test_odds_ratio_of_all_to_all_is_no_number() -> None:
    """When everybody has the event the shares are alike and the odds are not defined."""
    everyone = EventCount(20, 20)
    ratio = risk_ratio(everyone, everyone)
    assert odds_ratio(everyone, everyone) is None
    assert ratio is not None
    assert 1 == ratio.value


@pytest.mark.parametrize(("a", "b"), [((60, 51.477), (30, 54.308)), ((4, 147.2), (1, 61.7)), ((3, 20), (12, 30))])
def test_rates_agree_with_statsmodels(a: tuple[int, float], b: tuple[int, float]) -> None:
    """Difference and ratio of two rates have the MOVER limits that statsmodels finds from the same counts."""
    one, other = rate_of(*a), rate_of(*b)
    for name, effect in (("diff", rate_difference(one, other)), ("ratio", rate_ratio(one, other))):
        limits = confint_poisson_2indep(*a, *b, method="mover", compare=name)
        assert effect is not None
        assert [pytest.approx(float(limit), rel=1e-6) for limit in limits] == [effect.low, effect.high]


def test_rate_without_events_has_an_interval_from_zero() -> None:
    """No event in some years is a rate of zero with an upper limit; a ratio to it is infinite."""
    none = rate_of(0, 10)
    assert (0, 0) == (none.value, none.low)
    assert near(0.384146) == none.high
    assert rate_ratio(none, none) is None
    ratio = rate_ratio(rate_of(5, 10), none)
    assert ratio is not None
    assert (inf, inf) == (ratio.value, ratio.high)
    assert EffectInterval(0.0, 0.0, near(1 / ratio.low)) == rate_ratio(none, rate_of(5, 10))  # type: ignore[arg-type]


def test_printed_intervals_of_rates_are_taken_as_they_are() -> None:
    """A difference of printed rates joins the distances of both estimates to their limits."""
    found = rate_difference(Rate(5, 2, 9), Rate(3, 1, 6))
    assert (2, near(2 - 18**0.5), near(2 + 20**0.5)) == (found.value, found.low, found.high)
