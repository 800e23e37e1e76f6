"""Every IRI of the base answers: in the wanted format, with its links, and truthfully when it is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from pyld import jsonld

from dualbio.model.namespaces import BASE, individual, term
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sparql.formats import GRAPH_FORMATS, Format
from dualbio_server.entities.documents import EXTENSIONS
from dualbio_server.process.run import create_app
from dualbio_server.service import Options

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def triples(body: bytes, form: Format) -> set[ox.Triple]:
    """Return the triples of a document; it is parsed without a base, so that a relative IRI is an error."""
    return {quad.triple for quad in ox.parse(body, format=form.rdf)}


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_an_extension_chooses_the_format(toy: FlaskClient, extension: str) -> None:
    """Each extension answers in its format, whatever the client prefers."""
    answer = toy.get(f"/drug/rituximab.{extension}", headers={"Accept": "text/csv"})

    assert (200, EXTENSIONS[extension].content_type) == (answer.status_code, answer.content_type)


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_accept_chooses_the_format(toy: FlaskClient, form: Format) -> None:
    """The same address answers in what `Accept` names, and its triples are the same in each format."""
    turtle = toy.get("/drug/rituximab.ttl").data
    answer = toy.get("/drug/rituximab", headers={"Accept": form.media_type})

    assert (200, form.content_type) == (answer.status_code, answer.content_type)
    assert triples(turtle, GRAPH_FORMATS[0]) == triples(answer.data, form)
    assert f"/drug/rituximab.{form.extension}" == answer.headers["Content-Location"]


@pytest.mark.parametrize("form", [form for form in GRAPH_FORMATS if form.name in ("trig", "n-quads")])
def test_a_document_with_graphs_has_their_union_too(toy: FlaskClient, form: Format) -> None:
    """A client that looks at the default graph alone, as many do, finds what the named graphs say."""
    quads = list(ox.parse(toy.get(f"/drug/rituximab.{form.extension}").data, format=form.rdf))
    plain = {quad.triple for quad in quads if isinstance(quad.graph_name, ox.DefaultGraph)}
    named = {quad.triple for quad in quads if isinstance(quad.graph_name, ox.NamedNode)}

    assert named == plain
    assert len(plain) > 3


OWN = """
<https://w3id.org/dualbio/graph/local/mine> { <https://w3id.org/dualbio/graph/local/mine> a prov:Entity . }
<https://w3id.org/dualbio/graph/local/mine/entities> {
  drug:ownmab a dualbio:Drug ; rdfs:label "ownmab"@en ; dualbio:relatedDrug drug:rituximab .
  drug:rituximab skos:note "read in my own file"@en .
}
"""


def test_own_evidence_is_marked_on_pages(new_release: Callable[..., Release], tmp_path: Path) -> None:
    """A thing of a user's own, what it says of a thing of dualbio, and hits of a search say that they are own."""
    new_release(tmp_path, "0.1.0-toy+own", OWN)
    options = Options(access_log=False)
    client = create_app(Settings(releases=tmp_path, query_workers=1), options=options).test_client()
    mark = '<span class="mark">own evidence</span>'
    own, drug, other = (
        client.get(f"/drug/{key}", headers=BROWSER).text for key in ("ownmab", "rituximab", "belimumab")
    )
    assert f'<p class="classes">{mark}' in own
    assert (f"read in my own file</span> {mark}" in drug, f"ownmab</a> {mark}" in drug) == (True, True)
    assert (2, 0) == (drug.count(mark), other.count(mark))
    told = [json.loads(client.get(f"/search?q={text}&format=json").data) for text in ("ownmab", "letters")]
    assert [("ownmab", True), ("letters", False)] == [
        (each["hits"][0]["label"], each["hits"][0]["own"]) for each in told
    ]
    assert mark in client.get("/search?q=ownmab", headers=BROWSER).text


def test_a_browser_gets_a_page(toy: FlaskClient) -> None:
    """People get HTML, and what comes from the data is text there and never markup."""
    answer = toy.get("/drug/belimumab", headers=BROWSER)

    assert "text/html; charset=utf-8" == answer.content_type
    assert "belimumab &lt;i&gt;&amp; co&lt;/i&gt;" in answer.text
    assert "<i>" not in answer.text


