"""The Flask application: blueprints, the one error shape, and what every answer has in common."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Hashable
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, g, request
from werkzeug.datastructures import Headers as WerkzeugHeaders
from werkzeug.exceptions import HTTPException

from dualbio.sparql.formats import negotiate_coding
from dualbio_server.entities import routes as entities
from dualbio_server.entities.evidence.asking import answered_from
from dualbio_server.entities.evidence.lists import prepare_lists
from dualbio_server.http.access_log import AccessLog, LogEntry
from dualbio_server.http.bounds import REFUSED, check_parameters, too_large
from dualbio_server.http.cache import cache_of
from dualbio_server.http.coding import CODINGS
from dualbio_server.http.language import LANGUAGES, page_language, say
from dualbio_server.http.links import without_origin
from dualbio_server.http.metrics import Metrics
from dualbio_server.http.mount import Mounted, mount_of
from dualbio_server.http.problems import ProblemError, problem_of
from dualbio_server.http.replies import Reply, completed, is_known, make_reply
from dualbio_server.http.shares import places_of
from dualbio_server.queries import routes as queries
from dualbio_server.releases import diff, versions
from dualbio_server.releases import routes as releases
from dualbio_server.releases.pinned import PinnedReleases
from dualbio_server.service import Options, Service, current_service
from dualbio_server.site import about, compare, explore, health, home, search, sitemap, syntheses
from dualbio_server.site.figures import routes as figures
from dualbio_server.site.problem_page import problem_page, wants_page
from dualbio_server.sparql import graph_store, update
from dualbio_server.sparql import routes as sparql
from dualbio_server.sparql.endpoint import SparqlFront

__all__ = ["BLUEPRINTS", "make_app", "make_log", "prepare"]

#: Every group of routes; a new one is imported above and named here.
BLUEPRINTS: tuple[Blueprint, ...] = (
    home.blueprint,
    sitemap.blueprint,
    about.blueprint,
    sparql.blueprint,
    update.blueprint,
    graph_store.blueprint,
    queries.blueprint,
    releases.blueprint,
    diff.blueprint,
    versions.blueprint,
    search.blueprint,
    explore.blueprint,
    compare.blueprint,
    figures.blueprint,
    syntheses.blueprint,
    health.blueprint,
    entities.blueprint,
)

#: What changes while a release is served.
_UNKEPT = ("/health/", "/metrics", "/sparql/running")
#: Files of ours, few and small.
_FILES = ("static", "home.favicon")
#: What costs nothing to speak of, and must be answered however much else is under way.
_FREE = ("static", "health.live", "health.ready", "health.metrics")
#: Groups of routes whose answers depend on the release and the request alone.
_KEPT = tuple(
    each.blueprint.name for each in (home, sitemap, about, diff, entities, queries, figures, compare, syntheses)
)


def make_log(options: Options) -> AccessLog:
    """Return the log and the counters of this process, which its applications share."""
    return AccessLog(sys.stderr if options.access_log else None, Metrics())


def make_app(service: Service, log: AccessLog | None = None) -> Flask:
    """Return the application that serves `service`, and earlier releases below `/v/`; by default with a `log` alone."""
    log = log or make_log(service.options)
    app = _make_app(service, log)
    pinned = PinnedReleases(app.wsgi_app, service, lambda earlier: _make_app(earlier, log))
    app.wsgi_app = pinned  # type: ignore[method-assign]
    app.extensions["dualbio-pinned"] = pinned
    mount = mount_of(service.settings.base_url)
    if mount:
        app.wsgi_app = Mounted(app.wsgi_app, mount)  # type: ignore[method-assign]
    return app


def prepare(app: Flask) -> None:
    """Do what the first readers would wait for, before anybody asks.

    What the front page and the lists say is computed in each language, templates are compiled, and the sources that
    answers cite are read. Unless the release is large, it is read into memory, and so is the ontology.
    """
    service: Service = app.extensions["dualbio"]
    _prepare(app, home.prepare)
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    _prepare(app, prepare_lists)
    if service.prepare():
        _prepare(app, lambda: entities.ontology_of(service))
    elif service.release.store:
        service.resolver.cited.read()


def _prepare(app: Flask, what: Callable[[], object]) -> None:
    """Do something within the context of a page in each language."""
    mount = mount_of(app.extensions["dualbio"].settings.base_url)
    for language in LANGUAGES:
        with app.test_request_context(f"/?lang={language}", environ_overrides={"SCRIPT_NAME": mount}):
            what()


def _make_app(service: Service, log: AccessLog) -> Flask:
    """Return the application over one release."""
    app = Flask("dualbio_server")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = say
    app.jinja_env.globals["answered_from"] = answered_from
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["MAX_CONTENT_LENGTH"] = service.settings.request_limit * 1024
    app.extensions["dualbio"] = service
    app.extensions["dualbio-log"] = log
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(_start)
    app.after_request(_finish)
    app.teardown_request(_end)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _any_error)
    front = SparqlFront(app.wsgi_app, service, log)
    app.wsgi_app = front  # type: ignore[method-assign]
    app.extensions["dualbio-front"] = front
    return app


def _start() -> Response | None:
    """Begin a request: find its answer in memory, where documents of a release are kept."""
    g.started = time.perf_counter()
    if REFUSED in request.environ:
        raise request.environ[REFUSED]
    kept = cache_of(current_service()).get(_key()) if _is_kept() else None
    if kept is None:
        if request.endpoint not in _FREE:
            client = request.remote_addr or ""
            places_of(current_service()).enter(client)
            g.client = client
        check_parameters(request.args.items(multi=True))
        return None
    g.kept = kept
    return Response(kept.content, headers=kept.headers)


def _end(_: BaseException | None) -> None:
    """End a request: give its place back."""
    if "client" in g:
        places_of(current_service()).leave(g.pop("client"))


def _is_kept() -> bool:
    """Return whether the answer depends on the release and the request alone, so that it may be kept."""
    return request.method in ("GET", "HEAD") and (request.blueprint in _KEPT or request.endpoint == "static")


def _key() -> Hashable:
    """Return all of a request that its answer depends on."""
    headers = (request.headers.get(name) for name in ("Host", "X-Forwarded-Proto", "Accept", "Accept-Encoding"))
    return request.script_root, request.full_path, page_language(), *headers


def _any_error(error: Exception) -> Response:
    return _problem_response(problem_of(error))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _problem_response(too_large(current_service().settings.request_limit * 1024))
    allow = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Location", "Retry-After")]
    code = HTTPStatus(status).phrase.lower().replace(" ", "-")
    return _problem_response(ProblemError(status, code, error.description or "", headers=tuple(allow)))


def _problem_response(problem: ProblemError) -> Response:
    """Return a problem: a page for people, for whom it has the same status and type, and a document for programs."""
    g.outcome = problem.code
    if wants_page():
        try:
            return problem_page(problem)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with pages, the problem itself is told
            problem_of(error)  # traced in the log
    response = Response(problem.body(), status=int(problem.status))
    for name, value in problem.reply_headers():
        response.headers[name] = value
    return response


def _finish(response: Response) -> Response:
    """Give every answer its common headers, an entity tag, a content coding, and a line in the log."""
    if request.endpoint in _FILES and "kept" not in g:
        _read_in(response)
    if response.status_code == HTTPStatus.OK and not response.direct_passthrough:
        try:
            response = _completed(response)
        except Exception as error:  # noqa: BLE001 - a full disk, say: what fails after a view is told as what fails in it
            response = _any_error(error)
    response.headers = WerkzeugHeaders(completed(list(response.headers), current_service().release.id))
    if response.status_code == HTTPStatus.PERMANENT_REDIRECT:  # Flask's, to a path that may not answer; kept for good
        response.status_code = HTTPStatus.TEMPORARY_REDIRECT
    if "Location" in response.headers:
        response.headers["Location"] = without_origin(response.headers["Location"])
    _log_request(response)
    return response


def _completed(response: Response) -> Response:
    """Return an answer with what the pipeline of all answers adds, or the 304 in its place."""
    if "kept" not in g:
        kept = _reply_of(response)
        if _is_kept() and request.method == "GET" and kept.etag:
            cache_of(current_service()).put(_key(), kept)
    else:
        kept = g.kept
    if is_known(request.method, request.headers.get("If-None-Match"), kept.etag):
        return Response(status=304, headers=kept.not_modified)
    response.set_data(kept.content)
    response.headers = WerkzeugHeaders(kept.headers)
    return response


def _reply_of(response: Response) -> Reply:
    own = [(name, value) for name, value in response.headers if name != "Content-Length"]
    if request.path.startswith(_UNKEPT):
        own.append(("Cache-Control", "no-store"))
    if answered := answered_from():
        own.append(("Dualbio-Answered-From", answered))
    coded = "Content-Encoding" in response.headers
    coding = None if coded else negotiate_coding(request.headers.get("Accept-Encoding"), CODINGS)
    return make_reply(current_service(), own, response.get_data(), coding or "identity")


def _read_in(response: Response) -> None:
    """Take a file into memory, where it can be coded and tagged as everything else."""
    response.direct_passthrough = False
    data = response.get_data()
    response.close()
    response.set_data(data)
    for name in ("ETag", "Last-Modified", "Date"):  # of the file, not of what is sent
        response.headers.pop(name, None)


def _log_request(response: Response) -> None:
    log = _log()
    started: float = getattr(g, "started", time.perf_counter())
    log.note(
        LogEntry(
            method=request.method,
            path=request.url_rule.rule if request.url_rule else "unknown",
            status=response.status_code,
            size=0 if request.method == "HEAD" else response.calculate_content_length() or 0,
            seconds=time.perf_counter() - started,
            outcome=getattr(g, "outcome", "ok"),
            cache="hit" if "kept" in g else "none",
            client=request.remote_addr,
        )
    )


def _log() -> AccessLog:
    log = current_app.extensions["dualbio-log"]
    assert isinstance(log, AccessLog)
    return log
