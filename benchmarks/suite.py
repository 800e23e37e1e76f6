"""All benchmarks over releases of several sizes, in one run, written as a page with tables: `RESULTS.md`.

Run it from the checkout: `make bench`, or `python benchmarks/suite.py --release PATH…`; see README.md here.
Every figure is of the processor unless it says otherwise, and each step has a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from closure import measure as measure_closure
from endpoint import compare
from generate import rule_set
from load import processor_seconds, settle
from peers import PEERS, Peer, front, start
from queries import in_library
from synthesis import questions, trials
from workloads import workloads

from dualbio.errors import DualbioError, counted
from dualbio.export.rdf.graphs import graph_files, merged_lines
from dualbio.export.tables.files import write_tables
from dualbio.export.tables.rows import read_tables
from dualbio.export.tables.sql import ask_tables, connect_tables
from dualbio.queries import Library, Resolver, SavedQuery, answer_default, run_query
from dualbio.release.folder import Release, graph_paths, open_release
from dualbio.search import SearchIndex
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore, load_files
from dualbio.store.workers import PoolStore, QueryMemoryError, QueryTimeoutError, WorkerPool
from dualbio.synthesis.pooling.facts import FactReader
from dualbio.synthesis.pooling.pool import pool
from dualbio.synthesis.pooling.selection import question_things, select
from dualbio_server.entities.evidence.lists import LISTS
from dualbio_server.http.language import LANGUAGES
from dualbio_server.service import pool_settings

_MIB = 1 << 20
#: Triples from which on nothing is measured twice, unless two ways are compared, and no store is held in memory.
_LARGE = 5_000_000
#: Bytes of memory of a triple.
_BYTES = 350
#: Pages that the service is asked for, first and again.
_PAGES = {
    "home page": "/",
    "study page": "/study/{study}",
    "drug page": "/drug/rituximab",
    "list of studies": "/study/",
    "list of results": "/result/?offset=100",
    "sitemap of results": "/sitemap-result-1.xml",
    "search": "/search?q=lupus",
}
#: Milliseconds by which the seconds of the processor are off that count processes that have ended, too.
_TICKS = 30.0
#: Figures of a step, with sentences about them where there are any.
Step = dict[str, float] | tuple[dict[str, float], list[str]]
#: Two aggregates over the whole corpus, in SPARQL and in SQL; their rows must be equal.
_AGGREGATES = {
    "arms by design": (
        """SELECT ?design (COUNT(?arm) AS ?n)
           { ?study a dualbio:Study ; dualbio:design ?design ; dualbio:hasArm ?arm } GROUP BY ?design""",
        "SELECT s.design, count(*) FROM studies s JOIN arms a ON a.armOf = s.id GROUP BY s.design",
    ),
    "events and people by event": (
        """SELECT ?ae (SUM(?e) AS ?events) (SUM(?t) AS ?total)
           { ?row a dualbio:Result ; dualbio:adverseEvent ?ae ; dualbio:events ?e ; dualbio:total ?t } GROUP BY ?ae""",
        """SELECT "adverseEvent", sum(events), sum(total) FROM results
           WHERE "adverseEvent" IS NOT NULL AND events IS NOT NULL AND total IS NOT NULL GROUP BY "adverseEvent" """,
    ),
}


@dataclass
class Run:
    """What was measured on one day: figures by what they are of and by the size of the release, as they came."""

    day: str = ""
    commit: str = ""
    rounds: int = 3
    rows: dict[str, dict[int, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        """The sizes of the releases."""
        return sorted({size for found in self.rows.values() for size in found})

    @classmethod
    def of(cls, told: dict[str, Any]) -> Run:
        """Return a run from the JSON that was kept of it."""
        rows = {what: {int(size): figure for size, figure in found.items()} for what, found in told["rows"].items()}
        return cls(told["day"], told["commit"], told["rounds"], rows, told["notes"])


@dataclass
class Results:
    """The runs, the earliest first; what was measured again counts, with the release as it was then."""

    runs: list[Run] = field(default_factory=list)

    @classmethod
    def kept(cls, file: Path | None) -> Results:
        """Return the runs that are kept in a file, none where there is no such file."""
        if file is None or not file.exists():
            return cls()
        return cls([*map(Run.of, json.loads(file.read_text(encoding="utf-8")))])

    def keep(self, file: Path) -> None:
        """Write the runs to a file, from which another run goes on."""
        file.write_text(json.dumps([*map(asdict, self.runs)], indent=1) + "\n", encoding="utf-8")

    def begin(self, day: str, commit: str, rounds: int = 3) -> Run:
        """Return the run of a day, to which another part may be added."""
        if not self.runs or self.runs[-1].day != day:
            self.runs.append(Run(day, commit, rounds))
        return self.runs[-1]

    def add(self, what: str, size: int, figure: float) -> None:
        """Keep a figure of the last run, and show that it goes on."""
        self.runs[-1].rows.setdefault(what, {})[size] = figure
        print(f"{size:>12,}  {what}: {figure:,.3g}", flush=True)

    def note(self, text: str) -> None:
        """Keep a sentence of the last run, and show it."""
        if text not in self.runs[-1].notes:
            self.runs[-1].notes.append(text)
        print(text, flush=True)

    def latest(self, what: str) -> dict[int, float]:
        """Return the figures of the last run that measured something, by size."""
        return next((run.rows[what] for run in reversed(self.runs) if what in run.rows), {})

    def shown(self, run: Run) -> dict[str, dict[int, float]]:
        """Return what a run measured that no later one has."""
        later = self.runs[self.runs.index(run) + 1 :]
        return {what: found for what, found in run.rows.items() if not any(what in each.rows for each in later)}


@dataclass(frozen=True)
class Target:
    """What a row has to reach: at every size (`most`, `least`), at the largest (`gain`), or in growth."""

    row: str
    limit: float
    of: str
    cause: str

    def judge(self, results: Results) -> tuple[str, bool] | None:
        """Return what was found and whether the target is met; None where it was not measured."""
        found = results.latest(self.row)
        if self.of == "growth":
            power = exponent(found)
            return None if power is None else (f"{power:.2f}", power <= self.limit)
        if not found:
            return None
        if self.of == "gain":
            return f"{found[max(found)]:.2f}", found[max(found)] >= self.limit
        worst = max(found.values()) if self.of == "most" else min(found.values())
        return f"{worst:.2f}", worst <= self.limit if self.of == "most" else worst >= self.limit


TARGETS = (
    Target(
        "load: bare bulk_load by ours, ratio",
        0.9,
        "least",
        "runs differ by a third while others want the processors",
    ),
    Target("closure, s", 1.15, "growth", "not found yet"),
    Target("synthesis, s", 1.15, "growth", "not found yet"),
    Target(
        "worker: memory by that of the bare store, ratio",
        1.3,
        "most",
        "the interpreter and its modules, some 30 to 50 MiB whatever the size, and what queries left",
    ),
    Target(
        "saved queries with a key: median, ms",
        0.2,
        "growth",
        "a key such as a disease selects a share of all rows, so that the answer itself grows with the studies",
    ),
    Target(
        "saved queries with a key: µs a row, all together",
        0.2,
        "growth",
        "some parts of these queries are read for the whole release and not for the key",
    ),
    Target(
        "from disk: home page: first after a start, ms by the clock",
        200,
        "most",
        "other work wanted the processors",
    ),
    Target(
        "start until ready, s by the clock",
        1.0,
        "most",
        "at any size the main process takes 0.7 s of the processor (2.2 without bytecode); in memory, files are loaded",
    ),
    Target(
        "from disk: start until ready, s by the clock",
        1.0,
        "most",
        "at any size the main process takes 0.7 s of the processor (2.2 without bytecode); what grows is not known",
    ),
    Target(
        "from disk: the largest process by the bare store in memory, ratio",
        1.3,
        "most",
        "the interpreter and its modules, some 60 MiB, which is more than the smallest store",
    ),
    Target(
        "arms by design: SPARQL by SQL, ratio",
        20,
        "gain",
        "each question in SQL is planned anew, for 1.7 ms whatever the size; SPARQL has an index for this one",
    ),
    Target("events and people by event: SPARQL by SQL, ratio", 20, "gain", "each question in SQL is planned anew"),
)


def exponent(figures: dict[int, float]) -> float | None:
    """Return by which power of the number of triples a figure grows, from the smallest size to the largest.

    >>> exponent({10: 2.0, 1000: 200.0})
    1.0
    """
    if len(figures) < 2:
        return None
    small, large = min(figures), max(figures)
    return log(figures[large] / figures[small]) / log(large / small) if figures[small] > 0 < figures[large] else None


# --- steps, each in a process of its own -----------------------------------------------------------------------------


def load(folder: Path, rounds: int) -> dict[str, float]:
    """Return what loading into memory costs, against the engine's own loader in alternating rounds."""
    files = graph_paths(folder)
    before = _own()
    store = load_files(files)
    size, triples = _own() - before, len(store)
    del store
    ours, bare = [], []
    for _ in range(rounds):
        bare.append(_spent(lambda: _bare(files)))
        ours.append(_spent(lambda: load_files(files)))
    return {
        "load into memory, s": min(ours),
        "load: bare bulk_load by ours, ratio": statistics.median(b / o for b, o in zip(bare, ours, strict=True)),
        "store in memory, MiB": size / _MIB,
        "store in memory, bytes a triple": size / triples,
    }


