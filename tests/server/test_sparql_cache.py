"""The cache of answers in front of the application."""

from __future__ import annotations

import ast
import gc
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import dualbio_server
from dualbio.settings import Settings
from dualbio.store.workers import QueryTimeoutError
from dualbio_server.http.cache import AnswerCache, cache_of
from dualbio_server.http.flights import Flights
from dualbio_server.http.replies import Reply

DIRECT = "application/sparql-query"
#: Takes about a second, and ends.
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d dualbio:near ?f . FILTER(STR(?c) > STR(?f)) }"


def reply(size: int) -> Reply:
    """Return an answer with a body of `size` bytes."""
    return Reply([], b"x" * size, size, '"tag"')


def pool_asked(app: Flask) -> int:
    """Return how many answers the application had from the pool."""
    front: Any = app.extensions["dualbio-front"]
    front.log.flush()
    page = front.log.metrics.page(front.service.pool).decode()
    lines = [line for line in page.splitlines() if line.startswith("dualbio_requests_total") and 'cache="miss"' in line]
    return int(sum(float(line.rpartition(" ")[2]) for line in lines))


def test_a_repeated_question_is_answered_from_memory(make: Callable[..., Flask]) -> None:
    """However it is spelled and sent, one question is asked of the engine once."""
    app = make()
    client = app.test_client()
    first = client.get("/sparql", query_string={"query": "SELECT ?s { ?s a dualbio:Drug }"})
    others = [
        client.get("/sparql", query_string={"query": "SELECT ?s { ?s a dualbio:Drug }"}),
        client.get("/sparql", query_string={"query": "  SELECT ?s\t{ ?s   a dualbio:Drug } "}),
        client.get("/sparql", query_string={"query": "SELECT ?s { ?s a dualbio:Drug }", "timeout": "3"}),
        client.post("/sparql", data="SELECT ?s { ?s a dualbio:Drug }", content_type=DIRECT),
        client.open("/sparql", method="QUERY", data="SELECT ?s { ?s a dualbio:Drug }", content_type=DIRECT),
    ]
    assert {first.data} == {other.data for other in others}
    assert pool_asked(app) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"format": "csv"},
        {"default-graph-uri": "https://w3id.org/dualbio/graph/entities"},
        {"named-graph-uri": "https://w3id.org/dualbio/graph/entities"},
        {"query": "SELECT ?S { ?S a dualbio:Drug }"},
    ],
)
def test_what_changes_the_answer_changes_the_key(make: Callable[..., Flask], change: dict[str, str]) -> None:
    """Format, dataset and text each make another question."""
    app = make()
    client = app.test_client()
    question = {"query": "SELECT ?s { ?s a dualbio:Drug }"}
    client.get("/sparql", query_string=question)
    client.get("/sparql", query_string=question | change)
    assert pool_asked(app) == 2


def test_errors_are_not_kept(make: Callable[..., Flask]) -> None:
    """A query that was stopped is tried again when it is asked again."""
    client = make().test_client()
    assert client.post("/sparql?timeout=0.01", data=SLOW, content_type=DIRECT).status_code == 504
    assert client.post("/sparql?timeout=8", data=SLOW, content_type=DIRECT).status_code == 200


def test_one_question_at_one_time_is_asked_once(make: Callable[..., Flask]) -> None:
    """Threads that come with a question under way share its answer."""
    app = make()
    barrier = threading.Barrier(6)

    def ask(_: int) -> bytes:
        client = app.test_client()
        barrier.wait()
        return bytes(client.post("/sparql", data=SLOW, content_type=DIRECT).data)

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(ask, range(6)))) == 1
    assert pool_asked(app) == 1


def test_the_limit_of_one_client_is_not_that_of_another(make: Callable[..., Flask]) -> None:
    """Who asks the same with more time gets the answer, and who has less time waits no longer for it."""
    app = make()

    def ask(seconds: float) -> tuple[int, float]:
        started = time.monotonic()
        status = app.test_client().post(f"/sparql?timeout={seconds}", data=SLOW, content_type=DIRECT).status_code
        return status, time.monotonic() - started

    with ThreadPoolExecutor(3) as threads:
        hasty = threads.submit(ask, 0.3)
        wait_for_query(app)
        patient = threads.submit(ask, 8)
        assert hasty.result()[0] == 504
        wait_for_query(app)
        status, waited = threads.submit(ask, 0.2).result()
        assert status == 504
        assert waited < 2
        assert patient.result()[0] == 200


