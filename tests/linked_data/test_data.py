"""Dumps at addresses that never change: whole, resumable, with the sums that the listing tells."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
import zstandard
from flask.testing import FlaskClient
from pyld import jsonld
from werkzeug.test import TestResponse

from asking import program
from dualbio.export import DUMP_FORMATS
from dualbio.export.packages.files import made_dump, whole_names
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sparql.formats import Content, Format
from dualbio_server.process.run import create_app
from dualbio_server.service import Options

NOW = "/data/0.1.0-now/"


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    """Return an answer that has been read whole, so that no file stays open."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers=named, buffered=True)


#: What rapper and rdflib call our formats; rapper does not read JSON-LD.
RAPPER = {"ttl": "turtle", "nt": "ntriples", "rdf": "rdfxml", "trig": "trig", "nq": "nquads"}
RDFLIB = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "trig": "trig", "nq": "nquads", "jsonld": "json-ld"}


@pytest.fixture(scope="module")
def expected(release: Release) -> dict[bool, int]:
    """How many quads the release has by its manifest (True), and how many triples their union (False)."""
    union = {line.rpartition(" <")[0] for file in release.files for line in Path(file).read_text("utf-8").splitlines()}
    return {True: release.manifest["triples"], False: len(union)}


@pytest.mark.parametrize("form", DUMP_FORMATS, ids=lambda form: form.name)
def test_every_dump_holds_the_real_release(
    client: FlaskClient, release: Release, form: Format, expected: dict[bool, int]
) -> None:
    """The whole data set comes in each format, and Oxigraph and Raptor find as many triples as the manifest tells."""
    answer = get(client, f"/data/{release.id}/dualbio.{form.extension}.gz")
    data = gzip.decompress(answer.data)
    number = expected[Content.DATASET in form.carries]

    assert (200, "application/gzip") == (answer.status_code, answer.content_type)
    assert number == sum(1 for _ in ox.parse(data, format=form.rdf))
    if form.extension in RAPPER:
        assert number == counted_by_rapper(data, RAPPER[form.extension])


