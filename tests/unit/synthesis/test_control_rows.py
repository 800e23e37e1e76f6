"""Which number stands beside that of a combination arm, and by what right."""

from __future__ import annotations

from typing import Any

import pytest

from dualbio.model.evidence import StudyFile
from dualbio.synthesis.control_rows import control_rows_of

SOURCE = {"id": "s1", "type": "journal-article", "independence": "primary", "url": "https://example.org"}
STUDY = {
    "id": "toy",
    "acronym": "TOY",
    "short_description": "A toy.",
    "diseases": ["sle"],
    "phase": "2",
    "masking": "open-label",
    "design": "randomised-controlled-trial",
    "status": "completed",
    "strategy": "add-on",
    "population": "adults",
}
FIRST = {"role": "active", "drug": "belimumab"}
SECOND = {"role": "active", "drug": "rituximab"}
ROW = {
    "kind": "safety",
    "outcome": "adverse-event-incidence",
    "ae": "serious-infection",
    "outcome_as_reported": "infection",
    "role": "adverse-event",
    "population": "safety",
    "unit_of_analysis": "patient",
    "week": 52,
    "source": "s1",
    "locator": "Table 2",
    "checked": "fulltext",
    "seriousness": "serious",
}
SHARE = {"statistic": "count", "events": 1, "total": 10}
PERCENT = {"statistic": "percent", "value": "7", "unit": "%"}
RATE = {"statistic": "rate", "value": "4.3", "unit": "per 100 patient-years"}


def arm(key: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an arm: a combination where it has two steps, else of a single drug."""
    both = {"role": "combination", "combination_type": "dual-biologic", "strategy": "add-on"}
    alone = {"role": "monotherapy", "strategy": "not-applicable"}
    return {"id": key, "label": key, "regimen": list(steps), **(both if len(steps) > 1 else alone), **more}


def rights(*arms: dict[str, Any], numbers: dict[str, dict[str, Any]], **study: Any) -> set[tuple[str, str, str]]:
    """Return the arm, the arm of its control, and the right of each control."""
    rows = [{**ROW, "id": f"r{n:03}", "arm": key, **number} for n, (key, number) in enumerate(numbers.items(), start=1)]
    file = StudyFile.model_validate(
        {"study": STUDY | study, "arms": list(arms), "results": rows, "sources": [SOURCE]}, strict=False
    )
    return {(found.row.arm, found.control.arm, found.right) for found in control_rows_of(file)}


def test_a_randomised_arm_of_one_drug_is_the_control() -> None:
    """The arm of one drug in a randomised trial stands beside the combination."""
    arms = arm("both", FIRST, SECOND), arm("one", FIRST)
    assert {("both", "one", "randomisedControl")} == rights(*arms, numbers={"both": SHARE, "one": SHARE})


def test_chance_did_not_choose_who_takes_a_drug_that_ran_before() -> None:
    """An arm without the drug that ran before the study was not set against the combination by chance."""
    arms = arm("both", {**FIRST, "running_at_start": True}, SECOND), arm("other", SECOND), arm("ran", FIRST)
    found = rights(*arms, numbers={"both": SHARE, "other": SHARE, "ran": SHARE})
    assert {("both", "other", "otherControl"), ("both", "ran", "randomisedControl")} == found


def test_people_before_the_combination_are_nobody_elses_control() -> None:
    """The same people before stand beside their own later number alone."""
    arms = (
        arm("after", FIRST, SECOND, observation="after", paired_with="before"),
        arm("before", FIRST, observation="before", paired_with="after"),
        arm("others", FIRST, {"role": "active", "drug": "atacicept"}),
    )
    found = rights(*arms, numbers={"after": SHARE, "before": SHARE, "others": SHARE}, design="cohort")
    assert {("after", "before", "sameBefore")} == found


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(RATE, id="a rate beside a share"),
        pytest.param({**SHARE, "week": 24}, id="another week"),
        pytest.param({**SHARE, "outcome_as_reported": "infection of special interest"}, id="other words"),
    ],
)
def test_another_quantity_is_no_control(number: dict[str, Any]) -> None:
    """A number of another kind, time or wording does not stand beside the combination."""
    arms = arm("both", FIRST, SECOND), arm("one", FIRST)
    assert set() == rights(*arms, numbers={"both": SHARE, "one": number})


def test_a_share_without_a_count_has_its_control() -> None:
    """A percentage stands beside a count of people, though no difference can be computed."""
    arms = arm("both", FIRST, SECOND), arm("one", FIRST)
    assert {("both", "one", "randomisedControl")} == rights(*arms, numbers={"both": PERCENT, "one": SHARE})


def test_a_part_is_no_control_of_its_union() -> None:
    """An arm of people whom the combination arm holds is not set against it."""
    arms = arm("all", FIRST, SECOND), arm("part", FIRST, subset_of="all")
    assert set() == rights(*arms, numbers={"all": SHARE, "part": SHARE})


def test_another_combination_is_no_control() -> None:
    """Two doses of one combination are not each other's control."""
    arms = arm("low", FIRST, SECOND), arm("high", FIRST, SECOND)
    assert set() == rights(*arms, numbers={"low": SHARE, "high": SHARE})
