"""Which rows are set against each other, and what the estimates say, on an invented study."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from pyoxigraph import Literal

from dualbio.model.evidence import Comparison, StudyFile
from dualbio.model.namespaces import individual, term
from dualbio.synthesis import estimates_of, row_pairs_of, synthesis_quads
from dualbio.synthesis.row_pairs import share_pairs_of

COUNT = {
    "kind": "efficacy",
    "outcome": "sri-4",
    "outcome_as_reported": "response",
    "role": "primary",
    "week": 52,
    "population": "ITT",
    "unit_of_analysis": "patient",
    "statistic": "count",
    "source": "s1",
    "locator": "Table 2",
    "checked": "fulltext",
}
RATE = {
    **COUNT,
    "kind": "safety",
    "outcome": "adverse-event-rate",
    "ae": "serious-infection",
    "unit_of_analysis": "event",
    "statistic": "rate",
    "unit": "per 100 patient-years",
}


def arm(key: str, role: str = "monotherapy", **more: Any) -> dict[str, Any]:
    """Return an arm record."""
    kind = {"combination_type": "dual-biologic"} if role == "combination" else {}
    return {"id": key, "label": f"arm {key}", "role": role, "strategy": "not-applicable", "regimen": [], **kind, **more}


def study(results: Iterable[dict[str, Any]], arms: Iterable[dict[str, Any]], **more: Any) -> StudyFile:
    """Return a study of these arms; results are numbered in their order."""
    about = {
        "id": "trial",
        "acronym": "TRIAL",
        "short_description": "An invented trial.",
        "diseases": ["sle"],
        "design": "randomised-controlled-trial",
        "phase": "2",
        "masking": "double-blind",
        "status": "completed",
        "strategy": "not-applicable",
        "population": "adults",
        **more,
    }
    rows = [{"id": f"r{number:03}", **row} for number, row in enumerate(results, start=1)]
    source = {"id": "s1", "type": "journal-article", "year": 2020, "independence": "primary"}
    file = {"study": about, "arms": list(arms), "results": rows, "sources": [source]}
    return StudyFile.model_validate_json(json.dumps(file))


def counted(key: str, events: int, total: int, **more: Any) -> dict[str, Any]:
    """Return a row that counts people of an arm."""
    return {**COUNT, "arm": key, "events": events, "total": total, **more}


def pairs(file: StudyFile) -> list[tuple[str, str]]:
    """Return the arms of each pair of rows."""
    return [(pair.a.arm, pair.b.arm) for pair in row_pairs_of(file)]


TWO = (arm("pbo", "placebo"), arm("both", "combination"))
ROWS = (counted("pbo", 9, 22), counted("both", 11, 21))
#: 4 events in 70 years, and 10 in 70.
RATES = tuple({**RATE, "arm": arm, "events": n, "person_years": 70} for arm, n in (("pbo", 4), ("both", 10)))


def test_the_arm_under_test_comes_first() -> None:
    """A combination is set against placebo, whichever row the file has first; the key keeps the rows' own order."""
    (pair,) = row_pairs_of(study(ROWS, TWO))
    assert ("both", "pbo", "r001_r002") == (pair.a.arm, pair.b.arm, pair.key)


@pytest.mark.parametrize(
    "change",
    [
        {"week": 24},
        {"outcome": "bicla"},
        {"outcome_as_reported": "response without steroids"},
        {"population": "completers"},
        {"period": "year 1"},
        {"unit_of_analysis": "treatment-course"},
        {"subgroup": {"factor": "serology", "level": "low"}},
        {"statistic": "percent", "value": 41, "unit": "%"},
        {"total": None, "value": 41},
    ],
    ids=str,
)
def test_rows_that_differ_in_what_they_measure_are_not_compared(change: dict[str, Any]) -> None:
    """One difference in time, outcome, people or way of counting is enough."""
    assert [] == pairs(study([ROWS[0], {**ROWS[1], **change}], TWO))


def test_treatment_courses_are_not_people() -> None:
    """Rows that count courses are no shares of people, so they have no such interval."""
    assert [] == pairs(study([{**row, "unit_of_analysis": "treatment-course"} for row in ROWS], TWO))


def test_disputed_numbers_are_left_out() -> None:
    """A row with a second printed value is not used, and neither is that value."""
    rows = [*ROWS, counted("both", 12, 21, alternative_to=["r002"])]
    assert [] == pairs(study(rows, TWO))


def test_a_print_that_was_read_more_closely_is_used() -> None:
    """Of two prints of one number the one of the full text stands against the other arm, that of a review does not."""
    rows = [*ROWS, counted("both", 12, 21, alternative_to=["r002"], checked="secondary")]
    assert pairs(study(ROWS, TWO)) == pairs(study(rows, TWO))


def test_contested_numbers_are_left_out() -> None:
    """A row whose number is doubted makes no estimate, whichever arm it is of."""
    one, *others = ROWS
    assert [] == pairs(study([{**one, "state": "contested", "note": "a misprint"}, *others], TWO))


def test_a_pooled_analysis_has_no_contrast() -> None:
    """Counts that were summed over trials are not compared as if they were of one."""
    assert [] == pairs(study(ROWS, TWO, design="pooled-analysis"))


