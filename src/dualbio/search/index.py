"""The search index of a release: one SQLite file, written once and then only read, shared by all processes.

| table    | what is in it                                                                                     |
|----------|---------------------------------------------------------------------------------------------------|
| `things` | what is found; the numbers of things rise in the order of kinds, with room for others between     |
| `kinds`  | the last thing of each kind                                                                       |
| `forms`  | every spelling that is looked up as a whole                                                       |
| `starts` | those of the vocabularies, of studies and questions, which are suggested while somebody writes     |
| `words`  | every word, with the first kind that has it in a name, for words that are misspelt                 |
| `docs`   | full text (FTS5): a row for each thing of a kind that is searched, a line for each of its texts    |
"""

from __future__ import annotations

import errno
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path

from dualbio.search.entries import Entry, entries_of
from dualbio.search.kinds import KIND_ORDER, NAMED_ALONE, THINGS
from dualbio.search.names import Selecting
from dualbio.search.words import joined, spaced, tokens

__all__ = ["COLUMNS", "edit_index", "is_readable", "open_index", "write_index"]

#: What is searched of a thing; `hidden` has spellings of names and texts that nobody reads.
COLUMNS = ("label", "name", "hidden", "about", "description", "note")
#: The number of these tables, kept in the file: an index with another one is of another version of this code.
_LAYOUT = 2
_SCHEMA = f"""
CREATE TABLE things (
  thing INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL, own INTEGER NOT NULL
);
CREATE TABLE kinds (last INTEGER PRIMARY KEY, kind TEXT NOT NULL);
CREATE TABLE forms (
  spelling TEXT, shared INTEGER, thing INTEGER, text TEXT, kind TEXT, PRIMARY KEY (spelling, shared, thing)
) WITHOUT ROWID;
CREATE TABLE starts (spelling TEXT, thing INTEGER, text TEXT, PRIMARY KEY (spelling, thing)) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY, place INTEGER NOT NULL, things INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE docs USING fts5({", ".join(COLUMNS)}, tokenize = 'porter unicode61 remove_diacritics 2');
"""
#: Names that people begin to write.
_SUGGESTED = ("label", "synonym", "abbreviation", "identifier")
#: How far the numbers of two adjacent things are apart, so that after an edit others find room.
_ROOM = 1024
#: The place of a word that is part of no name.
_NO_NAME = len(KIND_ORDER)


