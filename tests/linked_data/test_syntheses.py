"""Questions across studies over HTTP: as data in each form, and a browser finds the page of the pool."""

from __future__ import annotations

import csv
import io

from flask.testing import FlaskClient

from dualbio.synthesis.pooling import NOTICE

NAME = "serious-infection-two-biologics-ra"


def test_the_questions_are_listed_and_answered(client: FlaskClient) -> None:
    """The list leads to each answer, which has its number or its reason, and the notice."""
    listed = client.get("/syntheses/").get_json()
    assert NAME in [each["name"] for each in listed]
    found = client.get(f"/syntheses/{NAME}.json").get_json()
    assert NOTICE == found["notice"]
    assert found["pooled"]["low"] < found["pooled"]["estimate"] < found["pooled"]["high"]
    refused = client.get("/syntheses/death-two-biologics", headers={"Accept": "application/json"}).get_json()
    assert (None, "no study has an event") == (refused["pooled"], refused["reason"])


def test_tables_and_the_script_are_forms_of_an_answer(client: FlaskClient) -> None:
    """CSV has the studies, or another part; the script of R reads the table of this service; a page is elsewhere."""
    rows = list(csv.DictReader(io.StringIO(client.get(f"/syntheses/{NAME}.csv").text)))
    assert {"ai", "n1i", "ci", "n2i", "weight"} <= set(rows[0])
    assert "reason" in client.get(f"/syntheses/{NAME}.csv?part=left-out").text.splitlines()[0]
    assert f"/syntheses/{NAME}.csv" in client.get(f"/syntheses/{NAME}.r").text
    moved = client.get(f"/syntheses/{NAME}", headers={"Accept": "text/html"})
    assert (303, f"/pool/{NAME}") == (moved.status_code, moved.headers["Location"])


def test_what_is_not_there_is_told(client: FlaskClient) -> None:
    """An unknown question, and an unknown part, are errors that say what is accepted."""
    missing = client.get("/syntheses/nothing.json")
    assert 404 == missing.status_code
    assert NAME in missing.text
    wrong = client.get(f"/syntheses/{NAME}.csv?part=all")
    assert 400 == wrong.status_code
    assert "left-out" in wrong.text
