"""A service under load while things go wrong: every answer is right or a truthful error, and nothing is left over.

Takes `SOAK_SECONDS` (25 by default) of load; the faults are spread over them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

import requesting
from dualbio.build.package import build_release
from dualbio.model.namespaces import BASE
from dualbio.queries import Library
from dualbio.release.folder import Release, find_release, make_current, open_release
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from running import Server, children_of, command_of, family, files_of, lives, start_server, stop_server, wait_until

SECONDS = float(os.environ.get("SOAK_SECONDS", "25"))
#: Seconds more that a busy machine may take until everything was met.
PATIENCE = 150
DIRECT = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
#: Some 15 MB as CSV: more than goes through a socket and on a full disk; without blank nodes, whose names do not last.
LARGE = "SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } FILTER(!ISBLANK(?s) && !ISBLANK(?o)) }"
#: What an honest service may answer to a good query while its workers are killed, with the last part of its type.
HONEST = {(503, "lost"), (503, "busy"), (503, "unavailable"), (503, "yielded"), (507, "storage")}
_MIB = 1024 * 1024

Rows = dict[str, list[str]]


def rows_of(data: bytes) -> list[str]:
    """Return the rows of an answer in JSON as text, in an order that does not depend on ties."""
    return sorted(json.dumps(row, sort_keys=True) for row in json.loads(data)["results"]["bindings"])


def digest(table: bytes) -> str:
    """Return a checksum of a table in which its rows may stand in any order."""
    return hashlib.sha256(b"".join(sorted(table.splitlines(keepends=True)))).hexdigest()


def answers(release: Release, queries: list[str]) -> Rows:
    """Return the rows of each query, by evaluation without any service."""
    store = EmbeddedStore.in_memory(release.files)
    found: Rows = {}
    for query in queries:
        solutions = store.query(query)
        assert isinstance(solutions, ox.QuerySolutions)
        data = solutions.serialize(format=ox.QueryResultsFormat.JSON)
        assert data is not None
        found[query] = rows_of(data)
    return found


@dataclass
class Soak:
    """The clients and the faults, what each of them met, and the end of it all."""

    server: Server
    expected: dict[str, Rows]
    done: threading.Event = field(default_factory=threading.Event)
    numbers: Iterator[int] = field(default_factory=count)
    met: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(self, query: str, response: httpx.Response) -> None:
        """Count an answer; note one that is neither right nor an honest error."""
        if response.status_code == httpx.codes.OK:
            right = self.expected[response.headers["dualbio-release"]][query]
            if rows_of(response.content) != right:
                self.wrong.append(f"wrong rows for {query[:300]}")
            self.met[f"right from {response.headers['dualbio-release'][:5]}"] += 1
            return
        code = str(response.json().get("type")).rpartition("/")[2]
        self.met[f"{response.status_code} {code}"] += 1
        if (response.status_code, code) not in HONEST:
            self.wrong.append(f"{response.status_code} {response.text[:300]} for {query[:300]}")

    # --- clients -----------------------------------------------------------------------------------------------------

    def ask(self, seed: int) -> None:
        """Ask saved queries one after another: as they are, which may be cached, or as nobody asked before."""
        source = random.Random(seed)  # noqa: S311 - a choice of queries
        queries = list(next(iter(self.expected.values())))
        while not self.done.is_set():
            query = source.choice(queries)
            fresh = f"PREFIX n: <x:{next(self.numbers)}>\n" if source.random() < 0.5 else ""
            try:
                response = requesting.post(self.server.sparql, content=fresh + query, headers=DIRECT, timeout=30)
            except httpx.TransportError as error:
                self.wrong.append(f"{type(error).__name__}: {error} for {query[:300]}")
                continue
            self.judge(query, response)

    def ask_much(self, sums: dict[str, str]) -> None:
        """Ask for answers of many megabytes, and hold each against its checksum."""
        while not self.done.is_set():
            query = f"PREFIX n: <x:{next(self.numbers)}>\n{LARGE}"
            headers = DIRECT | {"Accept": "text/csv"}
            response = requesting.post(self.server.sparql, content=query, headers=headers, timeout=30)
            if response.status_code == httpx.codes.OK:
                self.met["large"] += 1
                if digest(response.content) != sums[response.headers["dualbio-release"]]:
                    self.wrong.append("a large answer is not whole")
            else:
                code = str(response.json()["type"]).rpartition("/")[2]
                self.met[f"large: {code}"] += 1
                if (response.status_code, code) not in HONEST:
                    self.wrong.append(f"{response.status_code} {response.text[:300]} for a large answer")
            self.done.wait(0.3)

    # --- faults ------------------------------------------------------------------------------------------------------

    def run_away(self) -> None:
        """Ask what has no end; each time the limit is told."""
        while not self.done.is_set():
            query = f"{ENDLESS} # {next(self.numbers)}"
            response = requesting.post(f"{self.server.sparql}?timeout=0.2", content=query, headers=DIRECT, timeout=30)
            code = str(response.json()["type"]).rpartition("/")[2]
            self.met[f"endless: {code}"] += 1
            if (response.status_code, code) not in HONEST | {(504, "timeout")}:
                self.wrong.append(f"{response.status_code} {response.text[:300]} for an endless query")
            self.done.wait(0.5)

    def kill(self) -> None:
        """Kill query workers."""
        source = random.Random(1)  # noqa: S311 - a choice of victims
        while not self.done.wait(0.4):
            workers = [pid for supervisor in self.server.supervisors for pid in children_of(supervisor)]
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(source.choice(workers), signal.SIGKILL)
                    self.met["killed"] += 1

    def hang_up(self) -> None:
        """Leave in the middle: before the request is whole, before its answer comes, and while it comes."""
        body = LARGE.encode()
        head = b"POST /sparql?format=csv HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        for number in count():
            if self.done.wait(0.1):
                return
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.server.port), 5) as sock:
                sock.sendall(whole if number % 3 else whole[: len(whole) // 2])
                if number % 3 == 2:
                    sock.settimeout(0.5)
                    sock.recv(1000)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, no farewell
            self.met["hung up"] += 1

    def dawdle(self) -> None:
        """Hold connections that never end their request, and send one a byte at a time."""
        held: list[socket.socket] = []
        line = b"POST /sparql HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"y" * 10000
        for byte in line:
            if self.done.wait(0.2):
                break
            if len(held) < 40:
                held.append(socket.create_connection(("127.0.0.1", self.server.port), 5))
            for sock in held:
                with contextlib.suppress(OSError):
                    sock.sendall(bytes([byte]))
        for sock in held:
            sock.close()

    def fill_disk(self) -> None:
        """Let workers write no file beyond 6 MiB for a while, as on a full disk; those that are forked inherit it."""
        for room in (6 * _MIB, resource.RLIM_INFINITY):
            if self.done.wait(SECONDS / 5):
                return
            for supervisor in self.server.supervisors:
                for pid in (supervisor, *children_of(supervisor)):
                    with contextlib.suppress(ProcessLookupError):
                        resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    def change_release(self, releases: list[Release]) -> None:
        """Change to another release, and back."""
        for release in releases:
            if self.done.wait(SECONDS / 3):
                return
            make_current(release.folder.parent, release)
            self.server.process.send_signal(signal.SIGHUP)


# --- two releases ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[Release]:
    """The real release, and one with a drug more."""
    settings, folder = Settings(), tmp_path_factory.mktemp("soak")
    found = find_release(settings.releases, settings.sources.digest)
    built = found or build_release(settings.sources, tmp_path_factory.mktemp("built"))
    made = []
    for name in ("first-release", "other-release"):
        shutil.copytree(built.folder / "graphs", folder / name / "graphs")
        if name == "other-release":
            with (folder / name / "graphs" / "entities.nq").open("a", encoding="utf-8") as file:
                kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/dualbio/ontology#Drug>"
                file.write(f"<{BASE}drug/one-more> {kind} <{BASE}graph/entities> .\n")
        (folder / name / "manifest.json").write_text('{"built": "2026-01-02T03:04:05+00:00"}', encoding="utf-8")
        made.append(open_release(folder / name))
    make_current(folder, made[0])
    return made


@pytest.fixture(scope="module")
def queries(releases: list[Release]) -> list[str]:
    """A quarter of the saved queries, and one whose answer tells the releases apart."""
    library = Library.read(shipped_sources().queries)
    texts = [query.text for query in library.values()][::4]
    return [*texts, f"SELECT (COUNT(*) AS ?n) {{ ?s a <https://w3id.org/dualbio/ontology#Drug> }} # {len(releases)}"]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """The folder in which the service keeps its sockets and spooled answers; its path is short, as sockets need it."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        yield Path(folder)


