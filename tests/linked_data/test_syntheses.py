"""Questions across studies over HTTP: as data in each form, and as pages that begin with the number."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from fhir.resources.bundle import Bundle
from flask.testing import FlaskClient

from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.pooling import NOTICE
from dualbio.synthesis.pooling.report import PARTS
from dualbio.synthesis.pooling.result import number_text

NAME = "serious-infection-two-biologics-ra"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


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
    """CSV has the studies, or another part; the script of R reads the table of this service."""
    rows = list(csv.DictReader(io.StringIO(client.get(f"/syntheses/{NAME}.csv").text)))
    assert {"ai", "n1i", "ci", "n2i", "weight"} <= set(rows[0])
    assert "reason" in client.get(f"/syntheses/{NAME}.csv?part=left-out").text.splitlines()[0]
    assert f"/syntheses/{NAME}.csv" in client.get(f"/syntheses/{NAME}.r").text


def words(client: FlaskClient, path: str) -> str:
    """Return the words of a page, without its markup."""
    answer = client.get(path, headers=BROWSER)
    assert 200 == answer.status_code
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])).split())


def test_the_page_begins_with_the_number_and_shows_what_it_rests_on(client: FlaskClient) -> None:
    """The number stands before its studies, each with both arms; every candidate is used or left out with a reason."""
    found = client.get(f"/syntheses/{NAME}.json").get_json()
    text = words(client, f"/syntheses/{NAME}")
    number = number_text(*(found["pooled"][name] for name in ("estimate", "low", "high"))).replace(" to ", "\u2013")
    assert -1 < text.index(number) < text.index(NOTICE) < text.index(found["studies"][0]["numbers"][0])
    for study in found["studies"]:
        assert f"{study['arms'][0]} {study['numbers'][0]}" in text
    assert [] == [each["contrast"] for each in found["excluded"] if " ".join(each["contrast"].split()) not in text]
    assert found["found"] == found["used"] + len(found["excluded"])
    assert f"{found['found']} candidates found" in text


def test_where_nothing_is_pooled_the_page_says_why_and_has_no_number(client: FlaskClient) -> None:
    """Unlike outcomes are named as readers know them, and no diamond, weight or heterogeneity is made up."""
    text = words(client, "/syntheses/response-blys-after-depletion")
    assert "No number is given: unlike outcomes: Disease control off immunosuppressants, Complete or partial" in text
    assert "outcome:" not in text
    assert "How far the studies differ" not in text


def test_browsers_find_the_page_from_the_pool_and_from_the_list(client: FlaskClient) -> None:
    """The thing itself leads to its page, the list shows numbers first, and both are data for programs."""
    moved = client.get(f"/pool/{NAME}", headers=BROWSER)
    assert (303, f"/syntheses/{NAME}") == (moved.status_code, moved.headers["Location"])
    assert 200 == client.get(f"/pool/{NAME}", headers={"Accept": "text/turtle"}).status_code
    listed = client.get("/syntheses/", headers=BROWSER).text
    assert listed.index(f"/syntheses/{NAME}") < listed.index("/syntheses/death-two-biologics")


def test_an_answer_is_evidence_in_fhir(client: FlaskClient) -> None:
    """The R5 models accept it: the pool, the contrasts in it, their arms and sources, and no other pool."""
    response = client.get(f"/syntheses/{NAME}.fhir")
    assert "application/fhir+json" == response.mimetype
    found = Bundle.model_validate_json(response.data)
    names = [str(entry.fullUrl) for entry in found.entry or ()]
    assert [f"https://w3id.org/dualbio/pool/{NAME}"] == [name for name in names if "/pool/" in name]
    assert any("/contrast/assure." in name for name in names)


def test_what_is_not_there_is_told(client: FlaskClient) -> None:
    """An unknown question, and an unknown part, are errors that say what is accepted."""
    missing = client.get("/syntheses/nothing.json")
    assert 404 == missing.status_code
    assert NAME in missing.text
    wrong = client.get(f"/syntheses/{NAME}.csv?part=all")
    assert 400 == wrong.status_code
    assert "left-out" in wrong.text


def test_warnings_are_sentences(client: FlaskClient) -> None:
    """Beside each other each begins with a capital and has an end, so that a reader sees where the next begins."""
    text = client.get("/syntheses/serious-infection-two-biologics-ra", headers={"Accept": "text/html"}).text
    told = re.findall(r'<span lang="en">(.*?)</span>', text.partition('<p class="warning"')[2].partition("</p>")[0])
    assert len(told) > 1
    assert [] == [each for each in told if not each[:1].isupper() or not each.endswith(".")]


@pytest.mark.slow
def test_every_face_gives_the_same_number_of_every_question(client: FlaskClient, store: EmbeddedStore) -> None:
    """JSON and CSV are equal to the last digit; list, page, figure, FHIR and graph say it in their own digits."""
    listed = {each["name"]: each["answer"] for each in client.get("/syntheses/").get_json()}
    assert len(listed) > 15
    for name, words_of in listed.items():
        found = client.get(f"/syntheses/{name}.json").get_json()
        (row,) = csv.DictReader(io.StringIO(client.get(f"/syntheses/{name}.csv?part=result").text))
        rows = list(csv.DictReader(io.StringIO(client.get(f"/syntheses/{name}.csv").text)))
        assert found["release"] == row["release"]
        assert NOTICE == row["notice"] == found["notice"]
        assert [study["label"] for study in found["studies"]] == [each["study"] for each in rows]
        script = client.get(f"/syntheses/{name}.r").text
        figure = unescape(client.get(f"/syntheses/{name}.svg").text)
        for text in (script, figure):
            assert found["release"] in text
            assert NOTICE in text or "Not medical advice" in text
        (evidence,) = (
            entry["resource"]
            for entry in client.get(f"/syntheses/{name}.fhir", buffered=True).get_json(force=True)["entry"]
            if entry["fullUrl"].endswith(f"/pool/{name}")
        )
        assert NOTICE in [note["text"] for note in evidence["note"]]
        pooled = found["pooled"]
        if pooled is None:
            assert "" == row["estimate"]
            assert found["reason"] == row["reason"]
            assert found["reason"] in words_of
            assert "# No number: " in script
            assert "statistic" not in evidence
            continue
        numbers = ("estimate", "low", "high")
        assert [pooled[each] for each in numbers] == [float(row[each]) for each in numbers]
        assert [study["weight"] for study in found["studies"]] == [float(each["weight"]) for each in rows]
        assert abs(100 - sum(study["weight"] for study in found["studies"])) < 1e-9
        text = number_text(*(pooled[each] for each in numbers))
        assert text in words_of
        assert text in figure
        assert text.replace(" to ", "\u2013") in words(client, f"/syntheses/{name}")
        (statistic,) = evidence["statistic"]
        assert abs(statistic["quantity"]["value"] / pooled["estimate"] - 1) < 1e-4
        (told,) = store.select(f'SELECT ?n {{ ?p dualbio:key "{name}" ; dualbio:estimate ?n }}')
        assert float(told["n"].value) == statistic["quantity"]["value"]


def test_each_part_of_an_answer_is_a_table_with_columns(client: FlaskClient) -> None:
    """An empty table has its columns: R and pandas refuse a file without any."""
    for name in ("death-two-biologics", "serious-infection-bispecific", NAME):
        for part in PARTS:
            (head, *_) = client.get(f"/syntheses/{name}.csv?part={part}").text.splitlines()
            assert len(head.split(",")) > 4


@pytest.mark.parametrize("given", ["measure=OR", "disease=sle", "week_max=12", "compare=one:placebo"])
@pytest.mark.parametrize("path", [f"/syntheses/{NAME}", f"/syntheses/{NAME}.csv", "/syntheses/"])
def test_another_question_gets_no_answer_to_this_one(client: FlaskClient, path: str, given: str) -> None:
    """Who asks for an odds ratio at the address of a risk difference gets an error, not the risk difference."""
    refused = client.get(f"{path}?{given}")
    assert 400 == refused.status_code
    assert f"{given.partition('=')[0]} cannot be given here" in refused.get_json()["detail"]


def test_numbers_on_a_chinese_page_have_chinese_units(client: FlaskClient) -> None:
    """The number, and each number without one study or of a group, is followed by its unit in the page's language."""
    text = words(client, f"/syntheses/{NAME}?lang=zh")
    assert 6 < text.count("\u4e2a\u767e\u5206\u70b9")
    assert "percentage points" not in text + words(client, "/syntheses/?lang=zh")
