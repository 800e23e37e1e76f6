"""SPARQL Update at `/sparql`: clients with the token may change the user graphs."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, request

from dualbio.store.workers import WriteRequest
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import Service, current_service
from dualbio_server.sparql.endpoint import UPDATE_KEY
from dualbio_server.sparql.requests import SparqlUpdate
from dualbio_server.user_graphs import UserGraphAccess

__all__ = ["blueprint", "empty", "require_token", "require_writing"]

blueprint = Blueprint("update", __name__)

_CHALLENGE = 'Bearer realm="user graphs"'


@blueprint.post("/sparql", strict_slashes=False)
def update() -> Response:
    """Do an update, all of it or nothing, and answer when it is on the disk and every later query sees it."""
    operation = request.environ.get(UPDATE_KEY)
    assert isinstance(operation, SparqlUpdate)
    service = current_service()
    users = require_writing(service)
    settings = service.settings
    users.writer.write(
        WriteRequest(
            "update",
            operation.query_id or f"write-{secrets.token_hex(8)}",
            min(operation.timeout or settings.query_timeout, settings.query_timeout_max),
            operation.text.encode(errors="surrogatepass"),
            using=operation.using,
            using_named=operation.using_named,
            client=request.remote_addr or "",
        )
    )
    return empty({"X-Query-Id": operation.query_id} if operation.query_id else {})


def empty(headers: Mapping[str, str], status: int = 204) -> Response:
    """Return an answer without a body, and so without a type of it."""
    response = Response(status=status, headers=dict(headers))
    del response.headers["Content-Type"]
    return response


def require_writing(service: Service) -> UserGraphAccess:
    """Return the user graphs for a request that may write them.

    Raises:
        ProblemError: 403 while updates are off or with a wrong token, 401 without one.
    """
    users = service.user_graphs
    if users is None:
        raise ProblemError(
            403,
            "updates-off",
            "updates are switched off here; accepted: queries; the operator can set DUALBIO_UPDATE_TOKEN",
        )
    require_token(service)
    return users


def require_token(service: Service) -> None:
    """Refuse a request without the token of the operator (RFC 6750).

    A browser sends no such header by itself, so no page of another site can act for a user who has the token.

    Raises:
        ProblemError: 401 without a token, 403 with a wrong one or when there is none to know.
    """
    token = service.settings.update_token
    if not token:
        raise ProblemError(403, "no-token", "this is for operators, and no DUALBIO_UPDATE_TOKEN is set")
    scheme, _, given = (request.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise ProblemError(
            401,
            "token",
            "found no bearer token; accepted: Authorization: Bearer TOKEN",
            headers=(("WWW-Authenticate", _CHALLENGE),),
        )
    if not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise ProblemError(
            403,
            "wrong-token",
            "this is not the token of this service",
            headers=(("WWW-Authenticate", f'{_CHALLENGE}, error="invalid_token"'),),
        )
