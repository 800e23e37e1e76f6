"""Milliseconds of the processor that the explanation of each inferred triple of a release takes.

Run it from the checkout: `python benchmarks/why.py --release PATH`; see README.md here.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from pathlib import Path

import pyoxigraph as ox

from dualbio.owl.rules.run import read_derivations
from dualbio.release.folder import graph_paths
from dualbio.store.embedded import EmbeddedStore
from dualbio.why import Explainer


def seconds_of(explainer: Explainer, triple: ox.Triple) -> float:
    """Return how long the first derivation of `triple` takes."""
    start = time.process_time()
    explainer.explain(triple)
    return time.process_time() - start


def main() -> None:
    """Explain every inferred triple, and print median, 99th percentile, maximum, and the slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, required=True, help="folder of a built release, or the link current")
    parser.add_argument("--slowest", type=int, default=5, help="how many of the slowest triples to print")
    options = parser.parse_args()
    derivations = read_derivations(options.release)
    gc.freeze()  # else a pause of the collector, which walks the whole release, falls on some triple
    explainer = Explainer(EmbeddedStore.in_memory(graph_paths(options.release)).store, derivations)
    times = sorted((seconds_of(explainer, triple) * 1000, str(triple)) for triple in derivations.derived)
    each = [milliseconds for milliseconds, _ in times]
    print(
        f"{len(each):,} inferred triples: median {statistics.median(each):.2f} ms, "
        f"99th percentile {each[len(each) * 99 // 100]:.2f} ms, maximum {each[-1]:.2f} ms"
    )
    for milliseconds, triple in times[: -options.slowest - 1 : -1]:
        print(f"{milliseconds:>8.2f} ms  {triple}")


if __name__ == "__main__":
    main()
