"""Search, explanations and schemas over HTTP."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

WHY = {"s": "study:bliss-believe", "p": "dualbio:missedSuperiorityIn", "o": "comparison:bliss-believe.c001"}


def test_search_finds_by_words(client: FlaskClient) -> None:
    """All words count, labels come first, and each hit has its CURIE."""
    hits = client.get("/search?q=lupus+low+disease", headers={"Accept": "application/json"}).get_json()["hits"]

    assert "outcome:lldas" in [hit["curie"] for hit in hits[:3]]


def test_search_text_is_never_part_of_the_query(client: FlaskClient) -> None:
    """Quotes and braces in the words find nothing and break nothing; in the page they are escaped."""
    answer = client.get("/search", query_string={"q": '") } DROP ALL # <b>'}, headers={"Accept": "text/html"})

    assert 200 == answer.status_code
    assert "<b>" not in answer.get_data(as_text=True)


def test_why_tells_the_tree_as_json(client: FlaskClient) -> None:
    """The derivation names the rule and ends in asserted facts with graph and source."""
    found = client.get("/why", query_string=WHY, headers={"Accept": "application/json"}).get_json()[0]

    assert "missed-superiority" == found["rule"]
    assert any("Aranow 2024" in str(premise) for premise in found["because"])


def test_why_page_links_to_what_it_names(client: FlaskClient) -> None:
    """The page leads to the comparison and to the graph of the study."""
    text = client.get("/why", query_string=WHY, headers={"Accept": "text/html"}).get_data(as_text=True)

    assert 'href="/comparison/bliss-believe.c001"' in text
    assert 'href="/graph/study/bliss-believe"' in text


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


def test_schema_of_study_files_is_served(client: FlaskClient) -> None:
    """The address in the head of each study file answers with its schema."""
    schema = client.get("/schemas/study.schema.json").get_json()

    assert "https://w3id.org/dualbio/schemas/study.schema.json" == schema["$id"]
    assert 404 == client.get("/schemas/nothing.schema.json").status_code
