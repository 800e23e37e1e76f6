"""The decisions of a curator about imported records: one line each, in a sheet that every import reads.

The sheet `decisions.csv` holds what is decided and what is open.  A name (disease, drug, adverse event) is decided once
for all studies, anything else for one study.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from dualbio.model.entities import Entities
from dualbio.sources.exchange.cells import read_rows, stream_rows
from dualbio.sources.importing.ctgov.analyses import ORDERS
from dualbio.sources.importing.ctgov.arms import STRATEGIES
from dualbio.sources.importing.ctgov.study import INDEPENDENCE
from dualbio.sources.importing.ledger import LEAVE, NAMES, Answers, ImportFailedError, Question

__all__ = ["SHEET_FILE", "Decisions", "accepted", "read_decisions", "read_open", "write_decisions", "wrong"]

SHEET_FILE = "decisions.csv"
_COLUMNS = ("what", "found", "study", "rows", "why", "nearest", "decision")
#: Which tables have the keys that answer a question.
_TABLES = {
    **{kind: (kind,) for kind in NAMES},
    "outcome": ("outcome",),
    "biomarker": ("biomarker",),
    "placebo": ("drug",),
    "regimen": ("drug", "drug-class"),
}
#: Closed lists of answers.
_LISTS = {"strategy": STRATEGIES, "source": (*INDEPENDENCE, LEAVE), "order": ORDERS}
#: Questions that can be answered by leaving the thing out.
_MAY_LEAVE = (*NAMES, "outcome", "group")


class _Thing(NamedTuple):
    """What a decision is about; `study` is empty for a name."""

    what: str
    found: str
    study: str


@dataclass
class Decisions:
    """The decisions of a folder, by what they are about."""

    made: dict[_Thing, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[tuple[str, str], str]:
        """Which key a name means, by kind and name."""
        return {(thing.what, thing.found): key for thing, key in self.made.items() if thing.what in NAMES}

    def by_study(self) -> Mapping[str, Answers]:
        """Return what is decided for each study."""
        studies: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
        for thing, key in self.made.items():
            if thing.what not in NAMES:
                studies[thing.study][thing.what, thing.found] = key
        return studies

    def make(self, question: Question, decision: str) -> None:
        """Take the decision of a question."""
        self.made[_Thing(question.what, question.found, question.study)] = decision


def read_decisions(folder: Path, entities: Entities) -> Decisions:
    """Read the decisions of a folder; none where it has no sheet.

    Raises:
        DataError: the sheet has foreign columns or lacks one.
        ImportFailedError: a decision is no answer; all such lines are reported.
    """
    decisions, problems = Decisions(), []
    for line, row in _rows(folder):
        decision = row.get("decision", "").strip()
        if not decision:
            continue
        what = row.get("what", "").strip()
        problem = wrong(what, decision, entities)
        if problem:
            problems.append(f"{folder / SHEET_FILE}, line {line}: {problem}")
        study = "" if what in NAMES else row.get("study", "").strip()
        decisions.made[_Thing(what, row.get("found", ""), study)] = decision
    if problems:
        raise ImportFailedError("\n".join(problems))
    return decisions


def read_open(folder: Path) -> list[Question]:
    """Return what the sheet of a folder says is open."""
    return [
        Question(
            row.get("what", ""), row.get("found", ""), row.get("study", ""), int(row.get("rows") or 0),
            row.get("why", ""), tuple(filter(None, row.get("nearest", "").split(" | "))),
        )
        for _, row in _rows(folder)
        if not row.get("decision", "").strip()
    ]  # fmt: skip


def write_decisions(folder: Path, decisions: Decisions, questions: Iterable[Question]) -> None:
    """Write the sheet: what is open first, what most rows wait for at the top; then what is decided."""
    first = sorted(questions, key=lambda asked: (-asked.rows, asked.study, asked.what, asked.found))
    rows = (asked._asdict() | {"rows": str(asked.rows), "nearest": " | ".join(asked.nearest)} for asked in first)
    made = (thing._asdict() | {"decision": decision} for thing, decision in sorted(decisions.made.items()))
    with (folder / SHEET_FILE).open("w", encoding="utf-8", newline="") as sheet:
        stream_rows(_COLUMNS, chain(rows, made), sheet)


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    path = folder / SHEET_FILE
    if path.exists():
        yield from read_rows(path, _COLUMNS, ("what", "found", "study", "decision"))


def accepted(what: str, entities: Entities) -> tuple[str, ...]:
    """Return the answers to a question; none where they depend on the study, as the arms do."""
    if what in _LISTS:
        return _LISTS[what]
    keys = [key for kind in _TABLES.get(what, ()) for key in entities[kind]]
    events = [f"ae:{key}" for key in entities["ae"]] if what == "outcome" else []
    return (*keys, *events, *([LEAVE] if what in _MAY_LEAVE else []))


def wrong(what: str, decision: str, entities: Entities) -> str | None:
    """Return why a decision is no answer to its question."""
    if what == "group":
        return None  # an arm of the study, which the import knows
    if what not in (*_TABLES, *_LISTS):
        return f"'{what}' is nothing to decide; accepted: {', '.join((*_TABLES, *_LISTS, 'group'))}"
    answers = accepted(what, entities)
    if decision in answers:
        return None
    listed = what in _LISTS
    near = answers if listed else get_close_matches(decision, answers, n=3, cutoff=0.5)
    tables = " or ".join(f"a key of the table '{kind}'" for kind in _TABLES.get(what, ()))
    leave = f", or {LEAVE}" if what in _MAY_LEAVE else ""
    told = ", ".join(near) if listed else f"{tables}{leave}{'; nearest: ' if near else ''}{', '.join(near)}"
    return f"'{decision}' is not an answer to '{what}'; accepted: {told}"
