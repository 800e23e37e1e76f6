"""The store that includes user graphs: released data is the default graph, user graphs are named graphs only.

Questions that name no graph go to the store of the release itself, so user graphs cost them nothing. Here the union of
the released graphs is held as the default graph, since a union that leaves some graphs out is slow in the engine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox

from dualbio.store.embedded import load_files
from dualbio.store.user_graphs import Index, UserGraphs, user_graph_iri

__all__ = ["UserData", "in_thread"]

#: Quads taken away after which the store is rebuilt: the engine keeps room for them, and passes over them.
_MOST_DEAD = 100_000
_UNION = "INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"


def in_thread(action: Callable[[], None]) -> None:
    """Run `action` in a thread that ends with it, and raise what it raises.

    What a thread allocates stays in its part of the allocator; a worker that serialised from the part of its own
    thread would be slower by half.
    """
    failed: list[Exception] = []

    def run() -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run, name="loader")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


@dataclass
class UserData:
    """The state of the user graphs in memory, over the released quads in `files`."""

    users: UserGraphs
    files: tuple[str, ...]
    store: ox.Store = field(default_factory=ox.Store, init=False)
    index: Index = field(default_factory=Index, init=False)
    dead: int = field(default=0, init=False)

    def load(self) -> None:
        """Build the store from the release and the user graphs on disk.

        Raises:
            UserGraphsError: a file of theirs is missing or altered.
        """
        in_thread(self._load)

    def take_over(self) -> bool:
        """Load the state on disk, and return whether it has changed.

        Raises:
            UserGraphsError: a file is missing or altered.
        """
        index = self.users.read()
        if index.generation == self.index.generation:
            return False
        if self.dead > _MOST_DEAD:
            self.load()
        else:
            in_thread(lambda: self._change_to(index))
        return True

    def _load(self) -> None:
        store = load_files(self.files)
        store.update(_UNION)
        index = self.users.read()
        for name, entry in index.graphs.items():
            store.add_graph(ox.NamedNode(user_graph_iri(name)))
            store.bulk_extend(_quads([self.users.content(entry)]))
        self.store, self.index, self.dead = store, index, 0

    def _change_to(self, index: Index) -> None:
        """Bring the store from the state of one index to that of another, quad by quad."""
        before, after = self.index.graphs, index.graphs
        for name in [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]:
            graph = ox.NamedNode(user_graph_iri(name))
            if name not in after:
                self.dead += before[name].triples
                self.store.remove_graph(graph)
                continue
            self.store.add_graph(graph)
            old, new = self._lines(self.index, name), self._lines(index, name)
            self.dead += len(old - new)
            for quad in _quads(old - new):
                self.store.remove(quad)
            self.store.extend(_quads(new - old))
        self.index = index

    def _lines(self, index: Index, name: str) -> set[bytes]:
        entry = index.graphs.get(name)
        return set(self.users.content(entry).splitlines(keepends=True)) if entry else set()


def _quads(lines: Iterable[bytes]) -> Iterable[ox.Quad]:
    """Parse N-Quads; blank nodes keep their labels, by which they are known on the disk."""
    return ox.parse(input=b"".join(lines), format=ox.RdfFormat.N_QUADS)
