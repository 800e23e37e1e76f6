"""How a client and a query worker talk over a Unix socket: frames of a kind, a length and a payload.

A worker greets each new connection (`HELLO`). The client then sends `QUERY` frames, each when it holds the worker's
token (`tokens`). Each is answered by `HEAD` and as many bytes as it tells, or by an open file that holds them (`FILE`),
or by `ERROR`; a write is answered by `DATA` and `END`. `BYE` means that the worker gives up the connection without
having begun. A connection that ends in any other way has lost its worker, and the supervisor knows what it was at, and
why it ended.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from array import array
from enum import IntEnum
from typing import Any, NamedTuple

__all__ = ["Connection", "Frame", "Head", "LostConnectionError", "Request", "encode", "send_file"]

_HEAD = struct.Struct("!BI")
_READ = 64 * 1024
_FDS = socket.CMSG_SPACE(struct.calcsize("i"))


class Frame(IntEnum):
    """Kinds of frame."""

    HELLO = 1
    QUERY = 2
    HEAD = 3
    DATA = 4
    FILE = 5
    END = 6
    ERROR = 7
    BYE = 8
    WRITE = 9


_FRAMES = {int(frame): frame for frame in Frame}


class Request(NamedTuple):
    """A query on its way to a worker.

    `default` and `named` are IRIs of the dataset, `base` may be empty; `user_graphs` tells whether it may see those.
    """

    query_id: str
    timeout: float
    results_format: str
    graph_format: str
    base: str
    default: tuple[str, ...]
    named: tuple[str, ...]
    user_graphs: bool
    text: str

    def pack(self) -> bytes:
        """Return the fields as text between zero bytes, which none but the last can hold."""
        fields = (
            self.query_id,
            repr(self.timeout),
            *self[2:5],
            " ".join(self.default),
            " ".join(self.named),
            "1" if self.user_graphs else "",
            self.text,
        )
        return "\0".join(fields).encode(errors="surrogatepass")

    @classmethod
    def unpack(cls, data: bytes) -> Request:
        """Read what `pack` wrote."""
        fields = data.decode(errors="replace").split("\0", 8)
        query_id, timeout, results, graph, base, default, named, user_graphs, text = fields
        graphs = tuple(default.split()), tuple(named.split())
        return cls(query_id, float(timeout), results, graph, base, *graphs, bool(user_graphs), text)


class Head(NamedTuple):
    """What a worker tells of an answer before its data."""

    kind: str
    format: str
    length: int
    spooled: bool
    elapsed: float

    def pack(self) -> bytes:
        """Return the fields as text between blanks."""
        return f"{self.kind} {self.format} {self.length} {self.spooled:d} {self.elapsed:.6f}".encode()

    @classmethod
    def unpack(cls, data: bytes) -> Head:
        """Read what `pack` wrote."""
        kind, form, length, spooled, elapsed = data.decode().split()
        return cls(kind, form, int(length), spooled == "1", float(elapsed))


class LostConnectionError(Exception):
    """The other side has gone before the conversation was over."""


def encode(kind: Frame, payload: bytes | dict[str, Any] = b"") -> bytes:
    """Return one frame; a mapping is sent as JSON."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return _HEAD.pack(kind, len(body)) + body


def send_file(sock: socket.socket, file: int) -> None:
    """Send a `FILE` frame with an open file descriptor."""
    socket.send_fds(sock, [encode(Frame.FILE)], [file])


class Connection:
    """Reads frames from a stream socket; file descriptors that come along are kept in `files` in order of arrival."""

    def __init__(self, sock: socket.socket) -> None:
        """Wrap a connected socket."""
        self.sock = sock
        self.files: list[int] = []
        self._buffer = b""
        self._at = 0
        self._space = memoryview(bytearray(_READ))  # kept: a new one per read would be mapped and unmapped each time

    def send(self, data: bytes) -> None:
        """Send encoded frames.

        Raises:
            LostConnectionError: nobody listens any more.
        """
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise LostConnectionError(str(error)) from error

    def receive(self) -> tuple[Frame, bytes]:
        """Return the next frame.

        Raises:
            LostConnectionError: the stream ended, inside a frame or before one.
        """
        if self._at == len(self._buffer):  # one read brings most messages as a whole
            self._buffer, self._at = self._read(), 0
        kind, length = _HEAD.unpack(self.take(_HEAD.size))
        return _FRAMES[kind], self.take(length)

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes.

        Raises:
            LostConnectionError: the stream ended before.
        """
        at = self._at
        if len(self._buffer) - at < size:
            return self._fill(size)
        self._at = at + size
        return self._buffer[at : at + size]

    def close(self) -> None:
        """Close the socket and every file that nobody took."""
        self.sock.close()
        while self.files:
            os.close(self.files.pop())

    def _fill(self, size: int) -> bytes:
        """Read until `size` bytes are there, and return them."""
        pieces = [self._buffer[self._at :]] if self._at < len(self._buffer) else []
        missing = size - sum(map(len, pieces))
        while missing > 0:
            piece = self._read_long(missing) if missing > _READ else self._read()
            pieces.append(piece)
            missing -= len(piece)
        data = b"".join(pieces)
        self._buffer = data[size:]
        self._at = 0
        return data[:size]

    def _read_long(self, size: int) -> bytes:
        """Read up to `size` bytes at once; only what begins a message may bring a file along."""
        try:
            piece = self.sock.recv(size, socket.MSG_WAITALL)
        except ConnectionResetError as error:
            raise LostConnectionError(str(error)) from error
        if not piece:
            raise LostConnectionError("the stream ended")
        return piece

    def _read(self) -> bytes:
        try:
            size, ancillary, _, _ = self.sock.recvmsg_into([self._space], _FDS)
        except ConnectionResetError as error:
            raise LostConnectionError(str(error)) from error
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array("i")
                numbers.frombytes(payload[: len(payload) - len(payload) % numbers.itemsize])
                self.files.extend(numbers)
        if not size:
            raise LostConnectionError("the stream ended")
        return bytes(self._space[:size])
