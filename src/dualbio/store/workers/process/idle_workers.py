"""The queue of idle workers: each gives its token when it is free, and a client takes one for each query.

So a query is never sent to a worker that is at another one while some worker is idle, whichever process asks; and
clients keep their connections. Taking and giving is one system call each, and the kernel wakes one client per token.
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
import termios
import time
from pathlib import Path

from dualbio.store.workers.process.protocol import ask_supervisor

__all__ = ["Tokens", "TokensGoneError", "join_tokens"]

_TOKEN = struct.Struct("!H")
_COUNT = struct.Struct("i")
#: Seconds after which one who waits looks at the clock. Clients share the socket, and so this time.
_LOOK = 0.2
_JOIN_TIMEOUT = 5.0


class TokensGoneError(Exception):
    """The pool has ended."""


class Tokens:
    """Slots of idle workers, in the order in which they came free."""

    def __init__(self, taking: socket.socket | None = None) -> None:
        """Open the queue of a new pool, or take part in one by its receiving socket."""
        self.giving: socket.socket | None = None
        if taking is None:  # messages, for the kernel wakes all who wait at a stream
            taking, self.giving = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            look = struct.pack("ll", 0, int(_LOOK * 1_000_000))
            taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, look)
        self.taking = taking

    def give(self, slot: int) -> None:
        """Tell that the worker of `slot` is idle."""
        assert self.giving is not None
        self.giving.send(_TOKEN.pack(slot))

    def take(self, patience: float) -> int | None:
        """Return the slot of an idle worker, or None when there was none for `patience` seconds.

        Raises:
            TokensGoneError: the pool has ended.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                token = self.taking.recv(_TOKEN.size)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return None
                continue
            return _slot(token)

    def take_now(self) -> int | None:
        """Return the slot of an idle worker, or None when there is none.

        Raises:
            TokensGoneError: the pool has ended.
        """
        try:
            return _slot(self.taking.recv(_TOKEN.size, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return None

    def any(self) -> bool:
        """Return whether a token is waiting."""
        (size,) = _COUNT.unpack(fcntl.ioctl(self.taking, termios.FIONREAD, bytes(_COUNT.size)))
        return bool(size)

    def close(self) -> None:
        """Leave the queue."""
        self.taking.close()
        if self.giving:
            self.giving.close()


def _slot(token: bytes) -> int:
    if not token:
        raise TokensGoneError
    slot: int = _TOKEN.unpack(token)[0]
    return slot


def join_tokens(control: Path) -> Tokens:
    """Return the tokens of the pool whose control socket is `control`.

    Raises:
        OSError: there is no such pool.
    """
    _, files = ask_supervisor(control, _JOIN_TIMEOUT, "tokens")
    if not files:
        raise ConnectionResetError("the pool ended")
    taking = socket.socket(fileno=files[0])
    with contextlib.suppress(OSError):
        taking.set_inheritable(False)
    return Tokens(taking)
