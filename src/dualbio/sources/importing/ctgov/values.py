"""Converts words, numbers and dates of ClinicalTrials.gov records."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from dualbio.model.evidence import Interval, PValue, Spread
from dualbio.sources.importing.ctgov import Json

__all__ = [
    "DESIGNS",
    "INTERVENTION_MODELS",
    "MEASURES",
    "PHASES",
    "STATISTICS",
    "STATUSES",
    "count",
    "date",
    "dispersion",
]
__all__ += [
    "DESIGN_WORDS",
    "describes_change",
    "exponential",
    "fold",
    "interval",
    "is_change",
    "is_relative",
    "masking",
    "number",
    "on_log_scale",
    "p_value",
    "per_hundred_years",
    "sides",
    "slug_of",
    "tidy",
    "unit_kind",
]

STATUSES = {
    "COMPLETED": "completed",
    "TERMINATED": "terminated",
    "RECRUITING": "recruiting",
    "ENROLLING_BY_INVITATION": "recruiting",
    "ACTIVE_NOT_RECRUITING": "active",
    "NOT_YET_RECRUITING": "not-yet-recruiting",
    "SUSPENDED": "suspended",
    "WITHDRAWN": "withdrawn",
}
PHASES = {
    ("PHASE1", "PHASE2"): "1-2",
    ("PHASE2", "PHASE3"): "2-3",
    ("PHASE1",): "1",
    ("EARLY_PHASE1",): "1",
    ("PHASE2",): "2",
    ("PHASE3",): "3",
    ("PHASE4",): "4",
}
#: Designs by allocation (of a trial) or observational model.
DESIGNS = {
    "RANDOMIZED": "randomised-controlled-trial",
    "NON_RANDOMIZED": "non-randomised-trial",
    "NA": "non-randomised-trial",
    "COHORT": "cohort",
}
INTERVENTION_MODELS = {
    "SINGLE_GROUP": "single-group",
    "PARALLEL": "parallel",
    "CROSSOVER": "crossover",
    "FACTORIAL": "factorial",
    "SEQUENTIAL": "sequential",
}
#: What a design says in the registry's closed lists, by field, where our values hold it or nothing is to be reported.
DESIGN_WORDS: dict[str, tuple[str, ...]] = {
    "observationalModel": ("COHORT",),
    "primaryPurpose": ("TREATMENT",),
    "timePerspective": ("PROSPECTIVE",),
}
#: Statistics of an outcome measure by the registry's own list (`MeasureParam`).
STATISTICS = {
    "MEAN": "mean",
    "LEAST_SQUARES_MEAN": "mean",
    "MEDIAN": "median",
    "GEOMETRIC_MEAN": "geometric-mean",
    "GEOMETRIC_LEAST_SQUARES_MEAN": "geometric-mean",
}
#: Measures of an analysis by their whole name, folded by `fold`.
MEASURES: dict[str, str] = {
    **dict.fromkeys(("odds ratio", "odds ratio or", "or"), "OR"),
    **dict.fromkeys(("hazard ratio", "hazard ratio hr", "hr"), "HR"),
    **dict.fromkeys(("risk ratio", "risk ratio rr", "rr", "relative risk", "relative risk rr"), "RR"),
    **dict.fromkeys(("risk difference", "risk difference rd", "rd"), "RD"),
    **dict.fromkeys(("difference in proportion", "difference in proportions"), "RD"),
    **dict.fromkeys(("difference in percentage", "difference in percentages"), "RD"),
    **dict.fromkeys(("mean difference", "mean difference final values", "mean difference net"), "MD"),
    **dict.fromkeys(("ratio of geometric means", "geometric mean ratio"), "ratio-of-geometric-means"),
    **dict.fromkeys(("ratio of geometric ls means", "geometric ls mean ratio"), "ratio-of-geometric-means"),
    **dict.fromkeys(("geometric least squares mean ratio",), "ratio-of-geometric-means"),
}
#: What may stand before or behind the name of a measure, and changes it in nothing.
_AROUND = re.compile(
    r"^(?:(?:adjusted|estimated|unadjusted|stratified|common|pooled|mantel haenszel|cmh|model based) )+"
    r"|(?: (?:\d+(?: \d+)? ?)?(?:ci|confidence interval))$"
)
#: Signs of a natural logarithm before or behind the name of a ratio; one to base 10 is none.
_LOG = re.compile(
    r"^(?:natural )?(?:logarithm|log|ln)(?: transformed)?(?: of)?(?: the)? ?(?=[a-z])"
    r"| (?:natural )?(?:log|ln)(?: transformed)?(?: scale)?$| (?:on|in) the (?:natural )?log(?:arithmic)? scale$"
)
_SPEAKS_OF_LOG = re.compile(
    r"\blog[\s-]*(?:scale|transform\w*|odds|hazard|risk|relative|ratio)|\blog(?:arithm\w*|e)?\s+of\b|\bln\b"
    r"|\bnatural log|\blogarithm",
    re.IGNORECASE,
)
#: Further whole names of a difference of means, and of a difference whose outcome says of what.
_MEAN_DIFFERENCE = re.compile(
    r"(?:adjusted )?(?:difference (?:in|of|between) (?:the )?(?:(?:adjusted|least squares|ls|lsm) )*(?:means?|lsmeans?)"
    r"|(?:(?:adjusted|least squares|ls) )*(?:means?|lsmeans?) differences?)"
)
_DIFFERENCE = re.compile(r"(?:adjusted |treatment |estimated )*differences?")
_SPREADS = {
    "standard deviation": "SD",
    "standard error": "SE",
    "standard error of the mean": "SE",
    "standard error of mean": "SE",
    "inter quartile range": "IQR",
    "interquartile range": "IQR",
    "full range": "range",
}
_LEVEL = re.compile(r"(?:(\d+(?:\.\d+)?)\s*%\s*)?confidence interval", re.IGNORECASE)
_PEOPLE = r"(?:participants?|subjects?|patients?|people|persons?|individuals?)"
_UNITS = {
    "people": re.compile(rf"(?:number of )?{_PEOPLE}(?: with\b.*| who\b.*| achieving\b.*)?"),
    "percent": re.compile(rf"(?:%|percent|percentage)(?: ?(?:of )?(?:{_PEOPLE}|responders)(?: with\b.*| who\b.*)?)?"),
    "proportion": re.compile(rf"(?:proportion|fraction)(?: of {_PEOPLE}(?: with\b.*| who\b.*)?)?"),
}
#: Events, never people, by the years that people were observed.
_BY_EXPOSURE = re.compile(
    r"(?:(?:number|rate) of )?(?:adverse )?(?:events?|cases|episodes|occurrences)(?: rate)?\s*(?:per|/)\s*"
    rf"(?P<years>10|100|1,?000)?\s*(?:{_PEOPLE}(?:['\u2019]s?)?[\s-]*years?|(?:pt|p)[\s-]?y(?:r?s?))(?: \([a-z]+\))?"
)
_CHANGE = re.compile(
    r"\bchanges?\s+(?:from|in|of|since|over|between|at|to|score)\b|(?:percent(?:age)?|%|mean|median)\s+change\b|^change$"
    r"|\b(?:reduction|decrease|increase|improvement|decline|difference)s?\b[^.;]*\bfrom\s+(?:the\s+)?baseline\b"
    r"|\bminus\s+(?:the\s+)?(?:value at\s+)?baseline\b|\bcfb\b|^(?:delta|\u0394)\b"
    r"|\b(?:week|month|day|year|visit)\s*\d+\s*[-\u2012-\u2014\u2212]\s*baseline\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"(?:percent(?:age)?|%)\s*(?:mean |median )?(?:change|reduction|decrease|increase|improvement|of (?:the )?baseline)"
    r"|\bratio (?:to|of) (?:the )?baseline"
)
#: How a description begins that says what kind of number there is.
_DESCRIBED_CHANGE = re.compile(
    r"^(?:the )?(?:(?:least squares|ls|adjusted|absolute|mean|median|average) )*(?:change|difference) (?:from|since) "
    r"(?:the )?baseline\b",
    re.IGNORECASE,
)
_P = re.compile(r"(?:p\s*(?:-?\s*value)?)?\s*(<=|>=|<|>|=|≤|≥)?\s*(\d*\.?\d+(?:e-?\d+)?)", re.IGNORECASE)
_ONE_SIDED = re.compile(r"\b(?:one|1)[\s-]*(?:sided|tailed)\b", re.IGNORECASE)
_TWO_SIDED = re.compile(r"\b(?:two|2)[\s-]*(?:sided|tailed)\b", re.IGNORECASE)


def masking(info: Json) -> str:
    """Return who did not know the treatment, from the design of a record.

    The registry counts masked roles, whichever they are; double-blind are neither patients nor those who treat them.
    """
    told = info.get("maskingInfo") or {}
    masked, roles = told.get("masking", ""), set(told.get("whoMasked") or ())
    if masked == "NONE":
        return "open-label"
    if masked == "SINGLE":
        return "single-blind"
    if masked not in ("DOUBLE", "TRIPLE", "QUADRUPLE"):
        return "not-stated"
    both = "PARTICIPANT" in roles and not roles.isdisjoint(("CARE_PROVIDER", "INVESTIGATOR"))
    return "double-blind" if both or not roles else "single-blind"


def number(text: Any) -> Decimal | None:
    """Return a number as printed; None when the record gives none (`NA`, empty)."""
    if text is None:
        return None
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


def tidy(text: Any) -> str:
    """Return a title on one line, without blanks at its ends."""
    return _tidied(text) if type(text) is str else " ".join(str(text or "").split())


@lru_cache(maxsize=4096)
def _tidied(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return the words of a name in lower case, joined by one blank.

    >>> fold("Odds Ratio (OR)"), fold("Hazard Ratio, log"), fold("STANDARD_DEVIATION")
    ('odds ratio or', 'hazard ratio log', 'standard deviation')
    """
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def slug_of(text: str) -> str:
    """Return a key of at most 60 letters made of the words of a title.

    >>> slug_of("Belimumab + Rituximab (10 mg/kg)")
    'belimumab-rituximab-10-mg-kg'
    """
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:60].strip("-") or "group"


