"""Requests per second of the SPARQL service against its peers, in alternating rounds, as ratios.

Run it from the checkout: `python benchmarks/endpoint.py --release PATH`; see README.md here for what it needs.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from peers import PEERS, Peer, ask, start, static

_JSON = "application/sparql-results+json"
_TURTLE = "text/turtle"
_VOCABULARY = "https://w3id.org/dualbio/ontology#"
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

#: A request script for wrk: each request has a query of its own, or all have the same.
_SCRIPT = """
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
local n, headers = 0, {{ ["Accept"] = "{accept}" }}
local start, tail = "{path}", "{tail}"
function request()
  n = n + 1
  return wrk.format("GET", {fresh} and (start .. tail .. id .. "x" .. n) or start, headers)
end
"""


@dataclass(frozen=True)
class Workload:
    """A query, the type its answer is asked in, and the least ratios it is to reach against peers."""

    name: str
    query: str
    accept: str
    fresh: bool
    targets: dict[str, float]


def workloads(release: Path) -> list[Workload]:
    """Return the workloads over the terms of `release`: four kinds of answer, each repeated and first-time."""
    subject, study = _sample(release)
    joined = (
        f"SELECT ?arm (COUNT(?result) AS ?n) {{ <{study}> <{_VOCABULARY}hasArm> ?arm . "
        f"?result <{_VOCABULARY}arm> ?arm ; <{_LABEL}> ?label }} GROUP BY ?arm ORDER BY ?n LIMIT 10"
    )
    queries = {
        "point": (f"SELECT ?o {{ <{subject}> <{_LABEL}> ?o }}", _JSON),
        "10 rows": (joined, _JSON),
        "1000 rows": ("SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 1000", _JSON),
        "CONSTRUCT 10k": ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 10000", _TURTLE),
    }
    first = {
        "point": {"oxigraph-memory": 0.25},
        "10 rows": {"oxigraph-memory": 0.9, "rdflib-endpoint": 50.0},
        "1000 rows": {"oxigraph-memory": 0.85},
        "CONSTRUCT 10k": {"oxigraph-memory": 1.0},
    }
    again = {
        "point": {"nginx": 0.9},
        "10 rows": {"oxigraph-memory": 15.0, "nginx": 0.9},
        "CONSTRUCT 10k": {"oxigraph-memory": 30.0},
    }
    return [
        Workload(name, query, accept, fresh, (first if fresh else again).get(name, {}))
        for fresh in (True, False)
        for name, (query, accept) in queries.items()
    ]


def _sample(release: Path) -> tuple[str, str]:
    """Return something with a label, and the study with most triples."""
    files = sorted((release / "graphs").rglob("*.nq"), key=lambda path: path.stat().st_size)
    text = files[-1].read_text(encoding="utf-8")
    labelled = re.search(rf"^<([^>]+)> <{re.escape(_LABEL)}>", text, re.MULTILINE)
    studies = [path for path in files if path.parent.name == "study"]
    with_arm = re.search(rf"^<([^>]+)> <{_VOCABULARY}hasArm>", studies[-1].read_text(encoding="utf-8"), re.MULTILINE)
    if labelled is None or with_arm is None:
        raise SystemExit(f"{release}: found no labelled thing or no study with an arm; accepted: a built release")
    return labelled[1], with_arm[1]


# --- measuring -------------------------------------------------------------------------------------------------------


def wrk(address: str, script: str, connections: int, seconds: int) -> tuple[float, float]:
    """Return requests per second and the 99th percentile of latency in milliseconds.

    Raises:
        SystemExit: an answer was not a success.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", file.name, address]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(f"{address}: {output}")
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    slow = re.search(r"99%\s+([0-9.]+)(us|ms|s)", output)
    if rate is None or slow is None:
        raise SystemExit(f"{address}: {output}")
    return float(rate[1]), float(slow[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[slow[2]]


def _script(path: str, accept: str, *, fresh: bool) -> str:
    tail = quote(f" #{time.monotonic_ns()}-")
    return _SCRIPT.format(path=path, accept=accept, tail=tail, fresh="true" if fresh else "false")


def measure(peer: Peer, load: Workload, connections: int, seconds: int) -> float:
    """Return the requests per second of one peer under one load."""
    path = "/" + peer.endpoint.split("/", 3)[3] + "?query=" + quote(load.query)
    rate, _ = wrk(peer.endpoint, _script(path, load.accept, fresh=load.fresh), connections, seconds)
    return rate


def compare(peers: list[Peer], loads: list[Workload], options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the median rate of each peer under each load, measured in alternating rounds."""
    found: dict[str, dict[str, float]] = {}
    for load in loads:
        rates: dict[str, list[float]] = {}
        with ExitStack() as stack:
            address = None
            if "nginx" in options.peers and not load.fresh:
                address = stack.enter_context(static({"answer": ask(peers[0], load.query, load.accept)}))
            for _ in range(options.rounds):
                for peer in peers:
                    rates.setdefault(peer.name, []).append(measure(peer, load, options.connections, options.seconds))
                if address:
                    script = _script("/answer", load.accept, fresh=False)
                    rates.setdefault("nginx", []).append(wrk(address, script, options.connections, options.seconds)[0])
        name = f"{load.name}, {'first' if load.fresh else 'again'}"
        found[name] = {peer: statistics.median(values) for peer, values in rates.items()}
        report(name, found[name], load)
    return found


def report(name: str, rates: dict[str, float], load: Workload) -> None:
    """Print the rates, and the ratio to each peer with its target."""
    own = rates["dualbio"]
    print(f"\n{name}: dualbio {own:,.0f}/s")
    for peer, rate in rates.items():
        if peer != "dualbio" and rate:  # a peer may not finish a single answer in time
            target = load.targets.get(peer)
            verdict = "" if target is None else f"  target {target:g}x {'met' if own / rate >= target else 'MISSED'}"
            print(f"  {own / rate:8.2f}x {peer} ({rate:,.0f}/s){verdict}")


# --- limits ----------------------------------------------------------------------------------------------------------

_ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def overshoot(peer: Peer) -> float:
    """Return by how many milliseconds, as the worst of ten, a limit of 0.5 s is overrun."""
    worst = 0.0
    for number in range(10):
        started = time.monotonic()
        address = f"{peer.endpoint}?timeout=0.5&query={quote(_ENDLESS)}%23{number}"
        subprocess.run(["curl", "-s", "-o", "/dev/null", address], check=True)
        worst = max(worst, time.monotonic() - started - 0.5)
    return worst * 1000


def beside_runaway(peer: Peer, seconds: int) -> tuple[float, float]:
    """Return the 99th percentile (ms) of a small query under a light load, alone and beside one runaway query."""
    path = "/" + peer.endpoint.split("/", 3)[3] + "?query=" + quote("ASK { ?s ?p ?o }")
    alone = wrk(peer.endpoint, _script(path, _JSON, fresh=True), 2, seconds)[1]
    stop = threading.Event()

    def run_away() -> None:
        while not stop.is_set():
            address = f"{peer.endpoint}?timeout={seconds}&query={quote(_ENDLESS)}%23{time.monotonic_ns()}"
            subprocess.run(["curl", "-s", "-o", "/dev/null", address], check=False)

    thread = threading.Thread(target=run_away)
    thread.start()
    beside = wrk(peer.endpoint, _script(path, _JSON, fresh=True), 2, seconds)[1]
    stop.set()
    thread.join()
    return alone, beside


def main() -> None:
    """Start the peers, measure, print, and write the figures as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, required=True, help="folder of a built release, or the link to it")
    parser.add_argument("--peers", default=",".join([*PEERS, "nginx"]), help="names, separated by commas")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=3, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loads", default="", help="only loads whose name contains this")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    options.peers = ["dualbio", *(name for name in options.peers.split(",") if name != "dualbio")]
    loads = [load for load in workloads(options.release.resolve()) if options.loads in load.name]
    with ExitStack() as stack:
        names = [name for name in options.peers if name in PEERS]
        peers = [stack.enter_context(start(name, options.release)) for name in names]
        figures: dict[str, object] = dict(compare(peers, loads, options))
        late = overshoot(peers[0])
        print(
            f"\ntime limit overrun: {late:.0f} ms at worst of ten  target 100 ms {'met' if late <= 100 else 'MISSED'}"
        )
        alone, beside = beside_runaway(peers[0], options.seconds)
        print(
            f"p99 of a small query: {alone:.2f} ms alone, {beside:.2f} ms beside a runaway  "
            f"target 2x {'met' if beside <= 2 * alone else 'MISSED'} ({beside / alone:.1f}x)"
        )
        figures |= {"overrun_ms": late, "p99_alone_ms": alone, "p99_beside_runaway_ms": beside}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
