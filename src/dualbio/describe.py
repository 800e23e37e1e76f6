"""What is known about one entity: the description that DESCRIBE answers, with labels and origin.

The triples that point to the entity are counted by property and listed up to a limit. To the description come the
labels of everything named, and for each graph the curated files it was made from. One structure serves the page, the
terminal and the RDF documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, DEFINITIONS, LOCAL, compress, graph_iri, individual, key_of, kind_of, term
from dualbio.model.rdf_terms import Resource, Term
from dualbio.sparql.description import description_quads, is_nameless
from dualbio.store.embedded import EmbeddedStore

__all__ = [
    "DescribedValue",
    "EntityDescription",
    "Inverse",
    "Origin",
    "Property",
    "describe",
    "inverse_page",
    "is_part",
    "label_of",
    "literal_of",
    "parts_of",
]


_GRAPH = graph_iri("").value
_PROVENANCE = graph_iri("provenance")
_INFERRED = ("inferred", f"{LOCAL}inferred")
#: Graphs that are computed from all curated files alike, so that these tell nothing of one entity.
_COMPUTED = (*_INFERRED, "synthesis", f"{LOCAL}synthesis")
#: Kinds of which the key of a whole begins the key of its parts.
_WITH_PARTS = frozenset(
    {"study", "arm", "regimen", "step", "planned-outcome", "result", "comparison", "source", "overlap"}
    | {"lesson", "support", "finding", "measure", "interaction"}
)
#: What says in a sentence what a thing is: its definition, or what stands in for one.
_SENTENCES = (*DEFINITIONS, "dcterms:description", "dualbio:statement")
_LABELS = ("rdfs:label", "skos:prefLabel", "dcterms:title")
#: What to call properties that the ontology reuses without describing them.
_STANDARD = {
    "rdf:type": "type",
    "rdfs:label": "label",
    "rdfs:comment": "comment",
    "rdfs:subClassOf": "narrower than class",
    "rdfs:subPropertyOf": "narrower than property",
    "rdfs:domain": "domain",
    "rdfs:range": "range",
    "rdfs:isDefinedBy": "defined in",
    "rdfs:seeAlso": "see also",
    "owl:annotatedSource": "subject of mapping",
    "owl:annotatedProperty": "relation of mapping",
    "owl:annotatedTarget": "object of mapping",
    "owl:hasValue": "required value",
    "owl:someValuesFrom": "required class",
    "owl:equivalentClass": "same class as",
    "owl:inverseOf": "inverse of",
    "owl:deprecated": "retired",
    "prov:wasAttributedTo": "made by",
    "prov:wasDerivedFrom": "made from",
    "prov:wasGeneratedBy": "made in",
    "prov:wasAssociatedWith": "carried out by",
}
#: What leads from a retired thing to its successor, and from another name of an entity to its IRI.
_SUCCESSORS = ("IAO:0100001", "dcterms:isReplacedBy")
#: Properties that come first, in this order; the others follow by label.
_FIRST = ("rdf:type", "rdfs:label", "skos:altLabel", "dualbio:key", *_SENTENCES)


@dataclass(frozen=True)
class DescribedValue:
    """One value of a property: the term, what to call it, and the short names of the graphs that say so."""

    term: Term
    label: str
    graphs: tuple[str, ...]

    @property
    def inferred(self) -> bool:
        """Whether reasoning alone says so."""
        return all(name in _INFERRED for name in self.graphs)

    @property
    def own(self) -> bool:
        """Whether a user's own evidence alone says so."""
        return all(name.startswith(LOCAL) for name in self.graphs)


@dataclass(frozen=True)
class Property:
    """A property of the entity with its values, each once."""

    predicate: ox.NamedNode
    label: str
    values: tuple[DescribedValue, ...]


@dataclass(frozen=True)
class Inverse:
    """A property by which others point to the entity: how many do, and those listed here."""

    predicate: ox.NamedNode
    label: str
    total: int
    values: tuple[DescribedValue, ...]


@dataclass(frozen=True)
class Origin:
    """A graph with triples about the entity, and the curated files it was made from (none if from all of them)."""

    graph: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class EntityDescription:
    """Everything known about `node`; `quads` is the same as RDF, each triple with its graph.

    `core` are those of its quads that DESCRIBE answers with (up to the limit of each property that points to it);
    the others are of its parts, of labels and of its origin.
    """

    node: ox.NamedNode
    label: str
    definition: str | None
    types: tuple[DescribedValue, ...]
    properties: tuple[Property, ...]
    inverses: tuple[Inverse, ...]
    origins: tuple[Origin, ...]
    deprecated: bool
    replaced_by: ox.NamedNode | None
    core: tuple[ox.Quad, ...]
    quads: tuple[ox.Quad, ...]

    @property
    def own(self) -> bool:
        """Whether the entity is of a user's own evidence, and not of dualbio."""
        return bool(self.types) and all(value.own for value in self.types)

    @property
    def curie(self) -> str:
        """The short name of the entity."""
        return compress(self.node.value)

    @cached_property
    def triples(self) -> tuple[ox.Triple, ...]:
        """The description without graphs: each triple once, those of the entity first, then by subject."""
        once = {quad.triple for quad in self.quads}
        return tuple(sorted(once, key=lambda triple: (triple.subject != self.node, str(triple))))


