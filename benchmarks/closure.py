"""Seconds of the closure at 1, 10 and 100 times the real data, and how they grow.

Run it from the checkout: `python benchmarks/closure.py --release PATH`; see README.md here.
Every study is replicated with fresh keys; ontology and vocabularies stay as they are.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.infer import infer
from dualbio.namespaces import BASE, graph_iri
from dualbio.resources import shipped_sources
from dualbio.rules import Rule, compile_axioms, read_rules

_SHARED = ("ontology", "entities", "lessons")


@dataclass(frozen=True)
class Run:
    """One measurement: `asserted` and `inferred` are numbers of triples."""

    copies: int
    asserted: int
    inferred: int
    seconds: float


def copied(lines: list[str], studies: frozenset[str], number: int) -> Iterator[str]:
    """Yield N-Quads with `-copyN` after the study's key in every IRI that has one; the first copy keeps its keys."""
    key = re.compile(rf"(<{re.escape(BASE)}[a-z-]+/(?:study/)?)([A-Za-z0-9_-]+)(?=[.>])")

    def rename(match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}-copy{number}" if match[2] in studies else match[0]

    yield from (lines if number == 0 else (key.sub(rename, line) for line in lines))


def measure(release: Path, rules: tuple[Rule, ...], copies: int) -> Run:
    """Return the time of one closure over `copies` of every study; loading is not timed."""
    graphs = release / "graphs"
    store = ox.Store()
    for name in _SHARED:
        if (file := graphs / f"{name}.nq").exists():
            store.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS)
    files = sorted((graphs / "study").glob("*.nq"))
    studies = frozenset(file.stem for file in files)
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    for number in range(copies):
        text = "\n".join(copied(lines, studies, number))
        store.bulk_load(text.encode(), format=ox.RdfFormat.N_QUADS)
    asserted = len(store)
    start = time.perf_counter()
    closure = infer(store, rules, inferred_graph=graph_iri("inferred"))
    return Run(copies, asserted, len(closure.derived), round(time.perf_counter() - start, 2))


def exponent(small: Run, large: Run) -> float:
    """Return by which power of the number of triples the seconds grow from one run to the other."""
    return math.log(large.seconds / small.seconds) / math.log(
        (large.asserted + large.inferred) / (small.asserted + small.inferred)
    )


def main() -> None:
    """Measure, and print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, required=True, help="folder of a built release, or the link current")
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 10, 100], help="how many times the real data")
    parser.add_argument("--seconds", type=float, default=300, help="no larger size is begun that would take longer")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    ontology = shipped_sources().ontology
    quads = ox.parse(path=str(options.release / "graphs" / "ontology.nq"), format=ox.RdfFormat.N_QUADS)
    rules = (*compile_axioms(quads), *read_rules(ontology / "rules"))
    runs: list[Run] = []
    for copies in sorted(options.copies):
        if runs and runs[-1].seconds * copies / runs[-1].copies > options.seconds:
            print(f"{copies:>4} x  left out: it would take more than {options.seconds:.0f} s")
            continue
        run = measure(options.release, rules, copies)
        grown = f"  exponent {exponent(runs[-1], run):.2f}" if runs else ""
        runs.append(run)
        print(f"{copies:>4} x {run.asserted:>11,} asserted {run.inferred:>11,} inferred {run.seconds:>8.2f} s{grown}")
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
