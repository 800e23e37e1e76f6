"""Search and suggestions over HTTP, and the same in Python and in the shell."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualbio.cli.explore import search as search_command
from dualbio.cli.main import cli
from dualbio.database import Database
from dualbio.model.namespaces import BASE
from dualbio.release.folder import Release
from dualbio.search import ALL_KINDS
from dualbio.store.embedded import EmbeddedStore

JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
#: What people write: names, words of texts, identifiers, Chinese, faults.
TEXTS = (
    "lupus",
    "SynBioSe",
    "rituxmab",
    "狼疮",
    "NCT03312907",
    "serious infection lupus",
    "why did CALIBRATE fail",
    "",
)
_OPEN_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


@pytest.fixture(name="database", scope="module")
def fixture_database(release: Release, store: EmbeddedStore) -> Database:
    """The release as users of Python have it."""
    return Database(release, store=store)


def asked(client: FlaskClient, text: str, **parameters: object) -> dict[str, Any]:
    """Return the answer of a search as JSON."""
    answer = client.get("/search", query_string={"q": text, **parameters}, headers=JSON)
    assert 200 == answer.status_code, text
    told = answer.get_json()
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("text", TEXTS)
def test_the_faces_find_the_same(
    text: str, client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search has one answer in HTTP, Python and the shell, to the last mark and count."""
    monkeypatch.setattr("dualbio.cli.explore.open_database", lambda *_: database)
    here = database.search(text, limit=7, offset=1)
    shell = CliRunner().invoke(cli, ["search", text, "--limit", "7", "--offset", "1", "--json"])

    assert here.to_dict() == asked(client, text, limit=7, offset=1)
    assert here.to_dict() == json.loads(shell.stdout)
    assert database.suggest(text).to_dict() == client.get("/suggest", query_string={"q": text}).get_json()


def test_every_name_of_a_thing_is_answered(client: FlaskClient, database: Database) -> None:
    """Names of drugs, diseases, pairs, studies, questions and concepts: 200, and found among the first five."""
    kinds = "drug|disease|pair|study|query|mechanism|target|outcome|ae|biomarker"
    names = f"""
        SELECT DISTINCT ?thing ?name {{
          VALUES ?property {{ rdfs:label skos:altLabel dualbio:abbreviation dualbio:key dualbio:registryId }}
          ?thing ?property ?name FILTER (REGEX(STR(?thing), "^{BASE}({kinds})/"))
        }}"""
    rows = [(row["thing"].value, row["name"].value) for row in database.store.select(names)]
    lost = [name for thing, name in rows if thing not in {hit["iri"] for hit in asked(client, name, limit=5)["hits"]}]

    assert [] == lost
    assert len(rows) > 1000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=st.text(max_size=60), format=st.sampled_from(["html", "json"]))
def test_no_text_is_answered_with_a_fault(client: FlaskClient, text: str, format: str) -> None:  # noqa: A002
    """Whatever is typed, a page or a document comes back."""
    for place in ("/search", "/suggest"):
        assert 200 == client.get(place, query_string={"q": text, "format": format}).status_code


def test_what_is_typed_is_never_markup(client: FlaskClient) -> None:
    """Quotes, braces and tags find nothing, break nothing, and are escaped in the page."""
    answer = client.get("/search", query_string={"q": '") } DROP ALL # <b>'}, headers=PAGE)

    assert 200 == answer.status_code
    assert "<b>" not in answer.get_data(as_text=True)


def test_the_page_marks_what_matched_and_leads_on(client: FlaskClient) -> None:
    """A hit is a link with the name that matched; kinds with their counts, and the next page, are links too."""
    page = client.get("/search?q=Benlysta", headers=PAGE).get_data(as_text=True)
    assert '<a href="/drug/belimumab">belimumab</a>' in page
    assert "<mark>Benlysta</mark>" in page

    page = client.get("/search?q=lupus", headers=PAGE).get_data(as_text=True)
    told = asked(client, "lupus", limit=50)
    assert f'href="/search?q=lupus&amp;kind=study">Studies <span class="count">{told["kinds"]["study"]}</span>' in page
    assert 'href="/search?q=lupus&amp;offset=50" rel="next"' in page


