"""Kernel limits of a worker process: time, memory, sockets, core files, and the life of its parent.

The engine cannot be interrupted from outside its own code, so every limit ends the process; the supervisor reads
from the wait status which limit it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import struct
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
    "forbid_network",
    "go_first",
    "has_to_yield",
    "processor_time",
    "yield_to_others",
]

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
#: By kind of processor: its name in linux/audit.h, and the numbers of seccomp(2) and socket(2).
_CALLS = {"x86_64": (0xC000_003E, 317, 41), "aarch64": (0xC000_00B7, 277, 198)}
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


def forbid_network() -> bool:
    """Let no thread of this process make a socket, for good, but to processes of this machine; return whether it holds.

    The filter is that of seccomp(2): socket(2) is refused for every family but AF_UNIX, and so are calls in the ways of
    other architectures. A system without it, or with another processor, changes nothing.
    """
    known = _CALLS.get(os.uname().machine) if sys.platform == "linux" else None
    if known is None:
        return False
    architecture, seccomp, make_socket = known
    refused, allowed = 0x0005_0000 | errno.EACCES, 0x7FFF_0000
    load, equal, at_least, end = 0x20, 0x15, 0x35, 0x06  # BPF: of a word of the call, two jumps, the verdict
    steps = [
        (load, 0, 0, 4),
        (equal, 0, 6, architecture),
        (load, 0, 0, 0),
        (at_least, 4, 0, 0x4000_0000),
        (equal, 0, 2, make_socket),
        (load, 0, 0, 16),
        (equal, 0, 1, socket.AF_UNIX),
        (end, 0, 0, allowed),
        (end, 0, 0, refused),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    filtered = ctypes.create_string_buffer(struct.pack("H6xP", len(steps), ctypes.addressof(program)))
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(system.syscall(seccomp, 1, 1, filtered) == 0)


class Descriptors:
    """The right of this process to open files and sockets, which it has only while it needs it.

    A process without a free descriptor cannot open a connection, whatever a query asks for. A store on disk opens its
    files while it evaluates: then the network is forbidden instead, unless some `services` may be called.
    """

    def __init__(self, *, on_disk: bool = False, services: bool = False) -> None:
        """Begin with the right."""
        self._soft, self._hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._kept = on_disk and (services or forbid_network())

    def forbid(self) -> None:
        """Open nothing from here on; descriptors 0 to 2 are in use."""
        if not self._kept:
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
