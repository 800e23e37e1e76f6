"""Why a triple holds: the rules run backwards from it, to premises that came earlier, down to asserted facts.

Every inferred triple of a release keeps the rule that first gave it and the round in which it did.
A premise must come from an earlier round, so the search always ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from dualbio.errors import NotFoundError, ReleaseError
from dualbio.model.namespaces import LOCAL, PREFIXES, graph_iri, individual, term
from dualbio.model.rdf_terms import VarOrTerm
from dualbio.owl.rules import Pattern, Rule
from dualbio.owl.rules.model import CountCondition, short, values_block
from dualbio.owl.rules.run import Derivations, read_derivations
from dualbio.store.embedded import EmbeddedStore, matching

__all__ = ["Derivation", "Explainer", "explain"]

Select = Callable[[str], ox.QuerySolutions]

#: What the rules gave, from the curated records and from those of a user.
_INFERRED = (graph_iri("inferred"), graph_iri(f"{LOCAL}inferred"))
_TYPE = term("rdf:type")
_GRAPHS = graph_iri("").value
#: Numbers that the build computes, and the numbers of a row that go into them by method.
_COMPUTED = tuple(map(term, ("estimate", "intervalLow", "intervalHigh", "unbounded")))
_COUNTED = {
    individual("value", "estimation-method.miettinen-nurminen"): ("events", "total"),
    individual("value", "estimation-method.mover"): ("value", "intervalLow", "intervalHigh", "events", "personYears"),
}

#: The same for pooled estimates.
_POOLED = ("events", "total", "derivedCount", "personYears", "value", "spreadValue")
#: The same for effects that a report prints.
_PRINTED = ("estimate", "intervalLow", "intervalHigh", "intervalLevel")
#: What the numbers of a pooled estimate are, in a sentence; those of which no study shows how they came about have no
#: premises.
_OF_A_POOL = {
    "estimate": "the effects of the studies below, each with its weight",
    "intervalLow": "the lower end of the 95 % interval of the number",
    "intervalHigh": "the upper end of the 95 % interval of the number",
    "predictionLow": "the lower end of the interval in which the effect of a further study is expected",
    "predictionHigh": "the upper end of the interval in which the effect of a further study is expected",
    "tauSquared": "the variance of effects between the studies below, of logarithms where the measure is a ratio",
    "iSquared": "the share of the differences between the studies below that is not chance, in percent",
    "cochranQ": "the squares of how far each study below is from their common effect, by weight, added up",
    "eventsUsed": "the events of both sides of the studies below, added up",
    "peopleUsed": "the people of both sides of the studies below, added up; person-years where rates are pooled",
    "studiesUsed": "the studies below",
    "candidatesUsed": "the rows under test of the studies below",
    "candidatesEligible": "the candidates that meet the question, before one way of counting a study is chosen",
    "candidatesFound": "the candidates that count what the question asks for",
    "intervalLevel": "the level of every interval that is worked out here, in percent",
}
#: The same of one study in a pooled estimate.
_OF_A_STUDY = {
    "estimate": "the effect of one study, from the numbers of the rows below",
    "intervalLow": "the lower end of the 95 % interval of one study",
    "intervalHigh": "the upper end of the 95 % interval of one study",
    "poolWeight": "the share of one study in the weights of all, in percent",
    "intervalLevel": _OF_A_POOL["intervalLevel"],
}
_ALONE = ("candidatesEligible", "candidatesFound", "intervalLevel")
_POOL, _CANDIDATE = (individual(kind, "").value for kind in ("pool", "candidate"))


@dataclass(frozen=True)
class Derivation:
    """A triple and why it holds.

    An asserted triple has `graphs`, and `source` and `checked` where its subject names them.
    An inferred one has the `rule` with its `summary` (which states conditions that no triple shows) and `premises`.
    The number of an estimate has its method for a rule, and the numbers of the rows behind it for premises.
    """

    triple: ox.Triple
    labels: tuple[str, str, str]
    graphs: tuple[str, ...] = ()
    source: str | None = None
    checked: str | None = None
    rule: str | None = None
    summary: str | None = None
    origin: str | None = None
    premises: tuple[Derivation, ...] = ()

    @property
    def asserted(self) -> bool:
        """Whether a curated graph says so itself."""
        return self.rule is None

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as plain data for JSON; what does not apply is left out."""
        content = {
            "triple": [str(node) for node in (self.triple.subject, self.triple.predicate, self.triple.object)],
            "text": " ".join(self.labels),
            "labels": list(self.labels),
            "graphs": list(self.graphs),
            "source": self.source,
            "checked": self.checked,
            "rule": self.rule,
            "summary": self.summary,
            "origin": self.origin,
            "because": [premise.to_dict() for premise in self.premises],
        }
        return {name: value for name, value in content.items() if value}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Derivation:
        """Return the derivation that `to_dict` made `content` of."""
        (triple,) = ox.parse(f"{' '.join(content['triple'])} .", ox.RdfFormat.N_TRIPLES)
        told = {name: content.get(name) for name in ("source", "checked", "rule", "summary", "origin")}
        graphs = tuple(content.get("graphs", ()))
        premises = tuple(cls.from_dict(premise) for premise in content.get("because", ()))
        return cls(triple.triple, tuple(content["labels"]), graphs, **told, premises=premises)

    def to_text(self, depth: int = 0) -> str:
        """Return the tree as indented lines."""
        space = "  " * depth
        line = f"{space}{' '.join(self.labels)}"
        if self.asserted:
            where = ", ".join(self.graphs)
            origin = "; ".join(part for part in (self.source, self.checked) if part)
            return f"{line}  [{where}{'; ' + origin if origin else ''}]"
        because = [premise.to_text(depth + 1) for premise in self.premises]
        return "\n".join([line, f"{space}  by {self.origin} {self.rule}: {self.summary}", *because])


