"""JSON Schema (draft 2020-12) of the nested JSON-LD documents, version 1: a contract for programs.

The schemas come from the ontology: a property with numbers has numbers, one that leads to a thing has its `id` and
`name`, or the thing itself. A property with several values is an array, with one it is the value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, VOCABULARY, term
from dualbio.rdf.context import KEYWORDS, LANGUAGE_MAPS, NAMES

__all__ = ["SCHEMAS", "json_schema"]

#: Kinds whose documents have a schema, and the class that each of them has among its types.
SCHEMAS: dict[str, str] = {
    "study": "Study",
    "arm": "Arm",
    "result": "Result",
    "comparison": "Comparison",
    "lesson": "Lesson",
    "drug": "Drug",
    "disease": "Disease",
    "pair": "MechanismPair",
}

_DATATYPES: dict[str, dict[str, Any]] = {
    "xsd:integer": {"type": "integer"},
    "xsd:nonNegativeInteger": {"type": "integer", "minimum": 0},
    "xsd:boolean": {"type": "boolean"},
    "xsd:decimal": {"type": "string", "pattern": r"^[+-]?[0-9]*(\.[0-9]*)?$"},
    "owl:real": {"type": "integer"},
    "xsd:string": {"type": "string"},
}
_DEFINITIONS: dict[str, Any] = {
    "type": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "texts": {
        "description": "Texts by language; `none` where a text has no language.",
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    },
    "literal": {
        "description": "A value of another type than the usual one.",
        "type": "object",
        "required": ["@value"],
    },
    "node": {
        "description": "A thing: named by `id` and `name` alone, or with what is known of it.",
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "type": {"$ref": "#/$defs/type"}},
    },
}


def json_schema(kind: str, ontology: Iterable[ox.Triple]) -> dict[str, Any]:
    """Return the schema of the documents of `kind`, one of `SCHEMAS`; `ontology` holds the axioms."""
    known = _properties(ontology)
    texts = {name: {"$ref": "#/$defs/texts"} for name in LANGUAGE_MAPS}
    links = {name: {"$ref": "#/$defs/links"} for name in NAMES}
    node = _DEFINITIONS["node"]
    described = {**node, "properties": {**node["properties"], **texts, **links, **known}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}schema/v1/{kind}.json",
        "title": SCHEMAS[kind],
        "allOf": [{"$ref": "#/$defs/node"}],
        "required": ["@context", "id", "type", "name"],
        "properties": {
            "@context": {"type": "object"},
            "id": {"type": "string", "pattern": f"^{BASE.replace('.', chr(92) + '.')}{kind}/"},
            "type": {
                "anyOf": [
                    {"const": SCHEMAS[kind]},
                    {"type": "array", "items": {"type": "string"}, "contains": {"const": SCHEMAS[kind]}},
                ]
            },
            "included": {"type": "array", "items": {"$ref": "#/$defs/node"}},
        },
        "$defs": {**_DEFINITIONS, "links": _one_or_more({"$ref": "#/$defs/node"}), "node": described},
    }


def _properties(ontology: Iterable[ox.Triple]) -> dict[str, Any]:
    """Return a schema for each property of the vocabulary, in order of names."""
    things, ranges = set(), dict[str, str]()
    for triple in ontology:
        if not isinstance(triple.subject, ox.NamedNode) or not triple.subject.value.startswith(VOCABULARY):
            continue
        name = triple.subject.value.removeprefix(VOCABULARY)
        if triple.predicate == term("rdf:type") and triple.object == term("owl:ObjectProperty"):
            things.add(name)
        for datatype in _DATATYPES:
            if triple.predicate == term("rdfs:range") and triple.object == term(datatype):
                ranges[name] = datatype
    found = {name: {"$ref": "#/$defs/links"} for name in things}
    literal = {"$ref": "#/$defs/literal"}
    found |= {name: _one_or_more({"anyOf": [_DATATYPES[each], literal]}) for name, each in ranges.items()}
    taken = {*KEYWORDS, *LANGUAGE_MAPS, *NAMES, "name"}
    return {name: found[name] for name in sorted(found.keys() - taken)}


def _one_or_more(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "array", "items": schema}]}
