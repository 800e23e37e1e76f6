"""The supervisor of the query workers: a small process that loads a release, forks workers, and replaces the dead.

It runs no query and speaks no HTTP, so nothing can hold a lock or a limit when it forks. It lives as long as the pipe
on its standard input is open, which also brings its configuration; it tells on standard output when it is ready.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from dualbio.store.workers.board import Board
from dualbio.store.workers.errors import WorkerLostError
from dualbio.store.workers.fates import fate_of
from dualbio.store.workers.limits import forbid_core_files
from dualbio.store.workers.settings import PoolSettings
from dualbio.store.workers.worker import Limits, Worker, run_worker

__all__ = ["Supervisor", "load_release", "main"]

#: A worker that dies younger than this without a query is not replaced at once.
_YOUNG = 1.0
_KEPT_FATES = 4096
_CONTROL_TIMEOUT = 1.0


def load_release(files: list[str]) -> ox.Store:
    """Return an in-memory store of N-Quads files, loaded by a thread that ends with the loading.

    What a thread allocates stays in its part of the allocator; serialising from there would be slower by half.
    """
    loaded: list[ox.Store | Exception] = []

    def load() -> None:
        store = ox.Store()
        try:
            for file in files:
                store.bulk_load(path=file, format=ox.RdfFormat.N_QUADS)
        except (OSError, SyntaxError, ValueError) as error:
            loaded.append(error)
        else:
            loaded.append(store)

    thread = threading.Thread(target=load, name="loader")
    thread.start()
    thread.join()
    (result,) = loaded
    if isinstance(result, Exception):
        raise result
    return result


@dataclass
class Child:
    """A living worker: its slot on the board, its serial number, and when it was forked."""

    slot: int
    serial: int
    born: float


@dataclass
class Supervisor:
    """Forks workers over `store` and keeps their number."""

    settings: PoolSettings
    store: ox.Store
    children: dict[int, Child] = field(default_factory=dict)
    fates: dict[int, dict[str, Any]] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    waiting: dict[int, list[socket.socket]] = field(default_factory=dict)
    vacant: dict[int, float] = field(default_factory=dict)
    serial: int = 0
    draining: bool = False

    def open(self) -> None:
        """Open the sockets, and everything that must be there before the first fork."""
        folder = Path(self.settings.folder)
        self.board = Board(self.settings.workers)
        self.listener = _listen(folder / "queries.sock", self.settings.queue)
        self.control = _listen(folder / "control.sock", 128)
        self.drain_read, self.drain_write = os.pipe()
        self.wake_read, self.wake_write = os.pipe()
        for number in (self.wake_read, self.wake_write):
            os.set_blocking(number, False)
        signal.set_wakeup_fd(self.wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.drain())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.collect()
        gc.freeze()  # the collector of a worker would otherwise write to every shared page
        for slot in range(self.settings.workers):
            self.fork(slot)

    def fork(self, slot: int) -> None:
        """Start the worker of a slot."""
        self.serial += 1
        self.vacant.pop(slot, None)
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            run_worker(self._worker(slot), parent)
        self.children[child] = Child(slot, self.serial, time.monotonic())

    def _worker(self, slot: int) -> Worker:
        self.control.close()
        for number in (self.drain_write, self.wake_read, self.wake_write):
            os.close(number)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):  # the engine reports an exhausted memory on standard error, and so does the client
            os.dup2(nothing, number)
        os.close(nothing)
        known = self.settings
        return Worker(
            store=self.store,
            listener=self.listener,
            drain=self.drain_read,
            board=self.board,
            slot=slot,
            serial=self.serial,
            release=known.release,
            limits=Limits(known.memory, known.spool, known.timeout),
            folder=known.folder,
            base=known.base,
            prefixes=known.prefixes,
            service_allow=known.service_allow,
        )

    def run(self) -> None:
        """Watch over the workers until the parent is gone or the drain is over."""
        poll = select.poll()
        for number in (0, self.wake_read, self.control.fileno()):
            poll.register(number, select.POLLIN)
        while self.children or not self.draining:
            ready = {number for number, _ in poll.poll(self._patience())}
            if 0 in ready and not os.read(0, 4096):
                self.kill()
                return
            with contextlib.suppress(BlockingIOError):
                os.read(self.wake_read, 4096)
            self.reap()
            if self.control.fileno() in ready:
                self._answer_control()
            self._refill()

    def _patience(self) -> int | None:
        if not self.vacant or self.draining:
            return None
        return max(0, int(1000 * (min(self.vacant.values()) - time.monotonic())) + 1)

    def _refill(self) -> None:
        now = time.monotonic()
        for slot in [slot for slot, due in self.vacant.items() if due <= now and not self.draining]:
            self.fork(slot)

    def reap(self) -> None:
        """Note why workers died, tell who asked, and make their slots vacant."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._bury(self.children.pop(pid), status)

    def _bury(self, child: Child, status: int) -> None:
        running = self.board.read(child.slot)
        self.board.end(child.slot)
        self.fates[child.serial] = fate_of(status, running, self.settings, cancelled=child.serial in self.cancelled)
        self.cancelled.discard(child.serial)
        for sock in self.waiting.pop(child.serial, []):
            _reply(sock, self.fates[child.serial])
        while len(self.fates) > _KEPT_FATES:
            del self.fates[next(iter(self.fates))]
        now = time.monotonic()
        hasty = running is None and status != 0 and now - child.born < _YOUNG
        self.vacant[child.slot] = now + (_YOUNG if hasty else 0)

    def drain(self) -> None:
        """Take no more queries; end when those at work are done."""
        if not self.draining:
            self.draining = True
            self.listener.close()
            Path(self.settings.folder, "queries.sock").unlink(missing_ok=True)
            os.close(self.drain_write)  # every worker sees the other end hang up

    def kill(self) -> None:
        """End all workers at once."""
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)

    # --- control -----------------------------------------------------------------------------------------------------

    def _answer_control(self) -> None:
        try:
            sock, _ = self.control.accept()
        except BlockingIOError:
            return
        sock.settimeout(_CONTROL_TIMEOUT)
        try:
            request: dict[str, Any] = json.loads(sock.recv(65536))
        except (OSError, ValueError):
            sock.close()
            return
        if request.get("ask") == "fate":
            self._answer_fate(sock, int(request["worker"]))
        elif request.get("ask") == "cancel":
            _reply(sock, {"cancelled": self.cancel(str(request["id"]))})
        else:
            _reply(sock, self.status())

    def _answer_fate(self, sock: socket.socket, serial: int) -> None:
        alive = any(child.serial == serial for child in self.children.values())
        if serial in self.fates:
            _reply(sock, self.fates[serial])
        elif alive:
            self.waiting.setdefault(serial, []).append(sock)
        else:
            _reply(
                sock,
                {"code": WorkerLostError.code, "message": "the query worker is gone; repair: ask again", "details": {}},
            )

    def status(self) -> dict[str, Any]:
        """Return the release and the queries at work."""
        running = [self.board.read(child.slot) for child in self.children.values()]
        return {
            "release": self.settings.release,
            "workers": len(self.children),
            "quads": len(self.store),
            "forked": self.serial,
            "running": [
                {"id": each.query_id, "text": each.text, "elapsed": each.elapsed, "timeout": each.timeout}
                for each in running
                if each
            ],
        }

    def cancel(self, query_id: str) -> bool:
        """Kill the worker of a query; tell whether there was one.

        The worker is stopped before its slot is read again, so that it cannot have gone on to another query.
        """
        for pid, child in self.children.items():
            if not self._at_work(child, query_id):
                continue
            os.kill(pid, signal.SIGSTOP)
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if self._at_work(child, query_id):
                self.cancelled.add(child.serial)
                os.kill(pid, signal.SIGKILL)
                return True
            os.kill(pid, signal.SIGCONT)
        return False

    def _at_work(self, child: Child, query_id: str) -> bool:
        running = self.board.read(child.slot)
        return running is not None and running.query_id == query_id


def _listen(path: Path, backlog: int) -> socket.socket:
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    path.chmod(0o600)
    sock.listen(backlog)
    sock.setblocking(False)
    return sock


def _reply(sock: socket.socket, answer: dict[str, Any]) -> None:
    with contextlib.suppress(OSError), sock:
        sock.sendall(json.dumps(answer).encode())


def main() -> None:
    """Read the configuration from standard input, load, report, and supervise."""
    forbid_core_files()
    settings = PoolSettings.from_json(_read_line())
    try:
        supervisor = Supervisor(settings, load_release(list(settings.files)))
        supervisor.open()
    except (OSError, SyntaxError, ValueError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        sys.exit(1)
    sys.stdout.write(json.dumps({"ready": os.getpid(), "quads": len(supervisor.store)}) + "\n")
    sys.stdout.flush()
    supervisor.run()


def _read_line() -> str:
    data = bytearray()
    while not data.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            sys.exit(1)
        data += piece
    return data.decode()


if __name__ == "__main__":
    main()
