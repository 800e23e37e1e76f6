"""How numbers read, which of two prints stands, and whose people are counted again."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from dualbio.model.evidence import Comparison, PlannedOutcome, Result, StudyFile
from dualbio.synthesis.contrasts import contrasts_of, shared_references
from dualbio.synthesis.readings import (
    not_printed,
    number_text,
    other_prints,
    overlap_notes,
    percent_of,
    planned_texts,
    standing_rows,
)

ROW = {
    "kind": "efficacy", "outcome": "sri-4", "outcome_as_reported": "response", "week": 52, "source": "s1",
    "locator": "Table 2", "checked": "fulltext",
}  # fmt: skip
RESULT = {
    **ROW, "id": "r001", "arm": "a", "role": "primary", "population": "ITT", "unit_of_analysis": "patient",
    "statistic": "count", "events": 28, "total": 144,
}  # fmt: skip
COMPARISON = {
    **ROW, "id": "c001", "a": "a", "b": "b", "role": "primary", "measure": "OR",
    "contrast_type": "between-arms", "estimate": Decimal("1.27"), "significant": False, "favours": "a",
}  # fmt: skip
NO_COUNT = {"events": None, "total": None}
INTERVAL = {"type": "confidence", "level": 95, "low": Decimal("0.60"), "high": Decimal("2.71")}


def result(**more: Any) -> Result:
    """Return a count of 28 among 144, but for the given fields; None takes a field away."""
    return Result.model_validate({key: value for key, value in (RESULT | more).items() if value is not None})


def comparison(**more: Any) -> Comparison:
    """Return an odds ratio of 1.27, but for the given fields; None takes a field away."""
    return Comparison.model_validate({key: value for key, value in (COMPARISON | more).items() if value is not None})


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "28/144 (19.4 %)"),
        ({"value": Decimal(19), "unit": "%"}, "28/144 (19 %)"),
        ({"total": None}, "28"),
        ({"unit_of_analysis": "event", "total": None}, "28 events"),
        ({"events": None, "value": Decimal("7.40"), "unit": "%", "statistic": "percent"}, "7.40 % of 144"),
        (
            {**NO_COUNT, "value": Decimal(60), "value_bound": ">", "unit": "%", "statistic": "percent"},
            ">60 %",
        ),
        (
            {
                "events": None, "total": None, "statistic": "rate", "value": Decimal("4.3"),
                "unit": "per 100 patient-years", "interval": INTERVAL,
            },
            "4.3 per 100 patient-years (0.60 to 2.71)",
        ),
        (
            {
                "events": None, "total": 12, "statistic": "mean", "value": Decimal("1.0"), "unit": "points",
                "spread": {"type": "SD", "value": Decimal("0.50")},
            },
            "1.0 points (SD 0.50), n = 12",
        ),
    ],
)  # fmt: skip
def test_a_result_reads_in_one_phrase(fields: dict[str, Any], text: str) -> None:
    """Counts, shares, rates and means keep the digits of their source, zeros included."""
    assert text == number_text(result(**fields))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"interval": INTERVAL, "p": {"operator": "=", "value": Decimal("0.5342"), "sides": "two"}},
         "1.27 (0.60 to 2.71), p = 0.5342"),
        ({"interval": {**INTERVAL, "high": None}}, "1.27 (0.60 to no limit)"),
        ({"interval": {**INTERVAL, "level": 80}}, "1.27 (80 %: 0.60 to 2.71)"),
        ({"interval": {**INTERVAL, "high": None, "high_unreadable": True}}, "1.27 (0.60 to unreadable)"),
        ({"estimate": None, "measure": "p-only", "p": {"operator": "<", "value": Decimal("0.050"), "sides": "two"}},
         "p < 0.050"),
        ({"p": {"operator": "=", "value": Decimal("0.003"), "sides": "unknown", "nominal": True}},
         "1.27, p = 0.003 (nominal)"),
        ({"estimate": None, "measure": "statement-only"}, "not significant"),
    ],
)  # fmt: skip
def test_a_comparison_reads_in_one_phrase(fields: dict[str, Any], text: str) -> None:
    """Estimate, interval and p stand together; an interval that is not of 95 % says so, and so does a nominal p."""
    assert text == number_text(comparison(**fields))


@pytest.mark.parametrize(
    ("fields", "percent"),
    [
        ({}, Decimal("19.4")),
        ({"value": Decimal(19), "unit": "%"}, Decimal(19)),
        ({"total": None}, None),
        ({"unit_of_analysis": "event"}, None),
        ({"value": Decimal(60), "value_bound": ">", "unit": "%", "statistic": "percent", "events": None}, None),
    ],
)
def test_a_share_is_printed_or_counted(fields: dict[str, Any], percent: Decimal | None) -> None:
    """A printed share is kept; a bound and a number of events make none."""
    assert percent == percent_of(result(**fields))


@pytest.mark.parametrize(
    ("row", "lacking"),
    [
        (result(), ()),
        (result(total=None), ("total",)),
        (result(events=None, total=None, value=Decimal(7), unit="%", statistic="percent"), ("count", "total")),
        (result(events=None, total=81, value=Decimal("7.4"), unit="%", statistic="percent"), ()),
        (result(events=None, total=None, value=Decimal(4), statistic="rate"), ("person-years", "interval")),
        (result(unit_of_analysis="event", total=None), ("person-years",)),
        (result(unit_of_analysis="event", total=None, person_years=Decimal(20)), ()),
        (result(unit_of_analysis="treatment-course", total=None), ("total",)),
        (comparison(), ("interval", "p")),
    ],
)
def test_what_is_not_printed_is_told(row: Result | Comparison, lacking: tuple[str, ...]) -> None:
    """A share without a total lacks it, but not a count that only one number of people fits (6 of 81)."""
    assert lacking == not_printed(row)


@pytest.mark.parametrize(
    ("first", "second", "standing"),
    [
        ({"alternative_to": ("r002",)}, {"checked": "secondary"}, {"r001"}),
        ({}, {"checked": "secondary", "alternative_to": ("r001",)}, {"r001"}),
        ({}, {"alternative_to": ("r001",)}, {"r001", "r002"}),
        ({"state": "contested", "alternative_to": ("r002",)}, {"checked": "memory"}, {"r002"}),
        ({"state": "contested"}, {}, {"r002"}),
    ],
)
def test_the_closer_print_stands(first: dict[str, Any], second: dict[str, Any], standing: set[str]) -> None:
    """A contested row never stands; of two prints the one that was read more closely does, or both."""
    assert standing == standing_rows([result(**first), result(id="r002", **second)])


def study(arms: list[dict[str, Any]], results: list[dict[str, Any]], overlaps: list[dict[str, Any]]) -> StudyFile:
    """Return a study of these arms and rows."""
    about = {
        "id": "trial", "acronym": "TRIAL", "short_description": "An invented trial.", "diseases": ["sle"],
        "design": "randomised-controlled-trial", "phase": "2", "masking": "double-blind", "status": "completed",
        "strategy": "not-applicable", "population": "adults", "overlaps_with": overlaps or None,
    }  # fmt: skip
    source = {"id": "s1", "type": "journal-article", "independence": "primary"}
    text = json.dumps(
        {
            "study": about,
            "arms": [
                {"label": each["id"], "role": "monotherapy", "strategy": "not-applicable", "regimen": [], **each}
                for each in arms
            ],
            "results": results or None,
            "sources": [source],
        }
    )
    return StudyFile.model_validate_json(text)


def test_whoever_shares_people_is_named_from_both_sides() -> None:
    """A union names its parts and each part the union; a pooled study is named on every arm."""
    arms: list[dict[str, Any]] = [{"id": "a"}, {"id": "b"}, {"id": "both", "union_of": ["a", "b"]}]
    arms.append({"id": "later", "derived_from": ["a"]})
    file = study(arms, [], [{"study": "pool", "kind": "pooled-in"}, {"study": "twin", "kind": "same-report"}])
    assert {
        "a": "in both; goes on as later; pooled in POOL",
        "b": "in both; pooled in POOL",
        "both": "holds a; holds b; pooled in POOL",
        "later": "later stage of a; pooled in POOL",
    } == overlap_notes(file, {"pool": "POOL", "twin": "TWIN"})


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pools", "pools POOL"),
        ("pooled-in", "pooled in POOL"),
        ("successive-cut", "another cut of POOL"),
        ("extends", "extends POOL"),
        ("extended-by", "extended by POOL"),
        ("possible-overlap", "may share people with POOL"),
        ("shared-pooled-analysis", None),
        ("same-report", None),
    ],
)
def test_each_kind_of_overlap_that_shares_people_is_told(kind: str, words: str | None) -> None:
    """Studies that are only told of together count nobody twice."""
    file = study([{"id": "a"}], [], [{"study": "pool", "kind": kind}])
    assert ({"a": words} if words else {}) == overlap_notes(file, {"pool": "POOL"})


def test_a_shared_reference_arm_is_told() -> None:
    """Two arms that are set against one placebo arm on one quantity share it."""
    arms = [{"id": "low"}, {"id": "high"}, {"id": "nil", "role": "placebo"}]
    rows = [RESULT | {"id": f"r00{n}", "arm": arm["id"]} for n, arm in enumerate(arms, start=1)]
    shared = shared_references(contrasts_of(study(arms, rows, [])))
    assert {"r001_r003": ("high",), "r002_r003": ("low",)} == shared


def test_a_plan_reads_by_its_role() -> None:
    """Primary outcomes and those of untold role stand together, the latter marked; the others say what they are."""
    read = {"source": "s1", "locator": "outcome table", "checked": "registry"}
    plans = [
        PlannedOutcome.model_validate({"id": f"p00{number}", **fields, **read})
        for number, fields in enumerate(
            (
                {"role": "secondary", "outcome_as_reported": "relapse"},
                {"role": "primary", "outcome_as_reported": "remission", "time_as_reported": "Week 12"},
                {"outcome_as_reported": "response"},
            )
        )
    ]
    expected = {
        "plannedPrimary": "remission, Week 12; response (role not reported)",
        "plannedOther": "secondary: relapse",
    }
    assert expected == planned_texts(plans)
    assert {"plannedOther": "secondary: relapse"} == planned_texts(plans[:1])
    assert {} == planned_texts([])


def test_another_print_is_told_from_both_sides() -> None:
    """Two printed values of one quantity stand beside each other, whichever row names the other."""
    rows = [result(), result(id="r002", events=29, alternative_to=("r001",)), result(id="r003")]
    assert {"r001": "29/144 (20.1 %)", "r002": "28/144 (19.4 %)"} == other_prints(rows)


def test_other_prints_are_told_in_one_order_and_each_number_once() -> None:
    """Two sources that print the same other number say one thing."""
    others = [
        result(id=f"r00{n}", events=events, alternative_to=("r001",)) for n, events in ((2, 31), (3, 29), (4, 31))
    ]
    assert "29/144 (20.1 %); 31/144 (21.5 %)" == other_prints([result(), *others])["r001"]
