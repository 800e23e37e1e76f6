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
    400: "Invalid parameters; `faults` says for each what is accepted.",
    404: "No such query or topic.",
    406: "No acceptable format.",
    413: "The request is larger than the service takes.",
    415: "The body is neither a form nor a table of parameters.",
    422: "The answer needs more memory or disk space than a query may use.",
    500: "Something went wrong inside the service.",
    501: "The service lacks a package for this format.",
    503: "All query workers are busy; `Retry-After` says when to retry.",
    504: "The query was stopped at its time limit.",
    507: "The service has no disk space for the answer.",
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
    columns = {_key(query): _columns(query) for query in chosen}
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
            "/queries/": {"get": _list_operation("queries", "List the saved queries")},
            "/queries/{topic}/": {"get": _topic_operation(topics)},
            **{f"/queries/{query.name}": _path(query, offers) for query in chosen},
        },
        "components": {
            "schemas": {
                **_SCHEMAS,
                **{f"Columns.{key}": names for key, names in columns.items()},
                **{f"Answer.{key}": _results(f"Columns.{key}") for key in columns},
                **{f"Question.{_key(query)}": _question(query) for query in chosen},
                **{
                    _names(param): _example_of_kind(param, resolver)
                    for query in chosen
                    for param in query.params
                    if _names(param)
                },
                "Answer": _results(None),
                "Columns.beside": {"enum": _BESIDE},
                "Columns.long": {"enum": _LONG_COLUMNS},
            },
            "parameters": _shared(offers),
            "responses": {
                **{f"Problem{status}": _problem(status) for status in _PROBLEMS},
                "Answers": _answer(offers.answers, "Answer"),
            },
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
_BESIDE = list(dict.fromkeys((*LEFT_OUT_COLUMNS, *NOT_KNOWN_COLUMNS)))
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


def _list_operation(name: str, summary: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["queries"],
        "properties": {"queries": {"type": "array", "items": {"$ref": "#/components/schemas/Query"}}},
    }
    content = {"application/json": {"schema": schema}, "text/html": {"schema": {"type": "string"}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_parameter_ref("format-lists")],
        "responses": {
            "200": {"description": "The queries with their parameters and columns.", "content": content},
            **_problems(406, 500),
        },
    }


def _topic_operation(topics: Sequence[str]) -> dict[str, Any]:
    operation = _list_operation("topic", "List the saved queries of a topic")
    schema = {"type": "string", "enum": list(topics)}
    operation["parameters"] += [{"name": "topic", "in": "path", "required": True, "schema": schema}]
    operation["responses"] |= _problems(404)
    return operation


def _key(query: SavedQuery) -> str:
    """Return what the parts of the document about a query are called."""
    return query.name.replace("/", ".")


def _columns(query: SavedQuery) -> dict[str, Any]:
    """Return the schema of the names of columns that an answer may have, of what is asked for beside the rows too."""
    more = ["beside", *(["long"] if shows_results(query.text) else [])]
    own = {"enum": [column.name for column in query.columns]}
    return {"anyOf": [own, *({"$ref": f"#/components/schemas/Columns.{name}"} for name in more)]}


def _path(query: SavedQuery, offers: Offers) -> dict[str, Any]:
    columns = "\n".join(f"- `{c.name}`: {c.meaning}" + (f" ({c.unit})" if c.unit else "") for c in query.columns)
    parameters = [_parameter(param, query) for param in query.params]
    shared = (*_WINDOW_NAMES, "part", *(["long"] if shows_results(query.text) else []), "format-answers")
    asked = {
        "operationId": _key(query),
        "summary": query.head.summary,
        "description": f"{query.head.description}\n\nColumns:\n\n{columns}",
        "tags": [query.topic],
        "parameters": [*parameters, *map(_parameter_ref, shared)],
        "responses": {"200": _answer(offers.answers, f"Answer.{_key(query)}"), **_problems(*_ASKING)},
    }
    many = {
        "operationId": f"{_key(query)}.many",
        "summary": f"{query.head.summary} (for each row of a table of parameters)",
        "description": "A form asks once. Of a table each row is a question, and its answer follows what was asked; "
        "when a row does not fit, nothing is answered, and `questions` tells every such row.",
        "tags": [query.topic],
        "parameters": [_parameter_ref("format-tables")],
        "requestBody": {"required": True, "content": _bodies(query, parameters)},
        "responses": {"200": {"$ref": "#/components/responses/Answers"}, **_problems(*_ASKING, 415)},
    }
    return {"get": asked, "post": many}


def _question(query: SavedQuery) -> dict[str, Any]:
    """Return the schema of a question as a table or form has it."""
    fields = {param.name: _parameter(param, query)["schema"] for param in query.params}
    required = [param.name for param in query.params if not query.defaults[param.name]]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def _bodies(query: SavedQuery, parameters: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a question may be posted as."""
    fields = [each["name"] for each in parameters]
    required = [param.name for param in query.params if not query.defaults[param.name]]
    question = {"$ref": f"#/components/schemas/Question.{_key(query)}"}
    example = {each["name"]: each["example"] for each in parameters if each["name"] in required or len(fields) == 1}
    rows = {"type": "array", "items": question, "minItems": 1, "maxItems": MOST_QUESTIONS}
    head = ",".join(fields)
    cells = ",".join('"' + ",".join(map(str, param.examples)) + '"' for param in query.params)
    return {
        "application/json": {"schema": rows, "example": [example]},
        "text/csv": {"schema": {"type": "string"}, **({"example": f"{head}\n{cells}\n"} if fields else {})},
        "application/x-www-form-urlencoded": {"schema": question, "example": example},
    }


def _results(columns: str | None) -> dict[str, Any]:
    """Return the schema of SPARQL 1.1 Query Results JSON with the columns of a schema, or with any."""
    name = {"$ref": f"#/components/schemas/{columns}"} if columns else {"type": "string"}
    binding: dict[str, Any] = {"type": "object", "additionalProperties": _TERM} | (
        {"propertyNames": name} if columns else {}
    )
    return {
        "type": "object",
        "required": ["head", "results"],
        "properties": {
            "head": {
                "type": "object",
                "required": ["vars"],
                "properties": {"vars": {"type": "array", "items": name}, "link": {"type": "array"}},
            },
            "left_out": {"$ref": "#/components/schemas/Beside"},
            "not_known": {"$ref": "#/components/schemas/Beside"},
            "results": {
                "type": "object",
                "required": ["bindings"],
                "properties": {"bindings": {"type": "array", "items": binding}},
            },
        },
    }


def _answer(offered: Offered, schema: str) -> dict[str, Any]:
    results = {"$ref": f"#/components/schemas/{schema}"}
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
_LONG_COLUMNS = list(dict.fromkeys(column.name for form in LONG_FORMS for column in long_columns(form)))


#: The parameters of every answer that are named in `_shared`.
_WINDOW_NAMES = ("limit", "offset", "bom")


def _shared(offers: Offers) -> dict[str, Any]:
    """Return the parameters that many operations have, by the names under which they are referred to."""
    return {
        **{each["name"]: each for each in (*_window(), _PART, _LONG)},
        **{f"format-{name}": _format(getattr(offers, name)) for name in ("answers", "tables", "lists")},
    }


def _parameter_ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{name}"}


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
    words = "Format of the answer; takes precedence over `Accept`."
    return {
        "name": "format",
        "in": "query",
        "description": words,
        "schema": {"type": "string", "enum": list(offered.names)},
    }


def _parameter(param: Parameter, query: SavedQuery) -> dict[str, Any]:
    item = _schema(param)
    examples = [_example(each, param) for each in param.examples]
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


def _example(value: object, param: Parameter) -> object:
    if param.type not in _TYPES or param.type == "date":
        return str(value)
    return float(value) if isinstance(value, Decimal) else value


def _names(param: Parameter) -> str:
    """Return what the schema of the names of things is called that a parameter takes; nothing where it takes others."""
    if param.type in _TYPES or param.values or param.type == "string":
        return ""
    return ".".join(filter(None, ("Name", param.type, param.scheme)))


def _schema(param: Parameter) -> dict[str, Any]:
    if param.type in _TYPES:
        return dict(_TYPES[param.type])
    if param.values:
        return {"type": "string", "enum": list(param.values)}
    return {"$ref": f"#/components/schemas/{_names(param)}"} if _names(param) else dict(_FILLED)


def _example_of_kind(param: Parameter, resolver: Resolver) -> dict[str, Any]:
    names = resolver.names(param.type, param.scheme) if param.type in KINDS else []
    kind = f"a {param.type}" if names else "anything in the data"
    hint = f"Key, label, synonym, outside identifier, CURIE or IRI of {kind}."
    known = {"examples": names} if 0 < len(names) <= _LONGEST else {}
    return {**_FILLED, "description": hint, **known}
