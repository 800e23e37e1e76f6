"""Fair shares of the query workers: who is served next, and whose query ends when somebody is left out.

Workers are the scarce thing, so they are what is shared. While nobody else waits, one client may have them all.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from dualbio.store.workers.process.running_queries import Running

__all__ = ["FairQueue", "QueueFullError", "query_to_end"]

#: Seconds after which one who waits asks the supervisor to make way, and then asks again.
_UNTIL_ASKING = 1.0
#: Seconds that every query may run before it has to make way for others.
_GRANTED = 1.0


class QueueFullError(Exception):
    """As many wait as may, and others have less than this client."""


def query_to_end(running: Sequence[Running], client: str, workers: int) -> Running | None:
    """Return the query that has to make way for `client`, or None when the shares are fair.

    It is the longest one of the client that holds the most workers, if that client holds all of them, or at least two
    more than the one who waits; and it has had its granted time.
    """
    if len(running) < workers:
        return None
    held = Counter(query.client for query in running)
    greediest, most = held.most_common(1)[0]
    if greediest == client or (most < workers and most - held[client] < 2):
        return None
    longest = max((query for query in running if query.client == greediest), key=lambda query: query.elapsed)
    return longest if longest.elapsed >= _GRANTED else None


class _Ticket:
    """One who waits; its bell is a lock that is held until there is something to know."""

    __slots__ = ("bell", "client", "pushed_out", "slot")

    def __init__(self, client: str) -> None:
        self.client = client
        self.slot: int | None = None
        self.pushed_out = False
        self.bell = threading.Lock()
        self.bell.acquire()

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.slot is not None or self.pushed_out

    def ring(self) -> None:
        """Wake the one who waits; the lock of the queue is held."""
        if self.bell.locked():
            self.bell.release()


class FairQueue:
    """The queries of one process that wait for a worker.

    One thread at a time takes tokens for all who wait; each goes to the client with the fewest queries at work, and
    among equals to whoever came first. When the queue is full, the client with the most makes room for one with less.
    """

    def __init__(self, take: Callable[[float], int | None], make_way: Callable[[str], None], most: int) -> None:
        """Take tokens by `take(seconds)`; `make_way(client)` is called when one has waited for long.

        At most `most` queries may be at work or wait.
        """
        self._take = take
        self._make_way = make_way
        self._most = most
        self._waiting: list[_Ticket] = []
        self._held: Counter[str] = Counter()
        self._taker: _Ticket | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of queries that wait or are at work."""
        return len(self._waiting) + self._held.total()

    def enter(self, client: str, patience: float) -> int | None:
        """Wait at most `patience` seconds, and return the slot of an idle worker; `leave` gives the place back.

        Raises:
            QueueFullError: there is no room for one more of this client.
        """
        ticket = _Ticket(client)
        deadline = time.monotonic() + patience
        with self._lock:
            self._admit(ticket)
        try:
            while not ticket.settled:
                left = deadline - time.monotonic()
                if self._taker is ticket:
                    self._take_one(min(max(left, 0), _UNTIL_ASKING))
                if left <= 0:
                    break
                if self._taker is not ticket:
                    ticket.bell.acquire(timeout=left)
        finally:
            with self._lock:
                self._dismiss(ticket)
        if ticket.pushed_out:
            raise QueueFullError
        return ticket.slot

    def leave(self, client: str) -> None:
        """Give back the place of a query that was at work."""
        with self._lock:
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]

    def _take_one(self, patience: float) -> None:
        """Take one token for whoever is to have it."""
        slot = self._take(patience)
        if slot is None:
            with self._lock:
                client = self._next().client
            self._make_way(client)
            return
        with self._lock:
            chosen = self._next()
            chosen.slot = slot
            self._waiting.remove(chosen)
            self._held[chosen.client] += 1
            chosen.ring()

    def _next(self) -> _Ticket:
        return min(self._waiting, key=lambda ticket: self._held[ticket.client])

    def _admit(self, ticket: _Ticket) -> None:
        if len(self) >= self._most:
            self._make_room(ticket.client)
        self._waiting.append(ticket)
        if self._taker is None:
            self._taker = ticket

    def _make_room(self, client: str) -> None:
        """Push out the last who came for the client that has the most, unless that is `client` or has hardly more."""
        has = self._held + Counter(ticket.client for ticket in self._waiting)
        greediest, most = has.most_common(1)[0]
        those = (ticket for ticket in reversed(self._waiting) if ticket.client == greediest)
        last = next((ticket for ticket in those if ticket is not self._taker), None)
        if last is None or most - has[client] < 2:
            raise QueueFullError
        last.pushed_out = True
        self._waiting.remove(last)
        last.ring()

    def _dismiss(self, ticket: _Ticket) -> None:
        """Forget one who waits no longer, and have another one take tokens."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        if self._taker is ticket:
            self._taker = self._waiting[0] if self._waiting else None
            if self._taker:
                self._taker.ring()
