"""DESCRIBE: the symmetric concise bounded description of each resource.

The engine describes in one direction only. Here a description holds, from the default graph of the query:

1. every triple that has the resource as its subject or as its object;
2. for a blank node that is the object of one of these: its own triples, and so on for the blank nodes in them;
3. for a blank node that is the subject of a triple in which the resource is the object: the triples that point to it,
   and so on upwards until something with a name is reached, and its own triples as in 2.

So no blank node hangs loose. Skolem IRIs (RDF 1.1, section 3.5: with `/.well-known/genid/` in their path) are followed
like blank nodes. (W3C member submission "CBD - Concise Bounded Description", 2005, without its reifications.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TypeGuard

import pyoxigraph as ox

from dualbio.store.workers.operations import Token, read_tokens

__all__ = ["DescribeRequest", "Description", "Graphs", "describe", "read_describe"]

_DESCRIBE = re.compile("describe", re.IGNORECASE)
_GENID = "/.well-known/genid/"
_PROLOGUE = ("PREFIX", "BASE", "VERSION")
_TERMS = frozenset({"variable", "iri", "name"})

Graphs = Sequence[ox.NamedNode | ox.DefaultGraph] | None
Node = ox.NamedNode | ox.BlankNode


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


def read_describe(text: str) -> DescribeRequest | None:
    """Return what a query text asks to be described, or None when it is no DESCRIBE query.

    >>> read_describe("DESCRIBE <a:b> ?x WHERE { ?x ?p 1 }").select
    'SELECT (<a:b> AS ?described_0) ?x WHERE { ?x ?p 1 }'
    """
    if not _DESCRIBE.search(text):
        return None
    tokens = [*read_tokens(text), Token("end", "", len(text), len(text))]
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


def describe(store: ox.Store, resources: Iterable[Node], graphs: Graphs) -> Description:
    """Return the description of `resources` in some graphs of `store`, in all of them when `graphs` is None."""
    return Description(tuple(_Collector(store, graphs).collect(resources)))


class _Collector:
    """Walks from resources through their blank nodes."""

    def __init__(self, store: ox.Store, graphs: Graphs) -> None:
        self.store = store
        self.graphs: Sequence[ox.NamedNode | ox.DefaultGraph | None] = [None] if graphs is None else graphs
        self.found: dict[ox.Triple, None] = {}
        self.entered: set[tuple[Node, bool]] = set()

    def collect(self, resources: Iterable[Node]) -> Iterable[ox.Triple]:
        """Return the triples about `resources`."""
        # A node to visit, and whether the triples that point to it count too.
        todo = [(resource, True) for resource in dict.fromkeys(resources)][::-1]
        while todo:
            node, upwards = todo.pop()
            if (node, upwards) in self.entered:
                continue
            self.entered.add((node, upwards))
            for triple in self._triples(node, None):
                if _is_nameless(triple.object):
                    todo.append((triple.object, False))
            for triple in self._triples(None, node) if upwards else ():
                if _is_nameless(triple.subject):
                    todo.append((triple.subject, True))
        return self.found

    def _triples(self, subject: Node | None, value: Node | None) -> list[ox.Triple]:
        quads = (quad for graph in self.graphs for quad in self.store.quads_for_pattern(subject, None, value, graph))
        triples = [quad.triple for quad in quads]
        self.found.update(dict.fromkeys(triples))
        return triples


def _is_nameless(term: object) -> TypeGuard[Node]:
    """Tell whether a term is a blank node, or an IRI that stands for one."""
    return isinstance(term, ox.BlankNode) or (isinstance(term, ox.NamedNode) and _GENID in term.value)
