"""What measures are called in figures."""

from __future__ import annotations

__all__ = ["measure_name"]

#: What measures are called on an axis.
_NAMES = {
    "RD": "risk difference",
    "RR": "relative risk",
    "OR": "odds ratio",
    "HR": "hazard ratio",
    "MD": "mean difference",
    "SMD": "standardised mean difference",
    "rate-ratio": "rate ratio",
    "rate-difference": "rate difference",
    "proportion": "share of people",
}


def measure_name(measure: str, unit: str) -> str:
    """Return what is on the axis of a figure: the measure with its unit, if it has one."""
    return _NAMES[measure] + (f", {unit}" if unit else "")
