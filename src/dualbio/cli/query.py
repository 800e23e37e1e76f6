"""`dualbio queries`, `dualbio query` and `dualbio sparql`: questions and their answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dualbio.cli.opening import open_database, own_folders, own_queries, read_library
from dualbio.errors import ParameterError
from dualbio.namespaces import compress
from dualbio.queries import Library, Result, SavedQuery, update_expected
from dualbio.settings import Settings

__all__ = ["queries", "query", "sparql"]

RESULT_CHOICES = ("table", "csv", "tsv", "json", "xml", "md", "parquet")
GRAPH_CHOICES = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


@click.command()
@click.option("--topic", help="Only queries of this topic.")
@own_queries
@click.option("--json", "as_json", is_flag=True, help="Print names, questions, parameters and columns as JSON.")
@click.option("--update-expected", is_flag=True, hidden=True, help="Rewrite the expected answers (for developers).")
@click.pass_obj
def queries(settings: Settings, topic: str | None, folder: Path | None, as_json: bool, update_expected: bool) -> None:
    """List the saved queries."""
    library = read_library(settings, folder)
    if update_expected:
        _update(settings, library)
        return
    chosen = [query for name, query in sorted(library.items()) if topic in (None, query.topic)]
    if topic and not chosen:
        raise ParameterError(f"topic '{topic}' has no queries; accepted: {', '.join(sorted(library.topics()))}")
    if as_json:
        click.echo(json.dumps([_told(query) for query in chosen], indent=1, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("query", "question", "parameters"):
        table.add_column(title, overflow="fold")
    for query in chosen:
        table.add_row(query.name, query.head.summary, ", ".join(param.name for param in query.params))
    Console().print(table)


def _update(settings: Settings, library: Library) -> None:
    for path in update_expected(library.values(), open_database(settings).store):
        click.echo(path)


def _told(query: SavedQuery) -> dict[str, Any]:
    return {
        "name": query.stem,
        "topic": query.topic,
        "summary": query.head.summary,
        "params": [param.name for param in query.params],
        "columns": [column.name for column in query.columns],
    }


def _pairs(_context: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise click.BadParameter(f"'{value}' has no '='; accepted: name=value")
        pairs.setdefault(name, []).append(text)
    return pairs


@click.command()
@click.argument("name")
@click.option("-p", "--param", "params", multiple=True, callback=_pairs, help="name=value; may be repeated for a list.")
@click.option("--format", "form", type=click.Choice(RESULT_CHOICES), default="table", show_default=True)
@own_queries
@own_folders
@click.option("--text", is_flag=True, help="Print the SPARQL text with the parameters in place instead of running it.")
@click.pass_obj
def query(
    settings: Settings,
    name: str,
    params: dict[str, list[str]],
    form: str,
    folder: Path | None,
    layers: tuple[Path, ...],
    text: bool,
) -> None:
    """Run the saved query NAME (`topic/name`, or the name alone)."""
    database = open_database(settings.over(layers), folder)
    values = {key: found[0] if len(found) == 1 else found for key, found in params.items()}
    result = database.query(name, **values)
    if text:
        click.echo(result.text)
        return
    _print_result(result, form)
    if form == "table":
        click.echo(f"{len(result)} rows, release {database.release.id}", err=True)


def _print_result(result: Result, form: str) -> None:
    if form == "table":
        _print_table(result)
        return
    content: dict[str, Callable[[], bytes]] = {
        "csv": result.to_csv,
        "tsv": result.to_tsv,
        "json": result.to_json,
        "xml": result.to_xml,
        "md": lambda: result.to_markdown().encode(),
        "parquet": result.to_parquet,
    }
    data = content[form]()
    sys.stdout.buffer.write(data if form == "parquet" or data.endswith(b"\n") else data + b"\n")


def _print_table(result: Result) -> None:
    """Print rows as a table on a terminal that is wide enough for it, else one block of lines a row."""
    console = Console()
    rows = [["" if cell is None else _shown(cell) for cell in row] for row in result.rows]
    widths = [max([len(name), *(min(len(row[i]), 40) for row in rows)]) for i, name in enumerate(result.columns)]
    if console.is_terminal and sum(widths) + 2 * len(widths) > 2 * console.width:
        for row in rows:
            click.echo("\n".join(f"{name}: {cell}" for name, cell in zip(result.columns, row, strict=True) if cell))
            click.echo()
        return
    table = Table(box=None, pad_edge=False)
    for name in result.columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    wide = console if console.is_terminal else Console(width=max(80, sum(widths) + 2 * len(widths)))
    wide.print(table)


def _shown(cell: ox.NamedNode | ox.Literal | ox.BlankNode) -> str:
    return compress(cell.value) if isinstance(cell, ox.NamedNode) else cell.value


@click.command()
@click.argument("text", default="-")
@click.option("--format", "form", default="table", type=click.Choice((*RESULT_CHOICES, *GRAPH_CHOICES)))
@click.pass_obj
def sparql(settings: Settings, text: str, form: str) -> None:
    """Evaluate SPARQL: the TEXT itself, a file of it, or `-` for standard input."""
    if text == "-":
        text = sys.stdin.read()
    elif not text.rstrip().endswith("}") and Path(text).is_file():
        text = Path(text).read_text(encoding="utf-8")
    answer = open_database(settings).sparql(text)
    if isinstance(answer, ox.QueryBoolean):
        click.echo("true" if answer else "false")
    elif isinstance(answer, ox.QueryTriples):
        data = answer.serialize(format=GRAPH_CHOICES.get(form, ox.RdfFormat.TURTLE))
        sys.stdout.buffer.write(data or b"")
    else:
        columns = tuple(variable.value for variable in answer.variables)
        rows = tuple(tuple(solution[column] for column in columns) for solution in answer)
        _print_result(Result(columns, rows), form if form in RESULT_CHOICES else "table")
