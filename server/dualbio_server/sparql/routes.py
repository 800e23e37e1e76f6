"""Routes at `/sparql` that are no queries: the editor for people, the service description for machines, operation."""

from __future__ import annotations

from flask import Blueprint, Response, request

from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.sparql.formats import GRAPH_FORMATS, HTML, choose_format
from dualbio_server.entities.documents import page
from dualbio_server.entities.routes import thing
from dualbio_server.http.links import host_url
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import current_service
from dualbio_server.sparql.description import describe_service
from dualbio_server.sparql.update import require_token

__all__ = ["blueprint"]

blueprint = Blueprint("sparql", __name__)


@blueprint.get("/sparql", strict_slashes=False)
def endpoint() -> Response:
    """Give a browser the editor, and everything else the service description."""
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (*GRAPH_FORMATS, HTML))
    if offer.format is HTML:
        return page("editor.html", base=BASE, title="SPARQL")
    service = current_service()
    body = describe_service(service, endpoint_iri(), offer.format)
    return Response(body, content_type=offer.content_type)


@blueprint.get("/.well-known/void")
def void() -> Response:
    """Give the statistics of the data set, which are part of the service description; people get a page about it."""
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (*GRAPH_FORMATS, HTML))
    if offer.format is HTML:
        return thing(".well-known/void")
    service = current_service()
    return Response(describe_service(service, endpoint_iri(), offer.format), content_type=offer.content_type)


@blueprint.get("/sparql/prefixes.json")
def prefixes() -> dict[str, str]:
    """Give the prefix table, which queries need not declare."""
    return PREFIXES


@blueprint.get("/sparql/running")
def running() -> dict[str, object]:
    """List the queries at work, for an operator with the token."""
    service = current_service()
    require_token(service)
    return {"running": service.pool.status()["running"]}


@blueprint.delete("/sparql/running/<query_id>")
def cancel(query_id: str) -> Response:
    """Cancel a query; any client that knows its id may do so."""
    if not current_service().pool.cancel(query_id):
        raise ProblemError(404, "no-such-query", f"no query '{query_id[:64]}' is at work")
    return Response(status=204)


def endpoint_iri() -> str:
    """Return the absolute IRI of the endpoint: below the configured address, or where this request found it."""
    return f"{host_url()}/sparql"
