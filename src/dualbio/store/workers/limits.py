"""Limits that the kernel holds for one worker process: time, memory, sockets, core files, and its parent's life.

The engine cannot be interrupted from outside its own code, so every limit ends the process; the supervisor reads
from the wait status which limit it was.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["data_size", "die_with_parent", "evaluation", "forbid_core_files", "limit_memory"]

_PR_SET_PDEATHSIG = 1
_PAGE = resource.getpagesize()


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process a signal when its parent `parent` ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)


def forbid_core_files() -> None:
    """Let a killed process leave no core file, which would hold the whole store."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def data_size() -> int:
    """Return the bytes of private writable memory of this process, as RLIMIT_DATA counts them; 0 where unknown."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * _PAGE
    except OSError:
        return 0


def limit_memory(allowance: int) -> int:
    """Limit this process to its present size and `allowance` bytes more; return the present size.

    Beyond the limit an allocation fails, at which the engine aborts the process.
    """
    size = data_size()
    resource.setrlimit(resource.RLIMIT_DATA, (size + allowance, size + allowance))
    return size


@contextmanager
def evaluation(seconds: float, *, sockets: bool) -> Iterator[None]:
    """End this process by SIGALRM if the body takes more than `seconds`; without `sockets`, let it open no file.

    A process without a free descriptor cannot open a connection, whatever the query asks for.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if not sockets:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
