"""Load on one server from `wrk`: answers by the clock, latency, and what a request costs the processor."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from peers import Peer
from workloads import Workload

__all__ = ["Measurement", "drive", "processor_seconds", "settle"]

#: A request script for wrk: each request has a query of its own, or all have the same.
_SCRIPT = """
local n, before, after = 0
function init()
  wrk.headers = {{ {headers} }}
  local text = wrk.format("GET", "{path}")
  before, after = text:match("^(.-)@@(.*)$")
  if not before then request = function() return text end end
end
function request()
  n = n + 1
  return before .. n .. after
end
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
#: Seconds that a peer may take to come to rest, and looks at it that find it so, with the seconds between two.
_PATIENCE = 120.0
_LOOKS = 10
_PAUSE = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measurement:
    """Requests per second, microseconds of the processor for each, 99th percentile of latency in milliseconds."""

    rate: float
    micros: float
    slow: float


def drive(peer: Peer, load: Workload, headers: dict[str, str], connections: int, seconds: int) -> Measurement:
    """Put a load on a peer and return what was measured.

    Raises:
        SystemExit: an answer was not a success.
    """
    path = load.path(peer)
    if load.fresh:
        path += quote(f" #{time.monotonic_ns()}-") + "@@"
    before = processor_seconds(peer.process.pid)
    headers = {"Host": peer.address.removeprefix("http://"), **headers}
    rate, number, slow = _wrk(peer, path, headers, connections, seconds)
    spent = processor_seconds(peer.process.pid) - before
    return Measurement(rate, 1_000_000 * spent / max(number, 1), slow)


def settle(peer: Peer, patience: float = _PATIENCE) -> None:
    """Let a peer finish what an earlier load has left it with, and what it prepares after its start.

    What counts is whether a thread of it has work, not how much it does: on a busy machine it waits for the processor.
    """
    deadline, quiet = time.monotonic() + patience, 0
    while quiet < _LOOKS and time.monotonic() < deadline:
        quiet = 0 if _has_work(peer.process.pid) else quiet + 1
        time.sleep(_PAUSE)


def _wrk(peer: Peer, path: str, headers: dict[str, str], connections: int, seconds: int) -> tuple[float, int, float]:
    """Return requests per second, the number of requests, and the 99th percentile in milliseconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        lines = ", ".join(f"[{_quoted(name)}] = {_quoted(value)}" for name, value in headers.items())
        file.write(_SCRIPT.format(path=path, headers=lines))
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", file.name, peer.address]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    number = re.search(r"([0-9]+) requests in", output)
    slow = re.search(r"99%\s+([0-9.]+)(us|ms|s)", output)
    if "Non-2xx" in output or rate is None or number is None or slow is None:
        raise SystemExit(f"{peer.name}: {output}")
    return float(rate[1]), int(number[1]), float(slow[1]) * _UNITS[slow[2]]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def processor_seconds(pid: int) -> float:
    """Return the seconds of the processor that a process, its descendants and the dead among them have had."""
    process = Path(f"/proc/{pid}")
    own = sum(map(int, _fields(process)[11:15])) / _TICKS  # none of one that has just ended: its parent is told
    return own + sum(processor_seconds(child) for child in _children(process))


def _has_work(pid: int) -> bool:
    """Return whether a thread of a process or of its descendants runs, or waits for a processor or for a disk."""
    process = Path(f"/proc/{pid}")
    states = (_fields(task)[0] for task in process.glob("task/*"))
    return any(state in ("R", "D") for state in states) or any(map(_has_work, _children(process)))


def _fields(task: Path) -> list[str]:
    """Return what the system tells of a process or a thread after its name (proc_pid_stat(5)); nothing if it ended."""
    try:
        return (task / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ["X"]


def _children(process: Path) -> list[int]:
    found: list[int] = []
    for task in process.glob("task/*"):
        with contextlib.suppress(OSError):  # a thread has just ended
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found
