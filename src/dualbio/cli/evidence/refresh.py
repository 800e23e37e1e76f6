"""`dualbio refresh`: updates of the studies from their registry records."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dualbio.cli.common_options import own_folders
from dualbio.errors import NotFoundError, counted, did_you_mean
from dualbio.mappings import exact_names, read_mappings
from dualbio.model.lessons import EvidenceGap
from dualbio.settings import Settings
from dualbio.sources.corpus import Corpus, read_corpus, read_folder
from dualbio.sources.fetching import fetch_json
from dualbio.sources.folders import require_own
from dualbio.sources.importing.ctgov.study import import_study
from dualbio.sources.importing.decisions import SHEET_FILE
from dualbio.sources.importing.files import import_records
from dualbio.sources.importing.ledger import ImportFailedError
from dualbio.sources.importing.reading import today, with_reading
from dualbio.sources.importing.refresh import Held, News, held_studies, keep_record, kept_record, news_of
from dualbio.sources.importing.vocabulary import Vocabulary
from dualbio.synthesis.coverage import gaps_closed

__all__ = ["refresh"]


@dataclass
class _Report:
    """What a run found: lines on studies with news, those without, and those that the registry does not know."""

    told: list[dict[str, Any]] = field(default_factory=list)
    unchanged: int = 0
    to_decide: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Vocabularies:
    """What records are compared with: the curated records, and what other vocabularies call their entities."""

    corpus: Corpus
    mapped: Mapping[str, tuple[str, ...]]
    dry_run: bool


@click.command()
@click.argument("studies", nargs=-1)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of own evidence to write to; by default the last one of --with, or else the current folder.",
)
@click.option("--rate", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="Requests a second.")
@click.option("--dry-run", is_flag=True, help="Report what is new, but write no evidence.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@own_folders
@click.pass_obj
def refresh(
    settings: Settings, studies: tuple[str, ...], out: Path | None, rate: float, dry_run: bool, as_json: bool
) -> None:
    """Fetch the current ClinicalTrials.gov records of STUDIES (keys or NCT numbers), or of all that have one.

    Changes since the last reading are reported, and records with results are written as own evidence, every number with
    check level `registry`. An interrupted run continues where it stopped.
    """
    folder = out or settings.workplace
    require_own(folder)
    corpus = read_corpus(settings.sources.ontology)
    names = _Vocabularies(corpus, exact_names(read_mappings(settings.sources.ontology)), dry_run)
    own = [read_folder(each, whole=False)[0] for each in dict.fromkeys((*settings.layers, folder.resolve()))]
    mine = [file for each in own for file in each.study_files.values()]
    held = held_studies(corpus.study_files.values(), mine)
    chosen = _chosen(held, studies)
    report = _Report()
    for each, record in _records(settings, chosen, folder, rate, report):
        _compare(each, record, folder, names, report)
    _print(report, folder, len(chosen), as_json)


def _chosen(held: tuple[Held, ...], studies: tuple[str, ...]) -> tuple[Held, ...]:
    """Return the studies that are named by key or number, or all.

    Raises:
        NotFoundError: none with a ClinicalTrials.gov number is called so.
    """
    names = sorted({name for each in held for name in each.names})
    for study in studies:
        if study not in names:
            accepted = "the key of a study with a ClinicalTrials.gov number, or that number"
            raise NotFoundError(f"no study '{study}' to refresh; accepted: {accepted}{did_you_mean(study, names)}")
    return tuple(each for each in held if not studies or set(each.names) & set(studies))


def _records(
    settings: Settings, chosen: tuple[Held, ...], folder: Path, rate: float, report: _Report
) -> Iterator[tuple[Held, dict[str, Any]]]:
    """Yield each study with its record, with a progress bar; one that the registry does not know is reported."""
    console, records, last = Console(stderr=True), folder / "refreshed", -1 / rate
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading the registry", total=len(chosen))
        for each in chosen:
            progress.update(task, description=each.number)
            record = kept_record(each.number, records, today())
            if record is None:
                time.sleep(max(0.0, last + 1 / rate - time.monotonic()))  # the registry is not pressed
                last = time.monotonic()
                try:
                    record = fetch_json(f"{settings.registry.rstrip('/')}/{each.number}?format=json", each.number)
                except NotFoundError as error:
                    report.refused.append(str(error))
                else:
                    keep_record(each.number, records, record)
            if record is not None:
                yield each, record
            progress.advance(task)


def _compare(held: Held, record: dict[str, Any], folder: Path, names: _Vocabularies, report: _Report) -> None:
    """Compare a record with what is held, and write it to `folder` where it says more."""
    try:
        file = import_study(record, Vocabulary(names.corpus.entities, names.mapped)).file
    except ImportFailedError as error:
        report.refused.append(str(error))
        return
    news = news_of(held, file, record)
    if not news.changed or not (news.changes or news.rows):
        report.unchanged += 1
        return
    written = _write(held, record, folder, names, report) if news.rows and not names.dry_run else None
    gaps = (gap for each in held.curated if written for gap in gaps_closed(names.corpus, each.study.id, file))
    told = _news_json(news, written, {gap.id: gap for gap in gaps}.values())
    report.told.append(told if not names.dry_run else told | {"kept": None})


def _write(held: Held, record: dict[str, Any], folder: Path, names: _Vocabularies, report: _Report) -> str | None:
    """Write a record as own evidence; return its key, or None where its file was changed by hand and stays so."""
    records = [with_reading(record, held.curated)]
    summary = import_records(records, names.corpus.entities, folder, mapped=names.mapped)
    report.to_decide = summary.to_decide
    key = held.number.lower()
    return None if key in summary.kept else key


def _news_json(news: News, written: str | None, gaps: Iterable[EvidenceGap]) -> dict[str, Any]:
    own = news.held.own
    return {
        "study": news.held.names[0],
        "number": news.held.number,
        "posted": news.state.posted,
        "held": news.held.posted,
        "changes": list(news.changes),
        "rows": news.rows,
        "written": written,
        "kept": own.study.id if own and not written else None,
        "gaps_closed": [{"id": gap.id, "statement": gap.statement} for gap in gaps],
    }


def _print(report: _Report, folder: Path, asked: int, as_json: bool) -> None:
    if as_json:
        content = {"asked": asked, "unchanged": report.unchanged, "news": report.told, "refused": report.refused}
        click.echo(json.dumps(content, indent=1, ensure_ascii=False))
        return
    for message in report.refused:
        click.echo(f"error: {message}", err=True)
    for told in report.told:
        click.echo("; ".join(_phrases(told, folder)))
        for gap in told["gaps_closed"]:
            click.echo(f"  closes {gap['id']}: {gap['statement']}")
    closed = sum(len(told["gaps_closed"]) for told in report.told)
    click.echo(
        f"{counted(asked, 'record')} read: {len(report.told)} with news, {report.unchanged} unchanged; "
        f"{counted(closed, 'gap')} closed"
    )
    if report.to_decide:
        click.echo(
            f"{folder / SHEET_FILE}: {counted(report.to_decide, 'thing')} to decide; then: dualbio decide {folder}",
            err=True,
        )


def _phrases(told: dict[str, Any], folder: Path) -> Iterator[str]:
    since = f" (held: {told['held']})" if told["held"] else ""
    yield f"{told['study']} {told['number']}: posted {told['posted'] or 'on an unknown day'}{since}"
    yield from told["changes"]
    if told["written"]:
        yield f"{counted(told['rows'], 'row')} written to {folder / 'evidence' / told['written']}.yaml"
    elif told["kept"]:
        yield (
            f"{counted(told['rows'], 'row')} in the record; {told['kept']} stays as it is, remove it to take them over"
        )
    elif told["rows"]:
        yield f"{counted(told['rows'], 'row')} in the record"
