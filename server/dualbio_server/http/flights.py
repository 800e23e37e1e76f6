"""Equal questions at one time are asked once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Flights"]

Shared = TypeVar("Shared")


class _Flight(Generic[Shared]):
    """A question that is being asked; its lock is held meanwhile."""

    __slots__ = ("answer", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answer: Shared | None = None


class Flights(Generic[Shared]):
    """Questions under way; safe for threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._flights: dict[Hashable, _Flight[Shared]] = {}

    def fly(self, key: Hashable, ask: Callable[[], Shared | None], patience: float) -> Shared | None:
        """Return what `ask` returns; a thread that comes with an equal key meanwhile waits for the same answer.

        Only good answers are shared. None stands for an answer that cannot be shared, and for an error of the one who
        asked, which concerns nobody else (it may have had another limit, or been cancelled): then each must ask alone.

        Args:
            key: what makes questions equal.
            ask: gets the answer; what it raises is raised in the thread that called it.
            patience: seconds to wait for the answer of another.

        Raises:
            TimeoutError: another is still at it.
        """
        own: _Flight[Shared] = _Flight()
        own.lock.acquire()
        flight = self._flights.setdefault(key, own)
        if flight is not own:
            if not flight.lock.acquire(timeout=patience):
                raise TimeoutError
            flight.lock.release()
            return flight.answer
        try:
            own.answer = ask()
        finally:
            del self._flights[key]
            own.lock.release()
        return own.answer
