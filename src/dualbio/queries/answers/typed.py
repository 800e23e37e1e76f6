"""Cells of an answer in their declared types: RDF literals, Python values, an Arrow table.

A query may show a number in its printed form, as text; its column says that it is a number. The literal then gets the
datatype and keeps its form, so that 0.50 is a number for programs and still two digits for readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import pyoxigraph as ox

from dualbio.errors import MissingExtraError, QueryFileError
from dualbio.model.namespaces import PREFIXES
from dualbio.model.rdf_terms import Term

__all__ = [
    "Cell",
    "ColumnType",
    "arrow_table",
    "cast_rows",
    "is_whole",
    "order_key",
    "plain_value",
    "safe_cell",
    "safe_text",
    "short_number",
    "usual_types",
]

#: What a cell of an answer can be; None where the variable is unbound.
Cell = Term | None

ColumnType = Literal["string", "integer", "decimal", "boolean", "date", "datetime"]

_XSD = PREFIXES["xsd"]
_STRING = f"{_XSD}string"
_DECIMAL = f"{_XSD}decimal"
_INTEGERS = frozenset(f"{_XSD}{name}" for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"))
_REALS = frozenset(f"{_XSD}{name}" for name in ("decimal", "double", "float"))
#: The datatypes that a column of a type accepts, and the form of a text that is one of its values.
_ACCEPTED: Mapping[ColumnType, tuple[frozenset[str], re.Pattern[str]]] = {
    "integer": (_INTEGERS, re.compile(r"[+-]?[0-9]+")),
    "decimal": (_INTEGERS | _REALS, re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")),
    "boolean": (frozenset({f"{_XSD}boolean"}), re.compile("true|false")),  # or 1 and 0, of engines without booleans
    "date": (frozenset({f"{_XSD}date"}), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")),
    "datetime": (frozenset({f"{_XSD}dateTime"}), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)")),
}
_DATATYPES = {"datetime": "dateTime"}
_DIGITS = ox.Literal(0), ox.Literal(1)
#: Columns that mean the same in every query; their type where a head declares none and every cell is such a value.
_COUNTS = ("events", "total", "combinationEvents", "combinationTotal", "otherEvents", "otherTotal")
_NUMBERS = ("week", "value", "percent", "personYears", "estimate", "low", "high", "intervalLevel", "p")
_USUAL: Mapping[str, ColumnType] = {**dict.fromkeys(_COUNTS, "integer"), **dict.fromkeys(_NUMBERS, "decimal")}
#: Signs by which a spreadsheet takes a text for a formula (OWASP, CSV Injection), and the numbers that may have one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: A sign alone computes nothing: spreadsheets keep a cell with nothing after `=` as text (in LibreOffice
#: `ScColumn::ParseString`), so that the operator of a p value reads as itself.
_OPERATOR = "="
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def cast_rows(
    rows: Iterable[Sequence[Cell]], columns: Sequence[str], types: Mapping[str, ColumnType], query: str
) -> tuple[tuple[Cell, ...], ...]:
    """Return rows in which every literal has the type of its column; a text keeps its form.

    Args:
        rows: cells in the order of `columns`.
        columns: the names of the columns.
        types: the declared type by column; cells of other columns stay as they are.
        query: what a message calls the query.

    Raises:
        QueryFileError: a cell is not of the type that its column declares.
    """
    kinds = [types.get(column) for column in columns]
    return tuple(
        tuple(
            cell if kind is None or cell is None else _cast(cell, kind, column, query)
            for cell, kind, column in zip(row, kinds, columns, strict=True)
        )
        for row in rows
    )


def usual_types(
    rows: Sequence[Sequence[Cell]], columns: Sequence[str], declared: Mapping[str, ColumnType]
) -> dict[str, ColumnType]:
    """Return the types of columns: those declared, and the usual ones of others whose cells all are such values."""
    found = dict(declared)
    for position, column in enumerate(columns):
        kind = _USUAL.get(column)
        if kind and column not in found and all(row[position] is None or _fits(row[position], kind) for row in rows):
            found[column] = kind
    return found


def _fits(cell: Cell, kind: ColumnType) -> bool:
    accepted, form = _ACCEPTED[kind]
    if not isinstance(cell, ox.Literal):
        return False
    return cell.datatype.value in accepted or bool(cell.datatype.value == _STRING and form.fullmatch(cell.value))


def _cast(cell: Term, kind: ColumnType, column: str, query: str) -> Cell:
    if kind == "string":
        return cell
    if kind == "boolean" and cell in _DIGITS:
        return ox.Literal(cell == _DIGITS[1])
    if isinstance(cell, ox.Literal) and _fits(cell, kind):
        if cell.datatype.value != _STRING:
            return cell
        name = "integer" if kind == "decimal" and "." not in cell.value else _DATATYPES.get(kind, kind)
        return ox.Literal(cell.value, datatype=ox.NamedNode(f"{_XSD}{name}"))
    raise QueryFileError(
        f"query '{query}': column '{column}' holds '{cell.value[:100]}'; accepted: {kind}, as its head declares; "
        "repair: select a value of that type, or declare another"
    )


def safe_text(text: str) -> str:
    r"""Return a text that no spreadsheet takes for a formula: one that begins like it has an apostrophe before it.

    >>> safe_text("=1+1"), safe_text("-5.2"), safe_text("=")
    ("'=1+1", '-5.2', '=')
    """
    begins_so = text.startswith(_FORMULA) and text != _OPERATOR
    return f"'{text}" if begins_so and not _NUMBER.fullmatch(text) else text


def safe_cell(cell: Cell) -> Cell:
    """Return a cell whose text no spreadsheet takes for a formula."""
    if isinstance(cell, ox.Literal) and safe_text(cell.value) != cell.value:
        return ox.Literal(safe_text(cell.value), language=cell.language)
    return cell


def short_number(cell: Cell) -> Cell:
    """Return a cell in which a whole xsd:decimal has a decimal point, as the short form of SPARQL needs it.

    >>> str(short_number(ox.Literal("-8", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))))
    '"-8.0"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    """
    if isinstance(cell, ox.Literal) and cell.datatype.value == _DECIMAL and "." not in cell.value:
        return ox.Literal(f"{cell.value}.0", datatype=cell.datatype)
    return cell


