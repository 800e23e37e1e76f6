"""What describes the data set to others passes the validators that work without a network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import feedparser  # type: ignore[import-untyped]
import pyshacl
import pytest
import rdflib
import yaml
from flask.testing import FlaskClient
from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]

import dualbio_server
from dualbio.export.packages.crate import write_crate
from dualbio.export.tables.descriptions import csvw_metadata
from dualbio.export.tables.rows import read_tables
from dualbio.model.namespaces import BASE, KINDS, PREFIXES
from dualbio.release.folder import Release
from dualbio.store.embedded import EmbeddedStore
from dualbio.version import __version__

#: pyshacl still uses names that rdflib will drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SHAPES = Path(__file__).with_name("dcat.shapes.ttl")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
CROISSANT = "http://mlcommons.org/croissant/1.0"


def conforms(graph: rdflib.Graph) -> tuple[bool, str]:
    """Hold a graph against the shapes; return the verdict and its reasons."""
    found, _, text = pyshacl.validate(graph, shacl_graph=str(SHAPES), advanced=True)
    return bool(found), str(text)


def fetched(client: FlaskClient, path: str) -> rdflib.Graph:
    """Return a document as rdflib reads it."""
    return rdflib.Graph().parse(data=client.get(path, buffered=True).data, format="turtle")


def test_the_catalogue_has_what_portals_ask_for(client: FlaskClient) -> None:
    """Catalogue, data set, service, distributions, partitions and linksets conform."""
    assert (True, "") == _short(conforms(fetched(client, "/graph/catalogue.ttl")))


def test_a_release_has_what_portals_ask_for(client: FlaskClient, release: Release) -> None:
    """So does the description of a release, once its files have been measured."""
    client.get(f"/data/{release.id}/files.json", buffered=True)
    graph = fetched(client, f"/release/{release.id}.ttl")

    assert (True, "") == _short(conforms(graph))
    assert len(set(graph.objects(None, rdflib.URIRef(f"{PREFIXES['dcat']}byteSize")))) > 50


def _short(verdict: tuple[bool, str]) -> tuple[bool, str]:
    found, text = verdict
    return found, "" if found else text[:2000]


def test_the_shapes_notice_a_fault(client: FlaskClient) -> None:
    """Without its licence the catalogue does not conform."""
    graph = fetched(client, "/graph/catalogue.ttl")
    graph.remove((None, rdflib.URIRef(f"{PREFIXES['dcterms']}license"), None))

    assert not conforms(graph)[0]


def test_a_feed_reader_reads_the_feed(client: FlaskClient, release: Release) -> None:
    """The feed is well-formed to a library that readers use, and names the release with its date."""
    found = feedparser.parse(client.get("/data/feed.atom").data)

    assert (False, [f"dualbio {release.id}"]) == (bool(found.bozo), [entry.title for entry in found.entries])
    assert release.built
    assert release.built.timetuple()[:6] == found.entries[0].updated_parsed[:6]


def test_the_sitemap_keeps_the_protocol(client: FlaskClient) -> None:
    """An index at the root names files beside it, which hold all addresses, each once; no other element is there."""
    index = ET.fromstring(client.get("/sitemap.xml").data)  # noqa: S314 - our own document
    files = [each.text or "" for each in index.iter(f"{SITEMAP}loc")]
    assert {f"{SITEMAP}{name}" for name in ("sitemapindex", "sitemap", "loc", "lastmod")} == {
        e.tag for e in index.iter()
    }
    assert all(re.fullmatch(r"http://localhost/sitemap-[a-z0-9-]+\.xml", file) for file in files)

    roots = [ET.fromstring(client.get(file.removeprefix("http://localhost")).data) for file in files]  # noqa: S314
    assert {f"{SITEMAP}{name}" for name in ("urlset", "url", "loc", "lastmod")} == {
        e.tag for r in roots for e in r.iter()
    }
    places = [each.text or "" for root in roots for each in root.iter(f"{SITEMAP}loc")]
    assert 10_000 < len(places) == len(set(places))
    assert [] == [place for place in places if not place.startswith("http://localhost/")]
    missing = {f"http://localhost/{name}" for name in ("", "result/", "queries/safety/deaths", "study/bliss-believe")}
    assert set() == missing - set(places)


def test_no_file_of_the_sitemap_is_larger_than_crawlers_take(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a kind has more things than one file may name, several have them all, in the order of their keys."""
    monkeypatch.setattr("dualbio_server.site.sitemap._MOST", 1000)
    index = re.findall(r"<loc>http://localhost(/sitemap-result-[^<]+)</loc>", client.get("/sitemap.xml?parts").text)
    assert ["/sitemap-result-1.xml", "/sitemap-result-2.xml"] == index
    parts = [
        re.findall(r"<loc>http://localhost(/result/[^<]+)</loc>", client.get(f"{each}?parts").text) for each in index
    ]
    assert [1000, True] == [len(parts[0]), 0 < len(parts[1]) < 1000]
    assert sorted({*parts[0], *parts[1]}) == [*parts[0], *parts[1]]


