"""From a WSGI request to a SPARQL operation: SPARQL 1.1 Protocol section 2, and the HTTP QUERY method.

Nothing here knows of Flask, so that the cache in front of it can read requests too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes

from dualbio.errors import counted
from dualbio.sparql.clauses import canonical_text, is_stable
from dualbio.sparql.formats import (
    GRAPH_FORMATS,
    HTML,
    RESULT_FORMATS,
    Format,
    NotAcceptableError,
    Offer,
    choose_format,
    negotiate,
    negotiate_coding,
    parse_media_type,
)
from dualbio.sparql.tokens import ABSOLUTE_IRI
from dualbio.store.workers import Dataset
from dualbio_server.http.access_log import query_hash
from dualbio_server.http.bounds import too_large
from dualbio_server.http.coding import CODINGS
from dualbio_server.http.problems import ProblemError

__all__ = ["METHODS", "Environ", "SparqlRequest", "SparqlUpdate", "read_body", "read_request"]

Environ = dict[str, Any]

DATA_FORMATS = (*RESULT_FORMATS, *GRAPH_FORMATS)
METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS")
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"

#: Parameters of an operation: graphs may be many.
_PARAMETERS = 1000
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PLACES = (
    ("Allow", ", ".join(METHODS)),
    ("Accept-Post", f"{QUERY}, {UPDATE}, {FORM}"),
    ("Accept-Query", f'"{QUERY}", "{FORM}"'),
)


@dataclass(frozen=True)
class SparqlRequest:
    """A query operation: the HTTP request that brought it, its text, dataset, format beside `Accept`, time limit, id.

    `writes` is the number of the last write to user graphs that its answer may depend on; None when on none.
    """

    environ: Environ
    text: str
    dataset: Dataset
    override: str | None
    timeout: float | None = None
    query_id: str | None = None
    writes: int | None = None

    @property
    def accept(self) -> str | None:
        """The header by which the client chooses the format."""
        return self.environ.get("HTTP_ACCEPT")

    @property
    def client(self) -> str:
        """The address of the client."""
        return self.environ.get("REMOTE_ADDR") or ""

    @property
    def has_company(self) -> bool:
        """Whether others who ask the same may be given the same answer while it is made."""
        return self.stable and not self.query_id

    @cached_property
    def canonical(self) -> str:
        """The text as all spellings of the query share it."""
        return canonical_text(self.text)

    @cached_property
    def stable(self) -> bool:
        """Whether the query has one answer as long as the data stay as they are."""
        return is_stable(self.canonical)

    @cached_property
    def query_hash(self) -> str:
        """The hash under which the access log names the query."""
        return query_hash(self.text)

    @cached_property
    def results(self) -> Offer | None:
        """The form in which rows would be sent; None when the client accepts none."""
        return self._offer(RESULT_FORMATS)

    @cached_property
    def graph(self) -> Offer | None:
        """The form in which triples would be sent; None when the client accepts none."""
        return self._offer(GRAPH_FORMATS)

    @cached_property
    def coding(self) -> str | None:
        """The content coding of the answer; None when the client excludes them all."""
        return negotiate_coding(self.environ.get("HTTP_ACCEPT_ENCODING"), CODINGS)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What requests have in common whose answers are equal."""
        forms = (offer.media_type if offer else "" for offer in (self.results, self.graph))
        return (self.canonical, *self.dataset, *forms, self.coding, self.writes)

    @property
    def wants_page(self) -> bool:
        """Whether the client prefers an HTML page to every data format."""
        if self.override or not self.accept or "html" not in self.accept.lower():
            return False
        offer = negotiate(self.accept, (*DATA_FORMATS, HTML))
        return offer is not None and offer.format is HTML

    def check_forms(self) -> None:
        """Refuse a request whose answer could not be sent, before it is asked.

        Raises:
            NotAcceptableError: neither rows nor triples can be sent in a format that the client accepts.
            ProblemError: 406 when every content coding is excluded.
        """
        if self.results is None and self.graph is None:
            raise self.not_acceptable(DATA_FORMATS)
        if self.coding is None:
            raise ProblemError(
                406, "content-coding", f"no accepted content coding; offered: {', '.join(CODINGS)}, identity"
            )

    def not_acceptable(self, offered: Sequence[Format]) -> NotAcceptableError:
        """Return the error that says what was wished for, and what is offered."""
        wish = f"format={self.override}" if self.override else f"Accept: {self.accept}"
        return NotAcceptableError(wish, offered)

    def _offer(self, formats: tuple[Format, ...]) -> Offer | None:
        if not self.override:
            return negotiate(self.accept, formats)
        try:
            return choose_format(self.accept, self.override, formats)
        except NotAcceptableError:
            return None


