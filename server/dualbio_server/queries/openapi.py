"""The OpenAPI 3.1 document of the saved queries, made from their heads (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dualbio import __version__
from dualbio.model.namespaces import KINDS, LICENCE
from dualbio.queries import LONG_FORMS, PARTS, Parameter, Resolver, SavedQuery, long_columns, shows_results
from dualbio.queries.omissions import LEFT_OUT_COLUMNS, NOT_KNOWN_COLUMNS
from dualbio.queries.parameters import LARGEST
from dualbio_server.http.problems import MEDIA_TYPE
from dualbio_server.queries.batch import MOST_QUESTIONS

__all__ = ["MOST_ROWS", "Offered", "Offers", "describe_queries"]

#: Largest `limit` and `offset`.
MOST_ROWS = 999_999_999
#: An enumeration longer than this is left to the description.
_LONGEST = 50
#: A text with something in it: empty fields leave a parameter out.
_FILLED = {"type": "string", "minLength": 1, "pattern": r"\S"}
_TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST},
    "decimal": {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_WINDOW = (
    ("limit", "At most this many rows; all when left out (pages show 100).", {"minimum": 1}),
    ("offset", "Leave out this many rows at the beginning.", {"minimum": 0, "default": 0}),
)
#: What can go wrong, by status.
_PROBLEMS = {
    400: "Parameters do not fit; `faults` says for each what is accepted.",
    404: "There is no such query or topic.",
    406: "No acceptable format.",
    413: "The request is larger than the service takes.",
    415: "The body is neither a form nor a table of parameters.",
    422: "The answer needs more memory or room than a query may have.",
    500: "Something went wrong inside the service.",
    501: "The service lacks a package for this format.",
    503: "All query workers are at work; `Retry-After` says when to retry.",
    504: "The query was stopped at its time limit.",
    507: "The service has no room for the answer.",
}
_ASKING = (400, 406, 413, 422, 500, 501, 503, 504, 507)


@dataclass(frozen=True)
class Offered:
    """What an answer can be sent as: media types, and the names that `format=` takes."""

    media_types: Sequence[str]
    names: Sequence[str]


@dataclass(frozen=True)
class Offers:
    """What can be sent: one answer, the answers to a table of questions, a list of queries."""

    answers: Offered
    tables: Offered
    lists: Offered


def describe_queries(queries: Iterable[SavedQuery], resolver: Resolver, host: str, offers: Offers) -> dict[str, Any]:
    """Return the document.

    Args:
        queries: the saved queries, one path each.
        resolver: names the individuals that short enumerations offer.
        host: address of the service, without a slash at its end.
        offers: what everything can be sent as.
    """
    chosen = list(queries)
    topics = sorted({query.topic for query in chosen})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dualbio saved queries",
            "version": __version__,
            "summary": "Questions on combined biologics, each answered from the evidence with its source.",
            "license": {"name": "CC BY 4.0", "url": LICENCE},
        },
        "servers": [{"url": host}],
        "tags": [{"name": topic} for topic in topics],
        "paths": {
            "/queries/": {"get": _list_operation("queries", "List the saved queries", offers.lists)},
            "/queries/{topic}/": {"get": _topic_operation(topics, offers.lists)},
            **{f"/queries/{query.name}": _path(query, resolver, offers) for query in chosen},
        },
        "components": {
            "schemas": _SCHEMAS,
            "responses": {f"Problem{status}": _problem(status) for status in _PROBLEMS},
        },
    }


_SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "faults": {
                "type": "object",
                "description": "What is wrong with each parameter.",
                "additionalProperties": {"type": "string"},
            },
        },
    },
    "Term": {
        "type": "object",
        "description": "An RDF term (SPARQL 1.1 Query Results JSON, section 3.2.2).",
        "required": ["type", "value"],
        "properties": {
            "type": {"enum": ["uri", "literal", "bnode"]},
            "value": {"type": "string"},
            "xml:lang": {"type": "string"},
            "datatype": {"type": "string", "format": "uri"},
        },
        "additionalProperties": False,
    },
    "Beside": {
        "type": "object",
        "description": "What an answer leaves out, or the studies in its scope without a number: rows of plain text.",
        "required": ["count", "rows"],
        "properties": {
            "count": {"type": "integer"},
            "rows": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
        },
    },
    "Query": {
        "type": "object",
        "description": "A saved query: its question, parameters, columns, and address.",
        "required": ["name", "topic", "summary", "description", "tags", "params", "columns", "href"],
        "properties": {
            "name": {"type": "string"},
            "topic": {"type": "string"},
            "summary": {"type": "string"},
            "description": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "params": {"type": "array", "items": {"type": "object", "required": ["name", "type", "required"]}},
            "columns": {"type": "array", "items": {"type": "object", "required": ["name", "meaning"]}},
            "href": {"type": "string", "format": "uri-reference"},
        },
    },
}
_TERM = {"$ref": "#/components/schemas/Term"}
#: Columns of the parts that may be asked for instead of an answer.
_BESIDE = dict.fromkeys((*LEFT_OUT_COLUMNS, *NOT_KNOWN_COLUMNS))
_PART: dict[str, Any] = {
    "name": "part",
    "in": "query",
    "description": "Instead of the answer, what it leaves out, or the studies in its scope without a number.",
    "allowEmptyValue": True,
    "schema": {"type": "string", "enum": list(PARTS)},
}


def _problem(status: int) -> dict[str, Any]:
    content: dict[str, Any] = {MEDIA_TYPE.partition(";")[0]: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status == 400:
        content["text/html"] = {"schema": {"type": "string"}}
    found: dict[str, Any] = {"description": _PROBLEMS[status], "content": content}
    if status == 503:
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return found


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def _list_operation(name: str, summary: str, lists: Offered) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["queries"],
        "properties": {"queries": {"type": "array", "items": {"$ref": "#/components/schemas/Query"}}},
    }
    content = {"application/json": {"schema": schema}, "text/html": {"schema": {"type": "string"}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_format(lists)],
        "responses": {
            "200": {"description": "The queries with their parameters and columns.", "content": content},
            **_problems(406, 500),
        },
    }


def _topic_operation(topics: Sequence[str], lists: Offered) -> dict[str, Any]:
    operation = _list_operation("topic", "List the saved queries of a topic", lists)
    schema = {"type": "string", "enum": list(topics)}
    operation["parameters"] += [{"name": "topic", "in": "path", "required": True, "schema": schema}]
    operation["responses"] |= _problems(404)
    return operation


def _path(query: SavedQuery, resolver: Resolver, offers: Offers) -> dict[str, Any]:
    name = query.name.replace("/", ".")
    columns = "\n".join(f"- `{c.name}`: {c.meaning}" + (f" ({c.unit})" if c.unit else "") for c in query.columns)
    parameters = [_parameter(param, query, resolver) for param in query.params]
    long, more = ([_LONG], _LONG_COLUMNS) if shows_results(query.text) else ([], {})
    results = _results(dict.fromkeys((*(column.name for column in query.columns), *_BESIDE, *more), _TERM))
    asked = {
        "operationId": name,
        "summary": query.head.summary,
        "description": f"{query.head.description}\n\nColumns:\n\n{columns}",
        "tags": [query.topic],
        "parameters": [*parameters, *_window(), _PART, *long, _format(offers.answers)],
        "responses": {"200": _answer(offers.answers, results), **_problems(*_ASKING)},
    }
    many = {
        "operationId": f"{name}.many",
        "summary": f"{query.head.summary} (for each row of a table of parameters)",
        "description": "A form asks once. Of a table each row is a question, and its answer follows what was asked; "
        "when a row does not fit, nothing is answered, and `questions` tells every such row.",
        "tags": [query.topic],
        "parameters": [_format(offers.tables)],
        "requestBody": {"required": True, "content": _bodies(query, parameters)},
        "responses": {"200": _answer(offers.answers, _results(None)), **_problems(*_ASKING, 415)},
    }
    return {"get": asked, "post": many}


def _bodies(query: SavedQuery, parameters: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a question may be posted as."""
    fields = {each["name"]: each["schema"] for each in parameters}
    required = [param.name for param in query.params if not query.defaults[param.name]]
    question = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
    example = {each["name"]: each["example"] for each in parameters if each["name"] in required or len(fields) == 1}
    rows = {"type": "array", "items": question, "minItems": 1, "maxItems": MOST_QUESTIONS}
    head = ",".join(fields)
    cells = ",".join('"' + ",".join(map(str, param.examples)) + '"' for param in query.params)
    return {
        "application/json": {"schema": rows, "example": [example]},
        "text/csv": {"schema": {"type": "string"}, **({"example": f"{head}\n{cells}\n"} if fields else {})},
        "application/x-www-form-urlencoded": {"schema": question, "example": example},
    }


