"""Runs a saved query for a request: parameters in, answer of a query worker out."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from dualbio.queries import QueryResult, SavedQuery, run_query
from dualbio_server.entities.evidence.asking import pool_store
from dualbio_server.queries.browsing import is_browsing
from dualbio_server.service import Service, current_service

__all__ = ["answer", "ask", "given_parameters"]

#: Names of the query string that are no parameters of a query.
_RESERVED = ("bom", "format", "lang", "limit", "long", "offset", "part", "theme", "width")


def given_parameters(query: SavedQuery, fields: MultiDict[str, str]) -> dict[str, object]:
    """Return the parameters among the fields of a form; an empty field leaves its parameter out."""
    known = [param.name for param in query.params]
    params: dict[str, object] = {}
    for name, values in fields.lists():
        if is_browsing(name):
            continue
        kept = [value for value in values if value.strip(" ") or name not in known]
        if name not in _RESERVED and kept:
            params[name] = kept[0] if len(kept) == 1 else kept
    return params


def answer(service: Service, query: SavedQuery, given: dict[str, object]) -> QueryResult:
    """Return the answer of a saved query to what is given.

    Raises:
        ParameterError: a parameter is unknown, missing, or has a value of the wrong kind.
        WorkError: the query was stopped.
    """
    return run_query(query, pool_store(), given, resolver=service.resolver, release=service.release.id)


def ask(name: str, **given: object) -> QueryResult:
    """Return the answer of the saved query of that name, as `answer` does."""
    service = current_service()
    return answer(service, service.queries.find(name), given)
