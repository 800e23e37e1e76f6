"""Contrasts: which rows make one, which arm is under test, and on which printed measure a verdict may rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from dualbio.model.evidence import Comparison, PValue, Result, StudyFile
from dualbio.sources.corpus import read_corpus
from dualbio.synthesis.contrasts import Contrast, contrasts_of, principal_measure, shared_references

TOY = read_corpus(Path(__file__).resolve().parents[2] / "data" / "curated").study_files["calm-1"]
RESULTS = {row.id: row for row in TOY.results or ()}
COMPARISONS = {row.id: row for row in TOY.comparisons or ()}
#: A risk difference with interval and p value; a statement alone.
PRINTED, STATED = COMPARISONS["c001"], COMPARISONS["c003"]


def study(
    *comparisons: Comparison, results: tuple[Result, ...] = (), roles: Mapping[str, str] = MappingProxyType({})
) -> StudyFile:
    """Return the invented trial with other rows, and some arms in other roles."""
    arms = tuple(arm.model_copy(update={"role": roles.get(arm.id, arm.role)}) for arm in TOY.arms)
    return TOY.model_copy(update={"comparisons": comparisons or None, "results": results or None, "arms": arms})


def row(base: Comparison = PRINTED, **fields: Any) -> Comparison:
    """Return a comparison with other fields."""
    return base.model_copy(update=fields)


def principal(*comparisons: Comparison) -> str | None:
    """Return the id of the measure on which a verdict rests."""
    found = principal_measure(Contrast("calm-1", comparisons[0].id, "both", "alone", comparisons, ()))
    return found.id if found else None


def test_a_p_value_comes_before_an_interval_and_that_before_a_statement() -> None:
    """The verdict rests on what says most."""
    p = row(id="c9", interval=None)
    interval = row(id="c8", p=None)
    stated = row(id="c7", p=None, interval=None, significance_stated_in="s1")
    assert "c9" == principal(stated, interval, p)
    assert "c8" == principal(stated, interval)
    assert "c7" == principal(stated)
    assert "c5" == principal(row(id="c6"), row(id="c5"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": "contested"}, "on a value that is doubted"),
        ({"significant": "unknown"}, "where it is not known whether it is significant"),
        ({"p": None, "interval": None}, "where nothing is printed that says so"),
        ({"alternative_to": ("c009",)}, "on the second of two numbers for one quantity"),
    ],
)
def test_no_verdict_rests(fields: dict[str, Any], sentence: str) -> None:
    """A verdict needs a printed, undoubted measure."""
    assert principal(row(**fields)) is None, sentence


def test_two_numbers_for_one_quantity_carry_no_verdict_together() -> None:
    """What another row is an alternative to is as open as the alternative."""
    assert principal(row(id="c1"), row(id="c2", alternative_to=("c1",))) is None


def test_measures_that_disagree_carry_no_verdict() -> None:
    """One measure says significant, the other not: neither is chosen."""
    assert principal(row(id="c1"), row(id="c2", significant=False)) is None


@pytest.mark.parametrize(
    ("roles", "sides"),
    [
        ({}, ("both", "alone")),
        ({"both": "monotherapy", "alone": "combination"}, ("alone", "both")),
        ({"both": "placebo"}, ("alone", "both")),
        ({"alone": "external-comparator"}, ("both", "alone")),
        ({"alone": "combination"}, ("both", "alone")),
    ],
)
def test_the_arm_under_test_is_the_one_that_gets_more(roles: dict[str, str], sides: tuple[str, str]) -> None:
    """By the roles of the arms; of two alike it is the one that the report names first."""
    [contrast] = contrasts_of(study(PRINTED, roles=roles))
    assert sides == (contrast.a, contrast.b)


def test_the_report_decides_between_arms_alike() -> None:
    """Neither the alphabet nor the order of the arms does."""
    [contrast] = contrasts_of(study(row(a="alone", b="both", favours="b"), roles={"alone": "combination"}))
    assert ("alone", "both") == (contrast.a, contrast.b)


def test_a_change_within_an_arm_is_no_contrast() -> None:
    """Only comparisons between arms are."""
    within = row(id="c2", b="both", contrast_type="within-arm")
    assert ["c001"] == [contrast.key for contrast in contrasts_of(study(PRINTED, within))]


def test_rows_of_both_arms_stand_with_the_printed_contrast_of_their_words() -> None:
    """Counts of two arms are computed with beside the number that the report prints for them."""
    rows = (RESULTS["r001"], RESULTS["r002"])
    [contrast] = contrasts_of(study(PRINTED, results=rows))
    assert [("r002", "r001")] == [(pair.a.id, pair.b.id) for pair in contrast.pairs]


def test_rows_in_other_words_stand_with_the_only_contrast_of_their_quantity() -> None:
    """Words may differ where nothing else is meant; with two such pairs it is open which is."""
    rows = tuple(RESULTS[key].model_copy(update={"outcome_as_reported": "calm hands"}) for key in ("r001", "r002"))
    assert ["c001"] == [contrast.key for contrast in contrasts_of(study(PRINTED, results=rows))]
    others = tuple(
        row.model_copy(update={"id": f"r10{n}", "outcome_as_reported": "calm feet"}) for n, row in enumerate(rows)
    )
    found = list(contrasts_of(study(PRINTED, results=(*rows, *others))))
    assert ["c001", "r001_r002", "r100_r101"] == [contrast.key for contrast in found]
    assert () == found[0].pairs


def test_arms_that_were_measured_in_other_words_share_no_reference() -> None:
    """A reference arm is counted again only where the same is measured."""
    one = Contrast("calm-1", "c1", "both", "alone", (row(id="c1"),), ())
    other = Contrast("calm-1", "c2", "young", "alone", (row(id="c2"),), ())
    elsewhere = Contrast("calm-1", "c3", "young", "alone", (row(id="c3", outcome_as_reported="calm feet"),), ())
    assert {"c1": ("young",), "c2": ("both",)} == shared_references((one, other))
    assert {} == shared_references((one, elsewhere))
    assert {} == shared_references((one,))


def test_a_p_value_is_what_it_is() -> None:
    """The invented trial prints p = 0.02, on which its verdict rests."""
    assert isinstance(PRINTED.p, PValue)
    assert "c001" == principal(PRINTED, row(STATED, id="c3"))
