"""The files of a release that hold its data, written side by side: what the engine writes leaves Python to the rest."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules import Rule
from dualbio.owl.rules.run import Closure, write_derivations
from dualbio.search import write_index
from dualbio.store.embedded import EmbeddedStore

__all__ = ["write_files", "write_graphs"]


def write_files(store: ox.Store, closure: Closure, rules: tuple[Rule, ...], folder: Path) -> None:
    """Write derivations, the store on disk and the index of search beside the graphs in `folder`.

    The three read the same data and write files of their own, so their bytes do not depend on which ends first. All
    have ended when this returns or raises.

    Raises:
        OSError: one of them cannot be written.
    """
    with ThreadPoolExecutor(2, "release-files") as beside:
        others = [
            beside.submit(_write_store, folder),
            beside.submit(write_derivations, closure, rules, folder),
        ]
        write_index(EmbeddedStore(store), folder / "search.sqlite").close()
        for other in others:
            other.result()


def write_graphs(store: ox.Store, folder: Path) -> dict[str, int]:
    """Write each named graph as sorted N-Quads; return the number of triples of each."""
    counts = {}
    prefix = graph_iri("").value
    for graph in sorted(store.named_graphs(), key=str):
        if not isinstance(graph, ox.NamedNode) or not graph.value.startswith(prefix):
            continue
        triples = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph)
        assert triples is not None
        # A full stop before a line break ends a triple and nothing else: literals escape their line breaks.
        lines = sorted(triples.replace(b" .\n", f" {graph} .\n".encode()).splitlines(keepends=True))
        if not lines:
            continue
        name = graph.value.removeprefix(prefix)
        file = folder / f"{name}.nq"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(lines))
        counts[name] = len(lines)
    return counts


def _write_store(folder: Path) -> None:
    """Make the store on disk from the graphs that stand in `folder`, in two halves side by side."""
    disk = ox.Store(str(folder / "store"))
    halves: tuple[list[Path], list[Path]] = ([], [])
    sizes = [0, 0]
    for file in sorted((folder / "graphs").rglob("*.nq"), key=lambda file: (-file.stat().st_size, file)):
        lighter = sizes.index(min(sizes))
        halves[lighter].append(file)
        sizes[lighter] += file.stat().st_size
    with ThreadPoolExecutor(len(halves), "store") as threads:
        list(threads.map(partial(_load, disk), halves))
    disk.optimize()


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
    disk.bulk_extend(ox.parse(b"".join(named), ox.RdfFormat.N_QUADS))
    disk.bulk_load(b"".join(plain), ox.RdfFormat.N_QUADS)
