"""Another engine: a release loaded into Oxigraph's own server answers every saved query as the release in memory."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from dualbio.cli.main import cli
from dualbio.errors import NotFoundError, ReleaseError, StoreError
from dualbio.export.rdf.push import Sent, push
from dualbio.model.namespaces import BASE
from dualbio.queries import Library, Resolver, run_query
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.remote import GraphStore, RemoteStore
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, pool_settings
from oxigraph_server import Engine, started


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The server that the release is loaded into."""
    with started(tmp_path_factory.mktemp("oxigraph") / "log") as engine:
        yield engine


@pytest.fixture(scope="module")
def graphs(engine: Engine) -> Iterator[GraphStore]:
    """Where the server takes graphs."""
    with GraphStore(engine.graphs) as graphs:
        yield graphs


@pytest.fixture(scope="module")
def there(engine: Engine, graphs: GraphStore, release: Release) -> Iterator[RemoteStore]:
    """The server with the release in it."""
    with RemoteStore(engine.endpoint) as store:
        begun: list[str] = []
        sent = push(release.folder, graphs, store, begun.append)
        assert sent.graphs == len(begun) == len(set(begun))
        assert sent.before == 0
        yield store


def test_every_saved_query_answers_alike(there: RemoteStore, release: Release) -> None:
    """The rows of each saved query are those of the embedded store."""
    here = EmbeddedStore.in_memory(release.files)
    names = Resolver(there)
    for saved in Library.read(shipped_sources().queries).values():
        assert run_query(saved, here).rows == run_query(saved, there, resolver=names).rows, saved.name


class Sieve(GraphStore):
    """Loses or changes a part of the lessons, or breaks off after some pieces."""

    lost: bytes = b""
    changed: bytes = b""
    pieces: int = 1000

    def put(self, graph: str, triples: bytes) -> None:
        """Replace the graph by something else."""
        self._count(graph)
        super().put(graph, triples.replace(self.lost, self.changed) if graph.endswith("/lessons") else triples)

    def add(self, graph: str, triples: bytes) -> None:
        """Add, unless it is over."""
        self._count(graph)
        super().add(graph, triples)

    def _count(self, graph: str) -> None:
        self.pieces -= not graph.endswith("/loading")
        if self.pieces < 0:
            raise StoreError("the line is dead")


@pytest.fixture
def part(release: Release, tmp_path: Path) -> Path:
    """Two graphs of the release."""
    folder = tmp_path / release.id
    for name in ("lessons", "mappings"):
        (folder / "graphs").mkdir(parents=True, exist_ok=True)
        shutil.copy(release.graphs / f"{name}.nq", folder / "graphs")
    return folder


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Engine]:
    """A server of one's own, empty."""
    with started(tmp_path / "log") as engine:
        yield engine


def test_graphs_of_an_earlier_release_are_removed(other: Engine, part: Path) -> None:
    """A graph of ours that the release does not have is removed; those of users stay."""
    old, own = f"{BASE}graph/study/withdrawn", f"{BASE}graph/user/notes"
    with GraphStore(other.graphs) as graphs, RemoteStore(other.endpoint) as there:
        for graph in (old, own):
            graphs.put(graph, b"<urn:a> <urn:b> <urn:c> .\n")
        push(part, graphs, there)
        assert not there.ask(f"ASK {{ GRAPH <{old}> {{ ?s ?p ?o }} }}")
        assert there.ask(f"ASK {{ GRAPH <{own}> {{ ?s ?p ?o }} }}")


def test_what_is_not_there_afterwards_is_told(other: Engine, part: Path) -> None:
    """A store that loses or changes what it is sent does not pass for a loaded one."""
    with Sieve(other.graphs) as sieve:
        for lost, changed, found in (
            (b"/value/", b"/values/", "other triples"),
            (b".\n", b".\n<urn:a> <urn:b> <urn:c> .\n", r"[\d,]+ triples"),
        ):
            sieve.lost, sieve.changed = lost, changed
            with pytest.raises(StoreError, match=rf"lessons: found {found}; accepted: \d+, as sent"):
                push(part, sieve)


