"""Virtuoso as another engine: loaded with a password by Digest, it holds what it was sent, and tells of cut answers.

Saved queries that it answers as the release in memory stay alike; those of the register are refused. What was found
beyond this is in `docs/engines.md`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.errors import StoreError, UnfitEngineError
from dualbio.export.rdf.push import Sent, push
from dualbio.model.namespaces import BASE
from dualbio.queries import Library, Resolver, SavedQuery, run_query
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.credentials import Credentials
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.engines import FOUND, read_register, register_file
from dualbio.store.remote import GraphStore, RemoteStore
from dualbio.store.virtuoso import VIRTUOSO
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, pool_settings
from virtuoso_server import Virtuoso, started

KNOWN = Credentials("dba", "dba")
UNFIT = {name: row for (engine, name), row in read_register(register_file()).items() if engine == VIRTUOSO}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Virtuoso]:
    """A server of its own, empty, that gives ten thousand rows at most."""
    with started(tmp_path_factory.mktemp("virtuoso"), rows=10_000) as server:
        yield server


@pytest.fixture(scope="module")
def part(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two graphs of the release, one of them with blank nodes."""
    folder = tmp_path_factory.mktemp("part") / release.id
    (folder / "graphs").mkdir(parents=True)
    for name in ("entities", "ontology"):
        shutil.copy(release.graphs / f"{name}.nq", folder / "graphs")
    return folder


@pytest.fixture(scope="module")
def there(server: Virtuoso, part: Path) -> Iterator[RemoteStore]:
    """The server with the two graphs, sent in pieces."""
    with GraphStore(server.graphs, credentials=KNOWN) as graphs, RemoteStore(server.endpoint) as store:
        assert Sent(2, 0) == push(part, graphs, store, piece=5000)
        yield store


def test_what_is_read_back_is_what_was_sent(there: RemoteStore, part: Path) -> None:
    """Blank nodes are IRIs there, and count as blank nodes; rows of a query are those from memory."""
    rows = "SELECT ?a ?l { ?a a dualbio:Drug ; rdfs:label ?l FILTER (LANG(?l) = 'en') } ORDER BY ?a"
    here = EmbeddedStore.in_memory(sorted((part / "graphs").glob("*.nq")))
    assert here.select_rows(rows) == there.select_rows(rows)
    assert there.ask("ASK { ?s owl:onProperty ?p FILTER (STRSTARTS(STR(?s), 'nodeID://')) }")


def test_a_wrong_password_is_refused(server: Virtuoso) -> None:
    """And nothing is written."""
    graphs = GraphStore(server.graphs, credentials=Credentials("dba", "wrong"))
    with graphs, pytest.raises(StoreError, match="status 401"):
        graphs.put(f"{BASE}graph/user/a", b"<urn:a> <urn:b> <urn:c> .\n")


def test_a_cut_answer_is_no_answer(there: RemoteStore) -> None:
    """Virtuoso gives ten thousand of more rows with status 200."""
    assert len(there.select_rows("SELECT * { ?s ?p ?o } LIMIT 900")[1]) == 900
    with pytest.raises(StoreError, match="the server gives a part of the answer only"):
        there.select("SELECT * { ?s ?p ?o }")


def test_its_own_graphs_are_no_part_of_what_is_asked(there: RemoteStore, part: Path) -> None:
    """Neither of the union nor of the graphs that a query may name."""
    here = EmbeddedStore.in_memory(sorted((part / "graphs").glob("*.nq")))
    for rows in (
        "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    ):
        assert here.select_rows(rows) == there.select_rows(rows)


@pytest.fixture(scope="module")
def whole(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Virtuoso]:
    """A server with the whole release, brought by its own loader."""
    with started(tmp_path_factory.mktemp("whole")) as server:
        server.load(release)
        yield server


@pytest.fixture(scope="module")
def saved() -> Mapping[str, SavedQuery]:
    """The saved queries."""
    return Library.read(shipped_sources().queries)


def test_saved_queries_answer_alike(whole: Virtuoso, release: Release, saved: Mapping[str, SavedQuery]) -> None:
    """Each that is not registered has the rows of the embedded store, in their order.

    The server makes other plans when it has drawn other samples, and a plan may be wrong by chance: what differs is
    asked again of the server started anew, and fails, as it is to be registered, when it differs again. No service
    gives what differed once: the release on this machine answers there (`test_pages_elsewhere.py`). A registered query
    may well be alike.
    """
    here = EmbeddedStore.in_memory(release.files)
    names = Resolver(here)

    def differing(asked: Iterable[str]) -> list[str]:
        with RemoteStore(whole.endpoint) as there:
            rows = (
                (name, [run_query(saved[name], each, resolver=names).rows for each in (here, there)]) for name in asked
            )
            return [name for name, (mine, other) in rows if mine != other]

    if once := differing(saved.keys() - UNFIT.keys()):
        whole.start()
        assert [] == differing(once)


def test_registered_queries_are_not_asked(whole: Virtuoso, saved: Mapping[str, SavedQuery]) -> None:
    """The error names the query, the engine and its version, what was seen, and what to do; every name is a query's."""
    assert set() == UNFIT.keys() - saved.keys()
    with RemoteStore(whole.endpoint) as there:
        names = Resolver(there)
        for name, row in UNFIT.items():
            with pytest.raises(UnfitEngineError) as error:
                run_query(saved[name], there, resolver=names)
            for told in (name, VIRTUOSO, row.version, FOUND[row.found], row.detail, "repair: "):
                assert told in str(error.value)


@pytest.fixture(scope="module")
def front(whole: Virtuoso, release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The service in front of it, as `serve --store URL` starts it."""
    settings = Settings(releases=release.folder.parent, engine=whole.endpoint, query_workers=1)
    with WorkerPool(pool_settings(settings, release, tmp_path_factory.mktemp("pool"))) as pool:
        yield make_app(Service(settings, release, pool.client(queue_wait=5), Options(access_log=False))).test_client()


def test_the_service_in_front_says_what_it_does_not_ask(front: FlaskClient, release: Release) -> None:
    """A registered query is answered by the release on this machine; the answer and the description say so."""
    row = next(iter(UNFIT.values()))
    here = EmbeddedStore.in_memory(release.files)
    expected = run_query(Library.read(shipped_sources().queries)[row.query], here, release=release.id).to_csv()
    answer = front.get(f"/queries/{row.query}.csv")
    assert expected == answer.data
    assert "release" == answer.headers["Dualbio-Answered-From"]
    description = front.get("/sparql", headers={"Accept": "text/turtle"}).text
    assert not [name for name in UNFIT if name not in description]
    assert "the release on this machine answers all saved queries" in description


def test_queries_of_ones_own_are_answered_from_there(front: FlaskClient, release: Release) -> None:
    """Rows and descriptions are those of the release here."""
    here = EmbeddedStore.in_memory(release.files)
    rows = "SELECT ?a ?l { ?a a dualbio:Arm ; rdfs:label ?l } ORDER BY ?a ?l"
    answer = front.get("/sparql", query_string={"query": rows}, headers={"Accept": "text/tab-separated-values"})
    found = ox.parse_query_results(answer.data, ox.QueryResultsFormat.TSV)
    assert isinstance(found, ox.QuerySolutions)
    assert here.select_rows(rows)[1] == [tuple(row) for row in found]
    text = "DESCRIBE drug:belimumab"
    answer = front.get("/sparql", query_string={"query": text}, headers={"Accept": "application/n-triples"})
    assert {f"{triple} ." for triple in here.construct(text)} == {*answer.text.splitlines()}
