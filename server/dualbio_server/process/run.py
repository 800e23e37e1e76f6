"""Starts the service, and supervises everything that the main process has started."""

from __future__ import annotations

import atexit
import faulthandler
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualbio.errors import DualbioError, MissingExtraError
from dualbio.release.folder import Release, open_release
from dualbio.settings import Settings
from dualbio.store.workers import PoolClient, WorkerPool
from dualbio.store.workers.process.limits import die_with_parent
from dualbio_server.process.folders import PrivateFolder, sweep
from dualbio_server.process.messages import notify, say
from dualbio_server.process.pools import Pools
from dualbio_server.process.web_processes import WebProcesses
from dualbio_server.service import Options, Service, pool_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from dualbio_server.http.access_log import AccessLog
    from dualbio_server.process.load import Load
    from dualbio_server.process.web_process import Application

__all__ = ["AddressError", "create_app", "opened_app", "run"]

_BACKLOG = 1024
#: Seconds beyond the longest query that a web process may take to end.
_GRACE = 5.0
#: Seconds after which the main process looks at everything, even if nothing has happened.
_LOOK = 1.0


class AddressError(DualbioError):
    """The service cannot listen where it should."""


def create_app(settings: Settings | None = None, *, options: Options | None = None) -> Flask:
    """Return the application over the current release, with a pool of its own that ends with this process.

    Args:
        settings: by default read from the environment.
        options: behaviour, by default what the settings ask for.

    Raises:
        ReleaseError: there is no sound release.
    """
    settings = settings or Settings()
    release = open_release(settings.releases / "current")
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(opened_app(settings, release, options or Options.of(settings)))


@contextmanager
def opened_app(settings: Settings, release: Release, options: Options) -> Iterator[Flask]:
    """Yield the application over a release, with a pool of its own that ends with the context."""
    from dualbio_server.app import make_app  # noqa: PLC0415 - the counters need their folder first

    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="dualbio-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        pool = WorkerPool(pool_settings(settings, release, folder))
        stack.callback(pool.stop, 1.0)
        pool.start()
        pool.wait_ready()
        service = _service(settings, folder, release, options)
        stack.callback(service.pool.close)
        app = make_app(service)
        stack.callback(app.extensions["dualbio-pinned"].close)
        yield app


def _service(settings: Settings, folder: Path, release: Release, options: Options) -> Service:
    client = PoolClient(
        folder,
        lines=settings.query_workers,
        waiting=max(1, settings.query_queue),
        queue_wait=options.queue_wait,
        timeout=settings.query_timeout_max,
    )
    return Service(settings, release, client, options)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; on SIGHUP change to the release that is current then.

    Raises:
        ReleaseError: there is no sound release.
        AddressError: something else listens at the address.
        MissingExtraError: the packages of the extra `server` are not installed.
    """
    sweep()
    folder = PrivateFolder()
    pools = Pools(settings, folder.path)
    try:
        pools.begin()  # which has a process of its own: it starts, and loads, while modules are imported here
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.path / "metrics")  # before the counters are imported
        Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(mode=0o700)
        try:
            importlib.import_module("dualbio_server.app")  # once here, and not in every web process after its fork
            importlib.import_module("dualbio_server.process.web_process")
        except ImportError as error:
            raise MissingExtraError("server", "dualbio serve") from error
        with _listen(settings.host, settings.port) as listener:
            _Main(settings, pools, listener).run(pools.first())
    except DualbioError:
        raise
    except BaseException:
        say(f"the service ends because of an internal error:\n{traceback.format_exc()}")
        raise
    finally:
        pools.close()
        folder.remove()


def _listen(host: str, port: int) -> socket.socket:
    """Return the one socket from which every web process takes connections.

    It outlives them all, so a connection that waits there is taken by another when one has ended.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        sock = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise AddressError(
            f"{host}:{port}: {error.strerror}; repair: choose another DUALBIO_PORT, or end what listens there"
        ) from error
    sock.setblocking(False)
    return sock


