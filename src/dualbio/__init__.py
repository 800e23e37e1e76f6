"""dualbio: an ontology of combined biologics with its evidence, and the tools to build, query and serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualbio.version import __version__

if TYPE_CHECKING:
    from dualbio.database import Database

__all__ = ["__version__", "open"]


def open() -> Database:  # noqa: A001 - `dualbio.open()` reads as it should
    """Open the release of the installed data in memory; build it on first use."""
    from dualbio.database import open_database  # noqa: PLC0415 - importing dualbio stays cheap

    return open_database()
