"""`dualbio serve`: the HTTP service, built on first use."""

from __future__ import annotations

from pathlib import Path

import click

from dualbio.cli.opening import ensure_with_progress, own_folders, own_queries, read_library
from dualbio.errors import MissingExtraError
from dualbio.settings import Settings

__all__ = ["serve"]


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1), help="Processes that evaluate queries.")
@click.option(
    "--store",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of releases whose `current` is served as it is; nothing is built.",
)
@own_queries
@own_folders
@click.pass_obj
def serve(
    settings: Settings,
    host: str | None,
    port: int | None,
    workers: int | None,
    store: Path | None,
    folder: Path | None,
    layers: tuple[Path, ...],
) -> None:
    """Serve SPARQL, saved queries, linked data and dumps over HTTP."""
    settings = settings.over(layers)
    if folder is not None:
        settings = settings.model_copy(update={"own_queries": (*settings.own_queries, folder.resolve())})
    read_library(settings)  # a broken query stops the start, with its file and line
    given = {"host": host, "port": port, "query_workers": workers, "releases": store}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    try:
        from dualbio_server import run  # noqa: PLC0415 - the server is an extra
    except ImportError as error:
        raise MissingExtraError("server", "dualbio serve") from error
    if store is None:
        ensure_with_progress(settings)
    run(settings)
