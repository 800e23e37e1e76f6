"""Pages of the saved queries: the form with its fields, the table with its links, the lines to copy."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from flask import Response, request

from dualbio.errors import ParameterError
from dualbio.namespaces import BASE, KINDS, compress
from dualbio.queries import Parameter, Resolver, Result, SavedQuery, Sources
from dualbio.queries.result import Cell
from dualbio.queries.sources import SOURCE_COLUMNS
from dualbio_server.documents import page
from dualbio_server.links import host_url, local_path

__all__ = ["Field", "Names", "answer_page", "asked_pairs", "list_entry"]

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
    """A field of the form: its parameter, choices (None for a text field), suggestions, what is entered and wrong."""

    param: Parameter
    choices: tuple[str, ...] | None
    suggestions: tuple[str, ...]
    given: tuple[str, ...]
    default: str
    fault: str | None = None


@dataclass(frozen=True)
class Names:
    """What things and sources are called in the release."""

    resolver: Resolver
    sources: Sources


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
    names: Names,
    *,
    offset: int = 0,
    limit: int | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    """Return the page of a query: form with what is wrong beside its field, rows from `offset` on, lines to copy."""
    faults = faults or {}
    own = [param.name for param in query.params]
    pairs = asked_pairs(given)
    here = f"{request.script_root}/queries/{query.name}"
    asked = f"?{urlencode(pairs)}" if pairs else ""
    part = result.part(offset, limit) if result is not None else None
    total = len(result) if result is not None else 0
    size = limit or total or 1
    empty = _empty(result) if result is not None else []
    shown = [column.name for column in query.columns if column.name not in empty]
    if "studyName" in shown and "studyKey" in shown:
        shown.remove("studyKey")  # the name leads to the study
    return page(
        "queries_answer.html",
        title=query.head.summary,
        query=query,
        fields=[
            replace(_field(param, query, given, names.resolver), fault=_beside(faults.get(param.name), param))
            for param in query.params
        ],
        headings=[(column, _heading(column.name)) for column in query.columns if column.name in shown],
        rows=[_cells(part.columns, row, names.sources, shown) for row in part.rows] if part is not None else None,
        empty=[_heading(name) for name in empty] if total else [],
        total=total,
        first=offset + 1,
        last=offset + len(part.rows) if part is not None else 0,
        previous=_turn(here, pairs, size, offset - size) if offset else None,
        following=_turn(here, pairs, size, offset + size) if offset + size < total else None,
        downloads=[(name, f"{here}.{extension}{asked}") for extension, name in _DOWNLOADS],
        snippets=_snippets(query, [*pairs, *_missing(query, given)]),
        here=here,
        notices=[fault for name, fault in faults.items() if name not in own],
    )


def asked_pairs(given: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the parameters that are given as the pairs of a query string."""
    return [(name, value) for name, values in given.items() for value in _texts(values)]


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
    try:
        key = resolver.resolve(text, param.type, param.scheme).value.removeprefix(f"{BASE}{param.type}/")
    except ParameterError:  # told beside the field
        return text.strip()
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


def _beside(fault: str | None, param: Parameter) -> str | None:
    """Return what is wrong with a field, without the name that stands before it."""
    return fault.removeprefix(f"parameter '{param.name}': ") if fault else None


def _empty(result: Result) -> list[str]:
    """Return the columns without a value in any row."""
    return [name for i, name in enumerate(result.columns) if all(row[i] is None for row in result.rows)]


def _cells(columns: Sequence[str], row: Sequence[Cell], sources: Sources, shown: Sequence[str]) -> list[TableCell]:
    cells = dict(zip(columns, row, strict=True))
    texts = {name: value.value for name, value in cells.items() if value is not None}
    study = texts.get("studyKey")
    named = {name: sources.find(texts[name], study) for name in SOURCE_COLUMNS & texts.keys()}
    leading = {name: local_path(source.iri) for name, source in named.items() if source}
    if study is not None:
        leading["studyName"] = local_path(f"{BASE}study/{study}")
    return [
        TableCell(texts[name], leading[name]) if name in texts and name in leading else _cell(name, cells[name])
        for name in shown
    ]


def _cell(column: str, value: Cell) -> TableCell:
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


def _missing(query: SavedQuery, given: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the examples of the parameters that must be given and are not."""
    missing = [param for param in query.params if param.name not in given and not query.defaults[param.name]]
    return [(param.name, str(example)) for param in missing for example in param.examples]


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
