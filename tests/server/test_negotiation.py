"""Formats, codings and conditional requests over HTTP."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from flask.testing import FlaskClient

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
