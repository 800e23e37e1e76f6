"""Routes of the saved queries: the list, a form and an answer for each, in every format, and the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from dualbio.errors import MissingExtraError, NotFoundError
from dualbio.formats import HTML, RESULT_FORMATS, Content, Format, NotAcceptableError, Offer, choose_format, offers_of
from dualbio.queries import (
    Library,
    ParametersError,
    Resolver,
    Result,
    SavedQuery,
    Sources,
    Term,
    bound_terms,
    place_terms,
)
from dualbio.queries.parameters import whole_number
from dualbio_server.context import current_service
from dualbio_server.documents import page
from dualbio_server.links import host_url, link_header
from dualbio_server.openapi import MOST_ROWS, Offered, Offers, describe_queries
from dualbio_server.problems import ProblemError
from dualbio_server.query_batch import TABLE_TYPES, answer_batch, read_table
from dualbio_server.query_pages import Names, answer_page, asked_pairs, list_entry
from dualbio_server.service import Service

__all__ = ["FORMATS", "blueprint"]

blueprint = Blueprint("queries", __name__)

_RESULTS = (Content.RESULTS,)
_MARKDOWN = Format("markdown", "Markdown", "text/markdown", "md", _RESULTS)
_PARQUET = Format("parquet", "Apache Parquet", "application/vnd.apache.parquet", "parquet", _RESULTS)
_TEXT = Format("sparql", "The SPARQL text", "application/sparql-query", "rq", _RESULTS)
(_JSON,) = [form for form in RESULT_FORMATS if form.name == "json"]
(_XML,) = [form for form in RESULT_FORMATS if form.name == "xml"]

#: What the answer of a saved query can be sent as, in the order of preference.
FORMATS: tuple[Format, ...] = (*RESULT_FORMATS, _MARKDOWN, _PARQUET, _TEXT, HTML)
#: File extensions of answers; JSON and XML also go by the extensions that everybody knows.
_EXTENSIONS: dict[str, Offer] = {
    **{form.extension: Offer(form.media_type, form) for form in FORMATS},
    "json": Offer("application/json", _JSON),
    "xml": Offer("application/xml", _XML),
}
_LIST_JSON = Format("json", "A list in JSON", "application/json", "json", (Content.PAGE,))

#: Names of the query string that are no parameters of a query.
_RESERVED = ("format", "limit", "offset")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_PAGE_ROWS = 100


Terms = dict[str, tuple[Term, ...]]


@dataclass(frozen=True)
class Window:
    """The rows that are asked for: at most `limit` (None for all) from `offset` on."""

    offset: int
    limit: int | None


@lru_cache(maxsize=4)
def _library(service: Service) -> Library:
    return Library.read(*service.settings.query_folders)


@lru_cache(maxsize=4)
def _names(service: Service) -> Names:
    return Names(Resolver(service.store), Sources(service.store))


def _resolver(service: Service) -> Resolver:
    return _names(service).resolver


@blueprint.get("/queries/")
def index() -> Response:
    """List all saved queries."""
    return _list(list(_library(current_service()).values()), "Saved queries")


@blueprint.get("/queries/<topic>/")
def topic(topic: str) -> Response:
    """List the saved queries of a topic."""
    topics = _library(current_service()).topics()
    if topic not in topics:
        accepted = ", ".join(topics)
        raise ProblemError(404, "no-such-topic", f"no topic '{topic[:64]}'; accepted: {accepted}", accepted=[*topics])
    return _list(list(topics[topic]), f"Saved queries: {topic}")


def _list(queries: list[SavedQuery], title: str) -> Response:
    offer = _chosen((_LIST_JSON, HTML))
    entries = [list_entry(query, f"{request.script_root}/queries/{query.name}") for query in queries]
    if offer.format is HTML:
        topics = {query.topic: [e for e in entries if e["topic"] == query.topic] for query in queries}
        return page("queries_list.html", title=title, topics=topics, total=len(queries))
    body = json.dumps({"queries": entries}, ensure_ascii=False, indent=1)
    return Response(body + "\n", content_type=offer.content_type)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the saved queries as an HTTP API (OpenAPI 3.1)."""
    service = current_service()
    offered = Offers(*map(_offered, (FORMATS, FORMATS[:-2], (_LIST_JSON, HTML))))
    document = describe_queries(_library(service).values(), _resolver(service), host_url(), offered)
    return Response(json.dumps(document, ensure_ascii=False, indent=1) + "\n", content_type="application/json")


