"""Groups of a results section are people of the protocol's arms, or none of ours; they are never new ones."""

from __future__ import annotations

from typing import Any

import pytest

from dualbio.model.evidence import Arm
from dualbio.sources.importing.ctgov.arms import read_arms
from dualbio.sources.importing.ctgov.groups import Groups, analysis_population, described_population
from dualbio.sources.importing.ctgov.inputs import read_studies
from dualbio.sources.importing.ctgov.study import import_study
from dualbio.sources.importing.decisions import wrong
from dualbio.sources.importing.ledger import Ledger
from dualbio.sources.importing.vocabulary import Vocabulary
from registry_records import CTGOV, Import, is_balanced


def arms(imported_file: Import, name: str) -> dict[str, Arm]:
    """Return the arms of a record by key."""
    return {arm.id: arm for arm in imported_file(name).file.arms}


def agents(arm: Arm) -> list[tuple[str, str | tuple[str, ...] | None]]:
    """Return role and agent of each step."""
    return [(step.role, step.drug or step.placebo_for) for step in arm.regimen]


def test_a_population_is_no_arm(imported_file: Import) -> None:
    """A title with "(FAS)" or "Safety Set" gives the row its population; another spelling of the arm is the arm."""
    rows = imported_file("groups").file.results or ()
    assert [
        ("alphamab-10-mg-kg-mgt", "ITT"),
        ("alphamab-1-mg-kg-mgt", "not-stated"),
        ("placebo-mgt", "safety"),
        ("alphamab-10-mg-kg-mgt", "not-stated"),
    ] == [(row.arm, row.population) for row in rows[:4]]


@pytest.mark.parametrize(
    ("title", "name", "population"),
    [
        ("Drug A (FAS)", "Drug A", "ITT"),
        ("Drug A (Full Analysis Set (FAS))", "Drug A", "ITT"),
        ("Drug A - ITT Population", "Drug A", "ITT"),
        ("Drug A (mITT)", "Drug A", "mITT"),
        ("Safety Analysis Set: Drug A", "Drug A", "safety"),
        ("Drug A (SS)", "Drug A", "safety"),
        ("Drug A, Per-Protocol Set", "Drug A", "per-protocol"),
        ("Drug A (Completers)", "Drug A", "completers"),
        ("Drug A: Intent to Treat (ITT) Population", "Drug A", "ITT"),
        ("Drug A (Modified Full Analysis Set)", "Drug A", "mITT"),
        ("Drug A ITT", "Drug A", "ITT"),
        ("Modified ITT Drug A", "Drug A", "mITT"),
        ("Drug A Completers", "Drug A", "completers"),
        ("Safety Analysis Set (SAS) - Drug A", "Drug A", "safety"),
        ("Drug A (Evaluable)", "Drug A", "not-stated"),
        ("Drug A Evaluable Subjects", "Drug A", "not-stated"),
        ("Drug A: ITT-E", "Drug A", "not-stated"),
        ("PK Population Drug A", "Drug A", "not-stated"),
        ("Drug A (as treated)", "Drug A", "not-stated"),
        ("Drug A Responders", "Drug A Responders", None),
        ("Drug A, biologic-naive", "Drug A, biologic-naive", None),
        ("Safety Population", "Safety Population", None),
        ("Drug A SC", "Drug A SC", None),
        ("Safety run-in", "Safety run-in", None),
    ],
)
def test_names_of_populations(title: str, name: str, population: str | None) -> None:
    """The usual names of analysis sets are taken off a title, and nothing else is."""
    assert (name, population) == analysis_population(title)


@pytest.mark.parametrize(
    ("text", "population"),
    [
        ("mITT", "mITT"),
        ("The modified intention-to-treat population included all who began.", "mITT"),
        ("Safety set consisted of all treated people.", "safety"),
        ("Full Analysis Set (FAS)", "ITT"),
        ("All randomized participants", "ITT"),
        ("All randomized participants who received a dose", None),
        ("Efficacy evaluable population", "not-stated"),
        ("Participants with data at Week 24 in the safety set", None),
    ],
)
def test_a_described_population_is_named_at_the_beginning(text: str, population: str | None) -> None:
    """A set that is named later, or that is cut further, is no population of ours."""
    assert population == described_population(text)


