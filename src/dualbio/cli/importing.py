"""`dualbio import` and `dualbio decide`: evidence from registries, and the decisions of a curator about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from dualbio.cli.evidence.exchange import sheet, sources
from dualbio.errors import counted
from dualbio.mappings import exact_names, read_mappings
from dualbio.settings import Settings
from dualbio.sources.corpus import read_entities, studies_by_number
from dualbio.sources.importing.ctgov.inputs import fetch_study
from dualbio.sources.importing.decisions import (
    SHEET_FILE,
    Decisions,
    accepted,
    read_decisions,
    write_decisions,
    wrong,
)
from dualbio.sources.importing.files import (
    ACCOUNT_FILE,
    REMARKS_FILE,
    Entities,
    ImportSummary,
    import_files,
    import_records,
    make_again,
)
from dualbio.sources.importing.ledger import ImportFailedError, Question

__all__ = ["decide", "import_"]

_Names = Mapping[str, tuple[str, ...]]


@click.group(name="import")
def import_() -> None:
    """Import evidence from registry records, sources from references, and rows from a sheet."""


import_.add_command(sources)
import_.add_command(sheet)


@import_.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--fetch", multiple=True, metavar="NCT", help="Fetch this study from the public API; may be repeated.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of own evidence to write to, evidence/ in it; by default the last one that dualbio.toml names, or "
    "else the current one.",
)
@click.option("--also-held", is_flag=True, help="Also write studies that the data already has.")
@click.pass_obj
def ctgov(
    settings: Settings, files: tuple[Path, ...], fetch: tuple[str, ...], out: Path | None, also_held: bool
) -> None:
    """Convert ClinicalTrials.gov API v2 JSON in FILES to evidence records with check level `registry`.

    FILES are JSON files, plain or gzipped, zip archives, or folders of these; a file may hold a study, a page or list
    of studies, or one study per line.  What cannot be read is reported; everything else is imported.

    A study that the data already has under another key is reported and not written, and your changes to a file are
    kept.  Open decisions are written to a sheet in the folder (see `dualbio decide`), with an account of everything
    that was read.
    """
    if not files and not fetch:
        raise click.UsageError("give FILES, or --fetch NCT")
    out = out or settings.workplace
    entities, names = _vocabularies(settings)
    held = {} if also_held else studies_by_number(settings.sources.ontology, *settings.layers)
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)

        def tell(summary: ImportSummary) -> None:
            progress.update(task, description=f"{counted(summary.studies, 'study')}, {counted(summary.rows, 'row')}")

        summaries = []
        if files:
            summaries.append(import_files(files, entities, out, tell, held, names))
        if fetch:
            told = ImportSummary()
            records = _fetched(fetch, settings.registry, told.refused)
            summaries.append(import_records(records, entities, out, tell, held, names, told))
    _report(out, summaries)


def _fetched(numbers: tuple[str, ...], registry: str, refused: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the records of numbers; what cannot be fetched is reported in `refused`."""
    for number in numbers:
        try:
            record = fetch_study(number.upper(), registry)
        except ImportFailedError as error:
            refused.append(str(error))
        else:
            yield record


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("--ask", "-i", is_flag=True, help="Ask for each open decision here instead of reading the sheet only.")
@click.pass_obj
def decide(settings: Settings, folder: Path | None, ask: bool) -> None:
    """Apply your decisions about imported records in FOLDER, and list the open ones.

    FOLDER defaults to the last folder that dualbio.toml names, or else the current one.

    Fill in the column `decision` of decisions.csv (a key, or `leave`), or answer with --ask: each decision is made
    once, for all rows that wait for it.  Decisions are kept in that file and apply to every later import; the list of
    open decisions is written again each time.
    """
    folder = folder or settings.workplace
    entities, names = _vocabularies(settings)
    summary = make_again(folder, entities, names)
    if ask:
        decisions = read_decisions(folder, entities)
        asked = sorted(summary.questions.values(), key=lambda question: -question.rows)
        if _ask_all(asked, entities, decisions, folder):
            summary = make_again(folder, entities, names)
    _report(folder, [summary])


