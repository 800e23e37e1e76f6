"""Waits before an ended process is restarted: none at first, then increasing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Backoff"]


@dataclass
class Backoff:
    """Waits that double from `first` up to `most` seconds, and start again after a life of `lasting` seconds.

    >>> backoff = Backoff()
    >>> [backoff.wait(lived) for lived in (99, 1, 1, 1, 1, 1, 1, 1, 99)]
    [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 0.0]
    """

    first: float = 0.25
    most: float = 8.0
    lasting: float = 10.0
    _next: float = 0.0

    def wait(self, lived: float) -> float:
        """Return the seconds to wait after a life of so many."""
        if lived >= self.lasting:
            self._next = 0.0
        now = self._next
        self._next = min(self.most, 2 * now or self.first)
        return now
