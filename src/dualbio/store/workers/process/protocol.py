"""The wire protocol of a pool over Unix sockets: one framing, and all messages.

A message is its kind (1 byte), the lengths of its fields and of its body (4 bytes each), the fields as a JSON object,
and the body. A file may come along with it.

| kind      | from → to                | fields                                    | body                          |
|-----------|--------------------------|-------------------------------------------|-------------------------------|
| `HELLO`   | worker, writer → client  | `worker`, `release`                       |                               |
| `QUERY`   | client → worker          | those of `QueryRequest`                   | the query, or words           |
| `WRITE`   | client → writer          | those of `WriteRequest`                   | an update, or RDF             |
| `ANSWER`  | worker → client          | `kind`, `format`, `length`, `elapsed`     | the answer, or else a file    |
| `RECEIPT` | writer → client          | those of `WriteReceipt`                   |                               |
| `ERROR`   | worker, writer → client  | `code`, `message`, `details`              |                               |
| `BYE`     | worker, writer → client  |                                           |                               |
| `ASK`     | anyone → supervisor      | `ask`, and what it is about               |                               |
| `TOLD`    | supervisor → who asked   | what was asked for                        |                               |

A worker greets each new connection. The client then sends queries, each when it holds the worker's token
(`idle_workers`), and each is answered by `ANSWER` or `ERROR`. `BYE` means that the connection is given up without
having begun. One that ends in any other way has lost its worker, and the supervisor knows what that was at, and why it
ended.
"""

from __future__ import annotations

import os
import socket
import struct
from array import array
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

__all__ = [
    "Connection",
    "Dataset",
    "Kind",
    "LostConnectionError",
    "Message",
    "QueryRequest",
    "ask_supervisor",
    "encode",
    "encode_head",
]

_HEAD = struct.Struct("!BII")
_READ = 64 * 1024
#: Pieces that one call may send; POSIX promises sixteen.
_PIECES = 16
_FDS = socket.CMSG_SPACE(struct.calcsize("i"))


class Kind(IntEnum):
    """Kinds of message."""

    HELLO = 1
    QUERY = 2
    WRITE = 3
    ANSWER = 4
    RECEIPT = 5
    ERROR = 6
    BYE = 7
    ASK = 8
    TOLD = 9


_KINDS = {int(kind): kind for kind in Kind}


class Message(NamedTuple):
    """A message as it was received."""

    kind: Kind
    fields: dict[str, Any]
    body: bytes


class Dataset(NamedTuple):
    """The graphs of one query (SPARQL 1.1 Protocol, section 2.1.4), as IRIs."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether the request names a dataset; otherwise the query sees the union of all graphs."""
        return bool(self.default or self.named)


class QueryRequest(NamedTuple):
    """A query on its way to a worker, and in it.

    `client` is the address that asks, as far as it is known. `results_format` and `graph_format` name the formats of
    rows and triples, and are empty where the client accepts none; `user_graphs` says whether the query may see those.
    `lookup` are the arguments of a search for `text`, or of suggestions for it; None where `text` is SPARQL. `here` has
    the release on this machine asked, whatever engine is behind the pool.
    """

    query_id: str
    client: str
    timeout: float
    results_format: str
    graph_format: str
    dataset: Dataset
    user_graphs: bool
    text: str
    lookup: dict[str, Any] | None = None
    here: bool = False

    def encode(self) -> bytes:
        """Return the query as a message."""
        fields = self._asdict()
        text = fields.pop("text")
        fields["dataset"] = [*self.dataset]  # which, unlike a tuple with names, is written in no time
        return encode(Kind.QUERY, fields, text.encode(errors="surrogatepass"))

    @classmethod
    def of(cls, message: Message) -> QueryRequest:
        """Read what `encode` wrote; what is no UTF-8 is replaced."""
        fields = {**message.fields, "text": message.body.decode(errors="replace")}
        fields["dataset"] = Dataset(*map(tuple, fields["dataset"]))
        return cls._make(map(fields.__getitem__, cls._fields))


class LostConnectionError(Exception):
    """The other side has gone before the conversation was over."""


def encode(kind: Kind, fields: dict[str, Any] | None = None, body: bytes = b"") -> bytes:
    """Return a whole message."""
    return encode_head(kind, fields or {}, len(body)) + body


def encode_head(kind: Kind, fields: dict[str, Any], size: int) -> bytes:
    """Return a message whose body of `size` bytes is sent after it."""
    told = to_json(fields)
    return _HEAD.pack(kind, len(told), size) + told