def _results(columns: dict[str, Any] | None) -> dict[str, Any]:
    """Return the schema of SPARQL 1.1 Query Results JSON with these columns, or with any."""
    binding: dict[str, Any] = {"type": "object", "additionalProperties": _TERM}
    if columns is not None:
        binding = {"type": "object", "properties": columns, "additionalProperties": False}
    names = {"type": "array", "items": {"enum": list(columns)} if columns else {"type": "string"}}
    return {
        "type": "object",
        "required": ["head", "results"],
        "properties": {
            "head": {"type": "object", "required": ["vars"], "properties": {"vars": names, "link": {"type": "array"}}},
            "left_out": {"$ref": "#/components/schemas/Beside"},
            "not_known": {"$ref": "#/components/schemas/Beside"},
            "results": {
                "type": "object",
                "required": ["bindings"],
                "properties": {"bindings": {"type": "array", "items": binding}},
            },
        },
    }


def _answer(offered: Offered, results: dict[str, Any]) -> dict[str, Any]:
    content = {name: {"schema": results if name.endswith("json") else {}} for name in offered.media_types}
    rows = {"description": "Rows of the whole answer.", "schema": {"type": "integer"}}
    links = {"description": "Pages of the answer, and its other formats.", "schema": {"type": "string"}}
    return {"description": "The answer.", "headers": {"Link": links, "Dualbio-Rows": rows}, "content": content}