def test_a_load_that_broke_off_goes_on_where_it_was(other: Engine, part: Path) -> None:
    """What has arrived is not sent again, and in the end nothing but the release is there."""
    triples = sum(path.read_bytes().count(b"\n") for path in part.rglob("*.nq"))
    needed = sum(-(-path.read_bytes().count(b"\n") // 1000) for path in part.rglob("*.nq"))
    with Sieve(other.graphs) as sieve, RemoteStore(other.endpoint) as there:
        sieve.pieces = 12
        with pytest.raises(StoreError, match="the line is dead"):
            push(part, sieve, there, piece=1000)
        sieve.pieces = needed - 12
        assert Sent(2, 1) == push(part, sieve, there, piece=1000)
        (row,) = there.select("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")
        assert str(triples) == row["n"].value


def test_notes_of_another_release_count_for_nothing(other: Engine, part: Path) -> None:
    """Graphs that another release has replaced meanwhile are sent again."""
    with Sieve(other.graphs) as sieve:
        sieve.pieces = 1
        with pytest.raises(StoreError, match="the line is dead"):
            push(part, sieve)
        changed = part.with_name("another")
        shutil.copytree(part, changed)
        (changed / "graphs" / "lessons.nq").write_bytes(
            (part / "graphs" / "lessons.nq").read_bytes().partition(b"\n")[2]
        )
        sieve.pieces = 1
        with pytest.raises(StoreError, match="the line is dead"):
            push(changed, sieve)
        sieve.pieces = 2
        assert Sent(2, 0) == push(part, sieve)


def test_errors_of_another_server_name_it(engine: Engine, there: RemoteStore, graphs: GraphStore) -> None:
    """A refused query, a missing graph and an address that is no endpoint are told with the address."""
    with pytest.raises(StoreError, match=rf"{engine.endpoint}: status 400"):
        there.query("SELEC * {}")
    with pytest.raises(NotFoundError):
        graphs.delete("urn:nobody")
    home = engine.endpoint.removesuffix("query")
    with RemoteStore(home) as other, pytest.raises(StoreError, match="accepted: SPARQL results"):
        other.query("ASK {}")


def test_answers_have_the_types_of_the_embedded_store(there: RemoteStore) -> None:
    """SELECT, ASK and CONSTRUCT give solutions, a boolean and triples."""
    assert isinstance(there.query("SELECT * { ?s a dualbio:Drug }"), ox.QuerySolutions)
    assert isinstance(there.query("ASK { ?s a dualbio:Drug }"), ox.QueryBoolean)
    assert isinstance(there.query("CONSTRUCT WHERE { ?s a dualbio:Drug }"), ox.QueryTriples)


@pytest.fixture(scope="module")
def front(there: RemoteStore, release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The service in front of the engine, as `serve --store URL` starts it."""
    settings = Settings(releases=release.folder.parent, engine=there.endpoint, query_workers=1, query_timeout=5)
    with WorkerPool(pool_settings(settings, release, tmp_path_factory.mktemp("pool"))) as pool:
        options = Options(access_log=False)
        yield make_app(Service(settings, release, pool.client(queue_wait=5), options)).test_client()


def test_the_service_in_front_answers_as_one_with_its_own_store(front: FlaskClient, release: Release) -> None:
    """Rows, truth, triples and descriptions, in the formats asked for; other names and datasets are understood."""
    here = EmbeddedStore.in_memory(release.files)
    rows = "SELECT ?a ?l { ?a a dualbio:Arm ; rdfs:label ?l } ORDER BY ?a ?l"
    columns, expected = here.select_rows(rows)
    answer = front.get("/sparql", query_string={"query": rows}, headers={"Accept": "text/tab-separated-values"})
    found = ox.parse_query_results(answer.data, ox.QueryResultsFormat.TSV)
    assert isinstance(found, ox.QuerySolutions)
    assert expected == [tuple(row) for row in found]
    assert len(columns) == 2
    assert front.get("/sparql", query_string={"query": "ASK { disease:ra a dualbio:Disease }"}).json == {
        "head": {},
        "boolean": True,
    }
    for text in ("CONSTRUCT WHERE { drug:rituximab ?p ?o }", "DESCRIBE drug:belimumab"):
        answer = front.get("/sparql", query_string={"query": text}, headers={"Accept": "text/turtle"})
        triples = {quad.triple for quad in ox.parse(answer.data, ox.RdfFormat.TURTLE)}
        assert triples
        assert {*here.construct(text)} == triples
    asked = {"query": "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Drug }", "default-graph-uri": f"{BASE}graph/lessons"}
    answer = front.get("/sparql", query_string=asked, headers={"Accept": "text/csv"})
    assert ["n", "0"] == answer.text.split()


def test_pages_and_saved_queries_are_asked_there(front: FlaskClient, release: Release) -> None:
    """A saved query gives the rows of the release, and pages have what it is about."""
    saved = Library.read(shipped_sources().queries).find("missed-superiority")
    here = run_query(saved, EmbeddedStore.in_memory(release.files), {"disease": "sle"}, release=release.id)
    answer = front.get(f"/queries/{saved.name}.csv?disease=sle")
    assert here.to_csv() == answer.data
    assert release.id in answer.headers["Dualbio-Release"]
    for page in ("/", "/study/bliss-believe", "/drug/rituximab", "/data/"):
        assert 200 == front.get(page, headers={"Accept": "text/html"}).status_code


def test_limits_hold_in_front_of_another_engine(front: FlaskClient, there: RemoteStore) -> None:
    """A mistake is told with its place, a runaway in time, SERVICE not at all; what cannot be promised is said."""
    answer = front.get("/sparql", query_string={"query": "SELECT *\nWHERE { ?s ?p }"})
    assert (400, 2) == (answer.status_code, answer.json and answer.json["line"])
    long = "SELECT (COUNT(*) AS ?n) { ?a rdfs:label ?b . ?c dualbio:arm ?d }"  # which ends some seconds later there
    answer = front.get("/sparql", query_string={"query": long, "timeout": "0.2"})
    assert 504 == answer.status_code
    assert f"{there.endpoint} cannot cancel a query" in answer.text
    assert 403 == front.get("/sparql", query_string={"query": "SELECT * { SERVICE <urn:a> { ?s ?p ?o } }"}).status_code
    assert "Another engine evaluates the queries" in front.get("/sparql", headers={"Accept": "text/turtle"}).text


def test_an_engine_that_is_gone_is_told_with_its_address(release: Release, tmp_path: Path) -> None:
    """A page that asks what the engine is, as the first one does, has a 502 and no fault of ours; nor is it kept."""
    known = Settings(releases=release.folder.parent, query_workers=1)
    with socket.socket() as free, WorkerPool(pool_settings(known, release, tmp_path)) as pool:
        free.bind(("127.0.0.1", 0))  # and nobody listens
        gone = f"http://127.0.0.1:{free.getsockname()[1]}/query"
        service = Service(known.model_copy(update={"engine": gone}), release, pool.client(), Options(access_log=False))
        answer = make_app(service).test_client().get("/study/calibrate", headers={"Accept": "text/html"})
    assert 502 == answer.status_code
    assert gone in answer.text
    assert 1 == answer.text.count("repair: ")
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_engine_with_another_release_is_not_served(other: Engine, release: Release, tmp_path: Path) -> None:
    """The start tells how to load it."""
    settings = Settings(releases=release.folder.parent, engine=other.endpoint)
    pool = WorkerPool(pool_settings(settings, release, tmp_path))
    pool.start()
    with pytest.raises(ReleaseError, match=r"not as in .* graphs?; .*; repair: dualbio load --to"):
        pool.wait_ready()


def test_the_command_line_asks_another_endpoint(there: RemoteStore, release: Release) -> None:
    """`--endpoint` gives the answer of the release here, for saved queries and for SPARQL."""
    here = EmbeddedStore.in_memory(release.files)
    saved = Library.read(shipped_sources().queries).find("b-cell-targeting-drugs")
    runner = CliRunner()
    asked = ["query", saved.name, "-p", "effect=depletes", "--format", "csv", "--endpoint", there.endpoint]
    answer = runner.invoke(cli, asked, catch_exceptions=False)
    assert run_query(saved, here, {"effect": "depletes"}).to_csv() == answer.stdout_bytes
    asked = ["sparql", "SELECT (COUNT(*) AS ?drugs) { ?drug a dualbio:Drug }", "--format", "csv"]
    answer = runner.invoke(cli, [*asked, "--endpoint", there.endpoint], catch_exceptions=False)
    assert ["drugs", str(len(Resolver(here).names("drug")))] == answer.stdout.split()