@lru_cache(maxsize=4096)
def unit_kind(unit: str) -> str | None:
    """Return whether a unit counts `people`, or gives their `percent` or `proportion`; None for any other.

    >>> unit_kind("Participants"), unit_kind("percentage of participants"), unit_kind("percent change")
    ('people', 'percent', None)
    """
    words = tidy(unit).lower()
    return next((kind for kind, pattern in _UNITS.items() if pattern.fullmatch(words)), None)


def unit_name(unit: str) -> str | None:
    """Return a unit as our rows name it: the registry's words for the points of a score are "points".

    >>> unit_name("score on a scale"), unit_name("mg/L")
    ('points', 'mg/L')
    """
    words = tidy(unit)
    return "points" if words.lower() in ("score on a scale", "scores on a scale", "units on a scale") else words or None


@lru_cache(maxsize=4096)
def is_relative(unit: str, *, change: bool) -> bool:
    """Return whether a number that is no share of people is one in percent of the start.

    >>> is_relative("percent change", change=True), is_relative("%", change=True), is_relative("%", change=False)
    (True, True, False)
    """
    words = tidy(unit).lower()
    return _RELATIVE.search(words) is not None or (change and re.fullmatch(r"%|percent(?:age)?", words) is not None)


def is_change(*texts: str) -> bool:
    """Return whether title, time frame, class or unit say that a number is a change since the start.

    >>> is_change("DAST-10", "Change from Baseline at 8 weeks"), is_change("Number of treatment changes")
    (True, False)
    """
    return any(map(_says_change, texts))


