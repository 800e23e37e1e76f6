"""Resolves the arguments of `dualbio check PATH`: parts of the sources, folders of own evidence, own queries.

What is not part of the sources is read as a user's own, and a path that no check reads is an error, never an all-clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dualbio.build.layers import read_layers, validate_layer
from dualbio.build.query_names import known_names, names_in_library, record_names
from dualbio.build.validate import Report
from dualbio.errors import DataError, DualbioError, Problem
from dualbio.queries import Library
from dualbio.sources.corpus import Corpus
from dualbio.sources.folders import SourceFolders

__all__ = ["NotCheckedError", "OwnPaths", "check_own", "joined", "own_paths"]

_PARTS = {"evidence": ".yaml", "entities": ".tsv", "lessons": ".yaml", "syntheses": ".yaml"}
_READ = (".yaml", ".tsv", ".ttl", ".rq", ".csv", ".json")


class NotCheckedError(DualbioError):
    """A path was given to be checked that no check reads; the message names it and what is accepted."""


@dataclass(frozen=True)
class OwnPaths:
    """Folders of own evidence and of own saved queries that paths belong to."""

    evidence: tuple[Path, ...] = ()
    queries: tuple[Path, ...] = ()


def own_paths(paths: Iterable[Path], sources: SourceFolders) -> OwnPaths:
    """Return the folders that resolved `paths` outside the sources belong to.

    Raises:
        NotCheckedError: no check reads one of the paths.
    """
    evidence: dict[Path, None] = {}
    queries: dict[Path, None] = {}
    for path in paths:
        if _is_within(path, (sources.ontology, sources.queries)):
            if path.is_file() and path.suffix not in _READ:
                raise _refused(path)
        elif path.suffix == ".rq":
            queries[path.parent.parent] = None
        elif path.is_dir():
            root = path.parent if path.name in _PARTS else path
            found = queries if not _holds_records(root) and any(root.glob("*/*.rq")) else evidence
            found[root] = None
            if found is evidence and not _holds_records(root):
                raise _refused(path)
        elif _PARTS.get(path.parent.name) == path.suffix or path.name == "waivers.yaml":
            evidence[path.parent if path.name == "waivers.yaml" else path.parent.parent] = None
        else:
            raise _refused(path)
    return OwnPaths(tuple(evidence), tuple(queries))


def check_own(base: Corpus, own: OwnPaths) -> Report:
    """Check folders of a user's own over the curated sources; every problem is found at once.

    Their files may be in any form that reads; only the curated ones are held to the canonical form.
    """
    errors = [problem for folder in own.queries for problem in _query_problems(folder)]
    try:
        layers = read_layers(base, own.evidence)
    except DataError as error:
        return Report(errors=tuple(sorted({*errors, *error.problems})))
    reports = [Report(errors=tuple(errors)), *map(validate_layer, layers)]
    if own.queries and not any(report.errors for report in reports):
        known = known_names(base).union(*(record_names(layer.own, layer.merged) for layer in layers))
        found = [problem for folder in own.queries for problem in names_in_library(folder, known)]
        reports.append(Report(errors=tuple(found)))
    return joined(*reports)


def joined(*reports: Report) -> Report:
    """Return what several reports found, each problem once, errors in order."""
    errors, warnings, notes, waived = (
        tuple(dict.fromkeys(problem for report in reports for problem in getattr(report, level)))
        for level in ("errors", "warnings", "notes", "waived")
    )
    return Report(tuple(sorted(errors)), warnings, notes, waived)


def _query_problems(folder: Path) -> tuple[Problem, ...]:
    try:
        Library.read(folder)
    except DataError as error:
        return error.problems
    return ()


def _holds_records(folder: Path) -> bool:
    return any(next(folder.glob(f"{part}/*{suffix}"), None) for part, suffix in _PARTS.items())


def _is_within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder.resolve()) or folder.resolve().is_relative_to(path) for folder in folders)


def _refused(path: Path) -> NotCheckedError:
    return NotCheckedError(
        f"{path}: no check reads it; accepted: parts of the curated sources, a folder of your own with evidence/*.yaml,"
        " entities/*.tsv, lessons/*.yaml or syntheses/*.yaml, a file of it, or saved queries <topic>/<name>.rq;"
        " repair: name one of these"
    )
