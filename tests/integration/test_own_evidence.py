"""Own evidence in every command: laid over the invented world by `--with` or a project file, marked, and built once."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dualbio
from dualbio.build.validate import Report
from dualbio.cli import build as build_command
from dualbio.cli import common_options
from dualbio.cli.main import cli
from dualbio.errors import ParameterError, Problem
from dualbio.export.packages import files
from dualbio.settings import Settings
from dualbio.sources.folders import SourceFolders
from dualbio.sources.project import PROJECT_FILE, Project, read_project

CURATED = Path(__file__).resolve().parents[1] / "data" / "curated"
STUDY = """\
study:
  id: my-study
  acronym: MY-STUDY
  short_description: An invented study of a user's own.
  diseases: [hand-tremor]
  design: cohort
  phase: not-applicable
  masking: open-label
  status: completed
  strategy: not-applicable
  population: anybody
arms:
- id: all-people
  label: alphamab
  role: monotherapy
  strategy: not-applicable
  n_enrolled: 5
  regimen:
  - {role: active, drug: alphamab}
sources:
- {id: s1, type: journal-article, pmid: '99999911', independence: primary}
"""
QUERY = """\
#+ summary: Which studies are there?
#+ description: A row for each study.
#+ tags: [studies]
#+ params: []
#+ not_known: []
#+ columns:
#+ - {name: study, meaning: short name of the study}
SELECT ?study WHERE { ?node a dualbio:Study ; rdfs:label ?study } ORDER BY ?study
"""
#: A query that counts studies and names none.
COUNT = QUERY.replace("SELECT ?study WHERE", "SELECT (COUNT(*) AS ?study) WHERE").replace(" ORDER BY ?study", "")
#: Each command that answers, with words that make it tell of the study.
ASKING = {
    "describe": ("describe", "study:my-study"),
    "export": ("export", "--format", "nq"),
    "query": ("query", "all-studies", "--format", "csv"),
    "search": ("search", "MY-STUDY"),
    "sparql": ("sparql", "SELECT ?label { study:my-study rdfs:label ?label }", "--format", "csv"),
    "why": ("why", "study:my-study", "rdf:type", "dualbio:Study"),
}


def write_study(folder: Path) -> Path:
    """Write a folder of own evidence with one study."""
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / "my-study.yaml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented world with a saved query, and its releases: the published one, and one with own evidence."""
    root = tmp_path_factory.mktemp("world")
    shutil.copytree(CURATED, root / "curated")
    (root / "curated" / "rules").mkdir()
    (root / "queries" / "studies").mkdir(parents=True)
    (root / "queries" / "studies" / "all-studies.rq").write_text(QUERY, encoding="utf-8")
    (root / "queries" / "studies" / "count-of-studies.rq").write_text(COUNT, encoding="utf-8")
    write_study(root / "desk" / "mine")
    return root


