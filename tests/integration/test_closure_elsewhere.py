"""The closure elsewhere: Oxigraph's own server infers by SPARQL Update what the build inferred, triple by triple."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from closure_elsewhere import infer_elsewhere
from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules import Rule, compile_axioms, read_rules
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources

INFERRED = graph_iri("inferred")
#: Graphs that are made from the closure.
LATER = ("inferred", "catalogue")
SIZE = f"SELECT (COUNT(*) AS ?size) {{ GRAPH {INFERRED} {{ ?s ?p ?o }} }}"
FAMILY = """
@prefix : <urn:t:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
:ancestorOf a owl:ObjectProperty , owl:TransitiveProperty ; owl:inverseOf :descendantOf .
:ann :ancestorOf :bob . :carl :descendantOf :bob .
"""


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    """Oxigraph's server on disk, started with the options given as the parameter."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    program = Path(sys.executable).with_name("oxigraph")
    command = [program, "serve", "--location", tmp_path / "store", "--bind", bind, *request.param]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(base_url=f"http://{bind}", transport=transport, timeout=120) as client:
            client.get("/query", params={"query": "ASK {}"}).raise_for_status()
            yield client
    finally:
        process.terminate()
        process.wait(timeout=20)


def _load(server: httpx.Client, data: bytes, form: ox.RdfFormat, graph: str | None = None) -> None:
    parameters = {"graph": graph} if graph else {}
    headers = {"Content-Type": form.media_type}
    server.post("/store", params=parameters, content=data, headers=headers).raise_for_status()


def _infer(server: httpx.Client, rules: Iterable[Rule], **parameters: str) -> frozenset[ox.Triple]:
    """Run the closure there; return the graph that it fills."""

    def update(text: str) -> None:
        headers = {"Content-Type": "application/sparql-update"}
        server.post("/update", params=parameters, content=text, headers=headers).raise_for_status()

    def count() -> int:
        answer = server.get("/query", params={"query": SIZE}, headers={"Accept": "text/csv"})
        return int(answer.text.split()[1])

    size = infer_elsewhere(rules, update, count, inferred_graph=INFERRED)
    answer = server.get("/store", params={"graph": INFERRED.value}, headers={"Accept": "application/n-triples"})
    triples = _triples(answer.raise_for_status().content, ox.RdfFormat.N_TRIPLES) if size else frozenset()
    assert size == len(triples)
    return triples


def _triples(data: bytes, form: ox.RdfFormat) -> frozenset[ox.Triple]:
    return frozenset(quad.triple for quad in ox.parse(data, form))


@pytest.mark.parametrize("server", [()], indirect=True)
def test_oxigraph_server_infers_what_the_build_inferred(server: httpx.Client, release: Release) -> None:
    """Over the asserted graphs of the whole release, neither of the two has a triple that the other lacks."""
    axioms = ox.parse(path=str(release.graphs / "ontology.nq"), format=ox.RdfFormat.N_QUADS)
    rules = (*compile_axioms(axioms), *read_rules(shipped_sources().ontology / "rules"))
    files = release.graphs.rglob("*.nq")
    _load(server, b"".join(file.read_bytes() for file in files if file.stem not in LATER), ox.RdfFormat.N_QUADS)

    there = _infer(server, rules, **{"using-union-graph": ""})

    here = _triples((release.graphs / "inferred.nq").read_bytes(), ox.RdfFormat.N_QUADS)
    assert here
    assert set() == here - there
    assert set() == there - here


@pytest.mark.parametrize(
    ("server", "parameter", "inferred"),
    [((), "using-union-graph", 4), (("--union-default-graph",), "", 4), ((), "", 0)],
    ids=["asked for the union", "started for the union", "without the union"],
    indirect=["server"],
)
def test_rules_need_the_union_of_the_graphs(server: httpx.Client, parameter: str, inferred: int) -> None:
    """Oxigraph's server takes the union for the default graph when it is asked to, or started so; else it has none."""
    _load(server, FAMILY.encode(), ox.RdfFormat.TURTLE, "urn:t:facts")
    rules = compile_axioms(_triples(FAMILY.encode(), ox.RdfFormat.TURTLE))

    found = _infer(server, rules, **({parameter: ""} if parameter else {}))

    assert inferred == len(found)
