"""Do rows have the fields of their statistic, a rule of seriousness and a suitable unit?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from dualbio.build.checks.survey import Check, CheckHit, Site, Survey, firm
from dualbio.model.entities import Unit
from dualbio.model.evidence import Comparison, RegimenStep, Result, Row
from dualbio.model.lessons import FindingMeasure
from dualbio.synthesis.canonical_numbers import units_by_symbol

__all__ = ["CHECKS"]

#: The field that each statistic is made of.
_NEEDS = {"count": "events", "percent": "value", "rate": "value"}
_UNIT_OF = {"percent": "%", "rate": "per 100 patient-years"}
#: How many times the largest dose of other studies is too much.
_FAR = 10
_CALLED = re.compile(r"\b(serious|severe)\b")
_INTRAVENOUS = re.compile(r"\b(intravenous|IV|i\.v\.)\s+(antibiotic|antimicrobial|anti-infective)", re.IGNORECASE)


def statistic_form(survey: Survey) -> Iterator[CheckHit]:
    """Yield results without the number, or with another unit, than their statistic is made of."""
    for site in survey.of(Result):
        row = site.record
        needed = _NEEDS.get(row.statistic, "value")
        if getattr(row, needed) is None and not (needed == "events" and row.value is not None):
            yield site.finding(f"statistic '{row.statistic}' without {needed}; repair: add it", "statistic")
        unit = _UNIT_OF.get(row.statistic)
        if unit and row.unit != unit:
            message = f"statistic '{row.statistic}' in unit '{row.unit}'; accepted: '{unit}'; repair: correct one"
            yield site.finding(message, "unit")


def seriousness_stated(survey: Survey) -> Iterator[CheckHit]:
    """Yield rows of events called serious or severe that do not say by which rule, and other rows that do.

    A row may call serious what its event does not: serious cases of one event beside the others.
    """
    for site in survey.rows():
        called = _grades_in_label(survey, site.record)
        found = site.record.seriousness
        in_words = found is not None and _CALLED.search(site.record.outcome_as_reported.lower())
        if site.record.ae and bool(called or in_words) != (found is not None):
            accepted = (
                "accepted: serious, serious-or-intravenous-antibiotics, severe, not-stated; "
                "repair: add what the source says"
                if called
                else "accepted: a seriousness only with an event called serious or severe, there or in the row; "
                "repair: remove it"
            )
            yield site.finding(f"event '{site.record.ae}' with seriousness {found or 'left out'}; {accepted}", "ae")


def seriousness_against_event(survey: Survey) -> Iterator[CheckHit]:
    """Yield rows whose seriousness is another than that of their event, or than their own words tell."""
    for site in survey.rows():
        row = site.record
        if row.seriousness is None:
            continue
        called = _grades_in_label(survey, row)
        if called and row.seriousness != "not-stated" and (row.seriousness == "severe") != (called == {"severe"}):
            message = f"seriousness is '{row.seriousness}' for event '{row.ae}'; repair: correct one"
            yield site.finding(message, "seriousness")
        words = " ".join(filter(None, (row.outcome_as_reported, row.definition, row.note)))
        if _INTRAVENOUS.search(words) and row.seriousness == "serious":
            message = (
                "seriousness is 'serious', but the row speaks of intravenous antibiotics; "
                "accepted: serious-or-intravenous-antibiotics; repair: correct one"
            )
            yield site.finding(message, "seriousness")


def unit_spelling(survey: Survey) -> Iterator[CheckHit]:
    """Yield units of rows, measures and doses that are not in the table of units, or not in its spelling."""
    known = units_by_symbol(survey.corpus.entities["unit"])
    folded = {symbol.lower(): symbol for symbol in known}
    sites: list[Site[Result] | Site[Comparison] | Site[FindingMeasure] | Site[RegimenStep]]
    sites = [*survey.of(Result), *survey.of(Comparison), *survey.of(FindingMeasure), *survey.of(RegimenStep)]
    for site in sites:
        unit = site.record.unit
        if unit is not None and unit not in known:
            near = folded.get(unit.lower())
            repair = f"did you mean '{near}'?" if near else f"accepted: {', '.join(sorted(known))}"
            yield site.finding(f"unit is '{unit}'; {repair}", "unit")


def dose_bound(survey: Survey) -> Iterator[CheckHit]:
    """Yield doses in a unit that is none of doses, above what it allows, or far above those of other studies."""
    units = units_by_symbol(survey.corpus.entities["unit"])
    bounds = {symbol: unit.largest_dose for symbol, unit in units.items() if unit.largest_dose is not None}
    sites = [site for site in survey.of(RegimenStep) if site.record.unit is not None]
    usual: dict[tuple[str | None, str | None], dict[str | None, Decimal]] = defaultdict(dict)
    for site in sites:
        known = usual[site.record.drug, site.record.unit]
        known[site.study] = max(known.get(site.study, Decimal(0)), *_doses(site.record), Decimal(0))
    for site in sites:
        step = site.record
        most = bounds.get(step.unit or "")
        if most is None:
            message = f"unit of a dose is '{step.unit}'; accepted: {', '.join(sorted(bounds))}"
            yield site.finding(f"{message}; repair: correct it, or give the unit its largest_dose", "unit")
            continue
        others = [dose for study, dose in usual[step.drug, step.unit].items() if study != site.study and dose]
        for dose in _doses(step):
            if dose > most:
                yield site.finding(f"dose {dose} {step.unit}; accepted: at most {most}; repair: read the source again")
            elif step.drug and others and dose > _FAR * max(others):
                message = f"dose {dose} {step.unit}, while other studies of {step.drug} give at most {max(others)}"
                yield site.finding(f"{message}; repair: read the source again, or waive with a reason")


def _doses(step: RegimenStep) -> tuple[Decimal, ...]:
    return tuple(number for number in (step.dose, step.dose_min, step.dose_max) if number is not None)


def unit_repeated(survey: Survey) -> Iterator[CheckHit]:
    """Yield units that share a symbol, are canonical for one quantity, or lead to a unit that leads on."""
    symbols: dict[str, str] = {}
    quantities: dict[str, str] = {}
    units = survey.corpus.entities["unit"]
    for key, unit in units.items():
        assert isinstance(unit, Unit)
        others = [
            symbols.setdefault(unit.symbol, key),
            *(quantities.setdefault(name, key) for name in unit.canonical_for),
        ]
        for other in dict.fromkeys(others):
            if other != key:
                message = f"'{other}' has the same symbol or is canonical for the same; repair: keep one"
                yield survey.entity("unit", key).finding(message)
        onward = units.get(unit.converts_to or "")
        if isinstance(onward, Unit) and onward.converts_to:
            message = (
                f"converts_to '{onward.key}', which converts on; repair: name '{onward.converts_to}', adjust factor"
            )
            yield survey.entity("unit", key).finding(message)


def count_in_value(survey: Survey) -> Iterator[CheckHit]:
    """Yield results that keep a number of people as a value instead of as events."""
    for site in survey.of(Result):
        row = site.record
        if row.value is not None and (row.unit == "patients" or (row.statistic == "count" and row.events is None)):
            message = f"value {row.value} counts people; accepted: a count in events; repair: move it there"
            yield site.finding(message, "value")


def _grades_in_label(survey: Survey, row: Row) -> set[str]:
    """Return which of serious and severe the event of a row is called."""
    event = survey.corpus.entities["ae"].get(row.ae or "")
    return set(_CALLED.findall(event.label)) if event else set()


CHECKS = (
    firm("statistic-form", "A statistic has its number and its unit.", statistic_form),
    firm("seriousness-stated", "A row of a serious or severe event says by which rule.", seriousness_stated),
    firm("seriousness-against-event", "Seriousness agrees with the event and the words.", seriousness_against_event),
    Check("dose-bound", "error", "A dose is in a unit of doses, and is not implausibly large.", dose_bound),
    Check("unit-spelling", "error", "A unit is in the table of units, in its one spelling.", unit_spelling),
    firm("unit-repeated", "A unit has a symbol of its own and converts to its base unit in one step.", unit_repeated),
    firm("count-in-value", "A number of people is given in events.", count_in_value),
)
