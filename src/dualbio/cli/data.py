"""`dualbio export` and `dualbio diff`: dumps of a release, and what changed between two."""

from __future__ import annotations

import gzip
import shutil
import signal
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from pyoxigraph import NamedNode

from dualbio.cli.common_options import ensure_with_progress, open_database, own_folders
from dualbio.cli.completion import complete_graph
from dualbio.errors import MissingExtraError, counted
from dualbio.export import dump_format
from dualbio.export import export as write_export
from dualbio.export.packages.changes import CHANGE_FORMATS, write_changes
from dualbio.export.rdf.dump import open_beside
from dualbio.release.folder import Release, kept_release, kept_releases
from dualbio.settings import Settings

if TYPE_CHECKING:
    from dualbio.queries import CitedSource

__all__ = ["diff", "export"]

#: Formats that are folders of files.
_TABLES = ("csv", "parquet")
_CRATE = "ro-crate"
#: Formats of sources as reference managers read them.
_REFERENCES = ("ris", "bibtex")
#: Formats of what other tools take of studies.
_OF_STUDIES = (*_REFERENCES, "sheet", "revman")
#: The format that is a site.
_SITE = "site"
#: Formats that are one document of the whole release, and its name among the dumps.
_PARTS = {
    "nanopub": "nanopubs.trig",
    "sssom": "mappings.sssom.tsv",
    "fhir": "evidence.fhir.json",
    "pico": "contrasts.pico.ttl",
}
#: Formats that are the lines of the release as they are, so that nothing is won by keeping them.
_LINES = ("nq", "nt")


