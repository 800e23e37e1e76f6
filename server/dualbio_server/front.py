"""The SPARQL endpoint as a WSGI application in front of Flask: cached answers first, then queries, then pages.

A repeated request is found by its exact spelling before anything is parsed. Every answer is whole, and its length
known, before the status line goes out; so a 200 can never be cut short.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dualbio.errors import DualbioError
from dualbio_server.access_log import AccessLog
from dualbio_server.answers import Plan, Reply, answer_plan, make_plan, validators, wants_page
from dualbio_server.cache import AnswerCache, CachedReply
from dualbio_server.entries import Entry
from dualbio_server.headers import COMMON, PREFLIGHT, Headers
from dualbio_server.problems import ProblemError, problem_of
from dualbio_server.requests import METHODS, SparqlRequest, SparqlUpdate, read_body, read_request
from dualbio_server.service import Service

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

__all__ = ["UPDATE_KEY", "SparqlFront"]

#: Where the environment of a request holds its update.
UPDATE_KEY = "dualbio.update"

_PATHS = frozenset({"/sparql", "/sparql/"})
_OK = "200 OK"
_NOT_MODIFIED = "304 Not Modified"
_WITH_BODY = frozenset({"POST", "QUERY"})
_WITHOUT_BODY = frozenset({"GET", "HEAD"})

Body = Iterable[bytes]


class SparqlFront:
    """Answers queries at `/sparql`, and passes everything else on to `inner`."""

    def __init__(self, inner: WSGIApplication, service: Service, log: AccessLog) -> None:
        """Stand in front of `inner`."""
        self.inner = inner
        self.service = service
        self.log = log
        self.cache = AnswerCache(service.settings.cache_size * 1024 * 1024)
        self.user_graphs = service.user_graphs
        self._clients: dict[str, int] = {}
        self._under_way = 0
        self._places = service.options.query_places
        self._share = max(1, int(self._places * service.options.client_share))
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Body:
        """Answer one request (PEP 3333)."""
        if environ["PATH_INFO"] not in _PATHS:
            return self.inner(environ, start_response)
        started = time.perf_counter()
        try:
            body = self._answer(environ, start_response, started)
        except DualbioError as error:
            return self._problem(environ, start_response, problem_of(error), started)
        except Exception:  # noqa: BLE001 - the last line of defence: the client gets the one error shape
            traceback.print_exc(file=sys.stderr)
            return self._problem(environ, start_response, problem_of(DualbioError()), started)
        return self.inner(environ, start_response) if body is None else body

    def _answer(self, environ: dict[str, Any], start_response: StartResponse, started: float) -> Body | None:
        method = environ["REQUEST_METHOD"]
        content = b""
        if method in _WITH_BODY:
            content = read_body(environ, self.service.settings.request_limit * 1024)
        spelling = _spelling(environ, content)
        kept = self._kept(spelling)
        if kept:
            return self._send_kept(environ, start_response, kept)
        if method == "OPTIONS":
            return _send(start_response, "204 No Content", [("Allow", ", ".join(METHODS)), *PREFLIGHT, *COMMON])
        request = read_request(environ, content)
        if isinstance(request, SparqlUpdate):
            environ[UPDATE_KEY] = request  # its route answers
            return None
        if request is None or (method not in _WITH_BODY and wants_page(request.accept, request.override)):
            return None
        return self._query(environ, start_response, request, spelling, started)

    # --- answers from the cache ---------------------------------------------------------------------------------------

    def find(self, environ: dict[str, Any]) -> tuple[int, Headers, bytes] | None:
        """Return status, headers and body of the answer to a request without a body, if it is in the cache."""
        if environ["PATH_INFO"] not in _PATHS or environ["REQUEST_METHOD"] not in _WITHOUT_BODY:
            return None
        kept = self._kept(_spelling(environ, b""))
        return self._found(environ, kept) if kept else None

    def _kept(self, spelling: tuple[object, ...]) -> CachedReply | None:
        kept = self.cache.get(spelling)
        if kept is None and self.user_graphs:
            kept = self.cache.get((self.user_graphs.generation, spelling))
        return kept

    def _found(self, environ: dict[str, Any], kept: CachedReply) -> tuple[int, Headers, bytes]:
        if "HTTP_IF_NONE_MATCH" in environ and _matches(environ, kept.etag):
            self.log.hit(kept, 304)
            return 304, kept.not_modified, b""
        self.log.hit(kept, 200)
        return 200, kept.headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else kept.body

    def _send_kept(self, environ: dict[str, Any], start_response: StartResponse, kept: CachedReply) -> Body:
        status, headers, body = self._found(environ, kept)
        start_response(_OK if status == HTTPStatus.OK else _NOT_MODIFIED, headers)
        return [body]

    # --- queries ------------------------------------------------------------------------------------------------------

    def _query(
        self,
        environ: dict[str, Any],
        start_response: StartResponse,
        request: SparqlRequest,
        spelling: tuple[object, ...],
        started: float,
    ) -> Body:
        plan = make_plan(self.service, request, environ.get("HTTP_ACCEPT_ENCODING"))
        if plan.stable and "HTTP_IF_NONE_MATCH" in environ and _matches(environ, plan.etag):
            headers = [*validators(self.service, plan), ("Vary", "Accept, Accept-Encoding"), *COMMON]
            self._note(environ, 304, 0, started, query=plan.query_hash)
            return _send(start_response, _NOT_MODIFIED, headers)
        kept = self.cache.get(plan.key) if plan.stable else None
        if kept is None:
            client = environ.get("REMOTE_ADDR") or ""
            self._enter(client)
            try:
                reply = self._ask(environ, plan, started)
            finally:
                self._leave(client)
            if isinstance(reply, Reply):
                return self._send_new(environ, start_response, reply, request.query_id)
            kept = reply
        key = spelling if plan.generation is None else (plan.generation, spelling)
        self.cache.put(key, kept, cost=sum(len(part) for part in spelling if isinstance(part, (str, bytes))))
        return self._send_kept(environ, start_response, kept)

    def _ask(self, environ: dict[str, Any], plan: Plan, started: float) -> Reply | CachedReply:
        """Return the answer of the pool; one that may be shared is kept, and asked for once at a time."""
        fresh: list[Reply] = []

        def ask() -> CachedReply | None:
            reply = answer_plan(self.service, plan)
            fresh.append(reply)
            self._note(environ, 200, reply.length, started, query=plan.query_hash, rows=reply.rows, cache="miss")
            if not isinstance(reply.body, bytes) or not reply.stable:
                return None
            bare = _without_content(reply.headers)
            kept = CachedReply(_OK, reply.headers, reply.body, plan.etag, _hit_line(plan, reply), bare)
            self.cache.put(plan.key, kept)
            return kept

        if plan.stable and not plan.request.query_id:
            shared = self.cache.fly(plan.key, ask)
            if shared and not fresh:
                return shared
        if not fresh:  # another thread asked, and what it got cannot be shared
            ask()
        return fresh[0]

    def _send_new(
        self, environ: dict[str, Any], start_response: StartResponse, reply: Reply, query_id: str | None
    ) -> Body:
        headers = [*reply.headers, ("X-Query-Id", query_id)] if query_id else reply.headers
        if environ["REQUEST_METHOD"] == "HEAD":
            if not isinstance(reply.body, bytes):
                reply.body.close()
            return _send(start_response, _OK, headers)
        start_response(_OK, headers)
        return [reply.body] if isinstance(reply.body, bytes) else reply.body

    def _enter(self, client: str) -> None:
        """Take one of the places for queries, so that threads are left for cached answers and other clients."""
        with self._lock:
            if self._under_way >= self._places:
                raise _busy(503, "busy", f"{self._places} queries are under way in this process", self._places)
            taken = self._clients.get(client, 0)
            if taken >= self._share:
                raise _busy(429, "client-limit", f"{taken} queries from your address are under way", self._share)
            self._clients[client] = taken + 1
            self._under_way += 1

    def _leave(self, client: str) -> None:
        with self._lock:
            self._under_way -= 1
            left = self._clients[client] - 1
            if left:
                self._clients[client] = left
            else:
                del self._clients[client]

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _problem(
        self, environ: dict[str, Any], start_response: StartResponse, problem: ProblemError, started: float
    ) -> Body:
        body = problem.body()
        headers = [
            *problem.reply_headers(),
            ("Content-Length", str(len(body))),
            ("Vary", "Accept, Accept-Encoding"),
            *COMMON,
        ]
        self._note(environ, int(problem.status), len(body), started, outcome=problem.code)
        start_response(f"{problem.status.value} {problem.status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _note(
        self,
        environ: dict[str, Any],
        status: int,
        size: int,
        started: float,
        *,
        query: str | None = None,
        rows: int | None = None,
        cache: str = "none",
        outcome: str = "ok",
    ) -> None:
        self.log.note(
            Entry(
                method=environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other",
                path="/sparql",
                status=status,
                size=size,
                seconds=time.perf_counter() - started,
                outcome=outcome,
                cache=cache,
                query=query,
                rows=rows,
                client=environ.get("REMOTE_ADDR"),
            )
        )


def _spelling(environ: dict[str, Any], content: bytes) -> tuple[object, ...]:
    """Return all of a request that its answer depends on; HEAD and GET share their answers."""
    get = environ.get
    method = environ["REQUEST_METHOD"]
    return (
        "GET" if method == "HEAD" else method,
        get("QUERY_STRING"),
        get("HTTP_ACCEPT"),
        get("HTTP_ACCEPT_ENCODING"),
        get("CONTENT_TYPE") if content else None,
        content,
    )


def _matches(environ: dict[str, Any], etag: str) -> bool:
    """Tell whether `If-None-Match` names the entity tag (RFC 9110, section 13.1.2); only for methods that read."""
    if environ["REQUEST_METHOD"] == "POST":
        return False
    return any(tag.strip().removeprefix("W/") == etag for tag in environ["HTTP_IF_NONE_MATCH"].split(","))


def _without_content(headers: Headers) -> Headers:
    return [header for header in headers if not header[0].startswith("Content-") or header[0].endswith("Policy")]


def _hit_line(plan: Plan, reply: Reply) -> str:
    """Return the end of the line that the access log has for each later answer from the cache."""
    rows = "null" if reply.rows is None else reply.rows
    return (
        f'"method": "GET", "path": "/sparql", "cache": "hit", "outcome": "ok", '
        f'"query": "{plan.query_hash}", "rows": {rows}}}'
    )


def _busy(status: int, code: str, detail: str, limit: int) -> ProblemError:
    title = HTTPStatus(status).phrase
    return ProblemError(
        status, code, f"{detail}; repair: ask again later", title=title, headers=(("Retry-After", "2"),), limit=limit
    )


def _send(start_response: Callable[..., Any], status: str, headers: Headers) -> Body:
    start_response(status, headers)
    return []
