"""The web server: granian over one listening socket that all web processes share."""

from __future__ import annotations

import socket
from collections.abc import Callable

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server import MPServer

from dualbio.errors import DualbioError
from dualbio.settings import Settings
from dualbio_server.config import OVERLAP, Options

__all__ = ["AddressError", "make_web_server"]

#: Seconds beyond the longest query that a web process may take to end.
_GRACE = 5
_MILLISECONDS = 1000


class AddressError(DualbioError):
    """The service cannot listen where it should."""


class _SharedSocketServer(MPServer):
    """Granian, but with the socket of the parent in every process also on Linux.

    By default each process there listens on a socket of its own, and what waits in its queue is lost when the process
    is replaced. Connections then also go to processes by chance and not to the one that is free.
    """

    def _init_shared_socket(self) -> None:
        try:
            shared = socket.create_server((self.bind_addr, self.bind_port), backlog=self.backlog)
        except OSError as error:
            raise AddressError(
                f"{self.bind_addr}:{self.bind_port}: {error.strerror}; "
                "repair: choose another DUALBIO_PORT, or end what listens there"
            ) from error
        shared.setblocking(False)
        shared.set_inheritable(True)
        self._sso = shared
        self._sfd = shared.fileno()  # type: ignore[assignment]  # granian types its attributes by their first value
        self._shd = SocketHolder(shared.fileno(), False, self.backlog)  # type: ignore[assignment, call-arg]
        self._ssp = None


def make_web_server(
    settings: Settings, target: str, started: Callable[[], None], switch: Callable[[], None]
) -> MPServer:
    """Return a server that calls `target`, an application factory, in each web process.

    Args:
        settings: address and number of processes.
        target: `module:function` of the factory.
        started: called when the address is bound.
        switch: called on SIGHUP, before the web processes are replaced one by one.
    """
    web = _SharedSocketServer(
        target,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=Options().threads,
        backpressure=1024,
        http1_settings=HTTP1Settings(header_read_timeout=10 * _MILLISECONDS, max_buffer_size=128 * 1024),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=OVERLAP,
        workers_kill_timeout=int(settings.query_timeout_max) + _GRACE,
        log_enabled=False,
    )
    web.on_startup(started)
    web.on_reload(switch)
    return web
