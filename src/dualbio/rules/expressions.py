"""OWL class and property expressions, read from triples and turned into triple patterns.

The names of the constructs are those of the OWL 2 functional-style syntax (https://www.w3.org/TR/owl2-syntax/).
On the left of an axiom an expression that no pattern can match (outside the OWL 2 RL subset) is an error.  On the right
one from which no triple follows yields nothing: an existential value, a union, a complement, a lower bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pyoxigraph as ox

from dualbio.namespaces import term
from dualbio.rules.dataranges import FACETS, range_filters
from dualbio.rules.model import Node, Pattern, RuleError, short

__all__ = ["Axioms", "Body", "Fresh"]

RDF_TYPE = term("rdf:type")
THING = term("owl:Thing")
NOTHING = term("owl:Nothing")

SAME = term("owl:sameAs")
#: Properties that hold between everything, or nothing: no triple says so.
_UNIVERSAL = frozenset(term(f"owl:{end}{kind}Property") for end in ("top", "bottom") for kind in ("Object", "Data"))
_AT_MOST = ("owl:maxCardinality", "owl:cardinality", "owl:maxQualifiedCardinality", "owl:qualifiedCardinality")
#: Vocabularies whose members are not data properties or classes of their own.
_XSD = term("xsd:string").value.removesuffix("string")


@dataclass(frozen=True)
class Body:
    """Patterns to match and filters on them, in one conjunction.

    `named` tells which individuals the filters give to variables, for a body that has no pattern.
    """

    patterns: tuple[Pattern, ...] = ()
    filters: tuple[str, ...] = ()
    named: tuple[tuple[str, Node], ...] = ()

    def __add__(self, other: Body) -> Body:
        """Return the conjunction of both."""
        patterns = tuple(dict.fromkeys(self.patterns + other.patterns))
        return Body(patterns, tuple(dict.fromkeys(self.filters + other.filters)), self.named + other.named)


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
        axioms._name_expressions()
        return axioms

    def _name_expressions(self) -> None:
        """Read a class that is an expression itself (`:A owl:unionOf …`) as one that is equivalent to it."""
        booleans = [term(f"owl:{name}") for name in ("intersectionOf", "unionOf", "oneOf", "complementOf")]
        for subject in [subject for subject in self._by_subject if isinstance(subject, ox.NamedNode)]:
            for predicate in booleans:
                for value in self._by_subject[subject].pop(predicate, []):
                    expression = ox.BlankNode()
                    self._by_subject[expression][predicate].append(value)
                    self._by_subject[subject][term("owl:equivalentClass")].append(expression)

    def subjects(self) -> Iterator[object]:
        """Yield every subject."""
        yield from self._by_subject

    def predicates(self, subject: object) -> list[ox.NamedNode]:
        """Return the predicates of `subject`."""
        return [name for name in self._by_subject.get(subject, ()) if isinstance(name, ox.NamedNode)]

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
        """Return the pattern of a property expression; an inverse swaps the ends.

        Raises:
            RuleError: the property is a universal or an empty one.
        """
        inverse = self.value(prop, "owl:inverseOf") if isinstance(prop, ox.BlankNode) else None
        if inverse is not None:
            return self.link(inverse, obj, subject)
        if not isinstance(prop, ox.NamedNode) or prop in _UNIVERSAL:
            raise RuleError(f"found the property '{self.text(prop)}'; accepted: a named property or its inverse")
        return Pattern(subject, prop, obj)

    def is_datatype(self, node: object) -> bool:
        """Return whether `node` is a data range."""
        if isinstance(node, ox.NamedNode):
            return node.value.startswith(_XSD) or node == term("rdfs:Literal") or self.is_a(node, "rdfs:Datatype")
        return self.is_a(node, "rdfs:Datatype")

    def matching(self, expression: object, node: Node, fresh: Fresh) -> Iterator[Body]:
        """Yield the alternatives by which `node` is seen to belong to a class expression on the left of an axiom.

        Raises:
            RuleError: no pattern tells who belongs to the expression.
        """
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
                assert isinstance(member, ox.NamedNode)
                yield Body(filters=(f"{node} = {member}",), named=((node.value, member),))
        elif (prop := self.value(expression, "owl:onProperty")) is not None:
            yield from self._restricted(expression, prop, node, fresh)
        else:
            raise self._refusal(expression)

    def _refusal(self, expression: object) -> RuleError:
        return RuleError(
            f"found '{self.text(expression)}' on the left; accepted there: named classes, and, or, value, some, Self, "
            "{individuals}; repair: say it as a domain rule, or only on the right"
        )

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
            if (members := self.value(filler, "owl:oneOf")) is not None:
                for member in self.items(members):
                    assert isinstance(member, ox.NamedNode | ox.Literal)
                    yield Body((self.link(prop, node, member),))
                return
            other = fresh()
            link = Body((self.link(prop, node, other),))
            ranged = self.is_datatype(filler)
            for alternative in self._in_range(filler, other) if ranged else self.matching(filler, other, fresh):
                yield link + alternative
        else:
            raise self._refusal(expression)

    def _in_range(self, datatype: object, node: Node) -> Iterator[Body]:
        base = self.value(datatype, "owl:onDatatype") or datatype
        defined = self.value(base, "owl:equivalentClass")
        if base == datatype and defined is not None:
            yield from self._in_range(defined, node)
        elif isinstance(base, ox.NamedNode):
            facets = (
                {short(name): self.values(facet, short(name)) for name in self.predicates(facet)}
                for facet in self.items(self.value(datatype, "owl:withRestrictions"))
            )
            yield Body(filters=range_filters(node, base, facets))
        else:
            raise RuleError(f"found the data range '{self.text(datatype)}'; accepted: datatypes, facets, {{values}}")

    def asserted(self, expression: object, node: Node, fresh: Fresh) -> Iterator[tuple[Body, Pattern]]:
        """Yield what follows for `node` from belonging to a class expression on the right: a premise and a pattern."""
        if isinstance(expression, ox.NamedNode):
            if expression not in (THING, NOTHING):
                yield Body(), Pattern(node, RDF_TYPE, expression)
        elif (parts := self.value(expression, "owl:intersectionOf")) is not None:
            for part in self.items(parts):
                yield from self.asserted(part, node, fresh)
        elif (only := self._only_member(expression)) is not None:
            yield Body(filters=(f"{node} != {only}",)), Pattern(node, SAME, only)
        elif (prop := self.value(expression, "owl:onProperty")) is not None:
            yield from self._implied(expression, prop, node, fresh)

    def _only_member(self, expression: object) -> ox.NamedNode | None:
        members = self.items(self.value(expression, "owl:oneOf"))
        return members[0] if len(members) == 1 and isinstance(members[0], ox.NamedNode) else None

    def _implied(self, expression: object, prop: object, node: Node, fresh: Fresh) -> Iterator[tuple[Body, Pattern]]:
        value = self.value(expression, "owl:hasValue")
        if value is None and (some := self.value(expression, "owl:someValuesFrom")) is not None:
            value = self._only_member(some)
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
        elif self._at_most_one(expression) and not self.is_a(prop, "owl:DatatypeProperty"):
            yield from self._one_and_the_same(expression, prop, node, fresh)

    def _at_most_one(self, expression: object) -> bool:
        bounds = [bound for name in _AT_MOST for bound in self.values(expression, name)]
        on_data = self.value(expression, "owl:onDataRange") is not None
        return not on_data and any(isinstance(bound, ox.Literal) and int(bound.value) == 1 for bound in bounds)

    def _one_and_the_same(
        self, expression: object, prop: object, node: Node, fresh: Fresh
    ) -> Iterator[tuple[Body, Pattern]]:
        one, other = fresh(), fresh()
        filler = self.value(expression, "owl:onClass") or THING
        links = Body((self.link(prop, node, one), self.link(prop, node, other)), (f"{one} != {other}",))
        for first in self.matching(filler, one, fresh):
            for second in self.matching(filler, other, fresh):
                yield links + first + second, Pattern(one, SAME, other)

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
        if self.value(expression, "rdf:first") is not None:
            return " ".join(map(self.text, self.items(expression)))
        complement = self.value(expression, "owl:complementOf") or self.value(expression, "owl:datatypeComplementOf")
        return "anonymous" if complement is None else f"not {self.text(complement)}"

    def _facets_text(self, expression: object) -> str:
        facets = self.items(self.value(expression, "owl:withRestrictions"))
        return ", ".join(f"{FACETS[n]} {v}" for f in facets for n in FACETS for v in self.values(f, n))

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
