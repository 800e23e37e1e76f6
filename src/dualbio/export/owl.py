"""The triples of an ontology as writers need them: values of a term, members of a list, and what kind of term it is.

OWL 2 Web Ontology Language, Mapping to RDF Graphs (W3C Recommendation of 11 December 2012), section 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from dualbio.namespaces import VOCABULARY, compress, term

__all__ = ["DECLARATIONS", "Ontology", "OntologyNode"]

OntologyNode = ox.NamedNode | ox.BlankNode | ox.Literal

#: Classes of RDF that declare a term, with the name of the declaration.
DECLARATIONS: dict[str, str] = {
    "owl:Class": "Class",
    "rdfs:Datatype": "Datatype",
    "owl:ObjectProperty": "ObjectProperty",
    "owl:DatatypeProperty": "DataProperty",
    "owl:AnnotationProperty": "AnnotationProperty",
    "owl:NamedIndividual": "NamedIndividual",
}
#: Annotation properties that need no declaration (OWL 2 Structural Specification, section 5.5).
_BUILT_IN = (
    "rdfs:label",
    "rdfs:comment",
    "rdfs:seeAlso",
    "rdfs:isDefinedBy",
    "owl:deprecated",
    "owl:versionInfo",
    "owl:priorVersion",
    "owl:backwardCompatibleWith",
    "owl:incompatibleWith",
)
_TYPE = term("rdf:type")


class Ontology:
    """Triples of one ontology, by subject and predicate; the order of answers depends on nothing but the triples."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        """Index `triples`, each once."""
        self.triples = sorted(set(triples), key=str)
        self._values: dict[object, dict[ox.NamedNode, list[OntologyNode]]] = defaultdict(lambda: defaultdict(list))
        self._subjects: dict[ox.NamedNode, list[ox.NamedNode | ox.BlankNode]] = defaultdict(list)
        for triple in self.triples:
            subject, value = triple.subject, triple.object
            if isinstance(subject, ox.Triple) or isinstance(value, ox.Triple):
                continue
            self._values[subject][triple.predicate].append(value)
            self._subjects[triple.predicate].append(subject)
        self._kinds = dict(self._declared())

    def _declared(self) -> Iterator[tuple[ox.NamedNode, str]]:
        for name in _BUILT_IN:
            yield term(name), "AnnotationProperty"
        for name, kind in DECLARATIONS.items():
            for node in self._subjects[_TYPE]:
                if isinstance(node, ox.NamedNode) and term(name) in self._values[node][_TYPE]:
                    yield node, kind

    @property
    def iri(self) -> ox.NamedNode | None:
        """The ontology that the triples are of."""
        found = [node for node in self.typed("owl:Ontology") if isinstance(node, ox.NamedNode)]
        return found[0] if found else None

    def kind(self, node: object) -> str | None:
        """Return what a term is declared as, such as `Class` or `ObjectProperty`."""
        return self._kinds.get(node) if isinstance(node, ox.NamedNode) else None

    def terms(self) -> list[tuple[ox.NamedNode, str]]:
        """Return every declared term with its kind: classes first, then properties; own terms before reused ones."""
        order = list(DECLARATIONS.values())
        found = [(node, kind) for node, kind in self._kinds.items() if node in self._values]
        return sorted(
            found, key=lambda each: (order.index(each[1]), not each[0].value.startswith(VOCABULARY), each[0].value)
        )

    def typed(self, name: str) -> list[ox.NamedNode | ox.BlankNode]:
        """Return the nodes of an RDF class."""
        return [node for node in self._subjects[_TYPE] if term(name) in self._values[node][_TYPE]]

    def values(self, node: OntologyNode, name: str) -> list[OntologyNode]:
        """Return the values of a property."""
        return list(self._values[node][term(name)]) if node in self._values else []

    def value(self, node: OntologyNode, name: str) -> OntologyNode | None:
        """Return a value of a property, or None when there is none."""
        return next(iter(self.values(node, name)), None)

    def predicates(self, node: OntologyNode) -> list[tuple[ox.NamedNode, list[OntologyNode]]]:
        """Return the properties of a node with their values."""
        return [(name, list(values)) for name, values in self._values[node].items()] if node in self._values else []

    def members(self, head: OntologyNode) -> list[OntologyNode]:
        """Return the members of an RDF list; a list that breaks off or runs in a circle ends there."""
        found: list[OntologyNode] = []
        seen: set[OntologyNode] = set()
        while head != term("rdf:nil") and head not in seen:
            seen.add(head)
            found += self.values(head, "rdf:first")
            rest = self.values(head, "rdf:rest")
            if not rest:
                break
            head = rest[0]
        return found

    def text(self, node: OntologyNode, *names: str, language: str = "en") -> str | None:
        """Return the first text of one of the properties `names`, in `language` where there is one."""
        for name in names:
            texts = [each for each in self.values(node, name) if isinstance(each, ox.Literal)]
            if texts:
                return min(texts, key=lambda each: each.language != language).value
        return None

    def label(self, node: OntologyNode) -> str:
        """Return the English label of a term, or its short name."""
        if isinstance(node, ox.Literal):
            return node.value
        return self.text(node, "rdfs:label") or (compress(node.value) if isinstance(node, ox.NamedNode) else "")
