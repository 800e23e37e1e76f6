"""The user graphs as seen by a web process: their state, the number of the last write, and writing."""

from __future__ import annotations

from pathlib import Path

from dualbio.store.user_graphs import Index, UserGraphs
from dualbio.store.workers import Generation, PoolClient, WriteClient

__all__ = ["UserGraphAccess", "state_of"]


class UserGraphAccess:
    """The user graphs behind one pool."""

    def __init__(self, folder: Path, pool: PoolClient) -> None:
        """Read the graphs in `folder`, and write them through `pool`."""
        self._disk = UserGraphs(folder)
        self._pool = pool.folder
        self._generation: Generation | None = None
        self._known: tuple[int, Index] | None = None
        self.writer = WriteClient(pool)

    @property
    def generation(self) -> int:
        """The number of the last write that every query sees which is asked from now on."""
        if self._generation is None:
            try:
                self._generation = Generation(self._pool)
            except OSError:  # no pool is there, and so no answer that could be too old
                return 0
        return self._generation.value

    @property
    def index(self) -> Index:
        """The graphs that there are, at least as new as `generation`."""
        generation = self.generation
        known = self._known
        if known is None or known[0] != generation:
            known = self._known = generation, self._disk.read()
        return known[1]


def state_of(sha256: str) -> str:
    """Return the part of an entity tag that stands for the triples of a graph with this hash."""
    return sha256[:24]
