"""Counters for Prometheus, written in sums of many requests.

Several web processes add up through files in `PROMETHEUS_MULTIPROC_DIR`.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dualbio.errors import DualbioError
from dualbio.store.workers import PoolClient
from dualbio_server.entries import Entry

__all__ = ["Metrics"]

Request = tuple[str, str, int, str]

_STEPS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0)


def _step(seconds: float) -> str:
    place = bisect_left(_STEPS, seconds)
    return f"{_STEPS[place]:g}" if place < len(_STEPS) else "more"


class Metrics:
    """The counters of one web process, and the page that shows those of all."""

    def __init__(self, pool: PoolClient) -> None:
        """Make the counters; the state of `pool` is read when the page is asked for."""
        self.pool = pool
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "dualbio_requests",
            "Requests answered.",
            ["path", "method", "status", "cache"],
            registry=self.registry,
        )
        self._bytes = Counter("dualbio_response_bytes", "Bytes of answers sent.", registry=self.registry)
        self._queries = Counter(
            "dualbio_queries",
            "Queries evaluated, by outcome and by the least of the steps that their seconds stay within.",
            ["outcome", "within"],
            registry=self.registry,
        )
        self._seconds = Counter("dualbio_query_seconds", "Seconds that queries took.", registry=self.registry)

    def count(self, requests: Mapping[Request, int], size: int) -> None:
        """Count requests by path, method, status and cache, and the bytes of their answers."""
        for (path, method, status, cache), number in requests.items():
            self._requests.labels(path, method, str(status), cache).inc(number)
        self._bytes.inc(size)

    def time(self, entries: Iterable[Entry]) -> None:
        """Take the seconds of the requests that were evaluated."""
        steps: dict[tuple[str, str], int] = {}
        seconds = 0.0
        for entry in entries:
            if entry.path == "/sparql" and entry.cache == "miss":
                key = entry.outcome, _step(entry.seconds)
                steps[key] = steps.get(key, 0) + 1
                seconds += entry.seconds
        for (outcome, step), number in steps.items():
            self._queries.labels(outcome, step).inc(number)
        self._seconds.inc(seconds)

    def page(self) -> bytes:
        """Return all counters in the text format of Prometheus."""
        registry = CollectorRegistry()
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            registry.register(_PoolCollector(self.pool))
            return generate_latest(registry)
        registry.register(_PoolCollector(self.pool))
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
