"""The files of a release that hold its data, written beside what else is done: the engine works without Python."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules import Rule
from dualbio.owl.rules.run import Closure, write_derivations
from dualbio.search import write_index
from dualbio.store.embedded import EmbeddedStore

__all__ = ["ReleaseFiles"]

_PREFIX = graph_iri("").value


class ReleaseFiles:
    """The data of a release on its way into a folder; what is whole is written while the rest is still made.

    A context: no thread is left behind it. Graphs are written one after the other; the derivations, the index of search
    and what comes last are made beside them.
    """

    def __init__(self, store: ox.Store, folder: Path) -> None:
        """Write the data of `store` into `folder`, which is empty."""
        self._store = store
        self._folder = folder
        self._disk: ox.Store | None = None
        self._counts: dict[str, int] = {}
        self._begun: set[str] = set()
        self._beside = ThreadPoolExecutor(1, "graphs")
        self._others = ThreadPoolExecutor(2, "others")
        self._work: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Return the files."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is being written; what is not begun yet is left."""
        for threads in (self._beside, self._others):
            threads.shutdown(cancel_futures=True)
        self._disk = None

    def begin(self, growing: Container[str] = ()) -> None:
        """Begin to write the graphs of the store, but for those that are still to grow, named as in `graph_iri`."""
        graphs = [graph.value for graph in self._store.named_graphs() if graph.value.startswith(_PREFIX)]
        names = sorted({graph.removeprefix(_PREFIX) for graph in graphs} - self._begun)
        whole = [name for name in names if name not in growing]
        self._begun.update(whole)
        self._work.append(self._beside.submit(self._graphs, whole))

    def explain(self, closure: Closure, rules: tuple[Rule, ...]) -> None:
        """Begin to write which rules gave what was inferred; once for a release."""
        self._work.append(self._others.submit(write_derivations, closure, rules, self._folder))

    def finish(self, last: Callable[[], Iterable[ox.Quad]] | None = None) -> dict[str, int]:
        """Write all the rest; return the number of triples of each graph.

        Args:
            last: returns what comes at the very end, of graphs that are not begun, and is not searched for; called in a
                thread while the index is made.

        Raises:
            OSError: a file cannot be written.
        """
        if last is None:
            self.begin()
        self._work.append(self._beside.submit(self._optimize))  # the little that may come later does not matter
        made = self._others.submit(lambda: list(last()) if last else [])
        write_index(EmbeddedStore(self._store), self._folder / "search.sqlite").close()
        self._store.extend(made.result())
        self.begin()
        for each in self._work:
            each.result()
        self._disk = None  # closes it
        assert sum(self._counts.values()) == len(self._store), "a graph has grown since it was written"
        return dict(sorted(self._counts.items()))

    def _graphs(self, names: Iterable[str]) -> None:
        """Write graphs as sorted N-Quads, and load them into the store on disk, in two halves side by side."""
        files = [file for name in names if (file := self._graph(name))]
        if self._disk is None:
            self._disk = ox.Store(str(self._folder / "store"))
        halves: tuple[list[Path], list[Path]] = ([], [])
        sizes = [0, 0]
        for file in sorted(files, key=lambda file: (-file.stat().st_size, file)):
            lighter = sizes.index(min(sizes))
            halves[lighter].append(file)
            sizes[lighter] += file.stat().st_size
        with ThreadPoolExecutor(len(halves), "store") as threads:
            list(threads.map(partial(_load, self._disk), halves))

    def _graph(self, name: str) -> Path | None:
        graph = graph_iri(name)
        triples = self._store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph)
        assert triples is not None
        # A full stop before a line break ends a triple and nothing else: literals escape their line breaks.
        lines = sorted(triples.replace(b" .\n", f" {graph} .\n".encode()).splitlines(keepends=True))
        if not lines:
            return None
        self._counts[name] = len(lines)
        file = self._folder / "graphs" / f"{name}.nq"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(lines))
        return file

    def _optimize(self) -> None:
        assert self._disk is not None
        self._disk.optimize()


def _load(disk: ox.Store, files: Iterable[Path]) -> None:
    """Load N-Quads into the store on disk.

    The engine reads them without holding Python up, but names blank nodes anew; so their few quads go another way.
    """
    named: list[bytes] = []
    plain: list[bytes] = []
    for file in files:
        content = file.read_bytes()
        for lines in content.splitlines(keepends=True) if b"_:" in content else [content]:
            (named if b"_:" in lines else plain).append(lines)
    # The engine wrote them itself, and need not look at each IRI again.
    disk.bulk_extend(ox.parse(b"".join(named), ox.RdfFormat.N_QUADS, lenient=True))
    disk.bulk_load(b"".join(plain), ox.RdfFormat.N_QUADS, lenient=True)
