"""What one web process serves: a release, the pool that answers queries over it, and the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from wsgiref.handlers import format_date_time

import pyoxigraph as ox

from dualbio.namespaces import BASE, PREFIXES
from dualbio.release import Release, open_release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import PoolClient, PoolSettings
from dualbio_server.config import Options
from dualbio_server.user_graphs import UserGraphAccess

__all__ = ["Release", "Service", "open_release", "pool_settings"]

_MIB = 1024 * 1024


def pool_settings(settings: Settings, release: Release, folder: Path) -> PoolSettings:
    """Return the configuration of a pool over `release` whose sockets are in `folder`."""
    return PoolSettings(
        release=release.id,
        files=release.files,
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
    )


@dataclass(frozen=True, eq=False)
class Service:
    """Everything that answering needs; views find it with `dualbio_server.context.current_service()`.

    A release that is not `resident` is read from its store on disk, where it has one.
    """

    settings: Settings
    release: Release
    pool: PoolClient
    options: Options = field(default_factory=Options)
    resident: bool = True

    @cached_property
    def last_modified(self) -> str | None:
        """The value of `Last-Modified`: when the release was built."""
        return format_date_time(self.release.built.timestamp()) if self.release.built else None

    @cached_property
    def user_graphs(self) -> UserGraphAccess | None:
        """The user graphs, or None while updates are off."""
        if not self.settings.update_token:
            return None
        return UserGraphAccess(self.settings.user_graph_folder, self.pool)

    @cached_property
    def store(self) -> EmbeddedStore:
        """The release in this process, for our own short look-ups; the queries of users go to `pool`."""
        disk = self.release.folder / "store"
        if not self.resident and disk.is_dir():
            return EmbeddedStore(ox.Store.read_only(str(disk)))
        return EmbeddedStore.in_memory(self.release.graphs)
