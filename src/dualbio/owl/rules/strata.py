"""The order of rules: strongly connected components of their dependency graph, in topological order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dualbio.errors import did_you_mean
from dualbio.owl.rules.index import PatternIndex
from dualbio.owl.rules.model import Pattern, Rule, RuleError

__all__ = ["Stratum", "stratify"]


@dataclass(frozen=True)
class Stratum:
    """Rules that run together; `recursive` when what they add may make them match again."""

    rules: tuple[Rule, ...]
    recursive: bool


def stratify(rules: Iterable[Rule]) -> tuple[Stratum, ...]:
    """Return the rules in strata, so that each stratum only needs what it and earlier ones add.

    The result depends on the set of rules alone, not on its order.

    Raises:
        RuleError: two rules share a name, `after` names no rule, or a rule waits for the completion of something that
            it feeds itself.
    """
    ordered = sorted(rules, key=lambda rule: rule.name)
    _check_names(ordered)
    feeds = _feeds(ordered)
    strata = []
    for component in _components(len(ordered), feeds):
        members = tuple(ordered[i] for i in sorted(component))
        _check_delays(members)
        recursive = any(successor in component for i in component for successor in feeds[i])
        strata.append(Stratum(members, recursive))
    return tuple(strata)


def _check_names(rules: Sequence[Rule]) -> None:
    names = [rule.name for rule in rules]
    twice = sorted({name for name, following in pairwise(names) if name == following})
    if twice:
        message = f"rule name given twice: {', '.join(twice)}; accepted: one rule a name; repair: rename a file"
        raise RuleError(message, about=twice[0])
    for rule in rules:
        for name in rule.after:
            if name not in names:
                raise RuleError(
                    f"rule '{rule.name}': after '{name}', which is not a rule{did_you_mean(name, names)}; "
                    "repair: name a file of the rules folder without .rq",
                    about=rule.name,
                )


def _feeds(rules: Sequence[Rule]) -> Mapping[int, set[int]]:
    heads: PatternIndex[int] = PatternIndex()
    for i, rule in enumerate(rules):
        for head in rule.head:
            heads.add(head, i)
    numbers = {rule.name: i for i, rule in enumerate(rules)}
    feeds: dict[int, set[int]] = {i: set() for i in range(len(rules))}
    sources: dict[Pattern, set[int]] = {}
    for i, rule in enumerate(rules):
        for pattern in (*rule.matched, *rule.delayed):
            if pattern not in sources:
                sources[pattern] = heads.meeting(pattern)
            for source in sources[pattern]:
                feeds[source].add(i)
        for name in rule.after:
            feeds[numbers[name]].add(i)
    return feeds


def _check_delays(members: Sequence[Rule]) -> None:
    for rule in members:
        for pattern in rule.delayed:
            feeders = [other.name for other in members if any(head.meets(pattern) for head in other.head)]
            if feeders:
                names = ", ".join(other.name for other in members)
                raise RuleError(
                    f"rule '{rule.name}' must wait until '{pattern}' is complete (NOT EXISTS, MINUS, OPTIONAL or an "
                    f"aggregate), yet it feeds {', '.join(feeders)}, which adds it; the circle is {names}; "
                    "repair: let one of these rules match without the other",
                    about=rule.name,
                )
    names_here = {rule.name for rule in members}
    for rule in members:
        if circle := names_here.intersection(rule.after):
            fed = ", ".join(sorted(circle))
            message = f"rule '{rule.name}' is to run after {fed}, which it feeds; repair: take a name out of 'after'"
            raise RuleError(message, about=rule.name)


def _components(count: int, feeds: Mapping[int, set[int]]) -> list[set[int]]:
    """Return strongly connected components, feeders first (Tarjan 1972, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    components: list[set[int]] = []
    for root in range(count):
        if root in index:
            continue
        work = [(root, iter(sorted(feeds[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(sorted(feeds[successor]))))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = set()
                    while node not in component:
                        component.add(stack.pop())
                    on_stack -= component
                    components.append(component)
    return components[::-1]
