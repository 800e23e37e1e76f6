"""One web process over an application that misbehaves."""

from __future__ import annotations

import json
import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import pytest

from dualbio_server.http.access_log import AccessLog
from dualbio_server.http.metrics import Metrics
from dualbio_server.http.turns import Turn, WholeAnswer
from dualbio_server.process.load import Loads
from dualbio_server.process.web_process import Application, WebLimits, WebProcess

#: Bytes of an answer that is sent in parts, and how many of them may be asked for at once.
LARGE, MANY = 300_000, 16


def answer(text: str) -> WholeAnswer:
    """Return a whole answer with a body."""
    return "200 OK", [("Content-Length", str(len(text)))], text.encode()


def begin(environ: dict[str, Any], turn: Turn) -> bool:
    """Answer as the path says, in the event loop."""
    match environ["PATH_INFO"]:
        case "/once":
            turn.done(answer("once"))
        case "/twice":
            turn.done(answer("first"))
            turn.done(answer("second"))
        case "/raises":
            raise ValueError
        case "/done-then-raises":
            turn.done(answer("done"))
            raise ValueError
        case "/asked-then-raises":
            turn.make(lambda: answer("made in a thread"))
            raise ValueError
        case "/made":
            turn.make(lambda: answer("made in a thread"))
        case "/large":
            turn.done(answer("x" * LARGE))
        case "/made-badly":
            turn.make(lambda: answer(str(1 // 0)))
        case _:
            return False
    return True


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Say that a thread was asked."""
    body = f"by a thread: {environ['PATH_INFO']}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def make(message: dict[str, Any]) -> Application:
    """Return an application, which may take its time to open."""
    time.sleep(message.get("takes", 0))
    return Application(message.get("id", "a"), lambda _: None, begin, application, lambda: None)


def serve(listener: socket.socket, control: socket.socket) -> None:
    """Be a web process."""
    log = AccessLog(None, Metrics())
    WebProcess(listener, control, WebLimits(2, 1000, 5.0), log, Loads(1).at(0), make).run({})


@contextmanager
def web_process() -> Iterator[tuple[tuple[str, int], socket.socket, TextIO]]:
    """Start a web process, and give its address, what it is told by, and what it tells from then on."""
    ours, theirs = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener, ours, theirs:
        listener.setblocking(False)
        process = multiprocessing.get_context("fork").Process(target=serve, args=(listener, theirs), daemon=True)
        process.start()
        with ours.makefile() as told:
            assert "ready" == json.loads(told.readline())["tell"]
            try:
                yield listener.getsockname(), ours, told
            finally:
                process.kill()  # how a process leaves is tested with the whole service
                process.join()


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """The address of a web process."""
    with web_process() as (where, _, _):
        yield where


def ask(address: tuple[str, int], *paths: str) -> bytes:
    """Return all that comes back when paths are asked for one after the other, without waiting, and then no more."""
    with socket.create_connection(address, timeout=20) as sock:
        sock.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in paths))
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/once", b"once"),
        ("/twice", b"first"),
        ("/done-then-raises", b"done"),
        ("/made", b"made in a thread"),
        ("/else", b"by a thread: /else"),
    ],
)
def test_a_request_has_one_answer(address: tuple[str, int], path: str, expected: bytes) -> None:
    """And what comes behind it on the same connection has its own, however often the first was answered."""
    told = ask(address, path, "/last", path, "/last")
    assert 4 == told.count(b"HTTP/1.1 200 OK")
    assert [expected, b"by a thread: /last"] * 2 == [
        part.partition(b"\r\n\r\n")[2] for part in told.split(b"HTTP/1.1 ")[1:]
    ]


@pytest.mark.parametrize("path", ["/raises", "/made-badly", "/asked-then-raises"])
def test_an_error_in_the_loop_is_a_500_and_what_follows_is_answered(address: tuple[str, int], path: str) -> None:
    """An answer that comes later all the same is sent to nobody."""
    told = ask(address, path, "/last", "/once")
    assert 1 == told.count(b"HTTP/1.1 500 ")
    assert 2 == told.count(b"HTTP/1.1 200 OK")
    assert told.endswith(b"once")
    assert b"made in a thread" not in told


def test_large_answers_to_a_client_that_reads_late_are_whole(address: tuple[str, int]) -> None:
    """Some begin while the system takes nothing more for this client; each has its head all the same."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        sock.settimeout(30)
        sock.connect(address)
        sock.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n" * MANY)
        time.sleep(0.3)
        with sock.makefile("rb", buffering=1000) as read:
            for _ in range(MANY):
                assert read.readline().startswith(b"HTTP/1.1 200")
                assert f"Content-Length: {LARGE}\r\n".encode() in list(iter(read.readline, b"\r\n"))
                assert LARGE == len(read.read(LARGE))


def test_two_changes_are_followed_in_their_order() -> None:
    """However long the first takes to open: the last that was said is served in the end."""
    with web_process() as (_, control, told):
        for message in ({"id": "slow", "takes": 0.5}, {"id": "quick"}):
            control.sendall(json.dumps(message).encode() + b"\n")
        heard = map(json.loads, iter(told.readline, ""))
        serving = (each["release"] for each in heard if each["tell"] == "serving")
        assert ["slow", "quick"] == [next(serving), next(serving)]
