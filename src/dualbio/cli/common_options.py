"""Options that several commands share, and the release that they use, built on first use."""

from __future__ import annotations

from pathlib import Path

import click
import pyoxigraph as ox

from dualbio.database import Database
from dualbio.queries import Library
from dualbio.release.folder import Release, find_release
from dualbio.settings import Settings
from dualbio.sources.folders import SourceFolders
from dualbio.store.credentials import Credentials
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.remote import RemoteStore

__all__ = [
    "OWN_FOLDERS",
    "build_with_progress",
    "ensure_with_progress",
    "open_database",
    "other_endpoint",
    "own_folders",
    "own_queries",
    "read_library",
    "remote_store",
]

#: Where the context of a command keeps the folders that `--with` named, for the completion of its line.
OWN_FOLDERS = "dualbio.own-folders"


def _lay_over(context: click.Context, _param: click.Parameter, folders: tuple[Path, ...]) -> None:
    """Give the command settings with `folders` over them."""
    context.meta[OWN_FOLDERS] = folders
    if isinstance(context.obj, Settings):
        context.obj = context.obj.over(folders)


#: The option that overlays a user's folders on the curated data; its command finds them in the settings.
own_folders = click.option(
    "--with",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    expose_value=False,
    callback=_lay_over,
    help="Overlay your own evidence folder on the curated data, in graphs of its own; may be repeated.",
)

#: The option that queries a remote store instead of the local release.
other_endpoint = click.option(
    "--endpoint",
    help="Query this SPARQL endpoint instead of the local release; its default graph must be the union of all graphs.",
)

#: The option that adds a user's folder of saved queries.
own_queries = click.option(
    "--queries",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Add your own folder of saved queries, <topic>/<name>.rq, to the shipped ones.",
)


def remote_store(settings: Settings, endpoint: str) -> RemoteStore:
    """Return the store behind `endpoint`; its connections are closed when the command ends."""
    store = RemoteStore(endpoint, credentials=Credentials.of(settings))
    click.get_current_context().call_on_close(store.close)
    return store


def read_library(settings: Settings, own: Path | None = None) -> Library:
    """Return the saved queries of the settings' sources and of a folder of the user's own."""
    return Library.read(*settings.query_folders, *([own] if own else []))


def build_with_progress(sources: SourceFolders, releases: Path) -> Release:
    """Build a release and show the stages on a terminal."""
    from dualbio.build.package import STAGES, build_release  # noqa: PLC0415 - only when there is something to build
    from dualbio.cli.progress import stages  # noqa: PLC0415 - likewise

    with stages("building", STAGES) as report:
        return build_release(sources, releases, report)


def ensure_with_progress(settings: Settings) -> Release:
    """Return the release of the settings' sources; build it, with a progress bar, when it is not there yet.

    What is there is left as it is: which release is `current` is the operator's to say.
    """
    found = find_release(settings.releases, settings.sources.digest)
    if found is None:
        return build_with_progress(settings.sources, settings.releases)
    return found


def open_database(settings: Settings, own: Path | None = None) -> Database:
    """Return the database of the settings' sources; `own` is a folder of the user's saved queries.

    A command asks once, and reads of the store on disk what it needs; to load the whole would take longer.
    """
    release = ensure_with_progress(settings)
    return Database(release, *settings.query_folders, *([own] if own else []), store=_on_disk(release))


def _on_disk(release: Release) -> EmbeddedStore | None:
    """Return the store on disk of a release; None where it has none, or another process writes there."""
    try:
        return EmbeddedStore(ox.Store.read_only(str(release.store))) if release.store else None
    except OSError:
        return None
