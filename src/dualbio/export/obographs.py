"""OBO Graphs JSON, the exchange format of OBO tools (https://github.com/geneontology/obographs).

Nodes, edges and the few kinds of axiom that the format knows are written as its own converter from OWL writes them.
A definition, domain or range that the format has no place for stays with its term as text in Manchester syntax;
disjointness and traits such as transitivity are left to the other formats.  A Chinese label is an exact synonym.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pyoxigraph as ox

from dualbio.export.manchester import expression
from dualbio.export.owl import Ontology, OntologyNode
from dualbio.export.rdfxml import ExportError
from dualbio.namespaces import compress, term

__all__ = ["obographs", "obographs_text"]

_TYPES = {
    "Class": {"type": "CLASS"},
    "ObjectProperty": {"type": "PROPERTY", "propertyType": "OBJECT"},
    "DataProperty": {"type": "PROPERTY", "propertyType": "DATA"},
    "AnnotationProperty": {"type": "PROPERTY", "propertyType": "ANNOTATION"},
    "NamedIndividual": {"type": "INDIVIDUAL"},
}
#: Properties between named terms, and what an edge calls them.
_EDGES = {"rdfs:subClassOf": "is_a", "rdfs:subPropertyOf": "subPropertyOf", "owl:inverseOf": "inverseOf"}
_SYNONYMS = {
    "skos:altLabel": "hasRelatedSynonym",
    "IAO:0000118": "hasRelatedSynonym",
}
_XREFS = ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch")
_DEFINITIONS = ("IAO:0000115", "skos:definition")
#: Annotations that have a place of their own; all others are basic property values.
_PLACED = frozenset({"rdfs:label", "rdfs:comment", "owl:deprecated", "IAO:0000119", *_DEFINITIONS, *_SYNONYMS})

Record = dict[str, Any]


def obographs_text(triples: Iterable[ox.Triple]) -> str:
    """Return the ontology that `triples` are as an OBO Graphs JSON document.

    Raises:
        ExportError: there is no ontology header.
    """
    return json.dumps(obographs(triples), ensure_ascii=False, indent=1) + "\n"


def obographs(triples: Iterable[ox.Triple]) -> Record:
    """Return the members of the document that `obographs_text` writes.

    Raises:
        ExportError: there is no ontology header.
    """
    ontology = Ontology(triples)
    if ontology.iri is None:
        raise ExportError("no ontology to write; accepted: triples with a subject of the class owl:Ontology")
    converter = _Converter(ontology)
    graph: Record = {
        "id": ontology.iri.value,
        "lbl": ontology.text(ontology.iri, "dcterms:title", "rdfs:label"),
        "meta": converter.header(ontology.iri),
        "nodes": [converter.node(node, kind) for node, kind in ontology.terms()],
        "edges": list(converter.edges()),
        "equivalentNodesSets": list(converter.equivalent_sets()),
        "logicalDefinitionAxioms": list(converter.definitions()),
        "domainRangeAxioms": list(converter.domains_and_ranges()),
        "propertyChainAxioms": list(converter.chains()),
    }
    return {"graphs": [_filled(graph)]}


class _Converter:
    """Turns terms and axioms into the records of the format."""

    def __init__(self, ontology: Ontology) -> None:
        self.data = ontology
        self._store = ox.Store()
        self._store.extend(ox.Quad(*triple) for triple in ontology.triples)

    # --- terms --------------------------------------------------------------------------------------------------------

    def header(self, node: ox.NamedNode) -> Record:
        """Return what is said about the ontology itself."""
        versions = [each.value for each in self.data.values(node, "owl:versionIRI") if isinstance(each, ox.NamedNode)]
        return _filled({"basicPropertyValues": self._annotations(node), "version": next(iter(versions), None)})

    def node(self, node: ox.NamedNode, kind: str) -> Record:
        """Return a term with its names, definition and annotations."""
        return _filled(
            {"id": node.value, "lbl": self.data.label(node), **_TYPES.get(kind, {}), "meta": self._meta(node)}
        )

    def _meta(self, node: ox.NamedNode) -> Record:
        texts = [*self._annotations(node), *self._unplaced(node)]
        return _filled(
            {
                "definition": self._definition(node),
                "comments": [each.value for each in self.data.values(node, "rdfs:comment")],
                "synonyms": list(self._synonyms(node)),
                "xrefs": [{"val": _short(each)} for name in _XREFS for each in self.data.values(node, name)],
                "basicPropertyValues": texts,
                "deprecated": any(each.value == "true" for each in self.data.values(node, "owl:deprecated")),
            }
        )

    def _definition(self, node: ox.NamedNode) -> Record | None:
        text = self.data.text(node, *_DEFINITIONS)
        sources = [_short(each) for each in self.data.values(node, "IAO:0000119")]
        return {"val": text, "xrefs": sources} if text else None

    def _synonyms(self, node: ox.NamedNode) -> Iterator[Record]:
        label = self.data.label(node)
        for value in self.data.values(node, "rdfs:label"):
            if value.value != label:
                yield {"pred": "hasExactSynonym", "val": value.value}
        for name, scope in _SYNONYMS.items():
            yield from ({"pred": scope, "val": value.value} for value in self.data.values(node, name))

    def _annotations(self, node: ox.NamedNode) -> list[Record]:
        return [
            {"pred": predicate.value, "val": value.value}
            for predicate, values in self.data.predicates(node)
            if self.data.kind(predicate) == "AnnotationProperty" and compress(predicate.value) not in _PLACED
            for value in values
        ]

    def _unplaced(self, node: ox.NamedNode) -> Iterator[Record]:
        """Yield axioms as text that the format has no place for."""
        for name in ("rdfs:subClassOf", "owl:equivalentClass", "rdfs:domain", "rdfs:range"):
            for value in self.data.values(node, name):
                if not self._placed(node, name, value):
                    words = (piece.text for piece in expression(self._store, value, self.data.label))
                    yield {"pred": term(name).value, "val": " ".join(words)}

    def _placed(self, node: ox.NamedNode, name: str, value: OntologyNode) -> bool:
        match name:
            case "rdfs:subClassOf":
                return isinstance(value, ox.NamedNode) or self._some(value) is not None
            case "owl:equivalentClass":
                return isinstance(value, ox.NamedNode) or self._definition_axiom(node, value) is not None
            case "rdfs:range":
                return self.data.kind(value) == "Class" and self.data.kind(node) == "ObjectProperty"
        return self.data.kind(value) == "Class"

    # --- axioms -------------------------------------------------------------------------------------------------------

    def edges(self) -> Iterator[Record]:
        """Yield what holds between two terms."""
        for node, kind in self.data.terms():
            for name, label in _EDGES.items():
                for value in self.data.values(node, name):
                    edge = (
                        _edge(node, label, value) if isinstance(value, ox.NamedNode) else self._existential(node, value)
                    )
                    yield from [edge] if edge else []
            if kind == "NamedIndividual":
                yield from self._facts(node)

    def _existential(self, node: ox.NamedNode, value: OntologyNode) -> Record | None:
        some = self._some(value)
        return {"sub": node.value, "pred": some["propertyId"], "obj": some["fillerId"]} if some else None

    def _facts(self, node: ox.NamedNode) -> Iterator[Record]:
        for value in self.data.values(node, "rdf:type"):
            if self.data.kind(value) == "Class":
                yield _edge(node, "type", value)
        for predicate, values in self.data.predicates(node):
            if self.data.kind(predicate) == "ObjectProperty":
                yield from (_edge(node, predicate.value, each) for each in values if isinstance(each, ox.NamedNode))

    def equivalent_sets(self) -> Iterator[Record]:
        """Yield classes that are the same."""
        for node, value in self._axioms("owl:equivalentClass"):
            if isinstance(value, ox.NamedNode):
                yield {"nodeIds": [node.value, value.value]}

    def definitions(self) -> Iterator[Record]:
        """Yield definitions by a genus and by what its members have some of."""
        for node, value in self._axioms("owl:equivalentClass"):
            axiom = self._definition_axiom(node, value)
            yield from [axiom] if axiom else []

    def _definition_axiom(self, node: ox.NamedNode, value: OntologyNode) -> Record | None:
        heads = self.data.values(value, "owl:intersectionOf")
        if not heads:
            return None
        parts = self.data.members(heads[0])
        genus = [part.value for part in parts if isinstance(part, ox.NamedNode)]
        found = [self._some(part) for part in parts if not isinstance(part, ox.NamedNode)]
        if not genus or None in found:
            return None
        return {"definedClassId": node.value, "genusIds": genus, "restrictions": found}

    def _some(self, node: OntologyNode) -> Record | None:
        """Return an existential restriction with a named property and class."""
        on, filler = self.data.value(node, "owl:onProperty"), self.data.value(node, "owl:someValuesFrom")
        named = isinstance(on, ox.NamedNode) and isinstance(filler, ox.NamedNode)
        if not named or self.data.kind(on) != "ObjectProperty":
            return None
        assert on is not None
        assert filler is not None
        return {"propertyId": on.value, "fillerId": filler.value}

    def domains_and_ranges(self) -> Iterator[Record]:
        """Yield the named classes that a property goes from and to."""
        for node, kind in self.data.terms():
            if kind not in ("ObjectProperty", "DataProperty"):
                continue
            sides = {
                member: [each.value for each in self.data.values(node, name) if self._placed(node, name, each)]
                for member, name in (("domainClassIds", "rdfs:domain"), ("rangeClassIds", "rdfs:range"))
            }
            if any(sides.values()):
                yield {"predicateId": node.value, **_filled(sides)}

    def chains(self) -> Iterator[Record]:
        """Yield the properties that follow from others one after another."""
        for node, value in self._axioms("owl:propertyChainAxiom"):
            steps = self.data.members(value)
            if all(isinstance(step, ox.NamedNode) for step in steps):
                yield {"predicateId": node.value, "chainPredicateIds": [step.value for step in steps]}

    def _axioms(self, name: str) -> Iterator[tuple[ox.NamedNode, OntologyNode]]:
        for node, _ in self.data.terms():
            yield from ((node, value) for value in self.data.values(node, name))


def _edge(node: ox.NamedNode, label: str, value: OntologyNode) -> Record:
    return {"sub": node.value, "pred": label, "obj": value.value}


def _short(node: OntologyNode) -> str:
    return compress(node.value) if isinstance(node, ox.NamedNode) else node.value


def _filled(record: Record) -> Record:
    """Return a record without its empty members."""
    return {name: value for name, value in record.items() if value}
