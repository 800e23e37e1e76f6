"""A registry record becomes evidence records; what is not certain is listed.  All records here are invented."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualbio.errors import NotFoundError
from dualbio.model.evidence import StudyFile
from dualbio.sources.corpus import read_document
from dualbio.sources.fetching import FetchError
from dualbio.sources.importing.ctgov.inputs import fetch_study, read_studies
from dualbio.sources.importing.ctgov.study import import_study
from dualbio.sources.importing.files import ACCOUNT_FILE, import_files, import_records
from dualbio.sources.importing.ledger import Imported, ImportFailedError
from dualbio.sources.importing.reading import as_read, with_reading
from dualbio.sources.importing.vocabulary import Vocabulary
from registry_records import CTGOV, toy_entities

FILE = CTGOV / "NCT99999999.json"
ENTITIES = toy_entities()


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """Give the invented record."""
    return next(read_studies(FILE))


@pytest.fixture(scope="module")
def imported(record: dict[str, Any]) -> Imported:
    """Give the invented record as imported."""
    return import_study(record, Vocabulary(ENTITIES))


def asked(imported: Imported, what: str) -> list[str]:
    """Give what was found for one kind of question."""
    return [item.found for item in imported.questions if item.what == what]


def test_the_study_is_taken_over(imported: Imported) -> None:
    """Identifiers, design, dates and size come from the protocol; an unknown condition is left to decide."""
    study = imported.file.study
    assert ("nct99999999", "CALM-9") == (study.id, study.acronym)
    assert ("NCT99999999", "2099-000009-99") == study.registry_ids
    assert ("randomised-controlled-trial", "2", "double-blind", "completed") == (
        study.design,
        study.phase,
        study.masking,
        study.status,
    )
    assert ("2001-03", "2002-04-05", "2002-12-31", 60) == (
        study.start,
        study.primary_completion,
        study.end,
        study.enrolled,
    )
    assert ("hand-tremor", "to-decide") == study.diseases
    assert ["Trembling"] == asked(imported, "disease")


def test_arms_have_their_agents(imported: Imported) -> None:
    """Two known agents make a combination; a placebo says for what; an unknown drug is left to decide."""
    both, alone, new = imported.file.arms
    assert ("combination", "dual-biologic", 20) == (both.role, both.combination_type, both.n_randomised)
    assert ["alphamab", "betamab"] == [step.drug for step in both.regimen]
    assert ("monotherapy", ("betamab",)) == (alone.role, alone.regimen[1].placebo_for)
    assert ["to-decide"] == [step.drug for step in new.regimen]
    assert ["Deltamab"] == asked(imported, "drug")
    assert ["betamab"] == [near for item in imported.questions if item.what == "drug" for near in item.nearest][:1]


def test_certain_rows_are_in_the_file(imported: Imported) -> None:
    """Counts, means with their interval and adverse events become rows, each checked in the registry."""
    rows = imported.file.results or ()
    shown = [(row.id, row.arm, row.outcome, row.events, row.total, str(row.value)) for row in rows]
    assert [
        ("r001", "both", "calm", 11, 20, "None"),
        ("r002", "alone", "calm", 7, 20, "None"),
        ("r005", "both", "adverse-event-incidence", 2, 20, "None"),
        ("r006", "alone", "adverse-event-incidence", 1, 20, "None"),
        ("r007", "both", "adverse-event-incidence", 0, 20, "None"),
        ("r008", "both", "adverse-event-incidence", 1, 20, "None"),
    ] == shown
    assert {"registry"} == {row.checked for row in rows}
    assert 24 == int(rows[0].week or 0)
    assert ["serious-adverse-event", "serious-adverse-event", "death", "infection"] == [row.ae for row in rows[2:]]
    assert ("serious Infection (Infections)", "serious") == (rows[5].outcome_as_reported, rows[5].seriousness)


def test_what_is_uncertain_waits(imported: Imported, record: dict[str, Any]) -> None:
    """A row whose arm or outcome is not certain is asked for; decided, it is there under the number kept for it."""
    assert ["Everybody"] == asked(imported, "group")
    assert ["Change in tremor"] == asked(imported, "outcome")
    assert {"no number was posted": 1} == imported.account["outcomes"].left_out
    assert {"a term of 'Skin' that no table has": 2} == imported.account["other events"].left_out
    answers = {("outcome", "Change in tremor"): "tremor-score", ("group", "Everybody"): "both"}
    rows = {row.id: row for row in import_study(record, Vocabulary(ENTITIES), answers).file.results or ()}
    change, everybody = rows["r003"], rows["r004"]
    assert ("both", 38) == (everybody.arm, everybody.total)
    assert ("mean-change", "-3.40", 12) == (change.statistic, str(change.value), int(change.week or 0))
    assert change.spread
    assert "0.50" == str(change.spread.value)
    before = {row.id: row for row in imported.file.results or ()}
    assert before == {key: row for key, row in rows.items() if key in before}


def test_analyses_become_comparisons_without_a_verdict(imported: Imported) -> None:
    """An odds ratio is taken over with interval and p; which arm is better is for a curator to say."""
    (row,) = imported.file.comparisons or ()
    assert ("both", "alone", "OR", "2.20", "0.23") == (
        row.a,
        row.b,
        row.measure,
        str(row.estimate),
        str(row.p and row.p.value),
    )
    assert ("unknown", "unknown") == (row.favours, row.significant)
    assert ("analyses", "Calm: Both against Alone, Slope 1.0: measure 'Slope' is none of ours") in imported.remarks
    assert ["analyses"] == asked(imported, "order")


def test_an_imported_file_reads_back(imported: Imported, record: dict[str, Any], tmp_path: Path) -> None:
    """What is written conforms to the record model, and importing again keeps what somebody changed since."""
    seen: list[int] = []
    summary = import_files([FILE], ENTITIES, tmp_path / "out", lambda state: seen.append(state.studies))
    assert ((1, 7, len(imported.questions)), [1]) == ((summary.studies, summary.rows, summary.to_decide), seen)
    path = tmp_path / "out" / "evidence" / "nct99999999.yaml"
    expected = as_read(imported.file, with_reading(record))
    assert repr(expected) == repr(read_document(tmp_path / "out", path, StudyFile).record)
    text = path.read_text(encoding="utf-8")
    again = import_files([FILE], ENTITIES, tmp_path / "out")
    assert ((1, []), text) == ((again.studies, again.merged), path.read_text(encoding="utf-8"))
    path.write_text(f"{text}# a remark\n", encoding="utf-8")
    again = import_files([FILE], ENTITIES, tmp_path / "out")
    assert ({}, ["nct99999999"]) == (again.kept, again.merged)
    assert f"{text}# a remark\n" == path.read_text(encoding="utf-8")


def test_the_account_is_written(tmp_path: Path) -> None:
    """Beside the records stands what was read, written, listed and left out, module by module."""
    import_files([FILE], ENTITIES, tmp_path)
    lines = (tmp_path / ACCOUNT_FILE).read_text(encoding="utf-8").splitlines()
    assert "study\tmodule\tread\twritten\tderived\tlisted\tleft_out\treasons" == lines[0]
    assert "nct99999999\toutcomes\t5\t2\t0\t2\t1\t1 no number was posted" in lines


def test_a_study_that_is_held_is_not_written(tmp_path: Path) -> None:
    """A registry id of the record that another study has is told, and no file is made."""
    summary = import_files([FILE], ENTITIES, tmp_path, held={"2099-000009-99": "calm-nine"})
    assert ({"2099-000009-99": "calm-nine"}, 0) == (summary.held, summary.studies)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("number", ["../../../elsewhere/x", "NCT1", "", "NCT99999999x"])
def test_a_record_without_a_registry_id_is_refused(number: str, record: dict[str, Any], tmp_path: Path) -> None:
    """It is told with what was found; the records after it are imported, and nothing is written elsewhere."""
    broken = json.loads(json.dumps(record))
    broken["protocolSection"]["identificationModule"]["nctId"] = number
    summary = import_records([broken, record], ENTITIES, tmp_path)
    assert 1 == summary.studies
    (message,) = summary.refused
    assert "accepted: API v2 records, whose nctId is NCT and 8 digits" in message
    assert ["nct99999999.yaml"] == [path.name for path in (tmp_path / "evidence").iterdir()]


def test_identifiers_and_labels_are_tidied(record: dict[str, Any]) -> None:
    """Case, doubles, blanks and line breaks of a record do not get into keys, ids and labels."""
    changed = json.loads(json.dumps(record))
    identification = changed["protocolSection"]["identificationModule"]
    identification |= {"nctId": "nct99999999", "acronym": "  "}
    identification["secondaryIdInfos"] = [{"id": "2099-000009-99"}, {"id": "2099-000009-99"}, {"id": "ISRCTN99999999"}]
    arm = changed["protocolSection"]["armsInterventionsModule"]["armGroups"][0]
    arm["label"] = "Both\n1000 mg\tIV " + "x" * 400
    file = import_study(changed, Vocabulary(ENTITIES)).file
    assert ("NCT99999999", ("NCT99999999", "2099-000009-99", "ISRCTN99999999")) == (
        file.study.acronym,
        file.study.registry_ids,
    )
    assert file.arms[0].label.startswith("Both 1000 mg IV x")
    assert 60 >= len(file.arms[0].id)


@pytest.mark.parametrize(
    ("phases", "status", "expected"),
    [
        (["PHASE1", "PHASE2"], "WITHDRAWN", ("1-2", "withdrawn")),
        (["PHASE2", "PHASE3"], "NOT_YET_RECRUITING", ("2-3", "not-yet-recruiting")),
        (["PHASE3"], "SUSPENDED", ("3", "suspended")),
        (["NA"], "NO_LONGER_AVAILABLE", ("not-applicable", "unknown")),
    ],
)
def test_phase_and_status_are_kept(
    phases: list[str], status: str, expected: tuple[str, str], record: dict[str, Any]
) -> None:
    """Trials of two phases, and trials that did not begin or do not go on, differ from unknown ones."""
    changed = json.loads(json.dumps(record))
    changed["protocolSection"]["designModule"]["phases"] = phases
    changed["protocolSection"]["statusModule"]["overallStatus"] = status
    study = import_study(changed, Vocabulary(ENTITIES)).file.study
    assert expected == (study.phase, study.status)


class Kept(dict[str, Any]):
    """A record whose life can be watched."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # a dictionary has none


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"primaryPurpose": "PREVENTION"}, "primary purpose: prevention"),
        ({"primaryPurpose": "TREATMENT"}, None),
    ],
)
def test_a_design_without_a_value_of_ours_is_told_in_words(
    change: dict[str, str], note: str | None, record: dict[str, Any]
) -> None:
    """What the registry's lists have and ours have not stands in the note of the study."""
    changed = json.loads(json.dumps(record))
    changed["protocolSection"]["designModule"]["designInfo"] |= change
    assert note == import_study(changed, Vocabulary(ENTITIES)).file.study.note


