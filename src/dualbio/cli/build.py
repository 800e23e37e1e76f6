"""`dualbio build` and `dualbio check`: from curated sources to a release."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event

import click

from dualbio.build.release import STAGES
from dualbio.build.validate import Report, check_folder
from dualbio.cli.opening import ensure_with_progress, own_folders
from dualbio.cli.progress import stages
from dualbio.compose import compose_release
from dualbio.corpus import read_corpus
from dualbio.errors import DataError, Problem
from dualbio.mappings import Finding, check_against, read_anchors, read_mappings
from dualbio.quality import release_problems
from dualbio.queries import Library
from dualbio.release import Release
from dualbio.resources import Sources
from dualbio.schema import schema_problems, write_schemas
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.watching import changes
from dualbio.writing import canonical_problems, fix

__all__ = ["build", "build_with_progress", "check"]


def build_with_progress(sources: Sources, releases: Path) -> Release:
    """Build a release and show the stages on a terminal."""
    with stages("building", STAGES) as tell:
        return compose_release(sources, releases, tell)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder of releases; by default DUALBIO_RELEASES.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest instead of a summary.")
@own_folders
@click.pass_obj
def build(settings: Settings, out: Path | None, as_json: bool, layers: tuple[Path, ...]) -> None:
    """Validate, convert, infer and package a release, and make it current.

    With --with the release goes to a folder `local` of its own; the published one stays as it is.
    """
    settings = settings.over(layers)
    release = build_with_progress(settings.sources, out or settings.releases)
    if as_json:
        click.echo(json.dumps(release.manifest, indent=1))
        return
    click.echo(f"{release.folder}: {release.manifest['triples']:,} triples in {len(release.manifest['graphs'])} graphs")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--notes", is_flag=True, help="Print notes as well.")
@click.option("--fix", "rewrite", is_flag=True, help="Rewrite curated files in canonical form first.")
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved; end with Ctrl-C.")
@click.option(
    "--release",
    "built",
    is_flag=True,
    help="Also hold the built release against the SHACL shapes and the quality queries (half a minute).",
)
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Hold ids and labels of mappings and reused terms against ontology files of this folder instead.",
)
@click.pass_obj
def check(
    settings: Settings,
    paths: tuple[Path, ...],
    as_json: bool,
    notes: bool,
    rewrite: bool,
    watch: bool,
    built: bool,
    against: Path | None,
) -> None:
    """Check evidence, entities and queries; tell every problem at once.

    With PATHS only problems of those files are told.  What only a whole release shows is checked with --release.
    """
    if against is not None:
        _check_against(settings.sources.ontology, against)
        return
    if rewrite:
        folder = settings.sources.ontology
        for path in (*fix(read_corpus(folder)), *write_schemas(folder)):
            click.echo(f"rewritten: {path}")
    conforms = _check(settings, paths, as_json, notes, built)
    if watch:
        folders = (settings.sources.ontology, settings.sources.queries)
        for changed in changes(folders, Event()):
            click.echo(f"\n{', '.join(path.name for path in changed)} changed", err=True)
            _check(settings, paths, as_json, notes, built)
    if not conforms:
        raise click.exceptions.Exit(1)


def _check(settings: Settings, paths: tuple[Path, ...], as_json: bool, notes: bool, built: bool) -> bool:
    """Run all checks and print what they found; say whether a release may be built."""
    report = check_folder(settings.sources.ontology)
    errors = [*report.errors, *_query_problems(settings.sources.queries)]
    if not report.errors:
        folder = settings.sources.ontology
        errors += [*canonical_problems(read_corpus(folder)), *schema_problems(folder)]
    if built and not errors:
        errors += _release_problems(settings)
    report = _only(replace(report, errors=tuple(errors)), [path.resolve() for path in paths], settings)
    if as_json:
        levels = ("errors", "warnings", "notes", "waived")
        click.echo(json.dumps({level: [asdict(problem) for problem in getattr(report, level)] for level in levels}))
    else:
        _print(report, notes)
    return not report.errors


def _release_problems(settings: Settings) -> list[Problem]:
    """Return what breaks shapes and quality queries in the release of the sources, which is built when it is new."""
    return release_problems(EmbeddedStore.in_memory(ensure_with_progress(settings).graphs), settings.sources.ontology)


def _check_against(ontology: Path, folder: Path) -> None:
    found = check_against([*read_mappings(ontology), *read_anchors(ontology)], folder)
    for outcome in found.defects:
        click.echo(f"error: {outcome}", err=True)
    for unread in found.unread:
        click.echo(f"note: {unread.file} was not read: {unread.reason}", err=True)
    for finding in Finding:
        click.echo(f"{found.count(finding):5} {finding}")
    if found.defects:
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
