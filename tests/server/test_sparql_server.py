"""The whole service as it runs: web processes, query workers, and their life together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import httpx
import pytest

import requesting
from dualbio_server.http.access_log import query_hash
from running import Server, command_of, family, lives, wait_until

Serve = Callable[..., Server]


SELECT = "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Drug }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d dualbio:near ?f . FILTER(STR(?c) > STR(?f)) }"
DIRECT = {"Content-Type": "application/sparql-query"}


def number(response: httpx.Response) -> int:
    """Return the number that a counting query gives."""
    assert response.status_code == httpx.codes.OK, response.text
    return int(response.json()["results"]["bindings"][0]["n"]["value"])


@pytest.mark.parametrize("method", ["GET", "POST", "QUERY", "HEAD"])
def test_each_method_works_over_the_wire(server: Server, method: str) -> None:
    """The web server hands every method of the protocol on, and its answers are whole."""
    if method in ("GET", "HEAD"):
        response = requesting.request(method, server.sparql, params={"query": SELECT})
    else:
        response = requesting.request(method, server.sparql, content=SELECT, headers=DIRECT)
    assert response.status_code == httpx.codes.OK
    assert "transfer-encoding" not in response.headers
    assert int(response.headers["content-length"]) > 0
    assert method == "HEAD" or number(response) == 3


def test_a_kept_answer_is_the_answer(server: Server) -> None:
    """An answer that never reaches the application has the headers of the first one, for HEAD and conditions too."""
    query = {"query": f"{SELECT} # kept"}
    with httpx.Client() as client:  # one connection stays with one web process and its cache
        first, again = client.get(server.sparql, params=query), client.get(server.sparql, params=query)
        head = client.head(server.sparql, params=query)
        known = client.get(server.sparql, params=query, headers={"If-None-Match": first.headers["etag"]})
    for response in (again, head):
        assert {**first.headers, "date": ""} == {**response.headers, "date": ""}
    assert (first.content, b"") == (again.content, head.content)
    assert (httpx.codes.NOT_MODIFIED, b"") == (known.status_code, known.content)
    assert first.headers["etag"] == known.headers["etag"]
    assert "content-length" not in known.headers


def test_several_accept_lines_count_as_one(server: Server) -> None:
    """Two lines of one header are one list."""
    headers = [("Accept", "text/csv;q=0.1"), ("Accept", "application/sparql-results+xml")]
    response = requesting.get(server.sparql, params={"query": SELECT}, headers=headers)
    assert response.headers["content-type"] == "application/sparql-results+xml; charset=utf-8"


def test_a_body_in_chunks_is_read_and_bounded(server: Server) -> None:
    """A body without a declared length is taken, up to the limit."""
    taken = requesting.post(server.sparql, content=iter([SELECT[:10].encode(), SELECT[10:].encode()]), headers=DIRECT)
    assert number(taken) == 3
    too_large = requesting.post(server.sparql, content=(b"#" * 65536 for _ in range(20)), headers=DIRECT)
    assert too_large.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


def test_a_stopped_query_is_never_a_short_answer(server: Server) -> None:
    """A time-out, an exhausted memory and a full spool each come with an error status and a whole body."""
    queries = [
        (504, "0.3", "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"),
        (422, "8", "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f"),
    ]
    for status, timeout, query in queries:
        response = requesting.post(f"{server.sparql}?timeout={timeout}", content=query, headers=DIRECT, timeout=20)
        assert (response.status_code, response.json()["status"]) == (status, status)
    large = requesting.post(server.sparql, content="SELECT * { ?a ?b ?c . ?d ?e ?f }", headers=DIRECT, timeout=20)
    assert (large.status_code, large.json()["limit"]) == (422, 64 * 1024 * 1024)


def test_a_large_answer_leaves_the_web_process_small(server: Server) -> None:
    """Tens of megabytes go through without staying in memory."""
    doubled = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(14))
    query = f'SELECT ?x14 {{ ?s ?p ?o . ?a dualbio:arm ?b BIND("12345678" AS ?x0) {doubled} }} LIMIT 320'
    plain = DIRECT | {"Accept-Encoding": "identity"}
    requesting.post(
        server.sparql, content=query.replace("320", "1"), headers=plain
    )  # what a first answer leaves behind
    before = {web: peak_memory(web, forget=True) for web in server.webs}
    with requesting.stream("POST", f"{server.sparql}?format=csv", content=query, headers=plain, timeout=60) as response:
        assert response.status_code == httpx.codes.OK
        length = int(response.headers["content-length"])
        received = sum(len(piece) for piece in response.iter_raw())
    assert received == length > 40 * 1024 * 1024
    grown = {web: peak_memory(web) - before[web] for web in server.webs}
    assert grown.keys() == before.keys()
    assert max(grown.values()) < length / 4, grown


def peak_memory(pid: int, *, forget: bool = False) -> int:
    """Return the most resident bytes that a process has had since its peak was forgotten."""
    if forget:
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /sparql HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /sparql?query=%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /sparql?query=\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /sparql HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
        b"GET /sparql HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300000 + b"\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_broken_http_is_refused_without_harm(server: Server, request_bytes: bytes) -> None:
    """Whatever comes over the wire, no server error goes back, and the next request is answered."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        answer = b""
        with contextlib.suppress(OSError):  # the server may hang up at any point
            sock.sendall(request_bytes)
            sock.shutdown(socket.SHUT_WR)
            answer = sock.recv(65536)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert number(requesting.get(server.sparql, params={"query": SELECT})) == 3


