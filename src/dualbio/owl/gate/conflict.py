"""A minimal set of axioms that causes a contradiction.

QuickXplain (Junker 2004, AAAI, "QUICKXPLAIN: Preferred Explanations and Relaxations for Over-Constrained Problems"),
over axioms as they stand in the data: a triple with the anonymous class expressions that hang on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pyoxigraph as ox

from dualbio.model.namespaces import term

__all__ = ["Axiom", "axioms_of", "minimal_conflict", "minimal_failing"]

Axiom = tuple[ox.Triple, ...]
Item = TypeVar("Item")

_TYPE = term("rdf:type")
_DECLARATIONS = frozenset(
    term(f"owl:{name}")
    for name in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "NamedIndividual", "Ontology")
)


def axioms_of(triples: Iterable[ox.Triple]) -> tuple[list[Axiom], list[ox.Triple]]:
    """Split triples into axioms and declarations; every blank node goes with the triple that leads to it."""
    by_subject: dict[object, list[ox.Triple]] = {}
    pointed: set[object] = set()
    for triple in triples:
        by_subject.setdefault(triple.subject, []).append(triple)
        if isinstance(triple.object, ox.BlankNode):
            pointed.add(triple.object)
    axioms: list[Axiom] = []
    declarations: list[ox.Triple] = []
    for subject, group in by_subject.items():
        if isinstance(subject, ox.BlankNode):
            if subject not in pointed:
                axioms.append(tuple(_hanging(group, by_subject)))
            continue
        for triple in group:
            if triple.predicate == _TYPE and triple.object in _DECLARATIONS:
                declarations.append(triple)
            else:
                axioms.append(tuple(_hanging([triple], by_subject)))
    return axioms, declarations


def _hanging(roots: Iterable[ox.Triple], by_subject: dict[object, list[ox.Triple]]) -> list[ox.Triple]:
    hanging: dict[ox.Triple, None] = {}
    todo = list(roots)
    while todo:
        triple = todo.pop()
        if triple not in hanging:
            hanging[triple] = None
            if isinstance(triple.object, ox.BlankNode):
                todo += by_subject.get(triple.object, [])
    return list(hanging)


def minimal_conflict(triples: Iterable[ox.Triple], consistent: Callable[[list[ox.Triple]], bool]) -> list[Axiom]:
    """Return a smallest-by-inclusion set of axioms that contradict each other; empty when there is none.

    Args:
        triples: axioms and facts.
        consistent: returns whether a set of triples has a model; called about 2·k·log(n/k) times for k axioms out of n.
    """
    axioms, declarations = axioms_of(triples)

    def holds(chosen: Sequence[Axiom]) -> bool:
        return consistent([*declarations, *(triple for axiom in chosen for triple in axiom)])

    return minimal_failing(axioms, holds)


def minimal_failing(items: Sequence[Item], holds: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """Return a smallest-by-inclusion part of `items` that does not hold; empty when all together hold, or nothing does.

    Args:
        items: anything of which more can only hold less.
        holds: the test; called about 2·k·log(n/k) times for k items out of n.
    """
    if holds(items) or not holds([]):
        return []
    return _explain([], False, list(items), holds)


def _explain(
    background: list[Item], grown: bool, items: list[Item], holds: Callable[[Sequence[Item]], bool]
) -> list[Item]:
    if grown and not holds(background):
        return []
    if len(items) == 1:
        return items
    half = len(items) // 2
    left, right = items[:half], items[half:]
    from_right = _explain([*background, *left], True, right, holds)
    from_left = _explain([*background, *from_right], bool(from_right), left, holds)
    return [*from_left, *from_right]
