"""Limits that the kernel holds for one worker process: time, memory, sockets, core files, and its parent's life.

The engine cannot be interrupted from outside its own code, so every limit ends the process; the supervisor reads
from the wait status which limit it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Descriptors",
    "Limits",
    "MemoryLimit",
    "TimeLimit",
    "die_with_parent",
    "forbid_core_files",
    "go_first",
    "has_to_yield",
    "processor_time",
    "yield_to_others",
]

_PR_SET_PDEATHSIG = 1
_PAGE = resource.getpagesize()
_TICKS = os.sysconf("SC_CLK_TCK")
#: Steps of niceness; each is about a tenth of the share of the processor.
_YIELDING = 10
#: What is added to the share of the machine's memory (of 1000) by which the kernel chooses whom to end.
_GO_FIRST = 500


@dataclass(frozen=True)
class Limits:
    """What one query may use: bytes of memory beyond the store, bytes of its answer, seconds at most."""

    memory: int
    spool: int
    timeout: float


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process a signal when its parent `parent` ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)


def go_first() -> None:
    """Let the kernel end this process before others of the service, if the machine runs out of memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_GO_FIRST), encoding="ascii")


def forbid_core_files() -> None:
    """Let a killed process leave no core file, which would hold the whole store."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def yield_to_others(process: int) -> None:
    """Give a process the little of a busy machine that others leave; a process without privileges cannot go back."""
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, 0) + _YIELDING)


def processor_time(process: int) -> float | None:
    """Return the processor seconds that a process has used, as proc(5) says, or None where that is unknown."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def has_to_yield(parent: int) -> bool:
    """Return whether this process has a lower priority than its `parent`."""
    return os.getpriority(os.PRIO_PROCESS, 0) > os.getpriority(os.PRIO_PROCESS, parent)


class MemoryLimit:
    """A limit on the private writable memory of this process: its size now and `allowance` bytes more.

    Beyond the limit an allocation fails, at which the engine aborts the process.
    """

    def __init__(self, allowance: int) -> None:
        """Set the limit for good."""
        self.allowance = allowance
        self._file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC) if sys.platform == "linux" else -1
        self._start = self._size()
        resource.setrlimit(resource.RLIMIT_DATA, (self._start + allowance, self._start + allowance))

    def used(self) -> int:
        """Return the bytes of the allowance that are taken; 0 where that is unknown."""
        return self._size() - self._start

    def _size(self) -> int:
        # The file stays open, since a worker may not open it when it wants to know.
        return int(os.pread(self._file, 256, 0).split()[5]) * _PAGE if self._file >= 0 else 0


class Descriptors:
    """The right of this process to open files and sockets, which it has only while it needs it.

    A process without a free descriptor cannot open a connection, whatever a query asks for.
    """

    def __init__(self) -> None:
        """Begin with the right."""
        self._soft, self._hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def forbid(self) -> None:
        """Open nothing from here on; descriptors 0 to 2 are in use."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, self._hard))

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Give the right back for the body."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._soft, self._hard))
        try:
            yield
        finally:
            self.forbid()


class TimeLimit:
    """Ends this process by SIGALRM if the body takes more than `seconds`."""

    def __init__(self, seconds: float) -> None:
        """Take the limit."""
        self.seconds = seconds

    def __enter__(self) -> None:
        """Start the clock."""
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        signal.setitimer(signal.ITIMER_REAL, 0)
