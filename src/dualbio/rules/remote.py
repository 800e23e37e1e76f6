"""The closure by another engine: the same rules as SPARQL 1.1 Updates, through whatever sends a text to it.

The updates find all matches in every round; only the store of our own is told what is new (`dualbio.build.infer`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import pyoxigraph as ox

from dualbio.rules.model import Pattern, Rule, as_update, prologue
from dualbio.rules.plan import make_plan
from dualbio.rules.strata import Stratum

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
        texts = [as_update(rule, inferred_graph) for rule in some]
        update(f"{prologue()}\n" + " ;\n".join(texts))

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
