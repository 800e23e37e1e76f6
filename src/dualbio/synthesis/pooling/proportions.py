"""The proportion of people with an event over single arms, whose true log odds differ as a normal variable.

The binomial-normal model: Hamza, van Houwelingen and Stijnen (Journal of Clinical Epidemiology 2008, 61: 41-51), as
`rma.glmm(measure = "PLO")` of R's metafor fits it.  It needs no correction for arms without an event.  The likelihood
of an arm is an integral over its log odds.  The trapezoid rule about the peak of the integrand, which falls off like a
normal density, takes it to the precision of the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log, log1p, pi, sqrt

from dualbio.synthesis.pooling.distributions import normal_quantile, normal_tail, student_quantile
from dualbio.synthesis.pooling.effects import ArmCounts
from dualbio.synthesis.pooling.models import FEWEST_FOR_PREDICTION, Fit, NoEstimateError

__all__ = ["binomial_normal"]

#: The integrand is summed within so many of its own standard deviations, in steps of this size.
_REACH, _STEP = 8.0, 0.5
#: Largest standard deviation between arms that is looked for, on the scale of log odds, and the smallest that counts.
_WIDEST, _NARROWEST = 10.0, 1e-3
_GOLDEN = (sqrt(5) - 1) / 2
_ROUNDS = 80
_CLOSE = 1e-11
_DELTA = 1e-4


@dataclass(frozen=True)
class _Likelihood:
    """The log likelihood of all arms, and its slopes by the mean and by tau; `curve` is its curvature by the mean."""

    value: float
    by_mean: float
    by_tau: float
    curve: float


def binomial_normal(arms: Sequence[ArmCounts], level: float) -> Fit:
    """Return the mean log odds over arms by maximum likelihood; `weights` are shares of the people.

    `q` is the likelihood ratio of a proportion for each arm against one for all.

    Raises:
        NoEstimateError: nobody in any arm has the event, or everybody.
    """
    events, people = sum(arm.a for arm in arms), sum(arm.n1 for arm in arms)
    if not events or events == people:
        raise NoEstimateError("no arm has an event" if not events else "everybody in every arm has the event")
    common = log(events / (people - events))
    mean, tau = _fitted(arms, common)
    error = sqrt(_variance(arms, mean, tau))
    quantile, df = normal_quantile(level), len(arms) - 1
    prediction = None
    if len(arms) >= FEWEST_FOR_PREDICTION:
        reach = student_quantile(level, df) * sqrt(error**2 + tau**2)
        prediction = (mean - reach, mean + reach)
    own = sum(_binomial(arm, log(arm.a / (arm.n1 - arm.a))) for arm in arms if 0 < arm.a < arm.n1)
    q = max(0.0, 2 * (own - _likelihood(arms, common, 0.0).value))
    weights = tuple(arm.n1 / people for arm in arms)
    i2, reach = _share(tau**2, arms, events / people), quantile * error
    low, high, p = mean - reach, mean + reach, normal_tail(mean / error)
    return Fit(mean, error, low, high, p, weights, q, df, i2, tau**2, prediction)


def _fitted(arms: Sequence[ArmCounts], common: float) -> tuple[float, float]:
    """Return the mean and tau of the greatest likelihood; `common` is the log odds of all people together."""
    if len(arms) == 1:
        return common, 0.0

    def profile(tau: float) -> float:
        return _likelihood(arms, _best_mean(arms, common, tau), tau).value

    tau = _highest(profile, _NARROWEST, _WIDEST)
    if tau < 2 * _NARROWEST or profile(tau) <= _likelihood(arms, common, 0.0).value:
        return common, 0.0
    return _best_mean(arms, common, tau), tau


def _likelihood(arms: Sequence[ArmCounts], mean: float, tau: float) -> _Likelihood:
    value = by_mean = by_tau = curve = 0.0
    for arm in arms:
        one = _arm(arm, mean, tau) if tau else _common(arm, mean)
        value, by_mean, by_tau, curve = (
            value + one.value, by_mean + one.by_mean, by_tau + one.by_tau, curve + one.curve,
        )  # fmt: skip
    return _Likelihood(value, by_mean, by_tau, curve)


def _common(arm: ArmCounts, log_odds: float) -> _Likelihood:
    share = 1 / (1 + exp(-log_odds))
    return _Likelihood(_binomial(arm, log_odds), arm.a - arm.n1 * share, 0.0, -arm.n1 * share * (1 - share))


def _arm(arm: ArmCounts, mean: float, tau: float) -> _Likelihood:
    """Return the likelihood of an arm, without the binomial coefficient, which no parameter moves.

    Its slopes are moments of the log odds about the mean, given the numbers of the arm.
    """
    precision, peak = 1 / tau**2, mean
    for _ in range(_ROUNDS):  # Newton's method: the integrand has one peak
        share = 1 / (1 + exp(-peak))
        step = (arm.a - arm.n1 * share - (peak - mean) * precision) / (arm.n1 * share * (1 - share) + precision)
        peak += max(-2.0, min(2.0, step))
        if abs(step) < _CLOSE:
            break
    share = 1 / (1 + exp(-peak))
    width = 1 / sqrt(arm.n1 * share * (1 - share) + precision)
    top = _binomial(arm, peak) - (peak - mean) ** 2 * precision / 2
    total = first = second = 0.0
    for number in range(round(-_REACH / _STEP), round(_REACH / _STEP) + 1):
        place = peak + width * _STEP * number
        density = exp(_binomial(arm, place) - (place - mean) ** 2 * precision / 2 - top)
        total += density
        first += density * (place - mean)
        second += density * (place - mean) ** 2
    first, second = first / total, second / total
    return _Likelihood(
        top + log(total * width * _STEP / (tau * sqrt(2 * pi))), first * precision, second / tau**3 - 1 / tau,
        (second - first**2) * precision**2 - precision,
    )  # fmt: skip


def _binomial(arm: ArmCounts, log_odds: float) -> float:
    """Return events times log odds, less people times log(1 + odds), without overflow."""
    return arm.a * log_odds - arm.n1 * (max(log_odds, 0.0) + log1p(exp(-abs(log_odds))))


def _best_mean(arms: Sequence[ArmCounts], start: float, tau: float) -> float:
    """Return the mean of the greatest likelihood for a given tau, by Newton's method."""
    mean = start
    for _ in range(_ROUNDS):
        here = _likelihood(arms, mean, tau)
        step = -here.by_mean / here.curve
        mean += max(-1.0, min(1.0, step))
        if abs(step) < _CLOSE:
            break
    return mean


def _highest(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one hill is highest, by golden sections."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > 1e-7:
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2


def _variance(arms: Sequence[ArmCounts], mean: float, tau: float) -> float:
    """Return the variance of the mean from the curvature of the likelihood, with that of tau where it is not zero."""
    curve = _likelihood(arms, mean, tau).curve
    if not tau:
        return -1 / curve
    above, below = (_likelihood(arms, mean, tau + d) for d in (_DELTA, -_DELTA))
    mixed = (above.by_mean - below.by_mean) / (2 * _DELTA)
    by_tau = (above.by_tau - below.by_tau) / (2 * _DELTA)
    return -by_tau / (curve * by_tau - mixed**2)


def _share(tau2: float, arms: Sequence[ArmCounts], proportion: float) -> float:
    """Return the share of tau² in the sum of it and the typical variance of an arm's log odds, in percent."""
    if not tau2:
        return 0.0
    weights = [arm.n1 * proportion * (1 - proportion) for arm in arms]
    total = sum(weights)
    typical = (len(arms) - 1) * total / (total**2 - sum(w * w for w in weights))
    return 100 * tau2 / (tau2 + typical)
