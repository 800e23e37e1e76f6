"""Statistical analyses of a ClinicalTrials.gov record as comparisons.

A registry prints neither which way round a contrast is meant nor a verdict, so a comparison says neither which arm is
better nor whether the difference is significant.  A curator who has read that the first group of each analysis is the
first of its contrast can say so once for the study; the better arm then follows from the estimate.
"""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import ValidationError

from dualbio.model.evidence import Comparison, Interval
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.groups import Group, Groups
from dualbio.sources.importing.ctgov.meanings import Meanings
from dualbio.sources.importing.ctgov.outcomes import ROLES, denominators, reason_of
from dualbio.sources.importing.ctgov.times import is_time, time_of
from dualbio.sources.importing.ctgov.values import (
    exponential,
    interval,
    is_change,
    is_relative,
    measure_of,
    number,
    on_log_scale,
    p_value,
    tidy,
    unit_kind,
    unit_name,
)
from dualbio.sources.importing.ledger import TO_DECIDE, Ledger
from dualbio.sources.importing.titles import NumberSort

__all__ = ["ORDER", "ORDERS", "read_analyses"]

_MODULE = "analyses"
#: What is asked once of all analyses of a study, and the answers.
ORDER = ("order", "analyses")
ORDERS = ("as-listed", "not-stated")
#: Where an analysis says in words what its numbers are.
_COMMENTS = (
    "estimateComment", "statisticalComment", "ciLowerLimitComment", "ciUpperLimitComment", "otherAnalysisDescription",
)  # fmt: skip
_RATIOS = ("OR", "RR", "HR", "ratio-of-geometric-means")


def read_analyses(measures: list[Json], groups: Groups, meanings: Meanings, ledger: Ledger) -> None:
    """Put every analysis of posted outcomes into the ledger: as a row, waiting for a decision, or refused."""
    for measure in measures:
        found = groups.find_all(measure.get("groups", ()), denominators(measure))
        for analysis in measure.get("analyses", ()):
            sides = [found.get(str(key)) for key in analysis.get("groupIds", ())]
            words = _words(measure, analysis, sides)
            try:
                _read_analysis(measure, analysis, sides, meanings, ledger)
            except (ValueError, ValidationError) as error:
                ledger.refuse(_MODULE, f"{words}: {reason_of(error)}")
    if ledger.comparisons and ORDER not in ledger.answers:
        ledger.ask(*ORDER, "is the first group of each analysis the first of its contrast?", ORDERS)


def _words(measure: Json, analysis: Json, sides: list[Group | None]) -> str:
    names = " against ".join(side.title if side else "?" for side in sides)
    printed = tidy(analysis.get("paramValue")) or tidy(analysis.get("pValue"))
    return f"{tidy(measure.get('title'))}: {names}, {tidy(analysis.get('paramType')) or 'p'} {printed}"


def _read_analysis(
    measure: Json, analysis: Json, sides: list[Group | None], meanings: Meanings, ledger: Ledger
) -> None:
    if len(sides) != 2:
        raise ValueError(f"an analysis of {len(sides)} groups, not of two")
    a, b = sides
    if a is None or b is None:
        raise ValueError("a group that is not in the outcome's own list of groups")
    keys = [str(key) for key in analysis.get("groupIds", ())]
    if keys[0] == keys[1] or (a.arm is not None and a.arm == b.arm):
        raise ValueError("a group is compared with itself")
    titles = [tidy(class_.get("title")) for class_ in measure.get("classes", ())]
    if len(titles) > 1 and not all(map(is_time, titles)):
        raise ValueError(f"one of {len(titles)} classes, and the record does not say which")
    sort = _sort(measure)
    reason = "of people who are no arm" if a.left or b.left else meanings.left_out(measure, (), sort)
    if reason is not None:
        ledger.leave(_MODULE, reason)
        return
    question = meanings.question(measure)
    meaning = meanings.find(measure, number=sort)
    what = meanings.with_biomarker(meanings.fields(meaning), question)
    fields = _fields(measure, analysis, a, b, titles) | what | _effect(measure, analysis)
    if ledger.answers.get(ORDER) == "as-listed":
        fields["favours"] = meanings.better(fields)
    row = Comparison.model_validate(meanings.with_known_unit(fields) | {"id": ledger.next_id("c")})
    if a.arm is None or b.arm is None:
        side = a if a.arm is None else b
        ledger.wait(_MODULE, ("group", side.title), side.reason or "", side.nearest, row)
    elif meaning is None:
        ledger.wait(_MODULE, question, nearest=meanings.near(measure), row=row)
    else:
        ledger.write(_MODULE, row)


def _sort(measure: Json) -> NumberSort:
    """Return what the numbers behind an analysis are."""
    title, parameter = tidy(measure.get("title")), str(measure.get("paramType", ""))
    if parameter == "COUNT_OF_PARTICIPANTS" or unit_kind(tidy(measure.get("unitOfMeasure"))):
        return "share"
    if title.lower().startswith("time to"):
        return "time"
    unit = tidy(measure.get("unitOfMeasure"))
    change = is_change(title, tidy(measure.get("timeFrame")), unit)
    if is_relative(unit, change=change):
        return "percent change"
    return "change" if change else "level"