def describes_change(description: str) -> bool:
    """Return whether a description begins with a change since the start.

    >>> (
    ...     describes_change("Change from baseline in SLEDAI."),
    ...     describes_change("Total score. Change from baseline is next."),
    ... )
    (True, False)
    """
    return _DESCRIBED_CHANGE.match(description) is not None


@lru_cache(maxsize=4096)
def _says_change(text: str) -> bool:
    return _CHANGE.search(text) is not None


def interval(low: Any, high: Any, level: Any) -> Interval | None:
    """Return a confidence interval, open at the top when only the lower limit is given.

    None when the lower limit or the level is missing.

    Raises:
        ValueError: the limits stand the wrong way round.
    """
    a, b, percent = number(low), number(high), number(level)
    if a is None or percent is None or not 0 < percent < 100:
        return None
    if b is not None and b < a:
        raise ValueError(f"interval {a} to {b} has its limits the wrong way round")
    return Interval(type="confidence", level=percent, low=a, high=b)


def dispersion(name: str, measurement: Any) -> tuple[Interval | None, Spread | None, str | None]:
    """Return interval, spread, and a note on a dispersion that the record prints and our rows have no field for.

    Raises:
        ValueError: limits stand the wrong way round, or a deviation or error is negative.
    """
    value, low, high = (number(measurement.get(field)) for field in ("spread", "lowerLimit", "upperLimit"))
    if value is None and low is None and high is None:
        return None, None, None
    kind, level = _SPREADS.get(fold(name)), _LEVEL.search(name.replace("_", " "))
    if kind in ("SD", "SE") and value is not None:
        if value < 0:
            raise ValueError(f"{kind} {value} is below 0")
        return None, Spread.model_validate({"type": kind, "value": value}), None
    if kind in ("IQR", "range") and low is not None and high is not None:
        if high < low:
            raise ValueError(f"{kind} {low} to {high} has its limits the wrong way round")
        return None, Spread.model_validate({"type": kind, "low": low, "high": high}), None
    if level and level[1] and low is not None:
        return interval(low, high, level[1]), None, None
    limits = (
        ""
        if low is None and high is None
        else f"{tidy(measurement.get('lowerLimit')) or 'no limit'} to "
        + (tidy(measurement.get("upperLimit")) or "no limit")
    )
    printed = " ".join(filter(None, ("" if value is None else str(value), limits)))
    return None, None, f"{name.replace('_', ' ').lower() or 'dispersion of no named type'} {printed}"


