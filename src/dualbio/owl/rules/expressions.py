"""OWL class and property expressions, read from triples and turned into triple patterns.

The names of the constructs are those of the OWL 2 functional-style syntax (https://www.w3.org/TR/owl2-syntax/).
On the left of an axiom an expression that no pattern can match (outside the OWL 2 RL subset) is an error.  On the right
one from which no triple follows yields nothing: an existential value, a union, a complement, a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

import pyoxigraph as ox

from dualbio.model.namespaces import term
from dualbio.model.rdf_terms import GroundTerm, Term, VarOrTerm
from dualbio.owl.graph import Ontology
from dualbio.owl.manchester import expression_text
from dualbio.owl.rules.dataranges import range_filters
from dualbio.owl.rules.model import Pattern, RuleError, short

__all__ = ["Axioms", "Conjunction", "Fresh"]

RDF_TYPE = term("rdf:type")
THING = term("owl:Thing")
NOTHING = term("owl:Nothing")

SAME = term("owl:sameAs")
#: Properties that hold between everything, or nothing: no triple says so.
_UNIVERSAL = frozenset(term(f"owl:{end}{kind}Property") for end in ("top", "bottom") for kind in ("Object", "Data"))
#: What makes a class an expression.
_BOOLEANS = frozenset(term(f"owl:{name}") for name in ("intersectionOf", "unionOf", "oneOf", "complementOf"))
_AT_MOST = ("owl:maxCardinality", "owl:cardinality", "owl:maxQualifiedCardinality", "owl:qualifiedCardinality")
_XSD = term("xsd:string").value.removesuffix("string")
#: Datatypes of the OWL 2 datatype map outside XML Schema, and those of RDF.
_DATATYPES = frozenset(
    term(name)
    for name in ("rdfs:Literal", "rdf:langString", "rdf:PlainLiteral", "rdf:XMLLiteral", "owl:real", "owl:rational")
)


@dataclass(frozen=True)
class Conjunction:
    """Patterns to match and filters on them, in one conjunction.

    `named` says which individuals the filters give to variables, for a body that has no pattern.
    """

    patterns: tuple[Pattern, ...] = ()
    filters: tuple[str, ...] = ()
    named: tuple[tuple[str, VarOrTerm], ...] = ()

    def __add__(self, other: Conjunction) -> Conjunction:
        """Return the conjunction of both."""
        patterns = tuple(dict.fromkeys(self.patterns + other.patterns))
        return Conjunction(patterns, tuple(dict.fromkeys(self.filters + other.filters)), self.named + other.named)


class Fresh:
    """Mints variables that one rule uses once: ?v1, ?v2 and so on."""

    def __init__(self) -> None:
        """Begin at ?v1."""
        self._numbers = count(1)

    def __call__(self) -> ox.Variable:
        """Return the next variable."""
        return ox.Variable(f"v{next(self._numbers)}")


class Axioms(Ontology):
    """The axioms of an ontology, whose class and property expressions become triple patterns."""

    def __init__(self, triples: Iterable[ox.Triple | ox.Quad]) -> None:
        """Index `triples`."""
        super().__init__(_equivalences(triples))

    def words(self, node: Term) -> str:
        """Return a term or an expression in Manchester syntax; equal expressions have equal texts."""
        return expression_text(self, node, short)

    def link(self, prop: Term, subject: VarOrTerm, obj: VarOrTerm) -> Pattern:
        """Return the pattern of a property expression; an inverse swaps the ends.

        Raises:
            RuleError: the property is a universal or an empty one.
        """
        inverse = self.value(prop, "owl:inverseOf") if isinstance(prop, ox.BlankNode) else None
        if inverse is not None:
            return self.link(inverse, obj, subject)
        if not isinstance(prop, ox.NamedNode) or prop in _UNIVERSAL:
            raise RuleError(f"found the property '{self.words(prop)}'; accepted: a named property or its inverse")
        return Pattern(subject, prop, obj)

    def is_datatype(self, node: Term) -> bool:
        """Return whether `node` is a data range."""
        if isinstance(node, ox.NamedNode):
            return node.value.startswith(_XSD) or node in _DATATYPES or self.is_a(node, "rdfs:Datatype")
        return self.is_a(node, "rdfs:Datatype")

    def matching(self, expression: Term, node: VarOrTerm, fresh: Fresh) -> Iterator[Conjunction]:
        """Yield the alternatives by which `node` is seen to belong to a class expression on the left of an axiom.

        Raises:
            RuleError: no pattern determines the members of the expression.
        """
        if isinstance(expression, ox.NamedNode):
            if expression != NOTHING:
                yield Conjunction() if expression == THING else Conjunction((Pattern(node, RDF_TYPE, expression),))
        elif (parts := self.value(expression, "owl:intersectionOf")) is not None:
            yield from self._all_of(self.members(parts), node, fresh)
        elif (parts := self.value(expression, "owl:unionOf")) is not None:
            for part in self.members(parts):
                yield from self.matching(part, node, fresh)
        elif (parts := self.value(expression, "owl:oneOf")) is not None and isinstance(node, ox.Variable):
            for member in self.members(parts):
                assert isinstance(member, ox.NamedNode)
                yield Conjunction(filters=(f"{node} = {member}",), named=((node.value, member),))
        elif (prop := self.value(expression, "owl:onProperty")) is not None:
            yield from self._restricted(expression, prop, node, fresh)
        else:
            raise self._refusal(expression)

    def _refusal(self, expression: Term) -> RuleError:
        return RuleError(
            f"found '{self.words(expression)}' on the left; accepted there: named classes, and, or, value, some, Self, "
            "{individuals}; repair: write it as a domain rule, or only on the right"
        )

    def _all_of(self, parts: list[Term], node: VarOrTerm, fresh: Fresh) -> Iterator[Conjunction]:
        bodies = [Conjunction()]
        for part in parts:
            alternatives = list(self.matching(part, node, fresh))
            bodies = [body + alternative for body in bodies for alternative in alternatives]
        yield from bodies

    def _restricted(self, expression: Term, prop: Term, node: VarOrTerm, fresh: Fresh) -> Iterator[Conjunction]:
        value = self.value(expression, "owl:hasValue")
        if isinstance(value, GroundTerm):
            yield Conjunction((self.link(prop, node, value),))
        elif self.value(expression, "owl:hasSelf") is not None:
            yield Conjunction((self.link(prop, node, node),))
        elif (filler := self.value(expression, "owl:someValuesFrom")) is not None:
            if (members := self.value(filler, "owl:oneOf")) is not None:
                for member in self.members(members):
                    assert isinstance(member, GroundTerm)
                    yield Conjunction((self.link(prop, node, member),))
                return
            other = fresh()
            link = Conjunction((self.link(prop, node, other),))
            ranged = self.is_datatype(filler)
            for alternative in self._in_range(filler, other) if ranged else self.matching(filler, other, fresh):
                yield link + alternative
        else:
            raise self._refusal(expression)

    def _in_range(self, datatype: Term, node: VarOrTerm) -> Iterator[Conjunction]:
        base = self.value(datatype, "owl:onDatatype") or datatype
        defined = self.value(base, "owl:equivalentClass")
        if base == datatype and defined is not None:
            yield from self._in_range(defined, node)
        elif isinstance(base, ox.NamedNode):
            facets = (
                {short(name): self.values(facet, short(name)) for name in self.predicates(facet)}
                for facet in self.members(self.value(datatype, "owl:withRestrictions"))
            )
            yield Conjunction(filters=range_filters(node, base, facets))
        else:
            raise RuleError(f"found the data range '{self.words(datatype)}'; accepted: datatypes, facets, {{values}}")

    def asserted(self, expression: Term, node: VarOrTerm, fresh: Fresh) -> Iterator[tuple[Conjunction, Pattern]]:
        """Yield what follows for `node` from belonging to a class expression on the right: a premise and a pattern."""
        if isinstance(expression, ox.NamedNode):
            if expression not in (THING, NOTHING):
                yield Conjunction(), Pattern(node, RDF_TYPE, expression)
        elif (parts := self.value(expression, "owl:intersectionOf")) is not None:
            for part in self.members(parts):
                yield from self.asserted(part, node, fresh)
        elif (only := self._only_member(expression)) is not None:
            yield Conjunction(filters=(f"{node} != {only}",)), Pattern(node, SAME, only)
        elif (prop := self.value(expression, "owl:onProperty")) is not None:
            yield from self._implied(expression, prop, node, fresh)

    def _only_member(self, expression: Term) -> ox.NamedNode | None:
        members = self.members(self.value(expression, "owl:oneOf"))
        return members[0] if len(members) == 1 and isinstance(members[0], ox.NamedNode) else None

    def _implied(
        self, expression: Term, prop: Term, node: VarOrTerm, fresh: Fresh
    ) -> Iterator[tuple[Conjunction, Pattern]]:
        value = self.value(expression, "owl:hasValue")
        if value is None and (some := self.value(expression, "owl:someValuesFrom")) is not None:
            value = self._only_member(some)
        filler = self.value(expression, "owl:allValuesFrom")
        if isinstance(value, GroundTerm):
            yield Conjunction(), self.link(prop, node, value)
        elif self.value(expression, "owl:hasSelf") is not None:
            yield Conjunction(), self.link(prop, node, node)
        elif filler is not None and not self.is_datatype(filler):
            other = fresh()
            link = Conjunction((self.link(prop, node, other),))
            for body, head in self.asserted(filler, other, fresh):
                yield link + body, head
        elif self._at_most_one(expression) and not self.is_a(prop, "owl:DatatypeProperty"):
            yield from self._one_and_the_same(expression, prop, node, fresh)

    def _at_most_one(self, expression: Term) -> bool:
        bounds = [bound for name in _AT_MOST for bound in self.values(expression, name)]
        on_data = self.value(expression, "owl:onDataRange") is not None
        return not on_data and any(isinstance(bound, ox.Literal) and int(bound.value) == 1 for bound in bounds)

    def _one_and_the_same(
        self, expression: Term, prop: Term, node: VarOrTerm, fresh: Fresh
    ) -> Iterator[tuple[Conjunction, Pattern]]:
        one, other = fresh(), fresh()
        filler = self.value(expression, "owl:onClass") or THING
        links = Conjunction((self.link(prop, node, one), self.link(prop, node, other)), (f"{one} != {other}",))
        for first in self.matching(filler, one, fresh):
            for second in self.matching(filler, other, fresh):
                yield links + first + second, Pattern(one, SAME, other)


def _equivalences(triples: Iterable[ox.Triple | ox.Quad]) -> Iterator[ox.Triple]:
    """Yield `triples` with each class that is an expression itself (`:A owl:unionOf …`) as one equivalent to it."""
    for subject, predicate, value in (each.triple if isinstance(each, ox.Quad) else each for each in triples):
        if isinstance(subject, ox.NamedNode) and predicate in _BOOLEANS:
            expression = ox.BlankNode()
            yield ox.Triple(subject, term("owl:equivalentClass"), expression)
            yield ox.Triple(expression, predicate, value)
        else:
            yield ox.Triple(subject, predicate, value)
