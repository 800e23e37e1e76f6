"""A `dualbio serve` process, and what can be seen of a process from outside."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

__all__ = [
    "Server",
    "children_of",
    "command_of",
    "family",
    "files_of",
    "lives",
    "start_server",
    "stop_server",
    "wait_until",
]


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process, and the file that holds its log."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def sparql(self) -> str:
        """The address of the endpoint."""
        return f"{self.url}/sparql"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def webs(self) -> list[int]:
        """The web processes: neither supervisors, nor one that draws figures, nor one that has ended."""
        return [pid for pid in family(self.process.pid) if "serve" in command_of(pid).split("\0")]

    @property
    def supervisors(self) -> list[int]:
        """The supervisors of the query workers, one for each release that is still served."""
        return [pid for pid in children_of(self.process.pid) if "supervisor" in command_of(pid)]


def start_server(store: Path | str, log: Path, **settings: str) -> Server:
    """Start `dualbio serve --store`, with a folder or an endpoint, on a free port, and wait until it is ready.

    `settings` become `DUALBIO_*` variables.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        **{f"DUALBIO_{name.upper()}": value for name, value in settings.items()},
    }
    port = _free_port()
    command = [sys.executable, "-m", "dualbio.cli", "serve", "--store", str(store), "--port", str(port)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
    server = Server(f"http://127.0.0.1:{port}", process, log)

    client = httpx.Client()  # one for all tries: to make one takes longer than to ask

    def ready() -> bool:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            return client.get(f"{server.url}/health/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    with client, contextlib.ExitStack() as started:
        started.callback(process.kill)  # nobody else knows of one that never became ready
        wait_until(ready, lambda: log.read_text(encoding="utf-8"), seconds=60)
        started.pop_all()
    return server


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def stop_server(server: Server) -> int:
    """Ask the server to end, and return its exit code."""
    server.process.terminate()
    return server.process.wait(60)


def wait_until(
    holds: Callable[[], bool], told: Callable[[], object] = lambda: "it did not come", *, seconds: float = 60
) -> None:
    """Wait until `holds()`; after so many seconds fail with what `told()` returns."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread, or the process, has just ended
            found += map(int, children.read_text(encoding="ascii").split())
    return found


def family(pid: int) -> list[int]:
    """Return the processes below `pid`."""
    return [each for child in children_of(pid) for each in (child, *family(child))]


def lives(pid: int) -> bool:
    """Tell whether a process lives; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command_of(pid: int) -> str:
    """Return the command line of a process; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


def files_of(pid: int) -> list[str]:
    """Return what the open descriptors of a process lead to."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(link.readlink()))
        except OSError:  # closed meanwhile
            continue
    return sorted(found)
