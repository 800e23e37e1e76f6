"""The operations of an update: which each is, what it writes and fetches, and where its parts stand."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.sparql.operations import GraphTarget, UnclearUpdateError, read_operations

DEFAULT = GraphTarget("default", "DEFAULT")
G, H = GraphTarget("graph", "<g:1>"), GraphTarget("graph", "<g:2>")
ANY = GraphTarget("variable", "?g")

#: Each form of SPARQL 1.1 Update §3: its text, its kind, the graphs that it may change.
FORMS = [
    ("INSERT DATA { <s:> <p:> 1 }", "INSERT DATA", [DEFAULT]),
    ("INSERT DATA { GRAPH <g:1> { <s:> <p:> 1 } }", "INSERT DATA", [G]),
    (
        "INSERT DATA { <s:> <p:> 1 . GRAPH <g:1> { <s:> <p:> 1 } GRAPH <g:1> { <s:> <p:> 2 } }",
        "INSERT DATA",
        [DEFAULT, G],
    ),
    ("INSERT DATA { }", "INSERT DATA", []),
    ("INSERT DATA { [ <p:> ( 1 [ ] ) ] <p:> 1 }", "INSERT DATA", [DEFAULT]),
    ("DELETE DATA { <s:> <p:> 1 }", "DELETE DATA", [DEFAULT]),
    ("DELETE WHERE { ?s ?p 1 }", "DELETE WHERE", [DEFAULT]),
    ("DELETE WHERE { GRAPH ?g { ?s ?p 1 } }", "DELETE WHERE", [ANY]),
    ("DELETE { ?s ?p 1 } WHERE { ?s ?p 1 }", "MODIFY", [DEFAULT]),
    ("INSERT { ?s ?p 1 } WHERE { ?s ?p 2 }", "MODIFY", [DEFAULT]),
    ("DELETE { GRAPH <g:1> { ?s ?p 1 } } INSERT { ?s ?p 2 } WHERE { ?s ?p 1 }", "MODIFY", [G, DEFAULT]),
    ("WITH <g:1> DELETE { ?s ?p 1 } INSERT { GRAPH <g:2> { ?s ?p 2 } } WHERE { ?s ?p 1 }", "MODIFY", [G, H]),
    ("WITH <g:1> INSERT { ?s ?p 2 } WHERE { ?s ?p 1 }", "MODIFY", [G]),
    ("LOAD <d:>", "LOAD", [DEFAULT]),
    ("LOAD SILENT <d:> INTO GRAPH <g:1>", "LOAD", [G]),
    ("CLEAR DEFAULT", "CLEAR", [DEFAULT]),
    ("CLEAR SILENT GRAPH <g:1>", "CLEAR", [G]),
    ("CLEAR NAMED", "CLEAR", [GraphTarget("many", "NAMED")]),
    ("DROP ALL", "DROP", [GraphTarget("many", "ALL")]),
    ("CREATE GRAPH <g:1>", "CREATE", [G]),
    ("ADD <g:1> TO <g:2>", "ADD", [H]),
    ("ADD SILENT GRAPH <g:1> TO DEFAULT", "ADD", [DEFAULT]),
    ("COPY DEFAULT TO GRAPH <g:2>", "COPY", [H]),
    ("MOVE <g:1> TO <g:2>", "MOVE", [H, G]),
]


@pytest.mark.parametrize(("text", "kind", "writes"), FORMS)
def test_an_operation_changes_the_graphs_that_it_names(text: str, kind: str, writes: list[GraphTarget]) -> None:
    """Each form of an update has its kind, and every graph that it may change, whoever moves, loads or adds."""
    [operation] = read_operations(text)
    assert (kind, writes) == (operation.kind, operation.writes)
    assert text == text[operation.start : operation.end]
    assert (["<d:>"] if kind == "LOAD" else []) == operation.loads
    assert text.startswith("WITH") == operation.dataset


@pytest.mark.parametrize("text", [form for form, _, _ in FORMS if not form.startswith("LOAD")])
def test_the_forms_are_ones_that_the_engine_takes(text: str) -> None:
    """What is read here is what the engine runs."""
    ox.Store().update(text.replace("CREATE", "CREATE SILENT").replace("MOVE", "MOVE SILENT"))


@pytest.mark.parametrize(
    ("text", "dataset", "where"),
    [
        ("DELETE { ?s ?p 1 } WHERE { ?s ?p 1 }", False, "WHERE { ?s ?p 1 }"),
        ("DELETE { ?s ?p 1 } USING <g:1> USING NAMED <g:2> WHERE { ?s ?p 1 }", True, "USING <g:1>"),
        ("WITH <g:1> DELETE { ?s ?p 1 } WHERE { ?s ?p 1 }", True, "WHERE { ?s ?p 1 }"),
        ("DELETE WHERE { ?s ?p 1 }", False, "DELETE WHERE"),
    ],
)
def test_a_dataset_may_be_put_where_the_operation_has_none(text: str, dataset: bool, where: str) -> None:
    """WITH and USING are the dataset of an operation; else the place for one stands before WHERE."""
    [operation] = read_operations(text)
    assert operation.where is not None
    assert dataset is operation.dataset
    assert text[operation.where :].startswith(where)


@pytest.mark.parametrize("text", ["INSERT DATA { <s:> <p:> 1 }", "CLEAR ALL", "LOAD <d:>", "ADD <g:1> TO <g:2>"])
def test_what_asks_nothing_takes_no_dataset(text: str) -> None:
    """An operation without a pattern has no place for USING."""
    [operation] = read_operations(text)
    assert (None, None, False) == (operation.where, operation.pattern, operation.dataset)


def test_the_pattern_of_delete_where_is_found() -> None:
    """It is both what is asked for and what is deleted, so both must be written when a dataset is put in."""
    text = "DELETE WHERE { ?s ?p 1 . GRAPH ?g { ?s ?p 2 } } ; CLEAR ALL"
    operation, _ = read_operations(text)
    assert operation.pattern is not None
    assert "{ ?s ?p 1 . GRAPH ?g { ?s ?p 2 } }" == text[slice(*operation.pattern)]


def test_declarations_hold_for_all_that_follows() -> None:
    """An operation is read with the declarations before it, and with none that come later."""
    text = "BASE <b:> PREFIX a: <a:> CLEAR GRAPH a:g ; PREFIX c: <c:> DROP GRAPH c:g ;"
    first, second = read_operations(text)
    assert ["BASE <b:>", "PREFIX a: <a:>"] == [text[slice(*part)] for part in first.prologue]
    assert [*first.prologue, (text.index("PREFIX c:"), text.index(" DROP"))] == second.prologue
    assert ["CLEAR GRAPH a:g", "DROP GRAPH c:g"] == [text[each.start : each.end] for each in (first, second)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT * { }", "'SELECT' where LOAD or CLEAR"),
        ("CLEAR ALL CLEAR ALL", "'CLEAR' after an operation"),
        ("CLEAR GRAPH ?g", "'[?]g' where a name was expected"),
        ("CLEAR", "'' where GRAPH or DEFAULT or NAMED or ALL was expected"),
        ("LOAD", "the text ends early"),
        ("LOAD <d:> INTO <g:1>", "'<g:1>' where GRAPH was expected"),
        ("ADD graph:a TO <g:2>", "'graph:a' may be a name or GRAPH and a name"),
        ("ADD <g:1> <g:2>", "'<g:2>' where TO was expected"),
        ("WITH <g:1> WHERE { }", "'WHERE' where DELETE or INSERT was expected"),
        ("DELETE { ?s ?p 1 } INSERT DATA { }", "no group where one was expected"),
        ("DELETE { { ?s ?p 1 } } WHERE { }", "a group of triples without GRAPH"),
        ("DELETE { GRAPH 1 { ?s ?p 1 } } WHERE { }", "'1' where a graph was expected"),
        ("DELETE { GRAPH <g:1> ?s } WHERE { }", "'[?]s' where a group was expected"),
        ("DELETE { ?s ?p ) } WHERE { }", "'[)]' closes nothing"),
        ("DELETE { ?s ?p ( 1 ] } WHERE { }", "'[]]' closes nothing"),
        ("DELETE { ?s ?p 1 ", "the text ends early"),
    ],
)
def test_what_is_no_operation_is_refused(text: str, words: str) -> None:
    """Whatever cannot be followed is refused, so that nothing is written that was not seen to be allowed."""
    with pytest.raises(UnclearUpdateError, match=words):
        read_operations(text)


@pytest.mark.parametrize(
    ("text", "ambiguous"),
    [
        ("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER (?o <a#b> ?s) }", True),
        ("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER (?o <a> ?s) }", False),
        ("DELETE { ?s ?p ?o } WHERE { ?s <a#b> ?o FILTER (?o < 1) }", False),
        ("DELETE { ?s <a> ?o } WHERE { ?s ?p ?o FILTER (<a#b> = ?o) }", False),
    ],
)
def test_an_iri_that_may_hide_the_rest_of_the_text_is_told(text: str, ambiguous: bool) -> None:
    """In brackets, `<a#b>` behind a value may be a comparison and a comment for the engine; outside it is an IRI."""
    [operation] = read_operations(text)
    assert ambiguous is operation.ambiguous
