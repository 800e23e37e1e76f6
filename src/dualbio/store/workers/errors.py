"""Why a query was not answered: one error for each cause, told to the user in full."""

from __future__ import annotations

from typing import ClassVar

from dualbio.errors import StoreError

__all__ = [
    "AnswerTooLargeError",
    "FormatRefusedError",
    "PoolBusyError",
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
    "error_of",
]


class QueryStopError(StoreError):
    """Base of the errors of the query workers; `code` names the cause for programs, `details` its figures."""

    code: ClassVar[str] = "stopped"

    def __init__(self, message: str, **details: object) -> None:
        """Keep the message and the figures that belong to it."""
        super().__init__(message)
        self.details = details


class QuerySyntaxError(QueryStopError):
    """The text is not a SPARQL query; `details` holds `line` and `column` when the engine told them."""

    code = "syntax"


class QueryRefusedError(QueryStopError):
    """The query asks for something that is switched off here, such as SERVICE."""

    code = "refused"


class QueryTimeoutError(QueryStopError):
    """The query ran to its time limit and was stopped."""

    code = "timeout"


class QueryMemoryError(QueryStopError):
    """The query needed more memory than one query may use."""

    code = "memory"


class QueryTooComplexError(QueryStopError):
    """The query is nested too deeply for the parser."""

    code = "too-complex"


class QueryCancelledError(QueryStopError):
    """The query was stopped on request."""

    code = "cancelled"


class QueryFailedError(QueryStopError):
    """The engine could not evaluate the query; its own words are kept."""

    code = "failed"


class FormatRefusedError(QueryStopError):
    """The kind of answer (`details["kind"]`) cannot be sent in a format that the client accepts."""

    code = "format"


class AnswerTooLargeError(QueryStopError):
    """The answer is larger than what may be spooled."""

    code = "too-large"


class PoolBusyError(QueryStopError):
    """Every worker is at work and the queue is full, or the wait in it was too long."""

    code = "busy"


class PoolUnavailableError(QueryStopError):
    """No query worker can be reached."""

    code = "unavailable"


class WorkerLostError(QueryStopError):
    """A worker ended for no fault of the query; another has taken its place."""

    code = "lost"


class SpoolError(QueryStopError):
    """There is no room on the disk for the answer."""

    code = "storage"


def error_of(code: str, message: str, details: dict[str, object]) -> QueryStopError:
    """Return the error that a worker reported by its code."""
    known = {each.code: each for each in QueryStopError.__subclasses__()}
    return known.get(code, QueryFailedError)(message, **details)
