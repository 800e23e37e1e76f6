"""A walk over the real service: no dead link, no relative IRI, the right media type, and real consumers read it."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from html import unescape
from itertools import cycle
from typing import TypeVar

import pyoxigraph as ox
import pytest
import rdflib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import NotFound
from werkzeug.routing import RequestRedirect

from asking import program
from dualbio.model.namespaces import BASE, KINDS, term
from dualbio.sparql.formats import GRAPH_FORMATS
from dualbio.store.embedded import EmbeddedStore

BROWSER = {"Accept": "text/html"}
T = TypeVar("T")


def spread(items: Sequence[T], number: int) -> list[T]:
    """Return `number` items from the whole length of a sequence."""
    step = max(1, len(items) // number)
    return list(items[::step][:number])


def keys_of(store: EmbeddedStore, kind: str) -> list[str]:
    """Return the keys of all individuals of a kind; other names of them, which lead on, are left out."""
    start = f"{BASE}{kind}/"
    others = {quad.subject for quad in store.quads_for_pattern(None, term("dcterms:isReplacedBy"), None, None)}
    subjects = {
        quad.subject.value
        for quad in store.store
        if isinstance(quad.subject, ox.NamedNode) and quad.subject not in others
    }
    return sorted(each.removeprefix(start) for each in subjects if each.startswith(start))


@pytest.fixture(scope="module")
def sample(store: EmbeddedStore) -> dict[str, list[str]]:
    """Paths of a few individuals of every kind that the release has."""
    found = {kind: keys_of(store, kind) for kind in KINDS}
    return {kind: [f"/{kind}/{key}" for key in spread(keys, 3)] for kind, keys in found.items() if keys}


def local_links(text: str) -> list[str]:
    """Return the links of a page that lead to this host, without their fragments."""
    links = [unescape(each).partition("#")[0] for each in re.findall(r'(?:href|src)="([^"]+)"', text)]
    here = (link for link in links if link and not link.startswith(("http:", "https:")))
    return list(dict.fromkeys(link for link in here if "lang=" not in link))  # the same pages in another language


#: Pages opened of one sort; links followed to places of one sort, from one page.
OPENED, FOLLOWED = 2, 4


def sort_of(app: Flask, address: str) -> str:
    """Return what sort of place an address is: the rule of its route, and for things and queries the kind."""
    path = address.partition("?")[0]
    try:
        rule, _ = app.url_map.bind("localhost").match(path, return_rule=True)
    except (RequestRedirect, NotFound):
        return path
    extension = path.rpartition(".")[2] if rule.rule.startswith("/data/") else ""
    return f"{rule.rule} {path.split('/')[1]} {'?' in address} {extension}"


def chosen_links(app: Flask, page: str, text: str) -> list[str]:
    """Return addresses of the links of a page, of a long list of one sort some from its whole length."""
    by_sort: dict[str, list[str]] = {}
    for link in local_links(text):
        address = link if link.startswith("/") else f"{page.partition('?')[0]}{link}"
        by_sort.setdefault(sort_of(app, address), []).append(address)
    return [address for found in by_sort.values() for address in spread(found, FOLLOWED)]


@pytest.mark.timeout(900)
def test_no_link_is_dead(app: Flask, client: FlaskClient) -> None:
    """From the front page on, every link answers, and pages of every sort that are met are opened in their turn."""
    todo, status, opened = ["/"], dict[str, int](), Counter[str]()
    dead = []
    while todo:
        page = todo.pop(0)
        answer = client.get(page, headers=BROWSER, follow_redirects=True, buffered=True)
        if answer.mimetype != "text/html":
            continue
        for address in chosen_links(app, page, answer.text):
            if address in status:
                continue
            reply = client.get(address, headers=BROWSER, follow_redirects=True, buffered=True)
            status[address] = reply.status_code
            sort = sort_of(app, address)
            if reply.status_code >= 400:
                dead.append((page, address, reply.status_code))
            elif reply.mimetype == "text/html" and opened[sort] < OPENED:
                opened[sort] += 1
                todo.append(address)

    assert [] == dead
    assert len(status) > 500
    kinds = {address.split("/")[1] for address in status}
    assert {"queries", "data", "ontology", "graph", "v", *KINDS} - kinds <= set()


def test_no_title_shows_a_key(client: FlaskClient, sample: dict[str, list[str]]) -> None:
    """The title of a page is what a reader calls the thing, not the key of its record nor its short IRI."""
    titles = {}
    for path in (path for paths in sample.values() for path in paths):
        text = client.get(path, headers=BROWSER, follow_redirects=True).text
        titles[path] = unescape(re.findall(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)[0])
    key = re.compile(
        r"[rcp]\d{3}|s\d{1,2}|g\d{2,3}|bf\d{2}|[fl]-[a-z0-9-]+|[0-9a-f]{12}|(?:" + "|".join(KINDS) + r"):\S*"
    )
    words = {path: [word.strip(".,;:()") for word in title.split()] for path, title in titles.items()}
    assert {} == {path: titles[path] for path, own in words.items() if any(map(key.fullmatch, own))}


def test_pages_lead_to_this_host(client: FlaskClient, sample: dict[str, list[str]]) -> None:
    """A page links to things of dualbio by paths, so that it works wherever the service runs."""
    for paths in sample.values():
        text = client.get(paths[0], headers=BROWSER).text
        assert [] == re.findall(rf'<a [^>]*href="({re.escape(BASE)}[^"]*)"', text)


def test_every_format_of_every_kind_says_the_same(client: FlaskClient, sample: dict[str, list[str]]) -> None:
    """All documents of a thing have their media type, absolute IRIs, and the same triples."""
    for path in (paths[0] for paths in sample.values()):
        counts = {}
        for form in GRAPH_FORMATS:
            answer = client.get(f"{path}.{form.extension}", follow_redirects=True)
            assert (path, form.content_type) == (path, answer.content_type)
            counts[form.name] = len({quad.triple for quad in ox.parse(answer.data, format=form.rdf)})
        assert (path, {counts["turtle"]}) == (path, set(counts.values()))
        assert (path, True) == (path, counts["turtle"] > 2)


def sample_of(names: list[str], most: int = 40) -> list[str]:
    """Return `most` of the names at equal distances, or all of them."""
    return names[:: max(1, -(-len(names) // most))]


@pytest.mark.timeout(900)
def test_every_name_of_the_release_answers(client: FlaskClient, store: EmbeddedStore) -> None:
    """An IRI of the base that any document can name can be followed, each in a format of its own turn.

    Of each kind as many are asked as a test has time for, drawn alike at every run; small kinds are asked whole.
    """
    places: set[str] = set()
    for quad in store.store:
        for each in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            if isinstance(each, ox.NamedNode) and each.value.startswith(BASE):
                places.add(each.value.removeprefix(BASE).partition("#")[0])
    formats = cycle(("text/turtle", "application/n-triples", "application/ld+json", "application/trig", "text/html"))
    dead = []
    kinds: dict[str, list[str]] = {}
    for address in sorted(places):
        kinds.setdefault(address.partition("/")[0], []).append(address)
    drawn = [each for names in kinds.values() for each in sample_of(names)]
    for address, wanted in zip(drawn, formats, strict=False):
        answer = client.get(f"/{address}", headers={"Accept": wanted}, follow_redirects=True, buffered=True)
        file = address.startswith("data/")  # a file is of one type
        if answer.status_code >= 400 or (answer.mimetype != wanted and not file):
            dead.append((address, wanted, answer.status))

    assert [] == dead
    assert set(KINDS) - {"query"} <= {address.partition("/")[0] for address in places}


def test_documents_name_nothing_else(client: FlaskClient, store: EmbeddedStore, sample: dict[str, list[str]]) -> None:
    """What a document of any kind and format says is in the release, so that nothing in it leads elsewhere."""
    known = {quad.triple for quad in store.store}
    for path in (path for paths in sample.values() for path in paths):
        for form in GRAPH_FORMATS:
            quads = ox.parse(client.get(f"{path}.{form.extension}").data, format=form.rdf)
            told = {quad.triple for quad in quads if not isinstance(quad.subject, ox.BlankNode)}
            new = {each for each in told - known if not isinstance(each.object, ox.BlankNode)}
            assert (path, form.name, set()) == (path, form.name, new)


def test_rdflib_follows_its_nose(address: str, sample: dict[str, list[str]]) -> None:
    """A program that asks with rdflib's own headers gets a graph about the thing."""
    for path in (paths[0] for paths in sample.values()):
        graph = rdflib.Graph().parse(address + path)
        assert (path, True) == (path, (rdflib.URIRef(BASE + path.removeprefix("/")), None, None) in graph)


