"""Earlier releases stay: every address can be pinned, and says of which time it is (RFC 7089)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.model.namespaces import BASE, term
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio_server.process.run import create_app
from dualbio_server.releases.pinned import PinnedReleases
from dualbio_server.service import Options

OLD, MIDDLE, NEW = "0.0.9-old", "0.1.0-middle", "0.1.0-new"
TURTLE = {"Accept": "text/turtle"}
QUERY = "/sparql?query=SELECT+(COUNT(*)+AS+?n)+{?s+a+dualbio:Drug}"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory, new_release: Callable[..., Release]) -> Path:
    """Three releases, a month apart; a drug comes with the second one."""
    folder = tmp_path_factory.mktemp("versions")
    drug = 'graph:entities { drug:later a dualbio:Drug ; rdfs:label "later"@en . }'
    new_release(folder, OLD, version="0.0.9", built="2026-01-02T03:04:05+00:00")
    new_release(folder, MIDDLE, drug, built="2026-02-02T03:04:05+00:00")
    new_release(
        folder, NEW, f"{drug} graph:lessons {{ lesson:x a dualbio:Lesson . }}", built="2026-03-02T03:04:05+00:00"
    )
    return folder


@pytest.fixture(scope="module")
def service(releases: Path) -> Iterator[FlaskClient]:
    """A client of the service over the newest of them, which holds one earlier release open at a time."""
    app = create_app(Settings(releases=releases, query_workers=1), options=Options(access_log=False, pinned=1))
    yield app.test_client()
    assert isinstance(app.wsgi_app, PinnedReleases)
    app.wsgi_app.close()


def iris(client: FlaskClient, path: str) -> set[str]:
    """Return the subjects of a document."""
    data = client.get(path, headers={"Accept": "application/n-triples"}).data
    return {
        quad.subject.value
        for quad in ox.parse(data, format=ox.RdfFormat.N_TRIPLES)
        if isinstance(quad.subject, ox.NamedNode)
    }


def test_a_document_can_be_pinned(service: FlaskClient) -> None:
    """What came later is not in the earlier release, and what was there is, with the release told in a header."""
    answers = [service.get(f"/v/{name}/drug/later") for name in (OLD, MIDDLE, NEW)]
    old = service.get(f"/v/{OLD}/drug/rituximab")

    assert [404, 200, 200] == [answer.status_code for answer in answers]
    assert (200, OLD) == (old.status_code, old.headers["Dualbio-Release"])
    assert f"{BASE}drug/later" not in iris(service, f"/v/{OLD}/drug/")


def test_a_query_can_be_pinned(service: FlaskClient) -> None:
    """The same query counts the drugs of each release, by a worker of that release."""
    counts = [
        service.get(f"/v/{name}{QUERY}", headers={"Accept": "text/csv"}).text.split()[1] for name in (OLD, NEW, OLD)
    ]

    assert ["7", "8", "7"] == counts


_SAVED = """\
#+ summary: Which drugs are there?
#+ description: Drugs.
#+ tags: [toy]
#+ columns:
#+ - {name: drug, meaning: a drug}
SELECT ?drug WHERE { ?drug a dualbio:Drug FILTER (CONTAINS(STR(?drug), "RTX")) } ORDER BY ?drug
"""


def test_the_address_in_a_citation_answers_the_same_bytes(tmp_path: Path, new_release: Callable[..., Release]) -> None:
    """An answer stays at its address when data and query change, and in every format, while its release is kept."""
    queries = tmp_path / "queries" / "toy"
    queries.mkdir(parents=True)
    (queries / "drugs.rq").write_text(_SAVED.replace("RTX", "rituximab"), encoding="utf-8")
    text = ox.Literal(_SAVED.replace("RTX", "rituximab"))
    saved = f'graph:catalogue {{ <{BASE}query/toy.drugs> dualbio:key "toy/drugs" ; sh:select {text} . }}'
    settings = Settings(releases=tmp_path / "releases", query_workers=1, own_queries=(queries.parent,))
    settings.releases.mkdir()
    new_release(settings.releases, OLD, saved, built="2026-01-02T03:04:05+00:00")
    answers = []
    for later in (False, True):
        if later:  # another release with another drug of that name, and a query that asks for others
            drug = 'graph:entities { drug:rituximab-two a dualbio:Drug ; rdfs:label "two"@en . }'
            new_release(settings.releases, NEW, drug, built="2026-02-02T03:04:05+00:00")
            (queries / "drugs.rq").write_text(_SAVED.replace("RTX", "belimumab"), encoding="utf-8")
        app = create_app(settings, options=Options(access_log=False))
        client = app.test_client()
        (permanent,) = re.findall(
            r'<([^>]+)>; rel="cite-as"', client.get(f"/v/{OLD}/queries/toy/drugs").headers["Link"]
        )
        assert f"{BASE}v/{OLD}/queries/toy/drugs" == permanent
        path = permanent.removeprefix(BASE.rstrip("/"))
        answers.append([client.get(f"{path}.{form}").data for form in ("csv", "json", "tsv", "xml", "bib", "ris")])
        now = client.get("/queries/toy/drugs.csv").text
        assert isinstance(app.wsgi_app, PinnedReleases)
        app.wsgi_app.close()
    assert answers[0] == answers[1]
    assert b"drug/rituximab" in answers[1][0]
    assert ("belimumab" in now, "rituximab" in now) == (True, False)


def test_an_answer_of_a_release_that_is_gone_names_the_current_one(service: FlaskClient) -> None:
    """An answer whose release is not kept is 404, with the address of the question in the current release."""
    answer = service.get("/v/0.0.1-gone/queries/safety/deaths")
    told = answer.get_json()
    assert (404, NEW) == (answer.status_code, told["current"])
    assert f"http://localhost/v/{NEW}/queries/safety/deaths" == told["address"]
    assert f"the current release is {NEW}" in told["detail"]


def test_pages_of_a_pinned_release_stay_in_it(service: FlaskClient) -> None:
    """Every link of a page below `/v/…` leads below it or to a place outside of all releases."""
    reader = {"Accept": "text/html, */*;q=0.1"}
    text = service.get(f"/v/{OLD}/drug/rituximab", headers=reader).text
    links = re.findall(r'href="(/[^"]*)"', text)

    assert [] == [link for link in links if not link.startswith(f"/v/{OLD}/")]
    status = {
        link: service.get(link, headers=reader, follow_redirects=True, buffered=True).status_code for link in links
    }
    assert dict.fromkeys(links, 200) == status


def test_rdf_of_a_pinned_release_has_canonical_names(service: FlaskClient) -> None:
    """The IRIs of things do not change with the release that is asked."""
    assert {f"{BASE}drug/rituximab"} <= iris(service, f"/v/{OLD}/drug/rituximab")


def test_a_pinned_answer_is_a_memento(service: FlaskClient) -> None:
    """It tells its date and its original; what is not pinned is no memento."""
    answer = service.get(f"/v/{OLD}/drug/rituximab.ttl")

    assert "Fri, 02 Jan 2026 03:04:05 GMT" == answer.headers["Memento-Datetime"]
    assert '</drug/rituximab.ttl>; rel="original"' in answer.headers["Link"]
    assert "Memento-Datetime" not in service.get("/drug/rituximab.ttl").headers


def test_a_release_that_is_not_kept_is_told(service: FlaskClient) -> None:
    """An unknown name is 404 with those there are; `latest` leads to the current one."""
    answer = service.get("/v/0.1.0-nwe/drug/rituximab")
    moved = service.get("/v/latest/drug/rituximab")

    assert (404, True) == (answer.status_code, f"did you mean '{NEW}'?" in answer.get_json()["detail"])
    assert (307, f"/v/{NEW}/drug/rituximab") == (moved.status_code, moved.headers["Location"])


def test_only_so_many_releases_are_open(service: FlaskClient) -> None:
    """Asking a further release closes the one that was used longest ago, with its worker."""
    app = service.application.wsgi_app
    assert isinstance(app, PinnedReleases)
    for name in (OLD, MIDDLE, OLD, MIDDLE):
        assert 200 == service.get(f"/v/{name}{QUERY}").status_code
        assert [name] == list(app._open)


def test_an_earlier_ontology_answers_at_its_version(service: FlaskClient) -> None:
    """The version IRI of an earlier release leads into it."""
    answer = service.get("/ontology/0.0.9.ttl")

    assert (303, f"/v/{OLD}/ontology/0.0.9.ttl") == (answer.status_code, answer.headers["Location"])
    assert f"{BASE}ontology#Drug" in iris(service, f"/v/{OLD}/ontology/0.0.9")


def test_a_release_describes_itself(service: FlaskClient) -> None:
    """The IRI of a release gives its version, date, predecessor and files; people are led to its list of files."""
    data = service.get(f"/release/{NEW}", headers=TURTLE).data
    said = {(quad.subject, quad.predicate, quad.object) for quad in ox.parse(data, format=ox.RdfFormat.TURTLE)}
    node, before = (ox.NamedNode(f"{BASE}release/{name}") for name in (NEW, MIDDLE))

    assert (node, term("dcat:previousVersion"), before) in said
    assert (node, term("rdfs:seeAlso"), ox.NamedNode(f"{BASE}diff/{MIDDLE}/{NEW}")) in said
    assert (node, term("dcat:distribution"), ox.NamedNode(f"{BASE}data/{NEW}/dualbio.nq.gz")) in said
    page = service.get(f"/release/{NEW}", headers={"Accept": "text/html"})
    assert (303, f"/data/{NEW}/") == (page.status_code, page.headers["Location"])


def test_a_file_that_was_made_is_measured(service: FlaskClient) -> None:
    """Size and SHA-256 stand in the description once they are known, and are absent before, not guessed."""
    path = f"/release/{OLD}.nt"
    before = service.get(path).text
    service.get(f"/data/{OLD}/dualbio.nt.gz", buffered=True)
    after = service.get(path).text

    line = f"<{BASE}data/{OLD}/dualbio.nt.gz> <{term('dcat:byteSize').value}>"
    assert (False, True) == (line in before, line in after)


def test_the_series_lists_all_releases(service: FlaskClient) -> None:
    """The list of releases is a DCAT series, from the first to the last."""
    text = service.get("/data/", headers={"Accept": "application/n-triples"}).text

    for name, relation in ((OLD, "first"), (NEW, "last")):
        assert f"<{BASE}data/> <{term(f'dcat:{relation}').value}> <{BASE}release/{name}> ." in text
    assert 3 == text.count(f"<{term('dcat:inSeries').value}>")
