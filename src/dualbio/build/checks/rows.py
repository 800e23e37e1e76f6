"""Do rows fit their outcome, their arms, their source and each other?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dualbio.build.checks.survey import READ_AGAIN, Check, CheckHit, Site, Survey, firm
from dualbio.model.contrast import better_side
from dualbio.model.entities import Outcome
from dualbio.model.evidence import (
    AnyRow,
    BiasAssessment,
    Comparison,
    PlannedOutcome,
    Result,
    Row,
    Source,
    StudyAim,
    StudyFile,
    Verification,
)
from dualbio.model.record_fields import Record
from dualbio.model.risk_of_bias import TOOLS
from dualbio.sources.importing.ctgov.times import time_of

__all__ = ["CHECKS"]

#: Types of source on which a number of each check level can have been seen.
_SEEN_ON: Mapping[str, tuple[str, ...]] = {
    "fulltext": ("journal-article", "conference-abstract"),
    "abstract": ("journal-article", "conference-abstract"),
    "registry": ("registry-record",),
}


def outcome_kind(survey: Survey) -> Iterator[CheckHit]:
    """Yield rows whose kind is not that of their outcome."""
    for site in survey.rows():
        row = site.record
        outcome = survey.corpus.entities["outcome"].get(row.outcome)
        if isinstance(outcome, Outcome) and outcome.kind != row.kind:
            message = f"kind is '{row.kind}', that of outcome '{row.outcome}' is '{outcome.kind}'; repair: correct one"
            yield site.finding(message, "kind")


def contrast_arms(survey: Survey) -> Iterator[CheckHit]:
    """Yield comparisons of an arm with itself that are not within an arm, and the reverse."""
    for site in survey.of(Comparison):
        row = site.record
        if (row.a == row.b) != (row.contrast_type == "within-arm"):
            found = f"contrast_type is '{row.contrast_type}' with a {row.a} and b {row.b}"
            message = f"{found}; accepted: within-arm exactly when a = b; repair: correct one"
            yield site.finding(message, "contrast_type")


def favours_against_estimate(survey: Survey) -> Iterator[CheckHit]:
    """Yield comparisons that favour another arm than their estimate and the outcome's better direction say."""
    for site in survey.of(Comparison):
        row = site.record
        outcome = survey.corpus.entities["outcome"].get(row.outcome)
        if not isinstance(outcome, Outcome):
            continue
        better = better_side(row.measure, row.estimate, outcome.direction)
        if better is not None and row.favours not in (None, "unknown", better):
            message = (
                f"favours is '{row.favours}', but {row.measure} {row.estimate} of an outcome where "
                f"{outcome.direction} favours '{better}'; {READ_AGAIN}"
            )
            yield site.finding(message, "favours")


def duplicate_row(survey: Survey) -> Iterator[CheckHit]:
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


def alternative_quantity(survey: Survey) -> Iterator[CheckHit]:
    """Yield alternatives that are of another arm, outcome or kind of row."""
    for site, file in survey.studies():
        lists: dict[str, tuple[Result, ...] | tuple[Comparison, ...]]
        lists = {"results": file.results or (), "comparisons": file.comparisons or ()}
        for name, rows in lists.items():
            listed: list[AnyRow] = list(rows)
            of_name = {row.id: row for row in listed}
            for index, row in enumerate(listed):
                for position, key in enumerate(row.alternative_to or ()):
                    other = of_name.get(key)
                    if other is None or _measured(other) != _measured(row):
                        message = f"{key} is not of the same outcome and arms; repair: name a row of the same quantity"
                        yield site.finding(message, name, index, "alternative_to", position)


