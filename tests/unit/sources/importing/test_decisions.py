"""What a curator decides is written once, kept beside the records, and made good at every import."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualbio.errors import DataError
from dualbio.model.evidence import StudyFile
from dualbio.sources.corpus import read_document
from dualbio.sources.importing.ctgov.inputs import read_studies
from dualbio.sources.importing.decisions import SHEET_FILE, accepted, read_decisions, wrong
from dualbio.sources.importing.files import REMARKS_FILE, import_files, import_records, make_again
from dualbio.sources.importing.ledger import ImportFailedError
from registry_records import CTGOV, toy_entities

FILE = CTGOV / "NCT99999999.json"
ENTITIES = toy_entities()
Line = dict[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one imported record, about which several things are open."""
    import_files([FILE], ENTITIES, tmp_path)
    return tmp_path


def sheet(folder: Path) -> list[Line]:
    """Return the lines of the sheet."""
    with (folder / SHEET_FILE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fill_in(folder: Path, **answers: str) -> None:
    """Fill the column `decision` in, by what is asked."""
    lines = sheet(folder)
    with (folder / SHEET_FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        table.writerows(line | {"decision": answers.get(line["what"], line["decision"])} for line in lines)


def study(folder: Path, key: str = "nct99999999") -> StudyFile:
    """Return a study of the folder."""
    record = read_document(folder, folder / "evidence" / f"{key}.yaml", StudyFile).record
    assert isinstance(record, StudyFile)
    return record


def twin(number: str) -> dict[str, Any]:
    """Return the record under another number."""
    text = FILE.read_text(encoding="utf-8").replace("NCT99999999", number).replace("2099-000009-99", "2099-000009-98")
    record: dict[str, Any] = json.loads(text)
    return record


def test_the_sheet_has_a_line_for_each_open_thing(folder: Path) -> None:
    """What is asked, what was found, of which study, how many rows wait, and keys that may be meant."""
    lines = sheet(folder)
    assert ["what", "found", "study", "rows", "why", "nearest", "decision"] == list(lines[0])
    drug = next(line for line in lines if line["what"] == "drug")
    assert ("Deltamab", "", "") == (drug["found"], drug["study"], drug["decision"])
    group = next(line for line in lines if line["what"] == "group")
    assert ("Everybody", "nct99999999", "1", "no arm of the protocol has this name or these agents") == (
        group["found"], group["study"], group["rows"], group["why"],
    )  # fmt: skip


def test_a_decision_is_applied_to_all_that_waits_for_it(folder: Path) -> None:
    """Drug, disease, outcome and people get their keys, and the rows that waited are in the study."""
    before = len(study(folder).results or ())
    fill_in(folder, drug="betamab", disease="leave", outcome="tremor-score", group="both", source="primary")
    summary = make_again(folder, ENTITIES)
    after = study(folder)
    assert (before + 2, "betamab", ("hand-tremor",), "primary") == (
        len(after.results or ()), after.arms[2].regimen[0].drug, after.study.diseases, after.sources[1].independence,
    )  # fmt: skip
    assert {"strategy", "order"} == {question.what for question in summary.questions.values()}


def test_a_decision_to_leave_is_accounted_for(folder: Path) -> None:
    """What a curator leaves out is told by that reason, and asked no more."""
    fill_in(folder, outcome="leave", group="leave")
    summary = make_again(folder, ENTITIES)
    assert not {"outcome", "group"} & {question.what for question in summary.questions.values()}
    account = (folder / "account.tsv").read_text(encoding="utf-8")
    assert "nct99999999\toutcomes\t5\t2\t0\t0\t3\t" in account
    assert "1 left out by decision" in account


def test_decisions_hold_at_the_next_import(folder: Path) -> None:
    """A name that is decided is decided for another study too; what is of one study is asked again for the other."""
    fill_in(folder, drug="betamab", group="both")
    make_again(folder, ENTITIES)
    import_records([twin("NCT99999998")], ENTITIES, folder)
    other = study(folder, "nct99999998")
    assert "betamab" == other.arms[2].regimen[0].drug
    asked = [(line["what"], line["study"]) for line in sheet(folder) if not line["decision"]]
    assert ("group", "nct99999998") in asked
    assert ("group", "nct99999999") not in asked
    assert "drug" not in dict(asked)


def test_rows_of_several_studies_wait_for_one_name(tmp_path: Path) -> None:
    """One line asks for a name, however many studies have it."""
    import_records([next(read_studies(FILE)), twin("NCT99999998")], ENTITIES, tmp_path)
    assert 1 == len([line for line in sheet(tmp_path) if line["what"] == "drug"])


def test_a_lost_list_can_be_made_again(folder: Path) -> None:
    """Sheet, remarks and account come back from the records that are kept."""
    names = (SHEET_FILE, REMARKS_FILE, "account.tsv")
    before = [(folder / name).read_text(encoding="utf-8") for name in names]
    for name in names:
        (folder / name).unlink()
    make_again(folder, ENTITIES)
    assert before == [(folder / name).read_text(encoding="utf-8") for name in names]


def test_importing_again_makes_the_same_files(folder: Path) -> None:
    """No line is doubled, and no byte changes, when a record is imported a second time."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    import_files([FILE], ENTITIES, folder)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_numbers_of_rows_stay_when_something_is_decided(folder: Path) -> None:
    """A row that was in the file keeps its id; the others come under the numbers that were kept for them."""
    before = {row.id: row for row in study(folder).results or ()}
    fill_in(folder, outcome="tremor-score")
    make_again(folder, ENTITIES)
    after = {row.id: row for row in study(folder).results or ()}
    assert set(before) < set(after)
    assert before == {key: after[key] for key in before}


def change(folder: Path, *pairs: tuple[str, str]) -> Path:
    """Change words of the study's file by hand."""
    path = folder / "evidence" / "nct99999999.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return path


def test_decisions_reach_a_file_that_was_changed_by_hand(folder: Path) -> None:
    """What the hand wrote stays, what was decided comes in, whatever is decided later; deleted, it is made again."""
    path = change(
        folder,
        ("CALM-9", "CALM-X"),
        ("{role: active, drug: to-decide}", "{role: active, drug: to-decide, dose: 5, unit: mg}"),
    )
    rows = len(study(folder).results or ())
    fill_in(folder, drug="betamab")
    assert ["nct99999999"] == make_again(folder, ENTITIES).merged
    fill_in(folder, outcome="tremor-score")
    summary = make_again(folder, ENTITIES)
    step = study(folder).arms[2].regimen[0]
    assert ("CALM-X", "betamab", Decimal(5)) == (study(folder).study.acronym, step.drug, step.dose)
    assert (rows + 1, []) == (len(study(folder).results or ()), summary.clashes)
    path.unlink()
    assert [] == make_again(folder, ENTITIES).merged
    assert ("CALM-9", "betamab") == (study(folder).study.acronym, study(folder).arms[2].regimen[0].drug)


def test_what_both_changed_stays_as_the_hand_wrote_it_and_is_told(folder: Path) -> None:
    """One value with two new ones keeps that of the file; the other is told with its place."""
    change(folder, ("drug: to-decide", "drug: gammatinib"))
    fill_in(folder, drug="betamab")
    summary = make_again(folder, ENTITIES)
    assert "gammatinib" == study(folder).arms[2].regimen[0].drug
    told = "arms new regimen 1 drug: 'gammatinib' of your file stays, an import would write 'betamab'"
    assert [("nct99999999", told)] == summary.clashes


def test_rows_that_a_hand_added_or_took_out_stay_so(folder: Path) -> None:
    """A row of one's own keeps its place behind the one it follows, and a row that was taken out does not come back."""
    path = folder / "evidence" / "nct99999999.yaml"
    first = next(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("- {id: r001"))
    change(folder, (f"{first}\n", first.replace("r001", "r901") + "\n"))
    fill_in(folder, outcome="tremor-score")
    assert [] == make_again(folder, ENTITIES).clashes
    keys = [row.id for row in study(folder).results or ()]
    assert ("r901", False) == (keys[0], "r001" in keys)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ((("arms:\n", "arms:  # of three\n"),), "line 18: a comment, which would be lost; repair: move it to a `note`"),
        ((("masking: double-blind", "masking: dubble"),), "dubble"),
        ((("has the digest ", "has the digest 0"),), "its last imported form is not known; repair: delete it"),
    ],
)
def test_a_file_that_cannot_be_merged_stays_as_it_is(
    folder: Path, pairs: tuple[tuple[str, str], ...], reason: str
) -> None:
    """A comment that would be lost, a broken field and a lost beginning are told; nothing is written."""
    path = change(folder, *pairs)
    before = path.read_bytes()
    fill_in(folder, drug="betamab")
    told = make_again(folder, ENTITIES).kept["nct99999999"]
    assert reason in told
    assert before == path.read_bytes()