class _Main:
    """The main process: it serves nothing itself, and looks after what does."""

    def __init__(self, settings: Settings, pools: Pools, listener: socket.socket) -> None:
        self._settings = settings
        self._pools = pools
        self._listener = listener
        self._webs = WebProcesses(settings.web_workers, self._serve)
        self._wake, self._woken = socket.socketpair()
        for end in (self._wake, self._woken):
            end.setblocking(False)
        self._asked: set[int] = set()
        self._changing = False

    def run(self, first: dict[str, Any]) -> None:
        """Watch until the end is asked for, then let everything that was taken be answered."""
        self._hear_signals()
        self._webs.serve(first)
        told = False
        while not self._asked & {signal.SIGTERM, signal.SIGINT}:
            self._watch()
            if self._webs.ready and not told:
                told = True
                say(f"serving on {_url(self._listener)}")
                notify("READY=1")
            self._wait()
        notify("STOPPING=1")
        self._end()

    def _hear_signals(self) -> None:
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _: self._asked.add(number))
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _watch(self) -> None:
        if signal.SIGHUP in self._asked:
            self._asked.discard(signal.SIGHUP)
            self._pools.open_next()
        self._webs.watch()
        changed = self._pools.watch()
        if changed:
            self._webs.serve(changed)
            self._changing = True
        if self._changing and not self._webs.opening:
            self._changing = False
            say(f"serving {self._webs.message['id']}")
        if not self._webs.switching:
            self._pools.retire()
        notify("WATCHDOG=1")

    def _wait(self) -> None:
        """Wait until something has happened, or something is due."""
        poll = select.poll()
        controls = self._webs.controls
        for number in (self._wake.fileno(), *controls):
            poll.register(number, select.POLLIN)
        due = min(self._webs.due, self._pools.due, time.monotonic() + _LOOK)
        for number, _ in poll.poll(max(0, 1000 * (due - time.monotonic()))):
            if number in controls:
                controls[number]()
        with suppress(BlockingIOError):
            self._wake.recv(4096)

    def _end(self) -> None:
        self._listener.close()
        self._webs.leave()
        ends = time.monotonic() + self._patience + 1
        while self._webs.living and time.monotonic() < ends:
            self._webs.watch()
            if self._webs.living:
                self._wait()
        self._webs.kill()

    @property
    def _patience(self) -> float:
        """Seconds that a web process may take to answer what it has taken."""
        return self._settings.query_timeout_max + _GRACE

    # --- after the fork ----------------------------------------------------------------------------------------------

    def _serve(self, control: socket.socket, load: Load, message: dict[str, Any]) -> None:
        """Be a web process."""
        from dualbio_server.app import make_log  # noqa: PLC0415 - the counters need their folder first
        from dualbio_server.process.web_process import WebLimits, WebProcess  # noqa: PLC0415 - part of the extra

        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):  # until its loop listens to them
            signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        die_with_parent(os.getppid(), signal.SIGTERM)
        faulthandler.enable()
        tempfile.tempdir = str(self._pools.folder)  # what a killed process leaves is swept with the rest
        self._wake.close()
        self._woken.close()
        settings = self._settings
        options = Options.of(settings)
        log = make_log(options)
        WebProcess(
            self._listener,
            control,
            WebLimits(settings.web_threads, settings.request_limit * 1024, self._patience),
            log,
            load,
            partial(_application, settings, options, log),
        ).run(message)
        sys.stderr.flush()


def _application(settings: Settings, options: Options, log: AccessLog, message: dict[str, Any]) -> Application:
    """Return the application over the release and the pool that a message names."""
    from dualbio_server.app import make_app, prepare  # noqa: PLC0415 - the counters need their folder first
    from dualbio_server.process.web_process import Application  # noqa: PLC0415 - part of the extra

    queries, *own = map(Path, message["queries"])
    settings = settings.model_copy(update={"queries": queries, "own_queries": tuple(own)})
    release = open_release(Path(message["release"]), verify=False)  # the main process has verified it
    service = _service(settings, Path(message["pool"]), release, options)
    app = make_app(service, log)
    front = app.extensions["dualbio-front"]

    def close() -> None:
        front.close()
        app.extensions["dualbio-pinned"].close()
        service.pool.close()

    return Application(release.id, front.find, front.begin, app, close, partial(prepare, app))


def _url(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
