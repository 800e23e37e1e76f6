"""Incremental closure: only consequences of changed triples are computed again.

Strata come in order, each at most once.  In a stratum, a triple is a candidate where a rule may give it by a triple
that came or went; so is what a stratum before gave and gives no more.  In a recursive stratum the candidates are closed
in both directions, over what follows from them and over what of the stratum they follow from; then nothing else of it
bears on the rounds in which they come.  All candidates are taken out and looked for again, round by round (delete and
rederive: Gupta, Mumick, Subrahmanian, Maintaining views incrementally, SIGMOD 1993).  Rule and rank of each triple are
those that `dualbio.owl.rules.run` gives it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES, term
from dualbio.model.rdf_terms import VarOrTerm
from dualbio.owl.rules.model import Pattern, Rule, values_block
from dualbio.owl.rules.plan import make_plan
from dualbio.owl.rules.run import ROUNDS
from dualbio.owl.rules.strata import Stratum
from dualbio.sparql.tokens import read_tokens
from dualbio.store.embedded import matching

__all__ = ["ClosureDifference", "Reason", "UnlikeError", "infer_difference"]

#: The rule that first gave a triple, and its rank.
Reason = tuple[str, int]
Bound = Mapping[str, VarOrTerm]
_TYPE = term("rdf:type")
#: Values for which a rule is asked one by one; when there are more, to ask it for everything takes less time.
_MOST_CELLS = 8


class UnlikeError(Exception):
    """The difference cannot be derived from added and removed triples; a full closure is needed."""


@dataclass
class ClosureDifference:
    """What a change came to.

    `reasons` has those of inferred triples that are others now, None for one that is inferred no more; `came` and
    `went` are the triples that some graph holds now and none held before, and the other way round.
    """

    reasons: dict[ox.Triple, Reason | None] = field(default_factory=dict)
    came: set[ox.Triple] = field(default_factory=set)
    went: set[ox.Triple] = field(default_factory=set)


def infer_difference(
    store: ox.Store,
    rules: Iterable[Rule],
    known: Mapping[ox.Triple, Reason],
    *,
    used: Collection[str],
    came: Iterable[ox.Triple],
    went: Iterable[ox.Triple],
    inferred_graph: ox.NamedNode,
    later: Callable[[ox.Quad], bool] = lambda _: False,
) -> ClosureDifference:
    """Make `inferred_graph` what the rules say of the other graphs of `store`, and return what that changed.

    Args:
        store: the asserted data as it is now, with what was inferred from it as it was before.
        rules: those by which it was.
        known: the reasons of what was inferred before.
        used: the names of the rules that gave any of it.
        came: triples that an asserted graph holds now, and none held before.
        went: triples that no asserted graph holds any more.
        inferred_graph: the graph of what is inferred.
        later: whether a quad is said only after everything is inferred; no axiom takes it for a premise.

    Raises:
        UnlikeError: a rule that only fills in what defines a class gives something, before or now, or a blank node is
            to be asked for; the store is of no use then.
    """
    run = _Run(store, rules, known, inferred_graph, later)
    if run.fillers & frozenset(used):
        raise UnlikeError
    run.begin(list(came), list(went))
    run.run()
    return run.found


class _Seed(NamedTuple):
    """A triple that came or went, and a pattern of a rule that it matches."""

    rule: Rule
    pattern: Pattern
    triple: ox.Triple


class _Patterns:
    """Patterns of rules by what they may match: the predicate, and the class where that is `rdf:type`."""

    def __init__(self) -> None:
        self._all: dict[object, list[tuple[Pattern, int, Rule]]] = defaultdict(list)

    def add(self, pattern: Pattern, stratum: int, rule: Rule) -> None:
        """Add a pattern of a rule of a stratum."""
        predicate, obj = pattern.predicate, pattern.object
        if isinstance(predicate, ox.Variable):
            key: object = None
        elif predicate == _TYPE and not isinstance(obj, ox.Variable):
            key = (predicate, obj)
        else:
            key = predicate
        self._all[key].append((pattern, stratum, rule))

    def meeting(self, triple: ox.Triple) -> Iterator[tuple[Pattern, int, Rule]]:
        """Yield the patterns that a triple matches, each with its stratum and its rule."""
        keys: list[object] = [triple.predicate, None]
        if triple.predicate == _TYPE:
            keys.append((triple.predicate, triple.object))
        for key in keys:
            for entry in self._all.get(key, ()):
                if entry[0].values_for(triple) is not None:
                    yield entry


class _Run:
    """One computation of what differs."""

    def __init__(
        self,
        store: ox.Store,
        rules: Iterable[Rule],
        known: Mapping[ox.Triple, Reason],
        graph: ox.NamedNode,
        later: Callable[[ox.Quad], bool],
    ) -> None:
        plan = make_plan(rules)
        self._strata: tuple[Stratum, ...] = (*plan.strata, Stratum(plan.fillers, recursive=False))
        self.fillers = frozenset(rule.name for rule in plan.fillers)
        self._bodies, self._heads = _Patterns(), _Patterns()
        for number, stratum in enumerate(self._strata):
            for rule in stratum.rules:
                for pattern in dict.fromkeys((*rule.matched, *rule.delayed)):
                    self._bodies.add(pattern, number, rule)
                for head in dict.fromkeys(rule.head):
                    self._heads.add(head, number, rule)
        self._store, self._graph, self._known, self._later = store, graph, known, later
        self._reasons: dict[ox.Triple, Reason | None] = {}
        self._common: dict[str, frozenset[str]] = {}
        self._own: dict[tuple[int, str], list[tuple[Pattern, ...]]] = {}
        self._answered: dict[tuple[str, Pattern], dict[object, set[ox.Triple]]] = defaultdict(dict)
        self._passed: dict[object, bool] = {}
        self._gone = ox.Store()
        self._waiting: list[int] = []
        self._seeds: dict[int, dict[tuple[str, Pattern, ox.Triple], _Seed]] = defaultdict(dict)
        self._lost: dict[int, set[ox.Triple]] = defaultdict(set)
        self.found = ClosureDifference()

    # --- what is known of a triple ------------------------------------------------------------------------------------

    def _reason(self, triple: ox.Triple) -> Reason | None:
        if triple not in self._reasons:
            self._reasons[triple] = self._known.get(triple)
        return self._reasons[triple]

    def _tell(self, triple: ox.Triple, reason: Reason | None) -> None:
        self._reasons[triple] = self.found.reasons[triple] = reason

    def _asserted(self, triple: ox.Triple) -> bool:
        quads = matching(self._store, triple.subject, triple.predicate, triple.object)
        return any(quad.graph_name != self._graph for quad in quads)

    def _quad(self, triple: ox.Triple) -> ox.Quad:
        return ox.Quad(triple.subject, triple.predicate, triple.object, self._graph)

    # --- what came and went -------------------------------------------------------------------------------------------

    def begin(self, came: list[ox.Triple], went: list[ox.Triple]) -> None:
        """Take what changed in the asserted graphs."""
        for triple in went:
            self._goes(triple)
        for triple in came:
            reason = self._reason(triple)
            if reason:  # said now, where it followed before
                self._store.remove(self._quad(triple))
                self._tell(triple, None)
                self._touch(triple, -1, reason)
            else:
                self._comes(triple, -1)

    def _comes(self, triple: ox.Triple, stratum: int) -> None:
        if triple in self.found.went:
            self.found.went.remove(triple)
            self._gone.remove(_default_graph_quad(triple))
        else:
            self.found.came.add(triple)
        self._touch(triple, stratum)

    def _goes(self, triple: ox.Triple, stratum: int = -1) -> None:
        """Note that a triple is held no more, unless a later stratum gives it."""
        self.found.went.add(triple)  # strata are looked at in their order, so that nothing goes that came
        self._gone.add(_default_graph_quad(triple))
        self._touch(triple, stratum)
        self._lost_to(triple, stratum)

    def _lost_to(self, triple: ox.Triple, stratum: int) -> None:
        """Let later strata look whether they give a triple."""
        for _, number, _rule in self._heads.meeting(triple):
            if number > stratum:
                self._wait(number)
                self._lost[number].add(triple)

    def _touch(self, triple: ox.Triple, stratum: int, moved: Reason | None = None) -> None:
        """Let later strata look at what may follow from a triple; that alone from which it `moved`, if it only did."""
        for pattern, number, rule in self._bodies.meeting(triple):
            if number > stratum and (moved is None or moved[1] // ROUNDS == number + 1):
                self._wait(number)
                self._seeds[number][rule.name, pattern, triple] = _Seed(rule, pattern, triple)

    def _wait(self, number: int) -> None:
        if number not in self._seeds and number not in self._lost:
            heappush(self._waiting, number)

    def run(self) -> None:
        """Look at every stratum that something touches, in their order."""
        while self._waiting:
            number = heappop(self._waiting)
            self._close(number, self._seeds.pop(number, {}).values(), self._lost.pop(number, set()))

    # --- a stratum ----------------------------------------------------------------------------------------------------

    def _close(self, number: int, seeds: Iterable[_Seed], lost: Iterable[ox.Triple]) -> None:
        stratum = self._strata[number]
        candidates = self._candidates(number, stratum, seeds, lost)
        before = {triple: self._reason(triple) for triple in candidates}
        for triple in candidates:
            self._store.remove(self._quad(triple))
        found = self._rounds(number, stratum, candidates)
        if found and number == len(self._strata) - 1:
            raise UnlikeError
        for triple, old in before.items():
            new = found.get(triple)
            if new == old:
                continue
            if new is None and old is not None and old[1] // ROUNDS != number + 1:
                self._store.add(self._quad(triple))  # a later stratum gives it, as before
                continue
            self._tell(triple, new)
            if new is None:
                self._goes(triple, number)
            elif old is None:
                self._comes(triple, number)
            else:
                self._touch(triple, number, old)

    def _rounds(self, number: int, stratum: Stratum, candidates: Collection[ox.Triple]) -> dict[ox.Triple, Reason]:
        """Return the reasons of those candidates that the stratum gives, and store them."""
        reasons: dict[ox.Triple, Reason] = {}
        for round_ in count(1):
            self._answered.clear()
            new = {
                triple: (rule.name, (number + 1) * ROUNDS + round_)
                for triple in candidates
                if triple not in reasons
                for rule in [self._giver(stratum, triple)]
                if rule
            }
            reasons |= new
            for triple in new:
                self._store.add(self._quad(triple))
            if not new or not stratum.recursive:
                return reasons
        raise AssertionError

    def _giver(self, stratum: Stratum, triple: ox.Triple) -> Rule | None:
        return next((rule for rule in stratum.rules if self._gives(rule, triple)), None)

    # --- candidates ---------------------------------------------------------------------------------------------------

    def _candidates(
        self, number: int, stratum: Stratum, seeds: Iterable[_Seed], lost: Iterable[ox.Triple]
    ) -> dict[ox.Triple, None]:
        """Return what the stratum may give now or gave before, as far as what came and went bears on it.

        What it may give is held for the time being, so that what may follow from it is found.
        """
        self._answered.clear()
        candidates: dict[ox.Triple, None] = {}
        waiting: list[ox.Triple] = []

        def note(triple: ox.Triple) -> None:
            if triple in candidates or self._asserted(triple):
                return
            reason = self._reason(triple)
            if reason and reason[1] // ROUNDS <= number:
                return  # a stratum before gives it
            candidates[triple] = None
            waiting.append(triple)
            if not reason and stratum.recursive:
                self._store.add(self._quad(triple))
                self._answered.clear()

        for triple in lost:
            note(triple)
        for seed in seeds:
            for triple in self._may_follow(seed, recursive=stratum.recursive):
                note(triple)
        while waiting and stratum.recursive:
            for triple in self._near(number, stratum, waiting.pop()):
                note(triple)
        return candidates

    def _near(self, number: int, stratum: Stratum, triple: ox.Triple) -> Iterator[ox.Triple]:
        """Yield what of a recursive stratum may follow from a triple of it, and what it may follow from."""
        for rule in stratum.rules:
            for pattern in rule.matched:
                if pattern.values_for(triple) is not None:
                    yield from self._may_follow(_Seed(rule, pattern, triple), recursive=True)
            yield from self._premises(number, rule, triple)

    def _may_follow(self, seed: _Seed, *, recursive: bool) -> Iterator[ox.Triple]:
        """Yield what a rule gives, or gave, by a match that has to do with a triple.

        What it gave and gives is left out where no rounds are counted.
        """
        rule = seed.rule
        bound = seed.pattern.values_for(seed.triple)
        assert bound is not None
        if rule.conjunctive:
            (way,) = rule.alternatives
            rest = tuple(pattern for pattern in way if pattern != seed.pattern)
            for head in rule.head:
                for values in self._values_matching(rest, bound, head.variables | _filter_variables(rule.filters)):
                    triple = _triple(head.filled(values))
                    if triple and self._passes(rule.filters, values):
                        yield triple
            return
        for head in rule.head:
            for cell in self._cells(rule, head, seed.pattern, bound):
                gives, gave = self._answers(rule, head, cell), self._gave(rule, head, cell)
                yield from gives | gave if recursive else gives ^ gave

    def _gave(self, rule: Rule, head: Pattern, cell: Bound) -> set[ox.Triple]:
        """Return what a rule was the first to give, with the values of a cell."""
        subject, predicate, obj = (None if isinstance(node, ox.Variable) else node for node in head.filled(cell))
        quads = matching(self._store, subject, predicate, obj, self._graph)  # type: ignore[arg-type]
        triples = (quad.triple for quad in quads)
        return {triple for triple in triples if (self._reason(triple) or ("",))[0] == rule.name}

    def _cells(self, rule: Rule, head: Pattern, pattern: Pattern, bound: Bound) -> list[dict[str, VarOrTerm]]:
        """Return the values of variables of a head for which a rule is to be asked; one without any asks it all."""
        wanted = self._bound_always(rule, head)
        cells: dict[tuple[VarOrTerm, ...], dict[str, VarOrTerm]] = {}
        for way in rule.alternatives:
            if pattern not in way and pattern not in rule.delayed:
                continue
            names = _variables(way)
            inside = {name: node for name, node in bound.items() if name in names}
            if not wanted or rule.counts or (pattern not in way and not inside):
                return [{}]
            rest = tuple(each for each in way if each != pattern)
            for values in self._values_matching(rest, inside, wanted):
                cell = {name: values[name] for name in wanted}
                cells[tuple(cell.values())] = cell
        return list(cells.values())

    def _premises(self, number: int, rule: Rule, triple: ox.Triple) -> Iterator[ox.Triple]:
        """Yield what of the stratum itself is in a match of a rule that gives a triple, or gave it."""
        for head in rule.head:
            bound = head.values_for(triple)
            if bound is None:
                continue
            for way, own in zip(rule.alternatives, self._fed(number, rule), strict=True):
                if own:
                    inside = {name: node for name, node in bound.items() if name in _variables(way)}
                    for values in self._values_matching(way, inside, _variables(own)):
                        for pattern in own:
                            other = _triple(pattern.filled(values))
                            reason = self._reason(other) if other else None
                            if other and reason and reason[1] // ROUNDS == number + 1:
                                yield other

    def _fed(self, number: int, rule: Rule) -> list[tuple[Pattern, ...]]:
        """Return for each alternative of a rule the patterns that its own stratum may give."""
        key = (number, rule.name)
        if key not in self._own:
            heads = [head for other in self._strata[number].rules for head in other.head]
            self._own[key] = [
                tuple(pattern for pattern in way if any(head.meets(pattern) for head in heads))
                for way in rule.alternatives
            ]
        return self._own[key]

    def _bound_always(self, rule: Rule, head: Pattern) -> list[str]:
        """Return the variables of a head that every match of its rule binds by a pattern."""
        if rule.name not in self._common:
            self._common[rule.name] = frozenset.intersection(*map(_variables, rule.alternatives))
        return sorted(self._common[rule.name] & head.variables)

    # --- matches ------------------------------------------------------------------------------------------------------

    def _values_matching(self, patterns: tuple[Pattern, ...], bound: Bound, wanted: Collection[str]) -> Iterator[Bound]:
        """Yield the values of wanted variables in matches of what is held or was, each once: all there are, or more."""
        return self._walk(patterns, bound, sorted(wanted), set())

    def _walk(
        self, patterns: tuple[Pattern, ...], bound: Bound, names: list[str], seen: set[tuple[VarOrTerm, ...]]
    ) -> Iterator[Bound]:
        if all(name in bound for name in names):
            key = tuple(bound[name] for name in names)
            if key not in seen and self._were(patterns, bound):
                seen.add(key)
                yield bound
            return
        pattern = _next(patterns, bound)
        others = tuple(each for each in patterns if each is not pattern)
        for store in (self._store, self._gone):
            for more in self._matches(store, pattern, bound):
                yield from self._walk(others, more, names, seen)

    def _were(self, patterns: tuple[Pattern, ...], bound: Bound) -> bool:
        """Return whether patterns have a match in what is held or was."""
        if not patterns:
            return True
        pattern = _next(patterns, bound)
        rest = tuple(each for each in patterns if each is not pattern)
        return any(
            self._were(rest, values)
            for store in (self._store, self._gone)
            for values in self._matches(store, pattern, bound)
        )

    def _gives(self, rule: Rule, triple: ox.Triple) -> bool:
        """Return whether a rule gives a triple by what is held."""
        for head in rule.head:
            bound = head.values_for(triple)
            if bound is None:
                continue
            if rule.conjunctive:
                if self._holds(rule.alternatives[0], rule.filters, bound):
                    return True
                continue
            cell = {name: bound[name] for name in self._bound_always(rule, head)}
            if triple in self._answers(rule, head, cell):
                return True
        return False

    def _matches(self, store: ox.Store, pattern: Pattern, bound: Bound) -> Iterator[Bound]:
        """Yield `bound` with the values of each match of a pattern."""
        subject, predicate, obj = pattern.filled(bound)
        if isinstance(subject, ox.Literal) or isinstance(predicate, ox.Literal):
            return
        where = (None if isinstance(node, ox.Variable) else node for node in (subject, predicate, obj))
        for quad in matching(store, *where):  # type: ignore[arg-type]
            values = None if self._later(quad) else Pattern(subject, predicate, obj).values_for(quad.triple)
            if values is not None:
                yield {**bound, **values}

    def _holds(self, patterns: tuple[Pattern, ...], filters: str, bound: Bound) -> bool:
        if filters and _filter_variables(filters) <= bound.keys():
            if not self._passes(filters, bound):
                return False
            filters = ""
        if not patterns:
            return not filters
        pattern = _next(patterns, bound)
        rest = tuple(each for each in patterns if each is not pattern)
        return any(self._holds(rest, filters, values) for values in self._matches(self._store, pattern, bound))

    def _passes(self, filters: str, bound: Bound) -> bool:
        """Return whether values pass the filters of an axiom, which look at nothing else."""
        key = (filters, *(bound[name] for name in sorted(_filter_variables(filters))))
        if filters and key not in self._passed:
            values = _values({name: bound[name] for name in sorted(_filter_variables(filters))})
            self._passed[key] = bool(self._ask(f"ASK {{ {values} {filters} }}"))
        return not filters or self._passed[key]

    def _answers(self, rule: Rule, head: Pattern, cell: Bound) -> set[ox.Triple]:
        """Return what a rule gives with the values of a cell, which every match of it binds."""
        known = self._answered[rule.name, head]
        key = tuple(cell.values())
        if key in known or () in known:
            return known.get(key, set())
        if cell and len(known) < _MOST_CELLS:
            known[key] = self._heads_by_query(rule, head, cell)
            return known[key]
        known.clear()
        known[()] = self._heads_by_query(rule, head, {})
        for triple in known[()]:
            bound = head.values_for(triple) or {}
            place = tuple(bound[name] for name in self._bound_always(rule, head))
            if place:
                known.setdefault(place, set()).add(triple)
        return known.get(key, set())

    def _heads_by_query(self, rule: Rule, head: Pattern, cell: Bound) -> set[ox.Triple]:
        names = sorted(head.variables - cell.keys())
        chosen = " ".join(f"?{name}" for name in names) or "*"
        triples: set[ox.Triple] = set()
        for row in self._ask(f"SELECT DISTINCT {chosen} WHERE {{ {_values(cell)} {rule.where} }}"):
            triple = _triple(head.filled({**cell, **{name: row[name] for name in names if row[name] is not None}}))
            if triple:
                triples.add(triple)
            if not names:
                break
        return triples

    def _ask(self, text: str) -> Any:
        return self._store.query(text, prefixes=PREFIXES, use_default_graph_as_union=True)


def _default_graph_quad(triple: ox.Triple) -> ox.Quad:
    return ox.Quad(triple.subject, triple.predicate, triple.object)


def _triple(pattern: Pattern) -> ox.Triple | None:
    """Return the triple that a pattern is; None where it is none."""
    subject, predicate, obj = pattern
    if isinstance(obj, ox.Variable) or not isinstance(predicate, ox.NamedNode):
        return None
    return ox.Triple(subject, predicate, obj) if isinstance(subject, (ox.NamedNode, ox.BlankNode)) else None


def _variables(patterns: Iterable[Pattern]) -> frozenset[str]:
    return frozenset[str]().union(*(pattern.variables for pattern in patterns))


def _next(patterns: Iterable[Pattern], bound: Bound) -> Pattern:
    """Return the pattern of which most is given; of several, the first."""

    def given(pattern: Pattern) -> tuple[bool, int, bool]:
        fixed = [not isinstance(node, ox.Variable) or node.value in bound for node in pattern]
        return not pattern.variables.isdisjoint(bound), sum(fixed), fixed[0]

    return max(patterns, key=given)


@cache
def _filter_variables(filters: str) -> frozenset[str]:
    """Return the variables of filters; what a text holds is none.

    >>> _filter_variables('FILTER (REGEX(STR(?v), "colou?r"))')
    frozenset({'v'})
    """
    return frozenset(token.text[1:] for token in read_tokens(filters) if token.kind == "variable")


def _values(bound: Bound) -> str:
    if any(isinstance(node, ox.BlankNode) for node in bound.values()):
        raise UnlikeError
    return values_block(bound)
