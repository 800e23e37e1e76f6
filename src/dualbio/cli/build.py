"""`dualbio build` and `dualbio check`: from curated sources to a release."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from threading import Event

import click

from dualbio.build.check_paths import OwnPaths, check_own, joined, own_paths
from dualbio.build.kept_report import kept_report
from dualbio.build.query_names import known_names, missing_answers, names_below, names_in_library
from dualbio.build.validate import Report, check_folder
from dualbio.cli.common_options import build_with_progress, ensure_with_progress, own_folders
from dualbio.errors import DataError, Problem, counted
from dualbio.queries import Library
from dualbio.release.folder import find_release, make_current
from dualbio.settings import Settings
from dualbio.sources.canonical import canonical_problems, fix
from dualbio.sources.corpus import Corpus, read_corpus, read_folder
from dualbio.sources.folders import SourceFolders, require_own
from dualbio.sources.schema import schema_problems, write_schemas
from dualbio.sources.watch import changes
from dualbio.store.embedded import EmbeddedStore

__all__ = ["build", "check"]


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder of releases; by default DUALBIO_RELEASES.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest instead of a summary.")
@own_folders
@click.pass_obj
def build(settings: Settings, out: Path | None, as_json: bool) -> None:
    """Validate, convert, infer and package a release, and make it current.

    With --with the release goes to a folder `local` of its own; the published one stays as it is, and what was built
    of the same content before is not built again.
    """
    releases = out or settings.releases
    release = find_release(releases, settings.sources.digest) if settings.layers else None
    if release is None:
        release = build_with_progress(settings.sources, releases)
    else:
        make_current(releases, release)
    if as_json:
        click.echo(json.dumps(release.manifest, indent=1))
        return
    triples, graphs = release.manifest["triples"], len(release.manifest["graphs"])
    click.echo(f"{release.folder}: {counted(triples, 'triple')} in {counted(graphs, 'graph')}")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print all problems as JSON.")
@click.option("--all", "every", is_flag=True, help="Print standing warnings one by one as well.")
@click.option("--notes", is_flag=True, help="Print notes as well.")
@click.option(
    "--fix",
    "rewrite",
    is_flag=True,
    help="Rewrite files in canonical form first: own ones that are given, or else the curated ones.",
)
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved; end with Ctrl-C.")
@click.option(
    "--release",
    "built",
    is_flag=True,
    help="Also check the built release with the SHACL shapes and the quality queries (half a minute).",
)
@own_folders
@click.pass_obj
def check(
    settings: Settings,
    paths: tuple[Path, ...],
    as_json: bool,
    every: bool,
    notes: bool,
    rewrite: bool,
    watch: bool,
    built: bool,
) -> None:
    """Check evidence, entities and queries, and list every problem at once.

    With PATHS, only problems of those files and folders are listed; a folder or file of your own is checked over the
    curated data, as with --with, and a path that no check reads is an error.  Standing warnings, of files that are as
    they were when the last release was built, are counted by kind.  Add --release to check what only a whole release
    shows.
    """
    asked = tuple(path.resolve() for path in paths)
    own = own_paths((*asked, *(path.resolve() for path in settings.layers)), settings.sources)
    if rewrite:
        for path in _fix(settings, own):
            click.echo(f"rewritten: {path}")
    conforms = _check(settings, asked, own, built, _Print(as_json, every, notes))
    if watch:
        folders = (settings.sources.ontology, settings.sources.queries, *own.evidence, *own.queries)
        for changed in changes(folders, Event()):
            click.echo(f"\n{', '.join(path.name for path in changed)} changed", err=True)
            _check(settings, asked, own, built, _Print(as_json, every, notes))
    if not conforms:
        raise click.exceptions.Exit(1)


@dataclass(frozen=True)
class _Print:
    """How problems are printed: as JSON, with `every` standing warning one by one, with notes."""

    as_json: bool
    every: bool
    notes: bool


def _fix(settings: Settings, own: OwnPaths) -> Iterator[Path]:
    """Rewrite own folders, or the curated sources when there are none, and yield the files that changed."""
    for folder in own.evidence:
        require_own(folder)
        yield from fix(read_folder(folder, whole=False)[0])
    if not own.evidence:
        require_own(settings.sources.ontology)
        yield from (*fix(read_corpus(settings.sources.ontology)), *write_schemas(settings.sources.ontology))


def _check(settings: Settings, paths: tuple[Path, ...], own: OwnPaths, built: bool, how: _Print) -> bool:
    """Run all checks and print what they found; return whether a release may be built."""
    curated, *others = _reports(settings, own, built)
    report = joined(curated, *others)
    if not curated.errors or not own.evidence:
        report = _only(report, paths, settings, own)
    if how.as_json:
        levels = ("errors", "warnings", "notes", "waived")
        click.echo(json.dumps({level: [asdict(problem) for problem in getattr(report, level)] for level in levels}))
    else:
        standing = () if how.every or paths else _standing(report.warnings, settings, own)
        _print(report, standing, notes=how.notes)
    return not report.errors


def _reports(settings: Settings, own: OwnPaths, built: bool) -> Iterator[Report]:
    """Yield what is found in the curated records, beside them, and in own folders if the records are sound.

    What was found before is kept until something changes that it depends on.
    """
    sources, keep = settings.sources, partial(kept_report, settings.published / "checks")
    curated = (sources.ontology, sources.queries)
    corpus = cache(lambda: read_corpus(sources.ontology))
    content = SourceFolders(*curated, (sources.queries,)).digest
    report = keep(f"curated {curated}", content, lambda: check_folder(sources.ontology))
    yield report
    sound = not report.errors
    names = f"{curated} {sources.layers}" if built else f"{curated}"
    content = SourceFolders(*curated, (sources.queries, *(sources.layers if built else ()))).digest
    yield keep(f"beside {names}", content, lambda: _beside(settings, corpus, sound=sound, built=built))
    if sound and (own.evidence or own.queries):
        content = SourceFolders(*curated, (sources.queries, *own.evidence, *own.queries)).digest
        yield keep(f"own {curated} {own}", content, lambda: check_own(corpus(), own))


def _beside(settings: Settings, corpus: Callable[[], Corpus], *, sound: bool, built: bool) -> Report:
    """Return what is wrong with saved queries, and with the form and the names of sources whose records are sound."""
    folder = settings.sources.ontology
    errors = [*_query_problems(settings.sources.queries)]
    if sound:
        errors += [*canonical_problems(corpus()), *schema_problems(folder), *_name_problems(settings, corpus())]
    if built and sound and not errors:
        errors += _release_problems(settings)
    return Report(errors=tuple(errors))


def _release_problems(settings: Settings) -> list[Problem]:
    """Return what breaks shapes and quality queries in the release of the sources, which is built when it is new."""
    from dualbio.build.quality import release_problems  # noqa: PLC0415 - brings rdflib and pyshacl

    return release_problems(EmbeddedStore.in_memory(ensure_with_progress(settings).files), settings.sources.ontology)


def _query_problems(folder: Path) -> tuple[Problem, ...]:
    try:
        return tuple(missing_answers(Library.read(folder).values(), folder))
    except DataError as error:
        return error.problems


def _name_problems(settings: Settings, corpus: Corpus) -> list[Problem]:
    """Return what names nothing in the bodies of saved queries, rules and quality queries."""
    try:
        known = known_names(corpus)
    except DataError as error:
        return list(error.problems)
    return [*names_below(settings.sources.ontology, known), *names_in_library(settings.sources.queries, known)]


def _only(report: Report, paths: tuple[Path, ...], settings: Settings, own: OwnPaths) -> Report:
    if not paths:
        return report

    def wanted(problem: Problem) -> bool:
        file = _file(problem, settings, own)
        return any(file == path or path in file.parents for path in paths)

    levels = {
        level: tuple(filter(wanted, getattr(report, level))) for level in ("errors", "warnings", "notes", "waived")
    }
    return Report(**levels)


def _file(problem: Problem, settings: Settings, own: OwnPaths) -> Path:
    """Return the path of the file that a problem is in."""
    folders = (*own.evidence, *own.queries, settings.sources.ontology, settings.sources.queries)
    roots = {folder.name: folder.resolve().parent for folder in folders}
    return roots.get(problem.file.split("/")[0], Path()) / problem.file


def _standing(warnings: tuple[Problem, ...], settings: Settings, own: OwnPaths) -> tuple[Problem, ...]:
    """Return the warnings of files that were not saved since the last release was built."""
    manifests = settings.releases.glob("*/manifest.json")
    built = max((path.stat().st_mtime for path in manifests), default=None)
    return tuple(
        problem for problem in warnings if built is None or _file(problem, settings, own).stat().st_mtime <= built
    )


def _print(report: Report, standing: tuple[Problem, ...], *, notes: bool) -> None:
    for problem in report.errors:
        click.echo(f"error: {problem}", err=True)
    for problem in report.warnings:
        if problem not in standing:
            click.echo(f"warning: {problem}", err=True)
    for problem in report.notes if notes else ():
        click.echo(f"note: {problem}", err=True)
    if standing:
        kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(p.check for p in standing).most_common())
        click.echo(f"standing warnings: {kinds}; list them: dualbio check --all", err=True)
    errors, warnings = counted(len(report.errors), "error"), counted(len(report.warnings), "warning")
    click.echo(f"{errors}, {warnings}, {len(report.waived)} waived")
