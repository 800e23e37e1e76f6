"""Routes of entities: every IRI under the base, as a page or as RDF, with links to other formats and the licence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.exceptions import HTTPException

from dualbio.describe import EntityDescription, describe, inverse_page, label_of
from dualbio.errors import DualbioError, ParameterError, did_you_mean, nearest
from dualbio.export.rdf.frame_schema import SCHEMAS, json_schema
from dualbio.export.tables.columns import TABLES
from dualbio.model.namespaces import BASE, KINDS, compress, expand, graph_iri, kind_of, term
from dualbio.release.folder import kept_releases
from dualbio.sources.shapes import shapes_text
from dualbio.sparql.formats import HTML, Offer
from dualbio_server.entities.documents import (
    EXTENSIONS,
    choose,
    citation,
    document_links,
    graph_response,
    jsonld_context,
    nested_response,
    page,
    split_extension,
)
from dualbio_server.entities.entity_page import PageCell, cell_of, make_page
from dualbio_server.entities.evidence import READERS
from dualbio_server.entities.evidence.lists import LISTED, LISTS, list_page, offset_of
from dualbio_server.entities.kinds import KIND_NAMES
from dualbio_server.entities.labels import page_label
from dualbio_server.entities.listing import Listing, things_of
from dualbio_server.entities.ontology_page import OntologyPage, ontology_page
from dualbio_server.http.language import carried_address, page_language
from dualbio_server.http.links import candidates, link_header, local_path, unpinned_root
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import Service, current_service

__all__ = ["blueprint", "ontology_of", "ontology_pages"]

blueprint = Blueprint("entities", __name__)

_PAGE = 100
#: Things of a kind that are sorted by their names, among which a name that is misspelt is looked for.
_FEW = 1000
#: Things of a kind that one document in RDF describes.
_MOST_DESCRIBED = 10_000
#: Keys before and after a wrong one, among which it is looked for where there are many.
_NEAR = 500


@blueprint.get("/ontology", defaults={"path": "ontology"})
@blueprint.get("/<path:path>")
def thing(path: str) -> Response:
    """Describe whatever the path names: an individual of any kind, a file, a release, the project, the ontology."""
    service = current_service()
    if path.partition("/")[0].partition(".")[0] == "ontology":
        return _ontology(service, path)
    found = _find(service, path)
    if found is None:
        return _without_stroke(path) or _elsewhere(service, path)
    node, extension = found
    if request.args.get("by"):
        return _referring(service, node, choose(extension))
    asked = _address_of_query(service, node)
    if asked and choose(extension).format is HTML:
        response = redirect(carried_address(asked), 303)
        assert isinstance(response, Response)
        return response
    return _document(service, node, choose(extension))


def _address_of_query(service: Service, node: ox.NamedNode) -> str | None:
    """Return where a saved query is asked, or the answer across studies is shown, if a thing is one or a part of it."""
    if node.value.startswith(f"{BASE}pool/"):
        return local_path(node.value.replace(f"{BASE}pool/", f"{BASE}syntheses/", 1))
    parts = node.value.removeprefix(f"{BASE}query/").split(".")[:2]  # then comes the number of a parameter or column
    key = ".".join(parts)
    query = ox.NamedNode(f"{BASE}query/{key}")
    if f"{BASE}query/" not in node.value or not any(service.store.quads_for_pattern(query, term("sh:select"), None)):
        return None
    return local_path(f"{BASE}queries/{key.replace('.', '/', 1)}")


def _ontology(service: Service, path: str) -> Response:
    """Give the whole ontology, to which all terms belong, at its own IRI and at that of its version."""
    node = ox.NamedNode(f"{BASE}ontology")
    known = {node.value, *_version_iris(service, node)}
    for stem, extension in _readings(path):
        if f"{BASE}{stem}" in known:
            offer = choose(extension)
            response = _ontology_page(service) if offer.format is HTML else _ontology_graph(service, offer)
            return _with_headers(response, node, [term("owl:Ontology").value], offer)
    return _earlier_ontology(service, path)


def _ontology_page(service: Service) -> Response:
    documents = [
        (extension, offer.media_type, offer.format.label)
        for extension, offer in EXTENSIONS.items()
        if offer.format.extension == extension
    ]
    whole, key = ontology_of(service), request.args.get("terms")
    if key is None:
        return page("ontology.html", page=whole, title="Ontology", documents=documents)
    keys = [part.key for part in whole.parts]
    if key not in keys:
        hint = did_you_mean(key, keys)
        raise ProblemError(404, "not-found", f"no part '{key[:40]}' of the ontology; accepted: {', '.join(keys)}{hint}")
    at = keys.index(key)
    return page("terms.html", page=whole, part=whole.parts[at], parts=whole.parts, at=at, title=whole.parts[at].title)


def ontology_of(service: Service) -> OntologyPage:
    """Return what the page of the ontology shows, which is read once for each place of the service and language."""
    pages, place = service.part(ontology_pages), (page_language(), request.script_root)
    if place not in pages:
        pages[place] = ontology_page(service.store)
    return pages[place]


def ontology_pages(_: Service) -> dict[tuple[str, str], OntologyPage]:
    """Return room for what the page of the ontology shows, by language and place of the service."""
    return {}


def _ontology_graph(service: Service, offer: Offer) -> Response:
    quads = sorted(service.store.quads(graph_iri("ontology")), key=str)
    return graph_response((ox.Quad(*quad.triple) for quad in quads), offer)


def _earlier_ontology(service: Service, path: str) -> Response:
    """Lead from the IRI of an earlier version of the ontology to the newest release kept here that has that version."""
    wanted = [stem.removeprefix("ontology/") for stem, _ in _readings(path)]
    for release in kept_releases(service.release.folder.parent):
        if release.version in wanted and release.version != service.release.version:
            response = redirect(f"{unpinned_root()}/v/{release.id}/{path}", 303)
            assert isinstance(response, Response)
            return response
    raise _unknown(service, path)


@blueprint.get("/graph/<path:name>")
def graph(name: str) -> Response:
    """Give a named graph: its triples, or a page about it."""
    service = current_service()
    for stem, extension in _readings(name):
        for node in candidates(f"graph/{stem}"):
            quads = list(service.store.quads(node))
            if quads:
                offer = choose(extension)
                if offer.format is HTML:
                    return _document(service, node, offer, size=len(quads))
                return _with_headers(graph_response(sorted(quads, key=str), offer), node, [], offer)
    raise _unknown(service, f"graph/{name}")


@blueprint.get(f"/<any({', '.join(map(repr, (*KINDS, 'graph')))}):kind>/")
def kind_index(kind: str) -> Response:
    """List the individuals of a kind with their labels, one page at a time."""
    service = current_service()
    offer = choose(None)
    if offer.format is HTML and kind in LISTS:
        whole = url_for("data.dump", release=service.release.id, name=f"tables/{TABLES[kind]}.csv")
        return page("list.html", title=KIND_NAMES[kind], table=list_page(kind), files=[("CSV", whole)])
    things, offset = things_of(service, kind), offset_of(request.args.get("offset", "0"))
    most = LISTED if offer.format is HTML else _MOST_DESCRIBED
    before = max(0, offset - most) if offset else None
    following = offset + most if offset + most < things.count else None
    if offer.format is HTML:
        cells = _cells(service, things, offset)
        return page(
            "kind.html",
            title=KIND_NAMES[kind],
            cells=cells,
            whole=things.count,
            before=before,
            following=following,
            first=offset + 1,
        )
    wanted = (term("rdf:type"), term("rdfs:label"))
    found = {
        quad.triple
        for node in things.page(offset, most)
        for each in wanted
        for quad in service.store.quads_for_pattern(node, each, None, None)
    }
    response = graph_response((ox.Quad(*triple) for triple in sorted(found, key=str)), offer)
    here = local_path(f"{BASE}{kind}/?offset=")
    _add_steps(response, f"{here}{following}" if following else None, None if before is None else f"{here}{before}")
    return response


def _cells(service: Service, things: Listing, offset: int) -> list[PageCell]:
    """Return a page of things: the few in the order of their names, the many in that of their keys."""

    def cells(offset: int, limit: int) -> list[PageCell]:
        return [cell_of(node, page_label(service.store, node)) for node in things.page(offset, limit)]

    if things.count > _FEW:
        return cells(offset, LISTED)
    return sorted(cells(0, _FEW), key=lambda cell: cell.text.lower())[offset : offset + LISTED]


@blueprint.get("/context/v1.jsonld")
def published_context() -> Response:
    """Give the context that JSON-LD documents use."""
    body = json.dumps({"@context": jsonld_context(current_service())}, ensure_ascii=False, indent=1)
    return Response(body + "\n", content_type="application/ld+json; charset=utf-8")


@blueprint.get(f"/schema/v1/<any({', '.join(map(repr, SCHEMAS))}):kind>.json")
def published_schema(kind: str) -> Response:
    """Give the JSON Schema of the JSON-LD documents of a kind."""
    axioms = (quad.triple for quad in current_service().store.quads(graph_iri("ontology")))
    body = json.dumps(json_schema(kind, axioms), ensure_ascii=False, indent=1)
    return Response(body + "\n", content_type="application/schema+json; charset=utf-8")


@blueprint.get("/shapes")
@blueprint.get("/shapes.ttl")
def shapes() -> Response:
    """Give the SHACL shapes that records are held to, for those who bring RDF of their own."""
    return Response(shapes_text(), content_type="text/turtle; charset=utf-8")


# --- finding ----------------------------------------------------------------------------------------------------------


def _readings(path: str) -> Iterator[tuple[str, Offer | None]]:
    """Yield a path as it is, then without the extension that it may have."""
    yield path, None
    stem, extension = split_extension(path)
    if extension:
        yield stem, extension


def _find(service: Service, path: str) -> tuple[ox.NamedNode, Offer | None] | None:
    for text, extension in _readings(path):
        for node in candidates(text):
            if _is_held(service, node):
                return node, extension
    return None


def _without_stroke(path: str) -> Response | None:
    """Lead from an address with a stroke too many to the page without it, such as a question; things are elsewhere."""
    stem = path.rstrip("/")
    with suppress(HTTPException):
        endpoint, _ = current_app.url_map.bind("").match(f"/{stem}")
        if stem != path and endpoint != request.endpoint:
            asked = request.query_string.decode("latin-1")
            response = redirect(f"{request.script_root}/{stem}{asked and f'?{asked}'}", 302)
            assert isinstance(response, Response)
            return response
    return None


def _elsewhere(service: Service, path: str) -> Response:
    """Lead a reader from what people call a thing to the page of that thing; programs ask by IRI alone.

    Raises:
        ProblemError: 404, nothing is called so, or a program asks.
    """
    kind, _, name = path.partition("/")
    key = _key_called(service, name.removesuffix(".html"), kind) if kind in KIND_NAMES else None
    if key is None or "html" not in request.headers.get("Accept", "") or choose(None).format is not HTML:
        raise _unknown(service, path)
    response = redirect(carried_address(local_path(f"{BASE}{kind}/{key}")), 303)
    assert isinstance(response, Response)
    return response


def _is_held(service: Service, node: ox.NamedNode) -> bool:
    data = service.store
    about = next(data.quads_for_pattern(node, None, None, None), None)
    return (about or next(data.quads_for_pattern(None, None, node, None), None)) is not None


def _unknown(service: Service, path: str) -> ProblemError:
    stem, _ = split_extension(path)
    kind, _, key = stem.partition("/")
    known = _keys_near(service, kind, key) if kind in KIND_NAMES else []
    if known:
        near = _key_called(service, key, kind) or nearest(key, known)
        places = (f"{BASE}{kind}/{near}",) if near else ()
        return ProblemError(404, "not-found", f"no {kind} '{key[:200]}'{_hint(near)}").leading_to(*places)
    accepted = [*KIND_NAMES, "ontology", "data", "sparql", "queries"]
    near = nearest(kind, accepted)
    folder = "" if near in ("ontology", "sparql") else "/"
    places = (f"{BASE}{near}{folder}",) if near else ()
    return ProblemError(404, "not-found", f"no resource at /{path[:200]}{_hint(near)}").leading_to(*places)


def _key_called(service: Service, name: str, kind: str) -> str | None:
    """Return the key of what people call so: by another name, or with a stroke or capitals too many."""
    with suppress(ParameterError):
        return service.resolver.resolve(name.strip("/"), kind).value.removeprefix(f"{BASE}{kind}/")
    return None


def _hint(near: str | None) -> str:
    return f"; did you mean '{near}'?" if near else ""


def _keys_near(service: Service, kind: str, key: str) -> list[str]:
    """Return the keys of all things of a kind; where there are many, those beside `key`."""
    things = things_of(service, kind)
    nodes = things.page(0, _FEW) if things.count <= _FEW else things.near(key, _NEAR)
    return [node.value.removeprefix(f"{BASE}{kind}/") for node in nodes]


def _label(service: Service, node: ox.NamedNode) -> str:
    return label_of(service.store, node)


def _version_iris(service: Service, node: ox.NamedNode) -> list[str]:
    found = service.store.quads_for_pattern(node, term("owl:versionIRI"), None, None)
    return [quad.object.value for quad in found if isinstance(quad.object, ox.NamedNode)]


# --- answering --------------------------------------------------------------------------------------------------------


def _document(service: Service, node: ox.NamedNode, offer: Offer, size: int | None = None) -> Response:
    form = offer.format
    found = describe(service.store, node, inverse_limit=_PAGE, parts=form is not HTML)
    if found is None and size is not None:  # a graph that nothing is said about, but that is there
        found = EntityDescription(
            node, _label(service, node), None, (), (), (), (), deprecated=False, replaced_by=None, core=(), quads=()
        )
    if found is None:
        raise _unknown(service, node.value.removeprefix(BASE))
    if found.deprecated or found.replaced_by:
        return _retired(found)
    if form is HTML:
        response = _page(service, found, size)
    else:
        response = nested_response(service, node, found.triples, found.quads, offer)
    types = [value.term.value for value in found.types if isinstance(value.term, ox.NamedNode)]
    return _with_headers(response, node, types, offer)


def _page(service: Service, found: EntityDescription, size: int | None) -> Response:
    kind = kind_of(found.node.value)
    reader = READERS.get(kind) if found.types else None  # what is only mentioned has no evidence to read
    made = make_page(service.store, found, tables=reader is None)
    return page(
        reader.template if reader else "entity.html",
        **(reader.values(found.node) if reader else {}),
        title=made.title,
        about=found,
        page=made,
        kind=kind if kind in KIND_NAMES else None,
        plural=KIND_NAMES.get(kind),
        citation=citation(service, found.label, found.node.value),
        origins=[(origin, local_path(graph_iri(origin.graph).value)) for origin in found.origins],
        path=local_path(found.node.value),
        size=size,
    )


def _with_headers(response: Response, node: ox.NamedNode, types: list[str], offer: Offer) -> Response:
    response.headers["Link"] = document_links(node, types, offer.format)
    path = local_path(node.value)
    response.headers["Content-Location"] = f"{path}.{offer.format.extension}"
    return response


def _retired(found: EntityDescription) -> Response:
    if found.replaced_by:
        extension = request.path.rpartition(".")[2] if split_extension(request.path)[1] else ""
        target = local_path(found.replaced_by.value) + (f".{extension}" if extension else "")
        response = redirect(carried_address(target), 301)
        assert isinstance(response, Response)
        return response
    raise ProblemError(410, "retired", f"{found.curie} ({found.label}) is retired, and nothing takes its place")


def _referring(service: Service, node: ox.NamedNode, offer: Offer) -> Response:
    """Give one page of what points to `node` by the property `by`, from number `offset` on."""
    predicate, offset = _predicate_and_offset(request.args["by"], request.args.get("offset", "0"))
    found = inverse_page(service.store, node, predicate, offset=offset, limit=_PAGE)
    here = f"{local_path(node.value)}?by={compress(predicate.value)}&offset="
    following = f"{here}{offset + _PAGE}" if offset + _PAGE < found.total else None
    before = f"{here}{max(0, offset - _PAGE)}" if offset else None
    if offer.format is HTML:
        cells: list[PageCell] = [cell_of(value.term, value.label) for value in found.values]
        response = page(
            "referring.html",
            title=f"{found.label}: {_label(service, node)}",
            found=found,
            cells=cells,
            about=_label(service, node),
            path=local_path(node.value),
            first=offset + 1,
            before=before,
            following=following,
        )
    else:
        labels = [
            quad.triple
            for value in found.values
            if isinstance(value.term, ox.NamedNode)
            for quad in service.store.quads_for_pattern(value.term, term("rdfs:label"), None, None)
        ]
        links = [ox.Triple(v.term, predicate, node) for v in found.values if not isinstance(v.term, ox.Literal)]
        triples = sorted({*labels, *links}, key=str)
        response = graph_response((ox.Quad(*triple) for triple in triples), offer)
    _add_steps(response, following, before)
    return response


def _add_steps(response: Response, following: str | None, before: str | None) -> None:
    """Say where the next page and the one before are."""
    steps: list[tuple[str, str, str | None]] = [
        (target, name, None) for target, name in ((following, "next"), (before, "prev")) if target
    ]
    if steps:
        response.headers["Link"] = link_header(steps)


def _predicate_and_offset(by: str, offset: str) -> tuple[ox.NamedNode, int]:
    try:
        predicate = ox.NamedNode(by if by.startswith(("http://", "https://")) else expand(by))
    except (DualbioError, ValueError) as error:
        raise ProblemError(400, "property", f"by={by[:100]} names no property; accepted: a CURIE or an IRI") from error
    return predicate, offset_of(offset)
