"""Limits: each is kept, told as what it is, and leaves the service answering."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio.store.workers.process.errors import PoolUnavailableError
from dualbio_server.http.shares import places_of
from dualbio_server.service import Options

DIRECT = "application/sparql-query"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
PROBE = "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Drug } # probe "


@dataclass(frozen=True)
class Runaway:
    """A query that would run for ever, or break what parses it, and the ends it may meet."""

    name: str
    query: str
    ends: tuple[str, ...]


_STOPPED = ("timeout", "memory")

_NEAR = "dualbio:near"
_PRODUCT = "?a ?b ?c . ?d ?e ?f"
_CUBE = f"{_PRODUCT} . ?g ?h ?i"
_PATHS = f"?a {_NEAR}+ ?b . ?b {_NEAR}+ ?c . ?c {_NEAR}+ ?d . ?d ({_NEAR}|^{_NEAR})+ ?e"
_DOUBLINGS = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
_VALUES = "VALUES ?a { " + "1 " * 60000 + "} VALUES ?b { " + "2 " * 60000 + "}"
#: What overruns the stack of the engine, unless the planner is overtaken by the time limit.
_LONG = ("too-complex", "timeout")
_REGEX = 'FILTER(REGEX(CONCAT(STR(?c), STR(?f)), "(a+)+(b|c)*z$", "i"))'

RUNAWAYS = [
    Runaway("cross-join", ENDLESS, ("timeout",)),
    Runaway("sorted-product", f"SELECT * {{ {_PRODUCT} }} ORDER BY ?f ?c", _STOPPED),
    Runaway("path-explosion", f"SELECT (COUNT(*) AS ?n) {{ {_PATHS} }}", _STOPPED),
    Runaway("group-concat", f"SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?x) {{ {_CUBE} }}", _STOPPED),
    Runaway("doubling", f"SELECT ?x40 {{ BIND('xxxxxxxx' AS ?x0) {_DOUBLINGS} }}", _STOPPED),
    Runaway("distinct-product", f"SELECT DISTINCT ?a ?c ?d ?f {{ {_PRODUCT} }}", (*_STOPPED, "too-large")),
    Runaway("huge-values", f"SELECT (COUNT(*) AS ?n) {{ {_VALUES} }}", _STOPPED),
    Runaway("regex", f"SELECT (COUNT(*) AS ?n) {{ {_CUBE} {_REGEX} }}", ("timeout",)),
    Runaway("deep-nesting", "SELECT * " + "{" * 4000 + "}" * 4000, ("too-complex",)),
    Runaway("deep-expression", "SELECT (" + "(" * 9000 + "1" + ")" * 9000 + " AS ?x) {}", ("too-complex", "syntax")),
    Runaway("long-object-list", "ASK { ?a ?b " + ", ".join(map(str, range(20000))) + " }", _LONG),
    Runaway("long-describe", "DESCRIBE " + "<x:a> " * 20000, _LONG),
]


def ask(client: FlaskClient, query: str, **parameters: str) -> TestResponse:
    """Send a query by POST."""
    return client.post("/sparql", query_string=parameters, data=query, content_type=DIRECT)


def code(response: TestResponse) -> str:
    """Return the last part of the type of a problem."""
    return str(json.loads(response.data)["type"]).rpartition("/")[2]


@pytest.mark.parametrize("runaway", RUNAWAYS, ids=lambda runaway: runaway.name)
def test_a_runaway_is_stopped_in_time_while_others_are_answered(app: Flask, runaway: Runaway) -> None:
    """The answer is an error that names the limit, soon after it; a probe beside it is answered all the time."""
    limit = 0.6
    done = threading.Event()

    def probe() -> list[float]:
        client = app.test_client()
        waits: list[float] = []
        while not done.is_set() or not waits:
            started = time.monotonic()
            response = ask(client, f"{PROBE}{started}")
            assert response.status_code == 200, response.text
            waits.append(time.monotonic() - started)
        return waits

    with ThreadPoolExecutor(1) as threads:
        probing = threads.submit(probe)
        started = time.monotonic()
        response = ask(app.test_client(), runaway.query, timeout=str(limit))
        elapsed = time.monotonic() - started
        done.set()
        waits = probing.result()
    assert code(response) in runaway.ends
    assert response.status_code in (400, 422, 504)
    assert elapsed < limit + 5
    assert max(waits) < 5


def test_a_time_out_names_limit_and_maximum(client: FlaskClient) -> None:
    """Whoever was stopped learns after how long, by which limit, and how far it can be raised."""
    response = ask(client, ENDLESS, timeout="0.1")
    found = json.loads(response.data)
    assert (response.status_code, found["limit"], found["maximum"]) == (504, 0.1, 8.0)
    assert 0.1 <= found["elapsed"] < 5
    assert "timeout=" in found["detail"]


def test_no_more_than_the_maximum_can_be_asked_for(make: Callable[..., Flask], settings: Settings) -> None:
    """`timeout=` is cut to the maximum of the service."""
    app = make(settings=settings.model_copy(update={"query_timeout_max": 0.2}))
    assert json.loads(ask(app.test_client(), ENDLESS, timeout="1000").data)["limit"] == 0.2


def test_a_query_is_cancelled_by_its_id(app: Flask) -> None:
    """The client that named its query can stop it; the operator sees it, and nobody without the token does."""
    client = app.test_client()
    token = {"Authorization": "Bearer a-token-for-operators"}
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(
            app.test_client().post, "/sparql", data=ENDLESS, content_type=DIRECT, headers={"X-Query-Id": "my-own-query"}
        )
        while not client.get("/sparql/running", headers=token).json["running"]:  # type: ignore[index]
            assert not asked.done()
        assert client.get("/sparql/running").status_code == 401
        assert client.get("/sparql/running", headers={"Authorization": "Bearer guess"}).status_code == 403
        assert client.delete("/sparql/running/another-query").status_code == 404
        assert client.delete("/sparql/running/my-own-query").status_code == 204
        response = asked.result()
    assert (response.status_code, code(response)) == (409, "cancelled")


def test_a_query_id_comes_back(client: FlaskClient) -> None:
    """An id is told back with the answer, also with one that is kept, and never with the answer of another."""
    query = "ASK {} # with id"

    def ask_as(name: str, **headers: str) -> TestResponse:
        return client.post("/sparql", data=query, content_type=DIRECT, headers={"X-Query-Id": name} | headers)

    first = ask_as("first-query")
    assert first.headers["X-Query-Id"] == "first-query"
    assert "X-Query-Id" not in ask(client, query).headers
    assert ask_as("second-query").headers["X-Query-Id"] == "second-query"
    known = ask_as("third-query", **{"If-None-Match": first.headers["ETag"]})
    assert known.headers["X-Query-Id"] == "third-query"
    assert "X-Query-Id" not in ask(client, query).headers


def test_a_wrong_query_id_is_refused_although_the_answer_is_kept(client: FlaskClient) -> None:
    """Whether somebody asked the same before changes nothing about what is accepted."""
    kept = [client.get("/sparql?query=ASK%7B%7D") for _ in range(2)]
    assert [200, 200] == [each.status_code for each in kept]
    refused = client.get("/sparql?query=ASK%7B%7D", headers={"X-Query-Id": "a b"})
    assert (400, "query-id") == (refused.status_code, code(refused))


def test_places_are_shared_between_clients(make: Callable[..., Flask]) -> None:
    """One address cannot hold every place: it gets 429, another address is answered, and then all are full: 503."""
    app = make(options=Options(threads=4, reserve=1, queue_wait=30, access_log=False, client_share=0.7))

    def post(address: str, query: str, timeout: str = "1") -> TestResponse:
        url = f"/sparql?timeout={timeout}"
        environ = {"REMOTE_ADDR": address}
        return app.test_client().post(url, data=query, content_type=DIRECT, environ_base=environ)

    places = places_of(app.extensions["dualbio"])
    with ThreadPoolExecutor(4) as threads:
        endless = [threads.submit(post, "10.0.0.1", f"{ENDLESS} # {number}") for number in range(2)]
        while places.taken < 2:
            time.sleep(0.002)
        greedy = post("10.0.0.1", PROBE + "a")
        assert (greedy.status_code, code(greedy)) == (429, "client-limit")
        assert int(greedy.headers["Retry-After"]) > 0
        endless.append(threads.submit(post, "10.0.0.2", f"{ENDLESS} # other"))
        while places.taken < 3:
            time.sleep(0.002)
        full = post("10.0.0.3", PROBE + "b")
        assert (full.status_code, code(full)) == (503, "busy")
        assert int(full.headers["Retry-After"]) > 0
        assert {each.result().status_code for each in endless} <= {503, 504}
    assert post("10.0.0.3", PROBE + "b", timeout="5").status_code == 200


def test_no_address_holds_all_workers_while_another_waits(app: Flask) -> None:
    """With two workers, the longer query of a client that has both makes way, and its client is told why."""

    def post(address: str, query: str) -> TestResponse:
        environ = {"REMOTE_ADDR": address}
        return app.test_client().post("/sparql?timeout=8", data=query, content_type=DIRECT, environ_base=environ)

    pool = app.extensions["dualbio"].pool
    with ThreadPoolExecutor(2) as threads:
        endless = [threads.submit(post, "10.0.1.1", f"{ENDLESS} # shared {number}") for number in range(2)]
        while len(pool.status()["running"]) < 2:
            time.sleep(0.002)
        assert post("10.0.1.2", f"{PROBE} # while others have both").status_code == 200
        told = [each.result() for each in endless]
    ended = [each for each in told if code(each) == "yielded"]
    assert ended
    assert {503} == {each.status_code for each in ended}
    assert all(int(each.headers["Retry-After"]) > 0 for each in ended)
    problem = json.loads(ended[0].data)
    assert (2, 2) == (problem["held"], problem["workers"])
    assert "since others waited and your address held 2 of 2 query workers" in problem["detail"]


def test_an_answer_beyond_the_spool_is_an_error(client: FlaskClient) -> None:
    """What does not fit is told, not cut."""
    response = ask(client, "SELECT * { ?a ?b ?c . ?d ?e ?f }", timeout="8")
    assert (response.status_code, code(response)) == (422, "too-large")
    assert json.loads(response.data)["limit"] == 16 * 1024 * 1024


def test_a_spooled_answer_is_whole(client: FlaskClient) -> None:
    """An answer of several megabytes has its length in its header, plain and coded."""
    query = "SELECT * { ?a dualbio:arm ?c . ?d dualbio:events ?f } LIMIT 60000"
    url = "/sparql?format=csv&query=" + quote(query)
    plain = client.get(url)
    assert len(plain.data) > 4 * 1024 * 1024
    assert int(plain.headers["Content-Length"]) == len(plain.data)
    assert plain.data.count(b"\r\n") == 60001
    coded = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert int(coded.headers["Content-Length"]) == len(coded.data) < len(plain.data) / 5


def test_errors_tell_nothing_of_the_inside(client: FlaskClient) -> None:
    """No path, module or trace is in any error."""
    for query in [runaway.query for runaway in RUNAWAYS if runaway.name == "deep-nesting"] + [
        "SELECT",
        "ASK { SERVICE <x:y> {} }",
    ]:
        text = ask(client, query).text
        assert not any(word in text for word in ("Traceback", ".py", "/tmp", "/home", "dualbio_server", "pyoxigraph"))  # noqa: S108


def test_a_folder_too_deep_for_sockets_is_told(pool: WorkerPool, tmp_path: Path) -> None:
    """The address of a socket has few bytes; the error names the folder and the way out, before anything is started."""
    deep = WorkerPool(replace(pool.settings, folder=str(tmp_path / ("x" * 100))))
    with pytest.raises(PoolUnavailableError, match=r"too long for sockets.*TMPDIR"):
        deep.start()
    assert deep.pid is None