def test_a_client_without_wishes_gets_turtle(toy: FlaskClient) -> None:
    """A program that names no format gets RDF."""
    assert "text/turtle; charset=utf-8" == toy.get("/drug/rituximab").content_type


def test_an_impossible_wish_is_told(toy: FlaskClient) -> None:
    """A format that documents do not have is 406, with what there is."""
    answer = toy.get("/drug/rituximab", headers={"Accept": "image/png"})

    assert 406 == answer.status_code
    assert "text/turtle" in answer.get_json()["offered"]


def test_links_say_what_the_document_is_about(toy: FlaskClient) -> None:
    """The header names the thing, its class, the licence, and the other formats."""
    links = toy.get("/drug/rituximab.nt").headers["Link"]

    for expected in (
        '<https://w3id.org/dualbio/drug/rituximab>; rel="describes"',
        '<https://w3id.org/dualbio/drug/rituximab>; rel="cite-as"',
        '<https://w3id.org/dualbio/ontology#Drug>; rel="type"',
        '<https://creativecommons.org/licenses/by/4.0/>; rel="license"',
        '</.well-known/void>; rel="describedby"',
        '</drug/rituximab.ttl>; rel="alternate"; type="text/turtle"',
    ):
        assert expected in links
    assert "/drug/rituximab.nt>" not in links


def test_a_document_may_be_kept_until_it_changes(toy: FlaskClient) -> None:
    """A client with the entity tag of a document gets 304."""
    tag = toy.get("/drug/rituximab.ttl").headers["ETag"]

    assert 304 == toy.get("/drug/rituximab.ttl", headers={"If-None-Match": tag}).status_code


@pytest.mark.parametrize("path", ["/drug/rituximab", "/drug/", "/", "/study/toy?format=ttl"])
def test_a_second_answer_is_the_first(toy: FlaskClient, path: str) -> None:
    """An answer from memory is byte for byte and header for header the one that was made, for each wish."""
    for accept in ("text/html", "application/n-triples", "application/ld+json"):
        first, second = (toy.get(path, headers={"Accept": accept}) for _ in range(2))
        assert (first.status, first.data) == (second.status, second.data)
        assert list(first.headers) == list(second.headers)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/drug/rituxmab", "no drug 'rituxmab'; did you mean 'rituximab'?"),
        ("/drug/rituxmab.ttl", "no drug 'rituxmab'; did you mean 'rituximab'?"),
        ("/durg/rituximab", "no resource at /durg/rituximab; did you mean 'drug'?"),
        ("/graph/entites", "no graph 'entites'; did you mean 'entities'?"),
        ("/ontology/9.9", "no resource at /ontology/9.9; did you mean 'ontology'?"),
        ("/drug/%00", "no drug"),
        ("/drug/%ff", "no drug"),
    ],
)
def test_what_is_unknown_is_404_with_the_nearest(toy: FlaskClient, path: str, message: str) -> None:
    """A name that is not there is told to programs in the one error shape, with the one probably meant."""
    answer = toy.get(path)

    assert (404, "application/problem+json; charset=utf-8") == (answer.status_code, answer.content_type)
    assert answer.get_json()["detail"].startswith(message)


@pytest.mark.parametrize(
    ("address", "iri"),
    [
        (quote("/drug/naïve"), "https://w3id.org/dualbio/drug/naïve"),
        ("/drug/a%20b", "https://w3id.org/dualbio/drug/a%20b"),
        ("/drug/a%20b.nt", "https://w3id.org/dualbio/drug/a%20b"),
        ("/drug/v1.ttl", "https://w3id.org/dualbio/drug/v1.ttl"),
        ("/drug/v1.ttl.nt", "https://w3id.org/dualbio/drug/v1.ttl"),
    ],
)
def test_odd_names_answer(toy: FlaskClient, address: str, iri: str) -> None:
    """Letters outside ASCII, escapes, and a key that ends like a file all lead to their thing."""
    answer = toy.get(address, headers={"Accept": "application/n-triples"})

    assert 200 == answer.status_code
    assert f"<{iri}> <{term('rdf:type').value}> " in answer.text