def sum_of(release: Release) -> str:
    """Return the checksum of the large answer as CSV."""
    found = EmbeddedStore.in_memory(release.files).query(LARGE)
    assert isinstance(found, ox.QuerySolutions)
    data = found.serialize(format=ox.QueryResultsFormat.CSV)
    assert data is not None
    return digest(data)


def has_failed(thread: Future[object]) -> bool:
    """Tell whether a client or a fault ended with an error of its own."""
    return thread.done() and thread.exception() is not None


def memory_of(pid: int) -> int:
    """Return the resident bytes of a process; 0 when it has ended."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024
    return 0


def has_few_connections(pid: int) -> bool:
    """Tell whether a process holds its own sockets, and none of the many that clients have left behind."""
    return sum("socket:" in file for file in files_of(pid)) < 20


def end(server: Server) -> None:
    """Kill a service that a failed test has left; its processes die with it."""
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def standing(server: Server) -> dict[str, int]:
    """Return the processes of a service by their part, and what is open and stored for it."""
    (supervisor,) = server.supervisors
    return {
        "web processes": len(server.webs),
        "query workers": len(children_of(supervisor)),
        "processes": len(family(server.process.pid)),
        "descriptors of the supervisor": len(files_of(supervisor)),
        "descriptors of the main process": len(files_of(server.process.pid)),
    }


@pytest.mark.timeout(300 + SECONDS + PATIENCE)
def test_a_soak_leaves_right_answers_and_nothing_else(
    releases: list[Release],
    queries: list[str],
    temporary: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Load, and everything that can go wrong at once; afterwards the service is as it was."""
    expected = {release.id: answers(release, queries) for release in releases}
    sums = {release.id: sum_of(release) for release in releases}
    monkeypatch.setenv("TMPDIR", str(temporary))
    server = start_server(
        releases[0].folder.parent, tmp_path / "log", web_workers="2", query_timeout_max="20", cache_size="4"
    )
    request.addfinalizer(lambda: end(server))
    before = standing(server)
    soak = Soak(server, expected)
    clients: list[Callable[[], object]] = [
        *(lambda seed=seed: soak.ask(seed) for seed in range(4)),
        lambda: soak.ask_much(sums),
        soak.run_away,
        soak.kill,
        soak.hang_up,
        soak.dawdle,
        soak.fill_disk,
        lambda: soak.change_release([releases[1], releases[0]]),
    ]
    with ThreadPoolExecutor(len(clients)) as threads:
        running = [threads.submit(client) for client in clients]
        ends = time.monotonic() + SECONDS
        latest = ends + PATIENCE
        while time.monotonic() < (ends if _has_met_all(soak) else latest) and not (
            soak.wrong or any(map(has_failed, running))
        ):
            soak.done.wait(0.1)
        soak.done.set()
        for each in running:
            each.result()
    with capsys.disabled():
        sys.stderr.write(f" {dict(sorted(soak.met.items()))} ")
    assert [] == soak.wrong
    _check_what_was_met(soak)
    wait_until(lambda: len(server.supervisors) == 1, lambda: server.log.read_text(encoding="utf-8")[-3000:], seconds=40)
    wait_until(lambda: standing(server) == before, lambda: (before, standing(server)))
    _check_what_is_left(server, temporary)
    for query in queries:
        response = requesting.post(server.sparql, content=query, headers=DIRECT, timeout=30)
        assert (200, expected[response.headers["dualbio-release"]][query]) == (
            response.status_code,
            rows_of(response.content),
        )
    processes = [server.process.pid, *family(server.process.pid)]
    assert stop_server(server) == 0
    wait_until(lambda: not any(map(lives, processes)), lambda: [command_of(pid) for pid in processes if lives(pid)])
    assert [] == list(temporary.iterdir())


