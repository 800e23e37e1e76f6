"""Words of another language than that of their page are marked as such, and no others than those of records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.model.namespaces import BASE, KINDS, graph_iri, term
from dualbio.queries import Library
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities import documents
from dualbio_server.http.language import CATALOGUE

QUERIES = Library.read(shipped_sources().queries)

#: Places that are no thing of a kind.
PLACES = (
    *("/", "/about", "/search?q=rituximab", "/search?q=xyzzy", "/compare", "/compare?study=beat-lupus&study=calibrate"),
    *("/why", "/queries/", "/data/", "/sparql", "/syntheses/", "/ontology", "/study/no-such-study"),
    *("/queries/safety/serious-infection-by-pair", "/queries/studies/missed-superiority?disease=nothing-at-all"),
    *(
        "/queries/studies/arms-of-a-study?study=bliss-believe",
        "/queries/dataset/counts",
        "/queries/audit/second-reading",
    ),
    *("/pair/b-cell-depletion_blys-inhibition", "/pair/b-cell-depletion_blys-inhibition?disease=sle"),
    *("/study/bliss-believe", "/study/calibrate", "/study/synbiose-1", "/drug/rituximab", "/disease/sle"),
    *("/study/", "/pair/", "/disease/", "/drug/", "/lesson/", "/outcome/", "/result/"),
)
#: Tags whose words are no words of a page, or of no language.
APART = frozenset({"code", "desc", "option", "pre", "samp", "script", "style", "svg", "textarea", "title"})
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "path", "use"})
WORDS = re.compile(r"[A-Za-z][A-Za-z'\u2019]+[,;:)]?\s+\(?[A-Za-z][A-Za-z'\u2019]+")
#: Between these a text is taken apart: signs, digits and Chinese letters.
BETWEEN = re.compile(r"[^A-Za-z\u00c0-\u017f'\u2019/+.\s\-]+|(?<=[A-Za-z])\.(?=\s|$)|\s[/+\-]\s|\s-|\s\.|^[\s/+.\-]+")
#: Between these stand names that are told each by itself.
FIELDS = re.compile(r" · |[\u3000-\u9fff\uff00-\uffef]+")
LATIN = re.compile(r"[A-Za-z]{2}")
#: What is the same in Chinese: names of formats, programs, identifiers, tools and molecules, and what was asked for.
NAMES = frozenset(
    {"CC BY", "DOI", "FHIR R", "Mantel and Haenszel", "PR3-ANCA", "RIPK2", "ROBINS-I", "against", "dualbio diff"}
    | {"no such study", "belimumab + rituximab-placebo", "B cell homeostasis", "placebo for"}
)
HAN = re.compile(r"[\u4e00-\u9fff]")


class Reader(HTMLParser):
    """Gathers the words of a page, each piece with its language."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.pieces: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the language of a tag, which is that around it unless it has its own."""
        if tag not in VOID:
            above = self.open[-1][1] if self.open else ""
            self.open.append((tag, "apart" if tag in APART else dict(attrs).get("lang") or above))

    def handle_endtag(self, tag: str) -> None:
        """Forget a tag, and what was left open in it."""
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if data.strip() and self.open:
            self.pieces.append((self.open[-1][1], " ".join(data.split())))


def pieces(client: FlaskClient, path: str, language: str = "zh") -> list[tuple[str, str]]:
    """Return the pieces of a page, each with its language."""
    address = f"{path}{'&' if '?' in path else '?'}lang={language}"
    reader = Reader()
    reader.feed(client.get(address, headers={"Accept": "text/html"}, follow_redirects=True).text)
    return reader.pieces


@pytest.fixture(name="places", scope="module")
def fixture_places(store: EmbeddedStore) -> list[str]:
    """Pages of every sort: those of no kind, and of each kind the first and the last thing."""
    others = {quad.subject for quad in store.quads_for_pattern(None, term("dcterms:isReplacedBy"), None)}
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for quad in store.quads_for_pattern(None, term("rdf:type"), None):
        if not isinstance(quad.subject, ox.NamedNode):
            continue
        kind, _, key = quad.subject.value.removeprefix(BASE).partition("/")
        if kind in found and quad.subject not in others:
            found[kind].append(f"/{kind}/{key}")
    return [*PLACES, *(path for kind in KINDS if found[kind] for path in {min(found[kind]), max(found[kind])})]


