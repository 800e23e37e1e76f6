"""Messages to the operator: lines on standard error, and notifications to systemd."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress

__all__ = ["end_of", "notify", "say"]


def say(message: str) -> None:
    """Write a line to the log."""
    with suppress(OSError, ValueError):  # a log that is full or closed ends nothing
        sys.stderr.write(f"dualbio: {message}\n")
        sys.stderr.flush()


def end_of(status: int) -> str:
    """Return why a process ended, in words, from its exit code; it is negative for a signal.

    >>> end_of(-9)
    'it was killed (SIGKILL), by hand or because the system ran out of memory'
    >>> end_of(3)
    'it ended with exit code 3'
    """
    if status >= 0:
        return f"it ended with exit code {status}"
    number = -status
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGKILL:
        return f"it was killed ({name}), by hand or because the system ran out of memory"
    return f"it was ended by {name}"


def notify(state: str) -> None:
    """Tell systemd the state of the service, where it asks for that (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.sendall(state.encode())
