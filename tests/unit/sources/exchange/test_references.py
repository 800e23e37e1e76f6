"""References of other tools become sources: by their numbers, once, and with a message where they cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dualbio.errors import DataError, NotFoundError, ParameterError
from dualbio.model.evidence import StudyFile
from dualbio.queries import CitedSource, sources_bibtex, sources_ris
from dualbio.sources.corpus import read_corpus
from dualbio.sources.exchange.europe_pmc import fetch_publication
from dualbio.sources.exchange.references import Reference, added_sources, read_references

CURATED = Path(__file__).resolve().parents[3] / "data" / "curated"
RIS = """\
TY  - JOUR
AU  - Nobody, Ann
AU  - Else, Sam
PY  - 2004/03//
JO  - Invent J
T2  - Invented Journal
TI  - A title that is not taken over
DO  - 10.9999/calm.7
AN  - 99999907
C2  - PMC99999907
UR  - https://pubmed.ncbi.nlm.nih.gov/99999907/
ER  -

"""
BIB = """\
@article{nobody2004,
  author = {{van Nobody}, Ann and Sam Else},
  title = {A title that is not taken over},
  journal = {Invent J},
  year = {2004},
  doi = {10.9999/calm.7},
  eprint = {99999907},
  eprinttype = {pubmed},
  pmcid = {PMC99999907}
}
"""
RECORD: dict[str, Any] = {
    "id": "99999907",
    "source": "MED",
    "pmid": "99999907",
    "pmcid": "PMC99999907",
    "doi": "10.9999/calm.7",
    "title": "A title that is not taken over",
    "authorString": "van Nobody A, Else S.",
    "authorList": {"author": [{"fullName": "van Nobody A", "lastName": "van Nobody"}, {"lastName": "Else"}]},
    "journalInfo": {"journal": {"title": "Invented Journal", "medlineAbbreviation": "Invent J"}},
    "pubYear": "2004",
    "pubTypeList": {"pubType": ["Journal Article"]},
}


@pytest.fixture(scope="module")
def calm() -> StudyFile:
    """A study of the invented world, whose first source has PMID 99999901."""
    return read_corpus(CURATED).study("calm-1")


def written(folder: Path, name: str, text: str) -> Path:
    """Write a file of references."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def told_of(reference: Reference) -> tuple[object, ...]:
    """Return what identifies a publication."""
    names = ("type", "pmid", "pmcid", "doi", "year", "journal")
    return tuple(getattr(reference, name) for name in names)


SAME = ("journal-article", "99999907", "PMC99999907", "10.9999/calm.7", 2004, "Invent J")


def test_ris_and_bibtex_give_the_same_source(tmp_path: Path) -> None:
    """One article, exported in both forms, is one source: numbers, first author, journal, year, and no title."""
    (ris,) = read_references(written(tmp_path, "a.ris", RIS))
    (bib,) = read_references(written(tmp_path, "a.bib", BIB))
    assert (SAME, SAME) == (told_of(ris), told_of(bib))
    assert ("Nobody", "van Nobody") == (ris.first_author, bib.first_author)
    assert "title" not in str(vars(ris))


def test_a_registry_record_is_known_by_its_number(tmp_path: Path) -> None:
    """An entry without a DOI whose number is that of a registry is a registry record."""
    text = "TY  - DBASE\nAN  - NCT99999991\nUR  - https://clinicaltrials.gov/study/NCT99999991\nER  -\n"
    (found,) = read_references(written(tmp_path, "a.ris", text))
    assert ("registry-record", "NCT99999991") == (found.type, found.registry_id)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ris", RIS.replace("JOUR", "BOOK"), "type 'BOOK' is not a source; accepted: JOUR"),
        ("a.ris", "TY  - JOUR\nTI  - nothing else\nER  -\n", "cannot be looked up; accepted: a DOI"),
        ("a.bib", BIB.replace("@article", "@book"), "type 'book' is not a source"),
        ("a.bib", "no entry at all", "holds no entry"),
        ("a.csv", "a,b", "'.csv' is not a reference format; accepted: .ris, .bib"),
    ],
)
def test_what_is_no_source_is_told(name: str, text: str, words: str, tmp_path: Path) -> None:
    """The message names the file, the entry, what was found and what is accepted."""
    path = written(tmp_path, name, text)
    with pytest.raises(DataError) as error:
        read_references(path)
    assert str(path) in str(error.value)
    assert words in str(error.value)


