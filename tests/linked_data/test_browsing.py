"""Answers of saved queries are looked through by their address, without script: sorted, narrowed, one row in full."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient

from dualbio_server.service import Options

BROWSER = {"Accept": "text/html"}
HARMS = "/queries/safety/serious-infections"
TESTS = "/queries/studies/superiority-side-by-side"

#: What a page of an answer offers that takes a service: one row in full, words to find, the values of a column.
OFFERED = ("more-of-row", 'name="find"', "only.found=")


def page(client: FlaskClient, path: str) -> str:
    """Return the text of a page."""
    answer = client.get(path, headers=BROWSER)
    assert (path, 200) == (path, answer.status_code)
    return answer.text


def words(html: str) -> str:
    """Return what a reader sees of a part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(html: str) -> list[list[str]]:
    """Return the rows of the answer, each cell as its words."""
    table = html.partition('<table class="answer">')[2].partition("</table>")[0].partition("<tbody>")[2]
    return [[words(each) for each in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in table.split("</tr>")[:-1]]


def values(html: str, facet: str) -> list[tuple[str, str, int]]:
    """Return the values of a facet: their words, where they lead, and the rows that they promise."""
    part = html.partition(f'aria-label="{facet}">')[2].partition("</nav>")[0]
    found = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+) <span class="count">(\d+)<', part)
    return [(text, unescape(href), int(n)) for href, text, n in found]


def test_the_answer_comes_first_and_names_a_laboratory_value_as_one(client: FlaskClient) -> None:
    """Above form, figure and table stands who met and who missed; BEAT-LUPUS met on an antibody, not on patients."""
    text = page(client, TESTS)
    lead = words(text.partition('<p class="lead">')[2].partition("</p>")[0])
    assert "BEAT-LUPUS: met (laboratory value)" in lead
    assert "BLISS-BELIEVE: missed" in lead
    assert text.index('<p class="lead">') < text.index("<form method") < text.index("<table")


def test_a_header_sorts_numbers_as_numbers(client: FlaskClient) -> None:
    """The header over printed numbers sorts by what they come to: 12.3 % before 5 %; a screen reader is told so."""
    first = page(client, HARMS)
    link = next(unescape(href) for href in re.findall(r'<a href="([^"]+)">number</a>', first))
    rising = page(client, link)
    shares = [float(n) for row in rows(rising) for n in re.findall(r"\(([\d.]+) %\)", row[3])]
    assert sorted(shares) == shares
    assert len(shares) > 20
    assert re.search(r'aria-sort="ascending"><a href="[^"]*">number</a>', rising)


@pytest.mark.parametrize("facet", ["Verdict", "Check level"])
def test_each_value_of_a_facet_leads_to_as_many_rows_as_it_says(client: FlaskClient, facet: str) -> None:
    """A reader who takes a value finds the number of rows that stood beside it, all of that value."""
    whole = page(client, TESTS)
    offered = values(whole, facet)
    assert len(rows(whole)) == sum(n for _, _, n in offered)
    for text, href, n in offered:
        chosen = page(client, href)
        assert n == len(rows(chosen))
        assert all(text in " ".join(row) for row in rows(chosen))
        assert f"{n} of {len(rows(whole))}" in words(chosen)


def test_a_facet_parts_the_rows_in_words_of_the_table(client: FlaskClient) -> None:
    """What few rows have is no facet, and a yes or no is called as in the table, under its header."""
    harms = page(client, HARMS)
    assert values(harms, "Disease")
    assert [] == values(harms, "Also printed")
    assert [] == values(page(client, f"{HARMS}?pair=b-cell-depletion_blys-inhibition"), "Number")
    offered = values(page(client, "/queries/efficacy/b-cell-reconstitution"), "BLyS or APRIL blocked")
    assert {"yes", "no"} == {text for text, _, _ in offered}


def test_things_in_a_row_lead_to_their_pages(client: FlaskClient) -> None:
    """Arm, event, pair, mechanism and whatever a path runs through are links, not words alone."""
    for path, links in (
        (HARMS, ("/arm/assure.", "/ae/serious-infection", "/disease/rheumatoid-arthritis")),
        ("/queries/mechanism/mechanism-edges", ("/process/", "/cell/", "/mechanism/")),
        ("/queries/efficacy/published-comparisons", ("/outcome/", "/arm/bliss-believe.")),
        ("/queries/mechanism/drugs-sharing-a-target", ("/drug/", "/target/")),
    ):
        table = page(client, path).partition('<table class="answer">')[2].partition("</table>")[0]
        assert [] == [link for link in links if f'href="{link}' not in table], path


