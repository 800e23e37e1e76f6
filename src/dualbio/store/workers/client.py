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
from dualbio.store.workers.tokens import Tokens, TokensGoneError, join_tokens

__all__ = ["Answer", "PoolClient", "open_line"]

_BY_NAME = {form.name: form for form in FORMATS}
#: Seconds beyond the limit of a query after which its worker is given up.
_GRACE = 10.0
_CONTROL_TIMEOUT = 5.0
_LOST = "the query worker ended without an answer; repair: ask again"
#: Times that a query is sent again when a worker ended without having begun it.
_TRIES = 5
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
    slot: int
    worker: int
    release: str

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


class PoolClient:
    """Sends queries to the workers behind the sockets in `folder`."""

    def __init__(
        self, folder: Path, *, lines: int = 2, waiting: int = 64, queue_wait: float = 10.0, timeout: float = 30.0
    ) -> None:
        """Name the folder of the pool, and bound what this process asks of it.

        Args:
            folder: where the sockets of the pool are.
            lines: the number of workers.
            waiting: most threads that may wait for a worker.
            queue_wait: seconds that a query may wait for a worker.
            timeout: seconds that a query may run unless it asks for less or more.
        """
        self.folder = folder
        self.queue_wait = queue_wait
        self.timeout = timeout
        self._lines: dict[int, list[_Line]] = {}
        self._tokens: Tokens | None = None
        self._most = lines + waiting
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
        user_graphs: bool = False,
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
            user_graphs: whether GRAPH and FROM reach user graphs too; otherwise the query sees the release alone.

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
            user_graphs,
            text,
        )
        message = encode(Frame.QUERY, request.pack())
        self._enter()
        try:
            slot = self._take_token()
            for _ in range(_TRIES):
                line = self._take_line(slot)
                answer = self._ask(line, message, request)
                if answer:
                    self._lines[slot].append(line)
                    return answer
                self._drop_lines(slot, line.worker)
        finally:
            self._leave()
        raise WorkerLostError("query workers ended one after the other; repair: ask again")

    def _ask(self, line: _Line, message: bytes, request: Request) -> Answer | None:
        """Return the answer over `line`, or None when its worker ended before beginning."""
        try:
            line.connection.send(message)
            kind, payload = line.connection.receive()
            if kind is not Frame.BYE:
                return self._read_answer(line, kind, payload, request)
        except LostConnectionError as error:
            line.close()
            fate = self._fate(line.worker)
            if fate.get("query", request.query_id) == request.query_id:
                raise _error_of(fate) from error
        except BlockingIOError as error:
            line.close()
            limit = request.timeout
            raise QueryTimeoutError(f"no answer {_GRACE:g} s after the limit of {limit:g} s", limit=limit) from error
        line.close()
        return None

    def _read_answer(self, line: _Line, kind: Frame, payload: bytes, request: Request) -> Answer:
        if kind is Frame.ERROR:
            self._lines[line.slot].append(line)
            raise _error_of(json.loads(payload))
        head = Head.unpack(payload)
        form = _BY_NAME[head.format]
        answer = Answer(head.kind, form, head.length, head.elapsed, request.query_id, line.release)
        if head.spooled:
            line.connection.receive()
            answer.file = os.fdopen(line.connection.files.pop(), "rb")
            answer.file.seek(0)
        else:
            answer.body = line.connection.take(head.length)
        return answer

    # --- connections -------------------------------------------------------------------------------------------------

    def _enter(self) -> None:
        with self._lock:
            if self._under_way >= self._most:
                raise _full()
            self._under_way += 1

    def _leave(self) -> None:
        with self._lock:
            self._under_way -= 1

    def _take_token(self) -> int:
        """Wait for an idle worker, and return its slot; only one query may be sent there until it is idle again."""
        try:
            slot = (self._tokens or self._join()).take(self.queue_wait)
        except TokensGoneError as error:
            self._tokens = None  # another pool may come to the folder
            raise _unavailable() from error
        if slot is None:
            raise _waited_too_long(self.queue_wait)
        return slot

    def _join(self) -> Tokens:
        """Take part in the queue for the workers of the pool that is behind the folder now."""
        with self._lock:
            if self._tokens is None:
                try:
                    self._tokens = join_tokens(self.folder / "control.sock")
                except OSError as error:
                    raise _unavailable() from error
            return self._tokens

    def _take_line(self, slot: int) -> _Line:
        lines = self._lines.setdefault(slot, [])
        try:
            return lines.pop()
        except IndexError:
            return self._connect(slot)

    def _drop_lines(self, slot: int, worker: int) -> None:
        """Close the other lines to a worker that has ended.

        There may be several: a worker takes its next query before the thread that asked last has read its answer.
        """
        kept = self._lines[slot]
        for line in [line for line in kept if line.worker == worker]:
            with contextlib.suppress(ValueError):  # another thread has just taken it
                kept.remove(line)
                line.close()

    def _connect(self, slot: int) -> _Line:
        """Return a new line to the worker of a slot, or to its successor, once that has taken it."""
        deadline = time.monotonic() + self.queue_wait
        while True:
            connection = Connection(open_line(self.folder / f"worker-{slot}.sock", self.timeout))
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if not poll.poll(max(0, 1000 * (deadline - time.monotonic()))):
                connection.close()
                raise _waited_too_long(self.queue_wait)
            try:
                _, payload = connection.receive()
            except LostConnectionError:  # the worker ended as it took the line
                connection.close()
                continue
            greeting = json.loads(payload)
            return _Line(connection, slot, greeting["worker"], greeting["release"])

    def close(self) -> None:
        """Close the connections that are not in use."""
        tokens, self._tokens = self._tokens, None
        if tokens:
            tokens.close()
        for lines in self._lines.values():
            while lines:
                lines.pop().close()

    # --- control -----------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Return release, number of workers, and the queries at work (`id`, `text`, `elapsed`, `timeout`)."""
        return self.control({"ask": "status"})

    def cancel(self, query_id: str) -> bool:
        """Stop a query; tell whether it was at work."""
        return bool(self.control({"ask": "cancel", "id": query_id})["cancelled"])

    def fate(self, worker: int) -> QueryStopError:
        """Return why a worker ended without an answer."""
        return _error_of(self._fate(worker))

    def _fate(self, worker: int) -> dict[str, Any]:
        try:
            return self.control({"ask": "fate", "worker": worker})
        except PoolUnavailableError:
            return {"code": WorkerLostError.code, "message": _LOST, "details": {}}

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask the supervisor.

        Raises:
            PoolUnavailableError: it cannot be reached.
        """
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


def _error_of(report: dict[str, Any]) -> QueryStopError:
    return error_of(report["code"], report["message"], report["details"])


def open_line(path: Path, timeout: float) -> socket.socket:
    """Return a socket connected to `path` on which nothing is waited for much longer than `timeout` seconds.

    Raises:
        PoolBusyError: its queue is full.
        PoolUnavailableError: nobody listens there.
    """
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
