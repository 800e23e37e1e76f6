"""Two services behind one nginx: what is kept there, and that nobody notices a new release or the end of a service."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from nginx_front import running_nginx
from running import Server, start_server, stop_server, wait_until
from toy_release import write_release

OLD, NEW = "0.1.0-000000000001", "0.2.0-000000000002"
#: Studies of each release.
STUDIES = {OLD: 5, NEW: 7}
COUNT = "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Study }"
#: As often as a test likes.
UNBOUNDED = {"rate=50r/s": "rate=100000r/s", "burst=100": "burst=10000"}
CLIENTS = 6


def start(folder: Path) -> Server:
    """Start a service over the old release, with the new one beside it."""
    folder.mkdir()
    for name in (NEW, OLD):
        write_release(folder, name, STUDIES[name])
    return start_server(folder, folder / "log", web_workers="1", query_workers="1", client_share="1")


def change(server: Server, folder: Path) -> None:
    """Let a service change to the new release, and wait until all of it has."""
    (folder / "current").unlink()
    (folder / "current").symlink_to(NEW)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: f"serving {NEW}" in server.log.read_text(encoding="utf-8"))


def end_at_once(server: Server) -> None:
    """End a service as the end of its machine does: none of its processes does anything after another has ended."""
    processes = (*server.webs, server.process.pid, *server.supervisors)
    for sign in (signal.SIGSTOP, signal.SIGKILL):
        for pid in processes:
            os.kill(pid, sign)


@contextmanager
def asking(address: str, answers: list[tuple[str, int]]) -> Iterator[None]:
    """Ask repeated and new questions from several clients without a pause, and note release and number of each answer.

    An answer that is not a success, or does not come, fails.
    """
    done = threading.Event()

    def ask(client: int) -> None:
        with httpx.Client(timeout=60) as session:
            for turn in range(10**9):
                if done.is_set():
                    return
                mark = turn % 5 if turn % 2 else f"{client}-{turn}"
                response = session.get(f"{address}/sparql", params={"query": f"{COUNT} # {mark}"})
                assert response.status_code == httpx.codes.OK, response.text
                number = int(response.json()["results"]["bindings"][0]["n"]["value"])
                answers.append((response.headers["Dualbio-Release"], number))

    with ThreadPoolExecutor(CLIENTS) as threads:
        clients = [threads.submit(ask, number) for number in range(CLIENTS)]
        try:
            yield
        finally:
            done.set()
        for each in clients:
            each.result()


def test_nobody_notices_a_new_release_or_the_end_of_a_service(tmp_path: Path) -> None:
    """Releases change one service after the other, then one is killed: every answer comes, and is of its release."""
    answers: list[tuple[str, int]] = []

    def some_more() -> None:
        before = len(answers)
        wait_until(lambda: len(answers) >= before + 20 * CLIENTS, lambda: len(answers))

    with ExitStack() as stack:
        first, second = (start(tmp_path / name) for name in "ab")
        stack.callback(stop_server, first)
        stack.callback(second.process.wait)
        stack.callback(second.process.kill)
        address = stack.enter_context(running_nginx([first, second], tmp_path, **UNBOUNDED))
        with asking(address, answers):
            some_more()
            change(first, tmp_path / "a")
            some_more()
            change(second, tmp_path / "b")
            # nginx keeps an answer unconfirmed for a second, and the last ones were on their way
            wait_until(lambda: {NEW} == {release for release, _ in answers[-20 * CLIENTS :]}, lambda: answers[-20:])
            of_both = len(answers)
            some_more()
            end_at_once(second)
            some_more()
            some_more()
    assert set(STUDIES.items()) == set(answers)
    assert {(NEW, STUDIES[NEW])} == set(answers[of_both:])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., int]]:
    """Asks a question that was asked before the only service behind nginx ended; nginx keeps answers for an hour."""
    folder = tmp_path_factory.mktemp("kept")
    server = start(folder / "a")
    changes = {**UNBOUNDED, "proxy_cache_valid 200 1s": "proxy_cache_valid 200 1h"}
    asked = [
        {"params": {"query": COUNT}},
        {"params": {"query": COUNT}, "headers": {"Accept": "text/csv"}},
        {"params": {"query": "SELECT (NOW() AS ?now) {}"}},
        {"params": {"query": f"{COUNT} # token"}, "headers": {"Authorization": "Bearer of-a-writer"}},
        {
            "params": {"query": "SELECT * { GRAPH ?g { ?s ?p ?o } . ?x ?y ?z } LIMIT 30000"},
            "headers": {"Accept-Encoding": "identity"},
        },
    ]
    with running_nginx([server], folder, **changes) as address:
        statuses = [httpx.get(f"{address}/sparql", timeout=60, **each).status_code for each in asked]  # type: ignore[arg-type]
        assert statuses == [200] * len(asked)
        stop_server(server)
        yield lambda number: httpx.get(f"{address}/sparql", timeout=60, **asked[number]).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(0, 200, id="an answer"),
        pytest.param(1, 200, id="the same in another format"),
        pytest.param(2, 502, id="what is another one each time"),
        pytest.param(3, 502, id="the answer to who may write"),
        pytest.param(4, 502, id="a large answer"),
    ],
)
def test_nginx_keeps_what_may_be_asked_again(kept: Callable[[int], int], number: int, status: int) -> None:
    """Small answers that stay the same are kept, in each format for itself; all others are asked of a service."""
    assert status == kept(number)


def test_what_is_kept_is_confirmed_by_its_tag(tmp_path: Path) -> None:
    """After its second an answer is confirmed: the service says that it has not changed, and sends no body."""
    server = start(tmp_path / "a")
    try:
        with running_nginx([server], tmp_path, **UNBOUNDED) as address:
            question = {"query": COUNT}
            first = httpx.get(f"{address}/sparql", params=question, timeout=60)
            wait_until(lambda: _confirmed(server) or _asked_again(address, question) != first.content, seconds=30)
            assert first.content == _asked_again(address, question)
            assert _confirmed(server)
    finally:
        stop_server(server)


def _asked_again(address: str, question: dict[str, str]) -> bytes:
    time.sleep(0.3)
    return httpx.get(f"{address}/sparql", params=question, timeout=60).content


def _confirmed(server: Server) -> bool:
    lines = [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines() if line[:1] == "{"]
    return any(line.get("status") == 304 for line in lines)
