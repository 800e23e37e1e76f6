"""The SPARQL endpoint as a WSGI application in front of Flask: cached answers first, then queries, then pages.

A repeated request is found by its exact spelling before anything is parsed. Every answer is whole, and its length
known, before the status line goes out; so a 200 can never be cut short.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from dualbio.store.workers import LoopAnswer, LoopClient, PoolAnswer, QueryTimeoutError
from dualbio_server.http.access_log import AccessLog, LogEntry
from dualbio_server.http.bounds import check_request, shortened
from dualbio_server.http.cache import cache_of
from dualbio_server.http.file_body import FileBody
from dualbio_server.http.flights import Flight, Flights
from dualbio_server.http.headers import PREFLIGHT
from dualbio_server.http.problems import ProblemError, problem_of
from dualbio_server.http.replies import Reply, completed, is_known, not_modified
from dualbio_server.http.shares import places_of
from dualbio_server.http.turns import Turn, WholeAnswer
from dualbio_server.service import Service
from dualbio_server.sparql.answers import answer_request, pool_request, reply_of, seen_now, time_limit
from dualbio_server.sparql.requests import METHODS, SparqlRequest, SparqlUpdate, read_body, read_request

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

__all__ = ["UPDATE_KEY", "SparqlFront"]

#: Where the environment of a request holds its update.
UPDATE_KEY = "dualbio.update"

_PATHS = frozenset({"/sparql", "/sparql/"})
_ID = "HTTP_X_QUERY_ID"
#: Where the environment of a request holds when it came, and its exact spelling.
_STARTED = "dualbio.started"
_SPELLING = "dualbio.spelling"
_OK = "200 OK"
_NOT_MODIFIED = "304 Not Modified"
_WITH_BODY = frozenset({"POST", "QUERY"})
_WITHOUT_BODY = frozenset({"GET", "HEAD"})
#: Bytes of a request that the event loop reads, of a header by which it chooses the format, and of an answer that it
#: makes: a millisecond at most. Browsers send some 150 bytes in such a header.
_SHORT_REQUEST = 8 * 1024
_SHORT_HEADER = 512
_SHORT_ANSWER = 512 * 1024
_SHORT_CODED = 8 * 1024


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
        self._workers: LoopClient | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        environ[_STARTED] = time.perf_counter()
        try:
            check_request(environ)
        except ProblemError as error:
            page = shortened(environ, error)
            if page is None:
                return _send(start_response, self._problem(environ, error))
            return self.inner(page, start_response)
        try:
            answer = self._answer(environ) if environ["PATH_INFO"] in _PATHS else None
        except Exception as error:  # noqa: BLE001 - the last line of defence: the client gets the one error shape
            answer = self._problem(environ, problem_of(error))
        return self.inner(environ, start_response) if answer is None else _send(start_response, answer)

    def _answer(self, environ: dict[str, Any]) -> WholeAnswer | None:
        content = self._content(environ)
        kept = self._kept(environ, content)
        if kept:
            return self._kept_answer(environ, kept)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            allowed = [("Allow", ", ".join(METHODS)), *PREFLIGHT]
            return "204 No Content", completed(allowed, self.service.release.id), b""
        request = self._request(environ, content)
        return self._query(request) if request else None

    def _content(self, environ: dict[str, Any]) -> bytes:
        if environ["REQUEST_METHOD"] not in _WITH_BODY:
            return b""
        return read_body(environ, self.service.settings.request_limit * 1024)

    def _request(self, environ: dict[str, Any], content: bytes) -> SparqlRequest | None:
        """Return the query of a request; None for one that its route answers."""
        request = read_request(environ, content)
        if isinstance(request, SparqlUpdate):
            environ[UPDATE_KEY] = request
            return None
        if request is None or (environ["REQUEST_METHOD"] not in _WITH_BODY and request.wants_page):
            return None
        request = seen_now(self.service, request)
        request.check_forms()
        return request

    # --- answers from the cache ---------------------------------------------------------------------------------------

    def find(self, environ: dict[str, Any]) -> WholeAnswer | None:
        """Return the answer to a request without a body, if it is in the cache."""
        if environ["PATH_INFO"] not in _PATHS or environ["REQUEST_METHOD"] not in _WITHOUT_BODY:
            return None
        kept = self._kept(environ, b"")
        return self._kept_answer(environ, kept) if kept else None

    def _kept(self, environ: dict[str, Any], content: bytes) -> Reply | None:
        environ[_SPELLING] = spelling = _spelling(environ, content)
        if _ID in environ:  # it is read, and refused, as that of a query that is new
            return None
        kept = self.cache.get(spelling)
        if kept is None and self.user_graphs:
            kept = self.cache.get((self.user_graphs.generation, spelling))
        return kept

    def _kept_answer(self, environ: dict[str, Any], kept: Reply) -> WholeAnswer:
        if is_known(environ["REQUEST_METHOD"], environ.get("HTTP_IF_NONE_MATCH"), kept.etag):
            self.log.hit(kept, 304)
            return _NOT_MODIFIED, _with_id(environ, kept.not_modified), b""
        self.log.hit(kept, 200)
        content = b"" if environ["REQUEST_METHOD"] == "HEAD" else kept.content
        return _OK, _with_id(environ, kept.headers), content

    def _recalled(self, request: SparqlRequest) -> WholeAnswer | None:
        """Return the answer to a query that was asked in other words."""
        kept = self.cache.get(request.key) if request.stable else None
        return self._respelt(request, kept) if kept else None

    def _respelt(self, request: SparqlRequest, kept: Reply) -> WholeAnswer:
        writes, spelling = request.writes, request.environ[_SPELLING]
        self.cache.put(spelling if writes is None else (writes, spelling), kept)
        return self._kept_answer(request.environ, kept)

    # --- queries, in a thread -----------------------------------------------------------------------------------------

    def _query(self, request: SparqlRequest) -> WholeAnswer:
        recalled = self._recalled(request)
        if recalled:
            return recalled
        with self.places.place(request.client):
            reply, fresh = self._ask(request)
        return self._new(request, reply) if fresh else self._respelt(request, reply)

    def _ask(self, request: SparqlRequest) -> tuple[Reply, bool]:
        """Return the answer of the pool, and whether it was made for this request alone or is kept.

        One that may be shared is kept, and asked for once at a time.
        """
        made: list[Reply] = []

        def ask() -> Reply | None:
            made.append(answer_request(self.service, request))
            return self._take_note(request, made[0])

        if request.has_company:
            limit = time_limit(self.service, request)
            try:
                shared = self.flights.fly(request.key, ask, limit)
            except TimeoutError as error:
                raise QueryTimeoutError(
                    f"an equal query of another client has no answer after {limit:g} s, your limit; "
                    "repair: request more time with timeout=, or retry later",
                    limit=limit,
                ) from error
            if shared and not made:
                return shared, False
        if not made:  # another thread asked, and what it got cannot be shared
            ask()
        return made[0], True

    def _take_note(self, request: SparqlRequest, reply: Reply) -> Reply | None:
        """Note an answer of the pool, and return and keep it if it may be shared."""
        asked, told = request.environ, request.query_hash
        self._note(asked, 200, reply.length, query=told, rows=reply.rows, cache="miss")
        if not isinstance(reply.body, bytes) or not reply.shared:
            return None
        self.cache.put(request.key, reply)
        return reply

    def _new(self, request: SparqlRequest, reply: Reply) -> WholeAnswer:
        environ = request.environ
        headers = _with_id(environ, reply.headers)
        known = is_known(environ["REQUEST_METHOD"], environ.get("HTTP_IF_NONE_MATCH"), reply.etag)
        if known or environ["REQUEST_METHOD"] == "HEAD":
            reply.discard()
            return (_NOT_MODIFIED, not_modified(headers), b"") if known else (_OK, headers, b"")
        return _OK, headers, reply.body

    # --- queries, in the event loop -----------------------------------------------------------------------------------

    def begin(self, environ: dict[str, Any], turn: Turn) -> bool:
        """Begin to answer a short query, and return whether: whatever is not as usual is for a thread to answer."""
        if environ["PATH_INFO"] not in _PATHS:
            return False
        try:
            environ[_STARTED] = time.perf_counter()
            request = self._short_request(environ)
            recalled = self._recalled(request) if request else None
        except Exception:  # noqa: BLE001 - a thread comes to the same, and tells it
            return False
        if recalled:
            turn.done(recalled)
        return recalled is not None or (request is not None and self._begin(request, turn))

    def _short_request(self, environ: dict[str, Any]) -> SparqlRequest | None:
        length = environ.get("CONTENT_LENGTH") or "0"
        if len(environ["QUERY_STRING"]) > _SHORT_REQUEST or not length.isdigit() or int(length) > _SHORT_REQUEST:
            return None
        if any(len(environ.get(name) or "") > _SHORT_HEADER for name in ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING")):
            return None
        check_request(environ)
        content = self._content(environ)
        if content:
            environ["wsgi.input"].seek(0)  # a thread may have to read it again
        environ[_SPELLING] = _spelling(environ, content)
        return self._request(environ, content)

    def _begin(self, request: SparqlRequest, turn: Turn) -> bool:
        flight = self.flights.begin(request.key) if request.has_company else None
        if request.has_company and flight is None:  # a thread waits for the answer of another
            return False
        try:
            self.places.enter(request.client)
        except ProblemError:
            if flight:
                self.flights.land(flight, None)
            return False
        if self._workers is None:
            self._workers = LoopClient(self.service.pool, turn.loop, turn.in_thread)
        asked = pool_request(self.service, request)
        self._workers.ask(asked, partial(self._heard, request, flight, turn))
        return True

    def _heard(self, request: SparqlRequest, flight: Flight[Reply] | None, turn: Turn, outcome: LoopAnswer) -> None:
        """Send what came of a query; what takes time is made in a thread."""
        conclude = partial(self._concluded, request, flight, outcome)
        if callable(outcome) or (isinstance(outcome, PoolAnswer) and not _is_short(request, outcome)):
            turn.make(conclude)
        else:
            turn.done(conclude())

    def _concluded(self, request: SparqlRequest, flight: Flight[Reply] | None, outcome: LoopAnswer) -> WholeAnswer:
        shared = None
        try:
            reply = reply_of(self.service, request, partial(_answer_in, outcome))
            shared = self._take_note(request, reply)
            return self._new(request, reply)
        except Exception as error:  # noqa: BLE001 - the last line of defence, as above
            return self._problem(request.environ, problem_of(error))
        finally:
            if flight:
                self.flights.land(flight, shared)
            self.places.leave(request.client)

    def close(self) -> None:
        """Hang up on the workers; to be called when nothing is asked any more."""
        if self._workers:
            self._workers.close()

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _problem(self, environ: dict[str, Any], problem: ProblemError) -> WholeAnswer:
        body = problem.body()
        headers = completed([*problem.reply_headers(), ("Content-Length", str(len(body)))], self.service.release.id)
        self._note(environ, int(problem.status), len(body), outcome=problem.code)
        status = f"{problem.status.value} {problem.status.phrase}"
        return status, headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body

    def _note(
        self,
        environ: dict[str, Any],
        status: int,
        size: int,
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
                seconds=time.perf_counter() - environ[_STARTED],
                outcome=outcome,
                cache=cache,
                query=query,
                rows=rows,
                client=environ.get("REMOTE_ADDR"),
            )
        )


def _is_short(request: SparqlRequest, answer: PoolAnswer) -> bool:
    """Return whether the event loop may make the whole answer: it is hashed, and perhaps compressed."""
    limit = _SHORT_ANSWER if request.coding in (None, "identity") else _SHORT_CODED
    return answer.file is None and answer.length <= limit


def _answer_in(outcome: LoopAnswer) -> PoolAnswer:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome() if callable(outcome) else outcome


def _with_id(environ: dict[str, Any], headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers of an answer with the id by which the client named its query."""
    return [*headers, ("X-Query-Id", environ[_ID])] if _ID in environ else headers


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


def _send(start_response: Callable[..., Any], answer: WholeAnswer) -> Iterable[bytes]:
    status, headers, body = answer
    start_response(status, headers)
    if isinstance(body, bytes):
        return [body] if body else []
    assert isinstance(body, FileBody)
    return body
