"""Class expressions in words: the Manchester syntax of OWL 2 (W3C Working Group Note, 11 December 2012), with labels.

The text is for readers; it comes as pieces, each a word of the syntax or a named term that a page can link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from dualbio.namespaces import term

__all__ = ["Piece", "expression", "rdf_list"]

Node = ox.NamedNode | ox.BlankNode | ox.Literal

_RESTRICTIONS = {
    "owl:someValuesFrom": "some",
    "owl:allValuesFrom": "only",
    "owl:hasValue": "value",
    "owl:minCardinality": "min",
    "owl:maxCardinality": "max",
    "owl:cardinality": "exactly",
    "owl:minQualifiedCardinality": "min",
    "owl:maxQualifiedCardinality": "max",
    "owl:qualifiedCardinality": "exactly",
}


@dataclass(frozen=True)
class Piece:
    """A word of the syntax (`node` is None), or a term."""

    text: str
    node: ox.NamedNode | None = None


def expression(data: ox.Store, node: Node, label: Callable[[Node], str], *, inner: bool = False) -> Iterator[Piece]:
    """Yield the pieces of a class expression; `inner` puts brackets around one of several words."""
    if isinstance(node, ox.NamedNode):
        yield Piece(label(node), node)
        return
    if isinstance(node, ox.Literal):
        yield Piece(node.value)
        return
    pieces = list(_anonymous(data, node, label))
    bracketed = inner and len(pieces) > 1
    yield from ([Piece("("), *pieces, Piece(")")] if bracketed else pieces)


def _anonymous(data: ox.Store, node: ox.BlankNode, label: Callable[[Node], str]) -> Iterator[Piece]:
    for name, word in (("owl:intersectionOf", "and"), ("owl:unionOf", "or"), ("owl:oneOf", ",")):
        for listed in _values(data, node, name):
            yield from _joined(data, rdf_list(data, listed), word, label)
            return
    for inverted in _values(data, node, "owl:complementOf"):
        yield Piece("not")
        yield from expression(data, inverted, label, inner=True)
        return
    for inverse in _values(data, node, "owl:inverseOf"):
        yield Piece("inverse")
        yield from expression(data, inverse, label)
        return
    yield from _restriction(data, node, label)


def _restriction(data: ox.Store, node: ox.BlankNode, label: Callable[[Node], str]) -> Iterator[Piece]:
    for on in _values(data, node, "owl:onProperty"):
        yield from expression(data, on, label, inner=True)
    for name, word in _RESTRICTIONS.items():
        for value in _values(data, node, name):
            yield Piece(word)
            yield from expression(data, value, label, inner=True)
    for filler in (*_values(data, node, "owl:onClass"), *_values(data, node, "owl:onDataRange")):
        yield from expression(data, filler, label, inner=True)


def _joined(data: ox.Store, nodes: list[Node], word: str, label: Callable[[Node], str]) -> Iterator[Piece]:
    for number, node in enumerate(nodes):
        if number:
            yield Piece(word)
        yield from expression(data, node, label, inner=True)


def rdf_list(data: ox.Store, head: Node) -> list[Node]:
    """Return the members of an RDF list."""
    found: list[Node] = []
    while isinstance(head, ox.NamedNode | ox.BlankNode) and head != term("rdf:nil"):
        found += _values(data, head, "rdf:first")
        rest = _values(data, head, "rdf:rest")
        if not rest:
            break
        head = rest[0]
    return found


def _values(data: ox.Store, node: ox.NamedNode | ox.BlankNode, name: str) -> list[Node]:
    quads = data.quads_for_pattern(node, term(name), None, None)
    return sorted((quad.object for quad in quads if not isinstance(quad.object, ox.Triple)), key=str)
