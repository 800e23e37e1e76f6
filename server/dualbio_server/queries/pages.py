"""Pages of the saved queries: the form with its fields, the table with its links, the lines to copy."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from flask import Response, request

from dualbio.errors import ParameterError
from dualbio.model.namespaces import BASE, KINDS, compress
from dualbio.model.rdf_terms import GroundTerm
from dualbio.queries import PARTS, CitedSources, Parameter, QueryResult, Resolver, SavedQuery
from dualbio.queries.answers.layout import is_number
from dualbio.queries.answers.reading import Piece, Reading, ShownColumn, heading, plain_reading
from dualbio.queries.answers.typed import Cell
from dualbio.queries.sources import SOURCE_COLUMNS
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.documents import page
from dualbio_server.entities.labels import page_label
from dualbio_server.http.language import page_language, say
from dualbio_server.http.links import corrected, host_url, local_path
from dualbio_server.queries.browsing import Browsing
from dualbio_server.queries.in_language import AS_THEY_ARE, called, in_language, labels_in_cell, named, words
from dualbio_server.queries.in_one_line import in_one_line
from dualbio_server.service import current_service

__all__ = ["Field", "NamesOfRelease", "answer_page", "asked_pairs", "list_entry"]

#: A parameter with up to this many values is a choice of boxes, one with more a text field with suggestions.
_FEW = 12
_MANY = 500

#: Columns that hold the key of an individual, and its kind.
_KEYS = {"studyKey": "study", "otherKey": "study", "lesson": "lesson", "finding": "finding", "gap": "gap"}
#: Columns of arms by their short names, which the name of their study stands before.
_ARMS = ("arm", "armA", "armB", "otherArm", "against", "control", "combinationArm", "singleArm", "favours")

#: Columns that name a thing, by the column of its IRI.
_IDENTIFIED = {"entityName": "entity", "name": "term", "className": "class", "version": "release"}

#: Words between columns in the cells of many readings.
_WEEK = re.compile(r"week (\{\w+\})")
_ENDS = re.compile(r"(\{\w+\}) to (\{\w+\})")

#: Formats offered for download, by extension.
_DOWNLOADS = (
    ("csv", "CSV"),
    ("tsv", "TSV"),
    ("json", "JSON"),
    ("xml", "XML"),
    ("md", "Markdown"),
    ("parquet", "Parquet"),
    ("bib", "BibTeX"),
    ("ris", "RIS"),
    ("rq", "SPARQL"),
)

#: Forms of its figure; the most rows of which a page draws all, by the kind of figure, and those drawn of more.
_PICTURES = (("svg", "SVG"), ("png", "PNG"), ("json", "Vega-Lite"))
_DRAWN = {"evidence-matrix": 200}
_MOST_DRAWN, _FIRST_DRAWN = 60, 20
#: Records beside the rows that a page lists; of more, the whole is a file.
_BESIDE = 40


@dataclass(frozen=True)
class Field:
    """A field of the form: its parameter, choices (None for a text field), suggestions, what is entered and wrong.

    Each choice is the text that is sent, with the words that people read.
    """

    param: Parameter
    choices: tuple[tuple[str, str], ...] | None
    suggestions: tuple[str, ...]
    given: tuple[str, ...]
    default: str
    fault: str | None = None

    @property
    def meant(self) -> tuple[str, str] | None:
        """The word that was probably meant, and the address with it."""
        return corrected(self.fault) if self.fault else None


@dataclass(frozen=True)
class NamesOfRelease:
    """What things and sources are called in the release."""

    resolver: Resolver
    sources: CitedSources


@dataclass(frozen=True)
class TableCell:
    """A cell of the table: its parts, each with where it leads, whether it is a number, and its language if another."""

    parts: tuple[tuple[str, str | None], ...]
    number: bool = False
    language: str | None = None

    @property
    def text(self) -> str:
        """The words of the cell."""
        return "".join(text for text, _ in self.parts)


def list_entry(query: SavedQuery, href: str) -> dict[str, Any]:
    """Return what the list tells about a query."""
    return {
        "name": query.name,
        "topic": query.topic,
        "summary": query.head.summary,
        "description": query.head.description,
        "tags": list(query.head.tags),
        "params": [_parameter_json(param, query) for param in query.params],
        "columns": [
            {"name": c.name, "meaning": c.meaning, **_non_empty(unit=c.unit, type=c.type)} for c in query.columns
        ],
        "href": href,
    }


def _non_empty(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _parameter_json(param: Parameter, query: SavedQuery) -> dict[str, Any]:
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
    result: QueryResult | None,
    names: NamesOfRelease,
    *,
    offset: int = 0,
    limit: int | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    """Return the page of a query: form with what is wrong beside its field, rows from `offset` on, lines to copy."""
    faults, browsing = faults or {}, Browsing.of(request.args)
    own = [param.name for param in query.params]
    pairs, here = asked_pairs(given), _address(query)
    asked = f"?{urlencode(pairs)}" if pairs else ""
    answer: dict[str, Any] = {"rows": None, "pictures": []}
    if result is not None:
        answer = _answer(query, pairs, result, names, browsing, offset, limit)
    return page(
        "queries_answer.html",
        title=say(query.head.summary),
        query=query,
        description=say(query.head.description),
        columns=[(each.name, say(each.meaning), say(each.unit) if each.unit else "") for each in query.columns],
        called=called,
        fields=[
            replace(_field(param, query, given, names.resolver), fault=_beside(faults.get(param.name), param))
            for param in query.params
        ],
        downloads=[(name, f"{here}.{extension}{asked}") for extension, name in _DOWNLOADS],
        snippets=_snippets(query, [*pairs, *_missing(query, given)]),
        here=here,
        asked_words="; ".join(
            f"{called('parameter', name)} {', '.join(_texts(values))}" for name, values in given.items()
        ),
        asked=f"{urlencode(pairs)}&" if pairs else "",
        notices=[fault for name, fault in faults.items() if name not in own],
        **answer,
    )


def _address(query: SavedQuery) -> str:
    return f"{request.script_root}/queries/{query.name}"


def _answer(
    query: SavedQuery,
    pairs: list[tuple[str, str]],
    result: QueryResult,
    names: NamesOfRelease,
    browsing: Browsing,
    offset: int,
    limit: int | None,
) -> dict[str, Any]:
    """Return what the page shows of an answer: rows from `offset` on, ways to browse them, figure, sources, notes."""
    here = _address(query)
    left = browsing.of_result(result)
    part = _in_language(left.part(offset, limit))
    total, size, looked = len(left), limit or len(left) or 1, [*pairs, *browsing.pairs]
    return {
        "sentence": in_one_line(query.name, result) if len(result) else "",
        **_table(query, part, names, browsing, pairs),
        **_figures(query, result, left, looked),
        "details": [
            browsing.address(here, pairs, **_window(offset), detail=number) + "#detail"
            for number in range(offset + 1, offset + 1 + len(part))
        ],
        "detail": _detail(query, left, browsing.detail, names),
        "facets": browsing.facets(result, here, pairs),
        "browsing": browsing,
        "kept": [*pairs, *((name, value) for name, value in browsing.pairs if name != "find")],
        "editor": f"{request.script_root}/sparql#{urlencode({'query': result.text}, quote_via=quote)}",
        "whole": len(result),
        "notes": result.noted(named),
        "beside": _beside_rows(result),
        "total": total,
        "first": offset + 1,
        "last": offset + len(part.rows),
        "previous": _turn(here, looked, size, offset - size) if offset else None,
        "following": _turn(here, looked, size, offset + size) if offset + size < total else None,
        "citation": str(result.cite()),
        "sources": [(words(source.label), source.url) for source in part.cite().sources],
    }


def _table(
    query: SavedQuery, part: QueryResult, names: NamesOfRelease, browsing: Browsing, pairs: list[tuple[str, str]]
) -> dict[str, Any]:
    """Return the table of some rows: its headings and cells, and the columns without any value, which it leaves out."""
    rows = [_cells(part, row, names) for row in part.rows]
    reading = part.shown.columns
    shown = [i for i, _ in enumerate(reading) if any(row[i].parts for row in rows)]
    return {
        "headings": [
            (
                say(reading[i].header),
                _meaning(query, reading[i]),
                *browsing.sorting(part, reading[i], _address(query), pairs),
            )
            for i in shown
        ],
        "rows": [[row[i] for i in shown] for row in rows],
        "empty": [say(column.header) for i, column in enumerate(reading) if i not in shown] if rows else [],
    }


def _figures(
    query: SavedQuery, result: QueryResult, left: QueryResult, looked: list[tuple[str, str]]
) -> dict[str, Any]:
    """Return the figure of the rows that are `left`, and the addresses of its files; nothing where none is drawn."""
    drawn = _drawn(left) if left.plot else None
    cut = [("limit", len(drawn))] if drawn is not None and len(drawn) < len(left) else []
    return {
        "figure": in_language(drawn).figure if drawn is not None and len(left) else None,
        "drawn": len(drawn) if cut and drawn is not None else None,
        "picture": _picture(query, "svg", urlencode([*looked, *cut])),
        "pictures": [
            (name, _picture(query, extension, urlencode(looked)))
            for extension, name in (_PICTURES if result.plot else ())
        ],
    }


def _drawn(left: QueryResult) -> QueryResult:
    """Return the rows that a page draws: all that a reader looks at, or the first of many, in their order."""
    assert left.plot is not None
    most = _DRAWN.get(left.plot.kind, _MOST_DRAWN)
    return left if len(left) <= most else left.part(0, _FIRST_DRAWN)


def _picture(query: SavedQuery, extension: str, asked: str) -> str:
    address = f"{request.script_root}/figures/{query.name}.{extension}"
    return f"{address}?{asked}" if asked else address


def asked_pairs(given: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the parameters that are given as the pairs of a query string."""
    return [(name, value) for name, values in given.items() for value in _texts(values)]


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]


