"""Routes of nanopublications: `/np/<code>` by hash of content, and `/comparison/<key>.nanopub.trig` by comparison."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox
from flask import Blueprint, Response, request

from dualbio.describe import label_of
from dualbio.export.nanopubs import NANOPUBS, Nanopub, nanopub, nanopubs
from dualbio.formats import DATASET_FORMATS, HTML, Offer, choose_format, find_format
from dualbio.namespaces import individual, term
from dualbio.release import kept_releases
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.context import current_service
from dualbio_server.documents import choose, document_links, graph_response, page, split_extension
from dualbio_server.entity_page import cell_of
from dualbio_server.kept import keep_answers
from dualbio_server.links import local_path
from dualbio_server.mementos import open_data
from dualbio_server.problems import ProblemError
from dualbio_server.service import Service

__all__ = ["blueprint"]

blueprint = Blueprint("nanopubs", __name__)
keep_answers(blueprint)

_CLASS = "http://www.nanopub.org/nschema#Nanopublication"


@blueprint.get("/np/")
def index() -> Response:
    """List the nanopublications of the release: one for each comparison."""
    service = current_service()
    found = sorted(_current(service).values(), key=lambda each: each.about.value)
    offer = choose(None)
    if offer.format is HTML:
        rows = [(cell_of(ox.NamedNode(each.iri), label_of(service.store, each.about)), None) for each in found]
        return page("kind.html", title="Nanopublications", kind="np", rows=rows)
    quads = [ox.Quad(ox.NamedNode(each.iri), term("dcterms:subject"), each.about) for each in found]
    return graph_response(sorted(quads, key=str), offer)


@blueprint.get("/np/<name>")
def by_code(name: str) -> Response:
    """Give a nanopublication by the hash of its content; also one of an earlier release that is kept."""
    for text, extension in ((name, None), split_extension(name)):
        found = _find(text)
        if found:
            return _answer(found, extension)
    raise ProblemError(404, "not-found", f"no comparison of a release kept here has the nanopublication '{name[:80]}'")


@blueprint.get("/comparison/<key>.nanopub.trig")
def of_comparison(key: str) -> Response:
    """Give the nanopublication of a comparison of this release."""
    form = find_format("trig")
    assert form is not None
    try:
        found = nanopub(current_service().store, individual("comparison", key))
    except ValueError:
        found = None
    if found is None:
        raise ProblemError(404, "not-found", f"no comparison '{key[:200]}' with a nanopublication")
    return _answer(found, Offer(form.media_type, form))


def _answer(found: Nanopub, extension: Offer | None) -> Response:
    """Return a nanopublication in a format that keeps its graphs; a browser gets TriG, which reads as text."""
    wanted = request.headers.get("Accept"), request.args.get("format"), (*DATASET_FORMATS[::-1], HTML)
    offer = extension or choose_format(*wanted)
    form = find_format("trig")
    assert form is not None
    chosen = offer if offer.format in DATASET_FORMATS else Offer(form.media_type, form)
    response = graph_response(found.quads, chosen)
    if offer.format is HTML:
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Link"] = document_links(ox.NamedNode(found.iri), (_CLASS,), chosen.format)
    response.headers["Content-Location"] = f"{local_path(found.iri)}.{chosen.format.extension}"
    return response


def _find(code: str) -> Nanopub | None:
    service = current_service()
    found = _current(service).get(NANOPUBS + code)
    if found or not code.startswith("RA"):
        return found
    for release in kept_releases(service.release.folder.parent):
        if release.id != service.release.id:
            found = _earlier(release.folder).get(NANOPUBS + code)
            if found:
                return found
    return None


@lru_cache(maxsize=2)
def _current(service: Service) -> dict[str, Nanopub]:
    return {each.iri: each for each in nanopubs(service.store)}


@lru_cache(maxsize=4)
def _earlier(folder: Path) -> dict[str, Nanopub]:
    return {each.iri: each for each in nanopubs(EmbeddedStore(open_data(folder)))}
