"""The front page, and what crawlers look for."""

from __future__ import annotations

import json
import re
from html import unescape
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.store.embedded import EmbeddedStore
from dualbio_server.app import prepare
from dualbio_server.entities.evidence.matrix import Matrix, read_matrix

BROWSER = {"Accept": "text/html"}
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_the_matrix_agrees_with_the_data(client: FlaskClient, store: EmbeddedStore) -> None:
    """The cell of depletion with BLyS inhibition in lupus counts the studies that a query of another shape finds.

    It leads to them, and its marks say that the antibody level was met and what patients feel was missed.
    """
    rows = store.query(
        "SELECT DISTINCT ?study { ?pair dualbio:pairTestedIn ?arm . ?arm dualbio:armOf ?study . "
        "?study dualbio:studiesDisease disease:sle FILTER(?pair = pair:b-cell-depletion_blys-inhibition) }"
    )
    assert isinstance(rows, ox.QuerySolutions)
    text = client.get("/", headers=BROWSER).text
    cells = dict(re.findall(r'<td[^>]*><a href="/pair/([^"]+)"[^>]*>(.*?)</a></td>', text))
    cell = cells["b-cell-depletion_blys-inhibition?disease=sle"]

    assert str(len(list(rows))) == cell.partition("<")[0]
    assert ['<small class="met">✓ lab</small>', '<small class="missed">✗</small>'] == re.findall(
        r"<small.*?</small>", cell
    )
    assert len(cells) > 40


def test_six_questions_have_their_answers_in_a_line(client: FlaskClient) -> None:
    """A reader of the front page sees which pairs raised serious infection, and which trials met and missed."""
    text = client.get("/", headers=BROWSER).text
    lines = re.findall(r'<li><a href="(/(?:queries|compare)[^"]+)">([^<]+)</a><br>([^<]+)</li>', text)

    assert 6 == len(lines)
    places = {unescape(address) for address, _, _ in lines}
    found = {place: client.get(place, headers=BROWSER).status_code for place in places}
    assert dict.fromkeys(places, 200) == found
    answers = " | ".join(answer for _, _, answer in lines)
    assert "CD80/86 costimulation blockade + any biologic (rheumatoid arthritis)" in answers
    assert "BLISS-BELIEVE: missed (Disease control off immunosuppressants)" in answers
    assert "BEAT-LUPUS: met (IgG anti-dsDNA level, laboratory value)" in answers


def test_what_the_page_says_is_computed_once_for_a_language(toy: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another browser, which takes another coding, waits for no query; who reads Chinese has words of their own."""
    asked: list[Matrix] = []

    def read() -> Matrix:
        asked.append(read_matrix())
        return asked[-1]

    monkeypatch.setattr("dualbio_server.site.home.read_matrix", read)
    first = toy.get("/?lang=zh", headers=BROWSER).text
    counted = len(asked)
    again = toy.get("/?lang=zh", headers={**BROWSER, "Accept-Encoding": "identity"}).text
    assert (first, counted) == (again, len(asked))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_reader_waits_for_no_query(toy: FlaskClient, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """When a release is switched in, what its front page says is computed before anybody asks, in each language."""
    toy.application.extensions["dualbio"].parts.pop(f"home {language} ", None)
    prepare(toy.application)

    def read() -> Matrix:
        raise AssertionError("the matrix is read again")

    monkeypatch.setattr("dualbio_server.site.home.read_matrix", read)
    assert 200 == toy.get(f"/?lang={language}", headers={**BROWSER, "Accept-Encoding": "br"}).status_code


def test_the_first_reader_of_the_ontology_does_not_wait_for_it(
    toy: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a release is switched in, the axioms of all terms and their use are read before anybody asks."""
    toy.application.extensions["dualbio"].parts.pop("ontology ", None)
    prepare(toy.application)

    def read(_: object) -> None:
        raise AssertionError("the ontology is read again")

    monkeypatch.setattr("dualbio_server.entities.routes.ontology_page", read)
    assert 200 == toy.get("/ontology", headers={**BROWSER, "Accept-Encoding": "br"}).status_code


def test_the_first_reader_waits_for_no_template(toy: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a release is switched in, the templates of all pages are compiled before anybody asks."""
    templates = toy.application.jinja_env
    assert templates.cache is not None
    templates.cache.clear()
    prepare(toy.application)

    def load(*_: object, **__: object) -> str:
        raise AssertionError("a template is compiled")

    monkeypatch.setattr(templates, "compile", load)
    assert 200 == toy.get("/study/toy", headers={**BROWSER, "Accept-Encoding": "br"}).status_code


def test_the_page_describes_the_data_set(client: FlaskClient) -> None:
    """Search engines find a schema.org description whose downloads answer."""
    text = client.get("/", headers=BROWSER).text
    found = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[0])

    assert ("Dataset", "https://creativecommons.org/licenses/by/4.0/") == (found["@type"], found["license"])
    addresses = [each["contentUrl"] for each in found["distribution"]]
    assert 6 == len(addresses)
    assert 200 == client.head(addresses[0].removeprefix("http://localhost"), buffered=True).status_code


def test_a_machine_at_the_door_is_led_to_the_description(toy: FlaskClient) -> None:
    """A program that asks the base for RDF gets to the description of the data set."""
    answer = toy.get("/", headers={"Accept": "text/turtle"}, follow_redirects=True)

    assert ("/.well-known/void", "text/turtle; charset=utf-8") == (answer.request.path, answer.content_type)


def test_the_sitemap_lists_pages_that_answer(toy: FlaskClient) -> None:
    """Every address of the sitemap is one of this host, and answers."""
    root = ET.fromstring(toy.get("/sitemap.xml").data)  # noqa: S314 - our own document
    places = [each.text or "" for each in root.iter(f"{SITEMAP}loc")]

    assert "http://localhost/drug/rituximab" in places
    for place in places:
        status = toy.get(place.removeprefix("http://localhost"), headers=BROWSER).status_code
        assert (place, True) == (place, status in {200, 301, 410})


def test_robots_are_shown_the_sitemap(toy: FlaskClient) -> None:
    """Crawlers are kept from the endpoint alone."""
    lines = toy.get("/robots.txt").text.splitlines()

    assert ["User-agent: *", "Disallow: /sparql", "Sitemap: http://localhost/sitemap.xml"] == [*lines[:2], lines[-1]]


def test_a_false_host_is_refused(toy: FlaskClient) -> None:
    """A host header that is none does not get into links."""
    assert 400 == toy.get("/sitemap.xml", headers={"Host": "a b<c>"}).status_code


def test_the_icon_is_there(toy: FlaskClient) -> None:
    """Browsers find an icon at its old place."""
    assert "image/svg+xml" == toy.get("/favicon.ico", buffered=True).mimetype


def test_the_matrix_says_what_an_empty_cell_is(client: FlaskClient) -> None:
    """Most cells of the matrix are empty: its legend says that nobody was found to have tried the pair there."""
    text = client.get("/", headers={"Accept": "text/html"}).text
    assert "<td></td>" in text
    assert (
        "an empty cell: nobody was found to have tried it" in text.partition('class="legend"')[2].partition("</p>")[0]
    )
