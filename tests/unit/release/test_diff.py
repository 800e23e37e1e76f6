"""Two releases are compared record by record, in words, as JSON and as RDF."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from dualbio.build.convert import corpus_quads
from dualbio.errors import ReleaseError
from dualbio.model.namespaces import BASE
from dualbio.release.diff import ReleaseDiff, diff_releases
from dualbio.sources.corpus import Corpus, read_corpus

CURATED = Path(__file__).resolve().parents[3] / "tests" / "data" / "curated"


def release_of(folder: Path, quads: Iterable[Quad]) -> Path:
    """Write quads as the graphs of a release."""
    files: dict[Path, list[str]] = {}
    for quad in quads:
        name = str(getattr(quad.graph_name, "value", "")).removeprefix(f"{BASE}graph/")
        files.setdefault(folder / "graphs" / f"{name}.nq", []).append(f"{quad} .\n")
    for path, lines in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(sorted(lines)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Give the invented world."""
    return read_corpus(CURATED)


@pytest.fixture
def difference(corpus: Corpus, tmp_path: Path) -> ReleaseDiff:
    """Compare the invented world with one where a value changed, a row went, and a study came."""
    study = corpus.study("calm-1")
    assert study.results
    first, *rest = study.results
    results = (first.model_copy(update={"events": 11, "note": "read again"}), *rest[1:])
    later = {**corpus.study_files, "calm-1": study.model_copy(update={"results": results})}
    old = Corpus(
        corpus.folder,
        corpus.entities,
        corpus.entity_lines,
        {k: corpus.studies[k] for k in ("calm-1", "calm-2")},
        corpus.lessons,
        corpus.findings,
    )
    new = Corpus(corpus.folder, corpus.entities, corpus.entity_lines, corpus.studies, corpus.lessons, corpus.findings)
    vars(new)["study_files"] = later
    return diff_releases(
        release_of(tmp_path / "1.0-aaa", corpus_quads(old)), release_of(tmp_path / "1.1-bbb", corpus_quads(new))
    )


def test_changes_are_told_in_words(difference: ReleaseDiff) -> None:
    """Each changed record is named with what was and what is; added and removed ones are counted by kind and graph."""
    lines = list(difference.lines())
    assert "From 1.0-aaa to 1.1-bbb: 6 added, " in lines[0]
    assert "added: 1 Study in study/calm-3" in lines
    assert "removed: 1 Result in study/calm-1" in lines
    changed = [line for line in lines if "result:calm-1.r001" in line]
    told = "skos:note 'read again' is new; events was 10, is 11"
    label = "CALM-1: calm at the last visit at week 24, alphamab + placebo"
    assert [f"changed: result:calm-1.r001 ({label}) in study/calm-1: {told}"] == changed


def test_json_says_the_same(difference: ReleaseDiff) -> None:
    """The plain form can be written as JSON and holds every statement that came or went."""
    plain = json.loads(json.dumps(difference.as_json()))
    assert ("1.0-aaa", "1.1-bbb") == (plain["old"], plain["new"])
    (row,) = (change for change in plain["changed"] if change["record"].endswith("calm-1.r001"))
    assert [f"{BASE}ontology#events"] == [predicate for predicate, _ in row["removed"]]
    assert ["Result"] == [change["type"].removeprefix("dualbio:") for change in plain["removed"]]


def test_rdf_turns_the_old_release_into_the_new(difference: ReleaseDiff, tmp_path: Path) -> None:
    """Taking away the removed statements and adding the added ones gives the new release."""

    def triples(folder: Path) -> set[tuple[object, ...]]:
        store = Store()
        for path in folder.rglob("*.nq"):
            store.load(path=str(path), format=None)
        return {tuple(quad)[:3] for quad in store}

    removed: set[tuple[object, ...]] = set()
    added: set[tuple[object, ...]] = set()
    for quad in difference.quads():
        (removed if str(quad.graph_name).endswith("/removed>") else added).add(tuple(quad)[:3])
    assert triples(tmp_path / "1.1-bbb") == (triples(tmp_path / "1.0-aaa") - removed) | added


def test_equal_releases_have_no_difference(corpus: Corpus, tmp_path: Path) -> None:
    """Two builds of the same records compare as empty, whatever their names."""
    one = release_of(tmp_path / "one", corpus_quads(corpus))
    other = release_of(tmp_path / "other", corpus_quads(corpus))
    difference = diff_releases(one, other)
    assert difference.empty
    assert ["From one to other: 0 added, 0 changed, 0 removed"] == list(difference.lines())


def test_a_folder_without_graphs_is_named(tmp_path: Path) -> None:
    """A wrong folder is told, with what is accepted."""
    with pytest.raises(ReleaseError, match="has no graphs; accepted: the folder of a release"):
        diff_releases(tmp_path, tmp_path)


def test_a_broken_graph_is_named(corpus: Corpus, tmp_path: Path) -> None:
    """A graph that is not N-Quads is told with its file."""
    one = release_of(tmp_path / "one", corpus_quads(corpus))
    other = release_of(tmp_path / "other", corpus_quads(corpus))
    (one / "graphs" / "lessons.nq").write_text("<a> <b>", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"lessons\.nq cannot be read"):
        diff_releases(one, other)


def test_what_is_the_same_in_both_is_not_read(corpus: Corpus, tmp_path: Path) -> None:
    """Of two releases that differ in one graph, the others may be anything, even broken alike in both."""
    one = release_of(tmp_path / "one", corpus_quads(corpus))
    other = release_of(tmp_path / "other", corpus_quads(corpus))
    for folder in (one, other):
        (folder / "graphs" / "lessons.nq").write_text("<a> <b>", encoding="utf-8")
    changed = other / "graphs" / "entities.nq"
    changed.write_text("".join(changed.read_text(encoding="utf-8").splitlines(keepends=True)[1:]), encoding="utf-8")
    assert ["entities"] == sorted({change.graph for change in diff_releases(one, other).changed})
