"""What the engine is given: legal queries that it would refuse are rewritten, with the places of errors kept."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.model.namespaces import PREFIXES
from dualbio.sparql.engine_text import DEPTH, LENGTH, WHOLE_IRI, QueryDepthError, engine_text
from dualbio.sparql.paths import with_zero_length_paths
from dualbio.sparql.tokens import place_of


def answer(text: str, store: ox.Store | None = None) -> list[tuple[str, ...]]:
    """Return the rows of a query over a store, by default an empty one."""
    data = store or ox.Store()
    given_text = with_zero_length_paths(engine_text(text), data, PREFIXES).text
    found = data.query(given_text, prefixes=PREFIXES, base_iri="http://x/", use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    return sorted(tuple(str(term) for term in row) for row in found)


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("step:a.b.c", "https://w3id.org/dualbio/step/a.b.c"),
        ("estimate:a.b-c.d.e", "https://w3id.org/dualbio/estimate/a.b-c.d.e"),
        ("query:a..b.c", "https://w3id.org/dualbio/query/a..b.c"),
        ("step:a\\.b.c.d", "https://w3id.org/dualbio/step/a.b.c.d"),
        ("step:1.-.-.-", "https://w3id.org/dualbio/step/1.-.-.-"),
        ("step:a%20.b.c", "https://w3id.org/dualbio/step/a%20.b.c"),
        ("step:a\\;.b.c", "https://w3id.org/dualbio/step/a;.b.c"),
        ("step:a:b.c:d.e", "https://w3id.org/dualbio/step/a:b.c:d.e"),
        ("step:l\\u0061bel", "https://w3id.org/dualbio/step/label"),
        ("st\\u0065p:x\\U0000002Ey.z.w", "https://w3id.org/dualbio/step/x.y.z.w"),
    ],
)
def test_legal_names_are_taken(name: str, iri: str) -> None:
    """Names with any dots and code point escapes mean the same IRI everywhere in a query."""
    assert [(f"<{iri}>",)] == answer(f"SELECT ?x {{ VALUES ?x {{ {name} }} }}")
    assert [(f"<{iri}>",)] == answer(f"SELECT ?x {{ BIND({name} AS ?x) }}")
    assert [] == answer(f"SELECT * {{ ?x {name}/{name}|^{name} {name}. {name} ?y ?z }}")


_SEGMENT = st.text(alphabet="abz09_-", min_size=1, max_size=3)


@given(st.lists(_SEGMENT, min_size=1, max_size=6))
def test_any_dots_inside_a_name_are_taken(segments: list[str]) -> None:
    """The IRI of a name is that of its prefix and all that follows."""
    local = ".".join([segments[0].replace("-", "x"), *segments[1:]])
    assert [(f"<{PREFIXES['step']}{local}>",)] == answer(f"SELECT ?x {{ VALUES ?x {{ step:{local} }} }}")


@pytest.mark.parametrize(
    "text",
    ["\ufeffASK {}", "S\\u0045LECT * { }", "ASK { ?\\u0078 ?p ?x }", "ASK { ?x ?p '\\u0022' . ?x ?p <urn:\\u0061> }"],
)
def test_escapes_and_the_mark_are_taken_anywhere(text: str) -> None:
    """A byte order mark is no part of a query; an escape is its character, also in a keyword."""
    ox.Store().query(engine_text(text).text)


@pytest.mark.parametrize("text", ["ASK { \\u0022x\\u0022 ?p ?o }", "ASK\\u0020{ }", "ASK { ?x ?p \\u003Curn:a> }"])
def test_an_escape_opens_and_parts_nothing(text: str) -> None:
    """Section 19.2: an escape stands for a character of a name, not for a quotation mark, a blank or a bracket."""
    with pytest.raises(SyntaxError):
        ox.Store().query(engine_text(text).text)


@given(st.lists(st.sampled_from(["step:a.b.c", "rdfs:l\\u0061bel", "?x", "'a.b.c'", "<http://a.b.c/>", "\n"])))
def test_places_are_those_of_the_text_as_written(parts: list[str]) -> None:
    """Whatever was rewritten before it, a character is found again where the user wrote it."""
    text = " ".join([*parts, "@@", *parts])
    made = engine_text(text)
    line, column = place_of(made.text, made.text.index("@@"))
    assert place_of(text, text.index("@@")) == made.place(line, column)


@pytest.mark.parametrize(
    "text",
    [
        "ASK " + "{" * 5000 + "}" * 5000,
        "ASK { FILTER(" + "(" * 5000 + "1" + ")" * 5000 + ") }",
        "ASK { FILTER(" + "!" * 50_000 + "true) }",
        "ASK { FILTER(" + "ABS(" * 3000 + "1" + ")" * 3000 + ") }",
        "ASK { FILTER(" + " && ".join(["?a"] * 50_000) + ") }",
        "ASK { FILTER(" + " + ".join(["?a"] * 50_000) + ") }",
        "ASK { " + " UNION ".join(["{?a ?b ?c}"] * 30_000) + " }",
        "ASK { " + "FILTER(?a) " * 30_000 + " }",
        "ASK { ?a " + "|".join(["<u:p>"] * 50_000) + " ?b }",
    ],
    ids=lambda text: text[:20],
)
def test_what_would_overrun_the_parser_is_refused(text: str) -> None:
    """Each of these ends the process when the engine parses it; the refusal says where the bound was met."""
    with pytest.raises(QueryDepthError, match="line 1, column"):
        engine_text(text)


FLATTEN = "more than 200 levels of brackets; repair: flatten its groups"
VALUES = "more than 2000 operators or clauses; repair: give values by VALUES or IN"


@pytest.mark.parametrize(
    ("taken", "refused", "column", "words"),
    [
        (
            "ASK {\n" + "{" * (DEPTH - 1) + "}" * (DEPTH - 1) + "FILTER(?a)}",
            "ASK {\n" + "{" * DEPTH + "}" * DEPTH + "}",
            DEPTH,
            FLATTEN,
        ),
        ("ASK {\nFILTER(" + "!" * DEPTH + "?a)}", "ASK {\nFILTER(" + "!" * (DEPTH + 1) + "?a)}", 8 + DEPTH, FLATTEN),
        (
            "ASK {\nFILTER(" + "+".join("1" * (LENGTH + 1)) + ")}",
            "ASK {\nFILTER(" + "+".join("1" * (LENGTH + 2)) + ")}",
            9 + 2 * LENGTH,
            VALUES,
        ),
        ("ASK {\n" + "BIND(1 AS ?a)" * LENGTH + "}", "ASK {\n" + "BIND(1 AS ?a)" * (LENGTH + 1) + "}", 26001, VALUES),
    ],
    ids=["groups", "negations", "operators", "clauses"],
)
def test_a_bound_is_where_it_is_said_to_be(taken: str, refused: str, column: int, words: str) -> None:
    """As many levels, operators and clauses as are named are taken, one more is refused at its place."""
    engine_text(taken)
    with pytest.raises(QueryDepthError) as caught:
        engine_text(refused)
    assert f"the query is nested too deeply: line 2, column {column}: {words}" == str(caught.value)


#: A text that nests what is between its bars once more each time that it is repeated.
CHAINS = {
    **{op: f"ASK {{ FILTER(1¦{op}1¦) }}" for op in ("&&", "+", "-", "*", "/")},
    "or": "ASK { FILTER(1¦||1¦) }",
    "alternative path": "ASK { ?s a¦|a¦ ?o }",
    "sequence path": "ASK { ?s a¦/a¦ ?o }",
    "alternative path of a blank node": "ASK { [ a¦|a¦ ?o ] }",
    "sequence path of a blank node": "ASK { [ a¦/a¦ ?o ] }",
    "FILTER": "ASK { ¦FILTER(1)¦ }",
    "BIND": "ASK { ¦BIND(1 AS ?a)¦ }",
    "MINUS": "ASK { ¦MINUS{}¦ }",
    "UNION": "ASK { {}¦UNION{}¦ }",
    "OPTIONAL": "ASK { ¦OPTIONAL{}¦ }",
    "VALUES": "ASK { ¦VALUES ?a{}¦ }",
    "GRAPH": "ASK { ¦GRAPH ?g{}¦ }",
    "SERVICE": "ASK { ¦SERVICE ?g{}¦ }",
    "LATERAL": "ASK { ¦LATERAL{}¦ }",
}


@pytest.mark.parametrize("name", CHAINS)
def test_everything_that_chains_has_the_bound(name: str) -> None:
    """Each operator, step of a path and clause nests the engine's parser; as many as are named are taken."""
    before, link, after = CHAINS[name].split("¦")
    engine_text(before + link * LENGTH + after)
    with pytest.raises(QueryDepthError, match="more than 2000 operators or clauses"):
        engine_text(before + link * (LENGTH + 1) + after)


