"""The index as a file: the same in every build, and read without opening anything more."""

from __future__ import annotations

import errno
import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dualbio.search import SearchIndex, is_readable, write_index
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import PoolSettings
from dualbio.store.workers.supervisor import search_index


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
