"""OWL class and property expressions, read from triples and turned into triple patterns.

The names of the constructs are those of the OWL 2 functional-style syntax (https://www.w3.org/TR/owl2-syntax/).
An expression that a rule cannot express (outside the OWL 2 RL subset, or a cardinality) yields no pattern at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pyoxigraph as ox

from dualbio.namespaces import term
from dualbio.rules.model import Node, Pattern, short

__all__ = ["Axioms", "Body", "Fresh"]

RDF_TYPE = term("rdf:type")
THING = term("owl:Thing")
NOTHING = term("owl:Nothing")

#: Datatypes that a value of each datatype may carry: an integer is a decimal too.
_DATATYPES = {
    "xsd:decimal": ("xsd:decimal", "xsd:integer", "xsd:nonNegativeInteger", "xsd:positiveInteger"),
    "xsd:integer": ("xsd:integer", "xsd:nonNegativeInteger", "xsd:positiveInteger"),
    "xsd:nonNegativeInteger": ("xsd:nonNegativeInteger", "xsd:positiveInteger"),
    "xsd:positiveInteger": ("xsd:positiveInteger",),
    "xsd:string": ("xsd:string",),
    "xsd:boolean": ("xsd:boolean",),
    "xsd:dateTime": ("xsd:dateTime",),
}
_FACETS = {"xsd:minInclusive": ">=", "xsd:maxInclusive": "<=", "xsd:minExclusive": ">", "xsd:maxExclusive": "<"}
#: Vocabularies whose members are not data properties or classes of their own.
_XSD = term("xsd:string").value.removesuffix("string")


@dataclass(frozen=True)
class Body:
    """Patterns to match and filters on them, in one conjunction."""

    patterns: tuple[Pattern, ...] = ()
    filters: tuple[str, ...] = ()

    def __add__(self, other: Body) -> Body:
        """Return the conjunction of both."""
        patterns = tuple(dict.fromkeys(self.patterns + other.patterns))
        return Body(patterns, tuple(dict.fromkeys(self.filters + other.filters)))


class Fresh:
    """Mints variables that one rule uses once: ?v1, ?v2 and so on."""

    def __init__(self) -> None:
        """Begin at ?v1."""
        self._numbers = count(1)

    def __call__(self) -> ox.Variable:
        """Return the next variable."""
        return ox.Variable(f"v{next(self._numbers)}")


@dataclass
class Axioms:
    """The triples of an ontology, by subject and predicate."""

    _by_subject: dict[object, dict[object, list[object]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    @classmethod
    def of(cls, triples: Iterable[ox.Triple | ox.Quad]) -> Axioms:
        """Index `triples`."""
        axioms = cls()
        for triple in triples:
            axioms._by_subject[triple.subject][triple.predicate].append(triple.object)
        return axioms

    def subjects(self) -> Iterator[object]:
        """Yield every subject."""
        yield from self._by_subject

    def values(self, subject: object, predicate: str) -> list[object]:
        """Return the objects of `subject` and the CURIE `predicate`."""
        return self._by_subject[subject].get(term(predicate), []) if subject in self._by_subject else []

    def value(self, subject: object, predicate: str) -> object | None:
        """Return the one object, or None."""
        return next(iter(self.values(subject, predicate)), None)

    def items(self, head: object) -> list[object]:
        """Return the members of the RDF list that begins at `head`."""
        members = []
        nil = term("rdf:nil")
        while head is not None and head != nil:
            first = self.value(head, "rdf:first")
            if first is not None:
                members.append(first)
            head = self.value(head, "rdf:rest")
        return members

    def is_a(self, subject: object, class_name: str) -> bool:
        """Return whether `subject` is declared as `class_name`."""
        return term(class_name) in self.values(subject, "rdf:type")

    def link(self, prop: object, subject: Node, obj: Node) -> Pattern:
        """Return the pattern of a property expression; an inverse swaps the ends."""
        inverse = self.value(prop, "owl:inverseOf") if isinstance(prop, ox.BlankNode) else None
        if inverse is not None:
            return self.link(inverse, obj, subject)
        assert isinstance(prop, ox.NamedNode)
        return Pattern(subject, prop, obj)

    def is_datatype(self, node: object) -> bool:
        """Return whether `node` is a data range."""
        if isinstance(node, ox.NamedNode):
            return node.value.startswith(_XSD) or node == term("rdfs:Literal") or self.is_a(node, "rdfs:Datatype")
        return self.is_a(node, "rdfs:Datatype")

    def matching(self, expression: object, node: Node, fresh: Fresh) -> Iterator[Body]:
        """Yield the alternatives by which `node` is seen to belong to a class expression on the left of an axiom."""
        if isinstance(expression, ox.NamedNode):
            if expression != NOTHING:
                yield Body() if expression == THING else Body((Pattern(node, RDF_TYPE, expression),))
        elif (parts := self.value(expression, "owl:intersectionOf")) is not None:
            yield from self._all_of(self.items(parts), node, fresh)
        elif (parts := self.value(expression, "owl:unionOf")) is not None:
            for part in self.items(parts):
                yield from self.matching(part, node, fresh)
        elif (parts := self.value(expression, "owl:oneOf")) is not None and isinstance(node, ox.Variable):
            for member in self.items(parts):
                yield Body(filters=(f"{node} = {member}",))
        elif (prop := self.value(expression, "owl:onProperty")) is not None:
            yield from self._restricted(expression, prop, node, fresh)

    def _all_of(self, parts: list[object], node: Node, fresh: Fresh) -> Iterator[Body]:
        bodies = [Body()]
        for part in parts:
            alternatives = list(self.matching(part, node, fresh))
            bodies = [body + alternative for body in bodies for alternative in alternatives]
        yield from bodies

    def _restricted(self, expression: object, prop: object, node: Node, fresh: Fresh) -> Iterator[Body]:
        value = self.value(expression, "owl:hasValue")
        if isinstance(value, ox.NamedNode | ox.Literal):
            yield Body((self.link(prop, node, value),))
        elif self.value(expression, "owl:hasSelf") is not None:
            yield Body((self.link(prop, node, node),))
        elif (filler := self.value(expression, "owl:someValuesFrom")) is not None:
            if (members := self.value(filler, "owl:oneOf")) is not None and not self.is_datatype(filler):
                for member in self.items(members):
                    assert isinstance(member, ox.NamedNode)
                    yield Body((self.link(prop, node, member),))
                return
            other = fresh()
            link = Body((self.link(prop, node, other),))
            alternatives = self._in_range(filler, other) if self.is_datatype(filler) else None
            for alternative in self.matching(filler, other, fresh) if alternatives is None else alternatives:
                yield link + alternative

    def _in_range(self, datatype: object, node: Node) -> Iterator[Body]:
        base = self.value(datatype, "owl:onDatatype") or datatype
        if base == term("rdfs:Literal"):
            yield Body()
        elif isinstance(base, ox.NamedNode) and short(base) in _DATATYPES:
            names = ", ".join(_DATATYPES[short(base)])
            bounds = [
                f"{node} {operator} {bound}"
                for facets in self.items(self.value(datatype, "owl:withRestrictions"))
                for name, operator in _FACETS.items()
                for bound in self.values(facets, name)
            ]
            yield Body(filters=(f"DATATYPE({node}) IN ({names})", *bounds))

    def asserted(self, expression: object, node: Node, fresh: Fresh) -> Iterator[tuple[Body, Pattern]]:
        """Yield what follows for `node` from belonging to a class expression on the right: a premise and a pattern."""
        if isinstance(expression, ox.NamedNode):
            if expression not in (THING, NOTHING):
                yield Body(), Pattern(node, RDF_TYPE, expression)
        elif (parts := self.value(expression, "owl:intersectionOf")) is not None:
            for part in self.items(parts):
                yield from self.asserted(part, node, fresh)
        elif (prop := self.value(expression, "owl:onProperty")) is not None:
            yield from self._implied(expression, prop, node, fresh)

    def _implied(self, expression: object, prop: object, node: Node, fresh: Fresh) -> Iterator[tuple[Body, Pattern]]:
        value = self.value(expression, "owl:hasValue")
        filler = self.value(expression, "owl:allValuesFrom")
        if isinstance(value, ox.NamedNode | ox.Literal):
            yield Body(), self.link(prop, node, value)
        elif self.value(expression, "owl:hasSelf") is not None:
            yield Body(), self.link(prop, node, node)
        elif filler is not None and not self.is_datatype(filler):
            other = fresh()
            link = Body((self.link(prop, node, other),))
            for body, head in self.asserted(filler, other, fresh):
                yield link + body, head

    def text(self, expression: object) -> str:
        """Return an expression in words near Manchester syntax; equal expressions have equal texts."""
        if isinstance(expression, ox.NamedNode | ox.Literal):
            return short(expression)
        for name, word in (("owl:intersectionOf", " and "), ("owl:unionOf", " or ")):
            if (parts := self.value(expression, name)) is not None:
                return f"({word.join(sorted(map(self.text, self.items(parts))))})"
        if (parts := self.value(expression, "owl:oneOf")) is not None:
            return f"{{{', '.join(sorted(map(self.text, self.items(parts))))}}}"
        if (inverse := self.value(expression, "owl:inverseOf")) is not None:
            return f"inverse {self.text(inverse)}"
        if (base := self.value(expression, "owl:onDatatype")) is not None:
            return f"{self.text(base)}[{self._facets_text(expression)}]"
        if (prop := self.value(expression, "owl:onProperty")) is not None:
            return f"({self.text(prop)} {self._restriction_text(expression)})"
        complement = self.value(expression, "owl:complementOf")
        return "anonymous" if complement is None else f"not {self.text(complement)}"

    def _facets_text(self, expression: object) -> str:
        facets = self.items(self.value(expression, "owl:withRestrictions"))
        return ", ".join(f"{_FACETS[n]} {v}" for f in facets for n in _FACETS for v in self.values(f, n))

    def _restriction_text(self, expression: object) -> str:
        words = {"owl:someValuesFrom": "some", "owl:allValuesFrom": "only", "owl:hasValue": "value"}
        for name, word in words.items():
            if (filler := self.value(expression, name)) is not None:
                return f"{word} {self.text(filler)}"
        if self.value(expression, "owl:hasSelf") is not None:
            return "Self"
        cardinalities = ("min", "max", "")
        for kind in cardinalities:
            for qualified in ("Qualified", ""):
                name = f"owl:{kind}{qualified}Cardinality" if kind else f"owl:{qualified.lower()}Cardinality"
                name = name.replace("owl:Cardinality", "owl:cardinality")
                if (number := self.value(expression, name)) is not None:
                    filler = self.value(expression, "owl:onClass")
                    return f"{kind or 'exactly'} {number} {self.text(filler) if filler is not None else ''}".strip()
        return "restricted"
