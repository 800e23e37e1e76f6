"""The index as a file: the same in every build, and read without opening anything more."""

from __future__ import annotations

import resource
from pathlib import Path

from dualbio.search import SearchIndex, write_index
from dualbio.store.embedded import EmbeddedStore


def test_the_same_release_has_the_same_index(world: EmbeddedStore, tmp_path: Path) -> None:
    """Two builds of one release write the same bytes, whose SHA-256 the manifest has."""
    files = (tmp_path / "one.sqlite", tmp_path / "two.sqlite")
    for file in files:
        write_index(world, file).close()

    assert files[0].read_bytes() == files[1].read_bytes()


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
