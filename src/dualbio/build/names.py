"""Display names: one English name of each thing, and the names of several things in one text.

A label in two languages needs a filter in every query that shows it, and several pairs or diseases of one arm need a
sub-query to stand in one row.  Both are said once here, after reasoning, when all labels and all relations are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from dualbio.model.entities import TABLES
from dualbio.model.namespaces import BASE, graph_iri, kind_of, term
from dualbio.model.rdf_terms import Resource

__all__ = ["name_quads", "names_given", "renamed"]

_LABEL = term("rdfs:label")
_GRAPH = graph_iri("synthesis")
_NAMED = (*(table.kind for table in TABLES), "pair")
#: Relations, of one or two steps, whose things an answer shows in one text: the property of it, and what has it.
_JOINED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("testsMechanismPair", "pairNames", ("arm",)),
    ("studiesPair", "pairNames", ("study",)),
    ("mechanismPair", "pairNames", ("lesson",)),
    ("inDisease", "diseaseNames", ("arm",)),
    ("studiesDisease", "diseaseNames", ("study",)),
    ("aboutDisease", "diseaseNames", ("lesson", "finding")),
    ("biomarker", "biomarkerNames", ("finding",)),
    ("aboutStudy", "studyNames", ("finding",)),
    ("supportedBy aboutStudy", "studyNames", ("lesson",)),
    ("contradictedBy aboutStudy", "contraryNames", ("lesson",)),
    ("triedInDisease", "diseaseNames", ("pair",)),
    ("mechanismOf", "agentNames", ("mechanism",)),
    ("hasTarget", "targetNames", ("drug",)),
    ("directlyNarrowerThan", "broaderNames", ("cell", "process")),
)


def name_quads(
    store: ox.Store, graph: ox.NamedNode = _GRAPH, among: Iterable[ox.NamedNode] | None = None
) -> Iterator[ox.Quad]:
    """Yield what the things of `store` are called as quads of `graph`, but for what is said already.

    `schema:name` is the English label without its language tag, of entities, controlled values and pairs; the other
    properties join the names of several things by `; ` in alphabetical order.

    Args:
        store: what is said of the things.
        graph: the graph of the quads.
        among: the things; all, where it is left out.
    """
    labels = _Labels(store)
    places: tuple[ox.NamedNode | None, ...] = (None,) if among is None else tuple(among)
    if among is None:
        labels.read_all()
    things = labels.keys() if among is None else places
    named = ((thing, labels[thing]) for thing in things if thing and _kind(thing) in _NAMED)
    found = [(thing, term("schema:name"), label) for thing, label in named if label is not None]
    for relation, text, kinds in _JOINED:
        names: dict[Resource | ox.Triple, set[str]] = defaultdict(set)
        for place in places:
            for node, other in _related(store, place, *relation.split()) if not place or _kind(place) in kinds else ():
                if _kind(node) in kinds and (label := labels[other]) is not None:
                    names[node].add(label)
        found += [(thing, term(text), "; ".join(sorted(each))) for thing, each in names.items()]
    for thing, predicate, name in found:
        if next(store.quads_for_pattern(thing, predicate, None, None), None) is None:
            yield ox.Quad(thing, predicate, ox.Literal(name), graph)


def names_given(store: ox.Store, thing: ox.NamedNode) -> Iterator[ox.Quad]:
    """Yield what `name_quads` says of a thing as the store holds it."""
    kind = _kind(thing)
    texts = {text for _, text, kinds in _JOINED if kind in kinds} | ({"schema:name"} if kind in _NAMED else set())
    for text in sorted(texts):
        yield from store.quads_for_pattern(thing, term(text), None, _GRAPH)


def renamed(store: ox.Store, changed: Iterable[ox.Triple]) -> set[ox.NamedNode]:
    """Return the things whose names may be others when triples came to a store, or went from it."""
    touched: set[object] = set()
    for triple in changed:
        if triple.predicate == _LABEL:
            touched.add(triple.subject)
        for relation, _, _ in _JOINED:
            touched |= _leading(store, triple, *map(term, relation.split()))
    return {thing for thing in touched if isinstance(thing, ox.NamedNode)}


def _leading(store: ox.Store, triple: ox.Triple, *path: ox.NamedNode) -> set[object]:
    """Return the things from which a path of properties leads over a triple, or to the thing that it labels."""
    ends: set[object] = {triple.subject} if triple.predicate == _LABEL else set()
    for predicate in reversed(path):
        quads = (store.quads_for_pattern(None, predicate, end, None) for end in ends)  # type: ignore[arg-type]
        ends = {quad.subject for some in quads for quad in some}
        if triple.predicate == predicate:
            ends.add(triple.subject)
    return ends


class _Labels(dict[Resource | ox.Triple, str | None]):
    """The English labels of things, or those in no language; of several, the first in alphabetical order."""

    def __init__(self, store: ox.Store) -> None:
        super().__init__()
        self._store: ox.Store | None = store

    def read_all(self) -> None:
        """Read those of all things at once."""
        assert self._store is not None
        for quad in self._store.quads_for_pattern(None, _LABEL, None, None):
            self._note(quad)
        self._store = None

    def __missing__(self, thing: Resource | ox.Triple) -> str | None:
        if self._store is None or isinstance(thing, ox.Triple):
            return None
        self[thing] = None
        for quad in self._store.quads_for_pattern(thing, _LABEL, None, None):
            self._note(quad)
        return self[thing]

    def _note(self, quad: ox.Quad) -> None:
        if isinstance(quad.object, ox.Literal) and quad.object.language in ("en", None):
            known = self.get(quad.subject)
            self[quad.subject] = quad.object.value if known is None else min(known, quad.object.value)


def _related(
    store: ox.Store, thing: ox.NamedNode | None, first: str, *rest: str
) -> Iterator[tuple[ox.NamedNode, ox.NamedNode]]:
    """Yield a thing, or each, with what it leads to by a path of properties."""
    for quad in store.quads_for_pattern(thing, term(first), None, None):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            ends = [quad.object]
            for name in rest:
                onward = (link.object for end in ends for link in store.quads_for_pattern(end, term(name), None, None))
                ends = [end for end in onward if isinstance(end, ox.NamedNode)]
            yield from ((quad.subject, end) for end in ends)


def _kind(thing: object) -> str:
    """Return the kind of an individual; nothing for any other thing."""
    if not isinstance(thing, ox.NamedNode) or not thing.value.startswith(BASE):
        return ""
    return kind_of(thing.value)
