"""The queries of strangers, each in a process that can be stopped.

A small supervisor loads the release and forks workers; a worker evaluates one query at a time. The kernel holds the
limits: SIGALRM ends a query at its time, a refused allocation ends it at its memory, and without a free descriptor it
can open no connection. The supervisor replaces the dead and tells why they died, so that every limit is reported as
what it is and no answer is ever cut short.
"""

from dualbio.store.workers.client import Answer, PoolClient
from dualbio.store.workers.errors import (
    AnswerTooLargeError,
    FormatRefusedError,
    PoolBusyError,
    PoolUnavailableError,
    QueryCancelledError,
    QueryFailedError,
    QueryMemoryError,
    QueryRefusedError,
    QueryStopError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooComplexError,
    SpoolError,
    WorkerLostError,
)
from dualbio.store.workers.evaluate import Dataset
from dualbio.store.workers.pool import WorkerPool
from dualbio.store.workers.settings import PoolSettings
from dualbio.store.workers.syntax import canonical_text

__all__ = [
    "Answer",
    "AnswerTooLargeError",
    "Dataset",
    "FormatRefusedError",
    "PoolBusyError",
    "PoolClient",
    "PoolSettings",
    "PoolUnavailableError",
    "QueryCancelledError",
    "QueryFailedError",
    "QueryMemoryError",
    "QueryRefusedError",
    "QueryStopError",
    "QuerySyntaxError",
    "QueryTimeoutError",
    "QueryTooComplexError",
    "SpoolError",
    "WorkerLostError",
    "WorkerPool",
    "canonical_text",
]
