"""The ontology at its IRIs: the same axioms in each format, at each version, and a page that describes every term."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
import xxhash
from flask import Flask
from flask.testing import FlaskClient

from dualbio.model.namespaces import BASE, PREFIXES, VOCABULARY, compress, graph_iri, term
from dualbio.owl.gate.ask import ask_owlapi
from dualbio.release.folder import Release, make_current, sha256_of
from dualbio.settings import Settings
from dualbio.sparql.formats import GRAPH_FORMATS, HTML, Format
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities.documents import EXTENSIONS
from dualbio_server.entities.ontology_page import OntologyPage, TermEntry, TreeNode, ontology_page
from dualbio_server.process.run import create_app
from dualbio_server.service import Options

BROWSER = {"Accept": "text/html"}
KINDS = ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")


@pytest.fixture(name="page", scope="module")
def fixture_page(app: Flask, store: EmbeddedStore) -> OntologyPage:
    """What the page of the real ontology shows."""
    with app.test_request_context("/ontology"):
        return ontology_page(store)


@pytest.fixture(name="entries", scope="module")
def fixture_entries(page: OntologyPage) -> dict[str, TermEntry]:
    """Every term of the page by its IRI."""
    return {entry.iri: entry for part in page.parts for entry in part.entries}


def logical_axioms(file: Path) -> set[str]:
    """Return what OWLAPI reads from a document, apart from its header, which its parsers read differently."""
    found = ask_owlapi("axioms", file)
    return {text for text in found if f"<{BASE}ontology> " not in f"{text} " and text[:11] != "Annotation("}


def declared(store: EmbeddedStore, *kinds: str) -> set[str]:
    """Return the IRIs of the terms that the ontology declares."""
    quads = (quad for kind in kinds for quad in store.store.quads_for_pattern(None, term("rdf:type"), term(kind), None))
    return {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}


# --- formats ----------------------------------------------------------------------------------------------------------


def test_owlapi_reads_the_same_axioms_from_each_syntax(client: FlaskClient, tmp_path: Path) -> None:
    """RDF/XML and Turtle hold the same thousands of axioms, for the reader that Protégé uses."""
    found = []
    for extension in ("rdf", "ttl"):
        file = tmp_path / f"ontology.{extension}"
        file.write_bytes(client.get(f"/ontology.{extension}").data)
        found.append(logical_axioms(file))
    xml, turtle = found

    assert len(xml) > 3500
    assert (set(), set()) == (xml - turtle, turtle - xml)


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_rdf_formats_hold_the_same_triples(toy: FlaskClient, form: Format) -> None:
    """Each RDF format has the triples of the graph of the ontology."""
    turtle, other = toy.get("/ontology.ttl").data, toy.get(f"/ontology.{form.extension}").data

    expected = {quad.triple for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE)}
    assert expected == {quad.triple for quad in ox.parse(other, format=form.rdf)}


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("path", ["/ontology", "/ontology/0.1.0"])
def test_an_extension_chooses_the_format_at_each_iri(toy: FlaskClient, path: str, extension: str) -> None:
    """Every format is at the IRI of the ontology and at that of its version, whatever the client prefers."""
    answer = toy.get(f"{path}.{extension}", headers={"Accept": "text/csv"})

    assert (200, EXTENSIONS[extension].content_type) == (answer.status_code, answer.content_type)


@pytest.mark.parametrize(
    ("accept", "begin"),
    [
        ("text/owl-functional, text/turtle;q=0.5", b"@prefix"),
        ("application/json", b'{\n  "@context"'),
        ("*/*", b"@prefix"),
        ("text/html", b"<!doctype html>"),
    ],
)
def test_accept_chooses_the_format(toy: FlaskClient, accept: str, begin: bytes) -> None:
    """Negotiation knows what every document has: a type that is not sent is passed over, and JSON is JSON-LD."""
    answer = toy.get("/ontology", headers={"Accept": accept})

    assert 200 == answer.status_code
    assert answer.data.startswith(begin) or (b"@context" in begin and b'"@' in answer.data[:200]), answer.data[:80]


@pytest.mark.parametrize(("name", "extension"), [("ttl", "ttl"), ("turtle", "ttl"), ("rdf-xml", "rdf")])
def test_a_parameter_chooses_the_format(toy: FlaskClient, name: str, extension: str) -> None:
    """`format=` takes names and extensions, and the answer says where the format has its own address."""
    answer = toy.get(f"/ontology?format={name}", headers=BROWSER)

    assert f"/ontology.{extension}" == answer.headers["Content-Location"]


def test_links_lead_to_every_format(toy: FlaskClient) -> None:
    """The header names each other format of the ontology, and not the one that is sent."""
    links = toy.get("/ontology.rdf").headers["Link"]

    assert '</ontology.ttl>; rel="alternate"; type="text/turtle"' in links
    assert "/ontology.rdf>" not in links


# --- versions ---------------------------------------------------------------------------------------------------------


def test_the_version_iri_answers_in_every_format(client: FlaskClient, page: OntologyPage) -> None:
    """What owl:versionIRI names resolves here, to the document of exactly that version."""
    assert page.version_iri == f"{BASE}ontology/{page.version}"
    place = page.version_iri.removeprefix(BASE.rstrip("/"))
    for form in (*GRAPH_FORMATS, HTML):
        assert 200 == client.get(place, headers={"Accept": form.media_type}).status_code
    assert client.get("/ontology.ttl").data == client.get(f"{place}.ttl").data


@pytest.fixture(name="later", scope="module")
def fixture_later(tmp_path_factory: pytest.TempPathFactory, new_release: Callable[..., Release]) -> FlaskClient:
    """A client of a service that keeps a release of an earlier version beside the current one."""
    folder = tmp_path_factory.mktemp("versions")
    old = new_release(folder, "0.0.9-old", "graph:ontology { dualbio:Gone a owl:Class . }")
    for file in (old.folder / "manifest.json", old.folder / "graphs" / "ontology.nq"):
        file.write_text(file.read_text(encoding="utf-8").replace("0.1.0", "0.0.9"), encoding="utf-8")
    _resum(old)
    make_current(folder, new_release(folder, "0.1.0-now"))
    return create_app(Settings(releases=folder, query_workers=1), options=Options(access_log=False)).test_client()


@pytest.mark.parametrize("extension", ["", *(f".{name}" for name in EXTENSIONS)])
def test_an_earlier_version_answers_in_every_format(later: FlaskClient, extension: str) -> None:
    """The IRI of the version of a release that is kept leads to the ontology as it was then, in each format."""
    answer = later.get(f"/ontology/0.0.9{extension}", headers={"Accept": "text/turtle"}, follow_redirects=True)

    assert 200 == answer.status_code
    assert "Gone" in answer.text
    assert "Gone" not in later.get(f"/ontology{extension}", headers={"Accept": "text/turtle"}).text


def _resum(release: Release) -> None:
    """Write the checksums of a release anew."""
    path = release.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"] = {name: sha256_of(release.folder / name) for name in manifest["files"]}
    path.write_text(json.dumps(manifest), encoding="utf-8")


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_every_declared_term(entries: dict[str, TermEntry], store: EmbeddedStore) -> None:
    """All classes and properties are there, reused ones too."""
    assert declared(store, *KINDS) == set(entries)


def test_every_term_has_a_label_and_says_what_it_means(entries: dict[str, TermEntry]) -> None:
    """Own terms have both labels and a definition; a reused one has its label and where it is defined, or its use."""
    own = [entry for entry in entries.values() if entry.iri.startswith(VOCABULARY)]
    reused = [entry for entry in entries.values() if not entry.iri.startswith(VOCABULARY)]

    assert [] == [entry.curie for entry in own if not (entry.label and entry.other_label and entry.definition)]
    assert [] == [entry.curie for entry in reused if not entry.label or not (entry.imported or entry.comment)]


def test_every_class_and_property_has_its_place_in_a_hierarchy(
    page: OntologyPage, store: EmbeddedStore, entries: dict[str, TermEntry]
) -> None:
    """Each logical term is in a tree, below what its axioms say is above it."""

    def below(nodes: tuple[TreeNode, ...], upper: str | None) -> set[tuple[str, str | None]]:
        pairs = {(_term(node.href), upper) for node in nodes}
        return pairs.union(*(below(node.children, _term(node.href)) for node in nodes))

    shown = set().union(*(below(tree.roots, None) for tree in page.trees))
    wanted = {entries[iri].anchor for iri in declared(store, *KINDS)}
    stated = {
        (entries[quad.subject.value].anchor, entries[quad.object.value].anchor)
        for name in ("rdfs:subClassOf", "rdfs:subPropertyOf")
        for quad in store.store.quads_for_pattern(None, term(name), None, graph_iri("ontology"))
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode)
    }

    assert wanted == {each for each, _ in shown}
    assert set() == stated - shown


def _term(href: str | None) -> str:
    """Return the anchor of a term to which a link leads."""
    return (href or "").partition("#")[2]


def test_every_property_tells_domain_and_range(entries: dict[str, TermEntry], store: EmbeddedStore) -> None:
    """Each property between things or with data says from where to where it leads; anything, where that is open."""
    missing = {
        (entries[iri].curie, side)
        for iri in declared(store, "owl:ObjectProperty", "owl:DatatypeProperty")
        for side in ("from", "to")
        if side not in {row.label for row in entries[iri].rows}
    }
    assert set() == missing


def test_every_axiom_is_told_in_words(entries: dict[str, TermEntry], store: EmbeddedStore) -> None:
    """There are as many expressions as axioms of each kind, none of them empty, and no blank node shows."""
    rows = {
        "owl:equivalentClass": "same as",
        "rdfs:domain": "from",
        "rdfs:range": "to",
        "owl:propertyChainAxiom": "follows from",
    }
    for iri, entry in entries.items():
        shown = {row.label: row.expressions for row in entry.rows}
        for name, label in rows.items():
            stated = list(store.store.quads_for_pattern(ox.NamedNode(iri), term(name), None, graph_iri("ontology")))
            if stated:
                assert len(stated) == len(shown[label]), (entry.curie, label)
        texts = [link.text for row in entry.rows for links in row.expressions for link in links]
        assert all(texts), entry.curie
        assert "(unnamed)" not in texts, entry.curie


def test_usage_is_that_of_the_data(entries: dict[str, TermEntry], store: EmbeddedStore) -> None:
    """The count of a class is its members, that of a property its triples, in the graphs of data alone."""
    outside = f"FILTER (?g NOT IN (<{graph_iri('ontology').value}>, <{graph_iri('catalogue').value}>))"

    def count(pattern: str, what: str) -> int:
        rows = store.query(f"SELECT (COUNT({what}) AS ?n) WHERE {{ GRAPH ?g {{ {pattern} }} {outside} }}")
        assert isinstance(rows, ox.QuerySolutions)
        return int(next(iter(rows))["n"].value)

    for name in ("Arm", "Result", "BCellTargetingDrug", "MissedSuperiorityTest"):
        assert count(f"?s a <{VOCABULARY}{name}>", "DISTINCT ?s") == entries[f"{VOCABULARY}{name}"].used > 0
    for name in ("hasArm", "week", "testsMechanismPair"):
        assert count(f"?s <{VOCABULARY}{name}> ?o", "*") == entries[f"{VOCABULARY}{name}"].used > 0


def test_every_example_query_has_an_answer(entries: dict[str, TermEntry], store: EmbeddedStore) -> None:
    """Each query runs as it stands, and finds something."""
    head = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    empty = []
    for entry in entries.values():
        rows = store.query(head + entry.query.text)
        assert isinstance(rows, ox.QuerySolutions)
        if next(iter(rows), None) is None:
            empty.append(entry.curie)
        assert unquote(entry.query.fragment) == f"query={entry.query.text}"
    assert [] == empty


def test_saved_queries_stand_beside_the_terms_that_they_name(entries: dict[str, TermEntry]) -> None:
    """The term of a saved query leads to it."""
    names = [use.name for use in entries[f"{VOCABULARY}masking"].saved]

    assert "studies/missed-superiority" in names


def test_every_link_of_the_page_leads_somewhere(client: FlaskClient) -> None:
    """Fragments have their anchor, and addresses of this service answer."""
    index = client.get("/ontology", headers=BROWSER).text
    parts = {html.unescape(link) for link in re.findall(r'href="(/ontology\?terms=[^"#]+)"', index)}
    texts = {"/ontology": index, **{part: client.get(part, headers=BROWSER).text for part in parts}}
    anchors = {f"{place}#{name}" for place, text in texts.items() for name in re.findall(r' id="([^"]+)"', text)}
    links = {
        place + link if link.startswith("#") else link
        for place, text in texts.items()
        for link in map(html.unescape, re.findall(r'href="([^"]+)"', text))
    }
    local = {link.partition("#")[0] for link in links if link.startswith("/")}

    assert len(parts) > 10
    assert set() == {link for link in links if link.startswith("/ontology") and "#" in link} - anchors
    assert set() == {link for link in local if client.get(link, headers=BROWSER).status_code != 200}
    assert all(link.startswith(("/", "http://", "https://")) for link in links)


def test_disjoint_classes_are_listed_once(page: OntologyPage, entries: dict[str, TermEntry]) -> None:
    """Each group of disjoint classes is on the page, and its members lead to it."""
    for group in page.groups:
        for member in group.members:
            entry = next(each for each in entries.values() if each.anchor == _term(member.href))
            hrefs = {link.href for row in entry.rows for links in row.expressions for link in links}
            assert f"/ontology#{group.anchor}" in hrefs, compress(entry.iri)


def test_every_process_has_the_same_document(app: Flask, release: Release) -> None:
    """The ontology is one document in each format: equal bytes under an equal entity tag, whoever loads the release."""
    settings = Settings(releases=release.folder.parent, query_workers=1)
    other = create_app(settings, options=Options(access_log=False))
    for extension in EXTENSIONS:
        answers = [each.test_client().get(f"/ontology.{extension}?x=again") for each in (app, other)]
        assert 1 == len({answer.data for answer in answers}), extension
        assert 1 == len({answer.headers["ETag"] for answer in answers})
        assert f'"{xxhash.xxh3_128_hexdigest(answers[0].data)}"' == answers[0].headers["ETag"]