def _in_language(part: QueryResult) -> QueryResult:
    """Return rows that are read in the language of the page: words between the columns of a cell are translated."""
    return replace(part, reading=Reading.of({each.header: _template(each.template) for each in part.shown.columns}))


def _template(text: str) -> str:
    told = _WEEK.sub(lambda found: say("week {n}", n=found[1]), say(text))
    return _ENDS.sub(lambda found: say("{low} to {high}", low=found[1], high=found[2]), told)


def _turn(here: str, pairs: Sequence[tuple[str, str]], size: int, offset: int) -> str:
    return f"{here}?{urlencode([*pairs, ('limit', size), ('offset', max(0, offset))])}"


def _window(offset: int) -> dict[str, object]:
    return {"offset": offset} if offset else {}


def _detail(
    query: SavedQuery, left: QueryResult, number: int | None, names: NamesOfRelease
) -> list[tuple[str, str, TableCell]] | None:
    """Return all cells of one row that have a value: the column, what it means, and the cell; None for no row."""
    if number is None or not 0 < number <= len(left):
        return None
    row = left.part(number - 1, 1)
    plain = replace(row, reading=plain_reading(row.columns))
    meanings = {each.name: say(each.meaning) for each in query.columns}
    cells = _cells(plain, row.rows[0], names)
    return [
        (called("column", heading(name)), meanings.get(name, ""), cell)
        for name, cell in zip(row.columns, cells, strict=True)
        if cell.parts
    ]


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
        tuple((name, _choice_words(name, param)) for name in names) if few else None,
        () if few or len(names) > _MANY else tuple(names),
        entered if few else (", ".join(entered),) if entered else (),
        ", ".join(_term_text(term, param, resolver) for term in query.defaults[param.name] if term is not None),
    )


