"""What changed between two releases, over HTTP: the same as from the shell, as page, words, JSON and RDF."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from dualbio.cli.main import cli
from dualbio.export.packages.changes import CHANGE_FORMATS
from dualbio.model.namespaces import BASE, individual, term
from dualbio.release.diff import diff_releases
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sparql.formats import GRAPH_FORMATS, Content, Format
from dualbio_server.process.run import create_app
from dualbio_server.service import Options

OLD, NEW = "0.1.0-one", "0.1.0-two"
PATH = f"/diff/{OLD}/{NEW}"
CHANGE = "http://purl.org/vocab/changeset/schema#"
EXTENSIONS = {"text": "txt", "changelog": "md"}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory, new_release: Callable[..., Release]) -> Path:
    """Two releases: a lesson goes, a drug gets a synonym, another drug comes."""
    folder = tmp_path_factory.mktemp("diff")
    new_release(folder, OLD, "graph:lessons { lesson:gone a dualbio:Lesson . }", built="2026-01-02T03:04:05+00:00")
    more = (
        'graph:entities { drug:rituximab skos:altLabel "<b>RTX</b>" . drug:new a dualbio:Drug ; rdfs:label "new"@en . }'
    )
    new_release(folder, NEW, more, built="2026-02-02T03:04:05+00:00")
    return folder


@pytest.fixture(scope="module")
def service(releases: Path) -> FlaskClient:
    """A client of the service over them."""
    return create_app(Settings(releases=releases, query_workers=1), options=Options(access_log=False)).test_client()


def test_the_page_tells_each_change(service: FlaskClient) -> None:
    """People see what came, what changed and what went, as text and with links."""
    answer = service.get(PATH, headers={"Accept": "text/html"})

    assert "1 record added, 1 changed, 1 removed" in answer.text
    assert "synonym" not in answer.text
    assert "skos:altLabel &#39;&lt;b&gt;RTX&lt;/b&gt;&#39; is new" in answer.text
    assert '<a href="/drug/new">new</a>' in answer.text


@pytest.mark.parametrize("form", CHANGE_FORMATS)
def test_shell_and_service_say_the_same(service: FlaskClient, releases: Path, form: str) -> None:
    """Every form of the differences has the same bytes from `dualbio diff` and over HTTP."""
    done = CliRunner().invoke(cli, ["diff", OLD, NEW, "--format", form], env={"DUALBIO_RELEASES": str(releases)})
    answer = service.get(f"{PATH}.{EXTENSIONS.get(form, form)}")

    assert (0, CHANGE_FORMATS[form]) == (done.exit_code, answer.content_type)
    assert done.stdout_bytes == answer.data
    assert len(answer.data) > 50


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json", "application/json; charset=utf-8"),
        ("application/ld+json", "application/ld+json; charset=utf-8"),
        ("text/turtle", "text/turtle; charset=utf-8"),
        ("application/trig", "application/trig; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
    ],
)
def test_the_form_is_negotiated(service: FlaskClient, accept: str, content_type: str) -> None:
    """One address answers in what the client accepts."""
    assert content_type == service.get(PATH, headers={"Accept": accept}).content_type


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_every_rdf_form_describes_the_same(service: FlaskClient, form: Format) -> None:
    """A change set per record, with its kind of change; formats with graphs have the statements in two of them too."""
    quads = set(ox.parse(service.get(f"{PATH}.{form.extension}").data, format=form.rdf))
    told = {quad.triple for quad in quads if quad.graph_name == ox.DefaultGraph()}
    subjects = {
        t.object: {o.predicate: o.object for o in told if o.subject == t.subject}
        for t in told
        if t.predicate == ox.NamedNode(f"{CHANGE}subjectOfChange")
    }
    kinds = {node: {t.object for t in told if t.predicate == term("rdf:type")} for node in subjects}

    assert {individual("drug", "new"), individual("drug", "rituximab"), individual("lesson", "gone")} == set(subjects)
    assert all(term(f"schema:{name}Action") in kinds[individual("drug", "new")] for name in ("Add", "Update", "Delete"))
    graphs = {str(quad.graph_name) for quad in quads} - {"DEFAULT"}
    expected = {f"<{BASE}diff/{OLD}/{NEW}/{name}>" for name in ("added", "removed")}
    assert (expected if Content.DATASET in form.carries else set()) == graphs


def test_the_graphs_have_addresses(service: FlaskClient) -> None:
    """The graphs of what came and went answer by themselves."""
    found = [
        {str(quad.predicate.value) for quad in ox.parse(service.get(path).data, format=ox.RdfFormat.N_TRIPLES)}
        for path in (f"{PATH}/added.nt", f"{PATH}/removed.nt")
    ]

    assert {term("skos:altLabel").value, term("rdf:type").value, term("rdfs:label").value} == found[0]
    assert {term("rdf:type").value} == found[1]


def test_json_has_the_statements(service: FlaskClient, releases: Path) -> None:
    """The plain form is that of the library."""
    expected = diff_releases(releases / OLD, releases / NEW).as_json()

    assert expected == json.loads(service.get(f"{PATH}.json").data)


def test_latest_and_what_is_not_kept(service: FlaskClient) -> None:
    """`latest` is led to the name of the current release, and an unknown name is 404 with those there are."""
    moved = service.get(f"/diff/{OLD}/latest?format=ttl")
    wrong = service.get("/diff/0.1.0-on/latest")

    assert (307, f"{PATH}?format=ttl") == (moved.status_code, moved.headers["Location"])
    assert (404, True) == (wrong.status_code, f"did you mean '{OLD}'?" in wrong.get_json()["detail"])


def test_releases_and_the_feed_lead_to_the_changes(service: FlaskClient) -> None:
    """The list of releases, the page of a release, the feed and the release's RDF name the differences."""
    page = {"Accept": "text/html"}
    for path in ("/data/", f"/data/{NEW}/"):
        assert f'href="{PATH}"' in service.get(path, headers=page).text
    assert (
        f'<link rel="related" title="What changed" href="http://localhost{PATH}"/>'
        in service.get("/data/feed.atom").text
    )
    assert f"<{BASE}diff/{OLD}/{NEW}>" in service.get(f"/release/{NEW}.nt").text


def test_links_of_the_page_answer(service: FlaskClient) -> None:
    """Nothing on the page leads nowhere, but to what was removed."""
    text = service.get(PATH, headers={"Accept": "text/html"}).text
    links = {link.partition("#")[0] for link in re.findall(r'href="(/[^"]+)"', text)}
    browser = {"Accept": "text/html, */*;q=0.8"}
    statuses = {
        link: service.get(link, headers=browser, follow_redirects=True, buffered=True).status_code for link in links
    }

    assert {"/lesson/gone": 404} == {link: status for link, status in statuses.items() if status != 200}


def test_equal_releases_have_no_changes(service: FlaskClient) -> None:
    """A release against itself is told to be the same."""
    assert "Both hold the same records." in service.get(f"/diff/{NEW}/{NEW}", headers={"Accept": "text/html"}).text
