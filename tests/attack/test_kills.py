"""Nothing dies unnoticed: what is killed is replaced, the log says what and why, and readiness tells the truth."""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

import requesting
from attacking import connect, probing, read_to_end
from dualbio_server.process import web_processes
from dualbio_server.process.web_processes import WebProcesses
from running import Server, lives, wait_until

Serve = Callable[..., Server]


def ready(server: Server) -> int:
    """Return the status of readiness; 0 when nobody answers."""
    try:
        return requesting.get(f"{server.url}/health/ready", timeout=10).status_code
    except httpx.TransportError:
        return 0


def told(server: Server) -> str:
    """Return the log."""
    return server.log.read_text(encoding="utf-8")


def has_told(server: Server, what: str, times: int) -> bool:
    """Tell whether the log says something so many times."""
    return told(server).count(what) == times


def has_ended(pid: int) -> bool:
    """Tell whether a process is gone."""
    return not lives(pid)


def test_a_web_process_that_is_killed_again_and_again_is_replaced(serve: Serve) -> None:
    """Five deaths in a row end nothing: the other process answers meanwhile, and each death is told with its reason."""
    server = serve(access_log="false")
    survivor = server.webs[0]
    with probing(server, most=5.0) as probe:
        for number in range(5):
            wait_until(lambda: len(server.webs) == 2)
            (victim,) = (pid for pid in server.webs if pid != survivor)
            os.kill(victim, signal.SIGKILL)
            wait_until(partial(has_told, server, "SIGKILL", number + 1))
        probe.faults = [fault for fault in probe.faults if "ReadError" not in fault and "RemoteProtocol" not in fault]
    wait_until(lambda: len(server.webs) == 2, seconds=30)
    wait_until(lambda: ready(server) == httpx.codes.OK)
    assert survivor in server.webs
    for wait in ("now", "in 0.25 s", "in 0.5 s", "in 1 s", "in 2 s"):
        assert f"it was killed (SIGKILL), by hand or because the system ran out of memory; another starts {wait}\n" in (
            told(server)
        )


def test_all_processes_killed_at_once_are_replaced(serve: Serve) -> None:
    """Web processes and supervisor die together, and the main process brings all of them back."""
    server = serve(access_log="false")
    for pid in (*server.webs, *server.supervisors):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: ready(server) == httpx.codes.OK, seconds=40)
    assert requesting.get(server.sparql, params={"query": "ASK { ?s ?p ?o }"}).json()["boolean"] is True
    assert server.process.poll() is None


def test_a_supervisor_that_is_killed_is_replaced(serve: Serve) -> None:
    """While there is none the service is not ready, and says so; soon it is, with the same release."""
    server = serve(access_log="false")
    webs = sorted(server.webs)
    seen = set()
    for number in range(3):
        (supervisor,) = server.supervisors
        os.kill(supervisor, signal.SIGKILL)
        wait_until(partial(has_ended, supervisor))
        seen.add(ready(server))
        wait_until(partial(has_told, server, "serving 0.1.0-000000000001", number + 1), seconds=30)
        wait_until(lambda: len(server.supervisors) == 1)
    assert seen <= {httpx.codes.OK, httpx.codes.SERVICE_UNAVAILABLE}
    assert httpx.codes.SERVICE_UNAVAILABLE in seen
    wait_until(lambda: ready(server) == httpx.codes.OK)
    assert requesting.get(server.sparql, params={"query": "ASK { ?s ?p ?o }"}).json()["boolean"] is True
    assert told(server).count("the supervisor of the query workers ended: it was killed (SIGKILL)") == 3
    wait_until(lambda: webs == sorted(server.webs))


