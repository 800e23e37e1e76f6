"""Untrusted queries in processes that can be killed: the pool and its supervisor.

A small supervisor loads the release and forks workers; a worker evaluates one query at a time. The kernel holds the
limits: SIGALRM ends a query at its time limit, a refused allocation at its memory limit, and without a free descriptor
it can open no connection. The supervisor replaces dead workers and reports why they died, so that a client learns which
limit was met and no answer is ever cut short.
"""

from dualbio.store.workers.clients.lines import PoolAnswer
from dualbio.store.workers.clients.loop_client import LoopAnswer, LoopClient
from dualbio.store.workers.clients.pool_client import PoolClient
from dualbio.store.workers.clients.pool_store import PoolStore
from dualbio.store.workers.pool import WorkerPool
from dualbio.store.workers.process.errors import (
    AnswerTooLargeError,
    BrokenDataError,
    EndpointFailedError,
    FormatRefusedError,
    GraphRefusedError,
    NoSuchGraphError,
    PoolBusyError,
    PoolUnavailableError,
    PreconditionError,
    QueryCancelledError,
    QueryCrashedError,
    QueryFailedError,
    QueryMemoryError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooComplexError,
    QueryYieldedError,
    SpoolError,
    UpdateDatasetError,
    WorkerLostError,
    WorkError,
)
from dualbio.store.workers.process.protocol import Dataset, QueryRequest
from dualbio.store.workers.process.settings import PoolSettings
from dualbio.store.workers.write.write_client import WriteClient
from dualbio.store.workers.write.write_counter import Generation
from dualbio.store.workers.write.writes import WriteReceipt, WriteRequest

__all__ = [
    "AnswerTooLargeError",
    "BrokenDataError",
    "Dataset",
    "EndpointFailedError",
    "FormatRefusedError",
    "Generation",
    "GraphRefusedError",
    "LoopAnswer",
    "LoopClient",
    "NoSuchGraphError",
    "PoolAnswer",
    "PoolBusyError",
    "PoolClient",
    "PoolSettings",
    "PoolStore",
    "PoolUnavailableError",
    "PreconditionError",
    "QueryCancelledError",
    "QueryCrashedError",
    "QueryFailedError",
    "QueryMemoryError",
    "QueryRefusedError",
    "QueryRequest",
    "QuerySyntaxError",
    "QueryTimeoutError",
    "QueryTooComplexError",
    "QueryYieldedError",
    "SpoolError",
    "UpdateDatasetError",
    "WorkError",
    "WorkerLostError",
    "WorkerPool",
    "WriteClient",
    "WriteReceipt",
    "WriteRequest",
]
