"""A connection to a worker: connecting, receiving the answer, and errors."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dualbio.sparql.formats import FORMATS_BY_NAME, Format
from dualbio.store.workers.process.errors import PoolBusyError, PoolUnavailableError, QueryTimeoutError
from dualbio.store.workers.process.protocol import Connection, Message, QueryRequest

__all__ = [
    "GRACE",
    "Line",
    "PoolAnswer",
    "answer_of",
    "open_line",
    "pool_is_gone",
    "queue_is_full",
    "too_late",
    "waited_too_long",
]

#: Seconds beyond the limit of a query after which its worker is given up.
GRACE = 10.0


@dataclass
class PoolAnswer:
    """A whole answer: either `body`, or a `file` to be read from its start and closed.

    `kind` is `select`, `ask` or `graph`; `length` is in bytes, `elapsed` in seconds of evaluation.
    """

    kind: str
    format: Format
    length: int
    elapsed: float
    query_id: str
    release: str
    body: bytes | None = None
    file: IO[bytes] | None = None

    def read(self) -> bytes:
        """Return all bytes, and close the file."""
        if self.file is None:
            return self.body or b""
        with self.file as file:
            return file.read()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file:
            self.file.close()


@dataclass(eq=False)
class Line:
    """A connection that a worker has greeted."""

    connection: Connection
    slot: int
    worker: int
    release: str

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


def answer_of(line: Line, reply: Message, request: QueryRequest) -> PoolAnswer:
    """Return the answer that a message of the kind `ANSWER` brings, with the file that came along."""
    told, files = reply.fields, line.connection.files
    answer = PoolAnswer(
        told["kind"],
        FORMATS_BY_NAME[told["format"]],
        told["length"],
        told["elapsed"],
        request.query_id,
        line.release,
    )
    if files:
        answer.file = os.fdopen(files.pop(), "rb")
        answer.file.seek(0)
    else:
        answer.body = reply.body
    return answer


def open_line(path: Path, timeout: float) -> socket.socket:
    """Return a socket connected to `path` on which nothing is waited for much longer than `timeout` seconds.

    Raises:
        PoolBusyError: its queue is full.
        PoolUnavailableError: no process listens there.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        sock.connect(str(path))
    except BlockingIOError as error:
        sock.close()
        raise queue_is_full() from error
    except OSError as error:
        sock.close()
        raise pool_is_gone() from error
    sock.setblocking(True)
    # The kernel's own time-outs leave the socket blocking, which saves a system call per read.
    patience = struct.pack("ll", int(timeout + GRACE) + 1, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
    return sock


def too_late(request: QueryRequest) -> QueryTimeoutError:
    """Return the error for a worker that did not answer in time."""
    limit = request.timeout
    return QueryTimeoutError(f"no answer {GRACE:g} s after the limit of {limit:g} s", limit=limit)


def queue_is_full() -> PoolBusyError:
    """Return the error for a query that finds no place to wait."""
    return PoolBusyError("all query workers are busy and the queue is full; repair: retry later")


def waited_too_long(seconds: float) -> PoolBusyError:
    """Return the error for a query that found no idle worker."""
    return PoolBusyError(f"no query worker became free in {seconds:g} s; repair: retry later", waited=seconds)


def pool_is_gone() -> PoolUnavailableError:
    """Return the error for a pool that nobody answers for."""
    return PoolUnavailableError("no query worker can be reached; repair: retry later")