def _offered(forms: tuple[Format, ...]) -> Offered:
    return Offered([each.media_type for each in offers_of(forms)], [form.extension for form in forms])


@blueprint.get("/queries/<topic>/<name>")
def saved_query(topic: str, name: str) -> Response:
    """Answer a saved query with the parameters of the query string."""
    query, offer = _asked(topic, name)
    return _respond(query, _given(query, request.args), offer)


@blueprint.post("/queries/<topic>/<name>")
def posted_query(topic: str, name: str) -> Response:
    """Answer a saved query with the parameters of a form, or once for each row of a table of parameters."""
    query, offer = _asked(topic, name)
    if request.mimetype in _FORM_TYPES:
        return _respond(query, _given(query, request.form), offer)
    if request.mimetype not in TABLE_TYPES:
        accepted = ", ".join((*_FORM_TYPES, *TABLE_TYPES))
        raise ProblemError(415, "media-type", f"found '{request.mimetype[:100]}'; accepted: {accepted}")
    if offer.format in (HTML, _TEXT):
        raise NotAcceptableError(f"{offer.media_type} for a table of questions", FORMATS[:-2])
    questions = read_table(request.get_data(), request.mimetype)
    return _document(query, {}, answer_batch(query, questions, partial(_one, query)), Window(0, None), offer)


def _one(query: SavedQuery, question: dict[str, object]) -> Result:
    terms = bound_terms(query, question, _resolver(current_service()))
    return _answer(current_service(), query, terms)


def _asked(topic: str, name: str) -> tuple[SavedQuery, Offer]:
    stem, _, extension = name.partition(".")
    return _find(current_service(), f"{topic}/{stem}"), _offer(extension)


def _respond(query: SavedQuery, given: dict[str, object], offer: Offer) -> Response:
    """Answer with the parameters that are given; people get mistakes beside the fields, programs as problem details."""
    service = current_service()
    try:
        terms = bound_terms(query, given, _resolver(service))
    except ParametersError as error:
        if offer.format is not HTML:
            names = [param.name for param in query.params]
            raise ProblemError(
                400, "parameter", str(error), query=query.name, parameters=names, faults=error.faults
            ) from error
        response = answer_page(query, given, None, _names(service), faults=error.faults)
        response.status_code = 400 if given else 200  # nothing was asked yet
        return response
    window = _window(_PAGE_ROWS if offer.format is HTML else None)
    if offer.format is _TEXT:
        return Response(place_terms(query, terms), content_type=offer.content_type)
    result = _answer(service, query, terms)
    response = _document(query, given, result, window, offer)
    response.headers["Link"] = link_header(_links(query, given, window, len(result)))
    return response


def _find(service: Service, name: str) -> SavedQuery:
    try:
        return _library(service).find(name)
    except NotFoundError as error:
        raise ProblemError(404, "no-such-query", str(error)) from error


def _offer(extension: str) -> Offer:
    if not extension:
        return _chosen(FORMATS)
    offer = _EXTENSIONS.get(extension.lower())
    if offer is None:
        accepted = ", ".join(_EXTENSIONS)
        raise ProblemError(404, "no-such-format", f"no format '.{extension[:20]}'; accepted: {accepted}")
    return offer


def _chosen(forms: tuple[Format, ...]) -> Offer:
    """Return what `format=` names, else what `Accept` prefers; an empty name is none."""
    name = request.args.get("format")
    if name == "":
        raise NotAcceptableError("format=", forms)
    return choose_format(request.headers.get("Accept"), name, forms)


