"""The front page with the evidence matrix, and the small files that browsers and crawlers look for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, redirect, request, url_for

from dualbio.model.namespaces import KINDS, LICENCE
from dualbio.release.folder import open_release
from dualbio.sparql.formats import GRAPH_FORMATS, HTML, choose_format
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities.documents import page
from dualbio_server.entities.evidence.asking import LIMITS
from dualbio_server.entities.evidence.matrix import Matrix, read_matrix
from dualbio_server.entities.kinds import KIND_NAMES
from dualbio_server.entities.page_parts import Part, part_of_page, prepare_part
from dualbio_server.http.language import LANGUAGES, page_language
from dualbio_server.http.links import has_route, host_url, link_header, unpinned_root
from dualbio_server.releases.dataset import SENTENCE, dataset_script
from dualbio_server.service import current_service
from dualbio_server.site.questions import Asked, asked_questions

__all__ = ["blueprint", "prepare"]

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True)
class Front:
    """What the front page says of the release: how many there are of what, questions with answers, and the matrix.

    A matrix that could not be computed within the time limit is None.
    """

    counts: list[tuple[int, str, str]]
    questions: list[Asked]
    matrix: Matrix | None

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it ran over the time limit."""
        return self.matrix is not None and all(each.answered for each in self.questions)


#: Where the header of every page leads, as far as this service has the route.
_NAVIGATION = (
    ("Pairs", "/pair/"),
    ("Diseases", "/disease/"),
    ("Drugs", "/drug/"),
    ("Studies", "/study/"),
    ("Compare", "/compare"),
    ("Questions", "/queries/"),
    ("SPARQL", "/sparql"),
    ("Data", "/data/"),
)

_COUNTS = "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a dualbio:%s }"


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Give every page its navigation, the release, its language and the others, formats, and whether it is a copy."""
    navigation = [(text, request.script_root + path) for text, path in _NAVIGATION if _is_place(path)]
    release, language = current_service().release, page_language()
    here, asked = quote(request.path), {name: values for name, values in request.args.lists() if name != "lang"}
    others = [
        (code, name, f"{request.script_root}{here}?{urlencode({**asked, 'lang': code}, doseq=True)}")
        for code, name in LANGUAGES.items()
        if code != language
    ]
    return {
        "navigation": navigation,
        "release": release.id,
        "built": release.built.date().isoformat() if release.built else "",
        "language": language,
        "other_languages": others,
        "lasting": f"{unpinned_root()}/v/{release.id}{here}{'?' if asked else ''}{urlencode(asked, doseq=True)}",
        "alternates": alternates(),
        "copy": current_service().options.copy,
    }


def _is_place(path: str) -> bool:
    """Return whether the service has a route for a path of the header; lists of things have one for all kinds."""
    return path.strip("/") in KINDS or has_route(path)


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
        front=part_of_page(_FRONT),
        dataset=dataset_script(open_release(service.release.folder, verify=False)),
        host=host_url(),
        has_queries=has_route("/queries/"),
        kinds=_kinds(),
    )
    void = f"{request.script_root}/.well-known/void"
    response.headers["Link"] = link_header([(LICENCE, "license", None), (void, "describedby", "text/turtle")])
    return response


def prepare() -> None:
    """Compute what the front page says, in the language and at the place of this context, unless that is known."""
    current_app.jinja_env.get_template("home.html")
    prepare_part(_FRONT)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Give the icon to browsers that look for it at its old place."""
    return current_app.send_static_file("favicon.svg")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Welcome crawlers everywhere but at the endpoint, and show them the sitemap."""
    here = request.script_root
    text = f"User-agent: *\nDisallow: {here}/sparql\nAllow: {here}/\n\nSitemap: {host_url()}/sitemap.xml\n"
    return Response(text, content_type="text/plain; charset=utf-8")


def _front() -> Front:
    service = current_service()
    try:
        matrix = read_matrix()
    except LIMITS:
        matrix = None
    return Front(_counts(service.store), asked_questions(service), matrix)


_FRONT = Part("front", Front, _front, lambda front: front.is_whole)


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
    return sorted(found)
