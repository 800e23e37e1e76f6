"""`dualbio.connect`: a service behind HTTP answers what the release in memory answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask import Flask

import dualbio
from dualbio.client import RemoteDatabase
from dualbio.database import Database
from dualbio.errors import NotFoundError, ParameterError, StoreError
from dualbio.model.namespaces import BASE
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from real import served

Start = Callable[[str, list[tuple[str, str]]], Any]


@pytest.fixture(scope="module")
def here(release: Release, store: EmbeddedStore) -> Database:
    """The release in memory."""
    return Database(release, shipped_sources().queries, store=store)


@pytest.fixture(scope="module")
def there(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteDatabase]:
    """The same release behind HTTP."""
    with dualbio.connect(address, cache=tmp_path_factory.mktemp("http") / "kept.db") as service:
        yield service


class Faulty:
    """An application that notes what it is asked, and fails where a test wants so."""

    def __init__(self, app: Flask) -> None:
        """Wrap the application."""
        self.app = app
        self.asked: list[tuple[str, str]] = []
        self.busy = 0
        self.cut: int | None = None
        self.statuses: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer, or fail."""
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if self.busy:
            self.busy -= 1
            start("503 Service Unavailable", [("Retry-After", "0"), ("Content-Length", "0")])
            return [b""]

        def noted(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            self.statuses.append(status)
            return start(status, headers, *more)

        answer = self.app.wsgi_app(environ, noted)
        if self.cut is None or environ["REQUEST_METHOD"] == "HEAD":
            return answer
        whole, self.cut = b"".join(answer)[: self.cut], None
        answer.close()  # type: ignore[attr-defined]
        return [whole]


@pytest.fixture
def faulty(app: Flask) -> Iterator[tuple[Faulty, str]]:
    """An application with faults, and its address."""
    wrapped = Faulty(app)
    with served(wrapped) as url:
        yield wrapped, url


# --- the same answers -------------------------------------------------------------------------------------------------


def test_every_saved_query_answers_as_in_memory(here: Database, there: RemoteDatabase) -> None:
    """Rows, columns, parameters, text and release of every saved query are those of the release in memory."""
    assert list(here.queries) == list(there.queries)
    for name in here.queries:
        assert here.query(name) == there.query(name), name


def test_parameters_mean_the_same(here: Database, there: RemoteDatabase) -> None:
    """Keys, labels, lists and numbers are understood by the service as they are here."""
    for name, params in (
        ("studies/combination-studies-by-disease", {"disease": "Crohn's disease"}),
        ("studies/combination-studies-by-disease", {"disease": ["sle", "ra"]}),
        ("mechanism/b-cell-targeting-drugs", {"effect": ["depletes"]}),
    ):
        assert here.query(name, **params) == there.query(name, **params)


def test_saved_queries_are_those_on_disk(here: Database, there: RemoteDatabase) -> None:
    """The library of a service has heads, parameters and texts of the library here."""
    assert dict(here.queries) == dict(there.queries)


@pytest.mark.parametrize(
    "name",
    [
        "rituximab",
        "bliss-believe",
        "arm:bliss-believe.bel-rtx",
        "result:bliss-believe.r001",
        "pair:b-cell-depletion_blys-inhibition",
        "value:check-level.fulltext",
        "dualbio:Regimen",
    ],
)
def test_descriptions_are_the_same(here: Database, there: RemoteDatabase, name: str) -> None:
    """Label, types, properties, those who point to it and origins of a thing are those of the release in memory."""
    mine, theirs = here.describe(name), there.describe(name)
    told = ("node", "label", "definition", "types", "properties", "origins", "deprecated", "replaced_by")
    assert {part: getattr(mine, part) for part in told} == {part: getattr(theirs, part) for part in told}
    named = [
        [(each.label, each.total, [v for v in each.values if isinstance(v.term, ox.NamedNode)]) for each in found]
        for found in (mine.inverses, theirs.inverses)
    ]
    assert named[0] == named[1]


def test_derivations_are_the_same(here: Database, there: RemoteDatabase) -> None:
    """A derivation comes over HTTP as the tree it is."""
    goal = ("drug:rituximab", "rdf:type", "dualbio:BCellTargetingDrug")
    assert here.why(*goal) == there.why(*goal)
    assert here.why(*goal)[0].premises


def test_search_and_names_are_the_same(here: Database, there: RemoteDatabase) -> None:
    """Search and name resolution find the same things."""
    assert here.search("belimumab nephritis") == there.search("belimumab nephritis")
    assert here.find("MabThera") == there.find("MabThera")


def test_answers_of_sparql_have_the_types_of_the_engine(there: RemoteDatabase) -> None:
    """SELECT, ASK and CONSTRUCT give solutions, a boolean and triples, also when the query is too long for a GET."""
    long = " ".join(f"<urn:x:{number}>" for number in range(1000))
    rows = there.sparql(f"SELECT ?x WHERE {{ VALUES ?x {{ {long} }} }}")
    assert isinstance(rows, ox.QuerySolutions)
    assert 1000 == len(list(rows))
    assert bool(there.sparql("ASK { drug:rituximab a dualbio:Drug }"))
    triples = there.sparql("CONSTRUCT { drug:rituximab a ?c } WHERE { drug:rituximab a ?c }")
    assert isinstance(triples, ox.QueryTriples)
    assert b"BCellTargetingDrug" in (triples.serialize(format=ox.RdfFormat.N_TRIPLES) or b"")


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors_are_those_of_the_library(there: RemoteDatabase) -> None:
    """What is misspelt is told as here, with the nearest name."""
    with pytest.raises(ParameterError, match="did you mean"):
        there.query("studies/combination-studies-by-disease", disease="systemic lupus erythematosis")
    with pytest.raises(NotFoundError, match="did you mean 'b-cell-targeting-drugs'"):
        there.query("b-cell-targetting-drugs")
    with pytest.raises(NotFoundError, match=r"no dump 'dualbio\.xyz'"):
        there.download("dualbio.xyz", Path())
    with pytest.raises(StoreError, match="line 1"):
        there.sparql("SELEC ?x {}")


def test_what_is_no_service_is_told() -> None:
    """A closed port and a server of another kind are named with the address."""

    def other(_environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/html"), ("Content-Length", "2")])
        return [b"hi"]

    with served(other) as url, pytest.raises(StoreError, match=r"found no JSON; accepted: a dualbio service"):
        dualbio.connect(url, cache=False)
    with pytest.raises(StoreError, match="Connection refused"):
        dualbio.connect(url, cache=False, retries=0)


def test_another_release_than_the_wanted_one_is_refused(address: str) -> None:
    """A client that wants one release never gets an answer of another."""
    with pytest.raises(StoreError, match=r"accepted: 0\.0\.1-other, as asked for"):
        dualbio.connect(address, cache=False, release="0.0.1-other")


# --- the network ------------------------------------------------------------------------------------------------------


def test_a_busy_server_is_asked_again(faulty: tuple[Faulty, str]) -> None:
    """Two refusals with Retry-After pass unseen; without repetition they are an error."""
    app, url = faulty
    with dualbio.connect(url, cache=False) as service:
        app.busy = 2
        assert bool(service.sparql("ASK {}"))
        assert 0 == app.busy
    with dualbio.connect(url, cache=False, retries=0) as service:
        app.busy = 1
        with pytest.raises(StoreError, match="status 503"):
            service.sparql("ASK {}")


def test_an_answer_is_kept_and_only_asked_whether_it_holds(faulty: tuple[Faulty, str], tmp_path: Path) -> None:
    """The second connection gets the kept answer after a 304 of the server."""
    app, url = faulty
    for _ in range(2):
        with dualbio.connect(url, cache=tmp_path / "kept.db") as service:
            assert 1 == len(list(service.sparql("SELECT ?x { VALUES ?x { 1 } }")))  # type: ignore[arg-type]
    sparql = [status for (_, path), status in zip(app.asked, app.statuses, strict=True) if path == "/sparql"]
    assert ["200", "304"] == [status.partition(" ")[0] for status in sparql]


# --- dumps ------------------------------------------------------------------------------------------------------------


def test_a_dump_arrives_whole(there: RemoteDatabase, release: Release, tmp_path: Path) -> None:
    """The file has the announced SHA-256, and nothing else is left beside it."""
    seen: list[tuple[int, int | None]] = []
    file = there.download("graphs/lessons.ttl.gz", tmp_path, progress=lambda done, whole: seen.append((done, whole)))
    kept = release.folder / "dumps" / "graphs" / "lessons.ttl.gz"
    assert kept.read_bytes() == file.read_bytes()
    assert (file.stat().st_size, file.stat().st_size) == seen[-1]
    assert [file] == list(tmp_path.iterdir())


def test_a_dump_goes_on_where_it_broke_off(faulty: tuple[Faulty, str], tmp_path: Path) -> None:
    """After a broken download only what is missing is fetched, and the whole is right."""
    app, url = faulty
    with dualbio.connect(url, cache=False, retries=0) as service:
        whole = service.download("graphs/entities.nt", tmp_path / "whole.nt")
        size = whole.stat().st_size
        app.cut = size // 2
        target = tmp_path / "entities.nt"
        with pytest.raises(StoreError):
            service.download("graphs/entities.nt", target)
        assert not target.exists()
        (part,) = tmp_path.glob("entities.nt.*.part")
        begun = part.stat().st_size
        assert 0 < begun < size
        seen: list[int] = []
        service.download("graphs/entities.nt", target, progress=lambda done, _: seen.append(done))
    assert "206 PARTIAL CONTENT" == app.statuses[-1].upper()
    assert seen[0] > begun
    assert hashlib.sha256(whole.read_bytes()).digest() == hashlib.sha256(target.read_bytes()).digest()


def test_a_dump_that_is_not_what_was_announced_is_thrown_away(there: RemoteDatabase, tmp_path: Path) -> None:
    """Bytes with another SHA-256 never become the file."""
    digest = there.download("graphs/lessons.nt", tmp_path).read_bytes()
    etag = hashlib.sha256(digest).hexdigest()
    target = tmp_path / "again.nt"
    part = tmp_path / f"again.nt.{etag[:12]}.part"
    part.write_bytes(b"x" * 10)
    with pytest.raises(StoreError, match="found SHA-256"):
        there.download("graphs/lessons.nt", target)
    assert not target.exists()
    assert not part.exists()


def test_triples_stream_from_a_dump(here: Database, there: RemoteDatabase) -> None:
    """Every quad of the release, and of one graph, comes out of the stream; an unknown graph is told."""
    named = {quad for quad in here.store.quads() if "_:" not in str(quad)}
    assert named == {quad for quad in there.quads() if "_:" not in str(quad)}
    assert len(list(here.store.quads())) == sum(1 for _ in there.quads())
    lessons = ox.NamedNode(f"{BASE}graph/lessons")
    assert set(here.store.quads(lessons)) == set(there.quads("lessons"))
    with pytest.raises(NotFoundError, match="no dump"):
        next(there.quads("lesons"))


def test_a_stream_that_breaks_off_is_an_error(faulty: tuple[Faulty, str]) -> None:
    """A dump that ends too early never looks like a smaller one."""
    app, url = faulty
    with dualbio.connect(url, cache=False, retries=0) as service:
        app.cut = 2000
        with pytest.raises(StoreError):
            list(service.quads("entities"))


def test_the_offered_files_are_listed(there: RemoteDatabase) -> None:
    """Each offered file has a name that `download` takes."""
    names = {dump.name for dump in there.dumps()}
    assert {"dualbio.nq.gz", "graphs/study/bliss-believe.ttl.gz", "tables/results.csv"} <= names
    assert there.release_id in there.releases
