"""The service as Python's clients see it."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd  # type: ignore[import-untyped]
import pyoxigraph as ox
import pytest
import rdflib
import SPARQLWrapper
from rdflib.plugins.stores.sparqlstore import SPARQLStore

import requesting
from asking import ASK, CONSTRUCT, DENIED, SELECT, run
from dualbio.model.namespaces import VOCABULARY
from running import Server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore::DeprecationWarning:SPARQLWrapper")

SCRIPTS = Path(sys.executable).parent


def wrapper(server: Server, query: str, form: str, method: str = SPARQLWrapper.GET) -> Any:
    """Return what SPARQLWrapper makes of the answer to a query."""
    client = SPARQLWrapper.SPARQLWrapper(server.sparql)
    client.setMethod(method)
    client.setQuery(query)
    client.setReturnFormat(form)
    return client.query().convert()


@pytest.mark.parametrize("method", [SPARQLWrapper.GET, SPARQLWrapper.POST])
def test_sparqlwrapper_gets_rows_in_every_format(server: Server, labels: list[str], method: str) -> None:
    """SPARQLWrapper reads JSON, XML, CSV and TSV by both methods."""
    found = wrapper(server, SELECT, SPARQLWrapper.JSON, method)
    assert labels == [row["label"]["value"] for row in found["results"]["bindings"]]
    document = wrapper(server, SELECT, SPARQLWrapper.XML, method)
    literals = [node.firstChild.data for node in document.getElementsByTagName("literal")]
    assert labels == literals
    table = wrapper(server, SELECT, SPARQLWrapper.CSV, method).decode("utf-8")
    assert labels == [row["label"] for row in csv.DictReader(io.StringIO(table))]
    lines = wrapper(server, SELECT, SPARQLWrapper.TSV, method).decode("utf-8").splitlines()
    assert labels == [line.split("\t")[1][1:-4] for line in lines[1:]]  # "…"@en


def test_sparqlwrapper_posts_the_query_itself(server: Server, labels: list[str]) -> None:
    """The other way to POST of the protocol, without a form."""
    client = SPARQLWrapper.SPARQLWrapper(server.sparql)
    client.setMethod(SPARQLWrapper.POST)
    client.setRequestMethod(SPARQLWrapper.POSTDIRECTLY)
    client.setQuery(SELECT)
    client.setReturnFormat(SPARQLWrapper.JSON)
    found: Any = client.query().convert()
    assert labels == [row["label"]["value"] for row in found["results"]["bindings"]]


@pytest.mark.parametrize(("query", "expected"), [(ASK, True), (DENIED, False)], ids=["yes", "no"])
def test_sparqlwrapper_gets_a_yes_or_a_no(server: Server, query: str, *, expected: bool) -> None:
    """ASK comes as a boolean in both formats that have one."""
    assert expected is wrapper(server, query, SPARQLWrapper.JSON)["boolean"]
    (node,) = wrapper(server, query, SPARQLWrapper.XML).getElementsByTagName("boolean")
    assert str(expected).lower() == node.firstChild.data


@pytest.mark.parametrize(
    "form", [SPARQLWrapper.TURTLE, SPARQLWrapper.XML, SPARQLWrapper.RDFXML, SPARQLWrapper.JSONLD, SPARQLWrapper.N3]
)
def test_sparqlwrapper_gets_triples(server: Server, triples: int, form: str) -> None:
    """Whatever RDF format it asks for, its graph has all triples."""
    found = wrapper(server, CONSTRUCT, form)
    graph = found if isinstance(found, rdflib.Graph) else rdflib.Graph().parse(data=found, format=form)
    assert triples == len(graph)


def test_rqw_prints_rows(server: Server, labels: list[str], select_file: Path) -> None:
    """The command line of SPARQLWrapper prints the table."""
    text = run(SCRIPTS / "rqw", "-e", server.sparql, "-f", select_file, "-F", "csv", "-q")
    assert labels == [row["label"] for row in csv.DictReader(io.StringIO(text))]


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_reads_the_endpoint_as_a_store(server: Server, labels: list[str], method: str) -> None:
    """A graph over SPARQLStore answers queries and patterns by every method that it knows."""
    graph = rdflib.Graph(SPARQLStore(server.sparql, method=method))
    assert labels == [str(row["label"]) for row in graph.query(SELECT)]  # type: ignore[index, call-overload]
    drugs = set(graph.subjects(rdflib.RDF.type, rdflib.URIRef(f"{VOCABULARY}Drug")))
    assert rdflib.URIRef("https://w3id.org/dualbio/drug/rituximab") in drugs
    assert bool(graph.query(ASK)) is True


def test_rdflib_counts_the_store(server: Server) -> None:
    """The length of a graph over SPARQLStore is the number of triples of the release."""
    total = requesting.get(f"{server.url}/health/ready").json()["quads"]
    assert 0.9 * total < len(rdflib.Graph(SPARQLStore(server.sparql))) <= total


def test_rdflib_federates_with_the_endpoint(server: Server, labels: list[str]) -> None:
    """A SERVICE clause in rdflib finds our rows."""
    query = f"SELECT ?label {{ SERVICE <{server.sparql}> {{ {SELECT[SELECT.index('SELECT') :]} }} }}"
    prologue = SELECT[: SELECT.index("SELECT")]
    found = [str(row["label"]) for row in rdflib.Graph().query(prologue + query)]  # type: ignore[index, call-overload]
    assert sorted(labels) == sorted(found)


def test_pyoxigraph_federates_with_the_endpoint(server: Server, labels: list[str]) -> None:
    """A SERVICE clause in Oxigraph finds our rows."""
    query = f"SELECT ?label {{ SERVICE <{server.sparql}> {{ {SELECT[SELECT.index('SELECT') :]} }} }}"
    found = ox.Store().query(SELECT[: SELECT.index("SELECT")] + query)
    assert isinstance(found, ox.QuerySolutions)
    assert sorted(labels) == sorted(row["label"].value for row in found)


def test_the_oxigraph_server_federates_with_the_endpoint(server: Server, labels: list[str], tmp_path: Path) -> None:
    """The command line of Oxigraph, over a data set of somebody else, finds our rows."""
    own = tmp_path / "own.ttl"
    own.write_text("<x:a> <x:b> <x:c> .\n", encoding="utf-8")
    run(SCRIPTS / "oxigraph", "load", "--location", tmp_path / "db", "--file", own)
    query = f"SELECT ?label {{ SERVICE <{server.sparql}> {{ {SELECT[SELECT.index('SELECT') :]} }} }}"
    text = run(
        SCRIPTS / "oxigraph", "query", "--location", tmp_path / "db", "--results-format", "csv",
        "--query", SELECT[: SELECT.index("SELECT")] + query,
    )  # fmt: skip
    assert sorted(labels) == sorted(row["label"] for row in csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(("accept", "separator"), [("text/csv", ","), ("text/tab-separated-values", "\t")])
def test_pandas_reads_a_link(server: Server, rows: list[tuple[str, str]], accept: str, separator: str) -> None:
    """A table comes straight from the address, letters beyond ASCII included."""
    address = f"{server.sparql}?{urlencode({'query': SELECT})}"
    table = pd.read_csv(address, sep=separator, quoting=csv.QUOTE_NONE, storage_options={"Accept": accept})
    assert [drug for drug, _ in rows] == list(table.iloc[:, 0].str.strip("<>"))
    assert [label for _, label in rows] == [str(text).partition('"@')[0].strip('"') for text in table.iloc[:, 1]]


def test_pandas_reads_a_saved_query(server: Server) -> None:
    """A saved query is a table behind an address."""
    (name, *_) = (each["name"] for each in requesting.get(f"{server.url}/queries/").json()["queries"])
    table = pd.read_csv(f"{server.url}/queries/{name}.csv")
    assert int(requesting.get(f"{server.url}/queries/{name}").headers["dualbio-rows"]) == len(table) > 0


@pytest.mark.parametrize("method", ["POST", "QUERY"])
def test_httpx_sends_the_query_itself(server: Server, labels: list[str], method: str) -> None:
    """A query is the body of POST, or of the method that HTTP has for queries."""
    headers = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
    found = requesting.request(method, server.sparql, content=SELECT, headers=headers).json()
    assert labels == [row["label"]["value"] for row in found["results"]["bindings"]]


def test_rdflib_follows_an_iri(server: Server) -> None:
    """A graph is parsed straight from the address of a thing, by content negotiation alone."""
    graph = rdflib.Graph().parse(f"{server.url}/drug/rituximab")
    assert (None, rdflib.RDF.type, rdflib.URIRef(f"{VOCABULARY}Drug")) in graph
