"""The OpenAPI 3.1 document of the saved queries, made from their heads (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dualbio import __version__
from dualbio.namespaces import KINDS
from dualbio.queries import Parameter, Resolver, SavedQuery
from dualbio_server.problems import MEDIA_TYPE
from dualbio_server.query_batch import MOST_QUESTIONS

__all__ = ["describe_queries"]

#: An enumeration longer than this is left to the description.
_LONGEST = 50
_TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_WINDOW = (
    ("limit", "At most this many rows; all when left out (pages show 100).", {"type": "integer", "minimum": 1}),
    ("offset", "Leave out this many rows at the beginning.", {"type": "integer", "minimum": 0, "default": 0}),
)


def describe_queries(
    queries: Iterable[SavedQuery], resolver: Resolver, host: str, media_types: Sequence[str]
) -> dict[str, Any]:
    """Return the document.

    Args:
        queries: the saved queries, one path each.
        resolver: names the individuals that short enumerations offer.
        host: address of the service, without a slash at its end.
        media_types: what an answer can be sent as.
    """
    chosen = list(queries)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dualbio saved queries",
            "version": __version__,
            "summary": "Questions on combined biologics, each answered from the evidence with its source.",
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "servers": [{"url": host}],
        "tags": [{"name": topic} for topic in sorted({query.topic for query in chosen})],
        "paths": {
            "/queries/": {"get": _list_operation()},
            **{f"/queries/{query.name}": _path(query, resolver, media_types) for query in chosen},
        },
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


_PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def _list_operation() -> dict[str, Any]:
    entry = {"type": "object", "required": ["name", "summary"], "properties": {"name": {"type": "string"}}}
    schema = {"type": "object", "properties": {"queries": {"type": "array", "items": entry}}}
    content = {"application/json": {"schema": schema}, "text/html": {"schema": {"type": "string"}}}
    return {
        "operationId": "queries",
        "summary": "List the saved queries",
        "responses": {"200": {"description": "The queries with their parameters and columns.", "content": content}},
    }


def _path(query: SavedQuery, resolver: Resolver, media_types: Sequence[str]) -> dict[str, Any]:
    asked = _operation(query, resolver, media_types)
    if not query.params:
        return {"get": asked}
    question = {"type": "object", "properties": {param.name: {} for param in query.params}}
    many = {
        "operationId": f"{asked['operationId']}.many",
        "summary": f"{asked['summary']} (for each row of a table of parameters)",
        "description": "Each row of the table is one question; its answer follows the parameters that were asked.",
        "tags": asked["tags"],
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "array", "items": question, "maxItems": MOST_QUESTIONS}},
            },
        },
        "responses": asked["responses"],
    }
    return {"get": asked, "post": many}


def _operation(query: SavedQuery, resolver: Resolver, media_types: Sequence[str]) -> dict[str, Any]:
    columns = "\n".join(f"- `{c.name}`: {c.meaning}" + (f" ({c.unit})" if c.unit else "") for c in query.columns)
    window = [{"name": name, "in": "query", "description": words, "schema": schema} for name, words, schema in _WINDOW]
    problem = {MEDIA_TYPE.partition(";")[0]: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "operationId": query.name.replace("/", "."),
        "summary": query.head.summary,
        "description": f"{query.head.description}\n\nColumns:\n\n{columns}",
        "tags": [query.topic],
        "parameters": [*(_parameter(param, query, resolver) for param in query.params), *window],
        "responses": {
            "200": {
                "description": "The answer.",
                "headers": {"Link": {"description": "Pages and formats.", "schema": {"type": "string"}}},
                "content": {name: {"schema": _content_schema(name)} for name in media_types},
            },
            "400": {"description": "A parameter does not fit; the detail says what is accepted.", "content": problem},
            "406": {"description": "No acceptable format.", "content": problem},
            "503": {"description": "All query workers are at work.", "content": problem},
        },
    }


def _content_schema(media_type: str) -> dict[str, Any]:
    return {"type": "object"} if media_type.endswith("json") else {"type": "string"}


def _parameter(param: Parameter, query: SavedQuery, resolver: Resolver) -> dict[str, Any]:
    item = _schema(param, resolver)
    examples = [str(each) if item.get("type") == "string" else each for each in param.examples]
    entry: dict[str, Any] = {
        "name": param.name,
        "in": "query",
        "description": param.description,
        "required": not query.defaults[param.name],
        "schema": {"type": "array", "items": item} if param.list else item,
        "example": examples if param.list else examples[0],
    }
    if param.list:
        entry |= {"style": "form", "explode": True}
    return entry


def _schema(param: Parameter, resolver: Resolver) -> dict[str, Any]:
    if param.type in _TYPES:
        return dict(_TYPES[param.type])
    if param.values:
        return {"type": "string", "enum": list(param.values)}
    if param.type not in KINDS:
        return {"type": "string"}
    names = resolver.names(param.type, param.scheme)
    hint = f"Key, label, synonym, outside identifier, CURIE or IRI of a {param.type}."
    known = {"examples": names} if len(names) <= _LONGEST else {}
    return {"type": "string", "minLength": 1, "description": hint, **known}
