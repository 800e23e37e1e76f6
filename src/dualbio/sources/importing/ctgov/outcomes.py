"""Outcome measures of a ClinicalTrials.gov record as results."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from pydantic import ValidationError

from dualbio.model.evidence import Result
from dualbio.model.record_fields import Record
from dualbio.sources.form_problems import form_problems
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.groups import Group, Groups, described_population
from dualbio.sources.importing.ctgov.meanings import Meanings
from dualbio.sources.importing.ctgov.times import is_time, time_of
from dualbio.sources.importing.ctgov.values import (
    STATISTICS,
    count,
    describes_change,
    dispersion,
    is_change,
    is_relative,
    number,
    per_hundred_years,
    tidy,
    unit_kind,
    unit_name,
)
from dualbio.sources.importing.ledger import TO_DECIDE, Ledger
from dualbio.sources.importing.titles import NumberSort

__all__ = ["ROLES", "denominators", "outcome_measures", "posted", "read_outcomes", "reason_of"]

ROLES = {"PRIMARY": "primary", "SECONDARY": "secondary", "OTHER_PRE_SPECIFIED": "exploratory", "POST_HOC": "post-hoc"}
_MODULE = "outcomes"


class _Cell(NamedTuple):
    """One measurement and where it stands."""

    measure: Json
    titles: tuple[str, ...]
    item: Json
    group: Group | None
    total: int | None
    nobody: bool

    @property
    def words(self) -> str:
        """What was measured, in the record's words."""
        return ": ".join((tidy(self.measure.get("title")) or "?", *self.titles))


def read_outcomes(measures: list[Json], groups: Groups, meanings: Meanings, ledger: Ledger) -> None:
    """Put every measurement of posted outcomes into the ledger: as a row, waiting for a decision, or left out."""
    for measure in measures:
        for cell in _cells(measure, groups):
            try:
                _read_cell(cell, meanings, ledger)
            except (ValueError, ValidationError) as error:
                shown = f"{cell.words}, {cell.group.title if cell.group else 'no group'}: {cell.item.get('value')}"
                ledger.refuse(_MODULE, f"{shown}: {reason_of(error)}")


def outcome_measures(section: Json) -> list[Json]:
    """Return the outcome measures of the results, posted or not."""
    return list((section.get("outcomeMeasuresModule") or {}).get("outcomeMeasures", ()))


def posted(section: Json) -> list[Json]:
    """Return the outcome measures with results."""
    return [each for each in outcome_measures(section) if each.get("reportingStatus", "POSTED") == "POSTED"]


def denominators(owner: Json) -> dict[str, int]:
    """Return the people of each group, 0 where nobody was analysed."""
    return {
        str(item.get("groupId")): value
        for denominator in owner.get("denoms", ())
        if str(denominator.get("units", "")).lower() == "participants"
        for item in denominator.get("counts", ())
        if (value := count(item.get("value"))) is not None
    }


def reason_of(error: ValueError) -> str:
    """Return in one line why a row was refused."""
    return next(form_problems(error, Record, {}))[2] if isinstance(error, ValidationError) else str(error)


def _cells(measure: Json, groups: Groups) -> Iterator[_Cell]:
    people = denominators(measure)
    found = groups.find_all(measure.get("groups", ()), people)
    for class_ in measure.get("classes", ()):
        of_class = people | denominators(class_)
        for category in class_.get("categories", ()):
            titles = tuple(title for part in (class_, category) if (title := tidy(part.get("title"))))
            for item in category.get("measurements", ()):
                key = str(item.get("groupId"))
                total = of_class.get(key)
                yield _Cell(measure, titles, item, found.get(key), total or None, total == 0)


def _read_cell(cell: _Cell, meanings: Meanings, ledger: Ledger) -> None:
    if cell.group is None:
        ledger.leave(_MODULE, "its group is not in the outcome's own list of groups")
        return
    if cell.group.left:
        ledger.leave(_MODULE, "of people who are no arm")
        return
    if cell.nobody or number(cell.item.get("value")) is None:
        ledger.leave(_MODULE, "nobody was analysed" if cell.nobody else "no number was posted")
        return
    fields = _number(cell)
    sort = _sort(fields["statistic"], cell)
    reason = meanings.left_out(cell.measure, cell.titles, sort)
    if reason is not None:
        ledger.leave(_MODULE, reason)
        return
    meaning = meanings.find(cell.measure, cell.titles, sort)
    what = meanings.fields(meaning, sort)
    if meaning is None or what["kind"] == "biomarker":
        question = meanings.question(cell.measure, cell.titles)
        what = meanings.with_biomarker(what, question)
    fields = meanings.with_known_unit(_common(cell, fields))
    row = Result.model_validate(fields | what | {"id": ledger.next_id("r")})
    if cell.group.arm is None:
        ledger.wait(_MODULE, ("group", cell.group.title), cell.group.reason or "", cell.group.nearest, row)
    elif meaning is None:
        ledger.wait(_MODULE, question, nearest=meanings.near(cell.measure), row=row)
    else:
        ledger.write(_MODULE, row)


def _sort(statistic: str, cell: _Cell) -> NumberSort:
    """Return what a number is."""
    if statistic in ("count", "percent"):
        return "share"
    if statistic == "rate":
        return "rate"
    change = statistic.endswith("-change")
    if is_relative(tidy(cell.measure.get("unitOfMeasure")), change=change):
        return "percent change"
    if change:
        return "change"
    return "time" if tidy(cell.measure.get("title")).lower().startswith("time to") else "level"


