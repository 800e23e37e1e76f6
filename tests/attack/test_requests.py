"""Requests that are no good are refused in our words, readable from any origin, and end nothing else."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

import requesting
from attacking import connect, read_to_end
from running import Server


def problem(answer: bytes) -> tuple[int, str]:
    """Return status and code of a refusal; it must be whole, and readable from any origin."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nAccess-Control-Allow-Origin: *\r\n" in head + b"\r\n"
    assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    told = json.loads(body)
    return int(head.split()[1]), told["type"].rpartition("/")[2]


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", (400, "host")),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", (400, "host")),
        (b"GET / HTTP/1.1\nHost: a\n\n", (400, "http")),
        (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", (405, "method")),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", (400, "http")),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n", (400, "http")),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", (400, "http")),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            (400, "http"),
        ),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", (400, "http")),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n", (431, "headers")),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 500_000 + b"\r\n\r\n", (431, "headers")),
        (
            b"GET /sparql?query=" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            (414, "url-length"),
        ),
        (b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", (413, "request-size")),
        (
            b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" + b"x" * 2_097_152,
            (413, "request-size"),
        ),
    ],
)
def test_a_request_that_is_no_good_is_refused_in_our_words(
    server: Server, sent: bytes, refused: tuple[int, str]
) -> None:
    """The client learns what was wrong in the one shape of our errors, and the connection ends."""
    with connect(server, sent) as sock:
        assert refused == problem(read_to_end(sock))


@pytest.mark.parametrize("size", [2_000_000, 8_000_000, 30_000_000])
def test_a_client_that_sends_before_it_reads_learns_that_its_body_is_too_large(server: Server, size: int) -> None:
    """What it still sends is taken and thrown away, so that it comes to the answer."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(server.sparql, data=b"x" * size, timeout=30)  # noqa: S310 - our own service
    assert refused.value.code == 413
    assert json.load(refused.value)["limit"] == 1024 * 1024


def test_a_client_that_asks_first_sends_nothing(server: Server) -> None:
    """With `Expect: 100-continue` a body that is welcome is asked for, and one that is too large is not."""
    head = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nExpect: 100-continue\r\n"
    with connect(server, head + b"Connection: close\r\nContent-Length: 6\r\n\r\n") as sock:
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"ASK {}")
        assert read_to_end(sock).startswith(b"HTTP/1.1 200 OK")
    with connect(server, head + b"Content-Length: 9000000\r\n\r\n") as sock:
        sock.settimeout(10)
        assert sock.recv(1000).startswith(b"HTTP/1.1 413")


def test_requests_in_a_row_are_answered_in_their_order(server: Server) -> None:
    """Several requests in one packet, cached and new, small and large, come back one after another."""
    queries = [f"SELECT ?n {{ BIND({number} AS ?n) }}" for number in range(8)]
    requesting.get(server.sparql, params={"query": queries[3], "format": "csv"})
    lines = [f"GET /sparql?format=csv&query={query.replace(' ', '%20')} HTTP/1.1\r\nHost: x\r\n" for query in queries]
    with connect(server, ("\r\n".join(lines) + "Connection: close\r\n\r\n").encode()) as sock:
        answer = read_to_end(sock)
    found = [part.split(b"\r\n")[1] for part in answer.split(b"\r\n\r\nn")[1:]]
    assert [str(number).encode() for number in range(8)] == found


def test_a_client_of_http_1_0_is_answered(server: Server) -> None:
    """It may leave out Host, and its connection ends with the answer."""
    with connect(server, b"GET /sparql?query=ASK%7B%7D HTTP/1.0\r\n\r\n") as sock:
        assert read_to_end(sock).startswith(b"HTTP/1.1 200 OK")
    with connect(server, b"GET /sparql HTTP/1.0\r\nAccept: text/turtle\r\n\r\n") as sock:
        assert read_to_end(sock).startswith(b"HTTP/1.1 200 OK")


def test_a_header_cannot_pass_for_another(server: Server) -> None:
    """A name with an underscore, which gateways would take for one with a hyphen, is not looked at."""
    request = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept_Encoding: gzip;q=x,\r\n"
    with connect(server, request + b"Content_Length: 5\r\n\r\n") as sock:
        assert read_to_end(sock).startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_half_closes_gets_its_answer(server: Server) -> None:
    """Who has said everything may close that direction."""
    with connect(server, b"GET /sparql?query=ASK%7B%7D%23half HTTP/1.1\r\nHost: x\r\n\r\n") as sock:
        sock.shutdown(1)
        assert read_to_end(sock).startswith(b"HTTP/1.1 200 OK")
