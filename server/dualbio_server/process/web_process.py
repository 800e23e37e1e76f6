"""One web process: an event loop that reads requests and sends answers, and threads that compute them.

The loop alone touches clients, so none of them can hold a thread; what it finds in the cache it sends at once. Another
release is opened beside the one that is served and takes its place between two requests; what was taken before is
answered by the old one, which is closed after its last answer.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import uvloop

from dualbio.errors import counted
from dualbio_server.http.access_log import AccessLog, LogEntry
from dualbio_server.http.file_body import FileBody
from dualbio_server.http.problems import ProblemError
from dualbio_server.http.turns import Turn, WholeAnswer
from dualbio_server.process.answer import HttpAnswer, answer_of, refusal
from dualbio_server.process.connection import ClientConnection
from dualbio_server.process.load import Load
from dualbio_server.process.request import HttpRequest

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["Application", "WebLimits", "WebProcess"]

#: Seconds between two looks at the deadlines of all connections, and between two signs of life.
_LOOK = 1.0
#: Requests that may wait for a thread.
_MOST_WAITING = 1024
#: Descriptors that are left for files, pools and logs, and those that we ask for.
_OTHER_FILES = 256
_FILES = 16384
#: Objects made since the last collection at which the next one begins. Cached answers are many, and hold no cycles;
#: but the more at once, the longer everyone waits.
_COLLECT_AT = 5_000
#: The parameter of glibc's `mallopt` that bounds the heaps of a process (mallopt(3)).
_M_ARENA_MAX = -8
#: Niceness of the thread that reads what nobody has asked for yet.
_PREPARING = 10
#: Seconds that a thread may run on while another waits, of which the loop is one: the usual time is felt by clients.
_SWITCH = 0.001
#: Seconds that a process with fewer connections is given to take the next.
_COURTESY = 0.002
#: Bytes that wait in the system for a client that does not read.
_UNSENT = 128 * 1024


@dataclass(frozen=True)
class Application:
    """All that the web server asks of the rest of the service, over one release.

    `find` gives an answer that is known already, `begin` begins to make one in the event loop and returns whether; both
    are called there, so they must take no time. `answer` makes any other, in a thread. `close` is called after the
    last answer, `prepare` in a thread once it is served.
    """

    release: str
    find: Callable[[dict[str, Any]], WholeAnswer | None]
    begin: Callable[[dict[str, Any], Turn], bool]
    answer: WSGIApplication
    close: Callable[[], None]
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class WebLimits:
    """Threads that make answers, bytes of a request's body, and seconds that a process that leaves may take."""

    threads: int
    body: int
    patience: float


@dataclass(eq=False)
class _Serving:
    """An application, and the number of requests that it is at."""

    application: Application
    under_way: int = 0


@dataclass(eq=False, slots=True)
class _Turn:
    """A request that is being answered: what `Turn` says, by its process."""

    process: WebProcess
    serving: _Serving
    connection: ClientConnection
    request: HttpRequest
    answered: bool = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self.process.loop

    def in_thread(self, task: Callable[[], object]) -> None:
        self.process.in_thread(task)

    def done(self, answer: WholeAnswer) -> None:
        self.process.made(self, HttpAnswer.of(answer))

    def make(self, answer: Callable[[], WholeAnswer]) -> None:
        self.in_thread(partial(self._make, lambda: HttpAnswer.of(answer())))

    def failed(self) -> HttpAnswer:
        """Trace the error that is being handled, and return the error for the client."""
        traceback.print_exc()
        problem = ProblemError(500, "internal", "something went wrong inside the service")
        return self.process.refuse(self.request, problem)

    def make_by_application(self) -> None:
        """Have the application make the answer, in a thread."""
        self.in_thread(partial(self._make, lambda: answer_of(self.serving.application.answer, self.request.environ)))

    def _make(self, answer: Callable[[], HttpAnswer]) -> None:
        try:
            made = answer()
        except BaseException:  # noqa: BLE001 - the client gets the one error shape, the operator the rest
            made = self.failed()
        self.loop.call_soon_threadsafe(self.process.made, self, made)