def _fields(measure: Json, analysis: Json, a: Group, b: Group, titles: list[str]) -> Json:
    """Return what a comparison says beside its outcome and its effect."""
    title, frame = tidy(measure.get("title")), tidy(measure.get("timeFrame"))
    own = tidy(analysis.get("groupDescription"))
    near = [own] if is_time(own) and own else titles if len(titles) == 1 else []
    time = time_of(near, title, "" if len(titles) > 1 else frame)
    return {
        "a": a.arm or TO_DECIDE,
        "b": b.arm or TO_DECIDE,
        "contrast_type": "between-arms",
        "outcome_as_reported": title,
        "role": ROLES.get(str(measure.get("type")), "exploratory"),
        "week": time.week,
        "significant": "unknown",
        "favours": "unknown",
        "source": "s1",
        "locator": "outcome measures, statistical analyses",
        "checked": "registry",
    }


def _effect(measure: Json, analysis: Json) -> Json:
    """Return measure, estimate, interval and p of an analysis, and a note on what no field holds.

    Raises:
        ValueError: the measure is none of ours, or its numbers cannot all be true.
    """
    name, estimate = tidy(analysis.get("paramType")), number(analysis.get("paramValue"))
    comments = (analysis.get("pValueComment"), analysis.get("statisticalComment"))
    p = p_value(analysis.get("pValue"), *comments)
    method = tidy(analysis.get("statisticalMethod")) or None
    if p is not None:
        p = p.model_copy(update={"test": method})
    notes = [*_hypothesis(analysis), *([f"method: {method}"] if method and p is None else [])]
    if p is None and tidy(analysis.get("pValue")):
        notes.append(f"p printed as '{tidy(analysis.get('pValue'))}'")
    if estimate is None:
        if p is None:
            raise ValueError("neither an estimate nor a p value")
        return {"measure": "p-only", "p": p, "note": "; ".join(notes) or None}
    known = measure_of(name, str(measure.get("paramType", "")), tidy(measure.get("unitOfMeasure")))
    if known is None:
        raise ValueError(f"measure '{name}' is none of ours")
    measure_, logarithm = known
    if measure_ in _RATIOS and not logarithm and on_log_scale(*(analysis.get(field) for field in _COMMENTS)):
        raise ValueError(f"a comment speaks of a logarithm: is {name} {_numbers(analysis)} one?")
    limits, note = _limits(analysis)
    notes += note + _dispersion(analysis)
    derived: Json = {}
    if logarithm:
        notes.insert(0, f"worked out: {measure_} is e to the power of the printed logarithm {_numbers(analysis)}")
        derived = {"derived": True, "derived_fields": ("estimate", *(("interval",) if limits else ()))}
        estimate, limits = exponential(estimate), limits and _exponential_limits(limits)
    if measure_ in _RATIOS and (estimate <= 0 or (limits is not None and limits.low < 0)):
        raise ValueError(f"{name} {_numbers(analysis)} is no ratio; is it a logarithm?")
    if limits and not (limits.low <= estimate and (limits.high is None or estimate <= limits.high)):
        raise ValueError(f"{estimate} is outside its interval {limits.low} to {limits.high}")
    return {
        "measure": measure_,
        "estimate": estimate,
        "interval": limits,
        "p": p,
        "adjusted": True if re.match(r"adjusted\b", name, re.IGNORECASE) else None,
        "unit": _unit(measure, measure_, estimate),
        "note": "; ".join(notes) or None,
    } | derived


def _limits(analysis: Json) -> tuple[Interval | None, list[str]]:
    """Return the interval of an analysis, and a note on one that a field cannot hold as it is printed."""
    low, high, level = (analysis.get(name) for name in ("ciLowerLimit", "ciUpperLimit", "ciPctValue"))
    found = interval(low, high, level)
    one_sided = str(analysis.get("ciNumSides")) == "ONE_SIDED"
    if found is not None:
        return found, ["the interval is one-sided"] if one_sided else []
    if number(high) is None and number(low) is None:
        return None, []
    sort = f"{'one-sided ' if one_sided else ''}interval{f' of {level}%' if level else ''}"
    return None, [f"{sort} from {tidy(low) or 'no limit'} to {tidy(high) or 'no limit'}"]


def _exponential_limits(limits: Interval) -> Interval:
    high = None if limits.high is None else exponential(limits.high)
    return limits.model_copy(update={"low": exponential(limits.low), "high": high})


def _dispersion(analysis: Json) -> list[str]:
    """Return the dispersion of an estimate in words: a comparison has no field for it."""
    value = tidy(analysis.get("dispersionValue"))
    name = tidy(analysis.get("dispersionType")).replace("_", " ").lower() or "dispersion of no named type"
    return [f"{name} {value}"] if number(value) is not None else []


def _hypothesis(analysis: Json) -> list[str]:
    """Return the kind of hypothesis where it is not superiority."""
    kind = str(analysis.get("nonInferiorityType") or "")
    return (
        [f"tested hypothesis: {kind.replace('_', ' ').lower()}"] if kind and not kind.startswith("SUPERIORITY") else []
    )


def _numbers(analysis: Json) -> str:
    low, high = (tidy(analysis.get(name)) for name in ("ciLowerLimit", "ciUpperLimit"))
    limits = f" ({low} to {high})" if low or high else ""
    return f"{tidy(analysis.get('paramValue'))}{limits}"


def _unit(measure: Json, effect: str, estimate: Decimal) -> str | None:
    """Return the unit of a difference; a ratio has none, and 1 or less may be a share or percentage points."""
    unit = unit_name(str(measure.get("unitOfMeasure") or ""))
    if effect == "RD":
        return "percentage points" if abs(estimate) > 1 else None
    return unit if effect == "MD" else None
