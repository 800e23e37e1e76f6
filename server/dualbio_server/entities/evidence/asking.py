"""Queries for the pages of evidence, evaluated by the query workers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import g, request

from dualbio.model.namespaces import BASE, key_of
from dualbio.store import row_texts
from dualbio.store.workers import PoolBusyError, PoolStore, QueryMemoryError, QueryTimeoutError
from dualbio_server.entities.labels import number_words, page_label
from dualbio_server.http.links import local_path
from dualbio_server.service import current_service

__all__ = [
    "LIMITS",
    "WITHOUT_ESTIMATE",
    "Link",
    "Picture",
    "Row",
    "answered_from",
    "ask",
    "effect_words",
    "files_of",
    "link",
    "named",
    "picture",
    "pool_store",
    "short_key",
]

#: Measures of comparisons without an estimate, whose number says what it is: a p value, or that there are words alone.
WITHOUT_ESTIMATE = ("p-only", "statement-only")
#: What a question runs into when the release is large or the machine is busy.
LIMITS = (QueryTimeoutError, QueryMemoryError, PoolBusyError)
#: A row of an answer: IRIs and literals as text, by variable; what is unbound is left out.
Row = dict[str, str]
#: The words of a page that lead to a thing, and the address of the thing.
Link = tuple[str, str]


@dataclass(frozen=True)
class Picture:
    """The figure of a saved query, with what is given for its parameters; templates draw it by `picture_of`."""

    query: str
    given: tuple[tuple[str, str], ...]

    @property
    def address(self) -> str:
        """Where the figure is as a file."""
        return self._file("figures", "svg")

    @property
    def rows(self) -> str:
        """Where the rows of the query are as a file."""
        return self._file("queries", "csv")

    def _file(self, place: str, ending: str) -> str:
        asked = urlencode(self.given)
        return f"{local_path(f'{BASE}{place}/{self.query}')}.{ending}" + (f"?{asked}" if asked else "")


def pool_store() -> PoolStore:
    """Return the workers as the one store of a request, within the limits of the client that sent it.

    What is computed for all clients may take as long as the longest query, `g.query_timeout`. The release on
    this machine answers in the place of an engine that is known to answer some questions otherwise.
    """
    if "pool_store" not in g:
        service = current_service()
        timeout = g.get("query_timeout", service.settings.query_timeout)
        client = request.remote_addr or ""
        g.pool_store = PoolStore(service.pool, timeout=timeout, client=client, remember=True, here=service.unfit)
    found: PoolStore = g.pool_store
    return found


def answered_from() -> str:
    """Return what answered the questions of this request, if another engine may; empty where none was asked."""
    if not ("pool_store" in g or "asked" in g) or not current_service().settings.engine:
        return ""
    return "release" if current_service().unfit else "engine"


def ask(text: str) -> list[Row]:
    """Return the rows of a SELECT query of ours.

    Raises:
        WorkError: no worker could answer it in time.
    """
    return list(row_texts(pool_store().select(text)))


def named(iri: str) -> str:
    """Return what a thing is called in the language of the page."""
    return page_label(current_service().store, ox.NamedNode(iri))


def link(iri: str, words: str | None = None) -> Link:
    """Return a thing as words that lead to it: by its name, unless there are shorter words."""
    return words or named(iri), local_path(iri)


def effect_words(measure: str, number: str) -> str:
    """Return an effect with what it is; a p value alone, and words without a number, say so themselves."""
    told = number_words(number)
    return told if short_key(measure) in WITHOUT_ESTIMATE else f"{named(measure)} {told}"


def picture(query: str, **given: str) -> Picture | None:
    """Return a saved query as a figure or rows of a page; None where the release has no such query.

    A parameter without a value is left out.
    """
    if query not in current_service().queries.queries:
        return None
    return Picture(query, tuple((name, each) for name, each in given.items() if each))


def files_of(rows: Picture | None, drawn: Picture | None) -> list[Link]:
    """Return what stands at the title of a page: its rows and its figure, as far as the release has the queries."""
    known = current_service().queries.queries
    files = [("CSV", rows.rows)] if rows is not None else []
    if drawn is not None and known[drawn.query].head.figure:
        files.append(("SVG", drawn.address))
    return files


def short_key(iri: str) -> str:
    """Return the key of a thing, without the scheme of a value."""
    return key_of(iri).rpartition(".")[2]
