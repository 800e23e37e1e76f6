"""What is found for which words, in which order, and what is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.errors import ParameterError
from dualbio.model.namespaces import BASE
from dualbio.search import LONGEST_TEXT, Found, SearchIndex, SearchTextError, Suggestions
from dualbio.search.excerpt import excerpt


def curies(found: Found) -> list[str]:
    """Return the hits by their CURIEs."""
    return [hit.curie for hit in found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("rituximab", "drug:rituximab"),
        ("mabthera", "drug:rituximab"),
        ("Mab Thera", "drug:rituximab"),
        ("利妥昔单抗", "drug:rituximab"),
        ("狼疮", "disease:sle"),
        ("SLE", "disease:sle"),
        ("CHEMBL1201576", "drug:rituximab"),
        ("P11836", "target:cd20"),
        ("http://purl.uniprot.org/uniprot/P11836", "target:cd20"),
        ("MONDO:0007915", "disease:sle"),
        ("http://purl.obolibrary.org/obo/MONDO_0007915", "disease:sle"),
        ("nct00000001", "study:one"),
        ("https://clinicaltrials.gov/study/NCT00000001", "study:one"),
        ("https://doi.org/10.1000/one", "source:one.s1"),
        ("PMID:39159997", "source:one.s1"),
        ("drug:rituximab", "drug:rituximab"),
        ("https://w3id.org/dualbio/drug/rituximab", "drug:rituximab"),
        ("anti-CD20", "drug:rituximab"),
        ("olbjorn", "source:one.s1"),
        ("one.r001", "result:one.r001"),
        ("serious-infections", "query:safety.serious-infections"),
        ("mapping:m1", "mapping:m1"),
    ],
)
def test_a_thing_is_found_by_any_of_its_names(text: str, first: str, index: SearchIndex) -> None:
    """Labels in two languages, synonyms, abbreviations, keys, outside ids and IRIs lead to the thing first."""
    assert first == curies(index.search(text))[0]


def test_things_of_a_kind_are_listed_in_the_order_of_their_keys(index: SearchIndex) -> None:
    """Every thing of a kind is on one page of its list; a kind that the release lacks has none."""
    drugs = [f"{BASE}drug/{key}" for key in ("belimumab", "rituximab")]
    assert (2, 1, 0) == tuple(map(index.count, ("drug", "study", "arm")))
    assert drugs == index.listed("drug", limit=100)
    assert [drugs[:1], drugs[1:], []] == [index.listed("drug", limit=1, offset=offset) for offset in range(3)]
    assert ([f"{BASE}mapping/m1"], []) == (index.listed("mapping", limit=9), index.listed("arm", limit=9))


def test_keys_beside_one_that_is_not_there_are_found(index: SearchIndex) -> None:
    """One thing before and one after are told, as far as there are any."""
    drugs = index.listed("drug", limit=100)
    near = [index.beside("drug", f"{BASE}drug/{key}", 1) for key in ("a", "c", "rituximab", "z")]
    assert [drugs[:1], drugs, drugs, drugs[1:]] == near
    assert [] == index.beside("arm", f"{BASE}arm/x", 1)


def test_a_study_is_found_by_its_publication(index: SearchIndex) -> None:
    """The number of a report finds the report, and the study beside it."""
    assert ["source:one.s1", "study:one"] == curies(index.search("39159997"))


def test_things_and_questions_come_before_rows(index: SearchIndex) -> None:
    """The row has the words in its label and the study has them in a text, and the study comes first."""
    assert ["study:one", "result:one.r001"] == curies(index.search("rituximab infection"))[1:]
    assert ["query:safety.serious-infections", "result:one.r001"] == curies(index.search("serious infection"))


def test_books_about_things_are_found_by_their_whole_name_alone(index: SearchIndex) -> None:
    """The mapping of a drug is no hit of the drug's name."""
    assert "mapping:m1" not in curies(index.search("rituximab"))
    assert "mapping:m1" == curies(index.search("rituximab to CHEMBL1201576"))[0]


def test_words_may_end_otherwise_or_not_at_all(index: SearchIndex) -> None:
    """A plural finds the singular, and the beginning of a word finds the word."""
    assert "study:one" in curies(index.search("infection few"))
    assert "disease:sle" == curies(index.search("erythem"))[0]


@pytest.mark.parametrize("text", ["rituxmab", "ritximab", "rituximabb", "rtiuximab", "Rituxamib"])
def test_a_misspelt_name_finds_the_thing_and_says_so(text: str, index: SearchIndex) -> None:
    """A letter too few, too many, another or two exchanged: the drug is found, and the answer says what was read."""
    found = index.search(text)

    assert "drug:rituximab" == curies(found)[0]
    assert ("rituximab", ("rituximab",)) == (found.read_as, found.did_you_mean)


