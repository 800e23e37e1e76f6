"""A number of a registry record keeps what it means: when, of what kind, how spread, and against what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualbio.model.evidence import Result
from dualbio.sources.importing.ctgov.inputs import read_studies
from dualbio.sources.importing.ctgov.study import import_study
from dualbio.sources.importing.ctgov.values import is_change, measure_of
from dualbio.sources.importing.ledger import Imported
from dualbio.sources.importing.vocabulary import Vocabulary
from registry_records import CTGOV, Import, is_balanced, toy_entities


def first_arm(imported: Imported) -> list[Result]:
    """Return the rows of the first arm, in the order of the record."""
    return [row for row in imported.file.results or () if row.arm == "alphamab"]


def refused(imported: Imported, module: str) -> list[str]:
    """Return the items of a module that cannot be rows, with their reasons."""
    return [remark for where, remark in imported.remarks if where == module]


def test_a_baseline_value_is_not_a_follow_up_value(imported_file: Import) -> None:
    """SLEDAI at "Baseline" and at "Week 24" of one outcome are week 0 and week 24; "Day 29" of another is week 4."""
    rows = first_arm(imported_file("times"))
    shown = [(row.week, str(row.value)) for row in rows if row.outcome == "tremor-score"]
    assert [(0, "10.1"), (24, "4.2"), (4, "3.1"), (None, "3.1"), (None, "3.1")] == shown


def test_the_period_of_a_number_is_that_beside_it(imported_file: Import) -> None:
    """A screening value does not carry the frame of its outcome, which is used where nothing stands beside a number."""
    rows = first_arm(imported_file("times"))
    assert ["Baseline", "Week 24", "Day 29 (Visit 5)", "Screening", "Baseline and Week 12"] == [
        row.period for row in rows if row.outcome == "tremor-score"
    ]


def test_time_frames_become_weeks_or_stay_words(imported_file: Import) -> None:
    """Months, days and years that are whole weeks are weeks and say so; other frames stay words."""
    rows = [row for row in first_arm(imported_file("times")) if row.outcome == "calm"]
    assert [26, 12, 52, None, None, None, None, None, None, 52] == [row.week for row in rows]
    assert ["week counted from 'Month 6'", "week counted from 'Day 85'"] == [row.note for row in rows[:2]]
    assert "Every 12 weeks until progression" == rows[3].period
    assert {"follow-up", "not-stated"} == {row.timepoint for row in rows[3:9]}


def test_counts_and_shares_of_people_are_told_apart(imported_file: Import) -> None:
    """A number of participants is a count, a percentage a percent with its interval, a proportion a derived percent."""
    count, percent, share, yes = [row for row in first_arm(imported_file("measures")) if row.outcome == "calm"]
    assert ("count", 11, 30) == (count.statistic, count.events, count.total)
    assert ("percent", Decimal("58.6"), Decimal(40)) == (
        percent.statistic,
        percent.value,
        percent.interval and percent.interval.low,
    )
    assert ("percent", Decimal(66), True, ("value",)) == (
        share.statistic,
        share.value,
        share.derived,
        share.derived_fields,
    )
    assert "Calm: Yes" == yes.outcome_as_reported


def test_a_number_that_cannot_be_is_refused(imported_file: Import) -> None:
    """More people than were analysed, counts of hands, and unknown statistics are listed with the reason."""
    reasons = refused(imported_file("measures"), "outcomes")
    assert "Calm, Alphamab: 35: 35 people of 30 analysed" in reasons
    assert "Calm, Betamab: 38: COUNT_OF_UNITS of 'hands' is no statistic of ours" in reasons
    assert "Tremor score, Alphamab: 1: LOG_MEAN of 'points' is no statistic of ours" in reasons


def test_another_category_is_another_outcome(imported_file: Import) -> None:
    """People who were not calm are not given as calm: they are the rest of those who were."""
    imported = imported_file("measures")
    assert 2 == imported.account["outcomes"].left_out["the people who did not meet an outcome, whose others are told"]
    assert {"Calm", "Calm: Yes"} == {row.outcome_as_reported for row in imported.file.results or () if row.events}


def test_dispersion_keeps_its_kind(imported_file: Import) -> None:
    """Quartiles, range, standard error, intervals with their level stay what they are; others are reported in words."""
    rows = [row for row in first_arm(imported_file("measures")) if row.outcome == "tremor-score"]
    geometric, quartiles, extremes, error, level = rows[:5]
    assert ("geometric-mean", "geometric coefficient of variation 55") == (geometric.statistic, geometric.note)
    assert ["IQR", "range", "SE"] == [row.spread and row.spread.type for row in (quartiles, extremes, error)]
    assert level.interval
    assert (Decimal(90), Decimal(5), Decimal(7)) == (level.interval.level, level.interval.low, level.interval.high)


def test_a_change_is_told_by_any_of_its_texts(imported_file: Import) -> None:
    """Time frame, class and unit can say "change"; the baseline class of such an outcome is a level."""
    rows = [row for row in first_arm(imported_file("measures")) if row.outcome == "tremor-score"]
    assert ["mean-change", "mean", "mean-change", "mean-change"] == [row.statistic for row in rows[5:9]]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Change in SLEDAI", True),
        ("Percent change", True),
        ("Mean reduction of steroid dose from baseline", True),
        ("LS mean change", True),
        ("Week 24 - Baseline", True),
        ("Week 52 minus baseline", True),
        ("Day -14 - Baseline", False),
        ("Baseline - Week 24", False),
        ("Number of treatment changes", False),
        ("Exchange rate", False),
        ("Reduction surgery", False),
    ],
)
def test_change_is_a_phrase_not_a_syllable(text: str, change: bool) -> None:
    """What counts is a change in or from something."""
    assert change == is_change(text)


def test_a_change_that_a_description_alone_tells_is_listed(vocabulary: Vocabulary) -> None:
    """A negative score of "SLEDAI" whose description begins with "Change from baseline" is written as no level."""
    (record,) = read_studies(CTGOV / "times.json")
    module = record["resultsSection"]["outcomeMeasuresModule"]
    told = module["outcomeMeasures"] = [each for each in module["outcomeMeasures"] if each["paramType"] == "MEAN"][:1]
    before = import_study(record, vocabulary)
    told[0]["description"] = "Change from baseline in the total score; lower is better."
    after = import_study(record, vocabulary)
    levels, kept = (
        [row for row in each.file.results or () if row.statistic == "mean" and row.week] for each in (before, after)
    )
    assert levels
    assert [] == kept
    assert len(levels) == sum("tells of a change" in remark for remark in refused(after, "outcomes"))


def test_logarithms_of_ratios_become_ratios(imported_file: Import) -> None:
    """A log odds ratio of 0.35 (0.10 to 0.60) is an odds ratio of 1.42 (1.11 to 1.82), and says so."""
    odds, hazard = (imported_file("analyses").file.comparisons or ())[:2]
    assert odds.interval
    assert ("OR", "1.42", "1.11", "1.82") == (
        odds.measure,
        *map(str, (odds.estimate, odds.interval.low, odds.interval.high)),
    )
    assert "worked out: OR is e to the power of the printed logarithm 0.35 (0.10 to 0.60)" == odds.note
    assert (True, ("estimate", "interval")) == (odds.derived, odds.derived_fields)
    assert hazard.interval
    assert ("HR", "0.803", Decimal(90)) == (hazard.measure, str(hazard.estimate), hazard.interval.level)


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("Odds Ratio, log", ("OR", True)),
        ("Log Odds Ratio", ("OR", True)),
        ("Odds Ratio (log scale)", ("OR", True)),
        ("ln(OR)", ("OR", True)),
        ("logOR", ("OR", True)),
        ("Natural log of hazard ratio", ("HR", True)),
        ("log(HR)", ("HR", True)),
        ("Log-transformed relative risk", ("RR", True)),
        ("Odds Ratio, log10", None),
        ("Log mean difference", None),
        ("Adjusted odds ratio", ("OR", False)),
        ("Odds ratio (95% CI)", ("OR", False)),
        ("Common risk difference", ("RD", False)),
    ],
)
def test_a_logarithm_is_told_by_any_word_for_it(name: str, measure: tuple[str, bool] | None) -> None:
    """Before or behind the name of a ratio; one to base 10, and one of a difference, is none of ours."""
    assert measure == measure_of(name, "COUNT_OF_PARTICIPANTS", "Participants")


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("estimate is on the log scale", False),
        ("natural logarithm of the odds ratio", False),
        ("ln(OR)", False),
        ("stratified log-rank test", True),
        ("adjusted for baseline SLEDAI", True),
    ],
)
@pytest.mark.parametrize("field", ["estimateComment", "statisticalComment", "otherAnalysisDescription"])
def test_a_ratio_whose_comment_speaks_of_a_logarithm_is_refused(
    field: str, comment: str, kept: bool, vocabulary: Vocabulary
) -> None:
    """The name says odds ratio and the comment logarithm: which of them it is, only a reader can tell."""
    record = next(read_studies(CTGOV / "analyses.json"))
    measures = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
    analysis = next(each for measure in measures for each in measure.get("analyses", ()))
    analysis |= {"paramType": "Odds Ratio (OR)", field: comment}
    imported = import_study(record, vocabulary)
    assert kept == ("OR" in [row.measure for row in (imported.file.comparisons or ())[:1] if row.derived is None])
    assert kept != any("a comment speaks of a logarithm" in text for text in refused(imported, "analyses"))
    assert is_balanced(imported.account["analyses"])


def outcome(vocabulary: Vocabulary, **changes: Any) -> Imported:
    """Give what becomes of a record with one outcome of one arm, as changed; `cell` changes its number."""
    record = next(read_studies(CTGOV / "measures.json"))
    module = record["resultsSection"]["outcomeMeasuresModule"]
    measure = module["outcomeMeasures"][0]
    module["outcomeMeasures"] = [measure]
    cells = measure["classes"][0]["categories"][0]["measurements"]
    measure["classes"] = [{"categories": [{"measurements": [cells[0] | changes.pop("cell", {})]}]}]
    measure |= changes
    return import_study(record, vocabulary)


@pytest.mark.parametrize(
    ("unit", "printed", "value"),
    [
        ("events per 100 patient-years", "12.30", "12.30"),
        ("Number of events per 100 participant-years", "12.3", "12.3"),
        ("events/100 PY", "12.3", "12.3"),
        ("adverse events per patient-year", "0.123", "12.3"),
        ("events per 1000 person-years", "123", "12.3"),
        ("participants per 100 patient-years", "12.3", None),
        ("Rate per 100 person-years", "12.3", None),
        ("events per year", "12.3", None),
        ("events per 100 patient-years", "-1", None),
    ],
)
def test_events_by_exposure_are_rates(unit: str, printed: str, value: str | None, vocabulary: Vocabulary) -> None:
    """Events per 100 patient-years are a rate; by other years it is worked out; people by exposure are none of ours."""
    changes = {"title": "Number of Participants With Infections", "paramType": "NUMBER", "unitOfMeasure": unit}
    imported = outcome(vocabulary, cell={"value": printed}, **changes)
    rows = imported.file.results or ()
    assert [value] * bool(value) == [str(row.value) for row in rows]
    for row in rows:
        assert ("adverse-event-rate", "infection", "rate", "event", "per 100 patient-years", None) == (
            row.outcome, row.ae, row.statistic, row.unit_of_analysis, row.unit, row.total,
        )  # fmt: skip
        assert (value != printed) == bool(row.derived)
    assert is_balanced(imported.account["outcomes"])


@pytest.mark.parametrize(
    ("kind", "cell", "reason"),
    [
        ("STANDARD_DEVIATION", {"spread": "-3"}, "SD -3 is below 0"),
        ("FULL_RANGE", {"lowerLimit": "12", "upperLimit": "3"}, "range 12 to 3 has its limits the wrong way round"),
        ("FULL_RANGE", {"lowerLimit": "20", "upperLimit": "22"}, "10 is outside its range 20 to 22"),
        ("INTER_QUARTILE_RANGE", {"lowerLimit": "2", "upperLimit": "4"}, "10 is outside its IQR 2 to 4"),
    ],
)
def test_a_dispersion_that_cannot_be_is_refused(
    kind: str, cell: dict[str, str], reason: str, vocabulary: Vocabulary
) -> None:
    """A negative deviation, a range that ends before it begins, and a number outside its own range."""
    changes = {"title": "Tremor score", "paramType": "MEDIAN", "unitOfMeasure": "points", "dispersionType": kind}
    imported = outcome(vocabulary, cell={"value": "10"} | cell, **changes)
    assert [reason] == [text.rpartition(": ")[2] for text in refused(imported, "outcomes")]


def test_a_limit_that_was_not_reached_leaves_the_interval_open(vocabulary: Vocabulary) -> None:
    """The upper limit of a median is often not reached; a lower one alone that is missing is reported in words."""
    changes = {"title": "Tremor score", "paramType": "MEDIAN", "unitOfMeasure": "points"}
    changes["dispersionType"] = "95% Confidence Interval"
    upper, lower = (
        outcome(vocabulary, cell={"value": "10", "lowerLimit": low, "upperLimit": high}, **changes)
        for low, high in (("3", "NA"), ("NA", "12"))
    )
    (row,), (other,) = upper.file.results or (), lower.file.results or ()
    assert row.interval
    assert (Decimal(3), None) == (row.interval.low, row.interval.high)
    assert (None, "95% confidence interval NA to 12") == (other.interval, other.note)


@pytest.mark.parametrize(
    ("name", "parameter", "unit", "measure"),
    [
        ("Odds Ratio (OR)", "COUNT_OF_PARTICIPANTS", "Participants", "OR"),
        ("Odds Ratio, log", "COUNT_OF_PARTICIPANTS", "Participants", "OR"),
        ("Mean Difference (Final Values)", "MEAN", "points", "MD"),
        ("Difference of Least Squares (LS) Mean", "LEAST_SQUARES_MEAN", "points", "MD"),
        ("LS Mean Difference", "LEAST_SQUARES_MEAN", "points", "MD"),
        ("Treatment difference", "LEAST_SQUARES_MEAN", "points", "MD"),
        ("Difference", "NUMBER", "percentage of participants", "RD"),
        ("Difference", "MEDIAN", "points", None),
        ("Median Difference (Final Values)", "MEDIAN", "points", None),
        ("Percentage Difference", "NUMBER", "percentage of participants", None),
        ("Odds ratio per year", "COUNT_OF_PARTICIPANTS", "Participants", None),
        ("Cox Proportional Hazard", "MEDIAN", "days", None),
        ("Slope", "MEAN", "points", None),
    ],
)
def test_measures_are_known_by_their_whole_name(name: str, parameter: str, unit: str, measure: str | None) -> None:
    """A difference is one of means or of shares as its outcome is; a name that only begins like one is none."""
    found = measure_of(name, parameter, unit)
    assert measure == (found and found[0])


def test_a_non_inferiority_test_says_so(imported_file: Import) -> None:
    """Hypothesis, sides, operator and method stay with the p value, and an open interval stays open."""
    row = (imported_file("analyses").file.comparisons or ())[2]
    assert row.p
    assert row.interval
    assert ("=", "one", "Cochran-Mantel-Haenszel") == (row.p.operator, row.p.sides, row.p.test)
    assert (Decimal("97.5"), None) == (row.interval.level, row.interval.high)
    assert "tested hypothesis: non inferiority; the interval is one-sided" == row.note
    assert ("unknown", "unknown") == (row.significant, row.favours)


def test_p_values_keep_operator_and_sides(imported_file: Import) -> None:
    """A p below 0.0001 stays below it; a limit that has no field is told; a p alone is a row."""
    difference, alone = (imported_file("analyses").file.comparisons or ())[3:5]
    assert difference.p
    assert ("RD", "<", "two") == (difference.measure, difference.p.operator, difference.p.sides)
    assert "interval of 95% from no limit to 0.30" == difference.note
    assert ("p-only", None) == (alone.measure, alone.estimate)


def test_analyses_that_cannot_be_are_refused(imported_file: Import) -> None:
    """A group against itself, a p above 1, limits the wrong way round and the like are listed with the reason."""
    reasons = [text.rpartition(": ")[2] for text in refused(imported_file("analyses"), "analyses")]
    assert [
        "p 1.2 is no probability",
        "interval 2.3 to 0.7 has its limits the wrong way round",
        "Odds Ratio (OR) -0.4 is no ratio; is it a logarithm?",
        "Odds Ratio (OR) 1.5 (-0.3 to 3.0) is no ratio; is it a logarithm?",
        "4.0 is outside its interval 0.7 to 2.3",
        "measure 'Odds ratio per year' is none of ours",
        "a group is compared with itself",
        "an analysis of 1 groups, not of two",
        "a group that is not in the outcome's own list of groups",
        "neither an estimate nor a p value",
        "one of 2 classes, and the record does not say which",
    ] == reasons


def test_an_analysis_waits_for_its_outcome(imported_file: Import) -> None:
    """Only the outcome is missing; once it is decided, the row is there with estimate, interval and unit."""
    imported = imported_file("analyses")
    question = next(item for item in imported.questions if item.what == "outcome" and item.found.startswith("Change"))
    record = next(read_studies(CTGOV / "analyses.json"))
    answers = {(question.what, question.found): "tremor-score"}
    row = (import_study(record, Vocabulary(toy_entities()), answers).file.comparisons or ())[-1]
    assert row.interval
    assert ("c006", "tremor-score", "MD", Decimal(-1), "points", Decimal(-2)) == (
        row.id, row.outcome, row.measure, row.estimate, row.unit, row.interval.low,
    )  # fmt: skip
