"""Two numbers are of one measure only where nothing that says what, in whom, when and how was counted differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from dualbio.model.evidence import Comparison, Result, StudyFile
from dualbio.sources.corpus import read_corpus
from dualbio.synthesis.contrasts import Contrast, contrasts_of, shared_references
from dualbio.synthesis.control_rows import control_rows_of
from dualbio.synthesis.row_pairs import RowPair, row_pairs_of, share_pairs_of

TOY = read_corpus(Path(__file__).resolve().parents[2] / "data" / "curated").study_files["calm-1"]
ROWS = tuple(row for row in TOY.results or () if row.id in ("r001", "r002"))
(PRINTED,) = (row for row in TOY.comparisons or () if row.id == "c001")

#: What a row says of the quantity, of its time, and of the way of counting.
QUANTITY = ("kind", "outcome", "ae", "biomarker", "outcome_as_reported", "subgroup")
WHEN = ("week", "timepoint", "period")
HOW = ("seriousness", "definition", "population", "unit_of_analysis")
#: What it says of the number itself, of its place in the study and of its source.
NUMBER = ("statistic", "events", "total", "person_years", "value", "value_bound", "unit", "interval", "spread")
PLACE = ("id", "arm", "role", "state", "alternative_to", "source", "locator", "checked", "note")
MADE = ("derived", "derived_fields", "arm_assignment_checked")


def results(*rows: Result) -> StudyFile:
    """Return the invented trial with these rows alone."""
    return TOY.model_copy(update={"results": rows, "comparisons": None})


def printed(*rows: Comparison) -> list[str]:
    """Return the keys of the contrasts of these comparisons."""
    return [found.key for found in contrasts_of(TOY.model_copy(update={"results": None, "comparisons": rows}))]


def percent(row: Result) -> Result:
    """Return a row that prints its percentage alone."""
    return row.model_copy(update={"statistic": "percent", "events": None, "total": None})


def test_every_field_of_a_row_is_of_one_kind() -> None:
    """A new field of a result says what is measured, or it does not; the lists of this file know of it."""
    assert sorted(Result.model_fields) == sorted((*QUANTITY, *WHEN, *HOW, *NUMBER, *PLACE, *MADE))


@pytest.mark.parametrize("field", [*QUANTITY, *WHEN, *HOW])
@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(lambda one, other: row_pairs_of(results(one, other)), id="counts"),
        pytest.param(lambda one, other: share_pairs_of(results(percent(one), percent(other))), id="percentages"),
    ],
)
def test_rows_of_two_measures_are_no_pair(pairs: Callable[[Result, Result], Iterable[RowPair]], field: str) -> None:
    """No difference is computed between arms that were measured differently in any respect."""
    one, other = ROWS
    assert 1 == len(list(pairs(one, other)))
    assert [] == list(pairs(one, other.model_copy(update={field: "another"})))


@pytest.mark.parametrize("field", [*QUANTITY, *WHEN])
def test_a_number_of_another_quantity_or_time_is_no_control(field: str) -> None:
    """What stands beside the number of a combination is the same quantity at the same time."""
    one, other = ROWS
    assert 1 == len(list(control_rows_of(results(one, other))))
    assert [] == list(control_rows_of(results(one, other.model_copy(update={field: "another"}))))


@pytest.mark.parametrize("field", [*QUANTITY, "week", "to_timepoint", "pooled_studies"])
def test_comparisons_of_two_measures_are_two_contrasts(field: str) -> None:
    """Printed measures stand together only where they are of one quantity, one time and the same studies."""
    again = PRINTED.model_copy(update={"id": "c002"})
    assert ["c001"] == printed(PRINTED, again)
    assert ["c001", "c002"] == printed(PRINTED, again.model_copy(update={field: "another"}))


@pytest.mark.parametrize("field", ["outcome", "ae", "biomarker", "outcome_as_reported", "week", "subgroup"])
def test_a_reference_arm_is_counted_again_only_for_one_quantity(field: str) -> None:
    """Two contrasts with one comparator share its people where they are of the same quantity, and not elsewhere."""
    one = Contrast("calm-1", "c1", "both", "alone", (PRINTED,), ())
    same = Contrast("calm-1", "c2", "young", "alone", (PRINTED,), ())
    other = Contrast("calm-1", "c2", "young", "alone", (PRINTED.model_copy(update={field: "another"}),), ())
    assert {"c1": ("young",), "c2": ("both",)} == shared_references((one, same))
    assert {} == shared_references((one, other))


@pytest.mark.parametrize("field", ["outcome", "ae", "biomarker", "week", "subgroup"])
def test_counts_of_another_quantity_do_not_stand_with_a_printed_contrast(field: str) -> None:
    """Rows in other words join the only printed contrast of their quantity, but none of another one."""
    rows = tuple(row.model_copy(update={"outcome_as_reported": "calm hands"}) for row in ROWS)
    found = contrasts_of(TOY.model_copy(update={"results": rows, "comparisons": (PRINTED,)}))
    assert [("c001", 1)] == [(contrast.key, len(contrast.pairs)) for contrast in found]
    otherwise = PRINTED.model_copy(update={field: "another"})
    found = contrasts_of(TOY.model_copy(update={"results": rows, "comparisons": (otherwise,)}))
    assert [("c001", 0), ("r001_r002", 1)] == [(contrast.key, len(contrast.pairs)) for contrast in found]


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        ("primary", "secondary"),
        ("secondary", "exploratory"),
        ("exploratory", "post-hoc"),
        ("post-hoc", "adverse-event"),
    ],
)
def test_a_contrast_has_the_highest_standing_of_its_measures(higher: str, lower: str) -> None:
    """What a study planned to decide on goes before what it planned to look at, and that before what it saw later."""
    rows = tuple(PRINTED.model_copy(update={"role": role}) for role in (lower, higher))
    assert higher == Contrast("calm-1", "c1", "both", "alone", rows, ()).role
