"""Documents about things: which format a request wants, by extension or negotiation, and the answer in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

import pyoxigraph as ox
from flask import Response, g, render_template, request

from dualbio.export import export_quads
from dualbio.export.rdf.frame_schema import SCHEMAS
from dualbio.export.rdf.frames import nested
from dualbio.model.namespaces import BASE, LICENCE, graph_iri, kind_of
from dualbio.rdf.context import context
from dualbio.sparql.formats import GRAPH_FORMATS, HTML, Format, Offer, choose_format
from dualbio_server.entities.marked import marked
from dualbio_server.http.headers import PAGE_POLICY
from dualbio_server.http.language import PAGE_VARY, carried, page_language
from dualbio_server.http.links import link_header, local_path
from dualbio_server.service import Service

__all__ = [
    "EXTENSIONS",
    "choose",
    "citation",
    "document_links",
    "graph_response",
    "jsonld_context",
    "nested_response",
    "page",
    "split_extension",
]

_DOCUMENTS = (*GRAPH_FORMATS, HTML)
(_JSON_LD,) = [form for form in GRAPH_FORMATS if form.name == "json-ld"]
(_RDF_XML,) = [form for form in GRAPH_FORMATS if form.name == "rdf-xml"]

#: File extensions of documents, and what each is sent as.
EXTENSIONS: dict[str, Offer] = {
    **{form.extension: Offer(form.media_type, form) for form in _DOCUMENTS},
    "json": Offer("application/json", _JSON_LD),
    "owl": Offer(_RDF_XML.media_type, _RDF_XML),
}


def split_extension(path: str) -> tuple[str, Offer | None]:
    """Return a path without the extension of a document format, and that format; None when it has none."""
    stem, dot, extension = path.rpartition(".")
    offer = EXTENSIONS.get(extension.lower()) if dot and stem else None
    return (stem, offer) if offer else (path, None)


def choose(extension: Offer | None) -> Offer:
    """Return the format of the answer: the extension's, else `format=`, else what `Accept` prefers.

    Raises:
        NotAcceptableError: none fits.
    """
    return extension or choose_format(request.headers.get("Accept"), request.args.get("format"), _DOCUMENTS)


#: A unit such as 10^9/L behind its number, which readers know with a raised exponent; codes by themselves stay.
_TEN_TO = re.compile(r"(?<=\d) 10\^(\d+)/")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
#: What a line must not part, in text alone: a p value and its sign, a number and its percent sign.
_ONE_WORD = re.compile(r"(?<![\w?$])p (?:=|&lt;|&gt;|≤|≥) (?=[\d.])(?![^<>]*>)|(?<=\d) (?=%)(?![^<>]*>)")


def citation(service: Service, title: str, address: str) -> str:
    """Return how to cite what this release says on a page.

    Args:
        service: what is served.
        title: the heading of the page.
        address: its permanent IRI.
    """
    built = service.release.built
    year = f" ({built.year})" if built else ""
    return f"dualbio contributors{year}. {title.rstrip('.')}. dualbio, release {service.release.id}. {address}"


def page(template: str, **values: Any) -> Response:
    """Return a page in the language of the request, with the policy that pages need.

    One that lacks something for a moment is kept by nobody.
    """
    text = _TEN_TO.sub(_raised, carried(render_template(template, **values)))
    text = _ONE_WORD.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
    text = marked(text, page_language())
    response = Response(text, content_type=HTML.content_type)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Content-Language"] = page_language()
    response.headers["Vary"] = PAGE_VARY
    if g.pop("unfinished", False):
        response.headers["Cache-Control"] = "no-store"
    return response


def _raised(found: re.Match[str]) -> str:
    return f" \N{MULTIPLICATION SIGN} 10{found[1].translate(_RAISED)}/"


def graph_response(quads: Iterable[ox.Quad], offer: Offer) -> Response:
    """Return quads, grouped by graph and subject, as a document."""
    out = BytesIO()
    export_quads(list(quads), offer.format, out)
    return Response(out.getvalue(), content_type=offer.content_type)


def nested_response(
    service: Service, node: ox.NamedNode, triples: Sequence[ox.Triple], quads: Sequence[ox.Quad], offer: Offer
) -> Response:
    """Return a description as a document: nested in JSON-LD, else as triples.

    TriG and N-Quads have the triples in their named graphs as well; the default graph is the union of these, as at the
    endpoint, so that a client that looks there alone misses nothing.
    """
    if offer.format is _JSON_LD:
        document = nested(node, triples, jsonld_context(service))
        return Response(json.dumps(document, ensure_ascii=False, indent=1) + "\n", content_type=offer.content_type)
    plain = (ox.Quad(*triple) for triple in triples)
    named = quads if offer.format.name in ("trig", "n-quads") else ()
    return graph_response((*plain, *named), offer)


def jsonld_context(service: Service) -> dict[str, Any]:
    """Return the published context of the release; it is made once."""
    return service.part(_make_context)


def _make_context(service: Service) -> dict[str, Any]:
    return context(quad.triple for quad in service.store.quads(graph_iri("ontology")))


def document_links(node: ox.NamedNode, types: Iterable[str], form: Format) -> str:
    """Return the `Link` header of the document about `node` in a format."""
    path = local_path(node.value)
    alternates = [
        (f"{path}.{extension}", "alternate", offer.media_type)
        for extension, offer in EXTENSIONS.items()
        if offer.format is not form and offer.format.extension == extension
    ]
    return link_header(
        [
            (node.value, "describes", None),
            (node.value, "cite-as", None),
            (LICENCE, "license", None),
            (local_path("https://w3id.org/dualbio/.well-known/void"), "describedby", "text/turtle"),
            *_schema_link(node, form),
            *((each, "type", None) for each in types),
            *alternates,
        ]
    )


def _schema_link(node: ox.NamedNode, form: Format) -> Iterator[tuple[str, str, str | None]]:
    """Yield the link from a JSON-LD document to the JSON Schema of its kind."""
    kind = kind_of(node.value)
    if form is _JSON_LD and kind in SCHEMAS:
        yield local_path(f"{BASE}schema/v1/{kind}.json"), "describedby", "application/schema+json"
