"""The result of an import: a study file, open decisions, and an account of the whole record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dualbio.errors import DualbioError
from dualbio.model.evidence import Comparison, Result, StudyFile

__all__ = [
    "LEAVE",
    "NAMES",
    "TO_DECIDE",
    "Account",
    "Answers",
    "ImportFailedError",
    "Imported",
    "Ledger",
    "Question",
    "Tally",
]

#: Row ids have three digits.
MOST_ROWS = 999
#: Stands for a key that is not certain; `dualbio check` complains until a curator has put the right one.
TO_DECIDE = "to-decide"
#: The decision to leave something out.
LEAVE = "leave"
#: What is decided once for all studies: which key a name means.
NAMES = ("disease", "drug", "ae")
#: What a curator decided for one study, by what is asked and what was found.
Answers = Mapping[tuple[str, str], str]


class ImportFailedError(DualbioError):
    """A file or page cannot be imported; the message names it and says what to do."""


class Question(NamedTuple):
    """One thing that a curator decides, with the number of rows that wait for it.

    `study` is empty for a name, which means the same in every study; `nearest` are keys that may be meant.
    """

    what: str
    found: str
    study: str
    rows: int
    why: str
    nearest: tuple[str, ...]


@dataclass
class Tally:
    """What became of the items of one module: each that was read is written, listed, or left out for a reason.

    Rows that were worked out from items stand beside them as `derived`.
    """

    read: int = 0
    written: int = 0
    listed: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    derived: int = 0


#: What became of each module of a record, by the module's name.
Account = dict[str, Tally]


@dataclass(frozen=True)
class Imported:
    """A study as imported, what remains to be decided, what to look at, and the account of all that the record holds.

    A remark is the module that it is about, and a sentence: an item that cannot be a row, or something that a reader
    of the record should know.  Nothing waits for it.
    """

    file: StudyFile
    questions: tuple[Question, ...]
    remarks: tuple[tuple[str, str], ...]
    account: Account


class Ledger:
    """Where the readers of one record put what they find: rows, questions, and what they leave out and why.

    A row has its number from the place of its item in the record: one that waits for a decision keeps its number, so
    that the numbers of the others never change.
    """

    def __init__(self, study: str, answers: Answers | None = None) -> None:
        """Begin the ledger of `study`, knowing what a curator has decided for it."""
        self.study = study
        self.answers: Answers = answers or {}
        self.rows: list[Result] = []
        self.comparisons: list[Comparison] = []
        self.remarks: list[tuple[str, str]] = []
        self.account: Account = {}
        self._questions: dict[tuple[str, str], Question] = {}
        self._numbers = {"r": 0, "c": 0}

    @property
    def questions(self) -> tuple[Question, ...]:
        """What remains to be decided, each thing once."""
        return tuple(self._questions.values())

    def tally(self, module: str) -> Tally:
        """Return the tally of a module."""
        if module not in self.account:
            self.account[module] = Tally()
        return self.account[module]

    def next_id(self, letter: str) -> str:
        """Return the id of the next result (`r`) or comparison (`c`)."""
        return f"{letter}{self._numbers[letter] + 1:03}"

    def write(self, module: str, row: Result | Comparison, *, derived: bool = False) -> None:
        """Take a certain row, as long as there is a number left for it."""
        if not self._take_number(row):
            if not derived:
                self.leave(module, f"beyond {MOST_ROWS} rows, which is all that a study can have: split the study")
            return
        if isinstance(row, Result):
            self.rows.append(row)
        else:
            self.comparisons.append(row)
        tally = self.tally(module)
        tally.derived += derived
        tally.written += not derived

    def ask(self, what: str, found: str, why: str = "", nearest: tuple[str, ...] = (), rows: int = 0) -> None:
        """Ask a curator what is meant, once however often it is found."""
        asked = self._questions.get((what, found))
        study = "" if what in NAMES else self.study
        waiting = rows + (asked.rows if asked else 0)
        self._questions[what, found] = Question(what, found, study, waiting, why, nearest)

    def wait(
        self,
        module: str,
        question: tuple[str, str],
        why: str = "",
        nearest: tuple[str, ...] = (),
        row: Result | Comparison | None = None,
    ) -> None:
        """Let an item of a module wait for the decision of a `question`; its row keeps its number."""
        if row is not None:
            self._take_number(row)
        self.ask(*question, why, nearest, rows=1)
        self.tally(module).listed += 1

    def refuse(self, module: str, found: str) -> None:
        """Tell of an item that cannot be a row, with the reason."""
        self.remarks.append((module, found))
        self.tally(module).listed += 1

    def remark(self, module: str, found: str) -> None:
        """Tell something that is no item."""
        self.remarks.append((module, found))

    def leave(self, module: str, reason: str, items: int = 1) -> None:
        """Leave items of a module out, and say why."""
        if items:
            self.tally(module).left_out[reason] += items

    def _take_number(self, row: Result | Comparison) -> bool:
        letter = "r" if isinstance(row, Result) else "c"
        if self._numbers[letter] >= MOST_ROWS:
            return False
        self._numbers[letter] += 1
        return True
