"""Counters for Prometheus, written in sums of many requests.

Several web processes add up through files in `PROMETHEUS_MULTIPROC_DIR`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dualbio.errors import DualbioError
from dualbio.store.workers import PoolClient

__all__ = ["Metrics"]

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_STEPS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "QUERY", "OPTIONS", "PUT", "DELETE", "PATCH"})


class Metrics:
    """The counters of one web process, and the page that shows those of all."""

    def __init__(self) -> None:
        """Make the counters.

        Raises:
            DualbioError: the folder for the counters of several processes was named after their library was imported.
        """
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "dualbio_requests",
            "Requests answered.",
            ["path", "method", "status", "cache"],
            registry=self.registry,
        )
        self._bytes = Counter("dualbio_response_bytes", "Bytes of answers sent.", registry=self.registry)
        self._made = Histogram(
            "dualbio_request_duration_seconds",
            "Seconds that answers took which were not in the cache.",
            buckets=_STEPS,
            registry=self.registry,
        )
        self._queries = Histogram(
            "dualbio_query_duration_seconds",
            "Seconds that queries took, by outcome.",
            ["outcome"],
            buckets=_STEPS,
            registry=self.registry,
        )
        folder = os.environ.get(_FOLDER)
        if folder and not any(Path(folder).glob(f"*_{os.getpid()}.db")):
            raise DualbioError(f"{_FOLDER} was set after prometheus_client was imported; repair: set it before")

    def count(self, requests: Mapping[tuple[str, str, int, str], int], size: int) -> None:
        """Count requests by path, method, status and cache, and the bytes of their answers."""
        for (path, method, status, cache), number in requests.items():
            known = method if method in _METHODS else "other"
            self._requests.labels(path, known, str(status), cache).inc(number)
        self._bytes.inc(size)

    def time(self, seconds: float, outcome: str | None) -> None:
        """Take the time of a request that was not answered from the cache, and the outcome if it was a query."""
        self._made.observe(seconds)
        if outcome is not None:
            self._queries.labels(outcome).observe(seconds)

    def page(self, pool: PoolClient) -> bytes:
        """Return all counters, and the state of `pool`, in the text format of Prometheus."""
        registry = CollectorRegistry()
        if _FOLDER in os.environ:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            registry.register(_PoolCollector(pool))
            return generate_latest(registry)
        registry.register(_PoolCollector(pool))
        return generate_latest(self.registry) + generate_latest(registry)


class _PoolCollector(Collector):
    """What the supervisor of the query workers tells."""

    def __init__(self, pool: PoolClient) -> None:
        self.pool = pool

    def collect(self) -> Iterable[Metric]:
        try:
            status = self.pool.status()
        except DualbioError:
            status = {"workers": 0, "running": [], "forked": 0, "quads": 0}
        yield GaugeMetricFamily("dualbio_query_workers", "Living query workers.", status["workers"])
        yield GaugeMetricFamily("dualbio_queries_running", "Queries at work.", len(status["running"]))
        yield GaugeMetricFamily("dualbio_query_workers_forked", "Workers forked since the start.", status["forked"])
        yield GaugeMetricFamily("dualbio_quads", "Quads of the release.", status["quads"])
