"""Pages of the saved queries: the form with its fields, the table with its links, the lines to copy."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from flask import Response, request

from dualbio.namespaces import BASE, KINDS, compress
from dualbio.queries import Parameter, Resolver, Result, SavedQuery
from dualbio_server.documents import page
from dualbio_server.links import host_url, local_path

__all__ = ["Field", "answer_page", "list_entry"]

#: A parameter with up to this many values is a choice of boxes, one with more a text field with suggestions.
_FEW = 12
_MANY = 500

#: Columns that hold the key of an individual, and its kind.
_KEYS = {"studyKey": "study", "otherKey": "study", "lesson": "lesson", "finding": "finding", "gap": "gap"}

#: Formats offered for download, by extension.
_DOWNLOADS = (
    ("csv", "CSV"),
    ("tsv", "TSV"),
    ("json", "JSON"),
    ("xml", "XML"),
    ("md", "Markdown"),
    ("parquet", "Parquet"),
    ("rq", "SPARQL"),
)


@dataclass(frozen=True)
class Field:
    """A field of the form: the parameter, its choices (None for a text field), suggestions, and what is entered."""

    param: Parameter
    choices: tuple[str, ...] | None
    suggestions: tuple[str, ...]
    given: tuple[str, ...]
    default: str


@dataclass(frozen=True)
class TableCell:
    """A cell of the table: its text, where it leads, and whether it is a number."""

    text: str
    href: str | None = None
    number: bool = False


def list_entry(query: SavedQuery, href: str) -> dict[str, Any]:
    """Return what the list tells about a query."""
    return {
        "name": query.name,
        "topic": query.topic,
        "summary": query.head.summary,
        "description": query.head.description,
        "tags": list(query.head.tags),
        "params": [_told(param, query) for param in query.params],
        "columns": [
            {"name": c.name, "meaning": c.meaning, **({"unit": c.unit} if c.unit else {})} for c in query.columns
        ],
        "href": href,
    }


def _told(param: Parameter, query: SavedQuery) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": param.name,
        "type": param.type,
        "list": param.list,
        "description": param.description,
        "example": ",".join(map(str, param.examples)),
        "required": not query.defaults[param.name],
    }
    defaults = [compress(term.value) for term in query.defaults[param.name] if term is not None]
    if defaults:
        told["default"] = defaults
    if param.values:
        told["values"] = list(param.values)
    return told


def answer_page(
    query: SavedQuery,
    given: dict[str, object],
    result: Result | None,
    resolver: Resolver,
    *,
    offset: int = 0,
    limit: int | None = None,
    notice: str | None = None,
) -> Response:
    """Return the page of a query: form, rows from `offset` on, downloads and lines to copy."""
    pairs = [(name, value) for name, values in given.items() for value in _texts(values)]
    here = f"{request.script_root}/queries/{query.name}"
    asked = f"?{urlencode(pairs)}" if pairs else ""
    part = result.part(offset, limit) if result is not None else None
    total = len(result) if result is not None else 0
    size = limit or total or 1
    return page(
        "queries_answer.html",
        title=query.head.summary,
        query=query,
        fields=[_field(param, query, given, resolver) for param in query.params],
        headings=[(column, _heading(column.name)) for column in query.columns],
        rows=[_cells(part.columns, row) for row in part.rows] if part is not None else None,
        total=total,
        first=offset + 1,
        last=offset + len(part.rows) if part is not None else 0,
        previous=_turn(here, pairs, size, offset - size) if offset else None,
        following=_turn(here, pairs, size, offset + size) if offset + size < total else None,
        downloads=[(name, f"{here}.{extension}{asked}") for extension, name in _DOWNLOADS],
        snippets=_snippets(query, pairs),
        here=here,
        notice=notice,
    )


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]


def _turn(here: str, pairs: Sequence[tuple[str, str]], size: int, offset: int) -> str:
    return f"{here}?{urlencode([*pairs, ('limit', size), ('offset', max(0, offset))])}"


def _field(param: Parameter, query: SavedQuery, given: dict[str, object], resolver: Resolver) -> Field:
    entered = tuple(_texts(given[param.name])) if param.name in given else ()
    names = param.values or ()
    if param.type == "boolean":
        names = ("true", "false")
    elif param.type in KINDS:
        names = tuple(resolver.names(param.type, param.scheme))
    few = bool(names) and len(names) <= _FEW
    if few:
        entered = tuple(_choice(text, param, resolver) for value in entered for text in value.split(","))
    return Field(
        param,
        tuple(names) if few else None,
        () if few or len(names) > _MANY else tuple(names),
        entered if few else (", ".join(entered),) if entered else (),
        ", ".join(_shown(term, param, resolver) for term in query.defaults[param.name] if term is not None),
    )


def _choice(text: str, param: Parameter, resolver: Resolver) -> str:
    """Return the name among the choices that an entered text stands for."""
    if param.type not in KINDS:
        return text.strip()
    key = resolver.resolve(text, param.type, param.scheme).value.removeprefix(f"{BASE}{param.type}/")
    return key.removeprefix(f"{param.scheme}.") if param.scheme else key


def _shown(term: ox.NamedNode | ox.Literal, param: Parameter, resolver: Resolver) -> str:
    label = resolver.label(term.value) if isinstance(term, ox.NamedNode) else None
    if label:
        return label
    key = term.value.removeprefix(f"{BASE}{param.type}/")
    return key.removeprefix(f"{param.scheme}.") if param.scheme else key


def _heading(column: str) -> str:
    """Return the words of a column's name: `studyName` is the study, `checkLevel` the check level."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).lower()
    return words.removesuffix(" name")


def _cells(columns: Sequence[str], row: Sequence[Any]) -> list[TableCell]:
    return [_cell(column, value) for column, value in zip(columns, row, strict=True)]


def _cell(column: str, value: ox.NamedNode | ox.Literal | ox.BlankNode | None) -> TableCell:
    if value is None:
        return TableCell("")
    if isinstance(value, ox.NamedNode):
        return TableCell(compress(value.value), local_path(value.value))
    text = value.value
    if column in _KEYS and isinstance(value, ox.Literal):
        return TableCell(text, local_path(f"{BASE}{_KEYS[column]}/{text}"))
    if text.startswith(("https://", "http://")) and not any(sign in text for sign in ' <>"'):
        return TableCell(text, text)
    return TableCell(text, number=text.lstrip("-<>").replace(".", "", 1).isdigit())


def _snippets(query: SavedQuery, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the lines that get this answer: with curl, in Python, in R, and in the shell of dualbio."""
    address = f"{host_url()}/queries/{quote(query.name)}.csv" + (f"?{urlencode(pairs)}" if pairs else "")
    options = "".join(f" -p {shlex.quote(f'{name}={value}')}" for name, value in pairs)
    return [
        ("Shell", f"curl {shlex.quote(address)}"),
        ("Python", f"import pandas as pd\n\nanswer = pd.read_csv({address!r})"),
        ("R", f'answer <- read.csv("{address}")'),
        ("dualbio", f"dualbio query {query.name}{options} --format csv"),
    ]
