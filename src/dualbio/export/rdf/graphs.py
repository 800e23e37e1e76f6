"""The graph files of a release as streams: in order, without holding them in memory.

The build writes each named graph as N-Quads in the order of its lines (code points, which is the order of the UTF-8
bytes). The union of graphs is a merge of those files, in which equal triples are adjacent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from typing import BinaryIO

from dualbio.errors import NotFoundError, ReleaseError, did_you_mean
from dualbio.model.namespaces import graph_iri
from dualbio.release.folder import graph_paths

__all__ = ["GraphFile", "find_graph", "graph_files", "merged_lines"]

#: Files that are merged at a time; further ones are merged in turns, far below the usual limit of open files.
_AT_ONCE = 200


@dataclass(frozen=True)
class GraphFile:
    """One named graph of a release: its short name, such as `study/bliss-believe`, and its file."""

    name: str
    path: Path

    @property
    def iri(self) -> str:
        """The IRI of the graph."""
        return graph_iri(self.name).value

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the file, each one quad.

        Raises:
            ReleaseError: the lines are not in order, or not of this graph, so that the file is not of a build.
        """
        end, before = f" <{self.iri}> .\n".encode(), b""
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line <= before or not line.endswith(end):
                    what = "out of order or repeated" if line <= before else f"not of graph {self.name}"
                    raise ReleaseError(f"{self.path}:{number}: the quad is {what}; repair: dualbio build")
                before = line
                yield line

    def triple_lines(self) -> Iterator[bytes]:
        """Yield the lines as N-Triples, still in order: a term never goes on with a character below a space."""
        end = len(f" <{self.iri}> .\n".encode())
        for line in self.lines():
            yield line[:-end] + b" .\n"


def graph_files(folder: Path) -> tuple[GraphFile, ...]:
    """Return the graphs of the release in `folder`, in the order of their names.

    Raises:
        ReleaseError: there are none.
    """
    root = folder / "graphs"
    found = [GraphFile(str(path.relative_to(root).with_suffix("")), path) for path in graph_paths(folder)]
    if not found:
        raise ReleaseError(f"{root}: no N-Quads files; accepted: the folder of a release; repair: dualbio build")
    return tuple(sorted(found, key=lambda graph: graph.name))


def find_graph(graphs: Sequence[GraphFile], wanted: str) -> GraphFile:
    """Return the graph that `wanted` names: its short name, its CURIE (`graph:entities`) or its IRI.

    Raises:
        NotFoundError: there is no such graph; the message proposes the nearest name.
    """
    name = wanted.removeprefix(graph_iri("").value).removeprefix("graph:")
    for graph in graphs:
        if graph.name == name:
            return graph
    names = [graph.name for graph in graphs]
    plain = [each for each in names if "/" not in each]
    raise NotFoundError(
        f"no graph '{wanted}' in this release; accepted: {', '.join(plain)}, "
        f"and {len(names) - len(plain)} of studies, such as study/bliss-believe{did_you_mean(name, names)}"
    )


def merged_lines(graphs: Sequence[GraphFile]) -> Iterator[bytes]:
    """Yield the triples of all `graphs` as lines of N-Triples, in order and each once."""
    with ExitStack() as stack:
        streams: list[Iterable[bytes]] = []
        for start in range(0, len(graphs), _AT_ONCE):
            group = [graph.triple_lines() for graph in graphs[start : start + _AT_ONCE]]
            last = start + _AT_ONCE >= len(graphs) and not streams
            streams += group if last else [_spooled(stack, merge(*group))]
        before = b""
        for line in merge(*streams):
            if line != before:
                yield line
            before = line


def _spooled(stack: ExitStack, lines: Iterable[bytes]) -> BinaryIO:
    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    file.writelines(lines)
    file.seek(0)
    return file
