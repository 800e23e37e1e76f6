"""The things of a kind, one page at a time: from the index of search, else from the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyoxigraph as ox

from dualbio.model.namespaces import BASE
from dualbio.search import ALL_KINDS
from dualbio_server.service import Service

__all__ = ["Listing", "things_of"]


@dataclass(frozen=True)
class Listing:
    """The things of a kind, in the order of their keys.

    `page` takes how many things come before and the most that are wanted; `near` returns the things whose keys come
    before and after one that may be none of them.
    """

    count: int
    page: Callable[[int, int], list[ox.NamedNode]]
    near: Callable[[str, int], list[ox.NamedNode]]


def things_of(service: Service, kind: str) -> Listing:
    """Return the individuals of a kind, or the named graphs; all that the release says something about."""
    index = service.index
    # Parts of saved queries have no label, and so are not searched.
    if index is not None and kind in ALL_KINDS and kind != "query":
        return Listing(
            index.count(kind),
            lambda offset, limit: [*map(ox.NamedNode, index.listed(kind, offset=offset, limit=limit))],
            lambda key, number: [*map(ox.NamedNode, index.beside(kind, f"{BASE}{kind}/{key}", number))],
        )
    nodes = _members(service, kind)
    return Listing(len(nodes), lambda offset, limit: nodes[offset : offset + limit], lambda _, __: nodes)


def _members(service: Service, kind: str) -> list[ox.NamedNode]:
    if kind == "graph":
        return sorted(service.store.named_graphs(), key=str)
    rows = service.store.query(
        f'SELECT DISTINCT ?s {{ ?s a ?c FILTER(STRSTARTS(STR(?s), "{BASE}{kind}/")) }} ORDER BY ?s'
    )
    assert isinstance(rows, ox.QuerySolutions)
    return [row["s"] for row in rows]