def test_every_source_of_an_answer_has_its_page_and_its_address(client: FlaskClient) -> None:
    """A row leads to the source it was read in; all that is shown stand below with their addresses, as on paper."""
    text = page(client, f"{HARMS}?find=BLISS+pooled")
    assert re.search(r'href="/source/[^"]+">van Vollenhoven 2012', text)
    below = text.partition("<summary>Sources of these rows:")[2].partition("</details>")[0]
    assert '<a href="https://pmc.ncbi.nlm.nih.gov/' in below
    assert "van Vollenhoven 2012" in below
    assert "Aranow" not in below


def test_facets_count_what_the_other_choices_leave(client: FlaskClient) -> None:
    """With the missed tests chosen, the check levels add up to the missed ones alone."""
    missed = next(href for text, href, _ in values(page(client, TESTS), "Verdict") if text == "missed")
    chosen = page(client, missed)
    assert len(rows(chosen)) == sum(n for _, _, n in values(chosen, "Check level"))


def test_no_facet_and_no_line_counts_the_values_of_a_number(client: FlaskClient) -> None:
    """How many candidates a pool found is a number of each row, and no finding that rows have in common."""
    text = page(client, "/queries/synthesis/pooled-estimates")
    assert values(text, "Measure")
    assert [] == values(text, "I squared")
    lead = words(text.partition('<p class="lead">')[2].partition("</p>")[0])
    assert re.fullmatch(r"\d+ rows\.", lead.strip())


def test_words_are_found_in_the_rows_and_no_row_is_no_dead_end(client: FlaskClient) -> None:
    """What is looked for stands in every row that is left; where none is, a link leads back."""
    left = rows(page(client, f"{HARMS}?find=anakinra"))
    assert left
    assert all("anakinra" in " ".join(row).lower() for row in left)
    nothing = page(client, f"{HARMS}?find=penicillin")
    assert [] == rows(nothing)
    assert f'href="{HARMS}#answer">All rows' in nothing


def test_a_row_in_full_has_every_cell_of_the_data(client: FlaskClient) -> None:
    """What the reading leaves out of a row is one link away."""
    text = page(client, f"{TESTS}?find=bliss-believe&detail=1")
    shown = text.partition('<section id="detail"')[2].partition("</section>")[0]
    held = next(
        row
        for row in csv.DictReader(io.StringIO(client.get(f"{TESTS}.csv").text))
        if row["studyKey"] == "bliss-believe"
    )
    counted = len(re.findall("<dt", shown))
    assert len([value for value in held.values() if value]) == counted
    assert "bliss-believe" in shown


@pytest.mark.parametrize(
    ("asked", "told"),
    [("sort=nothing", "there is no column"), ("only.nothing=1", "there is no column"), ("detail=x", "number of a row")],
)
def test_a_view_that_is_none_is_told(client: FlaskClient, asked: str, told: str) -> None:
    """A column that the answer lacks is an error that names those it has."""
    answer = client.get(f"{TESTS}?{asked}", headers=BROWSER)
    assert 400 == answer.status_code
    assert told in answer.text


def test_programs_are_told_that_views_are_for_pages(client: FlaskClient) -> None:
    """CSV is never silently unsorted."""
    answer = client.get(f"{TESTS}.csv?sort=verdict")
    assert 400 == answer.status_code
    assert "for pages" in answer.text


def test_things_in_an_answer_lead_to_their_pages(client: FlaskClient) -> None:
    """Pair and disease of a row are links to them, as study and source are; several in one cell are each a link."""
    text = client.get("/queries/mechanism/pairs-by-disease", headers=BROWSER).text
    row = next(each for each in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL) if "antiphospholipid" in each)
    for address in ("/pair/april-inhibition_b-cell-depletion", "/disease/antiphospholipid-syndrome"):
        assert f'<a href="{address}">' in row
        assert 200 == client.get(address, headers=BROWSER).status_code
    text = client.get("/queries/safety/serious-infection-by-pair?find=AUGUST", headers=BROWSER).text
    assert re.search(r'<a href="/pair/april[^"]*">[^<]*</a>; <a href="/pair/b-cell[^"]*">', text)


@pytest.mark.parametrize("name", ["lessons/evidence-from-other-diseases", "lessons/pairs-that-disagree"])
def test_a_word_leads_to_no_page_that_is_not_there(client: FlaskClient, name: str) -> None:
    """What an answer found (met, missed, more) stands under the name of a kind, and is no key of a thing of it."""
    _, _, table = page(client, f"/queries/{name}").partition("<tbody>")
    places = set(re.findall(r'href="(/(?:finding|lesson|gap|study)/[^"?#]*)"', table))
    assert places
    assert [] == [place for place in places if client.get(place, buffered=True).status_code != 200]