@dataclass(frozen=True)
class SparqlUpdate:
    """An update operation: its text, the graphs for its patterns, time limit and id."""

    text: str
    using: tuple[str, ...]
    using_named: tuple[str, ...]
    timeout: float | None
    query_id: str | None


def read_body(environ: Environ, limit: int) -> bytes:
    """Return the body of a request.

    Raises:
        ProblemError: 413 when it has more than `limit` bytes, 415 when it is compressed, 400 when it is cut short.
    """
    coding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if coding != "identity":
        raise ProblemError(
            415,
            "content-coding",
            f"Content-Encoding: {coding[:40]} is not accepted; accepted: identity",
            headers=(("Accept-Encoding", "identity"),),
        )
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared.isdigit() and int(declared) > limit:
        raise too_large(limit)
    body: bytes = environ["wsgi.input"].read(int(declared) if declared.isdigit() else limit + 1)
    if len(body) > limit:
        raise too_large(limit)
    if declared.isdigit() and len(body) < int(declared):
        raise ProblemError(400, "body", f"the body ended after {len(body)} of {declared} bytes")
    return body


def read_request(environ: Environ, body: bytes) -> SparqlRequest | SparqlUpdate | None:
    """Return the operation of a request, or None when it asks for none (a GET without `query`).

    Raises:
        ProblemError: 400, 405 or 415, with what is accepted.
    """
    method = environ["REQUEST_METHOD"]
    if method not in METHODS:
        raise ProblemError(
            405, "method", f"{method[:20]} is not allowed; accepted: {', '.join(METHODS)}", headers=_PLACES[:1]
        )
    url = environ.get("QUERY_STRING", "")
    parameters = _parse_form(url.encode("latin-1"), "the query string")
    if method in ("POST", "QUERY"):
        kind = _content_type(environ)
        if kind == FORM:
            parameters += _parse_form(body, "the body")
        elif kind == QUERY:
            parameters.append(("query", _decode(body, "the body")))
        elif kind == UPDATE:
            parameters.append(("update", _decode(body, "the body")))
        else:
            raise _wrong_type(kind)
    return _operation(environ, parameters)


def _content_type(environ: Environ) -> str:
    text = environ.get("CONTENT_TYPE") or ""
    parsed = parse_media_type(text)
    if parsed is None:
        raise _wrong_type(text)
    kind, parameters = parsed
    if parameters.get("charset", "utf-8") not in ("utf-8", "utf8"):
        raise ProblemError(415, "charset", f"charset={parameters['charset'][:40]} is not accepted; accepted: utf-8")
    return kind


def _wrong_type(found: str) -> ProblemError:
    return ProblemError(
        415,
        "media-type",
        f"Content-Type: {found[:80] or 'none'} is not accepted; accepted: {QUERY}, {UPDATE}, {FORM}",
        headers=_PLACES[1:],
        accepted=[QUERY, UPDATE, FORM],
    )


