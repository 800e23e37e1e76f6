"""The store with user graphs: how it follows what is on the disk."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.errors import ReleaseError
from dualbio.store.user_graphs import UserGraphs, user_graph_iri
from dualbio.store.workers import PoolSettings, WorkerPool
from dualbio.store.workers.write import user_data
from dualbio.store.workers.write.update_query import read_graph
from dualbio.store.workers.write.user_data import UserData
from user_writes import commit


@pytest.fixture
def data(tmp_path: Path) -> UserData:
    """Three released triples in two graphs, one of them in both, and a user graph."""
    file = tmp_path / "release.nq"
    file.write_text('<x:a> <x:p> "1" <x:g> .\n<x:a> <x:p> "2" <x:g> .\n<x:a> <x:p> "2" <x:h> .\n', encoding="utf-8")
    users = UserGraphs(tmp_path / "user")
    users.prepare()
    commit(users, users.read(), {"notes": lines("notes", 1, 2)})
    loaded = UserData(users, (str(file),))
    loaded.load()
    return loaded


def lines(name: str, *values: int) -> bytes:
    """Return the N-Quads of a user graph, with a blank node."""
    quads = [f'_:b{value} <x:p> "{value}" <{user_graph_iri(name)}> .\n' for value in values]
    return "".join(sorted(quads)).encode()


def size(data: UserData) -> tuple[int, int]:
    """Return the number of triples in the default graph and of all quads."""
    return len(list(data.store.quads_for_pattern(None, None, None, ox.DefaultGraph()))), len(data.store)


def test_the_default_graph_is_the_released_data_each_triple_once(data: UserData) -> None:
    """User graphs are there by name alone."""
    assert (2, 2 + 3 + 2) == size(data)


@pytest.mark.parametrize("limit", [100_000, 0])
def test_the_store_follows_the_disk(data: UserData, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Changed, new, emptied and removed graphs are as on the disk, whether step by step or by building anew."""
    monkeypatch.setattr(user_data, "_MOST_DEAD", limit)
    states: list[dict[str, bytes | None]] = [
        {"notes": lines("notes", 2, 3)},
        {"more": lines("more", 1), "empty": b""},
        {"notes": None, "more": lines("more", 1, 4)},
        {"empty": lines("empty", 7)},
        {"empty": b""},
    ]
    expected: dict[str, bytes | None] = {"notes": lines("notes", 1, 2)}
    for changes in states:
        commit(data.users, data.users.read(), changes)
        assert data.take_over()
        assert not data.take_over()
        expected |= changes
        assert expected == {name: read_graph(data.store, name) for name in expected}
        assert size(data)[0] == 2
    assert {"more", "empty"} == set(data.index.graphs)


def test_what_was_taken_away_is_counted_until_the_store_is_built_anew(
    data: UserData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine keeps room for removed quads; beyond a bound the store starts afresh."""
    monkeypatch.setattr(user_data, "_MOST_DEAD", 3)
    before = data.store
    counts = []
    for value in range(10, 17):
        commit(data.users, data.users.read(), {"notes": lines("notes", value)})
        data.take_over()
        counts.append(data.dead)
    assert 0 in counts
    assert max(counts) == 4
    assert before is not data.store


def test_damaged_user_graphs_keep_the_service_from_starting(data: UserData, tmp_path: Path) -> None:
    """It says which file is damaged; what was written is not dropped in silence."""
    (entry,) = data.index.graphs.values()
    (tmp_path / "user" / "graphs" / entry.file).write_bytes(b"")
    (tmp_path / "pool").mkdir()
    settings = PoolSettings(
        release="toy", files=data.files, folder=str(tmp_path / "pool"), user_graphs=str(tmp_path / "user")
    )
    with pytest.raises(ReleaseError, match=rf"{entry.file}: not what was written; repair: put the folder back"):
        WorkerPool(settings).__enter__()
