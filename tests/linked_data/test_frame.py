"""What all pages have around their content: the header, two languages, errors as pages, addresses that last."""

from __future__ import annotations

import csv
import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

import dualbio_server
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities.kinds import KIND_NAMES
from dualbio_server.entities.labels import page_label
from dualbio_server.http.language import CATALOGUE

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CHINESE = {**BROWSER, "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
PAGES = (
    "/",
    "/drug/",
    "/drug/rituximab",
    "/queries/",
    "/search?q=rituximab",
    "/data/",
    "/ontology",
    "/about",
    "/sparql",
)
HOUSE = Path(dualbio_server.__file__).parent
#: Words that a page takes from elsewhere than its template, where they are written in English.
SAID = re.compile(r"""(?<![\w.])(?:_|say)\(\s*(?:"([^"]+)"|'([^']+)')""")


def hrefs(text: str) -> list[str]:
    """Return where the links in the text of a page lead."""
    return [unescape(each) for each in re.findall(r'<a [^>]*?href="([^"]+)"', text)]


def said() -> set[str]:
    """Return the words that templates and modules say in the language of the page."""
    sources = [*HOUSE.glob("templates/*.html"), *HOUSE.rglob("*.py")]
    found = (match for source in sources for match in SAID.findall(source.read_text(encoding="utf-8")))
    return {double or single for double, single in found}


def test_every_word_of_the_pages_is_in_the_catalogue() -> None:
    """Nothing that a template says is missing in Chinese, its places are the same, and kinds have their names."""
    catalogue = CATALOGUE

    assert set() == (said() | set(KIND_NAMES.values())) - set(catalogue)
    for english, chinese in catalogue.items():
        assert (english, sorted(re.findall(r"\{\w+\}", english))) == (english, sorted(re.findall(r"\{\w+\}", chinese)))
    assert len(said()) > 80


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_frame(toy: FlaskClient, path: str) -> None:
    """From everywhere a reader gets to the lists, the questions, the search, the other language, and how to cite."""
    answer = toy.get(path, headers=BROWSER)
    text = answer.text
    header, _, rest = text.partition("</header>")
    places = {"/", "/pair/", "/disease/", "/drug/", "/study/", "/queries/", "/sparql", "/data/"}

    assert (200, "en") == (answer.status_code, answer.headers["Content-Language"])
    assert set() == places - set(hrefs(header))
    assert re.search(r'<form [^>]*action="/search"[^>]*role="search">\s*<input name="q"', header)
    assert [each for each in hrefs(header) if "lang=zh" in each]
    footer = rest.partition("<footer>")[2]
    assert {"/about#checked", "/about#cite", "/about#contact"} <= set(hrefs(footer))
    assert {"creativecommons.org", "www.apache.org"} <= {urlsplit(each).hostname for each in hrefs(footer)}


@pytest.mark.parametrize("path", PAGES)
def test_the_browser_chooses_the_language(toy: FlaskClient, path: str) -> None:
    """The same address is Chinese for who prefers that, and no cache mixes both: the one here, or one on the way."""
    for headers, language in ((BROWSER, "en"), (CHINESE, "zh"), (BROWSER, "en"), (CHINESE, "zh")):
        answer = toy.get(path, headers=headers)

        assert (language, True) == (answer.headers["Content-Language"], f'<html lang="{language}">' in answer.text)
        assert {"Accept", "Accept-Encoding", "Accept-Language"} == set(answer.headers["Vary"].split(", "))


def test_a_link_chooses_the_language_and_keeps_it(toy: FlaskClient) -> None:
    """Whoever switches stays there: every link within the service and every form carries the choice."""
    answer = toy.get("/drug/rituximab?lang=zh", headers=BROWSER)
    inside = [each for each in hrefs(answer.text) if each.startswith("/")]

    assert "zh" == answer.headers["Content-Language"]
    assert len(inside) > 10
    assert [] == [each for each in inside if "lang=" not in each]
    assert '<input type="hidden" name="lang" value="zh">' in answer.text
    assert "/drug/rituximab?lang=en" in inside
    assert 200 == toy.get("/queries/dataset/counts?lang=zh", headers=BROWSER).status_code


def test_data_have_no_language(toy: FlaskClient) -> None:
    """A document for programs is the same for every reader, and says so."""
    first, second = (toy.get("/drug/rituximab.ttl", headers={"Accept-Language": each}) for each in ("zh", "en"))

    assert first.data == second.data
    assert ("Accept, Accept-Encoding", None) == (first.headers["Vary"], first.headers.get("Content-Language"))


@pytest.mark.parametrize(
    ("path", "status", "code", "near"),
    [
        ("/drug/rituxmab", 404, "not-found", "/drug/rituximab"),
        ("/durg/rituximab", 404, "not-found", "/drug/"),
        ("/queries/missed-superiorty", 404, "no-such-query", "/queries/missed-superiority"),
        ("/queries/studies/ongoing-trails", 404, "no-such-query", "/queries/studies/ongoing-trials"),
        ("/drug/gone", 410, "retired", None),
        ("/search?q=a&limit=0", 400, "bad-parameter", None),
        ("/drug/%00%3Cb%3E", 404, "not-found", None),
        (f"/drug/{'x' * 3000}", 414, "url-length", None),
    ],
)
def test_an_error_is_a_page_for_people_and_a_document_for_programs(
    toy: FlaskClient, path: str, status: int, code: str, near: str | None
) -> None:
    """A browser gets the frame with what was probably meant, of the same status and type; a program what it knows."""
    page, document = toy.get(path, headers=BROWSER), toy.get(path, headers={"Accept": "*/*"})

    assert (status, "text/html", "no-store") == (page.status_code, page.mimetype, page.headers["Cache-Control"])
    assert f"https://w3id.org/dualbio/problem/{code}" in page.text
    assert "</header>" in page.text
    assert "<b>" not in page.text
    assert (status, "application/problem+json") == (document.status_code, document.mimetype)
    assert f"https://w3id.org/dualbio/problem/{code}" == document.get_json()["type"]
    if near:
        assert near in hrefs(page.text)
        assert toy.get(near, headers=BROWSER, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        (
            "/queries/safety/serious-infections?disease=lupsu&pair=",
            "/queries/safety/serious-infections?disease=lupus&pair=",
        ),
        ("/compare?study=calibrate&study=bliss-beleive", "/compare?study=calibrate&study=bliss-believe"),
    ],
)
def test_a_word_that_a_parameter_does_not_know_is_mended_by_a_click(client: FlaskClient, path: str, meant: str) -> None:
    """What was probably meant stands where the mistake is told, and leads to the same address with it."""
    page = client.get(path, headers=BROWSER)

    assert 400 == page.status_code
    assert meant in hrefs(page.text)
    assert client.get(meant, headers=BROWSER).status_code == 200


