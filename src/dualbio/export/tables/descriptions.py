"""Metadata of the CSV tables for tools: CSVW and a Data Package, with the same content.

(Model for Tabular Data and Metadata on the Web, W3C Recommendation of 17 December 2015; Tabular Data Package of
https://specs.frictionlessdata.io.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dualbio.export.tables.columns import SEPARATOR, TABLES, Column, columns_of
from dualbio.export.tables.rows import Table
from dualbio.model.namespaces import LICENCE, term

__all__ = ["csvw_metadata", "data_package", "foreign_keys", "property_of"]

_TYPES = {"integer": "integer", "decimal": "number", "boolean": "boolean", "string": "string"}
#: How the CSV files are written (RFC 4180), in the words of CSV Dialect. A reader without them guesses,
#: and may take the sign between several values for the one between columns.
_DIALECT: dict[str, str | bool] = {
    "delimiter": ",",
    "lineTerminator": "\r\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "skipInitialSpace": False,
    "header": True,
}


def csvw_metadata(tables: Sequence[Table]) -> dict[str, Any]:
    """Return the CSVW description of the tables: datatypes, meanings, keys, and which column refers to which table."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": "dualbio, a table per kind",
        "dc:license": {"@id": LICENCE},
        "tables": [
            {
                "url": f"{table.name}.csv",
                "dc:title": table.name,
                "tableSchema": {
                    "aboutUrl": "{+iri}",
                    "primaryKey": "id",
                    "columns": [_describe(table, column) for column in table.columns],
                    "foreignKeys": [
                        {
                            "columnReference": column.name,
                            "reference": {"resource": f"{TABLES[kind]}.csv", "columnReference": "id"},
                        }
                        for column, kind in foreign_keys(table.kind)
                    ],
                },
            }
            for table in tables
        ],
    }


def foreign_keys(kind: str) -> Iterator[tuple[Column, str]]:
    """Yield the columns of a table that name a row of another one in every row, with the kind of those rows.

    A key with an empty cell is no key to the validators of CSVW; columns with gaps join all the same.
    """
    for column in columns_of(kind):
        if column.kind and column.required and not column.many:
            yield column, column.kind


def property_of(column: Column) -> str | None:
    """Return the IRI of the property that a column shows."""
    return term(column.property).value if column.property else None


def _describe(table: Table, column: Column) -> dict[str, Any]:
    told = {
        "name": column.name,
        "titles": column.name,
        "rdfs:label": table.label(column),
        "dc:description": table.meaning(column),
        "datatype": column.datatype,
        "separator": SEPARATOR if column.many else None,
        "propertyUrl": property_of(column),
        "required": column.required or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def data_package(tables: Sequence[Table]) -> dict[str, Any]:
    """Return the tables as a Data Package: types, keys, and which column names rows of which table."""
    return {
        "profile": "tabular-data-package",
        "name": "dualbio",
        "title": "dualbio, a table per kind",
        "licenses": [{"name": "CC-BY-4.0", "path": LICENCE}],
        "resources": [_resource(table) for table in tables],
    }


def _resource(table: Table) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": _DIALECT,
        "schema": {
            "fields": [_package_field(table, column) for column in table.columns],
            "primaryKey": "id",
            "missingValues": [""],
            "foreignKeys": [
                {"fields": column.name, "reference": {"resource": TABLES[kind], "fields": "id"}}
                for column, kind in foreign_keys(table.kind)
            ],
        },
    }


def _package_field(table: Table, column: Column) -> dict[str, Any]:
    meaning = table.meaning(column) or table.label(column)
    told: dict[str, Any] = {
        "name": column.name,
        "type": "string" if column.many else _TYPES[column.datatype],
        "title": table.label(column),
        "description": f"{meaning} Several values are separated by {SEPARATOR}" if column.many else meaning,
    }
    if column.property:
        told["rdfType"] = property_of(column)
    if column.required:
        told["constraints"] = {"required": True}
    return told
