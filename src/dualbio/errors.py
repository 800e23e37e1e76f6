"""The one error family of dualbio, and the form in which data problems are told.

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
    "MissingExtraError",
    "NotFoundError",
    "ParameterError",
    "Problem",
    "QueryFileError",
    "ReleaseError",
    "StoreError",
    "did_you_mean",
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


def did_you_mean(found: str, accepted: Sequence[str]) -> str:
    """Return `; did you mean 'x'?` for the accepted word nearest to `found`, or an empty string.

    >>> did_you_mean("rituxmab", ["rituximab", "belimumab"])
    "; did you mean 'rituximab'?"
    >>> did_you_mean("zzz", ["rituximab"])
    ''
    """
    near = get_close_matches(found.lower(), list(accepted), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
