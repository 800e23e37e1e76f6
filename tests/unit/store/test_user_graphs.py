"""The folder of user graphs: what is on the disk after each step of a write, and after each fault."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualbio.store.user_graphs import Index, UserGraphs, UserGraphsError, user_graph_iri, user_graph_name
from user_writes import commit

OLD = b"<x:s> <x:p> <x:old> <https://w3id.org/dualbio/graph/user/a> .\n"
NEW = b"<x:s> <x:p> <x:new> <https://w3id.org/dualbio/graph/user/a> .\n"
OTHER = b"<x:s> <x:p> <x:o> <https://w3id.org/dualbio/graph/user/b> .\n"


class PowerCutError(BaseException):
    """Whatever was under way ends here."""


@pytest.fixture
def users(tmp_path: Path) -> UserGraphs:
    """A folder with the graphs `a` and `b`."""
    users = UserGraphs(tmp_path / "user")
    users.prepare()
    commit(users, Index(), {"a": OLD, "b": OTHER})
    return users


def contents(users: UserGraphs) -> dict[str, bytes]:
    """Return what a reader that starts now finds."""
    again = UserGraphs(users.folder)
    return {name: again.content(entry) for name, entry in again.read().graphs.items()}


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://w3id.org/dualbio/graph/user/notes", "notes"),
        ("https://w3id.org/dualbio/graph/user/A-1_b.c", "A-1_b.c"),
        ("https://w3id.org/dualbio/graph/user/", None),
        ("https://w3id.org/dualbio/graph/user/.hidden", None),
        ("https://w3id.org/dualbio/graph/user/../entities", None),
        ("https://w3id.org/dualbio/graph/user/a/b", None),
        ("https://w3id.org/dualbio/graph/user/a%2Fb", None),
        ("https://w3id.org/dualbio/graph/user/a\n", None),
        (f"https://w3id.org/dualbio/graph/user/{'a' * 101}", None),
        ("https://w3id.org/dualbio/graph/entities", None),
        ("http://w3id.org/dualbio/graph/user/a", None),
        ("", None),
    ],
)
def test_a_user_graph_is_known_by_its_iri(iri: str, name: str | None) -> None:
    """A name that could leave the folder, or that two spellings could mean, is no name."""
    assert name == user_graph_name(iri)
    assert name is None or iri == user_graph_iri(name)


def test_a_new_folder_holds_nothing(tmp_path: Path) -> None:
    """Where nobody has written yet there is an index without graphs."""
    assert Index() == UserGraphs(tmp_path).read()


def test_a_write_replaces_removes_and_keeps(users: UserGraphs) -> None:
    """Graphs that a write does not name stay; one that it empties is still there, one that it removes is not."""
    index = commit(users, users.read(), {"a": NEW, "c": b""})
    assert {"a": NEW, "b": OTHER, "c": b""} == contents(users)
    assert (2, 0) == (index.generation, index.graphs["c"].triples)
    commit(users, index, {"b": None})
    assert {"a": NEW, "c": b""} == contents(users)


def steps(monkeypatch: pytest.MonkeyPatch, fail_at: int, error: type[BaseException]) -> Iterator[None]:
    """Have the call number `fail_at` among those that touch the disk raise `error`."""
    count = 0

    def counted(real: object) -> object:
        def call(*arguments: object, **named: object) -> object:
            nonlocal count
            count += 1
            if count == fail_at:
                raise error(28, "no room")
            assert callable(real)
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        for place, name in ((os, "fsync"), (Path, "open"), (Path, "replace")):
            patch.setattr(place, name, counted(getattr(place, name)))
        yield


@pytest.mark.parametrize("error", [PowerCutError, OSError])
def test_a_write_that_breaks_off_leaves_the_old_state_or_the_new(
    users: UserGraphs, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """Wherever power or room on the disk ends, both graphs are as before or both as after, and the next write works."""
    old, new = {"a": OLD, "b": OTHER}, {"a": NEW}
    seen = []
    for fail_at in range(1, 30):
        index = users.read()
        for _ in steps(monkeypatch, fail_at, error):
            try:
                commit(users, index, {"a": NEW, "b": None})
                ended = True
            except error:
                ended = False
        seen.append(contents(users))
        assert seen[-1] in (old, new), fail_at
        assert not ended or seen[-1] == new
        if ended:
            break
        commit(users, users.read(), {"a": OLD, "b": OTHER})
        users.clean(users.read())
    assert ended
    assert old in seen
    assert len(seen) > 5


def test_everything_is_on_the_disk_before_the_index_names_it(
    users: UserGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each new file, the folder with its name, and the draft are synchronised; then the index; then its own folder."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synchronise(number: int) -> None:
        steps.append(f"sync {Path(f'/proc/self/fd/{number}').readlink().relative_to(users.folder)}")
        fsync(number)

    def rename(source: Path, target: Path) -> Path:
        steps.append(f"rename to {target.name}")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", synchronise)
    monkeypatch.setattr(Path, "replace", rename)
    index = commit(users, users.read(), {"a": NEW, "b": None, "c": b""})
    made = [f"sync graphs/{index.graphs[name].file}" for name in ("a", "c")]
    assert [*made, "sync graphs", "sync index.draft", "rename to index.json", "sync ."] == steps


def test_a_draft_is_seen_by_nobody(users: UserGraphs) -> None:
    """Up to its publication a write has changed nothing, and its files are no more than left-overs."""
    users.draft(users.read(), {"a": NEW, "b": None})
    assert {"a": OLD, "b": OTHER} == contents(users)
    users.clean(users.read())
    assert {"a": OLD, "b": OTHER} == contents(users)


def test_a_supervisor_that_follows_another_at_its_socket_takes_its_place(users: UserGraphs, tmp_path: Path) -> None:
    """Writers tell each socket once, however often its supervisor was replaced."""
    other = users.register(tmp_path / "other.sock")
    users.register(tmp_path / "control.sock")
    mine = users.register(tmp_path / "control.sock")
    assert sorted([other, mine]) == users.pools()


def test_what_no_index_names_is_cleaned_up(users: UserGraphs) -> None:
    """Files of former states go, and those in use stay."""
    files = users.folder / "graphs"
    index = commit(users, users.read(), {"a": NEW})
    assert 3 == len(list(files.iterdir()))
    users.clean(index)
    assert {entry.file for entry in index.graphs.values()} == {path.name for path in files.iterdir()}


def test_damage_is_told_and_never_served(users: UserGraphs) -> None:
    """A file that was altered or lost, and an index that is none, are errors that name the file."""
    entry = users.read().graphs["a"]
    path = users.folder / "graphs" / entry.file
    path.write_bytes(NEW)
    with pytest.raises(UserGraphsError, match=rf"{entry.file}: not what was written"):
        users.content(entry)
    path.unlink()
    with pytest.raises(UserGraphsError, match=entry.file):
        users.content(entry)
    (users.folder / "index.json").write_text('{"generation": 1}', encoding="utf-8")
    with pytest.raises(UserGraphsError, match=r"index\.json: not the index of user graphs"):
        users.read()


def test_a_folder_that_cannot_be_made_is_told_with_its_setting(tmp_path: Path) -> None:
    """The operator learns which setting to change."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UserGraphsError, match="DUALBIO_USER_GRAPHS"):
        UserGraphs(tmp_path / "file" / "user").prepare()


def test_one_process_writes_at_a_time(users: UserGraphs) -> None:
    """The lock is the kernel's, so it ends with whoever holds it."""
    with users.lock(), (users.folder / "lock").open("rb") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (users.folder / "lock").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