_BOM = {
    "name": "bom",
    "in": "query",
    "description": "Whether CSV and TSV begin with a byte order mark, by which Excel knows UTF-8.",
    "allowEmptyValue": True,
    "schema": {"type": "boolean", "default": False},
}


_LONG = {
    "name": "long",
    "in": "query",
    "description": "Results behind the answer as a table for meta-analysis, with the column names of that R package.",
    "schema": {"type": "string", "enum": list(LONG_FORMS)},
}
_LONG_COLUMNS = dict.fromkeys(column.name for form in LONG_FORMS for column in long_columns(form))


def _window() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "description": words,
            "allowEmptyValue": True,
            "schema": {"type": "integer", "maximum": MOST_ROWS, **bounds},
        }
        for name, words, bounds in _WINDOW
    ] + [_BOM]


def _format(offered: Offered) -> dict[str, Any]:
    words = "What to send the answer as; it goes before `Accept`."
    return {
        "name": "format",
        "in": "query",
        "description": words,
        "schema": {"type": "string", "enum": list(offered.names)},
    }


def _parameter(param: Parameter, query: SavedQuery, resolver: Resolver) -> dict[str, Any]:
    item = _schema(param, resolver)
    examples = [_example(each, item) for each in param.examples]
    entry: dict[str, Any] = {
        "name": param.name,
        "in": "query",
        "description": param.description,
        "required": not query.defaults[param.name],
        "schema": {"type": "array", "items": item, "minItems": 1} if param.list else item,
        "example": examples if param.list else examples[0],
    }
    if query.defaults[param.name]:
        entry["allowEmptyValue"] = True  # a field that was left empty
    if param.list:
        entry |= {"style": "form", "explode": True}
    return entry


def _example(value: object, item: dict[str, Any]) -> object:
    if item.get("type") == "string":
        return str(value)
    return float(value) if isinstance(value, Decimal) else value


def _schema(param: Parameter, resolver: Resolver) -> dict[str, Any]:
    if param.type in _TYPES:
        return dict(_TYPES[param.type])
    if param.values:
        return {"type": "string", "enum": list(param.values)}
    if param.type == "string":
        return dict(_FILLED)
    names = resolver.names(param.type, param.scheme) if param.type in KINDS else []
    kind = f"a {param.type}" if names else "anything in the data"
    hint = f"Key, label, synonym, outside identifier, CURIE or IRI of {kind}."
    known = {"examples": names} if 0 < len(names) <= _LONGEST else {}
    return {**_FILLED, "description": hint, **known}