def _choice_words(name: str, param: Parameter) -> str:
    """Return what a choice is called: the label of the thing that it names, and any other word as the page has it."""
    if param.type not in KINDS:
        return words({"true": "yes", "false": "no"}.get(name, name))
    key = f"{param.scheme}.{name}" if param.scheme else name
    return page_label(current_service().store, ox.NamedNode(f"{BASE}{param.type}/{quote(key)}"))


def _choice(text: str, param: Parameter, resolver: Resolver) -> str:
    """Return the name among the choices that an entered text stands for."""
    if param.type not in KINDS:
        return text.strip()
    try:
        key = resolver.resolve(text, param.type, param.scheme).value.removeprefix(f"{BASE}{param.type}/")
    except ParameterError:  # shown beside the field
        return text.strip()
    return key.removeprefix(f"{param.scheme}.") if param.scheme else key


def _term_text(term: GroundTerm, param: Parameter, resolver: Resolver) -> str:
    if isinstance(term, ox.NamedNode) and resolver.label(term.value):
        return page_label(current_service().store, term)
    key = term.value.removeprefix(f"{BASE}{param.type}/")
    return key.removeprefix(f"{param.scheme}.") if param.scheme else key


def _meaning(query: SavedQuery, column: ShownColumn) -> str:
    """Return what the columns behind a header mean."""
    return "; ".join(
        say(each.meaning) + (f" ({say(each.unit)})" if each.unit else "")
        for each in query.columns
        if each.name in column.names
    )