@pytest.mark.parametrize(
    ("change", "arms", "design", "model"),
    [
        ({"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"}, 3, "randomised-controlled-trial", "parallel"),
        ({"allocation": "RANDOMIZED", "interventionModel": "CROSSOVER"}, 3, "randomised-controlled-trial", "crossover"),
        ({"allocation": "RANDOMIZED", "interventionModel": "FACTORIAL"}, 3, "randomised-controlled-trial", "factorial"),
        ({"allocation": "NON_RANDOMIZED", "interventionModel": "SEQUENTIAL"}, 3, "non-randomised-trial", "sequential"),
        ({"allocation": "NON_RANDOMIZED", "interventionModel": "CROSSOVER"}, 3, "non-randomised-trial", "crossover"),
        ({"allocation": "NA", "interventionModel": "SINGLE_GROUP"}, 3, "non-randomised-trial", "single-group"),
        ({"allocation": "NA", "interventionModel": "SINGLE_GROUP"}, 1, "single-arm-trial", "single-group"),
        ({"allocation": "NON_RANDOMIZED", "interventionModel": "SINGLE_GROUP"}, 1, "single-arm-trial", "single-group"),
        ({"allocation": None, "interventionModel": None}, 3, "not-stated", None),
    ],
)
def test_allocation_and_intervention_model_are_kept(
    change: dict[str, str | None], arms: int, design: str, model: str | None, record: dict[str, Any]
) -> None:
    """Every value of the registry's two lists has one of ours; several groups are no single arm."""
    changed = json.loads(json.dumps(record))
    changed["protocolSection"]["designModule"]["designInfo"] |= change
    groups = changed["protocolSection"]["armsInterventionsModule"]
    groups["armGroups"] = groups["armGroups"][:arms]
    study = import_study(changed, Vocabulary(ENTITIES)).file.study
    assert (design, model) == (study.design, study.intervention_model)


