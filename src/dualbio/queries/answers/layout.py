"""Column widths of a table in text: at least the longest number or word, the rest distributed.

Words wrap inside a row; a number or a date is never cut.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from dualbio.queries.answers.reading import Piece, Reading, ShownColumn
from dualbio.queries.answers.typed import Cell

__all__ = ["DEFAULT_WIDTH", "LinkOf", "is_number", "layout", "shown_cells", "text_lines"]

#: Columns of text that an answer has where nothing says how many there are.
DEFAULT_WIDTH = 100
#: A word may be broken when it is longer than this; where there is no room, than the next. A number never is.
_LONGEST = (20, 15, 12)
#: A number, range, ratio or date, with what stands around it.
_NUMBER = re.compile(r"\W*\d[\d\W]*")
_GAP = 2
#: A text of more letters is not printed again right below itself: a mark stands for it.
_SAID_ONCE = 60
_DITTO = "″"

#: Returns the address behind a piece of a row, None where it leads nowhere.
LinkOf = Callable[[int, Piece], str | None]


def shown_cells(
    reading: Reading, names: Sequence[str], rows: Sequence[Sequence[Cell]], link: LinkOf | None = None
) -> tuple[tuple[ShownColumn, ...], list[list[Text]]]:
    """Return the columns of the reading that have a value in any row, and their cells.

    Args:
        reading: what people are shown.
        names: the columns of the data.
        rows: the rows of the data.
        link: the address behind a piece, by the number of its row; cells are plain text when it is None.
    """
    pieces = [reading.cells(names, row) for row in rows]
    used = [i for i, _ in enumerate(reading.columns) if any(row[i] for row in pieces)]
    cells = [[_text(row[i], number, link) for i in used] for number, row in enumerate(pieces)]
    return tuple(reading.columns[i] for i in used), cells


def layout(columns: Sequence[ShownColumn], rows: Sequence[Sequence[Text]], width: int) -> Table | None:
    """Return a table that takes at most `width` columns of text; None where words and numbers have no room in it.

    A long text that the row above has in the same column gives way to the mark ″.
    """
    rows = _said_once(rows)
    texts = [[cell.plain for cell in row] for row in rows]
    headers = [column.header for column in columns]
    cells = list(zip(headers, *texts, strict=True))
    wanted = [max(map(cell_len, column)) for column in cells]
    room = width - _GAP * (len(headers) - 1)
    least = ([max(_least(text, longest) for text in column) for column in cells] for longest in _LONGEST)
    widths = next(filter(None, (_shared(wanted, each, room) for each in least)), None)
    if widths is None:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for i, (header, size) in enumerate(zip(headers, widths, strict=True)):
        numbers = all(is_number(row[i]) for row in texts if row[i])
        table.add_column(header, width=size, overflow="fold", justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*row)
    return table


def text_lines(columns: Sequence[ShownColumn], rows: Sequence[Sequence[Text]]) -> list[str]:
    """Return the lines of a table of `DEFAULT_WIDTH` columns of text, wider only where it must be."""
    fitting = (layout(columns, rows, width) for width in (DEFAULT_WIDTH, 2 * DEFAULT_WIDTH))
    table = next((each for each in fitting if each is not None), None) or layout(columns, rows, 100 * DEFAULT_WIDTH)
    console = Console(file=io.StringIO(), width=100 * DEFAULT_WIDTH, highlight=False)
    with console.capture() as caught:
        console.print(table)
    return [line.rstrip() for line in caught.get().splitlines()]


def is_number(text: str) -> bool:
    """Return whether a text is a number as printed, with a sign or a bound before it."""
    return text.lstrip("-<>").replace(".", "", 1).isdigit()


def _said_once(rows: Sequence[Sequence[Text]]) -> list[list[Text]]:
    shown = [list(row) for row in rows]
    for above, row, cells in zip(rows, rows[1:], shown[1:], strict=False):
        for place, cell in enumerate(row):
            if len(cell) > _SAID_ONCE and cell.plain == above[place].plain:
                cells[place] = Text(_DITTO)
    return shown


def _text(pieces: Sequence[Piece], row: int, link: LinkOf | None) -> Text:
    text = Text()
    for piece in pieces:
        url = link(row, piece) if link else None
        text.append(piece.text, Style(link=url) if url else None)
    return text


def _least(text: str, longest: int) -> int:
    """Return the width of the longest part of a text that must stay whole: a number, or a word up to `longest`."""
    sizes = ((cell_len(word), _NUMBER.fullmatch(word)) for word in text.split())
    return max((size if number else min(size, longest) for size, number in sizes), default=0)


def _shared(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """Return widths between the least and the wanted ones whose sum is at most `room`: one ceiling for all columns."""
    if sum(wanted) <= room:
        return list(wanted)
    if sum(least) > room:
        return None
    ceiling = max(n for n in range(room + 1) if sum(_capped(wanted, least, n)) <= room)
    return _capped(wanted, least, ceiling)


def _capped(wanted: Sequence[int], least: Sequence[int], ceiling: int) -> list[int]:
    return [max(low, min(high, ceiling)) for low, high in zip(least, wanted, strict=True)]