def measure_of(name: str, parameter: str, unit: str) -> tuple[str, bool] | None:
    """Return our measure of an analysis and whether it is printed as a logarithm; None when it is none of ours.

    Args:
        name: the analysis' own name of the measure.
        parameter: the statistic of the outcome, by the registry's list.
        unit: the unit of the outcome.

    >>> measure_of("Difference of LS Means", "LEAST_SQUARES_MEAN", "points"), measure_of("Slope", "MEAN", "points")
    (('MD', False), None)
    """
    words = _AROUND.sub("", fold(name))
    bare, logarithms = _LOG.subn("", words)
    if words in MEASURES:
        return MEASURES[words], False
    if logarithms and MEASURES.get(bare) in ("OR", "HR", "RR"):
        return MEASURES[bare], True
    if _MEAN_DIFFERENCE.fullmatch(words):
        return "MD", False
    if _DIFFERENCE.fullmatch(words):
        if parameter in ("MEAN", "LEAST_SQUARES_MEAN"):
            return "MD", False
        if parameter == "COUNT_OF_PARTICIPANTS" or (parameter == "NUMBER" and unit_kind(unit)):
            return "RD", False
    return None


def on_log_scale(*comments: Any) -> bool:
    """Return whether comments on a number speak of its logarithm; the log-rank test is none.

    >>> on_log_scale("shown on the log scale"), on_log_scale("log-rank test", None)
    (True, False)
    """
    return any(_SPEAKS_OF_LOG.search(tidy(comment)) for comment in comments if comment)


def per_hundred_years(unit: str, value: Decimal) -> Decimal | None:
    """Return events by exposure as events per 100 patient-years; None where a unit is another.

    >>> per_hundred_years("events per 100 patient-years", Decimal("5.4"))
    Decimal('5.4')
    >>> per_hundred_years("events/patient-year", Decimal("0.2")), per_hundred_years("patients/year", Decimal(1))
    (Decimal('20'), None)
    """
    found = _BY_EXPOSURE.fullmatch(tidy(unit).lower())
    if not found:
        return None
    shift = {None: 2, "10": 1, "100": 0}.get(found["years"], -1)
    return Decimal(f"{value.scaleb(shift):f}")


def exponential(value: Decimal) -> Decimal:
    """Return e to the power of `value`, to three significant digits.

    >>> exponential(Decimal("0.35"))
    Decimal('1.42')
    """
    exact = value.exp()
    return exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2))


def p_value(text: Any, *comments: Any) -> PValue | None:
    """Return a p value with its operator, and its sides when the comments tell them; None when there is no number.

    Raises:
        ValueError: the number is above 1.

    >>> p_value("<0.001", "two-sided test")
    PValue(operator='<', value=Decimal('0.001'), sides='two', nominal=None, test=None)
    """
    found = _P.fullmatch(re.sub(r"\(.*\)", "", tidy(text)).strip())
    if not found:
        return None
    value = Decimal(found[2])
    if value > 1:
        raise ValueError(f"p {tidy(text)} is no probability")
    operator = {"≤": "<=", "≥": ">=", None: "="}.get(found[1], found[1])
    return PValue.model_validate({"operator": operator, "value": value, "sides": sides(text, *comments)})


def sides(*comments: Any) -> str:
    """Return `one` or `two` when exactly one of them is said, otherwise `unknown`."""
    words = " ".join(tidy(comment) for comment in comments).replace("_", "-")
    one, two = bool(_ONE_SIDED.search(words)), bool(_TWO_SIDED.search(words))
    return "unknown" if one == two else "one" if one else "two"
