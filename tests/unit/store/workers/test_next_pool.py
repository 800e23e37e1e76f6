"""A pool that ended, and another one in its folder."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dualbio.store.workers import (
    Generation,
    PoolClient,
    PoolSettings,
    PoolUnavailableError,
    WorkerLostError,
    WorkerPool,
    WriteClient,
    WriteRequest,
)
from pools import ask_pool

ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
NOTES = "https://w3id.org/dualbio/graph/user/notes"
COUNT_NOTES = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{NOTES}> {{ ?s ?p ?o }} }}"


@pytest.fixture
def settings(tmp_path: Path) -> PoolSettings:
    """A pool with user graphs."""
    file = tmp_path / "toy.nq"
    file.write_text("".join(f'<http://x/s{i}> <http://x/p> "{i}" <http://x/g> .\n' for i in range(500)), "utf-8")
    return PoolSettings(
        release="toy", files=(str(file),), folder=str(tmp_path), base="http://x/", user_graphs=str(tmp_path / "user")
    )


def insert(client: PoolClient, number: int) -> None:
    """Add a note."""
    text = f"INSERT DATA {{ GRAPH <{NOTES}> {{ <x:s> <x:p> {number} }} }}".encode()
    WriteClient(client).write(WriteRequest("update", f"note-{number}", 10.0, text))


def test_clients_find_the_pool_that_takes_the_place_of_one_that_was_killed(settings: PoolSettings) -> None:
    """A query at work is told that its worker was lost; all others are answered, and what was written is there."""
    with WorkerPool(settings) as first:
        client, idle = first.client(), first.client()
        insert(client, 1)
        counter = Generation(Path(settings.folder))
        for each in (client, idle):
            ask_pool(each, ALL)
        with ThreadPoolExecutor(1) as threads:
            endless = threads.submit(ask_pool, client, ENDLESS, timeout=30.0)
            while not client.status()["running"]:
                time.sleep(0.005)
            assert first.pid
            os.kill(first.pid, signal.SIGKILL)
            with pytest.raises(WorkerLostError):
                endless.result(10)
        while first.exit_status is None:
            time.sleep(0.005)
        assert -signal.SIGKILL == first.exit_status
        with pytest.raises((PoolUnavailableError, WorkerLostError)):
            ask_pool(client, ALL)
        with WorkerPool(settings):
            for each in (client, idle):
                assert b'"500"' in ask_pool(each, ALL).read()
            assert b'"1"' in ask_pool(client, COUNT_NOTES, user_graphs=True).read()
            insert(client, 2)
            assert counter.value == 2
            assert b'"2"' in ask_pool(idle, COUNT_NOTES, user_graphs=True).read()
        client.close()
        idle.close()
