"""Check the curated data as a whole: references, arithmetic, timing, double counting; all problems at once.

The checks themselves are the table `dualbio.build.checks.CHECKS`; `docs/checks.md` explains each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dualbio.build.checks import CHECKS, Check, Survey
from dualbio.build.ontology import read_axioms, read_rule_set
from dualbio.build.waivers import WAIVERS, apply_waivers, read_waivers, waiver_problems
from dualbio.errors import DataError, Problem
from dualbio.mappings import read_alternates, read_mappings, read_subsumptions
from dualbio.sources.corpus import Corpus, Document, read_corpus, read_folder

__all__ = ["Report", "check_folder", "validate"]

#: Checks that need every file: with a broken one their findings would be wrong.
_ACROSS_FILES = frozenset({
    *("unknown-study", "unknown-id", "overlap-mutual", "registry-id-shared", "report-shared", "pooled-studies"),
    *("lesson-studies", "lesson-double-counting", "lesson-level", "unused-term"),
})  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What the checks found: errors fail a build, warnings ask for a look, notes inform; `waived` is known."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    waived: tuple[Problem, ...] = ()

    def raise_errors(self) -> None:
        """Raise all errors together.

        Raises:
            DataError: there is at least one error.
        """
        if self.errors:
            raise DataError(self.errors)


def validate(corpus: Corpus, waivers: Document | None = None, checks: Sequence[Check] = CHECKS) -> Report:
    """Run `checks` over `corpus`; what `waivers` covers is set apart, and stale waivers are errors.

    Without `waivers`, those of the corpus folder are read.

    Raises:
        DataError: the file of waivers does not conform.
    """
    document = waivers or read_waivers(corpus.folder)
    survey = Survey(corpus)
    found = {severity: list(_run(survey, checks, severity)) for severity in ("error", "warning", "note")}
    waived: list[Problem] = []
    if document is not None:
        for severity, problems in found.items():
            found[severity], covered = apply_waivers(document, problems)
            waived += covered
        found["error"] += waiver_problems(document, checks, waived)
    errors, warnings, notes = (tuple(sorted(found[severity])) for severity in ("error", "warning", "note"))
    return Report(errors, warnings, notes, tuple(sorted(waived)))


def check_folder(folder: Path) -> Report:
    """Read and validate the curated sources below `folder`; defects of form are errors of the report.

    When files are broken, the others are still checked, as far as their records do not depend on the broken ones.
    """
    try:
        report = validate(read_corpus(folder))
    except DataError as error:
        report = _with_sound_files(folder, error.problems)
    return replace(report, errors=tuple(sorted({*report.errors, *_beside_records(folder)})))


def _read_rules(folder: Path) -> object:
    return read_rule_set(folder, read_axioms(folder))


#: Readers of what a build takes beside the records.
_READERS: tuple[Callable[[Path], object], ...] = (read_mappings, read_alternates, read_subsumptions, _read_rules)


def _beside_records(folder: Path) -> Iterator[Problem]:
    """Yield what a build would refuse of mappings, axioms and rules."""
    for read in _READERS:
        try:
            read(folder)
        except DataError as error:
            yield from error.problems


def _with_sound_files(folder: Path, broken: tuple[Problem, ...]) -> Report:
    """Add to the problems of broken files those that checks find within single sound files."""
    if any(problem.file.endswith((".tsv", WAIVERS)) for problem in broken):
        return Report(errors=tuple(sorted(broken)))
    checks = [check for check in CHECKS if check.name not in _ACROSS_FILES]
    found = validate(read_folder(folder, whole=False)[0], checks=checks)
    errors = [problem for problem in found.errors if problem.check not in ("waiver-stale", "waiver-unknown")]
    return replace(found, errors=tuple(sorted((*broken, *errors))))


def _run(survey: Survey, checks: Iterable[Check], severity: str) -> Iterable[Problem]:
    for check in checks:
        if check.severity == severity:
            for place, message in check.function(survey):
                yield Problem(place.file, place.line, place.record, check.name, message)
