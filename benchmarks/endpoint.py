"""Requests per second of the SPARQL service against its peers, in alternating rounds, as ratios.

Run it from the checkout: `python benchmarks/endpoint.py --release PATH`; see README.md here for what it needs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from load import Measurement, drive, settle
from peers import PEERS, Peer, add_earlier, ask, start, static
from synthetic import write_release
from workloads import Workload, workloads

#: At this number of connections the targets hold.
_TARGET_CONNECTIONS = 8


@dataclass(frozen=True)
class Verdict:
    """A figure beside its target; `ratio` counts answers by the clock, `work` seconds of the processor."""

    what: str
    target: str
    ratio: str
    work: str
    met: bool


# --- peers -----------------------------------------------------------------------------------------------------------


def compare(peers: list[Peer], load: Workload, connections: int, options: argparse.Namespace) -> dict[str, Measurement]:
    """Return the medians of each peer under one load, measured in alternating rounds."""
    found: dict[str, list[Measurement]] = {}
    with ExitStack() as stack:
        others = list(peers)
        if "nginx" in options.peers and not load.fresh:
            copy = stack.enter_context(static(ask(peers[0], load.query, load.accept)))
            others.append(copy)
        for _ in range(options.rounds):
            for peer in others:
                headers = {"Accept": load.accept}
                if load.conditional:
                    headers["If-None-Match"] = _entity_tag(peer, load)
                for each in others:
                    settle(each, options.patience)  # one that was asked before may still be at what nobody waits for
                found.setdefault(peer.name, []).append(drive(peer, load, headers, connections, options.seconds))
    return {name: _median(each) for name, each in found.items()}


def _entity_tag(peer: Peer, load: Workload) -> str:
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%header{etag}", "-H", f"Accept: {load.accept}"]
    return subprocess.run(
        [*command, peer.address + load.path(peer)], check=True, capture_output=True, text=True
    ).stdout.strip()


def _median(measured: list[Measurement]) -> Measurement:
    columns = zip(*(asdict(each).values() for each in measured), strict=True)
    return Measurement(*(statistics.median(column) for column in columns))


def report(load: Workload, connections: int, found: dict[str, Measurement]) -> None:
    """Print the rates, what each request costs the processor, and the ratios to each peer."""
    own = found["dualbio"]
    print(f"\n{load.name}, {connections} connections")
    for name, other in found.items():
        print(
            f"  {name:16} {other.rate:9,.0f}/s {other.micros:8,.0f} µs"
            f"   {_ratio(own.rate, other.rate)} by the clock, {_ratio(other.micros, own.micros)} by the processor",
            flush=True,
        )


def _ratio(one: float, other: float) -> str:
    return f"{one / other:7.2f}x" if other else "      --"


def judge(load: Workload, found: dict[str, Measurement]) -> Iterable[Verdict]:
    """Yield what came of the targets of a load."""
    own = found["dualbio"]
    for name, target in load.targets.items():
        if name in found:
            other = found[name]
            ratio, work = _ratio(own.rate, other.rate), _ratio(other.micros, own.micros)
            yield Verdict(f"{load.name} / {name}", f"{target:g}x", ratio, work, own.rate >= target * other.rate)


# --- limits ----------------------------------------------------------------------------------------------------------

_ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_LEAST = Workload("the least", "ASK { ?s ?p ?o }", "application/sparql-results+json", fresh=True)


def overshoot(peer: Peer) -> Verdict:
    """Return by how much, as the worst of ten, a limit of 0.5 s is overrun."""
    worst = 0.0
    for number in range(10):
        started = time.monotonic()
        address = f"{peer.endpoint}?timeout=0.5&query={quote(_ENDLESS)}%23{number}"
        subprocess.run(["curl", "-s", "-o", "/dev/null", address], check=True)
        worst = max(worst, time.monotonic() - started - 0.5)
    return Verdict("time limit overrun", "100 ms", f"{1000 * worst:.0f} ms", "", worst <= 0.1)


def beside_runaway(peer: Peer, options: argparse.Namespace) -> Verdict:
    """Return what a query without end does to the 99th percentile of small ones under a light load."""
    headers = {"Accept": _LEAST.accept}
    alone, beside = [], []
    for _ in range(options.rounds):
        alone.append(drive(peer, _LEAST, headers, 2, options.seconds).slow)
        stop = threading.Event()
        thread = threading.Thread(target=_run_away, args=(peer, stop, options.seconds))
        thread.start()
        beside.append(drive(peer, _LEAST, headers, 2, options.seconds).slow)
        stop.set()
        thread.join()
    one, other = statistics.median(alone), statistics.median(beside)
    what = f"99th percentile beside a runaway ({one:.2f} ms alone)"
    return Verdict(what, "2x", f"{other:.2f} ms, {other / one:.2f}x", "", other <= 2 * one)


def _run_away(peer: Peer, stop: threading.Event, seconds: int) -> None:
    while not stop.is_set():
        address = f"{peer.endpoint}?timeout={seconds}&query={quote(_ENDLESS)}%23{time.monotonic_ns()}"
        subprocess.run(["curl", "-s", "-o", "/dev/null", address], check=False)


# --- all of it -------------------------------------------------------------------------------------------------------


def run(release: Path, options: argparse.Namespace) -> tuple[dict[str, object], list[Verdict]]:
    """Measure everything over one release."""
    figures: dict[str, object] = {}
    verdicts: list[Verdict] = []
    loads = [load for load in workloads(release) if options.loads in load.name]
    with ExitStack() as stack:
        peers = [stack.enter_context(start(name, release)) for name in options.peers if name in PEERS]
        for connections in options.connections:
            for load in loads:
                found = compare(peers, load, connections, options)
                report(load, connections, found)
                figures[f"{load.name}, {connections}"] = {name: asdict(each) for name, each in found.items()}
                if connections == _TARGET_CONNECTIONS:
                    verdicts += judge(load, found)
        settle(peers[0])
        verdicts += [overshoot(peers[0]), beside_runaway(peers[0], options)]
    return figures, verdicts


def conclude(name: str, verdicts: list[Verdict]) -> None:
    """Print the table of targets."""
    print(f"\nTargets over {name}, at {_TARGET_CONNECTIONS} connections\n")
    row = "{:58} {:>7} {:>16} {:>13}  {}"
    print(row.format("", "target", "by the clock", "by processor", ""))
    for each in verdicts:
        verdict = "met" if each.met else "MISSED"
        print(row.format(each.what, each.target, each.ratio.strip(), each.work.strip(), verdict))


def read_options() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, help="folder of a built release, or the link to it")
    parser.add_argument("--synthetic", type=int, default=0, metavar="TRIPLES", help="an invented release as well")
    parser.add_argument("--peers", default=",".join([*PEERS, "nginx"]), help="names, separated by commas")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, _TARGET_CONNECTIONS, 64])
    parser.add_argument("--seconds", type=int, default=3, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loads", default="", help="only loads whose name contains this")
    parser.add_argument("--quick", action="store_true", help="one short round at 8 connections, without slow peers")
    parser.add_argument("--earlier", type=Path, help="another checkout with its .venv: a peer named 'earlier'")
    parser.add_argument("--patience", type=float, default=120, help="seconds in which a server comes to rest")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    if options.quick:
        options.connections, options.rounds, options.seconds = [_TARGET_CONNECTIONS], 1, 1
        options.peers = "oxigraph-memory,nginx"
    if options.earlier:
        options.peers += f",{add_earlier(options.earlier.resolve())}"
    options.peers = ["dualbio", *(name for name in options.peers.split(",") if name != "dualbio")]
    return options


def main() -> None:
    """Start the peers, measure, print, and write the figures as JSON if asked to."""
    options = read_options()
    written: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        releases = {"the release": options.release.resolve()} if options.release else {}
        if options.synthetic:
            releases["synthetic data"] = write_release(Path(folder), options.synthetic)
        for name, release in releases.items():
            figures, verdicts = run(release, options)
            conclude(name, verdicts)
            written[name] = {"figures": figures, "targets": [asdict(each) for each in verdicts]}
    if options.json:
        options.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