def disk(folder: Path) -> dict[str, float]:
    """Return what the store on disk costs: its size, opening it, and a query, as a ratio to memory."""
    release = open_release(folder, verify=False)
    assert release.store is not None
    opened = time.perf_counter()
    on_disk = EmbeddedStore(ox.Store.read_only(str(release.store)))
    opened = time.perf_counter() - opened
    here = EmbeddedStore.in_memory(release.files)
    ratios = []
    for text, _ in _AGGREGATES.values():
        assert sorted(here.select_rows(text)[1], key=str) == sorted(on_disk.select_rows(text)[1], key=str)
        ratios.append(_spent(lambda: on_disk.select_rows(text)) / _spent(lambda: here.select_rows(text)))  # noqa: B023
    return {
        "store on disk, MiB": sum(path.stat().st_size for path in release.store.iterdir()) / _MIB,
        "store on disk: open, ms by the clock": 1000 * opened,
        "aggregates on disk by memory, ratio": statistics.median(ratios),
    }


def columns(folder: Path) -> dict[str, float]:
    """Return what export and questions over tables cost, against SPARQL over memory; equal rows first."""
    store = EmbeddedStore.in_memory(graph_paths(folder))
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as target:
        started = time.process_time()
        files = write_tables(read_tables(store), Path(target), "parquet")
        found["export: tables as Parquet, s"] = time.process_time() - started
        connection = connect_tables(file for file in files if file.suffix == ".parquet")
        for name, (sparql, sql) in _AGGREGATES.items():
            slow = _spent(lambda: store.select_rows(sparql))  # noqa: B023
            quick = min(_spent(lambda: ask_tables(connection, sql).fetchall()) for _ in range(5))  # noqa: B023
            here, there = store.select_rows(sparql)[1], ask_tables(connection, sql).fetchall()
            numbers = [sorted([float(str(_plain(cell))) for cell in row[1:]] for row in rows) for rows in (here, there)]
            if numbers[0] != numbers[1]:
                raise SystemExit(f"{name}: {len(here)} rows in SPARQL and {len(there)} in SQL are not equal")
            found[f"{name}: SPARQL, ms"] = 1000 * slow
            found[f"{name}: SPARQL by SQL, ratio"] = slow / quick
    return found


