"""Commands that write put their files into the current folder or one that is named, and report what they leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dualbio.cli.evidence import exchange
from dualbio.cli.main import cli
from dualbio.settings import Settings
from dualbio.sources import folders
from dualbio.sources.exchange.revman import study_tables
from dualbio.sources.exchange.sheet import sheet_text
from dualbio.sources.folders import NotOwnError, require_own
from dualbio.sources.importing.ledger import ImportFailedError
from dualbio.sources.project import PROJECT_FILE
from registry_records import CTGOV

RECORD = CTGOV / "NCT99999999.json"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without settings of one's own."""
    monkeypatch.chdir(tmp_path)
    for name in ("DUALBIO_ONTOLOGY", "DUALBIO_QUERIES", "DUALBIO_LAYERS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def dualbio(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(cli, [*arguments])


def files(folder: Path) -> list[str]:
    """Return the files of a folder by their paths in it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("options", "file"),
    [((), "evidence/example-trial.yaml"), (("--folder", "mine"), "mine/evidence/example-trial.yaml")],
)
def test_a_new_study_is_written_here(options: tuple[str, ...], file: str, here: Path) -> None:
    """`new study` writes below the current folder, or below the one that is named."""
    result = dualbio("new", "study", "example-trial", "--disease", "sle", "--arm", "rituximab", *options)
    assert (0, [file]) == (result.exit_code, files(here)), result.output


def test_a_new_study_is_written_where_an_import_would_write(here: Path) -> None:
    """The project's own folder takes templates as it takes imports, so that the next check finds them."""
    (here / "mine").mkdir()
    (here / PROJECT_FILE).write_text('with = "mine"\n', encoding="utf-8")
    assert 0 == dualbio("new", "study", "example-trial", "--disease", "sle", "--arm", "rituximab").exit_code
    assert [PROJECT_FILE, "mine/evidence/example-trial.yaml"] == files(here)


def test_an_import_of_nothing_says_so_and_why(here: Path) -> None:
    """Where every record is refused, the message says that nothing was written, and each reason stands above."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    record["protocolSection"]["identificationModule"]["nctId"] = "12"
    (here / "broken.json").write_text(json.dumps(record), encoding="utf-8")
    result = dualbio("import", "ctgov", "broken.json")
    assert (1, ["broken.json"]) == (result.exit_code, files(here))
    assert "nothing was written: 1 problem, told above" in result.output
    assert "0 studies" not in result.output
    held = dualbio("import", "ctgov", str(RECORD), str(RECORD))
    assert "nothing was written" not in held.output


def test_a_new_query_is_written_here(here: Path) -> None:
    """`new query` writes into `queries` of the current folder."""
    assert 0 == dualbio("new", "query", "own/example").exit_code
    assert ["queries/own/example.rq"] == files(here)


def test_imported_records_are_a_folder_of_own_evidence(here: Path) -> None:
    """`import` writes evidence/, the records and its lists, which `--with .` reads as it stands."""
    result = dualbio("import", "ctgov", str(RECORD))
    names = ["account.tsv", "decisions.csv", "evidence/nct99999999.yaml", "records/nct99999999.json", "remarks.tsv"]
    assert (0, names) == (result.exit_code, files(here))


def test_a_named_study_leaves_alone_the_files_of_others(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheet and study tables of one study are those of it among all, and no other file of evidence is read for them."""
    assert 0 == dualbio("import", "ctgov", str(CTGOV / "field.json")).exit_code
    corpus = exchange.merged_corpus(Settings.of_project(here).over((here,)))
    study = corpus.study("nct99999909")
    tables = study_tables((study,), corpus.entities)
    monkeypatch.setattr(exchange, "merged_corpus", None)
    named = ("--study", "nct99999909", "--with", ".")
    assert sheet_text((study,)) == dualbio("export", "sheet", *named).stdout
    assert 0 == dualbio("export", "revman", "-o", "tables", *named).exit_code
    assert tables.files == {path.name: path.read_text(encoding="utf-8") for path in Path("tables").iterdir()}


def test_decisions_are_made_at_the_terminal(here: Path) -> None:
    """`decide --ask` offers near keys by number, tells a wrong key, keeps each answer, and applies them."""
    assert 0 == dualbio("import", "ctgov", str(CTGOV / "field.json")).exit_code
    answers = "nothing-such\nleave\n\n1\nquit\n"
    result = CliRunner().invoke(cli, ["decide", ".", "--ask"], input=answers)
    assert 0 == result.exit_code, result.output
    assert "'nothing-such' is not an answer to 'outcome'" in result.output
    lines = (here / "decisions.csv").read_text(encoding="utf-8").splitlines()
    assert ["order", "outcome"] == [line.partition(",")[0] for line in lines if line.endswith((",leave", ",as-listed"))]
    assert "decisions.csv: 2 things to decide" in result.output
    assert "favours: a" in (here / "evidence/nct99999909.yaml").read_text(encoding="utf-8")


def test_the_project_file_names_where_an_import_goes(here: Path) -> None:
    """Without a folder, `import` and `decide` work in the one that dualbio.toml names, from wherever below it."""
    (here / "mine").mkdir()
    (here / PROJECT_FILE).write_text('with = "mine"\n', encoding="utf-8")
    result = dualbio("import", "ctgov", str(RECORD))
    assert (0, True) == (result.exit_code, "1 study with" in result.output), result.output
    assert (here / "mine/evidence/nct99999999.yaml").is_file()
    assert not (here / "evidence").exists()
    assert 0 == dualbio("decide").exit_code


def test_what_is_decided_in_the_sheet_is_applied(here: Path) -> None:
    """`decide` reads the column `decision`; a decision that is no answer ends it with the line."""
    assert 0 == dualbio("import", "ctgov", str(RECORD)).exit_code
    sheet = here / "decisions.csv"
    lines = sheet.read_text(encoding="utf-8").splitlines()
    (drug,) = [number for number, line in enumerate(lines) if line.startswith("drug,Deltamab")]
    lines[drug] += "rituximab"
    sheet.write_text("\n".join(lines), encoding="utf-8")
    assert 0 == dualbio("decide", ".").exit_code
    assert "drug: rituximab" in (here / "evidence/nct99999999.yaml").read_text(encoding="utf-8")
    sheet.write_text(sheet.read_text(encoding="utf-8").replace(",rituximab", ",rituximob"), encoding="utf-8")
    result = dualbio("decide", ".")
    assert isinstance(result.exception, ImportFailedError)
    assert "accepted: a key of the table 'drug', or leave; nearest: rituximab" in str(result.exception)


def test_a_study_that_is_held_is_reported_before_anything_is_written(here: Path) -> None:
    """A record of CALIBRATE (NCT02260934) is not written unless that is asked for."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    record["protocolSection"]["identificationModule"]["nctId"] = "NCT02260934"
    (here / "record.json").write_text(json.dumps(record), encoding="utf-8")
    result = dualbio("import", "ctgov", "record.json", "--out", "out")
    assert "NCT02260934: already in the data as study 'calibrate', not written" in result.output
    assert ["record.json"] == files(here)
    assert 0 == dualbio("import", "ctgov", "record.json", "--out", "out", "--also-held").exit_code
    assert "out/evidence/nct02260934.yaml" in files(here)


def test_the_package_is_not_written_to(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path inside the installed package is refused, whichever way it is spelt."""
    monkeypatch.setattr(folders, "_PACKAGE", here / "site-packages" / "dualbio")
    require_own(here / "mine")
    for path in ("site-packages/dualbio/data/ontology", "mine/../site-packages/dualbio"):
        with pytest.raises(NotOwnError, match="stays as it is; accepted: a folder of your own"):
            require_own(here / path)
