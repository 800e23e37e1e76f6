"""The SPARQL 1.1 Protocol at /sparql."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dualbio.model.namespaces import BASE

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Drug }"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"


def rows(response: TestResponse) -> list[dict[str, str]]:
    """Return the rows of an answer in JSON."""
    assert response.status_code == 200, response.text
    bindings: list[dict[str, dict[str, str]]] = json.loads(response.data)["results"]["bindings"]
    return [{name: value["value"] for name, value in row.items()} for row in bindings]


def problem(response: TestResponse) -> dict[str, Any]:
    """Return the problem details of an error, and hold it to their shape."""
    assert response.content_type == "application/problem+json; charset=utf-8"
    assert response.headers.getlist("Cache-Control") == ["no-store"]
    found: dict[str, Any] = json.loads(response.data)
    assert found["status"] == response.status_code
    assert found["type"].startswith(f"{BASE}problem/")
    assert found["title"]
    assert found["detail"]
    return found


@pytest.mark.parametrize(
    ("method", "url", "headers", "body"),
    [
        ("GET", "/sparql?" + urlencode({"query": COUNT}), {}, ""),
        ("GET", "/sparql/?" + urlencode({"query": COUNT}), {}, ""),
        ("POST", "/sparql", {"Content-Type": FORM}, urlencode({"query": COUNT})),
        ("POST", "/sparql", {"Content-Type": f"{FORM}; charset=utf-8"}, urlencode({"query": COUNT})),
        ("POST", "/sparql", {"Content-Type": f"{FORM};charset=UTF-8"}, "query=" + quote(COUNT)),
        ("POST", "/sparql", {"Content-Type": DIRECT}, COUNT),
        ("POST", "/sparql", {"Content-Type": f'{DIRECT}; charset="utf-8"'}, COUNT),
        ("QUERY", "/sparql", {"Content-Type": DIRECT}, COUNT),
        ("QUERY", "/sparql/", {"Content-Type": FORM}, urlencode({"query": COUNT})),
    ],
)
def test_a_query_is_taken_in_every_way_of_the_protocol(
    client: FlaskClient, method: str, url: str, headers: dict[str, str], body: str
) -> None:
    """GET, POST of a form, POST of the query itself and the QUERY method have one answer."""
    response = client.open(url, method=method, headers=headers, data=body)
    assert rows(response) == [{"n": "3"}]
    assert response.content_type == "application/sparql-results+json; charset=utf-8"


_SIGNS = r'SELECT ("C:\\x41 50 %, é+1%" AS ?signs) {}'


@pytest.mark.parametrize(
    "sent",
    [
        quote(_SIGNS),
        quote(_SIGNS).replace("%3A", "%3a"),
        urlencode({"": _SIGNS})[1:],
        _SIGNS.replace("+", "%2B").replace(" ", "+"),
    ],
    ids=["all escaped", "small digits", "blanks as plus", "hardly escaped"],
)
def test_escapes_of_a_form_are_undone_and_nothing_else(client: FlaskClient, sent: str) -> None:
    """By the URL standard, a percent sign begins an escape only with two digits behind it, and a backslash never."""
    response = client.post("/sparql", headers={"Content-Type": FORM}, data=b"query=" + sent.encode())
    assert rows(response) == [{"signs": r"C:\x41 50 %, é+1%"}]


def test_head_has_the_headers_of_get_without_its_body(client: FlaskClient) -> None:
    """HEAD tells type, length and entity tag."""
    url = "/sparql?" + urlencode({"query": COUNT + " # head"})
    head, get = client.head(url), client.get(url)
    assert head.data == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Vary", "Cache-Control"):
        assert get.headers[name] == head.headers[name], name
    assert int(head.headers["Content-Length"]) == len(get.data)


@pytest.mark.parametrize(
    ("query", "accept", "content_type", "start"),
    [
        ("SELECT ?s { ?s a dualbio:Drug }", "text/csv", "text/csv", "s\r\n"),
        ("SELECT ?s { ?s a dualbio:Drug }", "text/tab-separated-values", "text/tab-separated-values", "?s\n"),
        (
            "SELECT ?s { ?s a dualbio:Drug }",
            "application/sparql-results+xml",
            "application/sparql-results+xml",
            "<?xml",
        ),
        ("ASK {}", "application/sparql-results+json", "application/sparql-results+json", '{"head":{},"boolean":true}'),
        ("ASK {}", "application/sparql-results+xml", "application/sparql-results+xml", "<?xml"),
        ("CONSTRUCT WHERE { ?s a dualbio:Drug }", None, "text/turtle", "<"),
        ("CONSTRUCT WHERE { ?s a dualbio:Drug }", "application/n-triples", "application/n-triples", "<"),
        ("CONSTRUCT WHERE { ?s a dualbio:Drug }", "application/rdf+xml", "application/rdf+xml", "<?xml"),
        ("CONSTRUCT WHERE { ?s a dualbio:Drug }", "application/ld+json", "application/ld+json", "["),
        ("CONSTRUCT WHERE { ?s a dualbio:Drug }", "application/trig", "application/trig", "<"),
        ("CONSTRUCT WHERE { ?s a dualbio:Drug }", "application/n-quads", "application/n-quads", "<"),
        ("DESCRIBE drug:rituximab", "text/turtle", "text/turtle", "<"),
    ],
)
def test_each_form_of_answer_has_every_standard_format(
    client: FlaskClient, query: str, accept: str | None, content_type: str, start: str
) -> None:
    """The media type is the one asked for, and the charset is always told."""
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.content_type) == (200, f"{content_type}; charset=utf-8")
    assert response.text.startswith(start)


def test_letters_beyond_ascii_come_and_go_unharmed(client: FlaskClient) -> None:
    """UTF-8 is kept in queries, as percent-encoded and as raw bytes, and in answers."""
    query = 'SELECT ?s { ?s rdfs:label "bélimumab"@fr }'
    expected = [{"s": f"{BASE}drug/belimumab"}]
    assert expected == rows(client.get("/sparql?query=" + quote(query)))
    assert expected == rows(client.post("/sparql", data=query.encode(), content_type=DIRECT))


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "status", "code"),
    [
        ("POST", "/sparql", {"Content-Type": FORM}, "", 400, "missing-query"),
        ("QUERY", "/sparql", {"Content-Type": FORM}, "format=json", 400, "missing-query"),
        ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", {}, "", 400, "repeated-query"),
        ("POST", "/sparql?query=ASK%7B%7D", {"Content-Type": DIRECT}, "ASK {}", 400, "repeated-query"),
        ("GET", "/sparql?query=", {}, "", 400, "syntax"),
        ("GET", "/sparql?query=SELECT", {}, "", 400, "syntax"),
        ("GET", "/sparql?query=%FF%FE", {}, "", 400, "encoding"),
        ("POST", "/sparql", {"Content-Type": DIRECT}, b"\xff\xfe", 400, "encoding"),
        ("POST", "/sparql", {"Content-Type": f"{DIRECT}; charset=utf-16"}, "ASK {}", 415, "charset"),
        ("POST", "/sparql", {"Content-Type": "text/plain"}, "ASK {}", 415, "media-type"),
        ("POST", "/sparql", {"Content-Type": "nonsense"}, "ASK {}", 415, "media-type"),
        ("POST", "/sparql", {}, "ASK {}", 415, "media-type"),
        ("POST", "/sparql", {"Content-Type": DIRECT, "Content-Encoding": "gzip"}, "ASK {}", 415, "content-coding"),
        ("GET", "/sparql?query=ASK%7B%7D", {"Accept": "image/png"}, "", 406, "not-acceptable"),
        ("GET", "/sparql?query=ASK%7B%7D&format=pdf", {}, "", 406, "not-acceptable"),
        ("GET", "/sparql?query=ASK%7B%7D", {"Accept": "text/turtle"}, "", 406, "not-acceptable"),
        ("GET", "/sparql?query=ASK%7B%7D", {"Accept-Encoding": "*;q=0"}, "", 406, "content-coding"),
        ("PUT", "/sparql", {}, "", 405, "method"),
        ("DELETE", "/sparql", {}, "", 405, "method"),
        ("PATCH", "/sparql/", {}, "", 405, "method"),
        ("GET", "/sparql?query=ASK%7B%7D&default-graph-uri=relative", {}, "", 400, "graph-iri"),
        ("GET", "/sparql?query=ASK%7B%7D&named-graph-uri=http://a%20b", {}, "", 400, "graph-iri"),
        ("GET", "/sparql?query=ASK%7B%7D&timeout=soon", {}, "", 400, "timeout"),
        ("GET", "/sparql?query=ASK%7B%7D&timeout=0", {}, "", 400, "timeout"),
        ("GET", "/sparql?query=ASK%7B%7D", {"X-Query-Id": "a b"}, "", 400, "query-id"),
        ("GET", "/sparql?update=CLEAR%20ALL", {}, "", 400, "update-method"),
        ("POST", "/sparql", {"Content-Type": "application/sparql-update"}, "CLEAR ALL", 401, "token"),
        ("POST", "/sparql", {"Content-Type": FORM}, "update=CLEAR+ALL", 401, "token"),
        ("GET", "/sparql?query=CLEAR%20ALL", {}, "", 400, "syntax"),
        ("GET", "/sparql?query=LOAD%20%3Chttp://127.0.0.1/%3E", {}, "", 400, "syntax"),
        ("GET", "/sparql?query=ASK%7BSERVICE%20%3Chttp://a/%3E%7B%7D%7D", {}, "", 403, "refused"),
        ("GET", "/sparql?query=" + "x" * 70000, {}, "", 414, "url-length"),
        ("POST", "/sparql", {"Content-Type": DIRECT}, "#" * 300000, 413, "request-size"),
    ],
)
def test_each_mistake_has_its_own_status_and_says_what_is_accepted(
    client: FlaskClient, method: str, url: str, headers: dict[str, str], body: str | bytes, status: int, code: str
) -> None:
    """An error is problem details with the status of its cause."""
    response = client.open(url, method=method, headers=headers, data=body)
    found = problem(response)
    assert (status, f"{BASE}problem/{code}") == (found["status"], found["type"])


def test_errors_point_to_the_way_out(client: FlaskClient) -> None:
    """A wrong method is told the right ones, a wrong type the right ones, an unacceptable wish what is offered."""
    assert client.put("/sparql").headers["Allow"] == "GET, HEAD, POST, QUERY, OPTIONS"
    refused = client.post("/sparql", data="x", content_type="text/plain")
    assert DIRECT in refused.headers["Accept-Post"]
    assert DIRECT in refused.headers["Accept-Query"]
    wish = client.get("/sparql?query=ASK%7B%7D", headers={"Accept": "image/png"})
    assert "text/csv" in problem(wish)["offered"]
    syntax = problem(client.get("/sparql?query=SELECT%20*%0A%7B%20%3Fs"))
    assert (2, 5) == (syntax["line"], syntax["column"])


def test_a_preflight_needs_no_login(client: FlaskClient) -> None:
    """A browser on another site may ask, with every method and header that the protocol uses."""
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "QUERY"}
    response = client.options("/sparql", headers=asked)
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "QUERY" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]
    for url in ("/sparql?query=ASK%7B%7D", "/sparql?query=nonsense", "/sparql"):
        assert client.get(url).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"query": "\ufeffSELECT ?x { VALUES ?x { 'mark' } }"}, "mark"),
        ({"query": "SELECT ?x { VALUES ?x { 'absent' } }", "default-graph-uri": ""}, "absent"),
        ({"query": "SELECT ?x { VALUES ?x { 'absent' } }", "named-graph-uri": ""}, "absent"),
        ({"query": "SELECT ?x { VALUES ?x { step:a.b.1 } }"}, f"{BASE}step/a.b.1"),
        ({"query": "SELECT ?x { drug:nobody rdfs:l\\u0061bel* ?x }"}, f"{BASE}drug/nobody"),
    ],
)
def test_legal_requests_are_answered(client: FlaskClient, parameters: dict[str, str], expected: str) -> None:
    """What the standards allow, and others take, is taken here: marks, empty fields, dots, escapes, unknown terms."""
    for response in (
        client.get("/sparql", query_string={**parameters, "format": "csv"}),
        client.post("/sparql", data={**parameters, "format": "csv"}),
    ):
        assert (200, f"x\r\n{expected}\r\n") == (response.status_code, response.text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("CONSTRUCT { <http://x/s> <http://x/1> 'v' } WHERE {}", "does not end in an XML name"),
        ("CONSTRUCT { <http://x/s> rdf:li 'v' } WHERE {}", "a word of RDF/XML itself"),
        ("CONSTRUCT { <http://x/s> rdfs:label '\\u0001' } WHERE {}", "control character"),
    ],
)
def test_what_rdf_xml_cannot_say_is_an_error(client: FlaskClient, query: str, words: str) -> None:
    """A graph without a form in RDF/XML is never sent as broken XML; other formats have it."""
    found = problem(client.get("/sparql", query_string={"query": query}, headers={"Accept": "application/rdf+xml"}))
    assert (400, True) == (found["status"], words in found["detail"])
    assert client.get("/sparql", query_string={"query": query, "format": "nt"}).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "query", "expected"),
    [
        ([("default-graph-uri", f"{BASE}graph/entities")], "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", 7),
        ([("default-graph-uri", f"{BASE}graph/study/s1")], "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Drug }", 0),
        ([("named-graph-uri", f"{BASE}graph/entities")], "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", 0),
        (
            [("named-graph-uri", f"{BASE}graph/entities")],
            "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
            1,
        ),
        (
            [("default-graph-uri", f"{BASE}graph/inferred")],
            "SELECT (COUNT(*) AS ?n) FROM graph:entities { ?s ?p ?o }",
            20,
        ),
        (
            [("default-graph-uri", f"{BASE}graph/entities"), ("default-graph-uri", f"{BASE}graph/inferred")],
            "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
            27,
        ),
        ([], "SELECT (COUNT(*) AS ?n) FROM graph:entities { ?s ?p ?o }", 7),
        ([], "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }", 23),
    ],
)
def test_datasets_of_the_request_go_before_those_of_the_query(
    client: FlaskClient, parameters: list[tuple[str, str]], query: str, expected: int
) -> None:
    """`default-graph-uri` and `named-graph-uri` choose the graphs, by GET and by POST (SPARQL 1.1 Protocol, 2.1.4)."""
    found = rows(client.get("/sparql?" + urlencode([("query", query), *parameters])))
    assert found == [{"n": str(expected)}]
    form = urlencode([("query", query), *parameters])
    assert rows(client.post("/sparql", data=form, content_type=FORM)) == found
    assert rows(client.post("/sparql?" + urlencode(parameters), data=query, content_type=DIRECT)) == found


def test_relative_iris_are_resolved_against_the_base(client: FlaskClient) -> None:
    """Without BASE the base is that of the project, and a query may bring its own."""
    own = rows(client.post("/sparql", data="SELECT (<drug/x> AS ?x) {}", content_type=DIRECT))
    assert own == [{"x": f"{BASE}drug/x"}]
    other = rows(client.post("/sparql", data="BASE <http://a/> SELECT (<x> AS ?x) {}", content_type=DIRECT))
    assert other == [{"x": "http://a/x"}]


def test_no_answer_is_younger_than_its_date(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the clock was set back, a release seems to be of the future; `Last-Modified` is not (RFC 9110, 8.8.2.1)."""
    monkeypatch.setattr("dualbio_server.service.time", lambda: 10.0)
    assert replace(app.extensions["dualbio"]).last_modified == "Thu, 01 Jan 1970 00:00:10 GMT"


def test_every_answer_says_which_data_it_comes_from(client: FlaskClient) -> None:
    """Release, date and security headers are on answers and on errors."""
    good, bad = client.get("/sparql?query=ASK%7B%7D"), client.get("/sparql?query=x")
    assert good.headers["Dualbio-Release"] == "0.1.0-000000000001"
    assert good.headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"
    for response in (good, bad):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert response.headers["Vary"] == "Accept, Accept-Encoding"