def contested_row(survey: Survey) -> Iterator[CheckHit]:
    """Yield contested rows that give no reason or carry a verdict, and alternatives with opposite verdicts."""
    verdicts = {(site.study, site.record.id): site.record.significant for site in survey.of(Comparison)}
    for site in survey.rows():
        row = site.record
        if row.state == "contested" and row.note is None:
            yield site.finding(
                "the row is contested without a reason; repair: say in its note what is doubted", "state"
            )
        if not isinstance(row, Comparison):
            continue
        if row.state == "contested" and row.significant != "unknown":
            found = f"significant is {str(row.significant).lower()} on a contested row"
            message = f"{found}; accepted: unknown; repair: correct one"
            yield site.finding(message, "significant")
        for position, key in enumerate(row.alternative_to or ()):
            if {verdicts.get((site.study, key)), row.significant} == {True, False}:
                message = f"{key} prints the opposite verdict; repair: give the doubted row state: contested"
                yield site.finding(message, "alternative_to", position)


def derived_fields(survey: Survey) -> Iterator[CheckHit]:
    """Yield rows that call a field derived which they do not have, or derive without the mark."""
    sites: list[Site[Result] | Site[Comparison]] = [*survey.of(Result), *survey.of(Comparison)]
    for site in sites:
        row = site.record
        if row.derived_fields and not row.derived:
            yield site.finding("derived_fields without derived; repair: add derived: true", "derived_fields")
        for position, name in enumerate(row.derived_fields or ()):
            if getattr(row, name) is None:
                message = f"'{name}' is called derived but is not given; repair: add it, or remove it here"
                yield site.finding(message, "derived_fields", position)


def adverse_event_role(survey: Survey) -> Iterator[CheckHit]:
    """Yield results with the role of an adverse event that are not about safety."""
    for site in survey.of(Result):
        if site.record.role == "adverse-event" and site.record.kind != "safety":
            found = f"role is 'adverse-event' with kind '{site.record.kind}'"
            yield site.finding(f"{found}; accepted: kind 'safety'; repair: correct one", "role")


def biomarker_named(survey: Survey) -> Iterator[CheckHit]:
    """Yield biomarker rows that do not name the biomarker, and other rows that do."""
    for site in survey.rows():
        row = site.record
        if row.kind == "biomarker" and row.biomarker is None:
            yield site.finding("kind is 'biomarker' without a biomarker; repair: name it", "kind")


def memory_primary(survey: Survey) -> Iterator[CheckHit]:
    """Yield numbers of a primary outcome with check level `memory`."""
    for site in survey.rows():
        if site.record.checked == "memory" and getattr(site.record, "role", None) == "primary":
            yield site.finding("a primary outcome is recalled, not read; repair: find a page that shows it", "checked")


def aim_of_superiority(survey: Survey) -> Iterator[CheckHit]:
    """Yield studies that test a pair of drugs against one of them and do not say what they set out to show."""
    for site, file in survey.studies():
        if file.study.aims:
            continue
        pairs = {arm.id for arm in file.arms if arm.combination_type not in (None, "biologic-plus-conventional")}
        single = {arm.id for arm in file.arms if arm.role == "monotherapy"}
        for index, row in enumerate(file.comparisons or ()):
            tested = (row.a in pairs and row.b in single) or (row.b in pairs and row.a in single)
            if tested and row.kind != "safety" and row.states_significance:
                message = (
                    "a pair is tested against a monotherapy, but the study has no aims; accepted: aims in the "
                    "study, each with aim, source, locator and checked; repair: read what the report set out to show"
                )
                yield site.finding(message, "comparisons", index)
                break


def level_of_source(survey: Survey) -> Iterator[CheckHit]:
    """Yield records that cannot have been seen, at their check level, on a source of that type."""
    sites: list[Site[Row] | Site[StudyAim] | Site[PlannedOutcome]]
    sites = [*survey.rows(), *survey.of(StudyAim), *survey.of(PlannedOutcome)]
    for site in sites:
        source = _source(survey, site)
        accepted = _SEEN_ON.get(site.record.checked)
        if source and accepted and source.type not in accepted:
            message = (
                f"checked is '{site.record.checked}', but source {source.id} is a {source.type}; "
                f"accepted: {' or '.join(accepted)}; repair: correct one"
            )
            yield site.finding(message, "checked")


