"""The data files of a release: written as soon as they are whole, and never without what came later."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.build.release_files import ReleaseFiles
from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules.run import Closure

EARLY, LATE, LAST = graph_iri("entities"), graph_iri("synthesis"), graph_iri("catalogue")
PREDICATE = ox.NamedNode("urn:t:p")


def _quad(text: str, graph: ox.NamedNode) -> ox.Quad:
    return ox.Quad(ox.BlankNode("b"), PREDICATE, ox.Literal(text), graph)


def test_what_was_begun_early_and_what_grew_are_all_there(tmp_path: Path) -> None:
    """Graph files and the store on disk hold every quad, blank nodes by their labels, and each graph its number."""
    store = ox.Store()
    store.extend([_quad("whole", EARLY), _quad("first", LATE), ox.Quad(PREDICATE, PREDICATE, ox.Literal("x"), EARLY)])

    with ReleaseFiles(store, tmp_path) as files:
        files.begin(growing=["synthesis"])
        store.add(_quad("second", LATE))
        files.explain(Closure(), ())
        counts = files.finish()

    lines = b"".join(file.read_bytes() for file in tmp_path.rglob("*.nq"))
    assert counts == {"entities": 2, "synthesis": 2}
    assert set(store) == set(ox.parse(lines, ox.RdfFormat.N_QUADS))
    assert set(store) == set(ox.Store.read_only(str(tmp_path / "store")))


def test_a_graph_that_grew_after_it_was_written_is_no_release(tmp_path: Path) -> None:
    """A quad that came too late for its file stops the build, so that no release lacks it."""
    store = ox.Store()
    store.add(_quad("whole", EARLY))

    with ReleaseFiles(store, tmp_path) as files, pytest.raises(AssertionError, match="has grown"):  # noqa: PT012
        files.begin()
        files._work[0].result()
        store.add(_quad("late", EARLY))
        files.finish()


def test_what_comes_last_is_in_files_and_store_too(tmp_path: Path) -> None:
    """It is made while the index is written, from a store that has all the rest."""
    store = ox.Store()
    store.extend([_quad("whole", EARLY), _quad("first", LATE)])

    with ReleaseFiles(store, tmp_path) as files:
        files.begin(growing=["catalogue"])
        counts = files.finish(lambda: [_quad(f"of {len(store)}", LAST)])

    assert counts == {"catalogue": 1, "entities": 1, "synthesis": 1}
    assert set(store) == set(ox.Store.read_only(str(tmp_path / "store")))
    assert "of 2" in (tmp_path / "graphs" / "catalogue.nq").read_text(encoding="utf-8")
