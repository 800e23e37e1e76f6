"""A path that is given to be checked is read, or refused; it never gives an all-clear for what nobody read."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualbio.build.check_paths import NotCheckedError, OwnPaths, check_own, own_paths
from dualbio.sources.corpus import read_corpus
from dualbio.sources.folders import SourceFolders, shipped_sources
from dualbio.sources.importing.files import import_files
from registry_records import CTGOV, toy_entities

SOURCES = SourceFolders(CTGOV.parent / "curated", CTGOV.parent / "queries")


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """Give a folder of own evidence with one imported study, whose keys are still to be decided."""
    import_files([CTGOV / "NCT99999999.json"], toy_entities(), tmp_path / "mine")
    return tmp_path / "mine"


@pytest.mark.parametrize("part", ["", "evidence", "evidence/nct99999999.yaml"])
def test_own_files_lead_to_their_folder(part: str, imported: Path) -> None:
    """A folder of own evidence, its part, and a file of it are all read as that folder."""
    assert OwnPaths(evidence=(imported,)) == own_paths([imported / part], SOURCES)


@pytest.mark.parametrize("part", ["", "evidence"])
def test_parts_of_the_sources_are_no_own_folders(part: str) -> None:
    """Curated files are checked with the sources that they are part of."""
    assert OwnPaths() == own_paths([SOURCES.ontology / part], SOURCES)


def test_own_queries_lead_to_their_folder(tmp_path: Path) -> None:
    """A saved query belongs to the folder of its topic's folder."""
    (tmp_path / "topic").mkdir()
    query = tmp_path / "topic" / "one.rq"
    query.write_text("SELECT", encoding="utf-8")
    assert OwnPaths(queries=(tmp_path,)) == own_paths([query, tmp_path], SOURCES)
    assert check_own(read_corpus(SOURCES.ontology), OwnPaths(queries=(tmp_path,))).errors


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ("?x dualbio:hasTarrget ?drug", [("queries/topic/one.rq", 5, "unknown-name")]),
        ("GRAPH <https://w3id.org/dualbio/graph/user/notes> { study:bliss-believe rdfs:label ?drug }", []),
    ],
)
def test_an_own_query_names_what_there_is(body: str, problems: list[object], tmp_path: Path) -> None:
    """A query of a user's own does not answer with silence because of a misspelt word either."""
    path = tmp_path / "queries" / "topic" / "one.rq"
    path.parent.mkdir(parents=True)
    head = ("summary: Which?", "description: One a row.", "tags: [a]", "columns: [{name: drug, meaning: its label}]")
    path.write_text("".join(f"#+ {line}\n" for line in head) + f"SELECT ?drug {{ {body} }} ORDER BY ?drug\n", "utf-8")
    found = check_own(read_corpus(shipped_sources().ontology), OwnPaths(queries=(tmp_path / "queries",))).errors
    assert problems == [(problem.file, problem.line, problem.check) for problem in found], found


@pytest.mark.parametrize("name", ["passwd", "notes.txt", "study.yaml", "folder", "evidence/notes.txt"])
def test_what_no_check_reads_is_refused(name: str, tmp_path: Path) -> None:
    """A file or folder of another kind is an error that says what is accepted."""
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text("x", encoding="utf-8")
    with pytest.raises(NotCheckedError, match=r"no check reads it; accepted: .*evidence/\*\.yaml"):
        own_paths([path], SOURCES)


def test_an_open_key_is_found(imported: Path) -> None:
    """What the import left to decide is an error of the file until it is decided."""
    report = check_own(read_corpus(SOURCES.ontology), OwnPaths(evidence=(imported,)))
    assert any("'to-decide'" in problem.message for problem in report.errors)
    assert {"mine/evidence/nct99999999.yaml"} == {problem.file for problem in report.errors}


def test_a_broken_file_is_found(imported: Path) -> None:
    """A file that is not YAML is an error at its line."""
    (imported / "evidence" / "broken.yaml").write_text("study: {id: zzz", encoding="utf-8")
    report = check_own(read_corpus(SOURCES.ontology), OwnPaths(evidence=(imported,)))
    assert ["mine/evidence/broken.yaml"] == [problem.file for problem in report.errors]
