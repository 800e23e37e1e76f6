"""The pool of killable query workers."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dualbio.errors import ReleaseError
from dualbio.sparql.formats import find_format
from dualbio.store.workers import (
    AnswerTooLargeError,
    Dataset,
    EndpointFailedError,
    FormatRefusedError,
    PoolBusyError,
    PoolClient,
    PoolSettings,
    PoolUnavailableError,
    QueryCancelledError,
    QueryFailedError,
    QueryMemoryError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooComplexError,
    WorkerLostError,
    WorkerPool,
)
from pools import ask_pool
from running import children_of

MIB = 1024 * 1024
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def write_quads(folder: Path) -> Path:
    """Write 3,000 quads in three named graphs."""
    file = folder / "toy.nq"
    lines = [f'<http://x/s{i // 3}> <http://x/p{i % 3}> "value {i}" <http://x/g{i % 3}> .' for i in range(3000)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def pool_settings(folder: Path, **changes: object) -> PoolSettings:
    """Return the settings of a small pool over the toy quads."""
    values: dict[str, object] = {
        "release": "toy",
        "files": (str(write_quads(folder)),),
        "folder": str(folder),
        "workers": 2,
        "queue": 4,
        "memory": 64 * MIB,
        "spool": 16 * MIB,
        "timeout": 10.0,
        "base": "http://x/",
        "prefixes": {"x": "http://x/"},
    }
    return PoolSettings(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """A pool of two workers."""
    with WorkerPool(pool_settings(tmp_path_factory.mktemp("pool"))) as started:
        yield started


@pytest.fixture
def client(pool: WorkerPool) -> Iterator[PoolClient]:
    """A client of the pool."""
    client = pool.client()
    yield client
    client.close()


def count(client: PoolClient, query: str = ALL, dataset: Dataset | None = None) -> int:
    """Return the number that a counting query gives."""
    answer = ask_pool(client, query, dataset=dataset or Dataset())
    return int(json.loads(answer.read())["results"]["bindings"][0]["n"]["value"])


def wait_for(condition: object, seconds: float = 5.0) -> None:
    """Wait until a condition holds."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.005)


_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
#: Ten things without a name, of two classes, named by the build in no order.
AXIOMS = "".join(f"_:c14n{7 * number % 10} {_TYPE} <http://x/C{number % 2}> <http://x/g> .\n" for number in range(10))
#: Where order and part of the answer depend on how blank nodes are called.
PARTS = "SELECT * { ?s a ?c } ORDER BY ?s ?c LIMIT 8"


def test_two_pools_give_equal_bytes_for_blank_nodes(tmp_path: Path) -> None:
    """Labels come from the files and not from loading: order, part and bytes of an answer are the same everywhere."""
    answers = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        file = folder / "axioms.nq"
        file.write_text(AXIOMS, encoding="utf-8")
        with WorkerPool(pool_settings(folder, files=(str(file),), user_graphs=str(folder / "user"))) as pool:
            client = pool.client()
            answers.append([ask_pool(client, PARTS, user_graphs=users).read() for users in (False, True)])
            answers[-1].append(ask_pool(client, "SELECT * { GRAPH ?g { ?s a ?c } } LIMIT 8", user_graphs=True).read())
    assert b"c14n0" in answers[0][0]
    assert answers[0] == answers[1]
    assert answers[0][0] == answers[0][1]


@pytest.mark.parametrize(
    ("query", "kind", "form", "body"),
    [
        ("SELECT ?o { x:s1 x:p0 ?o }", "select", "csv", b"o\r\nvalue 3\r\n"),
        ("ASK { x:s1 x:p0 ?o }", "ask", "json", b'{"head":{},"boolean":true}'),
        ("CONSTRUCT WHERE { x:s1 x:p0 ?o }", "graph", "n-triples", b'<http://x/s1> <http://x/p0> "value 3" .\n'),
        ("DESCRIBE <s1>", "graph", "json-ld", None),
    ],
)
def test_each_form_of_query_is_answered(
    client: PoolClient, query: str, kind: str, form: str, body: bytes | None
) -> None:
    """The answer says what it is, and its length is the length of its bytes."""
    wanted = find_format(form)
    answer = ask_pool(client, query, results_format=wanted, graph_format=wanted)
    data = answer.read()
    assert (kind, form, len(data)) == (answer.kind, answer.format.name, answer.length)
    assert body is None or body == data


