"""Quantiles and tail areas of the normal, Student's and chi-squared distributions.

The functions behind them are those of mpmath, which is written in Python alone: every machine computes the same digits,
so that a release has the same bytes wherever it is built.
"""

from __future__ import annotations

from functools import cache
from math import inf, sqrt
from statistics import NormalDist
from typing import Any

__all__ = ["chi_squared_tail", "normal_quantile", "normal_tail", "student_quantile", "student_tail"]

_NORMAL = NormalDist()
_HALVINGS = 60


def normal_quantile(level: float) -> float:
    """Return the limit within which a share `level` (in percent) of a standard normal variable lies, on both sides.

    >>> round(normal_quantile(95), 6)
    1.959964
    """
    return _NORMAL.inv_cdf(0.5 + level / 200)


def normal_tail(z: float) -> float:
    """Return the share of a standard normal variable that lies further from zero than `z`, on both sides."""
    return float(_mp().erfc(abs(z) / sqrt(2)))


def student_tail(t: float, df: int) -> float:
    """Return the share of Student's distribution that lies further from zero than `t`, on both sides.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1 and 26.5.27.
    """
    return float(_mp().betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True))


@cache
def student_quantile(level: float, df: int) -> float:
    """Return the limit within which a share `level` (in percent) of Student's distribution lies, on both sides.

    >>> round(student_quantile(95, 4), 6)
    2.776445
    """
    wanted, low, high = 1 - level / 100, 0.0, 1.0
    while student_tail(high, df) > wanted:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if student_tail(middle, df) > wanted else (low, middle)
    return (low + high) / 2


def chi_squared_tail(value: float, df: int) -> float:
    """Return the share of a chi-squared variable with `df` degrees of freedom that is larger than `value`."""
    if value == inf:
        return 0.0
    return float(_mp().gammainc(df / 2, value / 2, inf, regularized=True)) if value > 0 else 1.0


@cache
def _mp() -> Any:
    """Return the functions of mpmath, whose modules most commands never need."""
    from mpmath import mp  # noqa: PLC0415 - only where a tail is asked for

    return mp
