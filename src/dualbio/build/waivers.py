"""Waivers: known oddities of the sources, kept as printed, each exempt from a named check for a stated reason.

`ontology/waivers.yaml` lists them.  A waiver that matches nothing any more is itself a defect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from dualbio.build.checks.survey import Check
from dualbio.errors import Problem, did_you_mean
from dualbio.model.record_fields import Record, Text
from dualbio.sources.corpus import Document, read_document

__all__ = ["REASON_WORDS", "WAIVERS", "Waiver", "WaiversFile", "apply_waivers", "read_waivers", "waiver_problems"]

#: The file of waivers, beside the folders of curated sources.
WAIVERS = "waivers.yaml"
#: A reason has at least this many different words.
REASON_WORDS = 10


class Waiver(Record):
    """Records of one file that may break one check, and why."""

    check: Text
    file: Text
    records: Annotated[tuple[Text, ...], Field(min_length=1)]
    reason: Text


class WaiversFile(Record):
    """The file of waivers."""

    waivers: tuple[Waiver, ...]


def read_waivers(folder: Path) -> Document | None:
    """Return the waivers of a folder of curated sources; None when it has none.

    Raises:
        DataError: the file does not conform.
    """
    path = folder / WAIVERS
    return read_document(folder, path, WaiversFile) if path.exists() else None


def apply_waivers(document: Document, problems: Sequence[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Split `problems` into those that stand and those that a waiver covers."""
    covered = {
        (_file(document, waiver), record, waiver.check) for waiver in _waivers(document) for record in waiver.records
    }
    stands: list[Problem] = []
    waived: list[Problem] = []
    for problem in problems:
        key = (problem.file, problem.record, problem.check)
        (waived if key in covered else stands).append(problem)
    return stands, waived


def waiver_problems(document: Document, checks: Sequence[Check], waived: Sequence[Problem]) -> Iterator[Problem]:
    """Yield what is wrong with the waivers themselves: no such check, thin reason, nothing left to waive."""
    names = {check.name: check for check in checks}
    used = {(problem.file, problem.record, problem.check) for problem in waived}
    for index, waiver in enumerate(_waivers(document)):
        name = f"waivers {index + 1}"

        def problem(check: str, message: str, *path: str | int, at: int = index, name: str = name) -> Problem:
            return Problem(document.file, document.line("waivers", at, *path), name, check, message)

        if waiver.check not in names:
            repair = did_you_mean(waiver.check, tuple(names)) or "; repair: name a check of docs/checks.md"
            yield problem("waiver-unknown", f"check '{waiver.check}' is not known{repair}", "check")
            continue
        if not names[waiver.check].waivable:
            yield problem("waiver-unknown", f"'{waiver.check}' cannot be waived; repair: correct the record", "check")
        words = len(set(re.findall(r"\w+", waiver.reason.lower())))
        if words < REASON_WORDS:
            message = f"the reason has {words} different words; accepted: {REASON_WORDS} or more; repair: say why"
            yield problem("waiver-reason", message, "reason")
        for position, record in enumerate(waiver.records):
            if (_file(document, waiver), record, waiver.check) not in used:
                message = f"nothing to waive: {record} of {waiver.file} passes {waiver.check}; repair: remove it"
                yield problem("waiver-stale", message, "records", position)


def _waivers(document: Document) -> tuple[Waiver, ...]:
    assert isinstance(document.record, WaiversFile)
    return document.record.waivers


def _file(document: Document, waiver: Waiver) -> str:
    """Return the file of a waiver as problems show it: below the folder that holds the waivers."""
    return f"{document.file.rsplit('/', 1)[0]}/{waiver.file}"
