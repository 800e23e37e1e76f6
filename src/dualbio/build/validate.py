"""Check the curated data as a whole: references, arithmetic, timing, double counting; all problems at once.

The checks themselves are the table `dualbio.build.checks.CHECKS`; `docs/checks.md` explains each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualbio.build.checks import CHECKS, Check, Survey
from dualbio.build.waivers import apply_waivers, read_waivers, waiver_problems
from dualbio.corpus import Corpus, Document, read_corpus
from dualbio.errors import DataError, Problem

__all__ = ["Report", "check_folder", "validate"]


@dataclass(frozen=True)
class Report:
    """What the checks found: errors fail a build, warnings ask for a look, notes inform; `waived` is known."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    waived: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether a release may be built from the data."""
        return not self.errors

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
    """Read and validate the curated sources below `folder`; defects of form are errors of the report."""
    try:
        return validate(read_corpus(folder))
    except DataError as error:
        return Report(errors=error.problems)


def _run(survey: Survey, checks: Iterable[Check], severity: str) -> Iterable[Problem]:
    for check in checks:
        if check.severity == severity:
            for place, message in check.function(survey):
                yield Problem(place.file, place.line, place.record, check.name, message)
