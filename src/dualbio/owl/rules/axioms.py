"""Axioms compiled to rules: each axiom of the OWL 2 RL subset becomes rules of its own, with its names filled in.

Covered: SubClassOf, EquivalentClasses, DisjointUnion (its covering half), SubObjectPropertyOf and SubDataPropertyOf,
equivalent and inverse properties, symmetric and transitive properties, property chains, domain, range, HasKey,
functional and inverse functional properties; in class expressions intersection, hasValue and hasSelf on both sides,
someValuesFrom, unionOf, oneOf and data ranges on the left, allValuesFrom and at most one value on the right.
Nested expressions are unfolded into one conjunction, so that no name is needed for an anonymous class.
Disjointness, negative assertions and asymmetric or irreflexive properties contradict and add no triple; the gate
(`dualbio.owl.gate`) looks after them, and after what follows from a union or an existential value on the right.
Whatever else OWL can say is an error, not silence.
Equality (`owl:sameAs`) is derived and never spread: two names for one record are a defect of the data.

Source: OWL 2 Profiles, section 4.3 (https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import groupby, product

import pyoxigraph as ox

from dualbio.model.namespaces import term
from dualbio.model.rdf_terms import Term
from dualbio.owl.rules.expressions import SAME, Axioms, Conjunction, Fresh
from dualbio.owl.rules.model import Pattern, Rule, RuleError, patterns_text, short

__all__ = ["compile_axioms"]

X, Y, Z = (ox.Variable(name) for name in "xyz")
#: Makes the rules of an axiom, from the ontology and the subject and object of its triple.
Compiler = Callable[[Axioms, Term, Term], Iterator[Rule]]


def compile_axioms(ontology: Iterable[ox.Triple | ox.Quad]) -> tuple[Rule, ...]:
    """Return the rules of every axiom of `ontology` that the closure covers, sorted by name.

    Axioms about annotation properties have no consequences in OWL 2 DL and give no rule.

    Raises:
        RuleError: axioms have consequences that no rule can express; the message names each.
    """
    axioms = Axioms(ontology)
    faults: list[tuple[str, str]] = []
    drafts = sorted(_rules(axioms, faults), key=lambda rule: (rule.name, rule.where, str(rule.head)))
    if faults:
        raise RuleError("\n".join(message for _, message in faults), faults=faults)
    rules = []
    for name, group in groupby(drafts, key=lambda rule: rule.name):
        same_name = list(dict.fromkeys(group))
        if len(same_name) == 1:
            rules += same_name
        else:
            rules += [replace(rule, name=f"{name}/{i}") for i, rule in enumerate(same_name, start=1)]
    return tuple(rules)


def _rules(axioms: Axioms, faults: list[tuple[str, str]]) -> Iterator[Rule]:
    """Yield the rules of every axiom; note the axioms that have none and need one."""
    for subject in axioms.subjects:
        if axioms.is_a(subject, "owl:AnnotationProperty"):
            continue
        faults += [(axioms.words(subject), message) for message in _unknown(axioms, subject)]
        tables = [_CLASS_AXIOMS]
        if isinstance(subject, ox.NamedNode):
            tables.append(_PROPERTY_AXIOMS)
        elif axioms.value(subject, "owl:inverseOf") is not None:  # an inverse without a name, not an axiom of its own
            tables.append({name: made for name, made in _PROPERTY_AXIOMS.items() if name != "owl:inverseOf"})
        for table in tables:
            for predicate, compiler in table.items():
                for value in axioms.values(subject, predicate):
                    yield from _compiled(axioms, faults, compiler, (subject, predicate, value))
        for class_name, compiler in _CHARACTERISTICS.items():
            if axioms.is_a(subject, class_name):
                yield from _compiled(axioms, faults, compiler, (subject, "rdf:type", term(class_name)))


def _compiled(
    axioms: Axioms,
    faults: list[tuple[str, str]],
    compiler: Compiler,
    axiom: tuple[Term, str, Term],
) -> Iterator[Rule]:
    """Yield the rules of one axiom, or note why it has none."""
    subject, predicate, value = axiom
    try:
        yield from compiler(axioms, subject, value)
    except RuleError as error:
        words = axioms.words(subject)
        faults.append((words, f"axiom '{words} {predicate} {axioms.words(value)}': {error}"))


def _unknown(axioms: Axioms, subject: Term) -> Iterator[str]:
    """Yield a message for what no compiler knows, so that no axiom is left out in silence."""
    known = (*_CLASS_AXIOMS, *_PROPERTY_AXIOMS, *_PARTS, *_WITHOUT_TRIPLES)
    for predicate in axioms.predicates(subject):
        name = short(predicate)
        if name.startswith("owl:") and name not in known:
            yield (
                f"axiom of '{axioms.words(subject)}': found {name}, which no rule can express; "
                f"accepted: {', '.join(sorted(known))}; repair: write it as a domain rule"
            )
    for kind in axioms.values(subject, "rdf:type"):
        if kind in _REFUSED:
            yield (
                f"axiom of '{axioms.words(subject)}': found {axioms.words(kind)}, which no rule can express; "
                f"accepted: {', '.join(sorted(_CHARACTERISTICS))}; repair: write it as a domain rule"
            )


def _rule(kind: str, subject: str, rest: str, body: Conjunction, head: Pattern) -> Iterator[Rule]:
    """Yield the rule unless it says nothing new; long or anonymous second halves of a name become a short hash."""
    if head in body.patterns or len(dict(body.named)) < len(set(body.named)):  # in two lists of one, of different names
        return
    if not body.patterns:
        body, head = Conjunction(), _of_named(body, head)
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


def _of_named(body: Conjunction, head: Pattern) -> Pattern:
    """Return the head of a rule without patterns: it is about individuals that the axiom names."""
    filled = head.filled(dict(body.named))
    if filled.variables:
        raise RuleError("found an axiom about everything there is; accepted: one about the members of a named class")
    return filled


def _implication(axioms: Axioms, kind: str, left: Term, right: Term, names: tuple[str, str]) -> Iterator[Rule]:
    """Yield the rules by which everything in the class expression `left` is in `right`."""
    if not any(axioms.asserted(right, X, Fresh())):
        return
    fresh = Fresh()
    bodies, consequences = list(axioms.matching(left, X, fresh)), list(axioms.asserted(right, X, fresh))
    for body, (premise, head) in product(bodies, consequences):
        yield from _rule(kind, *names, body + premise, head)


def _subclass(axioms: Axioms, left: Term, right: Term) -> Iterator[Rule]:
    yield from _implication(axioms, "SubClassOf", left, right, (axioms.words(left), axioms.words(right)))


def _equivalent(axioms: Axioms, left: Term, right: Term) -> Iterator[Rule]:
    if axioms.is_datatype(left) or axioms.is_datatype(right):
        return
    names = (axioms.words(left), axioms.words(right))
    yield from _implication(axioms, "EquivalentTo", left, right, names)
    yield from _implication(axioms, "EquivalentTo", right, left, names)


def _disjoint_union(axioms: Axioms, whole: Term, parts: Term) -> Iterator[Rule]:
    for part in axioms.members(parts):
        yield from _implication(axioms, "DisjointUnionOf", part, whole, (axioms.words(whole), axioms.words(part)))


def _key(axioms: Axioms, keyed: Term, properties: Term) -> Iterator[Rule]:
    names = axioms.members(properties)
    keys = Conjunction(filters=(f"{X} != {Y}",))
    for number, name in enumerate(names, start=1):
        value = ox.Variable(f"key{number}")
        keys += Conjunction((axioms.link(name, X, value), axioms.link(name, Y, value)))
    text = " ".join(sorted(map(axioms.words, names)))
    fresh = Fresh()
    for one, other in product(list(axioms.matching(keyed, X, fresh)), list(axioms.matching(keyed, Y, fresh))):
        yield from _rule("HasKey", axioms.words(keyed), text, keys + one + other, Pattern(X, SAME, Y))


def _subproperty(axioms: Axioms, narrow: Term, wide: Term) -> Iterator[Rule]:
    body = Conjunction((axioms.link(narrow, X, Y),))
    yield from _rule("SubPropertyOf", axioms.words(narrow), axioms.words(wide), body, axioms.link(wide, X, Y))


def _equivalent_property(axioms: Axioms, one: Term, other: Term) -> Iterator[Rule]:
    for left, right in ((one, other), (other, one)):
        body = Conjunction((axioms.link(left, X, Y),))
        yield from _rule("EquivalentProperty", axioms.words(one), axioms.words(other), body, axioms.link(right, X, Y))


def _inverse(axioms: Axioms, one: Term, other: Term) -> Iterator[Rule]:
    for left, right in ((one, other), (other, one)):
        body = Conjunction((axioms.link(left, X, Y),))
        yield from _rule("InverseOf", axioms.words(one), axioms.words(other), body, axioms.link(right, Y, X))


def _chain(axioms: Axioms, whole: Term, links: Term) -> Iterator[Rule]:
    properties = axioms.members(links)
    nodes = [X, *(ox.Variable(f"v{i}") for i in range(1, len(properties))), Y]
    steps = zip(properties, nodes, nodes[1:], strict=False)
    body = Conjunction(tuple(axioms.link(prop, start, end) for prop, start, end in steps))
    text = " o ".join(map(axioms.words, properties))
    yield from _rule("PropertyChain", axioms.words(whole), text, body, axioms.link(whole, X, Y))


def _domain(axioms: Axioms, prop: Term, domain: Term) -> Iterator[Rule]:
    for premise, head in axioms.asserted(domain, X, Fresh()):
        body = Conjunction((axioms.link(prop, X, Y),)) + premise
        yield from _rule("Domain", axioms.words(prop), axioms.words(domain), body, head)


def _range(axioms: Axioms, prop: Term, range_: Term) -> Iterator[Rule]:
    if axioms.is_datatype(range_) or axioms.is_a(prop, "owl:DatatypeProperty"):
        return
    for premise, head in axioms.asserted(range_, Y, Fresh()):
        body = Conjunction((axioms.link(prop, X, Y),)) + premise
        yield from _rule("Range", axioms.words(prop), axioms.words(range_), body, head)


def _symmetric(axioms: Axioms, prop: Term, _: Term) -> Iterator[Rule]:
    yield from _rule(
        "Symmetric", axioms.words(prop), "", Conjunction((axioms.link(prop, X, Y),)), axioms.link(prop, Y, X)
    )


def _transitive(axioms: Axioms, prop: Term, _: Term) -> Iterator[Rule]:
    body = Conjunction((axioms.link(prop, X, Y), axioms.link(prop, Y, Z)))
    yield from _rule("Transitive", axioms.words(prop), "", body, axioms.link(prop, X, Z))


def _functional(axioms: Axioms, prop: Term, _: Term) -> Iterator[Rule]:
    # Two different values of a data property contradict, and no triple says that two values are the same.
    if not axioms.is_a(prop, "owl:DatatypeProperty"):
        body = Conjunction((axioms.link(prop, X, Y), axioms.link(prop, X, Z)), (f"{Y} != {Z}",))
        yield from _rule("Functional", axioms.words(prop), "", body, Pattern(Y, SAME, Z))


def _inverse_functional(axioms: Axioms, prop: Term, _: Term) -> Iterator[Rule]:
    body = Conjunction((axioms.link(prop, Y, X), axioms.link(prop, Z, X)), (f"{Y} != {Z}",))
    yield from _rule("InverseFunctional", axioms.words(prop), "", body, Pattern(Y, SAME, Z))


_CLASS_AXIOMS: dict[str, Compiler] = {
    "rdfs:subClassOf": _subclass,
    "owl:equivalentClass": _equivalent,
    "owl:disjointUnionOf": _disjoint_union,
    "owl:hasKey": _key,
}
_PROPERTY_AXIOMS: dict[str, Compiler] = {
    "rdfs:subPropertyOf": _subproperty,
    "owl:equivalentProperty": _equivalent_property,
    "owl:inverseOf": _inverse,
    "owl:propertyChainAxiom": _chain,
    "rdfs:domain": _domain,
    "rdfs:range": _range,
}
_CHARACTERISTICS: dict[str, Compiler] = {
    "owl:SymmetricProperty": _symmetric,
    "owl:TransitiveProperty": _transitive,
    "owl:FunctionalProperty": _functional,
    "owl:InverseFunctionalProperty": _inverse_functional,
}
#: Parts of class and property expressions and data ranges.
_PARTS = (
    *("owl:intersectionOf", "owl:unionOf", "owl:oneOf", "owl:complementOf", "owl:datatypeComplementOf"),
    *("owl:onProperty", "owl:someValuesFrom", "owl:allValuesFrom", "owl:hasValue", "owl:hasSelf"),
    *("owl:minCardinality", "owl:maxCardinality", "owl:cardinality"),
    *("owl:minQualifiedCardinality", "owl:maxQualifiedCardinality", "owl:qualifiedCardinality"),
    *("owl:onClass", "owl:onDataRange", "owl:onDatatype", "owl:withRestrictions"),
)
#: What contradicts, annotates or is data, and adds no triple.
_WITHOUT_TRIPLES = (
    *("owl:disjointWith", "owl:propertyDisjointWith", "owl:members", "owl:distinctMembers"),
    *("owl:sourceIndividual", "owl:assertionProperty", "owl:targetIndividual", "owl:targetValue"),
    *("owl:annotatedSource", "owl:annotatedProperty", "owl:annotatedTarget", "owl:deprecated"),
    *("owl:versionIRI", "owl:versionInfo", "owl:priorVersion"),
    *("owl:backwardCompatibleWith", "owl:incompatibleWith", "owl:sameAs", "owl:differentFrom"),
)
#: Kinds of axiom that speak of everything there is, or in another language.
_REFUSED = (term("owl:ReflexiveProperty"), ox.NamedNode("http://www.w3.org/2003/11/swrl#Imp"))
