"""The running query of each worker: a slot of shared memory per worker, read by the supervisor.

Writing costs no system call. A reader may see a slot half written; who acts on a slot stops its worker first.
"""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Phase", "Running", "RunningQueries"]

_SLOT = struct.Struct("!Bddd64s64sI1024s")


class Phase(IntEnum):
    """How far a worker has come. What has reached `COMMITTING` can no longer be cancelled: it may be on the disk."""

    IDLE = 0
    READING = 1
    EVALUATING = 2
    COMMITTING = 3


@dataclass(frozen=True)
class Running:
    """A query or an update at work.

    Its id, the address of its client, the start of its text, how far it is, the seconds since it began, its limit in
    seconds, and the processor seconds that its worker had used when it began.
    """

    query_id: str
    client: str
    text: str
    phase: Phase
    elapsed: float
    timeout: float
    used_before: float = 0.0


class RunningQueries:
    """Shared memory with a slot for each of `size` workers; to be made before they are forked."""

    def __init__(self, size: int) -> None:
        """Map anonymous memory that children share."""
        self._memory = mmap.mmap(-1, max(1, size) * _SLOT.size)

    def begin(self, slot: int, query_id: str, client: str, text: str, timeout: float) -> None:
        """Write that the worker of `slot` has begun to read a query."""
        start = text[:1024].encode(errors="replace")[:1024]
        _SLOT.pack_into(
            self._memory,
            slot * _SLOT.size,
            Phase.READING,
            time.monotonic(),
            timeout,
            time.process_time(),
            query_id.encode()[:64],
            client.encode()[:64],
            len(start),
            start,
        )

    def mark(self, slot: int, phase: Phase) -> None:
        """Write how far the worker of `slot` has come: one byte, which no reader sees half written."""
        self._memory[slot * _SLOT.size] = phase

    def end(self, slot: int) -> None:
        """Write that the worker of `slot` is idle."""
        self.mark(slot, Phase.IDLE)

    def read(self, slot: int) -> Running | None:
        """Return what the worker of `slot` is doing, or None when it is idle."""
        phase, started, timeout, used, query_id, client, length, text = _SLOT.unpack_from(
            self._memory, slot * _SLOT.size
        )
        if phase == Phase.IDLE:
            return None
        return Running(
            query_id.rstrip(b"\0").decode(errors="replace"),
            client.rstrip(b"\0").decode(errors="replace"),
            text[:length].decode(errors="replace"),
            Phase(phase),
            time.monotonic() - started,
            timeout,
            used,
        )