def wait_for_query(app: Flask) -> None:
    """Wait until a query is at work."""
    deadline = time.monotonic() + 10
    while not app.extensions["dualbio"].pool.status()["running"]:
        assert time.monotonic() < deadline, "no query was at work"
        time.sleep(0.005)


def test_only_good_answers_are_shared() -> None:
    """An error concerns the one who asked; whoever waited for the answer asks alone."""
    flights: Flights[int] = Flights()
    inside, go = threading.Event(), threading.Event()

    def fail() -> int:
        inside.set()
        go.wait(5)
        raise QueryTimeoutError("stopped")

    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(flights.fly, "key", fail, 5)
        inside.wait(5)
        follower = threads.submit(flights.fly, "key", lambda: 1, 5)
        with pytest.raises(TimeoutError):
            flights.fly("key", lambda: 2, 0.01)
        go.set()
        with pytest.raises(QueryTimeoutError):
            leader.result()
        assert follower.result() in (None, 1)  # it may have come when the other one had gone
    assert flights.fly("key", lambda: 3, 0) == 3


def test_the_cache_is_bounded_in_bytes_and_keeps_what_was_used_last() -> None:
    """Old answers go first, one that was used again stays, and one that is too large never enters."""
    cache = AnswerCache(16000)
    for name in "abcd":
        cache.put(name, reply(1400))
    assert cache.get("a")
    for name in "ef":
        cache.put(name, reply(1400))
    assert cache.size <= 16000
    assert [bool(cache.get(name)) for name in "abcdef"] == [True, False, False, True, True, True]
    cache.put("huge", reply(9000))
    assert cache.get("huge") is None


def test_a_body_counts_as_long_as_one_key_leads_to_it() -> None:
    """A further spelling costs its own text, and when the first key goes the body is still counted."""
    cache = AnswerCache(40_000)
    shared = reply(5000)
    cache.put("canonical", shared)
    first = cache.size
    cache.put(("GET", "x" * 100), shared)
    assert 100 < cache.size - first < 5000
    for number in range(40):
        cache.put(str(number), reply(1))
        cache.get(("GET", "x" * 100))
    assert cache.get("canonical") is None
    assert (5000 + 100) < cache.size <= 40_000
    assert shared is cache.get(("GET", "x" * 100))


def test_the_text_of_a_key_counts() -> None:
    """Many long addresses of small answers take no more memory than is allowed."""
    cache = AnswerCache(40_000)
    for number in range(10):
        cache.put(("GET", f"{number}{'y' * 7000}"), reply(1))
    assert 3 <= len(cache) <= 5


def test_what_is_kept_takes_no_more_memory_than_is_allowed(make: Callable[..., Flask], settings: Settings) -> None:
    """Many different pages, documents, answers and spellings together stay within the setting."""
    app = make(settings=settings.model_copy(update={"cache_size": 1}))
    client = app.test_client()

    def ask(number: int) -> None:
        client.get(f"/drug/rituximab?x={number}{'y' * 500}")
        client.get(f"/drug/rituximab.ttl?x={number}", headers={"Accept-Encoding": "gzip", "Accept": f"text/x{number}"})
        client.get(f"/sparql?query=ASK%7B%7D&x={number}{'y' * 500}")
        client.get(f"/sparql?query=SELECT%20({number}%20AS%20?n)%7B%7D&format=csv")

    ask(0)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(1, 600):
            ask(number)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    cache: AnswerCache = cache_of(app.extensions["dualbio"])

    assert cache.limit * 0.9 < cache.size <= cache.limit
    assert held < 1.5 * cache.limit


