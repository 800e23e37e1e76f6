"""Operations of SPARQL Update: what each may write, and what is refused before it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.settings import Settings
from updating import RELEASED, TOKEN, USER, code, done, everything, new_graph, remove_all, triples, update

ONE = "<x:s> <x:p> 1"
IN_USER = f"GRAPH <{USER}refused>"


@pytest.fixture(scope="module", autouse=True)
def _tidy(app: Flask, settings: Settings) -> Iterator[None]:
    """Leave nothing behind."""
    yield
    remove_all(app.test_client(), settings)


@pytest.fixture
def graph() -> str:
    """The IRI of a user graph that no other test knows."""
    return new_graph()


# --- what is refused -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """An update that must change nothing, and how it is refused."""

    text: str
    status: int = 403
    code: str = "graph-refused"
    graph: str | None = None


REFUSED = [
    Refused("INSERT DATA { <x:s> <x:p> 1 }", graph="DEFAULT"),
    Refused(f"INSERT DATA {{ GRAPH <{RELEASED}> {{ <x:s> <x:p> 1 }} }}", graph=RELEASED),
    Refused("INSERT DATA { GRAPH graph:entities { <x:s> <x:p> 1 } }", graph=RELEASED),
    Refused(
        "BASE <https://w3id.org/dualbio/graph/> INSERT DATA { GRAPH <entities> { <x:s> <x:p> 1 } }", graph=RELEASED
    ),
    Refused("INSERT DATA { GRAPH <graph/user/../entities> { <x:s> <x:p> 1 } }", graph=RELEASED),
    Refused(f"PREFIX user: <{RELEASED}> INSERT DATA {{ GRAPH user: {{ <x:s> <x:p> 1 }} }}", graph=RELEASED),
    Refused(f"INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> 1 }} <x:s> <x:p> 2 }}", graph="DEFAULT"),
    Refused(f"INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> 1 }} GRAPH <{RELEASED}> {{ <x:s> <x:p> 2 }} }}", graph=RELEASED),
    Refused(f"INSERT DATA {{ GRAPH <{USER}a/b> {{ <x:s> <x:p> 1 }} }}", graph=f"{USER}a/b"),
    Refused(f"INSERT DATA {{ GRAPH <{USER}> {{ <x:s> <x:p> 1 }} }}", graph=USER),
    Refused(f"INSERT DATA {{ GRAPH <{USER}.x> {{ <x:s> <x:p> 1 }} }}", graph=f"{USER}.x"),
    Refused("INSERT DATA { GRAPH <http://elsewhere/g> { <x:s> <x:p> 1 } }", graph="http://elsewhere/g"),
    Refused("DELETE DATA { drug:rituximab a dualbio:Drug }", graph="DEFAULT"),
    Refused(f"DELETE DATA {{ GRAPH <{RELEASED}> {{ drug:rituximab a dualbio:Drug }} }}", graph=RELEASED),
    Refused("DELETE WHERE { ?s ?p ?o }", graph="DEFAULT"),
    Refused("DELETE WHERE { GRAPH ?g { ?s ?p ?o } }", graph="?g"),
    Refused(f"DELETE WHERE {{ GRAPH <{RELEASED}> {{ ?s ?p ?o }} }}", graph=RELEASED),
    Refused("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", graph="DEFAULT"),
    Refused("INSERT { GRAPH $g { ?s ?p ?o } } WHERE { GRAPH $g { ?s ?p ?o } }", graph="$g"),
    Refused(f"WITH <{RELEASED}> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}", graph=RELEASED),
    Refused(f"WITH <{USER}refused> INSERT {{ GRAPH <{RELEASED}> {{ <x:s> <x:p> 1 }} }} WHERE {{}}", graph=RELEASED),
    Refused(f"DELETE {{ {IN_USER} {{ ?s ?p ?o }} }} INSERT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}", graph="DEFAULT"),
    *[Refused(f"{word} {what}") for word in ("CLEAR", "DROP", "drop silent") for what in ("ALL", "NAMED", "DEFAULT")],
    *[Refused(f"{word} GRAPH <{RELEASED}>", graph=RELEASED) for word in ("CLEAR", "DROP", "CREATE SILENT")],
    *[Refused(f"{word} <{USER}refused> TO DEFAULT", graph="DEFAULT") for word in ("COPY", "ADD", "MOVE SILENT")],
    *[Refused(f"{word} <{USER}refused> TO GRAPH <{RELEASED}>", graph=RELEASED) for word in ("COPY", "ADD", "MOVE")],
    Refused(f"MOVE <{RELEASED}> TO <{USER}refused>", graph=RELEASED),
    Refused(f"PREFIX : <{USER}> COPY DEFAULT TO graph:refused", code="refused"),
    Refused(f"MOVE DEFAULT TO <{USER}refused>", graph="DEFAULT"),
    Refused("LOAD <http://127.0.0.1:9/x>", graph="DEFAULT"),
    Refused(f"LOAD <http://127.0.0.1:9/x> INTO GRAPH <{RELEASED}>", graph=RELEASED),
    Refused(f"LOAD SILENT <http://127.0.0.1:9/x> INTO {IN_USER}", code="refused"),
    Refused(f"LOAD <file:///etc/passwd> INTO {IN_USER}", code="refused"),
    Refused(
        f"INSERT {{ {IN_USER} {{ ?s ?p ?o }} }} WHERE {{ SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}",
        code="refused",
    ),
    Refused(f"INSERT {{ {IN_USER} {{ ?s ?p ?o }} }} WHERE {{ SERVICE SILENT ?x {{ ?s ?p ?o }} }}", code="refused"),
    # Good operations before and after a bad one do not help it.
    Refused(f"INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> 1 }} }} ; CLEAR ALL"),
    Refused(f"CLEAR GRAPH <{RELEASED}> ; INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> 1 }} }}"),
    # What looks like a string, a comment or an IRI to one reader and not to another.
    Refused(f"INSERT {{ {IN_USER} {{ <x:s> <x:p> 1 }} }} WHERE {{ }} # ' \n ; CLEAR ALL # '"),
    Refused(f"INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> '}} }}' }} }} ; DROP ALL"),
    Refused(f"INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> '''a'b''c\\''' }} }}''' }} }} ; DROP ALL"),
    Refused(
        f"INSERT {{ {IN_USER} {{ <x:s> <x:p> 1 }} }} WHERE {{ BIND('a' AS ?a) FILTER(?a<'&&?b>') }} ; "
        f"DROP GRAPH <{RELEASED}> # ' }}",
        code="refused",
    ),
    Refused(
        f"INSERT {{ {IN_USER} {{ <x:s> <x:p> 1 }} }} WHERE {{ BIND(1 AS ?a) FILTER(?a<#>{{\n 2) }} ; "
        f"DELETE WHERE {{ GRAPH <{RELEASED}> {{ ?s ?p ?o }} }} #}}\n}}",
        400,
        "syntax",
    ),
    # What is no update at all.
    Refused("SELECT * { ?s ?p ?o }", 400, "syntax"),
    Refused("INSERT DATA { ", 400, "syntax"),
    Refused(f"INSERT DATA {{ {IN_USER} {{ ?s <x:p> 1 }} }}", 400, "syntax"),
    Refused(f"INSERT DATA {{ {IN_USER} {{ nowhere:s <x:p> 1 }} }}", 400, "syntax"),
    Refused(f"DELETE DATA {{ {IN_USER} {{ <x:s> <x:p> _:b }} }}", 400, "syntax"),
    Refused(f"INSERT {{ {IN_USER} {{ <x:s> <x:p> 1 }} }} WHERE " + "{" * 4000 + "}" * 4000, 422, "too-complex"),
    Refused(f"INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> {'(' * 30000}", 422, "too-complex"),
    # What the engine finds only when it runs.
    Refused(f"INSERT DATA {{ {IN_USER} {{ <x:s> <x:p> 1 }} }} ; CREATE {IN_USER}", 400, "failed"),
]


@pytest.mark.parametrize("refused", [pytest.param(each, id=f"{n}") for n, each in enumerate(REFUSED)])
def test_what_would_touch_other_graphs_changes_nothing(
    client: FlaskClient, settings: Settings, refused: Refused
) -> None:
    """Released graphs, the default graph and unknown targets are refused, with the graph and what is accepted."""
    before = everything(client, settings)
    response = update(client, refused.text)
    assert (refused.status, refused.code) == (response.status_code, code(response)), response.text
    problem = json.loads(response.data)
    if refused.code == "graph-refused":
        assert refused.graph in (None, problem["graph"])
        assert f"{USER}NAME" in problem["detail"]
    assert before == everything(client, settings)


# --- what is done ----------------------------------------------------------------------------------------------------


#: An update of the graph <G>, which holds one triple, and what it then holds: subjects and objects.
DONE: list[tuple[str, list[str]]] = [
    (
        "INSERT DATA { GRAPH <G> { <x:a> <x:p> 'GRAPH <y> { } ; CLEAR ALL' } }",
        ["x:a GRAPH <y> { } ; CLEAR ALL", "x:s 1"],
    ),
    ("# CLEAR ALL\nINSERT DATA { GRAPH <G> { <x:a> <x:p> 2 . } # DROP ALL\n };", ["x:a 2", "x:s 1"]),
    ("PREFIX u: <U> insert data { graph u:N { <x:a> <x:p> 2 } }", ["x:a 2", "x:s 1"]),
    ("INSERT DATA { GRAPH <graph/user/N> { <x:a> <x:p> 2 } }", ["x:a 2", "x:s 1"]),
    (r"INSERT DATA { GRAPH graph:user\/N { <x:a> <x:p> 2 } }", ["x:a 2", "x:s 1"]),
    ("DELETE DATA { GRAPH <G> { <x:s> <x:p> 1 } }", []),
    ("DELETE WHERE { GRAPH <G> { ?s ?p 1 } }", []),
    ("WITH <G> DELETE { ?s ?p ?o } INSERT { ?s ?p 7 } WHERE { ?s ?p ?o }", ["x:s 7"]),
    ("WITH <G> DELETE { ?s ?p ?o } INSERT { GRAPH <G> { ?s ?p 7 } } USING <G> WHERE { ?s ?p ?o }", ["x:s 7"]),
    ("DELETE { GRAPH <G> { ?s ?p ?o } } USING <G> WHERE { ?s ?p ?o }", []),
    (
        "INSERT { GRAPH <G> { ?d <x:p> 2 } } WHERE { ?d a dualbio:Drug FILTER(?d = drug:rituximab) }",
        ["https://w3id.org/dualbio/drug/rituximab 2", "x:s 1"],
    ),
    (
        "INSERT { GRAPH <G> { ?d <x:p> 2 } } WHERE { GRAPH graph:entities { ?d rdfs:label 'rituximab'@en } }",
        ["https://w3id.org/dualbio/drug/rituximab 2", "x:s 1"],
    ),
    (
        "INSERT { GRAPH <G> { <x:n> <x:p> ?n } } WHERE { SELECT (COUNT(*) AS ?n) { GRAPH <G> { ?s ?p ?o } } }",
        ["x:n 1", "x:s 1"],
    ),
    ("INSERT { GRAPH <G> { <x:n> <x:p> ?n } } WHERE { SELECT (COUNT(*) AS ?n) { <x:s> ?p ?o } }", ["x:n 0", "x:s 1"]),
    ("CLEAR GRAPH <G>", []),
    ("DROP GRAPH <G>; DROP SILENT GRAPH <G>", []),
    ("CREATE GRAPH <G2> ; ADD <G> TO <G2> ; CLEAR GRAPH <G> ; MOVE <G2> TO <G>", ["x:s 1"]),
    (
        (
            "COPY <graph/study/s1> TO <G> ; WITH <G> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(!ISLITERAL(?o)) } ;"
            " WITH <G> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(!STRSTARTS(STR(?o), 'Study')) }"
        ),
        ["https://w3id.org/dualbio/study/s1 Study 1"],
    ),
    (
        "COPY DEFAULT TO <G> ; WITH <G> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o != 'rituximab'@en) }",
        ["https://w3id.org/dualbio/drug/rituximab rituximab"],
    ),
    (
        (
            "PREFIX a: <x:> INSERT DATA { GRAPH <G> { a:a a:p 2 } } ;"
            " PREFIX a: <y:> INSERT DATA { GRAPH <G> { a:a a:p 3 } }"
        ),
        ["x:a 2", "x:s 1", "y:a 3"],
    ),
    (
        "BASE <x:b/> INSERT DATA { GRAPH <G> { <c> <x:p> 2 } } ; BASE <d/> INSERT DATA { GRAPH <G> { <c> <x:p> 3 } }",
        ["x:b/c 2", "x:b/d/c 3", "x:s 1"],
    ),
    (
        "INSERT { GRAPH <G> { ?s <x:q> true } } WHERE { GRAPH <G> { ?s ?p ?o } VALUES (?a ?b) { (<x:a#b> <x:c#d>) } }",
        ["x:s 1", "x:s true"],
    ),
    ("", ["x:s 1"]),
    ("PREFIX a: <x:>", ["x:s 1"]),
]


@pytest.mark.parametrize(("text", "expected"), DONE)
def test_user_graphs_take_every_operation(client: FlaskClient, graph: str, text: str, expected: list[str]) -> None:
    """Each operation writes what the standard says, with released and user graphs to read from."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} }}")
    name = graph.removeprefix(USER)
    for short, full in (("<G>", f"<{graph}>"), ("<G2>", f"<{graph}-2>"), ("<U>", f"<{USER}>"), ("u:N", f"u:{name}")):
        text = text.replace(short, full)
    done(client, text.replace("user/N", f"user/{name}").replace(r"\/N", rf"\/{name}"))
    assert expected == triples(client, graph)