def test_a_population_without_a_value_of_ours_is_told_in_words(imported_file: Import, vocabulary: Vocabulary) -> None:
    """The evaluable people of an arm are a population of it and no arm; the row keeps what they are called."""
    arms = imported_file("groups").file.arms
    record = next(read_studies(CTGOV / "groups.json"))
    measure = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]
    measure["groups"][0]["title"] = f"{arms[0].label} (Evaluable)"
    imported = import_study(record, vocabulary)
    row = (imported.file.results or ())[0]
    assert (arms[0].id, "not-stated") == (row.arm, row.population)
    assert f"people of '{arms[0].label} (Evaluable)'" in (row.note or "")
    assert len(imported.file.arms) == len(arms)


def test_a_row_keeps_the_period_that_a_group_names(imported_file: Import, vocabulary: Vocabulary) -> None:
    """People of the first period are the arm's, and the row tells which period it was."""
    record = next(read_studies(CTGOV / "groups.json"))
    label = imported_file("groups").file.arms[0].label
    record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]["groups"][0]["title"] = (
        f"Induction: {label}"
    )
    row = (import_study(record, vocabulary).file.results or ())[0]
    assert f"people of 'Induction: {label}'" in (row.note or "")


def test_a_part_of_an_arm_says_so(imported_file: Import) -> None:
    """People told apart by a sign are two parts of their arm, and so not added to it."""
    found = arms(imported_file, "groups")
    parts = [arm for arm in found.values() if arm.subset_of]
    assert ["alphamab-10-mg-kg-mgt"] * 2 == [arm.subset_of for arm in parts]
    assert ["Alphamab 10 mg/kg + MGT, Anti-dsDNA (+)", "Alphamab 10 mg/kg + MGT, Anti-dsDNA (-)"] == [
        arm.label for arm in parts
    ]
    assert 5 == len(found)


def test_no_group_becomes_new_people(imported_file: Import) -> None:
    """Every arm is one of the protocol's or hangs on one; all other groups are listed with their rows."""
    imported = imported_file("groups")
    assert ["Alphamab 10 mg/kg + MGT", "Alphamab 1 mg/kg + MGT", "Placebo + MGT"] == [
        arm.label for arm in imported.file.arms if not (arm.subset_of or arm.derived_from)
    ]
    listed = {item.found: item for item in imported.questions if item.what == "group"}
    assert {
        "Alphamab", "Placebo + MGT Open-Label Extension", "Placebo/Alphamab", "Anti-dsDNA (+)", "Anti-dsDNA (-)",
        "\u6240\u6709\u4eba", "Total", "ALM 10 mg/kg SC", "Placebo", "Placebo, SC", "Placebo + MGT",
    } == set(listed)  # fmt: skip
    assert all(item.rows for item in listed.values())
    assert ("alphamab-10-mg-kg-mgt", "alphamab-1-mg-kg-mgt") == listed["Alphamab"].nearest
    assert "21 people are more than the 20" in listed["ALM 10 mg/kg SC"].why
    assert "several groups of one table" in listed["Placebo"].why


def test_run_in_numbers_are_not_randomised_numbers(imported_file: Import) -> None:
    """Forty people ran in to each arm; those who began the blinded treatment were randomised."""
    found = arms(imported_file, "groups")
    assert [20, 25, 22] == [arm.n_randomised for arm in found.values() if not arm.subset_of]


def test_people_of_a_later_period_are_of_other_arms(imported_file: Import) -> None:
    """A group that nobody began with gets no size; whose people it has is for a curator to say."""
    imported = imported_file("groups")
    remark = "'Alphamab extension' begins with 30 people in 'Extension': of which arms are they?"
    assert ("flow", remark) in imported.remarks
    assert 1 == imported.account["flow"].left_out["nobody began with it"]


