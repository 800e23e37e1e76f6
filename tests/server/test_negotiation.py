"""Formats, codings and conditional requests over HTTP."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from xml.etree import ElementTree as ET

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

SELECT = "SELECT ?s ?label { ?s rdfs:label ?label } ORDER BY ?s LIMIT 100"
CONSTRUCT = "CONSTRUCT WHERE { ?s a dualbio:Drug }"


@pytest.mark.parametrize(
    ("query", "accept", "override", "expected"),
    [
        (SELECT, None, "csv", "text/csv"),
        (SELECT, "application/sparql-results+json", "tsv", "text/tab-separated-values"),
        (SELECT, "text/turtle, text/csv;q=0.5", None, "text/csv"),
        (CONSTRUCT, "text/turtle;q=0.4, text/csv", None, "text/turtle"),
        (CONSTRUCT, None, "json", "application/ld+json"),
        (CONSTRUCT, None, "xml", "application/rdf+xml"),
        (CONSTRUCT, "application/n-triples", "csv", "application/n-triples"),
        (SELECT, "application/json", None, "application/json"),
        (SELECT, "*/*", None, "application/sparql-results+json"),
    ],
)
def test_the_kind_of_answer_and_the_wish_decide(
    client: FlaskClient, query: str, accept: str | None, override: str | None, expected: str
) -> None:
    """One header may name formats of both kinds; the one that fits the answer is taken."""
    parameters = {"query": query} | ({"format": override} if override else {})
    response = client.get("/sparql", query_string=parameters, headers={"Accept": accept} if accept else {})
    assert f"{expected}; charset=utf-8" == response.content_type


def test_several_accept_lines_are_one_header(client: FlaskClient) -> None:
    """The server joins header lines with a comma, with empty members between them."""
    headers = {"Accept": "text/csv;q=0, , application/sparql-results+xml;q=0.1"}
    response = client.get("/sparql", query_string={"query": SELECT}, headers=headers)
    assert response.content_type == "application/sparql-results+xml; charset=utf-8"


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_codings_are_the_same_answer_in_fewer_bytes(client: FlaskClient, coding: str) -> None:
    """Each coding unpacks to the plain answer and has an entity tag of its own."""
    plain = client.get("/sparql", query_string={"query": SELECT})
    coded = client.get("/sparql", query_string={"query": SELECT}, headers={"Accept-Encoding": coding})
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.ZstdDecompressor().decompress}
    assert coded.headers["Content-Encoding"] == coding
    assert plain.data == unpack[coding](coded.data)
    assert len(coded.data) < len(plain.data) / 3
    assert coded.headers["ETag"] != plain.headers["ETag"]


def test_small_answers_are_not_coded(client: FlaskClient) -> None:
    """What fits one packet gains nothing."""
    response = client.get("/sparql?query=ASK%7B%7D", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "QUERY"])
def test_a_known_answer_is_not_sent_again(client: FlaskClient, method: str) -> None:
    """A matching entity tag gives 304 without content, strong or weak, alone or among others."""
    query = f"{SELECT} # {method}"
    known = client.get("/sparql", query_string={"query": query}).headers["ETag"]
    assert not known.startswith("W/")
    for tags in (known, f"W/{known}", f'"x", {known}'):
        response = client.open(
            "/sparql" if method == "QUERY" else "/sparql?query=" + query.replace(" ", "%20").replace("#", "%23"),
            method=method,
            data=query if method == "QUERY" else None,
            content_type="application/sparql-query" if method == "QUERY" else None,
            headers={"If-None-Match": tags},
        )
        assert (response.status_code, response.data) == (304, b"")
        assert response.headers["ETag"] == known
        assert "Content-Type" not in response.headers


def test_an_unknown_tag_gets_the_whole_answer(client: FlaskClient) -> None:
    """Another tag, or the tag of another format, does not match."""
    other = client.get("/sparql", query_string={"query": SELECT, "format": "csv"}).headers["ETag"]
    response = client.get("/sparql", query_string={"query": SELECT}, headers={"If-None-Match": other})
    assert response.status_code == 200
    assert response.data


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?t) {}",
        "SELECT (RAND() AS ?t) {}",
        "SELECT (uuid() AS ?t) {}",
        "CONSTRUCT { [] a dualbio:Drug } {}",
        "CONSTRUCT { _:a a dualbio:Drug } {}",
    ],
)
def test_what_changes_by_itself_is_never_kept(client: FlaskClient, query: str) -> None:
    """Clocks, random values and new blank nodes get no entity tag and differ between two answers."""
    one, two = (client.get("/sparql", query_string={"query": query, "format": "xml"}) for _ in range(2))
    assert one.headers["Cache-Control"] == "no-store"
    assert "ETag" not in one.headers
    assert one.data != two.data


def test_a_post_is_not_conditional(client: FlaskClient) -> None:
    """If-None-Match guards reading methods alone."""
    tag = client.get("/sparql", query_string={"query": SELECT}).headers["ETag"]
    headers = {"If-None-Match": tag, "Content-Type": "application/sparql-query"}
    assert client.post("/sparql", data=SELECT, headers=headers).status_code == 200


# --- properties ------------------------------------------------------------------------------------------------------

RESULT_TYPES = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "text/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
ENTITIES = "https://w3id.org/dualbio/graph/entities"

_weights = st.sampled_from(["0", "0.001", "0.3", "0.5", "0.999", "1", "1.000"])
_ranges = st.sampled_from([*RESULT_TYPES, "text/*", "application/*", "*/*", "image/png", "text/turtle"])
_members = st.lists(st.tuples(_ranges, _weights), min_size=1, max_size=5, unique_by=lambda member: member[0])
_spaces = st.sampled_from(["", " ", "\t", "  "])
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)

_quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def weight_of(media_type: str, members: list[tuple[str, str]]) -> float:
    """Return the weight that an Accept header gives a media type, by RFC 9110 section 12.5.1, said the other way."""
    named = dict(members)
    for wanted in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if wanted in named:
            return float(named[wanted])
    return 0.0


@_quick
@given(members=_members, space=_spaces)
def test_any_accept_header_gets_what_it_prefers(
    client: FlaskClient, members: list[tuple[str, str]], space: str
) -> None:
    """The type that is sent is one of the heaviest; 406 comes exactly when none has a weight, with what there is."""
    header = f"{space},{space}".join(f"{name}{space};{space}q={weight}" for name, weight in members)
    response = client.get("/sparql", query_string={"query": "SELECT (1 AS ?x) {}"}, headers={"Accept": header})
    weights = {media_type: weight_of(media_type, members) for media_type in RESULT_TYPES}
    if max(weights.values()) == 0:
        assert response.status_code == 406, header
        assert set(response.get_json(force=True)["offered"]) & set(RESULT_TYPES)
        return
    assert response.status_code == 200, header
    assert max(weights.values()) == weights[response.mimetype or ""], header
    assert "Accept" in response.headers["Vary"]


@_quick
@given(text=_texts, how=st.sampled_from(["GET", "form", "direct", "QUERY"]))
def test_any_text_comes_back_as_it_was_sent(client: FlaskClient, text: str, how: str) -> None:
    """A literal goes through every way to ask and comes back unchanged; XML says when it cannot carry one."""
    escaped = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
    query = f"SELECT ({escaped} AS ?x) {{}}"
    for form in ("json", "xml", "csv"):
        response = _ask(client, query, how, form)
        if form == "xml" and re.search("[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]", text):
            assert response.status_code == 400
            assert "XML cannot carry" in response.text
            continue
        assert response.status_code == 200, (query, response.text)
        assert text == _only_value(response.data, form), (query, form)


def _ask(client: FlaskClient, query: str, how: str, form: str) -> TestResponse:
    if how == "GET":
        return client.get("/sparql", query_string={"query": query, "format": form})
    if how == "form":
        return client.post("/sparql", data={"query": query, "format": form})
    method = "POST" if how == "direct" else "QUERY"
    direct = "application/sparql-query"
    return client.open(f"/sparql?format={form}", method=method, data=query.encode(), content_type=direct)


def _only_value(data: bytes, form: str) -> str:
    if form == "json":
        value: str = json.loads(data)["results"]["bindings"][0]["x"]["value"]
        return value
    if form == "csv":
        _, row = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
        return "".join(row)  # an empty value makes an empty line
    node = ET.fromstring(data).find(".//{http://www.w3.org/2005/sparql-results#}literal")  # noqa: S314 - ours
    return (node.text or "") if node is not None else ""


@_quick
@given(given_timeout=st.one_of(_texts, st.floats(0.001, 9999).map(lambda x: f"{x:.3f}"), st.integers().map(str)))
def test_any_timeout_is_a_number_of_seconds_or_told(client: FlaskClient, given_timeout: str) -> None:
    """What is a positive number is kept; anything else is 400, and says what is accepted."""
    response = client.get("/sparql", query_string={"query": "ASK {}", "timeout": given_timeout})
    plain = re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", given_timeout)
    if plain and float(given_timeout) > 0:
        assert response.status_code == 200
    else:
        assert response.status_code == 400
        assert "number of seconds" in response.get_json(force=True)["detail"]


@_quick
@given(
    graphs=st.lists(st.one_of(_texts, st.sampled_from(["https://w3id.org/dualbio/graph/entities", "x:y"])), max_size=3)
)
def test_any_dataset_is_iris_or_told(client: FlaskClient, graphs: list[str]) -> None:
    """A graph that has no absolute IRI as its name is 400; other graphs are the dataset, known or not."""
    asked = {"query": "SELECT (COUNT(*) AS ?n) { ?s a dualbio:Drug }", "default-graph-uri": graphs, "format": "csv"}
    response = client.get("/sparql", query_string=asked)
    graphs = [graph for graph in graphs if graph]  # forms send an empty field for a graph that nobody named
    if all(re.fullmatch(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*', graph) for graph in graphs):
        drugs = 3 if not graphs or ENTITIES in graphs else 0
        assert (200, f"n\r\n{drugs}\r\n") == (response.status_code, response.text)
    else:
        assert response.status_code == 400
        assert response.get_json(force=True)["type"].endswith("/graph-iri")
