"""OWL 2 functional-style syntax, for Protégé and other tools of the OWL API.

OWL 2 Web Ontology Language, Structural Specification and Functional-Style Syntax (W3C Recommendation of 11 December
2012); triples are read as its companion "Mapping to RDF Graphs" says.  Each triple becomes part of an axiom, or the
document is refused: nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import pyoxigraph as ox

from dualbio.export.owl import DECLARATIONS, Ontology, OntologyNode
from dualbio.export.prefixes import compact, split_iri
from dualbio.export.rdfxml import ExportError
from dualbio.namespaces import PREFIXES, compress, term

__all__ = ["functional_pieces", "functional_text"]

_TYPE = "rdf:type"
_STRING = term("xsd:string")
#: Axioms about a class, and those about a property after the kind of the property.
_CLASS = {
    "rdfs:subClassOf": "SubClassOf",
    "owl:equivalentClass": "EquivalentClasses",
    "owl:disjointWith": "DisjointClasses",
}
_PROPERTY = {
    "rdfs:subPropertyOf": "Sub{}PropertyOf",
    "rdfs:domain": "{}PropertyDomain",
    "rdfs:range": "{}PropertyRange",
    "owl:equivalentProperty": "Equivalent{}Properties",
    "owl:propertyDisjointWith": "Disjoint{}Properties",
}
_TRAITS = {
    "owl:FunctionalProperty": "Functional{}Property",
    "owl:InverseFunctionalProperty": "InverseFunctional{}Property",
    "owl:ReflexiveProperty": "Reflexive{}Property",
    "owl:IrreflexiveProperty": "Irreflexive{}Property",
    "owl:SymmetricProperty": "Symmetric{}Property",
    "owl:AsymmetricProperty": "Asymmetric{}Property",
    "owl:TransitiveProperty": "Transitive{}Property",
}
_INDIVIDUALS = {"owl:sameAs": "SameIndividual", "owl:differentFrom": "DifferentIndividuals"}
#: Axioms over a list, by the class of the node that holds it, and the properties that may lead to the list.
_GROUPS = {
    "owl:AllDisjointClasses": ("DisjointClasses", ("owl:members",)),
    "owl:AllDisjointProperties": ("Disjoint{}Properties", ("owl:members",)),
    "owl:AllDifferent": ("DifferentIndividuals", ("owl:members", "owl:distinctMembers")),
}
_JUNCTIONS = {"owl:intersectionOf": "IntersectionOf", "owl:unionOf": "UnionOf"}
_RESTRICTIONS = {
    "owl:someValuesFrom": "SomeValuesFrom",
    "owl:allValuesFrom": "AllValuesFrom",
    "owl:hasValue": "HasValue",
    "owl:hasSelf": "HasSelf",
    "owl:minCardinality": "MinCardinality",
    "owl:maxCardinality": "MaxCardinality",
    "owl:cardinality": "ExactCardinality",
    "owl:minQualifiedCardinality": "MinCardinality",
    "owl:maxQualifiedCardinality": "MaxCardinality",
    "owl:qualifiedCardinality": "ExactCardinality",
}


def functional_text(triples: Iterable[ox.Triple]) -> str:
    """Return the ontology that `triples` are as one document.

    Raises:
        ExportError: there is no ontology header, a property is not declared, or a triple is part of no axiom.
    """
    return "".join(functional_pieces(triples))


def functional_pieces(triples: Iterable[ox.Triple]) -> Iterator[str]:
    """Yield the document that `functional_text` returns, axiom by axiom.

    Raises:
        ExportError: see there.
    """
    writer = _Writer(Ontology(triples))
    header, body = writer.header(), list(writer.axioms())
    writer.finish()
    for prefix in sorted(writer.used):
        yield f"Prefix({prefix}:=<{PREFIXES[prefix]}>)\n"
    yield f"\nOntology({header}\n"
    for _, group in groupby(body, key=lambda axiom: axiom[0]):
        yield "\n"
        yield from (f"{text}\n" for _, text in group)
    yield "\n)\n"


class _Writer:
    """Writes axioms and strikes off the triples that they are made of."""

    def __init__(self, ontology: Ontology) -> None:
        self.data = ontology
        self.used: set[str] = set()
        self._left = set(ontology.triples)

    # --- parts of the document ----------------------------------------------------------------------------------------

    def header(self) -> str:
        """Return IRI, version, imports and annotations."""
        node = self.data.iri
        if node is None:
            raise ExportError("no ontology to write; accepted: triples with a subject of the class owl:Ontology")
        self._strike(node, _TYPE, term("owl:Ontology"))
        lines = [" ".join(f"<{self._iri(each)}>" for each in (node, *self._taken(node, "owl:versionIRI")))]
        lines += [f"Import(<{self._iri(each)}>)" for each in self._taken(node, "owl:imports")]
        for predicate, values in self.data.predicates(node):
            for value in values:
                if self.data.kind(predicate) == "AnnotationProperty":
                    self._left.discard(ox.Triple(node, predicate, value))
                    lines.append(f"Annotation({self.name(predicate)} {self.annotation(value)})")
        return "\n".join(lines)

    def axioms(self) -> Iterator[tuple[object, str]]:
        """Yield each axiom with what it is about."""
        terms = self.data.terms()
        for node, kind in terms:
            yield node, f"Declaration({kind}({self.name(node)}))"
            for name, declared in DECLARATIONS.items():
                if declared == kind:
                    self._strike(node, _TYPE, term(name))
            yield from ((node, text) for text in self._about(node, kind))
        for node in self._subjects({each for each, _ in terms}):
            yield from ((node, text) for text in self._about(node, "Individual"))
        for name, (form, leads) in _GROUPS.items():
            yield from (("groups", text) for text in self._groups(name, form, leads))

    def finish(self) -> None:
        """Raise an error when a triple is part of no axiom."""
        if self._left:
            triple = min(self._left, key=str)
            raise ExportError(
                f"{len(self._left)} triples fit no OWL 2 axiom, such as {triple}; "
                "repair: declare the property and the terms, or export in another format, such as ttl"
            )

    def _subjects(self, known: set[ox.NamedNode]) -> Iterator[ox.NamedNode]:
        """Yield the named subjects without declaration: individuals, or things outside that are annotated."""
        seen = dict.fromkeys(t.subject for t in self.data.triples if isinstance(t.subject, ox.NamedNode))
        yield from (node for node in seen if node not in known and node != self.data.iri)

    # --- axioms -------------------------------------------------------------------------------------------------------

    def _about(self, node: ox.NamedNode, kind: str) -> Iterator[str]:
        for predicate, values in self.data.predicates(node):
            name = compress(predicate.value)
            for value in values:
                text = self._axiom(node, kind, name, predicate, value)
                if text is not None:
                    self._left.discard(ox.Triple(node, predicate, value))
                    yield text

    def _axiom(
        self, node: ox.NamedNode, kind: str, name: str, predicate: ox.NamedNode, value: OntologyNode
    ) -> str | None:
        """Return the axiom that a triple with a named subject stands for, or None when it stands for none."""
        if self.data.kind(predicate) == "AnnotationProperty":
            return f"AnnotationAssertion({self.name(predicate)} {self.name(node)} {self.annotation(value)})"
        if name == _TYPE and isinstance(value, ox.NamedNode) and compress(value.value) in DECLARATIONS:
            return None
        if kind == "Datatype":
            defined = name == "owl:equivalentClass"
            return f"DatatypeDefinition({self.name(node)} {self.expression(value)})" if defined else None
        if kind == "Class":
            return self._of_class(node, name, value)
        if kind.endswith("Property"):
            return self._of_property(node, kind.removesuffix("Property"), name, value)
        return self._of_individual(node, name, predicate, value)

    def _of_class(self, node: ox.NamedNode, name: str, value: OntologyNode) -> str | None:
        if name in _CLASS:
            return f"{_CLASS[name]}({self.name(node)} {self.expression(value)})"
        if name == "owl:disjointUnionOf":
            return f"DisjointUnion({self.name(node)} {self._listed(value, self.expression)})"
        if name == "owl:hasKey":
            keys = [self._object(each) for each in self._members(value)]
            own = [" ".join(text for text, data in keys if data is wanted) for wanted in (False, True)]
            return f"HasKey({self.name(node)} ({own[0]}) ({own[1]}))"
        return None

    def _of_property(self, node: ox.NamedNode, kind: str, name: str, value: OntologyNode) -> str | None:
        if name == _TYPE and isinstance(value, ox.NamedNode) and compress(value.value) in _TRAITS:
            return f"{_TRAITS[compress(value.value)].format(kind)}({self.name(node)})"
        if name == "owl:propertyChainAxiom":
            chain = self._listed(value, lambda each: self._object(each)[0])
            return f"SubObjectPropertyOf(ObjectPropertyChain({chain}) {self.name(node)})"
        if name == "owl:inverseOf":
            return f"InverseObjectProperties({self.name(node)} {self.name(value)})"
        if name in _PROPERTY:
            return f"{_PROPERTY[name].format(kind)}({self.name(node)} {self._side(kind, name, value)})"
        return None

    def _side(self, kind: str, name: str, value: OntologyNode) -> str:
        if name not in ("rdfs:domain", "rdfs:range"):
            return self._object(value)[0] if kind == "Object" else self.name(value)
        return self.name(value) if kind == "Annotation" else self.expression(value)

    def _of_individual(self, node: ox.NamedNode, name: str, predicate: ox.NamedNode, value: OntologyNode) -> str | None:
        if name == _TYPE:
            return f"ClassAssertion({self.expression(value)} {self.name(node)})"
        if name in _INDIVIDUALS:
            return f"{_INDIVIDUALS[name]}({self.name(node)} {self.name(value)})"
        kind = {"ObjectProperty": "Object", "DataProperty": "Data"}.get(self.data.kind(predicate) or "")
        literal = isinstance(value, ox.Literal)
        if kind is None or literal != (kind == "Data"):
            return None
        return f"{kind}PropertyAssertion({self.name(predicate)} {self.name(node)} {self.annotation(value)})"

    def _groups(self, name: str, form: str, leads: Sequence[str]) -> Iterator[str]:
        for node in self.data.typed(name):
            self._strike(node, _TYPE, term(name))
            for lead in leads:
                for head in self._taken(node, lead):
                    members = self._members(head)
                    kind = (self.data.kind(members[0]) or "").removesuffix("Property") if members else ""
                    texts = " ".join(self.expression(each) for each in members)
                    yield f"{form.format(kind)}({texts})"

    # --- expressions --------------------------------------------------------------------------------------------------

    def expression(self, node: OntologyNode) -> str:
        """Return a class expression, a data range, a term or a literal."""
        return self.annotation(node) if not isinstance(node, ox.BlankNode) else self._anonymous(node)

    def _anonymous(self, node: ox.BlankNode) -> str:
        for name in ("owl:Class", "rdfs:Datatype", "owl:Restriction"):
            self._strike(node, _TYPE, term(name))
        for name, word in _JUNCTIONS.items():
            for head in self._taken(node, name):
                return f"{self._flavour(head)}{word}({self._listed(head, self.expression)})"
        for inner in self._taken(node, "owl:complementOf"):
            return f"ObjectComplementOf({self.expression(inner)})"
        for inner in self._taken(node, "owl:datatypeComplementOf"):
            return f"DataComplementOf({self.expression(inner)})"
        for head in self._taken(node, "owl:oneOf"):
            literal = any(isinstance(each, ox.Literal) for each in self.data.members(head))
            return f"{'Data' if literal else 'Object'}OneOf({self._listed(head, self.annotation)})"
        for base in self._taken(node, "owl:onDatatype"):
            facets = "".join(f" {text}" for text in self._facets(node))
            return f"DatatypeRestriction({self.name(base)}{facets})"
        return self._restriction(node)

    def _flavour(self, head: OntologyNode) -> str:
        """Say whether a junction is one of classes or of data ranges."""
        members = self.data.members(head)
        data = any(
            self.data.kind(each) == "Datatype"
            or (isinstance(each, ox.NamedNode) and each.value.startswith(PREFIXES["xsd"]))
            or bool(self.data.values(each, "owl:onDatatype"))
            for each in members
        )
        return "Data" if data else "Object"

    def _facets(self, node: ox.BlankNode) -> Iterator[str]:
        for head in self._taken(node, "owl:withRestrictions"):
            for each in self._members(head):
                for predicate, values in self.data.predicates(each):
                    for value in values:
                        self._strike(each, compress(predicate.value), value)
                        yield f"{self.name(predicate)} {self.annotation(value)}"

    def _restriction(self, node: ox.BlankNode) -> str:
        on = self._taken(node, "owl:onProperty")
        if not on:
            raise ExportError(f"a class expression of the ontology is unknown: {self.data.predicates(node)}")
        prop, data = self._object(on[0])
        for name, word in _RESTRICTIONS.items():
            for value in self._taken(node, name):
                form = f"{'Data' if data else 'Object'}{word}"
                if word == "HasSelf":
                    return f"{form}({prop})"
                if word.endswith("Cardinality"):
                    assert isinstance(value, ox.Literal)
                    rest = [*self._taken(node, "owl:onClass"), *self._taken(node, "owl:onDataRange")]
                    return f"{form}({value.value} {' '.join([prop, *map(self.expression, rest)])})"
                return f"{form}({prop} {self.expression(value)})"
        raise ExportError(f"a restriction on {prop} says nothing of its values; repair: correct the axiom")

    def _object(self, node: OntologyNode) -> tuple[str, bool]:
        """Return a property expression, and whether its values are data.

        Raises:
            ExportError: the property is not declared.
        """
        if isinstance(node, ox.BlankNode):
            self._strike(node, _TYPE, term("owl:ObjectProperty"))
            (inner,) = self._taken(node, "owl:inverseOf")
            return f"ObjectInverseOf({self.name(inner)})", False
        kind = self.data.kind(node)
        if kind not in ("ObjectProperty", "DataProperty"):
            raise ExportError(f"{node} is used as a property; repair: declare it as an object or a datatype property")
        return self.name(node), kind == "DataProperty"

    # --- terms and triples --------------------------------------------------------------------------------------------

    def name(self, node: OntologyNode) -> str:
        """Return a term by its short name, or by its IRI where it has none."""
        if not isinstance(node, ox.NamedNode):
            raise ExportError(f"{node} stands where OWL 2 takes a name; repair: correct the axiom")
        parts = split_iri(node.value)
        if parts is None:
            return f"<{self._iri(node)}>"
        self.used.add(parts[0])
        return compact(node.value)

    def annotation(self, node: OntologyNode) -> str:
        """Return a term or a literal."""
        if isinstance(node, ox.BlankNode):
            return f"_:{node.value}"
        if isinstance(node, ox.NamedNode):
            return self.name(node)
        text = '"' + node.value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if node.language:
            return f"{text}@{node.language}"
        return text if node.datatype == _STRING else f"{text}^^{self.name(node.datatype)}"

    def _iri(self, node: OntologyNode) -> str:
        assert isinstance(node, ox.NamedNode)
        return node.value

    def _listed(self, head: OntologyNode, write: Callable[[OntologyNode], str]) -> str:
        return " ".join(write(each) for each in self._members(head))

    def _members(self, head: OntologyNode) -> list[OntologyNode]:
        """Return the members of a list, and strike off its triples."""
        members = self.data.members(head)
        while isinstance(head, ox.BlankNode):
            self._strike(head, _TYPE, term("rdf:List"))
            self._taken(head, "rdf:first")
            rest = self._taken(head, "rdf:rest")
            if not rest:
                break
            head = rest[0]
        return members

    def _taken(self, node: OntologyNode, name: str) -> list[OntologyNode]:
        """Return the values of a property, and strike off their triples."""
        values = self.data.values(node, name)
        for value in values:
            self._strike(node, name, value)
        return values

    def _strike(self, node: OntologyNode, name: str, value: OntologyNode) -> None:
        if not isinstance(node, ox.Literal):
            self._left.discard(ox.Triple(node, term(name), value))