@click.command()
@click.argument("named", metavar="[FORMAT]", required=False)
@click.option(
    "--format",
    "form",
    show_default="nq",
    help="nq, trig, ttl, nt, rdfxml or jsonld; nanopub or sssom; fhir or pico, contrasts and pools; "
    "a folder of csv or parquet tables; ro-crate; ris or bibtex, the sources; "
    "sheet, results as a data-extraction sheet; revman, a folder of study tables, whose columns table-reference lists; "
    "site, the pages of the service as files for a host without one; "
    "dumps makes the files that the server offers at /data/; table-reference lists the columns of the tables.",
)
@click.option(
    "--graph", shell_complete=complete_graph, help="Only this named graph, such as entities or study/bliss-believe."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; by default standard output.")
@click.option(
    "--study", "studies", multiple=True, help="Only this study, for ris, bibtex, sheet, revman; may be repeated."
)
@click.option(
    "--language", "languages", multiple=True, help="A language of the pages of site, en or zh; may be repeated."
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help="For Parquet on a cluster: write a folder for each table, with files of at most this many rows.",
)
@own_folders
@click.pass_obj
def export(
    settings: Settings,
    named: str | None,
    form: str | None,
    graph: str | None,
    output: Path | None,
    studies: tuple[str, ...],
    languages: tuple[str, ...],
    rows: int | None,
) -> None:
    """Write the release, or one graph of it, as RDF, as tables, as an RO-Crate, or as a site of files.

    `dualbio export site -o public` is the same as with --format site.
    """
    if named and form and named != form:
        raise click.UsageError(f"found the formats {named} and {form}; accepted: one")
    form = named or form or "nq"
    if languages and form != _SITE:
        raise click.UsageError(f"--language does not go with --format {form}; accepted: {_SITE}")
    if rows is not None and form != "parquet":
        raise click.UsageError(f"--rows does not go with --format {form}; accepted: parquet")
    if form in _OF_STUDIES:
        if graph is not None:
            raise click.UsageError(f"--format {form} has no graphs; accepted: --study KEY")
        _write_studies(settings, form, studies, output)
        return
    if studies:
        raise click.UsageError(f"--study does not go with --format {form}; accepted: {', '.join(_OF_STUDIES)}")
    if form == _SITE:
        _write_site(settings, graph, output, languages or ("en",))
    else:
        _write_release(ensure_with_progress(settings), form, graph, output, rows)


def _write_release(release: Release, form: str, graph: str | None, output: Path | None, rows: int | None) -> None:
    """Write what a release holds; what takes long to make is kept among its dumps, and copied the next time."""
    if form == "dumps":
        _make_dumps(release, graph, output)
    elif form == "table-reference":
        from dualbio.export.tables.reference import table_reference  # noqa: PLC0415 - as `_copy_dump`

        _write_text(table_reference(), output)
    elif form in _TABLES:
        _write_tables(release, form, _whole_folder(form, graph, output), rows)
    elif form == _CRATE:
        from dualbio.export.packages.crate import write_crate  # noqa: PLC0415 - as `_copy_dump`

        write_crate(release.folder, _whole_folder(form, graph, output))
    elif form in _PARTS:
        if graph is not None:
            raise click.UsageError(f"--format {form} covers the whole release; accepted: without --graph")
        _copy_dump(release, _PARTS[form], output)
    elif graph is None and (extension := dump_format(form).extension) not in _LINES:
        _copy_dump(release, f"dualbio.{extension}.gz", output)
    else:
        write_export(release.folder, form, graph=graph, out=output or sys.stdout.buffer)


def _write_tables(release: Release, form: str, folder: Path, rows: int | None) -> None:
    from dualbio.export.packages.files import dump_files, table_names  # noqa: PLC0415 - as `_copy_dump`
    from dualbio.export.tables.files import split_parquet  # noqa: PLC0415 - likewise

    folder.mkdir(parents=True, exist_ok=True)
    for made in dump_files(release.folder, table_names(form)):
        if rows is not None:
            split_parquet(made, folder / made.stem, rows)
            continue
        with made.open("rb") as kept, open_beside(folder / made.name) as stream:
            shutil.copyfileobj(kept, stream)


def _copy_dump(release: Release, name: str, output: Path | None) -> None:
    """Write a dump as it is when nothing is compressed; it is made where it is not kept yet."""
    from dualbio.export.packages.files import dump_file, find_dump  # noqa: PLC0415 - not every export needs all writers

    made = dump_file(release.folder, find_dump(release.folder, name))

    def copy(out: BinaryIO) -> None:
        with gzip.open(made) if made.suffix == ".gz" else made.open("rb") as kept:
            shutil.copyfileobj(kept, out)

    if output is None:
        copy(sys.stdout.buffer)
    else:
        with open_beside(output) as stream:
            copy(stream)


def _whole_folder(form: str, graph: str | None, output: Path | None) -> Path:
    if output is None or graph is not None:
        raise click.UsageError(
            f"--format {form} writes a folder of the whole release; accepted: -o FOLDER, without --graph"
        )
    return output


def _write_studies(settings: Settings, form: str, studies: tuple[str, ...], output: Path | None) -> None:
    """Write what other tools take of studies, or of all."""
    from dualbio.cli.evidence.exchange import write_revman, write_sheet  # noqa: PLC0415 - as `_copy_dump`
    from dualbio.queries import sources_bibtex, sources_ris  # noqa: PLC0415 - likewise

    if form in _REFERENCES:
        written = sources_ris if form == "ris" else sources_bibtex
        _write_text(written(_sources(settings, studies)), output)
    elif form == "sheet":
        _write_text(write_sheet(settings, studies), output)
    elif output is None:
        raise click.UsageError(f"--format {form} writes a folder; accepted: -o FOLDER")
    else:
        for line in write_revman(settings, studies, output):
            click.echo(line, err=True)


def _sources(settings: Settings, studies: tuple[str, ...]) -> list[CitedSource]:
    """Return the sources of studies, or of all.

    Raises:
        NotFoundError: a study is not there.
    """
    from dualbio.describe import is_part  # noqa: PLC0415 - as `_copy_dump`
    from dualbio.queries import CitedSources  # noqa: PLC0415 - likewise

    database = open_database(settings)
    whole = [database.find(study) for study in studies]
    return [
        source
        for source in CitedSources(database.store).all
        if not whole or any(is_part(NamedNode(source.iri), study) for study in whole)
    ]


def _write_text(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _make_dumps(release: Release, graph: str | None, output: Path | None) -> None:
    """Make the files of the whole release where the server looks for them, so that no client waits for them."""
    if output is not None or graph is not None:
        raise click.UsageError("--format dumps writes into the folder of the release; accepted: without -o and --graph")
    from dualbio.export.packages.crate import DESCRIPTIONS, description_file  # noqa: PLC0415 - as `_copy_dump`
    from dualbio.export.packages.files import dump_files, holding_release, whole_names  # noqa: PLC0415 - likewise

    names = whole_names()
    with (
        holding_release(release.folder, (*names, *DESCRIPTIONS)),
        click.progressbar(dump_files(release.folder, names), len(names), label="Making dumps", file=sys.stderr) as made,
    ):
        deque(made, maxlen=0)
        for name in DESCRIPTIONS:
            description_file(release.folder, name)
    click.echo(f"{release.folder / 'dumps'}: {counted(len(names) + len(DESCRIPTIONS), 'file')}")


def _write_site(settings: Settings, graph: str | None, output: Path | None, languages: tuple[str, ...]) -> None:
    """Write the pages of the service as files.

    Raises:
        MissingExtraError: the service is not installed.
    """
    try:
        from dualbio_server.static_copy import export_site  # noqa: PLC0415 - the server is an extra
    except ImportError as error:
        raise MissingExtraError("server", "dualbio export site") from error
    folder, release = _whole_folder(_SITE, graph, output), ensure_with_progress(settings)
    with click.progressbar(length=1, label="Writing the site", file=sys.stderr) as bar:

        def report(written: int, known: int) -> None:
            bar.length = known
            bar.update(written - bar.pos)

        processes = settings.web_workers
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # its draft is removed on the way
        found = export_site(settings, release, folder, languages=languages, processes=processes, report=report)
    click.echo(f"{found.folder}: {counted(found.files, 'file')}, {found.bytes / 1e6:,.0f} MB")


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(tuple(CHANGE_FORMATS)),
    default="text",
    show_default=True,
    help="Output format.",
)
@own_folders
@click.pass_obj
def diff(settings: Settings, old: str, new: str | None, form: str) -> None:
    """List the records that were added, changed or removed between the releases OLD and NEW (names or folders).

    Without NEW, OLD is compared with the current sources: `dualbio diff latest --with mine` lists your additions.
    """
    from dualbio.release.diff import diff_releases  # noqa: PLC0415 - as `_copy_dump`

    before = _folder(settings, old)
    after = _folder(settings, new) if new else ensure_with_progress(settings).folder
    write_changes(diff_releases(before, after), form, sys.stdout.buffer)


def _folder(settings: Settings, text: str) -> Path:
    """Return the folder of a release that is named, or that is a folder itself; one with own evidence has a name too.

    Raises:
        NotFoundError: there is none.
    """
    if Path(text).is_dir():
        return Path(text).resolve()
    own = (each.folder for each in kept_releases(settings.releases) if each.id == text)
    return next(own, None) or kept_release(settings.published, text).folder
