"""A trial of our field is understood without a curator, as far as its record is certain.  The trial is invented."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualbio.model.evidence import Result
from dualbio.sources.importing.ctgov.inputs import read_studies
from dualbio.sources.importing.ctgov.study import import_study
from dualbio.sources.importing.ledger import Imported
from dualbio.sources.importing.vocabulary import Vocabulary
from registry_records import CTGOV


@pytest.fixture
def record() -> dict[str, Any]:
    """Give the record, to be changed."""
    return next(read_studies(CTGOV / "field.json"))


def rows(imported: Imported, name: str) -> list[Result]:
    """Return the rows about one outcome or event."""
    return [row for row in imported.file.results or () if name in (row.outcome, row.ae)]


def asked(imported: Imported) -> list[tuple[str, str]]:
    """Return what a curator is asked."""
    return [(question.what, question.found) for question in imported.questions]


def test_a_two_arm_trial_needs_four_decisions(field_trial: Imported) -> None:
    """An outcome that is a change where we hold a level, one that is none of ours, an order, and an article."""
    assert [
        ("outcome", "Change From Baseline in SLEDAI-2K Score"),
        ("outcome", "Days in Hospital"),
        ("order", "analyses"),
        ("source", "PMID 99999919"),
    ] == asked(field_trial)


def test_conditions_and_drugs_are_known_by_the_registrys_own_terms(field_trial: Imported) -> None:
    """A turned name, a text that the registry indexed with a MeSH term of ours, a code name indexed so, with a dose."""
    assert ("sle", "lupus-nephritis") == field_trial.file.study.diseases
    belimumab, placebo = field_trial.file.arms
    assert [("active", "belimumab")] == [(step.role, step.drug) for step in belimumab.regimen]
    assert "Standard Care" == belimumab.background
    assert [("belimumab",)] == [step.placebo_for for step in placebo.regimen]


def test_a_text_is_known_by_its_own_index_only(record: dict[str, Any], field: Vocabulary) -> None:
    """A term that the registry found in another text says nothing of this one."""
    record["derivedSection"]["conditionBrowseModule"]["browseLeaves"][0]["asFound"] = "Season"
    record["derivedSection"]["interventionBrowseModule"]["browseLeaves"][0]["asFound"] = "Season"
    found = asked(import_study(record, field))
    assert [("disease", "Active Glomerulitis of Lupus"), ("drug", "XYZ-1 10 mg/kg")] == found[:2]


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ("Colitis, Ulcerative", "ulcerative-colitis"),
        ("Arthritis, Rheumatoid", "rheumatoid-arthritis"),
        ("Lupus Erythematosus, Systemic", "sle"),
        ("Arthritis, Psoriatic", "psoriatic-arthritis"),
        ("Inflammatory Bowel Diseases", "inflammatory-bowel-disease"),
        ("Sj\u00f6gren's Syndrome", "sjogren-syndrome"),
        ("Moderately to Severely Active Crohn's Disease", "crohns-disease"),
        ("Rheumatoid Arthritis (RA)", "rheumatoid-arthritis"),
        ("Psoriatic Arthritis (PsA)", "psoriatic-arthritis"),
        ("Systemic Sclerosis (SSc)", "systemic-sclerosis"),
        ("Still's Disease, Adult-Onset", "adult-onset-still-disease"),
        ("AOSD", "adult-onset-still-disease"),
        ("Axial Spondyloarthritis", "axial-spondyloarthritis"),
        ("Axial Spondyloarthritis (axSpA)", "axial-spondyloarthritis"),
        ("Sjogren Disease", "sjogren-syndrome"),
        ("Primary Sj\u00f6gren's Syndrome", "sjogren-syndrome"),
        ("Still's Disease", None),
        ("Juvenile Spondyloarthritis", None),
        ("Rheumatoid Arthritis (JIA)", None),
        ("Ulcerative Colitis (Chronic)", None),
        ("Arthritis", None),
        ("Lupus Erythematosus, Discoid", None),
    ],
)
def test_conditions_have_the_names_of_indexes(condition: str, key: str | None, field: Vocabulary) -> None:
    """The forms of MeSH are known; a wider or another disease is not taken for one of ours."""
    module: dict[str, Any] = {
        "identificationModule": {"nctId": "NCT99999909"},
        "conditionsModule": {"conditions": [condition]},
        "armsInterventionsModule": {"armGroups": [{"label": "A", "interventionNames": ["Drug: Belimumab"]}]},
    }
    study = import_study({"protocolSection": module}, field).file.study
    assert (key or "to-decide",) == study.diseases


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("GSK1550188", "belimumab"),
        ("LymphoStat-B", "belimumab"),
        ("CT-P13", "infliximab"),
        ("CTP13", "infliximab"),
        ("Infliximab-dyyb", "infliximab"),
        ("CT-P10 375 mg/m2", "rituximab"),
        ("ABP 798", "rituximab"),
        ("Otezla", "apremilast"),
        ("SB2", "infliximab"),
        ("Remsima", "infliximab"),
        ("PF-06438179", "infliximab"),
        ("SB4 50 mg", "etanercept"),
        ("SB5 (adalimumab)", "adalimumab"),
        ("Hyrimoz", "adalimumab"),
        ("BI 695501", "adalimumab"),
        ("Truxima", "rituximab"),
        ("Rinvoq", "upadacitinib"),
        ("SB3", None),
        ("CNTO 148", "golimumab"),
        ("CNTO148 50 mg", "golimumab"),
        ("CNTO-1275", "ustekinumab"),
        ("MLN0002", "vedolizumab"),
        ("D2E7", "adalimumab"),
        ("BMS 188667", "abatacept"),
        ("Actemra", "tocilizumab"),
        ("tocilizumab [RoActemra/Actemra]", "tocilizumab"),
        ("belimumab (GSK1550188)", "belimumab"),
        ("Belimumab 10 mg/kg IV", "belimumab"),
        ("tofacitinib citrate", "tofacitinib"),
        ("adalimumab-atto", "adalimumab"),
        ("rituximab-abbs 375 mg/m2", "rituximab"),
        ("CNTO 14", None),
        ("Benly", None),
        ("limumab", None),
    ],
)
def test_drugs_are_known_by_code_and_trade_name(name: str, key: str | None, field: Vocabulary) -> None:
    """A name of the drug with dose, form, or a second name; never something that looks like one."""
    assert key == field.drug_in(name)


def test_registered_outcomes_are_known_by_their_titles(field_trial: Imported) -> None:
    """Responders, time to a flare, people with serious events: outcome, kind and event are those of our tables."""
    response, flare = rows(field_trial, "sri-4"), rows(field_trial, "severe-flare")
    assert [(22, 40, "52", "primary"), (14, 38, "52", "primary")] == [
        (row.events, row.total, str(row.week), row.role) for row in response
    ]
    assert [("median", "days")] * 2 == [(row.statistic, row.unit) for row in flare]
    serious = [row for row in rows(field_trial, "serious-adverse-event") if row.role == "secondary"]
    assert [("safety", "serious", 4), ("safety", "serious", 5)] == [
        (row.kind, row.seriousness, row.events) for row in serious
    ]


def test_planned_outcomes_have_their_place(field_trial: Imported) -> None:
    """Each with its role, words, week, and meaning where that is certain; a note says which result is not posted."""
    assert [
        ("p001", "primary", "52", ("outcome:sri-4",), None),
        ("p002", "secondary", "None", ("outcome:severe-flare",), None),
        ("p003", "secondary", "104", None, "its result is not posted"),
    ] == [
        (plan.id, plan.role, str(plan.week), plan.measures, plan.note)
        for plan in field_trial.file.planned_outcomes or ()
    ]


def test_a_planned_outcome_is_told_once(record: dict[str, Any], field: Vocabulary) -> None:
    """One outcome in two lists, and one without a title, are accounted for."""
    module = record["protocolSection"]["outcomesModule"]
    module["otherOutcomes"] = [module["primaryOutcomes"][0], {"measure": " "}]
    imported = import_study(record, field)
    assert 3 == len(imported.file.planned_outcomes or ())
    assert {"told twice": 1, "it has no title": 1} == imported.account["planned outcomes"].left_out


def test_what_no_table_has_a_place_for_is_left_out(field_trial: Imported) -> None:
    """Concentrations of the drug, and terms of events, are accounted for by their sort or class."""
    account = field_trial.account
    assert {"pharmacokinetics has no place in the vocabulary": 2} == account["outcomes"].left_out
    assert {"a term of 'Gastrointestinal disorders' that no table has": 2} == account["other events"].left_out
    assert (
        2
        == account["other event totals"].left_out["people with any other event above a threshold are no total of ours"]
    )


def test_serious_infections_are_worked_out_where_the_terms_allow_it(field_trial: Imported) -> None:
    """Two people with pneumonia and no other infection are two; one and three people may be three or four."""
    (row,) = rows(field_trial, "serious-infection")
    assert ("belimumab-10-mg-kg-standard-care", 2, 40, True, ("events",), "serious") == (
        row.arm, row.events, row.total, row.derived, row.derived_fields, row.seriousness,
    )  # fmt: skip
    told = "'Placebo + Standard Care': 3 to 4 people of 38 with any serious infection; the terms tell no more"
    assert ("serious events", told) in field_trial.remarks
    assert 1 == field_trial.account["serious events"].derived


@pytest.mark.parametrize(
    ("terms", "everybody", "people"),
    [([[0, 0]], 5, 0), ([[2, 3]], 5, 3), ([[2, 3], [1, 1]], 3, 3), ([[2, 3], [1, 1]], 5, None), ([], 5, 0)],
)
def test_people_with_any_infection_have_bounds(
    terms: list[list[int]], everybody: int, people: int | None, record: dict[str, Any], field: Vocabulary
) -> None:
    """At least as many as the largest term has, at most the sum or all with any serious event."""
    events = record["resultsSection"]["adverseEventsModule"]
    events["eventGroups"][1]["seriousNumAffected"] = everybody
    cardiac = events["seriousEvents"][-1]
    events["seriousEvents"] = [cardiac] + [
        {
            "term": f"Infection {n}",
            "organSystem": "Infections and infestations",
            "stats": [{"groupId": f"EG00{m}", "numAffected": x, "numAtRisk": 38} for m, x in enumerate(each)],
        }
        for n, each in enumerate(terms)
    ]
    found = {row.arm: row.events for row in rows(import_study(record, field), "serious-infection")}
    assert people == found.get("placebo-standard-care")


def test_an_event_table_without_classes_tells_nothing_of_infections(record: dict[str, Any], field: Vocabulary) -> None:
    """Where a term has no organ class, it may be an infection."""
    del record["resultsSection"]["adverseEventsModule"]["seriousEvents"][-1]["organSystem"]
    assert [] == rows(import_study(record, field), "serious-infection")


@pytest.mark.parametrize(
    ("name", "arms"), [("Infections & Infestations", 1), ("INFECTIONS AND INFESTATIONS", 1), ("Infections", 0)]
)
def test_a_class_that_is_none_of_meddra_is_no_other_class(
    name: str, arms: int, record: dict[str, Any], field: Vocabulary
) -> None:
    """Signs and case do not matter; where a class is called otherwise, its events are not counted as no infections."""
    for event in record["resultsSection"]["adverseEventsModule"]["seriousEvents"]:
        event["organSystem"] = event["organSystem"].replace("Infections and infestations", name)
    imported = import_study(record, field)
    assert arms == len(rows(imported, "serious-infection"))
    assert (arms == 0) == any("not all organ classes" in remark for _, remark in imported.remarks)


def test_two_terms_of_one_event_are_no_two_numbers_of_it(record: dict[str, Any], field: Vocabulary) -> None:
    """Pneumonia told twice for one arm, of which people may have had both, is listed and not written."""
    events = record["resultsSection"]["adverseEventsModule"]["seriousEvents"]
    pneumonia = next(event for event in events if event["term"] == "Pneumonia")
    assert rows(import_study(record, field), "serious-pneumonia")
    events.append(pneumonia | {"term": "pneumonia"})
    imported = import_study(record, field)
    assert [] == rows(imported, "serious-pneumonia")
    assert 2 * len(pneumonia["stats"]) == imported.account["serious events"].listed


def test_a_unit_that_the_table_lacks_is_told_as_printed(record: dict[str, Any], field: Vocabulary) -> None:
    """Another case is the same unit; a unit that nobody knows goes to the note."""
    flare = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][2]
    shown = []
    for unit in ("Days", "fortnights"):
        flare["unitOfMeasure"] = unit
        row = rows(import_study(record, field), "severe-flare")[0]
        shown.append((row.unit, row.note))
    assert [("days", None), (None, "unit printed as 'fortnights'")] == shown


def test_age_and_sex_are_baseline_rows(field_trial: Imported) -> None:
    """Mean age with its spread and people of each sex by arm, at week 0; all people together and regions are told."""
    found = rows(field_trial, "baseline-characteristic")
    assert [
        ("Age, Continuous", "mean", None, "38.5", "11.2", 41),
        ("Age, Continuous", "mean", None, "40.1", "12.0", 39),
        ("Sex: Female, Male: Female", "count", 37, "None", "None", 41),
        ("Sex: Female, Male: Female", "count", 36, "None", "None", 39),
        ("Sex: Female, Male: Male", "count", 4, "None", "None", 41),
        ("Sex: Female, Male: Male", "count", 3, "None", "None", 39),
    ] == [
        (
            row.outcome_as_reported,
            row.statistic,
            row.events,
            str(row.value),
            str(row.spread and row.spread.value),
            row.total,
        )
        for row in found
    ]
    assert {0} == {row.week for row in found}
    assert {
        "of people who are no arm": 3,
        "'Region of Enrollment' at baseline has no field": 3,
    } == field_trial.account["baseline"].left_out


@pytest.mark.parametrize(
    ("unit", "title", "outcome"),
    [
        ("mg/L", "C-Reactive Protein", "crp-level"),
        ("mg/L", "Change From Baseline in C-Reactive Protein", "crp-change"),
        ("percent change", "C-Reactive Protein", None),
        ("percent of baseline", "C-Reactive Protein", None),
        ("%", "Change From Baseline in C-Reactive Protein", None),
        ("ratio to baseline", "C-Reactive Protein", None),
    ],
)
def test_a_number_in_percent_of_the_start_is_no_change_in_the_unit(
    unit: str, title: str, outcome: str | None, record: dict[str, Any], field: Vocabulary
) -> None:
    """A fall of CRP by 40 % is not one by 40 mg/L; a curator decides what it is, and nothing is left out."""
    module = record["resultsSection"]["outcomeMeasuresModule"]
    measure = next(each for each in module["outcomeMeasures"] if each["paramType"] == "MEAN")
    module["outcomeMeasures"] = [measure | {"title": title, "description": "", "unitOfMeasure": unit, "analyses": []}]
    imported = import_study(record, field)
    assert outcome == next((row.outcome for row in imported.file.results or () if row.outcome.startswith("crp")), None)
    assert (outcome is None) == (("outcome", title) in asked(imported))


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({"title": "Age"}, True),
        ({"title": "Age, Customized"}, True),
        ({"title": "Age, Categorical"}, False),
        ({"title": "Age at Onset"}, False),
        ({"title": "Age, Customized", "paramType": "COUNT_OF_PARTICIPANTS"}, False),
    ],
)
def test_an_age_is_known_by_its_number(
    changes: dict[str, str], taken: bool, record: dict[str, Any], field: Vocabulary
) -> None:
    """A mean or median age has the registry's titles of one; people by age have no field, nor any other age."""
    record["resultsSection"]["baselineCharacteristicsModule"]["measures"][0] |= changes
    words = {row.outcome_as_reported for row in rows(import_study(record, field), "baseline-characteristic")}
    assert taken == (changes["title"] in words)


