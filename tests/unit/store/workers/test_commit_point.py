"""A write is stored entirely and said to be stored, or not at all; doubt is told as such."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.store.user_graphs import Index, UserGraphs
from dualbio.store.workers import (
    PoolClient,
    PoolSettings,
    QueryCancelledError,
    SpoolError,
    WorkerLostError,
    WorkerPool,
    WriteClient,
    WriteReceipt,
    WriteRequest,
)
from dualbio.store.workers.process.limits import Descriptors, Limits
from dualbio.store.workers.process.running_queries import Phase, RunningQueries
from dualbio.store.workers.write.writer import Writer
from pools import ask_pool

USER = "https://w3id.org/dualbio/graph/user/"


def settings(folder: Path, users: Path) -> PoolSettings:
    """Return a small pool in a new folder over shared user graphs."""
    folder.mkdir()
    file = folder / "toy.nq"
    file.write_text("".join(f'<http://x/s{i}> <http://x/p> "{i}" <http://x/g> .\n' for i in range(50)), "utf-8")
    return PoolSettings(
        release="toy", files=(str(file),), folder=str(folder), workers=1, base="http://x/", user_graphs=str(users)
    )


def insert(name: str, number: int) -> WriteRequest:
    """Return an update that adds one triple to a graph."""
    text = f"INSERT DATA {{ GRAPH <{USER}{name}> {{ <x:s{number}> <x:p> {number} }} }}"
    return WriteRequest("update", f"write-{name}-{number}", 10.0, text.encode())


def stored(users: Path) -> set[str]:
    """Return the names of the graphs on the disk."""
    return set(UserGraphs(users).read().graphs)


def test_what_is_called_cancelled_is_not_stored(tmp_path: Path) -> None:
    """Cancellations that come at any moment of a write: each write is stored and said to be, or cancelled and not."""
    outcomes: dict[str, list[str]] = {"stored": [], "cancelled": [], "lost": []}
    with WorkerPool(settings(tmp_path / "pool", tmp_path / "user")) as pool:
        client = pool.client()
        writes = WriteClient(client)
        for number in range(80):
            request = insert(f"g{number}", number)

            def cancel(query_id: str = request.query_id, pause: float = number % 20 * 0.0015) -> None:
                deadline = time.monotonic() + pause + 0.05
                time.sleep(pause)
                while time.monotonic() < deadline and not client.cancel(query_id):
                    pass

            thread = threading.Thread(target=cancel)
            thread.start()
            try:
                writes.write(request)
                outcomes["stored"].append(request.name or f"g{number}")
            except QueryCancelledError:
                outcomes["cancelled"].append(f"g{number}")
            except WorkerLostError:
                outcomes["lost"].append(f"g{number}")
            thread.join()
        found = stored(tmp_path / "user")
    assert not found & set(outcomes["cancelled"])
    assert set(outcomes["stored"]) <= found
    assert outcomes["cancelled"]
    assert [] == outcomes["lost"]


class Stuck(UserGraphs):
    """User graphs of which one step fails."""

    def __init__(self, folder: Path, step: str, error: BaseException) -> None:
        """Fail at `publish` or `confirm`."""
        super().__init__(folder)
        self.step, self.error = step, error

    def confirm(self) -> None:
        """Fail, if it is to."""
        if self.step == "confirm":
            raise self.error
        super().confirm()


@pytest.fixture
def running() -> RunningQueries:
    """What the writer writes that it is at."""
    return RunningQueries(1)


def writer(users: UserGraphs, running: RunningQueries, folder: Path) -> Writer:
    """Return a writer in this process; no supervisor is behind its control socket."""
    made = Writer(
        store=ox.Store(),
        users=users,
        generation=0,
        listener=None,  # type: ignore[arg-type]
        control=folder / "control.sock",
        running=running,
        slot=0,
        serial=1,
        limits=Limits(2**30, 2**30, 10.0),
        base="http://x/",
        prefixes={},
    )
    made.descriptors = Descriptors()
    made.descriptors.forbid = lambda: None  # type: ignore[method-assign]
    return made


CHANGES: dict[str, bytes | None] = {"a": f"<x:s> <x:p> <x:o> <{USER}a> .\n".encode()}


@pytest.mark.parametrize("error", [OSError(5, "broken disk"), MemoryError()])
def test_an_error_after_the_commit_point_is_doubt(
    tmp_path: Path, running: RunningQueries, error: BaseException
) -> None:
    """The write is seen, so it is not said to have failed."""
    users = Stuck(tmp_path / "user", "confirm", error)
    users.prepare()
    with pytest.raises(WorkerLostError, match="the write is stored, but"):
        writer(users, running, tmp_path)._commit(Index(), CHANGES, WriteReceipt(1))
    assert {"a"} == stored(tmp_path / "user")


def test_a_service_that_does_not_take_a_write_over_is_doubt(tmp_path: Path, running: RunningQueries) -> None:
    """It is on the disk, and nobody can say whether it is seen."""
    users = UserGraphs(tmp_path / "user")
    users.prepare()
    with pytest.raises(WorkerLostError, match="the write is stored, but the service could not take it over"):
        writer(users, running, tmp_path)._commit(Index(), CHANGES, WriteReceipt(1))
    assert {"a"} == stored(tmp_path / "user")


def test_an_index_that_cannot_be_replaced_leaves_everything_as_it_was(tmp_path: Path, running: RunningQueries) -> None:
    """The commit point itself may fail, and nothing of the write stays."""
    users = UserGraphs(tmp_path / "user")
    users.prepare()
    (tmp_path / "user" / "index.json").mkdir()
    with pytest.raises(SpoolError, match="the graphs are as before"):
        writer(users, running, tmp_path)._commit(Index(), CHANGES, WriteReceipt(1))
    assert [] == list((tmp_path / "user" / "graphs").iterdir())
    assert not (tmp_path / "user" / "index.draft").exists()


def test_the_commit_point_is_marked_before_the_index_is_replaced(
    tmp_path: Path, running: RunningQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So whoever cancels sees in time that it is too late."""
    seen: list[Phase] = []
    publish = UserGraphs.publish

    def watched(self: UserGraphs, draft: object) -> None:
        found = running.read(0)
        assert found
        seen.append(found.phase)
        publish(self, draft)  # type: ignore[arg-type]

    monkeypatch.setattr(UserGraphs, "publish", watched)
    users = UserGraphs(tmp_path / "user")
    users.prepare()
    running.begin(0, "write", "", "", 10.0)
    with pytest.raises(WorkerLostError):
        writer(users, running, tmp_path)._commit(Index(), CHANGES, WriteReceipt(1))
    assert [Phase.COMMITTING] == seen


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[WorkerPool, WorkerPool]]:
    """Two services over one folder of user graphs."""
    users = tmp_path / "user"
    with WorkerPool(settings(tmp_path / "one", users)) as one, WorkerPool(settings(tmp_path / "two", users)) as other:
        yield one, other


def notes(client: PoolClient) -> int:
    """Return the number of triples in the graph `notes`."""
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{USER}notes> {{ ?s ?p ?o }} }}"
    answer = ask_pool(client, query, user_graphs=True).read()
    return int(answer.rpartition(b'"value":"')[2].partition(b'"')[0])


def test_a_frozen_service_delays_one_write_and_then_catches_up(two: tuple[WorkerPool, WorkerPool]) -> None:
    """The others are not held up by it, and what it missed it takes over as soon as it wakes."""
    one, other = two
    writes = WriteClient(one.client())
    assert other.pid
    os.kill(other.pid, signal.SIGSTOP)
    try:
        writes.write(insert("notes", 1))
        started = time.monotonic()
        for number in (2, 3, 4):
            writes.write(insert("notes", number))
        assert time.monotonic() - started < 4
    finally:
        os.kill(other.pid, signal.SIGCONT)
    deadline = time.monotonic() + 10
    client = other.client()
    while notes(client) != 4:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    WriteClient(client).write(insert("notes", 5))
    assert 5 == notes(one.client())
    writes.write(insert("notes", 6))
    assert 6 == notes(client)
