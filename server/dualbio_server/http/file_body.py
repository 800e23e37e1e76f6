"""A file as the body of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

__all__ = ["FileBody"]


class FileBody:
    """The rest of a file in pieces: what PEP 3333 calls a `wsgi.file_wrapper`.

    Our web server sends the file itself; others iterate. It is closed at its end, or with this object.
    """

    def __init__(self, file: IO[bytes], size: int = 256 * 1024) -> None:
        """Read `file` from where it stands, `size` bytes at a time."""
        self.file = file
        self.size = size

    def __iter__(self) -> Iterator[bytes]:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece."""
        piece = self.file.read(self.size)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file."""
        self.file.close()
