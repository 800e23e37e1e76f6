"""The front page, and what crawlers look for."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from time import monotonic, sleep
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import PoolClient, QueryTimeoutError
from dualbio_server.app import make_app, prepare
from dualbio_server.entities.evidence.matrix import Matrix, read_matrix
from dualbio_server.entities.page_parts import PartKeeper
from dualbio_server.entities.routes import ontology_pages
from dualbio_server.http.cache import make_cache
from dualbio_server.service import Service

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


@pytest.fixture
def fresh(toy: FlaskClient) -> Service:
    """The service of the toy release, which knows nothing of its front page."""
    service: Service = toy.application.extensions["dualbio"]
    _forget(service)
    shutil.rmtree(service.release.folder / "pages", ignore_errors=True)
    return service


def _forget(service: Service) -> None:
    """Let a service be as after a restart."""
    for part in (PartKeeper, make_cache):
        service.parts.pop(part, None)


@pytest.fixture
def read(fresh: Service, monkeypatch: pytest.MonkeyPatch) -> list[Matrix]:
    """The matrices that were read from the store."""
    assert fresh.parts.keys().isdisjoint({"kept"})
    found: list[Matrix] = []

    def read() -> Matrix:
        found.append(read_matrix())
        return found[-1]

    monkeypatch.setattr("dualbio_server.site.home.read_matrix", read)
    return found


def test_what_the_page_says_is_computed_once_for_a_language(toy: FlaskClient, read: list[Matrix]) -> None:
    """Another browser, which takes another coding, waits for no query; who reads Chinese has words of their own."""
    first = toy.get("/?lang=zh", headers=BROWSER).text
    again = toy.get("/?lang=zh", headers={**BROWSER, "Accept-Encoding": "identity"}).text
    assert (first, 1) == (again, len(read))
    assert first != toy.get("/", headers=BROWSER).text
    assert 2 == len(read)


def test_a_restart_finds_what_the_page_says(toy: FlaskClient, fresh: Service, read: list[Matrix]) -> None:
    """What was computed is kept beside the release: a service that starts again asks nothing, and shows the same."""
    first = toy.get("/", headers=BROWSER).text
    _forget(fresh)
    assert (first, 1) == (toy.get("/", headers=BROWSER).text, len(read))


def test_another_program_computes_anew_what_the_page_says(
    toy: FlaskClient, fresh: Service, read: list[Matrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update of the program or of the saved queries, the front page has nothing of the version before."""
    toy.get("/", headers=BROWSER)
    _forget(fresh)
    monkeypatch.setattr("dualbio_server.entities.page_parts._digest_of_program", lambda *_: "another")
    toy.get("/", headers=BROWSER)
    assert 2 == len(read)
    assert 1 == len(list((fresh.release.folder / "pages").glob("*.json"))), "what nobody reads any more is removed"


def test_a_folder_that_takes_no_files_keeps_nothing(toy: FlaskClient, fresh: Service, read: list[Matrix]) -> None:
    """A release that cannot be written to is served all the same; each process computes its front page."""
    (fresh.release.folder / "pages").write_text("in the way", encoding="utf-8")
    try:
        for _ in range(2):
            _forget(fresh)
            assert 200 == toy.get("/", headers=BROWSER).status_code
    finally:
        (fresh.release.folder / "pages").unlink()
    assert 2 == len(read)


def test_nobody_waits_long_for_a_large_release(toy: FlaskClient, fresh: Service, read: list[Matrix]) -> None:
    """While the front page is computed for the first time, it says so, and nobody keeps that page."""
    impatient = make_app(replace(fresh, options=replace(fresh.options, patience=0.0), parts={})).test_client()
    first = impatient.get("/", headers=BROWSER)
    assert ("no-store", True) == (first.headers["Cache-Control"], "is being computed" in first.text)
    deadline = monotonic() + 60
    while "is being computed" in (later := impatient.get("/", headers=BROWSER)).text and monotonic() < deadline:
        sleep(0.02)
    assert ("public, no-cache", 1) == (later.headers["Cache-Control"], len(read))
    assert toy.get("/", headers=BROWSER).text == later.text


