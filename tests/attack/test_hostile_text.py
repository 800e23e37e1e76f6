"""No text that a stranger sends stops a web process, or costs it a second that no limit bounds."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import pytest
from flask import Flask

from dualbio.search import SearchIndex
from dualbio.store.workers.process.protocol import QueryRequest
from dualbio_server.http.problems import MEDIA_TYPE
from dualbio_server.http.shares import places_of

#: A megabyte, what a query string may have, and what one value and a path may have.
SIZES = (1_000_000, 60_000, 4_000, 1_900)
#: What strangers try: letters, words, brackets, quotes, names, joined lists, escapes, signs that combine, paths.
TEXTS = {
    "letters": "z",
    "words": "zq ",
    "brackets": "[",
    "groups": "{(",
    "quotes": "\"'",
    "lists": "drug-00,",
    "alike": "drug-0001-bbbbbbbbbbbc ",
    "iris": "<https://w3id.org/dualbio/drug/x> ",
    "escapes": "\\u0041",
    "signs": "e\u0301\u0301",
    "paths": "../",
    "stars": "*/",
    "nothing": "\x00",
    "lines": "#\n",
}
PARAMETERS = (
    *("q", "s", "p", "o", "by", "format", "limit", "offset", "query", "update", "graph", "default", "timeout"),
    *("default-graph-uri", "named-graph-uri", "using-graph-uri", "drug", "word", "x"),
)
HEADERS = ("Accept", "Accept-Encoding", "If-None-Match", "If-Match", "X-Query-Id", "Authorization", "Content-Encoding")
TYPES = (
    *("application/sparql-query", "application/sparql-update", "application/x-www-form-urlencoded"),
    *("text/csv", "application/json", "text/turtle", "application/rdf+xml", "application/ld+json", "text/html"),
)
#: Seconds of processor that one request may take in the web process.
MOST = 1.0


@dataclass
class Sent:
    """A request as a web server hands it on."""

    path: str
    method: str = "GET"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    type: str = ""


def send(app: Flask, request: Sent) -> tuple[int, str, bytes, float]:
    """Return status, media type, body and seconds of processor of the answer of an application."""
    told: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
        told.append((status, headers, error))

    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.type,
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()},
    }
    started = time.process_time()
    answer: Any = app(environ, start)
    body = b"".join(answer)
    seconds = time.process_time() - started
    if hasattr(answer, "close"):
        answer.close()
    status, headers = told[-1][:2]
    return int(status[:3]), dict(headers).get("Content-Type", ""), body, seconds


def places(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield every rule of the application with each of its methods; `{}` stands for what is variable."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<any\('([^']*)'[^>]*>", r"\1", rule.rule)
        path = path.replace("<topic>/<name>", "toy/drugs") if "queries" in path else path
        path = path.replace("<release>", "0.1.0-now").replace("<old>/<new>", "0.1.0-before/0.1.0-now")
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield re.sub(r"<[^>]*>", "{}", path), method


def everywhere(app: Flask, text: str) -> Iterator[Sent]:
    """Yield every place where a text can stand in a request to a route, one at a time."""
    escaped = quote(text)
    for path, method in places(app):
        if "{}" in path:
            yield Sent(path.replace("{}", text), method)
            yield Sent(path.replace("{}", f"{text}.ttl"), method)
        plain = path.replace("{}", "x")
        yield Sent(f"{plain}/{text}", method)
        yield Sent(plain, method, "&".join(f"{name}={escaped}" for name in PARAMETERS))
        yield Sent(plain, method, "&".join(f"{escaped[:9]}{n}={n}" for n in range(len(text) // 9)))
        if len(text) < max(SIZES):  # a header of a megabyte is the web server's to refuse
            sent = text.encode().decode("latin-1")
            yield from (Sent(plain, method, headers={name: sent}) for name in HEADERS)
        if method in ("POST", "PUT"):
            yield from bodies(plain, method, text)


def large(text: str) -> Iterator[Sent]:
    """Yield the requests that carry a megabyte to something that reads it."""
    for path in ("/sparql", "/store", "/queries/toy/drugs"):
        yield from bodies(path, "PUT" if path == "/store" else "POST", text)
    yield Sent("/search", query=f"q={quote(text)}")
    yield Sent(f"/drug/{text}")


def bodies(path: str, method: str, text: str) -> Iterator[Sent]:
    """Yield requests with the text in a body of every type that any route reads."""
    token = {"Authorization": "Bearer a-token-for-operators"}
    shaped = {
        "application/x-www-form-urlencoded": f"drug={quote(text)}&q={quote(text)}",
        "text/csv": f"drug,word\n{text},{text}\n",
        "application/json": json.dumps([{"drug": text, "word": [text]}]),
    }
    for kind in TYPES:
        yield from (Sent(path, method, "", token, each.encode(), kind) for each in {text, shaped.get(kind, text)})


def faults(app: Flask, sent: Iterator[Sent]) -> list[object]:
    """Return what went wrong: an answer that blames the service, is no problem details, or took too long."""
    found: list[object] = []
    for request in sent:
        status, kind, body, seconds = send(app, request)
        where = request.method, request.path[:60], request.query[:40], request.type, list(request.headers)
        if status == 500 or (status >= 400 and kind != MEDIA_TYPE and request.method != "HEAD"):
            found.append((*where, status, body[:300]))
        if seconds > MOST:
            found.append((*where, f"{seconds:.1f} s"))
    return found


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("size", SIZES)
def test_no_text_costs_a_second_or_breaks_a_route(app: Flask, name: str, size: int) -> None:
    """In path, parameters, headers and bodies of every route: never 500, never a second of processor."""
    text = (TEXTS[name] * (size // len(TEXTS[name]) + 1))[:size]
    every = name in (("letters", "alike", "signs", "paths") if size == min(SIZES) else ("letters",))

    assert [] == faults(app, everywhere(app, text) if every else large(text))


def test_every_route_is_tried(app: Flask) -> None:
    """The routes come from the application, so that a new one is tried too; those of today are among them."""
    found = {path for path, _ in places(app)}

    assert len(found) > 30
    assert {"/search", "/why", "/queries/toy/drugs", "/graph/{}", "/data/0.1.0-now/{}", "/store", "/sparql"} <= found


#: Each bound of a request: how much it is, a request that has so much of something, and how one more is told.
BOUNDS: dict[str, tuple[int, Callable[[int], Sent], tuple[int, str]]] = {
    "path": (2048, lambda n: Sent("/" + "x" * (n - 1)), (414, "url-length")),
    "query string": (65536, lambda n: Sent("/drug/x", query="a&" * (n // 2) + "a" * (n % 2)), (414, "url-length")),
    "header": (8192, lambda n: Sent("/drug/x", headers={"X-Anything": "x" * n}), (431, "header-size")),
    "parameters": (200, lambda n: Sent("/drug/x", query="&".join(["a=b"] * n)), (400, "parameters")),
    "value": (4096, lambda n: Sent("/drug/x", query=f"a={'b' * n}"), (400, "parameter-length")),
    "name of a parameter": (4096, lambda n: Sent("/drug/x", query=f"{'a' * n}=b"), (400, "parameter-length")),
    "parameters of a query": (
        1000,
        lambda n: Sent("/sparql", query="&".join(["query=ASK%7B%7D", *["a=b"] * (n - 1)])),
        (400, "parameters"),
    ),
    "search": (1000, lambda n: Sent("/search", query=f"q={'w' * n}"), (400, "search-length")),
    "suggestions": (1000, lambda n: Sent("/suggest", query=f"q={'w' * n}"), (400, "search-length")),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_each_bound_of_a_request_is_met_and_told(app: Flask, name: str) -> None:
    """So much is looked at, and one more is refused with the limit."""
    limit, request, refusal = BOUNDS[name]
    within, beyond = (json_of(send(app, request(size))[2]) for size in (limit, limit + 1))

    assert refusal[1] != within.get("type", "").rpartition("/")[2]
    assert (*refusal, limit) == (beyond["status"], beyond["type"].rpartition("/")[2], beyond["limit"])


def json_of(body: bytes) -> dict[str, Any]:
    """Return a JSON object; an empty one for another body."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


