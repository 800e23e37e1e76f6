"""Pages of one row begin with its number, of what it is, and where it was read; mappings say what means what."""

from __future__ import annotations

import re
from html import unescape

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.store.embedded import EmbeddedStore

#: Tags that part words.
_APART = re.compile(r"<(?:br|/t[hd]|/d[td]|/li|/h\d|/p)>")
BROWSER = {"Accept": "text/html"}


def told(client: FlaskClient, path: str, part: str = r"<main.*?</main>") -> str:
    """Return the words of a part of a page."""
    found = re.search(part, client.get(path, headers=BROWSER).text, re.DOTALL)
    assert found, path
    return (
        re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", _APART.sub(" ", found[0]))))
        .replace("\N{NO-BREAK SPACE}", " ")
        .strip()
    )


HEAD = r'<p class="verdict.*?</p>'


PLACEBO = "belimumab + rituximab against belimumab + rituximab-placebo"
OF = "Disease control off immunosuppressants, week 52 · BLISS-BELIEVE"
BEGINNINGS = {
    "/result/bliss-believe.r002": f"28/144 (19.4 %) · belimumab + rituximab · {OF} Read in Aranow 2024, "
    "Ann Rheum Dis · Table 2 · seen in full text",
    "/comparison/bliss-believe.c001": f"odds ratio 1.27 (0.6 to 2.71), p = 0.5342: missed · {PLACEBO} · {OF}",
    "/comparison/beat-lupus.c001": "ratio of geometric means 0.3 (0.16 to 0.54), p < 0.001: met · rituximab then "
    "belimumab against rituximab then placebo · IgG anti-dsDNA level, week 52 · BEAT-LUPUS",
    "/estimate/bliss-believe.r001_r002.rd": f"risk difference 2.78 (-8.96 to 12.94) percentage points · {PLACEBO}",
    "/contrast/bliss-believe.c001": f"missed · {PLACEBO}",
    "/result/vega.r041": "Withdrawn: Death at week 50 · VEGA The number was recalled, and no page that was read "
    "shows it.",
}


@pytest.mark.parametrize(("path", "words"), BEGINNINGS.items())
def test_a_row_begins_with_its_number(client: FlaskClient, path: str, words: str) -> None:
    """What was counted or compared, how it came out, in whom and when, stands in one sentence below the title."""
    assert told(client, path, HEAD).startswith(words)


def test_a_number_has_those_beside_it(client: FlaskClient) -> None:
    """28 of 144 stands with the 12 of 72 of its control, with differences computed from both, and with its lessons."""
    text = told(client, "/result/bliss-believe.r002")

    assert "12/72 (16.7 %) belimumab + rituximab-placebo seen in full text" in text
    assert "relative risk 1.167 (0.6452 to 2.167) belimumab + rituximab against" in text
    assert "did not raise the proportion with disease control at week 52" in text


def test_a_number_says_against_which_lesson_it_speaks(client: FlaskClient) -> None:
    """The flares of BEAT-LUPUS contradict the lesson that the clinic did not follow serology; they do not carry it."""
    before, title, after = told(client, "/comparison/beat-lupus.c002").partition("Lessons that it speaks against")

    assert title
    assert "Belimumab with rituximab moved serology or B cells" in after
    assert "Belimumab with rituximab moved serology or B cells" not in before


def test_an_estimate_says_from_what_and_how_it_was_computed(client: FlaskClient) -> None:
    """The method, both counts, and the published ratio of the same trial stand on the page of a computed one."""
    text = told(client, "/estimate/bliss-believe.r001_r002.or")

    assert "Computed here from printed numbers" in text
    assert "score method of Miettinen and Nurminen" in text
    for number in ("12/72 (16.7 %)", "28/144 (19.4 %)", "odds ratio 1.27 (0.6 to 2.71), p = 0.5342"):
        assert number in text, number


def test_plumbing_comes_last_and_folded(client: FlaskClient) -> None:
    """What the graph has beyond the reader's facts is there, below, and unfolds."""
    text = client.get("/comparison/bliss-believe.c001", headers=BROWSER).text
    before, fold, after = text.partition('<details class="machines">')

    assert fold
    assert "has test sidedness" not in before
    assert "has test sidedness" in after


#: What each relation of mappings means, from ours to theirs: in SKOS a broad match is a broader term.
RELATIONS = {
    "skos:exactMatch": "means the same as",
    "skos:closeMatch": "means nearly the same as",
    "skos:broadMatch": "is narrower than",
    "skos:narrowMatch": "is broader than",
    "skos:relatedMatch": "has to do with, and is not the same as,",
}


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_mapping_says_what_means_what(client: FlaskClient, store: EmbeddedStore, relation: str) -> None:
    """A sentence has both sides and the relation in plain words, and leads to the outside term and to ours."""
    rows = store.query(
        f"SELECT ?mapping ?ours ?theirs ?label {{ ?mapping owl:annotatedProperty {relation} ; "
        "owl:annotatedSource ?ours ; owl:annotatedTarget ?theirs ; sssom:object_label ?label . "
        'FILTER (REGEX(STR(?ours), "/(drug|ae|disease|outcome|biomarker)/")) } ORDER BY ?mapping LIMIT 1'
    )
    assert isinstance(rows, ox.QuerySolutions)
    (row,) = rows
    path = "/" + row["mapping"].value.removeprefix("https://w3id.org/dualbio/")
    lead = re.search(r'<p class="lead">.*?</p>', client.get(path, headers=BROWSER).text, re.DOTALL)

    assert lead
    words = unescape(re.sub(r"<[^>]+>", "", lead[0]))
    assert f" {RELATIONS[relation]} {row['label'].value} (" in words
    assert f'href="{row["theirs"].value}"' in lead[0]
    assert f'href="/{row["ours"].value.removeprefix("https://w3id.org/dualbio/")}"' in lead[0]
    assert "curator of this project" in told(client, path)
