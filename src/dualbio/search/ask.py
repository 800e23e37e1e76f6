"""Searches the index: exact names first, then names with all the words, then texts with all or some of them."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import islice, starmap
from pathlib import Path

from dualbio.errors import ParameterError, did_you_mean
from dualbio.model.namespaces import KINDS, PREFIXES, compress
from dualbio.search.answer import Found, Hit, Suggestion, Suggestions
from dualbio.search.excerpt import excerpt
from dualbio.search.index import COLUMNS, open_index, write_index
from dualbio.search.kinds import ALL_KINDS, KIND_ORDER, NOTES, THINGS
from dualbio.search.names import Selecting
from dualbio.search.spelling import Spelling
from dualbio.search.words import STOP_WORDS, compact, tokens

__all__ = ["LONGEST_TEXT", "MOST_HITS", "SearchIndex", "SearchTextError", "checked"]

#: Letters of a text that is searched: the longest label of a release has half as many.
LONGEST_TEXT = 1000
#: Hits of one page.
MOST_HITS = 200
#: Words of a text that are looked for; a longer one is a whole label, or one that has enough words to be found by.
_MOST_WORDS = 32
#: Words of the longest name that is recognised as a part of a text.
_LONGEST_NAME = 6
#: How much a word counts, by the column of `index.COLUMNS` where it stands.
_WEIGHTS = "8.0, 6.0, 4.0, 2.0, 1.0, 0.5"
#: The columns that have names.
_NAMES = "{label name hidden} : "
#: Texts that are suggested for one that is misspelt.
_MOST_RESPELT = 3
#: Prefixes of identifiers that are also given without them.
_OUTSIDE = {"pubmed", "nct", "isrctn", *(prefix.lower() for prefix in PREFIXES if prefix not in KINDS)}
_LAST_LETTER = "\U0010ffff"
_NO_END = 2**53


class SearchTextError(ParameterError):
    """A text that is longer than anything that is looked for."""


class _Level(IntEnum):
    """How well something fits that is not called so as a whole; better ones come first, rows of the evidence last."""

    NAME_HAS_WORDS = 0
    NAMED_IN_PART = 1
    TEXT_HAS_WORDS = 2
    SOME_WORDS = 3


#: Levels at which things stand by their kind, and only then by how much of them the words are.
_BY_KIND = (_Level.NAME_HAS_WORDS, _Level.TEXT_HAS_WORDS)


@dataclass(frozen=True)
class _Word:
    """A word as it is looked for: an expression of FTS5, how it is written, and how else where it was misspelt."""

    match: str
    written: str
    alike: tuple[str, ...] = ()


class SearchIndex:
    """The index of one release; safe for threads, and for processes that open it for themselves."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take an open index."""
        self._connection = connection
        self._spelling = Spelling(connection)
        ends = connection.execute("SELECT last, kind FROM kinds ORDER BY last").fetchall()
        self._ends: list[int] = [end for end, _ in ends]
        self._kinds: list[str] = [kind for _, kind in ends]
        self._of_kind: dict[str, array[int]] = {}

    @classmethod
    def open(cls, file: Path) -> SearchIndex:
        """Return the index in a file of a release."""
        return cls(open_index(file))

    @classmethod
    def of(cls, store: Selecting) -> SearchIndex:
        """Return an index of a release that has none, made in memory."""
        return cls(write_index(store))

    def search(self, text: str, *, kind: str | None = None, limit: int = 20, offset: int = 0) -> Found:
        """Return what `text` finds.

        Args:
            text: names, words, outside identifiers, a CURIE or an IRI.
            kind: one of `ALL_KINDS`; the hits are of that kind alone.
            limit: most hits of the page.
            offset: hits before the page.

        Raises:
            SearchTextError: the text is longer than `LONGEST_TEXT`.
            ParameterError: there is no such kind, or a number is out of its bounds.
        """
        text = checked(text, kind, limit, offset)
        named = self._things_called(text)
        words = self._query_words(text, forgiving=not named)
        order, every = self._sorted_things(list(named), words)
        counts = self._counts(order)
        if kind:
            order = [thing for thing in order if self._kind(thing) == kind]
        marked = _some(words)
        respelt = _respelt(words)
        return Found(
            text=text,
            hits=tuple(self._hit(thing, marked, named.get(thing)) for thing in order[offset : offset + limit]),
            total=len(order),
            kinds=counts,
            kind=kind,
            limit=limit,
            offset=offset,
            read_as=respelt[0] if respelt else None,
            did_you_mean=respelt,
            every_word=every,
        )

    def suggest(self, text: str, *, limit: int = 8) -> Suggestions:
        """Return things with a name that begins with `text`; then those with its words, then what it is misspelt for.

        Raises:
            SearchTextError: the text is longer than `LONGEST_TEXT`.
            ParameterError: the number is out of its bounds.
        """
        text = checked(text, None, limit, 0)
        start = tokens(text)[:_MOST_WORDS]
        if not start:
            return Suggestions(text)
        found = self._begun("".join(start), limit)
        for match in (f"{_quoted(start)} *", _all(self._query_words(text))):
            if len(found) < limit:
                for thing, _ in sorted(self._ranked(match, columns=_NAMES, last=self._last_thing)):
                    found.setdefault(thing, "")
        return Suggestions(text, tuple(starmap(self._suggestion, islice(found.items(), limit))))

    def called(self, text: str) -> list[str]:
        """Return the IRIs of the things that are called `text` as a whole, whatever its case, accents and signs."""
        things = self._things_called(text)
        rows = self._connection.execute(
            f"SELECT iri FROM things WHERE thing IN ({_marks(things)})",  # noqa: S608
            [*things],
        )
        return [iri for (iri,) in rows]

    def count(self, kind: str) -> int:
        """Return how many things of a kind there are."""
        return len(self._things(kind))

    def listed(self, kind: str, *, limit: int, offset: int = 0) -> list[str]:
        """Return the IRIs of things of a kind, `limit` of them after the first `offset`, in the order of their IRIs."""
        shown = self._things(kind)[offset : offset + limit]
        between = (shown[0], shown[-1]) if shown else (1, 0)
        rows = self._connection.execute("SELECT iri FROM things WHERE thing BETWEEN ? AND ? ORDER BY thing", between)
        return [iri for (iri,) in rows]

    def beside(self, kind: str, iri: str, number: int) -> list[str]:
        """Return the IRIs of up to twice so many things of a kind: those before and after the place of an IRI."""
        place = bisect_left(self._things(kind), iri, key=lambda thing: self._entry_row(thing)[0])
        start = max(0, place - number)
        return self.listed(kind, offset=start, limit=place + number - start)

    # --- names --------------------------------------------------------------------------------------------------------

    def _things_called(self, text: str) -> dict[int, tuple[str, str]]:
        """Return the things that are called `text` as a whole, each with the name and what sort of name it is."""
        curie = compress(text.strip().strip("<>").rstrip("/"))
        prefix, _, rest = curie.partition(":")
        spellings = {compact(each) for each in (text, curie, rest if prefix.lower() in _OUTSIDE else "")} - {""}
        rows = self._connection.execute(
            f"SELECT thing, text, kind FROM forms WHERE spelling IN ({_marks(spellings)}) ORDER BY shared, thing",  # noqa: S608
            sorted(spellings),
        )
        things: dict[int, tuple[str, str]] = {}
        for thing, name, kind in rows:
            things.setdefault(thing, (name, kind))
        return things

    def _named_in_part(self, text: str) -> list[tuple[int, float]]:
        """Return the things that a part of `text` is the name of, each with a rank: a longer name is a better one."""
        parts = tokens(text)[:_MOST_WORDS]
        spellings = {
            "".join(parts[start:end])
            for start in range(len(parts))
            for end in range(start + 1, min(start + _LONGEST_NAME, len(parts)) + 1)
            if end > start + 1 or (parts[start] not in STOP_WORDS and len(parts[start]) > 1)
        }
        rows = self._connection.execute(
            f"SELECT thing, -MAX(LENGTH(spelling)) FROM forms WHERE spelling IN ({_marks(spellings)}) "  # noqa: S608
            "AND thing <= ? AND NOT shared GROUP BY thing",
            (*sorted(spellings), self._last_thing),
        )
        return rows.fetchall()

    def _begun(self, start: str, limit: int) -> dict[int, str]:
        """Return things with a name that begins with `start`, each with that name; whole names come first."""
        if not start:
            return {}
        rows = self._connection.execute(
            "SELECT thing, text, MIN(LENGTH(spelling)) FROM starts WHERE spelling >= ? AND spelling < ? "
            "GROUP BY thing ORDER BY MIN(spelling) != ?, thing LIMIT ?",
            (start, start + _LAST_LETTER, start, limit),
        )
        return {thing: name for thing, name, _ in rows}

    # --- words --------------------------------------------------------------------------------------------------------

    def _query_words(self, text: str, *, forgiving: bool = True) -> list[_Word]:
        """Return the words of a text as they are looked for, without those that say nothing."""
        parts = [part for part in map(tokens, text.split()) if part][:_MOST_WORDS]
        telling = [part for part in parts if len(part) > 1 or part[0] not in STOP_WORDS]
        words = (word for part in telling or parts for word in self._alternatives(part, forgiving=forgiving))
        return list(islice(words, _MOST_WORDS))

    def _alternatives(self, parts: list[str], *, forgiving: bool) -> Iterator[_Word]:
        """Yield what is looked for where a text has a word of these parts, such as `anti` and `cd20`."""
        together = "".join(parts)
        for match in dict.fromkeys((_quoted(parts), _quoted([together]))):
            if self._occurs(match):
                yield _Word(match, " ".join(parts))
                return
        if len(parts) > 1:
            for part in parts:
                yield from self._alternatives([part], forgiving=forgiving)
        elif endings := self._spelling.endings(together):
            yield _Word(_any(endings), together)
        elif alike := self._spelling.alike(together) if forgiving else []:
            yield _Word(_quoted(alike[:1]), alike[0], tuple(alike))
        else:
            yield _Word(_quoted(parts), together)

    def _occurs(self, match: str) -> bool:
        return bool(self._connection.execute("SELECT 1 FROM docs WHERE docs MATCH ? LIMIT 1", (match,)).fetchone())

    def _ranked(self, match: str, *, columns: str = "", last: int) -> list[tuple[int, float]]:
        """Return the things up to the `last` that match, each with how much of it matches: less is better."""
        rows = self._connection.execute(
            f"SELECT rowid, bm25(docs, {_WEIGHTS}) FROM docs WHERE docs MATCH ? AND rowid <= ?",  # noqa: S608
            (f"{columns}({match})", last),
        )
        return rows.fetchall()

    def _rows(self, match: str) -> list[int]:
        """Return the rows of the evidence that match, kind by kind."""
        rows = self._connection.execute(
            "SELECT rowid FROM docs WHERE docs MATCH ? AND rowid > ?", (match, self._last_note)
        )
        return [row for (row,) in rows]

    def _sorted_things(self, named: list[int], words: list[_Word]) -> tuple[list[int], bool]:
        """Return all that is found, the best first, and whether it has all the words."""
        if not words:
            return named, bool(named)
        match, level = _all(words), _Level.TEXT_HAS_WORDS
        names = self._ranked(match, columns=_NAMES, last=self._last_thing)
        things, rows = self._ranked(match, last=self._last_note), self._rows(match)
        every = bool(named or things or rows)
        if not every:
            match, level = _some(words), _Level.SOME_WORDS
            things, rows = self._ranked(match, last=self._last_note), self._rows(match)
        parts = self._named_in_part(" ".join(word.written for word in words))
        fits = ((level, things), (_Level.NAMED_IN_PART, parts), (_Level.NAME_HAS_WORDS, names))  # a better one wins
        places = {thing: self._rank_key(thing, level, rank) for level, found in fits for thing, rank in found}
        first = set(named)
        return [
            *named,
            *sorted(places.keys() - first, key=places.__getitem__),
            *(row for row in rows if row not in first),
        ], every

    # --- things -------------------------------------------------------------------------------------------------------

    def _kind(self, thing: int) -> str:
        return self._kinds[bisect_left(self._ends, thing)]

    def _counts(self, order: list[int]) -> dict[str, int]:
        """Return the number of things of each kind, in the order of kinds."""
        things, counts, start = sorted(order), {}, 0
        for end, kind in zip(self._ends, self._kinds, strict=True):
            stop = bisect_right(things, end)
            if stop > start:
                counts[kind] = stop - start
            start = stop
        return counts

    def _things(self, kind: str) -> array[int]:
        """Return the things of a kind in the order of their IRIs, which are read once: there is room between them."""
        if kind not in self._kinds:
            return array("q")
        if kind not in self._of_kind:
            place = self._kinds.index(kind)
            between = ((self._ends[place - 1] if place else 0) + 1, self._ends[place])
            rows = self._connection.execute(
                "SELECT thing FROM things WHERE thing BETWEEN ? AND ? ORDER BY thing", between
            )
            self._of_kind[kind] = array("q", (thing for (thing,) in rows))
        return self._of_kind[kind]

    def _last(self, kinds: tuple[str, ...]) -> int:
        return max((end for end, kind in zip(self._ends, self._kinds, strict=True) if kind in kinds), default=0)

    @cached_property
    def _last_thing(self) -> int:
        return self._last(THINGS)

    @cached_property
    def _last_note(self) -> int:
        return self._last((*THINGS, *NOTES))

    def _rank_key(self, thing: int, level: _Level, rank: float) -> tuple[int, int, float, int]:
        """Return where a thing stands among those that are found."""
        return level, KIND_ORDER[self._kind(thing)] if level in _BY_KIND else 0, rank, thing

    def _entry_row(self, thing: int) -> tuple[str, str, str, bool]:
        """Return IRI, kind and label, and whether the thing is of own evidence."""
        row = self._connection.execute("SELECT iri, kind, label, own FROM things WHERE thing = ?", (thing,)).fetchone()
        return row[0], row[1], row[2], bool(row[3])

    def _hit(self, thing: int, marked: str, name: tuple[str, str] | None) -> Hit:
        """Return a thing with what was found: its whole name, or the text that has most of the words."""
        iri, kind, label, own = self._entry_row(thing)
        if name:
            text, where = name
            return Hit(iri, kind, label, text, where, ((0, len(text)),), own)
        columns = ", ".join(f"highlight(docs, {number}, char(1), char(2))" for number in range(len(COLUMNS)))
        row = self._connection.execute(
            f"SELECT {columns} FROM docs WHERE docs MATCH ? AND rowid = ?",  # noqa: S608
            (marked, thing),
        ).fetchone()
        return Hit(iri, kind, label, *excerpt(dict(zip(COLUMNS, row or (), strict=False)), label), own)

    def _suggestion(self, thing: int, name: str) -> Suggestion:
        iri, kind, label, _ = self._entry_row(thing)
        return Suggestion(name or label, iri, kind, label)