def test_a_page_links_to_odd_names(toy: FlaskClient) -> None:
    """The index of a kind leads to things with odd names by addresses that answer."""
    found = re.findall(r'href="(/drug/[^"]+)"', toy.get("/drug/", headers=BROWSER).text)

    assert {"/drug/a%20b", quote("/drug/naïve")} <= set(found)
    assert {200, 301, 410} == {toy.get(address, headers=BROWSER).status_code for address in found}


def test_a_retired_thing_leads_to_its_successor(toy: FlaskClient) -> None:
    """What was replaced redirects for good, in the format that was asked for; what was not is gone."""
    moved = [toy.get(f"/drug/old{ending}") for ending in ("", ".ttl")]

    expected = [(301, "/drug/rituximab"), (301, "/drug/rituximab.ttl")]
    assert expected == [(answer.status_code, answer.headers["Location"]) for answer in moved]
    assert 410 == toy.get("/drug/gone").status_code


def test_another_name_leads_to_the_key(toy: FlaskClient) -> None:
    """A synonym written as a key has an address that leads to the entity, and no place in the index."""
    answer = toy.get("/drug/rtx", headers={"Accept": "text/turtle"})

    assert (301, "/drug/rituximab") == (answer.status_code, answer.headers["Location"])
    assert "/drug/rtx" not in toy.get("/drug/", headers=BROWSER).text


def test_shapes_are_served(toy: FlaskClient) -> None:
    """Who brings RDF finds the shapes it will be held to, each with a name and how severe a breach is."""
    answer = toy.get("/shapes")
    found = rdflib.Graph().parse(data=answer.data, format="turtle")
    nodes = set(found.subjects(rdflib.RDF.type, rdflib.SH.NodeShape))

    assert "text/turtle; charset=utf-8" == answer.content_type
    assert {rdflib.URIRef(f"{BASE}ontology#StudyShape"), rdflib.URIRef(f"{BASE}ontology#TwoArmsShape")} <= nodes
    assert set() == {node for node in nodes if not found.value(node, rdflib.SH.name)}
    assert set() == {node for node in nodes if found.value(node, rdflib.SH.severity) != rdflib.SH.Violation}


def test_an_index_lists_a_kind(toy: FlaskClient) -> None:
    """A kind has an address of its own, as page and as RDF."""
    data = triples(toy.get("/drug/", headers={"Accept": "text/turtle"}).data, GRAPH_FORMATS[0])

    assert ox.Triple(individual("drug", "rituximab"), term("rdf:type"), term("Drug")) in data
    assert 'href="/drug/rituximab"' in toy.get("/drug/", headers=BROWSER).text


def test_a_graph_answers_with_its_triples(toy: FlaskClient) -> None:
    """A named graph gives its triples, and keeps its name where the format can hold it."""
    answer = toy.get("/graph/study/toy", headers={"Accept": "application/n-quads"})

    assert 3 == answer.text.count("<https://w3id.org/dualbio/graph/study/toy> .\n")
    assert 3 == len(triples(toy.get("/graph/study/toy.ttl").data, GRAPH_FORMATS[0]))


def test_a_graph_has_a_page(toy: FlaskClient) -> None:
    """People see how large a named graph is, also when nothing else is known about it."""
    answer = toy.get("/graph/study/toy", headers=BROWSER)

    assert (200, True) == (answer.status_code, "3 triples" in answer.text)


@pytest.mark.parametrize("path", ["/ontology", "/ontology.ttl", "/ontology/0.1.0", "/ontology/0.1.0.ttl"])
def test_the_ontology_answers_at_its_versions(toy: FlaskClient, path: str) -> None:
    """The ontology is one document, at its IRI and at that of its version."""
    answer = toy.get(path, headers={"Accept": "text/turtle"})

    assert "text/turtle; charset=utf-8" == answer.content_type
    assert term("Drug") in {triple.subject for triple in triples(answer.data, GRAPH_FORMATS[0])}


