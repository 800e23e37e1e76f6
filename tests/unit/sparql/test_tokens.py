"""The scanner of SPARQL text: terminals of the grammar, places, and time that grows with the length alone."""

from __future__ import annotations

import time

import pyoxigraph as ox
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rdflib.plugins.sparql.parser import parseQuery

from dualbio.sparql.tokens import offset_of, place_of, read_tokens

PREFIXES = {"ex": "http://x/", "": "http://y/", "a.b-c": "http://z/"}


def kinds(text: str) -> list[tuple[str, str]]:
    """Return kind and text of each token but the end."""
    return [(token.kind, token.text) for token in read_tokens(text)][:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ex:a.b.c.", [("name", "ex:a.b.c"), (".", ".")]),
        ("ex:a\\.b%20c:d ex: :x", [("name", "ex:a\\.b%20c:d"), ("name", "ex:"), ("name", ":x")]),
        ("a.b-c:x", [("name", "a.b-c:x")]),
        ("_:a.b. _:1", [("label", "_:a.b"), (".", "."), ("label", "_:1")]),
        ("?x.ex:y", [("variable", "?x"), (".", "."), ("name", "ex:y")]),
        ("true.SERVICE ex:y", [("word", "true"), (".", "."), ("word", "SERVICE"), ("name", "ex:y")]),
        ("1.5e3 .5 1. 7", [("number", "1.5e3"), ("number", ".5"), ("number", "1"), (".", "."), ("number", "7")]),
        ("'x'@en-GB 'y'@ar--rtl.", [("string", "'x'"), ("language", "@en-GB"), ("string", "'y'"),
                                    ("language", "@ar--rtl"), (".", ".")]),
        ('"""a"b""c""" \'it\\\'s\' ""', [("string", '"""a"b""c"""'), ("string", "'it\\'s'"), ("string", '""')]),
        ("<a#b> # <c>\n<d\\u0041> <e f>", [("iri", "<a#b>"), ("iri", "<d\\u0041>"), ("<", "<"), ("word", "e"),
                                          ("word", "f"), (">", ">")]),
        ("'open\nx", [("broken", "'open"), ("word", "x")]),
        ('"""open\nx', [("broken", '"""open\nx')]),
        ("naïve:ß ?ß $x\u00b7", [("name", "naïve:ß"), ("variable", "?ß"), ("variable", "$x\u00b7")]),
        ("a\u00a0b", [("word", "a"), ("\u00a0", "\u00a0"), ("word", "b")]),
    ],
)  # fmt: skip
def test_terminals_are_those_of_the_grammar(text: str, expected: list[tuple[str, str]]) -> None:
    """SPARQL 1.1, section 19.8: the longest terminal wins."""
    assert expected == kinds(text)


def test_a_token_knows_its_place() -> None:
    """The places of a token cut its text out of the whole."""
    text = "SELECT ?x # all\n{ ?x ex:a.b '''y\n''' }"
    assert all(text[token.start : token.end] == token.text for token in read_tokens(text))


@given(st.text(alphabet="ab\n", max_size=40), st.data())
def test_line_and_column_lead_back_to_the_place(text: str, data: st.DataObject) -> None:
    """A place said as line and column is the same place."""
    offset = data.draw(st.integers(0, len(text)))
    assert offset == offset_of(text, *place_of(text, offset))


_LOCAL = st.from_regex(r"\A[a-z0-9_]([a-z0-9_.:\-]{0,6}[a-z0-9_:\-])?\Z")
_TERM = st.one_of(
    st.builds("{}:{}".format, st.sampled_from(["ex", "", "a.b-c"]), _LOCAL),
    st.from_regex(r"\A[?$][a-z_][a-z0-9_]{0,3}\Z"),
    st.from_regex(r"\A<http://x/[a-z#'?&=()]{0,5}>\Z"),
    st.from_regex(r"\A\"[a-z#'<>{}. ]{0,5}\"(@[a-z]{2}(-[A-Z]{2})?|\^\^ex:[a-z]{1,3})?\Z"),
    st.from_regex(r"\A'''[a-z#\"<>{}. \n]{0,5}'''\Z"),
    st.sampled_from(["1", "1.5", ".5", "1e3", "true", "_:b", "_:b1"]),
)
_BLANK = st.sampled_from([" ", "\n", "\t", " # ' \" <\n", "\r\n"])


@given(st.lists(_TERM, min_size=1, max_size=4), _BLANK)
def test_what_the_parsers_take_is_scanned_into_its_terms(terms: list[str], blank: str) -> None:
    """A query made of terms is taken by two parsers, and the scanner finds each term in it again."""
    patterns = [f"?s{blank}ex:p{blank}{term}{blank}." for term in terms]
    text = f"ASK{blank}{{{blank}{blank.join(patterns)}{blank}}}"
    try:
        parseQuery("".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items()) + text)
    except Exception:  # noqa: BLE001 - rdflib raises many kinds, and takes less than the grammar
        assume(False)
    found = [token.text for token in read_tokens(text)]
    at = 0
    for term in terms:
        parts = kinds(term)
        start = found.index(parts[0][1], at)
        assert [part for _, part in parts] == found[start : start + len(parts)]
        at = start + len(parts)


@given(st.text(alphabet="ab:.{}()<>'\"\\#? \n@^_1", max_size=60))
def test_every_character_is_in_one_token_or_between_two(text: str) -> None:
    """Tokens follow each other without overlap, and only blanks and comments lie between."""
    at = 0
    for token in read_tokens(text):
        between = text[at : token.start]
        assert token.start >= at
        assert all(line.lstrip(" \t\r").startswith("#") or not line.strip(" \t\r\n") for line in between.split("\n"))
        at = token.end


LENGTH = 300_000
HOSTILE = ["a.", '"\\', '"""\\', "<", "<a", "a", "?a ", "@a-", "(", "'\n", "'\"\"\"", "<\\u0061", "9.", "_:a.", "a:",
           "a:%4", "#", " ", "a-", "a:.", "SERVICE ", "\\u0041", "\ufeff", "::"]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    """A long text of anything is scanned at the pace of ordinary text; a quadratic pattern would take hours."""
    text = piece * (LENGTH // len(piece))
    started = time.process_time()
    count = sum(1 for _ in read_tokens(text))
    assert count <= len(text) + 1
    assert time.process_time() - started < 60


@pytest.mark.parametrize("text", ["ASK { ?s ex:a.b ?o }", "ASK { ?s ?p 'a'@en . ?s ?q 1.5 }"])
def test_the_engine_reads_what_is_scanned(text: str) -> None:
    """The engine takes the text with the prefixes of the tests."""
    assert not bool(ox.Store().query(text, prefixes=PREFIXES))