def test_english_on_a_chinese_page_says_that_it_is(client: FlaskClient, places: list[str]) -> None:
    """Two Latin words one after another stand in a tag of their language (WCAG 2.2, 3.1.2)."""
    unmarked = {
        (path, text)
        for path in places
        for language, text in pieces(client, path)
        if language == "zh" and WORDS.search(text)
    }
    assert set() == unmarked


def test_chinese_on_an_english_page_says_that_it_is(client: FlaskClient, places: list[str]) -> None:
    """Han letters stand in a tag of their language."""
    unmarked = {
        (path, text)
        for path in places
        for language, text in pieces(client, path, "en")
        if language == "en" and HAN.search(text)
    }
    assert set() == unmarked


def parts(text: str) -> Iterator[str]:
    """Yield the pieces of a text that have two Latin letters, without signs and digits between them."""
    for part in BETWEEN.split(text.replace("\u2019", "'")):
        words = " ".join(part.split()).strip(" '.-+/")
        if LATIN.search(words):
            yield words


@pytest.fixture(name="said", scope="module")
def fixture_said(store: EmbeddedStore) -> frozenset[str]:
    """All that records say: parts of the literals of all graphs but the catalogue, which has the heads of queries."""
    catalogue = graph_iri("catalogue")
    literals = {
        quad.object.value
        for quad in store.quads_for_pattern(None, None, None)
        if isinstance(quad.object, ox.Literal) and quad.graph_name != catalogue
    }
    return frozenset(part.casefold() for text in literals for part in parts(text))


@pytest.fixture(name="chinese", scope="module")
def fixture_chinese(store: EmbeddedStore) -> dict[str, str]:
    """What is called otherwise in Chinese: words of the catalogue and labels of things, by what they are in English."""
    labels: dict[object, dict[str | None, str]] = {}
    for quad in store.quads_for_pattern(None, term("rdfs:label"), None):
        if isinstance(quad.object, ox.Literal):
            labels.setdefault(quad.subject, {})[quad.object.language] = quad.object.value
    both = {each["en"]: each["zh"] for each in labels.values() if {"en", "zh"} <= {*each}}
    return {english: told for english, told in {**both, **CATALOGUE}.items() if english != told}


@pytest.fixture(name="everywhere", scope="module")
def fixture_everywhere(store: EmbeddedStore) -> list[str]:
    """Pages of every sort: those of no kind, of each kind the first thing, and of each question its answer."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for quad in store.quads_for_pattern(None, term("rdf:type"), None):
        if isinstance(quad.subject, ox.NamedNode):
            kind, _, key = quad.subject.value.removeprefix(BASE).partition("/")
            if kind in found:
                found[kind].append(f"/{kind}/{key}")
    firsts = [min(each) for kind, each in found.items() if each and kind not in ("query", "pool")]
    return [*PLACES, *firsts, *(f"/queries/{name}" for name in QUERIES)]


def test_no_words_of_the_interface_stay_english(
    client: FlaskClient,
    everywhere: list[str],
    said: frozenset[str],
    chinese: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Latin words that no tag declares to be English have no Chinese name, and several in a row stand in a record.

    Within what a record says in English there may be words that have a Chinese name by themselves.
    """
    monkeypatch.setattr(documents, "marked", lambda text, _: text)  # which would mark whatever is English
    english: dict[str, str] = {}
    for path in everywhere:
        for language, text in pieces(client, path):
            for part in parts(text) if language == "zh" else ():
                if " " in part and part.casefold() not in said and part not in NAMES:
                    english.setdefault(part, path)
            for name in FIELDS.split(text) if language == "zh" else ():
                if name.strip() in chinese and name.strip() not in NAMES:
                    english.setdefault(name, path)
    assert {} == english
