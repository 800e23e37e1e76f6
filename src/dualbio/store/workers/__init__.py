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
from dualbio.store.workers.generation import Generation
from dualbio.store.workers.pool import WorkerPool
from dualbio.store.workers.settings import PoolSettings
from dualbio.store.workers.syntax import canonical_text, names_graphs
from dualbio.store.workers.write_client import WriteClient
from dualbio.store.workers.writes import (
    BrokenDataError,
    GraphRefusedError,
    NoSuchGraphError,
    Outcome,
    PreconditionError,
    UpdateDatasetError,
    WriteRequest,
)

__all__ = [
    "Answer",
    "AnswerTooLargeError",
    "BrokenDataError",
    "Dataset",
    "FormatRefusedError",
    "Generation",
    "GraphRefusedError",
    "NoSuchGraphError",
    "Outcome",
    "PoolBusyError",
    "PoolClient",
    "PoolSettings",
    "PoolUnavailableError",
    "PreconditionError",
    "QueryCancelledError",
    "QueryFailedError",
    "QueryMemoryError",
    "QueryRefusedError",
    "QueryStopError",
    "QuerySyntaxError",
    "QueryTimeoutError",
    "QueryTooComplexError",
    "SpoolError",
    "UpdateDatasetError",
    "WorkerLostError",
    "WorkerPool",
    "WriteClient",
    "WriteRequest",
    "canonical_text",
    "names_graphs",
]
