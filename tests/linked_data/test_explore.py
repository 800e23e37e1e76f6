"""Explanations and schemas over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.store.workers.process.protocol import QueryRequest
from dualbio.why import Explainer
from dualbio_server.site import explore

WHY = {"s": "study:bliss-believe", "p": "dualbio:missedSuperiorityIn", "o": "contrast:bliss-believe.c001"}


def test_why_tells_the_tree_as_json(client: FlaskClient) -> None:
    """The derivation names the rule and ends in asserted facts with graph and source."""
    found = client.get("/why", query_string=WHY, headers={"Accept": "application/json"}).get_json()[0]

    assert "missed-superiority" == found["rule"]
    assert any("Aranow 2024" in str(premise) for premise in found["because"])


def test_why_asks_people_what_they_mean(client: FlaskClient) -> None:
    """Whoever opens the page without a statement gets a form; a program is told what it lacks."""
    asked = client.get("/why", headers={"Accept": "text/html"})
    assert 200 == asked.status_code
    assert ["s", "p", "o"] == re.findall(r'<input name="([spo])" required', asked.text)
    assert 400 == client.get("/why", headers={"Accept": "application/json"}).status_code


def test_why_page_links_to_what_it_names(client: FlaskClient) -> None:
    """The page leads to the comparison and to the graph of the study."""
    text = client.get("/why", query_string=WHY, headers={"Accept": "text/html"}).get_data(as_text=True)

    assert 'href="/comparison/bliss-believe.c001"' in text
    assert 'href="/graph/study/bliss-believe"' in text


def test_why_page_says_the_curated_facts_first(client: FlaskClient) -> None:
    """Each fact once with its graph, the derivation folded below, in which axioms are read without a prefix."""
    query = {"s": "arm:bliss-believe.bel-rtx", "p": "dualbio:testsMechanismPair"}
    query["o"] = "pair:b-cell-depletion_blys-inhibition"
    text = client.get("/why", query_string=query, headers={"Accept": "text/html"}).get_data(as_text=True)
    first, _, folded = text.partition("<details>")
    facts = [
        " ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in re.findall(r"<li>(.*?)</li>", first, re.DOTALL)
    ]

    assert "rituximab has mechanism B-cell depletion entities · textbook knowledge" in facts
    assert len(facts) == len(set(facts)) > 5
    assert all(each.endswith(("study/bliss-believe", "entities · textbook knowledge")) for each in facts)
    assert "uses drug SubPropertyOf uses agent" in folded
    assert [] == re.findall(r">[^<]*dualbio:[^<]*<", folded)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({**WHY, "o": "comparison:no-such"}, 400),
        ({**WHY, "o": "comparison:bliss-believe.c007"}, 404),
        ({**WHY, "limit": "-1"}, 400),
    ],
)
def test_wrong_question_is_told(client: FlaskClient, query: dict[str, str], status: int) -> None:
    """What is missing, unknown or does not hold is a problem document, not a page of the server's."""
    answer = client.get("/why", query_string=query)

    assert status == answer.status_code
    assert "application/problem+json" in answer.headers["Content-Type"]


def test_workers_match_the_rules_of_an_explanation(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web process evaluates nothing, and all matches together take no longer than one query may."""
    service = app.extensions["dualbio"]
    monkeypatch.setattr(Explainer, "_evaluate", lambda *_: pytest.fail("the web process matches a rule"))
    limits: list[float] = []
    request: Callable[..., QueryRequest] = service.pool.request

    def noted(text: str, **about: Any) -> QueryRequest:
        limits.append(about["timeout"])
        return request(text, **about)

    monkeypatch.setattr(service.pool, "request", noted)
    assert 200 == client.get("/why", query_string={**WHY, "limit": "2"}).status_code
    assert 0 < min(limits)
    assert sorted(limits, reverse=True) == limits
    assert max(limits) <= service.settings.query_timeout

    monkeypatch.setattr(explore, "monotonic", iter((0.0, 2 * service.settings.query_timeout)).__next__)
    stopped = client.get("/why", query_string={**WHY, "limit": "3"})
    assert (504, service.settings.query_timeout) == (stopped.status_code, stopped.get_json()["limit"])


def test_schema_of_study_files_is_served(client: FlaskClient) -> None:
    """The address in the head of each study file answers with its schema."""
    schema = client.get("/schemas/study.schema.json").get_json()

    assert "https://w3id.org/dualbio/schemas/study.schema.json" == schema["$id"]
    assert 404 == client.get("/schemas/nothing.schema.json").status_code
