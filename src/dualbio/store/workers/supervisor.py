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
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from dualbio.errors import DualbioError
from dualbio.store.user_graphs import UserGraphs
from dualbio.store.workers.board import Board
from dualbio.store.workers.errors import WorkerLostError
from dualbio.store.workers.fates import fate_of
from dualbio.store.workers.forked import Serving, run_forked
from dualbio.store.workers.generation import Generation
from dualbio.store.workers.limits import forbid_core_files, yield_to_others
from dualbio.store.workers.settings import PoolSettings
from dualbio.store.workers.tokens import Tokens
from dualbio.store.workers.user_data import UserData, in_thread
from dualbio.store.workers.worker import Limits, Worker
from dualbio.store.workers.writer import Writer

__all__ = ["Supervisor", "load_release", "main"]

#: A worker that dies younger than this without a query is not replaced at once.
_YOUNG = 1.0
_KEPT_FATES = 4096
_CONTROL_TIMEOUT = 1.0
_BACKLOG = 128
#: Seconds after which a query has to yield to shorter ones, and between two looks for such queries.
_LONG = 0.2
_LOOK = 0.1


def load_release(files: list[str]) -> ox.Store:
    """Return an in-memory store of N-Quads files, loaded by a thread that ends with the loading."""
    store = ox.Store()

    def load() -> None:
        for file in files:
            store.bulk_load(path=file, format=ox.RdfFormat.N_QUADS)

    in_thread(load)
    return store


@dataclass
class Child:
    """A living worker: its slot on the board, its serial number, and when it was forked."""

    slot: int
    serial: int
    born: float
    yields: bool = False


