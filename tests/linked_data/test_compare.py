"""Comparisons and figures over HTTP: what Python gives, as page, data and picture."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.database import Database
from dualbio.errors import ExportError
from dualbio.figures import Figure, Look
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.service import Options, Service
from dualbio_server.site.figures.drawn import DrawnFigures, figures_of
from dualbio_server.site.figures.engine import Engine

PAGE = {"Accept": "text/html"}
ASKED = "study=beat-lupus&study=bliss-believe"
PAIR = "/pair/b-cell-depletion_blys-inhibition"


@pytest.fixture(scope="module", name="database")
def fixture_database(release: Release, store: EmbeddedStore) -> Database:
    """The release as users of Python have it."""
    return Database(release, shipped_sources().queries, store=store)


@pytest.fixture(name="slow")
def fixture_slow(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """An engine that has drawn nothing yet, however long one waits; the list has what each asked to wait."""
    waited: list[float | None] = []

    def draw(_self: DrawnFigures, _figure: Figure, **kept: Any) -> None:
        waited.append(kept["wait"])

    monkeypatch.setattr(DrawnFigures, "draw", draw)
    monkeypatch.setattr("dualbio_server.site.figures.pages.monotonic", lambda: sum(filter(None, waited)))
    return waited


def test_a_comparison_is_that_of_python(client: FlaskClient, database: Database) -> None:
    """JSON, CSV and Markdown are what the Python face gives, by ending and by `Accept`."""
    found = database.compare("beat-lupus", "bliss-believe")
    assert found.to_dict() == client.get(f"/compare.json?{ASKED}").get_json()
    assert found.to_dict() == client.get(f"/compare?{ASKED}", headers={"Accept": "application/json"}).get_json()
    assert found.table.to_csv() == client.get(f"/compare?{ASKED}&format=csv").data
    assert found.to_markdown() == client.get("/compare.md?study=beat-lupus,bliss-believe").text


def test_the_page_has_every_fact_and_its_row(client: FlaskClient, database: Database) -> None:
    """Each sentence and each fact stands on the page; what rests on a row leads to it."""
    page = client.get(f"/compare?{ASKED}", headers=PAGE)
    assert 200 == page.status_code
    text = re.sub(r"\s+", " ", re.sub(r"</?b>", "", page.text))
    assert "p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.5342" in page.text  # a line never parts it
    found = database.compare("beat-lupus", "bliss-believe")
    for sentence in found.sentences:
        assert sentence.replace("'", "&#39;").replace("<", "&lt;") in text
    rows = {fact.row.replace(":", "/", 1) for fact in found.facts if fact.row}
    assert rows <= set(re.findall(r'href="/((?:result|comparison)/[^"]+)"', text))


def test_a_reason_and_a_place_are_said_once(client: FlaskClient, database: Database) -> None:
    """Of eight studies, why there is nothing stands once in a line for neighbours, and where it was looked for once."""
    found = database.compare(pair="b-cell-depletion+blys-inhibition", disease="sle")
    assert 8 == len(found.studies)
    page = client.get("/compare?pair=b-cell-depletion_blys-inhibition&disease=sle", headers=PAGE).text
    told = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))
    for place in {fact.looked_in for fact in found.facts if fact.looked_in}:
        assert 1 == told.count(place), place
    neighbours = r'<em class="absent">([^<]+)</em></td><td[^>]*><em class="absent">\1</em></td>'
    assert [] == re.findall(neighbours, page)
    assert '<td colspan="8"><span class="told"><em class="absent">nobody looked</em>' in page  # stopping for harm


def test_arms_of_many_studies_are_told_by_letters(client: FlaskClient, database: Database) -> None:
    """The name of an arm stands in the head of its study; its numbers have its letter, which says the name too."""
    (study,) = database.compare("beat-lupus").studies
    assert ("rituximab then belimumab", "rituximab then placebo") == study.arms
    table = client.get("/compare?study=beat-lupus&study=calibrate", headers=PAGE).text.partition("<tbody>")
    assert "<b>A</b> rituximab then belimumab" in table[0]
    assert '<abbr title="rituximab then belimumab">A</abbr></span> <a href="/result/beat-lupus.r001">' in table[2]


def test_the_page_holds_the_drawing_whose_marks_stay_on_this_host(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    """The timeline, once it is drawn, is part of the page, without script, and its links lead here."""
    figure = database.compare("beat-lupus", "bliss-believe").figure()
    assert figures_of(app.extensions["dualbio"]).draw(figure, theme="page")
    page = client.get(f"/compare?{ASKED}", headers=PAGE).text
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    assert 'href="/arm/bliss-believe.bel-rtx"' in svg
    assert "https://w3id.org/dualbio/arm" not in svg
    assert "<script" not in svg


@pytest.mark.parametrize(
    ("path", "query", "given", "link"),
    [
        ("/study/bliss-believe", "arms-of-a-study", {"study": "bliss-believe"}, "/arm/bliss-believe.bel-rtx"),
        (PAIR, "superiority-side-by-side", {"pair": PAIR.rpartition("/")[2]}, "/comparison/bliss-believe.c001"),
    ],
    ids=["study", "pair"],
)
def test_a_figure_of_a_study_or_pair_leads_to_its_rows(
    app: Flask, client: FlaskClient, database: Database, path: str, query: str, given: dict[str, str], link: str
) -> None:
    """A mark can be followed to the row behind it, and says what it is."""
    for narrow in (False, True):
        figure = database.query(query, **given).figure(Look(narrow=narrow))
        assert figures_of(app.extensions["dualbio"]).draw(figure, theme="page")
    page = client.get(path, headers=PAGE).text
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    assert f'href="{link}"' in svg
    assert "BLISS-BELIEVE" in svg[svg.index(link) :]


def test_no_page_waits_for_a_figure(client: FlaskClient, slow: list[float | None]) -> None:
    """While the engine draws, the page has an image that the browser fetches, for each ground and width."""
    page = client.get("/compare?study=beat-lupus", headers=PAGE)
    assert pytest.approx(0.3) == sum(filter(None, slow))
    assert "no-store" in page.headers["Cache-Control"]
    assert '<img src="/compare.svg?study=beat-lupus"' in page.text
    assert 'media="(prefers-color-scheme: dark)" srcset="/compare.svg?study=beat-lupus&amp;theme=dark"' in page.text
    assert 'media="(max-width: 44rem)" srcset="/compare.svg?study=beat-lupus&amp;width=narrow"' in page.text


def test_a_page_of_several_figures_waits_no_longer(client: FlaskClient, slow: list[float | None]) -> None:
    """All figures of a page together have the time of one."""
    text = client.get("/pair/b-cell-depletion_blys-inhibition?offset=0", headers=PAGE).text
    assert text.count("<picture>") > 2
    assert pytest.approx(0.3) == sum(filter(None, slow))


def test_a_page_has_a_drawing_for_a_desk_and_one_for_a_phone(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    """What is drawn stands in the page in both widths, of which the style shows one, each with links that lead on."""
    found = database.query("arms-of-a-study", study="calibrate")
    for narrow in (False, True):
        figures_of(app.extensions["dualbio"]).draw(found.figure(Look(narrow=narrow)), theme="page")
    text = client.get("/study/calibrate?again=1", headers=PAGE).text
    widths = [
        float(re.search(r'<svg [^>]*?width="([\d.]+)"', text.partition(f'<div class="{name}">')[2])[1])  # type: ignore[index]
        for name in ("on-phone", "on-desk")
    ]
    assert 0 < widths[0] <= 354 < widths[1]
    assert 'href="/arm/calibrate.' in text.partition('<div class="on-phone">')[2].partition("</svg>")[0]


def test_a_phone_fetches_a_figure_that_is_too_large_for_a_page_in_two_widths(
    app: Flask, client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody moves a drawing for a desk on a phone: it has its own, as an image that a desk never asks for."""
    found = database.query("arms-of-a-study", study="calibrate")
    svg = [
        figures_of(app.extensions["dualbio"]).draw(found.figure(Look(narrow=narrow)), theme="page") or b""
        for narrow in (False, True)
    ]
    monkeypatch.setattr("dualbio_server.site.figures.pages._MOST_BYTES", max(map(len, svg)) + 1)
    text = client.get("/study/calibrate?again=2", headers=PAGE).text
    phone = text.partition('<div class="on-phone">')[2].partition("</div>")[0]
    assert 'loading="lazy"' in phone
    (address,) = re.findall(r'<img src="([^"]+)"', phone)
    assert "width=narrow" in address
    assert 200 == client.get(html.unescape(address)).status_code
    assert "<svg" in text.partition('<div class="on-desk">')[2].partition("</div>")[0]


