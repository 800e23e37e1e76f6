"""`dualbio build` and `dualbio check`: from curated sources to a release."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from dualbio.build.release import STAGES
from dualbio.build.validate import Report, check_folder
from dualbio.cli.progress import stages
from dualbio.compose import compose_release
from dualbio.errors import DataError, Problem
from dualbio.queries import Library
from dualbio.release import Release
from dualbio.resources import Sources
from dualbio.settings import Settings

__all__ = ["build", "check"]


def build_with_progress(sources: Sources, releases: Path) -> Release:
    """Build a release and show the stages on a terminal."""
    with stages("building", STAGES) as tell:
        return compose_release(sources, releases, tell)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder of releases; by default DUALBIO_RELEASES.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest instead of a summary.")
@click.pass_obj
def build(settings: Settings, out: Path | None, as_json: bool) -> None:
    """Validate, convert, infer and package a release, and make it current."""
    release = build_with_progress(settings.sources, out or settings.releases)
    if as_json:
        click.echo(json.dumps(release.manifest, indent=1))
        return
    click.echo(f"{release.folder}: {release.manifest['triples']:,} triples in {len(release.manifest['graphs'])} graphs")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--notes", is_flag=True, help="Print notes as well.")
@click.pass_obj
def check(settings: Settings, paths: tuple[Path, ...], as_json: bool, notes: bool) -> None:
    """Check evidence, entities and queries; tell every problem at once.

    With PATHS only problems of those files are told.
    """
    report = check_folder(settings.sources.ontology)
    errors = [*report.errors, *_query_problems(settings.sources.queries)]
    report = _only(replace(report, errors=tuple(errors)), [path.resolve() for path in paths], settings)
    if as_json:
        levels = ("errors", "warnings", "notes", "waived")
        click.echo(json.dumps({level: [asdict(problem) for problem in getattr(report, level)] for level in levels}))
    else:
        _print(report, notes)
    if report.errors:
        raise click.exceptions.Exit(1)


def _query_problems(folder: Path) -> tuple[Problem, ...]:
    try:
        Library.read(folder)
    except DataError as error:
        return error.problems
    return ()


def _only(report: Report, paths: list[Path], settings: Settings) -> Report:
    if not paths:
        return report
    roots = {folder.name: folder.resolve().parent for folder in (settings.sources.ontology, settings.sources.queries)}

    def wanted(problem: Problem) -> bool:
        file = roots.get(problem.file.split("/")[0], Path()) / problem.file
        return any(file == path or path in file.parents for path in paths)

    levels = {
        level: tuple(filter(wanted, getattr(report, level))) for level in ("errors", "warnings", "notes", "waived")
    }
    return Report(**levels)


def _print(report: Report, notes: bool) -> None:
    for problem in report.errors:
        click.echo(f"error: {problem}", err=True)
    for problem in report.warnings:
        click.echo(f"warning: {problem}", err=True)
    for problem in report.notes if notes else ():
        click.echo(f"note: {problem}", err=True)
    counts = f"{len(report.errors)} errors, {len(report.warnings)} warnings, {len(report.waived)} waived"
    click.echo(counts)
