"""What a query reaches for, known before it is evaluated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.sparql.clauses import canonical_text, find_clauses, is_stable, without_dataset


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("SELECT * { SERVICE <http://a/> { ?s ?p ?o } }", ("http://a/",)),
        ("SELECT * { service silent ?x { } }", ("?x",)),
        ("SELECT * { SeRvIcE # where\n <http://a/> { } }", ("http://a/",)),
        ("SELECT * { ?s ?p 1SERVICE <http://a/> { } }", ("http://a/",)),
        ("SELECT * { ?s ?p 'x'SERVICE<http://a/>{ } }", ("http://a/",)),
        ("SELECT * { SERVICE:x { } }", (":x",)),
        ("SELECT * { SERVICE ex:a { } SERVICE <b> {} }", ("ex:a", "b")),
        ("PREFIX ex: <http://x/> SELECT * { SERVICE ex:a\\.b { } }", ("http://x/a.b",)),
        ("SELECT * { SERVICEex:a { } SERVICESILENT<b> { } SERVICESILENTex:a { } }", ("ex:a", "b", "SILENTex:a")),
        ("PREFIX : <http://x/> ASK { ?s ?p true.SERVICE:x { } }", (":x",)),
        ("PREFIX service: <a> PREFIX : <http://x/> ASK { SERVICE:x { } }", (":x",)),
        ("ASK { ?s ?p trueSERVICE <http://a/> { } }", ("http://a/",)),
        ("ASK { OPTIONAL { { } UNION { { SELECT * { SERVICE ?x { } } } } } }", ("?x",)),
        ("PREFIX service: <http://a/> ASK { GRAPH service:x { ?s ?p ?o } }", ()),
        ("PREFIX service: <http://a/> SELECT * { ?s service:x ?service }", ()),
        ("SELECT * { ?s ?p 'SERVICE <http://a/> {}' }", ()),
        ('SELECT * { ?s ?p """ " SERVICE <http://a/> """ }', ()),
        ("SELECT * { ?s ?p <http://SERVICE/> } # SERVICE <http://a/>", ()),
        ("SELECT ?SERVICE $service { _:service ex:service 'x'@service }", ()),
        ("SELECT * { ?s ex:a.SERVICE ?o }", ()),
        ("SELECT * { ?s ?p 'it\\'s SERVICE <x>' }", ()),
    ],
)
def test_every_service_clause_is_found_and_nothing_else(text: str, services: tuple[str, ...]) -> None:
    """SERVICE counts as the keyword only outside IRIs, names, variables, strings and comments."""
    assert services == find_clauses(text).services


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("SELECT * FROM <http://g/> { }", True),
        ("SELECT * from named <http://g/> { }", True),
        ("SELECT * FROMex:g { }", True),
        ("SELECT ?from { ?from ex:from 'FROM' } # FROM <g>", False),
    ],
)
def test_a_dataset_clause_is_found(text: str, *, dataset: bool) -> None:
    """A query with FROM chooses its own graphs."""
    assert dataset == find_clauses(text).dataset


@pytest.mark.parametrize(
    "text",
    [
        "ASK { FILTER(?a<'&&?b>' ) SERVICE <http://a/> { } FILTER(?c = '') }",
        "ASK { FILTER(?a<?b#&&?c>?d) SERVICE <http://a/> { }\n) }",
        'ASK { VALUES ?x { """a" } SERVICE <http://a/> { } }',
    ],
)
def test_what_may_hide_a_call_is_unclear(text: str) -> None:
    """Where the engine may see a comparison, a string or a comment begins for it that the grammar does not have."""
    assert find_clauses(text).unclear


@pytest.mark.parametrize(
    "text",
    [
        "ASK { VALUES (?x ?y) { (<http://x/Crohn's_disease> <http://x/O'Neil#1>) } SERVICE <http://a/> { } }",
        "ASK { FILTER EXISTS { ?x ?p <#me> } SERVICE <http://a/> { } }",
        "ASK { VALUES (?x ?y) { (1 <a1+b.c-d://x#y>) } SERVICE <http://a/> { } }",
        "ASK { FILTER(?x IN (<#a>, <#b>) && ?y = <#c>) SERVICE <http://a/> { } }",
    ],
)
def test_iris_with_quotes_and_fragments_are_clear(text: str) -> None:
    """An IRI where only an IRI may stand hides nothing."""
    assert find_clauses(text).unclear is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * { ?s ?p ?o }", "  SELECT *\n\t{ ?s  ?p ?o }\n".replace("\n\t", " ")),
        ("SELECT *\n{ }", "SELECT *\r\n\r\n{ }"),
    ],
)
def test_blanks_do_not_make_another_query(one: str, other: str) -> None:
    """Runs of blanks outside strings are spelled in one way."""
    assert canonical_text(one) == canonical_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * { ?s ?p 'a  b' }", "SELECT * { ?s ?p 'a b' }"),
        ("SELECT * # x\n{ }", "SELECT * # x { }"),
        ("SELECT (1 < =2 AS ?x) {}", "SELECT (1 <=2 AS ?x) {}"),
        ("ASK { FILTER(?a<'x>  y') }", "ASK { FILTER(?a<'x> y') }"),
    ],
)
def test_different_queries_keep_different_spellings(one: str, other: str) -> None:
    """Blanks inside strings, line ends after comments and the parting of signs all count."""
    assert canonical_text(one) != canonical_text(other)


