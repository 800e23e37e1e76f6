"""Problem details (RFC 9457): the one shape in which the service tells what went wrong."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from dualbio.errors import DualbioError, NotFoundError, ParameterError
from dualbio.formats import NotAcceptableError
from dualbio.store.workers import QueryStopError

__all__ = ["MEDIA_TYPE", "ProblemError", "problem_of"]

MEDIA_TYPE = "application/problem+json; charset=utf-8"

#: Seconds after which a client may try again, for errors that pass.
_RETRY = {"busy": 2, "unavailable": 2, "lost": 1, "storage": 30}

#: Cause of a stopped query: status and title.
_STOPPED: dict[str, tuple[HTTPStatus, str]] = {
    "syntax": (HTTPStatus.BAD_REQUEST, "Not a SPARQL query"),
    "failed": (HTTPStatus.BAD_REQUEST, "The engine cannot evaluate this query"),
    "refused": (HTTPStatus.FORBIDDEN, "Switched off on this service"),
    "format": (HTTPStatus.NOT_ACCEPTABLE, "No acceptable format"),
    "cancelled": (HTTPStatus.CONFLICT, "Query cancelled"),
    "too-complex": (HTTPStatus.UNPROCESSABLE_ENTITY, "Query nested too deeply"),
    "memory": (HTTPStatus.UNPROCESSABLE_ENTITY, "Query needs too much memory"),
    "too-large": (HTTPStatus.UNPROCESSABLE_ENTITY, "Answer too large"),
    "timeout": (HTTPStatus.GATEWAY_TIMEOUT, "Query stopped at its time limit"),
    "busy": (HTTPStatus.SERVICE_UNAVAILABLE, "All query workers are at work"),
    "unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "No query worker can be reached"),
    "lost": (HTTPStatus.SERVICE_UNAVAILABLE, "The query worker was lost"),
    "storage": (HTTPStatus.INSUFFICIENT_STORAGE, "No room on the disk"),
    "graph-refused": (HTTPStatus.FORBIDDEN, "Only user graphs can be written"),
    "update-dataset": (HTTPStatus.BAD_REQUEST, "Two datasets"),
    "precondition": (HTTPStatus.PRECONDITION_FAILED, "The graph is in another state"),
    "no-such-graph": (HTTPStatus.NOT_FOUND, "No such graph"),
    "broken-data": (HTTPStatus.BAD_REQUEST, "Not the RDF that was announced"),
}


class ProblemError(DualbioError):
    """An error with its HTTP status; `code` is the last part of its type, `extra` are further members."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        **extra: Any,
    ) -> None:
        """Keep what the client is told."""
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.code = code
        self.title = title or self.status.phrase
        self.headers = headers
        self.extra = extra

    def body(self) -> bytes:
        """Return the JSON document."""
        members = {
            "type": f"https://w3id.org/dualbio/problem/{self.code}",
            "title": self.title,
            "status": int(self.status),
            "detail": str(self),
            **self.extra,
        }
        return json.dumps(members, ensure_ascii=False, indent=1).encode() + b"\n"

    def reply_headers(self) -> list[tuple[str, str]]:
        """Return the headers of the answer, without its length."""
        return [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store"), *self.headers]


def problem_of(error: DualbioError) -> ProblemError:
    """Return the problem behind an error of the library."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, NotAcceptableError):
        offered = [form.media_type for form in error.offered]
        return ProblemError(406, "not-acceptable", str(error), offered=offered)
    if isinstance(error, QueryStopError):
        status, title = _STOPPED[error.code]
        wait = _RETRY.get(error.code)
        headers = (("Retry-After", str(wait)),) if wait else ()
        return ProblemError(status, error.code, str(error), title=title, headers=headers, **error.details)
    if isinstance(error, NotFoundError):
        return ProblemError(404, "not-found", str(error))
    if isinstance(error, ParameterError):
        return ProblemError(400, "parameter", str(error))
    return ProblemError(500, "internal", "something went wrong inside the service; the operator's log knows more")
