"""The output of a worker: in memory while it is small, then in an unlinked temporary file."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["AnswerSpool", "SpoolFullError", "open_spool_file"]


class SpoolFullError(Exception):
    """The answer is larger than its bound."""


def open_spool_file(folder: str) -> int:
    """Return the descriptor of a new file in `folder` that has no name and vanishes with its last descriptor."""
    if hasattr(os, "O_TMPFILE"):
        try:
            return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:  # a file system without nameless files
            pass
    number, path = tempfile.mkstemp(dir=folder)
    Path(path).unlink()
    return number


class AnswerSpool(io.RawIOBase):
    """Collects the bytes of one answer after another.

    Pieces stay in memory up to `inline` bytes; a larger answer goes to `file`, which must be open beforehand, up to
    `bound` bytes. `reset` starts the next answer.
    """

    def __init__(self, file: int, inline: int, bound: int) -> None:
        """Start empty."""
        super().__init__()
        self.file = file
        self.inline = inline
        self.bound = bound
        self.size = 0
        self.spooled = False
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        """Tell that this stream takes bytes."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Take one piece.

        Raises:
            SpoolFullError: the answer has outgrown its bound.
        """
        piece = bytes(data)
        self.size += len(piece)
        if self.size > self.bound:
            raise SpoolFullError
        self.pieces.append(piece)
        if self.spooled or self.size > self.inline:
            self._spill()
        return len(piece)

    def reset(self, file: int | None = None) -> None:
        """Forget the answer; `file` replaces a file that was given away."""
        self.pieces.clear()
        self.size = 0
        if file is not None:
            self.file = file
        elif self.spooled:
            os.ftruncate(self.file, 0)
            os.lseek(self.file, 0, os.SEEK_SET)
        self.spooled = False

    def _spill(self) -> None:
        self.spooled = True
        for piece in self.pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(self.file, view) :]
        self.pieces.clear()
