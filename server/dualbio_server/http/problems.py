"""Problem details (RFC 9457): the one shape of the service's errors."""

from __future__ import annotations

import errno
import json
import secrets
import sys
import traceback
from http import HTTPStatus
from typing import Any

from dualbio.errors import DualbioError, NotFoundError, ParameterError, ReleaseError
from dualbio.sparql.formats import NotAcceptableError
from dualbio.store.workers import WorkError

__all__ = ["MEDIA_TYPE", "ProblemError", "problem_of"]

MEDIA_TYPE = "application/problem+json; charset=utf-8"

#: Seconds after which a client may try again, for errors that pass.
_RETRY = {"busy": 2, "unavailable": 2, "lost": 1, "storage": 30, "yielded": 5}

#: Cause of a stopped query: status and title.
_STOPPED: dict[str, tuple[HTTPStatus, str]] = {
    "syntax": (HTTPStatus.BAD_REQUEST, "Not a SPARQL query"),
    "failed": (HTTPStatus.BAD_REQUEST, "The engine cannot evaluate this query"),
    "endpoint": (HTTPStatus.BAD_GATEWAY, "Another endpoint did not answer"),
    "refused": (HTTPStatus.FORBIDDEN, "Switched off on this service"),
    "format": (HTTPStatus.NOT_ACCEPTABLE, "No acceptable format"),
    "cancelled": (HTTPStatus.CONFLICT, "Query cancelled"),
    "too-complex": (HTTPStatus.UNPROCESSABLE_ENTITY, "Query nested too deeply"),
    "memory": (HTTPStatus.UNPROCESSABLE_ENTITY, "Query needs too much memory"),
    "too-large": (HTTPStatus.UNPROCESSABLE_ENTITY, "Answer too large"),
    "timeout": (HTTPStatus.GATEWAY_TIMEOUT, "Query stopped at its time limit"),
    "busy": (HTTPStatus.SERVICE_UNAVAILABLE, "All query workers are busy"),
    "unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "No query worker can be reached"),
    "yielded": (HTTPStatus.SERVICE_UNAVAILABLE, "Query ended in favour of other clients"),
    "crashed": (HTTPStatus.INTERNAL_SERVER_ERROR, "The engine crashed"),
    "lost": (HTTPStatus.SERVICE_UNAVAILABLE, "The query worker was lost"),
    "storage": (HTTPStatus.INSUFFICIENT_STORAGE, "Disk full"),
    "graph-refused": (HTTPStatus.FORBIDDEN, "Only user graphs can be written"),
    "update-dataset": (HTTPStatus.BAD_REQUEST, "Two datasets"),
    "precondition": (HTTPStatus.PRECONDITION_FAILED, "The graph is in another state"),
    "no-such-graph": (HTTPStatus.NOT_FOUND, "No such graph"),
    "broken-data": (HTTPStatus.BAD_REQUEST, "Not the RDF that was announced"),
}


class ProblemError(DualbioError):
    """An error with its HTTP status; `code` is the last part of its type, `extra` are further members.

    `near` are IRIs or paths of what was probably meant, which a page about the error leads to.
    """

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
        """Keep the parts of the answer."""
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.code = code
        self.title = title or self.status.phrase
        self.headers = headers
        self.near: tuple[str, ...] = ()
        self.extra = extra

    def leading_to(self, *places: str) -> ProblemError:
        """Return the error with the IRIs or paths of what was probably meant."""
        self.near = places
        return self

    @property
    def type(self) -> str:
        """The IRI of what went wrong."""
        return f"https://w3id.org/dualbio/problem/{self.code}"

    def body(self) -> bytes:
        """Return the JSON document."""
        members = {
            "type": self.type,
            "title": self.title,
            "status": int(self.status),
            "detail": str(self),
            **self.extra,
        }
        return json.dumps(members, ensure_ascii=False, indent=1).encode() + b"\n"

    def reply_headers(self) -> list[tuple[str, str]]:
        """Return the headers of the answer, without its length."""
        return [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store"), *self.headers]


def problem_of(error: Exception) -> ProblemError:
    """Return the problem behind an error; one that nobody expects is traced in the log, under an id that it tells."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, NotAcceptableError):
        offered = [form.media_type for form in error.offered]
        return ProblemError(406, "not-acceptable", str(error), offered=offered)
    if isinstance(error, WorkError):
        status, title = _STOPPED[error.code]
        wait = _RETRY.get(error.code)
        headers = (("Retry-After", str(wait)),) if wait else ()
        return ProblemError(status, error.code, str(error), title=title, headers=headers, **error.details)
    if isinstance(error, NotFoundError):
        return ProblemError(404, "not-found", str(error))
    if isinstance(error, ParameterError):
        return ProblemError(400, "parameter", str(error))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _stopped("storage", "the disk is full; repair: retry later")
    if isinstance(error, RecursionError):
        return _stopped("too-complex", "the request is nested too deeply; repair: close its brackets sooner")
    if isinstance(error, ReleaseError):
        _trace(error, "release")
        return ProblemError(503, "release", "a file of this release is damaged; the operator's log says which")
    number = secrets.token_hex(8)
    _trace(error, number)
    detail = f"internal error; the operator finds it in the log under {number}"
    return ProblemError(500, "internal", detail, error=number)


def _stopped(code: str, detail: str) -> ProblemError:
    status, title = _STOPPED[code]
    wait = _RETRY.get(code)
    return ProblemError(status, code, detail, title=title, headers=(("Retry-After", str(wait)),) if wait else ())


def _trace(error: Exception, number: str) -> None:
    lines = "".join(traceback.format_exception(error))
    sys.stderr.write(f"dualbio: error {number}\n{lines}")
    sys.stderr.flush()