def test_a_name_is_not_enough_when_the_numbers_forbid_it(imported_file: Import) -> None:
    """26 of 25 allocated may have been treated so; 60 of 22 are other people of the same name."""
    imported = imported_file("groups")
    last = (imported.file.results or ())[-1]
    assert ("alphamab-1-mg-kg-mgt", 26) == (last.arm, last.total)
    assert ["60 people are more than the 22 of the arm 'Placebo + MGT'"] == [
        item.why for item in imported.questions if item.found == "Placebo + MGT"
    ]


def test_a_background_drug_is_not_tested(imported_file: Import) -> None:
    """A conventional drug of every arm is background, also in the name of a placebo; alone it is the treatment."""
    both, placebo, alone = imported_file("background").file.arms
    assert ("monotherapy", [("active", "alphamab"), ("background", "gammatinib")]) == (both.role, agents(both))
    assert "Folic acid" == both.background
    assert ("placebo", [("placebo", ("alphamab",)), ("background", "gammatinib")]) == (placebo.role, agents(placebo))
    assert ("conventional-therapy", [("active", "gammatinib")]) == (alone.role, agents(alone))


def test_a_placebo_is_a_placebo_for_what_its_name_says(imported_file: Import) -> None:
    """Spellings, joined drugs, and names that do not say for what; "drug or placebo" is neither."""
    found = [agents(arm) for arm in imported_file("regimens").file.arms]
    alone = [("placebo", ("alphamab",))]
    assert [
        *([alone] * 4),
        [("placebo", ("alphamab",)), ("placebo", ("betamab",))],
        [("active", "to-decide")],
        [("placebo", ("to-decide",))],
        [("active", "gammatinib"), ("placebo", ("to-decide",))],
        [("active", "alphamab")],
        [("active", "alphamab")],
        [("placebo", ("to-decide",))],
    ] == found


def test_two_arms_of_one_label_are_told_by_description_or_not_at_all(imported_file: Import) -> None:
    """A group whose description is an arm's is that arm; the others wait for a curator, with both arms named."""
    imported = imported_file("twins")
    assert [("alphamab-2", 9, 25)] == [(row.arm, row.events, row.total) for row in imported.file.results or ()]
    assert [None, None] == [arm.n_randomised for arm in imported.file.arms]
    (listed,) = [item for item in imported.questions if item.what == "group"]
    assert ("alphamab", "alphamab-2") == listed.nearest


