"""The index as a file: the same in every build, and read without opening anything more."""

from __future__ import annotations

import errno
import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualbio.model.namespaces import expand, graph_iri, individual, term
from dualbio.search import SearchIndex, is_readable, write_index
from dualbio.search.entries import retold
from dualbio.search.index import edit_index
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import PoolSettings
from dualbio.store.workers.supervisor import search_index
from indexed import index_rows

#: What may be said, or not, of things of the world and of others: by kind, property and words.
SAID = [
    *(
        ox.Quad(individual(kind, key), term(name), ox.Literal(text, language=language), graph_iri("entities"))
        for kind, key in [
            ("drug", "rituximab"), ("drug", "rituxan"), ("drug", "zzz"), ("study", "one"), ("study", "a-first"),
            ("result", "one.r001"), ("result", "one.r002"), ("result", "two.r001"), ("lesson", "l1"),
            ("value", "phase.two"), ("disease", "sle"),
        ]
        for name, text, language in [
            ("rdfs:label", f"{key} of lupus", "en"), ("rdfs:label", "\u7ea2\u6591", "zh"),
            ("skos:altLabel", "anti-CD20 (MabThera)", "en"), ("skos:definition", "Infections were few.", "en"),
        ]
    ),
    *(
        ox.Quad(individual(kind, key), term(name), ox.NamedNode(expand(value)), graph_iri("entities"))
        for kind, key, name, value in [
            ("study", "one", "dualbio:disease", "disease:sle"), ("drug", "rituxan", "dualbio:hasTarget", "target:cd20"),
            ("study", "a-first", "dualbio:hasSource", "source:one.s1"),
        ]
    ),
]  # fmt: skip


def test_the_same_release_has_the_same_index(world: EmbeddedStore, tmp_path: Path) -> None:
    """Two builds of one release write the same bytes, whose SHA-256 the manifest has."""
    files = (tmp_path / "one.sqlite", tmp_path / "two.sqlite")
    for file in files:
        write_index(world, file).close()

    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_full_disk_is_an_error_of_the_system(world: EmbeddedStore) -> None:
    """Whoever builds is told that there is no room, and not that SQLite has a fault."""
    with pytest.raises(OSError, match="full") as caught:
        write_index(world, Path("/dev/full"))
    assert errno.ENOSPC == caught.value.errno


def test_a_file_and_memory_answer_alike(world: EmbeddedStore, index: SearchIndex, tmp_path: Path) -> None:
    """What is made in memory for a release without an index is what the file of a release has."""
    write_index(world, tmp_path / "file.sqlite").close()

    assert index.search("rituxmab") == SearchIndex.open(tmp_path / "file.sqlite").search("rituxmab")


def test_an_open_index_opens_nothing_more(world: EmbeddedStore, tmp_path: Path) -> None:
    """A worker may open no file while it is at work, whatever has to be sorted."""
    write_index(world, tmp_path / "file.sqlite").close()
    index = SearchIndex.open(tmp_path / "file.sqlite")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        found = index.search("rituxmab infection lupus why"), index.suggest("ritux")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert found[0].total
    assert found[1].things


def test_nobody_writes_to_an_open_index(world: EmbeddedStore, tmp_path: Path) -> None:
    """The file stays as the manifest has it, and no other appears beside it."""
    file = tmp_path / "file.sqlite"
    write_index(world, file).close()
    before = file.read_bytes()
    file.chmod(0o400)
    SearchIndex.open(file).search("rituximab")

    assert before == file.read_bytes()
    assert [file] == list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [0, 1, 99])
def test_an_index_of_other_tables_is_made_anew(world: EmbeddedStore, tmp_path: Path, number: int) -> None:
    """A kept release may have the index of another version of the code: a pool makes one that answers beside it."""
    file = tmp_path / "kept.sqlite"
    write_index(world, file).close()
    assert is_readable(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE things")
        connection.execute(f"PRAGMA user_version = {number}")
    settings = PoolSettings(release="x", files=(), folder=str(tmp_path), index=str(file), base="http://x/")

    assert not is_readable(file)
    made = search_index(settings, world.store)
    assert made != file
    assert SearchIndex.open(made).search("rituxmab").total


def test_what_is_no_index_is_made_anew(tmp_path: Path) -> None:
    """A file that is cut, or is no file, is not read."""
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"SQLite format 3\0" + b"x" * 100)

    assert not is_readable(broken)
    assert not is_readable(tmp_path / "absent.sqlite")


@pytest.mark.slow
@given(st.lists(st.sets(st.sampled_from(SAID), min_size=1, max_size=6), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_index_that_is_changed_is_that_of_what_there_is_now(
    world: EmbeddedStore, tmp_path: Path, edits: list[set[ox.Quad]]
) -> None:
    """Whatever comes to be said, and is said no more, the index says what one that is written anew says."""
    store = ox.Store()
    store.bulk_extend(world.store)
    changed, anew = tmp_path / "changed.sqlite", tmp_path / "anew.sqlite"
    changed.unlink(missing_ok=True)
    write_index(EmbeddedStore(store), changed).close()
    for edit in edits:
        for quad in edit:
            (store.remove if quad in store else store.add)(quad)

        assert edit_index(changed, EmbeddedStore(store), retold(store, [quad.triple for quad in edit]))

        anew.unlink(missing_ok=True)
        write_index(EmbeddedStore(store), anew).close()
        assert index_rows(anew) == index_rows(changed)
        assert SearchIndex.open(anew).search("rituximab lupus") == SearchIndex.open(changed).search("rituximab lupus")


def test_an_index_without_room_stays_as_it_was(world: EmbeddedStore, tmp_path: Path) -> None:
    """Things that come between two others whose numbers are too near each other want an index of their own."""
    store = ox.Store()
    store.bulk_extend(world.store)
    file = tmp_path / "file.sqlite"
    write_index(EmbeddedStore(store), file).close()
    new = [individual("result", f"one.r000-{number:04}") for number in range(1024)]
    store.extend(ox.Quad(node, term("rdfs:label"), ox.Literal("row"), graph_iri("entities")) for node in new)
    before = file.read_bytes()

    assert not edit_index(file, EmbeddedStore(store), {node.value for node in new})
    assert before == file.read_bytes()
    assert edit_index(file, EmbeddedStore(store), {node.value for node in new[1:]})


def test_a_full_disk_at_a_change_is_an_error_of_the_system(world: EmbeddedStore, tmp_path: Path) -> None:
    """What cannot be changed for want of room is told as such."""
    store = ox.Store()
    store.bulk_extend(world.store)
    file = tmp_path / "file.sqlite"
    write_index(EmbeddedStore(store), file).close()
    long = ox.Literal(" ".join(f"word{number}" for number in range(50_000)), language="en")
    store.add(ox.Quad(individual("study", "one"), term("skos:definition"), long, graph_iri("entities")))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, hard))
    try:
        with pytest.raises(OSError, match=r"full|I/O"):
            edit_index(file, EmbeddedStore(store), {individual("study", "one").value})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
