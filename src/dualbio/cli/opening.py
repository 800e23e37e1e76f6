"""Opening the release that a command works on: the one of the sources, built on first use."""

from __future__ import annotations

from pathlib import Path

import click

from dualbio.database import Database
from dualbio.queries import Library
from dualbio.release import Release, find_release, make_current
from dualbio.settings import Settings
from dualbio.store.remote import RemoteStore

__all__ = [
    "ensure_with_progress",
    "open_database",
    "other_endpoint",
    "own_folders",
    "own_queries",
    "read_library",
    "remote_store",
]

#: The option that lays a user's folders over the curated data.
own_folders = click.option(
    "--with",
    "layers",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Lay this folder of own evidence over the curated data, in graphs of its own; may be repeated.",
)

#: The option that asks another store than the release here.
other_endpoint = click.option(
    "--endpoint", help="Ask this SPARQL endpoint, whose default graph is the union of its graphs, not the release here."
)

#: The option that adds a user's folder of saved queries.
own_queries = click.option(
    "--queries",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of own saved queries, <topic>/<name>.rq, beside the shipped ones.",
)


def remote_store(endpoint: str) -> RemoteStore:
    """Return the store behind `endpoint`; its connections are closed when the command ends."""
    store = RemoteStore(endpoint)
    click.get_current_context().call_on_close(store.close)
    return store


def read_library(settings: Settings, own: Path | None = None) -> Library:
    """Return the saved queries of the settings' sources and of a folder of the user's own."""
    return Library.read(*settings.query_folders, *([own] if own else []))


def ensure_with_progress(settings: Settings) -> Release:
    """Return the release of the settings' sources; build it, with a progress bar, when it is not there yet."""
    found = find_release(settings.releases, settings.sources.digest)
    if found is None:
        from dualbio.cli.build import build_with_progress  # noqa: PLC0415 - only when there is something to build

        return build_with_progress(settings.sources, settings.releases)
    make_current(settings.releases, found)
    return found


def open_database(settings: Settings, own: Path | None = None) -> Database:
    """Return the database of the settings' sources in memory; `own` is a folder of the user's saved queries."""
    return Database(ensure_with_progress(settings), *settings.query_folders, *([own] if own else []))
