"""The number of the last write that every later query sees, in memory shared by supervisor and web processes."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

__all__ = ["Generation"]

_NUMBER = struct.Struct("=Q")
_FILE = "generation"


class Generation:
    """One number in a file of the pool's folder; reading it costs no system call."""

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        """Map the file, which the supervisor must `make` first; one that is there is taken as it is, for it is mapped.

        Raises:
            OSError: there is none.
        """
        path = folder / _FILE
        if make and not path.exists():
            path.write_bytes(bytes(_NUMBER.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _NUMBER.size)

    @property
    def value(self) -> int:
        """The number now."""
        return int(_NUMBER.unpack(self._memory[:])[0])

    @value.setter
    def value(self, number: int) -> None:
        self._memory[:] = _NUMBER.pack(number)  # aligned and in one piece, so no reader sees half of it
