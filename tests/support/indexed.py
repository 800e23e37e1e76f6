"""What an index of search says, so that two can be compared that were not made in one way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["index_rows"]

#: Tables whose rows have the number of a thing, and where.
_NUMBERED = {"things": 0, "kinds": 0, "forms": 2, "starts": 1}


def index_rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of each table; the full text is that of the texts, as the engine finds.

    Numbers of things leave room between them: each is told as its place in their order.

    Raises:
        sqlite3.DatabaseError: the full text is of other texts.
    """
    with closing(sqlite3.connect(file)) as written, closing(sqlite3.connect(":memory:")) as index:
        written.backup(index)
        index.execute("INSERT INTO docs (docs) VALUES ('integrity-check')")
        place = dict(index.execute("SELECT thing, ROW_NUMBER() OVER (ORDER BY thing) FROM things"))
        found = {name: index.execute(f"SELECT * FROM {name}").fetchall() for name in ("words", *_NUMBERED)}  # noqa: S608
        for name, at in _NUMBERED.items():
            found[name] = [(*row[:at], place[row[at]], *row[at + 1 :]) for row in found[name]]
        found["docs"] = [(place[number], *texts) for number, *texts in index.execute("SELECT rowid, * FROM docs")]
        return {name: sorted(rows) for name, rows in found.items()}
