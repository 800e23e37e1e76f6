"""Answering a SPARQL query: choose formats, ask the pool once, and make the whole HTTP answer of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import IO

from dualbio.formats import (
    GRAPH_FORMATS,
    HTML,
    RESULT_FORMATS,
    Format,
    NotAcceptableError,
    Offer,
    choose_format,
    negotiate,
    negotiate_coding,
)
from dualbio.store.workers import Answer, FormatRefusedError, canonical_text, names_graphs
from dualbio_server.access_log import query_hash
from dualbio_server.coding import CODINGS, compress, compress_file, worth_coding
from dualbio_server.headers import COMMON, Headers
from dualbio_server.problems import ProblemError
from dualbio_server.requests import SparqlRequest
from dualbio_server.service import Service

__all__ = ["FileBody", "Plan", "Reply", "answer_plan", "make_plan", "wants_page"]

_DATA_FORMATS = (*RESULT_FORMATS, *GRAPH_FORMATS)

#: A query that may answer otherwise the next time: clocks, random values, new blank nodes, other endpoints.
_VOLATILE = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\b|(?<![-/\w])SERVICE(?![-/\w])", re.IGNORECASE)
#: Bytes of an answer in JSON up to which its rows are counted; beyond, counting would cost as much as answering.
_COUNTABLE = 16 * 1024
_CONSTRUCT = re.compile(r"\bCONSTRUCT\b", re.IGNORECASE)
#: What those look for, in small letters: most queries hold none of it, which is seen sooner.
_SIGNS = ("now", "rand", "uuid", "bnode", "service", "construct")


@dataclass(frozen=True)
class Plan:
    """A query with the form that its answer would take; equal plans over one release have equal answers."""

    request: SparqlRequest
    canonical: str
    results: Offer | None
    graph: Offer | None
    coding: str
    etag: str
    stable: bool
    #: Number of the last write, for an answer that may depend on user graphs; None for one that cannot.
    generation: int | None = None

    @cached_property
    def key(self) -> tuple[object, ...]:
        """The key of the answer in the cache."""
        wanted = self.request.dataset
        formats = _media_type(self.results), _media_type(self.graph)
        return (self.canonical, wanted.default, wanted.named, *formats, self.coding, self.generation)

    @cached_property
    def query_hash(self) -> str:
        """The hash under which the access log names the query."""
        return query_hash(self.request.text)


@dataclass
class Reply:
    """A whole answer, in memory or in a file."""

    headers: Headers
    body: bytes | FileBody
    length: int
    rows: int | None
    elapsed: float
    stable: bool


class FileBody:
    """The bytes of a file in pieces, for a WSGI server; the file is closed at its end, or with this object."""

    def __init__(self, file: IO[bytes], size: int = 256 * 1024) -> None:
        """Read `file` from where it stands."""
        self.file = file
        self.size = size

    def __iter__(self) -> Iterator[bytes]:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece."""
        piece = self.file.read(self.size)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def wants_page(accept: str | None, override: str | None) -> bool:
    """Tell whether a client prefers a page for people to every form of data."""
    if override or not accept or "html" not in accept.lower():
        return False
    offer = negotiate(accept, (*_DATA_FORMATS, HTML))
    return offer is not None and offer.format is HTML


def make_plan(service: Service, request: SparqlRequest, accept_encoding: str | None) -> Plan:
    """Return how `request` would be answered.

    Raises:
        NotAcceptableError: neither rows nor triples can be sent in a format that the client accepts.
        ProblemError: 406 when every content coding is excluded.
    """
    results, graph = _offers(request.accept, request.override)
    if results is None and graph is None:
        raise NotAcceptableError(_wish(request), _DATA_FORMATS)
    coding = negotiate_coding(accept_encoding, CODINGS)
    if coding is None:
        raise ProblemError(
            406, "content-coding", f"no accepted content coding; offered: {', '.join(CODINGS)}, identity"
        )
    canonical = canonical_text(request.text)
    small = canonical.lower()
    marked = any(sign in small for sign in _SIGNS)
    stable = not marked or not (_VOLATILE.search(canonical) or _makes_blank_nodes(canonical))
    generation = _generation(service, request)
    state = service.release.id if generation is None else f"{service.release.id}+{generation}"
    etag = _entity_tag(state, canonical, request, results, graph, coding)
    return Plan(request, canonical, results, graph, coding, etag, stable, generation)


def _generation(service: Service, request: SparqlRequest) -> int | None:
    users = service.user_graphs
    if users is None or not (request.dataset or names_graphs(request.text)):
        return None
    return users.generation


