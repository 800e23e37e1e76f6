"""What is known of a query without parsing it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.store.workers.syntax import canonical_text, find_clauses


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
        ("SELECT ?from { ?from ex:from 'FROM' } # FROM <g>", False),
    ],
)
def test_a_dataset_clause_is_found(text: str, *, dataset: bool) -> None:
    """A query with FROM chooses its own graphs."""
    assert dataset == find_clauses(text).dataset


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
