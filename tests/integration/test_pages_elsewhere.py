"""The journeys of readers with another engine behind the service: each page is the one that our own store gives.

Pages, downloads, figures and saved queries are held together byte by byte. What may differ is named here: a service in
front of an engine says in `Dualbio-Answered-From` what answered; in front of Virtuoso, which is known to answer some
questions otherwise, the release on this machine answers in its place, and the foot of a page says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

import oxigraph_server
import virtuoso_server
from dualbio.cli.main import cli
from dualbio.queries import Library
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.engines import is_unfit
from dualbio.store.virtuoso import VIRTUOSO
from running import start_server, stop_server, wait_until

PAIR = "b-cell-depletion_blys-inhibition"
WHY = f"/why?s=arm:bliss-believe.bel-rtx&p=dualbio:testsMechanismPair&o=pair:{PAIR}"
STUDIES = "study=synbiose-1,beat-lupus,bliss-believe,calibrate"
SERIOUS = "/queries/safety/serious-infection-by-pair"
#: An address of nothing, whose page leads to what was meant.
MISSPELT = "/study/bliss-beleive"
#: The journeys, place by place; those of `tests/clients/test_journeys.py` and what they lead by.
JOURNEYS = {
    "from the front page to what a number rests on": (
        *(
            "/",
            SERIOUS,
            f"{SERIOUS}?pair={PAIR}&disease=sle",
            "/source/weinblatt-2007-abatacept-etanercept.s1",
            "/about",
            "/?lang=zh",
        ),
    ),
    "a misspelt name leads to a study": ("/search?q=bliss+beleive", "/study/bliss-believe", MISSPELT),
    "four trials side by side": ("/compare", f"/compare?{STUDIES}", f"/compare?pair={PAIR}&disease=sle"),
    "a pair in a disease": (f"/pair/{PAIR}?disease=sle", f"/pair/{PAIR}", "/disease/sle", "/mechanism/blys-inhibition"),
    "when the second drug was begun": ("/queries/studies/sequence-and-interval", "/arm/bliss-believe.bel-rtx"),
    "how far B cells came back": (
        "/queries/efficacy/b-cell-reconstitution",
        "/biomarker/memory-b-cells-cd27",
        "/study/beat-lupus",
    ),
    "what must not be combined": ("/queries/lessons/lessons", "/lesson/f-beat-lupus-1", "/drug/rituximab"),
    "serious infection": ("/ae/serious-infection", "/syntheses/", "/syntheses/serious-infection-two-biologics-ra"),
    "lists": ("/study/", "/pair/", "/disease/", "/drug/", "/queries/", "/data/"),
    "why": (WHY, f"{WHY}&format=json"),
    "figures": (
        *(f"/figures/safety/serious-infection-by-pair.svg?pair={PAIR}", f"/compare.svg?{STUDIES}"),
        "/figures/studies/superiority-side-by-side.svg?disease=sle",
    ),
    "downloads": (
        *(f"{SERIOUS}.{ending}" for ending in ("csv", "tsv", "json", "xml", "md", "parquet", "bib", "ris", "rq")),
        *(f"/compare.{ending}?{STUDIES}" for ending in ("csv", "json", "md")),
        *(f"{SERIOUS}.csv?part=left-out", "/queries/efficacy/results-by-arm.csv?long=metafor&disease=sle"),
    ),
    "exports": (
        *(f"/drug/rituximab.{ending}" for ending in ("ttl", "jsonld", "rdf", "nt", "trig", "nq")),
        *("/ontology.ttl", "/openapi.json"),
    ),
}
#: A browser, which calls each service by the same name.
READER = {"Host": "dualbio.example", "Accept": "text/html, */*;q=0.8"}
#: What the foot of a page may say beside the release, in any language.
_FOOT = re.compile(r"(?<=</a></p>\n)    <p>.*</p>\n(?=  </footer>)")


@dataclass(frozen=True)
class Fronts:
    """Two services over one release: `here` with its own store, `there` in front of an engine of that name."""

    engine: str
    here: httpx.Client
    there: httpx.Client


@pytest.fixture(scope="module")
def here(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The service with its own store."""
    with _served(release.folder.parent, tmp_path_factory.mktemp("here") / "log") as client:
        yield client


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def fronts(
    request: pytest.FixtureRequest, here: httpx.Client, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fronts]:
    """The same in front of an engine, which the release was loaded into: by `dualbio load`, or by its own loader."""
    folder, releases = tmp_path_factory.mktemp("there"), str(release.folder.parent)
    if request.param == "oxigraph":
        with oxigraph_server.started(folder / "log") as engine:
            load = ["load", "--to", engine.graphs, "--endpoint", engine.endpoint]
            done = CliRunner().invoke(cli, load, env={"DUALBIO_RELEASES": releases}, catch_exceptions=False)
            assert "counted there" in done.stdout
            with _served(engine.endpoint, folder / "served", releases=releases) as there:
                yield Fronts("", here, there)
    else:
        (folder / "engine").mkdir()
        with virtuoso_server.started(folder / "engine") as server:
            server.load(release)
            with _served(server.endpoint, folder / "served", releases=releases) as there:
                yield Fronts(VIRTUOSO, here, there)


@contextmanager
def _served(store: Path | str, log: Path, **settings: str) -> Iterator[httpx.Client]:
    """Run `dualbio serve --store`; yield a client."""
    server = start_server(store, log, web_workers="1", query_workers="1", access_log="false", **settings)
    try:
        with httpx.Client(base_url=server.url, headers=READER, timeout=60) as client:
            yield client
    finally:
        stop_server(server)


def _whole(client: httpx.Client, place: str) -> httpx.Response:
    """Return an answer that lacks no figure: a page whose figures are being drawn is kept by nobody."""
    found = list[httpx.Response]()

    def is_whole() -> bool:
        found.append(client.get(place))
        return "no-store" not in found[-1].headers.get("Cache-Control", "") or place == MISSPELT

    wait_until(is_whole)
    return found[-1]


@pytest.mark.parametrize("place", [pytest.param(place, id=place) for places in JOURNEYS.values() for place in places])
def test_a_place_is_as_with_our_own_store(fronts: Fronts, place: str) -> None:
    """Status and content are the same, but for what a page says of who answered."""
    here, there = (_whole(client, place) for client in (fronts.here, fronts.there))
    assert (404 if place == MISSPELT else 200) == there.status_code == here.status_code
    assert here.headers["Content-Type"] == there.headers["Content-Type"]
    assert here.text == _FOOT.sub("", there.text)


def test_an_answer_says_what_answered(fronts: Fronts) -> None:
    """Pages and saved queries are the engine's; the release's where the engine is known to answer some otherwise."""
    unfit = is_unfit(fronts.engine)
    for place in ("/", "/study/bliss-believe", WHY, f"{SERIOUS}.csv"):
        answer = _whole(fronts.there, place)
        assert ("release" if unfit else "engine") == answer.headers["Dualbio-Answered-From"]
        assert (unfit and not place.endswith("csv")) == ("by the release on this machine: the engine" in answer.text)
    assert "Dualbio-Answered-From" not in fronts.here.get("/").headers


def test_every_saved_query_is_answered_alike(fronts: Fronts) -> None:
    """Byte by byte, but for the examples of parameters that a query cannot do without."""
    for name, saved in Library.read(shipped_sources().queries).items():
        given = {param.name: str(param.examples[0]) for param in saved.params if not saved.defaults[param.name]}
        here, there = (each.get(f"/queries/{name}.csv", params=given) for each in (fronts.here, fronts.there))
        assert (200, here.content) == (there.status_code, there.content), name