def export(folder: Path) -> dict[str, float]:
    """Return what the dump of all graphs as N-Triples costs."""
    started = time.process_time()
    with Path(os.devnull).open("wb") as nowhere:
        nowhere.writelines(merged_lines(graph_files(folder)))
    return {"export: all triples, s": time.process_time() - started}


def saved(folder: Path, rounds: int) -> dict[str, float]:
    """Return the milliseconds of the saved queries at their defaults; the quickest round of each counts."""
    library = Library.read(shipped_sources().queries)
    runs = [in_library(folder, library) for _ in range(rounds)]
    best = {name: min(run[name][0] for run in runs) for name in library}
    slowest = max(best, key=lambda name: best[name])
    gc.unfreeze()
    return {
        "saved queries: median, ms": statistics.median(best.values()),
        "saved queries: 90th percentile, ms": statistics.quantiles(best.values(), n=10)[-1],
        f"slowest saved query ({slowest.rpartition('/')[2]}), ms": best[slowest],
        "saved queries over 50 ms": sum(ms > 50 for ms in best.values()),
        **_keyed(folder, library, rounds),
    }


def _keyed(folder: Path, library: Library, rounds: int) -> dict[str, float]:
    """Return what the saved queries that take a key cost, with its first example, and how long the answers are."""
    store = EmbeddedStore.in_memory(graph_paths(folder))
    resolver = Resolver(store)
    spent, lengths = [], []
    for query, given in _examples(library):
        with suppress(DualbioError):  # a release of invented studies alone lacks some examples
            lengths.append(len(run_query(query, store, given, resolver=resolver).rows))
            spent.append(min(_spent(lambda: run_query(query, store, given, resolver=resolver)) for _ in range(rounds)))  # noqa: B023
    rows = [1e6 * each / rows for each, rows in zip(spent, lengths, strict=True) if rows]
    return {
        "saved queries with a key: median, ms": 1000 * statistics.median(spent),
        "saved queries with a key: mean number of rows": statistics.mean(lengths),
        "saved queries with a key: µs a row, all together": 1e6 * sum(spent) / sum(lengths),
        "saved queries with a key: median, µs a row": statistics.median(rows),
    }


