"""A cache of whole answers in memory, bounded in bytes, in which equal questions at one time are asked once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

__all__ = ["AnswerCache", "CachedReply"]

#: What an entry costs beside its body: headers, keys, the objects themselves.
_OVERHEAD = 1024


@dataclass(frozen=True, slots=True)
class CachedReply:
    """A whole answer: status line, headers, body, entity tag, what the access log says of it, and headers for a 304."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    log: str = ""
    not_modified: list[tuple[str, str]] = field(default_factory=list)


class _Flight:
    """A question that is being asked; its lock is held meanwhile."""

    __slots__ = ("error", "lock", "reply")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reply: CachedReply | None = None
        self.error: BaseException | None = None


class AnswerCache:
    """Keeps the answers that were used last, up to `limit` bytes; safe for threads.

    An answer may be found under several keys: its canonical one, and every spelling of the request that led to it.
    """

    def __init__(self, limit: int) -> None:
        """Start empty; a limit of 0 keeps nothing."""
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Hashable, tuple[CachedReply, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight] = {}

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._entries)

    def get(self, key: Hashable) -> CachedReply | None:
        """Return the answer under `key`, and make it the one used last."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        try:
            self._entries.move_to_end(key)
        except KeyError:  # another thread has just dropped it
            return None
        return entry[0]

    def put(self, key: Hashable, reply: CachedReply, cost: int | None = None) -> None:
        """Keep `reply` under `key`; a further key to a kept answer gives its own `cost` in bytes."""
        size = _OVERHEAD + (len(reply.body) if cost is None else cost)
        if size > self.limit // 4:  # one answer shall not push out all others
            return
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = reply, size
            self.size += size
            while self.size > self.limit:
                _, (_, dropped) = self._entries.popitem(last=False)
                self.size -= dropped

    def fly(self, key: Hashable, ask: Callable[[], CachedReply | None]) -> CachedReply | None:
        """Return what `ask` returns; a thread that comes with an equal key meanwhile waits for the same answer.

        An answer of None is one that cannot be shared; each thread must then ask for itself.
        An error is raised in every thread that waits.
        """
        own = _Flight()
        own.lock.acquire()
        flight = self._flights.setdefault(key, own)
        if flight is not own:
            with flight.lock:  # held until the answer is there
                pass
            if flight.error:
                raise flight.error
            return flight.reply
        try:
            own.reply = ask()
        except BaseException as error:
            own.error = error
            raise
        finally:
            del self._flights[key]
            own.lock.release()
        return own.reply
