"""A release in another SPARQL 1.1 store: named graphs replaced, those of an earlier release removed, all counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import StoreError
from dualbio.export.rdf.graphs import GraphFile, graph_files
from dualbio.model.namespaces import graph_iri
from dualbio.store.remote import GraphStore, RemoteStore

__all__ = ["push"]

_PIECE = 1 << 16
_OURS = graph_iri("").value
#: Graphs of users, which no release touches.
_USERS = graph_iri("user/").value
_COUNTS = "SELECT ?graph (COUNT(*) AS ?triples) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"


def push(
    release: Path, graphs: GraphStore, store: RemoteStore | None = None, begin: Callable[[str], None] = lambda _: None
) -> int:
    """Bring the release in the folder `release` into a store.

    Args:
        release: folder of a built release.
        graphs: where the store takes graphs.
        store: where it answers queries: graphs of an earlier release are then removed, and what is there is counted.
        begin: called with the name of each graph before it is sent.

    Returns:
        How many graphs were sent.

    Raises:
        StoreError: the store refused, failed, could not be reached, or does not hold afterwards what was sent.
    """
    files = graph_files(release)
    if store is not None:
        ours = {file.iri for file in files}
        for iri in sorted(_counts(store)):
            if iri.startswith(_OURS) and not iri.startswith(_USERS) and iri not in ours:
                graphs.delete(iri)
    for file in files:
        begin(file.name)
        graphs.put(file.iri, _pieces(file.triple_lines()))
    if store is not None:
        _verify(files, _counts(store), store.endpoint)
    return len(files)


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines in pieces that are worth a packet."""
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _counts(store: RemoteStore) -> dict[str, int]:
    answer = store.query(_COUNTS)
    assert isinstance(answer, ox.QuerySolutions)
    return {row["graph"].value: int(row["triples"].value) for row in answer if row["graph"] is not None}


def _verify(files: Iterable[GraphFile], found: dict[str, int], endpoint: str) -> None:
    for file in files:
        sent = sum(1 for _ in file.lines())
        if found.get(file.iri, 0) != sent:
            raise StoreError(
                f"{endpoint}: graph {file.name}: found {found.get(file.iri, 0)} triples; accepted: {sent}, as sent; "
                "repair: load again, and keep other clients from writing meanwhile"
            )
