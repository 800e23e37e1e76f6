"""Runs part of a build in a second process, so that it uses a second core.

The process is forked, so that it has all that was read without reading it again; what comes of its work is pickled.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple, TypeVar

__all__ = ["beside"]

_A = TypeVar("_A")
_B = TypeVar("_B")


@contextmanager
def beside(first: Callable[[], _A], second: Callable[[], _B]) -> Iterator[tuple[Future[_A], Future[_B]]]:
    """Begin two calls, one after the other, in another process; yield what will come of each: a value, or its error.

    They see what there is now, and what they change is changed for them alone. A thread of this process makes them
    where it cannot be forked, because it has threads, which may hold locks, or the system does not tell of them; and
    when the other process is lost. Behind the context neither is left.
    """
    left = Event()
    process, results = _fork(first, second) if _has_one_thread() else (None, None)
    with ThreadPoolExecutor(1, "beside") as thread:
        try:
            yield thread.submit(_outcome_of, first, results, left), thread.submit(_outcome_of, second, results, left)
        finally:
            left.set()
            if process and results:
                process.kill()
                process.join()
                results.close()


class _Outcome(NamedTuple):
    """What came of a call in the other process."""

    value: Any = None
    error: Exception | None = None


def _has_one_thread() -> bool:
    """Return whether this process has one thread, as Linux tells, which also counts those of the engine."""
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def _fork(*calls: Callable[[], Any]) -> tuple[Any, Connection]:
    """Return a process that makes calls, and where their outcomes arrive, in the same order."""
    forking = get_context("fork")
    results, out = forking.Pipe(duplex=False)
    process = forking.Process(target=_work, args=(calls, out), daemon=True)
    process.start()
    out.close()  # the other process has it now, and its end shows when that one is lost
    return process, results


def _work(calls: tuple[Callable[[], Any], ...], out: Connection) -> None:
    """Make calls and send what came of them; interrupted as the whole group is, end without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for call in calls:
        try:
            outcome = _Outcome(call())
        except Exception as error:  # noqa: BLE001 - the other process raises it
            outcome = _Outcome(error=error)
        out.send(outcome)


def _outcome_of(call: Callable[[], Any], results: Connection | None, left: Event) -> Any:
    """Return what the other process sends of a call, or what comes of it here when it sends nothing."""
    try:
        outcome = results.recv() if results else None
    except (EOFError, OSError):
        outcome = None
    if left.is_set():
        raise CancelledError
    if outcome is None:
        return call()
    if outcome.error:
        raise outcome.error
    return outcome.value
