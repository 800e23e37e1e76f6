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
        """Map the file, which the supervisor must `make` first.

        Raises:
            OSError: there is none.
        """
        with (folder / _FILE).open("w+b" if make else "r+b") as file:
            if make:
                file.write(bytes(_NUMBER.size))
                file.flush()
            self._memory = mmap.mmap(file.fileno(), _NUMBER.size)

    @property
    def value(self) -> int:
        """The number now."""
        return int(_NUMBER.unpack(self._memory[:])[0])

    @value.setter
    def value(self, number: int) -> None:
        self._memory[:] = _NUMBER.pack(number)  # aligned and in one piece, so no reader sees half of it
