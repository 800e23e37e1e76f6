"""A query worker: a forked process that answers one connection at a time and may be killed at any moment."""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import socket
import struct
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import IO, NoReturn, cast

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
    die_with_parent,
    forbid_core_files,
)
from dualbio.store.workers.protocol import Connection, Frame, Head, LostConnectionError, Request, encode, send_file
from dualbio.store.workers.spool import AnswerSpool, SpoolFullError, open_spool_file
from dualbio.store.workers.syntax import find_clauses

__all__ = ["Limits", "Worker", "run_worker"]

_BUFFER = 256 * 1024
_INLINE = 4 * 1024 * 1024
#: Seconds after which a query is worth a look at what it left behind in memory.
_LONG = 0.05
#: Seconds for which a connection that keeps asking goes before one that waits; changing costs more than a small query.
_TURN = 0.002
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
    """The state of one worker process."""

    store: ox.Store
    listener: socket.socket
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
    retiring: bool = field(default=False, init=False)
    turn_ends: float = field(default=0.0, init=False)

    def prepare(self) -> None:
        """Open what a query may not open itself, and set the limits that hold for the whole process."""
        self.descriptors = Descriptors()
        self.spool = AnswerSpool(open_spool_file(self.folder), _INLINE, self.limits.spool)
        self.output = cast(IO[bytes], io.BufferedWriter(self.spool, _BUFFER))
        self.memory = MemoryLimit(self.limits.memory)
        self.poll = select.poll()
        self.poll.register(self.listener, select.POLLIN)
        self.poll.register(self.drain, 0)  # it hangs up when the pool is drained
        self.descriptors.forbid()

    def serve(self) -> None:
        """Answer connections until this process retires."""
        connection: Connection | None = None
        while not self.retiring:
            ready = self._wait(connection)
            if self.drain in ready:
                break
            asked = connection is not None and connection.sock.fileno() in ready
            turn = asked and time.monotonic() < self.turn_ends
            waiting = self._accept() if self.listener.fileno() in ready and not turn else None
            if waiting:
                self._leave(connection)
                connection = waiting
            elif connection and asked:
                connection = self._serve_one(connection)
        self._leave(connection)

    def _wait(self, connection: Connection | None) -> set[int]:
        """Return the descriptors that have something to say."""
        if connection is None:
            return {ready for ready, _ in self.poll.poll()}
        number = connection.sock.fileno()
        self.poll.register(number, select.POLLIN)
        ready = {ready for ready, _ in self.poll.poll()}
        self.poll.unregister(number)
        return ready

    def _serve_one(self, connection: Connection) -> Connection | None:
        try:
            self._answer(connection)
        except LostConnectionError:
            connection.close()
            return None
        return connection

    def _accept(self) -> Connection | None:
        try:
            with self.descriptors.allowed():
                sock, _ = self.listener.accept()
        except BlockingIOError:  # another worker was faster
            return None
        sock.setblocking(True)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_TIMEOUT, 0))
        connection = Connection(sock)
        self.turn_ends = time.monotonic() + _TURN
        try:
            connection.send(encode(Frame.HELLO, {"worker": self.serial, "release": self.release}))
        except LostConnectionError:
            connection.close()
            return None
        return connection

    def _leave(self, connection: Connection | None) -> None:
        if connection is None:
            return
        with contextlib.suppress(LostConnectionError):
            connection.send(encode(Frame.BYE))
        connection.close()

    def _answer(self, connection: Connection) -> None:
        frame, payload = connection.receive()
        if frame is not Frame.QUERY:
            raise LostConnectionError(f"unexpected frame {frame.name}")
        request = Request.unpack(payload)
        started = time.perf_counter()
        try:
            kind, form = self._run(request)
        except QueryStopError as error:
            report = {"code": error.code, "message": str(error), "details": error.details}
            connection.send(encode(Frame.ERROR, report))
        else:
            elapsed = time.perf_counter() - started
            self._send(connection, Head(kind, form, self.spool.size, self.spool.spooled, elapsed))
        finally:
            self.board.end(self.slot)
            self._tidy(time.perf_counter() - started)

    def _run(self, request: Request) -> tuple[str, str]:
        """Evaluate one request into the spool, and return the kind and the format of the answer."""
        timeout = min(request.timeout, self.limits.timeout)
        job = self._job(request)
        self.board.begin(self.slot, request.query_id, job.text, timeout)
        try:
            clauses = find_clauses(job.text)
            calls = bool(clauses.services) and allowed(job, clauses)
            with self.descriptors.allowed() if calls else nullcontext(), TimeLimit(timeout):
                results, form = evaluate(self.store, job, clauses)
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
        )

    def _send(self, connection: Connection, head: Head) -> None:
        if not self.spool.spooled:
            data = [encode(Frame.DATA, piece) for piece in self.spool.pieces]
            connection.send(b"".join([encode(Frame.HEAD, head.pack()), *data, encode(Frame.END)]))
            return
        file = self.spool.file
        connection.send(encode(Frame.HEAD, head.pack()))
        send_file(connection.sock, file)
        connection.send(encode(Frame.END))
        os.close(file)
        with self.descriptors.allowed():
            self.spool.reset(open_spool_file(self.folder))

    def _tidy(self, elapsed: float) -> None:
        """Make ready for the next query; retire when too much of the allowance is still taken."""
        long = elapsed > _LONG or self.spool.size > _BUFFER
        self.spool.reset()
        self.output.flush()  # what a failed answer left behind
        self.spool.reset()
        if long and self.memory.used() > self.limits.memory // 4:
            self.retiring = True


def run_worker(worker: Worker, parent: int) -> NoReturn:
    """Be a worker for the rest of this process; to be called right after the fork."""
    code = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        die_with_parent(parent)
        forbid_core_files()
        worker.prepare()
        worker.serve()
        code = 0
    finally:
        os._exit(code)
