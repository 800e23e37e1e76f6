"""`dualbio queries`, `dualbio query` and `dualbio sparql`: questions and their answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dualbio.cli.common_options import (
    ensure_with_progress,
    open_database,
    other_endpoint,
    own_folders,
    own_queries,
    read_library,
    remote_store,
)
from dualbio.cli.completion import complete_parameter, complete_query, complete_topic
from dualbio.cli.tables import answer_console, print_result, show
from dualbio.errors import ParameterError, StoreError, counted
from dualbio.model.namespaces import compress
from dualbio.queries import (
    LONG_FORMS,
    PARTS,
    CitedSources,
    Library,
    LongForm,
    Parameter,
    QueryResult,
    SavedQuery,
    long_table,
    run_query,
    update_expected,
)
from dualbio.queries.answers.result import BYTE_ORDER_MARK
from dualbio.settings import Settings
from dualbio.sparql.tokens import without_mark
from dualbio.store import Store
from dualbio.store.embedded import EmbeddedStore

__all__ = ["queries", "query", "sparql"]

RESULT_CHOICES = ("table", "csv", "tsv", "json", "xml", "md", "parquet")
#: Forms in which the answer of a saved query is cited, with its sources.
CITATION_CHOICES = ("bib", "ris")
GRAPH_CHOICES = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}

#: Formats that a spreadsheet opens as text, and that may begin with a byte order mark.
_SHEETS = ("csv", "tsv")

_WRITERS: dict[str, Callable[[QueryResult], bytes]] = {
    "csv": QueryResult.to_csv,
    "tsv": QueryResult.to_tsv,
    "json": QueryResult.to_json,
    "xml": QueryResult.to_xml,
    "md": lambda result: result.to_markdown().encode(),
    "parquet": QueryResult.to_parquet,
    "bib": QueryResult.to_bibtex,
    "ris": QueryResult.to_ris,
}


@click.command()
@click.argument("name", required=False, shell_complete=complete_query)
@click.option("--topic", shell_complete=complete_topic, help="Only queries of this topic.")
@own_queries
@click.option("--json", "as_json", is_flag=True, help="Print names, questions, parameters and columns as JSON.")
@click.option("--figures", is_flag=True, help="Only queries whose answer has a figure.")
@click.option(
    "--update-expected",
    is_flag=True,
    help="Write the expected answer next to each query, and print the files that changed.",
)
@click.pass_obj
def queries(
    settings: Settings,
    name: str | None,
    topic: str | None,
    folder: Path | None,
    as_json: bool,
    figures: bool,
    update_expected: bool,
) -> None:
    """List the saved queries, or describe the query NAME: its parameters, and what its columns mean."""
    library = read_library(settings, folder)
    if update_expected:
        _update(settings, library)
        return
    chosen = [library.find(name)] if name else [query for query in library.values() if topic in (None, query.topic)]
    if topic and not chosen:
        raise ParameterError(f"topic '{topic}' has no queries; accepted: {', '.join(sorted(library.topics()))}")
    chosen = [query for query in chosen if query.head.figure or not figures]
    if as_json:
        click.echo(json.dumps([_query_json(query) for query in chosen], indent=1, ensure_ascii=False))
    elif name:
        _print_query(chosen[0])
    else:
        _print_list(chosen)


def _print_list(chosen: list[SavedQuery]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("query", "question", "parameters"):
        table.add_column(title, overflow="fold", no_wrap=title == "query")
    for query in chosen:
        table.add_row(query.name, query.head.summary, ", ".join(param.name for param in query.params))
    show(table, answer_console())


def _print_query(query: SavedQuery) -> None:
    console = answer_console()
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
    for path in update_expected(library.values(), EmbeddedStore.in_memory(ensure_with_progress(settings).files)):
        click.echo(path)


def _query_json(query: SavedQuery) -> dict[str, Any]:
    return {
        "name": query.stem,
        "topic": query.topic,
        "summary": query.head.summary,
        "params": [param.name for param in query.params],
        "columns": [column.name for column in query.columns],
        **({"figure": query.head.figure.kind} if query.head.figure else {}),
    }


def _pairs(_context: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise click.BadParameter(f"'{value}' has no '='; accepted: name=value")
        pairs.setdefault(name, []).append(text)
    return pairs


def _names(_context: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",")) if value else ()


@click.command()
@click.argument("name", shell_complete=complete_query)
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    callback=_pairs,
    shell_complete=complete_parameter,
    help="Parameter as name=value; may be repeated for a list.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice((*RESULT_CHOICES, *CITATION_CHOICES)),
    help="Output format; by default a table, or the format of the output file's extension.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the answer to this file.")
@click.option(
    "--long",
    "long_form",
    type=click.Choice(LONG_FORMS),
    help="Give the results used in the answer as a table for meta-analysis; CSV unless --format names another.",
)
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the answer into this file: .svg, .png, .html, or .json for Vega-Lite (see `dualbio queries --figures`).",
)
@click.option("--theme", type=click.Choice(("light", "dark")), default="light", help="Background of the figure.")
@click.option("--cite", is_flag=True, help="Print a citation of the answer, and its sources as BibTeX, instead of it.")
@click.option("--bom", is_flag=True, help="Begin CSV or TSV with a byte order mark, so that Excel reads UTF-8.")
@own_queries
@own_folders
@click.option(
    "--part",
    type=click.Choice(PARTS),
    help="Print what the answer leaves out, or the studies in its scope without a number, instead of the answer.",
)
@click.option("--columns", callback=_names, help="Only these columns of the data, separated by commas.")
@click.option("--all-columns", is_flag=True, help="Every column of the data, instead of those for people.")
@click.option("--sort", callback=_names, help="Sort by these columns; a minus sorts one in descending order.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many rows.")
@click.option("--text", is_flag=True, help="Print the SPARQL text with the parameters filled in instead of the answer.")
@other_endpoint
@click.pass_obj
def query(
    settings: Settings,
    name: str,
    params: dict[str, list[str]],
    form: str | None,
    as_json: bool,
    output: Path | None,
    long_form: LongForm | None,
    figure: Path | None,
    theme: str,
    cite: bool,
    bom: bool,
    folder: Path | None,
    part: str | None,
    columns: tuple[str, ...],
    all_columns: bool,
    sort: tuple[str, ...],
    limit: int | None,
    text: bool,
    endpoint: str | None,
) -> None:
    """Run the saved query NAME (`topic/name`, or the name alone)."""
    chosen = "csv" if long_form and not (form or as_json or output) else _form(form, as_json, output)
    if bom and chosen not in _SHEETS:
        raise click.UsageError(f"--bom goes with {' and '.join(_SHEETS)}; found format '{chosen}'")
    values = {key: found[0] if len(found) == 1 else found for key, found in params.items()}
    store: Store
    if endpoint:
        store = remote_store(settings, endpoint)
        own = [folder] if folder else []
        result = run_query(Library.read_for((name,), *settings.query_folders, *own).find(name), store, values)
    else:
        database = open_database(settings, folder)
        store, saved = database.store, database.saved_query(name)
        result = run_query(saved, store, values, resolver=database.resolver, release=database.release_id)
    if text:
        click.echo(result.text)
        return
    if figure:
        result.figure().save(figure, theme)
        click.echo(f"{figure}: {counted(len(result), 'row')}", err=True)
        if not (form or as_json or output or cite or part):
            return
    if long_form:
        result = long_table(result, long_form, store, CitedSources(store))
        click.echo("\n".join([f"{counted(len(result), 'result')} of arms", *result.notes]), err=True)
    if cite:
        citation = result.cite()
        click.echo(f"{citation}\n\n{citation.bibtex}", nl=False)
        return
    if part:
        result = result.left_out if part == PARTS[0] else result.not_known
    total = len(result)
    result = result.sort(*sort).part(0, limit)
    if columns or all_columns:
        result = result.choose(columns or result.columns)
    write_result(result, chosen, output, CitedSources(store), bom=bom, fold=limit is None)
    if chosen == "table":
        shown = f"{len(result)} of {total}" if len(result) < total else total
        origin = f"release {result.release}" if result.release else endpoint
        click.echo(f"{shown} {'row' if total == 1 else 'rows'}, {origin}", err=True)


def _form(form: str | None, as_json: bool, output: Path | None) -> str:
    """Return the format that is asked for: by name, or by the name of the file.

    Raises:
        UsageError: the file extension is not that of a format.
    """
    if as_json or form or output is None:
        return "json" if as_json else form or "table"
    ending = output.suffix.removeprefix(".")
    accepted = (*RESULT_CHOICES[1:], *CITATION_CHOICES)
    if ending not in accepted:
        raise click.UsageError(
            f"'{output.name}' has no known file extension; accepted: .{', .'.join(accepted)}, or --format"
        )
    return ending


def write_result(
    result: QueryResult,
    form: str,
    output: Path | None = None,
    sources: CitedSources | None = None,
    *,
    bom: bool = False,
    fold: bool = False,
) -> None:
    """Write an answer in one of `RESULT_CHOICES`, to a file or to standard output; `fold` as `print_result` says."""
    if form == "table":
        if output is None:
            print_result(result, sources, fold=fold)
            return
        with output.open("w", encoding="utf-8") as file:
            print_result(result, sources, answer_console(file))
        return
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is binary; accepted: -o FILE, or a pipe")
    data = BYTE_ORDER_MARK * bom + _WRITERS[form](result)
    data = data if form == "parquet" or data.endswith(b"\n") else data + b"\n"
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        output.write_bytes(data)


def given_text(text: str) -> str:
    """Return the query that an argument gives: the text itself, the content of that file, or, for `-`, the input."""
    if text == "-":
        text = sys.stdin.read()
    elif _is_file(text):
        text = Path(text).read_text(encoding="utf-8")
    return without_mark(text)


def _is_file(text: str) -> bool:
    try:
        return not text.rstrip().endswith("}") and Path(text).is_file()
    except OSError:  # longer than the name of a file can be
        return False


@click.command()
@click.argument("text", default="-")
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    type=click.Choice((*RESULT_CHOICES, *GRAPH_CHOICES)),
    help="Output format.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@own_folders
@other_endpoint
@click.pass_obj
def sparql(settings: Settings, text: str, form: str, as_json: bool, endpoint: str | None) -> None:
    """Evaluate a SPARQL query: the TEXT itself, the file TEXT, or `-` for standard input."""
    text = given_text(text)
    form = "json" if as_json else form
    answer = remote_store(settings, endpoint).query(text) if endpoint else open_database(settings).sparql(text)
    if isinstance(answer, ox.QueryBoolean):
        click.echo(json.dumps({"head": {}, "boolean": bool(answer)}) if form == "json" else str(bool(answer)).lower())
    elif isinstance(answer, ox.QueryTriples):
        from dualbio.rdf.triples import write_triples  # noqa: PLC0415 - saved queries do without

        write_triples(answer, sys.stdout.buffer, GRAPH_CHOICES.get(form, ox.RdfFormat.TURTLE))
    else:
        columns = tuple(variable.value for variable in answer.variables)
        try:
            rows = tuple(tuple(solution[column] for column in columns) for solution in answer)
        except (OSError, RuntimeError, ValueError) as error:  # evaluation goes on while rows are read
            raise StoreError(f"the query ended: {error}") from error
        write_result(QueryResult(columns, rows), form if form in RESULT_CHOICES else "table")
