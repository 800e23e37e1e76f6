"""The one error family of dualbio, and the form in which data problems are reported.

Every error that a user can cause derives from `DualbioError`.
A `Problem` is one defect in one record; checks gather problems and raise them together as a `DataError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "DataError",
    "DualbioError",
    "ExportError",
    "MissingExtraError",
    "NotFoundError",
    "ParameterError",
    "Problem",
    "QueryFileError",
    "ReleaseError",
    "StoreError",
    "UnfitEngineError",
    "counted",
    "did_you_mean",
    "nearest",
]


class DualbioError(Exception):
    """Base of all errors that dualbio raises on purpose."""


class NotFoundError(DualbioError):
    """A named thing (query, entity, graph, file) does not exist."""


class ParameterError(DualbioError):
    """A query parameter is missing, unknown, or has a value of the wrong kind."""


class QueryFileError(DualbioError):
    """A saved query file is broken; the message names the file and the line."""


class ReleaseError(DualbioError):
    """A release folder is missing, incomplete, or does not match its manifest."""


class StoreError(DualbioError):
    """The store refused or could not answer a query."""


class UnfitEngineError(StoreError):
    """A saved query is not asked of an engine that was seen to answer it otherwise, or not at all."""


class ExportError(DualbioError):
    """The data cannot be written in the wanted format."""


class MissingExtraError(DualbioError):
    """An optional dependency is needed; the message names the extra to install."""

    def __init__(self, extra: str, purpose: str) -> None:
        """Name the `extra` of the package that brings what `purpose` needs."""
        super().__init__(f"{purpose} needs packages that are not installed: pip install 'dualbio[{extra}]'")


@dataclass(frozen=True, order=True)
class Problem:
    """One defect: where it is, what was found, what is accepted, how to repair it.

    `file` is relative to the folder of curated sources; `line` counts from 1 (0 when no line applies).
    `check` is the short name of the check that found it.
    """

    file: str
    line: int
    record: str
    check: str
    message: str

    def __str__(self) -> str:
        """Give the problem as one line: file, line, record, text, check."""
        return f"{self.file}:{self.line}: {self.record}: {self.message} [{self.check}]"


class DataError(DualbioError):
    """Curated data does not conform; `problems` lists every defect found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep `problems` sorted by file and line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[DataError], tuple[tuple[Problem, ...]]]:
        """Let it be told to another process."""
        return type(self), (self.problems,)


#: Letters of a word, and number of words, that are compared.
_LONGEST = 64
_MOST = 1000


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: the noun, of which the last word is changed, stands alone for one only.

    >>> counted(1, "record"), counted(2, "saved query"), counted(0, "try"), counted(1200, "row")
    ('1 record', '2 saved queries', '0 tries', '1,200 rows')
    """
    if number == 1:
        return f"1 {noun}"
    ending = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {ending}"


def did_you_mean(found: str, accepted: Sequence[str]) -> str:
    """Return `; did you mean 'x'?` for the accepted word nearest to `found`, or an empty string.

    >>> did_you_mean("rituxmab", ["rituximab", "belimumab"])
    "; did you mean 'rituximab'?"
    >>> did_you_mean("zzz", ["rituximab"])
    ''
    """
    near = nearest(found, accepted)
    return f"; did you mean '{near}'?" if near else ""


def nearest(found: str, accepted: Sequence[str]) -> str | None:
    """Return the accepted word nearest to `found`, or None where all are far.

    The comparison takes a few hundredths of a second at most, whatever the word: a longer word is compared with
    none, and of very many words only those with the same first letter are.
    """
    if len(found) > _LONGEST:
        return None
    alike = [word for word in accepted if word[:1] == found[:1].lower()] if len(accepted) > _MOST else accepted
    near = get_close_matches(found.lower(), [word for word in alike if len(word) <= _LONGEST][:_MOST], n=1, cutoff=0.6)
    return near[0] if near else None
