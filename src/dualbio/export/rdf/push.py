"""Loads a release into another SPARQL 1.1 store: in chunks, resumable, and verified.

While a release is loaded, the store has a graph of notes beside it: of each graph its fingerprint, and how many pieces
of it have arrived, or that it was read back whole. The notes are removed at the end, and by another release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import NotFoundError, StoreError, counted
from dualbio.export.rdf.graphs import GraphFile, graph_files
from dualbio.model.namespaces import graph_iri
from dualbio.store.remote import GraphStore, RemoteStore

__all__ = ["Sent", "push"]

#: Triples of one request; some 8 MB.
_PIECE = 50_000
_OURS = graph_iri("").value
#: Graphs of users, which no release touches.
_USERS = graph_iri("user/").value
_NOTES = graph_iri("loading").value
_ARRIVED = ox.NamedNode("urn:dualbio:arrived")
#: The number of pieces that stands for a graph which was read back whole.
_WHOLE = -1
#: IRIs that Virtuoso gives to blank nodes.
_NAMED_BLANK = "nodeID://"
_COUNTS = "SELECT ?graph (COUNT(*) AS ?triples) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"


@dataclass(frozen=True)
class Sent:
    """How many graphs are there now, and how many of them an earlier attempt had brought."""

    graphs: int
    before: int


@dataclass(frozen=True)
class _Fingerprint:
    """The number of triples of a graph and the sum of their hashes, whatever their order; blank nodes count as one."""

    triples: int
    digest: str

    @classmethod
    def of(cls, triples: Iterable[ox.Triple]) -> _Fingerprint:
        number = total = 0
        for triple in triples:
            number += 1
            text = str(triple)
            if "_:" in text or _NAMED_BLANK in text:  # as few have
                text = " ".join("_:" if _is_blank(term) else str(term) for term in triple)
            total += int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])
        return cls(number, f"{total % (1 << 128):032x}")


def push(
    release: Path,
    graphs: GraphStore,
    store: RemoteStore | None = None,
    begin: Callable[[str], None] = lambda _: None,
    piece: int = _PIECE,
) -> Sent:
    """Bring the release in the folder `release` into a store; what an attempt that broke off has brought stays.

    Args:
        release: folder of a built release.
        graphs: where the store takes graphs.
        store: where it answers queries: graphs of an earlier release are then removed, and what is there is counted.
        begin: called with the name of each graph before it is sent.
        piece: triples of one request.

    Raises:
        StoreError: the store refused, failed, could not be reached, or does not hold afterwards what was sent.
    """
    files = graph_files(release)
    if store is not None:
        ours = {file.iri for file in files} | {_NOTES}
        for iri in sorted(_counts(store)):
            if iri.startswith(_OURS) and not iri.startswith(_USERS) and iri not in ours:
                graphs.delete(iri)
    notes, counted, before = _Notes(graphs, release.resolve().name), dict[str, int](), 0
    for file in files:
        begin(file.name)
        sent = _Fingerprint.of(quad.triple for quad in ox.parse(path=str(file.path), format=ox.RdfFormat.N_QUADS))
        counted[file.iri] = sent.triples
        arrived = notes.arrived(file, sent)
        if arrived == _WHOLE:
            before += 1
            continue
        for number, part in enumerate(_pieces(file, piece)):
            if number >= arrived:
                (graphs.add if number else graphs.put)(file.iri, part)
                notes.write(file, sent, number + 1)
        try:
            _compare(graphs, file, sent)
        except StoreError:
            notes.remove()  # so that the next attempt sends everything
            raise
        notes.write(file, sent, _WHOLE)
    notes.remove()
    if store is not None:
        _count(files, counted, _counts(store), store.endpoint)
    return Sent(len(files), before)


class _Notes:
    """The notes in the store; each is a triple more, and the furthest of a graph counts."""

    def __init__(self, graphs: GraphStore, release: str) -> None:
        self._graphs = graphs
        self._release = release
        self._arrived: dict[tuple[str, str], int] = {}
        with suppress(NotFoundError):  # as some servers say of a graph without triples
            notes = [(graph, *str(note.value).split()) for graph, _, note in graphs.get(_NOTES)]
            if any(name != release for _, name, _, _ in notes):  # its graphs may be others by now
                graphs.delete(_NOTES)
                return
            for graph, _, digest, number in notes:
                key = graph.value, digest
                self._arrived[key] = max(int(number), self._arrived.get(key, 0), key=lambda each: (each < 0, each))

    def arrived(self, file: GraphFile, sent: _Fingerprint) -> int:
        """Return how many pieces of a graph are there, 0 where it has other content, or that it is whole."""
        return self._arrived.get((file.iri, sent.digest), 0)

    def write(self, file: GraphFile, sent: _Fingerprint, number: int) -> None:
        """Note how much of a graph is there."""
        note = ox.Triple(ox.NamedNode(file.iri), _ARRIVED, ox.Literal(f"{self._release} {sent.digest} {number}"))
        self._graphs.add(_NOTES, f"{note} .\n".encode())

    def remove(self) -> None:
        """Leave nothing but the release."""
        self._graphs.delete(_NOTES)


def _pieces(file: GraphFile, size: int) -> Iterator[bytes]:
    """Yield the triples of a graph; what has blank nodes is in the first piece, since each document has its own."""
    yield b"".join((*(line for line in file.triple_lines() if b"_:" in line), *islice(_ground(file), size)))
    rest = islice(_ground(file), size, None)
    while part := b"".join(islice(rest, size)):
        yield part


def _ground(file: GraphFile) -> Iterator[bytes]:
    return (line for line in file.triple_lines() if b"_:" not in line)


def _is_blank(term: object) -> bool:
    return isinstance(term, ox.BlankNode) or (isinstance(term, ox.NamedNode) and term.value.startswith(_NAMED_BLANK))


def _compare(graphs: GraphStore, file: GraphFile, sent: _Fingerprint) -> None:
    """Hold a graph as it is there against what was sent."""
    found = _Fingerprint.of(graphs.get(file.iri)) if sent.triples else sent
    if found != sent:
        what = counted(found.triples, "triple") if found.triples != sent.triples else "other triples"
        raise StoreError(
            f"{graphs.address}: graph {file.name}: found {what}; accepted: {sent.triples}, as sent; "
            "repair: load again, and keep other clients from writing meanwhile"
        )


def _counts(store: RemoteStore) -> dict[str, int]:
    return {row["graph"].value: int(row["triples"].value) for row in store.select(_COUNTS) if row["graph"] is not None}


def _count(files: Iterable[GraphFile], sent: dict[str, int], found: dict[str, int], endpoint: str) -> None:
    """Hold the numbers that the endpoint tells against those of what was sent."""
    for file in files:
        if found.get(file.iri, 0) != sent[file.iri]:
            raise StoreError(
                f"{endpoint}: graph {file.name}: found {counted(found.get(file.iri, 0), 'triple')}; "
                f"accepted: {sent[file.iri]}; "
                "repair: give the endpoint of the store that was loaded, whose default graph is the union of all"
            )
