"""Outgoing responses: a whole answer, in memory or in a file, from a WSGI application (PEP 3333)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from dualbio_server.http.file_body import FileBody
from dualbio_server.http.headers import COMMON, Headers
from dualbio_server.http.problems import ProblemError
from dualbio_server.http.turns import WholeAnswer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["HttpAnswer", "answer_of", "refusal"]

#: Bytes of an answer in pieces that are gathered in memory; more wait in a file.
_IN_MEMORY = 1024 * 1024
_WITHOUT_BODY = ("1", "204", "304")


@dataclass(slots=True)
class HttpAnswer:
    """A whole answer; `status` is as in PEP 3333, and the headers of one that has a body tell its length."""

    status: str
    headers: Headers
    body: bytes | IO[bytes] = b""

    @classmethod
    def of(cls, answer: WholeAnswer) -> HttpAnswer:
        """Return an answer that is whole already."""
        status, headers, body = answer
        return cls(status, headers, body.file if isinstance(body, FileBody) else body)

    def discard(self) -> None:
        """Close the file of an answer that is not sent."""
        if not isinstance(self.body, bytes):
            self.body.close()


def refusal(problem: ProblemError) -> HttpAnswer:
    """Return the answer that tells a problem."""
    body = problem.body()
    headers = [*problem.reply_headers(), ("Content-Length", str(len(body))), *COMMON]
    return HttpAnswer(f"{problem.status.value} {problem.status.phrase}", headers, body)


def answer_of(application: WSGIApplication, environ: dict[str, Any]) -> HttpAnswer:
    """Return the whole answer of an application to one request.

    Raises:
        Exception: whatever the application raises.
        RuntimeError: it gave no status.
    """
    told: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, error: Any = None, /) -> Callable[[bytes], object]:
        del error  # nothing of an earlier answer has been sent, so it is simply replaced
        told[:] = [(status, headers)]
        return _written

    result = application(environ, start_response)
    if isinstance(result, FileBody):
        return _whole_answer(told, result.file)
    with closing(_Closing(result)):
        if isinstance(result, (list, tuple)):
            return _whole_answer(told, b"".join(result))
        pieces = iter(result)
        first = next(pieces, b"")  # an application may wait with its status until it is asked for the first piece
        return _whole_answer(told, _gathered(chain([first], pieces)))


class _Closing:
    """The end of an answer in pieces."""

    def __init__(self, result: Iterable[bytes]) -> None:
        self.close = getattr(result, "close", _nothing)


def _nothing() -> None:
    pass


def _written(_: bytes) -> None:
    raise NotImplementedError("the `write` of PEP 3333 is for old applications; ours return what they send")


def _gathered(pieces: Iterator[bytes]) -> bytes | IO[bytes]:
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > _IN_MEMORY:
            return _spooled(chain(gathered, pieces))
    return b"".join(gathered)


def _spooled(pieces: Iterable[bytes]) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has been sent
    try:
        file.writelines(pieces)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _whole_answer(told: list[tuple[str, Headers]], body: bytes | IO[bytes]) -> HttpAnswer:
    if not told:
        raise RuntimeError("the application gave no status")
    ((status, headers),) = told
    if not status.startswith(_WITHOUT_BODY) and not any(name.lower() == "content-length" for name, _ in headers):
        headers = [*headers, ("Content-Length", str(_length(body)))]
    return HttpAnswer(status, headers, body)


def _length(body: bytes | IO[bytes]) -> int:
    if isinstance(body, bytes):
        return len(body)
    start = body.tell()
    end = body.seek(0, 2)
    body.seek(start)
    return end - start
