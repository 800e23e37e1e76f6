"""`dualbio import`: evidence records from other places."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from dualbio.corpus import read_corpus
from dualbio.importing.ctgov_json import fetch_study
from dualbio.importing.files import TO_DECIDE_FILE, ImportSummary, import_files, import_records
from dualbio.settings import Settings

__all__ = ["import_"]


@click.group(name="import")
def import_() -> None:
    """Make evidence records from other places."""


@import_.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--fetch", multiple=True, metavar="NCT", help="Fetch this study from the public API; may be repeated.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="imported", show_default=True, help="Folder to write to."
)
@click.pass_obj
def ctgov(settings: Settings, files: tuple[Path, ...], fetch: tuple[str, ...], out: Path) -> None:
    """Read ClinicalTrials.gov API v2 JSON from FILES into evidence records marked as seen in the registry.

    Existing files are kept; what could not be decided for certain is listed beside the records.
    """
    if not files and not fetch:
        raise click.UsageError("give FILES, or --fetch NCT")
    entities = read_corpus(settings.sources.ontology).entities
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)

        def tell(summary: ImportSummary) -> None:
            progress.update(task, description=f"{summary.studies} studies, {summary.rows} rows")

        summaries = []
        if files:
            summaries.append(import_files(files, entities, out, tell))
        if fetch:
            summaries.append(import_records((fetch_study(number) for number in fetch), entities, out, tell))
    studies, rows, kept, to_decide = (
        sum(getattr(summary, name) for summary in summaries) for name in ("studies", "rows", "kept", "to_decide")
    )
    click.echo(f"{out}: {studies} studies with {rows} rows, {kept} kept as they were")
    if to_decide:
        click.echo(f"{out / TO_DECIDE_FILE}: {to_decide} things to decide")