def _parse_form(data: bytes, place: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for piece in data.split(b"&"):
        if len(pairs) >= _PARAMETERS:
            detail = f"{place} has more than {_PARAMETERS} parameters; repair: send fewer"
            raise ProblemError(400, "parameters", detail, limit=_PARAMETERS)
        if piece:
            name, _, value = piece.partition(b"=")
            pairs.append((_form_text(name, place), _form_text(value, place)))
    return pairs


def _form_text(value: bytes, place: str) -> str:
    value = value.replace(b"+", b" ")
    return _decode(_unescaped(value) if b"%" in value else value, place)


def _unescaped(value: bytes) -> bytes:
    """Return what `unquote_to_bytes` does, in a tenth of its time: each escape is read as one of Python's."""
    try:
        return value.replace(b"\\", rb"\\").replace(b"%", rb"\x").decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError:  # a percent sign that begins no escape stands for itself
        return unquote_to_bytes(value)


def _decode(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(400, "encoding", f"{place} is not UTF-8: {error.reason} at byte {error.start}") from error


def _operation(environ: Environ, parameters: list[tuple[str, str]]) -> SparqlRequest | SparqlUpdate | None:
    fields: dict[str, list[str]] = {}
    for key, value in parameters:
        fields.setdefault(key, []).append(value)

    def values(name: str) -> list[str]:
        return fields.get(name, [])

    queries, updates = values("query"), values("update")
    if updates:
        return _update(environ, parameters, updates, queries)
    if len(queries) > 1:
        raise ProblemError(
            400, "repeated-query", f"found {counted(len(queries), 'query')}; accepted: exactly one `query`"
        )
    if not queries:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return None
        raise ProblemError(400, "missing-query", "found no query; accepted: exactly one `query`")
    return SparqlRequest(
        environ,
        queries[0],
        Dataset(_graphs(values("default-graph-uri")), _graphs(values("named-graph-uri"))),
        next(iter(values("format") or values("output")), None) or None,
        _timeout(values("timeout")),
        _query_id(environ.get("HTTP_X_QUERY_ID")),
    )


def _update(
    environ: Environ, parameters: list[tuple[str, str]], updates: list[str], queries: list[str]
) -> SparqlUpdate:
    """Return the update operation of a request (SPARQL 1.1 Protocol, section 2.2)."""

    def values(name: str) -> list[str]:
        return [value for key, value in parameters if key == name]

    if environ["REQUEST_METHOD"] != "POST":
        raise ProblemError(400, "update-method", "an update is sent by POST alone", headers=_PLACES[:1])
    if len(updates) > 1 or queries:
        raise ProblemError(
            400,
            "repeated-update",
            f"found {counted(len(updates), 'update')} and {counted(len(queries), 'query')}; "
            "accepted: exactly one `update`",
        )
    if any(values("default-graph-uri")) or any(values("named-graph-uri")):
        raise ProblemError(
            400,
            "update-dataset",
            "default-graph-uri and named-graph-uri are for queries; accepted beside an update: using-graph-uri and "
            "using-named-graph-uri",
        )
    return SparqlUpdate(
        updates[0],
        _graphs(values("using-graph-uri")),
        _graphs(values("using-named-graph-uri")),
        _timeout(values("timeout")),
        _query_id(environ.get("HTTP_X_QUERY_ID")),
    )


def _graphs(found: list[str]) -> tuple[str, ...]:
    """Return the IRIs of graphs; forms send an empty field for a graph that nobody named."""
    found = [iri for iri in found if iri]
    for iri in found:
        if not ABSOLUTE_IRI.fullmatch(iri):
            raise ProblemError(400, "graph-iri", f"'{iri[:200]}' is not an absolute IRI, so it names no graph")
    return tuple(dict.fromkeys(found))


def _timeout(found: list[str]) -> float | None:
    if not found:
        return None
    if len(found) > 1 or not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", found[0]) or float(found[0]) <= 0:
        raise ProblemError(
            400, "timeout", f"timeout={found[0][:40]} is not understood; accepted: one number of seconds above 0"
        )
    return float(found[0])


def _query_id(found: str | None) -> str | None:
    if found is not None and not _ID.fullmatch(found):
        raise ProblemError(400, "query-id", "X-Query-Id is not understood; accepted: 8 to 64 letters, digits, - and _")
    return found
