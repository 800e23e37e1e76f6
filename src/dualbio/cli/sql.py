"""`dualbio sql`: questions in SQL over the tables of the release."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click
import pyoxigraph as ox

from dualbio.cli.common_options import open_database, own_folders
from dualbio.cli.query import RESULT_CHOICES, given_text, write_result
from dualbio.export.tables.columns import SEPARATOR
from dualbio.model.namespaces import term
from dualbio.queries import Cell, QueryResult
from dualbio.settings import Settings

__all__ = ["sql"]

_DECIMAL = term("xsd:decimal")


@click.command()
@click.argument("text", default="-")
@click.option(
    "--format", "form", default="table", show_default=True, type=click.Choice(RESULT_CHOICES), help="Output format."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; by default standard output.")
@own_folders
@click.pass_obj
def sql(settings: Settings, text: str, form: str, output: Path | None) -> None:
    """Evaluate SQL over the tables of the release: the TEXT itself, the file TEXT, or `-` for standard input.

    `dualbio export --format table-reference` lists the tables and their columns; DuckDB evaluates the text.
    """
    found = open_database(settings).sql(given_text(text))
    rows = tuple(tuple(map(_cell, row)) for row in found.fetchall())
    write_result(QueryResult(tuple(found.columns), rows), form, output)


def _cell(value: object) -> Cell:
    """Return a value as a term; several values are one text, as in a table of CSV."""
    if value is None:
        return None
    if isinstance(value, list):
        return ox.Literal(SEPARATOR.join(map(str, value)))
    if isinstance(value, Decimal):
        return ox.Literal(str(value), datatype=_DECIMAL)
    return ox.Literal(value if isinstance(value, bool | int | float) else str(value))