def second_reading(survey: Survey) -> Iterator[CheckHit]:
    """Yield studies with numbers of a primary outcome that only those saw who entered them, at the first such row."""
    for site, file in survey.studies():
        seen = {each.row for each in file.verifications or () if each.confirms}
        seen -= {each.row for each in _last_looks(file) if each.verdict == "differs"}
        results = [("results", index, row) for index, row in enumerate(file.results or ())]
        comparisons = [("comparisons", index, row) for index, row in enumerate(file.comparisons or ())]
        rows: list[tuple[str, int, AnyRow]] = [*results, *comparisons]
        due = [(name, index, row.id) for name, index, row in rows if row.role == "primary" and row.id not in seen]
        if due:
            named = ", ".join(key for _, _, key in due[:5]) + (f" and {len(due) - 5} more" if due[5:] else "")
            message = (
                f"primary rows {named} were seen by one reader; accepted: a verification by a second; repair: have "
                "somebody else read the page, and say under verifications what it showed"
            )
            yield site.finding(message, *due[0][:2])


def verification_differs(survey: Survey) -> Iterator[CheckHit]:
    """Yield rows of which the last second look says that the page prints something else, and that are not contested."""
    for site, file in survey.studies():
        contested = {row.id for row in file.rows if row.state == "contested"}
        for each in _last_looks(file):
            if each.verdict == "differs" and each.row not in contested:
                message = (
                    f"a second reader found another number for {each.row} ({each.note}); repair: read the page again, "
                    "correct the row and add a verification, or give the row state: contested"
                )
                index = (file.verifications or ()).index(each)
                yield site.finding(message, "verifications", index, "verdict")


def verification_own(survey: Survey) -> Iterator[CheckHit]:
    """Yield verifications by the person who read the source for the row in the first place."""
    for site, file in survey.studies():
        readers = {source.id: source.read_by for source in file.sources}
        sources = {row.id: row.source for row in file.rows}
        for index, each in enumerate(file.verifications or ()):
            if each.by != "dualbio contributors" and each.by == readers.get(sources.get(each.row, "")):
                message = f"{each.by} read the source of {each.row} first; accepted: somebody else; repair: correct one"
                yield site.finding(message, "verifications", index, "by")


def bias_judged_twice(survey: Survey) -> Iterator[CheckHit]:
    """Yield judgements of a risk of bias that one page gives twice: same tool, domain and thing, by the same people."""
    for site, file in survey.studies():
        first: dict[tuple[object, ...], BiasAssessment] = {}
        for index, each in enumerate(file.risk_of_bias or ()):
            what = (each.tool, each.domain, each.row, each.concerns, each.by, each.source)
            if what in first:
                message = (
                    f"{each.source} judges {each.domain.replace('-', ' ')} by {each.tool} twice; repair: delete one, "
                    "or name the row or outcome that each is about"
                )
                yield site.finding(message, "risk_of_bias", index, "domain")
            first.setdefault(what, each)


def bias_tool_of_design(survey: Survey) -> Iterator[CheckHit]:
    """Yield judgements by a tool that was not made for the design of the study."""
    for site, file in survey.studies():
        told = file.study.design not in ("not-stated", "pooled-analysis")
        randomised = file.study.design == "randomised-controlled-trial"
        for index, each in enumerate(file.risk_of_bias or ()):
            if told and TOOLS[each.tool].randomised != randomised:
                made = "randomised trials" if TOOLS[each.tool].randomised else "studies without randomisation"
                message = (
                    f"{each.tool} was made for {made}, and the study is a {file.study.design}; "
                    "repair: correct one, or say in a waiver that the page used it so"
                )
                yield site.finding(message, "risk_of_bias", index, "tool")


def planned_twice(survey: Survey) -> Iterator[CheckHit]:
    """Yield planned outcomes that another one of their study repeats word for word, at the same time."""
    first: dict[tuple[object, ...], Site[PlannedOutcome]] = {}
    for site in survey.of(PlannedOutcome):
        plan = site.record
        words = (plan.outcome_as_reported.casefold(), (plan.time_as_reported or "").casefold())
        other = first.setdefault((site.study, *words), site)
        if other is not site:
            message = f"{other.record.id} in line {other.at().line} has the same outcome and time; repair: keep one"
            yield site.finding(message, "outcome_as_reported")


