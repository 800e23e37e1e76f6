"""The published JSON Schemas hold for every document of their kind, and would notice a broken one."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from dualbio.export.rdf.frame_schema import SCHEMAS
from dualbio.export.rdf.frames import document
from dualbio.model.namespaces import BASE
from dualbio.store.embedded import EmbeddedStore


@pytest.fixture(scope="module")
def validators(client: FlaskClient) -> dict[str, Draft202012Validator]:
    """A validator for each published schema, which is itself valid."""
    found = {}
    for kind in SCHEMAS:
        schema = client.get(f"/schema/v1/{kind}.json").get_json()
        Draft202012Validator.check_schema(schema)
        found[kind] = Draft202012Validator(schema)
    return found


@pytest.mark.parametrize("kind", SCHEMAS)
def test_documents_are_valid(client: FlaskClient, validators: dict[str, Draft202012Validator], kind: str) -> None:
    """Documents from the whole list of a kind conform to its schema."""
    data = client.get(f"/{kind}/", headers={"Accept": "application/n-triples"}).text
    iris = sorted({line.split()[0].strip("<>") for line in data.splitlines()})
    for iri in iris[:: max(1, len(iris) // 15)]:
        made = client.get("/" + iri.removeprefix(BASE) + ".jsonld").get_json()
        assert (iri, []) == (iri, [error.message[:200] for error in validators[kind].iter_errors(made)])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), "https://w3id.org/dualbio/drug/rituximab"),
        (("type",), ["Drug"]),
        (("enrolled",), "many"),
        (("studiesDisease",), "lupus"),
        (("hasArm", 0, "position"), "first"),
        (("hasResult", 0, "value"), 12.5),
        (("label",), "BLISS-BELIEVE"),
    ],
)
def test_a_broken_document_is_noticed(
    client: FlaskClient, validators: dict[str, Draft202012Validator], path: tuple[Any, ...], value: object
) -> None:
    """Another kind of thing, a word for a number, a text for a thing: each is an error, at any depth."""
    made = json.loads(client.get("/study/bliss-believe.jsonld").data)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value

    assert not validators["study"].is_valid(made)


def test_a_document_leads_to_its_schema(client: FlaskClient) -> None:
    """The JSON-LD of a kind with a schema names it; other formats do not."""
    expected = '</schema/v1/study.json>; rel="describedby"; type="application/schema+json"'

    assert expected in client.get("/study/bliss-believe.jsonld").headers["Link"]
    assert expected not in client.get("/study/bliss-believe.ttl").headers["Link"]


def test_python_makes_the_same_document(client: FlaskClient, store: EmbeddedStore) -> None:
    """The library gives what the service gives."""
    node = ox.NamedNode(f"{BASE}study/bliss-believe")

    assert document(store, node) == client.get("/study/bliss-believe.jsonld").get_json()
