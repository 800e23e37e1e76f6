"""Fair shares of the query workers: who is served next, and whose query is ended while others wait.

Workers are the scarce thing, so they are what is shared. While nobody else waits, one client may have them all.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from dualbio.store.workers.process.running_queries import Running

__all__ = ["UNTIL_ASKING", "FairQueue", "QueueFullError", "Ticket", "query_to_end"]

#: Seconds after which one who waits asks the supervisor to make way, and then asks again.
UNTIL_ASKING = 1.0
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


class Ticket:
    """One who waits; `wake` is called when there is something to know, with the lock of the queue held."""

    __slots__ = ("client", "pushed_out", "slot", "wake")

    def __init__(self, client: str, wake: Callable[[], object]) -> None:
        """Wait for a client."""
        self.client = client
        self.slot: int | None = None
        self.pushed_out = False
        self.wake = wake

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.slot is not None or self.pushed_out


class _Bell:
    """What a thread waits at: a lock that is held until there is something to know."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        if self._lock.locked():
            self._lock.release()

    def wait(self, patience: float) -> None:
        self._lock.acquire(timeout=patience)


class FairQueue:
    """The queries of one process that wait for a worker.

    One at a time takes tokens for all who wait, the `taker`; each goes to the client with the fewest queries at work,
    and among equals to the one that came first. When the queue is full, the client with the most makes room for one
    with less. Threads wait in `enter`; an event loop queues tickets, and takes for all while it is the taker.
    """

    def __init__(self, take: Callable[[float], int | None], make_way: Callable[[str], None], most: int) -> None:
        """Take tokens by `take(seconds)`; `make_way(client)` is called when one has waited for long.

        At most `most` queries may be at work or wait.
        """
        self._take = take
        self._make_way = make_way
        self._most = most
        self._waiting: list[Ticket] = []
        self._held: Counter[str] = Counter()
        self.taker: Ticket | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of queries that wait or are at work."""
        return len(self._waiting) + self._held.total()

    def enter(self, client: str, patience: float) -> int | None:
        """Wait at most `patience` seconds, and return the slot of an idle worker; `leave` gives the place back.

        Raises:
            QueueFullError: there is no room for one more of this client.
        """
        bell = _Bell()
        ticket = Ticket(client, bell.ring)
        deadline = time.monotonic() + patience
        self.line_up(ticket)
        try:
            while not ticket.settled:
                left = deadline - time.monotonic()
                if self.taker is ticket:
                    self._take_one(min(max(left, 0), UNTIL_ASKING))
                if left <= 0:
                    break
                if self.taker is not ticket:
                    bell.wait(left)
        finally:
            self.dismiss(ticket)
        if ticket.pushed_out:
            raise QueueFullError
        return ticket.slot

    def line_up(self, ticket: Ticket) -> None:
        """Have one more wait.

        Raises:
            QueueFullError: there is no room for one more of this client.
        """
        with self._lock:
            if len(self) >= self._most:
                self._make_room(ticket.client)
            self._waiting.append(ticket)
            if self.taker is None:
                self.taker = ticket

    def give(self, slot: int) -> None:
        """Pass a token that the taker has taken to the next query in turn."""
        with self._lock:
            chosen = self._next()
            chosen.slot = slot
            self._waiting.remove(chosen)
            self._held[chosen.client] += 1
            chosen.wake()

    def ask_to_make_way(self) -> None:
        """Ask that a query ends for the client whose turn it is; to be called by the taker."""
        with self._lock:
            client = self._next().client if self._waiting else None
        if client is not None:
            self._make_way(client)

    def dismiss(self, ticket: Ticket) -> None:
        """Forget one who waits no longer, and have another one take tokens."""
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            if self.taker is ticket:
                self.taker = self._waiting[0] if self._waiting else None
                if self.taker:
                    self.taker.wake()

    def leave(self, client: str) -> None:
        """Give back the place of a query that was at work."""
        with self._lock:
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]

    def _take_one(self, patience: float) -> None:
        slot = self._take(patience)
        if slot is None:
            self.ask_to_make_way()
        else:
            self.give(slot)

    def _next(self) -> Ticket:
        return min(self._waiting, key=lambda ticket: self._held[ticket.client])

    def _make_room(self, client: str) -> None:
        """Push out the last who came for the client that has the most, unless that is `client` or has hardly more."""
        has = self._held + Counter(ticket.client for ticket in self._waiting)
        greediest, most = has.most_common(1)[0]
        those = (ticket for ticket in reversed(self._waiting) if ticket.client == greediest)
        last = next((ticket for ticket in those if ticket is not self.taker), None)
        if last is None or most - has[client] < 2:
            raise QueueFullError
        last.pushed_out = True
        self._waiting.remove(last)
        last.wake()
