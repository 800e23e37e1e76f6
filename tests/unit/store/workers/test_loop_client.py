"""Asking the workers from an event loop, beside threads that ask too."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvloop

from dualbio.sparql.formats import FORMATS_BY_NAME
from dualbio.store.workers import (
    LoopAnswer,
    LoopClient,
    PoolAnswer,
    PoolBusyError,
    PoolClient,
    PoolSettings,
    PoolUnavailableError,
    QueryCancelledError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryYieldedError,
    WorkerLostError,
    WorkerPool,
    WorkError,
)
from pools import ask_pool
from running import children_of

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
CSV = FORMATS_BY_NAME["csv"]
TURTLE = FORMATS_BY_NAME["turtle"]
MIB = 1024 * 1024


def settings(folder: Path, **changes: Any) -> PoolSettings:
    """Return the settings of a pool of two workers over 3,000 quads."""
    file = folder / "toy.nq"
    lines = (f'<http://x/s{i // 3}> <http://x/p{i % 3}> "value {i}" <http://x/g{i % 3}> .\n' for i in range(3000))
    file.write_text("".join(lines), encoding="utf-8")
    values: dict[str, Any] = {
        "release": "toy",
        "files": (str(file),),
        "folder": str(folder),
        "workers": 2,
        "queue": 50,
        "memory": 64 * MIB,
        "spool": 16 * MIB,
        "timeout": 10.0,
        "base": "http://x/",
        "prefixes": {},
    }
    return PoolSettings(**{**values, **changes})


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """A pool of two workers."""
    with WorkerPool(settings(tmp_path_factory.mktemp("pool"))) as started:
        yield started


class Asking:
    """A loop that asks, and what its threads were given to do."""

    def __init__(self, client: PoolClient) -> None:
        """Ask through `client`."""
        self.loop = asyncio.get_running_loop()
        self.client = client
        self.threads = ThreadPoolExecutor(8)
        self.in_threads = 0
        self.workers = LoopClient(client, self.loop, self.threads.submit)  # type: ignore[arg-type]

    async def answer(self, text: str, *, client: str = "", **asked: Any) -> PoolAnswer:
        """Return the answer to a query.

        Raises:
            WorkError: the reason why there is none.
        """
        heard: asyncio.Future[LoopAnswer] = self.loop.create_future()
        request = self.client.request(text, results_format=CSV, graph_format=TURTLE, client=client, **asked)
        self.workers.ask(request, heard.set_result)
        outcome = await heard
        if isinstance(outcome, WorkError):
            raise outcome
        if isinstance(outcome, PoolAnswer):
            return outcome
        self.in_threads += 1
        return await self.loop.run_in_executor(self.threads, outcome)

    async def count(self, **asked: Any) -> int:
        """Return the number of quads."""
        answer = await self.answer(ALL, **asked)
        return int(answer.read().split()[1])


def run(pool: WorkerPool, what: Callable[[Asking], Any], **options: Any) -> None:
    """Run a coroutine over a client of its own, and see that nothing of it is left."""
    client = pool.client(**options)

    async def whole() -> None:
        asking = Asking(client)
        await what(asking)
        assert 0 == len(client.queue)
        asking.workers.close()
        await asyncio.sleep(0)
        asking.threads.shutdown()

    uvloop.run(whole())
    client.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_once_a_line_is_there_no_thread_is_needed(pool: WorkerPool) -> None:
    """The first query to each worker makes its line in a thread; the loop does all others itself."""

    async def ask(asking: Asking) -> None:
        assert [3000] * 40 == [await asking.count() for _ in range(40)]
        assert asking.in_threads <= 3  # the pool is joined, and a line made to each worker

    run(pool, ask)


def test_many_questions_at_once_all_get_their_own_answers(pool: WorkerPool) -> None:
    """From the loop and from threads beside it, each its own."""

    async def ask(asking: Asking) -> None:
        def text(number: int) -> str:
            return f"SELECT ?o {{ <http://x/s{number}> <http://x/p0> ?o }}"

        beside = [asking.threads.submit(ask_pool, asking.client, text(n), results_format=CSV) for n in range(20, 40)]
        answers = await asyncio.gather(*(asking.answer(text(number)) for number in range(40)))
        for number, answer in enumerate(answers):
            assert f"value {3 * number}" in answer.read().decode()
        for number, future in enumerate(beside, 20):
            answer = await asyncio.wrap_future(future)
            assert f"value {3 * number}" in answer.read().decode()

    run(pool, ask)


def test_a_client_with_less_at_work_goes_first(tmp_path: Path) -> None:
    """A newcomer is answered before most of what another has lined up."""
    order: list[str] = []

    async def ask(asking: Asking) -> None:
        await asking.count()

        async def one(client: str) -> None:
            await asking.count(client=client)
            order.append(client)

        busy = [asyncio.create_task(one("busy")) for _ in range(200)]
        await until(lambda: len(order) >= 3)
        before = len(order)
        await one("new")
        assert len(order) - before < 50
        await asyncio.gather(*busy)

    with WorkerPool(settings(tmp_path, workers=1, queue=300)) as pool:
        run(pool, ask)


def test_a_long_answer_is_whole(pool: WorkerPool) -> None:
    """One that comes in several pieces, one that a thread reads, and one that comes as a file."""

    async def ask(asking: Asking) -> None:
        wide = f"SELECT ?o ('{'x' * 60}' AS ?a) {{ ?s ?p ?o }}"
        longer = "SELECT ?a ?b { ?x <http://x/p0> ?a . ?y <http://x/p1> ?b } LIMIT 60000"
        longest = "SELECT ?a ?b { ?x <http://x/p0> ?a . ?y <http://x/p1> ?b } LIMIT 250000"
        for text, rows in ((wide, 3000), (longer, 60000), (longest, 250000)):
            for _ in range(2):
                answer = await asking.answer(text)
                assert rows + 1 == answer.read().count(b"\n")

    run(pool, ask)


def test_an_error_of_a_query_is_its_own(pool: WorkerPool) -> None:
    """And the next one is answered."""

    async def ask(asking: Asking) -> None:
        with pytest.raises(QuerySyntaxError):
            await asking.answer("SELECT")
        with pytest.raises(QueryTimeoutError, match="its limit was"):
            await asking.answer(ENDLESS, timeout=0.3)
        assert 3000 == await asking.count()

    run(pool, ask)


def test_a_query_at_work_can_be_cancelled(pool: WorkerPool) -> None:
    """By its name."""

    async def ask(asking: Asking) -> None:
        task = asyncio.create_task(asking.answer(ENDLESS, query_id="to-be-cancelled"))
        await until(lambda: asking.client.status()["running"])
        assert asking.client.cancel("to-be-cancelled")
        with pytest.raises(QueryCancelledError):
            await task

    run(pool, ask)


def test_a_killed_worker_is_told_and_replaced(tmp_path: Path) -> None:
    """Idle lines to it are closed, and whoever asked it learns what happened."""

    async def ask(asking: Asking) -> None:
        assert 3000 == await asking.count()
        for child in children_of(own.pid or 0):
            os.kill(int(child), signal.SIGKILL)
        assert [3000] * 6 == list(await asyncio.gather(*(asking.count() for _ in range(6))))
        await until(lambda: asking.client.status()["workers"] == 2)
        task = asyncio.create_task(asking.answer(ENDLESS))
        await until(lambda: asking.client.status()["running"])
        for child in children_of(own.pid or 0):
            os.kill(int(child), signal.SIGKILL)
        with pytest.raises(WorkerLostError):
            await task

    with WorkerPool(settings(tmp_path)) as own:
        run(own, ask)


def test_who_finds_no_place_is_told_at_once_and_who_waits_too_long_after_the_wait(tmp_path: Path) -> None:
    """As threads are."""

    async def ask(asking: Asking) -> None:
        endless = asyncio.create_task(asking.answer(ENDLESS, timeout=1.5))
        await until(lambda: asking.client.status()["running"])
        waiting = asyncio.create_task(asking.count())
        await until(lambda: len(asking.client.queue) == 2)
        started = time.monotonic()
        with pytest.raises(PoolBusyError, match="queue is full"):
            await asking.count()
        assert not waiting.done()
        with pytest.raises(PoolBusyError, match="became free"):
            await waiting
        assert time.monotonic() - started >= 0.5 - 0.1
        with pytest.raises(QueryTimeoutError):
            await endless

    with WorkerPool(settings(tmp_path, workers=1, queue=1)) as pool:
        run(pool, ask, queue_wait=0.5)


def test_the_longest_query_of_a_greedy_client_makes_way_for_one_who_waits_in_the_loop(tmp_path: Path) -> None:
    """After a second, as for one who waits in a thread."""

    async def ask(asking: Asking) -> None:
        greedy = [asyncio.create_task(asking.answer(ENDLESS, client="greedy")) for _ in range(2)]
        await until(lambda: len(asking.client.status()["running"]) == 2)
        assert 3000 == await asking.count(client="modest")
        done, left = await asyncio.wait(greedy, return_when=asyncio.FIRST_COMPLETED)
        assert isinstance(done.pop().exception(), QueryYieldedError)
        for query in asking.client.status()["running"]:
            asking.client.cancel(query["id"])
        await asyncio.wait(left)
        for task in left:
            assert isinstance(task.exception(), QueryCancelledError)

    with WorkerPool(settings(tmp_path)) as own:
        run(own, ask)


def test_when_the_pool_has_ended_everybody_is_told(tmp_path: Path) -> None:
    """Who is answered and who waits."""

    async def ask(asking: Asking) -> None:
        assert 3000 == await asking.count()
        tasks = [asyncio.create_task(asking.answer(ENDLESS)) for _ in range(5)]
        await until(lambda: len(asking.client.status()["running"]) == 2)
        own.kill()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, (PoolUnavailableError, WorkerLostError)) for outcome in outcomes), outcomes

    with WorkerPool(settings(tmp_path)) as own:
        run(own, ask)
