"""Writes the data files of a release in threads, while the rest of the build goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Container, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules import Rule
from dualbio.owl.rules.run import Closure, write_derivations
from dualbio.release.folder import Release
from dualbio.search import write_index
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.loading import Content, load, size_of

__all__ = ["ReleaseFiles"]

_PREFIX = graph_iri("").value
#: Bytes that go into the store on disk at a time: each time makes files of its own there.
_CHUNK = 64 * 1024 * 1024
#: Lines of a graph that are written at a time.
_LINES = 10_000
#: Quads that are removed from a store one by one; when there are more, to load all again takes less time.
_MOST_REMOVED = 2_000


class ReleaseFiles:
    """The data of a release on its way into a folder; what is whole is written while the rest is still made.

    A context: no thread is left behind it. Graphs are written one after the other; the derivations, the index of search
    and what comes last are made beside them.

    The store on disk may begin as a copy of that of an earlier release, of which every byte is as its manifest has it.
    Then only that is removed and loaded in which the graphs differ.
    """

    def __init__(self, store: ox.Store, folder: Path, earlier: Release | None = None) -> None:
        """Write the data of `store` into `folder`, which is empty.

        Args:
            store: the data.
            folder: the draft of a release.
            earlier: a release from which it may differ little.
        """
        self._store = store
        self._folder = folder
        self._disk: ox.Store | None = None
        self._earlier = earlier
        self._on_disk: dict[str, str] = {}
        self._taken_over = False
        self._removable = _MOST_REMOVED
        self._begin_anew = False
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
        self._work.append(self._beside.submit(self._remove_rest))
        for each in self._work:
            each.result()
        self._disk = None  # closes it
        assert sum(self._counts.values()) == len(self._store), "a graph has grown since it was written"
        return dict(sorted(self._counts.items()))

    def _graphs(self, names: Iterable[str]) -> None:
        """Write graphs as sorted N-Quads, and load them into the store on disk, in two halves side by side."""
        if self._disk is None:
            self._disk = self._opened()
        parts: list[Content] = [part for part in map(self._graph, names) if part]
        if self._begin_anew:
            self._taken_over = self._begin_anew = False
            self._disk, self._on_disk = None, {}  # closes it
            shutil.rmtree(self._folder / "store")
            self._disk = ox.Store(str(self._folder / "store"))
            parts = [*map(self._file, self._counts)]
        halves: tuple[list[Content], list[Content]] = ([], [])
        sizes = [0, 0]
        for part in sorted(parts, key=size_of, reverse=True):
            lighter = sizes.index(min(sizes))
            halves[lighter].append(part)
            sizes[lighter] += size_of(part)
        disk = self._disk
        with ThreadPoolExecutor(len(halves), "store") as threads:
            list(threads.map(lambda half: load(disk, half, _CHUNK), halves))

    def _opened(self) -> ox.Store:
        """Return the store on disk, with what it takes over of the earlier release."""
        place = self._folder / "store"
        if self._earlier:
            try:
                _copy_store(self._earlier, place)
                disk = ox.Store(str(place))
            except OSError:  # also when it is not what its manifest says
                shutil.rmtree(place, ignore_errors=True)
            else:
                self._taken_over = True
                self._on_disk = {
                    file.removeprefix("graphs/").removesuffix(".nq"): told["sha256"]
                    for file, told in self._earlier.manifest["files"].items()
                    if file.startswith("graphs/")
                }
                return disk
        return ox.Store(str(place))

    def _file(self, name: str) -> Path:
        """Return the file of a graph."""
        return self._folder / "graphs" / f"{name}.nq"

    def _graph(self, name: str) -> Content | None:
        """Write a graph, and remove from the store on disk what it had before; return what is to be loaded."""
        graph = graph_iri(name)
        triples = self._store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph)
        assert triples is not None
        lines = triples.splitlines(keepends=True)
        del triples  # a graph may be a third of all: one copy of it is enough
        if not lines:
            return None
        lines.sort()
        self._counts[name] = len(lines)
        file = self._file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        # A full stop before a line break ends a triple and nothing else: literals escape their line breaks.
        end = f" {graph} .\n".encode()
        with file.open("wb") as stream:
            for at in range(0, len(lines), _LINES):
                stream.write(b"".join(lines[at : at + _LINES]).replace(b" .\n", end))
        total = self._on_disk.pop(name, None)
        return file if total is None else self._changed(name, total)

    def _changed(self, name: str, total: str) -> bytes | None:
        """Remove from the store on disk what a graph has no more; return what is to be loaded.

        Args:
            name: the graph.
            total: SHA-256 of what it had in the earlier release.
        """
        assert self._disk is not None
        assert self._earlier is not None
        content = self._file(name).read_bytes()
        if sha256(content).hexdigest() == total:
            return None
        lines = content.splitlines(keepends=True)
        file = self._earlier.graphs / f"{name}.nq"
        old = file.read_bytes() if file.exists() else b""
        known = frozenset(old.splitlines(keepends=True))
        gone = known.difference(lines)
        self._removable -= len(gone)
        if self._removable < 0 or sha256(old).hexdigest() != total:
            self._begin_anew = True
            return None
        for quad in ox.parse(b"".join(gone), ox.RdfFormat.N_QUADS, lenient=True):
            self._disk.remove(quad)
        return b"".join(line for line in lines if line not in known)

    def _remove_rest(self) -> None:
        """Remove from the store on disk the graphs that are no more."""
        assert self._disk is not None
        for name in self._on_disk:
            self._disk.remove_graph(graph_iri(name))

    def _optimize(self) -> None:
        """Let the engine put the store on disk in order, unless that has been done and little has changed since."""
        if self._disk and not self._taken_over:
            self._disk.optimize()


def _copy_store(release: Release, place: Path) -> None:
    """Copy the store of a release.

    Raises:
        OSError: a file cannot be read or written, or is not as the manifest has it.
    """
    place.mkdir()
    files = {name: told for name, told in release.manifest["files"].items() if name.startswith("store/")}

    def copy(name: str) -> None:
        content = (release.folder / name).read_bytes()
        if sha256(content).hexdigest() != files[name]["sha256"]:
            raise OSError(f"{release.folder / name} is not as the manifest has it")
        (place / Path(name).name).write_bytes(content)

    with ThreadPoolExecutor(os.cpu_count(), "copy") as threads:
        list(threads.map(copy, files))