def test_a_name_is_not_taken_for_another(index: SearchIndex) -> None:
    """What is spelt well is read as it is; three letters are too few to be misspelt; nothing is made of nonsense."""
    assert index.search("rituximab").read_as is None
    assert [] == curies(index.search("xle"))
    assert [] == curies(index.search("qqqqqqq"))
    assert [] == curies(index.search("?!"))


def test_a_question_finds_what_it_names(index: SearchIndex) -> None:
    """Nothing has all the words of the question; what a part of it is the name of comes first, and that is told."""
    found = index.search("why did ONE-LUPUS miss its endpoint")

    assert "study:one" == curies(found)[0]
    assert not found.every_word


def test_the_text_that_matched_is_shown(index: SearchIndex) -> None:
    """A hit says by which name, or in which text, it was found, and where in it."""
    by_name, by_text = index.search("Benlysta").hits[0], index.search("chimeric").hits[0]

    assert ("Benlysta", "synonym", [("Benlysta", True)]) == (by_name.found, by_name.where, by_name.pieces)
    assert "description" == by_text.where
    assert [("A ", False), ("chimeric", True)] == by_text.pieces[:2]


def test_a_long_text_is_cut_around_the_words() -> None:
    """The part that is shown begins shortly before the first word and keeps the places of the marks."""
    shown = excerpt({"label": "x", "note": "far " * 100 + "the \x01needle\x02 here" + " and away" * 100}, "x")

    assert len(shown.found) < 210
    assert ["needle"] == [shown.found[start:end] for start, end in shown.marks]
    assert shown.found.startswith("…")
    assert shown.found.endswith("…")


def test_hits_come_in_pages_and_kinds(index: SearchIndex) -> None:
    """Pages follow one another without gap or overlap; counts are of all hits; a kind shows its own."""
    whole = index.search("lupus")
    pages = [index.search("lupus", limit=1, offset=number) for number in range(whole.total)]

    assert curies(whole) == [curie for each in pages for curie in curies(each)]
    assert {whole.total} == {each.total for each in pages}
    assert sum(whole.kinds.values()) == whole.total > 2
    assert [None, 1] == [pages[-1].next_offset, pages[0].next_offset]
    assert [hit for hit in whole if hit.kind == "study"] == list(index.search("lupus", kind="study"))
    assert whole.kinds == index.search("lupus", kind="study").kinds


def test_an_answer_is_the_same_after_json(index: SearchIndex) -> None:
    """Whoever asks over HTTP has what the index answers."""
    found, suggested = index.search("rituxmab infection"), index.suggest("rit")

    assert found == Found.from_dict(found.to_dict())
    assert suggested == Suggestions.from_dict(suggested.to_dict())


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("rit", ["rituximab"]),
        ("Mabt", ["MabThera"]),
        ("NCT", ["NCT00000001"]),
        ("erythe", ["systemic lupus erythematosus"]),
        ("利妥", ["利妥昔单抗"]),
        ("belimumb", ["belimumab"]),
        ("serious inf", ["How many serious infections were there?"]),
        ("", []),
        ("one.r0", []),
    ],
)
def test_names_are_suggested_while_somebody_writes(text: str, things: list[str], index: SearchIndex) -> None:
    """By the beginning of a name, by that of a word in it, and misspelt; rows are not suggested."""
    assert things == [thing.text for thing in index.suggest(text)]


@pytest.mark.parametrize("asked", [{"limit": 0}, {"limit": 201}, {"offset": -1}, {"kind": "no-such"}, {"kind": "file"}])
def test_what_is_out_of_bounds_is_told(asked: dict[str, int | str], index: SearchIndex) -> None:
    """Numbers and kinds that no page has are refused with what is accepted."""
    with pytest.raises(ParameterError, match="accepted"):
        index.search("lupus", **asked)  # type: ignore[arg-type]


def test_a_text_is_bounded(index: SearchIndex) -> None:
    """A text of the greatest length is answered, and one more letter is refused."""
    assert index.search("lupus " * (LONGEST_TEXT // 6)).total
    with pytest.raises(SearchTextError, match=f"accepted: {LONGEST_TEXT}"):
        index.search("x" * (LONGEST_TEXT + 1))


#: What a query language, a path or a shell might take for its own, between words that the index has.
_PARTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["lupus", "rituximab", '"', "*", "NEAR(", "AND", "NOT", ")", "label:", "^", "-", "狼疮", "\x00", "\ud800"]
    ),
)


@given(st.lists(_PARTS, max_size=30).map(" ".join))
def test_no_text_breaks_a_search(index: SearchIndex, text: str) -> None:
    """Whatever is written, there is an answer, and its marks lie within what it shows."""
    found = index.search(text[:LONGEST_TEXT])

    assert [hit.found for hit in found] == ["".join(piece for piece, _ in hit.pieces) for hit in found]
    assert all(0 <= start < end <= len(hit.found) for hit in found for start, end in hit.marks)
    assert found.total == sum(found.kinds.values())
    index.suggest(text[:LONGEST_TEXT])