def test_a_question_that_takes_too_long_is_told_and_asked_again(
    toy: FlaskClient, fresh: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A matrix that runs over the limit is said to be lacking, on a page that nobody keeps; later it is read."""

    def stopped() -> Matrix:
        raise QueryTimeoutError("over the limit")

    monkeypatch.setattr("dualbio_server.site.home.read_matrix", stopped)
    first = toy.get("/", headers=BROWSER)
    assert ("no-store", True) == (first.headers["Cache-Control"], "within the time limit" in first.text)
    assert [] == list((fresh.release.folder / "pages").glob("*.json"))

    monkeypatch.setattr("dualbio_server.site.home.read_matrix", read_matrix)
    assert "within the time limit" in toy.get("/", headers=BROWSER).text, "not every reader asks again"
    now = monotonic()
    monkeypatch.setattr("dualbio_server.entities.page_parts.time.monotonic", lambda: now + 3600)
    deadline = now + 60
    while "within the time limit" in toy.get("/", headers=BROWSER).text and monotonic() < deadline:
        sleep(0.02)
    assert 1 == len(list((fresh.release.folder / "pages").glob("*.json")))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_reader_waits_for_no_query(
    toy: FlaskClient, fresh: Service, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """When a release is switched in, what its front page says is computed before anybody asks, in each language."""
    assert fresh.parts.keys().isdisjoint({"kept"})
    prepare(toy.application)

    def read() -> Matrix:
        raise AssertionError("the matrix is read again")

    monkeypatch.setattr("dualbio_server.site.home.read_matrix", read)
    assert 200 == toy.get(f"/?lang={language}", headers={**BROWSER, "Accept-Encoding": "br"}).status_code


def test_the_first_reader_of_the_ontology_does_not_wait_for_it(
    toy: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a release is switched in, the axioms of all terms and their use are read before anybody asks."""
    toy.application.extensions["dualbio"].parts.pop(ontology_pages, None)
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


def _places(client: FlaskClient, path: str) -> list[str]:
    """Return the addresses of a sitemap, or of an index of sitemaps."""
    root = ET.fromstring(client.get(path).data)  # noqa: S314 - our own document
    return [each.text or "" for each in root.iter(f"{SITEMAP}loc")]


def test_the_sitemap_lists_pages_that_answer(toy: FlaskClient) -> None:
    """Every address of a file that the sitemap names is one of this host, and answers."""
    files = [each.removeprefix("http://localhost") for each in _places(toy, "/sitemap.xml")]
    assert {"/sitemap-pages.xml", "/sitemap-drug-1.xml", "/sitemap-study-1.xml"} <= {*files}
    places = [place for file in files for place in _places(toy, file)]

    assert "http://localhost/drug/rituximab" in places
    assert 404 == toy.get("/sitemap-drug-2.xml").status_code
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
    assert "an empty cell: no study was found that tried it" in text.partition('class="legend"')[2].partition("</p>")[0]


def test_the_first_pages_do_not_wait_for_a_release_to_be_loaded(release: Release, tmp_path: Path) -> None:
    """A web process reads the release from disk until it has it in memory; the same store then answers from there."""
    service = Service(Settings(releases=release.folder.parent), release, PoolClient(tmp_path))
    store, question = service.store, "SELECT ?s { ?s a dualbio:Drug } ORDER BY ?s"
    on_disk, rows = store.store, store.select_rows(question)
    assert service.prepare()
    assert (rows, len(on_disk)) == (service.store.select_rows(question), len(store.store))
    nothing = ox.NamedNode("urn:x:nothing")
    with pytest.raises(RuntimeError, match="read-write"):
        on_disk.add(ox.Quad(nothing, nothing, nothing))
    store.store.add(ox.Quad(nothing, nothing, nothing))
