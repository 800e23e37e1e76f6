"""Where findings on one pair part, and what trials in other diseases say of it: sentences held against the answers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from dualbio.database import Database
from dualbio.store.embedded import EmbeddedStore

Row = dict[str, Any]
PAIR = "B-cell depletion + BLyS (BAFF) inhibition"


@pytest.fixture(scope="module")
def splits(database: Database) -> list[Row]:
    """Return all splits of all pairs."""
    return database.query("lessons/pairs-that-disagree").records()


@pytest.fixture(scope="module")
def others(database: Database) -> list[Row]:
    """Return what trials outside lupus say of depletion and BLyS inhibition."""
    return database.query("lessons/evidence-from-other-diseases").records()


def findings(rows: list[Row], pair: str, split: str, about: str) -> dict[str, set[str]]:
    """Return what is found on each side of a split."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if (row["pairName"], row["split"], row["about"] or "") == (pair, split, about):
            found[row["side"]].add(row["finding"])
    return dict(found)


def test_what_is_given_first_goes_with_the_verdict_in_lupus(splits: list[Row]) -> None:
    """BEAT-LUPUS, rituximab first, met flares; BLISS-BELIEVE, belimumab first, met one other outcome and missed two."""
    sides = findings(splits, PAIR, "first agent", "efficacy beyond the primary outcome")
    assert {"rituximab": {"met"}, "belimumab": {"met", "missed"}} == sides


def test_an_outcome_that_is_not_primary_is_no_verdict_of_the_trial(splits: list[Row]) -> None:
    """Weinblatt 2007 missed its ACR20 and met five scales of the SF-36: that is no benefit to set against its harm."""
    benefits = [row for row in splits if (row["split"], row["side"]) == ("benefit and harm", "benefit")]
    assert benefits
    assert not [row for row in benefits if "Weinblatt 2007" in row["studies"] or "SF-36" in row["numbers"]]
    assert not [row for row in splits if row["about"] == "efficacy" and "SF-36" in row["numbers"]]


def test_a_trial_against_each_of_the_two_drugs_may_beat_one_alone(splits: list[Row]) -> None:
    """VEGA: more people responded than on golimumab, which was met, and than on guselkumab, which was missed."""
    sides = findings(splits, "IL-23 inhibition + TNF inhibition", "comparator", "efficacy, VEGA")
    assert {"golimumab": {"met"}, "guselkumab": {"missed"}} == sides


def test_strata_of_a_trial_are_not_set_against_each_other(splits: list[Row]) -> None:
    """ASSURE did not randomise who took a biologic: only its 1/64 stands against 6/103, so nothing there disagrees."""
    assert not [row for row in splits if "ASSURE" in row["studies"]]


def test_a_benefit_and_a_harm_of_unlike_trials_say_that_they_are(splits: list[Row]) -> None:
    """TNF with IL-17: one molecule met against placebo, two antibodies raised infections; the settings are told."""
    found = [row for row in splits if row["pairName"] == "IL-17 inhibition + TNF inhibition"]
    assert {
        ("benefit", "psoriatic arthritis, against placebo arm"),
        ("harm", "rheumatoid arthritis, against single-biologic arm"),
    } <= {(row["side"], row["settings"]) for row in found if row["split"] == "benefit and harm"}


def test_each_split_has_two_sides_that_differ(splits: list[Row]) -> None:
    """No side stands alone, and not all sides say the same."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in splits:
        groups[row["pairName"], row["split"], row["about"] or ""].append(row)
    assert groups
    for rows in groups.values():
        assert 1 < len({row["side"] for row in rows})
        assert 1 < len({row["finding"] for row in rows})


def test_no_doubted_number_makes_a_split(store: EmbeddedStore) -> None:
    """No verdict rests on a contested row, and no difference is computed from one."""
    assert not store.ask(
        """ASK { { ?contrast dualbio:verdict ?v ; dualbio:principalMeasure ?row }
                 UNION { ?e a dualbio:WithinStudyEstimate ; dualbio:computedFrom ?row }
                 ?row dualbio:rowState ?state }"""
    )


def test_a_trial_of_the_same_pair_bears_on_it_with_its_disease(others: list[Row]) -> None:
    """AUGUST III gave atacicept after rituximab in rheumatoid arthritis: the same pair, learnt elsewhere."""
    found = [row for row in others if row["studyKey"] == "august-iii"]
    caveat = "learnt in rheumatoid arthritis; the arm acts also by APRIL inhibition"  # atacicept blocks both
    assert {("the same pair", caveat)} == {(row["how"], row["caveat"]) for row in found}


def test_what_was_not_randomised_says_so(database: Database) -> None:
    """For lupus, ASSURE's two biologics against the other stratum carry the caveat, against their own they do not."""
    rows = database.query(
        "lessons/evidence-from-other-diseases", pair="costimulation-blockade_any-biologic", event="serious-infection"
    ).records()
    told = {
        row["against"]: row["caveat"].endswith("not randomised against each other")
        for row in rows
        if row["studyKey"] == "assure" and row["how"] == "the same pair"
    }
    assert {
        "abatacept + conventional DMARD": True,
        "placebo + conventional DMARD": True,
        "placebo + background biologic": False,
    } == told


def test_one_mechanism_alone_says_nothing_of_the_partner(others: list[Row]) -> None:
    """BREVAS missed with belimumab alone in vasculitis: it bears through BLyS inhibition, and no further."""
    (found,) = (row for row in others if row["studyKey"] == "brevas" and row["about"] == "efficacy")
    assert ("BLyS (BAFF) inhibition", "alone", "missed") == (found["shared"], found["how"], found["finding"])
    assert "says nothing of the partner" in found["caveat"]


def test_nothing_from_the_disease_itself_is_evidence_from_others(others: list[Row]) -> None:
    """No arm in lupus or lupus nephritis, and no dose of one drug against another, stands in the answer."""
    assert not [row for row in others if "lupus" in row["diseases"]]
    alone = [row for row in others if row["how"] == "alone" and row["arm"].startswith("rituximab")]
    assert not [row for row in alone if row["against"].startswith("rituximab")]


def test_a_pool_across_diseases_tells_what_there_is_within_each(database: Database) -> None:
    """Any infection: of lupus BLISS-BELIEVE alone, so no number; of rheumatoid arthritis one, with its distance."""
    rows = database.query("synthesis/pool-groups", pool="infection-two-biologics").records()
    told = {row["group"]: row["groupNumber"] for row in rows}
    assert (
        "no number, one study alone, BLISS-BELIEVE: nothing is pooled" == told["disease systemic lupus erythematosus"]
    )
    assert told["disease rheumatoid arthritis"].startswith("1.35 (")
    assert told["disease rheumatoid arthritis"].endswith(" times the number of all")