def _length(start: bytes) -> int:
    """Return the length of a message by its first bytes; the head is never sent apart from what follows."""
    if len(start) < _HEAD.size:
        raise LostConnectionError("the stream ended")
    _, fields, size = _HEAD.unpack_from(start)
    return int(_HEAD.size + fields + size)


def ask_supervisor(control: Path, patience: float, ask: str, **about: object) -> tuple[dict[str, Any], list[int]]:
    """Return what the supervisor behind the socket `control` answers within `patience` seconds, and the files with it.

    Raises:
        OSError: it cannot be reached, or does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(patience)
        sock.connect(str(control))
        connection = Connection(sock)
        try:
            connection.send(encode(Kind.ASK, {"ask": ask, **about}))
            return connection.receive().fields, connection.files
        except LostConnectionError as error:
            raise ConnectionResetError(str(error)) from error


class Connection:
    """Reads messages from a stream socket; files that come along are kept in `files` in order of arrival."""

    def __init__(self, sock: socket.socket) -> None:
        """Wrap a connected socket."""
        self.sock = sock
        self.files: list[int] = []
        self._buffer = b""
        self._at = 0
        self._pieces: list[bytes] = []  # of a message that comes while nobody waits for it
        self.missing = 0
        self._space = memoryview(bytearray(_READ))  # kept: a new one per read would be mapped and unmapped each time

    def send(self, data: bytes, file: int | None = None) -> None:
        """Send encoded messages, or a part of one, and an open file along with them.

        Raises:
            LostConnectionError: the other side has closed the connection.
        """
        try:
            if file is not None:
                data = data[socket.send_fds(self.sock, [data], [file]) :]
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise LostConnectionError(str(error)) from error

    def send_all(self, pieces: Sequence[bytes]) -> None:
        """Send the pieces of an encoded message, which stay where they are, by one call as far as the system lets us.

        Raises:
            LostConnectionError: as `send`.
        """
        try:
            sent = self.sock.sendmsg(pieces[:_PIECES])
        except (BrokenPipeError, ConnectionResetError) as error:
            raise LostConnectionError(str(error)) from error
        for piece in pieces:
            if sent < len(piece):
                self.send(piece[sent:])
            sent = max(sent - len(piece), 0)

    def receive(self) -> Message:
        """Return the next message.

        Raises:
            LostConnectionError: the stream ended, inside a message or before one.
        """
        if self._pieces:
            self._buffer, self._at = b"".join(self._pieces), 0
            self._pieces.clear()
        elif self._at == len(self._buffer):  # one read brings most messages as a whole
            self._buffer, self._at = self._read(), 0
        kind, fields, size = _HEAD.unpack(self._take(_HEAD.size))
        return Message(_KINDS[kind], from_json(self._take(fields)), self._take(size))

    def receive_now(self) -> Message | None:
        """Return the next message if all of it has come, else None; `missing` is how much of it has not, in bytes.

        One that has begun to come may be waited for by `receive` too.

        Raises:
            LostConnectionError: as `receive`.
        """
        try:
            if not self._pieces:
                self._pieces.append(self._read(socket.MSG_DONTWAIT))
                self.missing = _length(self._pieces[0]) - len(self._pieces[0])
            while self.missing > 0:
                self._pieces.append(self._read_long(self.missing, socket.MSG_DONTWAIT))
                self.missing -= len(self._pieces[-1])
        except BlockingIOError:
            return None
        return self.receive()

    def close(self) -> None:
        """Close the socket and every received file that was not used."""
        self.sock.close()
        while self.files:
            os.close(self.files.pop())

    def _take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        at = self._at
        if len(self._buffer) - at < size:
            return self._fill(size)
        self._at = at + size
        return self._buffer[at : at + size]

    def _fill(self, size: int) -> bytes:
        """Read until `size` bytes are there, and return them."""
        pieces = [self._buffer[self._at :]] if self._at < len(self._buffer) else []
        missing = size - sum(map(len, pieces))
        while missing > 0:
            piece = self._read_long(missing, socket.MSG_WAITALL) if missing > _READ else self._read()
            pieces.append(piece)
            missing -= len(piece)
        data = b"".join(pieces)
        self._buffer = data[size:]
        self._at = 0
        return data[:size]

    def _read_long(self, size: int, flags: int) -> bytes:
        """Read up to `size` bytes at once; only what begins a message may bring a file along."""
        try:
            piece = self.sock.recv(size, flags)
        except ConnectionResetError as error:
            raise LostConnectionError(str(error)) from error
        if not piece:
            raise LostConnectionError("the stream ended")
        return piece

    def _read(self, flags: int = 0) -> bytes:
        try:
            size, ancillary, _, _ = self.sock.recvmsg_into([self._space], _FDS, flags)
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