def test_nothing_else_of_the_service_keeps_answers() -> None:
    """No function of the server has a memory of its own, which no setting would bound."""
    names = {"lru_cache", "cache"}
    found = [
        f"{file.name}:{node.lineno}"
        for file in Path(dualbio_server.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == "functools"
        and names & {name.name for name in node.names}
    ]
    assert [] == found


def test_without_a_cache_everything_is_asked(make: Callable[..., Flask], settings: Settings) -> None:
    """A size of 0 keeps nothing."""
    app = make(settings=settings.model_copy(update={"cache_size": 0}))
    client = app.test_client()
    places = (
        "/sparql?query=ASK%7B%7D",
        "/sparql?format=ttl",
        "/favicon.ico",
        "/static/dualbio.css",
        "/drug/rituximab",
        "/queries/",
    )
    for place in places * 2:
        assert client.get(place, headers={"Accept-Encoding": "gzip"}).status_code == 200
    assert pool_asked(app) == 2
    assert (0, 0) == (len(cache_of(app.extensions["dualbio"])), cache_of(app.extensions["dualbio"]).size)


#: What a client may add to a request: each is read, passed over or refused, whoever asked before.
ADDED = {
    "nothing": {},
    "an id": {"X-Query-Id": "of-this-query"},
    "a wrong id": {"X-Query-Id": "a b"},
    "a range": {"Range": "bytes=0-3"},
    "a tag": {"If-None-Match": '"other"'},
    "any tag": {"If-None-Match": "*"},
    "another format": {"Accept": "text/csv, text/turtle;q=0.5, */*;q=0.1"},
    "no format": {"Accept": "image/avif"},
    "a coding": {"Accept-Encoding": "gzip"},
    "no coding": {"Accept-Encoding": "*;q=0"},
    "a language": {"Accept-Language": "zh", "Accept": "text/html"},
    "an origin": {"Origin": "https://elsewhere.example"},
    "a token": {"Authorization": "Bearer guess"},
    "a cookie": {"Cookie": "lang=zh; x=y"},
    "a compressed body": {"Content-Encoding": "gzip"},
    "a body of another kind": {"Content-Type": "text/plain"},
    "another host": {"Host": "other.example"},
    "a time": {"If-Modified-Since": "Fri, 02 Jan 2026 00:00:00 GMT"},
    "a long header": {"X-Long": "x" * 20_000},
}
ASKED = {
    "rows": "/sparql?query=SELECT%20%3Fs%20%7B%20%3Fs%20a%20dualbio%3ADrug%20%7D%20ORDER%20BY%20%3Fs",
    "triples": "/sparql?query=DESCRIBE%20drug%3Arituximab",
    "a description": "/sparql",
    "a thing": "/drug/rituximab",
    "a document": "/drug/rituximab.ttl",
    "a list": "/data/",
    "a saved query": "/queries/mechanism/pairs-by-disease",
    "a graph": "/store?graph=https%3A%2F%2Fw3id.org%2Fdualbio%2Fgraph%2Fentities",
}


@pytest.fixture(scope="module")
def cold(make: Callable[..., Flask], settings: Settings) -> FlaskClient:
    """A client of an application that keeps no answer."""
    return make(settings=settings.model_copy(update={"cache_size": 0})).test_client()


@pytest.fixture(scope="module")
def warm(make: Callable[..., Flask]) -> FlaskClient:
    """A client of an application that has kept the answer to each question, sent with nothing added."""
    client = make().test_client()
    for url in ASKED.values():
        for _ in range(2):
            assert client.get(url).status_code == 200
    return client


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("added", ADDED)
@pytest.mark.parametrize("asked", ASKED)
def test_whether_an_answer_was_kept_changes_nothing(
    cold: FlaskClient, warm: FlaskClient, asked: str, added: str, method: str
) -> None:
    """Status, headers and content are those that a service without a memory sends, at first and when repeated."""
    answers = [client.open(ASKED[asked], method=method, headers=ADDED[added]) for client in (cold, warm, warm)]
    seen = [(each.status, [(k, v) for k, v in each.headers if k != "Date"], each.data) for each in answers]
    assert seen[0] == seen[1] == seen[2]
