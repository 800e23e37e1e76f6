"""Checks text for characters that XML cannot represent: a parser would reject or change them."""

from __future__ import annotations

import io
import re
from typing import IO

from dualbio.errors import ExportError

__all__ = ["XmlOutput"]

#: What XML 1.0 excludes from every document (production 2), as UTF-8; surrogates never get this far.
_EXCLUDED = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})
_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")
_RETURN = b"&#13;"


class XmlOutput(io.RawIOBase):
    """Hands XML on to `output`, each carriage return as a reference: parsers read a bare one as a newline."""

    def __init__(self, output: IO[bytes]) -> None:
        """Write to `output`."""
        super().__init__()
        self.output = output
        self._tail = b""

    def writable(self) -> bool:
        """Return that this stream takes bytes."""
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Take one piece.

        Raises:
            ExportError: it holds a character that no XML document may have.
        """
        piece = bytes(data)
        if len(piece.translate(None, _EXCLUDED)) < len(piece) or _NONCHARACTER.search(self._tail + piece):
            raise ExportError(
                "a text holds a control character, which XML cannot carry; repair: remove it, or take another format, "
                "such as Turtle, N-Triples, JSON or CSV"
            )
        self._tail = piece[-2:]
        self.output.write(piece.replace(b"\r", _RETURN))
        return len(piece)
