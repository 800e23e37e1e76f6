"""Routes of the saved queries: the list, a form and an answer for each, in every format, and the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug import Response as WerkzeugResponse

from dualbio.errors import MissingExtraError, NotFoundError, nearest
from dualbio.model.namespaces import BASE
from dualbio.queries import (
    LONG_FORMS,
    PARTS,
    Library,
    LongForm,
    ParameterFaultsError,
    QueryResult,
    Resolver,
    SavedQuery,
    bind,
    long_table,
)
from dualbio.queries.answers.result import BYTE_ORDER_MARK
from dualbio.queries.parameters import whole_number
from dualbio.sparql.formats import (
    HTML,
    RESULT_FORMATS,
    Content,
    Format,
    NotAcceptableError,
    Offer,
    choose_format,
    offers_of,
)
from dualbio_server.entities.documents import page
from dualbio_server.entities.evidence.asking import pool_store
from dualbio_server.http.bounds import check_parameters
from dualbio_server.http.links import host_url, link_header
from dualbio_server.http.problems import ProblemError
from dualbio_server.queries.asking import answer, given_parameters
from dualbio_server.queries.batch import TABLE_TYPES, answer_batch, read_table
from dualbio_server.queries.browsing import BROWSING, is_browsing
from dualbio_server.queries.in_language import called
from dualbio_server.queries.openapi import MOST_ROWS, Offered, Offers, describe_queries
from dualbio_server.queries.pages import NamesOfRelease, answer_page, asked_pairs, list_entry
from dualbio_server.service import Service, current_service

__all__ = ["FORMATS", "blueprint"]

blueprint = Blueprint("queries", __name__)

_RESULTS = (Content.RESULTS,)
_MARKDOWN = Format("markdown", "Markdown", "text/markdown", "md", _RESULTS)
_PARQUET = Format("parquet", "Apache Parquet", "application/vnd.apache.parquet", "parquet", _RESULTS)
_BIBTEX = Format("bibtex", "BibTeX", "application/x-bibtex", "bib", _RESULTS)
_RIS = Format("ris", "RIS", "application/x-research-info-systems", "ris", _RESULTS)
_TEXT = Format("sparql", "The SPARQL text", "application/sparql-query", "rq", _RESULTS)
(_JSON,) = [form for form in RESULT_FORMATS if form.name == "json"]
(_XML,) = [form for form in RESULT_FORMATS if form.name == "xml"]

#: What the rows of an answer can be sent as, and what an answer to one question can, in the order of preference.
_TABLES: tuple[Format, ...] = (*RESULT_FORMATS, _MARKDOWN, _PARQUET)
FORMATS: tuple[Format, ...] = (*_TABLES, _BIBTEX, _RIS, _TEXT, HTML)
#: File extensions of answers; JSON and XML also go by the extensions that everybody knows.
_EXTENSIONS: dict[str, Offer] = {
    **{form.extension: Offer(form.media_type, form) for form in FORMATS},
    "json": Offer("application/json", _JSON),
    "xml": Offer("application/xml", _XML),
}
_LIST_JSON = Format("json", "A list in JSON", "application/json", "json", (Content.PAGE,))

#: What may begin with a byte order mark, and the values by which it is asked for or not.
_SHEETS = ("csv", "tsv")
_SWITCH = {"1": True, "true": True, "": False, "0": False, "false": False}
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_PAGE_ROWS = 40


@dataclass(frozen=True)
class Window:
    """The rows that are asked for: at most `limit` (None for all) from `offset` on."""

    offset: int
    limit: int | None


def _library(service: Service) -> Library:
    return service.queries


def _names(service: Service) -> NamesOfRelease:
    return NamesOfRelease(service.resolver, service.resolver.cited)


def _resolver(service: Service) -> Resolver:
    return service.resolver


@blueprint.get("/queries/")
def index() -> Response:
    """List all saved queries."""
    return _list(list(_library(current_service()).values()), "Questions")


@blueprint.get("/queries/<topic>/")
def topic(topic: str) -> Response | WerkzeugResponse:
    """List the saved queries of a topic; the short name of a query with a stroke too many leads to that query."""
    topics = _library(current_service()).topics()
    if topic not in topics:
        with suppress(NotFoundError):
            name = _library(current_service()).find(topic).name
            return redirect(_with_question(f"{request.script_root}/queries/{name}"))
        accepted = ", ".join(topics)
        raise ProblemError(404, "no-such-topic", f"no topic '{topic[:64]}'; accepted: {accepted}", accepted=[*topics])
    return _list(list(topics[topic]), topic.capitalize())


@blueprint.get("/queries/<name>")
def short_name(name: str) -> WerkzeugResponse:
    """Lead from the short name of a query, or of a topic, to its one address, for as long as the name means that."""
    service = current_service()
    stem, dot, extension = name.partition(".")
    if stem in _library(service).topics():
        return redirect(_with_question(f"{request.script_root}/queries/{stem}/"), 302)
    found = _find(service, stem)
    return redirect(_with_question(f"{request.script_root}/queries/{found.name}{dot}{extension}"), 302)


def _with_question(path: str) -> str:
    asked = request.query_string.decode("latin-1")
    return f"{path}?{asked}" if asked else path


#: Topics that ask about the data themselves; readers come for the others.
_ABOUT_THE_DATA = ("audit", "dataset", "omissions")


def _list(queries: list[SavedQuery], title: str) -> Response:
    offer = _chosen((_LIST_JSON, HTML))
    entries = [list_entry(query, f"{request.script_root}/queries/{query.name}") for query in queries]
    if offer.format is HTML:
        names = sorted({query.topic for query in queries}, key=lambda name: (name in _ABOUT_THE_DATA, name))
        topics = {name: [entry for entry in entries if entry["topic"] == name] for name in names}
        return page("queries_list.html", title=title, called=called, topics=topics, total=len(queries))
    body = json.dumps({"queries": entries}, ensure_ascii=False, indent=1)
    return Response(body + "\n", content_type=offer.content_type)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the saved queries as an HTTP API (OpenAPI 3.1)."""
    service = current_service()
    offered = Offers(*map(_offered, (FORMATS, _TABLES, (_LIST_JSON, HTML))))
    document = describe_queries(_library(service).values(), _resolver(service), host_url(), offered)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text + "\n", content_type="application/json")


