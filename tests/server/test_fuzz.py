"""Malformed requests, by the thousands: each is answered as what it is, and nothing is left behind.

Each test runs with a seed that never changes and with a new one, which is printed; `FUZZ_SEED=<number>` repeats it.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import socket
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

import requesting
from dualbio.queries import Library
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.workers import WorkerPool
from malformed import raw_request, wsgi_request
from running import Server, children_of, files_of, wait_until

SEEDS = [20261124, int(os.environ.get("FUZZ_SEED") or secrets.randbits(32))]
REQUESTS = 5000
REQUESTS_OVER_THE_WIRE = 2000
STATUSES_OF_LIMITS = (503, 504)
#: What a process at rest may hold open: its log, counters and pipes, and lines to workers; far below one a request.
FILES_OF_A_PROCESS = 40


@pytest.fixture(scope="module")
def queries() -> list[str]:
    """The saved queries and one of each further form, to be broken."""
    library = Library.read(shipped_sources().queries)
    return [query.text for query in library.values()] + [
        "ASK { GRAPH ?g { ?s a dualbio:Drug } }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o MINUS { ?s a dualbio:Arm } } LIMIT 3",
        "DESCRIBE <https://w3id.org/dualbio/drug/rituximab>",
        "SELECT (COUNT(*) AS ?n) FROM NAMED <https://w3id.org/dualbio/graph/entities> { GRAPH ?g { ?s ?p ?o } }",
        "SELECT * { ?s (dualbio:arm/dualbio:drug)|^dualbio:near* ?o FILTER NOT EXISTS { ?o a 'x'@en } } LIMIT 2",
        "INSERT DATA { GRAPH <https://w3id.org/dualbio/graph/user/a> { <x:a> <x:b> 1 } }",
        "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
    ]


@pytest.fixture(params=SEEDS, ids=["fixed", "fresh"])
def source(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> random.Random:
    """A source of random choices whose seed is on the screen."""
    seed: int = request.param
    if seed != SEEDS[0]:
        with capsys.disabled():
            sys.stderr.write(f" FUZZ_SEED={seed} ")
    return random.Random(seed)  # noqa: S311 - a fuzz that repeats


def test_thousands_of_malformed_requests_end_in_no_server_error(
    make: Callable[..., Flask], settings: Settings, pool: WorkerPool, queries: list[str], source: random.Random
) -> None:
    """Each gets an answer below 500 or a limit that is told; no worker is lost, and none is left busy."""
    app = make(settings=settings.model_copy(update={"query_timeout": 0.2}))
    client = app.test_client()
    assert pool.pid
    before = files_of(pool.pid)
    statuses: Counter[int] = Counter()
    for _ in range(REQUESTS):
        request = wsgi_request(source, queries)
        response = client.open(**request)
        statuses[response.status_code] += 1
        assert response.status_code < 500 or response.status_code in STATUSES_OF_LIMITS, (request, response.text)
        if response.status_code >= 400 and request["method"] != "HEAD":
            types = ["application/problem+json; charset=utf-8", "text/html; charset=utf-8"]
            html = "html" in request["headers"].get("Accept", "").lower()  # a browser is shown a page
            assert response.content_type in types[: 1 + html], request
        response.close()
    assert {200, 400, 403, 404, 405, 406, 415} <= set(statuses), statuses
    ready = client.get("/health/ready").json
    assert ready is not None
    assert (2, 0) == (ready["workers"], ready["running"])
    wait_until(lambda: len(children_of(pool.pid or 0)) == 2)
    assert before == files_of(pool.pid)


def exchange(server: Server, data: bytes) -> bytes:
    """Send bytes, say that there are no more, and return what came back."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock,
        contextlib.suppress(ConnectionError),  # the server may hang up at any point
    ):
        sock.sendall(data)
        with contextlib.suppress(OSError):  # it has hung up already
            sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(65536):
            answer += piece
    return answer


def test_broken_http_ends_in_no_server_error(server: Server, queries: list[str], source: random.Random) -> None:
    """Whatever comes over the wire, no server error goes back, no process dies, no file stays open, and it goes on."""
    (supervisor,) = server.supervisors
    processes = [*server.webs, supervisor]
    answer = requesting.get(server.sparql, params={"query": "ASK { ?s a dualbio:Drug }"}).text
    statuses: Counter[bytes] = Counter()
    for _ in range(REQUESTS_OVER_THE_WIRE):
        data = raw_request(source, queries)
        found = exchange(server, data)
        status = found[9:12] if found.startswith(b"HTTP/1.") else b""
        statuses[status] += 1
        assert not found or status, (data, found)
        assert not status.startswith(b"5") or int(status) in STATUSES_OF_LIMITS, (data, found)
    assert {b"", b"200", b"400", b"405", b"415"} <= set(statuses), statuses
    assert processes == [*server.webs, *server.supervisors]
    wait_until(lambda: len(children_of(supervisor)) == 2)
    wait_until(
        lambda: all(len(files_of(pid)) < FILES_OF_A_PROCESS for pid in processes),
        lambda: {pid: files_of(pid) for pid in processes},
    )
    assert answer == requesting.get(server.sparql, params={"query": "ASK { ?s a dualbio:Drug }"}).text
    assert "Traceback" not in Path(server.log).read_text(encoding="utf-8")
