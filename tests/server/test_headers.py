"""The headers of every answer, each compared whole: a policy that lost a directive is another policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

#: What no answer may be without: read by any origin, never sniffed, framed nowhere, no address given away.
COMMON = {
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
#: Data run nothing.
OF_DATA = {"default-src": "'none'", "frame-ancestors": "'none'", "sandbox": ""}
#: Pages run our own scripts, and talk to this service alone; the editor sets style attributes.
OF_PAGES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
#: Headers of an answer that a page of another origin may read.
EXPOSED = {
    *("Accept-Post", "Accept-Query", "Allow", "Content-Location", "Dualbio-Answered-From", "Dualbio-Release"),
    *("Dualbio-Rows", "ETag"),
    *("Last-Modified", "Link", "Location", "Memento-Datetime", "Retry-After", "X-Query-Id"),
}
DIRECT = "application/sparql-query"
#: One request for each way to go wrong, with its status.
WRONG: tuple[tuple[int, str, str, dict[str, Any]], ...] = (
    (400, "GET", "/sparql?query=nonsense", {}),
    (400, "POST", "/sparql", {"data": "query=%FF", "content_type": "application/x-www-form-urlencoded"}),
    (401, "POST", "/sparql", {"data": "CLEAR ALL", "content_type": "application/sparql-update"}),
    (403, "GET", "/sparql?query=SELECT%20*%20%7BSERVICE%20%3Chttp%3A%2F%2Fa%2F%3E%20%7B%7D%7D", {}),
    (404, "GET", "/nothing/here", {}),
    (404, "GET", "/drug/none.ttl", {}),
    (404, "GET", "/store?graph=https%3A%2F%2Fw3id.org%2Fdualbio%2Fgraph%2Fuser%2Fnone", {}),
    (405, "DELETE", "/sparql", {}),
    (406, "GET", "/sparql?query=ASK%7B%7D", {"headers": {"Accept": "image/png"}}),
    (413, "POST", "/sparql", {"data": "#" * 300_000, "content_type": DIRECT}),
    (415, "POST", "/sparql", {"data": "ASK {}", "content_type": "text/csv"}),
)


def directives(policy: str) -> dict[str, str]:
    """Return the directives of a content security policy, by name."""
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _, value in parts}


def check_headers(response: Response) -> None:
    """Hold the headers that every answer has to what is promised."""
    assert COMMON == {name: response.headers.get(name) for name in COMMON}
    assert set(response.headers["Access-Control-Expose-Headers"].split(", ")) == EXPOSED
    policies = [directives(policy) for policy in response.headers.getlist("Content-Security-Policy")]
    page = response.mimetype == "text/html" and not 300 <= response.status_code < 400  # a redirect is no page
    assert [OF_PAGES if page else OF_DATA] == policies


def plain_routes(app: Flask) -> Iterator[str]:
    """Yield the address of every route that can be read and has no variable part."""
    for rule in app.url_map.iter_rules():
        if not rule.arguments and "GET" in (rule.methods or ()):
            yield rule.rule


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_every_answer_has_the_whole_policy(app: Flask, client: FlaskClient, accept: str) -> None:
    """Each route without a variable part, as a page and as data, whatever its status."""
    routes = list(plain_routes(app))
    assert len(routes) > 10
    for route in routes:
        with client.get(route, headers={"Accept": accept}) as response:
            check_headers(response)


@pytest.mark.parametrize(("status", "method", "url", "more"), WRONG, ids=lambda value: str(value)[:30])
def test_every_problem_is_whole_and_kept_by_nobody(
    client: FlaskClient, status: int, method: str, url: str, more: dict[str, Any]
) -> None:
    """An error carries the headers of every answer, and no cache may keep it: it may pass."""
    response = client.open(url, method=method, **more)
    assert (status, "application/problem+json") == (response.status_code, response.mimetype), response.text
    assert ["no-store"] == response.headers.getlist("Cache-Control")
    check_headers(response)


def test_a_preflight_allows_what_clients_send(client: FlaskClient) -> None:
    """A browser may send each method and header that the service knows, from any origin, without a login."""
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "QUERY"}
    response = client.options("/sparql", headers=asked)
    assert {"GET", "HEAD", "POST", "QUERY", "OPTIONS"} == set(
        response.headers["Access-Control-Allow-Methods"].split(", ")
    )
    assert {"Accept", "Authorization", "Content-Type", "If-None-Match", "X-Query-Id"} == set(
        response.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert ("86400", None) == (
        response.headers["Access-Control-Max-Age"],
        response.headers.get("Access-Control-Allow-Credentials"),
    )


NEGOTIATED = "Accept, Accept-Encoding"
BUILT = "Fri, 02 Jan 2026 03:04:05 GMT"
#: An answer over a release may be kept by anybody who asks each time whether it is still so.
KEPT = {"Cache-Control": "public, no-cache", "ETag": r'"[0-9a-f]{32}"', "Vary": NEGOTIATED}
OF_RELEASE = {**KEPT, "Last-Modified": BUILT}
FLEETING = {"Cache-Control": "no-store", "Vary": NEGOTIATED}
BY_LANGUAGE = {"Content-Language": "en", "Content-Type": "text/html; charset=utf-8", "Vary": r".*, Accept-Language"}
ROWS = "application/sparql-results+json; charset=utf-8"
TURTLE, JSON, PROBLEM = "text/turtle; charset=utf-8", "application/json", "application/problem+json; charset=utf-8"
LINKS = r'(?s).*rel="license".*rel="describedby".*'
DRUG, RELEASE = "/drug/rituximab", "0.1.0-000000000001"
#: One request for each kind of answer: its status, and all headers that it has beside those of every answer.
ANSWERS: dict[str, tuple[str, str, dict[str, str], int, dict[str, str]]] = {
    "rows": ("GET", "/sparql?query=ASK%7B%7D", {}, 200, {**OF_RELEASE, "Content-Type": ROWS}),
    "rows that change by themselves": (
        *("GET", "/sparql?query=SELECT(NOW()%20AS%20%3Ft)%7B%7D", {}, 200, {**FLEETING, "Content-Type": ROWS}),
    ),
    "a document": (
        *("GET", f"{DRUG}.ttl", {}, 200),
        {**OF_RELEASE, "Content-Type": TURTLE, "Content-Location": f"{DRUG}.ttl", "Link": LINKS},
    ),
    "a document in a coding": (
        *("GET", f"{DRUG}.ttl", {"Accept-Encoding": "gzip"}, 200),
        {
            **OF_RELEASE,
            "Content-Type": TURTLE,
            "Content-Location": f"{DRUG}.ttl",
            "Content-Encoding": "gzip",
            "Link": LINKS,
        },
    ),
    "a page": (
        *("GET", DRUG, {"Accept": "text/html"}, 200),
        {**OF_RELEASE, **BY_LANGUAGE, "Content-Location": f"{DRUG}.html", "Link": LINKS},
    ),
    "a list": ("GET", "/data/", {}, 200, {**OF_RELEASE, "Content-Type": JSON}),
    "a graph": (
        *("GET", "/store?graph=https%3A%2F%2Fw3id.org%2Fdualbio%2Fgraph%2Fentities", {}, 200),
        {**KEPT, "Content-Type": TURTLE},
    ),
    "a saved query": (
        *("GET", "/queries/mechanism/pairs-by-disease.csv", {}, 200),
        {
            **OF_RELEASE,
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": ".*",
            "Dualbio-Rows": "[0-9]+",
            "Link": ".*",
        },
    ),
    "a state": ("GET", "/health/ready", {}, 200, {**FLEETING, "Content-Type": JSON}),
    "counters": ("GET", "/metrics", {}, 200, {**FLEETING, "Content-Type": "text/plain; version=0.0.4; charset=utf-8"}),
    "a problem": ("GET", "/nothing/here", {}, 404, {**FLEETING, "Content-Type": PROBLEM}),
    "a problem as a page": (
        *("GET", "/drug/none", {"Accept": "text/html"}, 404),
        {**FLEETING, **BY_LANGUAGE},
    ),
    "another method": (
        *("DELETE", DRUG, {}, 405),
        {**FLEETING, "Allow": "(?:(?:OPTIONS|HEAD|GET)(?:, |$)){3}", "Content-Type": PROBLEM},
    ),
    "a redirect": (
        *("GET", "/queries", {}, 307),
        {"Content-Type": "text/html; charset=utf-8", "Location": "/queries/", "Vary": NEGOTIATED},
    ),
    "a moving name": (
        *("GET", "/data/latest/manifest.json", {}, 307),
        {
            "Cache-Control": "no-cache",
            "Content-Type": "text/html; charset=utf-8",
            "Location": f"/data/{RELEASE}/manifest.json",
            "Vary": NEGOTIATED,
        },
    ),
    "a preflight": (
        *("OPTIONS", "/sparql", {}, 204),
        {
            "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-None-Match, X-Query-Id",
            "Access-Control-Allow-Methods": "GET, HEAD, POST, QUERY, OPTIONS",
            "Access-Control-Max-Age": "86400",
            "Allow": "GET, HEAD, POST, QUERY, OPTIONS",
            "Vary": NEGOTIATED,
        },
    ),
}
#: What the other tests here hold in every answer, and its length.
OF_EVERY = {*COMMON, "Access-Control-Expose-Headers", "Content-Security-Policy", "Dualbio-Release", "Content-Length"}


def check_own(response: Response, wanted: dict[str, str]) -> None:
    """Hold an answer to the headers of its kind: these, and no others."""
    own = {name: value for name, value in response.headers if name not in OF_EVERY}
    assert set(wanted) == set(own)
    odd = {name: value for name, value in own.items() if value != wanted[name]}
    assert {} == {name: value for name, value in odd.items() if not re.fullmatch(wanted[name], value)}
    assert RELEASE == response.headers["Dualbio-Release"]
    check_headers(response)


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_has_the_headers_of_its_kind(client: FlaskClient, kind: str) -> None:
    """Who may keep it, by what it differs, where else it is: whole, so that a directive more or less is noticed."""
    method, url, headers, status, wanted = ANSWERS[kind]
    with client.open(url, method=method, headers=headers) as response:
        assert status == response.status_code
        check_own(response, wanted)
        tag = response.headers.get("ETag")
    if tag:
        with client.open(url, method=method, headers={**headers, "If-None-Match": tag}) as again:
            assert (304, b"") == (again.status_code, again.data)
            kept = {"Cache-Control", "ETag", "Vary", "Link"} & set(wanted)
            assert {name: response.headers[name] for name in kept} == {name: again.headers[name] for name in kept}
            assert COMMON == {name: again.headers.get(name) for name in COMMON}
