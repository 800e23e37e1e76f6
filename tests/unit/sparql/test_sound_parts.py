"""What is sound in a broken text is not blamed: the fault is what was put behind a text that the engine takes."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from rdflib.plugins.sparql.parser import BuiltInCall

from dualbio.model.namespaces import PREFIXES
from dualbio.sparql.engine_text import engine_text
from dualbio.sparql.syntax_errors import explain

#: The functions of SPARQL 1.1, as the grammar of another library has them, but for those that take a group.
FUNCTIONS = sorted(
    name.partition("_")[2].upper()
    for name in str(BuiltInCall).replace("{", "").replace("}", "").split(" | ")
    if name.startswith("Builtin_") and "EXISTS" not in name
)
#: Those of SPARQL 1.2 (https://www.w3.org/TR/sparql12-query/#rBuiltInCall).
NEWER = ("LANGDIR", "STRLANGDIR", "HASLANG", "HASLANGDIR", "ISTRIPLE", "TRIPLE", "SUBJECT", "PREDICATE", "OBJECT")
AGGREGATES = ("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT")
#: Queries with every clause, and with each kind of term that a keyword may have behind it.
QUERIES = (
    "ASK { ?s ?p ?o }",
    "ASK WHERE { ?s ?p ?o }",
    "ASK FROM <http://x/g> { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o }",
    "SELECT ?s WHERE { ?s ?p ?o }",
    "SELECT (STR(?s) AS ?name) { ?s ?p ?o }",
    "SELECT DISTINCT * { ?s ?p ?o }",
    "SELECT DISTINCT ?s { ?s ?p ?o }",
    "SELECT DISTINCT (STR(?s) AS ?name) { ?s ?p ?o }",
    "SELECT REDUCED * { ?s ?p ?o }",
    "SELECT REDUCED ?s { ?s ?p ?o }",
    "SELECT REDUCED (STR(?s) AS ?name) { ?s ?p ?o }",
    "SELECT * FROM <http://x/g> FROM graph:entities FROM NAMED <http://x/h> { ?s ?p ?o }",
    "SELECT * { GRAPH <http://x/g> { ?s ?p ?o } GRAPH graph:entities { ?s ?p ?o } GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o OPTIONAL { ?s a ?c } MINUS { ?s a ?d } { ?a ?b ?c } UNION { ?d ?e ?f } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { ?s a ?c } FILTER NOT EXISTS { ?s a ?d } }",
    "SELECT * { SERVICE <http://x/s> { ?s ?p ?o } SERVICE SILENT <http://x/s> { ?s ?p ?o } SERVICE ?g { ?s ?p ?o } }",
    "SELECT * { SERVICE graph:entities { ?s ?p ?o } }",
    "SELECT * { VALUES ?s { <http://x/a> UNDEF true 1 'a'@en } VALUES (?a ?b) { (1 2) (UNDEF false) } }",
    "SELECT * { BIND (1 + 2 AS ?x) FILTER (?x IN (1, 2) && ?x NOT IN (3)) FILTER (!(?x = 4) || -?x < 0) }",
    "SELECT * { ?s ?p ?o } ORDER BY ?s",
    "SELECT * { ?s ?p ?o } ORDER BY ASC(?s) DESC(?o) STRLEN(?p)",
    "SELECT * { ?s ?p ?o } ORDER BY DESC(?o)",
    "SELECT * { ?s ?p ?o } ORDER BY (?s + 1)",
    "SELECT * { ?s ?p ?o } ORDER BY xsd:integer(?s)",
    "SELECT * { ?s ?p ?o } ORDER BY <http://www.w3.org/2001/XMLSchema#integer>(?s) LIMIT 1 OFFSET 2",
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING (COUNT(?o) > 1)",
    "SELECT ?x { ?s ?p ?o } GROUP BY (STR(?s) AS ?x)",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY STR(?s)",
    "SELECT (COUNT(DISTINCT *) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT -?o) AS ?n) (COUNT(DISTINCT !?o) AS ?m) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT 1) AS ?n) (COUNT(DISTINCT 'a') AS ?m) (COUNT(DISTINCT STR(?o)) AS ?k) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT <http://x/a>) AS ?n) (COUNT(DISTINCT graph:entities) AS ?m) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT (?o + 1)) AS ?n) { ?s ?p ?o }",
    "SELECT (GROUP_CONCAT(DISTINCT ?s; SEPARATOR = ', ') AS ?all) { ?s ?p ?o }",
    "SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 1 } }",
    "SELECT * { ?s ?p ?o LATERAL { SELECT ?c { ?s a ?c } LIMIT 1 } }",
    "DESCRIBE <http://x/a>",
    "DESCRIBE graph:entities",
    "DESCRIBE ?s { ?s ?p ?o }",
    "DESCRIBE * { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "BASE <http://x/> PREFIX y: <http://y/> ASK { <a> a y:B ; y:c \"\"\"long\"\"\", '''long'''^^xsd:string }",
    "VERSION '1.2' ASK { ?s ?p '\\t\\b\\n\\r\\f\\\"\\'\\\\\\u00e9\\U000000e9' }",
)
UPDATES = (
    *(
        f"{keyword} {silent}{target}"
        for keyword in ("CLEAR", "DROP")
        for silent in ("", "SILENT ")
        for target in ("GRAPH <http://x/g>", "GRAPH graph:entities", "DEFAULT", "NAMED", "ALL")
    ),
    "CREATE GRAPH <http://x/g>",
    "CREATE SILENT GRAPH <http://x/g>",
    "LOAD <http://x/f> INTO GRAPH <http://x/g>",
    "LOAD SILENT <http://x/f>",
    "COPY DEFAULT TO <http://x/g>",
    "MOVE SILENT GRAPH <http://x/g> TO GRAPH <http://x/h>",
    "ADD <http://x/g> TO DEFAULT",
    "INSERT DATA { <http://x/a> a <http://x/B> }",
    "INSERT DATA { GRAPH <http://x/g> { <http://x/a> a <http://x/B> } }",
    "DELETE DATA { <http://x/a> a <http://x/B> }",
    "DELETE WHERE { ?s ?p ?o }",
    "DELETE { ?s ?p ?o } INSERT { ?s a ?o } USING <http://x/g> USING NAMED <http://x/h> WHERE { ?s ?p ?o }",
    "WITH <http://x/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
)
#: A text, which nothing takes at its end.
SURPLUS = "'surplus'"
#: What is said where no part is to blame: at the surplus, or at the end, as the engine told the place.
TOLD = {
    f"'{SURPLUS}' is not expected here",
    "the text is whole, but not SPARQL; repair: look at the end of its last clauses",
}


def taken(text: str, *, update: bool = False) -> str | None:
    """Return why the engine refuses a text, in its words; None where it takes it."""
    store = ox.Store()
    try:
        if update:
            store.update(text, prefixes=PREFIXES, base_iri="http://x/")
        else:
            store.query(text, prefixes=PREFIXES, base_iri="http://x/")
    except SyntaxError as error:
        return str(error)
    except (OSError, RuntimeError):  # it was read, and nothing answers at that address
        return None
    return None


def blamed(text: str, *, update: bool = False) -> str:
    """Return what is said to be wrong with a sound text that has a text too much behind it."""
    assert taken(text, update=update) is None, text
    message = taken(f"{text} {SURPLUS}", update=update)
    assert message is not None
    return explain(engine_text(f"{text} {SURPLUS}"), message, PREFIXES, update=update).words


@pytest.mark.parametrize("text", QUERIES)
def test_no_clause_of_a_sound_query_is_blamed(text: str) -> None:
    """Each keyword, and each term that may follow it, is known."""
    assert TOLD >= {blamed(text)}


@pytest.mark.parametrize("text", UPDATES)
def test_no_clause_of_a_sound_update_is_blamed(text: str) -> None:
    """Each keyword, and each term that may follow it, is known."""
    assert TOLD >= {blamed(text, update=True)}


@pytest.mark.parametrize("name", [*FUNCTIONS, *NEWER])
def test_no_function_of_the_language_is_blamed(name: str) -> None:
    """Every function of the standard is known, with each number of arguments that the engine takes."""
    texts = [f"ASK {{ BIND ({name}({', '.join(('?a', '?b', '?c', '?d')[:n])}) AS ?x) }}" for n in range(5)]
    sound = [text for text in texts if taken(text) is None]
    assert sound
    assert TOLD >= {blamed(text) for text in sound}


@pytest.mark.parametrize("name", AGGREGATES)
def test_no_aggregate_of_the_language_is_blamed(name: str) -> None:
    """Every aggregate is known where it may stand, and is told where it may not."""
    assert TOLD >= {blamed(f"SELECT ({name}(?o) AS ?x) {{ ?s ?p ?o }}")}
    text = f"SELECT * {{ ?s ?p ?o FILTER ({name}(?o) > 1) }}"
    assert explain(engine_text(text), taken(text) or "", PREFIXES).words.startswith(f"{name} cannot stand in FILTER")


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_is_not_an_update(text: str) -> None:
    """Where an update was expected, the first word behind the prologue tells that it is a query."""
    words = explain(engine_text(text), taken(text, update=True) or "", PREFIXES, update=True).words
    assert words.endswith("begins a query, where an update was expected; this looks like a query")


@pytest.mark.parametrize("text", UPDATES)
def test_an_update_is_not_a_query(text: str) -> None:
    """Where a query was expected, the first word tells that it is an update."""
    words = explain(engine_text(text), taken(text) or "", PREFIXES).words
    assert words.endswith("begins an update, where a query was expected; this looks like an update")


def test_a_variable_behind_data_is_not_in_it() -> None:
    """DATA ends with its bracket; what stands behind it is another fault."""
    text = "INSERT DATA { GRAPH <http://x/g> { <http://x/a> a <http://x/B> } } ?s"
    words = explain(engine_text(text), taken(text, update=True) or "", PREFIXES, update=True).words
    assert "in DATA" not in words
    inside = "INSERT DATA { GRAPH <http://x/g> { <http://x/a> a <http://x/B> } <http://x/a> a ?s }"
    words = explain(engine_text(inside), taken(inside, update=True) or "", PREFIXES, update=True).words
    assert words.startswith("the variable ?s in DATA")
