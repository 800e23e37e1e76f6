"""The service description and the VoID statistics."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.model.namespaces import BASE, PREFIXES

ENDPOINT = "http://localhost/sparql"


@pytest.fixture
def described(client: FlaskClient) -> ox.Store:
    """The description in a store."""
    response = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert response.content_type == "text/turtle; charset=utf-8"
    store = ox.Store()
    store.load(input=response.data, format=ox.RdfFormat.TURTLE)
    return store


def values(store: ox.Store, query: str) -> list[str]:
    """Return the values of the one variable of a query."""
    rows = store.query(query, prefixes=PREFIXES)
    assert isinstance(rows, ox.QuerySolutions)
    return [str(row[0].value) for row in rows]


def test_the_endpoint_is_told_as_an_absolute_iri(described: ox.Store) -> None:
    """Clients go to `sd:endpoint`, so it must be where they found the description."""
    assert values(described, "SELECT ?e { ?s a sd:Service ; sd:endpoint ?e }") == [ENDPOINT]


def test_features_and_formats_are_told(described: ox.Store) -> None:
    """The default graph is the union; every format of the table is named by its IRI."""
    assert values(described, "SELECT ?f { ?s sd:feature ?f }") == [f"{PREFIXES['sd']}UnionDefaultGraph"]
    formats = values(described, "SELECT ?f { ?s sd:resultFormat ?f }")
    assert "http://www.w3.org/ns/formats/SPARQL_Results_JSON" in formats
    assert len(set(formats)) == 10


def test_every_named_graph_is_told_with_its_size(described: ox.Store, client: FlaskClient) -> None:
    """The counts are those of the store, and the graph of inferences says what it is."""
    graphs = values(described, "SELECT ?g { ?d sd:namedGraph/sd:name ?g }")
    assert len(graphs) == 23
    size = "SELECT ?n { ?d sd:namedGraph [ sd:name graph:entities ; sd:graph/void:triples ?n ] }"
    assert values(described, size) == ["7"]
    regime = "SELECT ?g { ?d sd:namedGraph [ sd:name ?g ; sd:entailmentRegime ?r ] }"
    assert values(described, regime) == [f"{BASE}graph/inferred"]
    total = values(described, "SELECT ?n { ?d a void:Dataset ; void:triples ?n }")
    assert total == [str(client.get("/health/ready").json["quads"])]  # type: ignore[index]


def test_classes_and_properties_are_partitioned(described: ox.Store) -> None:
    """Tools that read VoID know which classes and properties there are, and how many of each."""
    drugs = "SELECT ?n { ?d void:classPartition [ void:class dualbio:Drug ; void:entities ?n ] }"
    assert values(described, drugs) == ["3"]
    arms = "SELECT ?n { ?d void:propertyPartition [ void:property dualbio:hasArm ; void:triples ?n ] }"
    assert values(described, arms) == ["60"]


@pytest.mark.parametrize("url", ["/sparql", "/sparql/", "/.well-known/void"])
def test_data_is_the_default_and_formats_are_negotiated(client: FlaskClient, url: str) -> None:
    """Without a wish the description is Turtle, never a page; a wish is met or refused."""
    assert client.get(url).content_type == "text/turtle; charset=utf-8"
    assert client.get(url, headers={"Accept": "*/*"}).content_type == "text/turtle; charset=utf-8"
    assert client.get(f"{url}?format=nt").content_type == "application/n-triples; charset=utf-8"
    assert client.get(url, headers={"Accept": "image/png"}).status_code == 406


def test_equal_descriptions_have_equal_bytes(client: FlaskClient) -> None:
    """Nothing in the description is random, so that its entity tag holds in every process."""
    first = client.get("/.well-known/void")
    again = client.get("/.well-known/void", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert b"_:b" not in client.get("/.well-known/void?format=nt").data.replace(b"_:b_", b"")


def test_a_strange_host_is_refused(client: FlaskClient) -> None:
    """The address of the endpoint is built from the Host header, so it must be one."""
    assert client.get("/sparql", headers={"Host": "a b"}).status_code == 400
