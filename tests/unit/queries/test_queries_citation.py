"""An answer is cited by a sentence, BibTeX and RIS, with its permanent address and its sources."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest

from dualbio.errors import NotFoundError, StoreError
from dualbio.model.namespaces import PREFIXES
from dualbio.queries import CitedSources, QueryResult
from dualbio.store.embedded import EmbeddedStore

DATA = """
INSERT DATA {
  <https://w3id.org/dualbio/release/1> a prov:Activity ; schema:version "1" ;
    dcterms:modified "2026-05-04T00:00:00Z"^^xsd:dateTime .
  source:one.s1 a dualbio:Source ; dualbio:shortLabel "Ann 2020, J & Co" ; dualbio:sourceOf study:one ;
    dualbio:sourceType value:source-type.journal-article ; dualbio:firstAuthor "Ann" ; dualbio:year 2020 ;
    dualbio:journal "J & Co" ; dualbio:pmid "11111111" ; dualbio:doi "10.1/a_b" ;
    dualbio:url "https://doi.org/10.1/a_b" .
  source:two.s1 a dualbio:Source ; dualbio:shortLabel "Ann 2020, J & Co" ; dualbio:sourceOf study:two ;
    dualbio:sourceType value:source-type.journal-article ; dualbio:firstAuthor "Ann" ; dualbio:year 2020 ;
    dualbio:journal "J & Co" ; dualbio:doi "10.1/a_b" ; dualbio:url "https://doi.org/10.1/a_b" .
  source:two.s2 a dualbio:Source ; dualbio:shortLabel "registry record" ; dualbio:sourceOf study:two ;
    dualbio:sourceType value:source-type.registry-record ; dualbio:registryId "NCT00000002" ;
    dualbio:url "https://clinicaltrials.gov/study/NCT00000002" .
  study:one dualbio:key "one" . study:two dualbio:key "two" .
  value:source-type.journal-article dualbio:key "source-type.journal-article" .
  value:source-type.registry-record dualbio:key "source-type.registry-record" .
}
"""


@pytest.fixture(scope="module")
def answer() -> QueryResult:
    """An answer with one article that two studies share, and a registry record."""
    store = ox.Store()
    store.update(DATA, prefixes=PREFIXES)
    rows = (("one", "Ann 2020, J & Co"), ("two", "Ann 2020, J & Co"), ("two", "registry record"))
    return QueryResult(
        ("studyKey", "source"),
        tuple(tuple(map(ox.Literal, row)) for row in rows),
        query="toy/x",
        params={"b": ("2",), "a": ("https://w3id.org/dualbio/disease/sle", "https://w3id.org/dualbio/disease/ln")},
        release="0.1.0-ab",
        text="SELECT 1",
        question="Which 100% of {toys}?",
        cited=CitedSources(EmbeddedStore(store)),
    )


def test_the_address_is_bound_to_release_and_parameters(answer: QueryResult) -> None:
    """Parameters stand in one order, whatever order they were given in; JSON, metadata and the sentence have it."""
    address = "https://w3id.org/dualbio/v/0.1.0-ab/queries/toy/x?a=disease:ln&a=disease:sle&b=2"
    assert address == answer.address
    assert address == answer.metadata["address"]
    assert f'"link":["{address}"]'.encode() in answer.to_json()
    assert str(answer.cite()).endswith(address)


def test_the_sentence_says_what_was_asked_of_which_data(answer: QueryResult) -> None:
    """Author, year, question, rows, query, parameters, release and address make the sentence."""
    told = str(answer.cite())
    assert told.startswith("dualbio contributors (2026). Which 100% of {toys}? [3 rows of the saved query toy/x, a ")
    assert "dualbio, release 0.1.0-ab." in told


def test_bibtex_has_the_answer_and_each_source_once(answer: QueryResult) -> None:
    """An article that two studies share is one entry; signs of LaTeX are escaped, identifiers are not."""
    bibtex = answer.cite().bibtex
    assert ["misc", "misc", "article"] == re.findall(r"^@(\w+)\{", bibtex, re.MULTILINE)
    assert r"title = {{Which 100\% of \{toys\}?}}" in bibtex
    assert r"journal = {J \& Co}" in bibtex
    assert "doi = {10.1/a_b}" in bibtex
    assert "number = {NCT00000002}" in bibtex
    assert bibtex.count("{") - bibtex.count(r"\{") == bibtex.count("}") - bibtex.count(r"\}")


def test_ris_has_the_answer_and_each_source_once(answer: QueryResult) -> None:
    """Each reference begins with its type and ends with ER; lines end by CR LF."""
    lines = answer.cite().ris.split("\r\n")
    assert ["DATA", "DBASE", "JOUR"] == [line[6:] for line in lines if line.startswith("TY  - ")]
    assert 3 == lines.count("ER  - ")
    assert {"DO  - 10.1/a_b", "AN  - 11111111", "AU  - Ann", "PY  - 2020", "JO  - J & Co"} < set(lines)


def test_only_a_saved_answer_of_a_known_release_is_cited(answer: QueryResult) -> None:
    """What has no permanent address says why."""
    with pytest.raises(NotFoundError, match="only the answer of a saved query"):
        QueryResult((), ()).cite()
    with pytest.raises(StoreError, match="does not name its release"):
        QueryResult((), (), query="toy/x", cited=answer.cited).cite()
