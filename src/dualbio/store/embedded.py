"""The embedded store: an Oxigraph store in this process, for scripts, the shell and the build.

Queries see the union of all named graphs as their default graph, and know the prefix table.
Nothing here limits time or memory; the server uses `dualbio.store.workers` instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import ReleaseError, StoreError
from dualbio.namespaces import BASE, PREFIXES

__all__ = ["EmbeddedStore", "load_graphs"]


def load_graphs(folder: Path) -> ox.Store:
    """Return an in-memory store with every N-Quads file below `folder`.

    Raises:
        ReleaseError: there is no such file, or one is not N-Quads.
    """
    files = sorted(folder.rglob("*.nq"))
    if not files:
        raise ReleaseError(
            f"{folder}: no N-Quads files; accepted: the graphs folder of a release; repair: dualbio build"
        )
    store = ox.Store()
    for file in files:
        try:
            store.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS)
        except (SyntaxError, OSError) as error:
            raise ReleaseError(f"{file}: {error}; repair: dualbio build") from error
    return store


class EmbeddedStore:
    """Queries over an Oxigraph store of this process."""

    def __init__(self, store: ox.Store) -> None:
        """Wrap an open `store`."""
        self.store = store

    @classmethod
    def in_memory(cls, graphs: Path) -> EmbeddedStore:
        """Load the N-Quads files below `graphs` into memory."""
        return cls(load_graphs(graphs))

    def query(self, text: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """Evaluate a SPARQL 1.1 query.

        Raises:
            StoreError: the query is not SPARQL, or its evaluation failed; the engine's words are kept.
        """
        try:
            return self.store.query(text, base_iri=BASE, prefixes=PREFIXES, use_default_graph_as_union=True)
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise StoreError(str(error)) from error

    def quads(self, graph: ox.NamedNode | None = None) -> Iterator[ox.Quad]:
        """Yield all quads, or those of one named graph."""
        return self.store.quads_for_pattern(None, None, None, graph)
