"""The closure by another engine: the same rules as SPARQL 1.1 Updates, through whatever sends a text to it.

The updates find all matches in every round; only our own store knows what is new (`dualbio.owl.rules.run`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES
from dualbio.owl.rules.model import Pattern, Rule, new_where
from dualbio.owl.rules.plan import make_plan
from dualbio.owl.rules.strata import Stratum

__all__ = ["infer_elsewhere"]


def infer_elsewhere(
    rules: Iterable[Rule],
    update: Callable[[str], object],
    count: Callable[[], int],
    *,
    inferred_graph: ox.NamedNode,
) -> int:
    """Let an engine add to `inferred_graph` everything that `rules` say and no other graph of it holds.

    Args:
        rules: compiled axioms and domain rules.
        update: runs a SPARQL 1.1 Update whose default graph is the union of all named graphs, and returns when its
            effects are seen; what it returns is ignored, what it raises ends the closure.
        count: returns how many triples `inferred_graph` holds.
        inferred_graph: the graph that takes what is new.

    Returns:
        How many triples `inferred_graph` holds in the end.

    Raises:
        RuleError: the rules cannot be put in an order.
    """
    order = make_plan(rules)

    def run(some: Iterable[Rule]) -> None:
        texts = [_update(rule, inferred_graph) for rule in some]
        update(f"{_prologue()}\n" + " ;\n".join(texts))

    while True:
        for together, recursive in _requests(order.strata):
            before = count()
            run(together)
            while recursive and before != (now := count()):
                before = now
                run(together)
        added = list(_filled(order.fillers, run, count))
        if not added:
            return count()
        order.check_late(added)


def _prologue() -> str:
    """Return the prefix table as SPARQL, for engines that cannot be given it apart."""
    return "\n".join(f"PREFIX {prefix}: <{iri}>" for prefix, iri in sorted(PREFIXES.items()))


def _update(rule: Rule, graph: ox.NamedNode) -> str:
    """Return the rule as a SPARQL 1.1 Update that adds what is new to `graph`, without the prologue.

    The update reads the default graph, which must be the union of all named graphs: Virtuoso's always is, Oxigraph's
    server makes it so for a request with the parameter `using-union-graph`, or always when it was started with
    `--union-default-graph`.
    """
    return " ;\n".join(
        f"INSERT {{ GRAPH {graph} {{ {head} }} }} WHERE {{ {new_where(head, rule.where, rule.projects(head))} }}"
        for head in rule.head
    )


def _requests(strata: Iterable[Stratum]) -> Iterator[tuple[list[Rule], bool]]:
    """Yield the rules that one request may hold: those of a recursive stratum, or of all between two such."""
    for recursive, group in groupby(strata, key=lambda stratum: stratum.recursive):
        if recursive:
            yield from ((list(stratum.rules), True) for stratum in group)
        else:
            yield [rule for stratum in group for rule in stratum.rules], False


def _filled(
    fillers: Iterable[Rule], run: Callable[[Iterable[Rule]], None], count: Callable[[], int]
) -> Iterator[Pattern]:
    """Run rules one by one; yield the heads of those that added something."""
    before = count()
    for rule in fillers:
        run([rule])
        if before != (now := count()):
            before = now
            yield from rule.head
