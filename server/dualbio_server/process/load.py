"""The number of connections of each web process, in shared memory."""

from __future__ import annotations

import mmap
import struct

__all__ = ["Load", "Loads"]

_NUMBER = struct.Struct("=I")
_NOBODY = 0xFFFFFFFF


class Loads:
    """The numbers of all places; the main process makes them before it forks."""

    def __init__(self, places: int) -> None:
        """Begin with nobody there."""
        self._memory = mmap.mmap(-1, _NUMBER.size * places)
        for place in range(places):
            self.leave(place)

    def leave(self, place: int) -> None:
        """Note that nobody is at a place."""
        self.note(place, _NOBODY)

    def at(self, place: int) -> Load:
        """Return the part of the process at a place."""
        return Load(self, place)

    def note(self, place: int, number: int) -> None:
        """Note the number of connections of the process at a place."""
        _NUMBER.pack_into(self._memory, place * _NUMBER.size, number)

    def least(self) -> int:
        """Return the fewest connections that a process has."""
        numbers: list[int] = [number for (number,) in _NUMBER.iter_unpack(self._memory)]
        return min(numbers)


class Load:
    """What one process tells the others, and sees of them."""

    def __init__(self, loads: Loads, place: int) -> None:
        """Begin with no connection."""
        self._loads = loads
        self._place = place
        self.tell(0)

    def tell(self, number: int) -> None:
        """Report the number of connections of this process."""
        self._loads.note(self._place, number)

    def is_least(self, number: int) -> bool:
        """Return whether no other process has fewer connections than `number`."""
        return number <= self._loads.least()
