"""One table per kind of thing: CSV with CSVW metadata, and Parquet.

A row is an individual, a column a property; links are CURIEs, so that tables join by `id`. What a study, arm or regimen
consists of has tables of its own, whose rows name the whole they belong to. Inferred values are in, as in the graph.
(Model for Tabular Data and Metadata on the Web, W3C Recommendation of 17 December 2015.)
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from dualbio.describe import is_part, label_of, literal_of
from dualbio.errors import MissingExtraError
from dualbio.export.dump import open_beside
from dualbio.export.prefixes import compact
from dualbio.namespaces import BASE, PREFIXES, VOCABULARY, compress
from dualbio.store.embedded import EmbeddedStore

__all__ = ["TABLES", "Column", "Table", "csvw_metadata", "read_tables", "write_csv", "write_parquet", "write_tables"]

#: Kinds that have a table, and the name of it.
TABLES: dict[str, str] = {
    "study": "studies",
    "edge": "mechanism-edges",
    "arm": "arms",
    "regimen": "regimens",
    "step": "regimen-steps",
    "result": "results",
    "comparison": "comparisons",
    "source": "sources",
    "overlap": "overlaps",
    "lesson": "lessons",
    "support": "supports",
    "finding": "findings",
    "measure": "measures",
    "interaction": "interactions",
    "gap": "gaps",
    "estimate": "estimates",
    "pair": "pairs",
    "drug": "drugs",
    "drug-class": "drug-classes",
    "target": "targets",
    "mechanism": "mechanisms",
    "cell": "cells",
    "process": "processes",
    "disease": "diseases",
    "outcome": "outcomes",
    "ae": "adverse-events",
    "biomarker": "biomarkers",
    "value": "values",
}

_XSD = PREFIXES["xsd"]
#: Properties of other vocabularies that become columns, and their names.
_OUTSIDE = {
    "skos:definition": "definition",
    "skos:altLabel": "synonym",
    "skos:note": "note",
    "dcterms:description": "description",
}
_DATATYPES = {f"{_XSD}integer": "integer", f"{_XSD}decimal": "decimal", f"{_XSD}boolean": "boolean"}
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"

Cell = str | None
Row = dict[str, list[str]]


@dataclass(frozen=True)
class Column:
    """A column: its name, label, meaning, property, CSVW datatype, and what parts its values (None for one value).

    `kind` is the kind that every value names, where it is one kind.
    """

    name: str
    label: str
    definition: str | None
    property: str | None
    datatype: str = "string"
    separator: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Table:
    """A table: the kind of its rows, its columns, and its rows as lists of values, in order of `id`."""

    kind: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """The name of the table and its files."""
        return TABLES[self.kind]

    @cached_property
    def ids(self) -> frozenset[str]:
        """The values of the column `id`."""
        return frozenset(row["id"][0] for row in self.rows)


def read_tables(store: EmbeddedStore) -> tuple[Table, ...]:
    """Return a table for each kind that the release has."""
    by_kind: dict[str, dict[ox.NamedNode, list[ox.Quad]]] = {kind: {} for kind in TABLES}
    for quad in store.store:
        subject = quad.subject
        if isinstance(subject, ox.NamedNode) and subject.value.startswith(BASE):
            kind = subject.value.removeprefix(BASE).partition("/")[0]
            if kind in by_kind:
                by_kind[kind].setdefault(subject, []).append(quad)
    return tuple(_table(store, kind, things) for kind, things in by_kind.items() if things)


def _table(store: EmbeddedStore, kind: str, things: dict[ox.NamedNode, list[ox.Quad]]) -> Table:
    terms: dict[str, set[ox.NamedNode | ox.Literal]] = {}
    properties: dict[str, ox.NamedNode] = {}
    rows = []
    for node in sorted(things, key=str):
        row: Row = {"id": [compact(node.value)], "iri": [node.value], "label": [label_of(store, node)]}
        for quad in sorted(things[node], key=str):
            name = _column_name(quad.predicate)
            if name is None or not isinstance(quad.object, ox.NamedNode | ox.Literal) or _leads_inside(quad):
                continue
            properties[name] = quad.predicate
            terms.setdefault(name, set()).add(quad.object)
            values = row.setdefault(name, [])
            text = compact(quad.object.value) if isinstance(quad.object, ox.NamedNode) else quad.object.value
            if text not in values:
                values.append(text)
        rows.append(row)
    columns = [_column(store, name, properties[name], terms[name], rows) for name in sorted(terms, key=_rank)]
    return Table(kind, (*_FIXED, *columns), tuple(rows))


_FIXED = (
    Column("id", "id", "Short name of the thing, by which tables join.", None),
    Column("iri", "IRI", "Address of the thing.", None),
    Column("label", "label", "What the thing is called.", f"{PREFIXES['rdfs']}label"),
)


def _column_name(predicate: ox.NamedNode) -> str | None:
    short = compress(predicate.value)
    if predicate.value.startswith(VOCABULARY):
        return predicate.value.removeprefix(VOCABULARY)
    return _OUTSIDE.get(short)


def _leads_inside(quad: ox.Quad) -> bool:
    """Say whether a triple leads from a whole to its part, which has a table of its own."""
    whole, part = quad.subject, quad.object
    return isinstance(whole, ox.NamedNode) and isinstance(part, ox.NamedNode) and is_part(part, whole)


def _rank(name: str) -> tuple[bool, str]:
    return name != "key", name


def _column(
    store: EmbeddedStore,
    name: str,
    predicate: ox.NamedNode,
    terms: Iterable[ox.NamedNode | ox.Literal],
    rows: Sequence[Row],
) -> Column:
    literals = [each for each in terms if isinstance(each, ox.Literal)]
    kinds = {_kind(each.value) for each in terms if isinstance(each, ox.NamedNode)}
    datatypes = {_DATATYPES.get(each.datatype.value, "string") for each in literals}
    if datatypes == {"integer", "decimal"}:
        datatypes = {"decimal"}
    one = len(datatypes) == 1 and not kinds
    many = any(len(row.get(name, ())) > 1 for row in rows)
    return Column(
        name=name,
        label=label_of(store, predicate),
        definition=literal_of(store, predicate, ("skos:definition", "IAO:0000115")),
        property=predicate.value,
        datatype=datatypes.pop() if one else "string",
        separator=_separator(value for row in rows for value in row.get(name, ())) if many else None,
        kind=kinds.pop() if len(kinds) == 1 and not literals else None,
    )


def _kind(iri: str) -> str:
    return iri.removeprefix(BASE).partition("/")[0] if iri.startswith(BASE) else ""


def _separator(values: Iterable[str]) -> str:
    """Return a sign that no value holds."""
    used = set("".join(values))
    return next(sign for sign in ("|", ";", "\u2016", "\u241f") if sign not in used)


# --- files ------------------------------------------------------------------------------------------------------------


def write_tables(tables: Sequence[Table], folder: Path, form: str) -> tuple[Path, ...]:
    """Write every table below `folder` as `csv` (with `csv-metadata.json`) or `parquet`; return the files.

    Raises:
        MissingExtraError: Parquet without the package pyarrow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for table in tables:
        files.append(folder / f"{table.name}.{form}")
        write_parquet(table, files[-1]) if form == "parquet" else write_csv(table, files[-1])
    if form == "csv":
        files.append(folder / "csv-metadata.json")
        with open_beside(files[-1]) as stream:
            stream.write(json.dumps(csvw_metadata(tables), ensure_ascii=False, indent=1).encode() + b"\n")
    return tuple(files)


