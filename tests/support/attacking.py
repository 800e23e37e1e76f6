"""Clients that want to stop a service, and what an honest client and the system see of it meanwhile."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx

import requesting
from running import Server, files_of

__all__ = ["Probe", "connect", "hang_up", "holdings", "probing", "read_to_end"]


@dataclass
class Probe:
    """How long `/health/live` took, in seconds, each time; and what went wrong."""

    waits: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@contextmanager
def probing(server: Server, most: float = 1.0) -> Iterator[Probe]:
    """Ask for `/health/live` all the time; at the end each answer must have come within `most` seconds."""
    probe = Probe()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            started = time.monotonic()
            try:
                response = requesting.get(f"{server.url}/health/live", timeout=5)
                if response.status_code != httpx.codes.OK:
                    probe.faults.append(f"{response.status_code} {response.text}")
            except httpx.TransportError as error:
                probe.faults.append(repr(error))
            probe.waits.append(time.monotonic() - started)
            done.wait(0.05)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield probe
    finally:
        done.set()
        thread.join()
    assert [] == probe.faults
    assert max(probe.waits) < most, sorted(probe.waits)[-5:]


def connect(server: Server, sent: bytes = b"", *, stack: ExitStack | None = None, buffer: int = 0) -> socket.socket:
    """Return a connection on which something was sent; `buffer` bounds what it takes in without being read."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.settimeout(60)
    sock.connect(("127.0.0.1", server.port))
    if stack:
        stack.enter_context(sock)
    sock.sendall(sent)
    return sock


def hang_up(sock: socket.socket) -> None:
    """Close a connection at once, so that the other side gets an error (RST)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def read_to_end(sock: socket.socket) -> bytes:
    """Return everything until the other side hangs up."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def holdings(server: Server) -> tuple[int, int]:
    """Return the sockets and the nameless files that the web processes of a service hold."""
    files = [file for pid in server.webs for file in files_of(pid)]
    return sum(file.startswith("socket:") for file in files), sum("(deleted)" in file for file in files)
