"""Routes that lead through time: `/timegate/…` and `/timemap/…` (RFC 7089), and `/release/<name>`, a release itself."""

from __future__ import annotations

import pyoxigraph as ox
from flask import Blueprint, Response, redirect, request, url_for

from dualbio.errors import NotFoundError
from dualbio.export.releases import release_quads
from dualbio.formats import HTML
from dualbio.namespaces import BASE
from dualbio.release import Release, kept_release, kept_releases
from dualbio_server.context import current_service
from dualbio_server.documents import choose, document_links, graph_response, split_extension
from dualbio_server.entities import thing
from dualbio_server.links import host_url, link_header, unpinned_root
from dualbio_server.mementos import LINK_FORMAT, choose_memento, memento_links, mementos, rfc_date, time_map
from dualbio_server.problems import ProblemError

__all__ = ["blueprint"]

blueprint = Blueprint("versions", __name__)


@blueprint.get("/timegate/")
@blueprint.get("/timegate/<path:path>")
def timegate(path: str = "") -> Response:
    """Lead to the memento of a path that was newest at the time that `Accept-Datetime` names; by default the newest."""
    found = _found(path)
    wanted = request.headers.get("Accept-Datetime")
    try:
        release = choose_memento(found, wanted)
    except ValueError as error:
        detail = f"Accept-Datetime is '{wanted}'; accepted: a date of HTTP, such as {rfc_date(found[-1].built)}"  # type: ignore[arg-type]
        raise ProblemError(400, "bad-date", detail) from error
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    response = redirect(f"{unpinned_root()}/v/{release.id}/{path}{query}", 302)
    assert isinstance(response, Response)
    original, _, timemap = memento_links(unpinned_root(), f"{path}{query}")
    response.headers["Link"] = link_header([original, timemap])
    response.vary.add("Accept-Datetime")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/timemap/")
@blueprint.get("/timemap/<path:path>")
def timemap(path: str = "") -> Response:
    """List the mementos of a path: one in each release that is kept and holds it."""
    root = host_url()
    text = time_map(_found(path), root, path, request.query_string.decode())
    return Response(text, content_type=f"{LINK_FORMAT}; charset=utf-8")


def _found(path: str) -> list[Release]:
    """Return the releases that hold something at a path, the oldest first."""
    stem, extension = split_extension(path)
    found = mementos(current_service().release.folder.parent, path, [path, stem] if extension else [path])
    if not found:
        raise ProblemError(404, "not-found", f"no release that is kept here holds /{path[:200]}")
    return found


@blueprint.get("/v/")
def pinned_index() -> Response:
    """Lead to the list of releases."""
    return _see(f"{unpinned_root()}/data/")


@blueprint.get("/v/<release>")
@blueprint.get("/v/<release>/<path:path>")
@blueprint.get("/v/<release>/")
def pinned(release: str, path: str = "") -> Response:
    """Lead from `/v/latest/…` to the release that is current, and tell when a release is not kept."""
    found = kept_release(current_service().release.folder.parent, release)
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
