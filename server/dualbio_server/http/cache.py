"""A cache of whole answers in memory, bounded in bytes."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable

from dualbio_server.http.replies import Reply
from dualbio_server.service import Service

__all__ = ["AnswerCache", "cache_of", "make_cache"]

_MIB = 1024 * 1024

#: What an entry costs beside its body and the text of its key: headers and the objects themselves.
_OVERHEAD = 2048


class AnswerCache:
    """Keeps the answers that were used last, up to `limit` bytes; safe for threads.

    An answer may be found under several keys: its canonical one, and every spelling of the request that led to it. Its
    body counts as long as one of them is left.
    """

    def __init__(self, limit: int) -> None:
        """Start empty; a limit of 0 keeps nothing."""
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Hashable, tuple[Reply, int]] = OrderedDict()
        self._keys: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._entries)

    def get(self, key: Hashable) -> Reply | None:
        """Return the answer under `key`, and make it the one used last."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        try:
            self._entries.move_to_end(key)
        except KeyError:  # another thread has just dropped it
            return None
        return entry[0]

    def put(self, key: Hashable, reply: Reply) -> None:
        """Keep `reply`, whose body is in memory, under `key`."""
        own = _OVERHEAD + _length(key)
        if own + reply.length > self.limit // 4:  # one answer shall not push out all others
            return
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = reply, own
            self.size += own + (0 if self._keys[id(reply)] else reply.length)
            self._keys[id(reply)] += 1
            while self.size > self.limit:
                self._drop()

    def _drop(self) -> None:
        _, (reply, own) = self._entries.popitem(last=False)
        self.size -= own
        self._keys[id(reply)] -= 1
        if not self._keys[id(reply)]:
            del self._keys[id(reply)]
            self.size -= reply.length


def _length(key: Hashable) -> int:
    """Return the bytes of the texts in a key."""
    if isinstance(key, tuple):
        return sum(map(_length, key))
    return len(key) if isinstance(key, (str, bytes)) else 0


def cache_of(service: Service) -> AnswerCache:
    """Return the one cache of all answers of a service, as large as its settings allow."""
    return service.part(make_cache)


def make_cache(service: Service) -> AnswerCache:
    """Return an empty cache as large as the settings of a service allow."""
    return AnswerCache(service.settings.cache_size * _MIB)
