"""Opening the release that a command works on: the one of the sources, built on first use."""

from __future__ import annotations

from dualbio.database import Database
from dualbio.release import Release, find_release, make_current
from dualbio.settings import Settings

__all__ = ["ensure_with_progress", "open_database"]


def ensure_with_progress(settings: Settings) -> Release:
    """Return the release of the settings' sources; build it, with a progress bar, when it is not there yet."""
    found = find_release(settings.releases, settings.sources.digest)
    if found is None:
        from dualbio.cli.build import build_with_progress  # noqa: PLC0415 - only when there is something to build

        return build_with_progress(settings.sources, settings.releases)
    make_current(settings.releases, found)
    return found


def open_database(settings: Settings) -> Database:
    """Return the database of the settings' sources in memory."""
    return Database(ensure_with_progress(settings), settings.sources.queries)
