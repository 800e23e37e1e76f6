"""What one web process serves: a release, the pool that answers queries over it, and the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from wsgiref.handlers import format_date_time

from dualbio.namespaces import BASE, PREFIXES
from dualbio.release import Release, open_release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import PoolClient, PoolSettings
from dualbio_server.config import Options

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
    )


@dataclass(frozen=True, eq=False)
class Service:
    """Everything that answering needs; views find it with `dualbio_server.context.current_service()`."""

    settings: Settings
    release: Release
    pool: PoolClient
    options: Options = field(default_factory=Options)

    @cached_property
    def last_modified(self) -> str | None:
        """The value of `Last-Modified`: when the release was built."""
        return format_date_time(self.release.built.timestamp()) if self.release.built else None

    @cached_property
    def store(self) -> EmbeddedStore:
        """The release in this process, for our own short look-ups; the queries of users go to `pool`."""
        return EmbeddedStore.in_memory(self.release.graphs)
