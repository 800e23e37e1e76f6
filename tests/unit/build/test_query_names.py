"""Names in queries: those that stand for nothing are told with file and line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dualbio.build.query_names import known_names, missing_answers, names_below, unknown_names
from dualbio.model.namespaces import BASE
from dualbio.queries import Library
from dualbio.sources.corpus import read_corpus
from dualbio.sources.folders import shipped_sources

SOURCES = shipped_sources()


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    """The names of the shipped sources."""
    return known_names(read_corpus(SOURCES.ontology))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("?x dualbio:hasTarrget ?y", "dualbio:hasTarrget stands for nothing; accepted: what the ontology declares"),
        ("?x dualbio:hasTarrget ?y", "; did you mean 'hasTarget'?"),
        ("?x dualbio:hasArm/^dualbio:hasRegimenn ?y", "did you mean 'hasRegimen'?"),
        ("VALUES ?x { drug:rituxmab }", "what curated records are called; did you mean 'rituximab'?"),
        ("FILTER(?x = value:nothing.at-all)", "value:nothing.at-all stands for nothing"),
        ("GRAPH graph:ontologie { }", "did you mean 'ontology'?"),
        (f"?x <{BASE}ontology#hasArmm> ?y", "dualbio:hasArmm stands for nothing"),
        ("?x dualbio:hasT\\u0061rget ?y", None),
        ("?x dualbio:hasTarget drug:rituximab # dualbio:nothing", None),
        ("FILTER(STRSTARTS(STR(?x), STR(dualbio:)) && ?y = 'drug:nobody')", None),
        ("?x rdfs:lable ?y", "rdfs:lable stands for nothing; accepted: the terms of http://www.w3.org/2000/01/rdf-sch"),
        ("?x rdfs:lable ?y", "; did you mean 'label'?"),
        ("?x (skos:broader|<http://www.w3.org/2004/02/skos/core#narower>)+ ?y", "did you mean 'narrower'?"),
        ("FILTER NOT EXISTS { ?x schema:nmae ?y }", "did you mean 'name'?"),
        ("?x sh:in/rdf:first ?y . ?z void:class ?x . FILTER(DATATYPE(?y) = xsd:gYearMonth)", None),
        ("?x <http://x/anything> <http://x/y>", None),
        ("VALUES ?x { estimate:any.thing }", None),
    ],
)  # fmt: skip
def test_a_name_that_stands_for_nothing_is_told(known: frozenset[str], body: str, said: str | None) -> None:
    """Terms of vocabularies, records, values and graphs, by prefix or whole IRI; names that we cannot know pass."""
    problems = list(unknown_names(f"SELECT *\n{{ {body} }}", "queries/a/b.rq", known))
    if said is None:
        assert [] == problems
    else:
        (problem,) = problems
        assert said in problem.message
        assert ("queries/a/b.rq", 2, "unknown-name") == (problem.file, problem.line, problem.check)


def test_every_shipped_query_names_what_there_is(known: frozenset[str]) -> None:
    """Saved queries, rules and quality queries."""
    folders = (SOURCES.queries, SOURCES.ontology)
    assert sum(1 for folder in folders for _ in folder.rglob("*.rq")) > 100
    assert [] == [problem for folder in folders for problem in names_below(folder, known)]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, known: frozenset[str]) -> None:
    """A file of other bytes than UTF-8, or of braces without end, is a problem and no fault of ours."""
    (tmp_path / "bytes.rq").write_bytes(b"\xff\xfe")
    (tmp_path / "deep.rq").write_text("SELECT * " + "{" * 5000 + "}" * 5000, encoding="utf-8")
    problems = list(names_below(tmp_path, known))
    assert [f"{tmp_path.name}/bytes.rq", f"{tmp_path.name}/deep.rq"] == [problem.file for problem in problems]


def test_a_query_without_its_answer_is_told(tmp_path: Path) -> None:
    """The answer is a file beside the query; shipped queries have theirs."""
    library = Library.read(SOURCES.queries)
    assert [] == list(missing_answers(library.values(), SOURCES.queries))
    query = next(query for query in library.values() if query.expected)
    lonely = dataclasses.replace(query, path=tmp_path / f"{query.stem}.rq")
    (problem,) = missing_answers([lonely], SOURCES.queries)
    assert f"queries/{query.name}.rq" == problem.file
    assert "repair: dualbio queries --update-expected" in problem.message