@dataclass(eq=False)
class WebProcess:
    """Serves the connections that come to `listener`, as the main process says through `control`.

    `make` returns the application of a message of the main process.
    """

    listener: socket.socket
    control: socket.socket
    limits: WebLimits
    log: AccessLog
    load: Load
    make: Callable[[dict[str, Any]], Application]
    connections: dict[ClientConnection, None] = field(default_factory=dict)
    leaving: bool = False
    date: str = ""
    _connecting: set[asyncio.Task[Any]] = field(default_factory=set)

    def run(self, first: dict[str, Any]) -> None:
        """Serve until the main process says so, ends, or sends SIGTERM; `first` is what is served at the start."""
        _share_heap()
        self.body_limit = self.limits.body
        self._most = _allow_files() - _OTHER_FILES
        name, port, *_ = self.listener.getsockname()
        self._common: dict[str, Any] = {
            "SERVER_NAME": f"[{name}]" if ":" in name else name,
            "SERVER_PORT": str(port),
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.file_wrapper": FileBody,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        self._waiting = self._threads = 0
        self._serving = _Serving(self.make(first))
        self._work: SimpleQueue[Callable[[], object]] = SimpleQueue()
        sys.setswitchinterval(_SWITCH)
        _freeze()
        uvloop.run(self._serve())
        self._serving.application.close()
        self.log.flush()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._left = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self._leave if number == signal.SIGTERM else _ignore)
        self.loop.add_reader(self.listener, self._accept)
        reader, self._main = await asyncio.open_connection(sock=self.control)
        listening = asyncio.create_task(self._obey(reader))
        self._tell("ready", self._serving.application.release)
        _prepare(self._serving.application)
        while not self._left.is_set():
            self._look()
            try:
                await asyncio.wait_for(self._left.wait(), _LOOK)
            except TimeoutError:
                continue
        listening.cancel()

    def _look(self) -> None:
        now = time.monotonic()
        self.date = f"Date: {formatdate(usegmt=True)}\r\n"
        for connection in list(self.connections):
            connection.look(now)
        self._tell("beat")
        if self.leaving and (not self.connections or now > self._ends):
            self._left.set()

    # --- the main process --------------------------------------------------------------------------------------------

    def _tell(self, what: str, release: str = "") -> None:
        self._main.write(json.dumps({"tell": what, "release": release}).encode() + b"\n")

    async def _obey(self, reader: asyncio.StreamReader) -> None:
        """Change the release when the main process says so, one after the other; leave when it ends."""
        while line := await reader.readline():
            opened: asyncio.Future[Application | None] = self.loop.create_future()
            threading.Thread(target=self._open, args=(json.loads(line), opened), name="open", daemon=True).start()
            application = await opened
            if application is None:
                break
            self._switch(application)
        self._leave()

    def _open(self, message: dict[str, Any], opened: asyncio.Future[Application | None]) -> None:
        """Open another release beside the one that is served."""
        application = None
        try:
            application = self.make(message)
        except Exception:  # noqa: BLE001 - whatever it is, the main process replaces this one
            traceback.print_exc()
        self.loop.call_soon_threadsafe(opened.set_result, application)

    def _switch(self, application: Application) -> None:
        """Serve `application` from the next request on."""
        old, self._serving = self._serving, _Serving(application)
        self._tell("serving", application.release)
        _prepare(application)
        if not old.under_way:
            self._retire(old)

    def _retire(self, old: _Serving) -> None:
        """Close what has given its last answer; the main process then ends its pool."""

        def close() -> None:
            old.application.close()
            self.loop.call_soon_threadsafe(self._retired)

        threading.Thread(target=close, name="close", daemon=True).start()

    def _retired(self) -> None:
        _freeze()
        self._tell("retired")

    def _leave(self) -> None:
        """Take no more connections, answer what was asked, and end."""
        if self.leaving:
            return
        self.leaving = True
        self._ends = time.monotonic() + self.limits.patience
        self.loop.remove_reader(self.listener)
        for connection in list(self.connections):
            connection.leave()
        if not self.connections:
            self._left.set()

    # --- connections -------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        """Take a connection, unless another process has fewer: that one is given a moment to be quicker."""
        if self.load.is_least(len(self.connections)):
            self._take()
        else:
            self.loop.remove_reader(self.listener)
            self.loop.call_later(_COURTESY, self._take_late)

    def _take_late(self) -> None:
        if not self.leaving:
            self._take()
            self._listen_again()

    def _take(self) -> None:
        try:
            sock, _ = self.listener.accept()
        except BlockingIOError:
            return
        except OSError:  # no descriptor is left: what waits is taken later
            self.loop.remove_reader(self.listener)
            self.loop.call_later(_LOOK, self._listen_again)
            return
        if len(self.connections) >= self._most and not self._make_room():
            sock.close()
            return
        sock.setblocking(False)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
        task = self.loop.create_task(self.loop.connect_accepted_socket(lambda: ClientConnection(self), sock))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def _listen_again(self) -> None:
        if not self.leaving:
            self.loop.add_reader(self.listener, self._accept)

    def _make_room(self) -> bool:
        """Hang up on the client that has been here longest of those who ask nothing."""
        longest = next((connection for connection in self.connections if connection.idle), None)
        if longest:
            longest.transport.abort()
        return longest is not None

    def environ(self) -> dict[str, Any]:
        """Return what all requests have in common."""
        return self._common

    def opened(self, connection: ClientConnection) -> None:
        """Take note of a connection."""
        self.connections[connection] = None
        self.load.tell(len(self.connections))
        if self.leaving:
            connection.leave()

    def closed(self, connection: ClientConnection) -> None:
        """Forget it."""
        self.connections.pop(connection, None)
        self.load.tell(len(self.connections))
        if self.leaving and not self.connections:
            self._left.set()

    # --- answers -----------------------------------------------------------------------------------------------------

    def find(self, request: HttpRequest) -> HttpAnswer | None:
        """Return an answer that is known already."""
        found = self._serving.application.find(request.environ)
        return HttpAnswer.of(found) if found else None

    def answer(self, connection: ClientConnection, request: HttpRequest) -> None:
        """Make an answer, here as far as that takes no time, and otherwise in a thread."""
        if self._waiting >= self.limits.threads + _MOST_WAITING:
            busy = ProblemError(
                503,
                "busy",
                f"waiting in this process: {counted(self._waiting, 'request')}; repair: retry later",
                headers=(("Retry-After", "2"),),
            )
            connection.send(self.refuse(request, busy))
            return
        turn = _Turn(self, self._serving, connection, request)
        turn.serving.under_way += 1
        try:
            if not turn.serving.application.begin(request.complete_environ(), turn):
                turn.make_by_application()
        except Exception:  # noqa: BLE001 - as in a thread
            self.made(turn, turn.failed())

    def in_thread(self, task: Callable[[], object]) -> None:
        """Have a thread do something; to be called in the loop."""
        self._waiting += 1
        if self._waiting > self._threads < self.limits.threads:
            self._threads += 1
            threading.Thread(target=self._work_on, name=f"answer-{self._threads}", daemon=True).start()
        self._work.put(task)

    def _work_on(self) -> None:
        """Do one task after another, in a thread of its own."""
        while True:
            task = self._work.get()
            try:
                task()
            except BaseException:  # noqa: BLE001 - whatever it is, the next task is done too
                traceback.print_exc()
            self.loop.call_soon_threadsafe(self._worked)
            del task  # nothing of it is kept while this thread waits

    def _worked(self) -> None:
        self._waiting -= 1

    def made(self, turn: _Turn, answer: HttpAnswer) -> None:
        """Send an answer; to be called in the loop. Only the first to a request counts."""
        if turn.answered:
            answer.discard()
            return
        turn.answered = True
        serving = turn.serving
        serving.under_way -= 1
        if serving is not self._serving and not serving.under_way:
            self._retire(serving)
        turn.connection.send(answer)

    def refuse(self, request: HttpRequest, problem: ProblemError) -> HttpAnswer:
        """Return the answer that tells a problem, and note it."""
        answer = refusal(problem)
        environ = request.environ
        self.log.note(
            LogEntry(
                method=environ.get("REQUEST_METHOD", "other"),
                path="unknown",
                status=int(problem.status),
                size=len(answer.body) if isinstance(answer.body, bytes) else 0,
                seconds=0.0,
                outcome=problem.code,
                client=environ.get("REMOTE_ADDR"),
            )
        )
        return answer


def _ignore() -> None:
    """Do nothing: a terminal tells everyone, and the main process decides."""


def _prepare(application: Application) -> None:
    """Have an application read what its first answers need, behind all that clients wait for."""

    def prepare() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PREPARING)
        try:
            application.prepare()
        except Exception:  # noqa: BLE001 - who asks for it is told
            traceback.print_exc()

    threading.Thread(target=prepare, name="prepare", daemon=True).start()


def _share_heap() -> None:
    """Let all threads allocate from one heap: with one each, what a page needs for a moment stays reserved in all.

    Only glibc has such heaps and needs this setting.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _freeze() -> None:
    """Free what is gone, and keep the collector from looking at what stays."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AT)


def _allow_files() -> int:
    """Open as many files as the system lets us, and return how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