def _common(cell: _Cell, fields: Json) -> Json:
    """Return all that the row says beside its outcome, with its number's `fields`."""
    measure, group = cell.measure, cell.group
    frame = tidy(measure.get("timeFrame"))
    time = time_of(cell.titles[::-1], tidy(measure.get("title")), frame)
    level = fields["statistic"] in ("mean", "median", "geometric-mean")
    own = next((title for title in reversed(cell.titles) if is_time(title)), None)  # it goes before that of the frame
    either = time.from_start and level and own is None
    week = None if either else time.week
    counted = f"week counted from '{time.words}'" if week is not None and time.words else None
    population = (group.population if group else None) or described_population(
        tidy(measure.get("populationDescription"))
    )
    set_ = group.kept_of_title if group else None
    return fields | {
        "arm": (group.arm if group else None) or TO_DECIDE,
        "outcome_as_reported": cell.words,
        "role": ROLES.get(str(measure.get("type")), "exploratory"),
        "week": week,
        "timepoint": None if week is not None else time.timepoint or "not-stated",
        "period": own or frame or None,
        "population": population or "not-stated",
        "unit_of_analysis": "event" if fields["statistic"] == "rate" else "patient",
        "source": "s1",
        "locator": "outcome measures",
        "checked": "registry",
        "note": "; ".join(note for note in (counted, set_, fields["note"]) if note) or None,
    }


def _number(cell: _Cell) -> Json:
    """Return statistic, value, unit and dispersion of a measurement.

    Raises:
        ValueError: it is no statistic of ours, or cannot be.
    """
    value = number(cell.item.get("value"))
    assert value is not None
    interval, spread, note = dispersion(tidy(cell.measure.get("dispersionType")), cell.item)
    if spread and spread.low is not None and spread.high is not None and not spread.low <= value <= spread.high:
        raise ValueError(f"{value} is outside its {spread.type} {spread.low} to {spread.high}")
    shared: Json = {"total": cell.total, "interval": interval, "spread": spread, "note": note}
    return _people(cell, value, shared) or _by_exposure(cell, value, shared) or _statistic(cell, value, shared)


def _people(cell: _Cell, value: Decimal, shared: Json) -> Json | None:
    """Return a number of people, or the share of them, as fields.

    Raises:
        ValueError: it cannot be one.
    """
    parameter, unit = str(cell.measure.get("paramType", "")), tidy(cell.measure.get("unitOfMeasure"))
    kind = unit_kind(unit)
    if parameter == "COUNT_OF_PARTICIPANTS" or (parameter == "NUMBER" and kind == "people"):
        people = count(cell.item.get("value"))
        if people is None:
            raise ValueError("a count of people that is no whole number")
        if cell.total is not None and people > cell.total:
            raise ValueError(f"{people} people of {cell.total} analysed")
        return shared | {"statistic": "count", "events": people}
    if parameter != "NUMBER" or kind not in ("percent", "proportion"):
        return None
    share = value if kind == "percent" else value.scaleb(2)
    if not 0 <= share <= 100:
        raise ValueError(f"{value} is no {kind} of people")
    percent = shared | {"statistic": "percent", "value": share, "unit": "%"}
    if kind == "proportion":
        limits = f", {cell.item.get('lowerLimit')} to {cell.item.get('upperLimit')}" if shared["interval"] else ""
        percent |= {"derived": True, "derived_fields": ("value",), "interval": None}
        percent["note"] = f"printed as proportion {value}{limits}"
    return percent


def _by_exposure(cell: _Cell, value: Decimal, shared: Json) -> Json | None:
    """Return events by the years of observation as fields.

    Raises:
        ValueError: there are fewer than none.
    """
    unit = tidy(cell.measure.get("unitOfMeasure"))
    rate = per_hundred_years(unit, value) if cell.measure.get("paramType") in ("NUMBER", "MEAN") else None
    if rate is None:
        return None
    if value < 0:
        raise ValueError(f"{value} {unit} is below 0")
    fields = shared | {"statistic": "rate", "total": None, "value": rate, "unit": "per 100 patient-years"}
    if rate == value:
        return fields
    limits = f", {cell.item.get('lowerLimit')} to {cell.item.get('upperLimit')}" if shared["interval"] else ""
    derived = {"derived": True, "derived_fields": ("value",), "interval": None, "spread": None}
    return fields | derived | {"note": f"printed as {value}{limits} {unit}"}


def _statistic(cell: _Cell, value: Decimal, shared: Json) -> Json:
    """Return a mean or median, or the change of one, as fields.

    Raises:
        ValueError: the statistic is unknown or unclear.
    """
    measure, unit = cell.measure, tidy(cell.measure.get("unitOfMeasure"))
    parameter = str(measure.get("paramType", ""))
    statistic = STATISTICS.get(parameter)
    if statistic is None:
        raise ValueError(f"{parameter or 'no parameter type'} of '{unit or 'no unit'}' is no statistic of ours")
    named = (tidy(measure.get("title")), tidy(measure.get("timeFrame")), *cell.titles, unit)
    level = any(is_time(text) and time_of([text], "", "").week == 0 for text in cell.titles)
    changed = is_change(*named) and not level and not named[0].lower().startswith("time to")
    if changed and statistic == "geometric-mean":
        raise ValueError("a change given as geometric mean is no statistic of ours")
    if not changed and not level and describes_change(tidy(measure.get("description"))):
        raise ValueError("its description tells of a change, and nothing beside the number does")
    least = "least-squares mean" if "LEAST_SQUARES" in parameter else None
    return shared | {
        "statistic": f"{statistic}-change" if changed else statistic,
        "value": value,
        "unit": "%" if unit_kind(unit) == "percent" else unit_name(unit),
        "note": "; ".join(each for each in (least, shared["note"]) if each) or None,
    }
