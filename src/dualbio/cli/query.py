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
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dualbio.cli.completion import complete_parameter, complete_query, complete_topic
from dualbio.cli.opening import (
    open_database,
    other_endpoint,
    own_folders,
    own_queries,
    read_library,
    remote_store,
)
from dualbio.cli.tables import print_result, show
from dualbio.errors import ParameterError
from dualbio.namespaces import compress
from dualbio.queries import Library, Parameter, Queryable, Result, SavedQuery, Sources, run_query, update_expected
from dualbio.settings import Settings

__all__ = ["queries", "query", "sparql"]

RESULT_CHOICES = ("table", "csv", "tsv", "json", "xml", "md", "parquet")
GRAPH_CHOICES = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}

_WRITERS: dict[str, Callable[[Result], bytes]] = {
    "csv": Result.to_csv,
    "tsv": Result.to_tsv,
    "json": Result.to_json,
    "xml": Result.to_xml,
    "md": lambda result: result.to_markdown().encode(),
    "parquet": Result.to_parquet,
}


@click.command()
@click.argument("name", required=False, shell_complete=complete_query)
@click.option("--topic", shell_complete=complete_topic, help="Only queries of this topic.")
@own_queries
@click.option("--json", "as_json", is_flag=True, help="Print names, questions, parameters and columns as JSON.")
@click.option("--update-expected", is_flag=True, hidden=True, help="Rewrite the expected answers (for developers).")
@click.pass_obj
def queries(
    settings: Settings, name: str | None, topic: str | None, folder: Path | None, as_json: bool, update_expected: bool
) -> None:
    """List the saved queries, or tell all about the query NAME: its parameters, and what its columns mean."""
    library = read_library(settings, folder)
    if update_expected:
        _update(settings, library)
        return
    chosen = [library.find(name)] if name else [query for query in library.values() if topic in (None, query.topic)]
    if topic and not chosen:
        raise ParameterError(f"topic '{topic}' has no queries; accepted: {', '.join(sorted(library.topics()))}")
    if as_json:
        click.echo(json.dumps([_told(query) for query in chosen], indent=1, ensure_ascii=False))
    elif name:
        _print_query(chosen[0])
    else:
        _print_list(chosen)


def _print_list(chosen: list[SavedQuery]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("query", "question", "parameters"):
        table.add_column(title, overflow="fold")
    for query in chosen:
        table.add_row(query.name, query.head.summary, ", ".join(param.name for param in query.params))
    show(table, Console(highlight=False))


def _print_query(query: SavedQuery) -> None:
    console = Console(highlight=False)
    console.print(Text(query.head.summary, style="bold"), Text(query.head.description), "", sep="\n")
    parts = (
        ("parameters", [(param.name, _explained(param, query)) for param in query.params]),
        ("columns", [(c.name, c.meaning + (f" ({c.unit})" if c.unit else "")) for c in query.columns]),
    )
    for title, rows in parts:
        if rows:
            console.print(Text(title, style="bold"))
            show(Padding(_grid(rows), (0, 0, 1, 2), expand=False), console)


def _grid(rows: list[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, words in rows:
        grid.add_row(Text(name), Text(words))
    return grid


def _explained(param: Parameter, query: SavedQuery) -> str:
    known = f"; one of {', '.join(param.values)}" if param.values else ""
    several = "; several with commas" if param.list else ""
    required = "" if query.defaults[param.name] else "; must be given"
    example = ",".join(map(str, param.examples))
    return f"{param.description}{known}{several}{_default(param, query)}{required}; for example {param.name}={example}"


def _default(param: Parameter, query: SavedQuery) -> str:
    terms = [compress(term.value) for term in query.defaults[param.name] if term is not None]
    return f"; by default {', '.join(terms)}" if terms else ""


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
@click.argument("name", shell_complete=complete_query)
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    callback=_pairs,
    shell_complete=complete_parameter,
    help="name=value; may be repeated for a list.",
)
@click.option(
    "--format", "form", type=click.Choice(RESULT_CHOICES), help="By default a table, or what the name of the file says."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the answer to this file.")
@own_queries
@own_folders
@click.option("--text", is_flag=True, help="Print the SPARQL text with the parameters in place instead of running it.")
@other_endpoint
@click.pass_obj
def query(
    settings: Settings,
    name: str,
    params: dict[str, list[str]],
    form: str | None,
    as_json: bool,
    output: Path | None,
    folder: Path | None,
    layers: tuple[Path, ...],
    text: bool,
    endpoint: str | None,
) -> None:
    """Run the saved query NAME (`topic/name`, or the name alone)."""
    chosen = _form(form, as_json, output)
    values = {key: found[0] if len(found) == 1 else found for key, found in params.items()}
    store: Queryable
    if endpoint:
        store = remote_store(endpoint)
        result = run_query(read_library(settings, folder).find(name), store, values)
    else:
        database = open_database(settings.over(layers), folder)
        store, result = database.store, database.query(name, **values)
    if text:
        click.echo(result.text)
        return
    _write(result, chosen, output, Sources(store))
    if chosen == "table":
        click.echo(f"{len(result)} rows, {f'release {result.release}' if result.release else endpoint}", err=True)


def _form(form: str | None, as_json: bool, output: Path | None) -> str:
    """Return the format that is asked for: by name, or by the name of the file.

    Raises:
        UsageError: a file whose name does not tell.
    """
    if as_json or form or output is None:
        return "json" if as_json else form or "table"
    ending = output.suffix.removeprefix(".")
    if ending not in RESULT_CHOICES:
        raise click.UsageError(f"'{output.name}' ends in no format; accepted: {', '.join(RESULT_CHOICES[1:])}")
    return ending


def _write(result: Result, form: str, output: Path | None = None, sources: Sources | None = None) -> None:
    if form == "table":
        if output is None:
            print_result(result, sources)
            return
        with output.open("w", encoding="utf-8") as file:
            print_result(result, sources, Console(file=file, highlight=False))
        return
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is no text; accepted: -o FILE, or a pipe")
    data = _WRITERS[form](result)
    data = data if form == "parquet" or data.endswith(b"\n") else data + b"\n"
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        output.write_bytes(data)


@click.command()
@click.argument("text", default="-")
@click.option("--format", "form", default="table", type=click.Choice((*RESULT_CHOICES, *GRAPH_CHOICES)))
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@other_endpoint
@click.pass_obj
def sparql(settings: Settings, text: str, form: str, as_json: bool, endpoint: str | None) -> None:
    """Evaluate SPARQL: the TEXT itself, a file of it, or `-` for standard input."""
    if text == "-":
        text = sys.stdin.read()
    elif not text.rstrip().endswith("}") and Path(text).is_file():
        text = Path(text).read_text(encoding="utf-8")
    form = "json" if as_json else form
    answer = remote_store(endpoint).query(text) if endpoint else open_database(settings).sparql(text)
    if isinstance(answer, ox.QueryBoolean):
        click.echo(json.dumps({"head": {}, "boolean": bool(answer)}) if form == "json" else str(bool(answer)).lower())
    elif isinstance(answer, ox.QueryTriples):
        data = answer.serialize(format=GRAPH_CHOICES.get(form, ox.RdfFormat.TURTLE))
        sys.stdout.buffer.write(data or b"")
    else:
        columns = tuple(variable.value for variable in answer.variables)
        rows = tuple(tuple(solution[column] for column in columns) for solution in answer)
        _write(Result(columns, rows), form if form in RESULT_CHOICES else "table")
