"""DESCRIBE: the symmetric concise bounded description of each resource.

This is the one description of a thing: DESCRIBE answers it, and pages and documents show it. It holds, from the graphs
that are looked at (those of the default graph of a query; the engine itself describes in one direction only):

1. every triple that has the resource as its subject or as its object;
2. for a blank node that is the object of one of these: its own triples, and so on for the blank nodes in them;
3. for a blank node that is the subject of a triple in which the resource is the object: the triples that point to it,
   and so on upwards until something with a name is reached, and its own triples as in 2.

So no blank node hangs loose. Skolem IRIs (RDF 1.1, section 3.5: with `/.well-known/genid/` in their path) are followed
like blank nodes. (W3C member submission "CBD - Concise Bounded Description", 2005, without its reifications.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TypeGuard

import pyoxigraph as ox

from dualbio.model.rdf_terms import Resource
from dualbio.sparql.tokens import Token, read_tokens

__all__ = [
    "DescribeRequest",
    "Description",
    "Graphs",
    "describe",
    "description_quads",
    "is_nameless",
    "named_graphs",
    "read_describe",
    "resources_of",
]

_DESCRIBE = re.compile("describe", re.IGNORECASE)
_GENID = "/.well-known/genid/"
_PROLOGUE = ("PREFIX", "BASE", "VERSION")
_TERMS = frozenset({"variable", "iri", "name"})

Graphs = Sequence[ox.NamedNode | ox.DefaultGraph] | None


@dataclass(frozen=True)
class DescribeRequest:
    """A DESCRIBE query: the SELECT query for its resources, and the graphs that it names by FROM, as written."""

    select: str
    prologue: str
    default: tuple[str, ...]
    dataset: bool


@dataclass(frozen=True)
class Description:
    """Triples that describe resources, each once."""

    triples: tuple[ox.Triple, ...]

    def serialize(self, output: IO[bytes], form: ox.RdfFormat) -> None:
        """Write the triples, as the answers of the engine do."""
        ox.serialize(self.triples, output, form)

    def __iter__(self) -> Iterator[ox.Triple]:
        """Yield the triples, as the answers of the engine do."""
        return iter(self.triples)


def read_describe(text: str) -> DescribeRequest | None:
    """Return what a query text asks to be described, or None when it is no DESCRIBE query.

    >>> read_describe("DESCRIBE <a:b> ?x WHERE { ?x ?p 1 }").select
    'SELECT (<a:b> AS ?described_0) ?x WHERE { ?x ?p 1 }'
    """
    if not _DESCRIBE.search(text):
        return None
    tokens = list(read_tokens(text))
    at = _after_prologue(tokens)
    if tokens[at].word != "DESCRIBE":
        return None
    start = tokens[at].start
    at += 1
    items = []
    while tokens[at].kind in _TERMS or tokens[at].kind == "*":
        items.append(tokens[at])
        at += 1
    head_end = tokens[at - 1].end
    default, dataset = [], False
    while tokens[at].word == "FROM":
        dataset = True
        named = tokens[at + 1].word == "NAMED"
        if not named:
            default.append(tokens[at + 1].text)
        at += 2 + named
    where = "" if tokens[at].word == "WHERE" or tokens[at].kind == "{" else " WHERE {}"
    rest = f"{text[head_end : tokens[at - 1].end]}{where}{text[tokens[at - 1].end :]}"
    prologue = text[:start]
    return DescribeRequest(f"{prologue}SELECT {' '.join(_items(items, text))}{rest}", prologue, tuple(default), dataset)


def _after_prologue(tokens: Sequence[Token]) -> int:
    at = 0
    while tokens[at].word in _PROLOGUE:
        at += 3 if tokens[at].word == "PREFIX" else 2
    return min(at, len(tokens) - 1)


def _items(items: Iterable[Token], text: str) -> Iterator[str]:
    stem = "described_"
    while f"?{stem}" in text or f"${stem}" in text:
        stem += "_"
    for number, item in enumerate(items):
        plain = item.kind in ("variable", "*")
        yield item.text if plain else f"({item.text} AS ?{stem}{number})"


def named_graphs(store: ox.Store, request: DescribeRequest, base: str, prefixes: Mapping[str, str]) -> Graphs:
    """Return the graphs that a DESCRIBE query names by FROM; None, for all of them, when it has no such clause."""
    if not request.dataset:
        return None
    names = " ".join(request.default)
    query = f"{request.prologue}SELECT ?graph {{ VALUES ?graph {{ {names} }} }}"
    found = store.query(query, base_iri=base, prefixes=dict(prefixes))
    assert isinstance(found, ox.QuerySolutions)
    return [term for solution in found if isinstance(term := solution["graph"], ox.NamedNode)]


def resources_of(solutions: object) -> list[Resource]:
    """Return the resources that the rows of the SELECT of a DESCRIBE query name."""
    assert isinstance(solutions, ox.QuerySolutions)
    terms = (term for solution in solutions for term in solution)
    return [term for term in terms if isinstance(term, (ox.NamedNode, ox.BlankNode))]


def describe(store: ox.Store, resources: Iterable[Resource], graphs: Graphs) -> Description:
    """Return the description of `resources` in some graphs of `store`, in all of them when `graphs` is None."""
    quads = description_quads(store, resources, graphs)
    return Description(tuple(dict.fromkeys(quad.triple for quad in quads)))


def description_quads(
    store: ox.Store,
    about: Iterable[Resource],
    graphs: Graphs = None,
    *,
    own: Iterable[Resource] = (),
    pointing: Callable[[Resource], Iterable[ox.Quad]] | None = None,
) -> list[ox.Quad]:
    """Return the description of resources as quads, each once.

    Args:
        store: the data.
        about: what is described in both directions.
        graphs: those that are looked at; all when None.
        own: what is described without the triples that point to it.
        pointing: the quads of `store` that point to a resource of `about`, where not all of them are wanted.
    """
    walk = _Walk(store, [None] if graphs is None else graphs)
    for resource in dict.fromkeys(about):
        walk.along([(resource, True)], pointing)
    walk.along([(resource, False) for resource in own])
    return list(walk.found)


class _Walk:
    """Walks from resources through their nameless nodes."""

    def __init__(self, store: ox.Store, graphs: Sequence[ox.NamedNode | ox.DefaultGraph | None]) -> None:
        self.store = store
        self.graphs = graphs
        self.found: dict[ox.Quad, None] = {}
        self._entered: set[tuple[Resource, bool]] = set()

    def along(
        self, todo: list[tuple[Resource, bool]], pointing: Callable[[Resource], Iterable[ox.Quad]] | None = None
    ) -> None:
        """Visit nodes, each with whether the quads that point to it count too; `pointing` finds those of the first."""
        while todo:
            node, upwards = todo.pop()
            if (node, upwards) in self._entered:
                continue
            self._entered.add((node, upwards))
            for quad in self._quads(node, None):
                self.found[quad] = None
                if is_nameless(quad.object):
                    todo.append((quad.object, False))
            if upwards:
                for quad in pointing(node) if pointing else self._quads(None, node):
                    self.found[quad] = None
                    if is_nameless(quad.subject):
                        todo.append((quad.subject, True))
                pointing = None

    def _quads(self, subject: Resource | None, value: Resource | None) -> list[ox.Quad]:
        return [quad for graph in self.graphs for quad in self.store.quads_for_pattern(subject, None, value, graph)]


def is_nameless(term: object) -> TypeGuard[Resource]:
    """Return whether a term is a blank node, or an IRI that stands for one."""
    return isinstance(term, ox.BlankNode) or (isinstance(term, ox.NamedNode) and _GENID in term.value)