def write_index(store: Selecting, file: Path | None = None) -> sqlite3.Connection:
    """Write the index of a release to a new `file`, or into memory, and return it open.

    Raises:
        OSError: the file cannot be written, for example on a disk that is full.
    """
    connection = sqlite3.connect(file or ":memory:", isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("page_size = 8192", "journal_mode = off", "synchronous = off", f"user_version = {_LAYOUT}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        _fill(connection, entries_of(store))
        connection.execute("INSERT INTO docs (docs) VALUES ('optimize')")
        connection.execute("COMMIT")
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        connection.close()
        raise _unwritten(error, file) from error
    return connection


def _unwritten(error: sqlite3.OperationalError, file: Path | None) -> OSError:
    number = errno.ENOSPC if error.sqlite_errorcode == sqlite3.SQLITE_FULL else errno.EIO
    return OSError(number, str(error), str(file))


def edit_index(file: Path, store: Selecting, nodes: Collection[str]) -> bool:
    """Change what an index says of some things.

    Args:
        file: the index, which is of `store` but for these things.
        store: what is searched.
        nodes: the IRIs of the things; some may be new in the store, or there no more.

    Returns:
        False when new things find no room between others; the index is as it was.

    Raises:
        OSError: the file cannot be written.
    """
    entries = {entry.iri: entry for entry in entries_of(store, nodes)}
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        try:
            for pragma in ("journal_mode = off", "synchronous = off"):
                connection.execute(f"PRAGMA {pragma}")
            rows = connection.execute("SELECT iri, thing, kind FROM things ORDER BY thing").fetchall()
            known = {iri: number for iri, number, _ in rows if iri in nodes}
            others = [
                (KIND_ORDER[kind], iri, number) for iri, number, kind in rows if iri in entries or iri not in nodes
            ]
            numbers = _numbers(others, [entry for iri, entry in entries.items() if iri not in known])
            if numbers is None:
                return False
            connection.execute("BEGIN")
            _tell_anew(
                connection, known.values(), {known.get(iri) or numbers[iri]: entry for iri, entry in entries.items()}
            )
            if known.keys() != entries.keys():
                connection.execute("DELETE FROM kinds")
                connection.execute("INSERT INTO kinds SELECT MAX(thing), kind FROM things GROUP BY kind")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise _unwritten(error, file) from error
    return True


def _numbers(others: list[tuple[int, str, int]], new: Iterable[Entry]) -> dict[str, int] | None:
    """Return the numbers of new things, by IRI, or None where there is no room.

    Args:
        others: place of the kind, IRI and number of what is there, in its order.
        new: what comes.
    """
    gaps: dict[int, list[str]] = {}
    for entry in sorted(new, key=lambda entry: entry.order):
        gaps.setdefault(bisect_left(others, entry.order), []).append(entry.iri)
    numbers: dict[str, int] = {}
    for place, iris in gaps.items():
        low = others[place - 1][2] if place else 0
        high = others[place][2] if place < len(others) else low + _ROOM * (len(iris) + 1)
        step = (high - low) // (len(iris) + 1)
        if not step:
            return None
        numbers |= {iri: low + step * number for number, iri in enumerate(iris, 1)}
    return numbers


def is_readable(file: Path) -> bool:
    """Return whether a file is an index with the tables that this code reads."""
    try:
        with closing(open_index(file)) as connection:
            return bool(connection.execute("PRAGMA user_version").fetchone() == (_LAYOUT,))
    except sqlite3.Error:
        return False


def open_index(file: Path) -> sqlite3.Connection:
    """Return the index in `file`, to be read only.

    Nothing writes to it any more, so SQLite takes no locks and may read it in a folder where it can write nothing.
    """
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    for pragma in ("temp_store = memory", "query_only = on"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _fill(connection: sqlite3.Connection, entries: list[Entry]) -> None:
    places: dict[str, int] = {}
    counts: Counter[str] = Counter()
    numbers = range(_ROOM, _ROOM * (len(entries) + 1), _ROOM)
    for number, entry in zip(numbers, entries, strict=True):
        texts = _write_entry(connection, number, entry)
        for word in sorted(_words(texts[:3])):
            places.setdefault(word, KIND_ORDER[entry.kind])
        counts.update(_words(texts))
    last = {entry.kind: number for number, entry in zip(numbers, entries, strict=True)}
    connection.executemany("INSERT INTO kinds VALUES (?, ?)", ((number, kind) for kind, number in last.items()))
    connection.executemany(
        "INSERT INTO words VALUES (?, ?, ?)",
        ((word, places.get(word, _NO_NAME), number) for word, number in sorted(counts.items())),
    )


def _write_entry(connection: sqlite3.Connection, number: int, entry: Entry) -> tuple[str, ...]:
    """Write what is said of a thing; return what of it is in the full text."""
    connection.execute("INSERT INTO things VALUES (?, ?, ?, ?, ?)", (number, *_hit_row(entry)))
    connection.executemany(
        "INSERT OR IGNORE INTO forms VALUES (?, ?, ?, ?, ?)",
        [(form.spelling, form.shared, number, form.text, form.kind) for form in sorted(entry.forms)],
    )
    if entry.kind in THINGS:
        suggested = [(form.spelling, number, form.text) for form in sorted(entry.forms) if form.kind in _SUGGESTED]
        connection.executemany("INSERT OR IGNORE INTO starts VALUES (?, ?, ?)", suggested)
    if entry.kind in NAMED_ALONE:
        return ()
    texts = _texts(entry)
    marks = ", ".join("?" * (len(texts) + 1))
    connection.execute(f"INSERT INTO docs (rowid, {', '.join(COLUMNS)}) VALUES ({marks})", (number, *texts))  # noqa: S608
    return texts


def _tell_anew(connection: sqlite3.Connection, gone: Collection[int], come: Mapping[int, Entry]) -> None:
    """Take out what is said of things, by number, and write what is said of others or of the same."""
    among = f"({', '.join(map(str, sorted(gone)))})"  # numbers, of which there may be more than parameters
    old = dict[int, list[str]]()
    for number, *texts in connection.execute(f"SELECT rowid, {', '.join(COLUMNS)} FROM docs WHERE rowid IN {among}"):  # noqa: S608
        old[number] = texts
    for table, column in (("forms", "thing"), ("starts", "thing"), ("things", "thing"), ("docs", "rowid")):
        connection.execute(f"DELETE FROM {table} WHERE {column} IN {among}")  # noqa: S608
    new = {number: _write_entry(connection, number, entry) for number, entry in come.items()}
    more, named = Counter[str](), set[str]()
    for number in old.keys() | new.keys():
        before, after = old.get(number, ()), new.get(number, ())
        more.update(_words(after))
        more.subtract(_words(before))
        named |= _words(before[:3]) ^ _words(after[:3])
    insert = "INSERT INTO words VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET things = things + excluded.things"
    connection.executemany(insert, [(word, _NO_NAME, number) for word, number in sorted(more.items()) if number])
    connection.execute("DELETE FROM words WHERE things = 0")
    for word in sorted(named):
        connection.execute("UPDATE words SET place = ? WHERE word = ?", (_first_named(connection, word), word))


def _first_named(connection: sqlite3.Connection, word: str) -> int:
    """Return the place of the first kind that has a word in a name."""
    match = f'{{{" ".join(COLUMNS[:3])}}} : "{word}"'
    select = f"SELECT rowid, {', '.join(COLUMNS[:3])} FROM docs WHERE docs MATCH ? ORDER BY rowid"  # noqa: S608
    for number, *texts in connection.execute(select, (match,)):
        if word in _words(texts):
            kind = connection.execute("SELECT kind FROM things WHERE thing = ?", (number,)).fetchone()[0]
            return KIND_ORDER[kind]
    return _NO_NAME


def _words(texts: Iterable[str]) -> set[str]:
    return set(tokens(" ".join(texts)))


def _hit_row(entry: Entry) -> tuple[str, str, str, bool]:
    """Return what a hit tells of a thing."""
    return entry.iri, entry.kind, entry.label, entry.own


def _texts(entry: Entry) -> tuple[str, ...]:
    """Return what is searched of a thing, in the order of `COLUMNS`."""
    label = entry.label
    name, about = _lines(entry.names - {label}), _lines(entry.about - entry.names)
    description, note = _lines(entry.description - {label}), _lines(entry.note - {label})
    key = entry.iri.rpartition("/")[2].rpartition("#")[2]
    every = (label, name, key, about, description, note)
    hidden = "\n".join([key, *sorted({word for text in every for word in joined(text)})])
    return tuple(map(spaced, (label, name, hidden, about, description, note)))


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(sorted(texts))