def _examples(library: Library) -> Iterator[tuple[SavedQuery, dict[str, object]]]:
    """Yield the saved queries that take a key, with the first example of it."""
    for query in library.values():
        given: dict[str, object] = {param.name: param.examples[0] for param in query.params[:1] if param.examples}
        if given:
            yield query, given


def saved_from_disk(folder: Path, limit: float) -> tuple[dict[str, float], list[str]]:
    """Return what the saved queries cost the workers of a service that reads from disk, each asked once.

    One that is at work for longer than `limit` seconds by the clock is ended by the pool, counted and named.
    """
    os.environ["DUALBIO_STORE_MEMORY"] = "1"  # of this step's own process
    library, release = Library.read(shipped_sources().queries), open_release(folder, verify=False)
    settings = Settings(query_timeout_max=limit + 1, query_workers=1)
    spent: dict[str, float] = {}
    ended: list[str] = []
    with tempfile.TemporaryDirectory() as place, WorkerPool(pool_settings(settings, release, Path(place))) as workers:
        client = workers.client()
        index = SearchIndex.open(release.search_index) if release.search_index else None
        here = EmbeddedStore(ox.Store.read_only(str(release.store)))
        resolver = Resolver(here, index.called if index else None)
        for name, query in library.items():
            before, ticks = _ran(os.getpid()), processor_seconds(os.getpid())
            try:
                answer_default(query, PoolStore(client, timeout=limit), resolver)
            except (QueryTimeoutError, QueryMemoryError):
                ended.append(name)
            else:
                ran = (_ran(os.getpid()) - before) / 1e6
                every = 1000 * (processor_seconds(os.getpid()) - ticks)
                spent[name] = every if every > ran + _TICKS else ran
            print(f"  {name}: {spent.get(name, float('inf')):,.0f} ms", flush=True)
    size = int(release.manifest["triples"])
    over = f"saved queries over {limit:g} s at {size:,} triples, from disk: {', '.join(sorted(ended)) or 'none'}"
    slowest = sorted(spent, key=lambda name: -spent[name])[:5]
    told = ", ".join(f"{name} {spent[name] / 1000:.1f}" for name in slowest)
    return {
        "from disk: saved queries: median, ms": statistics.median([*spent.values(), *[1000 * limit for _ in ended]]),
        "from disk: slowest saved query at an end, ms": max(spent.values()),
        f"from disk: saved queries over {limit:g} s by the clock": len(ended),
    }, [f"{over}; the slowest of the others, in s of the processor: {told}"] if ended or size >= _LARGE else []


def closed(folder: Path, triples: int) -> dict[str, float]:
    """Return what the closure costs at about so many triples."""
    run = measure_closure(open_release(folder, verify=False), rule_set(), triples)
    return {"closure, s": run.cpu, "closure: peak of memory, MiB": run.memory}


def synthesised(contrasts: int) -> dict[str, float]:
    """Return what one question of so many invented trials costs, from facts to number."""
    store, (_, question) = trials(contrasts), next(questions())

    def answer() -> None:
        facts = FactReader(store).read(question_things(question))
        assert pool(question, facts, select(question, facts)).used == contrasts

    return {"synthesis, s": _spent(answer)}


