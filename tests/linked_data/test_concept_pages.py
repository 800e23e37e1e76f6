"""Pages of drugs, diseases, mechanisms and markers answer what their readers ask, not what the graph is made of."""

from __future__ import annotations

import re
from html import unescape

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.store.embedded import EmbeddedStore

BROWSER = {"Accept": "text/html"}


def page(client: FlaskClient, path: str) -> str:
    """Return the text of a page."""
    answer = client.get(path, headers=BROWSER)
    assert (path, 200) == (path, answer.status_code)
    return answer.text


def words(html: str) -> str:
    """Return what a reader sees of a part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def part(html: str, name: str) -> str:
    """Return the section of a page with an anchor."""
    return html.partition(f'<section id="{name}">')[2].partition("</section>")[0]


def rows(html: str) -> list[list[str]]:
    """Return the rows of the tables of a part, each cell as its words."""
    found = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in found]


def counted(store: EmbeddedStore, pattern: str) -> dict[str, str]:
    """Return the number of studies by the label of `?thing`."""
    found = store.query(
        f"SELECT ?name (COUNT(DISTINCT ?study) AS ?n) {{ {pattern} ?thing rdfs:label ?name "
        "FILTER (LANG(?name) = 'en') } GROUP BY ?name"
    )
    assert isinstance(found, ox.QuerySolutions)
    return {row["name"].value: row["n"].value for row in found}


def test_a_drug_names_its_partners_with_their_studies(client: FlaskClient, store: EmbeddedStore) -> None:
    """Rituximab was combined most often with belimumab; each partner has its studies, diseases and pair."""
    table = rows(part(page(client, "/drug/rituximab"), "partners"))[1:]
    held = counted(
        store,
        "?arm dualbio:testsMechanismPair [] ; dualbio:hasRegimen ?regimen ; dualbio:armOf ?study . "
        "?regimen dualbio:hasStep ?one , ?two . ?one dualbio:usesDrug drug:rituximab . ?two dualbio:usesDrug ?thing . "
        "?thing dualbio:isBiologic true FILTER (?thing != drug:rituximab)",
    )
    assert held == {name: n for name, n, *_ in table}
    assert "belimumab" == table[0][0]
    assert "systemic lupus erythematosus" in table[0][2]
    assert "B-cell depletion + BLyS" in table[0][3]


def test_a_drug_says_how_long_it_acts_and_where_that_was_read(client: FlaskClient) -> None:
    """When B cells are back decides when the second drug begins: six to twelve months, with its source."""
    text = words(page(client, "/drug/rituximab"))
    assert re.search(r"How long it acts B-cell depletion after rituximab : 6\u201312 months .*Lu 2008", text)
    assert "MabThera" in text.partition("How long it acts")[0]


def test_a_disease_says_what_was_tried_and_what_it_came_to(client: FlaskClient, store: EmbeddedStore) -> None:
    """In lupus depletion with BLyS inhibition leads, one trial met on a laboratory value, one missed; no infection."""
    text = page(client, "/disease/sle")
    table = rows(part(text, "pairs"))[1:]
    held = counted(
        store,
        "?arm dualbio:testsMechanismPair ?thing ; dualbio:armOf ?study ; dualbio:inDisease ?own . "
        "?own dualbio:narrowerThan? disease:sle .",
    )
    assert held == {name: n for name, n, _ in table}
    assert ["B-cell depletion + BLyS (BAFF) inhibition", "none"] == [table[0][0], table[0][2]]
    assert "1 met (laboratory value); 1 missed (how patients fare)" in words(text)
    elsewhere = words(part(text, "elsewhere"))
    assert [] == [name for name in held if name in elsewhere]
    assert "IL-1 inhibition + TNF inhibition" in elsewhere


def test_what_lies_above_and_below_a_disease_is_said_from_its_side(client: FlaskClient) -> None:
    """Lupus nephritis is below lupus and lupus above it, never the other way round."""
    assert "Below it: lupus nephritis" in words(page(client, "/disease/sle"))
    assert "Part of: systemic lupus erythematosus" in words(page(client, "/disease/lupus-nephritis"))


@pytest.mark.parametrize("path", ["/disease/sle", "/drug/rituximab"])
def test_the_studies_of_a_thing_are_narrowed_by_facets(client: FlaskClient, path: str) -> None:
    """Each design leads to as many studies as it says, on the same page."""
    text = page(client, path)
    designs = re.findall(r'<a href="([^"]*design=[^"]+)">[^<]+<span class="count">(\d+)', part(text, "studies"))
    assert len(designs) > 2
    for href, n in designs:
        assert int(n) == len(rows(part(page(client, unescape(href)), "studies"))) - 1


@pytest.mark.parametrize(
    ("path", "subject", "effect", "target"),
    [
        ("/mechanism/b-cell-depletion", "B-cell depletion", "spares", "plasma cell"),
        ("/biomarker/serum-igg", "serum IgG", "lowers", "serious infection"),
        ("/biomarker/serum-igg", "B-cell depletion", "lowers", "serum IgG"),
        ("/target/blys", "B-cell depletion", "raises", "BLyS / BAFF (TNFSF13B)"),
    ],
)
def test_what_changes_what_is_read_from_both_ends(
    client: FlaskClient, path: str, subject: str, effect: str, target: str
) -> None:
    """An edge stands on the page of what acts and of what is acted on, with how surely it was seen."""
    table = rows(part(page(client, path), "mechanism"))
    found = [row for row in table if row[:3] == [subject, effect, target]]
    assert found
    assert all("seen" in row[3] for row in found)


def test_a_mechanism_leads_to_its_drugs_and_pairs(client: FlaskClient) -> None:
    """Whoever asks for depletion finds rituximab, and the pair with BLyS inhibition."""
    text = page(client, "/mechanism/b-cell-depletion")
    assert 'href="/drug/rituximab"' in part(text, "drugs")
    assert 'href="/pair/b-cell-depletion_blys-inhibition"' in part(text, "pairs")


def test_the_largest_pages_of_things_are_light(client: FlaskClient) -> None:
    """The drug and the diseases with most studies stay below the bound of all pages, before they are compressed."""
    paths = ("/drug/rituximab", "/disease/sle", "/disease/rheumatoid-arthritis", "/mechanism/b-cell-depletion")
    assert [] == [path for path in paths if len(page(client, path).encode()) >= 150_000]


@pytest.mark.parametrize("path", ["/disease/sle", "/drug/rituximab"])
def test_studies_that_tried_a_pair_come_first(client: FlaskClient, path: str) -> None:
    """Who reads about combining finds the trials of it at the head of the table, and not among all the others."""
    table = part(page(client, path), "studies")
    lines = [line for line in re.findall(r"<tr>.*?</tr>", table, re.DOTALL) if 'href="/study/' in line]
    tried = ['href="/pair/' in line for line in lines]
    assert sorted(tried, reverse=True) == tried
    assert 1 < sum(tried) < len(tried)