#: What a soak has to meet: answers from both releases, and every fault.
_MET = ("right from first", "right from other", "killed", "hung up", "endless: timeout", "large", "large: storage")


def _has_met_all(soak: Soak) -> bool:
    return all(soak.met[what] > 0 for what in _MET)


def _check_what_was_met(soak: Soak) -> None:
    """Every fault took place, and yet most queries were answered, from both releases."""
    assert _has_met_all(soak), soak.met
    right = sum(number for what, number in soak.met.items() if what.startswith("right"))
    honest = sum(number for what, number in soak.met.items() if what[:3].isdigit())
    assert right > 2 * honest, soak.met


def _check_what_is_left(server: Server, temporary: Path) -> None:
    """One folder with one pool; no process has grown; no connection of the past is open."""
    (folder,) = temporary.iterdir()
    pools = [path for path in folder.iterdir() if path.name.startswith("pool-")]
    assert 1 == len(pools), pools
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "metrics"]
    assert {"lock", "search.sqlite"} == {path.name for path in files if path.suffix != ".rq"}
    for pid in server.webs:
        assert memory_of(pid) < 400 * _MIB
        wait_until(partial(has_few_connections, pid), partial(files_of, pid))


def test_a_drain_under_load_answers_what_was_begun(
    releases: list[Release], queries: list[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """After SIGTERM every request that the service has taken is answered in full; others are turned away unread."""
    expected = answers(releases[0], queries[-4:])
    make_current(releases[0].folder.parent, releases[0])
    server = start_server(releases[0].folder.parent, tmp_path / "log", query_timeout_max="15")
    request.addfinalizer(lambda: end(server))
    answered = [threading.Event() for _ in range(6)]

    def ask(number: int) -> int:
        """Ask until the door is shut; return how many answers came."""
        for turn in count():
            query = queries[-1 - (turn + number) % 4]
            fresh = f"PREFIX n: <x:{number}.{turn}>\n{query}"
            try:
                response = requesting.post(server.sparql, content=fresh, headers=DIRECT, timeout=30)
            except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):  # refused, or closed in the queue
                return turn
            assert (200, expected[query]) == (response.status_code, rows_of(response.content))
            answered[number].set()
        return 0

    with ThreadPoolExecutor(len(answered)) as threads:
        asking = [threads.submit(ask, number) for number in range(len(answered))]
        for each in answered:
            assert each.wait(20)
        server.process.terminate()
        received = sum(each.result() for each in asking)
    assert server.process.wait(20) == 0
    lines = [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines() if line[:1] == "{"]
    assert received == sum(line.get("path") == "/sparql" for line in lines)
