"""The SPARQL 1.1 Graph Store HTTP Protocol: graphs are read by everyone, user graphs written with the token.

A graph is named by `?graph=` at `/store` (`?default` is the union of the released graphs), and a user graph also by
its own address, `/graph/user/<name>`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from flask import Blueprint, Response, request

from dualbio.errors import NotFoundError
from dualbio.sparql.formats import GRAPH_FORMATS, format_of_media_type
from dualbio.sparql.tokens import ABSOLUTE_IRI
from dualbio.store.user_graphs import ACCEPTED, GraphEntry, user_graph_iri, user_graph_name
from dualbio.store.workers import Dataset, PoolStore, WriteReceipt, WriteRequest
from dualbio_server.http.headers import COMMON, PREFLIGHT
from dualbio_server.http.links import host_url
from dualbio_server.http.problems import ProblemError
from dualbio_server.http.replies import is_known, not_modified
from dualbio_server.service import Service, current_service
from dualbio_server.sparql.answers import answer_request, seen_now
from dualbio_server.sparql.requests import SparqlRequest, read_body
from dualbio_server.sparql.update import empty, require_writing
from dualbio_server.user_graphs import state_of

__all__ = ["blueprint"]

blueprint = Blueprint("graph_store", __name__)

_READING = "GET, HEAD, OPTIONS"
_METHODS = "GET, HEAD, PUT, POST, DELETE, OPTIONS"
_TYPES = ", ".join(form.media_type for form in GRAPH_FORMATS)
_STORE = "/store"
_DIRECT = "/graph/user/<name>"
#: One order for the triples of one graph, literals that are equal as values included.
_ORDER = " ORDER BY ?s ?p ?o STR(?o) DATATYPE(?o) LANG(?o)"
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


View = Callable[[str | None], Response]


def _route(method: str) -> Callable[[View], View]:
    """Have a view answer a method at both addresses; OPTIONS has an answer of its own."""

    def register(view: View) -> View:
        for rule in (_STORE, _DIRECT):
            blueprint.add_url_rule(
                rule, view_func=view, methods=[method], strict_slashes=False, provide_automatic_options=False
            )
        return view

    return register


# --- which graph -----------------------------------------------------------------------------------------------------


def _graph(name: str | None) -> str | None:
    """Return the IRI of the graph that the request names, None for the default graph.

    Raises:
        ProblemError: 400 when it names none, several, or something else than a graph.
    """
    if name is not None:
        if user_graph_name(user_graph_iri(name)) is None:
            raise ProblemError(404, "no-such-graph", f"'{name[:100]}' names no user graph; accepted: {ACCEPTED}")
        return user_graph_iri(name)
    graphs, default = request.args.getlist("graph"), request.args.getlist("default")
    if len(graphs) + len(default) != 1:
        raise ProblemError(
            400,
            "graph-parameter",
            f"found {len(graphs)} graph= and {len(default)} default; accepted: one of them, once",
        )
    if default:
        return None
    if not ABSOLUTE_IRI.fullmatch(graphs[0]):
        raise ProblemError(
            400, "graph-iri", f"'{graphs[0][:200]}' is not an absolute IRI, so it names no graph; accepted: {ACCEPTED}"
        )
    return graphs[0]


def _writable(name: str | None) -> str:
    """Return the name of the user graph that the request would write.

    Raises:
        ProblemError: 405 for the default graph and released graphs, 403 for what can be no graph here.
    """
    iri = _graph(name)
    known = user_graph_name(iri) if iri else None
    if known is not None:
        return known
    told = f"<{iri[:200]}>" if iri else "the default graph"
    if iri is None or _is_released(current_service(), iri):
        raise ProblemError(
            405,
            "graph-refused",
            f"{told} is released data and cannot be written; accepted: {ACCEPTED}",
            headers=(("Allow", _READING),),
            graph=iri,
        )
    raise ProblemError(403, "graph-refused", f"{told} is not a user graph; accepted: {ACCEPTED}", graph=iri)


def _is_released(service: Service, iri: str) -> bool:
    store = PoolStore(service.pool, timeout=service.settings.query_timeout, client=request.remote_addr or "")
    return store.ask(f"ASK {{ GRAPH <{iri}> {{ ?s ?p ?o }} }}")


# --- reading ---------------------------------------------------------------------------------------------------------


@_route("GET")
def read(name: str | None = None) -> Response:
    """Give the triples of a graph."""
    service = current_service()
    iri = _graph(name)
    entry = _entry(service, iri) if iri else None
    if iri and entry is None and (user_graph_name(iri) or not _is_released(service, iri)):
        raise NotFoundError(f"there is no graph <{iri[:200]}>; see {host_url()}/sparql for the existing graphs")
    where = f"{{ GRAPH <{iri}> {{ ?s ?p ?o }} }}" if iri else "{ ?s ?p ?o }"
    # A user graph may come to one state in several ways, and its triples then stand in several orders.
    order = _ORDER if entry else ""
    text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {where}{order}"
    asked = seen_now(service, SparqlRequest(request.environ, text, Dataset(), request.args.get("format")))
    asked.check_forms()
    known = request.headers.get("If-None-Match")
    if entry and is_known(request.method, known, _tag(entry, asked)):
        return empty({"ETag": _tag(entry, asked), "Cache-Control": "public, no-cache"}, 304)
    reply = answer_request(service, asked)
    headers = dict(reply.headers)
    if entry and reply.shared:
        headers["ETag"] = _tag(entry, asked)
    if is_known(request.method, known, reply.etag):
        reply.discard()
        return empty(dict(not_modified(reply.headers)), 304)
    # Whole as it is: what the application adds to its pages, such as the time of the release, would be wrong here.
    return Response(reply.body, headers=headers, direct_passthrough=True)


def _entry(service: Service, iri: str) -> GraphEntry | None:
    name = user_graph_name(iri)
    return service.user_graphs.index.graphs.get(name) if service.user_graphs and name else None


def _tag(entry: GraphEntry, asked: SparqlRequest) -> str:
    """Return the entity tag of a graph that can be written: its state, a SHA-256 of its triples, format and coding.

    So `If-Match` holds for the state, whatever format it was read in.
    """
    form = asked.graph.format.extension if asked.graph else ""
    return f'"{state_of(entry.sha256)}.{form}.{asked.coding}"'


def _tags(header: str) -> list[str] | None:
    """Return the entity tags of a header, `*` for any; None when the header is missing."""
    text = request.headers.get(header)
    if text is None:
        return None
    return ["*"] if text.strip() == "*" else _TAG.findall(text)


def _states(header: str) -> tuple[str, ...] | None:
    found = _tags(header)
    return None if found is None else tuple(tag.partition(".")[0] for tag in found)


# --- writing ---------------------------------------------------------------------------------------------------------


@_route("PUT")
def replace(name: str | None = None) -> Response:
    """Make a user graph hold exactly the triples of the body."""
    return _stored(_send("put", name))


@_route("POST")
def merge(name: str | None = None) -> Response:
    """Add the triples of the body to a user graph; without any name, to a new one that is named for the client."""
    return _stored(_send("post", name if name or request.args else f"g-{secrets.token_hex(8)}"))


@_route("DELETE")
def remove(name: str | None = None) -> Response:
    """Remove a user graph."""
    _send("delete", name)
    return empty({})


@_route("OPTIONS")
def options(name: str | None = None) -> Response:  # noqa: ARG001 - every graph has the same answer
    """Tell a browser what it may send from another origin; no token is needed for the question."""
    headers = dict([*PREFLIGHT, *COMMON]) | {
        "Allow": _METHODS,
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-Match, If-None-Match, X-Query-Id",
        "Accept-Post": _TYPES,
    }
    return empty(headers)


def _send(kind: str, name: str | None) -> WriteReceipt:
    service = current_service()
    users = require_writing(service)
    name = _writable(name)
    body, form = b"", ""
    if kind != "delete":
        body = read_body(request.environ, service.settings.request_limit * 1024)
        form = _format_name()
    return users.writer.write(
        WriteRequest(
            kind,
            f"write-{secrets.token_hex(8)}",
            service.settings.query_timeout,
            body,
            name,
            form,
            if_match=_states("If-Match"),
            if_none_match=_states("If-None-Match"),
            client=request.remote_addr or "",
        )
    )


def _format_name() -> str:
    found = request.headers.get("Content-Type", "")
    form = format_of_media_type(found, GRAPH_FORMATS)
    if form is None:
        raise ProblemError(
            415,
            "media-type",
            f"Content-Type: {found[:80] or 'none'} is not accepted; accepted: {_TYPES}",
            headers=(("Accept-Post", _TYPES),),
            accepted=[each.media_type for each in GRAPH_FORMATS],
        )
    return form.name


def _stored(outcome: WriteReceipt) -> Response:
    if not outcome.created:
        return empty({})
    (name,) = outcome.created
    return empty({"Location": user_graph_iri(name)}, 201)