def _beside_rows(result: QueryResult) -> list[tuple[str, str, int, list[tuple[str | None, dict[str, str]]]]]:
    """Return what stands beside the rows of an answer: its part, title and size, and its first records by study."""
    parts = zip(PARTS, ("Left out", "Not known"), (result.left_out, result.not_known), strict=True)
    return [
        (
            part,
            title,
            len(found),
            [
                (local_path(f"{BASE}study/{row['studyKey']}"), {name: named(text) for name, text in row.items()})
                for row in found.records()[:_BESIDE]
            ],
        )
        for part, title, found in parts
        if len(found)
    ]


def _beside(fault: str | None, param: Parameter) -> str | None:
    """Return what is wrong with a field, without the name that stands before it."""
    return fault.removeprefix(f"parameter '{param.name}': ") if fault else None


def _cells(result: QueryResult, row: Sequence[Cell], names: NamesOfRelease) -> list[TableCell]:
    cells = dict(zip(result.columns, row, strict=True))
    texts = {name: value.value for name, value in cells.items() if value is not None}
    study = texts.get("studyKey")
    read, sources = SOURCE_COLUMNS & texts.keys(), names.sources
    cited = {name: sources.find(texts[name], study) or sources.of_study(texts[name], study) for name in read}
    leading: dict[str, str | None] = {name: local_path(source.iri) for name, source in cited.items() if source}
    if study is not None:
        leading["studyName"] = local_path(f"{BASE}study/{study}")
    leading |= {name: lead for name, lead in _named_by_another(cells) if lead}
    shown = []
    other = "en" if page_language() != "en" else None
    for pieces in result.shown.cells(result.columns, row):
        parts: list[tuple[str, str | None]] = []
        for piece in pieces:
            lead = leading.get(piece.column) or _lead(piece.column, cells[piece.column]) if piece.column else None
            parts += [(_label(piece, cells), lead)] if lead else _labelled(piece, texts, names.resolver)
        number = is_number("".join(piece.text for piece in pieces))
        language = other if any(piece.column in AS_THEY_ARE for piece in pieces) else None
        shown.append(TableCell(tuple(_joined_parts(parts)), number, language))
    return shown


def _label(piece: Piece, cells: Mapping[str, Cell]) -> str:
    """Return the text of a piece that leads somewhere; where another column has the thing, its label."""
    thing = cells.get(_IDENTIFIED.get(piece.column or "", ""))
    if page_language() == "en" or not isinstance(thing, ox.NamedNode) or piece.column == "version":
        return words(piece.text)
    return page_label(current_service().store, thing)


def _named_by_another(cells: Mapping[str, Cell]) -> Iterator[tuple[str, str | None]]:
    """Yield columns that name what another column of the row identifies, and where each leads."""
    for name, identified in _IDENTIFIED.items():
        iri = cells.get(identified)
        if isinstance(iri, ox.NamedNode):
            yield name, local_path(iri.value)
    for name, identified, place in (("title", "poolKey", "syntheses"), ("query", "query", "queries")):
        key = cells.get(identified)
        if key is not None:
            yield name, local_path(f"{BASE}{place}/{quote(key.value)}")


def _joined_parts(parts: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str | None]]:
    """Yield parts with those together that lead nowhere."""
    for leads, group in groupby(parts, key=lambda part: part[1]):
        found = list(group)
        if leads is None:
            yield "".join(text for text, _ in found), None
        else:
            yield from found


def _labelled(piece: Piece, texts: Mapping[str, str], resolver: Resolver) -> Iterator[tuple[str, str | None]]:
    """Yield the text of a piece, in which each label of a thing leads to it; `texts` are the cells of its row."""
    column = piece.column or ""
    if column in _ARMS:
        study = texts.get("otherStudy", "") if column == "otherArm" else ""
        iri = resolver.labelled(f"{study or texts.get('studyName')}, {piece.text}", "arm")
        yield arm_name(piece.text), local_path(iri) if iri else None
        return
    yield from labels_in_cell(column, piece.text)


def _lead(column: str, value: Cell) -> str | None:
    """Return where a cell leads by itself: to the thing that it is or names, or to the address that it holds."""
    if isinstance(value, ox.NamedNode):
        return local_path(value.value)
    text = value.value if value is not None else ""
    if column in _KEYS and text:
        node = ox.NamedNode(f"{BASE}{_KEYS[column]}/{quote(text)}")
        known = next(current_service().store.quads_for_pattern(node, None, None, None), None)  # a word may be no key
        return local_path(node.value) if known else None
    return text if text.startswith(("https://", "http://")) and not any(sign in text for sign in ' <>"') else None


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