def test_a_program_follows_links_from_one_name(address: str) -> None:
    """Knowing the IRI of an arm alone, a program comes by documents of one thing each to what its drugs bind."""
    vocabulary, fetched = rdflib.Namespace(f"{BASE}ontology#"), rdflib.Graph()
    at = {rdflib.URIRef(f"{BASE}arm/bliss-believe.bel-rtx")}
    for name in ("hasRegimen", "hasStep", "usesDrug", "hasTarget"):
        for node in at:
            fetched.parse(address + "/" + node.removeprefix(BASE))  # the base is where this service runs
        at = {end for node in at for end in fetched.objects(node, vocabulary[name]) if isinstance(end, rdflib.URIRef)}

    assert {rdflib.URIRef(f"{BASE}target/{name}") for name in ("blys", "cd20")} == at


def test_rapper_guesses_by_content_type(address: str, sample: dict[str, list[str]]) -> None:
    """Raptor fetches a thing of every kind, guesses the format, and reads it without a complaint."""
    for path in ["/ontology", "/graph/entities", *(paths[0] for paths in sample.values())]:
        command = [program("rapper"), "-q", "-g", "-o", "ntriples", address + path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (path, 0, "") == (path, done.returncode, done.stderr)
        assert (path, True) == (path, len(done.stdout.splitlines()) > 2)