def plain_value(cell: Cell) -> Any:
    """Return the Python value of a cell: int, float, bool, date, datetime or None; everything else as text.

    >>> plain_value(ox.Literal(12)), plain_value(ox.NamedNode("https://example.org/a"))
    (12, 'https://example.org/a')
    """
    datatype = cell.datatype.value if isinstance(cell, ox.Literal) else None
    if cell is None:
        return None
    if datatype in _INTEGERS:
        return int(cell.value)
    if datatype in _REALS:
        return float(cell.value)
    if datatype == f"{_XSD}boolean":
        return cell.value in ("true", "1")
    if datatype == f"{_XSD}date":
        return date.fromisoformat(cell.value[:10])
    if datatype == f"{_XSD}dateTime":
        moment = datetime.fromisoformat(cell.value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return cell.value


def is_whole(cell: Cell) -> bool:
    """Return whether a cell is a whole number, as counts are."""
    return isinstance(cell, ox.Literal) and cell.datatype.value in _INTEGERS


def order_key(cell: Cell) -> tuple[int, Any]:
    """Return what cells of a column are put in order by: numbers before dates before texts, texts without case."""
    value = plain_value(cell)
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, date) else (2, str(value).casefold())


def arrow_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], types: Mapping[str, ColumnType]) -> Any:
    """Return an Arrow table: a column has the type that it declares, else the one that fits all its cells.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise MissingExtraError("analysis", "a typed table") from error
    arrow = {
        "string": pa.string(),
        "integer": pa.int64(),
        "decimal": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", tz="UTC"),
    }
    arrays = []
    for position, column in enumerate(columns):
        cells = [row[position] for row in rows]
        kind = types.get(column) or _common_type(cells)
        values = [cell.value if cell else None for cell in cells] if kind == "string" else map(plain_value, cells)
        arrays.append(pa.array(list(values), arrow[kind]))
    return pa.table(arrays, names=list(columns))


def _common_type(cells: Iterable[Cell]) -> ColumnType:
    found = {cell.datatype.value if isinstance(cell, ox.Literal) else _STRING for cell in cells if cell is not None}
    return next((kind for kind, (accepted, _) in _ACCEPTED.items() if found and found <= accepted), "string")
