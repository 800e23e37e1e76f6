"""An index of triple patterns: which of them may match a triple that a given pattern matches."""

from __future__ import annotations

from collections import defaultdict
from typing import Generic, TypeVar

import pyoxigraph as ox

from dualbio.model.namespaces import term
from dualbio.owl.rules.model import Pattern

__all__ = ["PatternIndex"]

T = TypeVar("T")
_TYPE = term("rdf:type")


class PatternIndex(Generic[T]):
    """Patterns with values, found by their predicate, and by their class when that is `rdf:type`."""

    def __init__(self) -> None:
        """Begin without patterns."""
        self._by_predicate: dict[object, list[tuple[Pattern, T]]] = defaultdict(list)
        self._by_class: dict[object, list[tuple[Pattern, T]]] = defaultdict(list)

    def add(self, pattern: Pattern, value: T) -> None:
        """Keep `value` under `pattern`, beside those that are there."""
        self._by_predicate[_name(pattern.predicate)].append((pattern, value))
        if pattern.predicate == _TYPE:
            self._by_class[_name(pattern.object)].append((pattern, value))

    def meeting(self, pattern: Pattern) -> set[T]:
        """Return the values of the patterns that a triple may match together with `pattern`."""
        return {value for found, value in self._candidates(pattern) if found.meets(pattern)}

    def _candidates(self, pattern: Pattern) -> list[tuple[Pattern, T]]:
        predicate, obj = _name(pattern.predicate), _name(pattern.object)
        if predicate is None:
            return [entry for entries in self._by_predicate.values() for entry in entries]
        anything = self._by_predicate.get(None, [])
        if predicate == _TYPE and obj is not None:
            return self._by_class.get(obj, []) + self._by_class.get(None, []) + anything
        return self._by_predicate.get(predicate, []) + anything


def _name(node: object) -> object:
    """Return the node, or None for a variable."""
    return None if isinstance(node, ox.Variable) else node
