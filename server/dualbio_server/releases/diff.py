"""Routes at `/diff/`: what changed between any two releases that are kept, for people and as JSON, words or RDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyoxigraph as ox
from flask import Blueprint, Response, redirect, request, url_for

from dualbio.export.packages.changes import CHANGE_FORMATS, write_changes
from dualbio.model.namespaces import compress
from dualbio.release.diff import Change, ReleaseDiff, diff_releases
from dualbio.release.folder import kept_release
from dualbio.sparql.formats import GRAPH_FORMATS, HTML, Content, Format, Offer, choose_format
from dualbio_server.entities.documents import choose, document_links, graph_response, page, split_extension
from dualbio_server.http.links import local_path, unpinned_root
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("diff", __name__)

_WORDS = Format("text", "Words", "text/plain", "txt", (Content.PAGE,))
_CHANGELOG = Format("changelog", "Changelog", "text/markdown", "md", (Content.PAGE,))
_JSON = Format("json", "JSON", "application/json", "json", (Content.PAGE,))
_FORMATS = (HTML, _JSON, _WORDS, _CHANGELOG, *GRAPH_FORMATS)
#: Rows of a list on a page; all are in the other forms.
_MOST = 500


@dataclass(frozen=True)
class ChangeRow:
    """A record on the page: its name, where it leads, its graph, and a phrase for each property that differs."""

    name: str
    href: str
    graph: str
    words: tuple[str, ...]


@blueprint.get("/diff/")
def index() -> Response:
    """Lead to the list of releases, each with what changed in it."""
    response = redirect(f"{unpinned_root()}/data/", 303)
    assert isinstance(response, Response)
    return response


@blueprint.get("/diff/<old>/<new>")
def changes(old: str, new: str) -> Response:
    """Show which records were added, changed or removed from the release `old` to `new`."""
    name, form = _split(new)
    moved = _moved(old, name, new)
    if moved:
        return moved
    found = diff_releases(_folder(old), _folder(name))
    form = form or choose_format(request.headers.get("Accept"), request.args.get("format"), _FORMATS).format
    if form is HTML:
        response = _page(found)
    else:
        out = BytesIO()
        write_changes(found, form.name if form.name in CHANGE_FORMATS else form.extension, out)
        response = Response(out.getvalue(), content_type=form.content_type)
    response.headers["Link"] = document_links(ox.NamedNode(found.iri), (), form)
    return response


@blueprint.get("/diff/<old>/<new>/<any('added', 'removed'):section>")
@blueprint.get("/diff/<old>/<new>/<any('added', 'removed'):section>.<extension>")
def statements(old: str, new: str, section: str, extension: str | None = None) -> Response:
    """Give the statements that came or went, the named graph that the whole document has of them."""
    moved = _moved(old, new, f"{new}/{section}")
    if moved:
        return moved
    offer: Offer = choose(split_extension(f"{section}.{extension}")[1] if extension else None)
    found = diff_releases(_folder(old), _folder(new))
    if offer.format is HTML:
        response = redirect(f"{local_path(found.iri)}#{section}", 303)
        assert isinstance(response, Response)
        return response
    node = ox.NamedNode(f"{found.iri}/{section}")
    response = graph_response(sorted((quad for quad in found.quads() if quad.graph_name == node), key=str), offer)
    response.headers["Link"] = document_links(node, (), offer.format)
    return response


def _split(name: str) -> tuple[str, Format | None]:
    """Return the name of a release without the extension of a format; a name itself has dots."""
    stem, _, extension = name.rpartition(".")
    form = next((form for form in _FORMATS if stem and form.extension == extension), None)
    return (stem, form) if form else (name, None)


def _moved(old: str, new: str, rest: str) -> Response | None:
    """Return the way from `latest` to the name of the release."""
    names = {each: kept_release(_releases(), each).id for each in (old, new)}
    if "latest" not in names:
        return None
    moved = rest.replace("latest", names[new], 1) if new == "latest" else rest
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    place = f"{unpinned_root()}/diff/{names[old]}/{moved}{query}"
    response = redirect(place, 307)
    assert isinstance(response, Response)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _releases() -> Path:
    return current_service().release.folder.parent


def _folder(name: str) -> Path:
    return kept_release(_releases(), name).folder


def _page(found: ReleaseDiff) -> Response:
    lists = {
        name: list(_rows(getattr(found, name), detailed=name == "changed")) for name in ("added", "changed", "removed")
    }
    return page(
        "diff.html",
        title=f"From {found.old} to {found.new}",
        found=found,
        lists={name: rows[:_MOST] for name, rows in lists.items()},
        totals={name: len(rows) for name, rows in lists.items()},
        path=local_path(found.iri),
        back=url_for("diff.changes", old=found.new, new=found.old),
        formats=[(form.extension, form.media_type) for form in _FORMATS[1:]],
    )


def _rows(changes: tuple[Change, ...], *, detailed: bool) -> Iterator[ChangeRow]:
    for change in changes:
        words = tuple(change.words()) if detailed else ()
        name = change.label or compress(change.subject)
        yield ChangeRow(name, local_path(change.subject), change.graph, words)