def test_headers_beyond_their_limit_are_refused_on_a_page(toy: FlaskClient) -> None:
    """Whoever browses with too large a cookie reads why nothing comes, in the frame."""
    page = toy.get("/drug/rituximab", headers={**BROWSER, "X-Large": "y" * 9000})

    assert (431, "text/html") == (page.status_code, page.mimetype)
    assert "the header X-Large has more than 8192 bytes" in page.text
    assert "</header>" in page.text


def test_a_program_that_lists_html_last_gets_the_document(toy: FlaskClient) -> None:
    """A preference for data, or a format by name, goes before the page."""
    wishes = [("/drug/none", "application/json, text/html;q=0.5"), ("/drug/none", "text/turtle, text/html;q=0.5")]
    for path, accept in (*wishes, ("/drug/none?format=ttl", "text/html")):
        assert "application/problem+json" == toy.get(path, headers={"Accept": accept}).mimetype


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("/queries/missed-superiority", "/queries/studies/missed-superiority"),
        ("/queries/missed-superiority.csv?disease=sle", "/queries/studies/missed-superiority.csv?disease=sle"),
        ("/queries/studies", "/queries/studies/"),
        ("/queries/missed-superiority/?disease=sle", "/queries/studies/missed-superiority?disease=sle"),
        ("/queries/studies/missed-superiority/?disease=sle", "/queries/studies/missed-superiority?disease=sle"),
        ("/search/?q=lupus", "/search?q=lupus"),
        ("/compare/", "/compare"),
    ],
)
def test_a_short_name_leads_to_the_one_address(toy: FlaskClient, name: str, address: str) -> None:
    """The name that shell and list use leads on, with its parameters, and never for good; so does a stroke too many."""
    answer = toy.get(name, headers=BROWSER)

    assert (302, address) == (answer.status_code, answer.headers["Location"])


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/study/Bliss-Believe", "/study/bliss-believe"),
        ("/study/bliss-believe/", "/study/bliss-believe"),
        ("/study/BEAT-LUPUS/", "/study/beat-lupus"),
        ("/ae/SAE", "/ae/serious-adverse-event"),
        ("/drug/RTX", "/drug/rituximab"),
        ("/drug/Rituximab.html", "/drug/rituximab"),
        ("/drug/利妥昔单抗", "/drug/rituximab"),
        ("/disease/SLE", "/disease/sle"),
        ("/mechanism/BAFF inhibition", "/mechanism/blys-inhibition"),
    ],
)
def test_what_people_call_a_thing_leads_to_its_page(client: FlaskClient, path: str, place: str) -> None:
    """Capitals, a stroke at the end, another name or another language lead a reader on; a program asks by IRI."""
    answer, document = (client.get(path, headers={"Accept": each}) for each in (BROWSER["Accept"], "text/turtle"))

    assert (303, place) == (answer.status_code, answer.headers.get("Location"))
    assert 404 == document.status_code


