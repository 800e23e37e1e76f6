"""Registry records are read again from a stand-in: what is new, which gaps that closes, how a run goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dualbio.cli.evidence import refresh as command
from dualbio.cli.main import cli
from dualbio.model.evidence import StudyFile
from dualbio.sources.corpus import read_folder
from dualbio.sources.fetching import fetch_json
from registry_records import CTGOV

CURATED = Path(__file__).resolve().parents[1] / "data" / "curated"
NUMBER = "NCT99999991"
GAP = """\
- id: g02
  statement: The tremor score of CALM-1 was looked for and not found.
  state: looked-for-not-found
  studies: [calm-1]
  concerns: [outcome:tremor-score]
"""
Run = Callable[..., Result]


def record(posted: str, name: str = "times.json", **status: Any) -> dict[str, Any]:
    """Return an invented record under the number of CALM-1, posted on a day."""
    content: dict[str, Any] = json.loads((CTGOV / name).read_text(encoding="utf-8"))
    protocol = content["protocolSection"]
    protocol["identificationModule"]["nctId"] = NUMBER
    dates = {"lastUpdateSubmitDate": "2026-01-01", "lastUpdatePostDateStruct": {"date": posted}}
    protocol["statusModule"] = {**protocol.get("statusModule", {}), **dates, **status}
    return content


class Registry:
    """A stand-in of the registry: what it holds by number, and what it was asked."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.records: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.refusals: list[int] = []


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry on a free port of this machine, which the settings name."""
    held = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = self.path.rpartition("/")[2].partition("?")[0]
            held.asked.append(number)
            code = held.refusals.pop(0) if held.refusals else 200 if number in held.records else 404
            body = json.dumps(held.records.get(number, {})).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("DUALBIO_REGISTRY", f"http://127.0.0.1:{server.server_port}/api/v2/studies")
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command over the invented world, with a gap more, in a folder to work in."""
    shutil.copytree(CURATED, tmp_path / "curated")
    findings = tmp_path / "curated" / "lessons" / "biomarker-findings.yaml"
    findings.write_text(findings.read_text(encoding="utf-8") + GAP, encoding="utf-8")
    (tmp_path / "work" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("DUALBIO_LAYERS", raising=False)
    monkeypatch.setenv("DUALBIO_ONTOLOGY", str(tmp_path / "curated"))
    monkeypatch.setenv("DUALBIO_QUERIES", str(tmp_path / "curated"))
    return lambda *words: CliRunner().invoke(cli, ["refresh", "--rate", "1000", "--with", "mine", *words])


def own_study() -> StudyFile:
    """Return the record as it was written to the folder of own evidence."""
    return read_folder(Path("mine"), whole=False)[0].study(NUMBER.lower())


def test_news_is_told_and_written_as_own_evidence(run: Run, registry: Registry) -> None:
    """Results in the registry become own evidence, each number `checked: registry`, beside the study that is held."""
    registry.records[NUMBER] = record("2026-01-03", overallStatus="TERMINATED")
    done = run("calm-1")
    assert 0 == done.exit_code, done.output
    assert f"calm-1 {NUMBER}: posted 2026-01-03 (held: 2005-02-03); status was completed, is terminated" in done.output
    file = own_study()
    assert {"registry"} == {row.checked for row in file.results or ()}
    assert ["calm-1", "calm-2"] == [overlap.study for overlap in file.study.overlaps_with or ()]
    source = file.sources[0]
    assert ("2026-01-01", "2026-01-03", True) == (source.version, source.posted, source.read is not None)


def test_the_report_names_the_gaps_that_it_closed(run: Run, registry: Registry) -> None:
    """The tremor score that was looked for in vain stands in the record, and that gap is named; no other is."""
    registry.records[NUMBER] = record("2026-01-03")
    told = json.loads(run("calm-1", "--json").output)
    assert ["g02"] == [gap["id"] for news in told["news"] for gap in news["gaps_closed"]]


def test_a_record_that_did_not_change_is_no_news(run: Run, registry: Registry) -> None:
    """A second run over the same version tells nothing, and so does the version that is held from the start."""
    registry.records[NUMBER] = record("2026-01-03")
    run("calm-1")
    text = Path("mine/evidence/nct99999991.yaml").read_text(encoding="utf-8")
    assert "1 record read: 0 with news, 1 unchanged; 0 gaps closed" in run("calm-1").output
    assert text == Path("mine/evidence/nct99999991.yaml").read_text(encoding="utf-8")


def test_the_version_that_is_held_is_no_news(run: Run, registry: Registry) -> None:
    """A source that says which version was read has it compared."""
    registry.records[NUMBER] = record("2005-02-03")
    assert "0 with news" in run("calm-1").output
    assert not Path("mine/evidence").exists()


def test_a_file_of_yours_stays(run: Run, registry: Registry) -> None:
    """A later version is told, and what you changed in your file is not written over; what you did not is."""
    registry.records[NUMBER] = record("2026-01-03")
    run("calm-1")
    for posted, yours in (("2026-02-03", False), ("2026-03-03", True)):
        shutil.rmtree("mine/refreshed")
        registry.records[NUMBER] = record(posted)
        file = Path("mine/evidence/nct99999991.yaml")
        if yours:
            file.write_text(file.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
        done = run("calm-1")
        assert yours == ("nct99999991 stays as it is, remove it to take them over" in done.output), done.output
        assert "2026-02-03" == own_study().sources[0].posted


def test_what_is_made_again_says_when_it_was_read(run: Run, registry: Registry) -> None:
    """`dualbio decide` makes the study again with its state, its day of reading and the studies beside it."""
    registry.records[NUMBER] = record("2026-01-03")
    run("calm-1")
    before = own_study()
    assert 0 == CliRunner().invoke(cli, ["decide", "mine"]).exit_code
    assert before == own_study()
    assert before.study.overlaps_with


def test_a_dry_run_writes_no_evidence(run: Run, registry: Registry) -> None:
    """What would be new is told, and the folder has no evidence."""
    registry.records[NUMBER] = record("2026-01-03")
    assert "30 rows in the record" in run("calm-1", "--dry-run").output
    assert not Path("mine/evidence").exists()


def test_a_dry_run_over_a_written_study_tells_nobody_to_remove_it(run: Run, registry: Registry) -> None:
    """Nothing stands in the way of the later version; only nothing is written this time."""
    registry.records[NUMBER] = record("2026-01-03")
    run("calm-1")
    shutil.rmtree("mine/refreshed")
    registry.records[NUMBER] = record("2026-02-03")
    told = run("calm-1", "--dry-run").output
    assert "30 rows in the record" in told
    assert "remove it" not in told
    assert "2026-01-03" == own_study().sources[0].posted


def test_a_version_whose_day_nobody_knows_is_known_by_itself(run: Run, registry: Registry) -> None:
    """Without a day of posting, the version that was read last is no news, and another one is."""
    for version, news in (("2026-01-01", 1), ("2026-01-01", 0), ("2026-02-01", 1)):
        registry.records[NUMBER] = record("")
        registry.records[NUMBER]["protocolSection"]["statusModule"] |= {"lastUpdateSubmitDate": version}
        shutil.rmtree("mine/refreshed", ignore_errors=True)
        assert f"{news} with news" in run("calm-1").output


def test_a_run_goes_on_where_it_stopped(run: Run, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was fetched before the network went away is not fetched again when it is back."""
    monkeypatch.setattr(command, "fetch_json", partial(fetch_json, sleep=lambda _: None))
    registry.records[NUMBER] = record("2026-01-03")
    registry.records["NCT99999992"] = record("2026-01-03", "background.json")
    registry.refusals = [200, 503, 503, 503, 503]
    stopped = run()
    assert stopped.exception is not None
    asked = list(registry.asked)
    assert NUMBER == asked[0]
    assert 0 == run().exit_code
    assert NUMBER not in registry.asked[len(asked) :]


def test_a_study_that_the_registry_lacks_is_reported_and_the_others_are_read(run: Run, registry: Registry) -> None:
    """A number without a record is one line, and no end of the run."""
    registry.records[NUMBER] = record("2026-01-03")
    done = run()
    assert 0 == done.exit_code, done.output
    assert "error: NCT99999992: 127.0.0.1 does not know it" in done.output
    assert "2 records read: 1 with news" in done.output


def test_offline_it_says_so_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network the first record ends the run, with one line and nothing written."""
    monkeypatch.setattr(command, "fetch_json", partial(fetch_json, sleep=lambda _: None))
    monkeypatch.setenv("DUALBIO_REGISTRY", "http://127.0.0.1:9/api")
    told = str(run("calm-1").exception)
    assert "cannot be reached" in told
    assert "\n" not in told
    assert not Path("mine/evidence").exists()


def test_what_cannot_be_refreshed_is_told(run: Run, registry: Registry) -> None:
    """A study without a registry number, or none, is refused with what is accepted."""
    assert "did you mean 'calm-" in str(run("calm-7").exception)
    assert [] == registry.asked