def write_csv(table: Table, file: Path) -> None:
    """Write a table as CSV (RFC 4180) in UTF-8; a cell without a value is empty."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.name for column in table.columns)
    for row in table.rows:
        writer.writerow((column.separator or "").join(row.get(column.name, ())) for column in table.columns)
    with open_beside(file) as stream:
        stream.write(text.getvalue().encode())


def write_parquet(table: Table, file: Path) -> None:
    """Write a table as Parquet: numbers as numbers, several values as lists, no value as null.

    Raises:
        MissingExtraError: the package pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - part of an extra
        from pyarrow import parquet  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise MissingExtraError("analysis", "Parquet") from error
    types = {"integer": pa.int64(), "decimal": pa.float64(), "boolean": pa.bool_(), "string": pa.string()}
    fields = [
        pa.field(
            column.name,
            pa.list_(types[column.datatype]) if column.separator else types[column.datatype],
            metadata={"label": column.label, **({"property": column.property} if column.property else {})},
        )
        for column in table.columns
    ]
    arrays = [list(_values(table, column)) for column in table.columns]
    schema = pa.schema(fields, metadata={"license": _LICENCE, "kind": table.kind})
    with open_beside(file) as stream:
        parquet.write_table(pa.table(arrays, schema=schema), stream, compression="zstd")


_READ: dict[str, Callable[[str], Any]] = {"integer": int, "decimal": float, "boolean": "true".__eq__, "string": str}


def _values(table: Table, column: Column) -> Iterator[Any]:
    read = _READ[column.datatype]
    for row in table.rows:
        values = [read(text) for text in row.get(column.name, ())]
        yield values if column.separator else next(iter(values), None)


def csvw_metadata(tables: Sequence[Table]) -> dict[str, Any]:
    """Return the CSVW description of the tables: datatypes, meanings, keys, and which column refers to which table."""
    known = {table.kind: table for table in tables}
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": "dualbio, a table per kind",
        "dc:license": {"@id": _LICENCE},
        "tables": [
            {
                "url": f"{table.name}.csv",
                "dc:title": table.name,
                "tableSchema": {
                    "aboutUrl": "{+iri}",
                    "primaryKey": "id",
                    "columns": [_describe(column) for column in table.columns],
                    "foreignKeys": list(_foreign_keys(table, known)),
                },
            }
            for table in tables
        ],
    }


def _describe(column: Column) -> dict[str, Any]:
    told = {
        "name": column.name,
        "titles": column.name,
        "rdfs:label": column.label,
        "dc:description": column.definition,
        "datatype": column.datatype,
        "separator": column.separator,
        "propertyUrl": column.property,
        "required": True if column.name in ("id", "iri", "label") else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _foreign_keys(table: Table, known: dict[str, Table]) -> Iterator[dict[str, Any]]:
    for column in table.columns:
        target = known.get(column.kind or "")
        named = {value for row in table.rows for value in row.get(column.name, ("",))}
        # A key with an empty cell is no key to the validators; such columns join all the same.
        if target and not column.separator and named <= target.ids:
            reference = {"resource": f"{target.name}.csv", "columnReference": "id"}
            yield {"columnReference": column.name, "reference": reference}
