"""The reference page of the ontology: every term with its meaning, its place, its axioms and how often it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from dualbio.describe import Node as Subject
from dualbio.describe import label_of, literal_of
from dualbio.export.manchester import Piece, expression, rdf_list
from dualbio.namespaces import VOCABULARY, compress, graph_iri, term
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.links import local_path

__all__ = ["OntologyPage", "Row", "TermEntry", "TreeNode", "ontology_page"]

Node = ox.NamedNode | ox.BlankNode | ox.Literal

_ONTOLOGY = graph_iri("ontology")
_CLASS_ROWS = {
    "rdfs:subClassOf": "narrower than",
    "owl:equivalentClass": "same as",
    "owl:disjointWith": "never together with",
}
_PROPERTY_ROWS = {
    "rdfs:subPropertyOf": "narrower than",
    "rdfs:domain": "from",
    "rdfs:range": "to",
    "owl:inverseOf": "inverse of",
    "owl:propertyDisjointWith": "never together with",
}
_TRAITS = {
    "owl:FunctionalProperty": "at most one value",
    "owl:InverseFunctionalProperty": "value of at most one",
    "owl:TransitiveProperty": "transitive",
    "owl:SymmetricProperty": "symmetric",
    "owl:AsymmetricProperty": "asymmetric",
    "owl:IrreflexiveProperty": "never to itself",
}
_KINDS = (
    ("Classes", "owl:Class"),
    ("Properties between things", "owl:ObjectProperty"),
    ("Properties with data", "owl:DatatypeProperty"),
    ("Annotations", "owl:AnnotationProperty"),
)


@dataclass(frozen=True)
class Link:
    """A word, or a term and where it is described."""

    text: str
    href: str | None


@dataclass(frozen=True)
class Row:
    """One kind of axiom about a term, with one expression per axiom."""

    label: str
    expressions: tuple[tuple[Link, ...], ...]


@dataclass(frozen=True)
class TermEntry:
    """A term: its anchor, IRI, names, definition, axioms, and the number of times that the data use it."""

    anchor: str
    iri: str
    curie: str
    label: str
    other_label: str | None
    definition: str | None
    example: str | None
    traits: tuple[str, ...]
    rows: tuple[Row, ...]
    used: int


@dataclass(frozen=True)
class TreeNode:
    """A class in the hierarchy, with the classes just below it."""

    label: str
    href: str
    children: tuple[TreeNode, ...]


@dataclass(frozen=True)
class OntologyPage:
    """All that the template needs."""

    iri: str
    title: str
    description: str | None
    version: str | None
    version_iri: str | None
    tree: tuple[TreeNode, ...]
    sections: tuple[tuple[str, tuple[TermEntry, ...]], ...]


def ontology_page(store: EmbeddedStore) -> OntologyPage:
    """Return what the reference page shows."""
    node = ox.NamedNode(VOCABULARY.rstrip("#"))
    reader = _Reader(store)
    version_iri = next(iter(reader.objects(node, "owl:versionIRI")), None)
    return OntologyPage(
        iri=node.value,
        title=label_of(store, node),
        description=literal_of(store, node, ("dcterms:description",)),
        version=literal_of(store, node, ("owl:versionInfo",)),
        version_iri=version_iri.value if isinstance(version_iri, ox.NamedNode) else None,
        tree=reader.tree(),
        sections=tuple((title, reader.entries(kind)) for title, kind in _KINDS),
    )


class _Reader:
    """Reads terms from the graph of the ontology, and their use from all others."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.store = store
        self.data = store.store
        self.used = _usage(store)

    def objects(self, node: Subject, name: str) -> list[Node]:
        quads = self.data.quads_for_pattern(node, term(name), None, _ONTOLOGY)
        return sorted((quad.object for quad in quads if not isinstance(quad.object, ox.Triple)), key=str)

    def terms(self, kind: str) -> list[ox.NamedNode]:
        quads = self.data.quads_for_pattern(None, term("rdf:type"), term(kind), _ONTOLOGY)
        named = {quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode)}
        return sorted(named, key=lambda each: (not each.value.startswith(VOCABULARY), self.label(each).lower()))

    def label(self, node: Node) -> str:
        return label_of(self.store, node)

    # --- entries ------------------------------------------------------------------------------------------------------

    def entries(self, kind: str) -> tuple[TermEntry, ...]:
        return tuple(self.entry(node, kind) for node in self.terms(kind))

    def entry(self, node: ox.NamedNode, kind: str) -> TermEntry:
        others = [each.value for each in self.objects(node, "rdfs:label") if getattr(each, "language", None) == "zh"]
        types = {compress(each.value) for each in self.objects(node, "rdf:type") if isinstance(each, ox.NamedNode)}
        return TermEntry(
            anchor=_anchor(node),
            iri=node.value,
            curie=compress(node.value),
            label=self.label(node),
            other_label=others[0] if others else None,
            definition=literal_of(self.store, node, ("skos:definition", "IAO:0000115", "rdfs:comment")),
            example=literal_of(self.store, node, ("skos:example", "IAO:0000112")),
            traits=tuple(words for name, words in _TRAITS.items() if name in types),
            rows=tuple(self.rows(node, _CLASS_ROWS if kind == "owl:Class" else _PROPERTY_ROWS)),
            used=self.used[node],
        )

    def rows(self, node: ox.NamedNode, names: dict[str, str]) -> Iterable[Row]:
        for name, label in names.items():
            found = tuple(self.links(expression(self.data, each, self.label)) for each in self.objects(node, name))
            if found:
                yield Row(label, found)
        chains = [rdf_list(self.data, each) for each in self.objects(node, "owl:propertyChainAxiom")]
        if chains:
            yield Row("follows from", tuple(self.chain(each) for each in chains))

    def chain(self, properties: list[Node]) -> tuple[Link, ...]:
        pieces: list[Piece] = []
        for each in properties:
            pieces += [Piece("then"), *expression(self.data, each, self.label, inner=True)]
        return self.links(pieces[1:])

    def links(self, pieces: Iterable[Piece]) -> tuple[Link, ...]:
        return tuple(Link(piece.text, _target(piece.node) if piece.node else None) for piece in pieces)

    # --- hierarchy ----------------------------------------------------------------------------------------------------

    def tree(self) -> tuple[TreeNode, ...]:
        classes = self.terms("owl:Class")
        above = {node: [each for each in self.objects(node, "rdfs:subClassOf") if each in classes] for node in classes}
        below: dict[Node, list[ox.NamedNode]] = {}
        for node in classes:
            for each in above[node]:
                below.setdefault(each, []).append(node)
        roots = [node for node in classes if not above[node]]
        return tuple(self.branch(node, below, ()) for node in sorted(roots, key=self.label))

    def branch(
        self, node: ox.NamedNode, below: dict[Node, list[ox.NamedNode]], way: tuple[ox.NamedNode, ...]
    ) -> TreeNode:
        inner = [each for each in sorted(below.get(node, []), key=self.label) if each not in way]
        return TreeNode(
            self.label(node), _target(node), tuple(self.branch(each, below, (*way, node)) for each in inner)
        )


def _usage(store: EmbeddedStore) -> Counter[Node]:
    """Count, outside the ontology itself, the members of each class and the triples of each property."""
    used: Counter[Node] = Counter()
    for query in (
        "SELECT ?t (COUNT(DISTINCT ?s) AS ?n) { ?s rdf:type ?t FILTER(ISIRI(?t)) } GROUP BY ?t",
        "SELECT ?t (COUNT(*) AS ?n) { ?s ?t ?o } GROUP BY ?t",
    ):
        rows = store.query(query)
        assert isinstance(rows, ox.QuerySolutions)
        for row in rows:
            used[row["t"]] += int(row["n"].value)
    return used


def _anchor(node: ox.NamedNode) -> str:
    """Return the fragment under which the page describes a term: the local name, or the CURIE of a reused term."""
    if node.value.startswith(VOCABULARY):
        return node.value.removeprefix(VOCABULARY)
    return compress(node.value).replace(":", "_")


def _target(node: ox.NamedNode) -> str:
    return local_path(node.value) if node.value.startswith(VOCABULARY) else f"#{_anchor(node)}"