def test_pages_carry_the_data_set_for_search_engines(client: FlaskClient, release: Release) -> None:
    """The front page and the page of a release describe it with the properties that Google asks of a Dataset."""
    for path in ("/", f"/data/{release.id}/"):
        text = client.get(path, headers={"Accept": "text/html"}).text
        found = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[0])
        wanted = {"name", "description", "creator", "license", "identifier", "version", "distribution", "keywords"}
        assert ("Dataset", set()) == (found["@type"], wanted - found.keys())
        assert 50 <= len(found["description"]) <= 5000
        assert f"{BASE}release/{release.id}" == found["@id"]


def test_croissant_and_csvw_tell_the_same_columns(client: FlaskClient, store: EmbeddedStore) -> None:
    """Each record set of Croissant reads the columns that CSVW tells of its file, with matching types."""
    found = client.get("/data/latest/croissant.json", follow_redirects=True, buffered=True).get_json()
    types = {"sc:Text": "string", "sc:Integer": "integer", "sc:Float": "decimal", "sc:Boolean": "boolean"}
    one = {
        records["name"]: [(field["name"], types[field["dataType"]]) for field in records["field"]]
        for records in found["recordSet"]
    }
    other = {
        table["dc:title"]: [(column["name"], column["datatype"]) for column in table["tableSchema"]["columns"]]
        for table in csvw_metadata(read_tables(store))["tables"]
    }

    assert CROISSANT == found["conformsTo"]
    assert other == one


def test_the_crate_is_read_by_its_library(release: Release, tmp_path: Path) -> None:
    """The RO-Crate library finds every file of the crate, and the licence."""
    write_crate(release.folder, tmp_path / "crate")
    crate = ROCrate(str(tmp_path / "crate"))
    files = {str(each.relative_to(tmp_path / "crate")) for each in (tmp_path / "crate").rglob("*") if each.is_file()}

    assert files - {"ro-crate-metadata.json"} == {each.id for each in crate.data_entities}
    assert "https://creativecommons.org/licenses/by/4.0/" == crate.root_dataset["license"].id


@pytest.fixture(scope="module")
def records(client: FlaskClient) -> dict[str, Any]:
    """The prefix records."""
    found = client.get("/data/latest/bioregistry.json", follow_redirects=True, buffered=True).get_json()
    assert isinstance(found, dict)
    return found


def test_every_prefix_record_fits_the_data(client: FlaskClient, store: EmbeddedStore, records: dict[str, Any]) -> None:
    """The pattern of a kind matches the key of each of its things, and the example resolves."""
    keys: dict[str, set[str]] = {}
    for quad in store.store:
        subject = getattr(quad.subject, "value", "")
        if subject.startswith(BASE):
            kind, _, key = subject.removeprefix(BASE).partition("/")
            keys.setdefault(kind, set()).add(key)
    for kind in keys.keys() & set(KINDS) - {"query"}:
        record = records[f"dualbio.{kind}"]
        assert (kind, []) == (kind, [key for key in keys[kind] if not re.fullmatch(record["pattern"], key)])
        address = record["uri_format"].replace("$1", record["example"]).removeprefix(BASE)
        assert (kind, 200) == (kind, client.get(f"/{address}", follow_redirects=True).status_code)


def test_the_prefix_records_have_the_fields_of_the_registry(records: dict[str, Any]) -> None:
    """Each record has what the registry asks for, apart from a contact, and the vocabulary is among them."""
    wanted = {"name", "description", "homepage", "uri_format", "pattern", "example", "license"}

    assert [] == [name for name, record in records.items() if wanted - record.keys()]
    assert f"{BASE}ontology#$1" == records["dualbio"]["uri_format"]


def test_the_citation_file_is_of_this_version() -> None:
    """CITATION.cff has the keys that its schema 1.2.0 requires, and the version of the software."""
    file = Path(dualbio_server.__file__).parents[2] / "CITATION.cff"
    found = yaml.safe_load(file.read_text(encoding="utf-8"))

    assert {"cff-version", "message", "title", "authors"} <= found.keys()
    assert ("1.2.0", __version__) == (found["cff-version"], str(found["version"]))
    assert {"Apache-2.0", "CC-BY-4.0"} == set(found["license"])
