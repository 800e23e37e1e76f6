"""The text of a hit that is shown: the line that has most of the words, cut to its surroundings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dualbio.search.words import folded, unspaced

__all__ = ["Excerpt", "excerpt"]

#: Letters of an excerpt, and of what stands in it before the first word that was found.
_LONGEST, _BEFORE = 200, 60
_MARKED = re.compile("\x01([^\x01\x02]*)\x02")


class Excerpt(NamedTuple):
    """A text, the column that it is from, and the stretches of it that match."""

    found: str
    where: str
    marks: tuple[tuple[int, int], ...]


def excerpt(columns: Mapping[str, str], label: str) -> Excerpt:
    """Return what is shown of a thing whose texts have the words between U+0001 and U+0002, column by column.

    A line of an earlier column is preferred to one of a later that has no more of the words.
    """
    read_first = sorted(columns.items(), key=lambda column: column[0] == "hidden")
    lines = [(where, line) for where, text in read_first for line in text.split("\n") if "\x01" in line]
    if not lines:
        return Excerpt(label, "label", ())
    where, line = max(lines, key=lambda each: len({folded(word) for word in _MARKED.findall(each[1])}))
    return _cut("name" if where == "hidden" else where, unspaced(line))


def _cut(where: str, line: str) -> Excerpt:
    marks = tuple(_marks(line))
    text = line.replace("\x01", "").replace("\x02", "")
    if len(text) <= _LONGEST:
        return Excerpt(text, where, marks)
    start = max(0, text.rfind(" ", 0, max(0, marks[0][0] - _BEFORE)) + 1)
    end = min(len(text), start + _LONGEST)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    kept = tuple((first + shift, last + shift) for first, last in marks if last <= end)
    return Excerpt(before + text[start:end] + after, where, kept)


def _marks(line: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches between the marks, as places in the line without them."""
    for number, found in enumerate(_MARKED.finditer(line)):
        start = found.start() - 2 * number
        yield start, start + len(found[1])
