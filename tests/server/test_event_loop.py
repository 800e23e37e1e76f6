"""What the event loop answers itself is what a thread would answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

import requesting
from running import Server

SELECT = "SELECT ?s ?o { ?s rdfs:label ?o } ORDER BY ?s ?o"
MANY = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 20000"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
#: Of the machine and the moment, not of the answer.
_PASSING = {"date", "connection", "server"}


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("GET", {"query": SELECT}),
        ("HEAD", {"query": SELECT}),
        ("GET", {"query": SELECT, "format": "csv"}),
        ("GET", {"query": SELECT, "headers": {"Accept": "text/tab-separated-values", "Accept-Encoding": "gzip"}}),
        ("GET", {"query": SELECT, "headers": {"If-None-Match": "*"}}),
        ("GET", {"query": "SELECT (NOW() AS ?now) {} LIMIT 0", "headers": {"X-Query-Id": "of-this-query"}}),
        ("GET", {"query": "CONSTRUCT WHERE { ?s a ?t }", "headers": {"Accept": "application/n-triples"}}),
        ("GET", {"query": "CONSTRUCT WHERE { ?s a ?t }", "headers": {"Accept": "text/csv"}}),
        ("GET", {"query": "ASK { ?s ?p ?o }", "headers": {"Accept": "text/html;q=0.1, */*"}}),
        ("GET", {"query": MANY}),
        ("GET", {"query": "SELECT"}),
        ("GET", {"query": "SELECT * { SERVICE <http://example.org/> {} }"}),
        ("GET", {"query": f"SELECT * {{}} # {'x' * 20000}"}),
        ("GET", {"query": SELECT, "headers": {"Accept": ", ".join(f"text/html;level={n}" for n in range(300))}}),
        ("GET", {"query": SELECT, "default-graph-uri": "no IRI"}),
        ("GET", {"query": SELECT, "timeout": "none"}),
        ("POST", {"content": SELECT, "headers": DIRECT}),
        ("POST", {"content": "query=ASK%20%7B%7D", "headers": FORM}),
        ("POST", {"content": "query=ASK%20%7B%7D&query=x", "headers": FORM}),
        ("POST", {"content": SELECT, "headers": {"Content-Type": "text/plain"}}),
        ("QUERY", {"content": SELECT, "headers": DIRECT}),
    ],
)
def test_an_answer_is_the_same_with_a_thread_and_without(
    server: Server, client: FlaskClient, method: str, asked: dict[str, Any]
) -> None:
    """Status, headers and body: by the Flask application alone, and by the service over the wire."""
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", **asked.get("headers", {})}
    asked = {name: value for name, value in asked.items() if name != "headers"}
    content = asked.pop("content", None)
    with requesting.stream(
        method, server.sparql, params=asked or None, content=content, headers=headers
    ) as over_the_wire:
        body = b"".join(over_the_wire.iter_raw())
    alone = client.open("/sparql", method=method, query_string=asked or None, data=content, headers=headers)
    assert alone.status_code == over_the_wire.status_code
    assert alone.data == body
    told = {name.lower(): value for name, value in alone.headers}
    assert told == {name: value for name, value in over_the_wire.headers.items() if name not in _PASSING}


def test_what_takes_long_to_read_is_left_to_a_thread(app: Flask) -> None:
    """A long query, and a long list of formats or codings, which the loop would read while everybody waits."""
    front = app.extensions["dualbio-front"]
    long = ", ".join(f"text/csv;n={number}" for number in range(100))
    asked = quote(SELECT)
    for query, headers in (
        (f"query={asked}%23{'x' * 9000}", {}),
        (f"query={asked}", {"HTTP_ACCEPT": long}),
        (f"query={asked}", {"HTTP_ACCEPT_ENCODING": long}),
    ):
        environ = {"PATH_INFO": "/sparql", "REQUEST_METHOD": "GET", "QUERY_STRING": query, **headers}
        assert front.begin(environ, None) is False


def test_hundreds_of_questions_at_once_are_each_answered_once(server: Server) -> None:
    """Over connections that ask several at a time, one after the other (pipelining)."""
    labels = {number: f"SELECT ('{number}' AS ?n) {{ ?s a dualbio:Drug }} LIMIT 1" for number in range(240)}

    def ask(numbers: range) -> list[str]:
        with httpx.Client(timeout=60) as client:
            answers = [client.get(server.sparql, params={"query": labels[number]}) for number in numbers]
        return [answer.json()["results"]["bindings"][0]["n"]["value"] for answer in answers]

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(ask, [range(start, start + 20) for start in range(0, 240, 20)]))
    assert [str(number) for number in labels] == [value for each in found for value in each]


def test_those_who_ask_the_same_at_one_time_get_one_answer(server: Server) -> None:
    """One asks in the loop, the others wait for what it gets."""
    slow = "SELECT (COUNT(*) AS ?n) { { SELECT ?a { ?a ?b ?c } LIMIT 400 } ?d ?e ?f } # at one time"
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: requesting.get(server.sparql, params={"query": slow, "timeout": "8"}), range(8))
        )
    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.content for answer in answers})