class Explainer:
    """Explains the triples of one release."""

    def __init__(self, store: ox.Store, derivations: Derivations, select: Select | None = None) -> None:
        """Keep the release in `store` and how its inferred triples came about.

        The patterns of rules are asked by `select` where it is given: of another store over the same release, whose
        queries can be stopped.
        """
        self._store = store
        self._derivations = derivations
        self._select = select or self._evaluate
        #: The premises that were explained for one triple: many stand in several places of its tree.
        self._explained: dict[ox.Triple, Derivation] = {}

    def explain(self, triple: ox.Triple, *, limit: int = 1) -> list[Derivation]:
        """Return at most `limit` derivations of `triple`, the first one first found.

        Raises:
            NotFoundError: the triple is neither asserted nor inferred.
            ReleaseError: the data of the release and its derivations disagree.
        """
        graphs = self._graphs(triple)
        if graphs:
            return [self._asserted(triple, graphs)]
        if triple not in self._derivations.derived:
            raise NotFoundError(
                f"'{_text(triple)}' is neither asserted nor inferred; accepted: a triple of the release; "
                "repair: look it up with dualbio describe"
            )
        self._explained.clear()
        derivations: list[Derivation] = []
        for derivation in self._derive(triple):
            if derivation not in derivations:
                derivations.append(derivation)
            if len(derivations) == limit:
                break
        if not derivations:
            raise _disagreement(triple)
        return derivations

    def _graphs(self, triple: ox.Triple) -> tuple[str, ...]:
        quads = matching(self._store, triple.subject, triple.predicate, triple.object)
        names = (str(quad.graph_name.value) for quad in quads if quad.graph_name not in _INFERRED)  # type: ignore[union-attr]
        return tuple(sorted(name.removeprefix(_GRAPHS) for name in names))

    def _asserted(self, triple: ox.Triple, graphs: tuple[str, ...]) -> Derivation:
        if all(name.endswith("synthesis") for name in graphs):
            name = triple.predicate.value.removeprefix(term("").value)
            told = {_POOL: _OF_A_POOL, _CANDIDATE: _OF_A_STUDY}.get(str(triple.subject.value).rpartition("/")[0] + "/")  # type: ignore[union-attr]
            if told and name in told:
                return self._pooled(triple, name, told[name])
            if triple.predicate in _COMPUTED:
                return self._computed(triple)
        source = self._label(self._value(triple.subject, "source"))
        checked = self._label(self._value(triple.subject, "checkLevel"))
        return Derivation(triple, self._labels(triple), graphs, source, checked)

    def _computed(self, triple: ox.Triple) -> Derivation:
        """Return how the number of an estimate was made: by which method, from which numbers of which rows."""
        method = self._value(triple.subject, "estimationMethod")
        rows = [quad.object for quad in self._store.quads_for_pattern(triple.subject, term("computedFrom"), None, None)]
        return Derivation(
            triple,
            self._labels(triple),
            rule=self._label(method),
            summary=self._label(self._value(method, "skos:definition")),
            origin="method",
            premises=tuple(self._numbers(sorted(rows, key=str), _COUNTED[method])),
        )

    def _pooled(self, triple: ox.Triple, name: str, sentence: str) -> Derivation:
        """Return what a number of a pooled estimate, or of one study in it, is, and from which numbers it was made."""
        candidates = self._store.quads_for_pattern(triple.subject, term("hasCandidate"), None, None)
        used = [quad.object for quad in candidates if self._label(self._value(quad.object, "usedInPool")) == "true"]
        nodes = used or ([triple.subject] if self._value(triple.subject, "usedInPool") is not None else [])
        counts = (
            quad.triple
            for node in sorted(nodes, key=lambda node: (len(str(node)), str(node)))
            for quad in self._of_study(node)
        )
        told = [self._label(self._value(triple.subject, f"candidates{each}")) for each in ("Used", "Found", "Eligible")]
        if all(told):
            sentence += (
                f"; {told[0]} of {told[1]} candidates are used, {told[2]} meet the question; each other says why not"
            )
        return Derivation(
            triple,
            self._labels(triple),
            rule=self._label(self._value(triple.subject, "methodText")) or "numbers of rows",
            summary=sentence,
            origin="method",
            premises=() if name in _ALONE else tuple(map(self._counts, counts)),
        )

    def _of_study(self, node: Any) -> list[ox.Quad]:
        """Return the numbers of one study in words: what was counted, or else the effect that a report prints."""
        names = ("countsText", "numberText")
        found = (list(self._store.quads_for_pattern(node, term(name), None, None)) for name in names)
        return next(filter(None, found), [])

    def _counts(self, triple: ox.Triple) -> Derivation:
        """Return a fact on one study in a pooled estimate, with the numbers of the rows behind it."""
        rows = [quad.object for quad in self._store.quads_for_pattern(triple.subject, term("pooledFrom"), None, None)]
        return Derivation(
            triple,
            self._labels(triple),
            rule="numbers of rows",
            summary="arms of one study on one side are added together",
            origin="method",
            premises=tuple(
                premise
                for row in sorted(rows, key=str)
                for premise in self._numbers([row], _PRINTED if "/comparison/" in str(row) else _POOLED)
            ),
        )

    def _numbers(self, rows: Iterable[Any], names: Iterable[str]) -> Iterator[Derivation]:
        """Yield the numbers of rows, each with its source."""
        for row, name in product(rows, tuple(names)):
            for quad in self._store.quads_for_pattern(row, term(name), None, None):
                yield self._asserted(quad.triple, self._graphs(quad.triple))

    def _derive(self, triple: ox.Triple) -> Iterator[Derivation]:
        """Yield derivations by the rule that first gave `triple`, then by any other rule."""
        name, rank = self._derivations.derived[triple]
        rules = self._derivations.rules
        ordered = [rules[name], *(rule for key, rule in sorted(rules.items()) if key != name)]
        for rule in ordered:
            for premises in self._premises(rule, triple, rank):
                yield Derivation(
                    triple,
                    self._labels(triple),
                    rule=rule.name,
                    summary=rule.summary,
                    origin=rule.origin,
                    premises=tuple(self._first(premise) for premise in premises),
                )

    def _first(self, triple: ox.Triple) -> Derivation:
        if triple not in self._explained:
            graphs = self._graphs(triple)
            found = self._asserted(triple, graphs) if graphs else next(self._derive(triple), None)
            if found is None:
                raise _disagreement(triple)
            self._explained[triple] = found
        return self._explained[triple]

    def _premises(self, rule: Rule, goal: ox.Triple, rank: int) -> Iterator[tuple[ox.Triple, ...]]:
        for number, head in enumerate(rule.head):
            bound = head.values_for(goal)
            if bound is None:
                continue
            optional = rule.optional[number] if rule.optional else ()
            for solution in self._solutions(rule.where, bound):
                # What stands under OPTIONAL belongs to the match where it holds, and an aggregate is made from triples.
                aside = list(self._held(optional, solution, rank))
                for count in rule.counts:
                    aside += self._counted(count, solution, rank)
                for patterns in rule.ways(head):
                    premises = list(self._held(patterns, solution, rank))
                    # An axiom about individuals by name (one of these) has no premise.
                    if len(premises) == len(patterns) and (premises or aside or not rule.matched):
                        yield tuple(dict.fromkeys([*premises, *aside]))

    def _held(self, patterns: Iterable[Pattern], values: Mapping[str, VarOrTerm], rank: int) -> Iterator[ox.Triple]:
        """Yield the triples that patterns are with these values and that are asserted, or inferred before."""
        triples = (pattern.filled(values).triple() for pattern in patterns)
        return (triple for triple in triples if triple and self._earlier(triple, rank))

    def _counted(self, count: CountCondition, solution: Mapping[str, VarOrTerm], rank: int) -> Iterator[ox.Triple]:
        """Yield the triples that an aggregate of a match was made from."""
        inside = frozenset[str]().union(*(pattern.variables for pattern in count.patterns))
        shared = {name: solution[name] for name in inside.intersection(count.shared, solution)}
        for inner in self._solutions(count.where, shared):
            yield from self._held(count.patterns, inner, rank)

    def _solutions(self, where: str, bound: Mapping[str, VarOrTerm]) -> Iterator[dict[str, VarOrTerm]]:
        made = {name for name in bound if f" AS ?{name})" in where or f"AS ?{name} " in where}
        before = values_block({name: node for name, node in bound.items() if name not in made})
        after = values_block({name: node for name, node in bound.items() if name in made})
        body = f"{before} {where}" if not after else f"{{ {before} {where} }} {after}"
        result = self._select(f"SELECT * WHERE {{ {body} }}")
        names = [variable.value for variable in result.variables]
        for row in result:
            yield {**bound, **{name: row[name] for name in names if row[name] is not None}}

    def _evaluate(self, text: str) -> ox.QuerySolutions:
        result = self._store.query(text, prefixes=PREFIXES, use_default_graph_as_union=True)
        assert isinstance(result, ox.QuerySolutions)
        return result

    def _earlier(self, triple: ox.Triple, rank: int) -> bool:
        derived = self._derivations.derived.get(triple)
        return derived[1] < rank if derived else bool(self._graphs(triple))

    def _labels(self, triple: ox.Triple) -> tuple[str, str, str]:
        nodes = (triple.subject, triple.predicate, triple.object)
        subject, predicate, obj = (self._label(node) or short(node) for node in nodes)  # type: ignore[arg-type]
        return subject, "is a" if triple.predicate == _TYPE else predicate, obj

    def _value(self, subject: object, name: str) -> Any:
        found = self._store.quads_for_pattern(subject, term(name), None, None)  # type: ignore[arg-type]
        return next((quad.object for quad in found), None)

    def _label(self, node: Any) -> str | None:
        if not isinstance(node, ox.NamedNode):
            return str(node.value) if isinstance(node, ox.Literal) else None
        labels = [quad.object for quad in self._store.quads_for_pattern(node, term("rdfs:label"), None, None)]
        plain = [label.value for label in labels if isinstance(label, ox.Literal) and label.language in (None, "en")]
        return min(plain, default=None)


def _disagreement(triple: ox.Triple) -> ReleaseError:
    return ReleaseError(
        f"'{_text(triple)}': no rule of the release gives it from what came before; its data and its derivations "
        "disagree; repair: dualbio build"
    )


def explain(
    store: EmbeddedStore, folder: Path, triple: ox.Triple, *, limit: int = 1, select: Select | None = None
) -> list[Derivation]:
    """Return at most `limit` derivations of `triple` in the release of `folder`, whose data is in `store`.

    The patterns of rules are asked by `select` where it is given, as `Explainer` says.

    Raises:
        NotFoundError: the triple is neither asserted nor inferred.
        ReleaseError: the release has no record of its derivations.
    """
    return Explainer(store.store, _derivations(folder), select).explain(triple, limit=limit)


@lru_cache(maxsize=4)
def _derivations(folder: Path) -> Derivations:
    return read_derivations(folder)


def _text(triple: ox.Triple) -> str:
    return " ".join(short(node) for node in (triple.subject, triple.predicate, triple.object))  # type: ignore[arg-type]