def test_who_finished_and_who_left_are_rows(field_trial: Imported) -> None:
    """People who completed the period, left for harm, or for lack of effect, of those who began it."""
    completed = rows(field_trial, "completion")
    assert [(36, 41), (30, 39)] == [(row.events, row.total) for row in completed]
    harm, effect = (
        rows(field_trial, key) for key in ("discontinuation-due-to-adverse-event", "lack-of-effect-discontinuation")
    )
    assert ([2, 1], [1, 5]) == ([row.events for row in harm], [row.events for row in effect])
    assert {"'Lost to Follow-up' has no field": 2} == field_trial.account["withdrawals"].left_out


def test_a_study_of_a_combination_says_how_it_was_put_together(record: dict[str, Any], field: Vocabulary) -> None:
    """The study has the strategy of its combination arms, as far as it is told; it is never without one."""
    both: dict[str, Any] = json.loads(json.dumps(record).replace("Standard Care", "Rituximab"))
    asked = import_study(both, field)
    (label,) = (question.found for question in asked.questions if question.what == "strategy")
    told = import_study(both, field, {("strategy", label): "add-on"})
    strategies = [each.file.study.strategy for each in (import_study(record, field), asked, told)]
    assert ["not-applicable", "together-order-unknown", "add-on"] == strategies


def test_the_favoured_arm_follows_once_the_order_is_told(record: dict[str, Any], field: Vocabulary) -> None:
    """Nothing is favoured until a curator says that groups stand in the order of the contrast."""
    unknown = (import_study(record, field).file.comparisons or ())[0]
    told = (import_study(record, field, {("order", "analyses"): "as-listed"}).file.comparisons or ())[0]
    assert ("sri-4", "unknown", "a") == (told.outcome, unknown.favours, told.favours)
