"""The triples of an ontology, found by subject, property and value; the members of lists; the declared terms.

OWL 2 Web Ontology Language, Mapping to RDF Graphs (W3C Recommendation of 11 December 2012), section 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pyoxigraph as ox

from dualbio.model.namespaces import VOCABULARY, compress, term
from dualbio.model.rdf_terms import Resource, Term

__all__ = ["DECLARATIONS", "Ontology"]


#: Classes of RDF that declare a term, with the name of the declaration.
DECLARATIONS: dict[str, str] = {
    "owl:Class": "Class",
    "rdfs:Datatype": "Datatype",
    "owl:ObjectProperty": "ObjectProperty",
    "owl:DatatypeProperty": "DataProperty",
    "owl:AnnotationProperty": "AnnotationProperty",
    "owl:NamedIndividual": "NamedIndividual",
}


class Ontology:
    """Triples of one ontology, in an order that depends on nothing but the triples; quads lose their graph.

    Properties and classes are named by their CURIEs.
    """

    def __init__(self, triples: Iterable[ox.Triple | ox.Quad]) -> None:
        """Index `triples`, each once; those about other triples are left out."""
        self._values: dict[Term, dict[ox.NamedNode, list[Term]]] = {}
        self._subjects: dict[tuple[ox.NamedNode, Term], list[Resource]] = defaultdict(list)
        plain = {each.triple if isinstance(each, ox.Quad) else each for each in triples}
        for subject, predicate, value in sorted(plain, key=str):
            if isinstance(subject, ox.Triple) or isinstance(value, ox.Triple):
                continue
            self._values.setdefault(subject, {}).setdefault(predicate, []).append(value)
            self._subjects[predicate, value].append(subject)

    @property
    def subjects(self) -> list[Resource]:
        """Everything of which something is said."""
        return [node for node in self._values if not isinstance(node, ox.Literal)]

    def predicates(self, node: Term) -> dict[ox.NamedNode, list[Term]]:
        """Return the properties of a node with their values."""
        return self._values.get(node, {})

    def values(self, node: Term, name: str) -> list[Term]:
        """Return the values of a property."""
        return self.predicates(node).get(term(name), [])

    def value(self, node: Term, name: str) -> Term | None:
        """Return the first value of a property, or None when there is none."""
        return next(iter(self.values(node, name)), None)

    def having(self, name: str, value: Term) -> list[Resource]:
        """Return what has `value` as a value of a property."""
        return self._subjects.get((term(name), value), [])

    def typed(self, name: str) -> list[Resource]:
        """Return the nodes of an RDF class."""
        return self.having("rdf:type", term(name))

    def is_a(self, node: Term, name: str) -> bool:
        """Return whether a node is declared to be of an RDF class."""
        return term(name) in self.values(node, "rdf:type")

    def members(self, head: Term | None) -> list[Term]:
        """Return the members of an RDF list; one that breaks off or runs in a circle ends there."""
        members: list[Term] = []
        seen: set[Term] = set()
        while head is not None and head not in seen:
            seen.add(head)
            members += self.values(head, "rdf:first")
            head = self.value(head, "rdf:rest")
        return members

    def terms(self) -> list[tuple[ox.NamedNode, str]]:
        """Return every declared term with its kind: classes first, then properties; own terms before reused ones."""
        found = {
            node: kind
            for name, kind in DECLARATIONS.items()
            for node in self.typed(name)
            if isinstance(node, ox.NamedNode)
        }
        order = list(DECLARATIONS.values())
        return sorted(
            found.items(),
            key=lambda each: (order.index(each[1]), not each[0].value.startswith(VOCABULARY), each[0].value),
        )

    def text(self, node: Term, *names: str, language: str = "en") -> str | None:
        """Return the first text of one of the properties `names`, in `language` where there is one."""
        for name in names:
            texts = [each for each in self.values(node, name) if isinstance(each, ox.Literal)]
            if texts:
                return min(texts, key=lambda each: each.language != language).value
        return None

    def label(self, node: Term) -> str:
        """Return the English label of a term, or its short name."""
        if isinstance(node, ox.Literal):
            return node.value
        return self.text(node, "rdfs:label") or (compress(node.value) if isinstance(node, ox.NamedNode) else "")
