"""The supervisor of the query workers: a small process that loads a release, forks workers and replaces them.

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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from dualbio.errors import DualbioError
from dualbio.search import is_readable, write_index
from dualbio.store.embedded import EmbeddedStore, load_files
from dualbio.store.user_graphs import UserGraphs
from dualbio.store.workers.control import Control, Respond
from dualbio.store.workers.process.child_process import Serving, run_forked
from dualbio.store.workers.process.ended_queries import EndedQueries
from dualbio.store.workers.process.errors import (
    QueryCrashedError,
    WorkerLostError,
)
from dualbio.store.workers.process.exit_reasons import ExitReasons, LastWords, exit_reason, tell
from dualbio.store.workers.process.idle_workers import Tokens
from dualbio.store.workers.process.limits import Limits, forbid_core_files, processor_time, yield_to_others
from dualbio.store.workers.process.protocol import Connection
from dualbio.store.workers.process.running_queries import Running, RunningQueries
from dualbio.store.workers.process.settings import PoolSettings
from dualbio.store.workers.process.slots import Child, Slots
from dualbio.store.workers.query.evaluate import Evaluator
from dualbio.store.workers.query.remote import RemoteEvaluator, engine_of, hold_against
from dualbio.store.workers.query.worker import Worker
from dualbio.store.workers.write.shared_state import SharedState
from dualbio.store.workers.write.user_data import UserData, in_thread
from dualbio.store.workers.write.writer import Writer

__all__ = ["Supervisor", "load_release", "main"]

_BACKLOG = 128
#: Processor seconds after which a query has to yield to shorter ones, and seconds between two looks for such queries.
_LONG = 0.2
_LOOK = 0.1
_LONGEST_WORDS = 2000


def load_release(files: tuple[str, ...]) -> ox.Store:
    """Return an in-memory store of N-Quads files, loaded by a thread that ends with the loading.

    Raises:
        ReleaseError: one of them cannot be read.
    """
    loaded: list[ox.Store] = []
    in_thread(lambda: loaded.append(load_files(files)))
    return loaded[0]


def open_store(settings: PoolSettings) -> ox.Store:
    """Return the store that the queries of this process are answered from: in memory, or on disk.

    Raises:
        ReleaseError: a file cannot be read.
    """
    return ox.Store.read_only(settings.disk) if settings.disk else load_release(settings.files)


def search_index(settings: PoolSettings, store: ox.Store) -> Path:
    """Return the index of the release; one that has none for this code gets one, made by a thread that ends with it."""
    if settings.index and is_readable(Path(settings.index)):
        return Path(settings.index)
    made = Path(settings.folder, "search.sqlite")
    made.unlink(missing_ok=True)
    in_thread(lambda: write_index(EmbeddedStore(store), made).close())
    return made


class Supervisor:
    """Forks workers over `store` and keeps their number; with `user_data` it takes writes too, one at a time."""

    def __init__(self, settings: PoolSettings, store: ox.Store, user_data: UserData | None = None) -> None:
        """Open the sockets, and everything that must be there before the first fork."""
        folder = Path(settings.folder)
        self.settings = settings
        self.store = store
        self.quads = sum(settings.counts.values()) if settings.disk else len(store)
        self.index = search_index(settings, store)
        self.slots = Slots(settings.workers)
        self.running = RunningQueries(settings.workers + 1)
        self.words = [LastWords() for _ in range(settings.workers + 1)]
        self.reasons = ExitReasons()
        self.ended = EndedQueries(self.slots, self.running)
        self.listeners = [_listen(folder / f"worker-{slot}.sock", _BACKLOG) for slot in range(settings.workers)]
        self.tokens = Tokens()
        self.control = Control(_listen(folder / "control.sock", _BACKLOG), self._answers())
        self.shared = (
            SharedState(user_data, folder, _listen(folder / "updates.sock", settings.queue)) if user_data else None
        )
        self.draining = False
        self.drain_read, self.drain_write = os.pipe()
        self.wake_read, self.wake_write = os.pipe()

    def start(self) -> None:
        """Listen to signals, and fork the first workers."""
        for number in (self.wake_read, self.wake_write):
            os.set_blocking(number, False)
        signal.set_wakeup_fd(self.wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.drain())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.collect()
        gc.freeze()  # the collector of a worker would otherwise write to every shared page
        for slot in range(self.settings.workers):
            self._fork(slot, self._worker)

    # --- children ----------------------------------------------------------------------------------------------------

    def _fork(self, slot: int, make: Callable[[int, int], Serving]) -> None:
        """Start a child that is what `make(slot, serial)` returns."""
        serial = self.slots.next_serial()
        parent = os.getpid()
        self.words[slot].forget()
        child = os.fork()
        if child == 0:
            run_forked(lambda: make(slot, serial), parent)
        self.slots.fill(child, slot, serial)

    def _close_what_is_ours(self, slot: int) -> None:
        """Close, in a new child, what belongs to the supervisor alone; what the child says goes to its last words."""
        self.control.close()
        for number in (self.drain_write, self.wake_read, self.wake_write):
            os.close(number)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.close(nothing)
        for number in (1, 2):
            os.dup2(self.words[slot].file, number)

    def _writer(self, slot: int, serial: int) -> Writer:
        self._close_what_is_ours(slot)
        assert self.shared is not None
        known = self.settings
        return Writer(
            store=self.shared.data.store,
            users=self.shared.data.users,
            generation=self.shared.generation,
            listener=self.shared.listener,
            control=Path(known.folder, "control.sock"),
            running=self.running,
            slot=slot,
            serial=serial,
            limits=Limits(known.memory, known.spool, known.timeout),
            base=known.base,
            prefixes=known.prefixes,
            allowed=known.service_allow,
        )

    def _worker(self, slot: int, serial: int) -> Worker:
        self._close_what_is_ours(slot)
        known = self.settings
        # A store on disk has threads, which do not live on in a child: each opens it again.
        store = open_store(known) if known.disk else self.store
        users = self.shared.data.store if self.shared else None
        return Worker(
            evaluator=evaluator_of(known, store, users),
            index=self.index,
            listener=self.listeners[slot],
            tokens=self.tokens,
            drain=self.drain_read,
            running=self.running,
            slot=slot,
            serial=serial,
            release=known.release,
            limits=Limits(known.memory, known.spool, known.timeout),
            folder=known.folder,
            on_disk=bool(known.disk),
            known=self.slots.announced(slot),
        )

    def run(self) -> None:
        """Watch over the workers until the parent is gone or the drain is over."""
        poll = select.poll()
        for number in (0, self.wake_read, self.control.fileno()):
            poll.register(number, select.POLLIN)
        while len(self.slots) or not self.draining:
            self._watch_writes(poll)
            ready = {number for number, _ in poll.poll(self._patience())}
            if 0 in ready and not os.read(0, 4096):
                self.kill()
                return
            with contextlib.suppress(BlockingIOError):
                os.read(self.wake_read, 4096)
            self._reap()
            if self.control.fileno() in ready:
                self.control.answer_one()
            if self.draining:
                continue
            self._look_after_writes(ready)
            for slot in self.slots.due():
                self._fork(slot, self._worker)
            self._slow_down()

    def _patience(self) -> int:
        """Return the milliseconds until there is something to look for."""
        due = None if self.draining else self.slots.next_due()
        return int(1000 * _LOOK) if due is None else max(0, int(1000 * min(_LOOK, due)) + 1)

    def _slow_down(self) -> None:
        """Lower the priority of long queries; their workers are replaced, as priority cannot be raised again."""
        for pid, child in self.slots:
            if child.yields or child.slot == self.slots.writer:
                continue
            running = self.running.read(child.slot)
            if running and running.elapsed > _LONG and _used(pid, running) > _LONG:
                child.yields = True
                yield_to_others(pid)

    def _reap(self) -> None:
        """Record why children died, and have them replaced."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self.slots.remove(pid)
            running = self.running.read(child.slot)
            self.running.end(child.slot)
            if child.slot == self.slots.writer:
                self._take_over()  # whatever it got done before it ended
            self._record(child, status, running)
            if child.slot != self.slots.writer:
                self.slots.vacate(child, at_work=running is not None, failed=status != 0)

    def _record(self, child: Child, status: int, running: Running | None) -> None:
        words = self.words[child.slot].read()
        reason = self.ended.reason(child) or exit_reason(status, words, running, self.settings)
        self.reasons.record(child.serial, reason, running.query_id if running else "")
        if status and isinstance(reason, (QueryCrashedError, WorkerLostError)):
            code = os.waitstatus_to_exitcode(status)
            ended = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
            _say(
                f"a query worker ended with {ended} and was replaced; its last words: {words[-_LONGEST_WORDS:].strip()}"
            )

    def drain(self) -> None:
        """Take no more queries; end when those at work are done."""
        if not self.draining:
            self.draining = True
            for slot, listener in enumerate(self.listeners):
                listener.close()
                Path(self.settings.folder, f"worker-{slot}.sock").unlink(missing_ok=True)
            if self.shared:
                self.shared.close()
            os.close(self.drain_write)  # every worker sees the other end hang up

    def kill(self) -> None:
        """End all workers at once."""
        for pid, _ in self.slots:
            os.kill(pid, signal.SIGKILL)

    # --- user graphs -------------------------------------------------------------------------------------------------

    def _watch_writes(self, poll: select.poll) -> None:
        """Watch for a write only while none is running."""
        if self.shared is None:
            return
        if self.draining:
            with contextlib.suppress(KeyError):
                poll.unregister(self.shared.number)
            return
        poll.register(self.shared.number, 0 if self.slots.writing else select.POLLIN)

    def _look_after_writes(self, ready: set[int]) -> None:
        if self.shared is None:
            return
        if self.shared.left_out():
            self._take_over()
        if self.shared.number in ready and not self.slots.writing:
            self._fork(self.slots.writer, self._writer)

    def _take_over(self) -> int:
        """Serve the user graphs as they are on disk, and return the number of the last write.

        Idle workers over the old state leave at once, and busy ones when they are done; until its successor is there,
        a question waits. So whatever is asked from here on sees the new state.
        """
        if self.shared is None:
            return -1
        try:
            changed = self.shared.data.take_over()
        except (OSError, ValueError, SyntaxError, DualbioError) as error:
            _say(f"the user graphs were not taken over: {error}")
            changed = False
        if changed and not self.draining:
            gc.freeze()
            old = self.drain_read, self.drain_write
            self.drain_read, self.drain_write = os.pipe()
            for number in old:
                os.close(number)
            self.shared.publish()
        return self.shared.generation

    # --- control -----------------------------------------------------------------------------------------------------

    def _answers(self) -> dict[str, Respond]:
        """Return what can be asked at the control socket."""
        ended = self.ended
        return {
            "exit": self._answer_exit,
            "tokens": lambda line, _: tell(line, {}, self.tokens.taking.fileno()),
            "cancel": lambda line, fields: tell(line, {"cancelled": ended.cancel(str(fields["id"]))}),
            "make-way": lambda line, fields: tell(line, {"ended": ended.make_way(str(fields["client"]))}),
            "take-over": lambda line, _: tell(line, {"generation": self._take_over()}),
            "status": lambda line, _: tell(line, self._status()),
        }

    def _answer_exit(self, connection: Connection, fields: dict[str, Any]) -> None:
        serial = int(fields["worker"])
        self.reasons.answer(serial, connection, alive=self.slots.alive(serial))

    def _status(self) -> dict[str, Any]:
        return {
            "release": self.settings.release,
            "workers": len(self.slots),
            "quads": self.quads,
            "forked": self.slots.forked,
            "running": [
                {"id": each.query_id, "text": each.text, "elapsed": each.elapsed, "timeout": each.timeout}
                for each in self.ended.running()
            ],
        }


