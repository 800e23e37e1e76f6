"""Who is served next when workers are scarce, and whose query has to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, Queue

import pytest

from dualbio.store.workers import PoolSettings, QueryYieldedError, WorkerPool
from dualbio.store.workers.process.fair_shares import FairQueue, QueueFullError, query_to_end
from dualbio.store.workers.process.running_queries import Phase, Running
from pools import ask_pool

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def at_work(*queries: tuple[str, float]) -> list[Running]:
    """Return queries by client and seconds."""
    return [Running(f"{client} {seconds}", client, "", Phase.EVALUATING, seconds, 60.0) for client, seconds in queries]


@pytest.mark.parametrize(
    ("queries", "workers", "client", "expected"),
    [
        ([("a", 5.0), ("a", 9.0)], 2, "b", "a 9.0"),  # all of them
        ([("a", 5.0)], 1, "b", "a 5.0"),
        ([("a", 5.0), ("a", 9.0)], 2, "a", None),  # nobody else waits
        ([("a", 5.0)], 2, "b", None),  # a worker is idle, or soon will be
        ([("a", 0.2), ("a", 0.1)], 2, "b", None),  # every query has its granted time
        ([("a", 5.0), ("c", 9.0)], 2, "b", None),  # equal shares
        ([("a", 5.0), ("a", 3.0), ("c", 9.0)], 3, "b", "a 5.0"),  # two more than the one who waits
        ([("a", 5.0), ("a", 3.0), ("b", 9.0)], 3, "b", None),  # one more
    ],
)
def test_the_longest_query_of_the_greediest_client_makes_way(
    queries: list[tuple[str, float]], workers: int, client: str, expected: str | None
) -> None:
    """And only where the shares are not fair."""
    found = query_to_end(at_work(*queries), client, workers)
    assert expected == (found.query_id if found else None)


class Line:
    """A queue of waiting queries over tokens that the test hands out."""

    def __init__(self, most: int = 10) -> None:
        """Begin with no token."""
        self.tokens: Queue[int] = Queue()
        self.asked: Queue[str] = Queue()
        self.queue = FairQueue(self.take, self.asked.put, most)
        self.threads = ThreadPoolExecutor(20)

    def take(self, patience: float) -> int | None:
        """Return the next token."""
        try:
            return self.tokens.get(timeout=patience)
        except Empty:
            return None

    def enter(self, client: str, patience: float = 10.0) -> Future[int | None]:
        """Have one more wait, behind those who wait already."""
        before = len(self.queue)
        future = self.threads.submit(self.queue.enter, client, patience)
        deadline = time.monotonic() + 5
        while len(self.queue) == before and not future.done():
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return future


@pytest.fixture
def line() -> Iterator[Line]:
    """A line with room for ten."""
    line = Line()
    yield line
    line.threads.shutdown()


def test_one_client_is_served_in_order(line: Line) -> None:
    """Nobody overtakes."""
    waiting = [line.enter("a") for _ in range(5)]
    for number in range(5):
        line.tokens.put(number)
    assert list(range(5)) == [each.result(5) for each in waiting]


def test_who_has_less_goes_first(line: Line) -> None:
    """A newcomer is served before the second query of a client that came earlier, and idle workers wait for nobody."""
    first, second, third = (line.enter("a") for _ in range(3))
    line.tokens.put(0)
    assert 0 == first.result(5)
    newcomer = line.enter("b")
    line.tokens.put(1)
    assert 1 == newcomer.result(5)
    line.queue.leave("a")
    for number in (2, 3):
        line.tokens.put(number)
    assert [2, 3] == [second.result(5), third.result(5)]


def test_who_waits_too_long_leaves_and_another_takes_over(line: Line) -> None:
    """The one who takes tokens for all may give up first."""
    hasty = line.enter("a", 0.05)
    patient = line.enter("b")
    assert hasty.result(5) is None
    line.tokens.put(4)
    assert 4 == patient.result(5)
    line.queue.leave("b")
    assert 0 == len(line.queue)


def test_one_who_waits_asks_others_to_make_way(line: Line) -> None:
    """After its patience is at an end, for the client whose turn it is."""
    waiting = line.enter("b")
    assert "b" == line.asked.get(timeout=5)
    line.tokens.put(0)
    waiting.result(5)


def test_an_error_of_the_pool_reaches_everyone() -> None:
    """When no token can come, nobody waits for one."""

    def fail(_: float) -> int | None:
        time.sleep(0.05)
        raise ConnectionError

    queue = FairQueue(fail, lambda _: None, 10)
    with ThreadPoolExecutor(5) as threads:
        for each in [threads.submit(queue.enter, "a", 10.0) for _ in range(5)]:
            with pytest.raises(ConnectionError):
                each.result(5)
    assert 0 == len(queue)


def test_a_full_line_has_room_for_a_newcomer() -> None:
    """Not for more of the client that fills it, whose last comer gives way."""
    line = Line(most=4)
    waiting = [line.enter("a") for _ in range(4)]
    with pytest.raises(QueueFullError):
        line.queue.enter("a", 5.0)
    newcomer = line.threads.submit(line.queue.enter, "b", 10.0)
    with pytest.raises(QueueFullError):
        waiting[-1].result(5)
    for number in range(4):
        line.tokens.put(number)
    assert [0, 1, 2, 3] == sorted(each.result(5) or 0 for each in (*waiting[:3], newcomer))
    line.threads.shutdown()


def test_many_threads_share_without_loss() -> None:
    """Each token is had once, each place given back, whatever the order of events."""
    line = Line(most=1000)
    held: set[int] = set()
    lock = threading.Lock()

    def ask(client: str) -> None:
        slot = line.queue.enter(client, 20.0)
        assert slot is not None
        with lock:
            assert slot not in held
            held.add(slot)
        with lock:
            held.remove(slot)
        line.tokens.put(slot)
        line.queue.leave(client)

    for slot in range(2):
        line.tokens.put(slot)
    for each in [line.threads.submit(ask, f"client {number % 3}") for number in range(400)]:
        each.result(30)
    line.threads.shutdown()
    assert (0, 2) == (len(line.queue), line.tokens.qsize())


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    """A pool of two workers over 2,000 quads."""
    file = tmp_path / "toy.nq"
    file.write_text("".join(f'<http://x/s{i}> <http://x/p> "{i}" <http://x/g> .\n' for i in range(2000)), "utf-8")
    settings = PoolSettings(
        release="toy", files=(str(file),), folder=str(tmp_path), workers=2, timeout=30.0, base="http://x/"
    )
    with WorkerPool(settings) as started:
        yield started


def test_one_client_cannot_shut_out_another(pool: WorkerPool) -> None:
    """Endless queries of one address, from two processes, leave room for those of another; it is told why they end."""
    greedy = [pool.client(), pool.client()]
    other = pool.client()
    with ThreadPoolExecutor(10) as threads:
        endless = [
            threads.submit(ask_pool, client, ENDLESS, timeout=20.0, client="192.0.2.1")
            for client in greedy
            for _ in range(4)
        ]
        deadline = time.monotonic() + 10
        while len(other.status()["running"]) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for _ in range(3):
            assert b'"2000"' in ask_pool(other, ALL, client="192.0.2.2", timeout=5.0).read()
        ended = [each.exception(0.1) for each in endless if each.done()]
        assert ended
        assert {QueryYieldedError} == {type(error) for error in ended}
        assert "your address held 2 of 2 query workers" in str(ended[0])
        for client in greedy:
            client.close()
        pool.kill()