@pytest.mark.parametrize(
    "others",
    [
        [arm("b", subset_of="a")],
        [arm("b", derived_from=["a"])],
        [arm("b", paired_with="a")],
        [arm("b"), arm("c"), arm("x", union_of=["b", "c"], subset_of="a")],
        [arm("b", subset_of="x"), arm("x", paired_with="a")],
        [arm("b", "external-comparator")],
        [arm("b", stage="maintenance")],
        [arm("b", trial="SECOND")],
    ],
    ids=[
        "part",
        "later",
        "before and after",
        "part of a union of a part",
        "part of later",
        "outside",
        "other stage",
        "other trial",
    ],
)
def test_arms_that_may_not_be_compared(others: list[dict[str, Any]]) -> None:
    """Arms that share people, even through a third, of another stage or trial, or from outside have no contrast."""
    assert [] == pairs(study([counted("a", 5, 20), counted("b", 6, 20)], [arm("a"), *others]))


def test_parts_of_one_union_may_be_compared() -> None:
    """Two arms are apart though a third holds both; each of them with that third is not."""
    arms = [arm("a"), arm("b"), arm("all", union_of=["a", "b"])]
    rows = [counted("a", 5, 20), counted("b", 6, 20), counted("all", 11, 40)]
    assert [("a", "b")] == pairs(study(rows, arms))


def test_the_weakest_check_level_counts() -> None:
    """An estimate is checked no better than either row, or than what is known of the arm of a number."""
    weak = counted("both", 11, 21, arm_assignment_checked="memory")
    (found,) = {estimate.checked for estimate in estimates_of(study([ROWS[0], weak], TWO))}
    assert "memory" == found


def test_a_count_has_three_measures_and_zero_events_fewer() -> None:
    """Difference and both ratios are given; without any event the difference alone."""
    none = study([counted("pbo", 0, 22), counted("both", 0, 21)], TWO)
    assert ["rd", "rr", "or"] == [estimate.measure for estimate in estimates_of(study(ROWS, TWO))]
    assert ["rd"] == [estimate.measure for estimate in estimates_of(none)]


def test_rates_have_measures_of_their_own() -> None:
    """Rates with printed intervals, or with events and time, are compared by their own method."""
    interval = {"type": "confidence", "level": 95, "low": 1, "high": 6}
    rows = [
        {**RATE, "arm": "pbo", "value": 3, "interval": interval},
        {**RATE, "arm": "both", "value": 5, "events": 10, "person_years": 200},
    ]
    found = list(estimates_of(study(rows, TWO)))
    assert [("rate-difference", "mover"), ("rate-ratio", "mover")] == [(e.measure, e.method) for e in found]
    assert pytest.approx(2) == found[0].effect.value


def test_a_rate_without_interval_or_time_is_not_compared() -> None:
    """A bare rate does not say how sure it is."""
    for part in ({}, {"events": 10}, {"person_years": 200}):
        bare = [{**RATE, "arm": key, "value": 3, **part} for key in ("pbo", "both")]
        assert [] == pairs(study(bare, TWO))


@pytest.mark.parametrize("level", [90, 99])
def test_an_interval_of_another_level_is_not_joined(level: int) -> None:
    """An interval of 90 or 99 percent cannot stand for one of 95."""
    interval = {"type": "confidence", "level": level, "low": 1, "high": 6}
    rows = [{**RATE, "arm": key, "value": 3, "interval": interval} for key in ("pbo", "both")]
    assert [] == pairs(study(rows, TWO))


def facts(file: StudyFile, key: str) -> dict[str, list[str]]:
    """Return the values of each property of an estimate, vocabulary names alone."""
    found: dict[str, list[str]] = {}
    for quad in synthesis_quads([file]):
        if quad.subject == individual("estimate", f"trial.{key}"):
            value = quad.object
            text = value.value if isinstance(value, Literal) else str(value).rpartition("/")[2].strip(">")
            found.setdefault(quad.predicate.value.rpartition("#")[2], []).append(text)
    return found


def test_an_estimate_names_all_that_it_was_made_from() -> None:
    """Arms, rows, outcome, week, method, level and check level stand beside the number."""
    found = facts(study(ROWS, TWO), "r001_r002.rd")
    wanted = {
        "contrastArm": ["trial.both"],
        "referenceArm": ["trial.pbo"],
        "computedFrom": ["trial.r002", "trial.r001"],
        "outcome": ["sri-4"],
        "week": ["52"],
        "effectMeasure": ["effect-measure.rd"],
        "estimationMethod": ["estimation-method.miettinen-nurminen"],
        "checkLevel": ["check-level.fulltext"],
        "intervalLevel": ["95"],
        "unit": ["percentage points"],
        "estimate": ["11.47"],
        "intervalLow": ["-18.2"],
        "intervalHigh": ["39.27"],
    }
    assert wanted == {name: found[name] for name in wanted}
    assert ["TRIAL: risk difference of response at week 52, arm both against arm pbo"] == found["label"]


