"""Errors of queries and writes: one class for each cause, with a full message for the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dualbio.errors import StoreError

__all__ = [
    "AnswerTooLargeError",
    "BrokenDataError",
    "EndpointFailedError",
    "FormatRefusedError",
    "GraphRefusedError",
    "NoSuchGraphError",
    "PoolBusyError",
    "PoolUnavailableError",
    "PreconditionError",
    "QueryCancelledError",
    "QueryCrashedError",
    "QueryFailedError",
    "QueryMemoryError",
    "QueryRefusedError",
    "QuerySyntaxError",
    "QueryTimeoutError",
    "QueryTooComplexError",
    "QueryYieldedError",
    "SpoolError",
    "UpdateDatasetError",
    "WorkError",
    "WorkerLostError",
    "error_of",
    "shortened",
]

_LONGEST_MESSAGE = 300


class WorkError(StoreError):
    """Base of the errors of the query workers; `code` names the cause for programs, `details` its figures."""

    code: ClassVar[str] = "stopped"
    #: What a process of the pool may report, by code.
    kinds: ClassVar[dict[str, type[WorkError]]] = {}

    def __init_subclass__(cls) -> None:
        """Note a cause under its code."""
        WorkError.kinds[cls.code] = cls

    def __init__(self, message: str, **details: object) -> None:
        """Keep the message and the figures that belong to it."""
        super().__init__(message)
        self.details = details

    @property
    def report(self) -> dict[str, Any]:
        """The error as it goes to another process, where `error_of` restores it."""
        return {"code": self.code, "message": str(self), "details": self.details}


class QuerySyntaxError(WorkError):
    """The text is not a SPARQL query; `details` holds `line` and `column` if the engine reports them."""

    code = "syntax"


class QueryRefusedError(WorkError):
    """The query asks for something that is switched off here, such as SERVICE."""

    code = "refused"


class QueryTimeoutError(WorkError):
    """The query ran to its time limit and was stopped."""

    code = "timeout"


class QueryMemoryError(WorkError):
    """The query needed more memory than one query may use."""

    code = "memory"


class QueryTooComplexError(WorkError):
    """The query is nested too deeply, or has too many parts, for the stack of the engine."""

    code = "too-complex"


class QueryCancelledError(WorkError):
    """The query was stopped on request."""

    code = "cancelled"


class QueryYieldedError(WorkError):
    """The query was ended so that others are served: its client held more of the workers than its share."""

    code = "yielded"


class QueryCrashedError(WorkError):
    """The engine crashed while it was at the query, and no limit was met."""

    code = "crashed"


class QueryFailedError(WorkError):
    """The engine could not evaluate the query; its own words are kept."""

    code = "failed"


class EndpointFailedError(WorkError):
    """The query calls other endpoints, and one of them gave no answer."""

    code = "endpoint"

    @classmethod
    def of_engine(cls, endpoint: str, error: Exception) -> EndpointFailedError:
        """Return what is reported where the engine behind a service came to no answer, at the address `endpoint`."""
        told = f"the engine behind this service came to no answer: {error}"
        repair = "" if "repair: " in told else "; repair: retry, and if it comes again write the query in another way"
        return cls(told + repair, services=[endpoint])


class FormatRefusedError(WorkError):
    """The kind of answer (`details["kind"]`) cannot be sent in a format that the client accepts."""

    code = "format"


class AnswerTooLargeError(WorkError):
    """The answer is larger than what may be spooled."""

    code = "too-large"


class PoolBusyError(WorkError):
    """Every worker is at work and the queue is full, or the wait in it was too long."""

    code = "busy"


class PoolUnavailableError(WorkError):
    """No query worker can be reached."""

    code = "unavailable"


class WorkerLostError(WorkError):
    """A worker ended for no fault of what it was at; another takes its place. A write may have been stored."""

    code = "lost"


class SpoolError(WorkError):
    """There is no room on the disk for the answer."""

    code = "storage"


class GraphRefusedError(WorkError):
    """The write would touch a graph that is no user graph; `details["graph"]` names it."""

    code = "graph-refused"


class UpdateDatasetError(WorkError):
    """The request and the update both name a dataset (SPARQL 1.1 Protocol, section 2.2.3)."""

    code = "update-dataset"


class PreconditionError(WorkError):
    """The graph is not in the state that the client expects (RFC 9110, section 13)."""

    code = "precondition"


class NoSuchGraphError(WorkError):
    """There is no such user graph."""

    code = "no-such-graph"


class BrokenDataError(WorkError):
    """The body is not triples in the syntax that it claims."""

    code = "broken-data"


def error_of(report: Mapping[str, Any]) -> WorkError:
    """Return the error that another process has told as its `report`."""
    return WorkError.kinds[report["code"]](report["message"], **report["details"])


def shortened(message: str) -> str:
    """Return a message of the engine, without the end of a long one, most often a list of what was expected."""
    return message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE].rsplit(",", 1)[0] + ", …"
