"""The cache of answers in front of the application."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from dualbio.settings import Settings
from dualbio.store.workers import QueryTimeoutError
from dualbio_server.cache import AnswerCache, CachedReply

DIRECT = "application/sparql-query"


def reply(size: int) -> CachedReply:
    """Return an answer with a body of `size` bytes."""
    return CachedReply("200 OK", [], b"x" * size, '"tag"')


def pool_asked(app: Flask) -> int:
    """Return how many answers the application had from the pool."""
    front: Any = app.extensions["dualbio-front"]
    front.log.flush()
    page = front.log.metrics.page().decode()
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
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . FILTER(?c > ?f) }"
    assert client.post("/sparql?timeout=0.01", data=query, content_type=DIRECT).status_code == 504
    assert client.post("/sparql?timeout=8", data=query, content_type=DIRECT).status_code == 200


def test_one_question_at_one_time_is_asked_once(make: Callable[..., Flask]) -> None:
    """Threads that come with a question under way share its answer."""
    app = make()
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d dualbio:near ?f . FILTER(STR(?c) > STR(?f)) }"
    barrier = threading.Barrier(6)

    def ask(_: int) -> bytes:
        client = app.test_client()
        barrier.wait()
        return bytes(client.post("/sparql", data=query, content_type=DIRECT).data)

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(ask, range(6)))) == 1
    assert pool_asked(app) == 1


def test_an_error_is_shared_like_an_answer() -> None:
    """Every thread that waited is told why there is no answer, and the next one asks anew."""
    cache = AnswerCache(10000)
    asked: list[int] = []
    inside, go = threading.Event(), threading.Event()

    def fail() -> CachedReply:
        asked.append(1)
        inside.set()
        go.wait(5)
        raise QueryTimeoutError("stopped")

    def fly() -> str:
        with pytest.raises(QueryTimeoutError) as caught:
            cache.fly("key", fail)
        return str(caught.value)

    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(fly)
        inside.wait(5)
        follower = threads.submit(fly)
        go.set()
        assert {leader.result(), follower.result()} == {"stopped"}
    assert 1 <= len(asked) <= 2
    assert cache.fly("key", lambda: reply(1)) == reply(1)


def test_the_cache_is_bounded_in_bytes_and_keeps_what_was_used_last() -> None:
    """Old answers go first, one that was used again stays, and one that is too large never enters."""
    cache = AnswerCache(10000)
    for name in "abc":
        cache.put(name, reply(1400))
    assert cache.get("a")
    for name in "de":
        cache.put(name, reply(1400))
    assert cache.size <= 10000
    assert [bool(cache.get(name)) for name in "abcde"] == [True, False, True, True, True]
    cache.put("huge", reply(9000))
    assert cache.get("huge") is None


def test_without_a_cache_everything_is_asked(make: Callable[..., Flask], settings: Settings) -> None:
    """A size of 0 keeps nothing."""
    app = make(settings=settings.model_copy(update={"cache_size": 0}))
    client = app.test_client()
    for _ in range(2):
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200
    assert pool_asked(app) == 2
