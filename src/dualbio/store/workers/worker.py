"""A query worker: a forked process that answers one query at a time and may be killed at any moment."""

from __future__ import annotations

import contextlib
import io
import os
import select
import socket
import struct
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import IO, cast

import pyoxigraph as ox

from dualbio.store.workers.board import Board
from dualbio.store.workers.errors import (
    AnswerTooLargeError,
    QueryStopError,
    SpoolError,
)
from dualbio.store.workers.evaluate import Dataset, Job, allowed, evaluate, kind_of, serialise
from dualbio.store.workers.fates import memory_error
from dualbio.store.workers.limits import (
    Descriptors,
    MemoryLimit,
    TimeLimit,
    has_to_yield,
)
from dualbio.store.workers.protocol import Connection, Frame, Head, LostConnectionError, Request, encode, send_file
from dualbio.store.workers.spool import AnswerSpool, SpoolFullError, open_spool_file
from dualbio.store.workers.syntax import find_clauses, names_graphs
from dualbio.store.workers.tokens import Tokens

__all__ = ["Limits", "Worker"]

_BUFFER = 256 * 1024
_INLINE = 4 * 1024 * 1024
#: Bytes from which an answer is sent apart from its head: one more system call costs less than one more copy.
_TOGETHER = 64 * 1024
#: Seconds after which a query is worth a look at what it left behind in memory.
_LONG = 0.05
#: Seconds after which an idle worker sees to it that it is known to be idle.
_LULL = 1.0
#: Seconds that a client may take to read an answer from the socket.
_SEND_TIMEOUT = 30


@dataclass(frozen=True)
class Limits:
    """What one query may use: bytes of memory beyond the store, bytes of its answer, seconds at most."""

    memory: int
    spool: int
    timeout: float


