"""A query worker: a forked process that answers one query at a time and may be killed at any moment."""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import socket
import struct
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from dualbio.search import SearchIndex
from dualbio.store.workers.process.errors import (
    AnswerTooLargeError,
    SpoolError,
    WorkError,
)
from dualbio.store.workers.process.exit_reasons import memory_error
from dualbio.store.workers.process.idle_workers import Tokens
from dualbio.store.workers.process.limits import (
    Descriptors,
    Limits,
    MemoryLimit,
    TimeLimit,
    go_first,
    has_to_yield,
)
from dualbio.store.workers.process.protocol import (
    Connection,
    Kind,
    LostConnectionError,
    QueryRequest,
    encode,
    encode_head,
)
from dualbio.store.workers.process.running_queries import Phase, RunningQueries
from dualbio.store.workers.process.spool import AnswerSpool, SpoolFullError, open_spool_file
from dualbio.store.workers.query.evaluate import Evaluator, kind_of, serialise

__all__ = ["Worker"]

_BUFFER = 256 * 1024
_INLINE = 4 * 1024 * 1024
#: Seconds after which a query is worth a look at what it left behind in memory.
_LONG = 0.05
#: Seconds after which an idle worker sees to it that it is known to be idle.
_LULL = 1.0
#: Seconds that a client may take to read an answer from the socket.
_SEND_TIMEOUT = 30
#: Bytes of an answer that are on their way while the worker goes on; the system may allow fewer.
_SENT_AHEAD = 1024 * 1024


@dataclass
class Worker:
    """The state of one worker process.

    `known` says whether a token of its slot is about; the first may be left by a worker that ended while it was idle.
    """

    evaluator: Evaluator
    index: Path
    listener: socket.socket
    tokens: Tokens
    drain: int
    running: RunningQueries
    slot: int
    serial: int
    release: str
    limits: Limits
    folder: str
    on_disk: bool = False
    known: bool = False
    connections: dict[int, Connection] = field(default_factory=dict, init=False)
    retiring: bool = field(default=False, init=False)

    def serve(self) -> None:
        """Answer queries until this process retires."""
        self._prepare()
        self._serve()

    def _prepare(self) -> None:
        """Open what a query may not open itself, and set the limits that hold for the whole process."""
        services = bool(self.evaluator.service_allow or self.evaluator.outside)
        self.descriptors = Descriptors(on_disk=self.on_disk, services=services)
        self.search = SearchIndex.open(self.index)
        self.spool = AnswerSpool(open_spool_file(self.folder), _INLINE, self.limits.spool)
        self.output = cast(IO[bytes], io.BufferedWriter(self.spool, _BUFFER))
        self.memory = MemoryLimit(self.limits.memory)
        self.poll = select.epoll()  # which, unlike poll, takes more descriptors than this process may open
        self.poll.register(self.listener, select.EPOLLIN)
        self.poll.register(self.drain, 0)  # it hangs up when the pool is drained
        go_first()
        self.descriptors.forbid()

    def _serve(self) -> None:
        while not self.retiring:
            ready = {number for number, _ in self.poll.poll(_LULL if self.known else 0)}
            if self.drain in ready:
                break
            if not ready:
                if has_to_yield(os.getppid()):  # its priority was lowered just after the end of its query
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
                connection.send(encode(Kind.BYE))

    def _announce(self) -> None:
        """Be idle, and known to be; a worker that ends before this is announced by its successor."""
        self.running.end(self.slot)
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
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_AHEAD)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_TIMEOUT, 0))
        connection = Connection(sock)
        try:
            connection.send(encode(Kind.HELLO, {"worker": self.serial, "release": self.release}))
        except LostConnectionError:
            connection.close()
            return
        self.connections[sock.fileno()] = connection
        self.poll.register(sock, select.EPOLLIN)

    def _answer(self, connection: Connection) -> None:
        message = connection.receive()
        if message.kind is not Kind.QUERY:
            raise LostConnectionError(f"unexpected message {message.kind.name}")
        self.known = False
        request = QueryRequest.of(message)
        started = time.perf_counter()
        try:
            kind, form = self._run(request)
        except WorkError as error:
            self._finish(time.perf_counter() - started)
            connection.send(encode(Kind.ERROR, error.report))
        else:
            elapsed = time.perf_counter() - started
            self._finish(elapsed)
            fields = {"kind": kind, "format": form, "length": self.spool.size, "elapsed": elapsed}
            self._send(connection, fields)
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

    def _run(self, request: QueryRequest) -> tuple[str, str]:
        """Evaluate one request into the spool, and return the kind and the format of the answer."""
        timeout = min(request.timeout, self.limits.timeout)
        self.running.begin(self.slot, request.query_id, request.client, request.text, timeout)
        try:
            with TimeLimit(timeout):
                return self._evaluate(request) if request.lookup is None else self._look_up(request, request.lookup)
        except MemoryError as error:
            raise memory_error(self.limits.memory) from error
        except SpoolFullError as error:
            raise AnswerTooLargeError(
                f"the answer is larger than {self.limits.spool} bytes; "
                "repair: request fewer rows (LIMIT), or raise DUALBIO_SPOOL_LIMIT",
                limit=self.limits.spool,
            ) from error
        except OSError as error:
            raise SpoolError(f"the answer could not be stored: {error.strerror}; repair: free disk space") from error

    def _evaluate(self, request: QueryRequest) -> tuple[str, str]:
        text, clauses = self.evaluator.read(request.text)
        with self.descriptors.allowed() if clauses.services or self.evaluator.outside else nullcontext():
            results, form = self.evaluator.evaluate(request, text, clauses)
            self.running.mark(self.slot, Phase.EVALUATING)
            serialise(results, form, self.output, clauses.services)
            self.output.flush()
        return kind_of(results), form.name

    def _look_up(self, request: QueryRequest, asked: dict[str, Any]) -> tuple[str, str]:
        """Answer a search, or what is suggested for words that are still being written."""
        self.running.mark(self.slot, Phase.EVALUATING)
        found = self.search.suggest if asked.pop("suggest", False) else self.search.search
        self.output.write(json.dumps(found(request.text, **asked).to_dict()).encode())
        self.output.flush()
        return "search", "json"

    def _send(self, connection: Connection, fields: dict[str, Any]) -> None:
        if not self.spool.spooled:
            start = encode_head(Kind.ANSWER, fields, self.spool.size)
            connection.send_all([start, *self.spool.pieces])
            return
        file = self.spool.file
        connection.send(encode(Kind.ANSWER, fields), file)
        os.close(file)
        with self.descriptors.allowed():
            self.spool.reset(open_spool_file(self.folder))

    def _tidy(self) -> None:
        """Forget the answer."""
        self.spool.reset()
        self.output.flush()  # what a failed answer left behind
        self.spool.reset()
