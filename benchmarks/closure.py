"""Seconds of the closure of the real data and of larger ones, and how they grow.

Run it from the checkout: `python benchmarks/closure.py --release PATH`; see README.md here.
What is larger than the real data has invented studies beside the real ones (`generate.py`).
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from generate import filled, rule_set

from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules import Rule
from dualbio.owl.rules.run import infer
from dualbio.release.folder import Release, open_release

#: Seconds after which a size is not measured once more.
_LONG = 60


@dataclass(frozen=True)
class Run:
    """One measurement: numbers of triples, seconds by the clock and of the processor, peak of memory in MiB."""

    asserted: int
    inferred: int
    wall: float
    cpu: float
    memory: int


def measure(release: Release, rules: tuple[Rule, ...], triples: int) -> Run:
    """Return the time of one closure that ends at about so many triples; loading is not timed."""
    store, _studies = filled(release, triples or release.manifest["triples"], seed=1)
    asserted = len(store)
    wall, cpu = time.perf_counter(), time.process_time()
    closure = infer(store, rules, inferred_graph=graph_iri("inferred"))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Run(asserted, len(closure), round(wall, 2), round(cpu, 2), memory)


def exponent(small: Run, large: Run) -> float:
    """Return by which power of the number of triples the processor's seconds grow from one run to the other."""
    return math.log(large.cpu / small.cpu) / math.log(
        (large.asserted + large.inferred) / (small.asserted + small.inferred)
    )


def best(release: Release, rules: tuple[Rule, ...], triples: int, rounds: int) -> Run:
    """Return the quickest of so many closures, by the processor's seconds; one that takes long is not repeated."""
    runs: list[Run] = []
    while len(runs) < rounds and sum(run.wall for run in runs) < _LONG:
        runs.append(measure(release, rules, triples))
    return min(runs, key=lambda run: run.cpu)


def measure_all(options: argparse.Namespace) -> Iterator[Run]:
    """Measure size by size, print a line for each, and leave out what would take longer than is allowed."""
    release, rules = open_release(options.release), rule_set()
    before: Run | None = None
    for number in sorted(options.triples):
        if before and before.wall * number / (before.asserted + before.inferred) > options.seconds:
            print(f"{number:>11,}  left out: it would take more than {options.seconds:.0f} s")
            continue
        run = best(release, rules, number, options.rounds)
        grown = f"  exponent {exponent(before, run):.2f}" if before else ""
        print(
            f"{run.asserted:>11,} asserted {run.inferred:>11,} inferred {run.wall:>8.2f} s "
            f"{run.cpu:>8.2f} s of the processor {run.memory:>7,} MiB{grown}",
            flush=True,
        )
        yield (before := run)


def main() -> None:
    """Measure, and print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, required=True, help="folder of a built release, or the link current")
    parser.add_argument(
        "--triples",
        type=int,
        nargs="+",
        default=[0, 1_000_000, 10_000_000],
        help="sizes; 0 is the release",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each size is measured; the quickest counts")
    parser.add_argument("--seconds", type=float, default=300, help="no larger size is begun that would take longer")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    runs = list(measure_all(options))
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
