"""`dualbio serve`: the HTTP service, built on first use."""

from __future__ import annotations

from pathlib import Path

import click

from dualbio.cli.common_options import ensure_with_progress, own_folders, own_queries, read_library
from dualbio.errors import MissingExtraError, ParameterError, ReleaseError
from dualbio.release.folder import Release, find_release, make_current, open_release
from dualbio.settings import Settings

__all__ = ["serve"]


@click.command()
@click.option("--host", help="Address to listen on; by default DUALBIO_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; by default DUALBIO_PORT.")
@click.option("--workers", type=click.IntRange(1), help="Number of query workers; by default DUALBIO_QUERY_WORKERS.")
@click.option(
    "--store",
    metavar="FOLDER|URL",
    help="Serve the current release of this folder as it is, and build nothing; or have the SPARQL endpoint of an "
    "engine that holds the release answer the queries.",
)
@own_queries
@own_folders
@click.pass_obj
def serve(
    settings: Settings,
    host: str | None,
    port: int | None,
    workers: int | None,
    store: str | None,
    folder: Path | None,
) -> None:
    """Serve SPARQL, saved queries, linked data and dumps over HTTP."""
    if folder is not None:
        settings = settings.model_copy(update={"own_queries": (*settings.own_queries, folder.resolve())})
    given = {"host": host, "port": port, "query_workers": workers, **_store(store)}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    try:
        from dualbio_server import run  # noqa: PLC0415 - the server is an extra
    except ImportError as error:
        raise MissingExtraError("server", "dualbio serve") from error
    if "releases" not in given:
        if find_release(settings.releases, settings.sources.digest) is None:
            read_library(settings)  # a broken query stops the start, which reads them too, before a build
        _tell_which(settings, ensure_with_progress(settings))
    run(settings)


def _store(named: str | None) -> dict[str, object]:
    """Return the setting that a folder or an endpoint is.

    Raises:
        ParameterError: there is no such folder.
    """
    if named is None:
        return {}
    if named.startswith(("http://", "https://")):
        return {"engine": named}
    if not Path(named).is_dir():
        raise ParameterError(f"--store {named}: there is no such folder; accepted: a folder of releases, or a URL")
    return {"releases": Path(named)}


def _tell_which(settings: Settings, built: Release) -> None:
    """Have something to serve, and say so where that is not what the sources give: a release that was gone back to."""
    try:
        current = open_release(settings.releases / "current", verify=False)
    except ReleaseError:
        make_current(settings.releases, built)
        return
    if current.id != built.id:
        text = f"dualbio: current is {current.id}, and the sources give {built.id}; to serve that: dualbio build"
        click.echo(text, err=True)
