"""Asking the query workers: one client per process, safe for threads."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from dualbio.formats import FORMATS, Format
from dualbio.store.workers.errors import (
    PoolBusyError,
    PoolUnavailableError,
    QueryStopError,
    QueryTimeoutError,
    WorkerLostError,
    error_of,
)
from dualbio.store.workers.evaluate import Dataset
from dualbio.store.workers.protocol import Connection, Frame, Head, LostConnectionError, Request, encode

__all__ = ["Answer", "PoolClient"]

_BY_NAME = {form.name: form for form in FORMATS}
#: Seconds beyond the limit of a query after which its worker is given up.
_GRACE = 10.0
_CONTROL_TIMEOUT = 5.0
#: Bytes of a message that a socket holds for a worker which has not yet taken the connection.
_EARLY = 64 * 1024
_NO_DATASET = Dataset()


@dataclass
class Answer:
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

    def chunks(self, size: int = 256 * 1024) -> Iterator[bytes]:
        """Yield the bytes in pieces, and close the file."""
        if self.file is None:
            yield self.body or b""
            return
        with self.file as file:
            while piece := file.read(size):
                yield piece

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file:
            self.file.close()


@dataclass
class _Line:
    """A connection that a worker has greeted."""

    connection: Connection
    worker: int
    release: str
    sound: bool = True

    def close(self) -> None:
        """Hang up."""
        self.sound = False
        self.connection.close()


class PoolClient:
    """Sends queries to the workers behind the sockets in `folder`."""

    def __init__(
        self, folder: Path, *, lines: int = 2, waiting: int = 64, queue_wait: float = 10.0, timeout: float = 30.0
    ) -> None:
        """Name the folder of the pool, and bound what this process asks of it.

        Args:
            folder: where the sockets of the pool are.
            lines: most connections at a time, which is most queries at work; the number of workers is a good choice.
            waiting: most threads that may wait for a line.
            queue_wait: seconds that a query may wait for a worker.
            timeout: seconds that a query may run unless it asks for less or more.
        """
        self.folder = folder
        self.waiting = waiting
        self.queue_wait = queue_wait
        self.timeout = timeout
        # Each free place is an open line, or None where one may be opened; threads are served in their order.
        self._places: SimpleQueue[_Line | None] = SimpleQueue()
        for _ in range(lines):
            self._places.put(None)
        self._lines = lines
        # Whoever knows the id of a query may cancel it, so no other process can guess one.
        self._secret = secrets.token_hex(12)
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._under_way = 0

    def query(
        self,
        text: str,
        *,
        results_format: Format | None = FORMATS[0],
        graph_format: Format | None = _BY_NAME["turtle"],
        dataset: Dataset = _NO_DATASET,
        base: str | None = None,
        timeout: float | None = None,
        query_id: str | None = None,
    ) -> Answer:
        """Evaluate a query in a worker and return its whole answer.

        Args:
            text: a SPARQL query; prefixes of the pool need no declaration.
            results_format: format of rows, None when the client accepts none.
            graph_format: format of triples, None when the client accepts none.
            dataset: graphs to query instead of those the query names.
            base: IRI that relative IRIs are resolved against, by default the pool's.
            timeout: seconds, at most the pool's maximum.
            query_id: name under which the query can be cancelled.

        Raises:
            QueryStopError: one of its children for each cause.
        """
        request = Request(
            query_id or f"{self._secret}-{next(self._numbers)}",
            float(self.timeout if timeout is None else timeout),
            results_format.name if results_format else "",
            graph_format.name if graph_format else "",
            base or "",
            dataset.default,
            dataset.named,
            text,
        )
        message = encode(Frame.QUERY, request.pack())
        line = self._take_place()
        try:
            while True:
                sent = line is None and len(message) <= _EARLY
                line = line or self._connect(message if sent else b"")
                answer = self._ask(line, b"" if sent else message, request)
                if answer:
                    return answer
                line = None
        except QueryStopError:
            line = line if line and line.sound else None
            raise
        finally:
            self._leave()
            self._places.put(line)

    def _ask(self, line: _Line, message: bytes, request: Request) -> Answer | None:
        """Return the answer over `line`, or None when its worker gave it up before beginning."""
        try:
            line.connection.send(message)
        except LostConnectionError:
            line.close()
            return None
        try:
            kind, payload = line.connection.receive()
            if kind is Frame.BYE:
                line.close()
                return None
            return self._read_answer(line, kind, payload, request)
        except LostConnectionError as error:
            line.close()
            raise self._fate(line.worker) from error
        except BlockingIOError as error:
            line.close()
            limit = request.timeout
            raise QueryTimeoutError(f"no answer {_GRACE:g} s after the limit of {limit:g} s", limit=limit) from error

    def _read_answer(self, line: _Line, kind: Frame, payload: bytes, request: Request) -> Answer:
        if kind is Frame.ERROR:
            report = json.loads(payload)
            raise error_of(report["code"], report["message"], report["details"])
        head = Head.unpack(payload)
        pieces: list[bytes] = []
        while (frame := line.connection.receive())[0] is not Frame.END:
            pieces.append(frame[1])
        form = _BY_NAME[head.format]
        answer = Answer(head.kind, form, head.length, head.elapsed, request.query_id, line.release)
        if head.spooled:
            answer.file = os.fdopen(line.connection.files.pop(), "rb")
            answer.file.seek(0)
        else:
            answer.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return answer

    # --- connections -------------------------------------------------------------------------------------------------

    def _take_place(self) -> _Line | None:
        with self._lock:
            if self._under_way >= self._lines + self.waiting:
                raise _full()
            self._under_way += 1
        try:
            return self._places.get(timeout=self.queue_wait)
        except Empty:
            self._leave()
            raise _waited_too_long(self.queue_wait) from None

    def _leave(self) -> None:
        with self._lock:
            self._under_way -= 1

    def _connect(self, message: bytes) -> _Line:
        """Return a new line once a worker has taken it; `message` waits there, so that the worker need not."""
        deadline = time.monotonic() + self.queue_wait
        while True:
            connection = Connection(_open(self.folder / "queries.sock", self.timeout))
            with contextlib.suppress(LostConnectionError):  # told by the greeting that does not come
                connection.send(message)
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if not poll.poll(max(0, 1000 * (deadline - time.monotonic()))):
                connection.close()
                raise _waited_too_long(self.queue_wait)
            try:
                _, payload = connection.receive()
            except LostConnectionError:  # the pool was drained; its successor has the same address
                connection.close()
                continue
            greeting = json.loads(payload)
            return _Line(connection, greeting["worker"], greeting["release"])

    def close(self) -> None:
        """Close the connections that are not in use."""
        for _ in range(self._lines):
            with contextlib.suppress(Empty):
                line = self._places.get_nowait()
                if line:
                    line.close()
                self._places.put(None)

    # --- control -----------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Return release, number of workers, and the queries at work (`id`, `text`, `elapsed`, `timeout`)."""
        return self._control({"ask": "status"})

    def cancel(self, query_id: str) -> bool:
        """Stop a query; tell whether it was at work."""
        return bool(self._control({"ask": "cancel", "id": query_id})["cancelled"])

    def _fate(self, worker: int) -> QueryStopError:
        try:
            fate = self._control({"ask": "fate", "worker": worker})
        except PoolUnavailableError:
            return WorkerLostError("the query worker ended without an answer; repair: ask again")
        return error_of(fate["code"], fate["message"], fate["details"])

    def _control(self, request: dict[str, Any]) -> dict[str, Any]:
        path = self.folder / "control.sock"
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(_CONTROL_TIMEOUT)
                sock.connect(str(path))
                sock.sendall(json.dumps(request).encode())
                answer: dict[str, Any] = json.loads(_read_all(sock))
        except (OSError, ValueError) as error:
            raise _unavailable() from error
        return answer


def _open(path: Path, timeout: float) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        sock.connect(str(path))
    except BlockingIOError as error:
        sock.close()
        raise _full() from error
    except OSError as error:
        sock.close()
        raise _unavailable() from error
    sock.setblocking(True)
    # The kernel's own time-outs leave the socket blocking, which saves a system call per read.
    patience = struct.pack("ll", int(timeout + _GRACE) + 1, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
    return sock


def _full() -> PoolBusyError:
    return PoolBusyError("every query worker is at work and the queue is full; repair: ask again later")


def _waited_too_long(seconds: float) -> PoolBusyError:
    return PoolBusyError(f"no query worker became free in {seconds:g} s; repair: ask again later", waited=seconds)


def _unavailable() -> PoolUnavailableError:
    return PoolUnavailableError("no query worker can be reached; repair: ask again later")


def _read_all(sock: socket.socket) -> bytes:
    pieces = []
    while piece := sock.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)
