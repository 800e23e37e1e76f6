"""Axioms compiled to rules: each axiom of the OWL 2 RL subset becomes rules of its own, with its names filled in.

Covered: SubClassOf, EquivalentClasses, DisjointUnion (its covering half), SubObjectPropertyOf and SubDataPropertyOf,
equivalent and inverse properties, symmetric and transitive properties, property chains, domain, range, HasKey,
functional and inverse functional properties; in class expressions intersection, hasValue and hasSelf on both sides,
someValuesFrom, unionOf, oneOf and data ranges on the left, allValuesFrom on the right.
Nested expressions are unfolded into one conjunction, so that no name is needed for an anonymous class.
Cardinalities, complements and disjointness add no triple; the gate (`dualbio.reason`) looks after them.
Equality (`owl:sameAs`) is derived and never spread: two names for one record are a defect of the data.

Source: OWL 2 Profiles, section 4.3 (https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import groupby

import pyoxigraph as ox

from dualbio.namespaces import term
from dualbio.rules.expressions import Axioms, Body, Fresh
from dualbio.rules.model import Pattern, Rule, patterns_text, short

__all__ = ["compile_axioms"]

X, Y, Z = (ox.Variable(name) for name in "xyz")
_SAME = term("owl:sameAs")


def compile_axioms(ontology: Iterable[ox.Triple | ox.Quad]) -> tuple[Rule, ...]:
    """Return the rules of every axiom of `ontology` that the closure covers, sorted by name.

    Axioms about annotation properties have no consequences in OWL 2 DL and give no rule.
    """
    axioms = Axioms.of(ontology)
    drafts = sorted(_rules(axioms), key=lambda rule: (rule.name, rule.where, str(rule.head)))
    rules = []
    for name, group in groupby(drafts, key=lambda rule: rule.name):
        same_name = list(dict.fromkeys(group))
        if len(same_name) == 1:
            rules += same_name
        else:
            rules += [replace(rule, name=f"{name}/{i}") for i, rule in enumerate(same_name, start=1)]
    return tuple(rules)


def _rules(axioms: Axioms) -> Iterator[Rule]:
    for subject in list(axioms.subjects()):
        if axioms.is_a(subject, "owl:AnnotationProperty"):
            continue
        for predicate, compiler in _CLASS_AXIOMS.items():
            for value in axioms.values(subject, predicate):
                yield from compiler(axioms, subject, value)
        if isinstance(subject, ox.NamedNode):
            for predicate, property_compiler in _PROPERTY_AXIOMS.items():
                for value in axioms.values(subject, predicate):
                    yield from property_compiler(axioms, subject, value)
            for class_name, bodies in _CHARACTERISTICS.items():
                if axioms.is_a(subject, class_name):
                    yield from bodies(axioms, subject)


def _rule(kind: str, subject: str, rest: str, body: Body, head: Pattern) -> Iterator[Rule]:
    """Yield the rule unless it says nothing new; long or anonymous second halves of a name become a short hash."""
    if head in body.patterns or not body.patterns:
        return
    tail = rest if " " not in rest else "#" + sha256(rest.encode()).hexdigest()[:8]
    front = subject if " " not in subject else "#" + sha256(subject.encode()).hexdigest()[:8]
    filters = "".join(f" FILTER({text})" for text in body.filters)
    yield Rule(
        name=f"{kind}({front}{',' if rest else ''}{tail})",
        summary=f"{subject} {kind} {rest}".strip(),
        origin="axiom",
        head=(head,),
        alternatives=(body.patterns,),
        where=patterns_text(body.patterns) + filters,
        filters=filters,
        conjunctive=True,
    )


def _implication(axioms: Axioms, kind: str, left: object, right: object, names: tuple[str, str]) -> Iterator[Rule]:
    """Yield the rules by which everything in the class expression `left` is in `right`."""
    for i, _ in enumerate(axioms.matching(left, X, Fresh())):
        for j, _ in enumerate(axioms.asserted(right, X, Fresh())):
            # Each rule is drawn afresh, so that its variables are numbered from one.
            fresh = Fresh()
            body = list(axioms.matching(left, X, fresh))[i]
            premise, head = list(axioms.asserted(right, X, fresh))[j]
            yield from _rule(kind, *names, body + premise, head)


def _subclass(axioms: Axioms, left: object, right: object) -> Iterator[Rule]:
    yield from _implication(axioms, "SubClassOf", left, right, (axioms.text(left), axioms.text(right)))


def _equivalent(axioms: Axioms, left: object, right: object) -> Iterator[Rule]:
    names = (axioms.text(left), axioms.text(right))
    yield from _implication(axioms, "EquivalentTo", left, right, names)
    yield from _implication(axioms, "EquivalentTo", right, left, names)


def _disjoint_union(axioms: Axioms, whole: object, parts: object) -> Iterator[Rule]:
    for part in axioms.items(parts):
        yield from _implication(axioms, "DisjointUnionOf", part, whole, (axioms.text(whole), axioms.text(part)))


def _key(axioms: Axioms, keyed: object, properties: object) -> Iterator[Rule]:
    names = axioms.items(properties)
    for body in axioms.matching(keyed, X, Fresh()):
        keys = Body()
        for number, name in enumerate(names, start=1):
            value = ox.Variable(f"key{number}")
            keys += Body((axioms.link(name, X, value), axioms.link(name, Y, value)))
        other = Body(tuple(_renamed(pattern) for pattern in body.patterns))
        whole = keys + body + other + Body(filters=(*body.filters, f"{X} != {Y}"))
        text = " ".join(sorted(map(axioms.text, names)))
        yield from _rule("HasKey", axioms.text(keyed), text, whole, Pattern(X, _SAME, Y))


def _renamed(pattern: Pattern) -> Pattern:
    """Return the pattern about the second individual of a key."""
    fill = {name: Y if name == "x" else ox.Variable(f"{name}y") for name in pattern.variables}
    return pattern.filled(fill)


def _subproperty(axioms: Axioms, narrow: ox.NamedNode, wide: object) -> Iterator[Rule]:
    body = Body((axioms.link(narrow, X, Y),))
    yield from _rule("SubPropertyOf", short(narrow), axioms.text(wide), body, axioms.link(wide, X, Y))


def _equivalent_property(axioms: Axioms, one: ox.NamedNode, other: object) -> Iterator[Rule]:
    for left, right in ((one, other), (other, one)):
        body = Body((axioms.link(left, X, Y),))
        yield from _rule("EquivalentProperty", short(one), axioms.text(other), body, axioms.link(right, X, Y))


def _inverse(axioms: Axioms, one: ox.NamedNode, other: object) -> Iterator[Rule]:
    for left, right in ((one, other), (other, one)):
        body = Body((axioms.link(left, X, Y),))
        yield from _rule("InverseOf", short(one), axioms.text(other), body, axioms.link(right, Y, X))


def _chain(axioms: Axioms, whole: ox.NamedNode, links: object) -> Iterator[Rule]:
    properties = axioms.items(links)
    nodes = [X, *(ox.Variable(f"v{i}") for i in range(1, len(properties))), Y]
    steps = zip(properties, nodes, nodes[1:], strict=False)
    body = Body(tuple(axioms.link(prop, start, end) for prop, start, end in steps))
    text = " o ".join(map(axioms.text, properties))
    yield from _rule("PropertyChain", short(whole), text, body, Pattern(X, whole, Y))


def _domain(axioms: Axioms, prop: ox.NamedNode, domain: object) -> Iterator[Rule]:
    fresh = Fresh()
    for premise, head in axioms.asserted(domain, X, fresh):
        body = Body((Pattern(X, prop, Y),)) + premise
        yield from _rule("Domain", short(prop), axioms.text(domain), body, head)


def _range(axioms: Axioms, prop: ox.NamedNode, range_: object) -> Iterator[Rule]:
    if axioms.is_datatype(range_) or axioms.is_a(prop, "owl:DatatypeProperty"):
        return
    for premise, head in axioms.asserted(range_, Y, Fresh()):
        body = Body((Pattern(X, prop, Y),)) + premise
        yield from _rule("Range", short(prop), axioms.text(range_), body, head)


def _symmetric(_: Axioms, prop: ox.NamedNode) -> Iterator[Rule]:
    yield from _rule("Symmetric", short(prop), "", Body((Pattern(X, prop, Y),)), Pattern(Y, prop, X))


def _transitive(_: Axioms, prop: ox.NamedNode) -> Iterator[Rule]:
    body = Body((Pattern(X, prop, Y), Pattern(Y, prop, Z)))
    yield from _rule("Transitive", short(prop), "", body, Pattern(X, prop, Z))


def _functional(axioms: Axioms, prop: ox.NamedNode) -> Iterator[Rule]:
    if axioms.is_a(prop, "owl:ObjectProperty"):
        body = Body((Pattern(X, prop, Y), Pattern(X, prop, Z)), (f"{Y} != {Z}",))
        yield from _rule("Functional", short(prop), "", body, Pattern(Y, _SAME, Z))


def _inverse_functional(_: Axioms, prop: ox.NamedNode) -> Iterator[Rule]:
    body = Body((Pattern(Y, prop, X), Pattern(Z, prop, X)), (f"{Y} != {Z}",))
    yield from _rule("InverseFunctional", short(prop), "", body, Pattern(Y, _SAME, Z))


_CLASS_AXIOMS = {
    "rdfs:subClassOf": _subclass,
    "owl:equivalentClass": _equivalent,
    "owl:disjointUnionOf": _disjoint_union,
    "owl:hasKey": _key,
}
_PROPERTY_AXIOMS = {
    "rdfs:subPropertyOf": _subproperty,
    "owl:equivalentProperty": _equivalent_property,
    "owl:inverseOf": _inverse,
    "owl:propertyChainAxiom": _chain,
    "rdfs:domain": _domain,
    "rdfs:range": _range,
}
_CHARACTERISTICS = {
    "owl:SymmetricProperty": _symmetric,
    "owl:TransitiveProperty": _transitive,
    "owl:FunctionalProperty": _functional,
    "owl:InverseFunctionalProperty": _inverse_functional,
}