def checked(text: str, kind: str | None, limit: int, offset: int) -> str:
    """Return the text with what is no letter replaced.

    Raises:
        SearchTextError: it is too long.
        ParameterError: there is no such kind, or a number is out of its bounds.
    """
    if len(text) > LONGEST_TEXT:
        raise SearchTextError(
            f"the text has {len(text)} characters; accepted: {LONGEST_TEXT}; repair: leave some words out"
        )
    if kind is not None and kind not in KIND_ORDER:
        hint = did_you_mean(kind, ALL_KINDS)
        raise ParameterError(f"found no kind '{kind[:40]}'; accepted: {', '.join(ALL_KINDS)}{hint}")
    if not 0 < limit <= MOST_HITS:
        raise ParameterError(f"found limit {limit}; accepted: a whole number from 1 to {MOST_HITS}")
    if not 0 <= offset < _NO_END:
        raise ParameterError(f"found offset {offset}; accepted: a whole number from 0")
    return text.encode(errors="replace").decode()


def _quoted(parts: Iterable[str]) -> str:
    """Return words one after the other as FTS5 has them; they are letters and digits alone, so nothing is escaped."""
    return f'"{" ".join(parts)}"'


def _any(words: Iterable[str]) -> str:
    return f"({' OR '.join(_quoted([word]) for word in words)})"


def _all(words: Iterable[_Word]) -> str:
    return " AND ".join(word.match for word in words)


def _some(words: Iterable[_Word]) -> str:
    return " OR ".join(word.match for word in words)


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _respelt(words: list[_Word]) -> tuple[str, ...]:
    """Return the text as it was probably meant, the likeliest first; nothing where no word is misspelt."""
    best = [word.written for word in words]
    texts = {" ".join(best): None} if any(word.alike for word in words) else {}
    for place, word in enumerate(words):
        texts |= {" ".join([*best[:place], other, *best[place + 1 :]]): None for other in word.alike[1:]}
    return tuple(texts)[:_MOST_RESPELT]
