"""Answering a SPARQL query: ask the pool once, and make the whole HTTP answer of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dualbio.sparql.clauses import names_graphs
from dualbio.sparql.formats import GRAPH_FORMATS, RESULT_FORMATS
from dualbio.store.workers import FormatRefusedError, PoolAnswer, QueryRequest
from dualbio_server.http.headers import Headers
from dualbio_server.http.replies import Reply, make_reply
from dualbio_server.service import Service
from dualbio_server.sparql.requests import SparqlRequest

__all__ = ["answer_request", "pool_request", "reply_of", "seen_now", "time_limit"]

#: Kinds and formats of answers in which a line is a row, with the lines that come before the first.
_HEADS = {("select", "tsv"): 1, ("graph", "n-triples"): 0, ("graph", "n-quads"): 0}


def seen_now(service: Service, request: SparqlRequest) -> SparqlRequest:
    """Return the request with the number of the last write, when its answer may depend on user graphs."""
    users = service.user_graphs
    if users is None or not (request.dataset or names_graphs(request.text)):
        return request
    return replace(request, writes=users.generation)


def answer_request(service: Service, request: SparqlRequest) -> Reply:
    """Ask the pool and return the whole answer.

    Args:
        service: what is served.
        request: the query; its forms are checked, and `seen_now` has numbered it.

    Raises:
        WorkError: the query was not answered, for the reason that its class names.
        NotAcceptableError: the answer is of a kind that the client accepts no format for.
    """
    question = pool_request(service, request)
    return reply_of(service, request, lambda: service.pool.ask(question))


def pool_request(service: Service, request: SparqlRequest) -> QueryRequest:
    """Return what the pool is asked; the arguments are those of `answer_request`."""
    return service.pool.request(
        request.text,
        results_format=request.results.format if request.results else None,
        graph_format=request.graph.format if request.graph else None,
        dataset=request.dataset,
        timeout=time_limit(service, request),
        query_id=request.query_id,
        client=request.client,
        user_graphs=request.writes is not None,
    )


def reply_of(service: Service, request: SparqlRequest, ask: Callable[[], PoolAnswer]) -> Reply:
    """Return the whole answer made of that of the pool, which `ask` returns; errors are those of `answer_request`."""
    try:
        answer = ask()
    except FormatRefusedError as error:
        formats = GRAPH_FORMATS if error.details["kind"] == "graph" else RESULT_FORMATS
        raise request.not_acceptable(formats) from error
    # A write that came in between may be in the answer or not, so it is shared with nobody.
    shared = request.stable and request.writes == seen_now(service, request).writes
    return _reply(service, request, answer, shared=shared)


def time_limit(service: Service, request: SparqlRequest) -> float:
    """Return the seconds that a query may take."""
    settings = service.settings
    return min(request.timeout or settings.query_timeout, settings.query_timeout_max)


def _reply(service: Service, request: SparqlRequest, answer: PoolAnswer, *, shared: bool) -> Reply:
    offer = request.graph if answer.kind == "graph" else request.results
    own: Headers = [("Content-Type", offer.content_type if offer else answer.format.content_type)]
    if not shared:
        own.append(("Cache-Control", "no-store"))
    rows, body = count_rows(answer), answer.read() if answer.file is None else answer.file
    reply = make_reply(service, own, body, request.coding or "identity", dated=request.writes is None)
    reply.rows, reply.shared, reply.log = rows, shared, _log_line(request, rows)
    return reply


def count_rows(answer: PoolAnswer) -> int | None:
    """Return the number of rows or triples where a line of the format is one of them, else None."""
    heads = _HEADS.get((answer.kind, answer.format.name))
    return None if answer.body is None or heads is None else answer.body.count(b"\n") - heads


def _log_line(request: SparqlRequest, rows: int | None) -> str:
    """Return the end of the line that the access log has for each later answer from the cache."""
    return (
        f'"method":"GET","path":"/sparql","cache":"hit","outcome":"ok",'
        f'"query":"{request.query_hash}","rows":{"null" if rows is None else rows}}}'
    )
