"""Cells of a spreadsheet without loss: text that looks like a formula gets an apostrophe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from dualbio.errors import DataError, Problem, did_you_mean

__all__ = ["guarded", "read_rows", "stream_rows", "unguarded", "write_rows"]

_GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")
_SEPARATORS = ",;\t"


def guarded(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula; a number stays one.

    >>> guarded("="), guarded("-1.50"), guarded("-a")
    ("'=", '-1.50', "'-a")
    """
    return f"'{text}" if text.startswith(_GUARDED) and not _is_number(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell."""
    return cell.removeprefix("'")


def write_rows(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as CSV with a line of names; cells that a row lacks are empty."""
    out = io.StringIO()
    stream_rows(columns, rows, out)
    return out.getvalue()


def stream_rows(columns: Sequence[str], rows: Iterable[Mapping[str, str]], out: TextIO) -> None:
    """Write rows as `write_rows` does, one at a time: 40,000 decisions are more than should be held as one text."""
    table = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows({name: guarded(text) for name, text in row.items()} for row in rows)


def read_rows(path: Path, columns: Sequence[str], required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row of a CSV with its line: the cells that are not empty, by column.

    Commas, semicolons and tabs separate cells, whichever the line of names has; a byte order mark is passed over.

    Raises:
        DataError: the file cannot be read, has columns that are foreign or twice, or lacks `required` ones.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            [Problem(str(path), 0, "file", "sheet", f"cannot be read: {error}; repair: save it as UTF-8")]
        ) from error
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [name.strip() for name in next(table, [])]
    problems = [
        f"column '{name}' is foreign; accepted: {', '.join(columns)}{did_you_mean(name, columns)}"
        for name in names
        if name not in columns
    ]
    problems += [
        f"column '{name}' is given twice; accepted: once" for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    problems += [f"column '{name}' is missing; repair: add it" for name in required if name not in names]
    if problems:
        raise DataError([Problem(str(path), 1, "columns", "sheet", message) for message in problems])
    for cells in table:
        if any(cell.strip() for cell in cells):
            found = {name: unguarded(cell) for name, cell in zip(names, cells, strict=False) if cell.strip()}
            yield table.line_num, found


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()
