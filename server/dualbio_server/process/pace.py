"""Deadlines that move with progress: a client must keep a minimum rate."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IDLE", "LINGER", "OPENING", "READ", "SEND", "Allowance", "Pace"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """A client that does nothing is given `grace` seconds; each byte adds `1 / rate` of them, up to `grace` again.

    With a rate of 0 no byte adds anything, so all must be done within `grace`.
    """

    grace: float
    rate: float = 0.0


#: From the connection, or from the first byte of a further request, to the end of its head.
OPENING = Allowance(10.0)
#: Between two requests on one connection; longer than proxies keep theirs.
IDLE = Allowance(75.0)
#: For the body of a request: 1 KiB a second.
READ = Allowance(10.0, 1024.0)
#: For an answer: 16 KiB a second.
SEND = Allowance(20.0, 16.0 * 1024)
#: For what a client still sends after it was refused.
LINGER = Allowance(5.0)


class Pace:
    """How long a client may still take for what it is at."""

    __slots__ = ("_allowance", "_done", "_ends")

    def __init__(self, allowance: Allowance, done: int, now: float) -> None:
        """Begin at `now`, a time in seconds, with `done` bytes behind."""
        self._allowance = allowance
        self._done = done
        self._ends = now + allowance.grace

    def holds(self, done: int, now: float) -> bool:
        """Return whether a client with `done` bytes so far is in time."""
        allowance = self._allowance
        if allowance.rate:
            self._ends = min(self._ends + (done - self._done) / allowance.rate, now + allowance.grace)
            self._done = done
        return now < self._ends