def test_the_default_graph_is_the_union_of_all_graphs(client: PoolClient) -> None:
    """Without a dataset a query sees every named graph at once."""
    assert count(client) == 3000


@pytest.mark.parametrize(
    ("query", "dataset", "expected"),
    [
        ("SELECT (COUNT(*) AS ?n) FROM <http://x/g1> { ?s ?p ?o }", Dataset(), 1000),
        ("SELECT (COUNT(*) AS ?n) FROM <http://x/none> { ?s ?p ?o }", Dataset(), 0),
        ("SELECT (COUNT(*) AS ?n) FROM NAMED <http://x/g1> { ?s ?p ?o }", Dataset(), 0),
        ("SELECT (COUNT(*) AS ?n) FROM NAMED <http://x/g1> { GRAPH ?g { ?s ?p ?o } }", Dataset(), 1000),
        (ALL, Dataset(("http://x/g0", "http://x/g1")), 2000),
        (ALL, Dataset((), ("http://x/g0",)), 0),
        ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", Dataset((), ("http://x/g0",)), 1000),
        ("SELECT (COUNT(*) AS ?n) FROM <http://x/g1> { ?s ?p ?o }", Dataset(("http://x/g0", "http://x/g2")), 2000),
    ],
)
def test_datasets_are_honoured(client: PoolClient, query: str, dataset: Dataset, expected: int) -> None:
    """FROM and FROM NAMED choose graphs, and the dataset of a request goes before them."""
    assert expected == count(client, query, dataset)


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        ("SELECT * { ?s ?p", QuerySyntaxError, "line 1, column 17"),
        ("", QuerySyntaxError, "empty"),
        ("PREFIX a: <b> INSERT DATA { <a> <b> <c> }", QuerySyntaxError, "looks like an update"),
        ("LOAD <http://127.0.0.1/>", QuerySyntaxError, "looks like an update"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", QueryRefusedError, "SERVICE"),
        ("ASK { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }", QueryRefusedError, "127.0.0.1:9"),
        ("SELECT (<http://x/f>(1) AS ?y) {}", QueryFailedError, "http://x/f"),
        (ENDLESS, QueryTimeoutError, "limit was 0.2 s"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f", QueryMemoryError, "64 MiB"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", AnswerTooLargeError, "16777216 bytes"),
        ("SELECT * {" + "{" * 4000 + "}" * 4000 + "}", QueryTooComplexError, "nested"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_each_limit_is_told_as_what_it_is(client: PoolClient, query: str, error: type[Exception], words: str) -> None:
    """The error names the cause, and the next query is answered."""
    with pytest.raises(error, match=words):
        ask_pool(client, query, timeout=0.2 if query == ENDLESS else 10)
    assert count(client) == 3000


def test_the_time_limit_is_kept_closely(client: PoolClient) -> None:
    """A query without end is stopped soon after its limit, not at some later poll; benchmarks measure how soon."""
    over = []
    for _ in range(5):
        started = time.monotonic()
        with pytest.raises(QueryTimeoutError):
            ask_pool(client, ENDLESS, timeout=0.1)
        over.append(time.monotonic() - started - 0.1)
    assert sorted(over)[2] < 1.0


def test_a_query_may_not_ask_for_more_than_the_maximum(tmp_path: Path) -> None:
    """The limit of the pool holds whatever a request says."""
    with (
        WorkerPool(pool_settings(tmp_path, workers=1, timeout=0.2)) as pool,
        pytest.raises(QueryTimeoutError) as caught,
    ):
        ask_pool(pool.client(), ENDLESS, timeout=100)
    assert caught.value.details["limit"] == 0.2


def test_nothing_is_called_even_by_a_silent_service(client: PoolClient) -> None:
    """No connection is opened, since a worker has no descriptor left for one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(QueryRefusedError):
            ask_pool(client, f"SELECT * {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}")
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "body",
    [
        "SERVICE <https://example.org/sparql> { ?s ?p ?o }",
        "SERVICE SILENT <https://example.org/sparql> { ?s ?p ?o }",
        "SERVICE <http://example.org/sparql> { ?s ?p ?o }",
        "SERVICE <ftp://example.org/> { }",
        "SERVICE <relative> { }",
        "SERVICE ?anything { }",
        "SERVICE schema:x { }",
        "SERVICE:x { }",
        "SERVICEschema:x { }",
        "SERVICESILENT<https://example.org/> { }",
        "S\\u0045RVICE <https://example.org/> { }",
        "SERVICE <https://ex\\u0061mple.org/> { }",
        "OPTIONAL { SERVICE <https://example.org/> { ?s ?p ?o } }",
        "{ } UNION { SERVICE <https://example.org/> { ?s ?p ?o } }",
        "{ SELECT ?s { SERVICE <https://example.org/> { ?s ?p ?o } } }",
        "FILTER EXISTS { SERVICE <https://example.org/> { ?s ?p ?o } }",
        "GRAPH ?g { MINUS { SERVICE <https://example.org/> { ?s ?p ?o } } }",
        "?s ?p true.SERVICE <https://example.org/> { }",
        "FILTER(?a<'&&?b>' ) SERVICE <https://example.org/> { } FILTER(?c = '')",
    ],
)
def test_a_call_is_refused_before_anything_is_evaluated(client: PoolClient, body: str) -> None:
    """Whatever scheme, host and place: the same refusal, by a worker that then answers the next query."""
    forked = client.status()["forked"]
    for form in (f"ASK {{ {body} }}", f"SELECT * {{ {body} }}", f"DESCRIBE ?s {{ {body} }}"):
        with pytest.raises(QueryRefusedError, match="SERVICE"):
            ask_pool(client, form)
    assert count(client) == 3000
    assert forked == client.status()["forked"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("\ufeffSELECT ?x { VALUES ?x { <http://x/a> } }", "http://x/a"),
        ("SELECT ?x { VALUES ?x { rdfs:a.b.c } }", "http://www.w3.org/2000/01/rdf-schema#a.b.c"),
        ("SELECT ?x { VALUES ?x { rdfs:l\\u0061bel } }", "http://www.w3.org/2000/01/rdf-schema#label"),
        ("SELECT ?x { <http://x/unknown> <http://x/p>* ?x }", "http://x/unknown"),
    ],
)
def test_legal_queries_that_the_engine_refuses_are_answered(tmp_path: Path, query: str, rows: str) -> None:
    """A byte order mark, dots, escapes, and paths of no step from unknown terms."""
    prefixes = {"rdfs": "http://www.w3.org/2000/01/rdf-schema#"}
    with WorkerPool(pool_settings(tmp_path, workers=1, prefixes=prefixes)) as pool:
        answer = ask_pool(pool.client(), query, results_format=find_format("csv"))
        assert f"x\r\n{rows}\r\n".encode() == answer.read()


def test_an_allow_listed_service_is_called(tmp_path: Path) -> None:
    """What the operator allows reaches its endpoint, and nothing else does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with (
            WorkerPool(pool_settings(tmp_path, workers=1, service_allow=(address,))) as pool,
            ThreadPoolExecutor(1) as threads,
        ):
            asked = threads.submit(ask_pool, pool.client(), f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")
            sock, _ = server.accept()
            with sock:
                assert sock.recv(4096).startswith(b"POST / HTTP/1.1")
            with pytest.raises(EndpointFailedError, match=re.escape(address)):
                asked.result()
            with pytest.raises(QueryRefusedError, match=r"127\.0\.0\.1:9"):
                ask_pool(pool.client(), f"SELECT * {{ SERVICE <{address}> {{}} SERVICE <http://127.0.0.1:9/> {{}} }}")


def test_a_worker_can_open_nothing_while_it_evaluates(pool: WorkerPool, client: PoolClient) -> None:
    """Behind the refusal of calls stands a second wall: no descriptor is free, whatever hides a call from the scan."""
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask_pool, client, ENDLESS, query_id="without-files")
        wait_for(lambda: client.status()["running"])
        assert pool.pid
        limits = {resource.prlimit(pid, resource.RLIMIT_NOFILE)[0] for pid in children_of(pool.pid)}
        client.cancel("without-files")
        with pytest.raises(QueryCancelledError):
            asked.result()
    assert {3} == limits


def test_query_workers_are_the_first_to_go_when_memory_runs_out(pool: WorkerPool, client: PoolClient) -> None:
    """They hold the most, and are replaced at once; the supervisor, which has the store, stays."""
    assert 3000 == count(client)
    assert pool.pid

    def scores(pids: list[int]) -> list[int]:
        return [int(Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii")) for pid in pids]

    ours, workers = scores([os.getpid(), pool.pid]), children_of(pool.pid)
    assert 2 == len(workers)
    wait_for(lambda: min(scores(workers)) > max(ours))  # one that is just forked says so as its first act


def test_a_large_answer_comes_as_a_file_and_whole(client: PoolClient) -> None:
    """Beyond a few megabytes the answer is in a nameless file, which holds every byte."""
    answer = ask_pool(client, "SELECT * { ?a x:p0 ?c . ?d x:p1 ?f } LIMIT 120000", results_format=find_format("csv"))
    assert answer.file is not None
    table = answer.read()
    assert answer.length == len(table)
    assert 120001 == table.count(b"\r\n")


def test_the_kind_of_answer_decides_the_format(client: PoolClient) -> None:
    """A client that accepts triples alone cannot be given rows."""
    with pytest.raises(FormatRefusedError) as caught:
        ask_pool(client, "SELECT * {}", results_format=None)
    assert caught.value.details["kind"] == "select"


def test_running_queries_are_listed_and_cancelled(client: PoolClient) -> None:
    """A query is seen by its id while it runs, and ends when it is cancelled."""
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask_pool, client, ENDLESS, query_id="my-query")
        wait_for(lambda: client.status()["running"])
        (running,) = client.status()["running"]
        assert (running["id"], running["text"]) == ("my-query", ENDLESS)
        assert client.cancel("another") is False
        assert client.cancel("my-query") is True
        with pytest.raises(QueryCancelledError):
            asked.result()
    assert client.status()["running"] == []


def test_a_lost_worker_is_told_and_replaced(client: PoolClient, pool: WorkerPool) -> None:
    """A worker that is killed from outside costs one query, with an error that says so."""
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask_pool, client, ENDLESS)
        wait_for(lambda: client.status()["running"])
        children = Path(f"/proc/{pool.pid}/task/{pool.pid}/children").read_text(encoding="ascii").split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        with pytest.raises(WorkerLostError):
            asked.result()
    wait_for(lambda: client.status()["workers"] == 2)
    assert count(client) == 3000


def test_a_full_queue_refuses_at_once(tmp_path: Path) -> None:
    """What cannot wait is told so at once, and what waits too long after its wait."""
    with WorkerPool(pool_settings(tmp_path, workers=1, queue=1)) as pool:
        client = pool.client(queue_wait=0.3)
        with ThreadPoolExecutor(3) as threads:
            asked = [threads.submit(ask_pool, client, ENDLESS, timeout=1.0)]
            wait_for(lambda: client.status()["running"])
            asked.append(threads.submit(ask_pool, client, ALL))
            wait_for(lambda: len(client.queue) == 2)
            started = time.monotonic()
            with pytest.raises(PoolBusyError, match="queue is full"):
                ask_pool(client, ALL)
            assert time.monotonic() - started < 1.0
            with pytest.raises(PoolBusyError, match="became free"):
                asked[1].result()
            with pytest.raises(QueryTimeoutError):
                asked[0].result()


def test_other_processes_get_their_turn(pool: WorkerPool) -> None:
    """Clients that keep asking do not keep the workers from a client that comes anew."""
    stop = threading.Event()

    def keep_asking() -> int:
        client, asked = pool.client(), 0
        while not stop.is_set():
            count(client, "SELECT (COUNT(*) AS ?n) { x:s1 ?p ?o }")
            asked += 1
        client.close()
        return asked

    with ThreadPoolExecutor(3) as threads:
        busy = [threads.submit(keep_asking) for _ in range(3)]
        for _ in range(20):
            newcomer = pool.client(queue_wait=2)
            assert count(newcomer) == 3000
            newcomer.close()
        stop.set()
        assert all(each.result() > 0 for each in busy)


def test_answers_are_right_while_workers_die(client: PoolClient) -> None:
    """Queries that end well, in time-outs and in exhausted memory, side by side, never mix up their answers."""

    def ask(number: int) -> str:
        try:
            if number % 4 == 0:
                ask_pool(client, ENDLESS, timeout=0.05)
            if number % 4 == 1:
                ask_pool(client, "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f")
            answer = ask_pool(client, f"SELECT ?o {{ x:s{number} x:p0 ?o }}", results_format=find_format("csv"))
            return answer.read().decode().split()[-1]
        except (QueryTimeoutError, QueryMemoryError, PoolBusyError) as error:
            return type(error).__name__

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(ask, range(40)))
    for number, result in enumerate(found):
        expected = ["QueryTimeoutError", "QueryMemoryError", str(number * 3), str(number * 3)][number % 4]
        assert result in (expected, "PoolBusyError")


def test_draining_lets_a_query_finish(tmp_path: Path) -> None:
    """A pool that is stopped answers what it has begun and takes nothing new."""
    pool = WorkerPool(pool_settings(tmp_path, workers=1))
    pool.start()
    pool.wait_ready()
    client = pool.client(queue_wait=1)
    slow = "SELECT (COUNT(*) AS ?n) { ?a x:p0 ?c . ?d x:p1 ?f . FILTER(STRLEN(?c) > STRLEN(?f)) }"
    with ThreadPoolExecutor(2) as threads:
        asked = threads.submit(count, client, slow)
        wait_for(lambda: client.status()["running"])
        stopped = threads.submit(pool.stop)
        assert asked.result() > 0
        stopped.result()
    with pytest.raises(PoolUnavailableError):
        ask_pool(pool.client(), ALL)


def test_a_pool_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """When the parent is killed, supervisor and workers end too."""
    settings = pool_settings(tmp_path)
    program = (
        "import sys, signal\n"
        "from dualbio.store.workers import PoolSettings, WorkerPool\n"
        "pool = WorkerPool(PoolSettings.from_json(sys.argv[1]))\n"
        "pool.start(); pool.wait_ready(); print(pool.pid, flush=True); signal.pause()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", program, settings.to_json()], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        supervisor = int(parent.stdout.readline())
        family = [supervisor, *map(int, Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split())]
        assert len(family) == 3
        parent.kill()
    wait_for(lambda: not any(Path(f"/proc/{pid}/stat").exists() and alive(pid) for pid in family))


def alive(pid: int) -> bool:
    """Tell whether a process lives: a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_release_that_cannot_be_loaded_is_an_error(tmp_path: Path) -> None:
    """A broken file is named with the line, and no process is left behind."""
    broken = tmp_path / "broken.nq"
    broken.write_text("<http://x/a> <http://x/b> .\n", encoding="utf-8")
    pool = WorkerPool(pool_settings(tmp_path, files=(str(broken),)))
    pool.start()
    with pytest.raises(ReleaseError, match=r"toy.*line 1"):
        pool.wait_ready()
    assert pool.pid is None


def test_equal_questions_have_equal_bytes_in_every_process(tmp_path: Path, client: PoolClient) -> None:
    """Another pool over the same files answers byte for byte alike, which a strong entity tag promises."""
    queries = [
        "SELECT * { ?s ?p ?o }",
        "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
        "SELECT DISTINCT ?s { ?s ?p ?o }",
    ]
    with WorkerPool(pool_settings(tmp_path)) as other:
        for query in queries:
            assert ask_pool(client, query).read() == ask_pool(other.client(), query).read()
