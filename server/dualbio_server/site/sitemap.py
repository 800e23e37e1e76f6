"""The sitemap (sitemaps.org): an index of files by kind, none with more addresses than crawlers take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request

from dualbio.model.namespaces import KINDS
from dualbio_server.entities.listing import things_of
from dualbio_server.http.links import host_url, local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("sitemap", __name__)

#: Most addresses of one file, by the protocol.
_MOST = 50_000
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
#: The file of pages that are not of one thing.
_PAGES = "pages"
#: Kinds whose things have pages of their own; notes on mappings are found from what they map, and questions are pages.
_LISTED = tuple(kind for kind in KINDS if kind not in ("mapping", "query"))


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """Name the files of the sitemap."""
    service = current_service()
    names = [_PAGES]
    for kind in _LISTED:
        names += [f"{kind}-{part}" for part in range(1, -(-things_of(service, kind).count // _MOST) + 1)]
    return _document("sitemapindex", "sitemap", (f"/sitemap-{name}.xml" for name in names))


@blueprint.get(f"/sitemap-{_PAGES}.xml")
def pages() -> Response:
    """List the pages that are not of one thing: the front page, lists and saved queries."""
    lists = [f"/{kind}/" for kind in KINDS]
    questions = [f"/queries/{name}" for name in sorted(current_service().queries)]
    return _document("urlset", "url", ["/", "/ontology", "/data/", "/queries/", *lists, *questions])


@blueprint.get(f"/sitemap-<any({', '.join(map(repr, _LISTED))}):kind>-<int:part>.xml")
def things(kind: str, part: int) -> Response:
    """List a part of the pages of a kind."""
    found = things_of(current_service(), kind).page((part - 1) * _MOST, _MOST) if part else []
    if not found:
        raise ProblemError(
            404, "not-found", f"no part {part} of the sitemap of {kind}; accepted: those of /sitemap.xml"
        )
    root = request.script_root
    return _document("urlset", "url", (local_path(node.value).removeprefix(root) for node in found))


def _document(form: str, each: str, places: Iterable[str]) -> Response:
    """Return a document of the protocol with an entry for every path below the root of the service."""

    def lines() -> Iterator[str]:
        built, root = current_service().release.built, escape(host_url())
        dated = f"<lastmod>{built.date().isoformat()}</lastmod>" if built else ""
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{form} xmlns="{_NAMESPACE}">\n'
        for place in places:
            yield f"<{each}><loc>{root}{escape(place)}</loc>{dated}</{each}>\n"
        yield f"</{form}>\n"

    return Response("".join(lines()), content_type="application/xml; charset=utf-8")