@pytest.mark.parametrize(
    ("model", "design", "note"),
    [
        ("COHORT", "cohort", None),
        ("CASE_CONTROL", "not-stated", "observational model: case control"),
        ("CASE_ONLY", "not-stated", "observational model: case only"),
        ("ECOLOGIC_OR_COMMUNITY", "not-stated", "observational model: ecologic or community"),
    ],
)
def test_an_observational_study_is_a_cohort_only_where_the_record_says_so(
    model: str, design: str, note: str | None, record: dict[str, Any]
) -> None:
    """Other ways to observe have no value of ours, and none is made up."""
    changed = json.loads(json.dumps(record))
    info = {"observationalModel": model, "timePerspective": "PROSPECTIVE"}
    changed["protocolSection"]["designModule"] |= {"studyType": "OBSERVATIONAL", "designInfo": info}
    study = import_study(changed, Vocabulary(ENTITIES)).file.study
    assert (design, note) == (study.design, study.note)


@pytest.mark.parametrize(
    ("masked", "roles", "ours", "note"),
    [
        ("NONE", (), "open-label", None),
        ("SINGLE", ("OUTCOMES_ASSESSOR",), "single-blind", "masked: outcomes assessor"),
        ("DOUBLE", (), "double-blind", None),
        ("DOUBLE", ("PARTICIPANT", "INVESTIGATOR"), "double-blind", None),
        ("DOUBLE", ("PARTICIPANT", "CARE_PROVIDER"), "double-blind", None),
        ("DOUBLE", ("PARTICIPANT", "OUTCOMES_ASSESSOR"), "single-blind", "masked: participant, outcomes assessor"),
        ("DOUBLE", ("INVESTIGATOR", "OUTCOMES_ASSESSOR"), "single-blind", "masked: investigator, outcomes assessor"),
        ("TRIPLE", ("PARTICIPANT", "INVESTIGATOR", "OUTCOMES_ASSESSOR"), "double-blind", None),
        ("QUADRUPLE", ("PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"), "double-blind", None),
        ("", (), "not-stated", None),
    ],
)
def test_double_blind_are_patients_and_those_who_treat_them(
    masked: str, roles: tuple[str, ...], ours: str, note: str | None, record: dict[str, Any]
) -> None:
    """The registry counts roles: two that leave the patients or all who treat them knowing are not double-blind."""
    changed = json.loads(json.dumps(record))
    changed["protocolSection"]["designModule"]["designInfo"]["maskingInfo"] = {"masking": masked, "whoMasked": roles}
    study = import_study(changed, Vocabulary(ENTITIES)).file.study
    assert (ours, note) == (study.masking, study.note)


