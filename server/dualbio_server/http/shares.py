"""Limits on concurrent work that blocks a thread, shared between clients by address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from dualbio.errors import counted
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import Service

__all__ = ["ClientShares", "places_of"]


class ClientShares:
    """A number of places, of which one client may hold a share; the rest is left for others. Safe for threads."""

    def __init__(self, places: int, share: int) -> None:
        """Have `places` in all, and `share` for one client."""
        self._places = places
        self._share = share
        self._taken = 0
        self._clients: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """The number of places that are held."""
        return self._taken

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Hold a place for a client.

        Raises:
            ProblemError: 503 when all are taken, 429 when the client has its share.
        """
        self.enter(client)
        try:
            yield
        finally:
            self.leave(client)

    def enter(self, client: str) -> None:
        """Take a place; `leave` gives it back.

        Raises:
            ProblemError: as `place` says.
        """
        with self._lock:
            if self._taken >= self._places:
                raise _busy(503, "busy", f"under way in this process: {counted(self._places, 'request')}", self._places)
            taken = self._clients.get(client, 0)
            if taken >= self._share:
                raise _busy(
                    429, "client-limit", f"under way from your address: {counted(taken, 'request')}", self._share
                )
            self._clients[client] = taken + 1
            self._taken += 1

    def leave(self, client: str) -> None:
        """Give a place back."""
        with self._lock:
            self._taken -= 1
            left = self._clients[client] - 1
            if left:
                self._clients[client] = left
            else:
                del self._clients[client]


def places_of(service: Service) -> ClientShares:
    """Return the places for requests to a service that are not answered from memory."""
    if service.beside:
        return places_of(service.beside)
    return service.part(_make_places)


def _make_places(service: Service) -> ClientShares:
    options = service.options
    return ClientShares(options.query_places, max(1, int(options.query_places * options.client_share)))


def _busy(status: int, code: str, detail: str, limit: int) -> ProblemError:
    title = HTTPStatus(status).phrase
    return ProblemError(
        status, code, f"{detail}; repair: retry later", title=title, headers=(("Retry-After", "2"),), limit=limit
    )
