"""Virtuoso's dialect: an engine that mixes and doubles rows, and has no booleans, still answers as SPARQL says."""

from __future__ import annotations

import json

import httpx
import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import PREFIXES
from dualbio.store.remote import RemoteStore
from dualbio.store.virtuoso import spoken

DATA = """
@prefix : <urn:t:> .
:a :name "Sandborn 2012 abatacept UC" ; :in 3 ; :unit "mg" . :b :name "Sandborn 2012 abatacept CD" ; :in 1 .
:c :name "LUNAR"@en ; :in 2 ; :unit "%" . :d :name "BELIEVE"@en ; :in 10 ; :also :a , :b , :c .
"""
RESULTS = {"Server": "Virtuoso/07.20.3229 (Linux)", "Content-Type": "application/sparql-results+json"}


class Careless:
    """Evaluates as our engine does, then mixes the rows, and gives each twice where they were to be distinct."""

    def __init__(self, server: str = RESULTS["Server"]) -> None:
        """Begin with the data, under the name of a server."""
        self.store = ox.Store()
        self.store.load(DATA.encode(), ox.RdfFormat.TURTLE)
        self.headers = {**RESULTS, "Server": server}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        text = request.url.params["query"]
        self.asked.append(text)
        answer = self.store.query(text)
        assert isinstance(answer, ox.QuerySolutions)
        document = json.loads(answer.serialize(format=ox.QueryResultsFormat.JSON) or b"")
        rows = document["results"]["bindings"]
        if "DISTINCT" in text:
            rows += rows
        rows.reverse()
        return httpx.Response(200, text=json.dumps(document), headers=self.headers)


def _there(engine: Careless) -> RemoteStore:
    return RemoteStore("http://192.0.2.1/sparql", client=httpx.Client(transport=httpx.MockTransport(engine)))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?name { ?s <urn:t:name> ?name } ORDER BY ?name",
        "SELECT DISTINCT ?s { ?s <urn:t:name> ?name ; <urn:t:in> ?n } ORDER BY DESC(?n) ?name LIMIT 2 OFFSET 1",
        "SELECT * { ?s <urn:t:in> ?n OPTIONAL { ?s <urn:t:unit> ?u } } ORDER BY ?n",
        "PREFIX t: <urn:t:> SELECT ?s (COUNT(*) AS ?n) { ?s t:also|t:in ?o } GROUP BY ?s ORDER BY DESC(?n) STR(?s)",
        "SELECT DISTINCT ?s { ?s <urn:t:in> ?n } order by xsd:decimal(?n)",
    ],
)
def test_rows_are_ordered_and_told_apart_here(text: str) -> None:
    """By what is shown and by what is not, in both directions, within limits."""
    engine = Careless()
    expected = engine.store.query(text, prefixes=PREFIXES)
    assert isinstance(expected, ox.QuerySolutions)
    columns, rows = _there(engine).select_rows(text)
    assert [tuple(row) for row in expected] == rows
    assert [variable.value for variable in expected.variables] == [*columns]


def test_another_engine_is_asked_as_is_written() -> None:
    """The dialect is for a server that calls itself Virtuoso; one that does is asked again once it has said so."""
    text = "SELECT ?name { ?s <urn:t:name> ?name } ORDER BY ?name"
    other, engine = Careless("Fuseki/5"), Careless()
    for _ in range(2):
        _there(other).select(text)
    assert all(asked.endswith("ORDER BY ?name") for asked in other.asked)
    there = _there(engine)
    there.select(text)
    there.select(text)
    assert [True, False, False] == ["ORDER BY" in asked for asked in engine.asked]
    assert "Virtuoso" == there.engine
    assert 3 == len(engine.asked)


