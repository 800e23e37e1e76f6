"""Loads N-Quads into a store: in chunks, with care for blank nodes, which the engine would rename."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import pyoxigraph as ox

__all__ = ["Content", "in_chunks", "load", "size_of", "without_blank_nodes"]

#: N-Quads, or the file that has them.
Content = bytes | Path
#: How a blank node begins.
_BLANK = b"_:"


def load(store: ox.Store, parts: Iterable[Content], size: int) -> None:
    """Load N-Quads that the engine wrote into a store, about `size` bytes at a time.

    The engine reads them without holding Python up, but renames blank nodes; so their few quads go another way.

    Raises:
        OSError: a file cannot be read.
        SyntaxError: a part is not N-Quads.
    """
    for lines in in_chunks(parts, size):
        plain, named = without_blank_nodes(lines)
        # The engine wrote them itself, and need not look at each IRI again.
        store.bulk_extend(ox.parse(named, ox.RdfFormat.N_QUADS, lenient=True))
        store.bulk_load(plain, ox.RdfFormat.N_QUADS, lenient=True)


def size_of(part: Content) -> int:
    """Return the bytes of a part."""
    return len(part) if isinstance(part, bytes) else part.stat().st_size


def in_chunks(parts: Iterable[Content], size: int) -> Iterator[bytes]:
    """Yield the lines of all `parts`, in their order, about `size` bytes of whole lines at a time.

    Raises:
        OSError: a file cannot be read.
    """
    gathered: list[bytes] = []
    length = 0
    for part in parts:
        with BytesIO(part) if isinstance(part, bytes) else part.open("rb") as stream:
            while content := stream.read(size):
                content += stream.readline()
                gathered.append(content if content.endswith(b"\n") else content + b"\n")
                length += len(content)
                if length >= size:
                    yield b"".join(gathered)
                    gathered, length = [], 0
    if gathered:
        yield b"".join(gathered)


def without_blank_nodes(lines: bytes) -> tuple[bytes, bytes]:
    r"""Return the lines of N-Quads without blank nodes, and those that have some; a string may look like one.

    >>> without_blank_nodes(b"<a> <b> <c> .\n_:d <b> <c> .\n<e> <b> <c> .\n")
    (b'<a> <b> <c> .\n<e> <b> <c> .\n', b'_:d <b> <c> .\n')
    """
    plain: list[bytes] = []
    named: list[bytes] = []
    place = 0
    while (found := lines.find(_BLANK, place)) >= 0:
        begin = lines.rfind(b"\n", place, found) + 1 or place
        end = lines.find(b"\n", found) + 1 or len(lines)
        plain.append(lines[place:begin])
        named.append(lines[begin:end])
        place = end
    return b"".join((*plain, lines[place:])) if named else lines, b"".join(named)
