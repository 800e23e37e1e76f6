"""The one form of a rule: triple patterns to add, triple patterns to match, and the SPARQL text that matches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pyoxigraph as ox

from dualbio.errors import DualbioError
from dualbio.model.namespaces import compress
from dualbio.model.rdf_terms import VarOrTerm

__all__ = [
    "CountCondition",
    "Pattern",
    "Rule",
    "RuleError",
    "new_where",
    "patterns_text",
    "rule_from_json",
    "rule_to_json",
    "short",
    "values_block",
]


class RuleError(DualbioError):
    """A rule or an axiom is broken, or rules contradict each other in the order they need.

    `faults` are all that were found: what each is about (a rule by name, an axiom by its subject), and what is wrong.
    """

    def __init__(self, message: str, about: str = "", faults: Sequence[tuple[str, str]] = ()) -> None:
        """Keep one fault, or several with `message` for all of them."""
        super().__init__(message)
        self.faults = tuple(faults) or ((about, message),)


class Pattern(NamedTuple):
    """A triple with variables."""

    subject: VarOrTerm
    predicate: VarOrTerm
    object: VarOrTerm

    @property
    def variables(self) -> frozenset[str]:
        """Names of the variables, without question marks."""
        return frozenset(node.value for node in self if isinstance(node, ox.Variable))

    def __str__(self) -> str:
        """Give the pattern as SPARQL."""
        return f"{self.subject} {self.predicate} {self.object} ."

    def meets(self, other: Pattern) -> bool:
        """Return whether one triple could match both patterns."""
        return all(
            mine == yours or isinstance(mine, ox.Variable) or isinstance(yours, ox.Variable)
            for mine, yours in zip(self, other, strict=True)
        )

    def values_for(self, triple: ox.Triple) -> dict[str, VarOrTerm] | None:
        """Return the values of the variables that make the pattern the triple; None when nothing does."""
        values: dict[str, VarOrTerm] = {}
        for node, value in zip(self, (triple.subject, triple.predicate, triple.object), strict=True):
            if isinstance(node, ox.Variable):
                if values.setdefault(node.value, value) != value:  # type: ignore[arg-type]
                    return None
            elif node != value:
                return None
        return values

    def filled(self, values: Mapping[str, VarOrTerm]) -> Pattern:
        """Return the pattern with variables replaced by their values where `values` has them."""
        return Pattern(*(values.get(n.value, n) if isinstance(n, ox.Variable) else n for n in self))

    def triple(self) -> ox.Triple | None:
        """Return the triple that the pattern is; None while a variable is left or a literal stands in the way."""
        subject, predicate, obj = self
        if not isinstance(subject, ox.NamedNode) or not isinstance(predicate, ox.NamedNode):
            return None
        return None if isinstance(obj, ox.Variable) else ox.Triple(subject, predicate, obj)


@dataclass(frozen=True)
class CountCondition:
    """A sub-select with an aggregate: its own WHERE text, its patterns, and the variables it shares with the rule."""

    where: str
    patterns: tuple[Pattern, ...]
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """Whenever `where` matches, the triples of `head` hold.

    `alternatives` are the patterns that a match consists of, one tuple for each way through the rule's UNIONs;
    `optional` patterns, one tuple for each head or none at all, are part of a match when they hold; `counts` are its
    aggregates.
    `delayed` patterns must be complete before the rule runs: they stand under NOT EXISTS, MINUS, OPTIONAL or an
    aggregate.  `conjunctive` says that `where` is the single alternative and `filters`, so that the patterns may be
    matched one by one against what is new.  `after` names rules that must have run before.
    """

    name: str
    summary: str
    origin: Literal["axiom", "domain"]
    head: tuple[Pattern, ...]
    alternatives: tuple[tuple[Pattern, ...], ...]
    where: str
    filters: str = ""
    conjunctive: bool = False
    optional: tuple[tuple[Pattern, ...], ...] = ()
    delayed: tuple[Pattern, ...] = ()
    counts: tuple[CountCondition, ...] = ()
    after: tuple[str, ...] = ()

    def projects(self, head: Pattern) -> bool:
        """Return whether several matches may give one and the same triple `head`."""
        return not self.conjunctive or not all(pattern.variables <= head.variables for pattern in self.matched)

    def ways(self, head: Pattern) -> tuple[tuple[Pattern, ...], ...]:
        """Return the alternatives that give `head` its values; the others belong to other heads of the rule."""
        given = [frozenset[str]().union(*(pattern.variables for pattern in way)) for way in self.alternatives]
        needed = head.variables & frozenset[str]().union(*given)
        return tuple(way for way, names in zip(self.alternatives, given, strict=True) if needed <= names)

    @property
    def matched(self) -> tuple[Pattern, ...]:
        """Every pattern that a match may hold, in any alternative."""
        return tuple(dict.fromkeys(pattern for patterns in self.alternatives for pattern in patterns))


def patterns_text(patterns: Iterable[Pattern]) -> str:
    """Return patterns as the text of a group."""
    return " ".join(map(str, patterns))


def values_block(values: Mapping[str, VarOrTerm]) -> str:
    """Return a `VALUES` block of one row that gives variables their values; nothing when there are none."""
    names = " ".join(f"?{name}" for name in values)
    return f"VALUES ({names}) {{ ({' '.join(map(str, values.values()))}) }}" if values else ""


def short(node: VarOrTerm) -> str:
    """Return a node as people read it: a CURIE where a prefix fits.

    >>> short(ox.NamedNode("https://w3id.org/dualbio/drug/rituximab"))
    'drug:rituximab'
    """
    if isinstance(node, ox.NamedNode):
        curie = compress(node.value)
        return str(node) if curie == node.value else curie
    return str(node)


def new_where(head: Pattern, where: str, projects: bool) -> str:
    """Return the body that finds the matches of `where` whose `head` does not hold yet.

    Args:
        head: the triple to add.
        where: the body of a rule.
        projects: whether several matches may give one `head`; each head is then looked up once.
    """
    names = " ".join(f"?{name}" for name in sorted(head.variables))
    body = f"SELECT DISTINCT {names} WHERE {{ {where} }}" if projects and names else where
    return f"{{ {body} }} FILTER NOT EXISTS {{ {head} }}"


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """Return the rule as plain data for JSON; `rule_from_json` reads it back."""
    return {
        "name": rule.name,
        "summary": rule.summary,
        "origin": rule.origin,
        "head": _texts(rule.head),
        "alternatives": [_texts(patterns) for patterns in rule.alternatives],
        "where": rule.where,
        "filters": rule.filters,
        "conjunctive": rule.conjunctive,
        "optional_by_head": [_texts(patterns) for patterns in rule.optional],
        "delayed": _texts(rule.delayed),
        "counts": [{"where": c.where, "patterns": _texts(c.patterns), "shared": c.shared} for c in rule.counts],
        "after": rule.after,
    }


def rule_from_json(data: Mapping[str, Any]) -> Rule:
    """Return the rule that `rule_to_json` wrote as `data`."""
    return Rule(
        name=data["name"],
        summary=data["summary"],
        origin=data["origin"],
        head=_patterns(data["head"]),
        alternatives=tuple(_patterns(texts) for texts in data["alternatives"]),
        where=data["where"],
        filters=data["filters"],
        conjunctive=data["conjunctive"],
        optional=tuple(_patterns(texts) for texts in data["optional_by_head"]),
        delayed=_patterns(data["delayed"]),
        counts=tuple(CountCondition(c["where"], _patterns(c["patterns"]), tuple(c["shared"])) for c in data["counts"]),
        after=tuple(data["after"]),
    )


def _texts(patterns: Iterable[Pattern]) -> list[list[str]]:
    return [[str(node) for node in pattern] for pattern in patterns]


def _patterns(texts: Iterable[Iterable[str]]) -> tuple[Pattern, ...]:
    return tuple(Pattern(*map(_node, text)) for text in texts)


def _node(text: str) -> VarOrTerm:
    if text.startswith("?"):
        return ox.Variable(text[1:])
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1])
    quad = next(iter(ox.parse(f"<urn:s> <urn:p> {text} .", ox.RdfFormat.N_TRIPLES)))
    assert isinstance(quad.object, ox.Literal)
    return quad.object
