"""The ontology as a document: the RDF formats of every thing, a page, and the formats that hold an ontology alone."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
from flask import Response, request

from dualbio.export.ontology import OBO_GRAPHS, OBO_PROFILE, ONTOLOGY_FORMATS, ontology_bytes
from dualbio.formats import GRAPH_FORMATS, HTML, Format, Offer, choose_format, find_format, parse_accept
from dualbio.namespaces import graph_iri
from dualbio_server.documents import EXTENSIONS, graph_response, page, split_extension
from dualbio_server.links import link_header, local_path
from dualbio_server.ontology_page import ontology_page
from dualbio_server.service import Service

__all__ = ["ONTOLOGY_EXTENSIONS", "choose_ontology", "ontology_links", "ontology_readings", "ontology_response"]

#: Formats that a media type alone asks for, in order of preference.
_NEGOTIATED = (*GRAPH_FORMATS, *(form for form in ONTOLOGY_FORMATS if form is not OBO_GRAPHS), HTML)
_ALONE = {form.extension: Offer(form.media_type, form) for form in ONTOLOGY_FORMATS}
#: File extensions of the ontology, and what each is sent as.
ONTOLOGY_EXTENSIONS: dict[str, Offer] = {**EXTENSIONS, **_ALONE}


def ontology_readings(path: str) -> Iterator[tuple[str, Offer | None]]:
    """Yield a path as it is, then without the extension that it may have; the longest extension first."""
    yield path, None
    for extension, offer in _ALONE.items():
        if path.lower().endswith(f".{extension}"):
            yield path[: -len(extension) - 1], offer
    stem, found = split_extension(path)
    if found:
        yield stem, found


def choose_ontology(extension: Offer | None) -> Offer:
    """Return the format of the answer: the extension's, else `format=`, else what `Accept` prefers.

    OBO Graphs is JSON, as JSON-LD is; `Accept` asks for it by its profile (RFC 6906).

    Raises:
        NotAcceptableError: none fits.
    """
    if extension:
        return extension
    asked, accept = request.args.get("format"), request.headers.get("Accept")
    form = find_format(asked, ONTOLOGY_FORMATS) if asked else None
    if form is None and not asked and _wants_obo_graphs(accept):
        form = OBO_GRAPHS
    return Offer(form.media_type, form) if form else choose_format(accept, asked, _NEGOTIATED)


def _wants_obo_graphs(accept: str | None) -> bool:
    ranges = parse_accept(accept or "")
    best = max((each.weight for each in ranges), default=0.0)
    return any(each.parameters.get("profile") == OBO_PROFILE and each.weight == best > 0 for each in ranges)


def ontology_response(service: Service, offer: Offer) -> Response:
    """Return the ontology in a format."""
    if offer.format is HTML:
        links = [(extension, each.media_type, each.format.label) for extension, each in _listed()]
        return page("ontology.html", page=ontology_page(service.store), title="Ontology", documents=links)
    quads = sorted(service.store.quads(graph_iri("ontology")), key=str)
    if offer.format in ONTOLOGY_FORMATS:
        body = ontology_bytes(offer.format, (quad.triple for quad in quads))
        return Response(body, content_type=offer.content_type)
    return graph_response((ox.Quad(*quad.triple) for quad in quads), offer)


def _listed() -> Iterator[tuple[str, Offer]]:
    """Yield each format once, under its own extension."""
    yield from ((name, each) for name, each in ONTOLOGY_EXTENSIONS.items() if each.format.extension == name)


def ontology_links(node: ox.NamedNode, form: Format) -> str:
    """Return the part of the `Link` header that names the formats that hold an ontology alone."""
    path = local_path(node.value)
    return link_header(
        [
            (f"{path}.{extension}", "alternate", offer.media_type.partition(";")[0])
            for extension, offer in _ALONE.items()
            if offer.format is not form
        ]
    )
