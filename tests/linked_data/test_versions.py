"""Earlier releases stay: every address can be pinned, and a client can ask for the past of any thing (RFC 7089)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.namespaces import BASE, term
from dualbio.release import Release
from dualbio.settings import Settings
from dualbio_server.config import Options
from dualbio_server.pinned import PinnedReleases
from dualbio_server.run import create_app

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


def test_pages_of_a_pinned_release_stay_in_it(service: FlaskClient) -> None:
    """Every link of a page below `/v/…` leads below it or to a place outside of all releases."""
    text = service.get(f"/v/{OLD}/drug/rituximab", headers={"Accept": "text/html"}).text
    links = [link for link in re.findall(r'href="(/[^"]*)"', text) if not link.startswith("/timemap/")]

    assert [] == [link for link in links if not link.startswith(f"/v/{OLD}/")]
    assert [200] * len(links) == [service.get(link, follow_redirects=True, buffered=True).status_code for link in links]


def test_rdf_of_a_pinned_release_has_canonical_names(service: FlaskClient) -> None:
    """The IRIs of things do not change with the release that is asked."""
    assert {f"{BASE}drug/rituximab"} <= iris(service, f"/v/{OLD}/drug/rituximab")


def test_a_pinned_answer_is_a_memento(service: FlaskClient) -> None:
    """It tells its date, its original, and where its other versions are."""
    answer = service.get(f"/v/{OLD}/drug/rituximab.ttl")
    links = answer.headers["Link"]

    assert "Fri, 02 Jan 2026 03:04:05 GMT" == answer.headers["Memento-Datetime"]
    assert '</drug/rituximab.ttl>; rel="original"' in links
    assert '</timegate/drug/rituximab.ttl>; rel="timegate"' in links
    assert '</timemap/drug/rituximab.ttl>; rel="timemap"; type="application/link-format"' in links
    assert "Memento-Datetime" not in service.get("/drug/rituximab.ttl").headers


def test_an_original_leads_to_its_past(service: FlaskClient) -> None:
    """The document of today names its time gate and time map."""
    links = service.get("/drug/rituximab", headers=TURTLE).headers["Link"]

    assert '</timegate/drug/rituximab>; rel="timegate"' in links
    assert '</timemap/drug/rituximab>; rel="timemap"; type="application/link-format"' in links


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("Fri, 02 Jan 2026 03:04:05 GMT", OLD),
        ("Sun, 01 Feb 2026 00:00:00 GMT", OLD),
        ("Sun, 15 Feb 2026 00:00:00 GMT", MIDDLE),
        ("Thu, 01 Jan 2009 00:00:00 GMT", OLD),
        ("Fri, 01 Jan 2100 00:00:00 GMT", NEW),
        (None, NEW),
    ],
)
def test_the_time_gate_leads_to_the_release_of_a_date(service: FlaskClient, wanted: str | None, place: str) -> None:
    """The newest release up to the date, the oldest when there was none yet, the newest without a date."""
    headers = {"Accept-Datetime": wanted} if wanted else {}
    answer = service.get("/timegate/drug/rituximab.ttl?x=1", headers=headers)

    assert (302, f"/v/{place}/drug/rituximab.ttl?x=1") == (answer.status_code, answer.headers["Location"])
    assert "accept-datetime" in answer.headers["Vary"].lower()
    assert 'rel="original"' in answer.headers["Link"]


def test_the_time_gate_starts_where_the_thing_does(service: FlaskClient) -> None:
    """A thing that came with the second release has no memento in the first."""
    answer = service.get("/timegate/drug/later", headers={"Accept-Datetime": "Fri, 02 Jan 2026 03:04:05 GMT"})

    assert f"/v/{MIDDLE}/drug/later" == answer.headers["Location"]


def test_a_date_that_is_none_is_told(service: FlaskClient) -> None:
    """A wrong `Accept-Datetime` is 400 with what is accepted."""
    answer = service.get("/timegate/drug/rituximab", headers={"Accept-Datetime": "yesterday"})

    assert (400, True) == (answer.status_code, "accepted: a date of HTTP" in answer.get_json()["detail"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("drug/rituximab", [OLD, MIDDLE, NEW]),
        ("drug/later.ttl", [MIDDLE, NEW]),
        ("graph/lessons", [NEW]),
        ("sparql", [OLD, MIDDLE, NEW]),
        ("", [OLD, MIDDLE, NEW]),
    ],
)
def test_the_time_map_lists_the_releases_that_hold_a_thing(
    service: FlaskClient, path: str, expected: list[str]
) -> None:
    """Each memento is listed with its date, the first and the last are marked."""
    answer = service.get(f"/timemap/{path}")
    found = re.findall(r'<http://localhost/v/([^/]+)/([^>]*)>; rel="([^"]+)"; datetime="[^"]+"', answer.text)

    assert "application/link-format; charset=utf-8" == answer.content_type
    assert [(name, path) for name in expected] == [(name, rest) for name, rest, _ in found]
    assert ("first" in found[0][2], "last" in found[-1][2]) == (True, True)
    assert f'<http://localhost/{path}>; rel="original"' in answer.text


def test_what_no_release_holds_has_no_past(service: FlaskClient) -> None:
    """Time gate and time map of nothing are 404."""
    assert [404, 404] == [service.get(f"/{name}/drug/none").status_code for name in ("timegate", "timemap")]


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