def planned_week(survey: Survey) -> Iterator[CheckHit]:
    """Yield planned outcomes whose week is not the one that their time names."""
    for site in survey.of(PlannedOutcome):
        plan = site.record
        told = time_of((), "", plan.time_as_reported or "").week
        if plan.week not in (None, told):
            named = "no single week" if told is None else f"week {told}"
            message = f"week is {plan.week}, but '{plan.time_as_reported}' names {named}; repair: correct or remove it"
            yield site.finding(message, "week")


def _last_looks(file: StudyFile) -> Iterable[Verification]:
    """Return the last verification of each row of a study."""
    looks = sorted(file.verifications or (), key=lambda each: each.date)
    return {each.row: each for each in looks}.values()


def _source(survey: Survey, site: Site[Row] | Site[StudyAim] | Site[PlannedOutcome]) -> Source | None:
    file = survey.corpus.study_files.get(site.study or "")
    return next((source for source in file.sources if source.id == site.record.source), None) if file else None


def _measured(row: AnyRow) -> tuple[object, ...]:
    arms = (row.arm,) if isinstance(row, Result) else (row.a, row.b)
    return (row.outcome, row.ae, row.biomarker, *arms)


def _quantity(site: Site[Row]) -> tuple[object, ...]:
    """Return all that tells one measured quantity of a study from another."""
    row: Record = site.record
    numbers = {
        "id", "events", "total", "value", "value_bound", "unit", "estimate", "interval", "spread", "p", "person_years",
        "derived", "derived_fields", "arm_assignment_checked", "alternative_to", "source", "locator", "checked", "note",
        "significant", "significance_stated_in", "favours", "role", "adjusted",
    }  # fmt: skip
    what = (str(getattr(row, name)) for name in type(row).model_fields if name not in numbers)
    return (site.study, type(row), *what)


CHECKS = (
    firm("outcome-kind", "A row is of the kind of its outcome.", outcome_kind),
    firm("contrast-arms", "Only a contrast within an arm has one arm twice.", contrast_arms),
    Check("favours-against-estimate", "error", "The favoured arm has the better estimate.", favours_against_estimate),
    Check("duplicate-row", "error", "Two numbers for one quantity are linked as alternatives.", duplicate_row),
    firm("alternative-quantity", "Alternatives are of one quantity.", alternative_quantity),
    firm("contested-row", "A contested row says why, and carries no verdict.", contested_row),
    firm("derived-fields", "A derived field is given and marked.", derived_fields),
    firm("adverse-event-role", "The role of an adverse event belongs to safety.", adverse_event_role),
    firm("biomarker-named", "A row about a biomarker names it.", biomarker_named),
    Check("memory-primary", "warning", "A primary outcome has been read, not recalled.", memory_primary),
    Check(
        "aim-of-superiority",
        "error",
        "A study that tests a pair against one of its drugs says what it set out to show.",
        aim_of_superiority,
    ),
    Check("second-reading", "note", "The numbers of a primary outcome were seen by two readers.", second_reading),
    Check(
        "verification-differs",
        "warning",
        "A number that a second reader saw differently is corrected or contested.",
        verification_differs,
    ),
    firm("verification-own", "A verification is by somebody who did not enter the row.", verification_own),
    firm("bias-judged-twice", "A page judges a risk of bias once.", bias_judged_twice),
    Check(
        "bias-tool-of-design",
        "error",
        "A risk of bias is judged by a tool that was made for the design of the study.",
        bias_tool_of_design,
    ),
    Check("level-of-source", "error", "A check level fits the type of the source.", level_of_source),
    firm("planned-twice", "A planned outcome is recorded once.", planned_twice),
    Check("planned-week", "error", "The week of a planned outcome is the one that its time names.", planned_week),
)
