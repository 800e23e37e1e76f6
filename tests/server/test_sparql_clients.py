"""The endpoint as the tools see it that people use."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import pandas as pd  # type: ignore[import-untyped]
import pyoxigraph as ox
import pytest
import rdflib
import SPARQLWrapper
from rdflib.plugins.stores.sparqlstore import SPARQLStore

from dualbio.namespaces import BASE, VOCABULARY

SELECT = f"SELECT ?s ?label {{ ?s a <{VOCABULARY}Drug> ; <{rdflib.RDFS.label}> ?label }} ORDER BY ?label"
CONSTRUCT = f"CONSTRUCT WHERE {{ ?s a <{VOCABULARY}Drug> }}"
LABELS = ["atacicept", "belimumab", "bélimumab", "rituximab"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore::DeprecationWarning:SPARQLWrapper")


class Server(Protocol):
    """What the fixture gives."""

    url: str
    sparql: str


def program(name: str) -> str:
    """Return the path of a program; without it the test is skipped, but fails in continuous integration."""
    path = shutil.which(name)
    if path is None:
        assert "CI" not in os.environ, f"{name} is not installed; repair: add it to .ci/run"
        pytest.skip(f"{name} is not installed")
    return path


def run(*command: str | Path) -> str:
    """Return what a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


@pytest.fixture
def query_file(tmp_path: Path) -> Path:
    """A file with the SELECT query."""
    file = tmp_path / "query.rq"
    file.write_text(SELECT, encoding="utf-8")
    return file


@pytest.mark.parametrize("method", [SPARQLWrapper.GET, SPARQLWrapper.POST])
def test_sparqlwrapper_gets_rows(server: Server, method: str) -> None:
    """SPARQLWrapper reads JSON, XML and CSV by both methods."""
    client = SPARQLWrapper.SPARQLWrapper(server.sparql)
    client.setMethod(method)
    client.setQuery(SELECT)
    client.setReturnFormat(SPARQLWrapper.JSON)
    found: Any = client.query().convert()
    assert [row["label"]["value"] for row in found["results"]["bindings"]] == LABELS
    client.setReturnFormat(SPARQLWrapper.CSV)
    rows: Any = client.query().convert()
    assert list(pd.read_csv(io.BytesIO(rows))["label"]) == LABELS
    client.setReturnFormat(SPARQLWrapper.XML)
    document: Any = client.query().convert()
    assert len(document.getElementsByTagName("result")) == 4


@pytest.mark.parametrize("wanted", [SPARQLWrapper.TURTLE, SPARQLWrapper.XML, SPARQLWrapper.JSONLD, SPARQLWrapper.N3])
def test_sparqlwrapper_gets_triples(server: Server, wanted: str) -> None:
    """Whatever RDF format it asks for, its graph has the three triples."""
    client = SPARQLWrapper.SPARQLWrapper(server.sparql)
    client.setQuery(CONSTRUCT)
    client.setReturnFormat(wanted)
    found: Any = client.query().convert()
    graph = found if isinstance(found, rdflib.Graph) else rdflib.Graph().parse(data=found, format=wanted)
    assert len(graph) == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rdflib_reads_the_endpoint_as_a_store(server: Server, method: str) -> None:
    """A graph over SPARQLStore answers queries, patterns and its length."""
    graph = rdflib.Graph(SPARQLStore(server.sparql, method=method))
    assert [str(row["label"]) for row in graph.query(SELECT)] == LABELS  # type: ignore[index, call-overload]
    drugs = set(graph.subjects(rdflib.RDF.type, rdflib.URIRef(f"{VOCABULARY}Drug")))
    assert len(drugs) == 3
    assert len(graph) > 2000


def test_other_engines_federate_with_the_endpoint(server: Server) -> None:
    """A SERVICE clause elsewhere finds our rows, from rdflib and from Oxigraph."""
    query = f"SELECT ?s {{ SERVICE <{server.sparql}> {{ ?s a <{VOCABULARY}Drug> }} }}"
    assert len(list(rdflib.Graph().query(query))) == 3
    rows = ox.Store().query(query)
    assert isinstance(rows, ox.QuerySolutions)
    assert len(list(rows)) == 3


@pytest.mark.parametrize(("accept", "separator"), [("text/csv", ","), ("text/tab-separated-values", "\t")])
def test_pandas_reads_a_link(server: Server, accept: str, separator: str) -> None:
    """A table comes straight from the address, letters beyond ASCII included."""
    address = f"{server.sparql}?{urlencode({'query': SELECT})}"
    table = pd.read_csv(address, sep=separator, storage_options={"Accept": accept})
    assert len(table) == 4
    assert table.iloc[2, 1].startswith("bélimumab")


def test_curl_posts_a_form(server: Server, query_file: Path) -> None:
    """The shortest way from a shell: a query from a file, rows as CSV."""
    curl = program("curl")
    text = run(curl, "-fsS", "-H", "Accept: text/csv", "--data-urlencode", f"query@{query_file}", server.sparql)
    assert [line.split(",")[1] for line in text.splitlines()[1:]] == LABELS


def test_roqet_queries_the_endpoint(server: Server, query_file: Path) -> None:
    """Rasqal's command line gets its rows."""
    text = run(program("roqet"), "-q", "-p", server.sparql, query_file, "-r", "csv")
    assert text.count(f"{BASE}drug/") == 4


@pytest.mark.parametrize("query", [None, CONSTRUCT])
def test_rapper_guesses_the_format_from_the_header(server: Server, query: str | None) -> None:
    """Raptor's command line reads the service description and triples by their media type alone."""
    address = f"{server.sparql}?{urlencode({'query': query})}" if query else server.sparql
    command = [program("rapper"), "-g", "-c", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    (counted,) = (line for line in done.stderr.splitlines() if "Parsing returned" in line)
    assert int(counted.split()[3]) >= 3
