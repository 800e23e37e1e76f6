"""The access log and the counters: requests are noted in passing, written and counted once a second.

Noting costs less than a microsecond, since an answer from the cache takes only a few; so a cached answer carries the
part of its line that never changes.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import Counter
from http import HTTPStatus
from multiprocessing.util import Finalize
from typing import TextIO

from dualbio_server.cache import CachedReply
from dualbio_server.entries import Entry, stamp
from dualbio_server.metrics import Metrics

__all__ = ["AccessLog", "query_hash"]

_PERIOD = 1.0
_MOST = 20000


def query_hash(text: str) -> str:
    """Return the short hash under which the log names a query."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


class AccessLog:
    """Collects the requests of one process, and once a second writes them and has them counted."""

    def __init__(self, stream: TextIO | None, metrics: Metrics) -> None:
        """Write lines to `stream`, or none at all; `metrics` counts either way."""
        self.stream = stream
        self.metrics = metrics
        self._hits: list[tuple[float, CachedReply, int]] = []
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._process = 0

    def hit(self, reply: CachedReply, status: int) -> None:
        """Note an answer from the cache."""
        self._hits.append((time.time(), reply, status))
        if self._process != os.getpid() or len(self._hits) > _MOST:
            self._start()
            self.flush()

    def note(self, entry: Entry) -> None:
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
            size += sum(len(reply.body) for _, reply, status in hits if status == HTTPStatus.OK)
            self.metrics.count(counts, size)
            self.metrics.time(entries)
            if self.stream:
                self._write(self.stream, hits, entries)

    def _write(self, stream: TextIO, hits: list[tuple[float, CachedReply, int]], entries: list[Entry]) -> None:
        lines = [
            f'{{"time": "{stamp(moment)}", "status": {status}, '
            f'"bytes": {len(reply.body) if status == HTTPStatus.OK else 0}, {reply.log}'
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
            # A web process is a child of `multiprocessing`, where no function of `atexit` is called.
            Finalize(None, self.flush, exitpriority=1)

    def _run(self) -> None:
        while True:
            time.sleep(_PERIOD)
            self.flush()
