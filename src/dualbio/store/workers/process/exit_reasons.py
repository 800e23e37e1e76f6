"""Exit reasons of workers, from the kernel's status and the engine's output.

The kernel ends a worker by SIGALRM at its time limit. The engine aborts when memory is refused to it, but also when it
meets a fault of its own; which it was stands in its last words on standard error, a file that the supervisor reads.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

from dualbio.store.workers.process.errors import (
    QueryCrashedError,
    QueryMemoryError,
    QueryTimeoutError,
    QueryTooComplexError,
    WorkerLostError,
    WorkError,
)
from dualbio.store.workers.process.protocol import Connection, Kind, LostConnectionError, encode
from dualbio.store.workers.process.running_queries import Phase, Running
from dualbio.store.workers.process.settings import PoolSettings

__all__ = ["ExitReasons", "LastWords", "exit_reason", "memory_error", "tell"]

_KEPT = 4096
_LONGEST_WORDS = 64 * 1024
#: What the engine says when an allocation was refused, and what its store on disk says, which is of C++; the limit of a
#: worker is the only reason to refuse one.
_REFUSED = ("memory allocation of ", "std::bad_alloc")


def exit_reason(status: int, words: str, running: Running | None, settings: PoolSettings) -> WorkError:
    """Return the error for the client of a worker that ended by itself or by the kernel.

    Args:
        status: its wait status.
        words: what it said on standard error.
        running: what it was at, None when it was idle.
        settings: the limits of the pool.
    """
    code = os.waitstatus_to_exitcode(status)
    if running is None:
        return WorkerLostError("the query worker ended without an answer; repair: retry")
    if running.phase is Phase.COMMITTING:
        return WorkerLostError(
            "the writer ended while it stored the write; repair: check whether it is visible before you send it again"
        )
    if code == -signal.SIGALRM:
        return _timeout(running, settings)
    if code == -signal.SIGABRT and any(said in words for said in _REFUSED):
        return memory_error(settings.memory)
    if code in (-signal.SIGSEGV, -signal.SIGBUS) and running.phase is Phase.READING:
        return QueryTooComplexError(
            "the query overran the stack of the engine before its first row: it is nested too deeply, or has too many "
            "patterns or expressions; repair: flatten its groups, and give values by VALUES or IN"
        )
    if code == -signal.SIGKILL:
        return WorkerLostError("the query worker was killed from outside; repair: retry")
    ended = signal.Signals(-code).name if code < 0 else f"status {code}"
    return QueryCrashedError(
        f"the engine crashed ({ended}) during the query, and no limit was exceeded; "
        "repair: rewrite the query, and inform the operator, whose log has the engine's output",
        ended=ended,
    )


def _timeout(running: Running, settings: PoolSettings) -> QueryTimeoutError:
    elapsed = round(running.elapsed, 3)
    there = f"; {settings.engine} cannot cancel a query, and may still be evaluating it" if settings.engine else ""
    return QueryTimeoutError(
        f"the query was stopped after {elapsed} s; its limit was {running.timeout:g} s; repair: narrow it, "
        f"or request more with timeout= (up to {settings.timeout:g} s here){there}",
        limit=running.timeout,
        maximum=settings.timeout,
        elapsed=elapsed,
    )


def memory_error(limit: int) -> QueryMemoryError:
    """Return the error for a query that needed more than `limit` bytes beyond the store."""
    return QueryMemoryError(
        f"the query needed more than {limit // 2**20} MiB of memory; "
        "repair: narrow it (fewer combinations, no ORDER BY over a product), or raise DUALBIO_QUERY_MEMORY",
        limit=limit,
    )


class LastWords:
    """What the worker of a slot writes to standard error, in a file in memory that outlives it."""

    def __init__(self) -> None:
        """Open the file; every worker of the slot inherits it."""
        self.file = os.memfd_create("last-words")

    def forget(self) -> None:
        """Start again, for the next worker."""
        os.ftruncate(self.file, 0)
        os.lseek(self.file, 0, os.SEEK_SET)

    def read(self) -> str:
        """Return what was written."""
        return os.pread(self.file, _LONGEST_WORDS, 0).decode(errors="replace")


class ExitReasons:
    """Why workers ended, by their serial numbers; who asks for one that still lives waits for its end."""

    def __init__(self) -> None:
        """Know nothing."""
        self._reports: dict[int, dict[str, Any]] = {}
        self._waiting: dict[int, list[Connection]] = {}

    def record(self, serial: int, reason: WorkError, query_id: str) -> None:
        """Keep why a worker ended, and what it was at; tell those who wait for it."""
        self._reports[serial] = {**reason.report, "query": query_id}
        for connection in self._waiting.pop(serial, []):
            tell(connection, self._reports[serial])
        while len(self._reports) > _KEPT:
            del self._reports[next(iter(self._reports))]

    def answer(self, serial: int, connection: Connection, *, alive: bool) -> None:
        """Tell why a worker ended: now, or at its end. One that is not known had begun nothing that is asked for."""
        if serial in self._reports:
            tell(connection, self._reports[serial])
        elif alive:
            self._waiting.setdefault(serial, []).append(connection)
        else:
            tell(connection, {**WorkerLostError("the query worker is gone; repair: retry").report, "query": ""})


def tell(connection: Connection, fields: dict[str, Any], file: int | None = None) -> None:
    """Answer one who asked the supervisor, if it is still there, and hang up."""
    with contextlib.suppress(OSError, LostConnectionError):
        connection.send(encode(Kind.TOLD, fields), file)
    connection.close()
