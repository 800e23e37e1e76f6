"""Routes at `/sparql` that are no queries: the editor for people, the service description for machines, operation."""

from __future__ import annotations

import hmac
import re

from flask import Blueprint, Response, render_template, request

from dualbio.formats import GRAPH_FORMATS, HTML, choose_format
from dualbio.namespaces import BASE, PREFIXES
from dualbio_server.context import current_service
from dualbio_server.description import describe_service
from dualbio_server.headers import PAGE_POLICY
from dualbio_server.problems import ProblemError
from dualbio_server.service import Service

__all__ = ["blueprint"]

blueprint = Blueprint("sparql", __name__)

_HOST = re.compile(r"[A-Za-z0-9.\-_]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?")


@blueprint.get("/sparql", strict_slashes=False)
def endpoint() -> Response | str:
    """Give a browser the editor, and everything else the service description."""
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (*GRAPH_FORMATS, HTML))
    if offer.format is HTML:
        page = Response(render_template("editor.html"), content_type=HTML.content_type)
        page.headers["Content-Security-Policy"] = PAGE_POLICY
        return page
    service = current_service()
    body = describe_service(service, endpoint_iri(service), offer.format)
    return Response(body, content_type=offer.content_type)


@blueprint.get("/.well-known/void")
def void() -> Response:
    """Give the statistics of the data set, which are part of the service description."""
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), GRAPH_FORMATS)
    service = current_service()
    return Response(describe_service(service, endpoint_iri(service), offer.format), content_type=offer.content_type)


@blueprint.get("/sparql/prefixes.json")
def prefixes() -> dict[str, str]:
    """Give the prefix table, which queries need not declare."""
    return PREFIXES


@blueprint.get("/sparql/running")
def running() -> dict[str, object]:
    """List the queries at work, for an operator with the token."""
    service = current_service()
    _require_token(service)
    return {"running": service.pool.status()["running"]}


@blueprint.delete("/sparql/running/<query_id>")
def cancel(query_id: str) -> Response:
    """Stop a query; whoever knows its id, which its client chose, may do so."""
    if not current_service().pool.cancel(query_id):
        raise ProblemError(404, "no-such-query", f"no query '{query_id[:64]}' is at work")
    return Response(status=204)


def endpoint_iri(service: Service) -> str:
    """Return the absolute IRI of the endpoint: below the configured address, or where this request found it."""
    if service.settings.base_url != BASE:
        return f"{service.settings.base_url.rstrip('/')}/sparql"
    if not _HOST.fullmatch(request.host):
        raise ProblemError(400, "host", "the Host header is not a host name with an optional port")
    return f"{request.scheme}://{request.host}/sparql"


def _require_token(service: Service) -> None:
    token = service.settings.update_token
    if not token:
        raise ProblemError(403, "no-token", "this is for operators, and no DUALBIO_UPDATE_TOKEN is set")
    scheme, _, given = (request.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise ProblemError(401, "token", "found no valid bearer token", headers=(("WWW-Authenticate", "Bearer"),))
