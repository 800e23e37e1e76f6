"""Clients that are slow, silent or gone hold nothing that others need, without a proxy in front."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import quote

import httpx
import pytest

import requesting
from attacking import connect, hang_up, holdings, probing, read_to_end
from running import Server, wait_until

BODY = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 100\r\n\r\nASK {"
HALF = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nX-"
CHUNKED = b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nASK {"
UPLOAD = b"PUT /sparql/graphs?default HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + b"x" * 100_000
#: Some 7 MB as CSV.
LARGE = "SELECT * { ?a dualbio:arm ?c . ?d dualbio:events ?f } LIMIT 78000"
#: HTTP/2 with prior knowledge: the preface, settings, and the beginnings of a hundred uploads.
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
HTTP2 += b"".join(b"\x00\x00\x03\x01\x04" + (2 * n + 1).to_bytes(4, "big") + b"\x83\x84\x86" for n in range(100))


@pytest.fixture(autouse=True)
def nothing_is_kept(server: Server) -> object:
    """After each attack the service holds what it held before, but for some lines to workers, and answers."""
    requesting.get(server.sparql, params={"query": "ASK {}"})
    sockets, files = holdings(server)
    yield
    wait_until(
        lambda: holdings(server) <= (sockets + 10, files), lambda: (sockets, files, holdings(server)), seconds=10
    )
    fresh = {"query": f"ASK {{}} # {time.monotonic_ns()}"}
    assert requesting.get(server.sparql, params=fresh).status_code == httpx.codes.OK


@pytest.mark.parametrize("sent", [b"", HALF, BODY, CHUNKED], ids=["idle", "half a head", "five bytes", "a chunk"])
def test_five_hundred_that_wait_keep_nobody_from_an_answer(server: Server, sent: bytes) -> None:
    """Whatever a client leaves unsaid, nothing waits for it but its own connection."""
    with probing(server), ExitStack() as stack:
        for _ in range(500):
            connect(server, sent, stack=stack)
        time.sleep(2)
        query = {"query": f"ASK {{}} # {sent[:8]!r}"}
        assert requesting.get(server.sparql, params=query, timeout=5).status_code == httpx.codes.OK


def test_a_hundred_aborted_uploads_leave_nothing(server: Server) -> None:
    """Bodies that end with a reset take no thread, no memory and no file with them."""
    with probing(server):
        for _ in range(100):
            hang_up(connect(server, UPLOAD))


def test_two_hundred_readers_that_do_not_read_keep_nobody_from_an_answer(server: Server) -> None:
    """Each has begun an answer of 7 MB and stops; none of them holds a thread or a query worker."""
    request = f"GET /sparql?query={quote(LARGE)}&format=csv HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    with probing(server) as probe, ExitStack() as stack:

        def begin(_: int) -> None:
            while True:
                sock = connect(server, request, buffer=4096)
                status = sock.recv(12)
                if status == b"HTTP/1.1 200":
                    stack.enter_context(sock)
                    return
                assert status in (b"HTTP/1.1 503", b"HTTP/1.1 429"), status
                sock.close()
                time.sleep(0.1)

        with ThreadPoolExecutor(4) as threads:
            assert [None] * 200 == list(threads.map(begin, range(200)))
        assert requesting.get(server.sparql, params={"query": "ASK {} # besides"}).status_code == httpx.codes.OK
        wait_until(lambda: bool(probe.waits))


def test_six_connections_of_a_hundred_streams_are_turned_away(server: Server) -> None:
    """HTTP/2 is not spoken here: its preface ends the connection, whatever follows."""
    with probing(server), ExitStack() as stack:
        for sock in [connect(server, HTTP2, stack=stack) for _ in range(6)]:
            assert read_to_end(sock).startswith(b"HTTP/1.1 400")


def test_each_step_has_its_deadline(server: Server) -> None:
    """A client that stays and does nothing is told so, or left; and gives back its file while it stays."""
    request = f"GET /sparql?query={quote(LARGE)}&format=csv HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    _, files = holdings(server)
    with ExitStack() as stack:
        started = time.monotonic()
        reader = connect(server, request, stack=stack, buffer=4096)
        assert reader.recv(12) == b"HTTP/1.1 200"
        wait_until(lambda: holdings(server)[1] == files + 1)
        silent = connect(server, stack=stack)
        for sock in [connect(server, sent, stack=stack) for sent in (HALF, BODY, CHUNKED)]:
            answer = read_to_end(sock)
            assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert b"/problem/slow" in answer
        assert read_to_end(silent) == b""
        wait_until(lambda: holdings(server)[1] == files, lambda: holdings(server), seconds=40)
        assert 20 < time.monotonic() - started


def test_a_body_that_keeps_its_pace_is_taken(server: Server) -> None:
    """Slow is not too slow: some kilobytes over twelve seconds, in pieces, are answered."""
    query = b"ASK {} " + b"#" * 30_000
    head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: {len(query)}"
    with connect(server, head.encode() + b"\r\nConnection: close\r\n\r\n") as sock:
        for start in range(0, len(query), 2500):
            sock.sendall(query[start : start + 2500])
            time.sleep(1)
        assert read_to_end(sock).startswith(b"HTTP/1.1 200")


def test_a_reader_that_keeps_its_pace_gets_everything(server: Server) -> None:
    """An answer of 7 MB that is read in more time than a silent client has comes whole."""
    request = f"GET /sparql?query={quote(LARGE)}&format=csv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    with connect(server, request, buffer=65536) as sock:
        received = b""
        while piece := sock.recv(300_000):
            received += piece
            time.sleep(0.05 if len(received) < 6_500_000 else 0)
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(body) > 7_000_000
