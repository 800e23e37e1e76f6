"""A static copy of the site: every link leads to a file, every page has its downloads, and nothing needs a server."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from dualbio.build.package import build_release
from dualbio.cli.main import cli
from dualbio.errors import ExportError
from dualbio.model.namespaces import BASE
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sources.folders import SourceFolders, shipped_sources
from dualbio_server.static_copy import SiteCopy, export_site
from dualbio_server.static_copy.addresses import Absent, Addresses
from dualbio_server.static_copy.markup import copied_page
from running import family, lives, wait_until
from site_files import dead_links, pages

#: The saved queries that pages of things lead to, with those that say what an answer leaves out.
QUERIES = (
    *("safety/serious-infection-by-pair", "mechanism/pairs-by-disease", "mechanism/mechanism-edges"),
    *("studies/facts-of-a-study", "studies/sequence-and-interval", "studies/arms-of-a-study"),
    *("studies/superiority-side-by-side", "studies/core-outcomes-of-a-study", "studies/estimates-of-a-study"),
    "studies/combination-studies-by-disease",
)
CURATED = Path(__file__).resolve().parents[1] / "data" / "curated"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Release]:
    """A small invented world with the shipped rules and some of the shipped queries, built."""
    folder, shipped = tmp_path_factory.mktemp("world"), shipped_sources()
    shutil.copytree(CURATED, folder / "curated")
    shutil.copytree(shipped.ontology / "rules", folder / "curated" / "rules")
    for name in QUERIES:
        (folder / "queries" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shipped.queries / f"{name}.rq", folder / "queries" / f"{name}.rq")
    shutil.copytree(shipped.queries / "omissions", folder / "queries" / "omissions")
    sources = SourceFolders(folder / "curated", folder / "queries")
    release = build_release(sources, folder / "releases")
    settings = Settings(releases=folder / "releases", ontology=sources.ontology, queries=sources.queries)
    return settings, release


@pytest.fixture(scope="module")
def site(world: tuple[Settings, Release], tmp_path_factory: pytest.TempPathFactory) -> SiteCopy:
    """The site of that world in files."""
    return export_site(*world, tmp_path_factory.mktemp("site") / "public", processes=1)


def listed(folder: Path, kind: str) -> set[str]:
    """Return the keys of the things in the list of a kind."""
    text = (folder / kind / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r'<th scope="row"><a href="([^"/]+)\.html"|<li><a href="([^"/]+)\.html"', text)
    return {row or item for row, item in rows}


@pytest.mark.timeout(900)
def test_every_link_leads_to_a_file(site: SiteCopy) -> None:
    """Whoever opens the front page from any host, or from a disk, comes everywhere; no link is absolute to a host."""
    assert [] == dead_links(site.folder)
    assert site.files == sum(1 for file in site.folder.rglob("*") if file.is_file()) - 1  # the mark
    for start in (
        "index.html",
        "about.html",
        "search.html",
        "study/index.html",
        "queries/index.html",
        "context/v1.jsonld",
    ):
        assert (site.folder / start).is_file()
    assert not any("localhost" in text or "127.0.0.1" in text for _, text in pages(site.folder))


def test_every_page_of_a_thing_has_its_downloads(site: SiteCopy) -> None:
    """Beside the page of a study, a drug and a pair stand its Turtle and JSON-LD, which are about it."""
    for kind in ("study", "drug", "pair"):
        names = listed(site.folder, kind)
        assert names
        for name in names:
            triples = ox.parse((site.folder / kind / f"{name}.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
            assert ox.NamedNode(f"{BASE}{kind}/{name}") in {quad.subject for quad in triples}
            document = json.loads((site.folder / kind / f"{name}.jsonld").read_text(encoding="utf-8"))
            assert document["@context"]


def test_rows_have_pages_and_their_rdf_is_in_the_dumps(site: SiteCopy) -> None:
    """A row has a page and no document of its own; the books about rows have neither, and a page says so."""
    for kind in ("result", "comparison", "arm"):
        assert {".html"} == {file.suffix for file in (site.folder / kind).iterdir()}
    assert [] == [kind for kind in ("coverage", "regimen", "step", "mapping") if (site.folder / kind).exists()]
    dumped = b"".join(map(gzip.decompress, (file.read_bytes() for file in site.folder.glob("data/*/dualbio.nq.gz"))))
    for kind in ("result", "step"):
        assert f"<{BASE}{kind}/".encode() in dumped
    assert "as RDF they are in the dumps" in (site.folder / "about.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("number", "left"), [(signal.SIGKILL, 1), (signal.SIGTERM, 0)])
def test_a_copy_that_is_ended_leaves_no_process(
    world: tuple[Settings, Release], tmp_path: Path, number: signal.Signals, left: int
) -> None:
    """Whoever kills an export ends the processes that render for it, with theirs; one that is told to end tidies up."""
    settings = world[0]
    names = {"releases": settings.releases, "ontology": settings.ontology, "queries": settings.queries}
    given = {**os.environ, **{f"DUALBIO_{name.upper()}": str(folder) for name, folder in names.items()}}
    command = [sys.executable, "-m", "dualbio.cli", "export", "site", "-o", str(tmp_path / "public")]
    with subprocess.Popen(command, env=given, stderr=subprocess.DEVNULL) as export:
        wait_until(lambda: any(tmp_path.rglob("*.html")), lambda: "nothing is written", seconds=60)
        processes = family(export.pid)
        assert len(processes) > 2
        export.send_signal(number)
    wait_until(lambda: not any(map(lives, processes)), lambda: "a process lives", seconds=60)
    assert left == len(list(tmp_path.iterdir()))


def test_questions_have_their_answers_and_pictures(site: SiteCopy) -> None:
    """A question has its answer as a page, as CSV and as SPARQL; a study its timeline, in its page and as a file."""
    for name in ("queries/studies/sequence-and-interval", "queries/safety/serious-infection-by-pair"):
        assert {".html", ".csv", ".json", ".rq", ".bib"} <= {
            file.suffix for file in (site.folder / name).parent.glob(f"{Path(name).name}.*")
        }
    drawn = list((site.folder / "figures").rglob("*.svg"))
    assert drawn
    assert all(b"<svg" in file.read_bytes()[:200] for file in drawn)
    studies = [text for name, text in pages(site.folder / "study") if name != "index.html"]
    assert studies
    assert all("<svg" in text for text in studies if 'id="arms"' in text)


def test_pages_run_nothing_from_elsewhere_and_send_no_form(site: SiteCopy) -> None:
    """The policy is in the page, since a host of files sends none; the one form left is the search."""
    for name, text in pages(site.folder):
        if 'http-equiv="refresh"' in text:
            continue
        assert (name, 1) == (name, text.count("default-src 'none'; script-src 'self'"))
        assert [] == re.findall(r'<script[^>]*src="(?:https?:)?//', text)
        assert {"search.html"} >= {Path(each).name for each in re.findall(r'<form[^>]*action="([^"]*)"', text)}


def test_the_search_knows_what_readers_name(site: SiteCopy) -> None:
    """The index in the page has every study and drug by its names, each with a file that is there."""
    text = (site.folder / "static" / "search-index.js").read_text(encoding="utf-8")
    entries = json.loads(text.removeprefix("globalThis.dualbioIndex = ").rstrip(";\n"))
    assert [] == [file for _, file, _, _ in entries if not (site.folder / file).is_file()]
    found = {file for _, file, _, _ in entries}
    for kind in ("study", "drug", "disease", "pair"):
        assert set() == {f"{kind}/{key}.html" for key in listed(site.folder, kind)} - found


def test_the_search_knows_the_numbers_of_an_article(site: SiteCopy) -> None:
    """Whoever holds a DOI or a PubMed number finds the article, of which the copy has a page."""
    text = (site.folder / "static" / "search-index.js").read_text(encoding="utf-8")
    entries = json.loads(text.removeprefix("globalThis.dualbioIndex = ").rstrip(";\n"))
    for number in ("10.9999/calm.1", "99999901", "PMC99999901"):
        assert [file for _, file, _, others in entries if number in others and file.startswith("source/")], number


def test_a_page_that_fails_stops_the_copy(world: tuple[Settings, Release], tmp_path: Path) -> None:
    """Without saved queries nothing is written, and the message names each page, why it fails and what leads there."""
    settings, release = world
    (tmp_path / "queries").mkdir()
    bare = settings.model_copy(update={"queries": tmp_path / "queries"})

    with pytest.raises(ExportError, match=r"not written; .*/compare answers 404 \(linked from /\).* no saved query"):
        export_site(bare, release, tmp_path / "public", processes=1)
    assert ["queries"] == [each.name for each in tmp_path.iterdir()]


def test_a_folder_of_something_else_is_left_alone(world: tuple[Settings, Release], tmp_path: Path) -> None:
    """A copy replaces a copy and nothing else."""
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(ExportError, match=r"something else than a copy"):
        export_site(*world, tmp_path, processes=1)
    assert ["letter.txt"] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["site"], "accepted: -o FOLDER"),
        (["ttl", "--language", "zh"], "--language does not go with --format ttl"),
        (["site", "--format", "ttl"], "found the formats site and ttl"),
    ],
)
def test_the_command_says_what_it_takes(words: list[str], told: str) -> None:
    """`dualbio export site` needs a folder, and only a site has languages."""
    done = CliRunner().invoke(cli, ["export", *words])

    assert 2 == done.exit_code
    assert told in " ".join(done.output.split())


def test_a_second_language_has_a_folder_and_stays_in_it() -> None:
    """Links of a Chinese page lead to Chinese pages, but to the same data; its switch leads back."""
    addresses = Addresses("0.1.0-a", ("en", "zh"))
    text = '<a href="/drug/rituximab">x</a> <a href="/drug/rituximab.ttl">y</a> <a href="/study/?lang=en">en</a>'
    page = copied_page(text, "/study/?lang=zh", "", addresses, "")

    assert ["../drug/rituximab.html", "../../drug/rituximab.ttl", "../../study/index.html"] == re.findall(
        r'href="([^"]*)"', page.text
    )
    assert ["/drug/rituximab?lang=zh", "/drug/rituximab.ttl", "/study/"] == page.leads_to
    assert Absent.LEFT_OUT is Addresses("0.1.0-a").settled("/study/?lang=zh")


def test_a_mark_of_a_figure_leads_to_the_page_of_its_row() -> None:
    """A figure that is drawn into a page has links of its own, which lie in the copy as those of the page do."""
    drawn = '<svg><a xlink:href="/dualbio/arm/bliss-believe.a" target="_top"><path d="M0"/></a></svg>'
    page = copied_page(drawn, "/study/bliss-believe", "/dualbio", Addresses("0.1.0-a"), "")

    assert drawn.replace("/dualbio/arm/", "../arm/").replace('.a"', '.a.html"') == page.text
    assert ["/arm/bliss-believe.a"] == page.leads_to


def test_an_answer_to_parameters_has_its_page_its_rows_and_its_picture() -> None:
    """Whole answers have every form; of the many to parameters a reader of files gets the three that people use."""
    addresses = Addresses("0.1.0-a")

    def has(address: str) -> bool:
        return isinstance(addresses.settled(address), str)

    forms = ("", ".csv", ".json", ".md", ".bib", ".ris", ".rq", ".r")
    assert list(forms) == [form for form in forms if has(f"/queries/safety/harms{form}")]
    assert ["", ".csv"] == [form for form in forms if has(f"/queries/safety/harms{form}?disease=sle")]
    assert has("/figures/safety/harms.svg?disease=sle")
    assert not has("/figures/safety/harms.json?disease=sle")


def test_a_study_is_compared_with_others_by_the_service() -> None:
    """A copy has the comparisons that pages name; beside which others one study shall stand, a reader has to say."""
    addresses = Addresses("0.1.0-a")
    assert Absent.SERVICE is addresses.settled("/compare?study=a")
    assert "/compare?study=a&study=b" == addresses.settled("/compare?study=a&study=b")
    assert "/compare?pair=p&disease=d" == addresses.settled("/compare?pair=p&disease=d")


def test_a_list_is_narrowed_by_one_facet_and_a_page_of_a_thing_by_none() -> None:
    """A list has a file for each value of a facet; the table on the page of a drug stands there whole, and once."""
    addresses = Addresses("0.1.0-a")
    for kept in ("/study/?disease=sle", "/pair/p?disease=sle", "/drug/x?by=dualbio%3Adrug&offset=100"):
        assert kept == addresses.settled(kept)
    for left in ("/study/?disease=sle&design=cohort", "/drug/x?disease=sle", "/disease/sle?design=cohort"):
        assert Absent.LEFT_OUT is addresses.settled(left)


def test_a_copy_in_one_language_offers_no_other() -> None:
    """The switch goes with the language; of another link that the copy has not, the words stay."""
    switch = '<a class="language" href="/study/?lang=zh" hreflang="zh" lang="zh">中文</a>'
    other = '<a href="/queries/safety/harms.json?disease=sle">JSON</a>'

    def copied(*languages: str) -> str:
        return copied_page(switch + other, "/study/", "", Addresses("0.1.0-a", languages), "").text

    assert "JSON" == copied("en")
    assert ["../zh/study/index.html"] == re.findall(r'href="([^"]*)"', copied("en", "zh"))
