"""The notice board: one slot of shared memory per worker, where it writes what it is doing and the supervisor reads.

Writing costs no system call. A reader may see a slot half written; who acts on a slot stops its worker first.
"""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass

__all__ = ["Board", "Running"]

_SLOT = struct.Struct("!dd64sI1024s")


@dataclass(frozen=True)
class Running:
    """A query at work: its id, the start of its text, the seconds it has run, and its limit in seconds."""

    query_id: str
    text: str
    elapsed: float
    timeout: float


class Board:
    """Shared memory with a slot for each of `size` workers; to be made before they are forked."""

    def __init__(self, size: int) -> None:
        """Map anonymous memory that children share."""
        self._memory = mmap.mmap(-1, max(1, size) * _SLOT.size)

    def begin(self, slot: int, query_id: str, text: str, timeout: float) -> None:
        """Write that the worker of `slot` has begun a query."""
        start = text[:1024].encode()[:1024]
        _SLOT.pack_into(
            self._memory,
            slot * _SLOT.size,
            time.monotonic(),
            timeout,
            query_id.encode()[:64].ljust(64, b"\0"),
            len(start),
            start,
        )

    def end(self, slot: int) -> None:
        """Write that the worker of `slot` is idle."""
        struct.pack_into("!d", self._memory, slot * _SLOT.size, 0.0)

    def read(self, slot: int) -> Running | None:
        """Return what the worker of `slot` is doing, or None when it is idle."""
        started, timeout, query_id, length, text = _SLOT.unpack_from(self._memory, slot * _SLOT.size)
        if not started:
            return None
        return Running(
            query_id.rstrip(b"\0").decode(errors="replace"),
            text[:length].decode(errors="replace"),
            time.monotonic() - started,
            timeout,
        )
