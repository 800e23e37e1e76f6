"""Syntax errors: the cause in plain words, at the place where the user wrote it."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.model.namespaces import PREFIXES
from dualbio.sparql.engine_text import engine_text
from dualbio.sparql.syntax_errors import SyntaxFault, explain

#: Words of the parser's own grammar tables, which tell a user nothing.
_PARSER_WORDS = re.compile(r"expected one of|Prefix not found|\['[A-Z0-9]|\.\.=|\\u\{|\[_\]|ENCODE_FOR_URI")


def fault(text: str, *, update: bool = False) -> SyntaxFault:
    """Return why the engine refuses a text."""
    given_text = engine_text(text)
    store = ox.Store()
    with pytest.raises(SyntaxError) as caught:
        (store.update if update else store.query)(given_text.text, prefixes=PREFIXES, base_iri="http://x/")
    return explain(given_text, str(caught.value), PREFIXES, update=update)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("SELECT ?s { ?s foo:bar ?o }", (1, 16), "the prefix 'foo:' is not declared"),
        ("SELECT ?s {\n ?s a dualbo:Study }", (2, 7), "did you mean 'dualbio'?"),
        ("SELECT ?s (COUNT(?p) AS ?n) { ?s ?p ?o }", (1, 8), "?s is neither grouped nor aggregated"),
        ("SELECT ?s ?o { ?s ?p ?o } GROUP BY ?s", (1, 11), "?o is neither grouped nor aggregated"),
        ("SELECT ?s { ?s ?p ?o } GROUP BY (STR(?s) AS ?t)", (1, 8), "?s is neither grouped nor aggregated"),
        ("SELECT ?o { { SELECT ?o (MAX(?n) AS ?m) { ?o ?p ?n } } }", (1, 22), "?o is neither grouped"),
        ("SELECT * { ?s ?p ?o } GROUP BY ?s", (1, 8), "SELECT * cannot stand with GROUP BY"),
        ('SELECT ?s { ?s rdfs:label ?l FILTER(REGEX(?l "x")) }', (1, 46), "two arguments of REGEX without a comma"),
        ('SELECT ?s { BIND(STRAFTER(STR(?l) "x") AS ?s) }', (1, 35), "two arguments of STRAFTER"),
        ("SELECT ?s, ?o { ?s ?p ?o }", (1, 10), "a comma between the variables"),
        ("SELECT * { VALUES ?x {1} BIND(2 AS ?x) }", (1, 36), "the variable ?x has a value already"),
        ("SELECT (1 AS ?s) { ?s ?p ?o }", (1, 14), "the variable ?s has a value already"),
        ("SELECT ?s { ?s\u00a0?p ?o }", (1, 15), "a non-breaking space"),
        ("SELECT ?s { ?s ?p ?o\u3000}", (1, 21), "the character U+3000"),
        ("SELECT ?s { ?s ?p \u201ca\u201d }", (1, 19), "opens no string"),
        ("SELECT ?s { ?s ?p 'a }", (1, 19), "is not closed"),
        ("SELECT ?s { ?s ?p '''a }\n", (1, 19), "end it with '''"),
        ("SELECT * { ?s ?p ?o", (1, 20), "the '{' of line 1, column 10 is not closed"),
        ("SELECT * { ?s ?p ?o FILTER(?o > 1 }", (1, 35), "the '(' of line 1, column 27 is still open"),
        ("SELECT * { ?s ?p ?o } }", (1, 23), "'}' closes nothing"),
        ("SELECT * { ?s ?p ?o FILTER ?o > 1 }", (1, 28), "FILTER without brackets"),
        ("SELECT ?s (?o + 1) { ?s ?p ?o }", (1, 11), "an expression without a name"),
        ("SELECT * { ?s a Study }", (1, 17), "'Study' is not a SPARQL keyword"),
        ("SELEC * { }", (1, 1), "did you mean 'select'?"),
        ("SELECT * { FILTER(foo(?s)) }", (1, 19), "'foo' is not a SPARQL function"),
        ("SELECT * { ?s a <http://a b> }", (1, 17), "an IRI with a character that it may not have"),
        ("SELECT ?x { ?x ?p < http://a b> }", (1, 21), "the prefix 'http:' is not declared"),
        ("SELECT * { ?s ?p ?o FILTER(COUNT(?s) > 1) }", (1, 28), "COUNT cannot stand in FILTER; repair: HAVING"),
        ("SELECT ?n { ?s ?p ?o BIND(sum(?o) AS ?n) }", (1, 27), "SUM cannot stand in BIND"),
        ("SELECT * { ?s ?p }", (1, 18), "2 of 3 terms of a triple"),
        ("SELECT * { ?s ?p ?o ?t ?q ?r }", (1, 30), "a '.' or ';' is missing"),
        ("SELECT * { VALUES (?a ?b) { (1 2) ('x'@en) } }", (1, 35), "a row of 1 term for 2 variables"),
        ("SELECT * { ?s ?p _:b OPTIONAL { _:b ?q ?r } }", (1, 33), "the blank node _:b stands in two groups"),
        ("PREFIX ex <http://x/> ASK {}", (1, 8), "'ex' is not a prefix"),
        ("SELECT * { ?s ?p ?o } HAVING (COUNT(?s) > 1)", (1, 8), "SELECT * cannot stand with HAVING"),
        ("SELECT * { FILTER(?x > ) }", (1, 24), "')' behind '>'; repair: put a term between them"),
        ("SELECT * { FILTER(?x = 1 2) }", (1, 26), "'1' and '2' without an operator; repair: put one"),
        ("SELECT * { ?s (dualbio:a|) ?o }", (1, 26), "')' behind '|'"),
        ("SELECT * { FILTER(STRLEN()) }", (1, 26), "STRLEN without an argument"),
        ("SELECT * { } LIMIT abc", (1, 20), "LIMIT is followed by 'abc'; accepted: a whole number"),
        ("SELECT * { } LIMIT -1", (1, 20), "LIMIT is followed by '-'; accepted: a whole number"),
        ("SELECT * { } OFFSET 1.5", (1, 21), "OFFSET is followed by '1.5'; accepted: a whole number"),
        ("SELECT * { } ORDER ?s", (1, 20), "ORDER is followed by '?s'; accepted: BY"),
        ("SELECT * { } ORDER BY LIMIT 5", (1, 23), "BY is followed by 'LIMIT'; accepted: a variable, or an expression"),
        ("ASK", (1, 4), "ASK is followed by nothing; accepted: { … }"),
        ("DESCRIBE", (1, 9), "DESCRIBE is followed by nothing; accepted: a thing, a variable or *"),
        ("SELECT * { OPTIONAL ?s ?p ?o }", (1, 21), "OPTIONAL is followed by '?s'; accepted: { … }"),
        ("SELECT * { GRAPH { ?s ?p ?o } }", (1, 18), "GRAPH is followed by '{'; accepted: a variable, or a name"),
        ("SELECT * FROM { ?s ?p ?o }", (1, 15), "FROM is followed by '{'; accepted: the name of a graph"),
        ("SELECT DISTINCT { ?s ?p ?o }", (1, 17), "DISTINCT is followed by '{'; accepted: variables, or *"),
        ("SELECT * { FILTER EXISTS ?s }", (1, 26), "EXISTS is followed by '?s'; accepted: { … }"),
        ("SELECT * { ?s ?p 'a'@ }", (1, 21), "'@' without a language"),
        ("SELECT * { ?s ?p 'a\\\\b\\q' }", (1, 23), "'\\q' is not an escape"),
        ("BASE <x SELECT * {}", (1, 6), "the IRI that begins here is not closed"),
        ("INSERT DATA { }", (1, 1), "INSERT begins an update"),
        ("", (1, 1), "the query is empty"),
        ("# nothing", (1, 1), "the query is empty"),
        ("SELECT * { ?s step:a.b.c ?o ; rdfs:l\\u0061bel ?l . ?s foo:bar ?o }", (1, 55), "'foo:' is not declared"),
    ],
)  # fmt: skip
def test_the_cause_is_named_where_it_is(text: str, place: tuple[int, int], words: str) -> None:
    """Prefix, variable, comma, bracket, blank: what is wrong and where, in the text as written."""
    found = fault(text)
    assert words in found.words
    assert place == (found.line, found.column)


@pytest.mark.parametrize("iri", ["<http://x/\\u12>", "<ftp://x/\\U0012zz>", "<\\u12>"])
def test_an_escape_of_an_iri_has_all_its_digits(iri: str) -> None:
    """The escape is told, whatever the address is, and not taken for a prefix or a word (SPARQL 1.1, section 19.2)."""
    found = fault(f"ASK {{ ?s ?p {iri} }}")
    assert found.words.startswith("an escape in an IRI without its digits")
    assert (1, 14) <= (found.line, found.column) <= (1, 14 + len(iri))


#: More tokens than a text may have whose causes are looked for one by one.
LONG = f"VALUES ?v {{ {'1 ' * 5000}}}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT ?s { ?s ?p ?o } ORDER BY COUNT(?s)", "the SELECT contains a variable that is unbound"),
        ("SELECT ?s ?s { ?s ?p ?o }", "Duplicated variable name in SELECT"),
        ("ASK { ?s ?p 'a'@longerthaneight }", "language tag parsing failed"),
        (f"SELECT (1 AS ?s) {{ ?s ?p ?o {LONG} }}", "the SELECT overrides an existing variable using an expression"),
        (f"SELECT * {{ ?s ?p ?o {LONG} }} GROUP BY ?s", "SELECT * is not authorized with GROUP BY"),
    ],
    ids=["unbound", "duplicated", "language", "overrides", "grouped"],
)
def test_a_reason_that_the_engine_gives_is_told(text: str, reason: str) -> None:
    """Where no cause is found, or a text is too long to look for it, the engine's own reason stands in brackets."""
    assert f"({reason})" in fault(text).words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT * { }", "SELECT begins a query"),
        ("INSERT DATA { <a> foo:b 1 }", "the prefix 'foo:' is not declared"),
        ("INSERT DATA { <a> <b> ?x }", "the variable ?x in DATA"),
        ("INSERT { <a> <b> 1 } WHERE { ?x ?y }", "2 of 3 terms of a triple"),
        ("INSERT { <a> <b> 1 } WHERE", "WHERE is followed by nothing; accepted: { … }"),
        ("DELETE DATA { _:a <b> 1 }", "the blank node _:a in DELETE, where it names nothing"),
        ("CLEAR", "CLEAR is followed by nothing; accepted: GRAPH <…>, DEFAULT, NAMED or ALL"),
        ("DROP GRAPH", "GRAPH is followed by nothing"),
        ("LOAD <http://a/> INTO <http://b/>", "INTO is followed by '<http://b/>'; accepted: GRAPH <…>"),
        ("CREATE GRAPH <nope", "the IRI that begins here is not closed"),
    ],
)
def test_updates_are_explained_too(text: str, words: str) -> None:
    """An update has the same causes."""
    assert words in fault(text, update=True).words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the query is empty; accepted: SELECT, ASK, CONSTRUCT or DESCRIBE"),
        (
            "SELECT ?s { ?s foo:bar ?o }",
            "the prefix 'foo:' is not declared; repair: PREFIX foo: <…> in front, or a whole <IRI>",
        ),
        (
            "SELECT ?s (COUNT(?p) AS ?n) { ?s ?p ?o }",
            (
                "the variable ?s is neither grouped nor aggregated; repair: add it to GROUP BY, "
                "or write (SAMPLE(?s) AS ?sSample)"
            ),
        ),
        (
            "SELECT * { ?s ?p ?o } GROUP BY ?s",
            "SELECT * cannot stand with GROUP BY; repair: name the grouped variables",
        ),
        (
            "SELECT * { ?s ?p ?o } HAVING (COUNT(?s) > 1)",
            "SELECT * cannot stand with HAVING; repair: GROUP BY, and name the grouped variables",
        ),
        (
            "SELECT (1 AS ?s) { ?s ?p ?o }",
            "the variable ?s has a value already and cannot be set again; repair: give the result another name",
        ),
        ("SELECT ?s { ?s ?p 'a }", "the string that begins here is not closed; repair: end it with '"),
        ("SELECT * { ?s ?p ?o } }", "'}' closes nothing; repair: remove it, or open it before"),
        (
            "SELECT * { ?s ?p ?o FILTER(?o > 1 }",
            "'}' where the '(' of line 1, column 27 is still open; repair: close that with ')' first",
        ),
        (
            "SELECT * { ?s ?p ?o",
            "the text ends and the '{' of line 1, column 10 is not closed; repair: add '}'",
        ),
        (
            "SELECT * { ?s a Xkcdw }",
            "'Xkcdw' is not a SPARQL keyword; repair: a name needs its prefix, a text its quotes",
        ),
        ("INSERT DATA { }", "INSERT begins an update, where a query was expected; this looks like an update"),
        (
            "SELECT * { ?s ?p ?o FILTER(COUNT(?s) > 1) }",
            "COUNT cannot stand in FILTER; repair: HAVING behind GROUP BY, or a sub-SELECT",
        ),
        ("SELECT * { ?s ?p }", "'}' after 2 of 3 terms of a triple: a term is missing before it"),
        ("SELECT ?s, ?o { ?s ?p ?o }", "a comma between the variables of SELECT; repair: remove it"),
        ("SELECT * { ?s ?p ?o FILTER ?o > 1 }", "FILTER without brackets; repair: FILTER ( … )"),
    ],
)
def test_the_whole_sentence_says_what_is_wrong_and_how_to_repair_it(text: str, words: str) -> None:
    """A user reads nothing but this."""
    assert words == fault(text).words


_PIECES = ["SELECT", "ASK", "?s", "?o", "{", "}", "(", ")", "[", "FILTER", "ex:a", "rdfs:label", "'x'", "1", ".", ";",
           ",", "GROUP BY", "AS", "BIND", "VALUES", "*", "|", "^", "<http://x/>", "COUNT", "@en", "\u00a0",
           "\n"]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=15))
def test_no_word_of_the_parser_reaches_a_user(pieces: list[str]) -> None:
    """Whatever is refused, line and column lie in the text, and the words are not those of the parser's tables."""
    text = " ".join(pieces)
    try:
        ox.Store().query(engine_text(text).text, prefixes=PREFIXES)
    except SyntaxError as error:
        found = explain(engine_text(text), str(error), PREFIXES)
    except RuntimeError:
        return
    else:
        return
    assert found.line is not None
    assert found.column is not None
    assert found.line <= text.count("\n") + 1
    assert 1 <= found.column <= len(text.split("\n")[found.line - 1]) + 1
    assert not _PARSER_WORDS.search(found.words)