def describe(
    store: EmbeddedStore, node: ox.NamedNode, *, inverse_limit: int = 100, parts: bool = False
) -> EntityDescription | None:
    """Return the description of `node`, or None when the store has no triple about it.

    Args:
        store: the release.
        node: the entity; `dualbio.model.namespaces.individual(kind, key)` makes it from kind and key.
        inverse_limit: how many of the triples that point to it are listed for each property; all are counted.
        parts: whether the RDF also holds the parts of the entity, such as the arms and results of a study.
    """
    data = store.store
    pointing = _pointing(data, node, inverse_limit)
    listed = [quad for _, _, quads in pointing for quad in quads]
    core = description_quads(data, [node], pointing=lambda _: listed)
    if not core:
        return None
    own = description_quads(data, (), own=[node, *(parts_of(data, node) if parts else ())])
    properties = tuple(_properties(store, node, own))
    inverses = tuple(
        Inverse(predicate, label_of(store, predicate), total, _values(store, ((q.subject, q) for q in listed)))
        for predicate, total, listed in pointing
    )
    origins, origin_quads = _origins(store, own)
    told = [*core, *own, *origin_quads]
    return EntityDescription(
        node=node,
        label=label_of(store, node),
        definition=literal_of(store, node, _SENTENCES),
        types=next((each.values for each in properties if each.predicate == term("rdf:type")), ()),
        properties=tuple(each for each in properties if each.predicate != term("rdf:type")),
        inverses=tuple(sorted(inverses, key=lambda each: (each.label.lower(), each.predicate.value))),
        origins=origins,
        deprecated=any(_objects(data, node, "owl:deprecated")),
        replaced_by=next(
            (o for name in _SUCCESSORS for o in _objects(data, node, name) if isinstance(o, ox.NamedNode)), None
        ),
        core=_ordered(node, core),
        quads=_ordered(node, [*told, *_label_quads(data, told)]),
    )


def inverse_page(
    store: EmbeddedStore, node: ox.NamedNode, predicate: ox.NamedNode, *, offset: int, limit: int
) -> Inverse:
    """Return those who point to `node` by `predicate`, from number `offset`, at most `limit`."""
    quads = _distinct_subjects(store.quads_for_pattern(None, predicate, node, None))
    chosen = quads[offset : offset + limit]
    return Inverse(predicate, label_of(store, predicate), len(quads), _values(store, ((q.subject, q) for q in chosen)))


def label_of(store: EmbeddedStore, node: Term) -> str:
    """Return what to call a term: its English label, any label, the value of a literal, or its short name."""
    if isinstance(node, ox.Literal):
        return node.value
    if is_nameless(node):
        return "(unnamed)"
    short = compress(node.value)
    return literal_of(store, node, _LABELS) or _STANDARD.get(short) or short.removeprefix(BASE)


def is_part(part: ox.NamedNode, whole: ox.NamedNode) -> bool:
    """Return whether the name of `part` shows that it belongs to `whole`.

    >>> from dualbio.model.namespaces import individual
    >>> is_part(individual("arm", "bliss-believe.bel-rtx"), individual("study", "bliss-believe"))
    True
    >>> is_part(individual("study", "bliss-believe"), individual("arm", "bliss-believe.bel-rtx"))
    False
    """
    own, other = _key(part), _key(whole)
    if not own or not other:
        return False
    # A regimen has the key of its arm, an interaction that of its finding.
    inner = own == other and (whole.value, part.value) in _same_key(own)
    return inner or own.startswith(f"{other}.")


def parts_of(data: ox.Store, whole: ox.NamedNode) -> list[ox.NamedNode]:
    """Return the parts that `whole` leads to, and theirs, each once."""
    parts: dict[ox.NamedNode, None] = {}
    todo = [whole]
    while todo:
        at = todo.pop()
        for quad in data.quads_for_pattern(at, None, None, None):
            part = quad.object
            if isinstance(part, ox.NamedNode) and part not in parts and is_part(part, at):
                parts[part] = None
                todo.append(part)
    return list(parts)


def _key(node: ox.NamedNode) -> str:
    return key_of(node.value) if kind_of(node.value) in _WITH_PARTS else ""


def _same_key(key: str) -> set[tuple[str, str]]:
    pairs = (("arm", "regimen"), ("finding", "interaction"))
    return {(individual(whole, key).value, individual(part, key).value) for whole, part in pairs}


# --- triples of the entity and around it ------------------------------------------------------------------------------


