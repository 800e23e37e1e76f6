"""Reviews by others: who they are, what they drew on, what of it is held; and none of their pooled numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from dualbio.model.lessons import Review, ReviewInput
from dualbio.model.namespaces import individual, term
from dualbio.sources.corpus import read_corpus
from dualbio.store.embedded import EmbeddedStore

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
#: Trials of anakinra that the review of serious infections pooled.
ANAKINRA = ("anakinra-safety-2003", "bresnihan-1998-anakinra", "cohen-2002-anakinra", "cohen-2004-anakinra")


@pytest.fixture(name="reviews", scope="module")
def fixture_reviews() -> dict[str, Review]:
    """Give the reviews by key."""
    return {review.id: review for review in read_corpus(ONTOLOGY).lessons_file.reviews}


def test_every_review_can_be_looked_up(reviews: dict[str, Review]) -> None:
    """Each review has an identifier, or a journal and a year."""
    assert reviews
    unknown = [r.id for r in reviews.values() if not (r.pmid or r.pmcid or r.doi or r.url or (r.journal and r.year))]
    assert [] == unknown


def test_no_review_shows_more_inputs_than_it_declares(reviews: dict[str, Review]) -> None:
    """A list that is longer than the number of studies in the abstract was read wrongly."""
    assert [] == [r.id for r in reviews.values() if r.declared_studies and len(r.inputs or ()) > r.declared_studies]


def test_a_review_leads_to_the_studies_that_are_held(store: EmbeddedStore) -> None:
    """The review of serious infections in 2009 includes the trials of anakinra, which are held; nothing is pooled."""
    review = individual("review", "salliot-2009")
    included = {q.object for q in store.store.quads_for_pattern(review, term("includesStudy"), None)}
    assert {individual("study", key) for key in ANAKINRA} <= included
    assert not list(store.store.quads_for_pattern(review, term("estimate"), None))


def test_an_input_is_held_or_missing() -> None:
    """An input that is neither held nor accounted for is refused, and so is one that is both."""
    for given in ({}, {"study": "vega", "missing": "no page"}):
        with pytest.raises(ValidationError, match="exactly one of study, missing"):
            ReviewInput.model_validate({"label": "Feagan 2023", **given})
