"""Earlier releases next to the current one: `/v/<release>/…` is the whole service over that release.

Each is opened when it is first asked for, from its store on disk, and has a pool of one query worker once a query needs
it; a web process keeps the few that were used last. What it answers is a memento of the same address without `/v/…`:
it names that address and the date of its release (RFC 7089, section 4.3.1).
"""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.handlers import format_date_time

from dualbio.errors import NotFoundError
from dualbio.release.folder import Release, kept_release, open_release
from dualbio.store.workers import PoolAnswer, PoolClient, WorkerPool
from dualbio.store.workers.process.protocol import QueryRequest
from dualbio_server.http.links import link_header
from dualbio_server.service import Service, pool_settings

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

__all__ = ["PINNED", "PinnedReleases"]

#: First part of the path under which releases are pinned.
PINNED = "v"

_PREFIX = f"/{PINNED}/"
#: MiB of answers that a pinned release keeps in memory, apart from those of the current one.
_CACHE = 8


class _LazyClient(PoolClient):
    """A client with a pool of its own, which starts with the first question."""

    def __init__(self, service: Service, release: Release) -> None:
        """Take the release; nothing is started yet."""
        self._folder = tempfile.TemporaryDirectory(prefix="dualbio-pinned-")
        self._pool = WorkerPool(pool_settings(service.settings, release, Path(self._folder.name)))
        self._start = threading.Lock()
        self._started = False
        wait, timeout = service.options.queue_wait, service.settings.query_timeout_max
        super().__init__(Path(self._folder.name), lines=1, waiting=8, queue_wait=wait, timeout=timeout)

    def ask(self, request: QueryRequest) -> PoolAnswer:
        """Have the worker answer a request, as `PoolClient.ask` says."""
        self._ensure()
        return super().ask(request)

    def status(self) -> dict[str, Any]:
        """Tell the state of the pool."""
        self._ensure()
        return super().status()

    def stop(self) -> None:
        """Let the pool finish what it is at, and end it."""
        with self._start:
            if self._started:
                self.close()
                self._pool.stop()
            self._folder.cleanup()

    def _ensure(self) -> None:
        with self._start:
            if not self._started:
                self._pool.start()
                self._pool.wait_ready()
                self._started = True


class PinnedReleases:
    """Answers below `/v/<release>/`, and passes everything else on to `inner`."""

    def __init__(self, inner: WSGIApplication, service: Service, make: Callable[[Service], WSGIApplication]) -> None:
        """Stand in front of `inner`, which serves `service`; `make` returns the application over another release."""
        self.inner = inner
        self.service = service
        self._make = make
        self._open: OrderedDict[str, tuple[WSGIApplication, _LazyClient]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ["PATH_INFO"]
        if not path.startswith(_PREFIX):
            return self.inner(environ, start_response)
        name, slash, rest = path.removeprefix(_PREFIX).partition("/")
        try:
            release = kept_release(self.service.release.folder.parent, name) if slash and name != "latest" else None
        except NotFoundError:
            release = None
        if release is None:  # `inner` reports what is wrong with it
            return self.inner(environ, start_response)
        app = self._application(release)
        root = environ.get("SCRIPT_NAME", "")
        inside = {**environ, "SCRIPT_NAME": f"{root}{_PREFIX}{name}", "PATH_INFO": f"/{rest}", "dualbio.root": root}
        return app(inside, _announcing(start_response, release, root, rest))

    def close(self) -> None:
        """End the pools of all releases that are open."""
        with self._lock:
            opened = list(self._open.values())
            self._open.clear()
        for _, client in opened:
            client.stop()

    def _application(self, release: Release) -> WSGIApplication:
        if release.id == self.service.release.id:
            return self.inner
        dropped = []
        with self._lock:
            if release.id in self._open:
                self._open.move_to_end(release.id)
            else:
                self._open[release.id] = self._opened(release)
                while len(self._open) > self.service.options.pinned:
                    dropped.append(self._open.popitem(last=False)[1][1])
            app = self._open[release.id][0]
        for client in dropped:
            threading.Thread(target=client.stop, daemon=True).start()
        return app

    def _opened(self, release: Release) -> tuple[WSGIApplication, _LazyClient]:
        """Return the application over an earlier release; it takes no updates, and keeps few answers.

        Raises:
            ReleaseError: a file of the release is missing or altered.
        """
        own = {"query_workers": 1, "cache_size": _CACHE, "update_token": None, "engine": ""}
        service = replace(
            self.service,
            settings=self.service.settings.model_copy(update=own),
            release=open_release(release.folder),
            resident=False,
            beside=self.service,
            parts={},
        )
        client = _LazyClient(service, release)
        return self._make(replace(service, pool=client)), client


def _announcing(start_response: StartResponse, release: Release, root: str, path: str) -> StartResponse:
    """Return `start_response` with the headers of a memento on every good answer."""

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        if status[:3] in ("200", "206", "304") and release.built:
            links = link_header([(f"{root}/{path}", "original", None)])
            found = [value for name, value in headers if name.lower() == "link"]
            headers = [header for header in headers if header[0].lower() != "link"]
            headers.append(("Link", ", ".join([*found, links])))
            headers.append(("Memento-Datetime", format_date_time(release.built.timestamp())))
        return start_response(status, headers, *rest)

    return start
