"""The reference pages of the ontology: every term with its meaning, its place, its axioms and how often it is used."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import pyoxigraph as ox

from dualbio.describe import label_of, literal_of
from dualbio.model.namespaces import BASE, DEFINITIONS, VOCABULARY, compress, graph_iri, term
from dualbio.model.rdf_terms import Term
from dualbio.owl.graph import Ontology
from dualbio.owl.manchester import ExpressionPiece, expression
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities.labels import page_label
from dualbio_server.entities.term_queries import ExampleQuery, SavedUse, example_query, saved_uses
from dualbio_server.http.language import LANGUAGES, page_language, say
from dualbio_server.http.links import local_path

__all__ = [
    "DisjointGroup",
    "OntologyPage",
    "TermEntry",
    "TermLink",
    "TermPart",
    "TermRow",
    "Tree",
    "TreeNode",
    "ontology_page",
]

_ONTOLOGY = graph_iri("ontology")
_PLACE = VOCABULARY.rstrip("#")
_CATALOGUE = graph_iri("catalogue")
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
#: Axioms that are shown from the other side, too.
_TURNED = {
    "rdfs:subClassOf": "wider than",
    "rdfs:subPropertyOf": "wider than",
    "owl:inverseOf": "inverse of",
    "rdfs:domain": "has",
    "rdfs:range": "is reached by",
}
_TRAITS = {
    "owl:FunctionalProperty": "at most one value",
    "owl:InverseFunctionalProperty": "value of at most one",
    "owl:TransitiveProperty": "transitive",
    "owl:SymmetricProperty": "symmetric",
    "owl:AsymmetricProperty": "asymmetric",
    "owl:IrreflexiveProperty": "never to itself",
}
#: Kinds of terms: what they are called, and how their pages are.
_KINDS = (
    ("Classes", "classes", "owl:Class"),
    ("Properties between things", "things", "owl:ObjectProperty"),
    ("Properties with data", "data", "owl:DatatypeProperty"),
    ("Annotations", "annotations", "owl:AnnotationProperty"),
)
#: Most terms of a page, which a phone on a slow line still loads at once.
_MOST_TERMS = 55
_LOGICAL = ("owl:ObjectProperty", "owl:DatatypeProperty")
_TREES = (
    ("Hierarchy of classes", "hierarchy", "owl:Class", "rdfs:subClassOf"),
    ("Hierarchy of properties between things", "hierarchy-things", "owl:ObjectProperty", "rdfs:subPropertyOf"),
    ("Hierarchy of properties with data", "hierarchy-data", "owl:DatatypeProperty", "rdfs:subPropertyOf"),
    ("Annotations", "annotations", "owl:AnnotationProperty", "rdfs:subPropertyOf"),
)
#: Saved queries that are named beside a term.
_SAVED = 3


@dataclass(frozen=True)
class TermLink:
    """A word, or a term and where it is described."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class TermRow:
    """One kind of axiom about a term, with one expression per axiom."""

    label: str
    expressions: tuple[tuple[TermLink, ...], ...]


@dataclass(frozen=True)
class TermEntry:
    """A term: its anchor, IRI, names, definition, axioms, an example query, and how often the data use it.

    `imported` is the ontology that a reused term comes from; its own definition stands there, and `comment` says what
    it is for here. `saved` are saved queries that ask for it, of `saved_count` in all.
    """

    anchor: str
    iri: str
    curie: str
    label: str
    other_label: ox.Literal | None
    definition: str | None
    comment: str | None
    imported: str | None
    example: str | None
    traits: tuple[str, ...]
    rows: tuple[TermRow, ...]
    used: int
    query: ExampleQuery
    saved: tuple[SavedUse, ...]
    saved_count: int


@dataclass(frozen=True)
class TreeNode:
    """A term in the hierarchy, with the terms just below it; its first place has its anchor."""

    label: str
    anchor: str | None
    href: str | None
    children: tuple[TreeNode, ...]


@dataclass(frozen=True)
class Tree:
    """The hierarchy of one kind of term."""

    title: str
    anchor: str
    roots: tuple[TreeNode, ...]


@dataclass(frozen=True)
class DisjointGroup:
    """Classes of which an individual can be in one only."""

    anchor: str
    members: tuple[TermLink, ...]


@dataclass(frozen=True)
class TermPart:
    """The terms of one page: its key in addresses, the kind of terms, where in their list it begins, and they."""

    key: str
    title: str
    first: int
    entries: tuple[TermEntry, ...]

    @property
    def span(self) -> str:
        """From which term to which it goes."""
        return f"{self.entries[0].label} \N{HORIZONTAL ELLIPSIS} {self.entries[-1].label}"


@dataclass(frozen=True)
class OntologyPage:
    """All that the templates need: the index is of hierarchies in which each term leads to its entry in a part."""

    iri: str
    title: str
    description: str | None
    version: str | None
    version_iri: str | None
    trees: tuple[Tree, ...]
    parts: tuple[TermPart, ...]
    groups: tuple[DisjointGroup, ...]


