"""One language for every store: a store in this process, a server, and the worker pool answer alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pyoxigraph as ox
import pytest

from dualbio.errors import StoreError
from dualbio.model.namespaces import BASE, PREFIXES, term
from dualbio.store import Store
from dualbio.store.embedded import EmbeddedStore, load_files
from dualbio.store.remote import RemoteStore
from dualbio.store.workers import PoolSettings, PoolStore, QueryTimeoutError, WorkerPool

DRUGS = f"""
<{BASE}drug/a> <{PREFIXES["rdfs"]}label> "a"@en <{BASE}graph/entities> .
<{BASE}drug/b> <{PREFIXES["rdfs"]}label> "b, \\"c\\""@en <{BASE}graph/entities> .
<{BASE}drug/b> <{BASE}ontology#binds> _:c14n0 <{BASE}graph/ontology> .
_:c14n0 <{PREFIXES["rdfs"]}label> "1" <{BASE}graph/ontology> .
""".lstrip()
LABELS = "SELECT ?s ?label ?none { ?s rdfs:label ?label } ORDER BY ?label"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drugs, and something without a name."""
    file = tmp_path_factory.mktemp("store") / "drugs.nq"
    file.write_text(DRUGS, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def pool(file: Path) -> Iterator[WorkerPool]:
    """A pool over them."""
    settings = PoolSettings("toy", (str(file),), str(file.parent), workers=1, base=BASE, prefixes=PREFIXES)
    with WorkerPool(settings) as started:
        yield started


def server(store: EmbeddedStore) -> httpx.Client:
    """Return a client of a server that answers from `store`."""

    def answer(request: httpx.Request) -> httpx.Response:
        (text,) = parse_qs(request.url.query.decode())["query"]
        found = store.query(text)
        graph = isinstance(found, ox.QueryTriples)
        form = ox.RdfFormat.N_TRIPLES if graph else ox.QueryResultsFormat.JSON
        return httpx.Response(200, content=found.serialize(format=form), headers={"Content-Type": form.media_type})  # type: ignore[arg-type]

    return httpx.Client(transport=httpx.MockTransport(answer))


@pytest.fixture(params=["embedded", "remote", "pool"])
def store(request: pytest.FixtureRequest, file: Path, pool: WorkerPool) -> Iterator[Store]:
    """Each kind of store over the same data."""
    here = EmbeddedStore(load_files([file]))
    if request.param == "embedded":
        yield here
    elif request.param == "remote":
        with RemoteStore("http://192.0.2.1/sparql", client=server(here)) as there:
            yield there
    else:
        yield PoolStore(pool.client(), timeout=10.0)


def test_every_form_of_query_has_its_method(store: Store) -> None:
    """Rows, truth and triples, with the prefix table and the union of the graphs."""
    assert ["1", "a", 'b, "c"'] == [row["label"].value for row in store.select(LABELS)]
    assert store.ask("ASK { drug:a rdfs:label 'a'@en }")
    assert not store.ask("ASK { drug:a rdfs:label 'a' }")
    triples = list(store.construct("CONSTRUCT { ?s rdfs:label ?l } WHERE { ?s rdfs:label ?l FILTER (isIRI(?s)) }"))
    assert {f"{BASE}drug/a", f"{BASE}drug/b"} == {triple.subject.value for triple in triples}


def test_rows_are_the_same_everywhere(store: Store, file: Path) -> None:
    """Blank nodes, unbound cells and quotes included."""
    columns, rows = store.select_rows(LABELS)
    assert EmbeddedStore(load_files([file])).select_rows(LABELS) == (columns, rows)
    assert ox.BlankNode("c14n0") in [cell for row in rows for cell in row]


@pytest.mark.parametrize(
    ("method", "text", "message"),
    [
        ("select", "ASK {}", "found a query that is answered with a truth value; accepted: SELECT"),
        ("ask", "CONSTRUCT WHERE { ?s ?p ?o }", "found a query that is answered with triples; accepted: ASK"),
        ("construct", LABELS, "found a query that is answered with rows; accepted: CONSTRUCT or DESCRIBE"),
    ],
)
def test_another_form_of_query_is_refused(store: Store, method: str, text: str, message: str) -> None:
    """What was found and what is accepted are told."""
    with pytest.raises(StoreError) as error:
        getattr(store, method)(text)
    assert message == str(error.value)


def test_quads_are_found_by_their_terms(store: Store) -> None:
    """Any of the four may be given."""
    label = term("rdfs:label")
    a, entities = ox.NamedNode(f"{BASE}drug/a"), ox.NamedNode(f"{BASE}graph/entities")
    expected = ox.Quad(a, label, ox.Literal("a", language="en"), entities)
    assert [expected] == list(store.quads_for_pattern(a, None, None))
    assert [expected] == list(store.quads_for_pattern(a, label, expected.object, entities))
    assert 2 == len(list(store.quads_for_pattern(None, label, None, entities)))
    assert 4 == len(list(store.quads_for_pattern(None, None, None)))
    assert [] == list(store.quads_for_pattern(a, None, None, a))


def test_all_that_is_said_of_some_things_is_found_at_once(store: Store) -> None:
    """By a query where the store is elsewhere; of what is not known nothing is said."""
    a, unknown = ox.NamedNode(f"{BASE}drug/a"), ox.NamedNode(f"{BASE}drug/unknown")
    found = list(store.quads_about([unknown, a]))
    assert found
    assert sorted(map(str, store.quads_for_pattern(a, None, None))) == sorted(map(str, found))


@pytest.mark.parametrize(
    ("bindings", "truth"), [("", False), ('{"__ASK_RETVAL": {"type": "literal", "value": "1"}}', True)]
)
def test_a_truth_value_may_come_as_a_row(bindings: str, truth: bool) -> None:
    """So Virtuoso answers ASK."""
    body = f'{{"head": {{"vars": ["__ASK_RETVAL"]}}, "results": {{"bindings": [{bindings}]}}}}'
    headers = {"Content-Type": "application/sparql-results+json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=body, headers=headers))
    with RemoteStore("http://192.0.2.1/sparql", client=httpx.Client(transport=transport)) as there:
        assert truth is there.ask("ASK { ?s ?p ?o }")


@pytest.mark.parametrize("name", ["X-SPARQL-MaxRows", "X-SQL-State"])
def test_a_part_of_an_answer_is_none(name: str) -> None:
    """What a server says to be cut is not taken for the whole, though its status is 200."""
    headers = {"Content-Type": "text/csv", name: "10"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text="a\r\n", headers=headers))
    there = RemoteStore("http://192.0.2.1/sparql", client=httpx.Client(transport=transport))
    with there, pytest.raises(StoreError, match="a part of the answer only"):
        there.select("SELECT ?a { ?a ?b ?c }")


def test_a_blank_node_has_a_name_in_its_own_store_alone(pool: WorkerPool) -> None:
    """A query could not say which one is meant."""
    with pytest.raises(StoreError, match="a blank node of one store has no name in another"):
        list(PoolStore(pool.client(), timeout=10.0).quads_for_pattern(ox.BlankNode("c14n0"), None, None))


def test_a_query_through_the_pool_keeps_its_limit(pool: WorkerPool) -> None:
    """The seconds that the store was made with."""
    endless = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(30))
    with pytest.raises(QueryTimeoutError):
        PoolStore(pool.client(), timeout=0.2).select(f"SELECT (COUNT(*) AS ?n) {{ {endless} }}")


def test_nobody_reaches_through_a_store() -> None:
    """Whoever is given something with a store asks that store, and not the engine behind it."""
    root = Path(__file__).parents[3]
    files = [path for folder in ("src", "server") for path in (root / folder).rglob("*.py")]
    assert files
    assert [] == [str(path) for path in files if re.search(r"\.store\.store\b", path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("number", [254, 255, 256, 511, -1])
def test_a_pattern_with_a_number_finds_that_number_and_no_other(tmp_path: Path, number: int) -> None:
    """Also on disk, where the engine gives whatever follows an integer that ends in a full byte."""
    disk = ox.Store(str(tmp_path / "store"))
    disk.extend(
        ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal(each), ox.NamedNode("urn:g"))
        for each in range(-2, 1000)
    )
    store = EmbeddedStore(disk)
    for subject in (None, ox.NamedNode("urn:a")):
        found = store.quads_for_pattern(subject, ox.NamedNode("urn:b"), ox.Literal(number))
        assert [ox.Literal(number)] == [quad.object for quad in found]

    padded = ox.Literal(f"0{number}" if number > 0 else str(number), datatype=term("xsd:integer"))
    assert [ox.Literal(number)] == [quad.object for quad in store.quads_for_pattern(None, None, padded)]
