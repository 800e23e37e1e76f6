"""Names as answers show them: one English name of each thing, and those of several things in one text.

A label in two languages needs a filter in every query that shows it, and several pairs or diseases of one arm need a
sub-query to stand in one row.  Both are said once here, after reasoning, when all labels and all relations are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pyoxigraph as ox

from dualbio.model.entities import TABLES
from dualbio.model.namespaces import BASE, graph_iri, term
from dualbio.model.rdf_terms import Resource

__all__ = ["name_quads"]

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


def name_quads(store: ox.Store, graph: ox.NamedNode = _GRAPH) -> Iterator[ox.Quad]:
    """Yield what the things of `store` are called as quads of `graph`, but for what is said already.

    `schema:name` is the English label without its language tag, of entities, controlled values and pairs; the other
    properties join the names of several things by `; ` in alphabetical order.
    """
    labels: dict[Resource | ox.Triple, str] = {}
    for quad in store.quads_for_pattern(None, term("rdfs:label"), None, None):
        if isinstance(quad.object, ox.Literal) and quad.object.language in ("en", None):
            labels[quad.subject] = quad.object.value
    found = [(thing, term("schema:name"), label) for thing, label in labels.items() if _kind(thing) in _NAMED]
    for relation, text, kinds in _JOINED:
        names: dict[Resource | ox.Triple, set[str]] = defaultdict(set)
        for node, other in _related(store, *relation.split()):
            if _kind(node) in kinds and other in labels:
                names[node].add(labels[other])
        found += [(thing, term(text), "; ".join(sorted(each))) for thing, each in names.items()]
    for thing, predicate, name in found:
        if next(store.quads_for_pattern(thing, predicate, None, None), None) is None:
            yield ox.Quad(thing, predicate, ox.Literal(name), graph)


def _related(store: ox.Store, first: str, *rest: str) -> Iterator[tuple[ox.NamedNode, ox.NamedNode]]:
    """Yield each thing with what it leads to by a path of properties."""
    for quad in store.quads_for_pattern(None, term(first), None, None):
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
    return thing.value.removeprefix(BASE).partition("/")[0]
