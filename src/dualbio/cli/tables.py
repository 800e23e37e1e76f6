"""Answers in the terminal: a table, or a block of lines for each row if it is too wide; sources as links.

The layout is that of the terminal's width, and of 100 columns (or `COLUMNS`) in a file or pipe. Colours and links are
for terminals alone, and `NO_COLOR` (https://no-color.org) switches colours off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import IO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dualbio.errors import counted
from dualbio.queries import Cell, CitedSources, Piece, QueryResult
from dualbio.queries.answers.layout import DEFAULT_WIDTH, layout, shown_cells
from dualbio.queries.sources import SOURCE_COLUMNS

__all__ = ["answer_console", "print_result", "show", "takes_links"]

#: Environment variables of terminals that show hyperlinks (OSC 8).
_LINKING = ("DOMTERM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "VTE_VERSION", "WEZTERM_PANE", "WT_SESSION")
_PROGRAMS = ("iTerm.app", "vscode", "ghostty", "Hyper", "WezTerm", "Tabby", "rio")

#: Lines of a table that a person reads in a terminal; a longer one is cut after a row, and says so.
_READ = 150


def takes_links(console: Console, environ: Mapping[str, str]) -> bool:
    """Return whether `console` shows hyperlinks; `FORCE_HYPERLINK` (0 or 1) overrides the detection."""
    forced = environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    if not console.is_terminal or console.is_dumb_terminal:
        return False
    return environ.get("TERM_PROGRAM") in _PROGRAMS or any(name in environ for name in _LINKING)


def answer_console(file: IO[str] | None = None) -> Console:
    """Return where answers are printed: the terminal, or a file or pipe of 100 columns unless `COLUMNS` is set."""
    console = Console(file=file, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = DEFAULT_WIDTH
    return console


def print_result(
    result: QueryResult, sources: CitedSources | None = None, console: Console | None = None, *, fold: bool = False
) -> None:
    """Print an answer in its reading, with what it leaves out and does not know; sources are links or listed below.

    With `fold`, a terminal shows no more rows than a person reads, and a sentence says how many there are and how all
    of them are shown; files and pipes get every row.
    """
    console = console or answer_console()
    linked = takes_links(console, os.environ)
    urls = [_urls(result.columns, row, sources) for row in result.rows]

    def link(row: int, piece: Piece) -> str | None:
        return urls[row].get(piece.column or "")

    columns, rows = shown_cells(result.shown, result.columns, result.rows, link if linked else None)
    table = layout(columns, rows, console.width)
    every = len(rows)
    while fold and console.is_terminal and table is not None and (lines := _lines(table, console)) > _READ:
        rows = rows[: min(len(rows) - 1, len(rows) * _READ // lines)]
        table = layout(columns, rows, console.width)
    if rows and table is None:
        _print_blocks([column.header for column in columns], rows, console)
    elif rows and table is not None:
        show(table, console)
    if len(rows) < every:
        said = f"{len(rows)} of {counted(every, 'row')} are shown; all of them: --limit {every}"
        console.print(Text(f"\n{said}; fewer: a parameter, or --columns; as data: --format csv", style="bold"))
    empty = [column.header for column in result.shown.columns if column not in columns]
    if empty and rows:
        console.print(Text(f"\nno value in any row: {', '.join(empty)}", style="dim"))
    for number, note in enumerate(result.notes):
        console.print(Text(f"\n{note}" if rows or number else note))
    if not linked:
        _print_sources(result.part(0, len(rows)), urls[: len(rows)], console)


def _lines(table: RenderableType, console: Console) -> int:
    with console.capture() as caught:
        console.print(table)
    return len(caught.get().splitlines())


def show(renderable: RenderableType, console: Console) -> None:
    """Print; lines end where their text does, unless a terminal fills them."""
    if console.is_terminal:
        console.print(renderable)
        return
    with console.capture() as caught:
        console.print(renderable)
    console.file.write("".join(f"{line.rstrip()}\n" for line in caught.get().splitlines()))


def _urls(columns: Sequence[str], row: Sequence[Cell], sources: CitedSources | None) -> dict[str, str]:
    """Return the address behind each cell that names a source."""
    if sources is None:
        return {}
    cells = {name: cell.value for name, cell in zip(columns, row, strict=True) if cell is not None}
    found = {name: sources.find(cells[name], cells.get("studyKey")) for name in cells if name in SOURCE_COLUMNS}
    return {name: source.url for name, source in found.items() if source}


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


def _print_sources(result: QueryResult, urls: Sequence[Mapping[str, str]], console: Console) -> None:
    listed: dict[tuple[str, str], None] = {}
    for row, found in zip(result.records(), urls, strict=True):
        listed |= dict.fromkeys((row[name], url) for name, url in found.items())
    if listed:
        console.print("\nsources")
    for label, url in listed:
        console.print(Text(f"  {label}: {url}"), soft_wrap=True)
