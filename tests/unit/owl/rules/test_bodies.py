"""The body of a hand-written rule: what it matches, how each form is read, and where a refusal points."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.errors import DataError
from dualbio.owl.rules.bodies import read_body
from dualbio.owl.rules.domain import parse_rule
from dualbio.owl.rules.model import Pattern, rule_from_json, rule_to_json

X, Y, N = (ox.Variable(name) for name in "xyn")
P, Q, A = (ox.NamedNode(f"urn:t:{name}") for name in "pqa")
XSD = "http://www.w3.org/2001/XMLSchema#"


def body(where: str, head: str = "?x <urn:t:q> ?y") -> str:
    """Return a rule with the head and the pattern."""
    return f"# what it says\nCONSTRUCT {{ {head} }}\nWHERE {{ {where} }}"


@pytest.mark.parametrize(
    ("where", "alternatives"),
    [
        ("?x <urn:t:p> ?y", [(Pattern(X, P, Y),)]),
        ("?x ^<urn:t:p> ?y", [(Pattern(Y, P, X),)]),
        ("?x <urn:t:p>|^<urn:t:q> ?y", [(Pattern(X, P, Y),), (Pattern(Y, Q, X),)]),
        ("?x <urn:t:p> ?y . { ?x a ?n } UNION { ?x <urn:t:q> ?n }", None),
        ("{ ?x <urn:t:p> ?y } UNION { ?y <urn:t:p> ?x }", [(Pattern(X, P, Y),), (Pattern(Y, P, X),)]),
        ("?x <urn:t:p> ?y MINUS { ?x <urn:t:q> ?n }", [(Pattern(X, P, Y),)]),
        ("?x <urn:t:p> ?y FILTER EXISTS { ?x <urn:t:q> ?n }", [(Pattern(X, P, Y),)]),
    ],
)
def test_a_rule_matches_by_each_of_its_ways(where: str, alternatives: list[tuple[Pattern, ...]] | None) -> None:
    """A path `p|q` and a UNION are two ways each, `^p` is p backwards; what is only tested is none."""
    found, text = read_body(body(where), "a.rq")
    assert where == text
    assert [Pattern(X, Q, Y)] == found.head
    if alternatives is None:
        assert [2, 2] == [len(way) for way in found.alternatives]
    else:
        assert alternatives == found.alternatives


@pytest.mark.parametrize(
    "where",
    [
        "?x <urn:t:p> ?y MINUS { ?x <urn:t:q> ?n }",
        "?x <urn:t:p> ?y FILTER EXISTS { ?x <urn:t:q> ?n }",
        "?x <urn:t:p> ?y FILTER (1 < 2 || NOT EXISTS { ?x <urn:t:q> ?n })",
        "?x <urn:t:p> ?y BIND (EXISTS { ?x <urn:t:q> ?n } AS ?b)",
        "?x <urn:t:p> ?y OPTIONAL { ?x <urn:t:q> ?n }",
        "?x <urn:t:p> ?y OPTIONAL { ?x <urn:t:q> ?n FILTER NOT EXISTS { ?x <urn:t:q> ?n } }",
    ],
)
def test_a_rule_waits_for_all_that_it_tests(where: str) -> None:
    """What stands under MINUS, EXISTS, NOT EXISTS and OPTIONAL must be complete before the rule runs."""
    found, _ = read_body(body(where), "a.rq")
    assert {Pattern(X, Q, N)} == set(found.delayed)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'a'", ox.Literal("a")),
        ("'a'@en", ox.Literal("a", language="en")),
        ("5", ox.Literal("5", datatype=ox.NamedNode(f"{XSD}integer"))),
        ("<urn:t:a>", A),
    ],
)
def test_a_value_of_a_rule_stays_what_it_is(written: str, value: ox.Literal | ox.NamedNode) -> None:
    """A literal keeps its language or its datatype."""
    found, _ = read_body(body("?x <urn:t:p> ?y", f"?x <urn:t:q> {written}"), "a.rq")
    assert [Pattern(X, Q, value)] == found.head


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (body("?x <urn:t:p> ?y") + "\nORDER BY ?x", 2, "LIMIT, OFFSET and ORDER BY have no meaning"),
        (body("?x <urn:t:p> ?y") + "\nLIMIT 5", 4, "LIMIT, OFFSET and ORDER BY have no meaning"),
        ("# LIMIT\n" + body("?x <urn:t:p> ?y") + "\nLIMIT 5", 5, "LIMIT, OFFSET and ORDER BY have no meaning"),
        (body("?x <urn:t:p> [ ]"), 3, "blank node in a rule"),
        (body("?x <urn:t:p>+ ?y"), 2, "property path"),
        ("\n# a remark\n\nASK { ?s ?p ?o }", 4, "found another form of query"),
        (body("?x ?p ?y", "?x ?p ?y"), 2, "the predicate of a head is a variable"),
        (body("FILTER (true)"), 2, "a branch without a triple pattern"),
        (body("GRAPH ?g { ?x <urn:t:p> ?y }"), 3, "GRAPH is not accepted"),
    ],
)
def test_a_refusal_points_at_its_line(text: str, line: int, words: str) -> None:
    """A problem names the line of the word that is not accepted, never a remark; else the first line of the body."""
    with pytest.raises(DataError, match=words) as caught:
        read_body(text, "a.rq")
    assert [line] == [problem.line for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("head", "where", "expected"),
    [
        ("?x <urn:t:q> ?n", "?x <urn:t:p> ?y OPTIONAL { ?y <urn:t:p> ?n }", [(Pattern(Y, P, N),)]),
        ("?x <urn:t:q> ?y", "?x <urn:t:p> ?y OPTIONAL { ?y <urn:t:p> ?n }", [()]),
        ("?x <urn:t:q> ?m", "?x <urn:t:p> ?y OPTIONAL { ?y <urn:t:p> ?n } BIND (?n + 1 AS ?m)", [(Pattern(Y, P, N),)]),
        ("?x <urn:t:q> ?y", "?x <urn:t:p> ?y OPTIONAL { ?y <urn:t:p> ?n } FILTER (BOUND(?n))", [(Pattern(Y, P, N),)]),
        ("?x <urn:t:q> ?y", "?x <urn:t:p> ?y", []),
    ],
)
def test_an_optional_part_belongs_to_the_heads_that_need_it(
    head: str, where: str, expected: list[tuple[Pattern, ...]]
) -> None:
    """A head rests on an OPTIONAL that gives it a value, or decides whether it holds; not on what both sides share."""
    found, _ = read_body(body(where, head), "a.rq")
    assert expected == list(found.optional_by_head())


def test_a_rule_is_kept_and_read_again() -> None:
    """Everything that a rule says is in the form in which it is kept: its ways, what it counts, what it waits for."""
    where = "?x <urn:t:p> ?y OPTIONAL { ?y <urn:t:p> ?n } { SELECT ?x { ?x <urn:t:q> ?m } GROUP BY ?x }"
    rule = parse_rule("#+ summary: About it.\n" + body(where, "?x <urn:t:q> ?n"), "it.rq")
    assert "domain" == rule.origin
    assert (((Pattern(Y, P, N),),), 1) == (rule.optional, len(rule.counts))
    assert ("?x <urn:t:q> ?m", ("x",)) == (rule.counts[0].where, rule.counts[0].shared)
    assert rule == rule_from_json(rule_to_json(rule))
