"""Routes of releases as such: `/release/<name>` describes one, and `/v/…` leads to one that is kept."""

from __future__ import annotations

import pyoxigraph as ox
from flask import Blueprint, Response, redirect, url_for

from dualbio.errors import NotFoundError
from dualbio.export.packages.releases import release_quads
from dualbio.model.namespaces import BASE
from dualbio.release.folder import Release, kept_release, kept_releases
from dualbio.sparql.formats import HTML
from dualbio_server.entities.documents import choose, document_links, graph_response, split_extension
from dualbio_server.entities.routes import thing
from dualbio_server.http.links import host_url, unpinned_root
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("versions", __name__)


@blueprint.get("/v/")
def pinned_index() -> Response:
    """Lead to the list of releases."""
    return _see(f"{unpinned_root()}/data/")


@blueprint.get("/v/<release>")
@blueprint.get("/v/<release>/<path:path>")
@blueprint.get("/v/<release>/")
def pinned(release: str, path: str = "") -> Response:
    """Lead from `/v/latest/…` to the release that is current, and tell when a release is not kept."""
    served = current_service().release
    try:
        found = kept_release(served.folder.parent, release)
    except NotFoundError as error:
        there = f"{host_url()}/v/{served.id}/{path}"
        detail = f"{error}; the current release is {served.id}, where this address is {there}"
        raise ProblemError(404, "no-such-release", detail, current=served.id, address=there) from error
    return _see(f"{unpinned_root()}/v/{found.id}/{path}", 307)


@blueprint.get("/release/<name>")
def release(name: str) -> Response:
    """Describe a release: what it is, which came before it, and its files; people get the list of these."""
    stem, extension = split_extension(name)
    found = _kept(name) or _kept(stem)
    if found is None:
        return thing(f"release/{name}")
    offer = choose(extension)
    if offer.format is HTML:
        return _see(url_for("data.of_release", release=found.id))
    kept = kept_releases(found.folder.parent)
    quads = sorted(release_quads(found, kept), key=str)
    response = graph_response(quads, offer)
    types = ("http://www.w3.org/ns/dcat#Dataset", "http://www.w3.org/ns/prov#Entity")
    response.headers["Link"] = document_links(ox.NamedNode(f"{BASE}release/{found.id}"), types, offer.format)
    return response


def _kept(name: str) -> Release | None:
    if name in ("latest", "current"):
        return None
    try:
        return kept_release(current_service().release.folder.parent, name)
    except NotFoundError:
        return None


def _see(place: str, status: int = 303) -> Response:
    response = redirect(place, status)
    assert isinstance(response, Response)
    response.headers["Cache-Control"] = "no-cache"
    return response
