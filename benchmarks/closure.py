"""Seconds of the closure at 1, 10 and 100 times the real data, and how they grow.

Run it from the checkout: `python benchmarks/closure.py --release PATH`; see README.md here.
Every study is replicated with fresh keys, with the estimates computed from it; all other graphs stay as they are.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import resource
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, graph_iri
from dualbio.owl.rules import Rule, compile_axioms, read_rules
from dualbio.owl.rules.run import infer
from dualbio.sources.folders import shipped_sources

#: Graphs that are made from the closure.
_LATER = ("inferred", "catalogue")
#: Stands behind the key of a study where a copy has its number; no N-Quads file has such a byte.
_NUMBER = "\0"
#: Seconds after which a size is not measured once more.
_LONG = 60


@dataclass(frozen=True)
class Run:
    """One measurement: numbers of triples, seconds by the clock and of the processor, peak of memory in MiB."""

    copies: int
    asserted: int
    inferred: int
    wall: float
    cpu: float
    memory: int


def template(texts: Iterable[str], studies: frozenset[str]) -> str:
    """Return N-Quads with a mark after the study's key in every IRI that has one."""
    key = re.compile(rf"<{re.escape(BASE)}[a-z-]+/(?:study/)?([A-Za-z0-9_-]+)(?=[.>])")
    return key.sub(lambda match: match[0] + _NUMBER * (match[1] in studies), "".join(texts))


def load(release: Path, copies: int) -> ox.Store:
    """Return the asserted graphs of a release with so many copies of every study; the first copy keeps its keys."""
    graphs = release / "graphs"
    studies = sorted((graphs / "study").glob("*.nq"))
    replicated = [*studies, *graphs.glob("synthesis.nq")]
    store = ox.Store()
    for file in graphs.rglob("*.nq"):
        if file not in replicated and file.stem not in _LATER:
            store.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS)
    text = template((file.read_text(encoding="utf-8") for file in replicated), frozenset(f.stem for f in studies))
    for number in range(copies):
        copy = text.replace(_NUMBER, f"-copy{number}" if number else "")
        store.bulk_load(copy.encode(), format=ox.RdfFormat.N_QUADS)
    return store


def measure(release: Path, rules: tuple[Rule, ...], copies: int) -> Run:
    """Return the time of one closure over `copies` of every study; loading is not timed."""
    store = load(release, copies)
    asserted = len(store)
    wall, cpu = time.perf_counter(), time.process_time()
    closure = infer(store, rules, inferred_graph=graph_iri("inferred"))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Run(copies, asserted, len(closure), round(wall, 2), round(cpu, 2), memory)


def exponent(small: Run, large: Run) -> float:
    """Return by which power of the number of triples the processor's seconds grow from one run to the other."""
    return math.log(large.cpu / small.cpu) / math.log(
        (large.asserted + large.inferred) / (small.asserted + small.inferred)
    )


def best(release: Path, rules: tuple[Rule, ...], copies: int, rounds: int) -> Run:
    """Return the quickest of so many closures, by the processor's seconds; one that takes long is not repeated."""
    runs: list[Run] = []
    while len(runs) < rounds and sum(run.wall for run in runs) < _LONG:
        runs.append(measure(release, rules, copies))
    return min(runs, key=lambda run: run.cpu)


def measure_all(options: argparse.Namespace, rules: tuple[Rule, ...]) -> Iterator[Run]:
    """Measure size by size, print a line for each, and leave out what would take longer than is allowed."""
    before: Run | None = None
    for number in sorted(options.copies):
        if before and before.wall * number / before.copies > options.seconds:
            print(f"{number:>4} x  left out: it would take more than {options.seconds:.0f} s")
            continue
        run = best(options.release, rules, number, options.rounds)
        grown = f"  exponent {exponent(before, run):.2f}" if before else ""
        print(
            f"{run.copies:>4} x {run.asserted:>11,} asserted {run.inferred:>11,} inferred {run.wall:>8.2f} s "
            f"{run.cpu:>8.2f} s of the processor {run.memory:>7,} MiB{grown}",
            flush=True,
        )
        yield (before := run)


def main() -> None:
    """Measure, and print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, required=True, help="folder of a built release, or the link current")
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 10, 100], help="how many times the real data")
    parser.add_argument("--rounds", type=int, default=3, help="how often each size is measured; the quickest counts")
    parser.add_argument("--seconds", type=float, default=300, help="no larger size is begun that would take longer")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    quads = ox.parse(path=str(options.release / "graphs" / "ontology.nq"), format=ox.RdfFormat.N_QUADS)
    rules = (*compile_axioms(quads), *read_rules(shipped_sources().ontology / "rules"))
    runs = list(measure_all(options, rules))
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