@dataclass
class Worker:
    """The state of one worker process.

    `known` tells whether a token of its slot is about; the first may be left by a worker that ended while it was idle.
    `store` holds the release; `full`, where there are user graphs, holds them too and has the released data as its
    default graph.
    """

    store: ox.Store
    full: ox.Store | None
    listener: socket.socket
    tokens: Tokens
    drain: int
    board: Board
    slot: int
    serial: int
    release: str
    limits: Limits
    folder: str
    base: str
    prefixes: dict[str, str]
    service_allow: tuple[str, ...] = ()
    known: bool = False
    connections: dict[int, Connection] = field(default_factory=dict, init=False)
    retiring: bool = field(default=False, init=False)

    def serve(self) -> None:
        """Answer queries until this process retires."""
        self._prepare()
        self._serve()

    def _prepare(self) -> None:
        """Open what a query may not open itself, and set the limits that hold for the whole process."""
        self.descriptors = Descriptors()
        self.spool = AnswerSpool(open_spool_file(self.folder), _INLINE, self.limits.spool)
        self.output = cast(IO[bytes], io.BufferedWriter(self.spool, _BUFFER))
        self.memory = MemoryLimit(self.limits.memory)
        self.poll = select.epoll()  # which, unlike poll, takes more descriptors than this process may open
        self.poll.register(self.listener, select.EPOLLIN)
        self.poll.register(self.drain, 0)  # it hangs up when the pool is drained
        self.descriptors.forbid()

    def _serve(self) -> None:
        while not self.retiring:
            ready = {number for number, _ in self.poll.poll(_LULL if self.known else 0)}
            if self.drain in ready:
                break
            if not ready:
                if has_to_yield(os.getppid()):  # told so just after the end of its query
                    break
                if not (self.known and self.tokens.any()):  # or a client ended after it had taken the token
                    self._announce()
            for number in ready:
                if number == self.listener.fileno():
                    self._accept()
                elif not self.retiring:
                    self._serve_one(number)
        for connection in self.connections.values():
            with contextlib.suppress(LostConnectionError):
                connection.send(encode(Frame.BYE))

    def _announce(self) -> None:
        """Be idle, and known to be; a worker that ends before this is announced by its successor."""
        self.board.end(self.slot)
        self.tokens.give(self.slot)
        self.known = True

    def _serve_one(self, number: int) -> None:
        """Answer the next query of a connection."""
        connection = self.connections[number]
        try:
            self._answer(connection)
        except LostConnectionError:
            self.poll.unregister(number)
            del self.connections[number]
            connection.close()

    def _accept(self) -> None:
        try:
            with self.descriptors.allowed():
                sock, _ = self.listener.accept()
        except BlockingIOError:
            return
        sock.setblocking(True)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_TIMEOUT, 0))
        connection = Connection(sock)
        try:
            connection.send(encode(Frame.HELLO, {"worker": self.serial, "release": self.release}))
        except LostConnectionError:
            connection.close()
            return
        self.connections[sock.fileno()] = connection
        self.poll.register(sock, select.EPOLLIN)

    def _answer(self, connection: Connection) -> None:
        frame, payload = connection.receive()
        if frame is not Frame.QUERY:
            raise LostConnectionError(f"unexpected frame {frame.name}")
        self.known = False
        request = Request.unpack(payload)
        started = time.perf_counter()
        try:
            kind, form = self._run(request)
        except QueryStopError as error:
            report = {"code": error.code, "message": str(error), "details": error.details}
            self._finish(time.perf_counter() - started)
            connection.send(encode(Frame.ERROR, report))
        else:
            elapsed = time.perf_counter() - started
            self._finish(elapsed)
            self._send(connection, Head(kind, form, self.spool.size, self.spool.spooled, elapsed))
        finally:
            self._tidy()

    def _finish(self, elapsed: float) -> None:
        """Have the next query sent while this answer goes out.

        Retire when too much of the allowance is still taken, or when the next query would have to yield to others.
        A query that waits already was sent by a token too many, so it counts for the one that would be given.
        """
        long = elapsed > _LONG or self.spool.size > _BUFFER
        self.retiring = long and (self.memory.used() > self.limits.memory // 4 or has_to_yield(os.getppid()))
        if not self.retiring and not self.poll.poll(0):
            self._announce()

    def _run(self, request: Request) -> tuple[str, str]:
        """Evaluate one request into the spool, and return the kind and the format of the answer."""
        timeout = min(request.timeout, self.limits.timeout)
        job = self._job(request)
        self.board.begin(self.slot, request.query_id, job.text, timeout)
        try:
            clauses = find_clauses(job.text)
            calls = bool(clauses.services) and allowed(job, clauses)
            with self.descriptors.allowed() if calls else nullcontext(), TimeLimit(timeout):
                results, form = evaluate(self.store if job.union or not self.full else self.full, job, clauses)
                serialise(results, form, self.output, job, clauses)
                self.output.flush()
        except MemoryError as error:
            raise memory_error(self.limits.memory) from error
        except SpoolFullError as error:
            raise AnswerTooLargeError(
                f"the answer is larger than {self.limits.spool} bytes; "
                "repair: ask for fewer rows (LIMIT), or raise DUALBIO_SPOOL_LIMIT",
                limit=self.limits.spool,
            ) from error
        except OSError as error:
            raise SpoolError(
                f"the answer could not be stored: {error.strerror}; repair: make room on the disk"
            ) from error
        return kind_of(results), form.name

    def _job(self, request: Request) -> Job:
        return Job(
            text=request.text,
            results_format=request.results_format or None,
            graph_format=request.graph_format or None,
            base=request.base or self.base,
            prefixes=self.prefixes,
            dataset=Dataset(request.default, request.named),
            service_allow=self.service_allow,
            union=self.full is None or not request.user_graphs or not self._names_graphs(request),
        )

    @staticmethod
    def _names_graphs(request: Request) -> bool:
        return bool(request.default or request.named) or names_graphs(request.text)

    def _send(self, connection: Connection, head: Head) -> None:
        start = encode(Frame.HEAD, head.pack())
        if not self.spool.spooled:
            pieces = [start, *self.spool.pieces]
            for piece in pieces if head.length > _TOGETHER else [b"".join(pieces)]:
                connection.send(piece)
            return
        file = self.spool.file
        connection.send(start)
        send_file(connection.sock, file)
        os.close(file)
        with self.descriptors.allowed():
            self.spool.reset(open_spool_file(self.folder))

    def _tidy(self) -> None:
        """Forget the answer."""
        self.spool.reset()
        self.output.flush()  # what a failed answer left behind
        self.spool.reset()
