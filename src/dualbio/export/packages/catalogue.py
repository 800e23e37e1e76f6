"""The data set described for machines: VoID (statistics, linksets) and DCAT 3 (catalogue, distributions).

The triples belong to the graph `catalogue` of a release; they count what the release holds beside that graph. Addresses
of distributions are those under `/data/latest/`, for a release gets its name only when it is whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from dualbio.export.packages.files import CODINGS, PARTS
from dualbio.export.rdf.dump import DUMP_FORMATS
from dualbio.model.namespaces import BASE, LICENCE, PREFIXES, VOCABULARY, compress, graph_iri, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.rdf.prefixes import split_iri
from dualbio.store.embedded import matching

__all__ = ["ABOUT", "DATASET", "MEDIA_TYPES", "PROJECT", "DatasetCounts", "dataset_held", "dataset_quads"]

_TYPE = term("rdf:type")

#: The data set as a thing; the document about it is at the same address.
DATASET = ox.NamedNode(f"{BASE}.well-known/void")

_GRAPH = graph_iri("catalogue")
_SPARQL = ox.NamedNode(f"{BASE}sparql")
_LICENCE = ox.NamedNode(LICENCE)
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_TITLE = "dualbio"
ABOUT = "What studies have shown about combining or sequencing biologics in immune-mediated disease."
PROJECT = ox.NamedNode(f"{BASE}project")
_KEYWORDS = ("biologics", "combination therapy", "evidence", "systemic lupus erythematosus")
_DATA = ox.NamedNode(f"{BASE}data/")
_MATCHES = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")

Pairs = Iterator[tuple[ox.NamedNode, str, GroundTerm]]


def dataset_quads(store: ox.Store, version: str, counts: DatasetCounts | None = None) -> Iterator[ox.Quad]:
    """Yield the description of all that `store` holds, as quads of the graph `catalogue`.

    Args:
        store: the data of a release; what it holds of the catalogue is not counted.
        version: version of the data.
        counts: what `store` holds; where it is left out, it is counted.
    """
    counts = counts or DatasetCounts.of(store)
    parts = (_dataset(store, version), _catalogue(), _distributions(), _totals(counts), _subsets(counts))
    for part in (*parts, _classes(counts), _properties(counts), _linksets(store)):
        for subject, name, value in part:
            yield ox.Quad(subject, term(name), value, _GRAPH)


def dataset_held(store: ox.Store) -> Iterator[ox.Quad]:
    """Yield what a store holds of the description that was made of it."""
    described: dict[GroundTerm, list[ox.Quad]] = {}
    waiting: list[GroundTerm] = [DATASET, _GRAPH]
    while waiting:
        node = waiting.pop()
        if node not in described and isinstance(node, ox.NamedNode):
            described[node] = list(store.quads_for_pattern(node, None, None, _GRAPH))
            waiting += [quad.object for quad in described[node]]  # type: ignore[misc]
    return (quad for quads in described.values() for quad in quads)


def _dataset(store: ox.Store, version: str) -> Pairs:
    for kind in ("void:Dataset", "dcat:Dataset"):
        yield DATASET, "rdf:type", term(kind)
    yield DATASET, "dcterms:title", ox.Literal(_TITLE, language="en")
    yield DATASET, "rdfs:label", ox.Literal(_TITLE, language="en")
    yield DATASET, "dcterms:description", ox.Literal(ABOUT, language="en")
    yield DATASET, "dcterms:license", _LICENCE
    yield DATASET, "dcterms:publisher", PROJECT
    yield DATASET, "dcterms:creator", PROJECT
    for keyword in _KEYWORDS:
        yield DATASET, "dcat:keyword", ox.Literal(keyword, language="en")
    yield DATASET, "dcat:version", ox.Literal(version)
    yield DATASET, "dcat:landingPage", ox.NamedNode(BASE)
    yield DATASET, "foaf:homepage", ox.NamedNode(BASE)
    yield DATASET, "void:uriSpace", ox.Literal(BASE)
    yield DATASET, "void:vocabulary", ox.NamedNode(VOCABULARY.rstrip("#"))
    yield DATASET, "void:sparqlEndpoint", _SPARQL
    for kind in ("Study", "Drug", "Disease"):
        example = _first_individual(store, kind)
        if example:
            yield DATASET, "void:exampleResource", example


def _first_individual(store: ox.Store, kind: str) -> ox.NamedNode | None:
    """Return the first individual of a class in the order of names."""
    quads = store.quads_for_pattern(None, _TYPE, term(kind), None)
    named = [quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode)]
    return min(named, key=str, default=None)


def _catalogue() -> Pairs:
    yield _GRAPH, "rdf:type", term("dcat:Catalog")
    yield _GRAPH, "dcterms:title", ox.Literal("Catalogue of dualbio", language="en")
    about = "The data set of dualbio, its files and its service."
    yield _GRAPH, "dcterms:description", ox.Literal(about, language="en")
    yield _GRAPH, "dcterms:publisher", PROJECT
    yield PROJECT, "foaf:name", ox.Literal("dualbio contributors")
    yield _GRAPH, "dcterms:license", _LICENCE
    yield _GRAPH, "dcat:dataset", DATASET
    yield _GRAPH, "dcat:service", _SPARQL
    yield _SPARQL, "rdf:type", term("dcat:DataService")
    yield _SPARQL, "dcterms:title", ox.Literal("dualbio SPARQL service", language="en")
    yield _SPARQL, "rdfs:label", ox.Literal("dualbio SPARQL service", language="en")
    yield _SPARQL, "dcterms:conformsTo", ox.NamedNode("http://www.w3.org/TR/sparql11-protocol/")
    yield _SPARQL, "dcat:endpointURL", _SPARQL
    yield _SPARQL, "dcat:servesDataset", DATASET


def _distributions() -> Pairs:
    for form in DUMP_FORMATS:
        assert form.rdf is not None
        node = ox.NamedNode(f"{BASE}data/latest/dualbio.{form.extension}.gz")
        yield DATASET, "void:dataDump", node
        yield DATASET, "void:feature", ox.NamedNode(form.rdf.iri)
        yield from _distribution(node, f"All of dualbio in {form.label}", form.media_type)
        yield node, "dcat:compressFormat", ox.NamedNode(MEDIA_TYPES + CODINGS["gz"])
    for name, part in PARTS.items():
        node = ox.NamedNode(f"{BASE}data/latest/{name}")
        yield from _distribution(node, f"Of dualbio: {part.title}", part.media_type.partition(";")[0])


def _distribution(node: ox.NamedNode, title: str, media_type: str) -> Pairs:
    yield DATASET, "dcat:distribution", node
    yield node, "rdf:type", term("dcat:Distribution")
    yield node, "dcterms:title", ox.Literal(title, language="en")
    yield node, "dcterms:license", _LICENCE
    yield node, "dcat:accessURL", _DATA
    yield node, "dcat:downloadURL", node
    yield node, "dcat:mediaType", ox.NamedNode(MEDIA_TYPES + media_type)


# --- statistics -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DatasetCounts:
    """What a store holds, counted by the engine: a triple of several graphs counts once."""

    triples: int
    subjects: int
    objects: int
    individuals: int
    by_graph: Mapping[str, int]
    by_class: Mapping[str, int]
    by_property: Mapping[str, int]

    @classmethod
    def of(cls, store: ox.Store) -> DatasetCounts:
        """Count the union of the other named graphs of `store`; names in the counts are IRIs, in their order."""
        graphs = [graph for graph in store.named_graphs() if graph != _GRAPH]

        def counts(text: str) -> dict[str, int]:
            found = store.query(text, default_graph=[*graphs], named_graphs=graphs)
            assert isinstance(found, ox.QuerySolutions)
            return {row["name"].value: int(row["n"].value) for row in sorted(found, key=lambda row: row["name"].value)}

        by_property = counts(
            "SELECT ?name (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?name ?o { ?s ?name ?o } } GROUP BY ?name"
        )
        totals = counts(f"""SELECT ?name ?n {{
          {{ SELECT ("subjects" AS ?name) (COUNT(DISTINCT ?s) AS ?n) {{ ?s ?p ?o }} }} UNION
          {{ SELECT ("objects" AS ?name) (COUNT(DISTINCT ?o) AS ?n) {{ ?s ?p ?o }} }} UNION
          {{ SELECT ("individuals" AS ?name) (COUNT(DISTINCT ?s) AS ?n) {{
            ?s a ?class FILTER (STRSTARTS(STR(?s), "{BASE}"))
          }} }}
        }}""")
        return cls(
            triples=sum(by_property.values()),
            **totals,
            by_graph=counts("SELECT ?name (COUNT(*) AS ?n) { GRAPH ?name { ?s ?p ?o } } GROUP BY ?name"),
            by_class=counts(
                "SELECT ?name (COUNT(DISTINCT ?s) AS ?n) { ?s a ?name FILTER ISIRI(?name) } GROUP BY ?name"
            ),
            by_property=by_property,
        )

    @classmethod
    def of_catalogue(cls, store: ox.Store) -> DatasetCounts:
        """Read what the catalogue of `store` counts."""
        numbers: dict[object, dict[ox.NamedNode, int]] = {}
        for name in ("triples", "entities", "distinctSubjects", "distinctObjects"):
            quads = store.quads_for_pattern(None, term(f"void:{name}"), None, _GRAPH)
            numbers[name] = {quad.subject: int(quad.object.value) for quad in quads}  # type: ignore[misc, union-attr]

        def parts(relation: str, name: str) -> dict[str, int]:
            quads = store.quads_for_pattern(None, term(f"void:{relation}"), None, _GRAPH)
            found = sorted((quad.object.value, quad.subject) for quad in quads)  # type: ignore[union-attr]
            return {value: numbers[name][part] for value, part in found}  # type: ignore[index]

        graphs = sorted(node.value for node in numbers["triples"] if node.value.startswith(graph_iri("").value))
        return cls(
            triples=numbers["triples"][DATASET],
            subjects=numbers["distinctSubjects"][DATASET],
            objects=numbers["distinctObjects"][DATASET],
            individuals=numbers["entities"][DATASET],
            by_graph={name: numbers["triples"][ox.NamedNode(name)] for name in graphs},
            by_class=parts("class", "entities"),
            by_property=parts("property", "triples"),
        )

    def after(
        self, store: ox.Store, came: Collection[ox.Triple], went: Collection[ox.Triple], by_graph: Mapping[str, int]
    ) -> DatasetCounts:
        """Return what is counted after a change.

        Args:
            store: the data as it is now.
            came: triples that a graph beside the catalogue holds now, and none held before.
            went: the other way round.
            by_graph: the number of triples of each graph that it holds now, by IRI.
        """
        kinds, properties = Counter(self.by_class), Counter(self.by_property)
        for triples, sign in ((came, 1), (went, -1)):
            for triple in triples:
                properties[triple.predicate.value] += sign
                if triple.predicate == _TYPE and isinstance(triple.object, ox.NamedNode):
                    kinds[triple.object.value] += sign

        def more(place: int, counted: Callable[[ox.Triple], bool] = lambda _: True) -> int:
            """Return how many terms of a place there are more than before."""
            new, old = (_by_term(filter(counted, triples), place) for triples in (came, went))
            found = 0
            for node in new.keys() | old.keys():
                before, after = bool(old.get(node)), False
                for triple in filter(counted, _triples_with(store, node, place)):
                    after, before = True, before or triple not in new.get(node, ())
                    if before:
                        break
                found += after - before
            return found

        return DatasetCounts(
            triples=self.triples + len(came) - len(went),
            subjects=self.subjects + more(0),
            objects=self.objects + more(2),
            individuals=self.individuals + more(0, _is_individual),
            by_graph=dict(sorted(by_graph.items())),
            by_class={name: number for name, number in sorted(kinds.items()) if number},
            by_property={name: number for name, number in sorted(properties.items()) if number},
        )


def _is_individual(triple: ox.Triple) -> bool:
    subject = triple.subject
    return triple.predicate == _TYPE and isinstance(subject, ox.NamedNode) and subject.value.startswith(BASE)


def _by_term(triples: Iterable[ox.Triple], place: int) -> dict[GroundTerm, set[ox.Triple]]:
    by_term: dict[GroundTerm, set[ox.Triple]] = {}
    for triple in triples:
        by_term.setdefault((triple.subject, triple.predicate, triple.object)[place], set()).add(triple)  # type: ignore[arg-type]
    return by_term


def _triples_with(store: ox.Store, node: GroundTerm, place: int) -> Iterator[ox.Triple]:
    """Yield the triples beside the catalogue that have a term as their subject (0) or object (2)."""
    subject, obj = (node, None) if place == 0 else (None, node)
    for quad in matching(store, subject, None, obj):  # type: ignore[arg-type]
        if quad.graph_name != _GRAPH:
            yield quad.triple


def _totals(counts: DatasetCounts) -> Pairs:
    yield DATASET, "void:triples", ox.Literal(counts.triples)
    yield DATASET, "void:distinctSubjects", ox.Literal(counts.subjects)
    yield DATASET, "void:distinctObjects", ox.Literal(counts.objects)
    yield DATASET, "void:entities", ox.Literal(counts.individuals)


def _subsets(counts: DatasetCounts) -> Pairs:
    for name, count in sorted(counts.by_graph.items()):
        graph = ox.NamedNode(name)
        yield DATASET, "void:subset", graph
        yield graph, "rdf:type", term("void:Dataset")
        yield graph, "void:triples", ox.Literal(count)


def _classes(counts: DatasetCounts) -> Pairs:
    yield DATASET, "void:classes", ox.Literal(len(counts.by_class))
    for name, count in counts.by_class.items():
        part = _partition("class", name)
        yield DATASET, "void:classPartition", part
        yield part, "void:class", ox.NamedNode(name)
        yield part, "void:entities", ox.Literal(count)


def _properties(counts: DatasetCounts) -> Pairs:
    yield DATASET, "void:properties", ox.Literal(len(counts.by_property))
    for name, count in counts.by_property.items():
        part = _partition("property", name)
        yield DATASET, "void:propertyPartition", part
        yield part, "void:property", ox.NamedNode(name)
        yield part, "void:triples", ox.Literal(count)


def _linksets(store: ox.Store) -> Pairs:
    """Yield one linkset for each outside vocabulary and mapping relation."""
    counts: Counter[tuple[str, str]] = Counter()
    for relation in _MATCHES:
        for quad in store.quads_for_pattern(None, term(f"skos:{relation}"), None, None):
            parts = split_iri(quad.object.value) if isinstance(quad.object, ox.NamedNode) else None
            if parts:
                counts[parts[0], relation] += 1
    for (prefix, relation), count in sorted(counts.items()):
        node = ox.NamedNode(f"{BASE}partition/links-{prefix}-{relation}")
        target = ox.NamedNode(f"{BASE}partition/target-{prefix}")
        yield DATASET, "void:subset", node
        yield node, "rdf:type", term("void:Linkset")
        yield node, "void:linkPredicate", term(f"skos:{relation}")
        yield node, "void:subjectsTarget", DATASET
        yield node, "void:objectsTarget", target
        yield node, "void:triples", ox.Literal(count)
        yield target, "rdf:type", term("void:Dataset")
        yield target, "rdfs:label", ox.Literal(prefix)
        yield target, "void:uriSpace", ox.Literal(PREFIXES[prefix])


def _partition(kind: str, name: str) -> ox.NamedNode:
    """Return the name of a partition, made from that of its class or property."""
    short = compress(name)
    for sign in "/:#":
        short = short.replace(sign, "-")
    return ox.NamedNode(f"{BASE}partition/{kind}-{short}")
