"""The service as the clients for JavaScript see it: Comunica, fetch-sparql-endpoint, sparql-http-client, fetch."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from rdflib import RDFS

import requesting
from asking import ASK, CONSTRUCT, DENIED, SELECT, program, run
from dualbio.model.namespaces import BASE, VOCABULARY
from running import Server

#: Where `make` installs what package-lock.json pins.
INSTALLED = Path(sys.prefix) / "node"
PINNED = Path(__file__).parent / "node"


def node(script: str, *arguments: str | Path) -> str:
    """Return what a program of an installed package prints."""
    path = INSTALLED / "node_modules" / ".bin" / script
    assert path.exists(), f"{script} is not installed; repair: make clients"
    return run(program("node"), path, *arguments)


@pytest.mark.parametrize("source", ["{}", "sparql@{}"], ids=["found-out", "told"])
def test_comunica_gets_rows(server: Server, labels: list[str], select_file: Path, source: str) -> None:
    """Comunica pages through our rows, also when it must find out by itself what this address is."""
    text = node("comunica-sparql", source.format(server.sparql), "-f", select_file, "-t", "text/csv")
    assert labels == [row["label"] for row in csv.DictReader(io.StringIO(text))]


@pytest.mark.parametrize("source", ["{}", "sparql@{}"], ids=["found-out", "told"])
def test_comunica_gets_triples(server: Server, triples: int, construct_file: Path, source: str) -> None:
    """Comunica reads what CONSTRUCT gives."""
    form = "application/n-triples"
    text = node("comunica-sparql", source.format(server.sparql), "-f", construct_file, "-t", form)
    assert triples == len(set(text.splitlines()))


@pytest.mark.parametrize(("query", "expected"), [(ASK, True), (DENIED, False)], ids=["yes", "no"])
def test_comunica_gets_a_yes_or_a_no(server: Server, query: str, *, expected: bool) -> None:
    """Comunica asks and is told."""
    text = node("comunica-sparql", server.sparql, query, "-t", "application/sparql-results+json")
    assert expected is json.loads(text)["boolean"]


def test_comunica_reads_a_thing_as_linked_data(server: Server) -> None:
    """Comunica queries the document of one thing, fetched by its address; it prefers quads, which keep their graphs."""
    query = f"{ASK[: ASK.index('ASK')]}SELECT ?label {{ drug:rituximab rdfs:label ?label }}"
    text = node("comunica-sparql", "--unionDefaultGraph", f"file@{server.url}/drug/rituximab", query, "-t", "text/csv")
    assert {"rituximab", "利妥昔单抗"} <= set(text.split())


def test_comunica_follows_links_from_one_address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the address of an arm alone Comunica finds, document by document, what its drugs do."""
    arm = f"{BASE}arm/bliss-believe.bel-rtx"
    query = (
        f"SELECT ?name {{ <{arm}> <{VOCABULARY}hasRegimen>/<{VOCABULARY}hasStep>/<{VOCABULARY}usesDrug>/"
        f"<{VOCABULARY}hasMechanism>/<{RDFS.label}> ?name FILTER(LANG(?name) = 'en') }}"
    )
    monkeypatch.setenv("COMUNICA_CONFIG", str(PINNED / "follow.json"))
    with canonical(server) as (proxy, fetched):
        text = node("comunica-dynamic-sparql-link-traversal", arm, query, "--lenient", "-p", proxy, "-t", "text/csv")
    assert ["B-cell depletion", "BLyS (BAFF) inhibition"] == sorted({*text.splitlines()} - {"name"})
    kinds = [address.removeprefix(BASE).partition("/")[0] for address in dict.fromkeys(fetched)]
    assert ["arm", "regimen", "step", "step", "drug", "drug", "mechanism", "mechanism"] == kinds


@contextmanager
def canonical(server: Server) -> Iterator[tuple[str, list[str]]]:
    """Stand in for the host of the canonical IRIs, which leads to the service; yield a proxy, and what it fetched."""
    fetched: list[str] = []

    class Redirect(BaseHTTPRequestHandler):
        """Fetches below our base from the service, and nothing else."""

        def do_GET(self) -> None:
            """Give the document of a canonical IRI."""
            iri = unquote(self.path.partition("uri=")[2])
            fetched.append(iri)
            place = f"{server.url}/{iri.removeprefix(BASE).partition('#')[0]}"
            answer = requesting.get(place, headers={"Accept": self.headers["Accept"]})
            self.send_response(answer.status_code if iri.startswith(BASE) else 404)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Redirect) as proxy:
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_port}/?uri=", fetched
        finally:
            proxy.shutdown()
            thread.join()


@pytest.mark.parametrize("method", [(), ("--get",), ("--httpQuery",)], ids=["post", "get", "query"])
def test_fetch_sparql_endpoint_gets_rows(
    server: Server, labels: list[str], select_file: Path, method: tuple[str, ...]
) -> None:
    """By POST, by GET, and by the method that HTTP has for queries."""
    lines = node("fetch-sparql-endpoint", "--endpoint", server.sparql, "--file", select_file, *method).splitlines()
    assert labels == [re.sub(r'^"(.*)"@\w+$', r"\1", json.loads(line)["label"]) for line in lines]


def test_fetch_sparql_endpoint_gets_triples(server: Server, triples: int, construct_file: Path) -> None:
    """CONSTRUCT gives each triple, which it prints as Turtle."""
    text = node("fetch-sparql-endpoint", "--endpoint", server.sparql, "--file", construct_file)
    assert triples == len(set(ox.parse(text, format=ox.RdfFormat.TURTLE)))


def test_sparql_http_client_and_fetch_get_all_kinds(server: Server, labels: list[str], triples: int) -> None:
    """Three ways to send a query, three kinds of answer, and plain fetch."""
    assert INSTALLED.exists(), "the Node.js clients are not installed; repair: make clients"
    script = (PINNED / "ask.mjs").read_text(encoding="utf-8")
    arguments = ("--input-type=module", "-", server.sparql, SELECT, CONSTRUCT, ASK)
    found = json.loads(run(program("node"), *arguments, stdin=script, folder=INSTALLED))
    expected = {"labels": labels, "triples": triples, "answer": True}
    assert {
        "get": expected,
        "direct": expected,
        "form": expected,
        "fetch": {"labels": labels, "status": 200},
    } == found


def test_the_pinned_packages_are_hashed_and_name_no_host() -> None:
    """What npm installs is held against hashes, from wherever the machine is told to take it."""
    text = (PINNED / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert [] == [name for name, each in packages.items() if name and "integrity" not in each]
    wanted = json.loads((PINNED / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}
