"""The web server: granian over listening sockets that outlive its web processes."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from granian import _signals
from granian._granian import SocketHolder, WorkerSignal
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server import MPServer, mp
from granian.server.mp import WorkerProcess

from dualbio.errors import DualbioError
from dualbio.settings import Settings
from dualbio_server.gateway import Gateway

__all__ = ["AddressError", "make_web_server"]

#: Seconds beyond the longest query that a web process may take to end.
_GRACE = 5
_MILLISECONDS = 1000
_BACKLOG = 1024
#: Seconds between the start of a new web process and the end of the one it replaces.
_OVERLAP = 1.0
#: Seconds in which a client that has connected sends its request.
_FAREWELL = 0.5
#: Place of the sockets among the arguments of a web process.
_SOCKETS = 3


class AddressError(DualbioError):
    """The service cannot listen where it should."""


class _KeptSocketServer(MPServer):
    """Granian, but the parent opens the listening socket of each web process and keeps it.

    A process that is replaced leaves its socket to the next one, so no connection is lost that waits there; and since
    each has a socket of its own, the kernel spreads connections over all of them. In a process, a `Gateway` takes the
    requests.
    """

    replaced: Callable[[], None]

    @staticmethod
    def _spawn_wsgi_worker(*arguments: Any) -> None:
        (_, listening), _ = arguments[_SOCKETS]
        leaving = threading.Event()
        vars(mp)["_wsgi_call_wrap"] = partial(Gateway, leaving=leaving)
        vars(_signals)["set_sync_signals"] = partial(_leave_at_signal, listening.get_fd(), leaving)
        MPServer._spawn_wsgi_worker(*arguments)  # noqa: SLF001 - only its beginning and its end are other ones

    def _init_shared_socket(self) -> None:
        host, port = self.bind_addr, self.bind_port
        try:
            _listen(host, port, shared=False).close()  # would fail where another service listens
            self._sockets = [_listen(host, port, shared=True) for _ in range(self.workers)]
        except OSError as error:
            raise AddressError(
                f"{host}:{port}: {error.strerror}; repair: choose another DUALBIO_PORT, or end what listens there"
            ) from error
        self._ssp = None
        self._sso = None

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> WorkerProcess:  # type: ignore[override]
        number = self._sockets[idx].fileno()
        self._shd = SocketHolder(number, False, self.backlog)  # type: ignore[assignment, call-arg]
        return super()._spawn_worker(idx, target, callback_loader)

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:
        super()._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        self.replaced()

    def _drop_shared_socket(self) -> None:
        for each in self._sockets:
            each.close()


def _leave_at_signal(listening: int, leaving: threading.Event) -> WorkerSignal:
    """Return what ends this process, some time after a signal.

    The web server would close a connection on which it has read nothing yet, even if a request is on its way. So this
    process takes no more connections from its socket, which its successor has too, answers those that it has, tells
    their clients to come back on others, and only then shuts down.
    """
    end = WorkerSignal()
    silent = socket.socket()  # made now, since there may be no descriptor left then
    silent.bind(("127.0.0.1", 0))
    silent.setblocking(False)

    def leave(*_: Any) -> None:
        if leaving.is_set():
            return
        silent.listen()
        os.dup2(silent.fileno(), listening)  # the process listens where nobody calls
        leaving.set()
        timer = threading.Timer(_FAREWELL, end.set)
        timer.daemon = True
        timer.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    return end


def _listen(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=shared)
    sock.setblocking(False)
    sock.set_inheritable(True)
    return sock


def make_web_server(
    settings: Settings,
    target: str,
    started: Callable[[], None],
    switch: Callable[[], None],
    replaced: Callable[[], None],
) -> MPServer:
    """Return a server that calls `target`, an application factory, in each web process.

    Args:
        settings: address and number of processes.
        target: `module:function` of the factory.
        started: called when the address is bound.
        switch: called on SIGHUP, before the web processes are replaced one by one.
        replaced: called when the last of them is gone.
    """
    web = _KeptSocketServer(
        target,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        backpressure=1024,
        http1_settings=HTTP1Settings(header_read_timeout=10 * _MILLISECONDS, max_buffer_size=128 * 1024),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=_OVERLAP,
        workers_kill_timeout=int(settings.query_timeout_max) + _GRACE,
        log_enabled=False,
    )
    web.replaced = replaced
    web.on_startup(started)
    web.on_reload(switch)
    return web