def evaluator_of(known: PoolSettings, store: ox.Store, users: ox.Store | None) -> Evaluator:
    """Return what answers the queries of a worker: this process, or another engine."""
    if not known.engine:
        return Evaluator(store, users, known.base, known.prefixes, known.service_allow)
    return RemoteEvaluator(store, None, known.base, known.prefixes, engine=engine_of(known))


def _used(pid: int, running: Running) -> float:
    """Return the processor seconds of a query, or the seconds since it began where the system does not count them."""
    used = processor_time(pid)
    return running.elapsed if used is None else used - running.used_before


def _listen(path: Path, backlog: int) -> socket.socket:
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    path.chmod(0o600)
    sock.listen(backlog)
    sock.setblocking(False)
    return sock


def _say(message: str) -> None:
    sys.stderr.write(f"dualbio: {message}\n")
    sys.stderr.flush()


def main() -> None:
    """Read the configuration from standard input, load, report, and supervise."""
    forbid_core_files()
    settings = PoolSettings.from_json(_read_line())
    try:
        if settings.engine:
            hold_against(settings)
        supervisor = Supervisor(settings, open_store(settings), _user_data(settings))
        supervisor.start()
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
        piece = os.read(0, 65536)  # nothing follows the line: the pipe just stays open
        if not piece:
            sys.exit(1)
        data += piece
    return data.decode()


if __name__ == "__main__":
    main()
