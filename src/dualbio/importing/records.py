"""What an import gives: a study file, and the list of what a curator has to decide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from dualbio.entities import Entity
from dualbio.errors import DualbioError
from dualbio.evidence import Result, StudyFile

__all__ = ["TO_DECIDE", "ImportFailedError", "Imported", "ToDecide", "Vocabulary"]

#: Stands for a key that is not certain; `dualbio check` complains until a curator has put the right one.
TO_DECIDE = "to-decide"


class ImportFailedError(DualbioError):
    """A file or page cannot be imported; the message names it and says what to do."""


class ToDecide(NamedTuple):
    """One thing that the import could not settle.

    `row` is the row that waits for the decision, ready to be put into the file; `nearest` are keys that may be meant.
    """

    study: str
    what: str
    found: str
    nearest: tuple[str, ...] = ()
    row: Result | None = None


@dataclass(frozen=True)
class Imported:
    """A study as imported, and what remains to be decided."""

    file: StudyFile
    to_decide: tuple[ToDecide, ...]


class Vocabulary:
    """Finds the key of a name, where exactly one row of a table has that name."""

    def __init__(self, entities: Mapping[str, Mapping[str, Entity]]) -> None:
        """Index labels, synonyms, abbreviations and keys of all tables."""
        self.entities = entities
        self._names = {kind: self._index(rows) for kind, rows in entities.items()}
        self._nearest = lru_cache(maxsize=4096)(self._search)

    def find(self, kind: str, name: str) -> str | None:
        """Return the one key whose label, synonym, abbreviation or key is `name`, whatever its case and hyphens."""
        keys = self._names[kind].get(_folded(name), set())
        return next(iter(keys)) if len(keys) == 1 else None

    def nearest(self, kind: str, name: str) -> tuple[str, ...]:
        """Return up to three keys whose names look like `name`."""
        return self._nearest(kind, _folded(name))

    def _search(self, kind: str, name: str) -> tuple[str, ...]:
        names = self._names[kind]
        found = get_close_matches(name, list(names), n=3, cutoff=0.6)
        return tuple(dict.fromkeys(key for near in found for key in sorted(names[near])))

    @staticmethod
    def _index(rows: Mapping[str, Entity]) -> dict[str, set[str]]:
        index: dict[str, set[str]] = {}
        for key, row in rows.items():
            names = [key, row.label, getattr(row, "abbreviation", None), *getattr(row, "synonyms", ())]
            for name in filter(None, names):
                index.setdefault(_folded(name), set()).add(key)
        return index


def _folded(name: str) -> str:
    words = re.sub(r"['\u2019]s?\b", "", name.lower())
    return " ".join(re.findall(r"[a-z0-9]+", words))
