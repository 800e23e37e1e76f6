"""What one web process serves: a release, the pool that answers queries over it, and how it behaves."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import time
from typing import Any, TypeVar
from wsgiref.handlers import format_date_time

import pyoxigraph as ox
from flask import current_app

from dualbio.errors import ParameterError, StoreError
from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.queries import Library, Resolver, catalogue_texts
from dualbio.release.folder import Release, open_release
from dualbio.search import SearchIndex, is_readable
from dualbio.settings import Settings
from dualbio.store.credentials import Credentials
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.engines import is_unfit
from dualbio.store.remote import RemoteStore
from dualbio.store.workers import EndpointFailedError, PoolClient, PoolSettings
from dualbio_server.user_graphs import UserGraphAccess

__all__ = ["Options", "Release", "Service", "current_service", "open_release", "pool_settings"]

T = TypeVar("T")

_MIB = 1024 * 1024
#: Bytes of memory that a triple takes: 350 measured over the real release, 342 over one of a million.
_BYTES = 350
#: Bytes of the files of a release that are read before anybody asks: one of a million triples has less.
_PREPARED = 128 * _MIB
#: Things of a kind with whose names a text is compared that names none of them.
_COMPARED = 20_000
#: Seconds that a reader of the service waits for what is computed once.
_PATIENCE = 2.0


def pool_settings(settings: Settings, release: Release, folder: Path) -> PoolSettings:
    """Return the configuration of a pool over `release` whose sockets are in `folder`.

    Raises:
        ParameterError: another engine is to answer, and users are to write here.
    """
    if settings.engine and settings.update_token:
        raise ParameterError(
            "DUALBIO_UPDATE_TOKEN and another engine: user graphs are kept on this machine; accepted: one of the two"
        )
    resident = fits_memory(settings, release)
    return PoolSettings(
        release=release.id,
        files=release.files if resident else (),
        index=str(release.search_index or ""),
        folder=str(folder),
        workers=settings.query_workers,
        queue=max(1, settings.query_queue),
        memory=settings.query_memory * _MIB,
        spool=settings.spool_limit * _MIB,
        timeout=settings.query_timeout_max,
        base=BASE,
        prefixes=PREFIXES,
        service_allow=settings.service_allow,
        user_graphs=str(settings.user_graph_folder) if settings.update_token else "",
        disk="" if resident else str(release.store),
        counts=dict(release.manifest.get("graphs", {})),
        engine=settings.engine,
        credentials=(settings.store_user, settings.store_password, settings.store_token),
    )


def fits_memory(settings: Settings, release: Release) -> bool:
    """Return whether a release is held in memory, by every process a copy at worst; user graphs are nowhere else.

    What another engine answers for, or has no store on disk, is no question of memory.
    """
    if release.store is None or settings.update_token:
        return True
    if settings.engine:
        return False
    copies = 1 + settings.query_workers + settings.web_workers
    allowed = settings.store_memory * _MIB or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return copies * _BYTES * int(release.manifest.get("triples", 0)) <= allowed


@dataclass(frozen=True)
class Options:
    """Behaviour of one web process.

    `threads` answer requests; all but `reserve` of them may wait for queries, so that cached answers and pages always
    find one. `queue_wait` bounds the wait of a query for a worker, in seconds. `client_share` is the part of the
    places for queries that one client address may hold. `access_log` writes a line of JSON per request. `pinned` is the
    number of earlier releases that are open at a time. A `copy` goes into files: its pages wait for their figures.
    `patience` bounds the wait of a page for what is computed once for all readers, in seconds.
    """

    threads: int = 64
    reserve: int = 8
    queue_wait: float = 10.0
    client_share: float = 0.75
    pinned: int = 2
    access_log: bool = True
    copy: bool = False
    patience: float = 60.0

    @classmethod
    def of(cls, settings: Settings) -> Options:
        """Return the behaviour that the settings ask for."""
        threads = settings.web_threads
        return cls(
            threads=threads,
            reserve=max(1, threads // 8),
            queue_wait=settings.query_wait,
            client_share=settings.client_share,
            access_log=settings.access_log,
            patience=_PATIENCE,
        )

    @property
    def query_places(self) -> int:
        """The number of threads that may be busy with queries at a time."""
        return self.threads - self.reserve


@dataclass(frozen=True, eq=False)
class Service:
    """Everything that answering needs; views find it with `current_service()`.

    A release that is not `resident` is read from its store on disk, where it has one. One that is served `beside` that
    of another service shares its places for clients. `parts` are what upper floors keep for it, each by what makes it.
    """

    settings: Settings
    release: Release
    pool: PoolClient
    options: Options = field(default_factory=Options)
    resident: bool = True
    beside: Service | None = None
    parts: dict[Callable[[Service], Any], Any] = field(default_factory=dict)

    def part(self, make: Callable[[Service], T]) -> T:
        """Return what `make` makes for this service, at first use; all threads get the same one."""
        found: T = self.parts[make] if make in self.parts else self.parts.setdefault(make, make(self))
        return found

    def prepare(self) -> bool:
        """Take the release into memory, with what its first answers cite; return False for a large one, which stays."""
        if sum(Path(file).stat().st_size for file in self.release.files) > _PREPARED:
            return False
        if self._is_resident:
            self.store.take_in(self.release.files)
        self.resolver.cited.read()
        return True

    @cached_property
    def engine(self) -> str:
        """What another engine that answers calls itself; empty where there is none.

        Raises:
            EndpointFailedError: it cannot be reached.
        """
        known = self.settings
        if not known.engine:
            return ""
        with RemoteStore(known.engine, credentials=Credentials.of(known)) as there:
            try:
                return there.engine
            except StoreError as error:
                raise EndpointFailedError.of_engine(there.endpoint, error) from error

    @cached_property
    def unfit(self) -> bool:
        """Whether the engine that answers is known to answer some questions otherwise than ours.

        Raises:
            EndpointFailedError: it cannot be reached.
        """
        return is_unfit(self.engine)

    @cached_property
    def last_modified(self) -> str | None:
        """The value of `Last-Modified`: when the release was built, and never later than now (RFC 9110, 8.8.2.1)."""
        return format_date_time(min(self.release.built.timestamp(), time())) if self.release.built else None

    @cached_property
    def queries(self) -> Library:
        """The saved queries; those of an earlier release are as its catalogue has them, so that its answers stay.

        Raises:
            DataError: one is broken.
        """
        library = Library.read(*self.settings.query_folders)
        return library.with_texts(catalogue_texts(self.store)) if self.beside else library

    @cached_property
    def resolver(self) -> Resolver:
        """Finds individuals of the release by their names, with what the index of search says of them."""
        index = self.index
        if index is None:
            return Resolver(self.store)
        return Resolver(
            self.store,
            index.called,
            lambda kind: index.listed(kind, limit=_COMPARED) if index.count(kind) <= _COMPARED else (),
        )

    @cached_property
    def index(self) -> SearchIndex | None:
        """The index of search of the release, in this process, for look-ups by keys; None where it has none."""
        file = self.release.search_index
        return SearchIndex.open(file) if file and is_readable(file) else None

    @cached_property
    def user_graphs(self) -> UserGraphAccess | None:
        """The user graphs, or None while updates are off."""
        if not self.settings.update_token:
            return None
        return UserGraphAccess(self.settings.user_graph_folder, self.pool)

    @cached_property
    def store(self) -> EmbeddedStore:
        """The release in this process, for our own short look-ups; the queries of users go to `pool`.

        It is read from disk, which takes no time to open, until `prepare` has it in memory.
        """
        if self.release.store:
            return EmbeddedStore(ox.Store.read_only(str(self.release.store)))
        return EmbeddedStore.in_memory(self.release.files)

    @property
    def _is_resident(self) -> bool:
        return self.release.store is not None and self.resident and fits_memory(self.settings, self.release)


def current_service() -> Service:
    """Return the service of the running application."""
    service = current_app.extensions["dualbio"]
    assert isinstance(service, Service)
    return service