def served(folder: Path, patience: float) -> dict[str, float]:
    """Return what the service over a release costs: its start, pages and search, and the memory of its processes."""
    before = _own()
    store = _bare(graph_paths(folder))
    bare = _own() - before
    del store
    release, found = open_release(folder, verify=False), dict[str, float]()
    started = time.perf_counter()
    with start("dualbio", release.folder) as peer:
        found["start until ready, s by the clock"] = time.perf_counter() - started
        settle(peer, patience)
        found["start, s"] = processor_seconds(peer.process.pid)
        found |= _pages(peer, release)
        found["all processes of the service: PSS, MiB"] = sum(_pss(pid) for pid in _tree(peer.process.pid)) / _MIB
        workers = [_private(pid) for pid in _tree(peer.process.pid) if _is_worker(pid)]
        found["worker: memory by that of the bare store, ratio"] = max(workers) / bare
    return found


def from_disk(folder: Path, patience: float) -> tuple[dict[str, float], list[str]]:
    """Return what the service costs that reads a release from disk, as one that is too large for memory.

    It starts twice: what the front page says is computed by the first one alone, and the second is asked at once. Where
    that takes more than `patience` seconds by the clock, it is said.
    """
    os.environ["DUALBIO_STORE_MEMORY"] = "1"  # of this step's own process
    os.environ["DUALBIO_QUERY_TIMEOUT_MAX"] = "300"  # what is computed once may take as long as that
    release, found = open_release(folder, verify=False), dict[str, float]()
    shutil.rmtree(folder / "pages", ignore_errors=True)
    started = time.perf_counter()
    with start("dualbio", folder) as peer:
        found["start until ready, s by the clock"] = time.perf_counter() - started
        before = processor_seconds(peer.process.pid)
        settle(peer, patience)
        spent = processor_seconds(peer.process.pid) - before
        parts = len(LANGUAGES) * (1 + len(LISTS))
        computed = sum(1 for _ in (folder / "pages").glob("*.json")) == parts
        if computed:
            found["front page and lists: computed once, in both languages, s"] = spent
        tree = _tree(peer.process.pid)
        found["all processes of the service: PSS, MiB"] = sum(map(_pss, tree)) / _MIB
        largest = max(map(_private, tree))
        found["the largest process by the bare store in memory, ratio"] = largest / (
            _BYTES * int(release.manifest["triples"])
        )
    with start("dualbio", folder) as peer:
        asked = time.perf_counter()
        _asked(peer, peer.address, 1)
        if computed:
            found["home page: first after a start, ms by the clock"] = 1000 * (time.perf_counter() - asked)
        settle(peer, patience)
        found |= _pages(peer, release)
        tree = _tree(peer.process.pid)
        found["all processes of the service: PSS after all pages, MiB"] = sum(map(_pss, tree)) / _MIB
    size = int(release.manifest["triples"])
    told = f"front page and lists at {size:,} triples: not all there after {patience:g} s by the clock"
    return {f"from disk: {what}": figure for what, figure in found.items()}, [] if computed else [told]


def _pages(peer: Peer, release: Release) -> dict[str, float]:
    """Return what pages cost when they are asked for first, and again."""
    found = {}
    for name, path in _PAGES.items():
        address = peer.address + path.format(study=_a_study(release))
        found[f"{name}: first, ms"] = _asked(peer, address, 1)
        settle(peer, 20)  # its figures are drawn after it
        found[f"{name}: again, ms"] = _asked(peer, address, 50)
    return found


# --- all of it -------------------------------------------------------------------------------------------------------