@pytest.mark.parametrize(
    ("rows", "measure", "name", "number", "unit"),
    [
        (ROWS, "rd", "risk difference", "11.47", "percentage points"),
        (ROWS, "rr", "relative risk", "1.28", None),
        (ROWS, "or", "odds ratio", "1.589", None),
        (RATES, "rate-difference", "rate difference", "8.57", "per 100 patient-years"),
        (RATES, "rate-ratio", "rate ratio", "2.5", None),
    ],
)
def test_a_measure_has_its_name_and_its_unit(
    rows: tuple[dict[str, Any], ...], measure: str, name: str, number: str, unit: str | None
) -> None:
    """Differences have a unit and two decimals, ratios no unit and four significant digits."""
    found = facts(study(rows, TWO), f"r001_r002.{measure}")
    assert ([number], [unit] if unit else None) == (found["estimate"], found.get("unit"))
    assert [f"TRIAL: {name} of "] == [label[: len(f"TRIAL: {name} of ")] for label in found["label"]]


def test_a_published_comparison_stands_beside_the_estimate() -> None:
    """What a source prints for the same arms, outcome and week is named, in whichever order it has the arms."""
    printed = {
        **{name: COUNT[name] for name in ("kind", "outcome", "outcome_as_reported", "source", "locator", "checked")},
        "id": "c001",
        "a": "pbo",
        "b": "both",
        "contrast_type": "between-arms",
        "role": "primary",
        "week": 52,
        "measure": "OR",
        "estimate": 2,
        "significant": False,
        "favours": "b",
    }
    file = study(ROWS, TWO)
    same = Comparison.model_validate_json(json.dumps(printed))
    later = Comparison.model_validate_json(json.dumps({**printed, "id": "c002", "week": 104}))
    found = facts(file.model_copy(update={"comparisons": (same, later)}), "r001_r002.or")
    assert ["trial.c001"] == found["publishedReversed"]


def test_a_ratio_to_nobody_says_that_it_has_no_limit() -> None:
    """What is infinite is no number: the estimate and its upper limit are left out and the mark is there."""
    found = facts(study([counted("pbo", 0, 22), counted("both", 5, 21)], TWO), "r001_r002.rr")
    assert (["true"], False, False) == (found["unbounded"], "estimate" in found, "intervalHigh" in found)
    assert Decimal(found["intervalLow"][0]) > 1


def test_everything_is_in_the_graph_of_the_synthesis() -> None:
    """No quad goes anywhere else, and numbers are decimals without zeros at the end."""
    quads = list(synthesis_quads([study([counted("pbo", 5, 20), counted("both", 5, 20)], TWO)]))
    assert {"https://w3id.org/dualbio/graph/synthesis"} == {quad.graph_name.value for quad in quads}  # type: ignore[union-attr]
    zero = [quad.object for quad in quads if quad.predicate == term("estimate")]
    assert [("0", "decimal"), ("1", "decimal"), ("1", "decimal")] == [
        (node.value, node.datatype.value.rpartition("#")[2]) for node in zero if isinstance(node, Literal)
    ]


def test_events_counted_by_different_rules_are_not_compared() -> None:
    """Serious infections of one arm are not set against those that include intravenous antibiotics in the other."""
    event = {
        "kind": "safety",
        "outcome": "adverse-event-incidence",
        "ae": "serious-infection",
        "seriousness": "serious",
    }
    same = [{**counted("pbo", 5, 20), **event}, {**counted("both", 5, 20), **event}]
    other = [same[0], {**same[1], "seriousness": "serious-or-intravenous-antibiotics"}]
    assert (True, False) == (bool(list(row_pairs_of(study(same, TWO)))), bool(list(row_pairs_of(study(other, TWO)))))


@pytest.mark.parametrize(("unit", "pairs"), [("patient", 1), ("treatment-course", 0), ("event", 0)])
def test_shares_of_people_alone_stand_beside_each_other(unit: str, pairs: int) -> None:
    """Percentages of courses or events are no shares of people, so their difference is none."""
    share = {"statistic": "percent", "events": None, "total": None, "unit": "%", "unit_of_analysis": unit}
    rows = [{**counted("pbo", 0, 0), **share, "value": 41}, {**counted("both", 0, 0), **share, "value": 52}]
    assert pairs == len(list(share_pairs_of(study(rows, TWO))))


@pytest.mark.parametrize(
    ("change", "pairs"),
    [({}, 1), ({"value_bound": "<"}, 0), ({"unit": "points"}, 0), ({"value": None, "events": 5, "total": 20}, 0)],
    ids=["a percentage", "less than it", "another unit", "a count is no percentage"],
)
def test_a_share_is_a_percentage_that_is_printed_as_it_is(change: dict[str, Any], pairs: int) -> None:
    """What is less than five percent of people is no share, nor is a mean that happens to stand there."""
    share = {"statistic": "percent", "events": None, "total": None, "unit": "%", "value": 41}
    rows = [{**counted("pbo", 0, 0), **share}, {**counted("both", 0, 0), **share, **change}]
    kept = [{name: value for name, value in row.items() if value is not None} for row in rows]
    assert pairs == len(list(share_pairs_of(study(kept, TWO))))