def test_a_key_leads_to_its_thing(client: FlaskClient) -> None:
    """A finding is named by its key in a row in full, and leads to its page."""
    assert 'href="/finding/' in page(client, "/queries/efficacy/biomarker-findings?detail=1")


def test_a_copy_in_files_offers_no_browsing_that_takes_a_service(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the service can do with the rows of an answer is not shown where nobody does it."""
    served = page(client, "/queries/safety/serious-infection-by-pair")
    extensions = client.application.extensions
    own = replace(extensions["dualbio"], options=Options(copy=True), parts={})
    monkeypatch.setitem(extensions, "dualbio", own)
    copied = page(client, "/queries/safety/serious-infection-by-pair")
    assert [*OFFERED] == [each for each in OFFERED if each in served]
    assert [] == [each for each in OFFERED if each in copied]
    assert len(rows(served)) == len(rows(copied))


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("dataset/outside-identifiers", "/drug/"),
        ("dataset/terms-in-use", "/ontology#"),
        ("dataset/counts", "/ontology#"),
        ("dataset/releases", "/release/"),
        ("dataset/saved-queries", "/queries/"),
        ("audit/coverage-counts", "/core-outcome/"),
        ("synthesis/pooled-estimates", "/syntheses/"),
        ("synthesis/pool-groups", "/syntheses/"),
    ],
)
def test_what_a_row_names_leads_to_it(client: FlaskClient, query: str, place: str) -> None:
    """The name that another column of the row identifies is a link to that thing, which is there."""
    table = page(client, f"/queries/{query}").partition('<table class="answer">')[2].partition("</table>")[0]
    found = [unescape(each) for each in re.findall(r'<a href="([^"]+)">', table) if each.startswith(place)]

    assert found
    assert 200 == client.get(found[0].partition("#")[0], headers=BROWSER).status_code


@pytest.mark.parametrize(("language", "words"), [("en", "conventional therapy arm"), ("zh", "传统治疗组")])
def test_a_choice_of_the_form_is_read_in_words_and_sent_as_a_key(
    client: FlaskClient, language: str, words: str
) -> None:
    """Nobody reads "conventional-therapy"; the choice that is sent is asked for and stays chosen."""
    path = "/queries/efficacy/published-comparisons"
    text = client.get(f"{path}?lang={language}&against=conventional-therapy", headers=BROWSER).text

    assert f'name="against" value="conventional-therapy" checked> {words}</label>' in text


PRINTED = "efficacy/published-comparisons"


def drawn(client: FlaskClient, asked: str) -> str:
    """Return the specification of a figure as text."""
    answer = client.get(f"/figures/{PRINTED}.json{asked}")
    assert 200 == answer.status_code
    return answer.text


def test_a_long_answer_has_the_figure_of_its_first_rows(client: FlaskClient) -> None:
    """Of hundreds of comparisons the first twenty are drawn, the page says so, and all of them are a file."""
    text = page(client, f"/queries/{PRINTED}")
    whole = int(re.findall(r"(\d+) rows", words(text.partition('id="answer"')[2]))[0])

    assert whole > 300
    assert "<figure" in text
    assert f"The first 20 of {whole} rows are drawn" in words(text)
    assert f'href="/figures/{PRINTED}.svg"' in text
    assert "BLISS-LN" not in drawn(client, "?limit=20")
    assert "BLISS-LN" in drawn(client, "")


def test_the_figure_of_an_answer_follows_its_facets(client: FlaskClient) -> None:
    """Narrowed to lupus nephritis, picture and file have the comparisons of lupus nephritis alone, and all of them."""
    asked = "?only.diseaseName=lupus+nephritis"
    text = page(client, f"/queries/{PRINTED}{asked}")

    assert "<figure" in text
    assert "rows are drawn" not in words(text)
    assert f'href="/figures/{PRINTED}.svg{asked}"' in text
    narrowed = drawn(client, asked)
    assert "BLISS-LN" in narrowed
    assert "BLISS-BELIEVE" not in narrowed


def test_a_limit_that_is_no_number_is_told(client: FlaskClient) -> None:
    """The first so many rows are asked for by a number."""
    answer = client.get(f"/figures/{PRINTED}.json?limit=many")

    assert (400, True) == (answer.status_code, "a number of rows" in answer.text)
