"""A walk over the real service: no dead link, no relative IRI, the right media type, and real consumers read it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from html import unescape
from typing import TypeVar

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient

from dualbio.formats import GRAPH_FORMATS
from dualbio.namespaces import BASE, KINDS
from dualbio.store.embedded import EmbeddedStore

BROWSER = {"Accept": "text/html"}
T = TypeVar("T")


def spread(items: Sequence[T], number: int) -> list[T]:
    """Return `number` items from the whole length of a sequence."""
    step = max(1, len(items) // number)
    return list(items[::step][:number])


def keys_of(store: EmbeddedStore, kind: str) -> list[str]:
    """Return the keys of all individuals of a kind."""
    start = f"{BASE}{kind}/"
    subjects = {quad.subject.value for quad in store.store if isinstance(quad.subject, ox.NamedNode)}
    return sorted(each.removeprefix(start) for each in subjects if each.startswith(start))


@pytest.fixture(scope="module")
def sample(store: EmbeddedStore) -> dict[str, list[str]]:
    """Paths of a few individuals of every kind that the release has."""
    found = {kind: keys_of(store, kind) for kind in KINDS}
    return {kind: [f"/{kind}/{key}" for key in spread(keys, 3)] for kind, keys in found.items() if keys}


def local_links(text: str) -> list[str]:
    """Return the links of a page that lead to this host, without their fragments."""
    links = [unescape(each).partition("#")[0] for each in re.findall(r'(?:href|src)="([^"]+)"', text)]
    return list(dict.fromkeys(link for link in links if link and not link.startswith(("http:", "https:"))))


def test_no_link_is_dead(client: FlaskClient, sample: dict[str, list[str]]) -> None:
    """Links of the front page and of pages of every kind answer, each within two steps."""
    pages = ["/", "/ontology", "/data/", *(f"/{kind}/" for kind in KINDS), "/graph/"]
    pages += [path for paths in sample.values() for path in paths]
    status: dict[str, int] = {}
    dead = []
    for page in pages:
        text = client.get(page, headers=BROWSER).text
        for link in spread(local_links(text), 25):
            address = link if link.startswith("/") else f"{page}{link}"
            if address not in status:
                status[address] = client.get(address, headers=BROWSER, follow_redirects=True, buffered=True).status_code
            if status[address] >= 400:
                dead.append((page, address, status[address]))

    assert [] == dead
    assert len(status) > 300


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
            answer = client.get(f"{path}.{form.extension}")
            assert (path, form.content_type) == (path, answer.content_type)
            counts[form.name] = len({quad.triple for quad in ox.parse(answer.data, format=form.rdf)})
        assert (path, {counts["turtle"]}) == (path, set(counts.values()))
        assert (path, True) == (path, counts["turtle"] > 2)


def test_what_rdf_names_answers(client: FlaskClient, sample: dict[str, list[str]]) -> None:
    """IRIs of the base that a document names can be followed."""
    dead, followed = [], set()
    for path in (paths[-1] for paths in sample.values()):
        quads = ox.parse(client.get(f"{path}.nt").data, format=ox.RdfFormat.N_TRIPLES)
        terms = {term for quad in quads for term in (quad.subject, quad.predicate, quad.object)}
        named = sorted(term.value for term in terms if isinstance(term, ox.NamedNode) and term.value.startswith(BASE))
        for iri in spread(named, 15):
            address = "/" + iri.removeprefix(BASE).partition("#")[0]
            followed.add(address)
            if client.get(address, headers={"Accept": "application/n-triples"}).status_code >= 400:
                dead.append((path, iri))

    assert [] == dead
    assert len(followed) > 100


def test_rdflib_follows_its_nose(address: str, sample: dict[str, list[str]]) -> None:
    """A program that asks with rdflib's own headers gets a graph about the thing."""
    for path in (paths[0] for paths in sample.values()):
        graph = rdflib.Graph().parse(address + path)
        assert (path, True) == (path, (rdflib.URIRef(BASE + path.removeprefix("/")), None, None) in graph)


def test_rapper_guesses_by_content_type(address: str, sample: dict[str, list[str]]) -> None:
    """Raptor fetches a thing of every kind, guesses the format, and reads it without a complaint."""
    if shutil.which("rapper") is None:
        assert os.environ.get("CI") != "true", "rapper is missing; repair: apt-get install raptor2-utils"
        pytest.skip("rapper is not installed: apt-get install raptor2-utils")
    for path in ["/ontology", "/graph/entities", *(paths[0] for paths in sample.values())]:
        command = ["rapper", "-q", "-g", "-o", "ntriples", address + path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (path, 0, "") == (path, done.returncode, done.stderr)
        assert (path, True) == (path, len(done.stdout.splitlines()) > 2)