def ontology_page(store: EmbeddedStore) -> OntologyPage:
    """Return what the reference page shows."""
    node = ox.NamedNode(_PLACE)
    reader = _Reader(store)
    version_iri = reader.axioms.value(node, "owl:versionIRI")
    return OntologyPage(
        iri=node.value,
        title=page_label(store, node),
        description=literal_of(store, node, ("dcterms:description",)),
        version=literal_of(store, node, ("owl:versionInfo",)),
        version_iri=version_iri.value if isinstance(version_iri, ox.NamedNode) else None,
        trees=tuple(Tree(title, anchor, reader.tree(kind, narrower)) for title, anchor, kind, narrower in _TREES),
        parts=tuple(
            TermPart(f"{key}-{number}", title, first + 1, reader.entries(nodes, kind))
            for title, key, kind in _KINDS
            for number, (first, nodes) in enumerate(reader.parted(kind), 1)
        ),
        groups=tuple(
            DisjointGroup(anchor, tuple(TermLink(reader.label(each), reader.target(each)) for each in members))
            for anchor, members in reader.groups
        ),
    )


class _Reader:
    """Reads terms from the graph of the ontology, and their use from the graphs of data."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.store = store
        self.axioms = Ontology(store.quads(_ONTOLOGY))
        self.placed = set[ox.NamedNode]()
        self.used = _usage(store)
        self.saved = saved_uses(store)
        self.part_of = {
            node: f"{key}-{number}"
            for _, key, kind in reversed(_KINDS)
            for number, (_, nodes) in enumerate(self.parted(kind), 1)
            for node in nodes
        }
        self.groups = [(f"disjoint-{number}", members) for number, members in enumerate(self._groups(), 1)]
        self.group_of: dict[ox.NamedNode, list[TermLink]] = defaultdict(list)
        for anchor, members in self.groups:
            for each in members:
                words = say("{n} others of a group", n=len(members) - 1)
                self.group_of[each].append(TermLink(words, f"{local_path(_PLACE)}#{anchor}"))

    def subjects(self, name: str, node: Term) -> list[ox.NamedNode]:
        named = [each for each in self.axioms.having(name, node) if isinstance(each, ox.NamedNode)]
        return sorted(named, key=self._order)

    def terms(self, kind: str) -> list[ox.NamedNode]:
        named = self.subjects("rdf:type", term(kind))
        return sorted(named, key=lambda each: (not each.value.startswith(VOCABULARY), self._order(each)))

    def parted(self, kind: str) -> Iterator[tuple[int, list[ox.NamedNode]]]:
        """Yield the terms of a kind page by page, each with how many come before it."""
        nodes = self.terms(kind)
        size = ceil(len(nodes) / max(1, ceil(len(nodes) / _MOST_TERMS))) or 1
        for first in range(0, len(nodes), size):
            yield first, nodes[first : first + size]

    def label(self, node: Term) -> str:
        return page_label(self.store, node) if isinstance(node, ox.NamedNode) else label_of(self.store, node)

    def target(self, node: ox.NamedNode) -> str | None:
        """Return where a term is described: in its part, or on a page of its own; a datatype is described nowhere."""
        if node in self.part_of:
            return f"{local_path(_PLACE)}?terms={self.part_of[node]}#{_anchor(node)}"
        return local_path(node.value) if node.value.startswith(BASE) else None

    def _groups(self) -> Iterator[list[ox.NamedNode]]:
        heads = [self.axioms.value(node, "owl:members") for node in self.axioms.typed("owl:AllDisjointClasses")]
        lists = [[each for each in self.axioms.members(head) if isinstance(each, ox.NamedNode)] for head in heads]
        yield from sorted(lists, key=lambda members: (-len(members), str(members[:1])))

    # --- entries ------------------------------------------------------------------------------------------------------

    def entries(self, nodes: Iterable[ox.NamedNode], kind: str) -> tuple[TermEntry, ...]:
        return tuple(self.entry(node, kind) for node in nodes)

    def entry(self, node: ox.NamedNode, kind: str) -> TermEntry:
        labels = {getattr(each, "language", None): each for each in self.axioms.values(node, "rdfs:label")}
        other = labels.get(next(each for each in LANGUAGES if each != page_language()))
        types = {
            compress(each.value) for each in self.axioms.values(node, "rdf:type") if isinstance(each, ox.NamedNode)
        }
        sources = [each.value for each in self.axioms.values(node, "IAO:0000412") if isinstance(each, ox.NamedNode)]
        saved = self.saved.get(node, [])
        return TermEntry(
            anchor=_anchor(node),
            iri=node.value,
            curie=compress(node.value),
            label=self.label(node),
            other_label=other if isinstance(other, ox.Literal) and other.value != self.label(node) else None,
            definition=literal_of(self.store, node, DEFINITIONS),
            comment=literal_of(self.store, node, ("rdfs:comment",)),
            imported=sources[0] if sources else None,
            example=literal_of(self.store, node, ("skos:example", "IAO:0000112")),
            traits=tuple(say(words) for name, words in _TRAITS.items() if name in types),
            rows=tuple(self.rows(node, kind)),
            used=self.used[node],
            query=example_query(self.store, node, is_class=kind == "owl:Class", used=self._has_rows(node, kind)),
            saved=tuple(saved[:_SAVED]),
            saved_count=len(saved),
        )

    def _has_rows(self, node: ox.NamedNode, kind: str) -> bool:
        if self.used[node] or kind == "owl:Class":
            return bool(self.used[node])
        return next(self.store.quads_for_pattern(None, node, None, None), None) is not None

    def rows(self, node: ox.NamedNode, kind: str) -> Iterable[TermRow]:
        """Yield the axioms about a term; domain and range of a property are always shown."""
        for name, label in (_CLASS_ROWS if kind == "owl:Class" else _PROPERTY_ROWS).items():
            found = [self.links(expression(self.axioms, each, self.label)) for each in self.axioms.values(node, name)]
            if name == "owl:disjointWith":
                found += [(link,) for link in self.group_of.get(node, ())]
            if not found and kind in _LOGICAL and name in ("rdfs:domain", "rdfs:range"):
                found = [(TermLink(say("anything")),)]
            turned = self._turned(node, name) if name == "owl:inverseOf" else []
            if found or turned:
                yield TermRow(say(label), tuple(dict.fromkeys([*found, *turned])))
            if name in ("rdfs:subClassOf", "rdfs:subPropertyOf") and (narrower := self._turned(node, name)):
                yield TermRow(say(_TURNED[name]), tuple(narrower))
        for name in ("rdfs:domain", "rdfs:range") if kind == "owl:Class" else ():
            if properties := self._turned(node, name):
                yield TermRow(say(_TURNED[name]), tuple(properties))
        chains = [self.axioms.members(each) for each in self.axioms.values(node, "owl:propertyChainAxiom")]
        if chains:
            yield TermRow(say("follows from"), tuple(self.chain(each) for each in chains))

    def _turned(self, node: ox.NamedNode, name: str) -> list[tuple[TermLink, ...]]:
        return [(TermLink(self.label(each), self.target(each)),) for each in self.subjects(name, node)]

    def chain(self, properties: list[Term]) -> tuple[TermLink, ...]:
        pieces: list[ExpressionPiece] = []
        for each in properties:
            pieces += [ExpressionPiece("then"), *expression(self.axioms, each, self.label, inner=True)]
        return self.links(pieces[1:])

    def links(self, pieces: Iterable[ExpressionPiece]) -> tuple[TermLink, ...]:
        return tuple(
            TermLink(piece.text, self.target(piece.node) if isinstance(piece.node, ox.NamedNode) else None)
            for piece in pieces
        )

    # --- hierarchy ----------------------------------------------------------------------------------------------------

    def tree(self, kind: str, narrower: str) -> tuple[TreeNode, ...]:
        """Return the terms of a kind with none above them, each with what is below; those without come last."""
        nodes = self.terms(kind)
        above = {node: [each for each in self.axioms.values(node, narrower) if each in nodes] for node in nodes}
        below: dict[Term, list[ox.NamedNode]] = defaultdict(list)
        for node in nodes:
            for each in above[node]:
                below[each].append(node)
        roots = [node for node in nodes if not above[node]]
        return tuple(
            self.branch(node, below, ())
            for node in sorted(roots, key=lambda node: (not below[node], self._order(node)))
        )

    def branch(
        self, node: ox.NamedNode, below: dict[Term, list[ox.NamedNode]], way: tuple[ox.NamedNode, ...]
    ) -> TreeNode:
        inner = [each for each in sorted(below.get(node, []), key=self._order) if each not in way]
        anchor = None if node in self.placed else _anchor(node)
        self.placed.add(node)
        return TreeNode(
            self.label(node),
            anchor,
            self.target(node),
            tuple(self.branch(each, below, (*way, node)) for each in inner),
        )

    def _order(self, node: Term) -> str:
        """Return by what terms are sorted: the same in all languages, so that each part holds the same."""
        return label_of(self.store, node).lower()


def _usage(store: EmbeddedStore) -> Counter[Term]:
    """Return the members of each class and the triples of each property, as the catalogue has counted them.

    What the ontology says of itself is taken off, so that the rest is what the data say.
    """
    used: Counter[Term] = Counter()
    for name, counted in (("void:class", "void:entities"), ("void:property", "void:triples")):
        parts = {
            quad.subject: quad.object
            for quad in store.quads_for_pattern(None, term(name), None, _CATALOGUE)
            if isinstance(quad.object, ox.NamedNode)
        }
        for quad in store.quads_for_pattern(None, term(counted), None, _CATALOGUE):
            if quad.subject in parts and isinstance(quad.object, ox.Literal):
                used[parts[quad.subject]] = int(quad.object.value)
    for quad in store.quads(_ONTOLOGY):
        used[quad.predicate] -= 1
        if quad.predicate == term("rdf:type") and isinstance(quad.object, ox.NamedNode):
            used[quad.object] -= 1
    return used


def _anchor(node: ox.NamedNode) -> str:
    """Return the fragment under which the page describes a term: the local name, or the CURIE of a reused term."""
    if node.value.startswith(VOCABULARY):
        return node.value.removeprefix(VOCABULARY)
    return compress(node.value).replace(":", "_")
