"""Sending updates to an application without a network, and looking at what came of them."""

from __future__ import annotations

import itertools
import json
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dualbio.settings import Settings
from dualbio.store.user_graphs import UserGraphs

__all__ = [
    "RELEASED",
    "TOKEN",
    "UPDATE",
    "USER",
    "ask",
    "code",
    "done",
    "everything",
    "new_graph",
    "remove_all",
    "triples",
    "update",
    "values",
]

UPDATE = "application/sparql-update"
TOKEN = {"Authorization": "Bearer a-token-for-operators"}
USER = "https://w3id.org/dualbio/graph/user/"
RELEASED = "https://w3id.org/dualbio/graph/entities"

_NUMBERS = itertools.count()


def new_graph() -> str:
    """Return the IRI of a user graph that no other test knows."""
    return f"{USER}test-{next(_NUMBERS)}"


def update(client: FlaskClient, text: str, headers: dict[str, str] | None = None, **parameters: Any) -> TestResponse:
    """Send an update with the token."""
    return client.post(
        "/sparql",
        query_string=parameters,
        data=text,
        content_type=UPDATE,
        headers=TOKEN if headers is None else headers,
    )


def done(client: FlaskClient, text: str, **parameters: Any) -> None:
    """Send an update that must succeed."""
    response = update(client, text, **parameters)
    assert (response.status_code, response.data) == (204, b""), response.text


def ask(client: FlaskClient, query: str, **headers: str) -> TestResponse:
    """Ask with the answer as CSV."""
    response = client.get("/sparql", query_string={"query": query, "format": "csv"}, headers=headers)
    assert response.status_code in (200, 304), response.text
    return response


def values(client: FlaskClient, query: str) -> list[str]:
    """Return the rows of a query of one column, in order."""
    return sorted(ask(client, query).text.splitlines()[1:])


def triples(client: FlaskClient, graph: str) -> list[str]:
    """Return subjects and objects of a graph, each as one string."""
    return values(client, f"SELECT (CONCAT(STR(?s), ' ', STR(?o)) AS ?x) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")


def code(response: TestResponse) -> str:
    """Return the last part of the type of a problem."""
    return str(json.loads(response.data)["type"]).rpartition("/")[2]


def everything(client: FlaskClient, settings: Settings) -> tuple[str, str, int]:
    """Return what must stay as it is: all triples in their graphs, those of the default graph, the number of writes."""
    named = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
    default = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    index = UserGraphs(settings.user_graph_folder).read()
    return ask(client, named).text, ask(client, default).text, index.generation


def remove_all(client: FlaskClient, settings: Settings) -> None:
    """Remove every user graph, so that other tests find the release alone."""
    for name in UserGraphs(settings.user_graph_folder).read().graphs:
        assert client.delete(f"/graph/user/{name}", headers=TOKEN).status_code == 204