def run(folder: Path, options: argparse.Namespace, results: Results) -> None:
    """Measure everything over one release."""
    release = open_release(folder, verify=False)
    size = int(release.manifest["triples"])
    rounds = options.rounds if size < _LARGE else 1
    steps: list[tuple[Callable[..., Step], tuple[Any, ...]]] = [
        (load, (release.folder, rounds)),
        (disk, (release.folder,)),
        (columns, (release.folder,)),
        (export, (release.folder,)),
        (saved, (release.folder, rounds)),
        (closed, (options.release[0].resolve(), size)),
        (synthesised, (max(100, size // 100),)),
        (served, (release.folder, options.patience_large)),
        (from_disk, (release.folder, options.patience_large)),
        (saved_from_disk, (release.folder, options.limit)),
    ]
    for step, given in steps:
        if options.steps and step.__name__ not in options.steps:
            continue
        if size >= _LARGE and step in (saved, served):
            continue  # a service reads a release of such a size from disk
        try:
            found = apart(step, *given)
        except Exception as error:  # noqa: BLE001 - told on the page
            results.note(f"{step.__name__} at {size:,} triples was not measured: {error}")
            continue
        figures, notes = found if isinstance(found, tuple) else (found, [])
        for what, figure in figures.items():
            results.add(what, size, figure)
        for note in notes:
            results.note(note)
        results.keep(options.json)


def over_http(release: Release, names: list[str], options: argparse.Namespace, results: Results) -> None:
    """Compare the SPARQL service with its peers; `nginx` is the limit of any answer that is repeated."""
    size = int(release.manifest["triples"])
    with ExitStack() as stack:
        peers = [stack.enter_context(start(name, release.folder)) for name in names if name in PEERS]
        fronts = [stack.enter_context(front(peers[0]))] if "nginx" in names else []
        for each in workloads(release.folder):
            if options.loads and not any(word in each.name for word in options.loads):
                continue
            others = [*peers, *fronts] if not each.fresh else peers
            for name, other in compare(others, each, 8, options).items():
                results.add(f"SPARQL, {each.name}: {name}, µs a request", size, other.micros)


def apart(step: Callable[..., Step], *given: Any) -> Step:
    """Return the figures of a step that has a process of its own, so that no other's memory is in them."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_told, step, *given).result()


def page(results: Results) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# Results"
    yield ""
    busy = os.getloadavg()[1]
    yield (
        f"Written by `make bench`: {os.cpu_count()} processors, "
        f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, Oxigraph {ox.__version__}."
    )
    yield (
        "Seconds, milliseconds and µs are of the processor unless they say otherwise; rounds alternate where two are "
        f"compared. {busy:.0f} processes wanted the processors when this was written: caches and clocks were shared."
    )
    yield from ("", "## Targets", "", "| Target | Limit | Found | |", "|---|---|---|---|")
    for target in TARGETS:
        if judged := target.judge(results):
            reached, met = judged
            limit = {"growth": "exponent ≤", "most": "≤", "least": "≥", "gain": "at the largest ≥"}[target.of]
            verdict = "met" if met else f"missed: {target.cause}"
            yield f"| {target.row} | {limit} {target.limit:g} | {reached} | {verdict} |"
    for run in reversed(results.runs):
        yield from _run_tables(run, results.shown(run))


def _run_tables(run: Run, shown: dict[str, dict[int, float]]) -> Iterator[str]:
    """Yield what one run measured that no later one has, and what it has to say."""
    http = {what: found for what, found in shown.items() if what.startswith("SPARQL, ")}
    by_size = {what: found for what, found in shown.items() if what not in http}
    rounds = counted(run.rounds, "round")
    yield from ("", f"## Measured on {run.day}, commit {run.commit}, the best of {rounds}")
    if by_size:
        sizes = sorted({size for found in by_size.values() for size in found})
        yield from ("", "By the number of triples; growth is its power, from the smallest to the largest.", "")
        yield from (f"| | {' | '.join(f'{size:,}' for size in sizes)} | growth |", f"|---{'|---:' * (len(sizes) + 1)}|")
        for what, found in by_size.items():
            power = exponent(found)
            cells = [f"{found[size]:,.3g}" if size in found else "" for size in sizes]
            yield f"| {what} | {' | '.join(cells)} | {'' if power is None else f'{power:.2f}'} |"
    if http:
        yield from ("", "µs of the processor that a SPARQL request over HTTP costs a server, all its processes")
        yield "together, 8 connections; above 1 the service is cheaper than the peer."
        yield from _http_table(http)
    if run.notes:
        yield from ("", "Said of this run:", "", *(f"- {note}" for note in run.notes))


def _http_table(rows: dict[str, dict[int, float]]) -> Iterator[str]:
    table: dict[str, dict[str, float]] = {}
    for what, figures in rows.items():
        load_name, _, peer = what.removeprefix("SPARQL, ").removesuffix(", µs a request").rpartition(": ")
        table.setdefault(load_name, {})[peer] = next(iter(figures.values()))
    peers = list(dict.fromkeys(peer for found in table.values() for peer in found if peer != "dualbio"))
    yield from ("", f"| | dualbio, µs | {' | '.join(peers)} |", f"|---{'|---:' * (len(peers) + 1)}|")
    for name, found in table.items():
        ratios = [f"{found[peer] / found['dualbio']:.2f}" if peer in found else "" for peer in peers]
        yield f"| {name} | {found['dualbio']:,.0f} | {' | '.join(ratios)} |"


def _told(step: Callable[..., Step], *given: Any) -> Step:
    """Return the figures of a step; an error goes to the other process as its text, which any error can."""
    try:
        return step(*given)
    except Exception as error:  # noqa: BLE001 - whatever it is
        raise RuntimeError(f"{type(error).__name__}: {error}") from None


def _ran(pid: int) -> int:
    """Return the nanoseconds that the threads of a process and of all below it have run."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):  # it has just ended
            total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
            total += sum(map(_ran, map(int, (task / "children").read_text(encoding="ascii").split())))
    return total


# --- small things ----------------------------------------------------------------------------------------------------


def _bare(files: Iterable[Path]) -> ox.Store:
    store = ox.Store()
    for file in files:
        store.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS)
    return store


def _spent(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _plain(cell: object) -> object:
    return cell.value if isinstance(cell, ox.Literal) else cell


def _own() -> int:
    """Return the bytes of private memory of this process."""
    return _private(os.getpid())


def _private(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _tree(pid: int) -> list[int]:
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [pid, *(below for child in children for below in _tree(child))]


def _is_worker(pid: int) -> bool:
    """Return whether a process is a query worker: a child of the supervisor, with its command line."""
    parent = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
    lines = [Path(f"/proc/{each}/cmdline").read_bytes() for each in (pid, parent)]
    return all(b"supervisor" in line for line in lines)


def _a_study(release: Release) -> str:
    graphs = map(str, release.manifest["graphs"])
    return min(name.removeprefix("study/") for name in graphs if name.startswith("study/"))


def _asked(peer: Peer, address: str, times: int) -> float:
    """Return the milliseconds of all processes of a service that each of so many requests costs."""
    before = processor_seconds(peer.process.pid)
    for _ in range(times):
        command = ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "-H", "Accept: text/html", address]
        status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if status not in ("200", "404"):
            raise SystemExit(f"{address} is answered with {status}")
    return 1000 * (processor_seconds(peer.process.pid) - before) / times


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent)
    return str(found.stdout).strip()


def _write(results: Results, options: argparse.Namespace) -> None:
    results.keep(options.json)
    options.out.write_text("\n".join(page(results)) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, nargs="+", required=True, help="releases; the first is the real one")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    parser.add_argument("--peers", default="oxigraph-memory,nginx", help="names, as in endpoint.py")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1, help="length of one measurement over HTTP")
    parser.add_argument("--patience", type=float, default=1, help="seconds in which a server comes to rest")
    parser.add_argument("--steps", nargs="*", default=[], help="names of the steps that are run; by default all")
    parser.add_argument("--json", type=Path, default=Path(__file__).with_name("results.json"), help="kept figures")
    parser.add_argument(
        "--patience-large", type=float, default=900, help="seconds by the clock for what is computed at the first start"
    )
    parser.add_argument("--limit", type=float, default=30, help="seconds by the clock for a saved query from disk")
    parser.add_argument(
        "--loads", nargs="*", default=[], help="words in the names of the loads over HTTP; by default all"
    )
    parser.add_argument("--not-run", nargs="*", default=[], help="what to say of other sizes, a sentence each")
    options = parser.parse_args()
    options.peers = ["dualbio", *options.peers.split(",")]
    results = Results.kept(options.json)
    run_now = results.begin(f"{datetime.now(UTC):%Y-%m-%d}", _commit(), options.rounds)
    run_now.notes += [note for note in options.not_run if note not in run_now.notes]
    for folder in options.release:
        run(folder.resolve(), options, results)
        _write(results, options)
    try:
        if not options.steps or over_http.__name__ in options.steps:
            over_http(open_release(options.release[0], verify=False), options.peers, options, results)
    except (OSError, SystemExit, subprocess.SubprocessError) as error:
        results.note(f"SPARQL over HTTP was not measured: {error}")
    _write(results, options)


if __name__ == "__main__":
    main()
