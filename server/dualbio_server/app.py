"""The Flask application: blueprints, the one error shape, and what every answer has in common."""

from __future__ import annotations

import sys
import time
from functools import lru_cache
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from dualbio.errors import DualbioError
from dualbio.formats import negotiate_coding
from dualbio_server import (
    data,
    diff_pages,
    entities,
    explore,
    graph_store,
    health,
    home,
    nanopub_pages,
    queries,
    sparql,
    update,
    versions,
)
from dualbio_server.access_log import AccessLog
from dualbio_server.coding import CODINGS, compress, worth_coding
from dualbio_server.context import current_service
from dualbio_server.entries import Entry
from dualbio_server.front import SparqlFront
from dualbio_server.headers import COMMON
from dualbio_server.metrics import Metrics
from dualbio_server.pinned import PinnedReleases
from dualbio_server.problems import ProblemError, problem_of
from dualbio_server.service import Service

__all__ = ["BLUEPRINTS", "make_app"]

#: Every group of routes; a new one is imported above and named here.
BLUEPRINTS: tuple[Blueprint, ...] = (
    home.blueprint,
    sparql.blueprint,
    update.blueprint,
    graph_store.blueprint,
    queries.blueprint,
    data.blueprint,
    diff_pages.blueprint,
    nanopub_pages.blueprint,
    versions.blueprint,
    explore.blueprint,
    health.blueprint,
    entities.blueprint,
)

_UNKEPT = ("/health/", "/metrics", "/sparql/running")


def make_app(service: Service, log: AccessLog | None = None) -> Flask:
    """Return the application that serves `service`; an earlier release beside it shares the `log` of the current."""
    app = Flask("dualbio_server")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = service.settings.request_limit * 1024
    earlier, log = (
        log is not None,
        log or AccessLog(sys.stderr if service.options.access_log else None, Metrics(service.pool)),
    )
    app.extensions["dualbio"] = service
    app.extensions["dualbio-log"] = log
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(_start)
    app.after_request(_finish)
    app.register_error_handler(DualbioError, _known_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unknown_error)
    front = SparqlFront(app.wsgi_app, service, log)
    app.wsgi_app = front  # type: ignore[method-assign]
    app.extensions["dualbio-front"] = front
    if not earlier:
        app.wsgi_app = PinnedReleases(app.wsgi_app, service, lambda each: make_app(each, log))  # type: ignore[method-assign]
    return app


def _start() -> None:
    g.started = time.perf_counter()


def _known_error(error: DualbioError) -> Response:
    return _problem_response(problem_of(error))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    allow = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Location", "Retry-After")]
    code = HTTPStatus(status).phrase.lower().replace(" ", "-")
    return _problem_response(ProblemError(status, code, error.description or "", headers=tuple(allow)))


def _unknown_error(error: Exception) -> Response:
    sys.excepthook(type(error), error, error.__traceback__)
    return _problem_response(problem_of(DualbioError()))


def _problem_response(problem: ProblemError) -> Response:
    response = Response(problem.body(), status=int(problem.status))
    for name, value in problem.reply_headers():
        response.headers[name] = value
    g.outcome = problem.code
    return response


def _finish(response: Response) -> Response:
    """Give every answer its common headers, an entity tag, a content coding, and a line in the log."""
    for name, value in COMMON:
        response.headers.setdefault(name, value)
    response.vary.update(("Accept", "Accept-Encoding"))
    response.headers.setdefault("Dualbio-Release", current_service().release.id)
    if request.endpoint == "static":
        _read_in(response)
    if response.status_code == HTTPStatus.OK and not response.direct_passthrough:
        response = _conditional(_coded(response))
    _note(response)
    return response


def _read_in(response: Response) -> None:
    """Take a file into memory, where it can be coded; ours are few and small."""
    response.direct_passthrough = False
    data = response.get_data()
    response.close()
    response.set_data(data)


@lru_cache(maxsize=64)
def _compress(data: bytes, coding: str) -> bytes:
    return compress(data, coding)


def _coded(response: Response) -> Response:
    coding = negotiate_coding(request.headers.get("Accept-Encoding"), CODINGS)
    if coding is None or coding == "identity" or "Content-Encoding" in response.headers:
        return response
    if worth_coding(response.calculate_content_length() or 0):
        response.set_data(_compress(response.get_data(), coding))
        response.headers["Content-Encoding"] = coding
    return response


def _conditional(response: Response) -> Response:
    if request.path.startswith(_UNKEPT):
        response.headers.setdefault("Cache-Control", "no-store")
        return response
    if "ETag" not in response.headers:
        response.add_etag()
    response.headers.setdefault("Cache-Control", "public, no-cache")
    modified = current_service().last_modified
    if modified:
        response.headers.setdefault("Last-Modified", modified)
    if request.method in ("GET", "HEAD"):
        response.make_conditional(request)
    return response


def _note(response: Response) -> None:
    log = _log()
    started: float = getattr(g, "started", time.perf_counter())
    log.note(
        Entry(
            method=request.method,
            path=request.url_rule.rule if request.url_rule else "unknown",
            status=response.status_code,
            size=0 if request.method == "HEAD" else response.calculate_content_length() or 0,
            seconds=time.perf_counter() - started,
            outcome=getattr(g, "outcome", "ok"),
            client=request.remote_addr,
        )
    )


def _log() -> AccessLog:
    log = current_app.extensions["dualbio-log"]
    assert isinstance(log, AccessLog)
    return log