def _given(query: SavedQuery, fields: MultiDict[str, str]) -> dict[str, object]:
    """Return the parameters among the fields of a form; an empty field leaves its parameter out."""
    known = [param.name for param in query.params]
    found: dict[str, object] = {}
    for name, values in fields.lists():
        kept = [value for value in values if value.strip(" ") or name not in known]
        if name not in _RESERVED and kept:
            found[name] = kept[0] if len(kept) == 1 else kept
    return found


def _window(default: int | None) -> Window:
    offset = _number("offset", 0) or 0
    limit = _number("limit", default)
    return Window(offset, limit)


def _number(name: str, default: int | None) -> int | None:
    text = ",".join(request.args.getlist(name)).strip(" ")
    if not text:
        return default
    least = 1 if name == "limit" else 0
    number = whole_number(text)
    if number is None or not least <= number <= MOST_ROWS:
        accepted = f"a whole number from {least} to {MOST_ROWS}"
        raise ProblemError(400, name, f"{name} is '{text[:40]}'; accepted: {accepted}")
    return number


def _answer(service: Service, query: SavedQuery, terms: Terms) -> Result:
    text = place_terms(query, terms)
    shown = {name: tuple(term.value for term in values) for name, values in terms.items()}
    data = _ask(service, text)
    return Result.from_json(data, query=query.name, params=shown, release=service.release.id, text=text)


@lru_cache(maxsize=128)
def _ask(service: Service, text: str) -> bytes:
    """Return the answer of the pool in JSON; saved queries have the same answer as long as the release is served."""
    return service.pool.query(text, results_format=_JSON, timeout=service.settings.query_timeout).read()


def _links(
    query: SavedQuery, given: dict[str, object], window: Window, total: int
) -> list[tuple[str, str, str | None]]:
    here = f"{request.script_root}/queries/{query.name}"
    own = asked_pairs(given)
    links: list[tuple[str, str, str | None]] = []
    if window.limit is not None:
        size = window.limit
        kept = [(name, value) for name, value in request.args.items() if name == "format" and value]
        shift = partial(_shifted, request.script_root + request.path, [*own, *kept], size)
        links.append((shift(0), "first", None))
        links += [(shift(max(0, window.offset - size)), "prev", None)] if window.offset else []
        links += [(shift(window.offset + size), "next", None)] if window.offset + size < total else []
        links.append((shift((total - 1) // size * size if total else 0), "last", None))
    for form in FORMATS:
        links.append((f"{here}.{form.extension}" + (f"?{urlencode(own)}" if own else ""), "alternate", form.media_type))
    return [*links, (f"{request.script_root}/openapi.json", "service-desc", "application/json")]


def _shifted(path: str, pairs: list[tuple[str, str]], size: int, offset: int) -> str:
    return f"{path}?{urlencode([*pairs, ('limit', size), ('offset', offset)])}"


def _document(query: SavedQuery, given: dict[str, object], result: Result, window: Window, offer: Offer) -> Response:
    if offer.format is HTML:
        return answer_page(query, given, result, _names(current_service()), offset=window.offset, limit=window.limit)
    part = result.part(window.offset, window.limit)
    writers: dict[Format, Callable[[], bytes]] = {
        **dict(zip(RESULT_FORMATS, (part.to_json, part.to_xml, part.to_csv, part.to_tsv), strict=True)),
        _MARKDOWN: lambda: part.to_markdown().encode(),
        _PARQUET: part.to_parquet,
    }
    try:
        data = writers[offer.format]()
    except MissingExtraError as error:
        raise ProblemError(501, "missing-extra", str(error)) from error
    response = Response(data, content_type=offer.media_type if offer.format is _PARQUET else offer.content_type)
    name = f"{query.stem}.{offer.format.extension}"
    response.headers["Dualbio-Rows"] = str(len(result))
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
