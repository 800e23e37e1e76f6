"""The access log and the counters: requests are noted in passing, written and counted once a second.

Noting costs less than a microsecond, since an answer from the cache takes only a few; so a cached answer carries the
part of its line that never changes.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TextIO

from pydantic_core import to_json

from dualbio_server.http.metrics import Metrics
from dualbio_server.http.replies import Reply

__all__ = ["AccessLog", "LogEntry", "query_hash"]

_PERIOD = 1.0
_MOST = 20000


def query_hash(text: str) -> str:
    """Return the short hash under which the log names a query."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


@dataclass
class LogEntry:
    """One request: what was asked, what came of it (`outcome`, `status`, `bytes`, `rows`), and the seconds it took."""

    method: str
    path: str
    status: int
    size: int
    seconds: float
    outcome: str = "ok"
    cache: str = "none"
    query: str | None = None
    rows: int | None = None
    client: str | None = None
    time: float = field(default_factory=time.time)

    @property
    def is_query(self) -> bool:
        """Whether a worker evaluated it."""
        return self.path == "/sparql" and self.cache == "miss"

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        members = {"time": _stamp(self.time), **_without_time(self)}
        return to_json({key: value for key, value in members.items() if value is not None}).decode()


def _without_time(entry: LogEntry) -> dict[str, Any]:
    members = dict(vars(entry))
    del members["time"]
    members["bytes"] = members.pop("size")
    members["seconds"] = round(members["seconds"], 6)
    return members


def _stamp(moment: float) -> str:
    """Return seconds since 1970 as an ISO 8601 time in UTC, to the millisecond."""
    whole, part = divmod(moment, 1)
    return time.strftime(f"%Y-%m-%dT%H:%M:%S.{int(part * 1000):03d}Z", time.gmtime(whole))


class AccessLog:
    """Collects the requests of one process, and once a second writes them and has them counted."""

    def __init__(self, stream: TextIO | None, metrics: Metrics) -> None:
        """Write lines to `stream`, or none at all; `metrics` counts either way."""
        self.stream = stream
        self.metrics = metrics
        self._hits: list[tuple[float, Reply, int]] = []
        self._entries: list[LogEntry] = []
        self._lock = threading.Lock()
        self._process = 0

    def hit(self, reply: Reply, status: int) -> None:
        """Note an answer from the cache."""
        self._hits.append((time.time(), reply, status))
        if self._process != os.getpid() or len(self._hits) > _MOST:
            self._start()
            self.flush()

    def note(self, entry: LogEntry) -> None:
        """Note any other answer."""
        self._entries.append(entry)
        if self._process != os.getpid() or len(self._entries) > _MOST:
            self._start()
            self.flush()

    def flush(self) -> None:
        """Write and count what was noted."""
        with self._lock:
            hits, self._hits = self._hits, []
            entries, self._entries = self._entries, []
            counts = Counter((entry.path, entry.method, entry.status, entry.cache) for entry in entries)
            counts.update(("/sparql", "GET", status, "hit") for _, _, status in hits)
            size = sum(entry.size for entry in entries)
            size += sum(reply.length for _, reply, status in hits if status == HTTPStatus.OK)
            self.metrics.count(counts, size)
            for entry in entries:
                self.metrics.time(entry.seconds, entry.outcome if entry.is_query else None)
            if self.stream:
                self._write(self.stream, hits, entries)

    def _write(self, stream: TextIO, hits: list[tuple[float, Reply, int]], entries: list[LogEntry]) -> None:
        lines = [
            f'{{"time":"{_stamp(moment)}","status":{status},'
            f'"bytes":{reply.length if status == HTTPStatus.OK else 0},{reply.log}'
            for moment, reply, status in hits
        ]
        lines += [entry.line() for entry in entries]
        if lines:
            stream.write("\n".join(lines) + "\n")
            stream.flush()

    def _start(self) -> None:
        """Start the thread that flushes, in the process that notes: threads do not survive a fork."""
        with self._lock:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
            threading.Thread(target=self._run, name="access-log", daemon=True).start()
            atexit.register(self.flush)

    def _run(self) -> None:
        while True:
            time.sleep(_PERIOD)
            self.flush()
