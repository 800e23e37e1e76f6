"""Do the printed numbers agree with each other?  Counts, percentages, rates, intervals, p values, arm sizes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from dualbio.build.checks.survey import READ_AGAIN, Check, CheckHit, Site, Survey, firm
from dualbio.model.contrast import NULL_VALUES
from dualbio.model.evidence import Arm, Comparison, Interval, PValue, Result, Spread, StudyFile
from dualbio.model.lessons import ArmPrediction, FindingMeasure, LevelEffect

__all__ = ["CHECKS"]

_SIZES = ("n_randomised", "n_enrolled", "n_safety", "n_treatment_courses")
_ROUNDING = Decimal("0.011")
#: Percentage points by which a published difference may stray from that of the printed shares (adjustment).
_ADJUSTMENT = Decimal("1.6")


def events_above_total(survey: Survey) -> Iterator[CheckHit]:
    """Yield results that count more people than they have."""
    for site in survey.of(Result):
        row = site.record
        if row.statistic == "rate" or row.unit_of_analysis == "event" or row.events is None or row.total is None:
            continue
        if row.events > row.total:
            message = (
                f"{row.events} events of {row.total}; accepted: at most the total; "
                "repair: correct one, or set unit_of_analysis to event"
            )
            yield site.finding(message, "events")


def percentage_against_count(survey: Survey) -> Iterator[CheckHit]:
    """Yield results whose printed percentage is not that of their counts."""
    for site in survey.of(Result):
        row = site.record
        if row.statistic not in ("count", "percent") or row.unit != "%":
            continue
        if row.events is None or row.total is None or row.value is None:
            continue
        exact = Decimal(100) * row.events / row.total
        if abs(exact - row.value) > _half_unit(row.value) + _ROUNDING:
            message = f"{row.events}/{row.total} is {exact:.2f}%, printed {row.value}; {READ_AGAIN}"
            yield site.finding(message, "value")


def percentage_range(survey: Survey) -> Iterator[CheckHit]:
    """Yield shares outside 0 to 100."""
    for site in survey.of(Result):
        row = site.record
        share = row.unit == "%" and row.statistic in ("count", "percent") and row.value is not None
        if share and row.value is not None and not 0 <= row.value <= 100:
            yield site.finding(f"value is {row.value}%; accepted: 0 to 100; repair: read the source again", "value")


def rate_against_events(survey: Survey) -> Iterator[CheckHit]:
    """Yield rates per 100 patient-years that differ from events by exposure by more than 2 %."""
    for site in survey.of(Result):
        row = site.record
        if row.statistic != "rate" or row.events is None or row.person_years is None or row.value is None:
            continue
        exact = Decimal(100) * row.events / row.person_years
        if abs(exact - row.value) > Decimal("0.02") * max(Decimal(1), exact):
            message = (
                f"{row.events} events in {row.person_years} patient-years is {exact:.2f}, printed {row.value}; "
                f"{READ_AGAIN}"
            )
            yield site.finding(message, "value")


def interval_order(survey: Survey) -> Iterator[CheckHit]:
    """Yield intervals and spreads whose low end lies above their high end."""
    sites: list[Site[Interval] | Site[Spread]] = [*survey.of(Interval), *survey.of(Spread)]
    for site in sites:
        low, high = site.record.low, site.record.high
        if low is not None and high is not None and low > high:
            yield site.finding(f"low {low} is above high {high}; repair: exchange them", "low")


def interval_contains_estimate(survey: Survey) -> Iterator[CheckHit]:
    """Yield intervals that do not contain their own point value."""
    for site, interval, value in _intervals(survey):
        if value is None:
            continue
        high = interval.high
        if value < interval.low or (high is not None and value > high):
            shown = f"{interval.low} to {'?' if high is None else high}"
            message = f"interval {shown} does not contain {value}; {READ_AGAIN}"
            yield site.finding(message, "interval")


def interval_without_estimate(survey: Survey) -> Iterator[CheckHit]:
    """Yield intervals around nothing."""
    for site, _, value in _intervals(survey):
        if value is None and getattr(site.record, "low", None) is None:
            yield site.finding("interval without a point value; repair: add the value", "interval")


def interval_incomplete(survey: Survey) -> Iterator[CheckHit]:
    """Yield intervals without an upper limit and without the reason."""
    for site in survey.of(Interval):
        if (site.record.high is None) != (site.record.high_unreadable is True):
            message = "accepted: one of high, high_unreadable: true; repair: add the limit, or say it is unreadable"
            yield site.finding(message)


def denominator_above_arm(survey: Survey) -> Iterator[CheckHit]:
    """Yield results with more people than any recorded size of their arm."""
    for site, _, row, arm in _results(survey):
        sizes = [size for name in _SIZES if (size := getattr(arm, name)) is not None]
        if row.total is not None and sizes and row.total > max(sizes) and row.statistic != "rate":
            message = (
                f"denominator {row.total} is larger than any size recorded for arm {arm.id} ({max(sizes)}); "
                "repair: correct one, or waive with a reason"
            )
            yield site.finding(message, "total")


def significant_against_interval(survey: Survey) -> Iterator[CheckHit]:
    """Yield comparisons whose 95 % interval says another thing than `significant`."""
    for site in survey.of(Comparison):
        row, limits = site.record, site.record.interval
        null = NULL_VALUES.get(row.measure)
        if null is None or limits is None or limits.high is None or limits.level != 95:
            continue
        excludes = limits.low > null or limits.high < null
        if isinstance(row.significant, bool) and excludes != row.significant:
            message = (
                f"significant is {_yaml(row.significant)} but the 95% interval {limits.low} to {limits.high} says "
                f"otherwise; {READ_AGAIN}"
            )
            yield site.finding(message, "significant")


def significant_against_p(survey: Survey) -> Iterator[CheckHit]:
    """Yield comparisons whose p value says another thing than `significant`."""
    for site in survey.of(Comparison):
        row, p = site.record, site.record.p
        if p is None or not isinstance(row.significant, bool) or p.operator not in ("=", "<", "<="):
            continue
        if _is_below(p, Decimal("0.05")) not in (None, row.significant):
            message = f"significant is {_yaml(row.significant)} but p {p.operator} {p.value}; {READ_AGAIN}"
            yield site.finding(message, "significant")


def significance_without_ground(survey: Survey) -> Iterator[CheckHit]:
    """Yield comparisons that are said to be significant, or not, without anything printed that says so."""
    for site in survey.of(Comparison):
        row = site.record
        if row.significant != "unknown" and not row.states_significance:
            message = (
                f"significant is {_yaml(row.significant)} but neither p, nor interval, nor a statement is recorded; "
                "repair: 'significant: unknown', or name the source that says it in significance_stated_in"
            )
            yield site.finding(message, "significant")


def difference_against_shares(survey: Survey) -> Iterator[CheckHit]:
    """Yield risk differences that stray from the difference of the two printed percentages."""
    for site, file in survey.studies():
        for index, row in enumerate(file.comparisons or ()):
            if row.measure != "RD" or row.contrast_type != "between-arms" or row.estimate is None:
                continue
            a, b = _share(file, row, row.a), _share(file, row, row.b)
            if a is not None and b is not None and abs(a - b - row.estimate) > _ADJUSTMENT:
                message = (
                    f"difference of the printed percentages is {a - b}, published {row.estimate}; "
                    "repair: read the source again, or waive with a reason (adjusted?)"
                )
                yield site.finding(message, "comparisons", index, "estimate")


def ratio_positive(survey: Survey) -> Iterator[CheckHit]:
    """Yield ratios, and limits of ratios, that are zero or negative."""
    for site in survey.of(Comparison):
        row = site.record
        if NULL_VALUES.get(row.measure) != 1:
            continue
        limits = (row.interval.low, row.interval.high) if row.interval else ()
        for number in (row.estimate, *limits):
            if number is not None and number <= 0:
                message = f"{row.measure} of {number}; accepted: above 0; repair: read the source again"
                yield site.finding(message, "estimate")
                break


def union_sum(survey: Survey) -> Iterator[CheckHit]:
    """Yield complete unions whose size is not the sum of their parts."""
    for site, file in survey.studies():
        arms = {arm.id: arm for arm in file.arms}
        for index, arm in enumerate(file.arms):
            if not arm.union_of or arm.union_complete is False:
                continue
            for name in ("n_safety", "n_treatment_courses", "n_randomised"):
                whole: int | None = getattr(arm, name)
                parts = [size for key in arm.union_of if (size := getattr(arms.get(key), name, None)) is not None]
                if whole is not None and len(parts) == len(arm.union_of) and sum(parts) != whole:
                    shown = " + ".join(map(str, parts))
                    message = (
                        f"{name} {whole} is not the sum of its parts {shown}; "
                        "repair: correct one, or set union_complete to false"
                    )
                    yield site.finding(message, "arms", index, name)


def subset_size(survey: Survey) -> Iterator[CheckHit]:
    """Yield arms that are larger than the arm they are a part of."""
    for site, file in survey.studies():
        arms = {arm.id: arm for arm in file.arms}
        for index, arm in enumerate(file.arms):
            around = arms.get(arm.subset_of or "")
            for name in _SIZES if around else ():
                part, whole = getattr(arm, name), getattr(around, name)
                if part is not None and whole is not None and part > whole:
                    message = f"{name} {part} is above the {whole} of arm {arm.subset_of}; repair: correct one"
                    yield site.finding(message, "arms", index, name)


def negative_spread(survey: Survey) -> Iterator[CheckHit]:
    """Yield standard deviations and errors below zero, or spreads with neither a value nor two ends."""
    for site in survey.of(Spread):
        spread = site.record
        if spread.value is not None and spread.value < 0:
            message = f"{spread.type} of {spread.value}; accepted: 0 or more; repair: read the source again"
            yield site.finding(message, "value")
        needs = "value" if spread.type in ("SD", "SE") else "low"
        if getattr(spread, needs) is None:
            accepted = "value" if needs == "value" else "low and high"
            yield site.finding(f"{spread.type} without {accepted}; repair: add {accepted}")


def _half_unit(number: Decimal) -> Decimal:
    """Return half a unit of the last printed place; zeros after the point are taken as not printed on purpose."""
    exponent = number.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal("0.5").scaleb(min(exponent, 0))


def _intervals(survey: Survey) -> Iterator[tuple[Site[Any], Interval, Decimal | None]]:
    for model in (Result, Comparison, FindingMeasure, ArmPrediction, LevelEffect):
        for site in survey.of(model):
            interval: Interval | None = getattr(site.record, "interval", None)
            if interval is not None:
                name = "value" if model is Result else "estimate"
                yield site, interval, getattr(site.record, name)


def _results(survey: Survey) -> Iterator[tuple[Site[Result], StudyFile, Result, Arm]]:
    for site, file in survey.studies():
        arms = {arm.id: arm for arm in file.arms}
        for index, row in enumerate(file.results or ()):
            if row.arm in arms:
                yield site.below(row, "results", index), file, row, arms[row.arm]


def _share(file: StudyFile, comparison: Comparison, arm: str) -> Decimal | None:
    """Return the printed percentage of `arm` for the outcome and week of `comparison`."""
    for row in file.results or ():
        same = row.outcome_as_reported == comparison.outcome_as_reported and row.week == comparison.week
        if row.arm == arm and same and row.unit == "%" and row.value is not None:
            return row.value
    return None


def _is_below(p: PValue, bound: Decimal) -> bool | None:
    """Return whether p is below a bound; None where what is printed does not tell."""
    if p.operator == "=":
        return p.value < bound
    return True if p.value < bound or (p.operator == "<" and p.value == bound) else None


def _yaml(value: bool) -> str:
    return "true" if value else "false"


CHECKS = (
    Check("events-above-total", "error", "Events are at most the total.", events_above_total),
    Check("percentage-against-count", "error", "A percentage is that of its counts.", percentage_against_count),
    firm("percentage-range", "A share lies between 0 and 100 percent.", percentage_range),
    Check("rate-against-events", "error", "A rate is that of its events and exposure.", rate_against_events),
    firm("interval-order", "Low ends lie below high ends.", interval_order),
    Check("interval-contains-estimate", "error", "An interval contains its estimate.", interval_contains_estimate),
    Check("interval-without-estimate", "warning", "An interval comes with a point value.", interval_without_estimate),
    firm("interval-incomplete", "An interval without an upper limit says why.", interval_incomplete),
    Check("denominator-above-arm", "error", "A total is at most the size of its arm.", denominator_above_arm),
    Check(
        "significant-against-interval",
        "error",
        "A result is significant if its 95 % interval excludes no difference.",
        significant_against_interval,
    ),
    Check(
        "significance-without-ground",
        "error",
        "A comparison is significant, or not, by a p value, an interval or a statement.",
        significance_without_ground,
    ),
    Check("significant-against-p", "error", "A result with p below 0.05 is significant.", significant_against_p),
    Check(
        "difference-against-shares",
        "error",
        "A risk difference is that of the two printed percentages, give or take adjustment.",
        difference_against_shares,
    ),
    firm("ratio-positive", "A ratio is above 0.", ratio_positive),
    Check("union-sum", "error", "A complete union is as large as its parts together.", union_sum),
    Check("subset-size", "error", "A part is at most as large as the whole.", subset_size),
    firm("spread-form", "A spread has the numbers of its kind.", negative_spread),
)