def test_a_remark_at_the_top_of_a_file_stays(folder: Path) -> None:
    """Comment lines above the record are kept when decisions come in."""
    path = change(folder, ("study:\n", "# read twice\nstudy:\n"))
    fill_in(folder, drug="betamab")
    make_again(folder, ENTITIES)
    assert ("# read twice", "betamab") == (
        path.read_text(encoding="utf-8").splitlines()[1], study(folder).arms[2].regimen[0].drug,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "decision", "problem"),
    [
        (
            "drug",
            "betamob",
            "'betamob' is not an answer to 'drug'; accepted: a key of the table 'drug', or leave; nearest: betamab",
        ),
        ("outcome", "ae:deth", "accepted: a key of the table 'outcome', or leave; nearest: ae:death"),
        ("strategy", "together", "accepted: concurrent, sequential, add-on, bispecific, together-order-unknown"),
        ("biomarker", "leave", "accepted: a key of the table 'biomarker'"),
        ("colour", "red", "'colour' is nothing to decide; accepted: disease, drug, ae, outcome"),
    ],
)
def test_a_decision_that_is_no_answer_is_told(what: str, decision: str, problem: str) -> None:
    """The message says what was found, and what is accepted."""
    assert problem in str(wrong(what, decision, ENTITIES))


@pytest.mark.parametrize(
    "what", ["disease", "drug", "ae", "outcome", "placebo", "regimen", "strategy", "source", "order"]
)
def test_every_accepted_answer_is_right(what: str) -> None:
    """What is offered is taken."""
    answers = accepted(what, ENTITIES)
    assert answers
    assert {None} == {wrong(what, answer, ENTITIES) for answer in answers}