DEEP = {
    "lists": "[" * 100_000,
    "objects": '{"a":' * 100_000,
    "closed": "[" * 50_000 + "]" * 50_000,
    "inside": '[{"drug": ' + "[" * 100_000 + "]" * 100_000 + "}]",
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_json_is_a_bad_request(app: Flask, name: str) -> None:
    """A table of questions nested 100,000 deep is 400 with what is accepted."""
    request = Sent("/queries/toy/drugs", "POST", body=DEEP[name].encode(), type="application/json")
    status, kind, body, seconds = send(app, request)

    assert (400, MEDIA_TYPE) == (status, kind), body
    assert seconds < MOST


def test_a_table_of_unknown_names_is_told_by_its_first_rows(app: Flask) -> None:
    """A thousand misspelt drugs cost what ten do, and the answer says that there are more."""
    rows = "drug\n" + "".join(f"drug-{number:04}-bbbbbbbbbbcc\n" for number in range(1000))
    status, _, body, seconds = send(app, Sent("/queries/toy/drugs", "POST", body=rows.encode(), type="text/csv"))
    problem = json.loads(body)

    assert (400, 10) == (status, len(problem["questions"]))
    assert "at least 9 more questions do not fit" in problem["detail"]
    assert seconds < 2 * MOST


def test_a_table_of_questions_ends_at_the_time_limit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows there are, together they take no longer than one query may."""
    pool = app.extensions["dualbio"].pool
    asked: Callable[[QueryRequest], Any] = pool.ask

    def slow(request: QueryRequest) -> Any:
        time.sleep(0.5)
        return asked(request)

    monkeypatch.setattr(pool, "ask", slow)
    rows = "drug\n" + "".join(f"drug-{number:04}-{'abcdefgh'[number % 8] * 12}\n" for number in range(100))
    started = time.monotonic()
    status, _, body, _ = send(app, Sent("/queries/toy/drugs", "POST", body=rows.encode(), type="text/csv"))

    assert (504, 4) == (status, json.loads(body)["limit"])
    assert time.monotonic() - started < 8


def test_search_is_done_by_a_worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The web process evaluates nothing: its own store is not asked, and the limits of a query hold."""
    client = app.test_client()
    service = app.extensions["dualbio"]
    asked: list[str] = []
    real: Callable[..., Any] = service.pool.ask

    def noted(request: QueryRequest) -> Any:
        asked.append(request.text)
        return real(request)

    monkeypatch.setattr(service.pool, "ask", noted)
    monkeypatch.setattr(type(service.store), "query", lambda *_: pytest.fail("the web process evaluates a search"))
    monkeypatch.setattr(SearchIndex, "open", lambda *_: pytest.fail("the web process opens the index"))

    hits = client.get("/search?q=number+17+of", headers={"Accept": "application/json"}).get_json()["hits"]
    assert "drug:drug-0017-bbbbbbbbbbbb" in [hit["curie"] for hit in hits]
    assert 200 == client.get("/suggest?q=drug+number+17").status_code
    assert ["number 17 of", "drug number 17"] == asked
    for place in ("/search", "/suggest"):
        refused = client.get(f"{place}?q=" + "w" * 1001)
        assert (400, 1000) == (refused.status_code, refused.get_json()["limit"])


def test_a_request_that_costs_something_takes_a_place_of_its_client(app: Flask) -> None:
    """While a client has its share under way, its further requests are 429, and what costs nothing is answered."""
    address = "192.0.2.7"  # no other test asks from it, so that its places are those that are taken here
    client = app.test_client()
    service = app.extensions["dualbio"]
    share = int(service.options.query_places * service.options.client_share)

    def status(path: str) -> int:
        return client.get(path, buffered=True, environ_overrides={"REMOTE_ADDR": address}).status_code

    asked = f"of={uuid4()}"  # nothing that is in memory already
    with ExitStack() as places:
        for _ in range(share):
            places.enter_context(places_of(service).place(address))
        costly = [status(f"{path}?{asked}") for path in ("/search", "/why", "/queries/", "/drug/x")]
        free = [status(path) for path in ("/health/live", "/static/dualbio.css")]

    assert [429] * 4 == costly
    assert [200, 200] == free
    assert 200 == status(f"/queries/?{asked}")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/search?q=the", 200),
        ("/search?q=a", 200),
        ("/search?q=%00", 200),
        ("/graph/a%20b", 404),
        ("/graph/%3C%3E", 404),
        ("/graph/user/a%20b", 404),
        ("/drug/a%7Cb", 404),
        ("/drug/%22", 404),
        ("/release/a%20b", 404),
        ("/ontology/a%20b", 404),
        ("/v/a%20b/", 404),
        ("/diff/a%20b/c", 404),
        ("/data/a%20b/", 404),
        ("/queries/a%20b/c", 404),
        ("/schemas/a%20b.schema.json", 404),
        ("/drug/drug-0001-bbbbbbbbbbbb?by=%20", 400),
        ("/drug/drug-0001-bbbbbbbbbbbb?by=rdfs:a%20b", 400),
        ("/why?s=rdfs:a%20b&p=rdf:type&o=dualbio:Drug", 400),
        ("/why?s=drug:x%5E&p=rdf:type&o=dualbio:Drug", 400),
        ("/sparql?query=ASK%7B%7D&default-graph-uri=%20", 400),
        ("/store?graph=a%20b", 400),
    ],
)
def test_names_that_no_iri_may_have_are_told(app: Flask, path: str, status: int) -> None:
    """Whatever is asked for, the answer is that there is no such thing; nothing assumes that a name makes an IRI."""
    place, _, query = path.partition("?")
    found, kind, body, _ = send(app, Sent(unquote(place), query=query))

    assert status == found, body
    assert status == 200 or kind == MEDIA_TYPE