def _offered(forms: tuple[Format, ...]) -> Offered:
    return Offered([each.media_type for each in offers_of(forms)], [form.extension for form in forms])


@blueprint.get("/queries/<topic>/<name>")
def saved_query(topic: str, name: str) -> Response:
    """Answer a saved query with the parameters of the query string."""
    query, offer = _query_and_offer(topic, name)
    return _respond(query, given_parameters(query, request.args), offer)


@blueprint.post("/queries/<topic>/<name>")
def posted_query(topic: str, name: str) -> Response:
    """Answer a saved query with the parameters of a form, or once for each row of a table of parameters."""
    query, offer = _query_and_offer(topic, name)
    if request.mimetype in _FORM_TYPES:
        check_parameters(request.form.items(multi=True))
        return _respond(query, given_parameters(query, request.form), offer)
    if request.mimetype not in TABLE_TYPES:
        accepted = ", ".join((*_FORM_TYPES, *TABLE_TYPES))
        raise ProblemError(415, "media-type", f"found '{request.mimetype[:100]}'; accepted: {accepted}")
    if offer.format not in _TABLES:
        raise NotAcceptableError(f"{offer.media_type} for a table of questions", _TABLES)
    questions = read_table(request.get_data(), request.mimetype)
    seconds = current_service().settings.query_timeout_max
    answered = answer_batch(query, questions, partial(_batch_answer, query), seconds=seconds)
    return _document(query, {}, answered, Window(0, None), offer)


def _batch_answer(query: SavedQuery, question: dict[str, object]) -> QueryResult:
    return answer(current_service(), query, question)


def _query_and_offer(topic: str, name: str) -> tuple[SavedQuery, Offer]:
    stem, _, extension = name.partition(".")
    return _find(current_service(), f"{topic}/{stem}"), _offer(extension)


def _respond(query: SavedQuery, given: dict[str, object], offer: Offer) -> Response:
    """Answer with the parameters that are given; people get mistakes beside the fields, programs as problem details."""
    service = current_service()
    window = _window(_PAGE_ROWS if offer.format is HTML else None)
    browsing = [name for name in request.args if is_browsing(name)]
    view, _ = _view(offer), _bom(offer.format)
    try:
        if offer.format is _TEXT:
            return Response(bind(query, given, _resolver(service)), content_type=offer.content_type)
        result = view.of(answer(service, query, given), offer)
    except ParameterFaultsError as error:
        if offer.format is not HTML:
            names = [param.name for param in query.params]
            raise ProblemError(
                400, "parameter", str(error), query=query.name, parameters=names, faults=error.faults
            ) from error
        response = answer_page(query, given, None, _names(service), faults=error.faults)
        response.status_code = 400 if given else 200  # nothing was asked yet
        return response
    if browsing and offer.format is not HTML:
        views = f"{', '.join(BROWSING)} and only.COLUMN"
        raise ProblemError(400, "parameter", f"{views} are for pages; programs sort and choose rows themselves")
    response = _document(query, given, result, window, offer)
    permanent = [(result.address, "cite-as", None)] if result.address else []
    response.headers["Link"] = link_header([*permanent, *_links(query, given, window, len(result))])
    return response


