"""How a web process behaves: what operators set, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass

from dualbio.settings import Settings

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """Behaviour of one web process.

    `threads` answer requests; all but `reserve` of them may wait for queries, so that cached answers and pages always
    find one. `queue_wait` bounds the wait of a query for a worker, in seconds. `client_share` is the part of the
    places for queries that one client address may hold. `access_log` writes a line of JSON per request. `pinned` is the
    number of earlier releases that are open at a time.
    """

    threads: int = 64
    reserve: int = 8
    queue_wait: float = 10.0
    client_share: float = 0.75
    pinned: int = 2
    access_log: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Options:
        """Return the behaviour that the settings ask for."""
        threads = settings.web_threads
        return cls(
            threads=threads,
            reserve=max(1, threads // 8),
            queue_wait=settings.query_wait,
            client_share=settings.client_share,
            access_log=settings.access_log,
        )

    @property
    def query_places(self) -> int:
        """The number of threads that may be busy with queries at a time."""
        return self.threads - self.reserve