@given(st.text(alphabet="ab'\" \n\t#<>{}\\?:", max_size=40))
def test_the_canonical_spelling_is_stable_and_keeps_strings(text: str) -> None:
    """Spelling twice changes nothing, and everything from the first quotation mark on stays as it was."""
    spelled = canonical_text(text)
    assert spelled == canonical_text(spelled)
    place = min((text.index(mark) for mark in "'\"" if mark in text), default=None)
    if place is not None:
        assert spelled.endswith(text[place:].rstrip())


@given(st.text(max_size=300))
def test_any_text_can_be_scanned(text: str) -> None:
    """No text raises an error or takes long."""
    find_clauses("service from " + text)


@pytest.mark.parametrize(
    ("text", "left", "default", "named"),
    [
        ("SELECT * FROM <a:1> { }", "SELECT *            { }", ["a:1"], []),
        ("ASK FROM NAMED g:b FROM g:c { }", "ASK                         { }", ["urn:c"], ["urn:b"]),
        ("PREFIX g: <a:> ASK FROM g:b { }", "PREFIX g: <a:> ASK          { }", ["a:b"], []),
        ("ASK FROM <a:\\u0062> { }", "ASK                 { }", ["a:b"], []),
        ("ASK FROM <a:\\U00000063> { }", "ASK                     { }", ["a:c"], []),
        ("ASK FROM g:\\u0062 { ?s g:\\u0063 '\\u0064' }", "ASK          { ?s g:c '\\u0064' }", ["urn:b"], []),
        ("ASK FROM NAMED \\u0067:a\\U00000062c { }", "ASK                  { }", [], ["urn:abc"]),
        ("PREFIX h: <a:\\u0062> ASK FROM h:c { }", "PREFIX h: <a:\\u0062> ASK          { }", ["a:bc"], []),
        ("ASK FROM <here> FROM <a:1> { }", "ASK FROM <here> FROM <a:1> { }", [], []),
        ("ASK FROM x:a FROM <a:1> { }", "ASK FROM x:a FROM <a:1> { }", [], []),
        ("ASK { ?s ?p ?o }", "ASK { ?s ?p ?o }", [], []),
        ("ASK { ?s ?p 'from <a:1>' }", "ASK { ?s ?p 'from <a:1>' }", [], []),
    ],
)
def test_a_dataset_is_taken_out_whole_or_not_at_all(text: str, left: str, default: list[str], named: list[str]) -> None:
    """FROM and FROM NAMED give the graphs; an IRI that only the engine could make absolute leaves all as it is."""
    assert (left, default, named) == without_dataset(text, {"g": "urn:"})


@pytest.mark.parametrize(
    ("text", "stable"),
    [
        ("SELECT (NOW() AS ?t) { }", False),
        ("SELECT (UUID() AS ?t) { }", False),
        ("ASK { SERVICE <a:> { } }", False),
        ("SELECT (R\\u0041ND() AS ?t) { }", False),
        ("SELECT * { [] ?p ?o }", True),
        ("SELECT * { ?s ?p ( 1 2 ) }", True),
        ("CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { _:b ?p ?o } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { ?s ?p ( ?o ) } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER (?o > 1) }", True),
        ("SELECT ?now { [] ?now ?o }", True),
        ("ASK { ?s ?p ?o }", True),
    ],
)
def test_only_a_query_with_one_answer_is_stable(text: str, *, stable: bool) -> None:
    """Clocks, chance, other services and blank nodes of CONSTRUCT make another answer each time; those of WHERE not."""
    assert stable is is_stable(text)


@pytest.mark.parametrize("gap", ["", " ", "\n\t", "# now\n", " # one\r # two\n "])
@pytest.mark.parametrize("name", ["NOW", "now", "RAND", "UUID", "STRUUID", "BNODE"])
def test_every_function_that_answers_otherwise_each_time_is_seen(name: str, gap: str) -> None:
    """Clocks, chance and new blank nodes are seen whatever stands before the bracket; a variable is none."""
    assert not is_stable(f"SELECT ({name}{gap}() AS ?t) {{ }}")
    assert is_stable(f"SELECT ?{name} {{ ?s ?p ?{name} FILTER (?{name} > 1) }}")