def test_a_saved_query_has_one_page(client: FlaskClient) -> None:
    """The IRI of a saved query leads people to where it is asked, and programs to its description."""
    answer = client.get("/query/safety.serious-infections", headers=BROWSER)

    assert (303, "/queries/safety/serious-infections") == (answer.status_code, answer.headers["Location"])
    assert "text/turtle; charset=utf-8" == client.get("/query/safety.serious-infections.ttl").content_type


def test_a_page_names_an_address_that_stays(toy: FlaskClient) -> None:
    """The link at the title is pinned to the release, and gives the same thing."""
    text = toy.get("/drug/rituximab", headers=BROWSER).text
    lasting = next(each for each in hrefs(text) if each.startswith("/v/"))

    assert "/v/0.1.0-now/drug/rituximab" == lasting
    assert 200 == toy.get(lasting, headers=BROWSER).status_code


def test_checks_are_told_with_their_numbers(client: FlaskClient) -> None:
    """The page on checks counts the numbers at each level, and all of them have one."""
    text = client.get("/about", headers=BROWSER).text
    counts = [int(each.replace(",", "")) for each in re.findall(r'<td class="number">([\d,]+)</td>', text)]
    assert sum(counts) > 1000


def test_a_page_weighs_less_than_150_kilobytes(client: FlaskClient) -> None:
    """A reader on a slow line waits for no list of everything; what is long has parts."""
    index = client.get("/ontology", headers=BROWSER).text
    paths = [
        "/ontology",
        *sorted({each.partition("#")[0] for each in hrefs(index) if each.startswith("/ontology?terms=")}),
        *(f"/{kind}/" for kind in KIND_NAMES),
        "/",
        "/data/",
        "/study/bliss-believe",
        "/disease/rheumatoid-arthritis",
        "/drug/rituximab",
    ]
    answers = {path: client.get(path, headers=BROWSER) for path in paths}
    assert {} == {path: answer.status for path, answer in answers.items() if answer.status_code != 200}
    assert {} == {path: len(answer.data) for path, answer in answers.items() if len(answer.data) > 150_000}


def test_a_long_list_is_turned_page_by_page(client: FlaskClient) -> None:
    """From the first page of the results the next ones lead to the last; each thing is on one of them, once."""
    found: list[str] = []
    address: str | None = "/result/"
    while address:
        text = client.get(address, headers=BROWSER).text
        found += re.findall(r'<li><a href="(/result/[^"]+)"', text)
        following = re.search(r'rel="next" href="([^"]*)"', text)
        address = f"/result/{unescape(following[1])}" if following else None

    count = re.search(r'<span class="count">([\d,]+)</span>', text)
    assert count
    assert int(count[1].replace(",", "")) == len(found) == len(set(found)) > 1500
    assert 400 == client.get("/result/?offset=two", headers=BROWSER).status_code