def _find(service: Service, name: str) -> SavedQuery:
    try:
        return _library(service).find(name)
    except NotFoundError as error:
        names = [each for query in _library(service).values() for each in (query.name, query.stem)]
        near = nearest(name, names)
        places = (f"{BASE}queries/{near}",) if near else ()
        raise ProblemError(404, "no-such-query", str(error)).leading_to(*places) from error


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


def _window(default: int | None) -> Window:
    offset = _number("offset", 0) or 0
    limit = _number("limit", default)
    return Window(offset, limit)


def _bom(form: Format) -> bool:
    """Return whether the answer is to begin with a byte order mark, which other formats than CSV and TSV never do."""
    text = request.args.get("bom", "").strip(" ").lower()
    if text not in _SWITCH:
        raise ProblemError(400, "bom", f"bom is '{text[:40]}'; accepted: 1 or 0")
    return _SWITCH[text] and form.extension in _SHEETS


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


@dataclass(frozen=True)
class _View:
    """What is asked of an answer: a table for meta-analysis or the rows as they are, and which part."""

    long: LongForm | None
    part: str

    def of(self, result: QueryResult, offer: Offer) -> QueryResult:
        """Return what is asked for; a page shows all parts, and a citation is of the whole."""
        if self.long is not None:
            service = current_service()
            result = long_table(result, self.long, pool_store(), service.resolver.cited)
        if not self.part or offer.format in (HTML, _BIBTEX, _RIS):
            return result
        return result.left_out if self.part == PARTS[0] else result.not_known


def _view(offer: Offer) -> _View:
    """Return what the query string asks of the answer."""
    long, part = (request.args.get(name, "") for name in ("long", "part"))
    for name, text, accepted in (("long", long, LONG_FORMS), ("part", part, PARTS)):
        if text and text not in accepted:
            raise ProblemError(400, name, f"{name} is '{text[:40]}'; accepted: {', '.join(accepted)}")
    form = next((each for each in LONG_FORMS if each == long), None)
    if form and offer.format is HTML:
        raise NotAcceptableError("a page of a table for meta-analysis", _TABLES)
    return _View(form, part)


def _links(
    query: SavedQuery, given: dict[str, object], window: Window, total: int
) -> list[tuple[str, str, str | None]]:
    here = f"{request.script_root}/queries/{query.name}"
    own = asked_pairs(given)
    links: list[tuple[str, str, str | None]] = []
    if window.limit is not None:
        size = window.limit
        kept = [(name, value) for name, value in request.args.items() if name in ("format", "long", "part") and value]
        shift = partial(_shifted, request.script_root + request.path, [*own, *kept], size)
        links.append((shift(0), "first", None))
        links += [(shift(max(0, window.offset - size)), "prev", None)] if window.offset else []
        links += [(shift(window.offset + size), "next", None)] if window.offset + size < total else []
        links.append((shift((total - 1) // size * size if total else 0), "last", None))
    asked = [*own, *((name, value) for name in ("long", "part") for value in request.args.getlist(name) if value)]
    for form in FORMATS:
        address = f"{here}.{form.extension}" + (f"?{urlencode(asked)}" if asked else "")
        links.append((address, "alternate", form.media_type))
    return [*links, (f"{request.script_root}/openapi.json", "service-desc", "application/json")]


def _shifted(path: str, pairs: list[tuple[str, str]], size: int, offset: int) -> str:
    return f"{path}?{urlencode([*pairs, ('limit', size), ('offset', offset)])}"


def _document(
    query: SavedQuery, given: dict[str, object], result: QueryResult, window: Window, offer: Offer
) -> Response:
    if offer.format is HTML:
        return answer_page(query, given, result, _names(current_service()), offset=window.offset, limit=window.limit)
    part = result.part(window.offset, window.limit)
    writers: dict[Format, Callable[[], bytes]] = {
        **dict(zip(RESULT_FORMATS, (part.to_json, part.to_xml, part.to_csv, part.to_tsv), strict=True)),
        _MARKDOWN: lambda: part.to_markdown().encode(),
        _PARQUET: part.to_parquet,
        _BIBTEX: result.to_bibtex,
        _RIS: result.to_ris,
    }
    try:
        data = writers[offer.format]()
    except MissingExtraError as error:
        raise ProblemError(501, "missing-extra", str(error)) from error
    data = BYTE_ORDER_MARK * _bom(offer.format) + data
    response = Response(data, content_type=offer.media_type if offer.format is _PARQUET else offer.content_type)
    name = f"{query.stem}.{offer.format.extension}"
    response.headers["Dualbio-Rows"] = str(len(result))
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
