"""The VoID and DCAT description agrees with what it describes."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualbio.export.packages.catalogue import DATASET, DatasetCounts, dataset_held, dataset_quads
from dualbio.export.packages.files import PARTS
from dualbio.model.namespaces import PREFIXES, graph_iri, individual, term

MAPPING = (
    "INSERT DATA { GRAPH graph:mappings { drug:rituximab skos:exactMatch <http://purl.obolibrary.org/obo/NCIT_C1702> } "
    'GRAPH graph:entities { drug:rituximab dualbio:key "rituximab" } }'
)


@pytest.fixture
def store(quads: list[ox.Quad]) -> ox.Store:
    """The toy data with one mapping."""
    data = ox.Store()
    data.extend(quads)
    data.update(MAPPING, prefixes=PREFIXES)
    return data


def objects(quads: list[ox.Quad], subject: ox.NamedNode, name: str) -> list[ox.NamedNode | ox.BlankNode | ox.Literal]:
    """Return the values of a property."""
    return [
        quad.object
        for quad in quads
        if quad.subject == subject and quad.predicate == term(name) and not isinstance(quad.object, ox.Triple)
    ]


def test_all_is_said_in_the_catalogue(store: ox.Store) -> None:
    """Every quad is of the graph `catalogue`, and no node is nameless, so that builds agree."""
    found = list(dataset_quads(store, "1.2.3"))

    assert {graph_iri("catalogue")} == {quad.graph_name for quad in found}
    assert not any(isinstance(each, ox.BlankNode) for quad in found for each in (quad.subject, quad.object))


def test_counts_are_those_of_the_union(store: ox.Store) -> None:
    """A triple in two graphs counts once for the data set, and in each of its graphs."""
    found = list(dataset_quads(store, "1.2.3"))
    triples = {quad.triple for quad in store}
    by_graph = {each: sum(1 for _ in store.quads_for_pattern(None, None, None, each)) for each in store.named_graphs()}

    assert [ox.Literal(len(triples))] == objects(found, DATASET, "void:triples")
    assert [ox.Literal(len({each.subject for each in triples}))] == objects(found, DATASET, "void:distinctSubjects")
    for graph, count in by_graph.items():
        assert isinstance(graph, ox.NamedNode)
        assert [ox.Literal(count)] == objects(found, graph, "void:triples")
        assert graph in objects(found, DATASET, "void:subset")


def test_properties_have_partitions(store: ox.Store) -> None:
    """The number of triples of each property adds up to all triples."""
    found = list(dataset_quads(store, "1.2.3"))
    parts = [part for part in objects(found, DATASET, "void:propertyPartition") if isinstance(part, ox.NamedNode)]
    counts = [int(value.value) for part in parts for value in objects(found, part, "void:triples")]

    assert len({quad.triple for quad in store}) == sum(counts)
    assert len(parts) == len({quad.predicate for quad in store})


def test_what_the_catalogue_holds_already_is_not_counted(store: ox.Store) -> None:
    """The description is the same whether or not saved queries, or an earlier description, are there."""
    before = list(dataset_quads(store, "1.2.3"))
    store.extend(before)

    assert before == list(dataset_quads(store, "1.2.3"))


def test_links_to_others_are_linksets(store: ox.Store) -> None:
    """Mappings to an outside vocabulary are counted by relation."""
    found = list(dataset_quads(store, "1.2.3"))
    (linkset,) = [quad.subject for quad in found if quad.object == term("void:Linkset")]
    assert isinstance(linkset, ox.NamedNode)

    assert [term("skos:exactMatch")] == objects(found, linkset, "void:linkPredicate")
    assert [ox.Literal(1)] == objects(found, linkset, "void:triples")


def test_every_dump_is_a_distribution(store: ox.Store) -> None:
    """Each format has a distribution with its media type, at an address that stays."""
    found = list(dataset_quads(store, "1.2.3"))
    nodes = objects(found, DATASET, "dcat:distribution")
    turtle = ox.NamedNode("https://w3id.org/dualbio/data/latest/dualbio.ttl.gz")

    assert (6 + len(PARTS), True) == (len(nodes), turtle in nodes)
    media = ox.NamedNode("https://www.iana.org/assignments/media-types/text/turtle")
    assert [media] == objects(found, turtle, "dcat:mediaType")


def test_what_was_said_is_found_again(store: ox.Store) -> None:
    """Of a store with its description, and what else the catalogue has, the description is told apart."""
    before = set(dataset_quads(store, "1.2.3"))
    store.extend(before)
    store.update('INSERT DATA { GRAPH graph:catalogue { query:q rdfs:label "a saved query" } }', prefixes=PREFIXES)

    assert before == set(dataset_held(store))


#: Triples of few things, some of which name each other, each in one of two graphs.
_SAID = [
    ox.Quad(subject, predicate, value, graph)
    for graph in (graph_iri("entities"), graph_iri("inferred"))
    for subject in (individual("drug", "a"), individual("drug", "b"), ox.NamedNode("https://example.org/"))
    for predicate, value in (
        (term("rdf:type"), term("Drug")), (term("rdf:type"), term("Biologic")), (term("key"), ox.Literal("a")),
        (term("seeAlso"), individual("drug", "a")), (term("key"), ox.Literal("b")),
    )
]  # fmt: skip


@given(st.sets(st.sampled_from(_SAID)), st.lists(st.sets(st.sampled_from(_SAID), min_size=1), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_counts_after_a_change_are_those_of_what_there_is_then(first: set[ox.Quad], edits: list[set[ox.Quad]]) -> None:
    """Whatever comes and goes, what was counted and what differs come to what the engine counts."""
    store = ox.Store()
    store.extend(first)
    store.extend(list(dataset_quads(store, "1.2.3")))
    for edit in edits:
        before = _triples(store)
        for quad in edit:
            (store.remove if quad in store else store.add)(quad)
        after, by_graph = _triples(store), DatasetCounts.of(store).by_graph

        counted = DatasetCounts.of_catalogue(store).after(store, after - before, before - after, by_graph)

        assert DatasetCounts.of(store) == counted
        for quad in list(dataset_held(store)):
            store.remove(quad)
        store.extend(list(dataset_quads(store, "1.2.3", counted)))


def _triples(store: ox.Store) -> set[ox.Triple]:
    return {quad.triple for quad in store if quad.graph_name != graph_iri("catalogue")}
