"""Do rows fit their outcome, their arms, their source and each other?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dualbio.build.checks.arithmetic import NULL_VALUES
from dualbio.build.checks.survey import READ_AGAIN, Check, Finding, Site, Survey, firm
from dualbio.entities import Outcome
from dualbio.evidence import Comparison, Result, Row, Source
from dualbio.fields import Record
from dualbio.lessons import FindingMeasure

__all__ = ["CHECKS", "UNITS"]

#: Units of results, comparisons and measures, in their one spelling.
UNITS = (
    "%",
    "% decrease",
    "10^9/L",
    "IU",
    "IU/mL",
    "cells/uL",
    "days",
    "mg/dL",
    "months",
    "patients",
    "per 100 patient-years",
    "percentage points",
    "points",
    "score",
    "ug/g",
    "ug/mL",
    "weeks",
)

#: Types of source on which a number of each check level can have been seen.
_SEEN_ON: Mapping[str, tuple[str, ...]] = {
    "fulltext": ("journal-article", "conference-abstract"),
    "abstract": ("journal-article", "conference-abstract"),
    "registry": ("registry-record",),
}
#: The field that each statistic is made of.
_NEEDS = {"count": "events", "percent": "value", "rate": "value"}
_UNIT_OF = {"percent": "%", "rate": "per 100 patient-years"}


def outcome_kind(survey: Survey) -> Iterator[Finding]:
    """Yield rows whose kind is not that of their outcome."""
    for site in survey.rows():
        row = site.record
        outcome = survey.corpus.entities["outcome"].get(row.outcome)
        if isinstance(outcome, Outcome) and outcome.kind != row.kind:
            message = f"kind is '{row.kind}', that of outcome '{row.outcome}' is '{outcome.kind}'; repair: correct one"
            yield site.finding(message, "kind")


def contrast_arms(survey: Survey) -> Iterator[Finding]:
    """Yield comparisons of an arm with itself that are not within an arm, and the reverse."""
    for site in survey.of(Comparison):
        row = site.record
        if (row.a == row.b) != (row.contrast_type == "within-arm"):
            found = f"contrast_type is '{row.contrast_type}' with a {row.a} and b {row.b}"
            message = f"{found}; accepted: within-arm exactly when a = b; repair: correct one"
            yield site.finding(message, "contrast_type")


def favours_against_estimate(survey: Survey) -> Iterator[Finding]:
    """Yield comparisons that favour another arm than their estimate and the outcome's better direction say."""
    for site in survey.of(Comparison):
        row = site.record
        null = NULL_VALUES.get(row.measure)
        outcome = survey.corpus.entities["outcome"].get(row.outcome)
        if null is None or row.estimate is None or not isinstance(outcome, Outcome) or outcome.direction == "neutral":
            continue
        higher = "neither" if row.estimate == null else "a" if row.estimate > null else "b"
        better = higher if outcome.direction == "higher-is-better" else {"a": "b", "b": "a"}.get(higher, higher)
        if row.favours not in (None, "unknown", better):
            message = (
                f"favours is '{row.favours}', but {row.measure} {row.estimate} of an outcome where "
                f"{outcome.direction} favours '{better}'; {READ_AGAIN}"
            )
            yield site.finding(message, "favours")


def duplicate_row(survey: Survey) -> Iterator[Finding]:
    """Yield rows that give a second number for the quantity of another row without saying so."""
    first: dict[tuple[object, ...], Site[Row]] = {}
    for site in survey.rows():
        other = first.setdefault(_quantity(site), site)
        if other is not site and not (site.record.alternative_to or other.record.alternative_to):
            name = getattr(other.record, "id", "")
            message = (
                f"measures what {name} in line {other.at().line} measures; repair: say what differs, "
                f"or give alternative_to: [{name}]"
            )
            yield site.finding(message, "outcome")


def alternative_quantity(survey: Survey) -> Iterator[Finding]:
    """Yield alternatives that are of another arm, outcome or kind of row."""
    for site, file in survey.studies():
        lists: dict[str, tuple[Result, ...] | tuple[Comparison, ...]]
        lists = {"results": file.results or (), "comparisons": file.comparisons or ()}
        for name, rows in lists.items():
            listed: list[Result | Comparison] = list(rows)
            of_name = {row.id: row for row in listed}
            for index, row in enumerate(listed):
                for position, key in enumerate(row.alternative_to or ()):
                    other = of_name.get(key)
                    if other is None or _measured(other) != _measured(row):
                        message = f"{key} is not of the same outcome and arms; repair: name a row of the same quantity"
                        yield site.finding(message, name, index, "alternative_to", position)


