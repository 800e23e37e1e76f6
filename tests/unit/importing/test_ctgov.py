"""A registry record becomes evidence records; what is not certain is listed.  All records here are invented."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from dualbio.corpus import read_corpus, read_document
from dualbio.entities import AdverseEvent
from dualbio.evidence import StudyFile
from dualbio.importing.ctgov import import_study
from dualbio.importing.ctgov_json import fetch_study, read_studies
from dualbio.importing.files import TO_DECIDE_FILE, ImportSummary, import_files
from dualbio.importing.records import Imported, ImportFailedError, Vocabulary

DATA = Path(__file__).resolve().parents[2] / "data"
FILE = DATA / "ctgov" / "NCT99999999.json"
ENTITIES = {
    **read_corpus(DATA / "curated").entities,
    "ae": {
        key: AdverseEvent(key=key, label=key.replace("-", " "))
        for key in ("infection", "serious-adverse-event", "death")
    },
}


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """Give the invented record."""
    return next(read_studies(FILE))


@pytest.fixture(scope="module")
def imported(record: dict[str, Any]) -> Imported:
    """Give the invented record as imported."""
    return import_study(record, Vocabulary(ENTITIES))


def decisions(imported: Imported, what: str) -> list[str]:
    """Give what was found for one kind of decision."""
    return [item.found for item in imported.to_decide if item.what == what]


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
    assert ["Trembling"] == decisions(imported, "disease")


def test_arms_have_their_agents(imported: Imported) -> None:
    """Two known agents make a combination; a placebo says for what; an unknown drug is left to decide."""
    both, alone, new, everybody = imported.file.arms
    assert ("combination", "dual-biologic", 20) == (both.role, both.combination_type, both.n_randomised)
    assert ["alphamab", "betamab"] == [step.drug for step in both.regimen]
    assert ("monotherapy", ("betamab",)) == (alone.role, alone.regimen[1].placebo_for)
    assert ["to-decide"] == [step.drug for step in new.regimen]
    assert ["Deltamab"] == decisions(imported, "drug")
    assert ["betamab"] == [near for item in imported.to_decide if item.what == "drug" for near in item.nearest][:1]
    assert "everybody" == everybody.id
    assert ["the results have a group 'Everybody' that is no arm of the protocol"] == decisions(imported, "arm")


def test_certain_rows_are_in_the_file(imported: Imported) -> None:
    """Counts, means with their interval and adverse events become rows, each checked in the registry."""
    rows = imported.file.results or ()
    shown = [(row.id, row.arm, row.outcome, row.events, row.total, str(row.value)) for row in rows]
    assert [
        ("r001", "both", "calm", 11, 20, "None"),
        ("r002", "alone", "calm", 7, 20, "None"),
        ("r003", "everybody", "tremor-score", None, 38, "6.0"),
        ("r004", "both", "adverse-event-incidence", 2, 20, "None"),
        ("r005", "alone", "adverse-event-incidence", 1, 20, "None"),
        ("r006", "both", "adverse-event-incidence", 0, 20, "None"),
        ("r007", "both", "adverse-event-incidence", 1, 20, "None"),
    ] == shown
    assert {"registry"} == {row.checked for row in rows}
    assert (24, "not-stated") == (int(rows[0].week or 0), rows[2].timepoint)
    assert "5.0 7.0" == f"{rows[2].interval.low} {rows[2].interval.high}" if rows[2].interval else ""
    assert ["serious-adverse-event", "serious-adverse-event", "death", "infection"] == [row.ae for row in rows[3:]]
    assert "serious events only" == rows[6].note


def test_uncertain_rows_are_listed_ready_to_use(imported: Imported) -> None:
    """A row whose outcome or event is not one of ours waits in the list with the next free number."""
    waiting = {item.row.id: item for item in imported.to_decide if item.row}
    assert ["r008", "r009", "r010"] == sorted(waiting)
    change = waiting["r008"].row
    assert change
    assert ("mean-change", "-3.40", 12) == (change.statistic, str(change.value), int(change.week or 0))
    assert change.spread
    assert "0.50" == str(change.spread.value)
    assert ["Tickle", "Tickle"] == decisions(imported, "ae")
    assert ["Change in tremor: Week 24, both: NA"] == decisions(imported, "row")


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
    assert ["Calm: Both against Alone, Slope 1.0"] == decisions(imported, "comparison")
    assert 1 == len(decisions(imported, "direction"))


def test_an_imported_file_reads_back(imported: Imported, tmp_path: Path) -> None:
    """What is written conforms to the record model, and importing again keeps what a curator changed since."""
    seen: list[int] = []
    summary = import_files([FILE], ENTITIES, tmp_path / "out", lambda state: seen.append(state.studies))
    assert (ImportSummary(studies=1, rows=8, to_decide=len(imported.to_decide)), [1]) == (summary, seen)
    path = tmp_path / "out" / "nct99999999.yaml"
    assert repr(imported.file) == repr(read_document(tmp_path / "out", path, StudyFile).record)
    path.write_text("changed", encoding="utf-8")
    again = import_files([FILE], ENTITIES, tmp_path / "out")
    assert (0, 1) == (again.studies, again.kept)
    assert "changed" == path.read_text(encoding="utf-8")
    table = (tmp_path / "out" / TO_DECIDE_FILE).read_text(encoding="utf-8").splitlines()
    assert "study\twhat\tfound\tnearest\trow" == table[0]
    assert 1 + len(imported.to_decide) == len(table)
    assert any("{id: r008, arm: both, kind: efficacy, outcome: to-decide" in line for line in table)


@pytest.mark.parametrize("form", ["page", "list", "lines"])
def test_every_form_of_file_is_read(form: str, record: dict[str, Any], tmp_path: Path) -> None:
    """A page of the API, a list, and a study a line hold the same studies."""
    file = tmp_path / "studies.json"
    text = {
        "page": json.dumps({"totalCount": 2, "studies": [record, record], "nextPageToken": "x"}),
        "list": json.dumps([record, record]),
        "lines": f"{json.dumps(record)}\n{json.dumps(record)}\n",
    }
    file.write_text(text[form], encoding="utf-8")
    assert [record, record] == list(read_studies(file))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ('{"a": 1}', "without 'protocolSection'"),
        ('{"studies": []}', "no study in it"),
        ('[{"protocolSection": {}}, 7]', "without 'protocolSection'"),
    ],
)
def test_a_wrong_file_is_named(text: str, words: str, tmp_path: Path) -> None:
    """A file that holds no study records is told with its name."""
    file = tmp_path / "wrong.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFailedError, match=rf"wrong\.json: .*{words}"):
        list(read_studies(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that does not exist is told with its name."""
    with pytest.raises(ImportFailedError, match=r"nowhere\.json: No such file"):
        list(read_studies(tmp_path / "nowhere.json"))


