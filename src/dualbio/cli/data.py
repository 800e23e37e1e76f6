"""`dualbio export` and `dualbio diff`: dumps of a release, and what changed between two."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from dualbio.build.diff import diff_releases
from dualbio.cli.completion import complete_graph
from dualbio.cli.opening import ensure_with_progress
from dualbio.export import export as write_export
from dualbio.export.changes import CHANGE_FORMATS, write_changes
from dualbio.export.crate import DESCRIPTIONS, description_file, write_crate
from dualbio.export.dump import open_beside
from dualbio.export.files import PARTS, dump_file, find_dump, whole_names
from dualbio.export.table_files import write_tables
from dualbio.export.table_reference import table_reference
from dualbio.export.tables import read_tables
from dualbio.release import Release, kept_release
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
#: Formats that are one document of the whole release, and its name among the dumps.
_PARTS = {"nanopub": "nanopubs.trig", "sssom": "mappings.sssom.tsv"}


@click.command()
@click.option(
    "--format",
    "form",
    default="nq",
    show_default=True,
    help="nq, trig, ttl, nt, rdfxml or jsonld; ofn or obographs of the ontology; nanopub or sssom; "
    "a folder of csv or parquet tables; ro-crate; "
    "dumps makes the files that the server offers at /data/; table-reference lists the columns of the tables.",
)
@click.option(
    "--graph", shell_complete=complete_graph, help="Only this named graph, such as entities or study/bliss-believe."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; by default standard output.")
@click.pass_obj
def export(settings: Settings, form: str, graph: str | None, output: Path | None) -> None:
    """Write the release, or one graph of it: as RDF, as one table a kind, or as an RO-Crate of everything."""
    release = ensure_with_progress(settings)
    if form == "dumps":
        _make_dumps(release, graph, output)
    elif form == "table-reference":
        _write_text(table_reference(), output)
    elif form in _FOLDERS:
        if output is None or graph is not None:
            raise click.UsageError(f"--format {form} writes a folder of the whole release; accepted: -o FOLDER")
        _FOLDERS[form](release, output)
    elif form in _PARTS:
        if graph is not None:
            raise click.UsageError(f"--format {form} is of the whole release; accepted: without --graph")
        _write_part(release, _PARTS[form], output)
    else:
        write_export(release.folder, form, graph=graph, out=output or sys.stdout.buffer)


def _write_text(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _write_part(release: Release, name: str, output: Path | None) -> None:
    if output is None:
        PARTS[name].write(release.folder, sys.stdout.buffer)
        return
    with open_beside(output) as stream:
        PARTS[name].write(release.folder, stream)


def _make_dumps(release: Release, graph: str | None, output: Path | None) -> None:
    """Make the files of the whole release where the server looks for them, so that no one waits for them."""
    if output is not None or graph is not None:
        raise click.UsageError("--format dumps writes into the folder of the release; accepted: without -o and --graph")
    names = whole_names()
    with click.progressbar(names, label="Making dumps", file=sys.stderr) as shown:
        for name in shown:
            dump_file(release.folder, find_dump(release.folder, name))
    for name in DESCRIPTIONS:
        description_file(release.folder, name)
    click.echo(f"{release.folder / 'dumps'}: {len(names) + len(DESCRIPTIONS)} files")


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--format", "form", type=click.Choice(tuple(CHANGE_FORMATS)), default="text", show_default=True)
@click.pass_obj
def diff(settings: Settings, old: str, new: str, form: str) -> None:
    """Tell which records were added, changed or removed between the releases OLD and NEW: names or folders."""
    folders = [_folder(settings, each) for each in (old, new)]
    write_changes(diff_releases(*folders), form, sys.stdout.buffer)


def _folder(settings: Settings, text: str) -> Path:
    """Return the folder of a release that is named, or that is a folder itself."""
    return Path(text).resolve() if Path(text).is_dir() else kept_release(settings.releases, text).folder
