"""Interpretation of a contrast's estimate: its null value, and the arm that it favours."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

__all__ = ["NULL_VALUES", "better_side"]

#: The estimate of no difference, by measure.
NULL_VALUES = {"OR": 1, "RR": 1, "HR": 1, "ratio-of-geometric-means": 1, "RD": 0, "MD": 0, "rate-difference": 0}


def better_side(measure: str, estimate: Decimal | None, direction: str) -> Literal["a", "b", "neither"] | None:
    """Return the arm that an estimate of `a` relative to `b` favours; None where that cannot be said.

    Args:
        measure: the measure of the comparison.
        estimate: its point estimate.
        direction: which way the outcome is better.

    >>> better_side("OR", Decimal("1.4"), "higher-is-better"), better_side("MD", Decimal("-0.2"), "neutral")
    ('a', None)
    """
    null = NULL_VALUES.get(measure)
    if null is None or estimate is None or direction not in ("higher-is-better", "lower-is-better"):
        return None
    if estimate == null:
        return "neither"
    return "a" if (estimate > null) == (direction == "higher-is-better") else "b"