def test_a_source_is_added_once(calm: StudyFile, tmp_path: Path) -> None:
    """A publication that the study has under one of its numbers is named; a new one gets the next free id."""
    held = RIS.replace("99999907", "99999901").replace("10.9999/calm.7", "10.9999/CALM.1")
    references = read_references(written(tmp_path, "a.ris", held + RIS))
    file, new, known = added_sources(calm, references, "same-trial-later-report", "a.ris")
    assert (["s3"], ["s1"]) == ([source.id for source in new], [source.id for source in known])
    assert [*calm.sources, *new] == list(file.sources)
    again = added_sources(file, references, "same-trial-later-report", "a.ris")
    assert (file, ()) == again[:2]


def test_what_goes_out_comes_back(tmp_path: Path) -> None:
    """Sources as RIS and BibTeX, read again, have the same numbers, author, year and journal."""
    source = CitedSource(
        iri="https://w3id.org/dualbio/source/calm-1.s1",
        kind="source-type.journal-article",
        author="Nobody",
        year="2004",
        journal="Invent J",
        doi="10.9999/calm.7",
        pmid="99999907",
        pmcid="PMC99999907",
        url="https://pubmed.ncbi.nlm.nih.gov/99999907/",
    )
    for name, text in (("a.ris", sources_ris([source])), ("a.bib", sources_bibtex([source]))):
        (found,) = read_references(written(tmp_path, name, text))
        assert (SAME, "Nobody") == (told_of(found), found.first_author), name


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("99999907", "EXT_ID%3A99999907+AND+SRC%3AMED"),
        ("PMID: 99999907", "EXT_ID%3A99999907+AND+SRC%3AMED"),
        ("10.9999/calm.7", "DOI%3A%2210.9999%2Fcalm.7%22"),
        ("https://doi.org/10.9999/calm.7", "DOI%3A%2210.9999%2Fcalm.7%22"),
    ],
)
def test_a_number_is_asked_of_europe_pmc(text: str, query: str) -> None:
    """A PubMed number or DOI, however written, gives what identifies the article, and no title."""
    asked: list[str] = []

    def fetch(address: str, _what: str) -> dict[str, Any]:
        asked.append(address)
        return {"hitCount": 1, "resultList": {"result": [RECORD]}}

    found = fetch_publication(text, fetch)
    assert (SAME, "van Nobody") == (told_of(found), found.first_author)
    assert query in asked[0]


def test_a_review_is_one() -> None:
    """Europe PMC says that an article is a review, and so does the source."""
    record = {**RECORD, "pubTypeList": {"pubType": ["Systematic Review", "Journal Article"]}}
    assert "review" == fetch_publication("99999907", lambda *_: {"resultList": {"result": [record]}}).type


def test_an_unknown_number_is_told() -> None:
    """No answer of Europe PMC is no source, and neither is a text that is no number."""
    with pytest.raises(NotFoundError, match="knows no publication with PMID 1"):
        fetch_publication("1", lambda *_: {"resultList": {"result": []}})
    with pytest.raises(ParameterError, match="accepted: a PubMed number, or a DOI"):
        fetch_publication("Aranow 2024", lambda *_: {})


def test_a_new_source_takes_a_number_that_was_never_used(calm: StudyFile) -> None:
    """Where s2 is gone, rows of other files may still name s3: the next is s4."""
    file = calm.model_copy(
        update={"sources": tuple(calm.sources[0].model_copy(update={"id": i}) for i in ("s1", "s3"))}
    )
    reference = Reference(type="journal-article", doi="10.9999/another")
    _, (source,), _ = added_sources(file, [reference], origin="x", independence="primary")
    assert "s4" == source.id


def test_a_doi_is_the_same_in_any_case_of_letters(calm: StudyFile) -> None:
    """DOI names do not differ by case (DOI handbook, 2.4)."""
    held = next(source for source in calm.sources if source.doi)
    reference = Reference(type="journal-article", doi=str(held.doi).upper())
    _, new, known = added_sources(calm, [reference], origin="x", independence="primary")
    assert ((), (held,)) == (new, known)