def _ask_all(questions: list[Question], entities: Entities, decisions: Decisions, folder: Path) -> bool:
    """Ask for decisions, each kept at once, until no question or answer is left; return whether one was made."""
    console, made = Console(), False
    console.print("Type a key, the number of a key, or 'leave'; return goes on to the next, 'quit' ends.")
    for place, question in enumerate(questions, start=1):
        title = f"{question.what}: {escape(question.found)}"
        console.print(f"\n[bold]{place} of {len(questions)}[/] {title}", highlight=False)
        about = (question.study, f"waiting: {counted(question.rows, 'row')}" if question.rows else "", question.why)
        console.print(escape("; ".join(filter(None, about))), style="dim", highlight=False)
        near = question.nearest or _few(accepted(question.what, entities))
        for number, key in enumerate(near, start=1):
            console.print(f"  {number}  {key}", highlight=False)
        answer = _answer(question, near, entities)
        if answer == "quit":
            break
        if answer:
            decisions.make(question, answer)
            write_decisions(folder, decisions, questions[place:])
            made = True
    return made


def _answer(question: Question, near: tuple[str, ...], entities: Entities) -> str:
    """Return an answer that is right for a question, empty where it is left open."""
    while True:
        answer = click.prompt("decision", default="", show_default=False).strip()
        if answer.isdigit() and 1 <= int(answer) <= len(near):
            return near[int(answer) - 1]
        problem = None if answer in ("", "quit") else wrong(question.what, answer, entities)
        if problem is None:
            return answer
        click.echo(problem, err=True)


def _few(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return keys that can be shown at a glance; none of a long list."""
    return keys if len(keys) <= 6 else ()


def _vocabularies(settings: Settings) -> tuple[Entities, _Names]:
    """Return the vocabularies, and what other vocabularies call their entities."""
    ontology = settings.sources.ontology
    return read_entities(ontology), exact_names(read_mappings(ontology))


def _report(out: Path, summaries: list[ImportSummary]) -> None:
    """Print what was done, and fail when a record was refused."""
    for number, key in ((number, key) for summary in summaries for number, key in summary.held.items()):
        click.echo(
            f"{number}: already in the data as study '{key}', not written; repair: add new rows to its file, "
            "or write the whole record with --also-held",
            err=True,
        )
    refused = [message for summary in summaries for message in summary.refused]
    for message in refused:
        click.echo(f"error: {message}", err=True)
    _tell_changed(out / "evidence", summaries)
    studies, rows, to_decide = (
        sum(getattr(summary, name) for summary in summaries) for name in ("studies", "rows", "to_decide")
    )
    if studies:
        click.echo(f"{out / 'evidence'}: {_counted(studies, 'study', 'studies')} with {_counted(rows, 'row', 'rows')}")
    else:
        click.echo(f"nothing was written: {_why_nothing(summaries)}")
    if to_decide:
        things = _counted(to_decide, "thing", "things")
        click.echo(f"{out / SHEET_FILE}: {things} to decide; then run `dualbio decide {out}`")
    if studies:
        click.echo(f"{out / REMARKS_FILE}: what to look at; {out / ACCOUNT_FILE}: what became of every item")
    if refused:
        raise click.exceptions.Exit(1)


def _why_nothing(summaries: list[ImportSummary]) -> str:
    """Return why an import wrote no study."""
    refused, held, kept = (
        sum(len(getattr(summary, name)) for summary in summaries) for name in ("refused", "held", "kept")
    )
    counts = (
        (refused, "problem", "problems"), (held, "study held", "studies held"), (kept, "file kept", "files kept"),
    )  # fmt: skip
    told = " and ".join(_counted(*count) for count in counts if count[0])
    return f"{told}, told above" if told else "no record to read"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _tell_changed(folder: Path, summaries: list[ImportSummary]) -> None:
    """Tell what became of files that were changed by hand."""
    for summary in summaries:
        for key in summary.merged:
            click.echo(f"{folder / key}.yaml: changed by hand; your changes stay, the rest is as imported", err=True)
        for key, clash in summary.clashes:
            click.echo(f"{folder / key}.yaml: {clash}", err=True)
        for key, reason in summary.kept.items():
            click.echo(f"{folder / key}.yaml: changed by hand and kept as it is: {reason}", err=True)
