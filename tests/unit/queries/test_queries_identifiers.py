"""Outside identifiers of study and source stand behind the columns of an answer."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import PREFIXES
from dualbio.queries import CitedSources, QueryResult
from dualbio.queries.head import ColumnHead
from dualbio.queries.identifiers import identified, identifier_columns, with_origin
from dualbio.store.embedded import EmbeddedStore

DATA = """
INSERT DATA {
  study:one dualbio:key "one" ; dualbio:registryId "NCT00000001" , "ISRCTN1" .
  study:two dualbio:key "two" .
  source:one.s1 a dualbio:Source ; dualbio:shortLabel "Ann 2020" ; dualbio:sourceOf study:one ;
    dualbio:pmid "11111111" ; dualbio:independence value:independence.primary ; dualbio:url "https://example.org/1" .
  source:one.s2 a dualbio:Source ; dualbio:shortLabel "Ann 2020" ; dualbio:sourceOf study:one ; dualbio:doi "10.1/a" ;
    dualbio:independence value:independence.same-report-other-copy ; dualbio:url "https://example.org/2" .
  source:one.s3 a dualbio:Source ; dualbio:shortLabel "Bob 2021" ; dualbio:sourceOf study:one ; dualbio:doi "10.1/b" ;
    dualbio:independence value:independence.secondary ; dualbio:url "https://example.org/3" .
  source:two.s1 a dualbio:Source ; dualbio:shortLabel "Ann 2020" ; dualbio:sourceOf study:two ;
    dualbio:pmid "22222222" ; dualbio:independence value:independence.primary ; dualbio:url "https://example.org/4" .
  study:two a dualbio:Study ; rdfs:label "TWO" .
  GRAPH <https://w3id.org/dualbio/graph/local/mine> {
    <https://w3id.org/dualbio/graph/local/mine> dcterms:hasPart study:two }
  value:independence.primary dualbio:key "independence.primary" .
  value:independence.secondary dualbio:key "independence.secondary" .
}
"""


@pytest.fixture(scope="module")
def cited() -> CitedSources:
    """Two studies that each have a report called Ann 2020, which are different ones."""
    store = ox.Store()
    store.update(DATA, prefixes=PREFIXES)
    return CitedSources(EmbeddedStore(store))


def shown(cited: CitedSources, **row: str | None) -> dict[str, str]:
    """Return the identifiers that an answer of one row gets."""
    cells = tuple(None if text is None else ox.Literal(text) for text in row.values())
    more = identifier_columns([ColumnHead(name=name, meaning="x") for name in row])
    (found,) = identified(QueryResult(tuple(row), (cells,)), more, cited).records()
    return {column.name: found.get(column.name, "") for column in more}


def test_a_source_has_the_numbers_of_all_its_copies(cited: CitedSources) -> None:
    """Copies of one report within a study have one label, and the numbers of each; the study has its own."""
    assert {"nct": "NCT00000001", "pmid": "11111111", "doi": "10.1/a"} == shown(
        cited, studyKey="one", source="Ann 2020"
    )


def test_the_study_decides_which_report_is_meant(cited: CitedSources) -> None:
    """A label that two studies use is that of the study in the row, and no report without one."""
    assert {"nct": "", "pmid": "22222222", "doi": ""} == shown(cited, studyKey="two", source="Ann 2020")
    assert {"pmid": "", "doi": ""} == shown(cited, source="Ann 2020")


def test_an_answer_without_sources_has_those_of_the_study(cited: CitedSources) -> None:
    """Where the columns show no source, the study's own report is meant, not what others wrote about it."""
    assert {"nct": "NCT00000001", "pmid": "11111111", "doi": ""} == shown(cited, studyKey="one")
    assert {"nct": "NCT00000001", "pmid": "", "doi": ""} == shown(cited, studyKey="one", source=None)


def test_several_sources_have_several_numbers(cited: CitedSources) -> None:
    """Numbers of several sources stand in one cell."""
    assert "10.1/a; 10.1/b" == shown(cited, studyKey="one", sources="Ann 2020; Bob 2021")["doi"]


def test_an_answer_about_neither_has_none(cited: CitedSources) -> None:
    """Without study and source there is nothing to identify, and a column that the query has is not repeated."""
    assert {} == shown(cited, drugName="rituximab")
    assert ["nct", "doi"] == [*shown(cited, studyKey="one", pmid="own")]


@pytest.mark.parametrize(
    ("row", "origin"),
    [
        ({"studyKey": ox.Literal("two"), "total": ox.Literal(3)}, "mine"),
        ({"studyKey": ox.Literal("one"), "total": ox.Literal(3)}, ""),
        ({"pair": ox.Literal("a + b"), "studies": ox.Literal("ONE; TWO"), "contrasts": ox.Literal(2)}, "mine"),
        ({"pair": ox.Literal("a + b"), "studies": ox.Literal("ONE"), "contrasts": ox.Literal(1)}, ""),
        ({"pair": ox.Literal("a + b"), "studies": ox.Literal(2)}, "may count mine"),
        ({"change": ox.Literal("a raises b"), "seen": ox.Literal("blood")}, ""),
    ],
)
def test_a_row_says_whether_it_rests_on_own_evidence(
    row: dict[str, ox.Literal], origin: str, cited: CitedSources
) -> None:
    """A study of one's own is told in a row of it, in a list, and in a count that may hold it."""
    answer = with_origin(QueryResult(tuple(row), (tuple(row.values()),)), cited)
    assert origin == answer.records()[0].get("origin", "")
