"""The OpenAPI document of the saved queries: valid, with examples that are answered, true under made-up requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from described import expanded
from dualbio.queries import Library
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, open_release, pool_settings

#: A query with a parameter of every type.
TYPES = """\
#+ summary: Which results has a study?
#+ description: Results of the toy studies, by everything that can be asked.
#+ tags: [toy]
#+ params:
#+ - {name: study, type: study, list: true, example: [s1, Study 2], description: studies}
#+ - {name: least, type: integer, example: 3, description: fewest events}
#+ - {name: share, type: decimal, example: 0.5, description: least share}
#+ - {name: known, type: boolean, example: true, description: whether it is known}
#+ - {name: day, type: date, example: 2026-01-31, description: a day}
#+ - {name: words, type: string, example: 'result', description: words of the label}
#+ - {name: kind, type: enum, values: [few, many], list: true, example: [few], description: how many}
#+ - {name: thing, type: iri, example: 's1', description: anything}
#+ columns:
#+ - {name: result, meaning: the result}
#+ - {name: events, meaning: its events, unit: people}
#+ - {name: label, meaning: its label}
SELECT ?result ?events ?label
WHERE {
  VALUES ?study { UNDEF }
  VALUES ?least { 0 }
  VALUES ?share { 0.0 }
  VALUES ?known { true }
  VALUES ?day { UNDEF }
  VALUES ?words { "result" }
  VALUES ?kind { UNDEF }
  VALUES ?thing { UNDEF }
  ?study dualbio:hasArm ?arm .
  ?result dualbio:arm ?arm ; dualbio:events ?events ; rdfs:label ?label .
  FILTER (?events >= ?least && ?share < 1 && BOUND(?known) && CONTAINS(?label, ?words))
  FILTER (!BOUND(?day) || ?day < xsd:date("2027-01-01"))
  FILTER (!BOUND(?kind) || (?kind = "few") = (?events < 3))
  FILTER (!BOUND(?thing) || ?thing = ?study)
}
ORDER BY ?result
"""
REQUIRED = """\
#+ summary: What is a drug called?
#+ description: Needs a drug.
#+ tags: [names]
#+ params:
#+ - {name: drug, type: drug, example: rituximab, description: the drug}
#+ columns:
#+ - {name: label, meaning: 'a label, in any language'}
SELECT ?label
WHERE {
  VALUES ?drug { }
  ?drug rdfs:label ?label
}
ORDER BY ?label
"""
NOTHING = """\
#+ summary: How many drugs are there?
#+ description: Has no parameters.
#+ tags: [names]
#+ columns:
#+ - {name: drugs, meaning: number of drugs, unit: drugs}
SELECT (COUNT(?drug) AS ?drugs)
WHERE {
  ?drug a dualbio:Drug
}
"""
QUERIES = {"toy/types": TYPES, "names/of-a-drug": REQUIRED, "names/count": NOTHING}
#: Made-up requests of each kind to each operation.
EXAMPLES = 40
OPERATIONS = [
    ("GET", "/queries/"),
    ("GET", "/queries/{topic}/"),
    *((method, f"/queries/{name}") for name in QUERIES for method in ("GET", "POST")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy queries."""
    folder = tmp_path_factory.mktemp("library") / "queries"
    for name, text in QUERIES.items():
        path = folder / f"{name}.rq"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def toy(
    folder: Path, settings: Settings, options: Options, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An application with the toy queries over the small release."""
    release = open_release(settings.releases / "current")
    own = settings.model_copy(update={"queries": folder})
    with WorkerPool(pool_settings(own, release, tmp_path_factory.mktemp("pool"))) as pool:
        yield make_app(Service(own, release, pool.client(queue_wait=options.queue_wait), options))


@pytest.fixture(scope="module")
def client(toy: Flask) -> FlaskClient:
    """A client of the application."""
    return toy.test_client()


def closed(described: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that allows no other names than those that exist: which exist, no schema can tell."""
    if "items" in described:
        return {**described, "items": closed(described["items"])}
    if "description" in described:
        return {"enum": described.get("examples", ["s1"])}
    return described


@pytest.fixture(scope="module")
def api(toy: Flask) -> schemathesis.BaseSchema:
    """The document of the application with known names alone, and with tables in JSON alone: CSV has no schema."""
    document = expanded(toy.test_client().get("/openapi.json").get_json())
    for path in document["paths"].values():
        for parameter in path["get"].get("parameters", []):
            parameter["schema"] = closed(parameter["schema"])
        bodies = path.get("post", {}).get("requestBody", {}).get("content", {})
        bodies.pop("text/csv", None)
        for body in bodies.values():
            question = body["schema"].get("items", body["schema"])
            question["properties"] = {name: closed(each) for name, each in question["properties"].items()}
    api = schemathesis.openapi.from_dict(document)
    api.app = toy
    return api


def test_every_query_is_described(client: FlaskClient, folder: Path) -> None:
    """The document is valid OpenAPI 3.1; each query is a path; identifiers are unique."""
    document = client.get("/openapi.json").get_json()
    validate(document)
    assert "3.1.0" == document["openapi"]
    queries = {f"/queries/{name}" for name in Library.read(folder)}
    assert {"/queries/", "/queries/{topic}/", *queries} == set(document["paths"])
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len({operation["operationId"] for operation in operations})


def test_examples_fit_their_schemas(client: FlaskClient) -> None:
    """The example of each parameter and body is one that its schema allows."""
    document = expanded(client.get("/openapi.json").get_json())
    for item in document["paths"].values():
        bodies = item.get("post", {}).get("requestBody", {}).get("content", {}).values()
        for described in (*item["get"].get("parameters", []), *bodies):
            if "example" in described:
                OAS31Validator(described["schema"]).validate(described["example"])


def test_the_examples_are_answered(client: FlaskClient) -> None:
    """Asking with the examples of the document is never a mistake, whatever the question is sent as."""
    for path, item in expanded(client.get("/openapi.json").get_json())["paths"].items():
        asked = {each["name"]: each["example"] for each in item["get"].get("parameters", []) if "example" in each}
        assert 200 == client.get(path.replace("{topic}", "toy"), query_string=asked).status_code
        for media_type, body in item.get("post", {}).get("requestBody", {}).get("content", {}).items():
            if "example" in body:
                sent = json.dumps(body["example"]) if media_type == "application/json" else body["example"]
                answer = client.post(path, data=sent, content_type=media_type)
                assert 200 == answer.status_code, (path, media_type, answer.text)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_document_is_true(method: str, path: str, mode: GenerationMode, api: schemathesis.BaseSchema) -> None:
    """Whatever is asked, the answer has a status, type and body that the document tells; nothing fails inside."""
    # Bodies are read with good will: a number may be a text, a field may be empty.
    unchecked: list[Any] = [negative_data_rejection] if method == "POST" else []

    @given(case=api[path][method].as_strategy(generation_mode=mode))
    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case[Any]) -> None:
        # What stands beside an answer, and its long table, are no pages: 406 for some formats is told by no schema.
        beside = {"part", "long"} & set(case.query or ())
        excluded = [*unchecked, positive_data_acceptance] if beside else unchecked
        # The client of the tests leaves the content coding to us.
        case.call_and_validate(headers={"Accept-Encoding": "identity"}, excluded_checks=excluded)

    ask()
