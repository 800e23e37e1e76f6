"""Words, numbers and dates of ClinicalTrials.gov records in the form of our records."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from dualbio.evidence import Interval, PValue, Spread

__all__ = ["DESIGNS", "MASKINGS", "MEASURES", "PHASES", "STATISTICS", "STATUSES", "count", "date", "interval", "number"]
__all__ += ["p_value", "slug_of", "spread", "weeks"]

STATUSES = {
    "COMPLETED": "completed",
    "TERMINATED": "terminated",
    "RECRUITING": "recruiting",
    "ENROLLING_BY_INVITATION": "recruiting",
    "ACTIVE_NOT_RECRUITING": "active",
}
MASKINGS = {"NONE": "open-label", "SINGLE": "single-blind"}
MASKINGS |= dict.fromkeys(("DOUBLE", "TRIPLE", "QUADRUPLE"), "double-blind")
PHASES = {("PHASE1",): "1", ("EARLY_PHASE1",): "1", ("PHASE2",): "2", ("PHASE3",): "3", ("PHASE4",): "4"}
DESIGNS = {"RANDOMIZED": "randomised-controlled-trial", "NON_RANDOMIZED": "single-arm-trial", "NA": "single-arm-trial"}
STATISTICS = {
    "COUNT_OF_PARTICIPANTS": "count",
    "MEAN": "mean",
    "LEAST_SQUARES_MEAN": "mean",
    "MEDIAN": "median",
    "GEOMETRIC_MEAN": "geometric-mean",
}
#: Measures of an analysis by how their name begins, in lower case.
MEASURES = {
    "odds ratio": "OR",
    "risk ratio": "RR",
    "hazard ratio": "HR",
    "risk difference": "RD",
    "mean difference": "MD",
    "ls mean difference": "MD",
}
_SPREADS = {
    "standard deviation": "SD",
    "standard error": "SE",
    "inter-quartile range": "IQR",
    "full range": "range",
}
_WEEK = re.compile(r"\bweeks?\s+(\d+)\b|\b(\d+)\s+weeks?\b", re.IGNORECASE)
_SEVERAL_WEEKS = re.compile(r"\bweeks?\s+\d+\s*(?:,|&|-|\u2013|and|or|to|through)\s*\d", re.IGNORECASE)
_P = re.compile(r"\s*(<=|>=|<|>|=|≤|≥)?\s*(0?\.\d+|[01](?:\.0+)?)\s*")


def number(text: Any) -> Decimal | None:
    """Return a number as printed; None when the record gives none (`NA`, empty)."""
    try:
        value = Decimal(str(text).replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def count(text: Any) -> int | None:
    """Return a number of people; None when the record gives none or a broken one."""
    value = number(text)
    return int(value) if value is not None and value == value.to_integral_value() and value >= 0 else None


def date(struct: Any) -> str | None:
    """Return the date of a date structure, to the year, month or day."""
    text = str((struct or {}).get("date", ""))
    return text if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text) else None


def weeks(*texts: str) -> int | None:
    """Return the week that the first telling text names, when it names exactly one.

    >>> weeks("", "Baseline to Week 52"), weeks("weeks 4 and 8"), weeks("Weeks 4 to Week 8")
    (52, None, None)
    """
    for text in texts:
        if _SEVERAL_WEEKS.search(text):
            return None
        found = {first or second for first, second in _WEEK.findall(text)}
        if len(found) == 1:
            return int(found.pop())
        if found:
            return None
    return None


def slug_of(text: str) -> str:
    """Return a key made of the words of a title.

    >>> slug_of("Belimumab + Rituximab (10 mg/kg)")
    'belimumab-rituximab-10-mg-kg'
    """
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "group"


def interval(low: Any, high: Any, level: Any) -> Interval | None:
    """Return a confidence interval; None when a limit or the level is missing."""
    a, b, percent = number(low), number(high), number(level)
    if a is None or b is None or percent is None or not 0 < percent < 100:
        return None
    return Interval(type="confidence", level=percent, low=a, high=b)


def spread(dispersion: str, measurement: Any) -> Spread | None:
    """Return the spread of a measurement; None when the record gives none."""
    kind = _SPREADS.get(dispersion.lower())
    value, low, high = (number(measurement.get(name)) for name in ("spread", "lowerLimit", "upperLimit"))
    if kind in ("SD", "SE") and value is not None:
        return Spread.model_validate({"type": kind, "value": value})
    if kind in ("IQR", "range") and low is not None and high is not None:
        return Spread.model_validate({"type": kind, "low": low, "high": high})
    return None


def p_value(text: Any, sides: Any) -> PValue | None:
    """Return a p value with its operator.

    >>> p_value("<0.001", "TWO_SIDED")
    PValue(operator='<', value=Decimal('0.001'), sides='two', nominal=None, test=None)
    """
    found = _P.fullmatch(str(text or ""))
    if not found:
        return None
    operator = {"≤": "<=", "≥": ">=", None: "="}.get(found[1], found[1])
    side = {"TWO_SIDED": "two", "ONE_SIDED": "one"}.get(str(sides), "unknown")
    return PValue.model_validate({"operator": operator, "value": Decimal(found[2]), "sides": side})