def test_memory_does_not_grow_with_the_file(record: dict[str, Any], tmp_path: Path) -> None:
    """Ten times the studies need hardly more memory."""
    peaks = []
    for studies in (20, 200):
        file = tmp_path / f"{studies}.json"
        with file.open("w", encoding="utf-8") as out:
            out.write('{"studies": [')
            for number in range(studies):
                copy = json.dumps(record).replace("NCT99999999", f"NCT9999{number:04}")
                out.write(("," if number else "") + copy)
            out.write("]}")
        tracemalloc.start()
        summary = import_files([file], ENTITIES, tmp_path / str(studies))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert studies == summary.studies
    assert peaks[1] < 1.5 * peaks[0]


class Registry:
    """Stands in for the network: answers or fails in turn."""

    def __init__(self, *answers: bytes | Exception) -> None:
        """Give each of `answers` once."""
        self.answers: Iterator[bytes | Exception] = iter(answers)
        self.pauses: list[float] = []

    def open(self, _request: object, timeout: float) -> io.BytesIO:
        """Answer as the next in turn says."""
        assert timeout > 0
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer)


def refusal(code: int, retry_after: str = "") -> HTTPError:
    """Give an HTTP error of the registry."""
    headers = Message()
    if retry_after:
        headers["Retry-After"] = retry_after
    return HTTPError("https://clinicaltrials.gov", code, "refused", headers, io.BytesIO())


def test_fetching_tries_again() -> None:
    """A busy registry is asked again after the time it says, then after twice the last pause."""
    registry = Registry(refusal(429, "7"), URLError("reset"), b'{"protocolSection": {}}')
    assert {"protocolSection": {}} == fetch_study("NCT99999999", registry.open, registry.pauses.append)
    assert [7.0, 2.0] == registry.pauses


@pytest.mark.parametrize(
    ("failures", "words", "pauses"),
    [
        ([URLError("no route")] * 3, r"cannot be reached \(no route\) after 3 tries; repair: connect", 2),
        ([refusal(404)], "NCT99999999: the registry answers 404", 0),
    ],
    ids=["offline", "no such study"],
)
def test_a_failed_fetch_says_what_to_do(failures: list[Exception], words: str, pauses: int) -> None:
    """Without a connection the message says so; a study that does not exist is not asked for again."""
    registry = Registry(*failures)
    with pytest.raises(ImportFailedError, match=words):
        fetch_study("NCT99999999", registry.open, registry.pauses.append, attempts=3)
    assert pauses == len(registry.pauses)


def test_only_registry_ids_are_fetched() -> None:
    """Something that is no registry id never reaches the network."""
    with pytest.raises(ImportFailedError, match="accepted: NCT and 8 digits"):
        fetch_study("NCT1/../x", Registry().open)
