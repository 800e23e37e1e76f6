"""SPARQL Update: who may, what it reaches, what it refuses, and what every later query sees."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.release.folder import open_release
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, pool_settings
from pools import ask_pool
from updating import TOKEN, UPDATE, USER, ask, code, done, everything, new_graph, remove_all, triples, update, values

ONE = "<x:s> <x:p> 1"
RUNAWAY = (
    f"INSERT {{ GRAPH <{USER}runaway> {{ ?a <x:p> ?d }} }} WHERE {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
    "FILTER(STRLEN(CONCAT(STR(?c), STR(?f), STR(?i))) = 0) }"
)


@pytest.fixture(scope="module", autouse=True)
def _tidy(app: Flask, settings: Settings) -> Iterator[None]:
    """Leave nothing behind."""
    yield
    remove_all(app.test_client(), settings)


@pytest.fixture
def graph() -> str:
    """The IRI of a user graph that no other test knows."""
    return new_graph()


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (UPDATE, "INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 'é' }} }}"),
        (f"{UPDATE}; charset=utf-8", "INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 'é' }} }}"),
        (
            "application/x-www-form-urlencoded",
            "update=INSERT+DATA+%7B+GRAPH+%3C{graph}%3E+%7B+%3Cx:s%3E+%3Cx:p%3E+'%C3%A9'+%7D+%7D",
        ),
    ],
)
def test_an_update_comes_directly_or_in_a_form(client: FlaskClient, graph: str, content_type: str, body: str) -> None:
    """Both ways of the protocol write, and the answer has no body."""
    response = client.post("/sparql", data=body.format(graph=graph), content_type=content_type, headers=TOKEN)
    assert (204, b"") == (response.status_code, response.data), response.text
    assert "Content-Type" not in response.headers
    assert ["x:s é"] == triples(client, graph)


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({}, 401, "token"),
        ({"Authorization": "Basic YTpi"}, 401, "token"),
        ({"Authorization": "Bearer"}, 401, "token"),
        ({"Authorization": "Bearer a-token-for-operator"}, 403, "wrong-token"),
        ({"Authorization": "Bearer é"}, 403, "wrong-token"),
        ({"Cookie": "token=a-token-for-operators"}, 401, "token"),
    ],
)
def test_only_the_token_lets_in(
    client: FlaskClient, settings: Settings, graph: str, headers: dict[str, str], status: int, name: str
) -> None:
    """Without the token, or with another, nothing is read of the update; a browser cannot send it unasked."""
    before = everything(client, settings)
    response = update(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 1 }} }}", headers=headers)
    assert (status, name) == (response.status_code, code(response))
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert before == everything(client, settings)


def test_without_a_token_in_the_settings_nobody_writes(make: Callable[..., Flask], settings: Settings) -> None:
    """Updates are off by default, whatever a client sends."""
    off = make(settings=settings.model_copy(update={"update_token": None})).test_client()
    for headers in ({}, TOKEN, {"Authorization": "Bearer "}):
        response = update(off, f"INSERT DATA {{ GRAPH <{USER}off> {{ <x:s> <x:p> 1 }} }}", headers=headers)
        assert (403, "updates-off") == (response.status_code, code(response))


def test_a_page_elsewhere_may_ask_how_to_write_but_needs_the_token(client: FlaskClient) -> None:
    """The preflight of a browser is answered without a token; what follows it is not."""
    preflight = client.options(
        "/sparql", headers={"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    simple = client.post("/sparql", data={"update": "CLEAR ALL"}, headers={"Origin": "http://elsewhere"})
    assert simple.status_code == 401


# --- what is seen ----------------------------------------------------------------------------------------------------


def test_user_graphs_are_named_graphs_and_no_part_of_the_default_graph(client: FlaskClient, graph: str) -> None:
    """GRAPH, FROM and FROM NAMED reach them; a query that names no graph sees released data alone."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:only-here> <x:p> drug:rituximab }} }}")
    subject, short = "<x:only-here>", "BIND(STRAFTER(STR(?o), 'dualbio/') AS ?x)"
    assert ["1"] == values(client, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ {subject} ?p ?o }} }}")
    assert [graph] == values(client, f"SELECT ?g {{ GRAPH ?g {{ {subject} ?p ?o }} }}")
    assert ["drug/rituximab"] == values(client, f"SELECT ?x FROM <{graph}> {{ {subject} ?p ?o {short} }}")  # noqa: S608
    named = f"SELECT ?g FROM NAMED <{graph}> {{ GRAPH ?g {{ {subject} ?p ?o }} }}"  # noqa: S608
    assert [graph] == values(client, named)
    joined = f"SELECT ?label {{ GRAPH <{graph}> {{ {subject} ?p ?drug }} ?drug rdfs:label ?label }}"
    assert ["rituximab"] == values(client, joined)
    assert ["0"] == values(client, f"SELECT (COUNT(*) AS ?n) {{ {subject} ?p ?o }}")
    default = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(1 = 1 || 'graph' = '') }"
    assert values(client, default.replace("'graph'", "'other'")) == values(client, default)
    asked = client.get("/sparql", query_string={"query": f"ASK {{ {subject} ?p ?o }}", "default-graph-uri": graph})
    assert asked.json == {"head": {}, "boolean": True}


