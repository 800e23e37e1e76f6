"""Updates of a running service: seen through every web process, kept over a kill, written by the clients users have."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLUpdateStore
from SPARQLWrapper import POST, SPARQLWrapper

import requesting
from running import Server, family, lives, start_server, stop_server, wait_until
from updating import RELEASED, TOKEN, USER, new_graph

Serve = Callable[..., Server]

KEY = "a-token-for-operators"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for user graphs."""
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="module")
def writable(releases: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with two web processes that takes updates."""
    log = tmp_path_factory.mktemp("server") / "log"
    settings = {"update_token": KEY, "user_graphs": str(folder), "web_workers": "2", "query_queue": "64"}
    started = start_server(releases, log, **settings)
    yield started
    assert stop_server(started) == 0, log.read_text(encoding="utf-8")


def write(server: Server, text: str) -> httpx.Response:
    """Send an update over a new connection."""
    return requesting.post(server.sparql, data={"update": text}, headers=TOKEN, timeout=60)


def count(server: Server, graph: str) -> int:
    """Return the number of triples in a graph, asked over a new connection, which any web process may take."""
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    response = requesting.get(server.sparql, params={"query": query, "format": "csv"}, timeout=60)
    assert response.status_code == 200, response.text
    return int(response.text.split()[1])


def kill(server: Server) -> None:
    """End every process of the server at once, as a power cut does."""
    processes = family(server.process.pid)
    for pid in (server.process.pid, *processes):
        with contextlib.suppress(ProcessLookupError):  # a writer that was done, or whom the first kill took along
            os.kill(pid, signal.SIGKILL)
    server.process.wait()
    wait_until(lambda: not any(map(lives, processes)))


# --- who sees what, and when -----------------------------------------------------------------------------------------


def test_a_write_is_seen_by_every_later_question(writable: Server) -> None:
    """After each write many new connections, spread over both web processes, give the new answer, cached or not."""
    graph = new_graph()
    for number in range(1, 9):
        assert write(writable, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> {number} }} }}").status_code == 204
        assert [number] * 8 == [count(writable, graph) for _ in range(8)]


def test_many_writers_lose_nothing(writable: Server) -> None:
    """Each of several clients finds all of its own triples at any moment, and in the end all are there."""
    graph, writers, each = new_graph(), 5, 8

    def insert(writer: int) -> None:
        for step in range(each):
            text = f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s{writer}> <x:p> {step} }} }}"
            assert write(writable, text).status_code == 204
            assert count(writable, graph) > step

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(insert, range(writers)))
    assert writers * each == count(writable, graph)


def test_what_was_acknowledged_outlives_a_kill(releases: Path, tmp_path: Path, serve: Serve) -> None:
    """Killed in the middle of writes, the next start has every write that was answered, and no half of one."""
    settings = {"update_token": KEY, "user_graphs": str(tmp_path / "user"), "web_workers": "1"}
    server = serve(releases, **settings)
    graph = new_graph()
    acknowledged: list[int] = []
    enough = threading.Event()

    def keep_writing() -> None:
        for number in range(1000):
            data = " ".join(f"<x:s{number}> <x:p{part}> {number} ." for part in range(5))
            try:
                response = write(
                    server, f"INSERT DATA {{ GRAPH <{graph}> {{ {data} }} GRAPH <{graph}-b> {{ {data} }} }}"
                )
            except httpx.TransportError:
                return
            if response.status_code != 204:
                return
            acknowledged.append(number)
            if len(acknowledged) == 6:
                enough.set()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(keep_writing)
        assert enough.wait(60)
        kill(server)
        writing.result()
    again = serve(releases, **settings)
    found = count(again, graph)
    assert found == count(again, f"{graph}-b")
    assert found in (5 * len(acknowledged), 5 * len(acknowledged) + 5)
    assert write(again, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:after> <x:p> 1 }} }}").status_code == 204
    assert found + 1 == count(again, graph)


def test_a_writer_that_is_killed_leaves_the_service_writing(writable: Server) -> None:
    """Its client is told, the graph is as before or as after, and the next write and every question are answered."""
    graph = new_graph()
    write(writable, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 1 }} }}")
    endless = (
        f"INSERT {{ GRAPH <{graph}> {{ ?a <x:p> ?d }} }} WHERE {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
        "FILTER(STRLEN(CONCAT(STR(?c), STR(?f), STR(?i))) = 0) }"
    )
    before = set(family(writable.process.pid))
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(write, writable, endless)
        wait_until(lambda: bool(requesting.get(f"{writable.url}/sparql/running", headers=TOKEN).json()["running"]))
        writers = [pid for pid in family(writable.process.pid) if pid not in before]
        for pid in writers:
            os.kill(pid, signal.SIGKILL)
        response = asked.result()
    assert (503, "lost") == (response.status_code, response.json()["type"].rpartition("/")[2])
    assert write(writable, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 2 }} }}").status_code == 204
    assert count(writable, graph) == 2


def test_user_graphs_outlive_a_release(tmp_path: Path, serve: Serve, new_release: Callable[..., Path]) -> None:
    """On SIGHUP a new release takes over; user graphs stay, also those written while both are served."""
    new_release(tmp_path, "0.1.0-000000000001", studies=5)
    server = serve(tmp_path, update_token=KEY, web_workers="1")
    graph = new_graph()
    assert write(server, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 0 }} }}").status_code == 204
    new_release(tmp_path, "0.2.0-000000000002", studies=7)
    server.process.send_signal(signal.SIGHUP)
    seen: set[str] = set()
    number = 1
    while "0.2.0-000000000002" not in seen:
        text = f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> {number} }} }}"
        try:
            response = write(server, text)
        except httpx.RemoteProtocolError:  # its process ended; to send the same triple again does no harm
            response = write(server, text)
        assert response.status_code == 204, response.text
        seen.add(response.headers["dualbio-release"])
        number += 1
        assert [number] * 3 == [count(server, graph) for _ in range(3)]
    assert (tmp_path / "user" / "index.json").is_file()


def test_two_services_over_one_folder_see_each_others_writes(
    releases: Path, folder: Path, serve: Serve, writable: Server
) -> None:
    """Whoever writes, both answer with the same graphs from then on."""
    other = serve(releases, update_token=KEY, user_graphs=str(folder), web_workers="1")
    graph = new_graph()
    for number in range(1, 7):
        server = (writable, other)[number % 2]
        assert write(server, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> {number} }} }}").status_code == 204
        assert (number, number) == (count(writable, graph), count(other, graph))


# --- clients ---------------------------------------------------------------------------------------------------------


def test_curl_writes(writable: Server, tmp_path: Path) -> None:
    """The commands of the documentation do what it says."""
    graph = new_graph()
    data = tmp_path / "notes.ttl"
    data.write_text("<x:s> <x:p> 1, 2 .", encoding="utf-8")
    curl = shutil.which("curl")
    assert curl is not None, "curl is not installed"
    base = [curl, "-sS", "-o", os.devnull, "-w", "%{http_code}", "-H", f"Authorization: Bearer {KEY}"]
    store = f"{writable.url}/store?graph={graph}"
    commands = {
        "201": ["-T", str(data), "-H", "Content-Type: text/turtle", store],
        "204": [writable.sparql, "--data-urlencode", f"update=DELETE DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 1 }} }}"],
        "403": [writable.sparql, "--data-urlencode", f"update=CLEAR GRAPH <{RELEASED}>"],
        "200": [store],
    }
    for expected, command in commands.items():
        done = subprocess.run([*base, *command], check=True, capture_output=True, text=True, timeout=60)
        assert expected == done.stdout
    assert count(writable, graph) == 1


def test_sparqlwrapper_writes(writable: Server) -> None:
    """Its update by POST, with the token in a header of its own, is done and refused as any other."""
    graph = new_graph()
    client = SPARQLWrapper(writable.sparql)
    client.setMethod(POST)
    client.addCustomHttpHeader("Authorization", f"Bearer {KEY}")
    client.setQuery(f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 1 }} }}")
    assert client.query().response.status == 204
    assert count(writable, graph) == 1
    client.setQuery("CLEAR ALL")
    with pytest.raises(Exception, match="403"):
        client.query()


def test_rdflib_writes_through_its_update_store(writable: Server) -> None:
    """A graph of rdflib over our endpoint takes triples, gives them back, and lets them go."""
    graph = new_graph()
    store = SPARQLUpdateStore(writable.sparql, writable.sparql, headers=TOKEN, autocommit=False)
    remote = Graph(store, identifier=URIRef(graph))
    triple = URIRef("x:s"), URIRef("x:p"), Literal("é")
    remote.add(triple)
    remote.add((URIRef("x:s"), URIRef("x:p"), Literal(2)))
    store.commit()
    assert {triple[2], Literal(2)} == set(remote.objects(URIRef("x:s"), URIRef("x:p")))
    remote.remove(triple)
    store.commit()
    assert count(writable, graph) == 1


def test_rdflib_reads_and_httpx_writes_a_graph(writable: Server) -> None:
    """A graph goes out by PUT and comes in by its address, in the format that rdflib asks for."""
    graph = new_graph()
    local = Graph().parse(data="<x:s> <x:p> 1 ; <x:q> <x:o> .", format="turtle")
    address = f"{writable.url}/graph/user/{graph.removeprefix(USER)}"
    headers = TOKEN | {"Content-Type": "text/turtle"}
    assert requesting.put(address, content=local.serialize(format="turtle"), headers=headers).status_code == 201
    again = Graph().parse(address)
    assert set(local) == set(again)
    chunks = iter([b"<x:s> <x:p> ", b"2 ."])
    assert requesting.post(address, content=chunks, headers=headers).status_code == 204
    assert len(Graph().parse(address)) == 3


def test_the_log_names_updates_by_their_status_alone(writable: Server) -> None:
    """What was written is not in the log, nor is the token."""
    hidden = "not-for-the-log"
    write(writable, f"INSERT DATA {{ GRAPH <{new_graph()}> {{ <x:s> <x:p> '{hidden}' }} }}")

    def lines() -> list[dict[str, object]]:
        text = writable.log.read_text(encoding="utf-8")
        assert not any(word in text for word in (hidden, KEY))
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    wait_until(lambda: any((line["method"], line["status"]) == ("POST", 204) for line in lines()))
