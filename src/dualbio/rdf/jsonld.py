"""JSON-LD 1.1 written as a stream: a node object a line, CURIEs of the prefix table, plain JSON where that is exact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES
from dualbio.rdf.prefixes import compact, split_iri

__all__ = ["jsonld_pieces", "prefix_definitions", "value_object"]

Quads = Iterable[ox.Quad]

_TYPE = f"{PREFIXES['rdf']}type"
_XSD = PREFIXES["xsd"]
#: Integers that every JSON reader keeps exactly.
_SAFE = 2**53
_GENERAL_DELIMITERS = ":/?#[]@"


def prefix_definitions(prefixes: Mapping[str, str]) -> dict[str, Any]:
    """Return `prefixes` as term definitions; a namespace that ends in a letter or `_` must be called a prefix."""
    return {
        prefix: namespace if namespace.endswith(tuple(_GENERAL_DELIMITERS)) else {"@id": namespace, "@prefix": True}
        for prefix, namespace in sorted(prefixes.items())
    }


def jsonld_pieces(read: Callable[[], Quads]) -> Iterator[str]:
    """Yield a JSON-LD document; `read` gives the quads, twice, by graph and with those of a subject together.

    Quads of the default graph become nodes at the top.
    """
    yield '{"@context": ' + _json(prefix_definitions(_prefixes(read()))) + ',\n"@graph": ['
    mark = "\n"
    for graph, quads in groupby(read(), key=lambda quad: quad.graph_name):
        if isinstance(graph, ox.DefaultGraph):
            for node in _nodes(quads):
                yield mark + node
                mark = ",\n"
            continue
        yield f'{mark}{{"@id": {_json(_name(graph))}, "@graph": ['
        inner = "\n"
        for node in _nodes(quads):
            yield inner + node
            inner = ",\n"
        yield "\n]}"
        mark = ",\n"
    yield "\n]}\n"


def _nodes(quads: Quads) -> Iterator[str]:
    for subject, own in groupby(quads, key=lambda quad: quad.subject):
        node: dict[str, Any] = {"@id": _name(subject)}
        for quad in own:
            key = "@type" if _is_class(quad) else compact(quad.predicate.value)
            node.setdefault(key, []).append(_name(quad.object) if key == "@type" else value_object(quad.object))
        yield _json({key: _alone(value) for key, value in node.items()})


def _alone(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _is_class(quad: ox.Quad) -> bool:
    return quad.predicate.value == _TYPE and not isinstance(quad.object, ox.Literal)


def _name(node: object) -> str:
    if isinstance(node, ox.BlankNode):
        return f"_:{node.value}"
    assert isinstance(node, ox.NamedNode)
    return compact(node.value)


def value_object(value: object) -> Any:
    """Return an RDF term as JSON-LD; integers, booleans and plain strings as JSON's own where nothing is lost."""
    if not isinstance(value, ox.Literal):
        return {"@id": _name(value)}
    if value.language:
        return {"@value": value.value, "@language": value.language}
    datatype = value.datatype.value
    if datatype == f"{_XSD}string":
        return value.value
    if datatype == f"{_XSD}boolean" and value.value in ("true", "false"):
        return value.value == "true"
    if datatype == f"{_XSD}integer" and _is_plain_integer(value.value):
        return int(value.value)
    return {"@value": value.value, "@type": compact(datatype)}


def _is_plain_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and str(int(text)) == text and abs(int(text)) < _SAFE


def _prefixes(quads: Quads) -> dict[str, str]:
    found = set()
    for quad in quads:
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            iri = term.datatype if isinstance(term, ox.Literal) else term
            parts = split_iri(iri.value) if isinstance(iri, ox.NamedNode) else None
            if parts:
                found.add(parts[0])
    return {prefix: PREFIXES[prefix] for prefix in found}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
