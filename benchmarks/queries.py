"""Milliseconds that every saved query takes with its defaults, asked for the first time: in the library and over HTTP.

Run it from the checkout: `python benchmarks/queries.py --release PATH`; see README.md here.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from dualbio.queries import Library, Resolver, SavedQuery, answer_default
from dualbio.release.folder import graph_paths
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

Times = dict[str, tuple[float, float]]

_TICKS = os.sysconf("SC_CLK_TCK")
_HOST = "127.0.0.1"


def in_library(release: Path, library: Library) -> Times:
    """Return CPU and wall milliseconds of each query; nothing is kept from one call for the next."""
    store = EmbeddedStore.in_memory(graph_paths(release))
    resolver = Resolver(store)
    gc.freeze()  # else a pause of the collector, which walks the whole release, falls on some query
    found = {}
    for name, query in library.items():
        cpu, wall = time.process_time(), time.perf_counter()
        answer_default(query, store, resolver)
        found[name] = (1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall))
    return found


def over_http(release: Path, library: Library, port: int) -> Times:
    """Return CPU milliseconds of all processes of the service, and wall milliseconds of the client, for each query."""
    found = {}
    with _service(release, port) as process:
        # A web process learns the names of all things at its first question; that is its start, not a query's.
        with urlopen(f"http://{_HOST}:{port}/openapi.json") as answer:
            answer.read()
        for name, query in library.items():
            url = f"http://{_HOST}:{port}/queries/{name}.csv{_asked(query)}"
            cpu, wall = _cpu_of(process), time.perf_counter()
            with urlopen(url) as answer:
                answer.read()
            wall = time.perf_counter() - wall
            found[name] = (1000 * (_cpu_of(process) - cpu), 1000 * wall)
    return found


def _asked(query: SavedQuery) -> str:
    required = [
        (param.name, str(text)) for param in query.params if not query.defaults[param.name] for text in param.examples
    ]
    return f"?{urlencode(required)}" if required else ""


@contextmanager
def _service(release: Path, port: int) -> Iterator[int]:
    """Serve a release, and yield the id of the process when it is ready."""
    command = [
        sys.executable,
        "-m",
        "dualbio.cli",
        "serve",
        "--port",
        str(port),
        "--store",
        str(release.resolve().parent),
    ]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "DUALBIO_WEB_WORKERS": "1"}) as process,
    ):
        try:
            _wait(port, process)
            yield process.pid
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            with urlopen(f"http://{_HOST}:{port}/health/ready"):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the service on port {port} did not become ready; repair: choose a free port with --port")


def _cpu_of(root: int) -> float:
    """Return the seconds of the processor that a process and all below it have used, to a hundredth."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(path.parent.name)], ticks[int(path.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    below, todo = {root}, [root]
    while todo:
        new = {child for child, parent in parents.items() if parent in todo} - below
        below |= new
        todo = list(new)
    return sum(ticks.get(process, 0) for process in below) / _TICKS


def main() -> None:
    """Measure in both ways, take the best of the rounds, print all and then those above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, required=True, help="folder of a built release, or the link current")
    parser.add_argument(
        "--rounds", type=int, default=3, help="the quickest round counts, for the machine does other work"
    )
    parser.add_argument("--limit", type=float, default=50, help="milliseconds that a first call may take")
    parser.add_argument("--port", type=int, default=8097, help="a free port; 0 leaves HTTP out")
    options = parser.parse_args()
    library = Library.read(shipped_sources().queries)
    ways: dict[str, Callable[[], Times]] = {"library": lambda: in_library(options.release, library)}
    if options.port:
        ways["HTTP"] = lambda: over_http(options.release, library, options.port)
    best = {way: _best([measure() for _ in range(options.rounds)]) for way, measure in ways.items()}
    print(f"{'query':<45}" + "".join(f"{way + ' CPU':>13}{way + ' wall':>13}" for way in best))
    for name in sorted(library, key=lambda name: -max(times[name][0] for times in best.values())):
        print(f"{name:<45}" + "".join(f"{number:>13.1f}" for times in best.values() for number in times[name]))
    for way, times in best.items():
        for column, kind in enumerate(("CPU", "wall")):
            slow = sorted(name for name in library if times[name][column] > options.limit)
            print(f"over {options.limit:g} ms {kind} ({way}): {', '.join(slow) or 'none'}")


def _best(rounds: list[Times]) -> Times:
    return {name: (min(r[name][0] for r in rounds), min(r[name][1] for r in rounds)) for name in rounds[0]}


if __name__ == "__main__":
    main()
