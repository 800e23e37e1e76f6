"""Class expressions and data ranges in the Manchester syntax of OWL 2 (W3C Working Group Note, 11 December 2012).

They come as pieces, each a word or a sign of the syntax or a term that a page can link, or as one text.  Junctions and
restrictions inside others stand in brackets, also where the syntax could do without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import pyoxigraph as ox

from dualbio.model.namespaces import compress
from dualbio.model.rdf_terms import GroundTerm, Term
from dualbio.owl.graph import Ontology

__all__ = ["ExpressionPiece", "expression", "expression_text"]

_JUNCTIONS = {"owl:intersectionOf": "and", "owl:unionOf": "or"}
_PREFIXED = {"owl:complementOf": "not", "owl:datatypeComplementOf": "not", "owl:inverseOf": "inverse"}
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
_FACETS = {
    "xsd:minInclusive": ">=",
    "xsd:maxInclusive": "<=",
    "xsd:minExclusive": ">",
    "xsd:maxExclusive": "<",
    "xsd:length": "length",
    "xsd:minLength": "minLength",
    "xsd:maxLength": "maxLength",
    "xsd:pattern": "pattern",
    "rdf:langRange": "langRange",
}


@dataclass(frozen=True)
class ExpressionPiece:
    """A word or a sign of the syntax (`node` is None), or a term or literal."""

    text: str
    node: GroundTerm | None = None


def expression(
    ontology: Ontology, node: Term, label: Callable[[GroundTerm], str], *, inner: bool = False
) -> list[ExpressionPiece]:
    """Return the pieces of an expression, its members in the order in which they are written.

    Args:
        ontology: the triples that the expression is part of.
        node: a class, a property or a data range, named or not.
        label: what to call a named term or a literal.
        inner: whether a junction or a restriction stands in brackets.
    """
    return _Writer(ontology, label).pieces(node, inner=inner)


def expression_text(ontology: Ontology, node: Term, label: Callable[[GroundTerm], str]) -> str:
    """Return an expression as one text, in brackets and with its members sorted: equal ones have equal texts."""
    return _text_of_pieces(_Writer(ontology, label, ordered=True).pieces(node, inner=True))


@dataclass(frozen=True)
class _Writer:
    """Writes expressions of one ontology; `ordered` sorts the members of those in which order says nothing."""

    ontology: Ontology
    label: Callable[[GroundTerm], str]
    ordered: bool = False

    def pieces(self, node: Term, *, inner: bool = True) -> list[ExpressionPiece]:
        if not isinstance(node, ox.BlankNode):
            return [ExpressionPiece(self.label(node), node)]
        value = self.ontology.value
        for name, word in _PREFIXED.items():
            if (operand := value(node, name)) is not None:
                return [ExpressionPiece(word), *self.pieces(operand)]
        if (members := value(node, "owl:oneOf")) is not None:
            return [ExpressionPiece("{"), *self._listed(members, ","), ExpressionPiece("}")]
        if (base := value(node, "owl:onDatatype")) is not None:
            return [
                *self.pieces(base),
                ExpressionPiece("["),
                *_separated(self._facets(node), ","),
                ExpressionPiece("]"),
            ]
        if value(node, "rdf:first") is not None:
            return [piece for member in self.ontology.members(node) for piece in self.pieces(member)]
        found = self._junction(node) or list(self._restriction(node)) or [ExpressionPiece("anonymous")]
        return [ExpressionPiece("("), *found, ExpressionPiece(")")] if inner and len(found) > 1 else found

    def _junction(self, node: Term) -> list[ExpressionPiece]:
        for name, word in _JUNCTIONS.items():
            if (members := self.ontology.value(node, name)) is not None:
                return self._listed(members, word)
        return []

    def _listed(self, head: Term, word: str) -> list[ExpressionPiece]:
        members = [self.pieces(member) for member in self.ontology.members(head)]
        return list(_separated(sorted(members, key=_text_of_pieces) if self.ordered else members, word))

    def _facets(self, node: Term) -> Iterator[list[ExpressionPiece]]:
        for facet in self.ontology.members(self.ontology.value(node, "owl:withRestrictions")):
            for predicate, values in self.ontology.predicates(facet).items():
                name = compress(predicate.value)
                yield from ([ExpressionPiece(_FACETS.get(name, name)), *self.pieces(value)] for value in values)

    def _restriction(self, node: Term) -> Iterator[ExpressionPiece]:
        for prop in self.ontology.values(node, "owl:onProperty"):
            yield from self.pieces(prop)
        if self.ontology.value(node, "owl:hasSelf") is not None:
            yield ExpressionPiece("Self")
        for name, word in _RESTRICTIONS.items():
            for value in self.ontology.values(node, name):
                yield from (ExpressionPiece(word), *self.pieces(value))
        for name in ("owl:onClass", "owl:onDataRange"):
            for filler in self.ontology.values(node, name):
                yield from self.pieces(filler)


def _separated(groups: Iterable[Iterable[ExpressionPiece]], word: str) -> Iterator[ExpressionPiece]:
    for number, group in enumerate(groups):
        yield from chain([ExpressionPiece(word)] if number else [], group)


def _text_of_pieces(pieces: Iterable[ExpressionPiece]) -> str:
    """Return pieces as one text, with the blanks that people set: none inside of brackets or before a comma."""
    text, glued = "", True
    for piece in pieces:
        sign = piece.text if piece.node is None else ""
        text += ("" if glued or sign in (")", "}", "[", "]", ",") else " ") + piece.text
        glued = sign in ("(", "{", "[")
    return text
