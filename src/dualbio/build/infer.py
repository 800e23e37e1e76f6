"""The closure: rules run to a fixpoint by the store itself, stratum by stratum, on what is new.

Inside a recursive stratum only matches that touch a triple of the round before are looked for (semi-naive evaluation,
Abiteboul, Hull, Vianu: Foundations of Databases, chapter 13): each pattern of a rule in turn is read from a graph that
holds just those triples.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import ReleaseError
from dualbio.namespaces import PREFIXES
from dualbio.rules import Pattern, Rule, RuleError, Stratum, rule_from_json, rule_to_json, stratify
from dualbio.rules.model import patterns_text

__all__ = ["Closure", "Derivations", "infer", "read_derivations", "write_derivations"]

_DELTA = ox.NamedNode("urn:dualbio:delta")
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_DERIVATIONS = "derivations.tsv.gz"
_RULES = "rules.json"


@dataclass(frozen=True)
class Closure:
    """What was inferred: for each new triple the rule that first gave it, and the round in which it did."""

    derived: dict[ox.Triple, tuple[str, int]] = field(default_factory=dict)
    rounds: int = 0

    def followed_by(self, later: Closure) -> Closure:
        """Return this closure and one that was computed on top of it, its rounds counted on."""
        shifted = {triple: (name, self.rounds + rank) for triple, (name, rank) in later.derived.items()}
        return Closure({**shifted, **self.derived}, self.rounds + later.rounds)


@dataclass(frozen=True)
class Derivations:
    """The rules of a release, and which of them first gave each inferred triple, in which round."""

    rules: dict[str, Rule]
    derived: dict[ox.Triple, tuple[str, int]]


def infer(store: ox.Store, rules: Iterable[Rule], *, inferred_graph: ox.NamedNode) -> Closure:
    """Add to `inferred_graph` everything that `rules` say and no other graph of `store` holds.

    Args:
        store: the asserted data; queries read the union of its named graphs.
        rules: compiled axioms and domain rules.
        inferred_graph: the graph that takes what is new.

    Raises:
        RuleError: the rules cannot be put in an order.
    """
    run = _Run(store, inferred_graph)
    ordered = list(rules)
    fillers = [rule for rule in ordered if _fills(rule)]
    main = [rule for rule in ordered if rule not in fillers]
    strata = stratify(main)
    while True:
        for stratum in strata:
            run.close(stratum)
        added = run.once(fillers)
        if not added:
            return Closure(run.derived, run.round)
        _refuse_late(main, added)


def _fills(rule: Rule) -> bool:
    """Say whether an axiom only fills in the property that defines a class (member of `C`, so `p` has value `v`).

    Such a rule closes a circle with the one that finds the members, and adds nothing to what was found by it.  It is
    left out of the order of the strata and run after them; if it does add something, everything runs again.
    """
    if rule.origin != "axiom" or len(rule.matched) != 1:
        return False
    body = rule.matched[0]
    by_class = body.predicate == _TYPE and not isinstance(body.object, ox.Variable)
    return by_class and all(head.predicate != _TYPE for head in rule.head)


def _refuse_late(rules: Iterable[Rule], added: list[ox.Triple]) -> None:
    """Complain when something was added that a rule had relied on to be complete (NOT EXISTS and the like)."""
    touched = _Touched(added)
    late = [rule.name for rule in rules if any(touched.meets(pattern) for pattern in rule.delayed)]
    if late:
        raise RuleError(
            f"rules {', '.join(late)} relied on facts that class definitions added later, such as {added[0]}; "
            "repair: state those facts in the data"
        )


class _Run:
    """One computation of the closure."""

    def __init__(self, store: ox.Store, graph: ox.NamedNode) -> None:
        self.store = store
        self.graph = graph
        self.derived: dict[ox.Triple, tuple[str, int]] = {}
        self.round = 0

    def close(self, stratum: Stratum) -> None:
        """Run the rules of one stratum until they add nothing."""
        delta = self.once(stratum.rules)
        while delta and stratum.recursive:
            self.store.extend(ox.Quad(t.subject, t.predicate, t.object, _DELTA) for t in delta)
            touched = _Touched(delta)
            found = [
                (rule.name, self._construct(rule, where))
                for rule in stratum.rules
                for where in _where_new(rule, touched)
            ]
            self.store.remove_graph(_DELTA)
            delta = self._keep(found)

    def once(self, rules: Iterable[Rule]) -> list[ox.Triple]:
        """Run rules a single time; return what is new."""
        return self._keep([(rule.name, self._construct(rule, rule.where)) for rule in rules])

    def _construct(self, rule: Rule, where: str) -> list[ox.Triple]:
        text = f"CONSTRUCT {{ {patterns_text(rule.head)} }} WHERE {{ {where} }}"
        result = self.store.query(text, prefixes=PREFIXES, use_default_graph_as_union=True)
        assert isinstance(result, ox.QueryTriples)
        return list(result)

    def _keep(self, found: Iterable[tuple[str, list[ox.Triple]]]) -> list[ox.Triple]:
        """Record and store what is new; return it."""
        new: dict[ox.Triple, str] = {}
        for name, triples in found:
            for triple in triples:
                if triple not in new and not self._known(triple):
                    new[triple] = name
        if new:
            self.round += 1
            self.derived.update((triple, (name, self.round)) for triple, name in new.items())
            self.store.extend(ox.Quad(t.subject, t.predicate, t.object, self.graph) for t in new)
        return list(new)

    def _known(self, triple: ox.Triple) -> bool:
        matches = self.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return next(iter(matches), None) is not None


class _Touched:
    """The predicates, and for types the classes, of the triples of a round."""

    def __init__(self, delta: Iterable[ox.Triple]) -> None:
        self._keys = {(t.predicate, t.object if t.predicate == _TYPE else None) for t in delta}
        self._predicates = {predicate for predicate, _ in self._keys}

    def meets(self, pattern: Pattern) -> bool:
        """Say whether a triple of the round may match `pattern`."""
        if isinstance(pattern.predicate, ox.Variable):
            return True
        if pattern.predicate == _TYPE and not isinstance(pattern.object, ox.Variable):
            return (_TYPE, pattern.object) in self._keys
        return pattern.predicate in self._predicates


def _where_new(rule: Rule, touched: _Touched) -> Iterator[str]:
    """Yield the bodies that together find every match of `rule` which uses a triple of the round before."""
    if not rule.conjunctive:
        if any(touched.meets(pattern) for pattern in rule.matched):
            yield rule.where
        return
    patterns = rule.alternatives[0]
    for i, pattern in enumerate(patterns):
        if touched.meets(pattern):
            rest = patterns[:i] + patterns[i + 1 :]
            yield f"GRAPH {_DELTA} {{ {pattern} }} {patterns_text(rest)} {rule.filters}"


def write_derivations(closure: Closure, rules: Iterable[Rule], folder: Path) -> None:
    """Write which rule gave each inferred triple, and the rules themselves, into a release folder."""
    lines = sorted(f"{triple}\t{name}\t{rank}\n" for triple, (name, rank) in closure.derived.items())
    (folder / _DERIVATIONS).write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    used = {name for name, _ in closure.derived.values()}
    content = [rule_to_json(rule) for rule in sorted(rules, key=lambda rule: rule.name) if rule.name in used]
    (folder / _RULES).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_derivations(folder: Path) -> Derivations:
    """Read what `write_derivations` wrote.

    Raises:
        ReleaseError: the files are missing or broken.
    """
    try:
        rules = [rule_from_json(data) for data in json.loads((folder / _RULES).read_text(encoding="utf-8"))]
        text = gzip.decompress((folder / _DERIVATIONS).read_bytes()).decode()
    except (OSError, ValueError, KeyError) as error:
        raise ReleaseError(f"{folder}: no readable derivations ({error}); repair: dualbio build") from error
    derived = {}
    for line in text.splitlines():
        triple, name, rank = line.rsplit("\t", 2)
        quad = next(iter(ox.parse(f"{triple} .", ox.RdfFormat.N_TRIPLES)))
        derived[quad.triple] = (name, int(rank))
    return Derivations({rule.name: rule for rule in rules}, derived)
