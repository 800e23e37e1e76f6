"""Corrections of unknown words: completions and similar words."""

from __future__ import annotations

import sqlite3
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

__all__ = ["Spelling"]

#: Letters from which one fault is forgiven, and from which two are.
_ONE_FAULT, _TWO_FAULTS = 4, 6
#: Letters of the longest word that is compared.
_LONGEST = 40
#: Words that a beginning stands for, and that are suggested for a misspelt one.
_MOST_ENDINGS, _MOST_ALIKE = 20, 3


class Spelling:
    """The words of an index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the open index; its words are read when the first is compared."""
        self._connection = connection

    def endings(self, start: str) -> list[str]:
        """Return words that begin with `start`, those of names first."""
        rows = self._connection.execute(
            "SELECT word FROM words WHERE word > ? AND word < ? ORDER BY place, things DESC, word LIMIT ?",
            (start, start + "\U0010ffff", _MOST_ENDINGS),
        )
        return [word for (word,) in rows]

    def alike(self, word: str) -> list[str]:
        """Return the words that `word` may be misspelt for, the likeliest first.

        A letter too many, too few, another, or two exchanged are one fault (optimal string alignment distance).
        """
        if not _ONE_FAULT <= len(word) <= _LONGEST or not word.isalpha():
            return []
        faults = 2 if len(word) >= _TWO_FAULTS else 1
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=faults, limit=None, processor=None)
        order = sorted((int(distance), known[0] != word[0], *self._ranks[known], known) for known, distance, _ in near)
        return [known for *_, known in order[:_MOST_ALIKE]]

    @cached_property
    def _ranks(self) -> dict[str, tuple[int, int]]:
        """Words of letters with what says which is the likelier: part of the name of a main thing, and frequent."""
        rows = self._connection.execute("SELECT word, place, -things FROM words")
        return {word: (place, rare) for word, place, rare in rows if word.isalpha() and len(word) >= _ONE_FAULT - 1}

    @cached_property
    def _words(self) -> list[str]:
        return list(self._ranks)
