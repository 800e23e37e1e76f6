"""What one web process serves: a release, the pool that answers queries over it, and the settings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from wsgiref.handlers import format_date_time

from dualbio.errors import ReleaseError
from dualbio.namespaces import BASE, PREFIXES
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import PoolClient, PoolSettings
from dualbio_server.config import Options

__all__ = ["Release", "Service", "open_release", "pool_settings"]

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Release:
    """A built release: its folder, and the name that stands for exactly this data."""

    folder: Path
    id: str
    built: datetime | None

    @property
    def graphs(self) -> Path:
        """The folder of N-Quads files."""
        return self.folder / "graphs"

    @property
    def files(self) -> tuple[str, ...]:
        """The N-Quads files, in the order of their names."""
        return tuple(str(path) for path in sorted(self.graphs.rglob("*.nq")))

    @cached_property
    def last_modified(self) -> str | None:
        """The value of `Last-Modified`."""
        return format_date_time(self.built.timestamp()) if self.built else None


def open_release(folder: Path) -> Release:
    """Return the release in `folder` (or behind the link `current`), once its files agree with its manifest.

    Raises:
        ReleaseError: there is none, or a file is missing or altered.
    """
    folder = folder.resolve()
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{folder}: no readable manifest.json ({error}); repair: dualbio build") from error
    for name, told in manifest.get("files", {}).items():
        _verify(folder / name, told if isinstance(told, str) else told["sha256"])
    release = Release(folder, folder.name, _date(manifest.get("built") or manifest.get("created")))
    if not release.files:
        raise ReleaseError(f"{folder}: no N-Quads files below graphs/; repair: dualbio build")
    return release


def _verify(file: Path, expected: str) -> None:
    try:
        actual = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror}, but the manifest names it; repair: dualbio build") from error
    if actual != expected:
        raise ReleaseError(f"{file}: SHA-256 is {actual}, the manifest says {expected}; repair: dualbio build")


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


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


@dataclass(frozen=True)
class Service:
    """Everything that answering needs; views find it with `dualbio_server.current_service()`."""

    settings: Settings
    release: Release
    pool: PoolClient
    options: Options = field(default_factory=Options)

    @cached_property
    def store(self) -> EmbeddedStore:
        """The release in this process, for our own short look-ups; the queries of users go to `pool`."""
        return EmbeddedStore.in_memory(self.release.graphs)
