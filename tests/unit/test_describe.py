"""The description of an entity: its own triples, what points to it, labels and origin."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.describe import describe, inverse_page, label_of
from dualbio.model.namespaces import PREFIXES, graph_iri, individual, term
from dualbio.store.embedded import EmbeddedStore

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
DATA = f"""{HEAD}
graph:entities {{
  drug:rituximab a dualbio:Drug ; rdfs:label "利妥昔单抗"@zh , "rituximab"@en ; skos:definition "Binds CD20."@en ;
    dualbio:hasTarget target:cd20 .
  target:cd20 rdfs:label "CD20"@en .
  drug:old owl:deprecated true ; IAO:0100001 drug:rituximab .
}}
graph:ontology {{
  dualbio:hasTarget rdfs:label "has target"@en .
  dualbio:uses rdfs:label "uses"@en .
  dualbio:Drug rdfs:label "drug"@en .
  dualbio:BCellDrug owl:equivalentClass [ owl:onProperty dualbio:hasTarget ; owl:hasValue target:cd20 ] .
}}
graph:inferred {{ drug:rituximab a dualbio:BCellDrug , dualbio:Drug . }}
graph:provenance {{
  graph:entities prov:wasDerivedFrom <https://w3id.org/dualbio/file/entities/drugs.tsv> .
  graph:inferred prov:wasDerivedFrom <https://w3id.org/dualbio/file/entities/drugs.tsv> .
  <https://w3id.org/dualbio/file/entities/drugs.tsv> rdfs:label "ontology/entities/drugs.tsv" .
}}
<https://w3id.org/dualbio/graph/study/toy> {{
  study:toy dualbio:hasArm arm:toy.b , arm:toy.a .
  arm:toy.a dualbio:position 1 ; rdfs:label "zulu" ; dualbio:uses drug:rituximab .
  arm:toy.b dualbio:position 2 ; rdfs:label "alpha" ; dualbio:uses drug:rituximab .
  arm:toy.c dualbio:uses drug:rituximab .
}}
"""


@pytest.fixture(scope="module")
def store() -> EmbeddedStore:
    """A store with the toy data."""
    data = ox.Store()
    data.load(DATA, format=ox.RdfFormat.TRIG)
    return EmbeddedStore(data)


def test_what_nothing_is_known_about_has_no_description(store: EmbeddedStore) -> None:
    """An entity without triples is None, so that a face can say so in its own way."""
    assert describe(store, individual("drug", "unheard-of")) is None


def test_a_description_names_the_entity_in_english(store: EmbeddedStore) -> None:
    """Label and definition are the English ones where there are several languages."""
    found = describe(store, individual("drug", "rituximab"))
    assert found is not None

    assert ("rituximab", "Binds CD20.", "drug:rituximab") == (found.label, found.definition, found.curie)


def test_a_value_says_which_graphs_hold_it(store: EmbeddedStore) -> None:
    """A type that is asserted and inferred has both graphs; one that is inferred alone says so."""
    found = describe(store, individual("drug", "rituximab"))
    assert found is not None

    expected = [("drug", ("entities", "inferred"), False), ("dualbio:BCellDrug", ("inferred",), True)]
    assert expected == [(value.label, value.graphs, value.inferred) for value in found.types]


def test_values_have_labels(store: EmbeddedStore) -> None:
    """Property and value are called by their labels."""
    found = describe(store, individual("drug", "rituximab"))
    assert found is not None

    assert [("has target", ["CD20"])] == [
        (each.label, [value.label for value in each.values])
        for each in found.properties
        if each.predicate == term("hasTarget")
    ]


def test_what_points_to_it_is_counted_and_limited(store: EmbeddedStore) -> None:
    """Inverse links beyond the limit are counted, and not in the RDF."""
    found = describe(store, individual("drug", "rituximab"), inverse_limit=2)
    assert found is not None
    (uses,) = [each for each in found.inverses if each.predicate == term("uses")]

    assert (3, 2) == (uses.total, len(uses.values))
    assert 2 == sum(quad.predicate == term("uses") for quad in found.quads)


def test_the_rest_of_what_points_to_it_comes_by_page(store: EmbeddedStore) -> None:
    """A page gives what comes after the first ones."""
    page = inverse_page(store, individual("drug", "rituximab"), term("uses"), offset=2, limit=2)

    assert (3, [individual("arm", "toy.c")]) == (page.total, [value.term for value in page.values])


def test_parts_come_in_their_order(store: EmbeddedStore) -> None:
    """Arms stand by position, not by label."""
    found = describe(store, individual("study", "toy"))
    assert found is not None

    assert [["zulu", "alpha"]] == [[value.label for value in each.values] for each in found.properties]


def test_the_rdf_holds_the_labels_of_what_it_names(store: EmbeddedStore) -> None:
    """A reader of the RDF needs no second request for names."""
    found = describe(store, individual("drug", "rituximab"))
    assert found is not None
    label = ox.Quad(individual("target", "cd20"), term("rdfs:label"), ox.Literal("CD20", language="en"))

    assert label.triple in found.triples


def test_a_graph_leads_to_its_files(store: EmbeddedStore) -> None:
    """The origin of the own triples is the graph, and its file; what is computed from all files names none of them."""
    found = describe(store, individual("drug", "rituximab"))
    assert found is not None

    expected = [("entities", ("ontology/entities/drugs.tsv",)), ("inferred", ())]
    assert expected == [(origin.graph, origin.files) for origin in found.origins]
    assert term("prov:wasDerivedFrom") in {quad.predicate for quad in found.quads}


def test_a_nameless_node_leads_to_its_owner(store: EmbeddedStore) -> None:
    """What points to the entity from inside an axiom comes with the class that the axiom belongs to."""
    found = describe(store, individual("target", "cd20"))
    assert found is not None

    assert term("BCellDrug") in {quad.subject for quad in found.quads}


def test_own_nameless_nodes_are_followed(store: EmbeddedStore) -> None:
    """The description of a defined class holds its definition."""
    found = describe(store, term("BCellDrug"))
    assert found is not None

    assert {term("owl:onProperty"), term("owl:hasValue")} <= {quad.predicate for quad in found.quads}


def test_a_retired_entity_names_its_successor(store: EmbeddedStore) -> None:
    """Deprecation and replacement are told."""
    found = describe(store, individual("drug", "old"))
    assert found is not None

    assert (True, individual("drug", "rituximab")) == (found.deprecated, found.replaced_by)


def test_each_triple_comes_once(store: EmbeddedStore) -> None:
    """A triple that two graphs hold is one triple of the description."""
    found = describe(store, individual("drug", "rituximab"))
    assert found is not None

    assert len(set(found.triples)) == len(found.triples) < len(found.quads)


def test_a_term_without_label_is_called_by_its_short_name(store: EmbeddedStore) -> None:
    """Where nothing names a term, its CURIE does; a graph of the base by its path."""
    assert "arm:toy.c" == label_of(store, individual("arm", "toy.c"))
    assert "graph:entities" == label_of(store, graph_iri("entities"))
    assert "type" == label_of(store, term("rdf:type"))
