"""Ending queries from outside, by killing their workers, and why each was ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from dualbio.store.workers.process.errors import QueryCancelledError, QueryYieldedError, WorkError
from dualbio.store.workers.process.fair_shares import query_to_end
from dualbio.store.workers.process.running_queries import Phase, Running, RunningQueries
from dualbio.store.workers.process.slots import Child, Slots

__all__ = ["EndedQueries"]


class EndedQueries:
    """Ends queries on request or for the sake of others, and knows the reason until the worker is buried."""

    def __init__(self, slots: Slots, running: RunningQueries) -> None:
        """End queries of the processes in `slots`, which write what they are at to `running`."""
        self._slots = slots
        self._running = running
        self._reasons: dict[int, WorkError] = {}

    def reason(self, child: Child) -> WorkError | None:
        """Return why a child was ended, once; None when it ended otherwise."""
        return self._reasons.pop(child.serial, None)

    def running(self) -> list[Running]:
        """Return the queries and the write at work."""
        found = (self._running.read(child.slot) for _, child in self._slots)
        return [running for running in found if running]

    def cancel(self, query_id: str) -> bool:
        """End the query or the write with this id; return whether there was one that could still be ended."""
        return self._end(query_id, _cancelled)

    def make_way(self, client: str) -> bool:
        """End the query that holds more than its share while `client` waits; return whether there is one."""
        found = (self._running.read(child.slot) for _, child in self._slots if child.slot != self._slots.writer)
        queries = [running for running in found if running]
        query = query_to_end(queries, client, self._slots.workers)
        if query is None:
            return False
        held = sum(each.client == query.client for each in queries)
        return self._end(query.query_id, lambda running: _yielded(running, held, self._slots.workers))

    def _end(self, query_id: str, reason: Callable[[Running], WorkError]) -> bool:
        """Kill the worker of a query.

        The worker is stopped before its slot is read again, so that it cannot have gone on to another query, or have
        begun to store what it has done.
        """
        for pid, child in self._slots:
            if self._at_work(child, query_id) is None:
                continue
            os.kill(pid, signal.SIGSTOP)
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            running = self._at_work(child, query_id)
            if running:
                self._reasons[child.serial] = reason(running)
                os.kill(pid, signal.SIGKILL)
                return True
            os.kill(pid, signal.SIGCONT)
        return False

    def _at_work(self, child: Child, query_id: str) -> Running | None:
        """Return the query of a child, if it is this one and can still be ended without a trace."""
        running = self._running.read(child.slot)
        return running if running and running.query_id == query_id and running.phase < Phase.COMMITTING else None


def _cancelled(running: Running) -> WorkError:
    elapsed = round(running.elapsed, 3)
    return QueryCancelledError(f"the query was cancelled after {elapsed} s", elapsed=elapsed)


def _yielded(running: Running, held: int, workers: int) -> WorkError:
    elapsed = round(running.elapsed, 3)
    return QueryYieldedError(
        f"the query was ended after {elapsed} s, since others waited and your address held {held} of {workers} query "
        "workers; repair: send fewer queries at a time, narrow them, or retry later",
        elapsed=elapsed,
        held=held,
        workers=workers,
    )
