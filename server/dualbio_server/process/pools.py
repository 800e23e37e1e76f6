"""The releases that are served, as the main process sees them: each with its pool of query workers.

The next one is opened beside the current one. A pool whose supervisor ended is replaced in the same way, by another
over the same release; so there is one way in which anything changes.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dualbio.errors import DualbioError
from dualbio.queries import Library
from dualbio.release.folder import Release, open_release
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.process.backoff import Backoff
from dualbio_server.process.messages import end_of, say
from dualbio_server.service import pool_settings

__all__ = ["Pools"]

#: Seconds in which a pool must have loaded its release.
_LOADING = 120.0
#: Seconds that a pool is given to end, when nobody asks it any more, and at the end of the service.
_RETIRING = 1.0
_ENDING = 5.0


@dataclass(eq=False)
class _Served:
    """A release, its pool, and the folders of the saved queries as they were when it was opened."""

    release: Release
    pool: WorkerPool
    queries: tuple[Path, ...]
    born: float = field(default_factory=time.monotonic)

    def message(self) -> dict[str, Any]:
        """Return what a web process needs to know to serve it."""
        return {
            "id": self.release.id,
            "release": str(self.release.folder),
            "pool": self.pool.settings.folder,
            "queries": [str(folder) for folder in self.queries],
        }


class Pools:
    """What is served, what is being opened, and what is still asked by web processes that have not changed."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Keep sockets and copies of queries below `folder`."""
        self.settings = settings
        self.folder = folder
        self._current: _Served | None = None
        self._opening: _Served | None = None
        self._earlier: list[_Served] = []
        self._backoff = Backoff()
        self._due: float | None = None
        self._number = 0
        self._again = False

    def begin(self) -> None:
        """Begin to open the current release, as the first one.

        Raises:
            DualbioError: the release or a saved query is broken.
            OSError: there is no room, or no right, for what a pool needs.
        """
        self._current = self._begin(open_release(self.settings.releases / "current"), self.settings.query_folders)

    def first(self) -> dict[str, Any]:
        """Wait until the first release is open, and return what web processes need to know of it.

        Raises:
            DualbioError: the release is broken.
        """
        assert self._current is not None
        self._current.pool.wait_ready(_LOADING)
        return self._current.message()

    def open_next(self) -> None:
        """Begin to open the release that is current now, with the saved queries as they are now.

        What is broken is reported, and what was served before still is. One that is being opened comes first.
        """
        self._again = self._opening is not None
        if self._again:
            return
        try:
            release = open_release(self.settings.releases / "current")
            self._opening = self._begin(release, self.settings.query_folders)
        except (DualbioError, OSError) as error:
            say(f"the release was not switched: {error}")

    def watch(self) -> dict[str, Any] | None:
        """Look after the pools; return what web processes are to serve, when that changes."""
        self._look_at_current()
        changed = self._look_at_opening()
        if self._again and not self._opening:
            self.open_next()
        return changed

    def _look_at_current(self) -> None:
        """Open another pool over the same release when the supervisor has ended."""
        current = self._current
        if current is None or self._opening:
            return
        if self._due is None:
            status = current.pool.exit_status
            if status is None:
                return
            wait = self._backoff.wait(time.monotonic() - current.born)
            self._due = time.monotonic() + wait
            when = f"in {wait:g} s" if wait else "now"
            say(f"the supervisor of the query workers ended: {end_of(status)}; another starts {when}")
        if time.monotonic() >= self._due:
            try:
                self._opening = self._begin(current.release, current.queries)
            except (DualbioError, OSError) as error:
                self._due = time.monotonic() + self._backoff.wait(0.0)
                say(f"no supervisor could be started: {error}; this is tried again")

    def _look_at_opening(self) -> dict[str, Any] | None:
        served = self._opening
        if served is None or not (served.pool.has_reported or time.monotonic() - served.born > _LOADING):
            return None
        self._opening = None
        try:
            served.pool.wait_ready(0.0)
        except (DualbioError, OSError, ValueError) as error:
            self._drop(served)
            if self._due is not None:
                self._due = time.monotonic() + self._backoff.wait(0.0)
            say(f"the release was not switched: {error}")
            return None
        if self._current:
            self._earlier.append(self._current)
        self._current, self._due = served, None
        return served.message()

    @property
    def due(self) -> float:
        """When there is something to do, as a time of the monotonic clock."""
        if self._opening:
            return time.monotonic() + 0.1
        return float("inf") if self._due is None else self._due

    def retire(self) -> None:
        """End the pools that no web process asks any more."""
        while self._earlier:
            self._drop(self._earlier.pop(0), _RETIRING)

    def close(self) -> None:
        """End all pools."""
        for served in (*self._earlier, self._opening, self._current):
            if served:
                self._drop(served, _ENDING)
        self._earlier, self._opening, self._current = [], None, None

    def _begin(self, release: Release, queries: tuple[Path, ...]) -> _Served:
        """Start a pool without waiting for it; what was made is removed again when that fails."""
        self._number += 1
        folder = self.folder / f"pool-{self._number}"
        pool = WorkerPool(pool_settings(self.settings, release, folder))
        try:
            folder.mkdir(mode=0o700)
            pool.start()
            copies = _copies(queries, folder)
        except BaseException:
            pool.kill()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return _Served(release, pool, copies)

    def _drop(self, served: _Served, patience: float = 0.0) -> None:
        served.pool.stop(patience)
        shutil.rmtree(served.pool.settings.folder, ignore_errors=True)


def _copies(sources: tuple[Path, ...], folder: Path) -> tuple[Path, ...]:
    """Copy the saved queries to where no edit changes them below the web processes.

    Raises:
        DataError: a query is broken.
    """
    Library.read(*sources)
    copies = []
    for number, source in enumerate(sources):
        copies.append(folder / f"queries-{number}")
        copies[-1].mkdir()
        for path in source.glob("**/*.rq"):
            copy = copies[-1] / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return tuple(copies)
