"""`dualbio compare`: studies side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dualbio.cli.common_options import open_database, own_folders
from dualbio.cli.tables import answer_console, show
from dualbio.compare import Compared, Fact
from dualbio.errors import counted
from dualbio.settings import Settings

__all__ = ["compare"]

_WRITERS: dict[str, Callable[[Compared], str]] = {
    "json": Compared.to_json,
    "csv": lambda found: found.table.to_csv().decode(),
    "md": Compared.to_markdown,
}


@click.command()
@click.argument("studies", nargs=-1, metavar="STUDY...")
@click.option("--pair", help="Compare the studies of this mechanism pair, instead of studies that are named.")
@click.option("--disease", help="Compare the studies of this disease and of narrower ones.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", *_WRITERS)),
    default="table",
    show_default=True,
    help="Output format; CSV has a line for each fact.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the timeline of all arms into this file: .svg, .png, .html, or .json for Vega-Lite.",
)
@own_folders
@click.pass_obj
def compare(
    settings: Settings,
    studies: tuple[str, ...],
    pair: str | None,
    disease: str | None,
    form: str,
    as_json: bool,
    output: Path | None,
    figure: Path | None,
) -> None:
    """Compare studies side by side: design, people, order, background, tests, numbers, and what is not known."""
    found = open_database(settings).compare(*studies, pair=pair, disease=disease)
    if figure:
        found.figure().save(figure)
    form = "json" if as_json else form
    if form != "table":
        text = _WRITERS[form](found).rstrip("\r\n")
        if output is None:
            click.echo(text)
        else:
            output.write_text(text + "\n", encoding="utf-8")
    elif output is None:
        _print(found)
    else:
        with output.open("w", encoding="utf-8") as file:
            _print(found, answer_console(file))
    for _, name, reason in found.left_out:
        click.echo(f"left out: {name} ({reason})", err=True)
    click.echo(f"{counted(len(found.studies), 'study')}, release {found.release}", err=True)


def _print(found: Compared, console: Console | None = None) -> None:
    """Print what the studies say together, and under each topic a block of lines for each study."""
    console = console or answer_console()
    for sentence in found.sentences:
        console.print(Text(sentence))
    width = max(len(study.name) for study in found.studies)
    for topic in found.topics:
        console.print(Text(f"\n{topic}", style="bold"))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=min(width, 24), style="dim")
        grid.add_column(overflow="fold")
        for study in found.studies:
            for number, fact in enumerate(found.cell(topic, study.key)):
                grid.add_row(Text("" if number else study.name), _line(fact))
        show(grid, console)


def _line(fact: Fact) -> Text:
    line = Text(f"{fact.what}: " if fact.what else "")
    line.append(fact.text, style="" if fact.known else "italic")
    return line.append(f"  {fact.arm}" if fact.arm else "", style="dim")