def test_joined_texts_are_ordered_by_their_letters() -> None:
    """Numbers before them by number; the answer of our engine stays the same."""
    text = "SELECT (GROUP_CONCAT(STR(?n)) AS ?all) { SELECT ?n { ?s <urn:t:in> ?n } ORDER BY ?n }"
    store = Careless().store
    rows = [[row["all"] for row in store.query(each)] for each in (text, spoken(text).text)]  # type: ignore[union-attr]
    assert [ox.Literal("1 2 3 10")] == rows[0] == rows[1]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("CONCAT(?a, COALESCE(?b, 'x'))", "IF(BOUND(?a), CONCAT(?a, COALESCE(?b, 'x')), ?unbound_)"),
        ("IF(?a > 1, ?b, ?c)", "IF(BOUND(?a), IF(?a > 1, ?b, ?c), ?unbound_)"),
        ("IF(BOUND(?a) && ?a > 1, ?b, ?c)", "IF(BOUND(?a) && ?a > 1, ?b, ?c)"),
        ("IF(EXISTS { ?a ?b ?c }, 1, 2)", "IF(EXISTS { ?a ?b ?c }, 1, 2)"),
    ],
)
def test_what_needs_a_variable_is_unbound_without_it(written: str, asked: str) -> None:
    """As SPARQL says of errors in functions; a condition that is more than a comparison is left as it is."""
    assert (
        f"SELECT ?d {{ ?s ?p ?a BIND ({asked} AS ?d) }}"
        == spoken(f"SELECT ?d {{ ?s ?p ?a BIND ({written} AS ?d) }}").text
    )
    assert f"SELECT * {{ BIND ({written} AS ?d) }}" == spoken(f"SELECT * {{ BIND ({written} AS ?d) }}").text


def test_booleans_are_words() -> None:
    """In rows and in triples, Virtuoso writes 1 and 0."""
    xsd = f"{PREFIXES['xsd']}boolean"
    row = f'{{"a": {{"type": "typed-literal", "datatype": "{xsd}", "value": "1"}}}}'
    body = f'{{"head": {{"vars": ["a"]}}, "results": {{"bindings": [{row}]}}}}'
    answers = iter(
        [
            httpx.Response(200, text=body, headers=RESULTS),
            httpx.Response(200, text=body, headers=RESULTS),
            httpx.Response(
                200,
                text=f'<urn:a> <urn:b> "0"^^<{xsd}> .\n',
                headers={**RESULTS, "Content-Type": "application/n-triples"},
            ),
        ]
    )
    client = httpx.Client(transport=httpx.MockTransport(lambda _: next(answers)))
    with RemoteStore("http://192.0.2.1/sparql", client=client) as there:
        assert [(ox.Literal(True),)] == there.select_rows("SELECT ?a { ?s ?p ?a }")[1]
        assert [ox.Literal(False)] == [triple.object for triple in there.construct("CONSTRUCT WHERE { ?s ?p ?a }")]


@pytest.mark.parametrize("text", ["SELECT ?a {", "{ } SELECT ?x }", "CONCAT(", "", "ASK { ?a ?b ?c }", "SELECT"])
def test_what_is_no_rows_is_left_to_the_server(text: str) -> None:
    """It tells of mistakes in its own words."""
    assert text == spoken(text).text


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", True),
        ("SELECT ?g { GRAPH ?g { ?s a dualbio:Drug } }", True),
        ("SELECT ?p { ?s a dualbio:Drug ; ?p ?o } ORDER BY ?a ?p ?o", True),
        ("SELECT ?a ?b ?c { ?a a ?b ; rdfs:label ?c FILTER (?c > ?b) } ORDER BY ?a ?b ?c", False),
        ("SELECT ?a ?b { VALUES ?p { rdfs:label } ?a ?p ?b }", False),
        ("SELECT ?a { GRAPH graph:lessons { ?a a ?b } }", False),
    ],
)
def test_its_own_graphs_are_left_out_where_they_would_be_seen(text: str, own: bool) -> None:
    """By whoever asks for any property, or any graph: other queries would pay for it."""
    assert own is spoken(text).own


def test_a_dataset_goes_beside_the_text() -> None:
    """One of the request before one of the query; triples are asked for as triples alone, and a base is not doubled."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, text="", headers={"Content-Type": "application/n-triples"})

    with RemoteStore("http://192.0.2.1/sparql", client=httpx.Client(transport=httpx.MockTransport(answer))) as there:
        text = "BASE <urn:x:> CONSTRUCT { ?s a drug:a } FROM <urn:a> FROM NAMED graph:lessons { ?s ?p ?o }"
        there.query(text)
        there.query(text, default=["urn:b"])
    first, second = (request.url.params for request in asked)
    assert ["urn:a"] == first.get_list("default-graph-uri")
    assert [f"{PREFIXES['graph']}lessons"] == first.get_list("named-graph-uri")
    assert (["urn:b"], []) == (second.get_list("default-graph-uri"), second.get_list("named-graph-uri"))
    assert "FROM" not in first["query"]
    assert 1 == first["query"].count("BASE")
    assert "json" not in asked[0].headers["Accept"]
