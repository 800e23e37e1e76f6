"""What an index of search says, so that two can be compared that were not made in one way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["index_rows"]

_ORDER = "SELECT thing, ROW_NUMBER() OVER (ORDER BY thing) FROM things"
#: Tables whose rows have the number of a thing, and the column that it is in.
_NUMBERED = {"things": "thing", "kinds": "last", "forms": "thing", "starts": "thing", "temp.places": "doc"}


def index_rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of each table, and every word of the full text with its places.

    Numbers of things leave room between them: each is told as its place in their order.
    """
    with closing(sqlite3.connect(file)) as index:
        index.execute("CREATE VIRTUAL TABLE temp.places USING fts5vocab(main, docs, instance)")
        place = dict(index.execute(_ORDER))
        found = {name: index.execute(f"SELECT * FROM {name}").fetchall() for name in ("words", "docs")}  # noqa: S608
        for name, column in _NUMBERED.items():
            rows = index.execute(f"SELECT {column}, * FROM {name}")  # noqa: S608
            at = [each[0] for each in rows.description].index(column, 1)
            found[name] = [(place[row[0]], *row[1:at], *row[at + 1 :]) for row in rows]
        return {name: sorted(rows, key=repr) for name, rows in found.items()}