@pytest.mark.parametrize("extension", ["ttl", "jsonld"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rdflib_reads_the_whole_release(
    client: FlaskClient, release: Release, extension: str, expected: dict[bool, int]
) -> None:
    """A third parser finds as many: of the syntaxes in which it has a parser of its own for whole documents."""
    data = gzip.decompress(get(client, f"/data/{release.id}/dualbio.{extension}.gz").data)
    named = extension == "jsonld"
    graph = rdflib.Dataset() if named else rdflib.Graph()
    graph.parse(data=data, format=RDFLIB[extension])

    assert expected[named] == len(graph)


@pytest.mark.parametrize("form", DUMP_FORMATS, ids=lambda form: form.name)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rdflib_reads_the_ontology_in_every_format(client: FlaskClient, release: Release, form: Format) -> None:
    """It finds in the graph of the ontology as many triples as the manifest tells."""
    graph = rdflib.Dataset() if Content.DATASET in form.carries else rdflib.Graph()
    graph.parse(
        data=get(client, f"/data/{release.id}/graphs/ontology.{form.extension}").data, format=RDFLIB[form.extension]
    )

    assert release.manifest["graphs"]["ontology"] == len(graph)


def test_a_dump_in_json_ld_is_read_by_a_third_processor(client: FlaskClient, release: Release) -> None:
    """PyLD finds as many triples in the graph of the ontology as the manifest tells."""
    found = get(client, f"/data/{release.id}/graphs/ontology.jsonld").get_json()
    lines = str(jsonld.to_rdf(found, {"format": "application/n-quads"})).splitlines()

    assert release.manifest["graphs"]["ontology"] == len(lines)


def counted_by_rapper(data: bytes, name: str) -> int:
    """Return the number of triples that Raptor finds."""
    command = [program("rapper"), "-c", "-i", name, "-", "http://localhost/"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    (count,) = re.findall(rb"returned (\d+) triples", done.stderr)
    return int(count)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_a_graph_comes_plain_or_compressed(toy: FlaskClient, ending: str) -> None:
    """The three files of a graph hold the same bytes."""
    answer = get(toy, f"{NOW}graphs/study/toy.nt{ending}")
    data = answer.data
    if ending == ".gz":
        data = gzip.decompress(data)
    if ending == ".zst":
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)

    assert (200, 3) == (answer.status_code, data.count(b" .\n"))


def test_a_dump_may_be_kept_for_ever(toy: FlaskClient) -> None:
    """A dump says that it never changes, when it was built, and its entity tag is its SHA-256."""
    answer = get(toy, f"{NOW}dualbio.nq.gz")

    assert "public, max-age=31536000, immutable" == answer.headers["Cache-Control"]
    assert f'"{hashlib.sha256(answer.data).hexdigest()}"' == answer.headers["ETag"]
    assert "Fri, 02 Jan 2026 03:04:05 GMT" == answer.headers["Last-Modified"]
    assert 304 == get(toy, f"{NOW}dualbio.nq.gz", If_None_Match=answer.headers["ETag"]).status_code


def test_a_download_goes_on_where_it_stopped(toy: FlaskClient) -> None:
    """A range is sent alone, and only while the file is the same."""
    whole = get(toy, f"{NOW}dualbio.nq.gz")
    part = get(toy, f"{NOW}dualbio.nq.gz", Range="bytes=100-", If_Range=whole.headers["ETag"])
    other = get(toy, f"{NOW}dualbio.nq.gz", Range="bytes=100-", If_Range='"another"')

    assert (206, whole.data[100:]) == (part.status_code, part.data)
    assert f"bytes 100-{len(whole.data) - 1}/{len(whole.data)}" == part.headers["Content-Range"]
    assert (200, whole.data) == (other.status_code, other.data)


def test_curl_goes_on_where_it_stopped(address: str, release: Release, tmp_path: Path) -> None:
    """A download that broke off is completed by `curl -C -`, and is the whole file then."""
    place, file = f"{address}/data/{release.id}/dualbio.nt.gz", tmp_path / "dualbio.nt.gz"
    subprocess.run([program("curl"), "-sSf", "-r", "0-99999", "-o", str(file), place], check=True)
    assert 100_000 == file.stat().st_size
    subprocess.run([program("curl"), "-sSf", "-C", "-", "-o", str(file), place], check=True)

    made = release.folder / "dumps" / "dualbio.nt.gz"
    assert hashlib.sha256(made.read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()


def test_a_range_beyond_the_end_is_told(toy: FlaskClient) -> None:
    """What is not there is 416 and not an empty file."""
    assert 416 == get(toy, f"{NOW}dualbio.nq.gz", Range="bytes=99999999-").status_code


def test_latest_leads_to_the_release_that_is_served(toy: FlaskClient) -> None:
    """The moving name is a redirect that is not kept."""
    answer = get(toy, "/data/latest/dualbio.nq.gz")

    assert (307, f"{NOW}dualbio.nq.gz") == (answer.status_code, answer.headers["Location"])
    assert "no-cache" == answer.headers["Cache-Control"]


def test_an_older_release_is_still_there(toy: FlaskClient) -> None:
    """Dumps of a release before stay where they were."""
    assert 200 == get(toy, "/data/0.1.0-before/graphs/entities.nq").status_code
    assert 404 == get(toy, "/data/0.1.0-before/graphs/lessons.nq").status_code
    assert 200 == get(toy, "/data/0.1.0-now/graphs/lessons.nq").status_code


def test_the_listing_tells_what_was_made(toy: FlaskClient) -> None:
    """Programs get the list as JSON: count of triples for each, size and SHA-256 once a file is made."""
    made = get(toy, f"{NOW}graphs/entities.ttl.gz").data
    listed = {each["name"]: each for each in get(toy, "/data/", Accept="application/json").get_json()["dumps"]}
    entry = listed["graphs/entities.ttl.gz"]

    assert (len(made), hashlib.sha256(made).hexdigest()) == (entry["bytes"], entry["sha256"])
    assert (20, "entities") == (entry["triples"], entry["graph"])
    assert 20 + 6 + 3 + 1 == listed["dualbio.nq.gz"]["triples"]


def test_people_get_the_listing_as_a_page(toy: FlaskClient) -> None:
    """The page links to the dumps and to every release that is kept."""
    text = get(toy, "/data/", Accept="text/html").text

    for expected in (f"{NOW}dualbio.ttl.gz", f"{NOW}graphs/study/toy.nq.gz", "/data/0.1.0-before/"):
        assert f'href="{expected}"' in text


def test_sums_can_be_checked(toy: FlaskClient) -> None:
    """The sums are those of the files, in the format of sha256sum."""
    lines = [line.split("  ") for line in get(toy, f"{NOW}SHA256SUMS").text.splitlines()]

    assert set(whole_names()) == {name for _, name in lines}
    for digest, name in lines[::5]:
        assert digest == hashlib.sha256(get(toy, NOW + name).data).hexdigest()


def test_all_sizes_are_known_in_one_list(toy: FlaskClient) -> None:
    """The list of files tells type, size and SHA-256 of each, and the listing knows them from then on."""
    found = {each["name"]: each for each in get(toy, f"{NOW}files.json").get_json()["files"]}
    listed = get(toy, NOW, Accept="application/json").get_json()

    assert set(whole_names()) == set(found)
    for name in ("dualbio.ttl.gz", "mappings.sssom.tsv", "tables/drugs.parquet"):
        answer = get(toy, NOW + name)
        told = found[name]
        expected = (len(answer.data), hashlib.sha256(answer.data).hexdigest(), answer.content_type)
        assert expected == (told["bytes"], told["sha256"], told["mediaType"])
        assert f"http://localhost{NOW}{name}" == told["url"]
    assert all("bytes" in each for each in listed["parts"])


def test_a_file_that_is_not_made_has_no_size(tmp_path: Path, new_release: Callable[..., Release]) -> None:
    """Before anyone asks for it a dump has neither size nor sum in the listing, and the page says why."""
    new_release(tmp_path, "0.1.0-fresh")
    settings = Settings(releases=tmp_path, query_workers=1)
    client = create_app(settings, options=Options(access_log=False)).test_client()
    dumps = get(client, "/data/", Accept="application/json").get_json()["dumps"]

    assert [set()] * len(dumps) == [{"bytes", "sha256"} & set(each) for each in dumps]
    assert "generated at the first request" in get(client, "/data/", Accept="text/html").text


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/data/0.1.0-now/dualbio.csv.gz", "no dump 'dualbio.csv.gz'; accepted: ontology.owl"),
        ("/data/0.1.0-now/graphs/entites.nq", "did you mean 'graphs/entities.nq'?"),
        ("/data/0.1.0-now/../../../etc/passwd", "no dump"),
        ("/data/0.1.0-now/graphs/..%2F..%2Fmanifest.nq", "no dump"),
        ("/data/0.1.0-never/", "no release '0.1.0-never' is kept here; accepted: latest, 0.1.0-"),
    ],
)
def test_a_dump_that_cannot_be_is_told(toy: FlaskClient, path: str, message: str) -> None:
    """A name outside the release is 404, with what is accepted."""
    answer = get(toy, path)

    assert 404 == answer.status_code
    assert message in answer.get_json()["detail"]


def test_a_release_that_cannot_be_written_is_still_served(tmp_path: Path, new_release: Callable[..., Release]) -> None:
    """Where the folder of dumps cannot be, dumps are made elsewhere."""
    release = new_release(tmp_path, "0.1.0-sealed")
    (release.folder / "dumps").write_text("in the way")
    settings = Settings(releases=tmp_path, query_workers=1)
    client = create_app(settings, options=Options(access_log=False)).test_client()

    assert 200 == get(client, "/data/0.1.0-sealed/dualbio.nq.gz").status_code
    assert "in the way" == (release.folder / "dumps").read_text()


def test_a_file_that_was_made_is_looked_at_once(toys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release never changes: what its listing tells of a file that is there is not read from disk again."""
    looked: list[str] = []

    def look(folder: Path, name: str) -> Path | None:
        looked.append(name)
        return made_dump(folder, name)

    own = create_app(Settings(releases=toys, query_workers=1), options=Options(access_log=False)).test_client()
    get(own, f"{NOW}dualbio.nt.gz")
    monkeypatch.setattr("dualbio_server.releases.listing.made_dump", look)
    first = get(own, NOW, Accept="application/json").get_json()
    there = {each["name"] for each in first["dumps"] if "sha256" in each}
    assert "dualbio.nt.gz" in there < set(looked)
    looked.clear()
    assert first == get(own, NOW, Accept="application/json").get_json()
    assert there.isdisjoint(looked)
    assert looked