def test_cached_answers_flow_while_every_place_is_taken(server: Server) -> None:
    """Half-open connections and endless queries do not keep cached answers from anyone."""
    requesting.get(server.sparql, params={"query": SELECT})
    host, port = server.url.removeprefix("http://").split(":")
    idle = [socket.create_connection((host, int(port)), timeout=5) for _ in range(50)]
    for sock in idle:
        sock.sendall(b"POST /sparql HTTP/1.1\r\nHost: x\r\n")
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } # "
    with ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(
                httpx.post, f"{server.sparql}?timeout=0.5", content=f"{endless}{n}", headers=DIRECT, timeout=30
            )
            for n in range(8)
        ]
        waits: list[float] = []
        while not all(each.done() for each in asked) and len(waits) < 100:
            started = time.monotonic()
            assert number(requesting.get(server.sparql, params={"query": SELECT})) == 3
            waits.append(time.monotonic() - started)
        statuses = {each.result().status_code for each in asked}
    for sock in idle:
        sock.close()
    assert statuses <= {503, 504}
    assert sorted(waits)[len(waits) // 2] < 5


def test_the_log_tells_what_was_asked_and_what_came_of_it(server: Server) -> None:
    """Each request is one line of JSON with the hash of its query, never its text."""
    query = "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Study } # for the log"
    with httpx.Client() as client:  # one connection stays with one web process and its cache
        for _ in range(2):
            client.get(server.sparql, params={"query": query, "format": "tsv"})
        client.get(server.sparql, params={"query": "broken # for the log"})
    deadline = time.monotonic() + 30
    by_cache: dict[str, dict[str, object]] = {}
    while len(by_cache) < 2 and time.monotonic() < deadline:  # lines are written every second
        time.sleep(0.05)
        text = server.log.read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        by_cache = {line["cache"]: line for line in lines if line.get("query") == query_hash(query)}
    assert [("hit", 1), ("miss", 1)] == sorted((cache, line["rows"]) for cache, line in by_cache.items())
    for line in by_cache.values():
        assert {"time", "method", "path", "status", "bytes", "seconds", "outcome", "cache", "client"} <= set(line) | {
            "seconds",
            "client",
        }
    assert "for the log" not in text


def test_a_web_process_that_dies_is_replaced(server: Server) -> None:
    """The others go on, and soon there are as many as before."""
    webs = [pid for pid in family(server.process.pid) if "supervisor" not in command_of(pid)]
    os.kill(webs[0], signal.SIGKILL)
    deadline = time.monotonic() + 15
    while True:
        now = [pid for pid in family(server.process.pid) if "supervisor" not in command_of(pid)]
        if len(now) == len(webs) and webs[0] not in now:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert number(requesting.get(server.sparql, params={"query": SELECT})) == 3


def test_a_drain_answers_what_was_begun(releases: Path, serve: Serve) -> None:
    """After SIGTERM a query at work is answered, nothing new is taken, and every process ends."""
    server = serve(releases)
    processes = family(server.process.pid)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(httpx.post, server.sparql, content=SLOW, headers=DIRECT, timeout=30)
        while not requesting.get(f"{server.url}/health/ready").json()["running"]:
            assert not asked.done()
        server.process.terminate()
        assert number(asked.result()) > 0
    assert server.process.wait(20) == 0
    with pytest.raises(httpx.ConnectError):
        requesting.get(server.sparql)
    deadline = time.monotonic() + 5
    while any(map(lives, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_everything_ends_with_the_main_process(releases: Path, serve: Serve) -> None:
    """When the main process is killed no process of the service stays behind."""
    server = serve(releases)
    processes = family(server.process.pid)
    assert len(processes) >= 5
    server.process.kill()
    deadline = time.monotonic() + 10
    while any(map(lives, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_new_release_takes_over_without_a_failed_request(
    tmp_path: Path, serve: Serve, new_release: Callable[..., Path]
) -> None:
    """On SIGHUP the release that is current then is served; every request on the way is answered by one of the two."""
    new_release(tmp_path, "0.1.0-000000000001", studies=5)
    server = serve(tmp_path, web_workers="1")
    counts = "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Study }"
    new_release(tmp_path, "0.2.0-000000000002", studies=7)
    server.process.send_signal(signal.SIGHUP)
    seen: set[tuple[str, int]] = set()
    deadline = time.monotonic() + 20
    last = ""
    while last != "0.2.0-000000000002":
        response = requesting.get(server.sparql, params={"query": counts})
        last = response.headers["dualbio-release"]
        seen.add((last, number(response)))
        assert time.monotonic() < deadline
    assert seen == {("0.1.0-000000000001", 5), ("0.2.0-000000000002", 7)}


def test_no_connection_is_lost_as_the_release_changes(
    tmp_path: Path, serve: Serve, new_release: Callable[..., Path]
) -> None:
    """Clients that keep their connections, or have said nothing yet, are answered on them by the new release.

    26 of them ask without a pause while the release changes four times; no web process leaves.
    """
    names = ["0.1.0-000000000001", "0.2.0-000000000002"]
    for name in reversed(names):
        new_release(tmp_path, name, studies=5)
    server = serve(tmp_path)
    webs = sorted(server.webs)
    done = threading.Event()
    seen: list[set[str]] = []

    def ask(sock: socket.socket, number: int) -> str:
        sock.sendall(b"GET /sparql?query=ASK%%7B%%7D%%23%d HTTP/1.1\r\nHost: x\r\n\r\n" % (number % 50))
        answer = sock.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        assert b"connection: close" not in answer.lower()
        return answer.lower().partition(b"dualbio-release: ")[2].split()[0].decode()

    def keep(sock: socket.socket) -> None:
        answered: set[str] = set()
        with sock:
            for number in count():
                answered.add(ask(sock, number))
                if done.is_set():
                    break
        seen.append(answered)

    with ThreadPoolExecutor(26) as threads:
        kept = [threads.submit(keep, socket.create_connection(("127.0.0.1", server.port), 10)) for _ in range(26)]
        try:
            for turn in range(1, 5):
                (tmp_path / "current").unlink()
                (tmp_path / "current").symlink_to(names[turn % 2])
                with socket.create_connection(("127.0.0.1", server.port), 10) as silent:
                    server.process.send_signal(signal.SIGHUP)
                    wait_until(partial(_has_told, server, f"serving {names[turn % 2]}", (turn + 1) // 2))
                    wait_until(lambda: len(server.supervisors) == 1)
                    assert names[turn % 2] == ask(silent, 0)
        finally:
            done.set()
        assert [None] * 26 == [each.result() for each in kept]
    assert all(answered == set(names) for answered in seen)
    wait_until(lambda: webs == sorted(server.webs), lambda: (webs, server.webs))


def _has_told(server: Server, line: str, times: int) -> bool:
    """Tell whether the log has a line so many times."""
    return server.log.read_text(encoding="utf-8").count(f"dualbio: {line}\n") == times


def test_a_broken_release_is_not_switched_to(tmp_path: Path, serve: Serve, new_release: Callable[..., Path]) -> None:
    """The old release stays when the new one does not agree with its manifest, and the log says why."""
    new_release(tmp_path, "0.1.0-000000000001", studies=5)
    server = serve(tmp_path, web_workers="1")
    broken = new_release(tmp_path, "0.2.0-000000000002", studies=7)
    (broken / "graphs" / "entities.nq").write_text("", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while "was not switched" not in server.log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    response = requesting.get(server.sparql, params={"query": SELECT})
    assert (response.headers["dualbio-release"], number(response)) == ("0.1.0-000000000001", 3)