ARMS: list[dict[str, Any]] = [
    {"label": "Alphamab + Betamab", "interventionNames": ["Drug: Alphamab", "Drug: Betamab"]},
    {"label": "Alphamab", "interventionNames": ["Drug: Alphamab", "Drug: Placebo", "Drug: Standard of care"]},
    {"label": "Saline", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Normal saline"]},
]


def test_a_placebo_of_no_name_is_for_the_drug_that_its_arm_lacks(vocabulary: Vocabulary) -> None:
    """With two tested drugs the blinded arm of one has a placebo for the other; without any drug it is not known."""
    ledger = Ledger("x")
    both, alone, saline = read_arms({"armGroups": ARMS}, vocabulary, ledger)
    assert [("active", "alphamab"), ("active", "betamab")] == agents(both)
    assert [("active", "alphamab"), ("placebo", ("betamab",))] == agents(alone)
    assert ("placebo", [("placebo", ("to-decide",))]) == (saline.role, agents(saline))
    assert [("alphamab", "betamab")] == [item.nearest for item in ledger.questions if item.what == "placebo"]


def test_a_placebo_before_or_after_the_only_drug_is_probably_for_it(vocabulary: Vocabulary) -> None:
    """Where people cross over each arm has the drug; it is suggested, and nothing else is certain."""
    names = ["Drug: Alphamab", "Drug: Placebo"]
    arms = [
        {"label": label, "interventionNames": names} for label in ("Alphamab then placebo", "Placebo then alphamab")
    ]
    ledger = Ledger("x")
    assert ["to-decide"] == [
        key
        for arm in read_arms({"armGroups": arms}, vocabulary, ledger)[:1]
        for step in arm.regimen
        for key in step.placebo_for or ()
    ]
    assert [("alphamab",)] * 2 == [item.nearest for item in ledger.questions if item.what == "placebo"]


def test_standard_care_is_background(vocabulary: Vocabulary) -> None:
    """Treatment that is named by its kind is told as background, and is no second drug."""
    alone = read_arms({"armGroups": ARMS}, vocabulary, Ledger("x"))[1]
    assert ("monotherapy", "Standard of care") == (alone.role, alone.background)


@pytest.mark.parametrize("kind", ["csDMARDs", "Corticosteroids", "Standard of Care", "Immunosuppressants", "Steroids"])
def test_a_kind_of_treatment_beside_a_placebo_is_background(kind: str, vocabulary: Vocabulary) -> None:
    """It imitates nothing, whatever type the registry gives it, and stands by itself or in the name of a placebo."""
    arms: list[dict[str, Any]] = [
        {"label": "Alphamab", "interventionNames": ["Drug: Alphamab", f"Other: {kind}"]},
        {"label": "Placebo", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Placebo", f"Other: {kind}"]},
        {"label": "Both", "type": "PLACEBO_COMPARATOR", "interventionNames": [f"Drug: Placebo + {kind}"]},
        {"label": "Named", "interventionNames": [f"Drug: Alphamab plus {kind}"]},
    ]
    interventions = [{"type": "OTHER", "name": kind}, {"type": "DRUG", "name": "Placebo"}]
    read = read_arms({"armGroups": arms, "interventions": interventions}, vocabulary, Ledger("x"))
    assert [kind] * 4 == [arm.background for arm in read]
    given, imitated = [("active", "alphamab")], [("placebo", ("alphamab",))]
    assert [given, imitated, imitated, given] == [agents(arm) for arm in read]


def test_conventional_drugs_of_every_arm_are_tested_where_an_arm_has_nothing_else(vocabulary: Vocabulary) -> None:
    """Beside a biologic they are background; the arm without it is treated with them."""
    arms: list[dict[str, Any]] = [
        {"label": "Add-on", "interventionNames": ["Drug: Alphamab", "Drug: Gammatinib", "Drug: Oldine"]},
        {"label": "Old", "interventionNames": ["Drug: Gammatinib", "Drug: Oldine"]},
    ]
    added, old = read_arms({"armGroups": arms}, vocabulary, Ledger("x"))
    assert ("monotherapy", [("active", "alphamab"), ("background", "gammatinib")]) == (added.role, agents(added))
    assert ("conventional-therapy", [("active", "gammatinib")]) == (old.role, agents(old))
    assert ["Oldine", "Oldine"] == [added.background, old.background]


def test_an_arm_of_standard_care_is_decided_with_a_class_of_drugs(vocabulary: Vocabulary) -> None:
    """The record names no drug, and a curator can answer with a class as with a drug."""
    arms = [{"label": "Alphamab", "interventionNames": ["Drug: Alphamab"]}, {"label": "Standard of care"}]
    answers = {("regimen", "Standard of care"): "standard-therapy"}
    (_, asked), (_, told) = (read_arms({"armGroups": arms}, vocabulary, Ledger("x", each)) for each in ({}, answers))
    assert ("conventional-therapy", "to-decide") == (asked.role, asked.regimen[0].drug)
    assert ("conventional-therapy", "standard-therapy") == (told.role, told.regimen[0].drug_class)
    assert wrong("regimen", "standard-therapy", vocabulary.entities) is None


@pytest.mark.parametrize(
    ("title", "arm"),
    [
        ("Betamab 200 mg IV plus ALM", "alphamab-betamab"),
        ("Group I: Alphamab", "alphamab"),
        ("Alphamab plus standard therapy", "alphamab"),
        ("Double-blind Phase - Alphamab", "alphamab"),
        ("Induction: Alphamab + Betamab", "alphamab-betamab"),
        ("Alphamab (Randomized Treatment Period)", "alphamab"),
        ("Alphamab Monotherapy", "alphamab"),
        ("Alphamab 8 Milligrams Per Kilogram (mg/kg)", "alphamab"),
        ("Maintenance: Betamab", None),
        ("Alphamab + Betamab + SOC", "alphamab-betamab"),
        ("Placebo with background therapy", "saline"),
        ("Standard of care", None),
        ("Alphamab + betamab-placebo", "alphamab"),
        ("Alphamab and placebo for betamab", "alphamab"),
        ("Alphamab/Betamab", None),
        ("Alphamab then Betamab", None),
        ("Placebo", "saline"),
        ("Betamab", None),
        ("All treated", None),
    ],
)
def test_a_group_is_known_by_its_agents(title: str, arm: str | None, vocabulary: Vocabulary) -> None:
    """Other names, doses and routes of the same agents are the same arm; one after the other is not both."""
    arms = read_arms({"armGroups": ARMS}, vocabulary, Ledger("x"))
    assert arm == Groups(arms, ["", "", ""], vocabulary).find(title).arm


SWITCH: list[dict[str, Any]] = [
    {"label": "Alphamab 10 mg", "interventionNames": ["Drug: Alphamab"]},
    {"label": "Placebo", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Placebo"]},
]


@pytest.mark.parametrize(
    ("title", "description", "later"),
    [
        ("Placebo \u2192 Alphamab", "", True),
        ("Placebo, then Alphamab 10 mg", "", True),
        ("Placebo (FAS) -> Alphamab 10 mg (Safety Set)", "", False),
        ("Placebo/Alphamab", "Participants were switched to alphamab at Week 24.", True),
        ("Placebo/Alphamab", "Alphamab and its placebo", False),
        ("Placebo to Alphamab", "", False),
        ("Alphamab followed by Betamab", "", False),
        ("Placebo \u2192 Alphamab 10 mg \u2192 Placebo", "", False),
    ],
)
def test_people_who_went_on_to_another_treatment(
    title: str, description: str, later: bool, vocabulary: Vocabulary
) -> None:
    """They are an arm derived from the first, treated as the second, where the title leaves no other sense."""
    arms = read_arms({"armGroups": SWITCH}, vocabulary, Ledger("x"))
    groups = Groups(arms, ["", ""], vocabulary, began=["Alphamab 10 mg", "Placebo"])
    found = groups.find(title, description, 30)
    assert later == (found.arm is not None)
    assert [("extension", ("placebo",), [("active", "alphamab")])] * later == [
        (part.stage, part.derived_from, agents(part)) for part in groups.parts
    ]


def test_people_who_were_allocated_to_both_are_no_later_arm(vocabulary: Vocabulary) -> None:
    """A title that people were allocated under may count them before the change; a curator is asked, and can say so."""
    arms = read_arms({"armGroups": SWITCH}, vocabulary, Ledger("x"))
    titles = ["Alphamab 10 mg", "Placebo then Alphamab"]
    asked = Groups(arms, ["", ""], vocabulary, began=titles).find(titles[1])
    assert (None, ("placebo > alphamab-10-mg", "placebo")) == (asked.arm, asked.nearest)
    answers = {("group", titles[1]): "placebo > alphamab-10-mg"}
    groups = Groups(arms, ["", ""], vocabulary, answers, titles)
    assert ["placebo-then-alphamab"] == [
        each.arm for each in groups.find_all([{"id": "1", "title": titles[1]}], {}).values()
    ]
    assert [("placebo",)] == [part.derived_from for part in groups.parts]


def test_rows_of_a_later_arm_are_written_and_accounted_for(imported_file: Import) -> None:
    """In a record whose flow shows who went on, outcomes of these people are rows of the derived arm."""
    imported = imported_file("switch")
    later = next(arm for arm in imported.file.arms if arm.derived_from)
    assert ("Placebo \u2192 Alphamab", "extension", ("placebo",)) == (later.label, later.stage, later.derived_from)
    rows = [(row.arm, row.events, row.total) for row in imported.file.results or () if row.outcome == "calm"]
    assert [("alphamab", 20, 30), ("placebo", 9, 31), ("alphamab", 18, 25), (later.id, 12, 24)] == rows
    assert all(map(is_balanced, imported.account.values()))
    (remark,) = [words for module, words in imported.remarks if module == "arms"]
    assert "is taken for people of arm 'placebo': later given alphamab; from which week, and for how long?" in remark
