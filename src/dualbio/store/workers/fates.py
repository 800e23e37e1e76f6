"""From the wait status of a dead worker to the error that its client is told."""

from __future__ import annotations

import os
import signal
from typing import Any

from dualbio.store.workers.board import Running
from dualbio.store.workers.errors import (
    QueryCancelledError,
    QueryMemoryError,
    QueryStopError,
    QueryTimeoutError,
    QueryTooComplexError,
    WorkerLostError,
)
from dualbio.store.workers.settings import PoolSettings

__all__ = ["fate_of"]


def fate_of(status: int, running: Running | None, settings: PoolSettings, *, cancelled: bool) -> dict[str, Any]:
    """Return the error behind the wait status of a worker, as code, message and details.

    The kernel ends a worker by SIGALRM at its time limit; the engine aborts when memory is refused to it;
    a parser that nests too deeply overruns the stack.
    """
    error = _error_of(os.waitstatus_to_exitcode(status), running, settings, cancelled=cancelled)
    return {"code": error.code, "message": str(error), "details": error.details}


def _error_of(code: int, running: Running | None, settings: PoolSettings, *, cancelled: bool) -> QueryStopError:
    elapsed = round(running.elapsed, 3) if running else None
    timeout = running.timeout if running else settings.timeout
    if cancelled:
        return QueryCancelledError(f"the query was cancelled after {elapsed} s", elapsed=elapsed)
    if code == -signal.SIGALRM:
        return QueryTimeoutError(
            f"the query was stopped after {elapsed} s; its limit was {timeout:g} s; repair: narrow it, "
            f"or ask for more with timeout= (up to {settings.timeout:g} s here)",
            limit=timeout,
            maximum=settings.timeout,
            elapsed=elapsed,
        )
    if code == -signal.SIGABRT:
        return memory_error(settings.memory)
    if code in (-signal.SIGSEGV, -signal.SIGBUS):
        return QueryTooComplexError("the query is nested too deeply for the parser; repair: flatten its groups")
    return WorkerLostError("the query worker ended without an answer; repair: ask again")


def memory_error(limit: int) -> QueryMemoryError:
    """Return the error for a query that needed more than `limit` bytes beyond the store."""
    return QueryMemoryError(
        f"the query needed more than {limit // 2**20} MiB of memory; "
        "repair: narrow it (fewer combinations, no ORDER BY over a product), or raise DUALBIO_QUERY_MEMORY",
        limit=limit,
    )