def test_what_the_service_asks_for_itself_sees_the_release_alone(app: Flask, client: FlaskClient, graph: str) -> None:
    """Saved queries and statistics are about released data, whatever users write."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> a <x:Class> }} }}")
    service = app.extensions["dualbio"]
    answer = json.loads(ask_pool(service.pool, "ASK { GRAPH ?g { ?s a <x:Class> } }").read())
    assert answer["boolean"] is False
    assert b"x:Class" not in client.get("/.well-known/void", headers={"Accept": "application/n-triples"}).data


def test_every_answer_is_as_new_as_the_last_write(client: FlaskClient, graph: str) -> None:
    """An answer from before a write is never given after it, and a write leaves other answers in the cache."""
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    released = "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Drug }"
    tags: set[str] = set()
    kept = ask(client, released).headers["ETag"]
    for number in range(1, 9):
        done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> {number} }} }}")
        for _ in range(2):
            answer = ask(client, query)
            assert [str(number)] == answer.text.splitlines()[1:]
        assert ask(client, query, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert all(ask(client, query, **{"If-None-Match": tag}).status_code == 200 for tag in tags)
        tags.add(answer.headers["ETag"])
        assert "Last-Modified" not in answer.headers
        assert ask(client, released, **{"If-None-Match": kept}).status_code == 304
    assert len(tags) == 8


def test_a_write_that_changes_nothing_leaves_every_answer_valid(client: FlaskClient, graph: str) -> None:
    """What is there already needs no new state."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} }}")
    query = f"SELECT ?o {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    tag = ask(client, query).headers["ETag"]
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} }}")
    assert ask(client, query, **{"If-None-Match": tag}).status_code == 304


def test_blank_nodes_keep_apart_and_can_be_found_again(client: FlaskClient, graph: str) -> None:
    """Equal labels of two updates are two nodes, and a later update can take them away."""
    for _ in range(2):
        done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ _:b <x:p> [ <x:q> 1 ] }} }}")
    assert ["2"] == values(client, f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ GRAPH <{graph}> {{ ?s <x:p>/<x:q> 1 }} }}")
    done(client, f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s <x:p> ?b . ?b <x:q> 1 }} }}")
    assert [] == triples(client, graph)


def test_the_service_description_tells_of_updates(
    client: FlaskClient, make: Callable[..., Flask], settings: Settings, graph: str
) -> None:
    """The language, the formats and the user graphs are listed while updates are on, and only then."""

    def description(of: FlaskClient) -> str:
        return of.get("/sparql", headers={"Accept": "application/n-triples"}).text

    for count in (1, 2):
        done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> {count} }} }}")
        lines = description(client)
        assert f'<{graph}> <http://rdfs.org/ns/void#triples> "{count}"' in lines
    for expected in ("SPARQL11Update>", "inputFormat>", "/store>", f"sparql-service-description#name> <{graph}>"):
        assert expected in lines
    off = description(make(settings=settings.model_copy(update={"update_token": None})).test_client())
    assert "UnionDefaultGraph" in off
    assert not any(word in off for word in ("SPARQL11Update", "inputFormat", "/store", USER))


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_runaway_update_is_stopped_while_queries_are_answered(
    app: Flask, client: FlaskClient, settings: Settings
) -> None:
    """The limits of a query hold for an update; the data are as before, and nobody had to wait for it."""
    before = everything(client, settings)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(update, app.test_client(), RUNAWAY, timeout="0.8")
        probes = 0
        while not running.done():
            assert ["3"] == values(client, f"SELECT (COUNT(*) AS ?n) {{ ?s a dualbio:Drug }} # {probes}")
            assert [] == triples(client, f"{USER}runaway-{probes}")
            probes += 1
        response = running.result()
    problem = json.loads(response.data)
    assert (504, "timeout", 0.8) == (response.status_code, code(response), problem["limit"])
    assert probes > 1
    assert before == everything(client, settings)


