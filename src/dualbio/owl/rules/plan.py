"""How the rules of a closure are run: strata in order, then those that only fill in what defines a class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from dualbio.model.namespaces import term
from dualbio.owl.rules.index import PatternIndex
from dualbio.owl.rules.model import Pattern, Rule, RuleError
from dualbio.owl.rules.strata import Stratum, stratify

__all__ = ["ClosurePlan", "make_plan"]

_TYPE = term("rdf:type")


@dataclass(frozen=True)
class ClosurePlan:
    """Run `strata` in order, then `fillers` once; if those add something, check and begin again."""

    strata: tuple[Stratum, ...]
    fillers: tuple[Rule, ...]

    def side_by_side(self) -> list[list[Stratum]]:
        """Return neighbouring strata in groups, so that no stratum needs what another of its group adds."""
        groups: list[list[Stratum]] = []
        heads: PatternIndex[bool] = PatternIndex()
        names: set[str] = set()
        for stratum in self.strata:
            if not groups or any(
                names.intersection(rule.after) or any(map(heads.meeting, (*rule.matched, *rule.delayed)))
                for rule in stratum.rules
            ):
                groups.append([])
                heads, names = PatternIndex(), set()
            groups[-1].append(stratum)
            names.update(rule.name for rule in stratum.rules)
            for rule in stratum.rules:
                for head in rule.head:
                    heads.add(head, True)
        return groups

    def check_late(self, added: Iterable[Pattern]) -> None:
        """Complain when `fillers` added what a rule had relied on to be complete (NOT EXISTS and the like).

        Args:
            added: the heads of fillers by which something was added.

        Raises:
            RuleError: the rules contradict each other; the message names them.
        """
        index: PatternIndex[Pattern] = PatternIndex()
        for head in added:
            index.add(head, head)
        rules = [rule for stratum in self.strata for rule in stratum.rules]
        late = {rule.name: met for rule in rules for pattern in rule.delayed for met in index.meeting(pattern)}
        if late:
            raise RuleError(
                f"rules {', '.join(sorted(late))} relied on facts that class definitions added later, such as "
                f"'{min(map(str, late.values()))}'; repair: state those facts in the data",
                about=min(late),
            )


def make_plan(rules: Iterable[Rule]) -> ClosurePlan:
    """Return how to run `rules`, whatever their order.

    Raises:
        RuleError: they cannot be put in an order.
    """
    ordered = sorted(rules, key=lambda rule: rule.name)
    return ClosurePlan(
        strata=stratify(rule for rule in ordered if not _fills(rule)),
        fillers=tuple(rule for rule in ordered if _fills(rule)),
    )


def _fills(rule: Rule) -> bool:
    """Return whether an axiom only fills in the property that defines a class (member of `C`, so `p` has value `v`).

    Such a rule closes a circle with the one that finds the members, and adds nothing to what was found by it.  It is
    left out of the order of the strata and run after them; if it does add something, everything runs again.
    """
    if rule.origin != "axiom" or len(rule.matched) != 1:
        return False
    body = rule.matched[0]
    by_class = body.predicate == _TYPE and not isinstance(body.object, ox.Variable)
    return by_class and all(head.predicate != _TYPE for head in rule.head)