def derived_fields(survey: Survey) -> Iterator[Finding]:
    """Yield results that call a field derived which they do not have, or derive without the mark."""
    for site in survey.of(Result):
        row = site.record
        if row.derived_fields and not row.derived:
            yield site.finding("derived_fields without derived; repair: add derived: true", "derived_fields")
        for position, name in enumerate(row.derived_fields or ()):
            if getattr(row, name) is None:
                message = f"'{name}' is called derived but is not given; repair: add it, or remove it here"
                yield site.finding(message, "derived_fields", position)


def adverse_event_role(survey: Survey) -> Iterator[Finding]:
    """Yield results with the role of an adverse event that are not about safety."""
    for site in survey.of(Result):
        if site.record.role == "adverse-event" and site.record.kind != "safety":
            found = f"role is 'adverse-event' with kind '{site.record.kind}'"
            yield site.finding(f"{found}; accepted: kind 'safety'; repair: correct one", "role")


def biomarker_named(survey: Survey) -> Iterator[Finding]:
    """Yield biomarker rows that do not name the biomarker, and other rows that do."""
    for site in survey.rows():
        row = site.record
        if row.kind == "biomarker" and row.biomarker is None:
            yield site.finding("kind is 'biomarker' without a biomarker; repair: name it", "kind")


def statistic_form(survey: Survey) -> Iterator[Finding]:
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


def unit_spelling(survey: Survey) -> Iterator[Finding]:
    """Yield units that are not in the list, or not in its spelling."""
    sites: list[Site[Result] | Site[Comparison] | Site[FindingMeasure]]
    sites = [*survey.of(Result), *survey.of(Comparison)]
    folded = {unit.lower(): unit for unit in UNITS}
    for site in sites:
        unit = site.record.unit
        if unit is not None and unit not in UNITS:
            known = folded.get(unit.lower())
            repair = f"did you mean '{known}'?" if known else f"accepted: {', '.join(UNITS)}"
            yield site.finding(f"unit is '{unit}'; {repair}", "unit")


def memory_primary(survey: Survey) -> Iterator[Finding]:
    """Yield numbers of a primary outcome that nobody has seen on a page."""
    for site in survey.rows():
        if site.record.checked == "memory" and getattr(site.record, "role", None) == "primary":
            yield site.finding("a primary outcome is recalled, not read; repair: find a page that shows it", "checked")


def level_of_source(survey: Survey) -> Iterator[Finding]:
    """Yield numbers that cannot have been seen, at their check level, on a source of that type."""
    for site in survey.rows():
        source = _source(survey, site)
        accepted = _SEEN_ON.get(site.record.checked)
        if source and accepted and source.type not in accepted:
            message = (
                f"checked is '{site.record.checked}', but source {source.id} is a {source.type}; "
                f"accepted: {' or '.join(accepted)}; repair: correct one"
            )
            yield site.finding(message, "checked")


def _source(survey: Survey, site: Site[Row]) -> Source | None:
    file = survey.corpus.study_files.get(site.study or "")
    return next((source for source in file.sources if source.id == site.record.source), None) if file else None


def _measured(row: Result | Comparison) -> tuple[object, ...]:
    arms = (row.arm,) if isinstance(row, Result) else (row.a, row.b)
    return (row.outcome, row.ae, row.biomarker, *arms)


def _quantity(site: Site[Row]) -> tuple[object, ...]:
    """Return all that tells one measured quantity of a study from another."""
    row: Record = site.record
    numbers = {
        "id", "events", "total", "value", "value_bound", "unit", "estimate", "interval", "spread", "p", "person_years",
        "derived", "derived_fields", "arm_assignment_checked", "alternative_to", "source", "locator", "checked", "note",
        "significant", "favours", "role", "adjusted",
    }  # fmt: skip
    what = (str(getattr(row, name)) for name in type(row).model_fields if name not in numbers)
    return (site.study, type(row), *what)


CHECKS = (
    firm("outcome-kind", "A row is of the kind of its outcome.", outcome_kind),
    firm("contrast-arms", "Only a contrast within an arm has one arm twice.", contrast_arms),
    Check("favours-against-estimate", "error", "The favoured arm has the better estimate.", favours_against_estimate),
    Check("duplicate-row", "error", "Two numbers for one quantity are linked as alternatives.", duplicate_row),
    firm("alternative-quantity", "Alternatives are of one quantity.", alternative_quantity),
    firm("derived-fields", "A derived field is given and marked.", derived_fields),
    firm("adverse-event-role", "The role of an adverse event belongs to safety.", adverse_event_role),
    firm("biomarker-named", "A row about a biomarker names it.", biomarker_named),
    firm("statistic-form", "A statistic has its number and its unit.", statistic_form),
    Check("unit-spelling", "warning", "A unit is known, in its one spelling.", unit_spelling),
    Check("memory-primary", "warning", "A primary outcome has been read, not recalled.", memory_primary),
    Check("level-of-source", "error", "A check level fits the type of the source.", level_of_source),
)
