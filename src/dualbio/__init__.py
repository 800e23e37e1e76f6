"""dualbio: an ontology of combined biologics with its evidence, and the tools to build, query and serve it."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from dualbio.version import __version__

if TYPE_CHECKING:
    from dualbio.client import RemoteDatabase
    from dualbio.database import Database

__all__ = ["__version__", "connect", "open"]


def open(*own: str | PathLike[str]) -> Database:  # noqa: A001 - `dualbio.open()` reads as it should
    """Open the release of the installed data in memory, with folders of `own` evidence over it; build it on first use.

    Raises:
        DataError: the own evidence does not conform; all its problems are listed.
        DualbioError: one of the folders does not exist or holds no evidence.
    """
    from dualbio.database import open_database  # noqa: PLC0415 - importing dualbio stays cheap

    return open_database(own=own)


def connect(url: str, **options: Any) -> RemoteDatabase:
    """Return the service at `url`, to be asked like an open release; `dualbio.client.connect` tells the options."""
    from dualbio.client import connect as connect_to  # noqa: PLC0415 - importing dualbio stays cheap

    return connect_to(url, **options)
