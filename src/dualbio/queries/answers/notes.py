"""Sentences under an answer: that it is empty, which rows are a user's own, what is left out, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from dualbio.model.namespaces import compress

__all__ = [
    "MARK_WORDS",
    "STATE_WORDS",
    "Say",
    "as_written",
    "empty_note",
    "left_out_notes",
    "listed_studies",
    "mark_notes",
    "not_known_notes",
    "own_notes",
]

#: States of an outcome, from the one that says most to the one that says least, in words for an answer without its
#: number.
STATE_WORDS = {
    "number-held": "a number is held, of other arms or in another form",
    "zero": "said to be none",
    "words-only": "reported in words only",
    "not-readable": "reported, not readable",
    "looked-for-not-found": "looked for and not found",
    "nobody-looked": "nobody looked",
}
#: What a mark of a row says, by the column that it stands for.
MARK_WORDS = {
    "overlap": "people of this row are counted again in other rows or studies, so that the numbers must not be added; "
    "the column overlap says where",
}
#: What stands between two studies in a cell.
_LISTED = re.compile("[;,] ")
#: At most so many studies are named in a sentence.
_NAMED = 12

Records = Iterable[Mapping[str, str]]
#: Gives words, which are written in English, in another language, with values in their places.
Say = Callable[..., str]


def as_written(text: str, **values: object) -> str:
    """Return words as they are written, with values in their places."""
    return text.format(**values) if values else text


def empty_note(params: Mapping[str, Sequence[str]], say: Say = as_written) -> str:
    """Return the sentence under an answer without rows.

    >>> empty_note({"disease": ["https://w3id.org/dualbio/disease/sle"]})
    'This release holds no row for these parameters: disease sle.'
    """
    asked = "; ".join(f"{say(name)} {', '.join(map(_key, values))}" for name, values in params.items())
    if not asked:
        return say("This release holds no row.")
    return say("This release holds no row for these parameters: {asked}.", asked=asked)


def mark_notes(records: Records, marks: Mapping[str, str], say: Say = as_written) -> list[str]:
    """Return a sentence for each mark that stands in a row.

    Args:
        records: the rows, by column.
        marks: the marks, by the column that they stand for.
        say: gives words in the language of the reader.

    >>> mark_notes([{"overlap": "holds both doses"}, {}], {"overlap": "†"})[0][:23]
    '† people of this row ar'
    """
    found = set().union(*records)
    return [f"{mark} {say(MARK_WORDS[name])}." for name, mark in marks.items() if name in found]


def listed_studies(cells: Iterable[str], labels: Collection[str]) -> list[str]:
    """Return which of some studies a row lists, whose cells are given as text.

    >>> listed_studies(["lupus", "MINE; VEGA", "3"], {"MINE", "OTHER"})
    ['MINE']
    """
    parts = (part for cell in cells for part in _LISTED.split(cell))
    return [part for part in dict.fromkeys(parts) if part in labels]


def own_notes(records: Records, own: Mapping[str, str], say: Say = as_written) -> list[str]:
    """Return the sentence on own evidence behind an answer.

    Args:
        records: the rows; those of one study have its key in a column `studyKey`, and what rests on own evidence has an
            `origin`.
        own: labels of the studies of a user's own evidence, by their key.
        say: gives words in the language of the reader.

    >>> own_notes([{"studyKey": "mine"}, {"studyKey": "vega"}], {"mine": "MINE"})
    ['Own evidence, not part of dualbio and not reviewed by it (1 of 2 rows): MINE.']
    >>> own_notes([{"studies": "3", "origin": "may count here"}], {"mine": "MINE"})
    ['Own evidence, not part of dualbio and not reviewed by it, may be counted here: MINE.']
    """
    rows = list(records)
    of_study = [own[row["studyKey"]] for row in rows if row.get("studyKey") in own]
    listing = [names for row in rows if row.get("origin") and (names := listed_studies(row.values(), own.values()))]
    if of_study or listing:
        names = of_study or [name for each in listing for name in each]
        told = "Own evidence, not part of dualbio and not reviewed by it ({n} of {rows}): {names}."
        whole = say("1 row") if len(rows) == 1 else say("{n} rows", n=len(rows))
        return [say(told, n=len(of_study or listing), rows=whole, names=_listed(names, say))]
    if not any("origin" in row for row in rows):
        return []
    told = "Own evidence, not part of dualbio and not reviewed by it, may be counted here: {names}."
    return [say(told, names=_listed(list(own.values()), say))]


def left_out_notes(records: Records, say: Say = as_written) -> list[str]:
    """Return a sentence for each sort of thing that is left out, from records with `what` and `studyName`."""
    left: dict[str, list[str]] = {}
    for row in records:
        left.setdefault(row["what"], []).append(row["studyName"])
    return [
        say("Left out: {what} ({n}): {names}.", what=say(what), n=len(names), names=_listed(names, say))
        for what, names in left.items()
    ]


def not_known_notes(records: Records, say: Say = as_written) -> list[str]:
    """Return a sentence for each outcome, from records with `outcomeName`, `stateName` and `studyName`."""
    states: dict[str, dict[str, list[str]]] = {}
    for row in records:
        states.setdefault(row["outcomeName"], {}).setdefault(row["stateName"], []).append(row["studyName"])
    return [
        say(
            "Not known, {outcome}: {states}.",
            outcome=say(outcome),
            states="; ".join(_counted(state, names, say) for state, names in told.items()),
        )
        for outcome, told in states.items()
    ]


def _counted(state: str, names: Sequence[str], say: Say) -> str:
    """Return how many are in a state, and who; where nobody looked for many, only the number matters."""
    silent = state == STATE_WORDS["nobody-looked"] and len(names) > _NAMED
    return f"{say(state)} ({len(names)})" + ("" if silent else f": {_listed(names, say)}")


def _key(value: str) -> str:
    """Return a value as it is given on the command line: of a thing the key alone."""
    curie = compress(value)
    return value if curie == value else curie.partition(":")[2]


def _listed(names: Sequence[str], say: Say) -> str:
    once = list(dict.fromkeys(names))
    more = len(once) - _NAMED
    return ", ".join(once) if more <= 1 else say("{names} and {n} more", names=", ".join(once[:_NAMED]), n=more)