def test_few_things_stand_in_the_order_of_their_names_and_many_in_that_of_their_keys(client: FlaskClient) -> None:
    """A list of a thousand results has one study after the other; outcomes are found by the alphabet."""
    results = re.findall(r'<li><a href="/result/([^"]+)"', client.get("/result/", headers=BROWSER).text)
    outcomes = re.findall(r'<li><a href="/outcome/[^"]+">([^<]+)', client.get("/outcome/", headers=BROWSER).text)
    assert sorted(results) == results
    assert sorted(outcomes, key=str.lower) == outcomes


def test_a_list_asks_for_one_page_of_a_large_kind(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The labels of the results on the page are read, and no others."""
    read: list[str] = []

    def label(store: EmbeddedStore, node: ox.NamedNode) -> str:
        read.append(node.value)
        return page_label(store, node)

    monkeypatch.setattr("dualbio_server.entities.routes.page_label", label)
    monkeypatch.setattr(EmbeddedStore, "query", lambda *_: pytest.fail("everything is asked for"))
    assert 200 == client.get("/result/?offset=300&page", headers=BROWSER).status_code
    assert 100 == len(read)


def test_the_lines_of_a_list_are_read_once_for_all_readers(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever narrows a list, or turns its pages, waits for no query."""
    whole = client.get("/study/", headers=BROWSER).text
    monkeypatch.setattr("dualbio_server.entities.evidence.lists.ask", lambda _: pytest.fail("the store is asked again"))
    narrow = client.get("/study/?disease=sle&narrowed", headers=BROWSER)
    assert (200, True) == (narrow.status_code, len(narrow.text) < len(whole))
    assert 200 == client.get("/study/?offset=100&turned", headers=BROWSER).status_code


def test_a_list_as_rdf_leads_to_its_next_page(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document has a bounded number of things, and its header the address of the next; together they are all."""
    whole = client.get("/outcome/?format=nt").text.splitlines()
    monkeypatch.setattr("dualbio_server.entities.routes._MOST_DESCRIBED", 50)
    found: list[str] = []
    address: str | None = "/outcome/?offset=0"
    while address:
        answer = client.get(address, headers={"Accept": "application/n-triples"})
        subjects = {line.partition(" ")[0] for line in answer.text.splitlines()}
        assert 0 < len(subjects) <= 50
        found += answer.text.splitlines()
        following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        address = following[1] if following else None
    assert sorted(whole) == sorted(found)


@pytest.mark.parametrize("kind", ["result", "drug"])
def test_a_wrong_key_is_answered_with_one_beside_it(client: FlaskClient, kind: str) -> None:
    """Of a kind of many things, too, the key that was probably meant is found without all keys being read."""
    wrong, meant = {"result": ("blis-believe.r001", "bliss-believe.r"), "drug": ("rituximap", "rituximab")}[kind]
    answer = client.get(f"/{kind}/{wrong}", headers={"Accept": "application/json"})
    assert (404, True) == (answer.status_code, f"did you mean '{meant}" in answer.text)


@pytest.mark.parametrize("kind", ["study", "lesson", "gap", "finding"])
def test_a_long_table_is_turned_page_by_page(client: FlaskClient, kind: str) -> None:
    """Each thing is on one page of its list, once, and says once what it says; facets count what they leave."""
    found: list[str] = []
    address: str | None = f"/{kind}/"
    while address:
        text = client.get(address, headers=BROWSER).text
        rows = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>(.*?)</tr>', text)
        assert 0 < len(rows) <= 100
        assert [] == [words for _, words, others in rows if len(words) > 40 and words in others]
        found += [href for href, _, _ in rows]
        following = re.search(r'rel="next" href="([^"]*)"', text)
        address = unescape(following[1]) if following else None

    assert len(found) == len(set(found))
    assert re.search(rf">{len(found)} of {len(found)}\b", text)
    for href, n in re.findall(rf'<a href="(/{kind}/\?[^"&]+)">[^<]+<span class="count">(\d+)', text)[:3]:
        assert re.search(rf">{n} of {len(found)}\b", client.get(unescape(href), headers=BROWSER).text)


def test_questions_about_the_data_themselves_come_last(client: FlaskClient) -> None:
    """A reader comes for what was found; who audits the data scrolls."""
    topics = re.findall(r'<section id="(\w+)">', client.get("/queries/", headers=BROWSER).text)
    assert ["audit", "dataset", "omissions"] == topics[-3:]
    assert topics[:-3] == sorted(topics[:-3])


def test_a_question_is_found_by_its_words(client: FlaskClient) -> None:
    """The list has a box of its own, whose hits are questions alone."""
    box = re.findall(r'<form class="plain" action="(/search)"', client.get("/queries/", headers=BROWSER).text)
    hits = client.get(f"{box[0]}?kind=query&q=who+died", headers={"Accept": "application/json"}).get_json()["hits"]

    assert "query:safety.deaths" in {hit["curie"] for hit in hits}
    assert {"query"} == {hit["kind"] for hit in hits}


@pytest.mark.parametrize("path", ["/data/", "/ontology"])
def test_what_few_readers_want_is_folded(client: FlaskClient, path: str) -> None:
    """The graphs of each study, and the properties of the ontology, unfold; what is whole stands open."""
    unfolded, folded = client.get(path, headers=BROWSER).text.split("<details", 1)
    assert unfolded.count("<tr>") + unfolded.count("<li") > 20
    assert folded.count("<tr>") + folded.count("<li") > 100


def test_powers_of_ten_stand_raised(client: FlaskClient) -> None:
    """The B cells of BEAT-LUPUS are in 10⁹/L for readers, and in the code of their unit for programs."""
    text = client.get("/", headers=BROWSER).text
    assert "0.012 \N{MULTIPLICATION SIGN} 10⁹/L" in text
    assert "10^" not in text
    assert "10^9/L" in client.get("/queries/efficacy/b-cell-reconstitution.csv").text


@pytest.mark.parametrize("path", ["/data/nothing", "/study", "/queries"])
def test_no_browser_keeps_a_redirect_for_good(client: FlaskClient, path: str) -> None:
    """A path without its last stroke leads to the one with it, for now: there may be nothing there."""
    assert 307 == client.get(path).status_code


def test_an_answer_with_its_figure_weighs_less_than_150_kilobytes(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does the page of every question, its figure for a desk and for a phone included, in the wider letters too."""
    monkeypatch.setattr("dualbio_server.site.figures.pages.LONGEST_WAIT", 120)
    text = client.get("/queries/", headers=BROWSER).text
    paths = sorted({each for each in hrefs(text) if re.fullmatch(r"/queries/[^/?]+/[^/?]+", each)})
    found = {path: client.get(f"{path}?lang=zh", headers=BROWSER) for path in paths}
    more = (
        "/ae/serious-infection",
        "/pair/b-cell-depletion_blys-inhibition",
        "/compare?pair=b-cell-depletion_blys-inhibition",
    )
    found |= {path: client.get(path, headers=BROWSER) for path in more}

    assert len(paths) > 70
    assert 4 < sum('class="on-phone"' in answer.text for answer in found.values())
    assert {} == {path: len(answer.data) for path, answer in found.items() if not 5_000 < len(answer.data) <= 150_000}
    on_phones = re.compile(r'<div class="on-phone"><picture>.*?</picture></div>', re.DOTALL)
    pictures = [path for path, answer in found.items() if "<picture>" in on_phones.sub("", answer.text)]
    assert [] == pictures, "an image has no links; only a phone, for which a large figure is too much, gets one"


@pytest.mark.parametrize(
    ("path", "column", "all_have"),
    [("/disease/lupus-nephritis", "diseases", "lupus nephritis"), ("/drug/anakinra", "arm", "anakinra")],
)
def test_the_combinations_of_a_disease_or_drug_are_a_file(
    client: FlaskClient, path: str, column: str, all_have: str
) -> None:
    """At the title is a CSV of the arms that combine biologics in the disease, or give the drug, and of no others."""
    title = client.get(path, headers=BROWSER).text.partition('<p class="actions">')[2].partition("</p>")[0]
    (address,) = [each for each in hrefs(title) if ".csv" in each]
    rows = list(csv.DictReader(client.get(address).text.splitlines()))

    assert len(rows) > 1
    assert [] == [row[column] for row in rows if all_have not in row[column]]