@lru_cache(maxsize=1024)
def _offers(accept: str | None, override: str | None) -> tuple[Offer | None, Offer | None]:
    """Return the forms in which rows and triples would be sent."""

    def offer(formats: tuple[Format, ...]) -> Offer | None:
        try:
            return choose_format(accept, override, formats)
        except NotAcceptableError:
            return None

    return offer(RESULT_FORMATS), offer(GRAPH_FORMATS)


def _wish(request: SparqlRequest) -> str:
    return f"format={request.override}" if request.override else f"Accept: {request.accept}"


def _makes_blank_nodes(text: str) -> bool:
    return bool(_CONSTRUCT.search(text)) and ("[" in text or "_:" in text or "(" in text.partition("}")[0])


def _media_type(offer: Offer | None) -> str:
    return offer.media_type if offer else ""


def _entity_tag(
    release: str, text: str, request: SparqlRequest, results: Offer | None, graph: Offer | None, coding: str
) -> str:
    named = [_media_type(results), _media_type(graph)]
    parts = [release, text, *request.dataset.default, "|", *request.dataset.named, "|", *named, coding]
    digest = hashlib.blake2b("\0".join(parts).encode(errors="surrogatepass"), digest_size=12).hexdigest()
    return f'"{digest}"'


def answer_plan(service: Service, plan: Plan) -> Reply:
    """Ask the pool and return the whole answer.

    Raises:
        QueryStopError: the query was not answered, for the reason that its class names.
        NotAcceptableError: the answer is of a kind that the client accepts no format for.
    """
    request = plan.request
    limit = service.settings.query_timeout_max
    try:
        answer = service.pool.query(
            request.text,
            results_format=plan.results.format if plan.results else None,
            graph_format=plan.graph.format if plan.graph else None,
            dataset=request.dataset,
            timeout=min(request.timeout or service.settings.query_timeout, limit),
            query_id=request.query_id,
            user_graphs=plan.generation is not None,
        )
    except FormatRefusedError as error:
        formats = GRAPH_FORMATS if error.details["kind"] == "graph" else RESULT_FORMATS
        raise NotAcceptableError(_wish(request), formats) from error
    return _reply(service, plan, answer)


def _reply(service: Service, plan: Plan, answer: Answer) -> Reply:
    offer = plan.graph if answer.kind == "graph" else plan.results
    rows = count_rows(answer)
    coding = plan.coding if worth_coding(answer.length) else "identity"
    body, length = _body(answer, coding)
    headers = [
        ("Content-Type", offer.content_type if offer else answer.format.content_type),
        ("Content-Length", str(length)),
        ("Vary", "Accept, Accept-Encoding"),
        ("Dualbio-Release", service.release.id),
        *COMMON,
    ]
    if coding != "identity":
        headers.append(("Content-Encoding", coding))
    if plan.generation != _generation(service, plan.request):  # a write came in between: the tag would be too old
        plan = replace(plan, stable=False)
    headers += validators(service, plan)
    return Reply(headers, body, length, rows, answer.elapsed, plan.stable)


def validators(service: Service, plan: Plan) -> Headers:
    """Return the headers by which an answer may be kept and checked: the data of a release never change."""
    if not plan.stable:
        return [("Cache-Control", "no-store")]
    headers = [("ETag", plan.etag), ("Cache-Control", "public, no-cache")]
    if service.last_modified and plan.generation is None:
        headers.append(("Last-Modified", service.last_modified))
    return headers


def _body(answer: Answer, coding: str) -> tuple[bytes | FileBody, int]:
    if answer.file is None:
        data = answer.read() if coding == "identity" else compress(answer.read(), coding)
        return data, len(data)
    if coding == "identity":
        return FileBody(answer.file), answer.length
    file, length = compress_file(answer.chunks(), coding)
    return FileBody(file), length


def count_rows(answer: Answer) -> int | None:
    """Return the number of rows or triples where the format tells it at little cost, else None."""
    body, name = answer.body, answer.format.name
    if body is None:
        return None
    if name == "tsv" and answer.kind == "select":
        return body.count(b"\n") - 1
    if name == "xml":
        return body.count(b"<result>")
    if name in ("n-triples", "n-quads"):
        return body.count(b"\n")
    if name == "json" and answer.kind == "select" and len(body) <= _COUNTABLE:
        return _json_rows(body)
    return None


def _json_rows(body: bytes) -> int | None:
    """Count the places where one binding ends and the next begins; a string can hold `}},{` only as its whole value."""
    if body.endswith(b'"bindings":[]}}'):
        return 0
    if b"{}" in body or b'"type":"triple"' in body:
        return None
    return 1 + body.count(b'"}},{"') - body.count(b'"}},{"}') - body.count(b'"}},{",')
