"""Why a worker ended, as its client is told."""

from __future__ import annotations

import signal

import pytest

from dualbio.store.workers import (
    PoolSettings,
    QueryCrashedError,
    QueryMemoryError,
    QueryTimeoutError,
    QueryTooComplexError,
    WorkerLostError,
    WorkError,
)
from dualbio.store.workers.process.errors import error_of
from dualbio.store.workers.process.exit_reasons import exit_reason
from dualbio.store.workers.process.running_queries import Phase, Running

SETTINGS = PoolSettings("toy", (), "/nowhere")
REFUSED = "memory allocation of 1073741824 bytes failed\n"
REFUSED_ON_DISK = "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n"
PANIC = "thread '<unnamed>' panicked at src/lib.rs:1:1:\ncalled `Option::unwrap()` on a `None` value\n"
FAILED = 1 << 8  # exit status 1


def running(phase: Phase) -> Running:
    """Return a query that has come so far."""
    return Running("id", "192.0.2.1", "ASK {}", phase, 1.5, 10.0)


@pytest.mark.parametrize(
    ("status", "words", "phase", "expected"),
    [
        (signal.SIGALRM, "", Phase.EVALUATING, QueryTimeoutError),
        (signal.SIGABRT, REFUSED, Phase.EVALUATING, QueryMemoryError),
        (signal.SIGABRT, REFUSED, Phase.READING, QueryMemoryError),
        (signal.SIGABRT, REFUSED_ON_DISK, Phase.EVALUATING, QueryMemoryError),
        (signal.SIGABRT, PANIC, Phase.EVALUATING, QueryCrashedError),
        (signal.SIGABRT, "", Phase.READING, QueryCrashedError),
        (FAILED, "Traceback", Phase.EVALUATING, QueryCrashedError),
        (signal.SIGSEGV, "", Phase.READING, QueryTooComplexError),
        (signal.SIGBUS, "", Phase.READING, QueryTooComplexError),
        (signal.SIGSEGV, "", Phase.EVALUATING, QueryCrashedError),
        (signal.SIGKILL, "", Phase.EVALUATING, WorkerLostError),
        (signal.SIGKILL, "", Phase.COMMITTING, WorkerLostError),
        (signal.SIGABRT, REFUSED, Phase.COMMITTING, WorkerLostError),
        (signal.SIGALRM, "", Phase.COMMITTING, WorkerLostError),
        (FAILED, "", Phase.COMMITTING, WorkerLostError),
    ],
)
def test_the_reason_is_what_was_measured(status: int, words: str, phase: Phase, expected: type[WorkError]) -> None:
    """Memory is told only where an allocation was refused, and after the commit point nothing but doubt."""
    assert expected is type(exit_reason(int(status), words, running(phase), SETTINGS))


def test_an_idle_worker_that_ended_is_no_fault_of_a_query() -> None:
    """Whoever asked it just then is told to ask again."""
    assert WorkerLostError is type(exit_reason(int(signal.SIGABRT), REFUSED, None, SETTINGS))


def kinds(error: type[WorkError]) -> list[type[WorkError]]:
    """Return all classes below one."""
    return [kind for child in error.__subclasses__() for kind in (child, *kinds(child))]


@pytest.mark.parametrize("kind", kinds(WorkError))
def test_every_error_arrives_as_it_was_reported(kind: type[WorkError]) -> None:
    """Class, message and figures survive the way to another process."""
    error = error_of(kind("the message", limit=3).report)
    assert (kind, "the message", {"limit": 3}) == (type(error), str(error), error.details)
