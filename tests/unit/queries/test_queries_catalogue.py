"""The catalogue: what the heads say, as triples that can be asked for, and expected answers as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.queries import Library, SavedQuery, answer_default, catalogue_quads, query_iri, update_expected
from dualbio.store.embedded import EmbeddedStore

Write = Callable[..., Path]


def rows(query: SavedQuery, text: str) -> list[tuple[str, ...]]:
    """Ask the catalogue of one query."""
    store = ox.Store()
    store.extend(catalogue_quads([query]))
    answer = EmbeddedStore(store).query(text)
    assert isinstance(answer, ox.QuerySolutions)
    return [tuple("" if cell is None else cell.value for cell in solution) for solution in answer]


def test_a_query_is_an_executable(query: SavedQuery) -> None:
    """A saved query is a SPARQL executable with its question and its text."""
    text = "SELECT ?q ?label ?text { ?q a sh:SPARQLSelectExecutable ; rdfs:label ?label ; sh:select ?text }"
    assert [(query_iri(query).value, query.head.summary, query.text)] == rows(query, text)
    assert f"{BASE}query/toy.drugs" == query_iri(query).value


def test_parameters_can_be_asked_for(query: SavedQuery) -> None:
    """Parameters have name, order, whether they may be left out, and type or kind."""
    text = """SELECT ?name ?optional ?datatype ?pattern {
      ?q sh:parameter ?p . ?p sh:name ?name ; sh:optional ?optional ; sh:order ?order
      OPTIONAL { ?p sh:datatype ?datatype } OPTIONAL { ?p sh:pattern ?pattern }
    } ORDER BY ?order"""
    expected = [("drug", "true", "", f"^{BASE}drug/"), ("rank", "true", f"{PREFIXES['xsd']}integer", "")]
    assert expected == rows(query, text)


def test_columns_can_be_asked_for(query: SavedQuery) -> None:
    """Columns have name, order, meaning and unit."""
    text = """PREFIX csvw: <http://www.w3.org/ns/csvw#>
    SELECT ?name ?meaning ?unit {
      ?q csvw:column ?c . ?c csvw:name ?name ; sh:order ?order ; dcterms:description ?meaning
      OPTIONAL { ?c schema:unitText ?unit } } ORDER BY ?order"""
    assert [("name", "what the drug is called", ""), ("rank", "its rank", "ranks")] == rows(query, text)


def test_the_prefixes_of_the_texts_are_declared(query: SavedQuery) -> None:
    """The prefix table stands beside the texts that rely on it."""
    text = "SELECT ?prefix ?iri { ?q sh:prefixes/sh:declare ?d . ?d sh:prefix ?prefix ; sh:namespace ?iri }"
    assert sorted(PREFIXES.items()) == sorted(rows(query, text))


def test_expected_answers_are_written_once(write: Write, folder: Path, store: EmbeddedStore) -> None:
    """A missing answer is written; a second run finds nothing to change."""
    path = write()
    library = Library.read(folder)
    expected = path.with_suffix(".expected.csv")
    assert [expected] == update_expected(library.values(), store)
    assert answer_default(library["toy/drugs"], store).to_csv() == expected.read_bytes()
    assert [] == update_expected(library.values(), store)


def test_statistics_have_no_expected_answer(write: Write, folder: Path, store: EmbeddedStore) -> None:
    """A query that counts what the release is made of is left out."""
    write(("tags: [toy]", "tags: [toy, statistics]"))
    assert [] == update_expected(Library.read(folder).values(), store)


def test_a_required_parameter_takes_its_example(write: Write, folder: Path, store: EmbeddedStore) -> None:
    """Without a default the expected answer is that of the example."""
    write(("?rank { 1 2 }", "?rank { }"))
    answer = answer_default(Library.read(folder)["toy/drugs"], store)
    assert ["belimumab"] == [row["name"] for row in answer.records()]
