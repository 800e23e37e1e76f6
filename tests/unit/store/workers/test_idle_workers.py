"""How queries find idle workers, and what becomes of long ones."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dualbio.store.workers import PoolClient, PoolSettings, QueryTimeoutError, WorkerPool
from dualbio.store.workers.process.idle_workers import Tokens, TokensGoneError, join_tokens
from dualbio.store.workers.process.limits import processor_time
from pools import ask_pool

ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
#: Runs for about a second, and ends.
LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . FILTER(STRLEN(STR(?c)) > STRLEN(STR(?f))) }"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    """A pool of one worker over 2,000 quads."""
    file = tmp_path / "toy.nq"
    file.write_text("".join(f'<http://x/s{i}> <http://x/p> "{i}" <http://x/g> .\n' for i in range(2000)), "utf-8")
    settings = PoolSettings(
        release="toy", files=(str(file),), folder=str(tmp_path), workers=1, timeout=20.0, base="http://x/"
    )
    with WorkerPool(settings) as started:
        yield started


def children(pool: WorkerPool) -> list[int]:
    """Return the process ids of the workers."""
    text = Path(f"/proc/{pool.pid}/task/{pool.pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def wait_for(condition: object) -> None:
    """Wait until a condition holds."""
    assert callable(condition)
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.005)


def niceness(pid: int | None) -> int:
    """Return by how much a process yields to others."""
    return os.getpriority(os.PRIO_PROCESS, pid or 0)


def test_each_token_is_taken_once_and_in_order() -> None:
    """Two idle workers are two tokens, and then there is none."""
    tokens = Tokens()
    assert not tokens.any()
    for slot in (3, 1):
        tokens.give(slot)
    assert tokens.any()
    assert [tokens.take(1), tokens.take(1), tokens.take(0)] == [3, 1, None]
    tokens.close()


def test_who_waits_is_told_when_the_pool_ends() -> None:
    """Nobody waits for a token that cannot come."""
    tokens = Tokens()
    assert tokens.giving is not None
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(tokens.take, 10)
        tokens.giving.shutdown(socket.SHUT_RDWR)
        with pytest.raises(TokensGoneError):
            waiting.result()
    tokens.close()


def test_a_worker_whose_token_was_lost_is_found_again(pool: WorkerPool) -> None:
    """A client that takes the only token and ends does not take the worker along."""
    lost = join_tokens(Path(pool.settings.folder, "control.sock"))
    assert lost.take(5) == 0
    lost.close()
    assert ask_pool(pool.client(queue_wait=10), ALL).kind == "select"


def test_a_token_too_many_costs_no_answer(pool: WorkerPool) -> None:
    """A query that was sent to a busy worker is asked again when that worker is stopped for the other one's sake."""

    class Generous(Tokens):
        """Gives the one worker to everybody."""

        def take(self, patience: float) -> int:
            return super().take(min(patience, 0)) or 0

    client: PoolClient = pool.client()
    client.tokens = Generous(join_tokens(Path(pool.settings.folder, "control.sock")).taking)
    client._lines[0] = [client._connect(0), client._connect(0)]
    with ThreadPoolExecutor(2) as threads:
        stopped = threads.submit(ask_pool, client, ENDLESS, timeout=0.5)
        wait_for(lambda: client.status()["running"])
        answered = threads.submit(ask_pool, client, ALL)
        with pytest.raises(QueryTimeoutError):
            stopped.result()
        assert b'"2000"' in answered.result().read()


def test_connections_are_kept(pool: WorkerPool) -> None:
    """One query after the other goes over one connection."""
    client = pool.client()
    for number in range(5):
        ask_pool(client, f"{ALL} # {number}")
    (line,) = client._lines[0]
    ask_pool(client, f"{ALL} # again")
    assert client._lines[0] == [line]


def test_any_number_of_lines_to_a_worker_that_ended_costs_no_answer(pool: WorkerPool) -> None:
    """Threads that asked one worker at a time have left as many lines, and it ends while nobody asks."""
    client = pool.client()
    client._lines[0] = [client._connect(0) for _ in range(20)]
    (worker,) = children(pool)
    os.kill(worker, signal.SIGKILL)
    assert b'"2000"' in ask_pool(client, ALL).read()
    assert len(client._lines[0]) == 1


def test_a_query_that_waits_for_a_processor_does_not_yield(pool: WorkerPool) -> None:
    """What counts is the work that a query has done, not how long a busy machine let it wait."""
    (worker,) = children(pool)
    before = processor_time(worker)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask_pool, pool.client(), LONG)
        wait_for(lambda: asked.done() or pool.client().status()["running"])
        os.kill(worker, signal.SIGSTOP)
        try:
            time.sleep(0.5)  # more than the seconds, and than the time between two looks
            used = processor_time(worker)
            assert before is not None
            assert used is not None
            assert (niceness(worker) > niceness(pool.pid)) == (used - before > 0.2)
        finally:
            os.kill(worker, signal.SIGCONT)
        assert asked.result().kind == "select"


def test_a_long_query_yields_to_others_and_its_worker_to_a_fresh_one(pool: WorkerPool) -> None:
    """What runs for long gets the smaller part of a busy machine; a short query after it does not."""
    client = pool.client()
    (worker,) = children(pool)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask_pool, client, LONG)
        wait_for(lambda: asked.done() or niceness(worker) > niceness(pool.pid))
        assert not asked.done()
        assert asked.result().kind == "select"
    ask_pool(client, ALL)
    (successor,) = children(pool)
    assert successor != worker
    assert niceness(successor) == niceness(pool.pid)