def test_all_operations_of_a_request_or_none(client: FlaskClient, settings: Settings, graph: str) -> None:
    """When a later operation fails, the earlier ones are undone, in every graph."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} }}")
    before = everything(client, settings)
    text = (
        f"INSERT DATA {{ GRAPH <{graph}> {{ <x:a> <x:p> 2 }} GRAPH <{graph}-b> {{ {ONE} }} }} ; CREATE GRAPH <{graph}>"
    )
    response = update(client, text)
    assert (400, "failed") == (response.status_code, code(response))
    assert "nothing was changed" in json.loads(response.data)["detail"]
    assert before == everything(client, settings)


def test_a_syntax_error_tells_its_place_in_the_whole_text(client: FlaskClient, graph: str) -> None:
    """Lines and columns are those of the client's text, also in a later operation."""
    text = f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} }} ;\nINSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> }} }}"
    problem = json.loads(update(client, text).data)
    assert (2, text.splitlines()[1].index("}") + 1) == (problem["line"], problem["column"])


@pytest.mark.parametrize(
    ("parameters", "pattern", "expected"),
    [
        ({}, "?s ?p ?o", 0),
        ({"using-graph-uri": ["{g}"]}, "?s ?p ?o", 1),
        ({"using-graph-uri": ["{g}", "{g}-b"]}, "?s ?p ?o", 2),
        ({"using-named-graph-uri": ["{g}"]}, "GRAPH ?g { ?s ?p ?o }", 1),
        ({"using-graph-uri": ["{g}"]}, "GRAPH ?g { ?s ?p ?o }", 0),
    ],
)
def test_the_request_names_the_dataset_of_the_patterns(
    client: FlaskClient, graph: str, parameters: dict[str, list[str]], pattern: str, expected: int
) -> None:
    """`using-graph-uri` and `using-named-graph-uri` work as USING and USING NAMED do."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} GRAPH <{graph}-b> {{ <x:s> <x:p> 2 }} }}")
    named = {key: [each.format(g=graph) for each in graphs] for key, graphs in parameters.items()}
    done(client, f"INSERT {{ GRAPH <{graph}-c> {{ ?s ?p ?o }} }} WHERE {{ {pattern} FILTER(?s = <x:s>) }}", **named)
    assert expected == len(triples(client, f"{graph}-c"))


def test_delete_where_takes_the_dataset_of_the_request(client: FlaskClient, graph: str) -> None:
    """Its pattern looks into the graphs that the request names, and into no other."""
    done(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {ONE} }} }}")
    done(client, f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}", **{"using-named-graph-uri": f"{USER}other"})
    assert ["x:s 1"] == triples(client, graph)
    done(client, f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}", **{"using-named-graph-uri": graph})
    assert [] == triples(client, graph)


@pytest.mark.parametrize(
    "clause", ["WITH <{g}> INSERT {{ <x:s> <x:p> 1 }} WHERE {{}}", "INSERT {{}} USING <{g}> WHERE {{}}"]
)
def test_two_datasets_are_one_too_many(client: FlaskClient, graph: str, clause: str) -> None:
    """The protocol asks for an error when text and request both name a dataset."""
    response = update(client, clause.format(g=graph), None, **{"using-graph-uri": graph})
    assert (400, "update-dataset") == (response.status_code, code(response))


@pytest.mark.parametrize(
    ("method", "parameters", "form", "name"),
    [
        ("GET", {"update": "CLEAR ALL"}, None, "update-method"),
        ("POST", {"update": "CLEAR ALL"}, {"query": "ASK {}"}, "repeated-update"),
        ("POST", {}, {"update": ["CLEAR ALL", "CLEAR ALL"]}, "repeated-update"),
        ("POST", {"default-graph-uri": "x:g"}, {"update": "CLEAR ALL"}, "update-dataset"),
        ("POST", {"using-graph-uri": "relative"}, {"update": "CLEAR ALL"}, "graph-iri"),
        ("POST", {"timeout": "soon"}, {"update": "CLEAR ALL"}, "timeout"),
    ],
)
def test_a_malformed_request_is_told_so(
    client: FlaskClient, method: str, parameters: dict[str, str], form: dict[str, str] | None, name: str
) -> None:
    """Mistakes of the protocol are status 400, each with its own name."""
    response = client.open("/sparql", method=method, query_string=parameters, data=form, headers=TOKEN)
    assert (400, name) == (response.status_code, code(response))
