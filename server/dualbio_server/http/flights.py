"""Evaluates equal concurrent requests once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Flights"]

Shared = TypeVar("Shared")


class Flight(Generic[Shared]):
    """A question that is being asked; its lock is held meanwhile."""

    __slots__ = ("answer", "key", "lock")

    def __init__(self, key: Hashable) -> None:
        """Begin."""
        self.key = key
        self.lock = threading.Lock()
        self.lock.acquire()
        self.answer: Shared | None = None


class Flights(Generic[Shared]):
    """Questions under way; safe for threads.

    Only good answers are shared. None stands for an answer that cannot be shared, and for an error of the one who
    asked, which concerns nobody else (it may have had another limit, or been cancelled): then each must ask alone.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._flights: dict[Hashable, Flight[Shared]] = {}

    def begin(self, key: Hashable) -> Flight[Shared] | None:
        """Begin to ask in an event loop, and `land` at the end, whatever comes of it; None where somebody is at it."""
        own: Flight[Shared] = Flight(key)
        return own if self._flights.setdefault(key, own) is own else None

    def land(self, flight: Flight[Shared], answer: Shared | None) -> None:
        """Tell those who wait what came of it."""
        flight.answer = answer
        del self._flights[flight.key]
        flight.lock.release()

    def fly(self, key: Hashable, ask: Callable[[], Shared | None], patience: float) -> Shared | None:
        """Return what `ask` returns; a thread that comes with an equal key meanwhile waits for the same answer.

        Args:
            key: what makes questions equal.
            ask: gets the answer; what it raises is raised in the thread that called it.
            patience: seconds to wait for the answer of another.

        Raises:
            TimeoutError: another is still at it.
        """
        own: Flight[Shared] = Flight(key)
        flight = self._flights.setdefault(key, own)
        if flight is not own:
            if not flight.lock.acquire(timeout=patience):
                raise TimeoutError
            flight.lock.release()
            return flight.answer
        answer = None
        try:
            answer = ask()
        finally:
            self.land(own, answer)
        return answer
