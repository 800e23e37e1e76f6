"""The order in which rules run, and how a pattern finds those that one triple may match as well."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import term
from dualbio.owl.rules import Pattern, Rule, RuleError, compile_axioms, make_plan
from dualbio.owl.rules.index import PatternIndex

PREFIXES = """
@prefix : <urn:t:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
X, Y = ox.Variable("x"), ox.Variable("y")
TYPE = term("rdf:type")
A, B, P, Q = (ox.NamedNode(f"urn:t:{name}") for name in "ABPQ")
PATTERNS = {
    "of class A": Pattern(X, TYPE, A),
    "of class B": Pattern(X, TYPE, B),
    "of any class": Pattern(X, TYPE, Y),
    "with P": Pattern(X, P, Y),
    "with P of A": Pattern(X, P, A),
    "with P of B": Pattern(X, P, B),
    "with anything": Pattern(X, Y, A),
}


def _rules(axioms: str) -> tuple[Rule, ...]:
    return compile_axioms(quad.triple for quad in ox.parse((PREFIXES + axioms).encode(), ox.RdfFormat.TURTLE))


def _names(rules: tuple[Rule, ...]) -> list[str]:
    return [rule.name.replace("<urn:t:", "").replace(">", "") for rule in rules]


@pytest.mark.parametrize("name", PATTERNS)
def test_index_finds_what_one_triple_may_match_as_well(name: str) -> None:
    """The index returns exactly the patterns that meet, in either direction."""
    index: PatternIndex[str] = PatternIndex()
    for other, pattern in PATTERNS.items():
        index.add(pattern, other)

    found = index.meeting(PATTERNS[name])

    assert {other for other, pattern in PATTERNS.items() if pattern.meets(PATTERNS[name])} == found
    assert name in found


def test_index_tells_classes_apart() -> None:
    """A class is not met by another one, and a property by none."""
    index: PatternIndex[bool] = PatternIndex()
    index.add(Pattern(X, TYPE, A), True)

    assert not index.meeting(Pattern(X, TYPE, B))
    assert not index.meeting(Pattern(X, P, A))


def test_feeders_run_before_what_they_feed() -> None:
    """Rules that need nothing of each other are strata of their own, in the order of need; circles run together."""
    plan = make_plan(
        _rules(":B rdfs:subClassOf :C . :A rdfs:subClassOf :B . :p rdfs:domain :A . :p owl:inverseOf :q .")
    )

    assert [
        (["InverseOf(p,q)/1", "InverseOf(p,q)/2"], True),
        (["Domain(p,A)"], False),
        (["SubClassOf(A,B)"], False),
        (["SubClassOf(B,C)"], False),
    ] == [(_names(stratum.rules), stratum.recursive) for stratum in plan.strata]


def test_what_defines_a_class_is_filled_in_last() -> None:
    """Finding the members of a class comes first; that they have the value that defines it stays out of the order."""
    plan = make_plan(_rules(":A owl:equivalentClass [ owl:onProperty :p ; owl:hasValue :k ] ."))

    (stratum,) = plan.strata
    (filler,) = plan.fillers
    assert not stratum.recursive
    assert [Pattern(X, TYPE, ox.NamedNode("urn:t:A"))] == list(stratum.rules[0].head)
    assert [Pattern(X, TYPE, ox.NamedNode("urn:t:A"))] == list(filler.matched)


def test_filling_in_may_not_break_what_was_taken_for_absent() -> None:
    """A rule that waited for the absence of what a filler adds is named, and so is the pattern."""
    lonely = Rule(
        name="lonely",
        summary="Without a value of Q.",
        origin="domain",
        head=(Pattern(X, TYPE, B),),
        alternatives=((Pattern(X, P, Y),),),
        where=f"?x {P} ?y FILTER NOT EXISTS {{ ?x {Q} ?z }}",
        delayed=(Pattern(X, Q, ox.Variable("z")),),
    )
    plan = make_plan([lonely])

    plan.check_late([Pattern(X, P, A)])
    with pytest.raises(RuleError, match=r"rules lonely relied on.*urn:t:Q"):
        plan.check_late([Pattern(X, Q, A)])


def test_strata_stand_side_by_side_until_one_needs_another() -> None:
    """A group ends before what one of it feeds, and before a rule that is to run after one of it; all are there."""
    waiting = Rule(
        name="z-waiting",
        summary="Asks for nothing that is inferred.",
        origin="domain",
        head=(Pattern(X, Q, X),),
        alternatives=((Pattern(X, P, Y),),),
        where=f"?x {P} ?y",
        after=("SubClassOf(<urn:t:C>,<urn:t:D>)",),
    )
    plan = make_plan((*_rules(":A rdfs:subClassOf :B . :C rdfs:subClassOf :D . :B rdfs:subClassOf :E ."), waiting))

    groups = plan.side_by_side()

    assert list(plan.strata) == [stratum for group in groups for stratum in group]
    place = {name: i for i, group in enumerate(groups) for each in group for name in _names(each.rules)}
    assert place["SubClassOf(A,B)"] < place["SubClassOf(B,E)"]
    assert place["SubClassOf(C,D)"] < place["z-waiting"]
    assert len(groups) < len(plan.strata)