def test_a_drawing_is_kept_beside_the_release(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn once is read from its file, by this and every other process."""
    first = client.get("/figures/mechanism/mechanism-edges.svg?node=target:blys")
    monkeypatch.setattr(Engine, "draw", lambda *_: pytest.fail("drawn again"))
    again = DrawnFigures(app.extensions["dualbio"].release.folder / "figures")
    database = Database(app.extensions["dualbio"].release, shipped_sources().queries)
    database._store = app.extensions["dualbio"].store
    assert first.data == again.draw(database.query("mechanism-edges", node="target:blys").figure())


def test_a_figure_is_that_of_its_query(client: FlaskClient, database: Database) -> None:
    """The specification over HTTP is the one of Python, for the same parameters and theme."""
    answer = client.get("/figures/mechanism/pairs-by-disease.json?disease=sle&theme=dark")
    assert database.query("pairs-by-disease", disease="sle").figure().vega_lite("dark") == answer.get_json()
    assert "application/vnd.vegalite.v6+json" == answer.content_type


def test_a_picture_is_a_picture(client: FlaskClient) -> None:
    """SVG is XML whose root is an image, PNG has its signature; both are the release's and can be kept."""
    svg = client.get("/figures/mechanism/pairs-by-disease.svg?disease=sle")
    assert "{http://www.w3.org/2000/svg}svg" == ET.fromstring(svg.data).tag  # noqa: S314 - our own
    assert "image/svg+xml" == svg.content_type
    assert svg.headers["ETag"]
    png = client.get("/figures/mechanism/pairs-by-disease.png?disease=sle")
    assert png.data.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/compare.json", 400, "nothing to compare"),
        ("/compare.json?study=bliss-believ", 400, "did you mean"),
        ("/compare.docx?study=beat-lupus", 404, "no format"),
        ("/figures/studies/ongoing-trials.svg", 404, "has no figure; accepted: efficacy/"),
        ("/figures/mechanism/pairs-by-disease.gif", 404, "no format"),
        ("/figures/mechanism/pairs-by-disease.svg?theme=pink", 400, "accepted: light, dark"),
        ("/figures/mechanism/pairs-by-disease.svg?disease=lupuss", 400, "lupuss"),
    ],
)
def test_a_mistake_is_told(path: str, status: int, words: str, client: FlaskClient) -> None:
    """What cannot be compared or drawn is a problem document that says what is accepted."""
    answer = client.get(path)
    assert status == answer.status_code
    assert words in answer.get_json()["detail"]


