"""dualbio: an ontology of combined biologics with its evidence, and the tools to build, query and serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dualbio.version import __version__

if TYPE_CHECKING:
    from dualbio.client import Service
    from dualbio.database import Database

__all__ = ["__version__", "connect", "open"]


def open() -> Database:  # noqa: A001 - `dualbio.open()` reads as it should
    """Open the release of the installed data in memory; build it on first use."""
    from dualbio.database import open_database  # noqa: PLC0415 - importing dualbio stays cheap

    return open_database()


def connect(url: str, **options: Any) -> Service:
    """Return the service at `url`, to be asked like an open release; `dualbio.client.connect` tells the options."""
    from dualbio.client import connect as connect_to  # noqa: PLC0415 - importing dualbio stays cheap

    return connect_to(url, **options)
