"""The front page with the evidence matrix, and the small files that browsers and crawlers look for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, redirect, request, url_for

from dualbio.formats import GRAPH_FORMATS, HTML, choose_format
from dualbio.namespaces import BASE, KINDS
from dualbio.release import open_release
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.context import current_service
from dualbio_server.dataset import SENTENCE, dataset_script
from dualbio_server.documents import page
from dualbio_server.kept import keep_answers
from dualbio_server.kinds import KIND_NAMES
from dualbio_server.links import LICENCE, has_route, host_url, link_header, local_path

__all__ = ["blueprint"]

blueprint = Blueprint("home", __name__)
keep_answers(blueprint)

#: Where pages lead, as far as this service has the route.
_NAVIGATION = (
    ("Queries", "/queries/"),
    ("SPARQL", "/sparql"),
    ("Compare", "/compare"),
    ("Search", "/search"),
    ("Ontology", "/ontology"),
    ("Data", "/data/"),
)

_MATRIX = """
SELECT ?pair ?pairLabel ?disease ?diseaseLabel (COUNT(DISTINCT ?study) AS ?studies)
       (COUNT(DISTINCT IF(BOUND(?met), ?study, ?none)) AS ?met_)
       (COUNT(DISTINCT IF(BOUND(?missed), ?study, ?none)) AS ?missed_) {
  ?arm dualbio:testsMechanismPair ?pair .
  ?study dualbio:hasArm ?arm ; dualbio:studiesDisease ?disease .
  ?pair rdfs:label ?pairLabel .
  ?disease rdfs:label ?diseaseLabel FILTER(LANG(?diseaseLabel) IN ("en", ""))
  OPTIONAL { ?met a dualbio:MetSuperiorityTest ; dualbio:testsArm ?arm }
  OPTIONAL { ?missed a dualbio:MissedSuperiorityTest ; dualbio:testsArm ?arm }
} GROUP BY ?pair ?pairLabel ?disease ?diseaseLabel
"""
_COUNTS = "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a dualbio:%s }"


@dataclass(frozen=True)
class MatrixCell:
    """How a pair was tried in a disease: number of studies, and of those that met or missed superiority."""

    studies: int
    met: int
    missed: int


@dataclass(frozen=True)
class Heading:
    """The label of a row or column, and where it leads."""

    text: str
    href: str


@dataclass(frozen=True)
class Matrix:
    """Pairs of mechanisms by diseases; a cell without a study is None."""

    diseases: tuple[Heading, ...]
    rows: tuple[tuple[Heading, tuple[MatrixCell | None, ...]], ...]


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Give every page its navigation, the release, and the formats of documents."""
    navigation = [(text, request.script_root + path) for text, path in _NAVIGATION if has_route(path)]
    release = current_service().release.id
    return {"navigation": navigation, "release": release, "alternates": alternates()}


def alternates() -> list[tuple[str, str]]:
    """Return extension and media type of each RDF format of a document."""
    return [(form.extension, form.media_type) for form in GRAPH_FORMATS]


@blueprint.get("/")
def home() -> Response:
    """Give people the front page, and machines the description of the data set."""
    service = current_service()
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (*GRAPH_FORMATS, HTML))
    if offer.format is not HTML:
        place = f"{request.script_root}/.well-known/void?format={offer.format.extension}"
        response = redirect(place, 303)
        assert isinstance(response, Response)
        return response
    response = page(
        "home.html",
        title="Evidence on combined biologics",
        sentence=SENTENCE,
        counts=_counts(service.store),
        matrix=read_matrix(service.store),
        dataset=dataset_script(open_release(service.release.folder, verify=False)),
        host=host_url(),
        has_queries=has_route("/queries/"),
        kinds=_kinds(),
    )
    void = f"{request.script_root}/.well-known/void"
    response.headers["Link"] = link_header([(LICENCE, "license", None), (void, "describedby", "text/turtle")])
    return response


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Give the icon to browsers that look for it at its old place."""
    return current_app.send_static_file("favicon.svg")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Welcome crawlers everywhere but at the endpoint, and show them the sitemap."""
    text = f"User-agent: *\nDisallow: /sparql\nAllow: /\n\nSitemap: {host_url()}/sitemap.xml\n"
    return Response(text, content_type="text/plain; charset=utf-8")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """List the pages of this service."""
    service, root = current_service(), host_url()
    built = service.release.built
    dated = f"<lastmod>{built.date().isoformat()}</lastmod>" if built else ""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    places = ["/", "/ontology", "/data/", *(f"/{kind}/" for kind in KINDS), *_things(service.store)]
    lines += [f"<url><loc>{escape(root + place)}</loc>{dated}</url>" for place in places]
    return Response("\n".join([*lines, "</urlset>\n"]), content_type="application/xml; charset=utf-8")


def _things(store: EmbeddedStore) -> Iterable[str]:
    """Return the paths of all individuals; notes on mappings are found from what they map."""
    kinds = tuple(f"{BASE}{kind}/" for kind in KINDS if kind != "mapping")
    rows = store.query("SELECT DISTINCT ?s { ?s a ?c FILTER(ISIRI(?s)) }")
    assert isinstance(rows, ox.QuerySolutions)
    found = (row["s"].value for row in rows)
    return sorted(local_path(iri).removeprefix(request.script_root) for iri in found if iri.startswith(kinds))


def read_matrix(store: EmbeddedStore) -> Matrix:
    """Return the evidence matrix; pairs and diseases with most studies come first."""
    rows = store.query(_MATRIX)
    assert isinstance(rows, ox.QuerySolutions)
    cells: dict[tuple[str, str], MatrixCell] = {}
    labels: dict[str, str] = {}
    weight: dict[str, int] = {}
    for row in rows:
        pair, disease = row["pair"].value, row["disease"].value
        labels |= {pair: row["pairLabel"].value, disease: row["diseaseLabel"].value}
        cell = MatrixCell(*(int(row[name].value) for name in ("studies", "met_", "missed_")))
        cells[pair, disease] = cell
        for each in (pair, disease):
            weight[each] = weight.get(each, 0) + cell.studies
    order = sorted(labels, key=lambda each: (-weight[each], labels[each]))
    pairs, diseases = ([each for each in order if each.startswith(f"{BASE}{kind}/")] for kind in ("pair", "disease"))
    return Matrix(
        tuple(Heading(labels[each], local_path(each)) for each in diseases),
        tuple(
            (Heading(labels[pair], local_path(pair)), tuple(cells.get((pair, disease)) for disease in diseases))
            for pair in pairs
        ),
    )


def _counts(store: EmbeddedStore) -> list[tuple[int, str, str]]:
    kinds = [("Study", "studies", "study"), ("Result", "results", "result"), ("Drug", "drugs", "drug")]
    kinds += [("Comparison", "comparisons", "comparison"), ("Lesson", "lessons", "lesson")]
    found = []
    for name, words, kind in kinds:
        rows = store.query(_COUNTS % name)
        assert isinstance(rows, ox.QuerySolutions)
        found.append((int(next(rows)["n"].value), words, url_for("entities.kind_index", kind=kind)))
    return found


def _kinds() -> list[tuple[str, str]]:
    """Return what readers call each kind of thing, and the address of its list."""
    found = [(words, url_for("entities.kind_index", kind=kind)) for kind, words in KIND_NAMES.items()]
    return sorted([*found, ("Nanopublications", url_for("nanopubs.index"))])