def test_a_web_process_that_hangs_is_replaced(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One that gives no sign of life for long is killed, and another takes its place."""
    monkeypatch.setattr(web_processes, "_SILENCE", 0.2)
    webs = WebProcesses(1, lambda *_: time.sleep(60))
    webs.serve({})
    seen = ""

    def replaced() -> bool:
        nonlocal seen
        webs.watch()
        seen += capfd.readouterr().err
        return "another starts" in seen and webs.living == 1

    wait_until(replaced)
    assert "gave no sign of life for 0.2 s and is killed" in seen
    webs.leave()
    webs.kill()
    assert 0 == webs.living


def test_a_web_process_that_cannot_start_is_tried_ever_more_slowly(capfd: pytest.CaptureFixture[str]) -> None:
    """A fault that does not pass is told each time with its traceback, and neither ends the main process nor spins."""

    def fail(*_: object) -> None:
        raise RuntimeError("no such thing")

    webs = WebProcesses(2, fail)
    webs.serve({})
    ends = time.monotonic() + 2
    while time.monotonic() < ends:
        webs.watch()
        time.sleep(0.01)
    webs.kill()
    seen = capfd.readouterr().err
    assert 6 <= seen.count("it ended with exit code 1") <= 10
    assert "RuntimeError: no such thing" in seen


def test_systemd_is_told_the_state(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit learns when the service is ready, that it lives, and that it ends (sd_notify)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        server = serve()
        heard = {sock.recv(100)}
        while b"READY=1" not in heard:
            heard.add(sock.recv(100))
        assert sock.recv(100) == b"WATCHDOG=1"
        server.process.terminate()
        while b"STOPPING=1" not in heard:
            heard.add(sock.recv(100))
    assert heard == {b"READY=1", b"WATCHDOG=1", b"STOPPING=1"}
    assert server.process.wait(30) == 0


def test_the_token_is_in_no_file_and_a_killed_service_leaves_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """What a service that was killed left in TMPDIR is removed at the next start, and the token was not in it."""
    made = tempfile.TemporaryDirectory()  # paths of sockets are short, and those of pytest's folders may be long
    request.addfinalizer(made.cleanup)
    temporary = Path(made.name)
    monkeypatch.setenv("TMPDIR", str(temporary))
    first = serve(update_token="a-token-for-operators", user_graphs=str(temporary / "user"))  # noqa: S106 - of a test
    (folder,) = temporary.glob("dualbio-*")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not any(b"a-token-for-operators" in path.read_bytes() for path in files)
    first.process.kill()
    first.process.wait()
    assert folder.exists()
    second = serve()
    assert not folder.exists()
    second.process.terminate()
    assert second.process.wait(30) == 0
    assert [] == list(temporary.glob("dualbio-*"))


def test_metrics_of_a_running_service_hold_every_series(server: Server) -> None:
    """What the documentation promises is there, summed over the web processes, with names that no client can add to."""
    requesting.get(server.sparql, params={"query": "ASK { ?s ?p ?o }"})
    for number in range(3):
        requesting.request(f"INVENTED{number}", f"{server.url}/queries/")
        requesting.get(f"{server.url}/no/such/place/{number}")
    series = (
        'dualbio_requests_total{cache="miss",method="GET",path="/sparql",status="200"}',
        'dualbio_requests_total{cache="none",method="GET",path="/<path:path>",status="404"}',
        'dualbio_requests_total{cache="none",method="other",path="unknown",status="405"}',
        "dualbio_response_bytes_total",
        'dualbio_query_duration_seconds_bucket{le="0.1",outcome="ok"}',
        'dualbio_query_duration_seconds_count{outcome="ok"}',
        'dualbio_request_duration_seconds_bucket{le="+Inf"}',
        "dualbio_query_workers 2.0",
        "dualbio_queries_running",
        "dualbio_query_workers_forked",
        "dualbio_quads 2664.0",
    )

    def page() -> str:
        return requesting.get(f"{server.url}/metrics").text

    def missing() -> list[str]:  # each process counts once a second
        return [each for each in series if each not in page()]

    wait_until(lambda: not missing(), lambda: (missing(), page()), seconds=10)
    assert "INVENTED" not in page()
    assert "/no/such" not in page()


def test_what_is_refused_at_the_door_is_in_the_log(server: Server) -> None:
    """A request that never reaches the application is a line too."""
    with connect(server, b"GET /health/live HTTP/1.1\r\n\r\n") as sock:
        read_to_end(sock)

    def lines() -> list[dict[str, object]]:
        found = (json.loads(line) for line in told(server).splitlines() if line.startswith("{"))
        return [line for line in found if line["outcome"] == "host"]

    wait_until(lambda: bool(lines()))
    assert (400, "unknown", "GET") == tuple(lines()[0][name] for name in ("status", "path", "method"))