@pytest.mark.parametrize(
    "text",
    [
        f"INSERT {{ GRAPH <{USER}bomb> {{ ?a ?b ?f }} }} WHERE {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }}",
        f"INSERT {{ GRAPH <{USER}bomb> {{ <x:s> <x:p> ?x40 }} }} WHERE {{ BIND('xxxxxxxx' AS ?x0) "
        + " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
        + " }",
    ],
    ids=["many triples", "one long string"],
)
def test_an_update_that_needs_too_much_memory_is_stopped(client: FlaskClient, settings: Settings, text: str) -> None:
    """It ends for its memory or its time, the data are as before, and the next update works."""
    before = everything(client, settings)
    response = update(client, text, timeout="4")
    assert code(response) in ("memory", "timeout")
    assert before == everything(client, settings)


def test_a_running_update_is_seen_and_cancelled(app: Flask, client: FlaskClient, settings: Settings) -> None:
    """The operator finds it among the queries, and its id stops it; nothing of it stays."""
    before = everything(client, settings)
    with ThreadPoolExecutor(1) as threads:
        headers = TOKEN | {"X-Query-Id": "my-own-update"}
        asked = threads.submit(update, app.test_client(), RUNAWAY, headers)
        while not (running := client.get("/sparql/running", headers=TOKEN).json["running"]):  # type: ignore[index]
            assert not asked.done()
        assert [("my-own-update", RUNAWAY)] == [(each["id"], each["text"]) for each in running]
        assert client.delete("/sparql/running/my-own-update").status_code == 204
        response = asked.result()
    assert (409, "cancelled") == (response.status_code, code(response))
    assert before == everything(client, settings)


def test_writers_come_one_after_the_other(app: Flask, client: FlaskClient, graph: str) -> None:
    """Many threads that write at a time lose nothing, and none of them sees half of an update."""
    writers, each = 6, 5

    def write(number: int) -> None:
        own = app.test_client()
        for step in range(each):
            data = " ".join(f"<x:s{number}> <x:p{part}> {step} ." for part in range(4))
            done(own, f"INSERT DATA {{ GRAPH <{graph}> {{ {data} }} }}")
            count = values(own, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
            assert int(count[0]) % 4 == 0
            assert int(count[0]) >= 4 * (step + 1)

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    assert writers * each * 4 == len(triples(client, graph))


# --- outside documents -----------------------------------------------------------------------------------------------


class _Document(BaseHTTPRequestHandler):
    """One small Turtle document."""

    def do_GET(self) -> None:
        """Send it."""
        body = b"<x:loaded> <x:p> 1 ."
        self.send_response(200)
        self.send_header("Content-Type", "text/turtle")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def document() -> Iterator[str]:
    """The address of a document on this machine."""
    server = HTTPServer(("127.0.0.1", 0), _Document)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/data"
    server.shutdown()
    thread.join()
    server.server_close()


def test_load_fetches_what_is_on_the_list_and_nothing_else(
    settings: Settings, options: Options, tmp_path: Path, document: str
) -> None:
    """The list of SERVICE holds for LOAD; the document goes to the user graph that is named."""
    own = settings.model_copy(
        update={"service_allow": (document,), "user_graphs": tmp_path / "user", "query_workers": 1}
    )
    release = open_release(own.releases / "current")
    (tmp_path / "pool").mkdir()
    with WorkerPool(pool_settings(own, release, tmp_path / "pool")) as pool:
        client = make_app(Service(own, release, pool.client(), options)).test_client()
        done(client, f"LOAD <{document}> INTO GRAPH <{USER}loaded>")
        assert ["x:loaded 1"] == triples(client, f"{USER}loaded")
        refused = update(client, f"LOAD <{document}?other> INTO GRAPH <{USER}loaded>")
        assert (403, "refused", [document]) == (
            refused.status_code,
            code(refused),
            json.loads(refused.data)["accepted"],
        )
        hidden = update(
            client, f"LOAD <{document}> INTO GRAPH <{USER}loaded> ; LOAD <{document}2> INTO GRAPH <{USER}loaded>"
        )
        assert hidden.status_code == 403


# --- the disk --------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_the_old_state_stands(client: FlaskClient, settings: Settings, graph: str) -> None:
    """Status 507, the graph as before, and the next write works."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} }}")
    before = everything(client, settings)
    name = graph.removeprefix(USER)
    full = settings.user_graph_folder / "graphs" / f"{before[2] + 1:08d}-{name}.nq"
    full.symlink_to("/dev/full")  # every write to it fails as on a disk without room
    response = update(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 2 }} }}")
    assert (507, "storage") == (response.status_code, code(response))
    assert "/" not in json.loads(response.data)["detail"].partition(":")[0]
    assert before == everything(client, settings)
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> 2 }} }}")
    assert ["x:s 1", "x:s 2"] == triples(client, graph)