@dataclass
class Supervisor:
    """Forks workers over `store` and keeps their number; with `user_data` it takes writes too, one at a time."""

    settings: PoolSettings
    store: ox.Store
    user_data: UserData | None = None
    children: dict[int, Child] = field(default_factory=dict)
    fates: dict[int, dict[str, Any]] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    waiting: dict[int, list[socket.socket]] = field(default_factory=dict)
    vacant: dict[int, float] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    serial: int = 0
    writer: int | None = None
    draining: bool = False

    def open(self) -> None:
        """Open the sockets, and everything that must be there before the first fork."""
        folder = Path(self.settings.folder)
        self.quads = len(self.store)
        self.board = Board(self.settings.workers + 1)
        self.listeners = [_listen(folder / f"worker-{slot}.sock", _BACKLOG) for slot in range(self.settings.workers)]
        self.tokens = Tokens()
        self.control = _listen(folder / "control.sock", _BACKLOG)
        if self.user_data:
            self._open_user_graphs(self.user_data)
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

    def _open_user_graphs(self, user_data: UserData) -> None:
        """Take part in the writes to the folder, then read it: so no write can fall in between."""
        folder = Path(self.settings.folder)
        self.updates = _listen(folder / "updates.sock", self.settings.queue)
        self.updates_number = self.updates.fileno()
        self.generation = Generation(folder, make=True)
        user_data.users.register(folder / "control.sock")
        user_data.load()
        self.generation.value = user_data.index.generation

    def fork(self, slot: int) -> None:
        """Start the worker of a slot."""
        self.vacant.pop(slot, None)
        self._fork(slot, lambda: self._worker(slot))

    def fork_writer(self) -> None:
        """Start the writer that takes the next write."""
        self.writer = self._fork(self.settings.workers, self._writer)

    def _fork(self, slot: int, make: Callable[[], Serving]) -> int:
        """Start a child that is what `make` returns, and return its process id."""
        self.serial += 1
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            run_forked(make, parent)
        self.children[child] = Child(slot, self.serial, time.monotonic())
        return child

    def _close_what_is_ours(self) -> None:
        """Close, in a new child, what belongs to the supervisor alone."""
        self.control.close()
        for number in (self.drain_write, self.wake_read, self.wake_write):
            os.close(number)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):  # the engine reports an exhausted memory on standard error, and so does the client
            os.dup2(nothing, number)
        os.close(nothing)

    def _writer(self) -> Writer:
        self._close_what_is_ours()
        assert self.user_data is not None
        known = self.settings
        return Writer(
            store=self.user_data.store,
            users=self.user_data.users,
            generation=self.user_data.index.generation,
            listener=self.updates,
            control=Path(known.folder, "control.sock"),
            board=self.board,
            slot=known.workers,
            serial=self.serial,
            limits=Limits(known.memory, known.spool, known.timeout),
            base=known.base,
            prefixes=known.prefixes,
            allowed=known.service_allow,
        )

    def _worker(self, slot: int) -> Worker:
        self._close_what_is_ours()
        known = self.settings
        return Worker(
            store=self.store,
            full=self.user_data.store if self.user_data else None,
            listener=self.listeners[slot],
            tokens=self.tokens,
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
            known=slot in self.known,
        )

    def run(self) -> None:
        """Watch over the workers until the parent is gone or the drain is over."""
        poll = select.poll()
        for number in (0, self.wake_read, self.control.fileno()):
            poll.register(number, select.POLLIN)
        while self.children or not self.draining:
            self._watch_updates(poll)
            ready = {number for number, _ in poll.poll(self._patience())}
            if 0 in ready and not os.read(0, 4096):
                self.kill()
                return
            with contextlib.suppress(BlockingIOError):
                os.read(self.wake_read, 4096)
            self.reap()
            if self.control.fileno() in ready:
                self._answer_control()
            if self.user_data and self.updates.fileno() in ready and self.writer is None:
                self.fork_writer()
            self._refill()
            self._slow_down()

    def _watch_updates(self, poll: select.poll) -> None:
        """Look out for a write only while nobody writes."""
        if self.user_data is None:
            return
        if self.draining:
            with contextlib.suppress(KeyError):
                poll.unregister(self.updates_number)
            return
        poll.register(self.updates_number, 0 if self.writer else select.POLLIN)

    def _patience(self) -> int:
        if not self.vacant or self.draining:
            return int(1000 * _LOOK)
        return max(0, int(1000 * min(_LOOK, min(self.vacant.values()) - time.monotonic())) + 1)

    def _slow_down(self) -> None:
        """Have queries that run for long yield to shorter ones; their workers retire, for nobody may speed them up."""
        for pid, child in self.children.items():
            if child.yields or child.slot == self.settings.workers:
                continue
            running = self.board.read(child.slot)
            if running and running.elapsed > _LONG:
                child.yields = True
                yield_to_others(pid)

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
            child = self.children.pop(pid)
            if pid == self.writer:
                self.writer = None
                self._take_over()  # whatever it got done before it ended
            self._bury(child, status)

    def _bury(self, child: Child, status: int) -> None:
        running = self.board.read(child.slot)
        self.board.end(child.slot)
        fate = fate_of(status, running, self.settings, cancelled=child.serial in self.cancelled)
        self.fates[child.serial] = {**fate, "query": running.query_id if running else ""}
        self.cancelled.discard(child.serial)
        for sock in self.waiting.pop(child.serial, []):
            _reply(sock, self.fates[child.serial])
        while len(self.fates) > _KEPT_FATES:
            del self.fates[next(iter(self.fates))]
        if child.slot == self.settings.workers:
            return
        (self.known.discard if running else self.known.add)(child.slot)
        now = time.monotonic()
        hasty = running is None and status != 0 and now - child.born < _YOUNG
        self.vacant[child.slot] = now + (_YOUNG if hasty else 0)

    def drain(self) -> None:
        """Take no more queries; end when those at work are done."""
        if not self.draining:
            self.draining = True
            for slot, listener in enumerate(self.listeners):
                listener.close()
                Path(self.settings.folder, f"worker-{slot}.sock").unlink(missing_ok=True)
            if self.user_data:
                self.updates.close()
                Path(self.settings.folder, "updates.sock").unlink(missing_ok=True)
            os.close(self.drain_write)  # every worker sees the other end hang up

    def _take_over(self) -> int:
        """Serve the user graphs as they are on disk, and return the number of the last write.

        Idle workers over the old state leave at once, and busy ones when they are done; until its successor is there,
        a question waits. So whatever is asked from here on sees the new state.
        """
        if self.user_data is None:
            return -1
        try:
            changed = self.user_data.take_over()
        except (OSError, ValueError, SyntaxError, DualbioError) as error:
            sys.stderr.write(f"dualbio: the user graphs were not taken over: {error}\n")
            sys.stderr.flush()
            changed = False
        if changed and not self.draining:
            gc.freeze()
            old = self.drain_read, self.drain_write
            self.drain_read, self.drain_write = os.pipe()
            for number in old:
                os.close(number)
            self.generation.value = self.user_data.index.generation
        return self.user_data.index.generation

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
        elif request.get("ask") == "tokens":
            with contextlib.suppress(OSError), sock:
                socket.send_fds(sock, [b"."], [self.tokens.taking.fileno()])
        elif request.get("ask") == "cancel":
            _reply(sock, {"cancelled": self.cancel(str(request["id"]))})
        elif request.get("ask") == "take-over":
            _reply(sock, {"generation": self._take_over()})
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
            "quads": self.quads,
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
        user_data = _user_data(settings)
        supervisor = Supervisor(settings, load_release(list(settings.files)), user_data)
        supervisor.open()
    except (OSError, SyntaxError, ValueError, DualbioError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        sys.exit(1)
    sys.stdout.write(json.dumps({"ready": os.getpid(), "quads": supervisor.quads}) + "\n")
    sys.stdout.flush()
    supervisor.run()


def _user_data(settings: PoolSettings) -> UserData | None:
    if not settings.user_graphs:
        return None
    users = UserGraphs(Path(settings.user_graphs))
    users.prepare()
    return UserData(users, settings.files)


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
