"""One connection of a client: HTTP/1.1 (RFC 9112), requests one after another, each step with its deadline.

The parser is that of Node (llhttp); here is what it leaves open: limits, order, answers, and when to hang up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Protocol, cast

import httptools

from dualbio_server.http.problems import ProblemError
from dualbio_server.process.answer import HttpAnswer
from dualbio_server.process.pace import IDLE, LINGER, OPENING, READ, SEND, Allowance, Pace
from dualbio_server.process.request import HttpRequest

__all__ = ["ClientConnection", "Host"]

#: Bytes of a head, beyond which it is not read on; what we take of an address is less.
_MOST_HEAD = 128 * 1024
#: Bytes that are written at a time, and pieces after which others have their turn.
_PIECE = 128 * 1024
_TURN = 8
#: Requests that may wait behind the one that is answered.
_MOST_WAITING = 16
#: Bytes that a refused client may still send, so that it comes to read why.
_MOST_LINGERED = 64 * 1024 * 1024


class Host(Protocol):
    """What a connection needs of its process."""

    @property
    def body_limit(self) -> int:
        """Most bytes of a body."""

    @property
    def date(self) -> str:
        """The line of the header `Date`."""

    @property
    def leaving(self) -> bool:
        """Whether each answer is the last on its connection."""

    def environ(self) -> dict[str, Any]:
        """Return what the environments of all requests have in common."""

    def opened(self, connection: ClientConnection) -> None:
        """Take note of a connection."""

    def closed(self, connection: ClientConnection) -> None:
        """Forget it."""

    def find(self, request: HttpRequest) -> HttpAnswer | None:
        """Return the answer to a request without a body, if it is known already."""

    def answer(self, connection: ClientConnection, request: HttpRequest) -> None:
        """Have a request answered, and call `connection.send`."""

    def refuse(self, request: HttpRequest, problem: ProblemError) -> HttpAnswer:
        """Return the answer that says why a request is refused."""


class _EnoughError(Exception):
    """The rest of what a client sends is not read."""


class ClientConnection(asyncio.Protocol):
    """What the event loop calls for one client."""

    transport: asyncio.Transport

    def __init__(self, host: Host) -> None:
        """Belong to a process."""
        self._host = host
        self._parser = httptools.HttpRequestParser(self)
        self._client = ""
        self._coming: HttpRequest | None = None
        self._head = 0
        self._in_head = False
        self._waiting: deque[HttpRequest] = deque()
        self._current: HttpRequest | None = None
        self._unsent_head = b""
        self._rest: HttpAnswer | None = None
        self._left = 0
        self._written = 0
        self._turn = 0
        self._deaf = False
        self._eof = False
        self._lingered = -1
        self._paused = False
        self._pace: Pace | None = None
        self._duty: tuple[int, Allowance | None] = (-1, None)

    @property
    def idle(self) -> bool:
        """Whether nothing was asked that is not answered."""
        return not (self._current or self._coming or self._waiting or self._lingered >= 0)

    # --- the event loop tells ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)  # that of uvloop is none by its class
        self.transport.set_write_buffer_limits(high=_PIECE)
        peer = transport.get_extra_info("peername")
        self._client = peer[0] if peer else ""
        self._host.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give everything back; an answer that is being made is discarded when it comes."""
        del exc
        self._host.closed(self)
        if self._rest:
            self._rest.discard()
            self._rest = None
        for request in (self._coming, *self._waiting):
            if request:
                request.close()
        self._coming = None
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._deaf:
            self._linger(len(data))
            return
        self._head += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._deaf = True  # another protocol is not spoken here, and what follows might be one
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, _EnoughError):
                raise
        except httptools.HttpParserError as error:
            self._give_up(_broken(error))
        else:
            if self._in_head and self._head > _MOST_HEAD:
                self._give_up(ProblemError(431, "headers", _LONG_HEAD))

    def eof_received(self) -> bool:
        """Answer what was asked, and hang up then."""
        self._eof = True
        if self._coming and not self._in_head:
            self._give_up(ProblemError(400, "body", f"the body ended after {self._coming.size} bytes"))
        if self._current is None or self._lingered >= 0:
            return False
        (self._waiting[-1] if self._waiting else self._current).last = True
        self._deaf = True
        return True

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on when it has."""
        self._paused = False
        if self._rest:
            self._send_rest()

    # --- the parser tells --------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        if len(self._waiting) == _MOST_WAITING:
            self._waiting[-1].last = True
            self._stop_reading()
        self._coming = HttpRequest({**self._host.environ(), "REMOTE_ADDR": self._client})
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        if self._coming:
            self._coming.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes behind a body in chunks is passed over."""
        if self._coming and self._in_head:
            self._coming.header(name, value)

    def on_headers_complete(self) -> None:
        """Look at the head before the body comes."""
        request = self._coming
        assert request is not None
        self._in_head = False
        self._head = 0
        request.head(self._parser.get_method().decode(), self._parser.get_http_version(), self._host.body_limit)
        request.last |= not self._parser.should_keep_alive()
        if request.problem:
            self._stop_reading()
        if request.waits_for_us and self._current is None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        request = self._coming
        assert request is not None
        request.take(body, self._host.body_limit)
        if request.problem:
            self._stop_reading()

    def on_message_complete(self) -> None:
        """Answer, or wait for the turn."""
        request, self._coming = self._coming, None
        assert request is not None
        request.finish()
        self._line_up(request)

    def _stop_reading(self) -> None:
        """Take no more from this client but the request that comes, if it is refused."""
        self._deaf = True
        request, self._coming = self._coming, None
        if request:
            self._line_up(request)
        raise _EnoughError

    def _give_up(self, problem: ProblemError) -> None:
        """Refuse what comes, and everything behind it."""
        self._deaf = True
        request, self._coming = self._coming or HttpRequest(self._host.environ()), None
        self._in_head = False
        request.refuse(problem)
        self._line_up(request)

    def _line_up(self, request: HttpRequest) -> None:
        if self._current is None:
            self._begin(request)
        else:
            self._waiting.append(request)
            if not self._deaf:
                self.transport.pause_reading()

    # --- answers -----------------------------------------------------------------------------------------------------

    def _begin(self, request: HttpRequest) -> None:
        self._current = request
        self._turn += 1
        if request.problem:
            self.send(self._host.refuse(request, request.problem))
            return
        found = None if request.size else self._host.find(request)
        if found:
            self.send(found)
        else:
            self._host.answer(self, request)

    def send(self, answer: HttpAnswer) -> None:
        """Send the answer to the request whose turn it is."""
        request = self._current
        assert request is not None
        request.close()
        if self.transport.is_closing():
            answer.discard()
            return
        request.last |= self._host.leaving or (self._deaf and not self._waiting)
        head = self._head_of(answer, last=request.last)
        if request.environ.get("REQUEST_METHOD") == "HEAD":
            answer.discard()
            answer = HttpAnswer(answer.status, answer.headers)
        if isinstance(answer.body, bytes) and len(answer.body) < _PIECE:
            self._write(head + answer.body)
            self._end()
            return
        self._unsent_head, self._rest = head, answer
        self._left = next(int(value) for name, value in answer.headers if name.lower() == "content-length")
        self._send_rest()

    def _head_of(self, answer: HttpAnswer, *, last: bool) -> bytes:
        lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
        end = "Connection: close\r\n\r\n" if last else "\r\n"
        return f"HTTP/1.1 {answer.status}\r\n{self._host.date}{lines}{end}".encode("latin-1")

    def _send_rest(self) -> None:
        """Send as much of a large answer as the client takes; others have their turn in between."""
        for _ in range(_TURN):
            if self._rest is None or self._paused or self.transport.is_closing():
                return
            body = self._rest.body
            size = min(self._left, _PIECE)
            try:
                piece = memoryview(body)[-self._left :][:size] if isinstance(body, bytes) else body.read(size)
            except OSError:
                piece = b""
            if len(piece) < size:
                self.transport.abort()  # shorter than its head says: that must not look like a whole answer
                return
            self._left -= size
            self._write(
                b"".join((self._unsent_head, piece)) if self._unsent_head else piece
            )  # a packet costs more than a copy
            self._unsent_head = b""
            if not self._left:
                self._rest.discard()
                self._rest = None
                self._end()
                return
        asyncio.get_running_loop().call_soon(self._send_rest)

    def _write(self, data: bytes | memoryview) -> None:
        self._written += len(data)
        self.transport.write(data)

    def _end(self) -> None:
        """End one request, and begin the next."""
        request, self._current = self._current, None
        assert request is not None
        if request.last:
            self._hang_up(read_on=(self._deaf or not request.whole) and not self._eof)
        elif self._waiting:
            self._begin(self._waiting.popleft())
        elif not self._deaf:
            self.transport.resume_reading()

    def _hang_up(self, *, read_on: bool) -> None:
        """Close the connection; a client that is still sending comes to its answer only if it is read on."""
        if not read_on:
            self.transport.close()
            return
        self._lingered = 0
        self.transport.resume_reading()
        with suppress(OSError):
            self.transport.write_eof()

    def _linger(self, size: int) -> None:
        if self._lingered >= 0:
            self._lingered += size
            if self._lingered > _MOST_LINGERED:
                self.transport.abort()

    def leave(self) -> None:
        """Hang up as soon as what was asked is answered."""
        if self.idle:
            self.transport.close()

    # --- deadlines ---------------------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Hang up on a client that takes too long for what it is at; to be called about once a second."""
        allowance, done = self._allowance()
        duty = self._turn, allowance
        if duty != self._duty:
            self._duty = duty
            self._pace = Pace(allowance, done, now) if allowance else None
        elif self._pace and not self._pace.holds(done, now):
            self._too_slow(allowance)

    def _allowance(self) -> tuple[Allowance | None, int]:
        """Return what the client has to keep to now, and the bytes that it is at."""
        buffered = self.transport.get_write_buffer_size()
        if self._rest or buffered:
            return SEND, self._written - buffered
        if self._lingered >= 0:
            return LINGER, 0
        if self._current:
            return None, 0
        if self._coming and not self._in_head:
            return READ, self._coming.size
        return (IDLE, 0) if self._turn and not self._coming else (OPENING, 0)

    def _too_slow(self, allowance: Allowance | None) -> None:
        if allowance in (SEND, LINGER):
            self.transport.abort()
        elif self._coming:
            part = "head" if self._in_head else "body"
            told = f"the {part} of the request did not arrive in time; repair: retry"
            self._give_up(ProblemError(408, "slow", told))
        else:
            self.transport.close()


_LONG_HEAD = f"the head of the request has more than {_MOST_HEAD} bytes; repair: send less, or a query in a body"


def _broken(error: httptools.HttpParserError) -> ProblemError:
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        methods = "GET, HEAD, POST, QUERY, PUT, DELETE, OPTIONS"
        return ProblemError(405, "method", f"unknown method; accepted: {methods}", headers=(("Allow", methods),))
    return ProblemError(400, "http", f"this is not HTTP/1.1: {error}")
