"""The embedded store: an Oxigraph store in this process, for scripts, the shell and the build.

Queries see the union of all named graphs as their default graph, and know the prefix table.
Nothing here limits time or memory; the server uses `dualbio.store.workers` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import ReleaseError, StoreError
from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.model.rdf_terms import Resource, Term
from dualbio.sparql.aliases import key_in, with_keys
from dualbio.sparql.clauses import find_clauses
from dualbio.sparql.description import describe, named_graphs, read_describe, resources_of
from dualbio.sparql.engine_text import QueryDepthError, engine_text
from dualbio.sparql.paths import with_zero_length_paths
from dualbio.sparql.syntax_errors import explain
from dualbio.store import Answer, Store
from dualbio.store.loading import load

__all__ = ["EmbeddedStore", "load_files", "matching"]

#: A name for what a store is asked to hold for a moment.
_NODE = ox.NamedNode("urn:dualbio:matching")
#: Bytes that are loaded at a time: many small files in one call, and no more than the heap gives back.
_CHUNK = 1024 * 1024


def matching(
    store: ox.Store,
    subject: Resource | ox.Triple | None,
    predicate: ox.NamedNode | None,
    obj: Term | ox.Triple | None,
    graph: Resource | None = None,
) -> Iterator[ox.Quad]:
    """Yield the quads that match a pattern, and no others.

    On disk Oxigraph 0.5.13 gives more where the object is an integer whose last byte is 255; in SPARQL it does not.
    """
    found = store.quads_for_pattern(subject, predicate, obj, graph)
    if not isinstance(obj, ox.Literal):
        return found
    held = ox.Store()
    held.add(ox.Quad(_NODE, _NODE, obj))  # by which a number is written as stores hold it
    (wanted,) = (quad.object for quad in held)
    return (quad for quad in found if quad.object == wanted)


def load_files(files: Iterable[str | Path]) -> ox.Store:
    """Return an in-memory store with the N-Quads `files` of a release.

    Blank nodes keep the labels of the files, which the build makes from content. The engine would draw new ones, so
    that order, parts and bytes of an answer would change from process to process.

    Raises:
        ReleaseError: one of them is missing, or not N-Quads.
    """
    store, paths = ox.Store(), [Path(file) for file in files]
    try:
        load(store, paths, _CHUNK)
    except OSError as error:
        raise ReleaseError(f"{error.filename}: {error.strerror}; repair: dualbio build") from error
    except SyntaxError as error:
        raise ReleaseError(f"{_broken(paths)}; repair: dualbio build") from error
    return store


def _broken(files: Iterable[Path]) -> str:
    """Return the first of some files that is not N-Quads, and why."""
    for file in files:
        try:
            ox.Store().bulk_load(path=file, format=ox.RdfFormat.N_QUADS)
        except SyntaxError as error:
            return f"{file}: {error}"
    return "these files together"


class EmbeddedStore(Store):
    """Queries over an Oxigraph store of this process."""

    def __init__(self, store: ox.Store) -> None:
        """Wrap an open `store`."""
        self.store = store

    @classmethod
    def in_memory(cls, files: Iterable[str | Path]) -> EmbeddedStore:
        """Load the N-Quads `files` of a release into memory."""
        return cls(load_files(files))

    def take_in(self, files: Iterable[str | Path]) -> None:
        """Load the N-Quads `files` of the same release into memory, and answer from there."""
        self.store = load_files(files)

    def query(self, text: str) -> Answer:
        """Evaluate a SPARQL 1.1 query; DESCRIBE gives the description that the endpoint gives.

        Raises:
            StoreError: the query is not SPARQL, which is reported with its line and column, or its evaluation failed.
        """
        try:
            given = with_keys(engine_text(text), partial(key_in, self.store), PREFIXES)
            prepared = with_zero_length_paths(given, self.store, PREFIXES)
        except QueryDepthError as error:
            raise StoreError(str(error)) from error
        try:
            answer = self._evaluate(prepared.text)
            return self._described(prepared.text) or answer
        except SyntaxError as error:
            fault = explain(prepared, str(error), PREFIXES)
            raise StoreError(f"not a SPARQL query: syntax error at {fault}") from error
        except (ValueError, RuntimeError, OSError) as error:
            raise StoreError(str(error)) from error

    def _evaluate(self, text: str) -> Answer:
        # The union of all graphs is the default graph, unless the query names a dataset of its own.
        union = not find_clauses(text).dataset
        return self.store.query(text, base_iri=BASE, prefixes=PREFIXES, use_default_graph_as_union=union)

    def _described(self, text: str) -> ox.QueryTriples | None:
        """Return the answer of a DESCRIBE query from the graphs that it names, or from all; None for another one."""
        request = read_describe(text)
        if request is None:
            return None
        resources = resources_of(self._evaluate(request.select))
        described = ox.Store()
        for triple in describe(self.store, resources, named_graphs(self.store, request, BASE, PREFIXES)):
            described.add(ox.Quad(*triple))
        answer = described.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
        assert isinstance(answer, ox.QueryTriples)
        return answer

    def quads_for_pattern(  # noqa: D102 - as `Store` says; blank nodes can be given too
        self,
        subject: Resource | None,
        predicate: ox.NamedNode | None,
        obj: Term | ox.Triple | None,
        graph: Resource | None = None,
    ) -> Iterator[ox.Quad]:
        return matching(self.store, subject, predicate, obj, graph)

    def quads_about(self, subjects: Iterable[ox.NamedNode]) -> Iterator[ox.Quad]:  # noqa: D102 - as `Store` says
        return (quad for node in subjects for quad in self.store.quads_for_pattern(node, None, None, None))

    def named_graphs(self) -> Iterator[ox.NamedNode]:
        """Yield the names of the graphs."""
        return (name for name in self.store.named_graphs() if isinstance(name, ox.NamedNode))

    def quads(self, graph: ox.NamedNode | None = None) -> Iterator[ox.Quad]:
        """Yield all quads, or those of one named graph."""
        return self.store.quads_for_pattern(None, None, None, graph)
