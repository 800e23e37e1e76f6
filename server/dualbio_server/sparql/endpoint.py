"""The SPARQL endpoint as a WSGI application in front of Flask: cached answers first, then queries, then pages.

A repeated request is found by its exact spelling before anything is parsed. Every answer is whole, and its length
known, before the status line goes out; so a 200 can never be cut short.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dualbio.store.workers import QueryTimeoutError
from dualbio_server.http.access_log import AccessLog, LogEntry
from dualbio_server.http.bounds import check_request, shortened
from dualbio_server.http.cache import cache_of
from dualbio_server.http.flights import Flights
from dualbio_server.http.headers import PREFLIGHT, Headers
from dualbio_server.http.problems import ProblemError, problem_of
from dualbio_server.http.replies import Reply, completed, is_known, not_modified
from dualbio_server.http.shares import places_of
from dualbio_server.service import Service
from dualbio_server.sparql.answers import answer_request, time_limit, writes_seen
from dualbio_server.sparql.requests import METHODS, SparqlRequest, SparqlUpdate, read_body, read_request

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

Pieces = Iterable[bytes]


class SparqlFront:
    """Answers queries at `/sparql`, and passes everything else on to `inner`."""

    def __init__(self, inner: WSGIApplication, service: Service, log: AccessLog) -> None:
        """Stand in front of `inner`."""
        self.inner = inner
        self.service = service
        self.log = log
        self.flights: Flights[Reply] = Flights()
        self.cache = cache_of(service)
        self.places = places_of(service)
        self.user_graphs = service.user_graphs

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Pieces:
        """Answer one request (PEP 3333)."""
        started = time.perf_counter()
        try:
            check_request(environ)
        except ProblemError as error:
            page = shortened(environ, error)
            if page is None:
                return self._problem(environ, start_response, error, started)
            return self.inner(page, start_response)
        try:
            body = self._answer(environ, start_response, started) if environ["PATH_INFO"] in _PATHS else None
        except Exception as error:  # noqa: BLE001 - the last line of defence: the client gets the one error shape
            return self._problem(environ, start_response, problem_of(error), started)
        return self.inner(environ, start_response) if body is None else body

    def _answer(self, environ: dict[str, Any], start_response: StartResponse, started: float) -> Pieces | None:
        method = environ["REQUEST_METHOD"]
        content = b""
        if method in _WITH_BODY:
            content = read_body(environ, self.service.settings.request_limit * 1024)
        spelling = _spelling(environ, content)
        kept = self._kept(spelling)
        if kept:
            return self._send_kept(environ, start_response, kept)
        if method == "OPTIONS":
            allowed = [("Allow", ", ".join(METHODS)), *PREFLIGHT]
            return _send(start_response, "204 No Content", completed(allowed, self.service.release.id))
        request = read_request(environ, content)
        if isinstance(request, SparqlUpdate):
            environ[UPDATE_KEY] = request  # its route answers
            return None
        if request is None or (method not in _WITH_BODY and request.wants_page):
            return None
        return self._query(environ, start_response, request, spelling, started)

    # --- answers from the cache ---------------------------------------------------------------------------------------

    def find(self, environ: dict[str, Any]) -> tuple[int, Headers, bytes] | None:
        """Return status, headers and body of the answer to a request without a body, if it is in the cache."""
        if environ["PATH_INFO"] not in _PATHS or environ["REQUEST_METHOD"] not in _WITHOUT_BODY:
            return None
        kept = self._kept(_spelling(environ, b""))
        return self._kept_answer(environ, kept) if kept else None

    def _kept(self, spelling: tuple[object, ...]) -> Reply | None:
        kept = self.cache.get(spelling)
        if kept is None and self.user_graphs:
            kept = self.cache.get((self.user_graphs.generation, spelling))
        return kept

    def _kept_answer(self, environ: dict[str, Any], kept: Reply) -> tuple[int, Headers, bytes]:
        if is_known(environ["REQUEST_METHOD"], environ.get("HTTP_IF_NONE_MATCH"), kept.etag):
            self.log.hit(kept, 304)
            return 304, kept.not_modified, b""
        self.log.hit(kept, 200)
        return 200, kept.headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else kept.content

    def _send_kept(self, environ: dict[str, Any], start_response: StartResponse, kept: Reply) -> Pieces:
        status, headers, body = self._kept_answer(environ, kept)
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
    ) -> Pieces:
        request.check_forms()
        writes = writes_seen(self.service, request)
        kept = self.cache.get((*request.key, writes)) if request.stable else None
        if kept is None:
            with self.places.place(environ.get("REMOTE_ADDR") or ""):
                reply, fresh = self._ask(environ, request, writes, started)
            if fresh:
                return self._send_new(environ, start_response, reply, request.query_id)
            kept = reply
        self.cache.put(spelling if writes is None else (writes, spelling), kept)
        return self._send_kept(environ, start_response, kept)

    def _ask(
        self, environ: dict[str, Any], request: SparqlRequest, writes: int | None, started: float
    ) -> tuple[Reply, bool]:
        """Return the answer of the pool, and whether it was made for this request alone or is kept.

        One that may be shared is kept, and asked for once at a time.
        """
        made: list[Reply] = []
        key = (*request.key, writes)

        def ask() -> Reply | None:
            reply = answer_request(self.service, request, writes)
            made.append(reply)
            self._note(environ, 200, reply.length, started, query=request.query_hash, rows=reply.rows, cache="miss")
            if not isinstance(reply.body, bytes) or not reply.shared:
                return None
            self.cache.put(key, reply)
            return reply

        if request.stable and not request.query_id:
            limit = time_limit(self.service, request)
            try:
                shared = self.flights.fly(key, ask, limit)
            except TimeoutError as error:
                raise QueryTimeoutError(
                    f"another client asks the same, and has no answer after {limit:g} s, your limit; "
                    "repair: ask for more time with timeout=, or again later",
                    limit=limit,
                ) from error
            if shared and not made:
                return shared, False
        if not made:  # another thread asked, and what it got cannot be shared
            ask()
        return made[0], True

    def _send_new(
        self, environ: dict[str, Any], start_response: StartResponse, reply: Reply, query_id: str | None
    ) -> Pieces:
        headers = [*reply.headers, ("X-Query-Id", query_id)] if query_id else reply.headers
        known = is_known(environ["REQUEST_METHOD"], environ.get("HTTP_IF_NONE_MATCH"), reply.etag)
        if known or environ["REQUEST_METHOD"] == "HEAD":
            reply.discard()
            return _send(start_response, *((_NOT_MODIFIED, not_modified(headers)) if known else (_OK, headers)))
        start_response(_OK, headers)
        return [reply.body] if isinstance(reply.body, bytes) else reply.body

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _problem(
        self, environ: dict[str, Any], start_response: StartResponse, problem: ProblemError, started: float
    ) -> Pieces:
        body = problem.body()
        headers = completed([*problem.reply_headers(), ("Content-Length", str(len(body)))], self.service.release.id)
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
            LogEntry(
                method=environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other",
                path="/sparql" if environ["PATH_INFO"] in _PATHS else "unknown",
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


def _send(start_response: Callable[..., Any], status: str, headers: Headers) -> Pieces:
    start_response(status, headers)
    return []
