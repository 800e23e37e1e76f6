"""Another engine: a release loaded into Oxigraph's own server answers every saved query as the release in memory."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from dualbio.cli.main import cli
from dualbio.errors import NotFoundError, StoreError
from dualbio.export.rdf.push import push
from dualbio.model.namespaces import BASE
from dualbio.queries import Library, Resolver, run_query
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.remote import GraphStore, RemoteStore


@dataclass(frozen=True)
class Engine:
    """A running SPARQL server: where it takes graphs and where it answers."""

    graphs: str
    endpoint: str


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Oxigraph's server, empty, whose default graph is the union."""
    log = tmp_path_factory.mktemp("oxigraph") / "log"
    program = Path(sys.executable).with_name("oxigraph")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    with log.open("wb") as out:
        server = subprocess.Popen([program, "serve", "--union-default-graph", "--bind", bind], stdout=out, stderr=out)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.get(f"http://{bind}/query", params={"query": "ASK {}"}).raise_for_status()
        yield Engine(f"http://{bind}/store", f"http://{bind}/query")
    finally:
        server.terminate()
        server.wait(timeout=20)


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
        assert sent == len(begun) == len(set(begun))
        yield store


def test_every_saved_query_answers_alike(there: RemoteStore, release: Release) -> None:
    """The rows of each saved query are those of the embedded store."""
    here = EmbeddedStore.in_memory(release.files)
    names = Resolver(there)
    for saved in Library.read(shipped_sources().queries).values():
        assert run_query(saved, here).rows == run_query(saved, there, resolver=names).rows, saved.name


def test_graphs_of_an_earlier_release_are_removed(there: RemoteStore, graphs: GraphStore, release: Release) -> None:
    """A graph of ours that the release does not have is removed; those of users stay."""
    old, own = f"{BASE}graph/study/withdrawn", f"{BASE}graph/user/notes"
    for graph in (old, own):
        graphs.put(graph, [b"<urn:a> <urn:b> <urn:c> .\n"])
    push(release.folder, graphs, there)
    assert not bool(there.query(f"ASK {{ GRAPH <{old}> {{ ?s ?p ?o }} }}"))
    assert bool(there.query(f"ASK {{ GRAPH <{own}> {{ ?s ?p ?o }} }}"))
    graphs.delete(own)


def test_what_is_not_there_afterwards_is_told(
    engine: Engine, there: RemoteStore, graphs: GraphStore, release: Release, tmp_path: Path
) -> None:
    """A store that loses what it is sent does not pass for a loaded one."""

    class Sieve(GraphStore):
        """Loses the lessons."""

        def put(self, graph: str, triples: Iterable[bytes]) -> None:
            """Replace the graph, or forget it."""
            super().put(graph, [b""] if graph.endswith("/lessons") else triples)

    folder = tmp_path / release.id
    for name in ("lessons", "mappings"):
        (folder / "graphs").mkdir(parents=True, exist_ok=True)
        shutil.copy(release.graphs / f"{name}.nq", folder / "graphs")
    with Sieve(engine.graphs) as sieve, pytest.raises(StoreError, match=r"lessons: found 0 triples; accepted: \d+"):
        push(folder, sieve, there)
    push(release.folder, graphs, there)


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