def test_expanded_access_is_no_trial(record: dict[str, Any]) -> None:
    """It has no design, and its status is told in the registry's words."""
    changed = json.loads(json.dumps(record))
    changed["protocolSection"]["designModule"] = {"studyType": "EXPANDED_ACCESS"}
    changed["protocolSection"]["statusModule"]["overallStatus"] = "NO_LONGER_AVAILABLE"
    study = import_study(changed, Vocabulary(ENTITIES)).file.study
    assert ("not-stated", "unknown") == (study.design, study.status)
    assert "expanded access, no trial; status: no longer available" == study.note


def test_memory_does_not_grow_with_the_number_of_studies(record: dict[str, Any], tmp_path: Path) -> None:
    """Of many studies one is held at a time."""
    living: weakref.WeakSet[Kept] = weakref.WeakSet()
    most = 0

    def records() -> Iterator[Kept]:
        nonlocal most
        for number in range(12):
            one = Kept(json.loads(json.dumps(record).replace("NCT99999999", f"NCT9999{number:04}")))
            living.add(one)
            most = max(most, len(living))
            yield one
            del one

    assert 12 == import_records(records(), ENTITIES, tmp_path).studies
    assert 2 >= most


def test_a_record_is_fetched_by_its_number() -> None:
    """The registry is asked for it below the address that is set."""
    asked: list[str] = []

    def fetch(address: str, what: str) -> dict[str, Any]:
        asked.extend((address, what))
        return {"protocolSection": {}}

    assert {"protocolSection": {}} == fetch_study("NCT99999999", "https://registry.example/studies/", fetch)
    assert ["https://registry.example/studies/NCT99999999?format=json", "NCT99999999"] == asked


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FetchError("NCT99999999: it cannot be reached; repair: connect"), "repair: connect, or download the record"),
        (NotFoundError("NCT99999999: it does not know it"), "does not know it"),
    ],
)
def test_a_failed_fetch_says_what_to_do(error: Exception, words: str) -> None:
    """Without a connection a file is the other way; a study that does not exist is told."""

    def fetch(_address: str, _what: str) -> dict[str, Any]:
        raise error

    with pytest.raises(ImportFailedError, match=words):
        fetch_study("NCT99999999", "https://registry.example", fetch)


def test_only_registry_ids_are_fetched() -> None:
    """Something that is no registry id never reaches the network."""
    with pytest.raises(ImportFailedError, match="accepted: NCT and 8 digits"):
        fetch_study("NCT1/../x", "https://registry.example")