def test_what_can_be_done_with_a_comparison_stands_at_its_title(client: FlaskClient) -> None:
    """Copy, CSV, SVG, a lasting link and a citation that names the release, as on every page of evidence."""
    page = client.get(f"/compare?{ASKED}", headers=PAGE).text
    row = page[page.index('<div class="title">') : page.index("</div>")]
    for expected in ("table.compare", ">CSV<", ">SVG<", ">Link<", "<summary>Cite", "dualbio contributors"):
        assert expected in row


def test_without_a_name_the_page_offers_a_choice(client: FlaskClient) -> None:
    """A reader who names nothing finds a form, the review's own question, and the pairs with results."""
    page = client.get("/compare", headers=PAGE)
    assert 200 == page.status_code
    assert "study=synbiose-1&amp;study=beat-lupus" in page.text
    assert '<option value="bliss-believe">BLISS-BELIEVE</option>' in page.text
    assert (
        "disease=rheumatoid-arthritis" in page.text
    )  # by key, as pages of pairs lead there: one address for one thing


def _drawn(engine: Engine, figure: Figure) -> bytes:
    """Return a figure as an engine draws it."""
    return engine.draw(figure.vega_lite(), title=figure.title, text=figure.text, form="svg")


def test_who_draws_is_replaced(database: Database) -> None:
    """A process that draws and has ended is started again for the next figure; the asker notices nothing."""
    engine = Engine(60)
    figure = database.query("pairs-by-disease", disease="sle").figure()
    first = _drawn(engine, figure)
    assert engine._process
    engine._process.kill()
    engine._process.wait()
    assert first == _drawn(engine, figure)


def test_what_cannot_be_drawn_is_told_and_harms_nobody(database: Database) -> None:
    """A specification that the engine refuses is an error of that figure alone."""
    engine = Engine(60)
    figure = database.query("pairs-by-disease", disease="sle").figure()
    broken = replace(figure, drawing=replace(figure.drawing, view={"mark": "no such mark"}))
    with pytest.raises(ExportError, match="cannot be drawn"):
        _drawn(engine, broken)
    assert _drawn(engine, figure).startswith(b"<svg")


def test_a_drawing_that_takes_too_long_is_given_up(database: Database) -> None:
    """Nobody waits for ever, and nothing says that a process ended by itself which was ended; the next one draws."""
    engine = Engine(0.01)
    figure = database.query("pairs-by-disease", disease="sle").figure()
    with pytest.raises(TimeoutError, match=r"not drawn within 0\.01 seconds"):
        _drawn(engine, figure)
    engine._longest = 60
    assert _drawn(engine, figure).startswith(b"<svg")


@pytest.mark.parametrize(("copy", "drawn"), [(False, False), (True, True)])
def test_a_copy_waits_for_its_figures_on_a_busy_machine(
    monkeypatch: pytest.MonkeyPatch, database: Database, app: Flask, tmp_path: Path, copy: bool, drawn: bool
) -> None:
    """What a service gives up and asks to be asked for again, a copy has to hold, for nobody asks it again."""
    monkeypatch.setattr("dualbio_server.site.figures.drawn._LONGEST", 0.01)
    served: Service = app.extensions["dualbio"]
    own = replace(served, release=replace(served.release, folder=tmp_path), options=Options(copy=copy), parts={})
    figure = database.query("pairs-by-disease", disease="sle").figure()
    assert drawn == (figures_of(own).draw(figure) is not None)