def _pointing(data: ox.Store, node: ox.NamedNode, limit: int) -> list[tuple[ox.NamedNode, int, list[ox.Quad]]]:
    by_property: dict[ox.NamedNode, list[ox.Quad]] = {}
    for quad in data.quads_for_pattern(None, None, node, None):
        by_property.setdefault(quad.predicate, []).append(quad)
    found = []
    for predicate in sorted(by_property, key=str):
        quads = _distinct_subjects(by_property[predicate])
        found.append((predicate, len(quads), quads[:limit]))
    return found


def _distinct_subjects(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return one quad for each subject, those with a name first, in order."""
    first: dict[object, ox.Quad] = {}
    for quad in quads:
        kept = first.setdefault(quad.subject, quad)
        if _graph_name(kept) in _INFERRED:
            first[quad.subject] = quad
    return sorted(first.values(), key=lambda quad: (is_nameless(quad.subject), str(quad.subject)))


def _label_quads(data: ox.Store, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    named = {
        each for quad in quads for each in (quad.subject, quad.predicate, quad.object) if isinstance(each, ox.NamedNode)
    }
    for node in sorted(named, key=str):
        labels = [quad for name in _LABELS[:2] for quad in data.quads_for_pattern(node, term(name), None, None)]
        yield from labels or data.quads_for_pattern(node, term(_LABELS[2]), None, None)


def _origins(store: EmbeddedStore, quads: Iterable[ox.Quad]) -> tuple[tuple[Origin, ...], list[ox.Quad]]:
    """Return the graphs of `quads` with their files, and the quads that say so."""
    origins, said = [], []
    for name in sorted({_graph_name(quad) for quad in quads}):
        made_from = store.quads_for_pattern(graph_iri(name), term("prov:wasDerivedFrom"), None, _PROVENANCE)
        derived = [] if name in _COMPUTED else sorted(made_from, key=str)
        origins.append(Origin(name, tuple(label_of(store, quad.object) for quad in derived)))  # type: ignore[arg-type]
        said += derived
    return tuple(origins), said


def _ordered(node: ox.NamedNode, quads: Iterable[ox.Quad]) -> tuple[ox.Quad, ...]:
    """Return the quads by graph and subject, each once."""
    return tuple(sorted(set(quads), key=lambda q: (str(q.graph_name), q.subject != node, str(q))))


# --- properties and values --------------------------------------------------------------------------------------------


def _properties(store: EmbeddedStore, node: ox.NamedNode, own: Sequence[ox.Quad]) -> Iterator[Property]:
    by_property: dict[ox.NamedNode, list[ox.Quad]] = {}
    for quad in own:
        if quad.subject == node:
            by_property.setdefault(quad.predicate, []).append(quad)
    first = {term(name): place for place, name in enumerate(_FIRST)}
    labels = {predicate: label_of(store, predicate) for predicate in by_property}
    for predicate in sorted(
        by_property, key=lambda each: (first.get(each, len(first)), labels[each].lower(), each.value)
    ):
        values = _values(store, ((quad.object, quad) for quad in by_property[predicate]))
        yield Property(predicate, labels[predicate], values)


def _values(store: EmbeddedStore, found: Iterable[tuple[object, ox.Quad]]) -> tuple[DescribedValue, ...]:
    graphs: dict[Term, list[str]] = {}
    for each, quad in found:
        assert isinstance(each, Term)
        graphs.setdefault(each, []).append(_graph_name(quad))
    values = [DescribedValue(each, label_of(store, each), tuple(sorted(names))) for each, names in graphs.items()]
    return tuple(
        sorted(
            values,
            key=lambda value: (value.inferred, _position(store, value.term), value.label.lower(), str(value.term)),
        )
    )


def _position(store: EmbeddedStore, node: Term) -> float:
    """Return the place that a part has among its siblings; what has none comes last."""
    if not isinstance(node, ox.NamedNode):
        return float("inf")
    found = next(iter(_objects(store.store, node, "position")), None)
    return float(found.value) if isinstance(found, ox.Literal) else float("inf")


def _objects(data: ox.Store, node: Resource, name: str) -> list[Term]:
    quads = data.quads_for_pattern(node, term(name), None, None)
    return [quad.object for quad in quads if not isinstance(quad.object, ox.Triple)]


def literal_of(store: EmbeddedStore, node: Resource, names: Sequence[str]) -> str | None:
    """Return the literal of the first of the properties `names` that has one: English, else no language, else any."""
    for name in names:
        literals = [each for each in _objects(store.store, node, name) if isinstance(each, ox.Literal)]
        if literals:
            return min(literals, key=_preference).value
    return None


def _preference(literal: ox.Literal) -> tuple[int, str]:
    rank = {"en": 0, None: 1}.get(literal.language, 2)
    return rank, literal.value


def _graph_name(quad: ox.Quad) -> str:
    graph = quad.graph_name
    return graph.value.removeprefix(_GRAPH) if isinstance(graph, ox.NamedNode) else ""