def test_a_misspelt_word_is_told_in_the_page(client: FlaskClient) -> None:
    """The page says what was searched instead; where nothing is found it says what else to try."""
    page = client.get("/search?q=rituxmab", headers=PAGE).get_data(as_text=True)

    assert "Searched for <b>rituximab</b>" in page
    assert "Nothing was found" in client.get("/search?q=qqqqqq", headers=PAGE).get_data(as_text=True)


def test_a_question_leads_to_where_it_is_run(client: FlaskClient) -> None:
    """A saved query that is found is one click from its answer."""
    page = client.get("/search?q=serious-infections", headers=PAGE).get_data(as_text=True)

    assert 'href="/queries/safety/serious-infections"' in page


def test_pages_of_a_kind_follow_one_another(client: FlaskClient) -> None:
    """Whoever follows `Link: rel=next` meets every study once."""
    seen, place = [], "/search?q=lupus&kind=study&limit=20"
    while place:
        answer = client.get(place, headers=JSON)
        seen += [hit["iri"] for hit in answer.get_json()["hits"]]
        links = answer.headers.get("Link", "")
        place = links[links.index("<") + 1 : links.index(">")] if 'rel="next"' in links else ""

    assert asked(client, "lupus")["kinds"]["study"] == len(seen) == len(set(seen)) > 20


@pytest.mark.parametrize("wrong", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=1234567890", "kind=file"])
def test_what_is_out_of_bounds_is_told(client: FlaskClient, wrong: str) -> None:
    """Limits and kinds that no page has are bad requests that say what is accepted."""
    answer = client.get(f"/search?q=lupus&{wrong}")

    assert 400 == answer.status_code
    assert "accepted" in answer.get_json(force=True)["detail"]


def test_browsers_find_search_and_suggestions(client: FlaskClient) -> None:
    """Every page names the description (OpenSearch 1.1); its templates answer, suggestions in an array."""
    home = client.get("/", headers=PAGE).get_data(as_text=True)
    assert '<link rel="search" href="/opensearch.xml"' in home
    described = ET.fromstring(client.get("/opensearch.xml").data)  # noqa: S314 - our own document
    templates = {each.attrib["type"]: each.attrib["template"] for each in described.iter(f"{_OPEN_SEARCH}Url")}
    for kind, template in templates.items():
        place = urlsplit(template.replace("{searchTerms}", "beli"))
        answer = client.get(f"{place.path}?{place.query}", headers=PAGE)
        assert (200, kind) == (answer.status_code, answer.mimetype)
        assert ["beli"] == parse_qs(place.query)["q"]
    text, names, labels, addresses = json.loads(answer.data)
    assert ("beli", "belimumab", "belimumab") == (text, names[0], labels[0])
    assert addresses[0].endswith("/drug/belimumab")


def test_kinds_on_the_command_line_are_those_of_the_data(database: Database) -> None:
    """`--kind` offers every kind that is found, and each that the release holds has a count of its own."""
    offered = next(each for each in search_command.params if each.name == "kind")

    assert list(ALL_KINDS) == list(offered.type.choices)  # type: ignore[attr-defined]
    assert set(database.search("lupus").kinds) <= set(ALL_KINDS)


def test_a_release_without_an_index_is_searched_all_the_same(database: Database, release: Release) -> None:
    """Releases of earlier versions have none: one is made in memory, and it finds the same."""
    files = {name: told for name, told in release.manifest["files"].items() if name != "search.sqlite"}
    earlier = Database(Release(release.folder, {**release.manifest, "files": files}), store=database.store)

    assert earlier.release.search_index is None
    assert database.search("rituxmab lupus") == earlier.search("rituxmab lupus")