def test_the_ontology_page_describes_every_term(client: FlaskClient, store: object) -> None:
    """Each class and property of the vocabulary has one anchor in the index, so that its hash IRI leads there."""
    from dualbio.store.embedded import EmbeddedStore  # noqa: PLC0415 - only for the type

    assert isinstance(store, EmbeddedStore)
    text = client.get("/ontology", headers=BROWSER).text
    wanted = {
        quad.subject.value.rpartition("#")[2]
        for kind in ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty")
        for quad in store.store.quads_for_pattern(None, term("rdf:type"), term(kind), None)
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(f"{BASE}ontology#")
    }

    assert len(wanted) > 300
    anchors = re.findall(r' id="([^"]+)"', text)
    assert set() == wanted - set(anchors)
    assert len(anchors) == len(set(anchors))


def test_the_ontology_page_reads_axioms(client: FlaskClient) -> None:
    """A defined class is told in words with its terms linked."""
    index = client.get("/ontology", headers=BROWSER).text
    place = re.search(r'id="BCellDepletingDrug"><a href="([^"#]+)#BCellDepletingDrug"', index)
    assert place
    text = client.get(place[1], headers=BROWSER).text
    part = re.sub(r"<[^>]+>|\s+", " ", text.partition('id="BCellDepletingDrug"')[2].partition("</article>")[0])

    assert re.search(r"same as +drug +and +\( +has mechanism +some +\S+", part), part


def test_what_refers_to_a_thing_comes_in_pages(client: FlaskClient) -> None:
    """Long lists of inverse links go on, each row is met once, and `Link` leads on."""
    address, seen = "/value/check-level.fulltext?by=dualbio:checkLevel", set[str]()
    total = int(re.findall(r'class="count">(\d+)', client.get(address, headers=BROWSER).text)[0])
    following: str | None = f"{address}&offset=0"
    while following:
        answer = client.get(following, headers={"Accept": "application/n-triples"})
        new = {line.split()[0] for line in answer.text.splitlines() if f"<{term('checkLevel').value}>" in line}
        assert set() == new & seen
        seen |= new
        found = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        following = found[1] if found else None

    assert total == len(seen) > 100


@pytest.mark.parametrize("query", ["by=nonsense", "by=dualbio:checkLevel&offset=-1", "by=dualbio:checkLevel&offset=x"])
def test_a_page_that_cannot_be_is_told(toy: FlaskClient, query: str) -> None:
    """A property or offset that is none is 400 with what is accepted."""
    answer = toy.get(f"/drug/rituximab?{query}")

    assert 400 == answer.status_code
    assert "accepted:" in answer.get_json()["detail"]


def test_a_study_is_one_readable_document(client: FlaskClient) -> None:
    """The JSON-LD of a study nests arms, regimens and steps, so that a developer needs no RDF to read it."""
    document = client.get("/study/bliss-believe.jsonld").get_json()
    arms = {arm["key"]: arm for arm in document["hasArm"]}
    steps = arms["bel-rtx"]["hasRegimen"]["hasStep"]

    assert "BLISS-BELIEVE" == document["name"]
    expected = [("belimumab", "0"), ("rituximab", "4")]
    assert expected == [(step["usesDrug"]["name"], str(step["startWeek"])) for step in steps]
    primary = {result["key"]: result for result in document["hasResult"]}["r001"]
    assert ("12", "72") == (str(primary["events"]), str(primary["total"]))


def test_the_published_context_reads_every_document(client: FlaskClient) -> None:
    """A document means the same under the published context as under its own part of it."""
    context = client.get("/context/v1.jsonld").get_json()["@context"]
    document = client.get("/arm/bliss-believe.bel-rtx.jsonld").get_json()
    own = jsonld.to_rdf(document, {"format": "application/n-quads"})
    published = jsonld.to_rdf({**document, "@context": context}, {"format": "application/n-quads"})

    assert own == published
    assert len(own.splitlines()) > 100


def test_pyld_frames_a_study(client: FlaskClient) -> None:
    """A JSON-LD processor finds the steps with a frame of its own."""
    document = json.loads(client.get("/study/bliss-believe.jsonld").data)
    vocabulary = {"@vocab": f"{BASE}ontology#"}
    drug = {"@id": individual("drug", "rituximab").value}
    frame = {"@context": vocabulary, "@type": "RegimenStep", "usesDrug": drug, "@requireAll": True}
    framed = jsonld.frame(document, frame)

    assert f"{BASE}step/bliss-believe.bel-rtx.2" == framed["@id"]
