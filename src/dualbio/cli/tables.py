"""Answers for people: a table where the columns have room, else a block of lines for each row; sources as links.

The layout is that of the terminal's width, and of 80 columns (or `COLUMNS`) in a file or pipe. Colours and links are
for terminals alone, and `NO_COLOR` (https://no-color.org) switches colours off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import pyoxigraph as ox
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from dualbio.namespaces import compress
from dualbio.queries import Result, Sources
from dualbio.queries.result import Cell
from dualbio.queries.sources import SOURCE_COLUMNS

__all__ = ["print_result", "show", "takes_links"]

#: A text column folds to no less than this, except where its words are longer, and to no more lines than that.
_LEAST, _LINES = 16, 6
#: A word longer than this may be broken.
_LONGEST_WORD = 30
#: Environment variables of terminals that show hyperlinks (OSC 8).
_LINKING = ("DOMTERM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "VTE_VERSION", "WEZTERM_PANE", "WT_SESSION")
_PROGRAMS = ("iTerm.app", "vscode", "ghostty", "Hyper", "WezTerm", "Tabby", "rio")


def takes_links(console: Console, environ: Mapping[str, str]) -> bool:
    """Say whether hyperlinks are shown where `console` writes; `FORCE_HYPERLINK` (0 or 1) overrules the guess."""
    forced = environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    if not console.is_terminal or console.is_dumb_terminal:
        return False
    return environ.get("TERM_PROGRAM") in _PROGRAMS or any(name in environ for name in _LINKING)


def print_result(result: Result, sources: Sources | None = None, console: Console | None = None) -> None:
    """Print an answer; columns without any value are left out and named, sources are links or listed below."""
    console = console or Console(highlight=False)
    linked = takes_links(console, os.environ)
    shown = [i for i, _ in enumerate(result.columns) if any(row[i] is not None for row in result.rows)]
    urls = [_urls(result.columns, row, sources) for row in result.rows]
    rows = [
        [_text(row[i], urls[n].get(result.columns[i]) if linked else None) for i in shown]
        for n, row in enumerate(result.rows)
    ]
    names = [result.columns[i] for i in shown]
    if rows and _room(names, rows) > console.width:
        _print_blocks(names, rows, console)
    elif rows:
        show(_table(names, rows), console)
    empty = [name for i, name in enumerate(result.columns) if i not in shown]
    if empty and rows:
        console.print(Text(f"\nno value in any row: {', '.join(empty)}", style="dim"))
    if not linked:
        _print_sources(result, urls, console)


def show(renderable: RenderableType, console: Console) -> None:
    """Print; lines end where their text does, unless a terminal fills them."""
    if console.is_terminal:
        console.print(renderable)
        return
    with console.capture() as caught:
        console.print(renderable)
    console.file.write("".join(f"{line.rstrip()}\n" for line in caught.get().splitlines()))


def _text(cell: Cell, url: str | None) -> Text:
    if cell is None:
        return Text()
    words = compress(cell.value) if isinstance(cell, ox.NamedNode) else cell.value
    return Text(" ".join(words.split()), style=Style(link=url) if url else "")


def _urls(columns: Sequence[str], row: Sequence[Cell], sources: Sources | None) -> dict[str, str]:
    """Return the address behind each cell that names a source."""
    if sources is None:
        return {}
    cells = {name: cell.value for name, cell in zip(columns, row, strict=True) if cell is not None}
    found = {name: sources.find(cells[name], cells.get("studyKey")) for name in cells if name in SOURCE_COLUMNS}
    return {name: source.url for name, source in found.items() if source}


def _room(names: Sequence[str], rows: Sequence[Sequence[Text]]) -> int:
    """Return the width that a table needs to be read with ease."""
    widths = [max([len(name), *(_least(row[i].plain) for row in rows)]) for i, name in enumerate(names)]
    return sum(widths) + 2 * (len(widths) - 1)


def _least(text: str) -> int:
    size = cell_len(text)
    word = max(map(cell_len, text.split()), default=0)
    return max(min(size, _LEAST), min(word, _LONGEST_WORD), size // _LINES)


def _table(names: Sequence[str], rows: Sequence[Sequence[Text]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, name in enumerate(names):
        numbers = all(_is_number(row[i].plain) for row in rows if row[i])
        table.add_column(name, overflow="fold", justify="right" if numbers else "left", no_wrap=numbers)
    for row in rows:
        table.add_row(*row)
    return table


def _is_number(text: str) -> bool:
    return text.lstrip("-<>").replace(".", "", 1).isdigit()


def _print_blocks(names: Sequence[str], rows: Sequence[Sequence[Text]], console: Console) -> None:
    """Print each row as lines of name and value, without what it leaves empty."""
    width = max(map(len, names))
    for number, row in enumerate(rows, start=1):
        console.print(Text(f"{number} of {len(rows)}", style="dim"))
        block = Table.grid(padding=(0, 2, 0, 0))
        block.add_column(width=width, style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for name, cell in zip(names, row, strict=True):
            if cell:
                block.add_row(name, cell)
        show(Padding(block, (0, 0, 1, 2), expand=False), console)


def _print_sources(result: Result, urls: Sequence[Mapping[str, str]], console: Console) -> None:
    listed: dict[tuple[str, str], None] = {}
    for row, found in zip(result.records(), urls, strict=True):
        listed |= dict.fromkeys((row[name], url) for name, url in found.items())
    if listed:
        console.print("\nsources")
    for label, url in listed:
        console.print(Text(f"  {label}: {url}"), soft_wrap=True)
