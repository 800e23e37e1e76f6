"""The closure: rules run to a fixpoint by the store itself, stratum by stratum, on what is new.

Inside a recursive stratum only matches that touch a triple of the round before are looked for (semi-naive evaluation,
Abiteboul, Hull, Vianu: Foundations of Databases, chapter 13): each pattern of a rule in turn is read from a graph that
holds just those triples.  The store also says what is new, and triples stay N-Triples from its answers to the files
of the release: a Python object for each would cost more time than the joins, and a kilobyte.

Strata of which none needs another are looked for side by side, in threads: the engine works without holding Python up.
Their results are taken in the order of the strata, so that nothing depends on which thread ends first.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from dualbio.errors import ReleaseError
from dualbio.model.namespaces import PREFIXES
from dualbio.owl.rules import Pattern, Rule, Stratum, make_plan, rule_from_json, rule_to_json
from dualbio.owl.rules.index import PatternIndex
from dualbio.owl.rules.model import new_where, patterns_text

__all__ = [
    "ROUNDS",
    "Batch",
    "Closure",
    "DerivationTable",
    "Derivations",
    "derivations_table",
    "infer",
    "read_derivations",
    "write_derivations",
    "write_rules",
    "write_table",
]

#: More rounds than any stratum runs: a rank is the number of the stratum times this, and the round within the stratum.
#: It depends on the rules and on what the triple follows from, and on nothing else that a release holds.
ROUNDS = 10_000
_DERIVATIONS = "derivations.tsv.gz"
_RULES = "rules.json"
#: A window of 32 KiB, and the head and the sum of gzip about it, as zlib names them.
_GZIP = 31
#: Lines that are compressed at a time.
_LINES = 10_000
#: How hard the table is compressed: the highest level takes three times as long, for a twelfth less.
_LEVEL = 6


@dataclass(frozen=True)
class Batch:
    """New triples that a rule gave in a round, as N-Triples in canonical form, a line each; of `rank`, see `ROUNDS`."""

    rule: str
    rank: int
    lines: bytes

    def triples(self) -> Iterator[ox.Triple]:
        """Yield the triples."""
        return (quad.triple for quad in ox.parse(self.lines, ox.RdfFormat.N_TRIPLES))


@dataclass(frozen=True)
class Closure:
    """What was inferred: new triples with the rule that first gave them, and the rank of what it took.

    `rounds` is a rank that is above all of them.
    """

    batches: tuple[Batch, ...] = ()
    rounds: int = 0

    def __len__(self) -> int:
        """Return the number of triples."""
        return sum(batch.lines.count(b"\n") for batch in self.batches)

    @cached_property
    def derived(self) -> dict[ox.Triple, tuple[str, int]]:
        """Rule and rank of each triple."""
        return {triple: (batch.rule, batch.rank) for batch in self.batches for triple in batch.triples()}

    def followed_by(self, later: Closure) -> Closure:
        """Return this closure and one that was computed on top of it, its ranks counted on."""
        shifted = (replace(batch, rank=self.rounds + batch.rank) for batch in later.batches)
        return Closure((*self.batches, *shifted), self.rounds + later.rounds)


@dataclass(frozen=True)
class Derivations:
    """The rules of a release, and which of them first gave each inferred triple, with its rank."""

    rules: dict[str, Rule]
    derived: Mapping[ox.Triple, tuple[str, int]]


def infer(store: ox.Store, rules: Iterable[Rule], *, inferred_graph: ox.NamedNode) -> Closure:
    """Add to `inferred_graph` everything that `rules` say and no other graph of `store` holds.

    Args:
        store: the asserted data; queries read the union of its named graphs.
        rules: compiled axioms and domain rules.
        inferred_graph: the graph that takes what is new.

    Raises:
        RuleError: the rules cannot be put in an order.
    """
    order = make_plan(rules)
    groups = order.side_by_side()
    with ThreadPoolExecutor(os.cpu_count(), "closure") as threads:
        run = _Run(store, inferred_graph, threads)
        while True:
            for strata in groups:
                run.close(strata)
            added = run.once(order.fillers)
            if not added:
                return Closure(tuple(run.batches), run.rank)
            order.check_late(found.head for found in added)


class _Task(NamedTuple):
    """A head of a rule to be constructed from a body."""

    rule: Rule
    head: Pattern
    where: str


class _Found(NamedTuple):
    """New triples of one round that a head of a rule gave, as N-Triples."""

    rule: Rule
    head: Pattern
    lines: bytes


class _Run:
    """One computation of the closure."""

    def __init__(self, store: ox.Store, graph: ox.NamedNode, threads: ThreadPoolExecutor) -> None:
        self.store = store
        self.graph = graph
        self.threads = threads
        self.batches: list[Batch] = []
        self.rank = ROUNDS  # of the stratum that comes next

    def close(self, strata: Sequence[Stratum]) -> None:
        """Run strata of which none needs another, each until it adds nothing; what two of them find is of the first."""
        known: set[bytes] = set()
        tasks = [[_Task(rule, head, rule.where) for rule in each.rules for head in rule.head] for each in strata]
        results = iter(self._construct_all([task for some in tasks for task in some]))
        for stratum, some in zip(strata, tasks, strict=True):
            new = self._keep(_new_lines([(task, next(results)) for task in some], known), 1)
            for number in count(2):
                if not new or not stratum.recursive:
                    break
                new = self._keep(_new_lines(self._next_round(stratum, new, number), known), number)
            self.rank += ROUNDS

    def once(self, rules: Iterable[Rule]) -> list[_Found]:
        """Run rules a single time; return what is new."""
        tasks = [_Task(rule, head, rule.where) for rule in rules for head in rule.head]
        found = self._keep(_new_lines(zip(tasks, self._construct_all(tasks), strict=True), set()), 1)
        self.rank += ROUNDS
        return found

    def _next_round(self, stratum: Stratum, new: Iterable[_Found], number: int) -> list[tuple[_Task, bytes]]:
        """Return what the rules of a stratum find in a round with what the round before found."""
        # A name of its own for each round: the store in memory never forgets the removed quads of a graph.
        delta = ox.NamedNode(f"urn:dualbio:delta:{self.rank + number}")
        touched: PatternIndex[bool] = PatternIndex()
        for found in new:
            self._load(found.lines, delta)
            touched.add(found.head, True)
        tasks = [task for rule in stratum.rules for task in _tasks(rule, touched, delta)]
        results = self._construct_all(tasks)
        self.store.remove_graph(delta)
        return list(zip(tasks, results, strict=True))

    def _construct_all(self, tasks: Sequence[_Task]) -> list[bytes]:
        """Return what each task finds, all on the same data."""
        return list(map(self._construct, tasks) if len(tasks) == 1 else self.threads.map(self._construct, tasks))

    def _construct(self, task: _Task) -> bytes:
        where = new_where(task.head, task.where, task.rule.projects(task.head))
        query = f"CONSTRUCT {{ {task.head} }} WHERE {{ {where} }}"
        result = self.store.query(query, prefixes=PREFIXES, use_default_graph_as_union=True)
        assert isinstance(result, ox.QueryTriples)
        lines = result.serialize(format=ox.RdfFormat.N_TRIPLES)
        assert lines is not None
        return lines

    def _keep(self, new: list[_Found], number: int) -> list[_Found]:
        """Record and store what a round found; return it."""
        for found in new:
            self.batches.append(Batch(found.rule.name, self.rank + number, found.lines))
            self._load(found.lines, self.graph)
        return new

    def _load(self, lines: bytes, graph: ox.NamedNode) -> None:
        if b"_:" in lines:  # loading would give blank nodes new names
            quads = ox.parse(lines, ox.RdfFormat.N_TRIPLES)
            self.store.extend(ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
        else:
            self.store.load(lines, ox.RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)  # the engine wrote them


def _new_lines(results: Iterable[tuple[_Task, bytes]], known: set[bytes]) -> list[_Found]:
    """Return the lines that tasks gave and that are not `known` yet; they are then."""
    found: list[_Found] = []
    for task, lines in results:
        new = [line for line in dict.fromkeys(lines.splitlines(keepends=True)) if line not in known]
        known.update(new)
        if new:
            found.append(_Found(task.rule, task.head, b"".join(new)))
    return found


def _tasks(rule: Rule, touched: PatternIndex[bool], delta: ox.NamedNode) -> Iterator[_Task]:
    """Yield what together finds every match of `rule` that uses a triple of the round before, held by `delta`."""
    if not rule.conjunctive:
        if any(touched.meeting(pattern) for pattern in rule.matched):
            yield from (_Task(rule, head, rule.where) for head in rule.head)
        return
    patterns = rule.alternatives[0]
    for i, pattern in enumerate(patterns):
        if touched.meeting(pattern):
            rest = patterns_text(patterns[:i] + patterns[i + 1 :])
            where = f"GRAPH {delta} {{ {pattern} }} {rest} {rule.filters}"
            yield from (_Task(rule, head, where) for head in rule.head)


def write_derivations(closure: Closure, rules: Iterable[Rule], folder: Path) -> None:
    """Write which rule gave each inferred triple, and the rules themselves, into a release folder."""
    lines: list[bytes] = []
    for batch in closure.batches:
        # A full stop before a line break ends a triple and nothing else: literals escape their line breaks.
        table = batch.lines.replace(b" .\n", f"\t{batch.rule}\t{batch.rank}\n".encode())
        lines += table.split(b"\n")[:-1]
    lines.sort()
    write_table(lines, folder)
    write_rules(rules, {batch.rule for batch in closure.batches}, folder)


def write_table(lines: Sequence[bytes], folder: Path) -> None:
    """Write the table of derivations: triple, rule and rank in each line, which has no line break."""
    packed = zlib.compressobj(_LEVEL, wbits=_GZIP)  # the time of writing is no part of it
    with (folder / _DERIVATIONS).open("wb") as file:
        for at in range(0, len(lines), _LINES):
            file.write(packed.compress(b"".join(line + b"\n" for line in lines[at : at + _LINES])))
        file.write(packed.flush())


def write_rules(rules: Iterable[Rule], used: Container[str], folder: Path) -> None:
    """Write those of the rules that gave something, by their names."""
    content = [rule_to_json(rule) for rule in sorted(rules, key=lambda rule: rule.name) if rule.name in used]
    (folder / _RULES).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_derivations(folder: Path) -> Derivations:
    """Read what `write_derivations` wrote.

    Raises:
        ReleaseError: the files are missing or broken.
    """
    try:
        rules = [rule_from_json(data) for data in json.loads((folder / _RULES).read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError) as error:
        raise _unreadable(folder, error) from error
    return Derivations({rule.name: rule for rule in rules}, derivations_table(folder))


def derivations_table(folder: Path) -> DerivationTable:
    """Read the rule and the rank of each inferred triple of a release.

    Raises:
        ReleaseError: the file is missing or broken.
    """
    try:
        return DerivationTable(folder, gzip.decompress((folder / _DERIVATIONS).read_bytes()).split(b"\n")[:-1])
    except (OSError, EOFError) as error:
        raise _unreadable(folder, error) from error


class DerivationTable(Mapping[ox.Triple, tuple[str, int]]):
    """The lines of a file of derivations by their triples: looked up, for a question wants a few of 100,000."""

    def __init__(self, folder: Path, lines: Sequence[bytes]) -> None:
        """Look up in the sorted `lines` of the file in `folder`."""
        self._folder = folder
        self.lines = self._lines = lines

    def __getitem__(self, triple: ox.Triple) -> tuple[str, int]:
        start = f"{triple}\t".encode()
        place = bisect_left(self._lines, start)
        if place == len(self._lines) or not self._lines[place].startswith(start):
            raise KeyError(triple)
        return self._cells(self._lines[place])[1:]

    def __iter__(self) -> Iterator[ox.Triple]:
        lines = b"".join(self._cells(line)[0] + b" .\n" for line in self._lines)
        return (quad.triple for quad in ox.parse(lines, ox.RdfFormat.N_TRIPLES))

    def __len__(self) -> int:
        return len(self._lines)

    def _cells(self, line: bytes) -> tuple[bytes, str, int]:
        try:
            triple, name, rank = line.rsplit(b"\t", 2)
            return triple, name.decode(), int(rank)
        except ValueError as error:
            raise _unreadable(self._folder, error) from error


def _unreadable(folder: Path, error: Exception) -> ReleaseError:
    return ReleaseError(f"{folder}: no readable derivations ({error}); repair: dualbio build")
