"""The service description (SPARQL 1.1 Service Description) and VoID statistics of the release, from its own counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, LICENCE, PREFIXES, graph_iri, term
from dualbio.model.rdf_terms import Resource, Term
from dualbio.rdf.triples import write_triples
from dualbio.sparql.formats import FORMATS, GRAPH_FORMATS, Format
from dualbio.store import row_texts
from dualbio.store.engines import read_register, register_file
from dualbio.store.user_graphs import GraphEntry, user_graph_iri
from dualbio.store.workers import PoolStore
from dualbio_server.http.cache import cache_of
from dualbio_server.http.replies import Reply
from dualbio_server.service import Service

__all__ = ["describe_service"]

_ENTAILMENT = "http://www.w3.org/ns/entailment/OWL-RDF-Based"
_PROFILE = "http://www.w3.org/ns/owl-profile/RL"
_CBD = "https://www.w3.org/submissions/2005/SUBM-CBD-20050603/"
_DESCRIBE = "DESCRIBE gives the symmetric concise bounded description of each resource, from the default graph."
_ELSEWHERE = (
    "Another engine evaluates the queries. One that runs over its limit is answered with an error in time, but cannot "
    "be stopped there; blank nodes have other labels in each answer; SERVICE is refused."
)
_DEFAULT = "The union of the released named graphs; user graphs are no part of it."
_USER_GRAPH = "Written by users of this service: no part of the release or of the default graph."

_GRAPHS = "SELECT ?name (COUNT(*) AS ?n) { GRAPH ?name { ?s ?p ?o } } GROUP BY ?name ORDER BY ?name"
_CLASSES = (
    "SELECT ?name (COUNT(DISTINCT ?s) AS ?n) { ?s rdf:type ?name FILTER(ISIRI(?name)) } GROUP BY ?name ORDER BY ?name"
)
_PROPERTIES = "SELECT ?name (COUNT(*) AS ?n) { ?s ?name ?o } GROUP BY ?name ORDER BY ?name"
_TOTALS = (
    "SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects) { ?s ?p ?o }"
)

Triples = Iterator[ox.Triple]


def describe_service(service: Service, endpoint: str, form: Format) -> bytes:
    """Return the description of the service at the absolute IRI `endpoint` in an RDF format.

    It is kept in memory until the next write.
    """
    generation = service.user_graphs.generation if service.user_graphs else 0
    key = "description", endpoint, form.name, str(generation)
    kept = cache_of(service).get(key)
    if kept is None:
        body = _description(service, endpoint, form)
        kept = Reply([], body, len(body))
        cache_of(service).put(key, kept)
    return kept.content


def _description(service: Service, endpoint: str, form: Format) -> bytes:
    node = ox.NamedNode(endpoint)
    triples = [*_service(service, node), *_updates(service, node), *_dataset(service, node)]
    assert form.rdf is not None
    out = BytesIO()
    write_triples(triples, out, form.rdf, {key: PREFIXES[key] for key in _USED})
    return out.getvalue()


_USED = ("dcterms", "dualbio", "foaf", "graph", "rdf", "rdfs", "sd", "void", "xsd")


def _add(subject: Resource, name: str, value: Term) -> ox.Triple:
    return ox.Triple(subject, term(name), value)


def _service(service: Service, endpoint: ox.NamedNode) -> Triples:
    yield _add(endpoint, "rdf:type", term("sd:Service"))
    yield _add(endpoint, "sd:endpoint", endpoint)
    yield _add(endpoint, "rdfs:label", ox.Literal("dualbio SPARQL service", language="en"))
    yield _add(endpoint, "sd:supportedLanguage", term("sd:SPARQL11Query"))
    yield _add(endpoint, "sd:feature", term("sd:UnionDefaultGraph"))
    yield _add(endpoint, "dcterms:conformsTo", ox.NamedNode(_CBD))
    yield _add(endpoint, "rdfs:comment", ox.Literal(_DESCRIBE, language="en"))
    yield _add(endpoint, "sd:defaultEntailmentRegime", ox.NamedNode("http://www.w3.org/ns/entailment/Simple"))
    if service.settings.engine:
        yield _add(endpoint, "rdfs:comment", ox.Literal(_ELSEWHERE, language="en"))
        yield from (_add(endpoint, "rdfs:comment", ox.Literal(words, language="en")) for words in _unfit(service))
    if service.settings.service_allow and not service.settings.engine:
        yield _add(endpoint, "sd:feature", term("sd:BasicFederatedQuery"))
    for form in FORMATS:
        engine = form.rdf or form.results
        if engine:
            yield _add(endpoint, "sd:resultFormat", ox.NamedNode(engine.iri))


def _unfit(service: Service) -> Iterator[str]:
    """Yield what is said of an engine that is known to answer some questions otherwise."""
    if service.unfit:
        seen = [name for name in service.queries if (service.engine, name) in read_register(register_file())]
        yield (
            f"The engine, {service.engine}, was seen to answer these saved queries otherwise, or not at all: "
            f"{', '.join(seen)}. So the release on this machine answers all saved queries and what pages ask, which "
            "Dualbio-Answered-From says of each answer. Queries of your own the engine answers as it can."
        )


def _updates(service: Service, endpoint: ox.NamedNode) -> Triples:
    """Yield what holds only while updates are on: the language, the formats of bodies, and the graph store."""
    if service.user_graphs is None:
        return
    yield _add(endpoint, "sd:supportedLanguage", term("sd:SPARQL11Update"))
    yield _add(endpoint, "rdfs:seeAlso", ox.NamedNode(endpoint.value.removesuffix("sparql") + "store"))
    for form in GRAPH_FORMATS:
        if form.rdf:
            yield _add(endpoint, "sd:inputFormat", ox.NamedNode(form.rdf.iri))


def _dataset(service: Service, endpoint: ox.NamedNode) -> Triples:
    dataset = ox.NamedNode(f"{BASE}.well-known/void")
    yield _add(endpoint, "sd:defaultDataset", dataset)
    for kind in ("sd:Dataset", "void:Dataset"):
        yield _add(dataset, "rdf:type", term(kind))
    yield _add(dataset, "dcterms:title", ox.Literal("dualbio", language="en"))
    yield _add(dataset, "dcterms:license", ox.NamedNode(LICENCE))
    yield _add(dataset, "dcterms:hasVersion", ox.Literal(service.release.id))
    yield _add(dataset, "void:sparqlEndpoint", endpoint)
    yield _add(dataset, "void:uriSpace", ox.Literal(BASE))
    yield _add(dataset, "void:vocabulary", ox.NamedNode(f"{BASE}ontology"))
    default = ox.BlankNode("default")
    yield _add(dataset, "sd:defaultGraph", default)
    yield _add(default, "rdf:type", term("sd:Graph"))
    yield _add(default, "rdfs:comment", ox.Literal(_DEFAULT, language="en"))
    yield from _totals(service, default, dataset)
    for name, count in _counts(service, _GRAPHS):
        yield from _named_graph(dataset, name, count)
    if service.user_graphs:
        for name, entry in service.user_graphs.index.graphs.items():
            yield from _user_graph(dataset, user_graph_iri(name), entry)
    yield from _partitions(service, dataset)


def _totals(service: Service, *subjects: Resource) -> Triples:
    row = _rows(service, _TOTALS)[0]
    names = {"triples": "void:triples", "subjects": "void:distinctSubjects", "objects": "void:distinctObjects"}
    for variable, name in names.items():
        for subject in subjects:
            yield _add(subject, name, ox.Literal(int(row[variable])))


def _named_graph(dataset: ox.NamedNode, name: str, count: int) -> Triples:
    entry, graph = _part("graph", name), ox.NamedNode(name)
    yield _add(dataset, "sd:namedGraph", entry)
    yield _add(entry, "rdf:type", term("sd:NamedGraph"))
    yield _add(entry, "sd:name", graph)
    yield _add(entry, "sd:graph", graph)
    yield _add(graph, "rdf:type", term("sd:Graph"))
    yield _add(graph, "void:triples", ox.Literal(count))
    yield _add(dataset, "void:subset", graph)
    if graph == graph_iri("inferred"):
        yield _add(entry, "sd:entailmentRegime", ox.NamedNode(_ENTAILMENT))
        yield _add(entry, "sd:supportedEntailmentProfile", ox.NamedNode(_PROFILE))


def _user_graph(dataset: ox.NamedNode, name: str, entry: GraphEntry) -> Triples:
    """Yield a graph that queries reach by its name alone: it is no subset of the published data set."""
    part, graph = _part("graph", name), ox.NamedNode(name)
    yield _add(dataset, "sd:namedGraph", part)
    yield _add(part, "rdf:type", term("sd:NamedGraph"))
    yield _add(part, "sd:name", graph)
    yield _add(part, "sd:graph", graph)
    yield _add(part, "rdfs:comment", ox.Literal(_USER_GRAPH, language="en"))
    yield _add(graph, "rdf:type", term("sd:Graph"))
    yield _add(graph, "void:triples", ox.Literal(entry.triples))
    yield _add(graph, "dcterms:modified", ox.Literal(entry.modified, datatype=term("xsd:dateTime")))


def _partitions(service: Service, dataset: ox.NamedNode) -> Triples:
    classes, properties = _counts(service, _CLASSES), _counts(service, _PROPERTIES)
    yield _add(dataset, "void:classes", ox.Literal(len(classes)))
    yield _add(dataset, "void:properties", ox.Literal(len(properties)))
    for name, count in classes:
        part = _part("class", name)
        yield _add(dataset, "void:classPartition", part)
        yield _add(part, "void:class", ox.NamedNode(name))
        yield _add(part, "void:entities", ox.Literal(count))
    for name, count in properties:
        part = _part("property", name)
        yield _add(dataset, "void:propertyPartition", part)
        yield _add(part, "void:property", ox.NamedNode(name))
        yield _add(part, "void:triples", ox.Literal(count))


def _part(kind: str, name: str) -> ox.BlankNode:
    """Return a blank node that is the same in every web process, so that equal descriptions have equal bytes."""
    return ox.BlankNode(f"{kind}{hashlib.sha256(name.encode()).hexdigest()[:16]}")


def _counts(service: Service, query: str) -> list[tuple[str, int]]:
    return [(row["name"], int(row["n"])) for row in _rows(service, query) if "name" in row]


def _rows(service: Service, query: str) -> list[dict[str, str]]:
    store = PoolStore(service.pool, timeout=service.settings.query_timeout_max)
    return list(row_texts(store.select(query)))
