"""`dualbio export` and `dualbio diff`: dumps of a release, and what changed between two."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from dualbio.build.diff import diff_releases
from dualbio.cli.opening import ensure_with_progress
from dualbio.export import export as write_export
from dualbio.export.crate import write_crate
from dualbio.export.tables import read_tables, write_tables
from dualbio.release import Release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore

__all__ = ["diff", "export"]


def _write_tables(release: Release, folder: Path, form: str) -> None:
    write_tables(read_tables(EmbeddedStore.in_memory(release.graphs)), folder, form)


#: Formats that are folders of files.
_FOLDERS: dict[str, Callable[[Release, Path], None]] = {
    "csv": lambda release, folder: _write_tables(release, folder, "csv"),
    "parquet": lambda release, folder: _write_tables(release, folder, "parquet"),
    "ro-crate": lambda release, folder: write_crate(release.folder, folder),
}


@click.command()
@click.option(
    "--format",
    "form",
    default="nq",
    show_default=True,
    help="nq, trig, ttl, nt, rdfxml or jsonld; a folder of csv or parquet tables; ro-crate.",
)
@click.option("--graph", help="Only this named graph, such as entities or study/bliss-believe.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; by default standard output.")
@click.pass_obj
def export(settings: Settings, form: str, graph: str | None, output: Path | None) -> None:
    """Write the release, or one graph of it: as RDF, as one table a kind, or as an RO-Crate of everything."""
    release = ensure_with_progress(settings)
    if form in _FOLDERS:
        if output is None or graph is not None:
            raise click.UsageError(f"--format {form} writes a folder of the whole release; accepted: -o FOLDER")
        _FOLDERS[form](release, output)
        return
    write_export(release.folder, form, graph=graph, out=output or sys.stdout.buffer)


@click.command()
@click.argument("old", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(("text", "changelog", "json", "nq")), default="text", show_default=True
)
def diff(old: Path, new: Path, form: str) -> None:
    """Tell which records were added, changed or removed between the release folders OLD and NEW."""
    changes = diff_releases(old.resolve(), new.resolve())
    if form == "json":
        click.echo(json.dumps(changes.as_json(), indent=1, ensure_ascii=False))
    elif form == "nq":
        for quad in changes.quads():
            click.echo(f"{quad} .")
    else:
        title, *lines = changes.lines()
        click.echo("### Data\n" if form == "changelog" else title)
        for line in lines:
            click.echo(f"- {line[0].upper()}{line[1:]}." if form == "changelog" else line)