@pytest.mark.parametrize(
    "text",
    [
        "ASK " + "{" * DEPTH + "}" * DEPTH,
        "ASK { FILTER(" + " && ".join(["?a"] * LENGTH) + ") }",
        "ASK { VALUES ?x { " + '"1"^^xsd:integer -1 ' * 20_000 + "} }",
        "ASK { VALUES (?x ?y) { " + "(<http://a/b#c> -1) " * 20_000 + "} }",
        "ASK { FILTER(?x IN (" + ", ".join(["<http://a/b-c/d>"] * 20_000) + ")) }",
    ],
    ids=lambda text: text[:24],
)
def test_what_is_long_but_flat_is_taken(text: str) -> None:
    """Values in their thousands nest nothing, and at the bounds the engine still reads on."""
    ox.Store().query(engine_text(text).text, prefixes=PREFIXES)


@pytest.mark.parametrize("mark", ["'", '"'])
def test_no_whole_iri_reaches_out_of_a_string(mark: str) -> None:
    """Prefixes are looked for in a text without its whole IRIs; a string that begins as one hides none behind it."""
    assert "drug:x" in WHOLE_IRI.sub("", f"ASK {{ FILTER ({mark}<http://{mark}!=drug:x&&3>2) }}")


@pytest.fixture
def store() -> ox.Store:
    """Two classes, one below the other."""
    data = ox.Store()
    data.update(
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
        "INSERT DATA { GRAPH <http://x/g> { <http://x/a> rdfs:subClassOf <http://x/b> ; a <http://x/c> } }"
    )
    return data


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?w { <urn:nope> rdfs:subClassOf* ?w . ?x ?p _:b }",
        "SELECT ?w { <urn:nope> rdfs:subClassOf* ?w, ?v }",
        "SELECT ?w { <urn:nope> rdfs:subClassOf* ?w ; }",
        "SELECT ?w { ?w rdfs:subClassOf* 'nothing' }",
        "SELECT ?w { ?w a [ a ?t ; rdfs:subClassOf* <urn:nope> ] }",
        "SELECT ?w { ?w a [ a [ a ?u ] ; rdfs:subClassOf? <urn:nope> ; a ?t ] ; a ?v }",
        "SELECT ?w { [] a <http://x/c> ; rdfs:subClassOf* <urn:nope> . ?w ?p ?o }",
        "SELECT ?w { GRAPH <http://x/g> { <http://x/other> rdfs:subClassOf* ?w } }",
    ],
)
def test_paths_of_no_step_that_are_left_to_the_engine(store: ox.Store, text: str) -> None:
    """Where a rewriting might change something else the engine's own answer stands, as the documentation says."""
    other = ox.NamedNode("http://x/other")
    store.add(ox.Quad(other, other, other, ox.NamedNode("http://x/g2")))
    assert [] == answer(text, store)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT ?w { <urn:nope> rdfs:subClassOf* ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> rdfs:subClassOf? ?w . }", [("<urn:nope>",)]),
        ("SELECT ?w { ?w rdfs:subClassOf* <urn:nope> }", [("<urn:nope>",)]),
        ("SELECT ?w { drug:nope (rdfs:subClassOf|^rdfs:label)*/a? ?w }", [("<https://w3id.org/dualbio/drug/nope>",)]),
        ("SELECT ?w { GRAPH <http://x/g> { <urn:nope> rdfs:subClassOf* ?w } }", [("<urn:nope>",)]),
        ("SELECT ?w ?v { <urn:nope> rdfs:subClassOf* ?w ; rdfs:label* ?v }", [("<urn:nope>", "<urn:nope>")]),
        ("SELECT ?w { ?w a <http://x/c> ; rdfs:subClassOf* <urn:nope> }", []),
        ("SELECT ?w { <urn:nope> rdfs:subClassOf* ?w ; a ?v }", []),
        ("SELECT ?w ?v { <urn:nope> rdfs:subClassOf* ?w ; ^a? ?v . ?x a <http://x/c> }",
         [("<urn:nope>", "<urn:nope>")]),
        ("SELECT ?w { <urn:nope> (!a)* ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> a* $w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> (a*) ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> a*|a ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> a* | a ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { ?w a* drug:nope }", [("<https://w3id.org/dualbio/drug/nope>",)]),
        ("PREFIX : <urn:> SELECT ?w { ?w a* :nope }", [("<urn:nope>",)]),
        ("PREFIX : <urn:> SELECT ?w { <urn:nope> : * ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> <urn:p>? ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> (!(a|rdfs:label))? ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> a|rdfs:subClassOf* ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> rdfs:subClassOf*/^a* ?w }", [("<urn:nope>",)]),
        ("SELECT ?w { <urn:nope> rdfs:subClassOf+ ?w }", []),
        ("SELECT ?w { { <urn:nope> a? ?w } UNION { ?w a? <urn:not> } }", [("<urn:nope>",), ("<urn:not>",)]),
        ("SELECT ?w { <urn:nope> rdfs:subClassOf*/a ?w }", []),
        ("SELECT ?w { <http://x/a> rdfs:subClassOf* ?w }", [("<http://x/a>",), ("<http://x/b>",)]),
        ("SELECT ?w { ?w rdfs:subClassOf* <http://x/b> . ?w a ?t }", [("<http://x/a>",)]),
        ("SELECT (1 AS ?w) { <urn:nope> rdfs:subClassOf* <urn:nope> }",
         [('"1"^^<http://www.w3.org/2001/XMLSchema#integer>',)]),
        ("SELECT (?n * ?m AS ?w) { VALUES (?n ?m) { (2 3) } }",
         [('"6"^^<http://www.w3.org/2001/XMLSchema#integer>',)]),
    ],
)  # fmt: skip
def test_a_path_of_no_step_leads_to_the_term_itself(store: ox.Store, text: str, rows: list[tuple[str, ...]]) -> None:
    """SPARQL 1.1, section 18.4: also for a term that no triple has."""
    assert rows == answer(text, store)