def test_all_wrong_lines_of_a_sheet_are_told(folder: Path) -> None:
    """Each with its line; nothing is made of the others."""
    before = (folder / "evidence" / "nct99999999.yaml").read_bytes()
    fill_in(folder, drug="nothing-such", strategy="often")
    with pytest.raises(ImportFailedError) as told:
        make_again(folder, ENTITIES)
    assert 2 == len(str(told.value).splitlines())
    assert all(f"{SHEET_FILE}, line" in line for line in str(told.value).splitlines())
    assert before == (folder / "evidence" / "nct99999999.yaml").read_bytes()


def test_a_group_that_is_no_arm_is_told(folder: Path) -> None:
    """The arms of a study are known when its record is read."""
    fill_in(folder, group="nobody")
    (message,) = make_again(folder, ENTITIES).refused
    assert "group 'Everybody' is decided to be 'nobody'; accepted: both, alone, new, leave" in message


def test_a_sheet_of_other_columns_is_told(folder: Path) -> None:
    """A foreign table is refused with the columns that are accepted."""
    (folder / SHEET_FILE).write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"column 'a' is foreign; accepted: what, found, study"):
        read_decisions(folder, ENTITIES)


def test_no_name_of_a_record_is_a_formula(tmp_path: Path) -> None:
    """A name that a spreadsheet would compute is guarded in the sheet, and decided as it stands in the record."""
    record = json.loads(FILE.read_text(encoding="utf-8").replace("Deltamab", "=Deltamab"))
    import_records([record], ENTITIES, tmp_path)
    assert "drug,'=Deltamab," in (tmp_path / SHEET_FILE).read_text(encoding="utf-8")
    fill_in(tmp_path, drug="betamab")
    make_again(tmp_path, ENTITIES)
    assert "betamab" == study(tmp_path).arms[2].regimen[0].drug


def test_a_sheet_from_a_spreadsheet_is_read(folder: Path) -> None:
    """A byte-order mark and Windows line ends do not matter."""
    text = (folder / SHEET_FILE).read_text(encoding="utf-8").replace("\n", "\r\n")
    (folder / SHEET_FILE).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert {} == read_decisions(folder, ENTITIES).made


def test_a_folder_without_records_is_told(tmp_path: Path) -> None:
    """There is nothing to decide where nothing was imported."""
    with pytest.raises(ImportFailedError, match="accepted: a folder that `dualbio import ctgov` wrote"):
        make_again(tmp_path, ENTITIES)
