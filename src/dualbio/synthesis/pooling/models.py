"""Models that combine the effects of several studies, on the scale of pooling.

Mantel-Haenszel: Robins, Breslow and Greenland (Biometrics 1986, 42: 311-323) for the odds ratio; Greenland and Robins
(Biometrics 1985, 41: 55-68) for the risk ratio and for rates; Sato, Greenland and Robins (Biometrics 1989, 45:
1323-1324) for the risk difference.  Peto: Yusuf and others (Progress in Cardiovascular Diseases 1985, 27: 335-371).
Random effects: DerSimonian and Laird (Controlled Clinical Trials 1986, 7: 177-188); Paule and Mandel (Journal of
Research of the National Bureau of Standards 1982, 87: 377-385); restricted maximum likelihood by Fisher scoring
(Viechtbauer, Journal of Educational and Behavioral Statistics 2005, 30: 261-293). Interval: normal, or Hartung and
Knapp (Statistics in Medicine 2001, 20: 3875-3889).  Heterogeneity: Higgins and Thompson (Statistics in Medicine 2002,
21: 1539-1558).  Prediction interval: about the mean, with the variance of the mean and that between studies (Higgins,
Thompson and Spiegelhalter, Journal of the Royal Statistical Society A 2009, 172: 137-159), from Student's t with one
degree of freedom less than there are studies, as metafor takes it with the interval of Hartung and Knapp; that paper
takes two less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

from dualbio.synthesis.pooling.distributions import (
    chi_squared_tail,
    normal_quantile,
    normal_tail,
    student_quantile,
    student_tail,
)
from dualbio.synthesis.pooling.effects import Counts, Effect, Times

__all__ = [
    "COMMON",
    "FEWEST_FOR_PREDICTION",
    "Fit",
    "NoEstimateError",
    "Tau2Method",
    "inverse_variance",
    "mantel_haenszel",
    "peto",
    "random_effects",
]

Tau2Method = Literal["DL", "PM", "REML"]
IntervalMethod = Literal["normal", "hartung-knapp"]
#: Models of one effect common to all studies.
COMMON = ("mantel-haenszel", "peto", "inverse-variance")
#: Studies below which a prediction interval would be all guess.
FEWEST_FOR_PREDICTION = 3
_ROUNDS = 200
#: Share of the usual error below which one of Hartung and Knapp is taken for nothing.
_NO_WIDTH = 1e-9
#: Relative changes below which a search for tau² ends.
_CLOSE = 1e-12


class NoEstimateError(ValueError):
    """The numbers allow no estimate; the message says why, in words for a reader."""


@dataclass(frozen=True)
class Fit:
    """A pooled effect on the scale of pooling; `weights` are shares of the studies in it and sum to one.

    `q` with `df` degrees of freedom is Cochran's statistic, `i2` a share in percent.
    """

    value: float
    error: float
    low: float
    high: float
    p: float
    weights: tuple[float, ...]
    q: float
    df: int
    i2: float
    tau2: float | None = None
    prediction: tuple[float, float] | None = None

    @property
    def q_p(self) -> float | None:
        """The chance of as much disagreement among studies of one effect; none of a single study."""
        return chi_squared_tail(self.q, self.df) if self.df else None


def mantel_haenszel(tables: Sequence[Counts | Times], measure: str, effects: Sequence[Effect], level: float) -> Fit:
    """Return the effect of Mantel and Haenszel.

    Args:
        tables: the numbers of all studies; a correction for empty cells, if any, is in them.
        measure: `OR`, `RR`, `RD`, `rate-ratio` or `rate-difference`.
        effects: effects of the studies that have one, for their disagreement alone.
        level: of the interval, in percent.

    Raises:
        NoEstimateError: one side has no event in any study, so that a ratio is zero or without limit.
    """
    value, error, weights = _MANTEL_HAENSZEL[measure](tables)
    return _common(value, error, weights, effects, level)


def peto(tables: Sequence[Counts], level: float) -> Fit:
    """Return the odds ratio of Peto: observed less expected events over their variance; arguments as before.

    Raises:
        NoEstimateError: there is no event at all, or everybody has one.
    """
    excess, spread = [], []
    for table in tables:
        people = table.n1 + table.n2
        excess.append(table.a - table.n1 * table.events / people)
        spread.append(table.events * (people - table.events) * table.n1 * table.n2 / (people**2 * (people - 1)))
    total = sum(spread)
    if not total:
        raise NoEstimateError("no study has an event")
    effects = [Effect(each / v, 1 / v) for each, v in zip(excess, spread, strict=True) if v]
    return _common(sum(excess) / total, 1 / sqrt(total), spread, effects, level)


def inverse_variance(effects: Sequence[Effect], level: float) -> Fit:
    """Return the mean of effects weighted by the inverse of their variances, one effect common to all studies."""
    return random_effects(effects, None, "normal", level)


def random_effects(effects: Sequence[Effect], method: Tau2Method | None, interval: IntervalMethod, level: float) -> Fit:
    """Return the mean of effects that differ between studies with variance tau².

    Args:
        effects: one a study.
        method: how tau² is estimated; zero where None.
        interval: from the normal distribution, or by Hartung and Knapp.
        level: of the intervals, in percent.

    Raises:
        NoEstimateError: the studies agree so exactly that Hartung and Knapp's interval has no width.
    """
    tau2 = _TAU2[method](effects) if method and len(effects) > 1 else 0.0
    weights = [1 / (effect.variance + tau2) for effect in effects]
    value, total = _mean(effects, weights), sum(weights)
    df = len(effects) - 1
    error, quantile = 1 / sqrt(total), normal_quantile(level)
    if interval == "hartung-knapp" and df:
        error = sqrt(_q(effects, weights, value) / df / total)
        quantile = student_quantile(level, df)
        if error <= _NO_WIDTH / sqrt(total):
            raise NoEstimateError(
                "the studies agree exactly: the interval of Hartung and Knapp has no width; ask for a normal one"
            )
    z = abs(value) / error
    p = student_tail(z, df) if interval == "hartung-knapp" and df else normal_tail(z)
    fixed = [1 / effect.variance for effect in effects]
    q = _q(effects, fixed, _mean(effects, fixed))
    prediction = None
    if method and len(effects) >= FEWEST_FOR_PREDICTION:
        reach = student_quantile(level, df) * sqrt(error**2 + tau2)
        prediction = (value - reach, value + reach)
    return Fit(
        value, error, value - quantile * error, value + quantile * error, p, tuple(w / total for w in weights), q, df,
        _i2(q, df) if method is None else _i2_of_tau2(tau2, fixed, df), tau2 if method else None, prediction,
    )  # fmt: skip


# --- one common effect ------------------------------------------------------------------------------------------------

_Pooled = tuple[float, float, list[float]]


def _common(value: float, error: float, weights: list[float], effects: Sequence[Effect], level: float) -> Fit:
    reach = normal_quantile(level) * error
    df = max(len(effects) - 1, 0)
    q = sum((effect.value - value) ** 2 / effect.variance for effect in effects) if df else 0.0
    total = sum(weights)
    shares = tuple(weight / total for weight in weights)
    return Fit(value, error, value - reach, value + reach, normal_tail(value / error), shares, q, df, _i2(q, df))


def _odds_ratio(tables: Sequence[Counts]) -> _Pooled:
    up, down, pr, mixed, qs = [], [], 0.0, 0.0, 0.0
    for t in tables:
        people = t.n1 + t.n2
        b, d = t.n1 - t.a, t.n2 - t.c
        r, s, p, q = t.a * d / people, b * t.c / people, (t.a + d) / people, (b + t.c) / people
        up.append(r)
        down.append(s)
        pr, mixed, qs = pr + p * r, mixed + p * s + q * r, qs + q * s
    r, s = _both(up, down, (any(t.a for t in tables), any(t.c for t in tables)))
    return log(r / s), sqrt(pr / (2 * r * r) + mixed / (2 * r * s) + qs / (2 * s * s)), down


def _risk_ratio(tables: Sequence[Counts]) -> _Pooled:
    up = [t.a * t.n2 / (t.n1 + t.n2) for t in tables]
    down = [t.c * t.n1 / (t.n1 + t.n2) for t in tables]
    r, s = _both(up, down)
    spread = sum((t.n1 * t.n2 * t.events - t.a * t.c * (t.n1 + t.n2)) / (t.n1 + t.n2) ** 2 for t in tables)
    return log(r / s), sqrt(spread / (r * s)), down


def _risk_difference(tables: Sequence[Counts]) -> _Pooled:
    weights = [t.n1 * t.n2 / (t.n1 + t.n2) for t in tables]
    total = sum(weights)
    value = sum((t.a * t.n2 - t.c * t.n1) / (t.n1 + t.n2) for t in tables) / total
    first = second = 0.0
    for t in tables:
        n = t.n1 + t.n2
        first += t.c * (t.n1 / n) ** 2 - t.a * (t.n2 / n) ** 2 + t.n1 / n * t.n2 / n * (t.n2 - t.n1) / 2
        second += (t.a * (t.n2 - t.c) + t.c * (t.n1 - t.a)) / n / 2
    variance = (value * first + second) / total**2
    if variance <= 0:
        some = any(t.events for t in tables)
        raise NoEstimateError(
            "in every arm nobody or everybody has the event, so that the difference has no error"
            if some
            else "no study has an event"
        )
    return value, sqrt(variance), weights


def _rate_ratio(tables: Sequence[Times]) -> _Pooled:
    up = [t.x1 * t.t2 / (t.t1 + t.t2) for t in tables]
    down = [t.x2 * t.t1 / (t.t1 + t.t2) for t in tables]
    r, s = _both(up, down)
    spread = sum(t.t1 * t.t2 * t.events / (t.t1 + t.t2) ** 2 for t in tables)
    return log(r / s), sqrt(spread / (r * s)), down


def _rate_difference(tables: Sequence[Times]) -> _Pooled:
    weights = [t.t1 * t.t2 / (t.t1 + t.t2) for t in tables]
    total = sum(weights)
    value = sum((t.x1 * t.t2 - t.x2 * t.t1) / (t.t1 + t.t2) for t in tables) / total
    spread = sum(w**2 * (t.x1 / t.t1**2 + t.x2 / t.t2**2) for w, t in zip(weights, tables, strict=True))
    if not spread:
        raise NoEstimateError("no study has an event")
    return value, sqrt(spread) / total, weights


def _both(
    up: Sequence[float], down: Sequence[float], events: tuple[bool, bool] = (False, False)
) -> tuple[float, float]:
    """Return what all studies add above and below the line of a ratio; `events` are there under test, and beside it.

    Raises:
        NoEstimateError: one of the two is nothing; of odds also where everybody of the other side has the event.
    """
    r, s = sum(up), sum(down)
    if not r and not s:
        raise NoEstimateError("no study has an event")
    if not r or not s:
        sides = ("under test", "of the comparator") if not r else ("of the comparator", "under test")
        words = (
            f"in each study nobody {sides[0]} has the event or everybody {sides[1]}"
            if events[bool(r)]
            else f"no arm {sides[0]} has an event"
        )
        raise NoEstimateError(f"{words}, so that the ratio is {'zero' if not r else 'without limit'}")
    return r, s


_MANTEL_HAENSZEL: dict[str, Callable[..., _Pooled]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "rate-ratio": _rate_ratio,
    "rate-difference": _rate_difference,
}


# --- variance between studies -----------------------------------------------------------------------------------------


def _mean(effects: Sequence[Effect], weights: Sequence[float]) -> float:
    return sum(w * e.value for w, e in zip(weights, effects, strict=True)) / sum(weights)


def _q(effects: Sequence[Effect], weights: Sequence[float], mean: float) -> float:
    return sum(w * (e.value - mean) ** 2 for w, e in zip(weights, effects, strict=True))


def _i2(q: float, df: int) -> float:
    return max(0.0, 100 * (q - df) / q) if q > 0 else 0.0


def _i2_of_tau2(tau2: float, fixed: Sequence[float], df: int) -> float:
    """Return the share of tau² in the sum of it and the typical variance within studies (Higgins and Thompson)."""
    if not df:
        return 0.0
    total = sum(fixed)
    typical = df * total / (total**2 - sum(w * w for w in fixed))
    return 100 * tau2 / (typical + tau2)


def _dersimonian_laird(effects: Sequence[Effect]) -> float:
    weights = [1 / effect.variance for effect in effects]
    total = sum(weights)
    scale = total - sum(w * w for w in weights) / total
    return max(0.0, (_q(effects, weights, _mean(effects, weights)) - (len(effects) - 1)) / scale)


def _paule_mandel(effects: Sequence[Effect]) -> float:
    """Return the tau² at which the disagreement of the studies is what is expected, by halving."""

    def excess(tau2: float) -> float:
        weights = [1 / (effect.variance + tau2) for effect in effects]
        return _q(effects, weights, _mean(effects, weights)) - (len(effects) - 1)

    if excess(0) <= 0:
        return 0.0
    low, high = 0.0, max(effect.variance for effect in effects)
    while excess(high) > 0:
        low, high = high, 2 * high
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


def _restricted_likelihood(effects: Sequence[Effect]) -> float:
    """Return the tau² of the greatest restricted likelihood, by Fisher scoring from the estimate of Hedges."""
    df = len(effects) - 1
    mean = sum(effect.value for effect in effects) / (df + 1)
    spread = sum((effect.value - mean) ** 2 for effect in effects) / df
    tau2 = max(0.0, spread - sum(effect.variance for effect in effects) / (df + 1))
    for _ in range(_ROUNDS):
        weights = [1 / (effect.variance + tau2) for effect in effects]
        s1, s2, s3 = (sum(w**power for w in weights) for power in (1, 2, 3))
        centre = _mean(effects, weights)
        lack = sum((w * (e.value - centre)) ** 2 for w, e in zip(weights, effects, strict=True))
        step = (lack - (s1 - s2 / s1)) / (s2 - 2 * s3 / s1 + (s2 / s1) ** 2)
        if tau2 == 0 and step <= 0:
            return 0.0
        new = max(tau2 + step, 0.0)
        if abs(new - tau2) <= _CLOSE * (new + 1e-6):
            return new
        tau2 = new
    return tau2


_TAU2: dict[str, Callable[[Sequence[Effect]], float]] = {
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
    "REML": _restricted_likelihood,
}