@pytest.fixture
def run(world: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command over the invented world, in the folder that holds the folder of own evidence."""
    monkeypatch.chdir(world / "desk")
    monkeypatch.delenv("DUALBIO_LAYERS", raising=False)
    monkeypatch.setenv("DUALBIO_ONTOLOGY", str(world / "curated"))
    monkeypatch.setenv("DUALBIO_QUERIES", str(world / "queries"))
    monkeypatch.setenv("DUALBIO_RELEASES", str(world / "releases"))
    return lambda *arguments: CliRunner().invoke(cli, [*arguments])


@pytest.fixture
def project(world: Path) -> Path:
    """A folder to work in whose project file names the folder of own evidence."""
    folder = world / "project"
    folder.mkdir(exist_ok=True)
    (folder / PROJECT_FILE).write_text('with = "../desk/mine"\n', encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", ASKING)
def test_a_command_tells_of_own_evidence_where_it_is_laid_over(command: str, run: Callable[..., Result]) -> None:
    """Each command that answers knows the study with `--with`, and does not know it without."""
    told = run(*ASKING[command], "--with", "mine")
    assert (0, True) == (told.exit_code, "MY-STUDY" in told.output), told.output
    assert "MY-STUDY\n" not in run(*ASKING[command]).stdout


@pytest.mark.parametrize("command", ASKING)
def test_a_command_takes_own_evidence_from_the_project_file(
    command: str, run: Callable[..., Result], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a project file, each command answers as it does with `--with`."""
    told = run(*ASKING[command], "--with", "mine").stdout
    (project / "deeper").mkdir(exist_ok=True)
    monkeypatch.chdir(project / "deeper")
    assert told == run(*ASKING[command]).stdout


def test_nothing_is_built_twice(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """After one command with own evidence, every other answers of what was built then."""
    assert 0 == run("build", "--with", "mine").exit_code

    def build(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(common_options, "build_with_progress", build)
    monkeypatch.setattr(build_command, "build_with_progress", build)
    for words in (*ASKING.values(), ("build",)):
        done = run(*words, "--with", "mine")
        assert 0 == done.exit_code, done.output


@pytest.mark.parametrize("form", ["ttl", "csv"])
def test_an_export_is_made_once(
    form: str, run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes long to make is kept beside the release, and the next export writes the same bytes from there."""
    once, twice = tmp_path / "once", tmp_path / "twice"
    words = ("export", "--format", form, "--with", "mine", "-o")
    assert 0 == run(*words, str(once)).exit_code

    def make(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(files, "_make", make)
    assert 0 == run(*words, str(twice)).exit_code
    names = sorted(path.relative_to(once) for path in once.rglob("*")) if once.is_dir() else [Path()]
    assert [(once / name).read_bytes() for name in names] == [(twice / name).read_bytes() for name in names]
    assert any(b"my-study" in (once / name).read_bytes() for name in names)


def test_changed_content_is_built_anew(run: Callable[..., Result], world: Path) -> None:
    """What a file of own evidence says now is what commands tell, whatever they told before."""
    folder = write_study(world / "desk" / "changing")
    assert "MY-STUDY" in run("describe", "study:my-study", "--with", "changing").output
    file = folder / "evidence" / "my-study.yaml"
    file.write_text(STUDY.replace("MY-STUDY", "RENAMED"), encoding="utf-8")
    assert "RENAMED" in run("describe", "study:my-study", "--with", "changing").output


def test_a_folder_of_another_name_is_another_layer(world: Path) -> None:
    """Two folders with the same content have graphs of their own names, so that they are not one content."""
    mine, other = world / "desk" / "mine", world / "desk" / "same-content"
    shutil.copytree(mine, other, dirs_exist_ok=True)
    sources = [SourceFolders(world / "curated", world / "queries", (folder,)) for folder in (mine, other)]
    assert 2 == len({each.digest for each in sources})


def test_what_is_own_is_marked(run: Callable[..., Result]) -> None:
    """A description marks what own evidence says: the thing itself, or the one value of a thing of dualbio."""
    own = run("describe", "study:my-study", "--with", "mine").output.splitlines()
    assert "MY-STUDY (study:my-study) (own evidence)" == own[0]
    drug = run("describe", "drug:alphamab", "--with", "mine").output.splitlines()
    assert not drug[0].endswith("(own evidence)")
    marked = [line for line in drug if "(own evidence)" in line]
    assert any("MY-STUDY" in line for line in marked)
    assert not [line for line in run("describe", "drug:alphamab").output.splitlines() if "(own evidence)" in line]


def test_hits_and_rows_of_own_evidence_are_marked(run: Callable[..., Result], tmp_path: Path) -> None:
    """A hit says that it is own evidence, and a row of a table of which folder; those of dualbio say nothing."""
    hits = run("search", "MY-STUDY", "--with", "mine").stdout.splitlines()
    assert "study:my-study\tMY-STUDY (own evidence)" == hits[0]
    assert "(own evidence)" not in run("search", "alphamab", "--kind", "drug", "--with", "mine").stdout
    assert 0 == run("export", "--format", "csv", "-o", str(tmp_path), "--with", "mine").exit_code
    rows = list(csv.DictReader(io.StringIO((tmp_path / "arms.csv").read_text(encoding="utf-8"))))
    assert {"mine"} == {row["origin"] for row in rows if row["id"].startswith("arm:my-study.")}
    assert {""} == {row["origin"] for row in rows if not row["id"].startswith("arm:my-study.")}


def write_keyed_query(folder: Path) -> tuple[str, ...]:
    """Write a query whose rows are of one study each, and return the words that ask it."""
    body = QUERY.replace("?study WHERE", "?study ?studyKey WHERE").replace(
        "rdfs:label ?study", "rdfs:label ?study ; dualbio:key ?studyKey"
    )
    body = body.replace("SELECT", "#+ - {name: studyKey, meaning: key of the study}\nSELECT")
    (folder / "toy").mkdir(parents=True)
    (folder / "toy" / "keyed-studies.rq").write_text(body, encoding="utf-8")
    return "query", "keyed-studies", "--queries", str(folder)


def test_an_answer_says_which_of_its_rows_are_own(run: Callable[..., Result], tmp_path: Path) -> None:
    """A sentence under an answer names the studies that are a user's own, or says that they may be counted."""
    said = "Own evidence, not part of dualbio and not reviewed by it"
    keyed = (*write_keyed_query(tmp_path / "queries"), "--format", "md")
    assert re.search(rf"^{said} \(1 of \d+ rows\): MY-STUDY\.$", run(*keyed, "--with", "mine").stdout, re.MULTILINE)
    listed = run("query", "all-studies", "--format", "md", "--with", "mine").stdout
    assert re.search(rf"^{said} \(1 of \d+ rows\): MY-STUDY\.$", listed, re.MULTILINE)
    counted = run("query", "count-of-studies", "--format", "md", "--with", "mine").stdout
    assert f"{said}, may be counted here: MY-STUDY." in counted
    assert "| 4 | may count mine |" in counted
    assert said not in run(*keyed).stdout


def test_a_row_of_own_evidence_names_its_folder_in_data_too(run: Callable[..., Result], tmp_path: Path) -> None:
    """CSV and JSON tell which rows are of which folder; an answer of the published release has no such column."""
    keyed = write_keyed_query(tmp_path / "queries")
    rows = list(csv.DictReader(io.StringIO(run(*keyed, "--format", "csv", "--with", "mine").stdout)))
    assert {"my-study": "mine"} == {row["studyKey"]: row["origin"] for row in rows if row["origin"]}
    answer = json.loads(run(*keyed, "--format", "json", "--with", "mine").stdout)
    assert "origin" in answer["head"]["vars"]
    assert [("my-study", "mine")] == [
        (row["studyKey"]["value"], row["origin"]["value"]) for row in answer["results"]["bindings"] if "origin" in row
    ]
    assert "origin" not in run(*keyed, "--format", "csv").stdout.splitlines()[0]
    listed = csv.DictReader(io.StringIO(run("query", "all-studies", "--format", "csv", "--with", "mine").stdout))
    assert {"MY-STUDY": "mine"} == {row["study"]: row["origin"] for row in listed if row["origin"]}


def test_own_evidence_stays_in_graphs_of_its_own(run: Callable[..., Result]) -> None:
    """An export has every statement of the study in a graph of the folder, which says that it is a user's."""
    lines = run("export", "--with", "mine").output.splitlines()
    about = [line for line in lines if line.startswith("<https://w3id.org/dualbio/study/my-study>")]
    assert about
    assert all("<https://w3id.org/dualbio/graph/local/" in line for line in about)
    assert any("not reviewed by it" in line and "graph/local/mine>" in line for line in lines)


def test_a_release_with_own_evidence_has_a_name_that_says_so(run: Callable[..., Result]) -> None:
    """Its id ends in +own, and an answer of it has no permanent address, because nobody publishes it."""
    manifest = json.loads(run("build", "--with", "mine", "--json").output)
    assert manifest["release"].endswith("+own")
    cited = run("query", "all-studies", "--cite", "--with", "mine").output
    assert "with own evidence that is not published" in cited
    assert "w3id.org/dualbio/v/" not in cited
    assert "w3id.org/dualbio/v/" in run("query", "all-studies", "--cite").output


def test_own_evidence_is_the_difference_from_the_published_release(run: Callable[..., Result]) -> None:
    """`dualbio diff latest --with mine` lists what is yours and nothing else."""
    run("build")
    changes = json.loads(run("diff", "latest", "--with", "mine", "--format", "json").output)
    assert ([], []) == (changes["changed"], changes["removed"])
    assert "https://w3id.org/dualbio/study/my-study" in {change["record"] for change in changes["added"]}
    assert {"local/mine", "local/mine/study/my-study"} >= {change["graph"] for change in changes["added"]}


def test_python_opens_own_evidence_too(run: Callable[..., Result]) -> None:
    """`dualbio.open("mine")` has the study."""
    assert run("build", "--with", "mine").exit_code == 0
    assert "MY-STUDY" in [row[0].value for row in dualbio.open("mine").query("all-studies").rows if row[0]]


def test_tables_have_own_rows(run: Callable[..., Result], tmp_path: Path) -> None:
    """Tables of a release with own evidence have its rows."""
    assert 0 == run("export", "--format", "csv", "-o", str(tmp_path / "tables"), "--with", "mine").exit_code
    rows = csv.DictReader(io.StringIO((tmp_path / "tables" / "studies.csv").read_text(encoding="utf-8")))
    assert "study:my-study" in {row["id"] for row in rows}


def test_a_folder_twice_is_one_layer(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that the project file and `--with` both name is laid over once, and releases have one place."""
    monkeypatch.setenv("DUALBIO_RELEASES", str(world / "releases"))
    mine = world / "desk" / "mine"
    settings = Settings().over((mine,)).over((mine, world / "desk" / "mine" / ".." / "mine"))
    assert ((mine,), world / "releases" / "local") == (settings.layers, settings.releases)
    assert world / "releases" == settings.published


def test_a_project_file_names_folders_beside_itself(tmp_path: Path) -> None:
    """One name or a list of names, relative to the file, wherever below it one works."""
    for name in ("mine", "queries", "below/deeper"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / PROJECT_FILE).write_text('with = ["mine"]\nqueries = "queries"\n', encoding="utf-8")
    expected = Project((tmp_path / "mine",), (tmp_path / "queries",))
    assert expected == read_project(tmp_path / "below" / "deeper")


def test_without_a_project_file_nothing_is_laid_over(tmp_path: Path) -> None:
    """A folder without one names nothing."""
    assert Project() == read_project(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("with = [", "not TOML"),
        ('whit = "mine"', "'whit' is not a project key; accepted: with, queries; did you mean 'with'"),
        ("with = 3", "'with' is 3; accepted: the name of a folder, or a list of names"),
        ('with = ["gone"]', "gone, which is not a folder"),
    ],
)
def test_a_broken_project_file_is_told(text: str, told: str, tmp_path: Path) -> None:
    """The message names the file, what was found and what is accepted."""
    (tmp_path / PROJECT_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError) as error:
        read_project(tmp_path)
    assert str(tmp_path / PROJECT_FILE) in str(error.value)
    assert told in str(error.value)


def test_every_option_of_own_evidence_is_there() -> None:
    """Every command that the documentation names for own evidence has the option `--with`."""
    named = ("build", "check", "describe", "diff", "export", "load", "query", "search", "serve", "sparql", "why")
    for name in named:
        assert "--with" in CliRunner().invoke(cli, [name, "--help"]).output, name


def test_a_check_of_the_same_content_is_not_run_twice(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second `dualbio check` tells what the first found and runs no check; changed files are checked again."""
    checked: list[str] = []
    found = Problem("changed/evidence/my-study.yaml", 1, "file", "invented", "found in the file")

    def report(name: str, *errors: Problem) -> Callable[..., Report]:
        def check(*_: object, **__: object) -> Report:
            checked.append(name)
            return Report(errors=errors)

        return check

    monkeypatch.setattr(build_command, "check_folder", report("curated"))
    monkeypatch.setattr(build_command, "_beside", report("beside"))
    monkeypatch.setattr(build_command, "check_own", report("own", found))
    file = write_study(Path("changed")) / "evidence" / "my-study.yaml"

    first, again = (run("check", "--with", "changed") for _ in range(2))
    assert ["curated", "beside", "own"] == checked
    assert (1, True) == (first.exit_code, "found in the file" in first.output)
    assert (1, first.output) == (again.exit_code, again.output)

    file.write_text(f"{STUDY}# changed\n", encoding="utf-8")
    run("check", "--with", "changed")
    assert ["curated", "beside", "own", "own"] == checked


@pytest.fixture
def editable(world: Path) -> Path:
    """A folder of own evidence that a test may change."""
    folder = world / "desk" / "editable"
    shutil.rmtree(folder, ignore_errors=True)
    return write_study(folder)


def test_a_sheet_of_own_results_comes_in(run: Callable[..., Result], editable: Path) -> None:
    """A line of a sheet becomes a row of the study of that folder, and of the answers about it."""
    sheet = editable.parent / "sheet.csv"
    head = run("export", "--format", "sheet", "--study", "my-study", "--with", "editable").output.strip()
    cells = {
        "study": "my-study", "id": "r001", "arm": "all-people", "kind": "efficacy", "outcome": "calm",
        "outcome_as_reported": "calm hands", "role": "secondary", "week": "4", "population": "ITT",
        "unit_of_analysis": "patient", "statistic": "count", "events": "2", "total": "5", "source": "s1",
        "locator": "Table 1", "checked": "fulltext",
    }  # fmt: skip
    line = ",".join(cells.get(name, "") for name in head.split(","))
    sheet.write_text(f"{head}\n{line}\n", encoding="utf-8")

    done = run("import", "sheet", str(sheet), "--out", "editable")

    assert (0, True) == (done.exit_code, "1 of 1 row new or changed r001" in done.output), done.output
    ask = "SELECT ?events { result:my-study.r001 dualbio:events ?events }"
    assert ["events", "2"] == run("sparql", ask, "--format", "csv", "--with", "editable").output.split()
    again = run("import", "sheet", str(sheet), "--out", "editable")
    assert "0 of 1 row new or changed" in again.output
    assert f"{head}\n{line}\n" == run("export", "--format", "sheet", "--study", "my-study", "--with", "editable").output


def test_references_become_sources(run: Callable[..., Result], editable: Path) -> None:
    """A RIS file adds a source to a study once; without a study the source is printed."""
    file = editable.parent / "more.ris"
    file.write_text("TY  - JOUR\nAU  - Else, Sam\nPY  - 2005\nDO  - 10.9999/more\nER  -\n", encoding="utf-8")
    assert "doi: 10.9999/more" in run("import", "sources", str(file)).output
    for told in ("1 source added", "already there as s2"):
        done = run("import", "sources", str(file), "--study", "my-study", "--out", "editable")
        assert (0, True) == (done.exit_code, told in done.output), done.output
    assert 1 == (editable / "evidence" / "my-study.yaml").read_text(encoding="utf-8").count("10.9999/more")


def test_a_study_that_is_not_there_is_told(run: Callable[..., Result], editable: Path) -> None:
    """Sources and sheets go into files of the folder that is named, and nowhere else."""
    file = editable.parent / "one.ris"
    file.write_text("TY  - JOUR\nDO  - 10.9999/one\nER  -\n", encoding="utf-8")
    done = run("import", "sources", str(file), "--study", "my-studies", "--out", "editable")
    assert "there is no study 'my-studies' in editable; accepted: my-study" in str(done.exception)


def test_sources_leave_for_reference_managers(run: Callable[..., Result]) -> None:
    """RIS and BibTeX of one study have its sources, own ones too, and no others."""
    ris = run("export", "--format", "ris", "--study", "my-study", "--with", "mine").output
    assert (1, True) == (ris.count("TY  - "), "99999911" in ris)
    assert "99999911" in run("export", "--format", "bibtex", "--study", "my-study", "--with", "mine").output
    everything = run("export", "--format", "ris", "--with", "mine").output
    assert everything.count("TY  - ") > 1


def test_study_tables_leave_for_revman(run: Callable[..., Result], tmp_path: Path) -> None:
    """The three tables stand in one folder, and what they leave out is told."""
    done = run("export", "--format", "revman", "-o", str(tmp_path / "revman"), "--with", "mine")
    assert 0 == done.exit_code, done.output
    assert {"study-arms.csv", "study-information.csv", "study-results.csv"} == {
        path.name for path in (tmp_path / "revman").iterdir()
    }
    assert "left out: " in done.output


@pytest.mark.parametrize(
    "words",
    [
        ("--format", "sheet", "--graph", "entities"),
        ("--format", "nq", "--study", "calm-1"),
        ("--format", "revman"),
        ("--format", "sheet", "--study", "calm-9"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: tuple[str, ...], run: Callable[..., Result]) -> None:
    """A format of studies has no graphs, one of graphs no studies; a folder has a name; a study is there."""
    assert 0 != run("export", *words).exit_code
