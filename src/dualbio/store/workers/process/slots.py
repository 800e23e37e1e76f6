"""Worker slots: which process has which slot, and which slots need a new one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Child", "Slots"]

#: A worker that dies younger than this without a query is not replaced at once.
_YOUNG = 1.0


@dataclass
class Child:
    """A living child of the supervisor: its slot, its serial number, and when it was forked."""

    slot: int
    serial: int
    born: float
    yields: bool = False


class Slots:
    """The slots 0 to `workers` - 1 for query workers, and one more for the writer.

    Serial numbers never come twice, also after the supervisor was replaced.
    """

    def __init__(self, workers: int) -> None:
        """Begin with every slot empty."""
        self.workers = workers
        self.forked = 0
        self._first = time.monotonic_ns()
        self._children: dict[int, Child] = {}
        self._due: dict[int, float] = {}
        self._announced: set[int] = set()

    def __len__(self) -> int:
        """Return the number of living children."""
        return len(self._children)

    def __iter__(self) -> Iterator[tuple[int, Child]]:
        """Yield process id and child."""
        return iter(self._children.items())

    @property
    def writer(self) -> int:
        """The slot of the writer."""
        return self.workers

    @property
    def writing(self) -> bool:
        """Whether there is a writer."""
        return any(child.slot == self.writer for child in self._children.values())

    def next_serial(self) -> int:
        """Return the serial number of the child that is forked next."""
        self.forked += 1
        return self._first + self.forked

    def fill(self, pid: int, slot: int, serial: int) -> None:
        """Note a new child."""
        self._due.pop(slot, None)
        self._children[pid] = Child(slot, serial, time.monotonic())

    def remove(self, pid: int) -> Child:
        """Return the child that has ended, and forget it."""
        return self._children.pop(pid)

    def vacate(self, child: Child, *, at_work: bool, failed: bool) -> None:
        """Have a query worker replaced: at once, but one that failed as soon as it was there only after a while."""
        (self._announced.discard if at_work else self._announced.add)(child.slot)
        now = time.monotonic()
        hasty = failed and not at_work and now - child.born < _YOUNG
        self._due[child.slot] = now + (_YOUNG if hasty else 0)

    def announced(self, slot: int) -> bool:
        """Return whether the last worker of a slot was known to be idle, so that a client may hold its token."""
        return slot in self._announced

    def due(self) -> list[int]:
        """Return the slots whose next worker is to be forked now."""
        now = time.monotonic()
        return [slot for slot, due in self._due.items() if due <= now]

    def next_due(self) -> float | None:
        """Return the seconds until a worker is to be forked, or None when none is."""
        return min(self._due.values()) - time.monotonic() if self._due else None

    def alive(self, serial: int) -> bool:
        """Return whether the child with this serial number lives."""
        return any(child.serial == serial for child in self._children.values())
