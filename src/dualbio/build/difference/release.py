"""The files of a release after an edit: copies of the previous ones, with the differences applied."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from dualbio.build.difference.asserted import QuadDifference
from dualbio.build.names import name_quads, names_given, renamed
from dualbio.export.packages.catalogue import DatasetCounts, dataset_held, dataset_quads
from dualbio.model.namespaces import BASE, graph_iri, individual
from dualbio.owl.rules import Rule
from dualbio.owl.rules.difference import ClosureDifference, UnlikeError, infer_difference
from dualbio.owl.rules.run import DerivationTable, derivations_table, write_rules, write_table
from dualbio.release.folder import Release
from dualbio.search import write_index
from dualbio.search.entries import retold
from dualbio.search.index import edit_index
from dualbio.sources.corpus import Corpus
from dualbio.store.embedded import EmbeddedStore, matching
from dualbio.synthesis.kept_pools import KeptPools
from dualbio.synthesis.pooling.quads import moved_questions, pool_quads, pools_held
from dualbio.version import __version__

__all__ = ["EditedRelease"]

_PREFIX = graph_iri("").value
_INFERRED, _CATALOGUE = graph_iri("inferred"), graph_iri("catalogue")
_DERIVATIONS, _RULES, _INDEX = "derivations.tsv.gz", "rules.json", "search.sqlite"
#: More quads than this differ after no edit that is done by what differs in less time than by all.
_MOST = 20_000


class EditedRelease:
    """A release on its way from the one before: its store, in which what differs is changed, and then its files.

    A context: behind it the store is closed, and no thread is left.
    """

    store: ox.Store

    def __init__(self, earlier: Release, folder: Path) -> None:
        """Begin to copy the files of a release into an empty folder, in threads.

        Raises:
            OSError: the folder cannot be written.
        """
        self._earlier, self._folder = earlier, folder
        self.sums: dict[str, str] = {}  # SHA-256 of the files that stay
        self._gone: dict[str, set[ox.Quad]] = defaultdict(set)
        self._come: dict[str, set[ox.Quad]] = defaultdict(set)
        self._held: dict[ox.Triple, bool] = {}
        self._asserted: dict[ox.Triple, bool] = {}
        self._closure = ClosureDifference()
        self._table: DerivationTable | None = None
        names = [*earlier.manifest["files"]]
        for place in {(folder / name).parent for name in names}:
            place.mkdir(parents=True, exist_ok=True)
        self._threads = ThreadPoolExecutor(os.cpu_count(), "copy")
        self._copies = [self._threads.submit(self._copy, name) for name in names]

    def __enter__(self) -> Self:
        """Return the release."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store; what is not copied yet is left."""
        self._threads.shutdown(cancel_futures=True)
        self.store = None  # type: ignore[assignment]

    def open(self) -> None:
        """Open the store, when all files are copied.

        Raises:
            OSError: a file cannot be read or written, or is not as the manifest has it.
        """
        for copy in self._copies:
            copy.result()
        self.store = ox.Store(str(self._folder / "store"))

    def _copy(self, name: str) -> None:
        content = (self._earlier.folder / name).read_bytes()
        told = self._earlier.manifest["files"][name]["sha256"]
        if sha256(content).hexdigest() != told:
            raise OSError(f"{self._earlier.folder / name} is not as the manifest has it")
        (self._folder / name).write_bytes(content)
        if not name.startswith("store/"):
            self.sums[name] = told

    def change(self, *differences: QuadDifference) -> None:
        """Take quads out of the store and put others in.

        Raises:
            UnlikeError: so much differs that all is made in less time.
        """
        gone = {quad for each in differences for quad in each.gone}
        come = {quad for each in differences for quad in each.come}
        if len(gone) + len(come) > _MOST:
            raise UnlikeError
        for quad in gone | come:
            self._note(quad.triple)
        for quad in gone - come:
            self.store.remove(quad)
            self._record(quad, self._gone, self._come)
        self.store.extend(come - gone)
        for quad in come - gone:
            self._record(quad, self._come, self._gone)

    def _record(self, quad: ox.Quad, here: dict[str, set[ox.Quad]], there: dict[str, set[ox.Quad]]) -> None:
        assert isinstance(quad.graph_name, ox.NamedNode)
        name = quad.graph_name.value.removeprefix(_PREFIX)
        if quad in there[name]:
            there[name].remove(quad)
        else:
            here[name].add(quad)

    def _graphs(self, triple: ox.Triple) -> set[object]:
        quads = matching(self.store, triple.subject, triple.predicate, triple.object)
        found: set[object] = {quad.graph_name for quad in quads}
        return found - {_CATALOGUE}

    def _note(self, triple: ox.Triple) -> None:
        """Remember how it was with a triple before it is touched."""
        if triple not in self._held:
            graphs = self._graphs(triple)
            self._held[triple], self._asserted[triple] = bool(graphs), bool(graphs - {_INFERRED})

    def infer(self, rules: Iterable[Rule], used: Collection[str]) -> None:
        """Make the graph of what is inferred what rules say, after all changes of what they begin with.

        Args:
            rules: all of them.
            used: the names of those that gave something before.

        Raises:
            UnlikeError: the difference cannot be derived from added and removed triples.
        """
        now = {triple: bool(self._graphs(triple) - {_INFERRED}) for triple in self._asserted}
        table = self._table = derivations_table(self._folder)
        self._closure = infer_difference(
            self.store,
            rules,
            table,
            used=used,
            came=[triple for triple, held in now.items() if held and not self._asserted[triple]],
            went=[triple for triple, held in now.items() if not held and self._asserted[triple]],
            inferred_graph=_INFERRED,
            later=_is_later,
        )
        for triples, held in ((self._closure.came, False), (self._closure.went, True)):
            for triple in triples:
                self._held.setdefault(triple, held)
        for triple, reason in self._closure.reasons.items():
            known = table.get(triple)
            quad = ox.Quad(triple.subject, triple.predicate, triple.object, _INFERRED)
            if known and not reason:
                self._record(quad, self._gone, self._come)
            elif reason and not known:
                self._record(quad, self._come, self._gone)

    def describe(self, corpus: Corpus, pools: KeptPools) -> None:
        """Change names, answers, and what the catalogue counts, and write the index; after all else is inferred."""
        came, went = self.moved()
        self._change_names(came | went)
        self._change_pools(corpus, pools)
        self._change_catalogue()
        self._change_index()

    def _change_index(self) -> None:
        file, searched = self._folder / _INDEX, EmbeddedStore(self.store)
        came, went = self.moved()
        nodes = retold(self.store, came | went)
        if nodes:
            del self.sums[_INDEX]
            if not edit_index(file, searched, nodes):
                file.unlink()
                write_index(searched, file).close()

    def _change_names(self, moved: Iterable[ox.Triple]) -> None:
        things = renamed(self.store, moved)
        old = frozenset(quad for thing in things for quad in names_given(self.store, thing))
        self.change(QuadDifference(old, frozenset()))
        self.change(QuadDifference(frozenset(), frozenset(name_quads(self.store, among=things))))

    def _change_pools(self, corpus: Corpus, pools: KeptPools) -> None:
        touched = {iri for triples in self.moved() for triple in triples for iri in _studies(triple)}
        moved = list(moved_questions(self.store, corpus.questions.values(), pools, touched))
        old = frozenset(pools_held(self.store, moved))
        self.change(QuadDifference.between(iter(old), pool_quads(self.store, moved, pools)))

    def _change_catalogue(self) -> None:
        """Count what the catalogue counts."""
        old = frozenset(dataset_held(self.store))
        counts = DatasetCounts.of_catalogue(self.store).after(self.store, *self.moved(), self._counted())
        self.change(QuadDifference.between(iter(old), dataset_quads(self.store, __version__, counts)))

    def _counted(self) -> dict[str, int]:
        """Return the number of triples of each graph but the catalogue, by IRI."""
        counts = Counter(self._earlier.manifest["graphs"])
        for quads, sign in ((self._come, 1), (self._gone, -1)):
            for name, some in quads.items():
                counts[name] += sign * len(some)
        named = {graph_iri(name): number for name, number in counts.items() if number}
        return {graph.value: number for graph, number in named.items() if graph != _CATALOGUE}

    def moved(self) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """Return the triples that some graph but the catalogue holds now and none held before, and the other way."""
        now = {triple: bool(self._graphs(triple)) for triple in self._held}
        came = {triple for triple, held in now.items() if held and not self._held[triple]}
        return came, {triple for triple, held in now.items() if not held and self._held[triple]}

    def write(self, rules: Iterable[Rule], used: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
        """Write the files in which something differs.

        Args:
            rules: all of them.
            used: how many triples each rule gave before.

        Returns:
            The number of triples of each graph, and of those that each rule gave.

        Raises:
            OSError: a file cannot be written.
            UnlikeError: a file of the release before does not hold what its store holds.
        """
        counts = dict(self._earlier.manifest["graphs"])
        for name in sorted(self._gone.keys() | self._come.keys()):
            gone, come = _lines(self._gone[name]), _lines(self._come[name])
            if gone or come:
                counts[name] = self._write_graph(name, gone, come)
                if not counts[name]:
                    self.store.remove_graph(graph_iri(name))  # a graph without quads is none
        given = self._write_derivations(rules, used)
        return {name: number for name, number in sorted(counts.items()) if number}, given

    def _write_graph(self, name: str, gone: set[bytes], come: set[bytes]) -> int:
        file = self._folder / "graphs" / f"{name}.nq"
        old = file.read_bytes().splitlines(keepends=True) if file.exists() else []
        lines = sorted([*(line for line in old if line not in gone), *come])
        if len(lines) != len(old) - len(gone) + len(come):
            raise UnlikeError
        self.sums.pop(f"graphs/{name}.nq", None)
        file.unlink(missing_ok=True)
        if lines:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"".join(lines))
        return len(lines)

    def _write_derivations(self, rules: Iterable[Rule], used: Mapping[str, int]) -> dict[str, int]:
        assert self._table is not None
        given = Counter(used)
        gone: set[bytes] = set()
        come: list[bytes] = []
        for triple, reason in self._closure.reasons.items():
            known = self._table.get(triple)
            if known == reason:
                continue
            if known:
                gone.add(f"{triple}\t{known[0]}\t{known[1]}".encode())
                given[known[0]] -= 1
            if reason:
                come.append(f"{triple}\t{reason[0]}\t{reason[1]}".encode())
                given[reason[0]] += 1
        if gone or come:
            old = self._table.lines
            lines = sorted([*(line for line in old if line not in gone), *come])
            if len(lines) != len(old) - len(gone) + len(come):
                raise UnlikeError
            write_table(lines, self._folder)
            del self.sums[_DERIVATIONS]
        now = {name: number for name, number in sorted(given.items()) if number}
        if now.keys() != used.keys():
            write_rules(rules, now, self._folder)
            del self.sums[_RULES]
        return now


def _studies(triple: ox.Triple) -> Iterator[str]:
    """Yield the studies that a triple may be of, by IRI: the key of a thing begins with that of its study."""
    for node in (triple.subject, triple.object):
        if isinstance(node, ox.NamedNode) and node.value.startswith(BASE):
            key = node.value.rpartition("/")[2].partition(".")[0]
            yield individual("study", key).value


def _is_later(quad: ox.Quad) -> bool:
    """Return whether a quad is of the catalogue, or of an answer across studies: both follow what is inferred."""
    subject = quad.subject
    answers = (f"{BASE}pool/", f"{BASE}candidate/")
    return quad.graph_name == _CATALOGUE or (isinstance(subject, ox.NamedNode) and subject.value.startswith(answers))


def _lines(quads: set[ox.Quad]) -> set[bytes]:
    return set((ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True))
