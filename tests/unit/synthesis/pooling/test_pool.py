"""Answers: the number and what stands beside it, refusals, and what may not change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import exp, log
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualbio.model.syntheses import MODELS_OF, Side, SynthesisQuestion
from dualbio.synthesis.pooling import Synthesis
from dualbio.synthesis.pooling.asking import made_question
from dualbio.synthesis.pooling.certainty import bias_words
from dualbio.synthesis.pooling.effects import ArmCounts, Counts, Data, Effect, Means, Printed, Times
from dualbio.synthesis.pooling.facts import BiasFact, Facts, RowFact
from dualbio.synthesis.pooling.models import NoEstimateError
from dualbio.synthesis.pooling.pool import fit_data, pool
from dualbio.synthesis.pooling.selection import select
from pooled_facts import EVENT, arm, facts, question, row

RANDOM: list[dict[str, object]] = [
    {"model": "random-effects", "tau2": tau2, "interval": interval}
    for tau2 in ("DL", "PM", "REML")
    for interval in ("normal", "hartung-knapp")
]
MODELS: list[dict[str, object]] = [
    {"model": "mantel-haenszel"},
    {"model": "mantel-haenszel", "correction": True},
    {"model": "inverse-variance"},
    *RANDOM,
]
tables = st.integers(5, 60).flatmap(
    lambda n1: st.integers(5, 60).flatmap(
        lambda n2: st.builds(Counts, st.integers(0, n1), st.just(n1), st.integers(0, n2), st.just(n2))
    )
)


def trials(*counts: tuple[int, int, int, int], **changes: object) -> Facts:
    """Return a trial for each table: events and people under the drug, and under placebo."""
    arms = [arm(f"t{n}.{name}", drug) for n in range(len(counts)) for name, drug in (("rtx", "rituximab"), ("pbo", ""))]
    rows = [
        row(f"t{n}.{name}", events, total, **changes)
        for n, (a, n1, c, n2) in enumerate(counts)
        for name, events, total in (("rtx", a, n1), ("pbo", c, n2))
    ]
    return facts(rows, arms)


def answer(known: Facts, **changes: object) -> Synthesis:
    """Return the answer to a question."""
    asked = question(**changes)
    return pool(asked, known, select(asked, known))


def fit(data: Sequence[Data], **changes: object) -> tuple[float, ...] | str:
    """Return value, error, Q and tau² of a model, or why there is none."""
    try:
        found, _ = fit_data(question(**changes), data)
    except NoEstimateError as error:
        return str(error)
    return found.value, found.error, found.q, found.tau2 or 0.0


def test_a_number_stands_with_its_interval_weights_and_counts() -> None:
    """Weights sum to a hundred; events, people, found, eligible and used are counted; each study is left out once."""
    found = answer(trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60)))
    assert found.pooled is not None
    assert found.pooled.low < found.pooled.estimate < found.pooled.high
    assert sum(study.weight or 0 for study in found.studies) == pytest.approx(100)
    assert (25, 500, 3) == (found.pooled.events, found.pooled.people, found.pooled.studies)
    assert (3, 3, 3) == (found.found, found.eligible, found.used)
    assert ["t0", "t1", "t2"] == [each.label for each in found.left_one_out]
    assert all(each.pooled and each.pooled.studies == 2 for each in found.left_one_out)


LIMITLESS = "so that the ratio is without limit"


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([], "no candidate meets the question"),
        ([(5, 100, 2, 50)], "one study alone, t0: nothing is pooled"),
        ([(0, 100, 0, 50), (0, 80, 0, 90)], "no study has an event"),
        ([(0, 100, 0, 50), (4, 80, 3, 90)], "t1 alone has an event: nothing is pooled"),
        (
            [(3, 100, 0, 50), (4, 80, 0, 90)],
            "no arm of the comparator has an event, so that the ratio is without limit",
        ),
        ([(0, 100, 1, 50), (0, 80, 2, 90)], "no arm under test has an event, so that the ratio is zero"),
        ([(10, 10, 50, 50), (80, 80, 90, 90)], "in each study nobody or everybody has the event"),
        (
            [(10, 10, 50, 50), (4, 80, 3, 90)],
            "t1 alone has people with the event and people without it: nothing is pooled",
        ),
        (
            [(10, 10, 4, 8), (9, 9, 3, 7)],
            f"in each study nobody of the comparator has the event or everybody under test, {LIMITLESS}",
        ),
        (
            [(10, 10, 4, 8), (9, 9, 3, 7), (5, 9, 3, 7)],
            "t2 alone has people without the event under test (4): a ratio would rest on it; ask for a difference",
        ),
    ],
)
def test_where_no_number_may_be_given_there_is_a_reason(counts: list[tuple[int, int, int, int]], reason: str) -> None:
    """A pool of one, of none, and a ratio to nothing carry no number; what was selected is still shown."""
    found = answer(trials(*counts))
    assert (None, reason) == (found.pooled, found.reason)
    assert len(counts) == len(found.studies)
    assert () == found.left_one_out


RESTS = "t0 alone has an event of the comparator (1): a ratio would rest on it; ask for a difference"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"measure": "OR"}, RESTS),
        ({"measure": "RR"}, RESTS),
        ({"measure": "OR", "correction": True}, RESTS),
        ({"measure": "OR", "model": "inverse-variance"}, RESTS),
        ({"measure": "OR", "model": "random-effects"}, RESTS),
        ({"measure": "OR", "model": "peto"}, None),
        ({"measure": "RD"}, None),
    ],
)
def test_a_ratio_does_not_rest_on_one_studys_comparator(changes: dict[str, object], reason: str | None) -> None:
    """Where one study alone has events on one side, a ratio would be made of it, or of what is added to empty cells."""
    known = trials((6, 103, 1, 64), (9, 162, 0, 80), (1, 33, 0, 18), (3, 85, 0, 36))
    found = answer(known, **changes)
    assert reason == found.reason
    assert (reason is None) == (found.pooled is not None)


@pytest.mark.parametrize(
    ("counts", "what"),
    [
        ([(1, 100, 4, 50), (0, 80, 9, 90), (0, 90, 3, 40)], "an event under test (1)"),
        ([(4, 50, 1, 100), (9, 90, 0, 80), (3, 40, 0, 90)], "an event of the comparator (1)"),
        ([(49, 50, 90, 100), (90, 90, 70, 80), (40, 40, 80, 90)], "people without the event under test (1)"),
        ([(90, 100, 49, 50), (70, 80, 90, 90), (80, 90, 40, 40)], "people without the event of the comparator (1)"),
    ],
)
def test_odds_rest_on_no_cell_of_one_study(counts: list[tuple[int, int, int, int]], what: str) -> None:
    """Of the four cells that an odds ratio is made of, none may be empty in all studies but one."""
    found = answer(trials(*counts))
    assert (None, f"t0 alone has {what}: a ratio would rest on it; ask for a difference") == (
        found.pooled,
        found.reason,
    )


@pytest.mark.parametrize(
    ("measure", "unit"),
    [("OR", ""), ("RR", ""), ("RD", "percentage points"), ("proportion", "%")],
)
def test_a_pooled_number_has_the_unit_of_its_measure(measure: str, unit: str) -> None:
    """Ratios have none; shares of people are told in percent."""
    alone: dict[str, object] = {"comparator": None, "model": "binomial-normal"} if measure == "proportion" else {}
    found = answer(trials((5, 100, 2, 50), (4, 80, 3, 90)), measure=measure, **alone)
    assert found.pooled is not None
    assert unit == found.unit


def test_a_difference_of_rates_has_its_unit() -> None:
    """It counts events by person-years."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90), person_years=70.0, unit_of_analysis="event")
    found = answer(known, measure="rate-difference")
    assert found.pooled is not None
    assert "per 100 person-years" == found.unit


def test_a_ratio_does_not_rest_on_what_is_added_to_empty_cells() -> None:
    """No comparator has an event: one half in each of their cells would make the ratio."""
    found = answer(trials((3, 100, 0, 50), (4, 80, 0, 90)), model="inverse-variance")
    assert "no arm of the comparator has an event: a ratio would rest on what is added" == found.reason


def test_a_risk_ratio_does_not_rest_on_those_without_the_event() -> None:
    """It is made of events alone, so that arms in which everybody has one are no reason to withhold it."""
    assert answer(trials((10, 10, 4, 8), (9, 9, 3, 7), (5, 9, 3, 7)), measure="RR").pooled


def test_a_difference_without_an_error_is_no_number() -> None:
    """Where everybody under test has the event and nobody else, or everybody at all, no variance can be told."""
    for counts in ((10, 10, 0, 5), (10, 10, 5, 5)):
        found = answer(trials(counts, counts), measure="RD")
        reason = "in every arm nobody or everybody has the event, so that the difference has no error"
        assert (None, reason) == (found.pooled, found.reason)
    assert "no study has an event" == answer(trials((0, 10, 0, 5), (0, 10, 0, 5)), measure="RD").reason


@pytest.mark.parametrize("interval", ["normal", "hartung-knapp"])
def test_a_further_study_is_expected_somewhere_only_after_three(interval: str) -> None:
    """Two studies, or two arms, tell too little of how studies differ; the interval is wider than that of the mean."""
    counts = [(5, 100, 2, 50), (40, 100, 12, 90), (15, 300, 16, 148)]
    asked: dict[str, object] = {"measure": "RR", "model": "random-effects", "interval": interval}
    two, three = (answer(trials(*counts[:number]), **asked).pooled for number in (2, 3))
    assert two is not None
    assert three is not None
    assert (None, None) == (two.prediction_low, two.prediction_high)
    assert three.prediction_low is not None
    assert three.prediction_low < three.low
    arms: dict[str, object] = {"measure": "proportion", "model": "binomial-normal", "comparator": None}
    alone = answer(trials(*counts[:2]), **arms).pooled
    assert alone is not None
    assert alone.prediction_low is None


HARTUNG_KNAPP: dict[str, object] = {"measure": "RR", "model": "random-effects", "interval": "hartung-knapp"}


def test_an_interval_of_hartung_and_knapp_without_a_width_is_none() -> None:
    """Two equal trials would have an interval from a number to itself; a normal one tells how little they know."""
    same = trials((5, 100, 2, 50), (5, 100, 2, 50))
    reason = "the studies agree exactly: the interval of Hartung and Knapp has no width; ask for a normal one"
    found = answer(same, **HARTUNG_KNAPP)
    assert (None, reason) == (found.pooled, found.reason)
    normal = answer(same, **{**HARTUNG_KNAPP, "interval": "normal"}).pooled
    assert normal is not None
    assert 1.25 == pytest.approx(normal.estimate)
    assert normal.low < 0.5


def test_the_normal_interval_stands_beside_one_of_hartung_and_knapp_that_is_narrower_or_of_two_studies() -> None:
    """Studies that agree closely are no reason to be surer; two studies leave one degree of freedom."""
    alike = trials((5, 100, 2, 50), (10, 200, 4, 98), (15, 300, 6, 148))
    normal = answer(alike, **{**HARTUNG_KNAPP, "interval": "normal"}).pooled
    assert normal is not None
    wide = f"that of the normal distribution is {normal.low:.3g} to {normal.high:.3g}"
    narrow = f"the interval of Hartung and Knapp is the narrower one, as the studies agree closely: {wide}"
    assert narrow in answer(alike, **HARTUNG_KNAPP).warnings
    two = answer(trials((5, 100, 2, 50), (40, 100, 12, 90)), **HARTUNG_KNAPP)
    start = (
        "of two studies the interval of Hartung and Knapp has one degree of freedom: that of the normal distribution"
    )
    assert [words for words in two.warnings if words.startswith(start)]
    unlike = trials((5, 100, 2, 50), (40, 100, 12, 90), (15, 300, 16, 148), (3, 80, 9, 70), (30, 80, 9, 70))
    assert not [words for words in answer(unlike, **HARTUNG_KNAPP).warnings if "Hartung" in words]


def test_the_study_that_a_number_leans_on_is_named() -> None:
    """By its weight, or because its numbers are recalled; then the number without it stands there too."""
    known = trials((50, 1000, 25, 1000), (2, 80, 1, 90), (3, 50, 1, 50))
    rows = [replace(each, check_level="memory") if each.study == "t0" else each for each in known.rows]
    found = answer(replace(known, rows=tuple(rows)))
    rest = found.left_one_out[0].pooled
    assert rest is not None
    number = f"{rest.estimate:.3g} ({rest.low:.3g} to {rest.high:.3g})"
    share = f"{found.studies[0].weight:.0f}"
    assert f"t0 alone has {share} % of the weight" in found.warnings
    assert f"t0 is recalled, not read: without it the number is {number}" in found.warnings
    even = trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60))
    assert not answer(even, diseases=("rheumatoid-arthritis",)).warnings


def test_a_number_across_diseases_that_is_of_one_says_so() -> None:
    """It is no wider than the number within that disease; one that was asked for within it need not say so."""
    even = trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60))
    said = ("no disease is asked for, and every study is of one: rheumatoid arthritis",)
    assert said == answer(even).warnings
    assert not answer(even, diseases=("rheumatoid-arthritis",)).warnings


def test_studies_are_grouped_by_dose() -> None:
    """The dose of the biologic under test is the group; arms without a dose stand in none that has a name."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60))
    doses = {"t0.rtx": 500.0, "t1.rtx": 500.0}
    arms = {
        key: replace(each, steps=tuple(replace(step, dose=doses.get(key), unit="mg") for step in each.steps))
        for key, each in known.arms.items()
    }
    found = answer(replace(known, arms=arms), groups=("dose",))
    assert {"rituximab 500 mg": ("t0", "t1"), "not reported": ("t2",)} == {g.value: g.studies for g in found.groups}


def test_unlike_outcomes_and_rules_are_not_pooled() -> None:
    """Different events, and different rules of what is serious, stand in no pool unless the question says so."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90))
    events = [replace(each, about="ae:infection") if each.study == "t1" else each for each in known.rows]
    unlike = answer(replace(known, rows=tuple(events)), events=("serious-infection", "infection"))
    assert "unlike outcomes: ae:infection, ae:serious-infection" == unlike.reason
    labels = {"ae:infection": "infection", "ae:serious-infection": "serious infection"}
    named = replace(known, rows=tuple(events), labels=labels)
    assert (
        "unlike outcomes: infection, serious infection"
        == answer(named, events=("serious-infection", "infection")).reason
    )
    rules = [replace(each, seriousness="severe") if each.study == "t1" else each for each in known.rows]
    mixed = answer(replace(known, rows=tuple(rules)))
    assert mixed.pooled is None
    assert (mixed.reason or "").startswith("unlike rules of what is serious: serious, severe")
    said = answer(replace(known, rows=tuple(rules)), seriousness=("serious", "severe"))
    assert said.pooled is not None
    assert "what is serious is not defined alike: serious, severe" in said.warnings


def test_a_study_without_events_is_shown_with_no_weight_in_a_ratio() -> None:
    """It tells nothing of the odds ratio, says so, and counts in a difference."""
    known = trials((5, 100, 2, 50), (0, 40, 0, 40), (9, 120, 2, 60))
    ratio = answer(known)
    silent = ratio.studies[1]
    assert (0, None) == (silent.weight, silent.estimate)
    assert ("nobody or everybody has the event: nothing follows for the odds ratio",) == silent.notes
    difference = answer(known, measure="RD")
    assert (difference.studies[1].weight or 0) > 0


def test_a_difference_with_an_empty_cell_is_shown_as_it_is() -> None:
    """None of 18 and none of 9 differ by nothing, whatever a model would add to weigh them; the interval is wide."""
    known = trials((3, 85, 0, 36), (0, 18, 0, 9), (6, 103, 1, 64))
    found = answer(known, measure="RD").studies
    assert [100 * 3 / 85, 0, 100 * (6 / 103 - 1 / 64)] == pytest.approx([each.estimate for each in found])
    assert found[1].low is not None
    assert found[1].high is not None
    assert found[1].low < -10
    assert found[1].high > 10
    said = ("a cell is empty: the interval is that of the score method",)
    assert [said, said, ()] == [each.notes for each in found]
    weighed = answer(known, measure="RD", model="inverse-variance").studies[1]
    assert 100 * (0.5 / 19 - 0.5 / 10) == pytest.approx(weighed.estimate)
    assert ("one half is added to each cell, as one is empty",) == weighed.notes


@pytest.mark.parametrize(("rule", "parts"), [("combine", 2), ("split", 3)])
def test_a_control_that_several_lines_count_is_split_in_people_and_events(rule: str, parts: int) -> None:
    """Each line counts its part of the control, and all lines together count it once; the line says so."""
    known = trials((5, 100, 6, 60), (4, 80, 3, 90))
    arms = [*known.arms.values(), arm("t0.low", "rituximab"), arm("t0.bel", "belimumab")]
    found = answer(facts([*known.rows, row("t0.low", 3, 90), row("t0.bel", 2, 70)], arms), several_arms=rule)
    lines = [study for study in found.studies if study.label == "t0"]
    assert parts == len(lines)
    assert {(6 / parts, 60 / parts)} == {(each.data.c, each.data.n2) for each in lines if isinstance(each.data, Counts)}
    assert all(f"1/{parts} of the comparator, which other lines count too" in each.notes for each in lines)
    assert found.pooled is not None
    assert (5 + 3 + 2 + 6 + 4 + 3, 100 + 90 + 70 + 60 + 80 + 90) == (found.pooled.events, found.pooled.people)


def test_a_ratio_of_a_study_that_is_shown_with_halves_says_so() -> None:
    """The study has no ratio of its own; the number of all has nothing added."""
    known = trials((3, 85, 0, 36), (4, 18, 2, 9), (6, 103, 1, 64))
    for model, more in (("mantel-haenszel", ("the events count, whatever the weight says",)), ("peto", ())):
        shown = answer(known, model=model).studies[0]
        assert 3.5 * 36.5 / (82.5 * 0.5) == pytest.approx(shown.estimate)
        half = "a cell is empty: one half is added to each in the ratio that is shown, none in the pooled number"
        assert (half, *more) == shown.notes


def test_people_who_were_not_followed_alike_are_named() -> None:
    """The shortest and the longest time stand beside the number, where one is twice the other."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60))
    weeks = {"t0": 24.0, "t1": 52.0, "t2": 24.0}
    rows = [replace(each, week=weeks[each.study]) for each in known.rows]
    said = "follow-up differs: events were counted at week 24 to week 52"
    assert said in answer(replace(known, rows=tuple(rows))).warnings
    near = [replace(each, week=min(each.week or 0, 40.0)) for each in rows]
    assert not [words for words in answer(replace(known, rows=tuple(near))).warnings if "follow-up" in words]


def test_heterogeneity_of_fewer_studies_than_the_number_says_so() -> None:
    """A study without an event has a weight in a difference and no variance: Q and I² are of the others alone."""
    known = trials((6, 103, 1, 64), (9, 162, 2, 80), (0, 18, 0, 9))
    said = "Q and I² are of 2 of the 3 studies: a study without an event in either group has no variance here"
    found = answer(known, measure="RD")
    assert found.pooled is not None
    assert (3, 1) == (found.pooled.studies, found.pooled.df)
    assert said in found.warnings
    assert said not in answer(trials((6, 103, 1, 64), (9, 162, 2, 80), (1, 18, 0, 9)), measure="RD").warnings
    assert said not in answer(known).warnings  # nor has it a weight in a ratio


def test_studies_are_grouped_and_groups_are_tested() -> None:
    """A group of two has a number, a group of one says that it is one, and the test is between those with numbers."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60), (1, 50, 4, 50), (2, 50, 6, 50))
    levels = {"t0": "fulltext", "t1": "fulltext", "t2": "abstract", "t3": "registry", "t4": "registry"}
    rows = [replace(each, check_level=levels[each.study]) for each in known.rows]
    found = answer(replace(known, rows=tuple(rows)), groups=("check-level",))
    told = {group.value: (group.pooled is not None, group.reason) for group in found.groups}
    alone = (False, "one study alone, t2: nothing is pooled")
    assert {"abstract": alone, "fulltext": (True, None), "registry": (True, None)} == told
    assert 0 < found.group_tests["check-level"] < 1


def test_inputs_of_certainty_are_told_and_no_judgement_is_made() -> None:
    """Counts, check levels, definitions, and whether the interval holds no effect and the smallest that matters."""
    found = answer(trials((5, 100, 2, 50), (4, 80, 3, 90)), threshold=2).certainty
    assert (2, 14, 320) == (found.studies, found.events, found.people)
    assert {"fulltext": 100.0} == found.check_levels
    assert ("serious infection",) == found.definitions
    assert (True, True) == (found.crosses_no_effect, found.crosses_threshold)
    far = answer(trials((5, 100, 2, 50), (4, 80, 3, 90)), threshold=50).certainty
    assert (True, False) == (far.crosses_no_effect, far.crosses_threshold)


def test_what_others_judged_is_told_by_people_and_weight_and_nothing_is_made_of_none() -> None:
    """The row goes before the event and that before the study; what differs is told; the rest has no judgement."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 70), (9, 120, 2, 80), (1, 50, 4, 50))
    judged = {
        "t0": (BiasFact("rob-2", "overall", "low"), BiasFact("rob-2", "overall", "high", about=EVENT)),
        "t1": (
            BiasFact("rob-2", "overall", "low", about=EVENT),
            BiasFact("rob-2", "overall", "high", row="t1.rtx.row"),
        ),
        "t2": (BiasFact("rob-2", "overall", "low"), BiasFact("rob-2", "overall", "some-concerns")),
        "t3": (BiasFact("rob-2", "overall", "low", about="ae:death"), BiasFact("rob-2", "overall", "low", row="other")),
    }
    studies = {key: replace(study, bias=judged[key]) for key, study in known.studies.items()}
    found = answer(replace(known, studies=studies))
    told = {each.judgement: (each.studies, each.people) for each in found.certainty.risk_of_bias}
    assert ["high", "low / some-concerns", None] == [each.judgement for each in found.certainty.risk_of_bias]
    assert {
        "high": (2, 50.0),
        "low / some-concerns": (1, pytest.approx(33.33, abs=0.01)),
        None: (1, pytest.approx(16.67, abs=0.01)),
    } == told
    assert sum(each.weight or 0 for each in found.certainty.risk_of_bias) == pytest.approx(100)
    assert [
        "rob 2, overall: high in 2 studies (50 % of the people, 48 % of the weight); low / some concerns in 1 study"
    ] == [words.partition(" (33")[0] for words in bias_words(found)]


def test_where_nobody_judged_it_is_said() -> None:
    """No judgement held is said of all studies, and a number that none of them gives is no reason to say less."""
    found = answer(trials((5, 100, 2, 50), (4, 80, 3, 70)))
    assert ["no judgement held in 2 studies (100 % of the people, 100 % of the weight)"] == [*bias_words(found)]
    alone = answer(trials((5, 100, 2, 50)))
    assert ["no judgement held in 1 study (100 % of the people)"] == [*bias_words(alone)]


@given(st.lists(tables, min_size=2, max_size=8), st.sampled_from(MODELS), st.sampled_from(["OR", "RR", "RD"]))
def test_order_swap_and_empty_studies(data: list[Counts], model: dict[str, object], measure: str) -> None:
    """The order of studies is irrelevant; swapped arms turn the effect; an empty study adds nothing to a ratio."""
    first = fit([*data], measure=measure, **model)
    if isinstance(first, str):
        return
    assert first == pytest.approx(fit(data[::-1], measure=measure, **model), rel=1e-6, abs=1e-9)
    swapped = fit([Counts(each.c, each.n2, each.a, each.n1) for each in data], measure=measure, **model)
    assert not isinstance(swapped, str)
    assert first == pytest.approx((-swapped[0], *swapped[1:]), rel=1e-6, abs=1e-9)
    if measure != "RD":
        assert first == pytest.approx(fit([*data, Counts(0, 20, 0, 30)], measure=measure, **model), rel=1e-6, abs=1e-9)


@given(st.lists(tables, min_size=2, max_size=8))
def test_peto_turns_around_too(data: list[Counts]) -> None:
    """Swapped arms give the other sign."""
    first = fit([*data], model="peto")
    swapped = fit([Counts(each.c, each.n2, each.a, each.n1) for each in data], model="peto")
    if not isinstance(first, str) and not isinstance(swapped, str):
        assert first[:2] == pytest.approx((-swapped[0], swapped[1]), rel=1e-9, abs=1e-12)


@given(st.lists(st.tuples(*[st.floats(-5, 5), st.floats(0.5, 4), st.integers(5, 90)] * 2), min_size=2, max_size=6),
       st.sampled_from([0.001, 10, 1000]))  # fmt: skip
def test_the_unit_of_a_mean_does_not_matter(rows: list[tuple[float, ...]], factor: float) -> None:
    """A difference of means scales with the unit; a standardised one does not change."""
    data: list[Data] = [Means(*each) for each in rows]
    scaled: list[Data] = [
        Means(m1 * factor, s1 * factor, n1, m2 * factor, s2 * factor, n2) for m1, s1, n1, m2, s2, n2 in rows
    ]
    asked = {"model": "random-effects", "tau2": "DL", "interval": "normal"}
    plain, other = (fit(each, measure="MD", **asked) for each in (data, scaled))
    assert not isinstance(plain, str)
    assert not isinstance(other, str)
    assert [number * factor for number in plain[:2]] == pytest.approx(other[:2], rel=1e-6, abs=1e-9 * factor)
    assert fit(data, measure="SMD", **asked) == pytest.approx(fit(scaled, measure="SMD", **asked), rel=1e-6, abs=1e-9)


years = st.floats(5, 400)
mean, deviation, size = st.floats(-5, 5), st.floats(0.5, 4), st.integers(5, 90)
#: Numbers of one study by measure, and the same with its arms swapped.
OTHER_MEASURES: dict[str, tuple[st.SearchStrategy[Data], Callable[[Any], Data]]] = {
    **dict.fromkeys(
        ("rate-ratio", "rate-difference"),
        (
            st.builds(Times, st.integers(0, 30), years, st.integers(0, 30), years),
            lambda each: Times(each.x2, each.t2, each.x1, each.t1),
        ),
    ),
    **dict.fromkeys(
        ("MD", "SMD"),
        (
            st.builds(Means, mean, deviation, size, mean, deviation, size),
            lambda each: Means(each.m2, each.sd2, each.n2, each.m1, each.sd1, each.n1),
        ),
    ),
    "HR": (
        st.builds(Printed, st.builds(Effect, st.floats(-2, 2), st.floats(0.01, 1))),
        lambda each: Printed(Effect(-each.effect.value, each.effect.variance)),
    ),
    "proportion": (
        st.integers(5, 60).flatmap(lambda n: st.builds(ArmCounts, st.integers(0, n), st.just(n))),
        lambda each: ArmCounts(each.n1 - each.a, each.n1),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("measure", OTHER_MEASURES)
@settings(max_examples=40)
@given(st.data())
def test_order_and_swap_for_the_other_measures(measure: str, data: st.DataObject) -> None:
    """The order of studies is irrelevant, and swapped arms (of a proportion: those without the event) turn it round."""
    numbers, swapped = OTHER_MEASURES[measure]
    drawn = data.draw(st.lists(numbers, min_size=2, max_size=6))
    model = {"model": "binomial-normal"} if measure == "proportion" else data.draw(_models(measure))
    asked: dict[str, object] = {"measure": measure, **model}
    if measure == "proportion":
        asked["comparator"] = None
    first = fit(drawn, **asked)
    other = fit([swapped(each) for each in drawn], **asked)
    if isinstance(first, str):
        assert isinstance(other, str)
        return
    assert first == pytest.approx(fit(drawn[::-1], **asked), rel=1e-5, abs=1e-6)
    assert not isinstance(other, str)
    assert first == pytest.approx((-other[0], *other[1:]), rel=1e-5, abs=1e-6)


def _models(measure: str) -> st.SearchStrategy[dict[str, object]]:
    named = MODELS if "mantel-haenszel" in MODELS_OF[measure] else [{"model": "inverse-variance"}, *RANDOM]
    return st.sampled_from(named)


@given(st.lists(OTHER_MEASURES["rate-ratio"][0], min_size=2, max_size=6), st.sampled_from(MODELS))
def test_years_without_an_event_add_nothing_to_a_rate_ratio(data: list[Data], model: dict[str, object]) -> None:
    """Nothing is reported of a ratio by a study in which nothing happened."""
    first = fit(data, measure="rate-ratio", **model)
    more = fit([*data, Times(0, 40, 0, 60)], measure="rate-ratio", **model)
    assert first == (more if isinstance(first, str) else pytest.approx(more, rel=1e-6, abs=1e-9))


@given(
    st.lists(OTHER_MEASURES["rate-ratio"][0], min_size=2, max_size=6),
    st.sampled_from(MODELS),
    st.sampled_from([1 / 12, 100]),
)
def test_rates_do_not_depend_on_the_unit_of_time(data: list[Data], model: dict[str, object], unit: float) -> None:
    """A rate ratio is the same by years and by months; a difference is so many times as large, as is its error."""
    other: list[Data] = [
        Times(each.x1, each.t1 / unit, each.x2, each.t2 / unit) for each in data if isinstance(each, Times)
    ]
    ratios = [fit(each, measure="rate-ratio", **model) for each in (data, other)]
    assert ratios[0] == (ratios[1] if isinstance(ratios[0], str) else pytest.approx(ratios[1], rel=1e-6, abs=1e-9))
    plain, scaled = (fit(each, measure="rate-difference", **model) for each in (data, other))
    if isinstance(plain, str) or isinstance(scaled, str):
        assert plain == scaled
        return
    assert [number * unit for number in plain[:2]] == pytest.approx(scaled[:2], rel=1e-5, abs=1e-7 * unit)


def test_a_proportion_over_arms_is_that_of_all_people_where_arms_do_not_differ() -> None:
    """Three arms of the same share: the model gives that share, and no variance between them."""
    asked: dict[str, object] = {"measure": "proportion", "model": "binomial-normal", "comparator": None}
    found = fit([ArmCounts(5, 50), ArmCounts(10, 100), ArmCounts(2, 20)], **asked)
    assert not isinstance(found, str)
    assert log(0.1 / 0.9) == pytest.approx(found[0])
    assert found[3] == 0
    assert "no arm has an event" == fit([ArmCounts(0, 50), ArmCounts(0, 9)], **asked)


def test_a_question_names_a_model_that_gives_its_measure() -> None:
    """Peto gives no risk ratio, methods of random effects belong to that model, and a proportion has no comparator."""
    wrong: list[tuple[dict[str, object], str]] = [
        ({"measure": "RR", "model": "peto"}, "accepted: mantel-haenszel"),
        ({"tau2": "DL"}, "field 'tau2' is only accepted when model is 'random-effects'"),
        ({"model": "peto", "correction": True}, "field 'correction' is only accepted when model is 'mantel-haenszel'"),
        ({"measure": "proportion", "model": "binomial-normal"}, "field 'comparator' is left out"),
        ({"events": None, "outcomes": ("acr50",), "seriousness": ("serious",)}, "field 'seriousness' is only accepted"),
    ]
    for changes, words in wrong:
        with pytest.raises(ValueError, match=words):
            question(**changes)


def test_ten_thousand_studies_are_pooled() -> None:
    """All models fit them; the ratio of one common effect is that of the numbers that were put in."""
    data: list[Data] = [Counts(10 + n % 3, 100, 5 + n % 3, 100) for n in range(10_000)]
    for model in MODELS:
        found = fit(data, measure="RR", **model)
        assert not isinstance(found, str)
        assert exp(found[0]) == pytest.approx(11 / 6, rel=0.02)


def test_defaults_of_a_question_are_those_of_rare_events() -> None:
    """Without a word on it, no cell is corrected and only randomised trials answer."""
    asked = SynthesisQuestion.model_validate(question().model_dump(exclude_unset=True))
    assert (False, ("randomised-controlled-trial",), "combine") == (asked.correction, asked.designs, asked.several_arms)


@pytest.mark.parametrize("measure", [None, "OR", "RR", "RD", "rate-ratio", "rate-difference"])
def test_events_are_never_weighed_by_inverse_variance_unless_it_is_asked_for(measure: str | None) -> None:
    """A question made of words, in which no model is named, asks for Mantel and Haenszel without a correction."""
    asked = made_question(lambda text, _: ("ae", text), "serious-infection", "two:one", measure=measure)
    assert ("mantel-haenszel", False) == (asked.model, asked.correction)


def printed(arm: str, against: str, hazard: float, interval: tuple[float, float, float] | None, key: str) -> RowFact:
    """Return a printed hazard ratio as the row of one of its arms."""
    return row(
        arm, None, None, key=key, statistic="hazard-ratio", against=against, value=hazard, interval=interval,
        reported_as="time to flare",
    )  # fmt: skip


def hazards(*ratios: tuple[float, tuple[float, float, float] | None]) -> Facts:
    """Return a trial for each printed ratio, and in the first a second dose against the same placebo arm."""
    arms = [arm(f"t{n}.{name}", drug) for n in range(len(ratios)) for name, drug in (("bel", "belimumab"), ("pbo", ""))]
    arms.append(arm("t0.low", "belimumab"))
    told = [(f"t{n}.bel", f"t{n}.pbo", *each, f"c{n}") for n, each in enumerate(ratios)]
    told.append(("t0.low", "t0.pbo", 0.9, (0.5, 1.6, 95), "low"))
    rows = [printed(one, other, hazard, interval, key) for one, other, hazard, interval, key in told]
    rows += [
        printed(other, one, 1 / hazard, interval and (1 / interval[1], 1 / interval[0], interval[2]), key)
        for one, other, hazard, interval, key in told
    ]
    return facts(rows, arms)


def test_printed_hazard_ratios_are_pooled_with_errors_from_their_own_intervals() -> None:
    """An interval of 80 % is read as one, one dose of several is taken, and no interval is no error."""
    known = hazards((0.5, (0.3, 0.8, 95)), (0.7, (0.5, 0.98, 80)), (0.6, None))
    found = answer(known, measure="HR", model="inverse-variance")
    assert found.pooled is not None
    assert ["t0", "t1"] == [each.label for each in found.studies]
    assert [0.5, 0.7] == pytest.approx([each.estimate for each in found.studies])
    errors = [log(0.8 / 0.3) / (2 * 1.959964), log(0.98 / 0.5) / (2 * 1.281552)]
    weights = [1 / error**2 for error in errors]
    mean = sum(w * log(x) for w, x in zip(weights, (0.5, 0.7), strict=True)) / sum(weights)
    assert found.pooled.estimate == pytest.approx(exp(mean), rel=1e-5)
    reasons = {each.iri.removesuffix(".row"): each.reason for each in found.excluded}
    assert {
        "low": "shares people with t0.pbo, which is used",
        "c2": "hazard ratio without an interval, so without a standard error",
    } == reasons


def test_a_hazard_ratio_whose_interval_has_no_width_is_left_out() -> None:
    """It would weigh without limit; the others are pooled as if it were not there."""
    found = answer(
        hazards((0.5, (0.3, 0.8, 95)), (0.7, (0.5, 0.98, 95)), (0.5, (0.5, 0.5, 95))),
        measure="HR", model="inverse-variance",
    )  # fmt: skip
    assert ["t0", "t1"] == [each.label for each in found.studies]
    reasons = {each.iri.removesuffix(".row"): each.reason for each in found.excluded}
    assert "hazard ratio with an interval from 0.5 to 0.5, which gives no standard error" == reasons["c2"]


def test_people_of_a_printed_ratio_are_those_randomised_or_else_those_analysed() -> None:
    """The answer counts them all, and its line says which; of whom nothing is known is not, and that is said."""
    known = hazards((0.5, (0.3, 0.8, 95)), (0.7, (0.5, 0.98, 95)))
    sizes = {"t0.bel": (100, 90), "t0.pbo": (None, 95), "t1.bel": (60, None), "t1.pbo": (None, None)}
    arms = {
        iri: replace(each, randomised=r, analysed=a)
        for iri, each in known.arms.items()
        for r, a in [sizes.get(iri, (None, None))]
    }
    found = answer(replace(known, arms=arms), measure="HR", model="inverse-variance")
    assert found.pooled is not None
    assert 100 + 95 + 60 == found.pooled.people
    assert [
        "t0.pbo: the number randomised is not reported; the 95 analysed are counted",
        "t1.pbo: the number randomised is not reported; not counted",
    ] == [note for each in found.studies for note in each.notes]


def means(*statistics: str, size: int = 40) -> Facts:
    """Return a trial for each statistic, with its mean of a score under the drug and under placebo."""
    known = trials(*((0, size, 0, size) for _ in statistics))
    rows = [
        replace(
            each, events=None, statistic=statistics[int(each.study[1:])], value=-2.0 if "rtx" in each.arm else -1.5,
            spread_type="sd", spread_value=1.0, unit="score",
        )
        for each in known.rows
    ]  # fmt: skip
    return replace(known, rows=tuple(rows))


def test_final_values_and_changes_are_not_standardised_together() -> None:
    """Their deviations are of different things; a mean difference takes both, and says so."""
    mixed = means("mean", "mean-change")
    found = answer(mixed, measure="SMD", model="inverse-variance")
    assert "unlike statistics: mean, mean change; a standardised difference takes one of them" == found.reason
    difference = answer(mixed, measure="MD", model="inverse-variance")
    assert difference.pooled is not None
    assert -0.5 == pytest.approx(difference.pooled.estimate)
    assert "unlike statistics stand in one pool: mean, mean change" in difference.warnings
    assert answer(means("mean", "mean"), measure="SMD", model="inverse-variance").pooled


def test_means_in_unlike_units_are_not_subtracted_together() -> None:
    """A difference in one unit and a difference in another have no mean; standardised they have one."""
    known = means("mean", "mean")
    rows = [replace(each, unit="points of ten") if each.study == "t1" else each for each in known.rows]
    mixed = replace(known, rows=tuple(rows))
    reason = "unlike units: points of ten, score; ask for a standardised difference"
    assert reason == answer(mixed, measure="MD", model="inverse-variance").reason
    assert answer(mixed, measure="SMD", model="inverse-variance").pooled


def test_a_standardised_difference_has_the_sign_of_the_difference() -> None:
    """What falls under the drug falls by less than zero, corrected for few people: 0.5 deviations times 0.9901."""
    found = answer(means("mean", "mean", size=39), measure="SMD", model="inverse-variance").pooled
    assert found is not None
    assert -0.5 * (1 - 3 / (4 * 76 - 1)) == pytest.approx(found.estimate, abs=1e-4)


def test_the_mean_of_one_person_is_left_out() -> None:
    """It has no deviation, whatever stands beside it."""
    found = answer(means("mean", "mean", size=1), measure="SMD", model="inverse-variance")
    assert {"mean of 1 person, which has no deviation"} == {each.reason for each in found.excluded}
    assert "no candidate meets the question" == found.reason


def test_a_hazard_ratio_that_sets_the_comparator_first_is_turned_round() -> None:
    """Asked for placebo against the drug, the same numbers give the inverse."""
    known = hazards((0.5, (0.3, 0.8, 95)), (0.7, (0.5, 0.98, 95)))
    one = answer(known, measure="HR", model="inverse-variance")
    sides = {"test": Side(arms=("placebo",)), "comparator": Side(arms=("one-biologic",))}
    other = answer(known, measure="HR", model="inverse-variance", **sides)
    assert one.pooled is not None
    assert other.pooled is not None
    assert one.pooled.estimate == pytest.approx(1 / other.pooled.estimate)


def test_a_proportion_stands_in_percent_with_intervals_made_on_the_scale_of_log_odds() -> None:
    """Four arms of a tenth each: the interval by the normal distribution, that of a further arm by Student's (df 3)."""
    known = trials((5, 50, 0, 9), (10, 100, 0, 9), (2, 20, 0, 9), (1, 10, 0, 9))
    found = answer(known, measure="proportion", model="binomial-normal", comparator=None)
    assert found.pooled is not None
    odds, error = log(0.1 / 0.9), (180 * 0.1 * 0.9) ** -0.5

    def percent(log_odds: float) -> float:
        return 100 / (1 + exp(-log_odds))

    whole = (odds, odds - 1.959964 * error, odds + 1.959964 * error, odds - 3.182446 * error, odds + 3.182446 * error)
    pooled = found.pooled
    shown = (pooled.estimate, pooled.low, pooled.high, pooled.prediction_low, pooled.prediction_high)
    assert tuple(map(percent, whole)) == pytest.approx(shown, rel=1e-5)
    assert (18, 180, 3) == (pooled.events, pooled.people, pooled.df)
    assert pooled.q == pytest.approx(0, abs=1e-9)
    assert pooled.p is None
    assert found.certainty.crosses_no_effect is None
    two = answer(trials((5, 50, 0, 9), (10, 100, 0, 9)), measure="proportion", model="binomial-normal", comparator=None)
    assert two.pooled is not None
    assert two.pooled.prediction_low is None


def test_the_arm_in_which_nobody_has_the_event_is_shown_with_the_score_method() -> None:
    """Its log odds would be without limit."""
    known = trials((0, 50, 0, 9), (10, 100, 0, 9), (2, 20, 0, 9))
    found = answer(known, measure="proportion", model="binomial-normal", comparator=None)
    note = "nobody or everybody has the event: the interval is that of the score method"
    assert [note] == [words for each in found.studies for words in each.notes]
    assert 0 == found.studies[0].estimate


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ({"model": "inverse-variance"}, "weighted by inverse variance, one effect common to all studies"),
        ({"model": "peto"}, "odds ratio of Peto"),
        ({"model": "mantel-haenszel"}, "of Mantel and Haenszel, no correction for empty cells"),
        ({"model": "mantel-haenszel", "correction": True}, "one half added where a cell is empty"),
        ({"model": "random-effects", "interval": "normal"}, "interval of the normal distribution"),
        ({"model": "random-effects", "interval": "hartung-knapp"}, "interval of Hartung and Knapp"),
        ({"model": "random-effects", "tau2": "DL"}, "random effects by DerSimonian and Laird, interval"),
        ({"model": "random-effects", "tau2": "PM"}, "random effects by Paule and Mandel, interval"),
        ({"model": "random-effects", "tau2": "REML"}, "random effects by restricted maximum likelihood, interval"),
    ],
)
def test_a_number_names_its_method(model: dict[str, object], method: str) -> None:
    """Model, correction and interval stand beside the number."""
    found = answer(trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60)), **model)
    assert found.pooled is not None
    assert method in found.pooled.method


@pytest.mark.parametrize(("studies", "known_well"), [(4, False), (5, True)])
def test_a_variance_between_few_studies_is_hardly_known(studies: int, *, known_well: bool) -> None:
    """Below five studies the answer says so."""
    counts = [(5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60), (1, 50, 4, 50), (2, 50, 6, 50)]
    found = answer(trials(*counts[:studies]), model="random-effects", tau2="DL", interval="normal")
    assert known_well is not any("is hardly known" in words for words in found.warnings)


def test_people_who_were_randomised_and_not_counted_are_named() -> None:
    """Only where fewer are counted than were randomised."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90))
    sizes = {"t0.rtx": 101, "t0.pbo": 50, "t1.rtx": None, "t1.pbo": 80}
    arms = {iri: replace(each, randomised=sizes[iri]) for iri, each in known.arms.items()}
    found = answer(replace(known, arms=arms))
    notes = [note for each in found.studies for note in each.notes]
    assert ["t0.rtx: 100 of 101 randomised people are counted"] == notes


def test_a_count_that_was_worked_out_is_named() -> None:
    """A whole number of people from a percentage stands with its arm."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90))
    rows = [
        replace(each, events=None, derived_count=each.events) if each.arm == "t0.rtx" else each for each in known.rows
    ]
    found = answer(replace(known, rows=tuple(rows)))
    assert ["t0.rtx: count worked out from a percentage"] == [note for each in found.studies for note in each.notes]


def rates(*counts: tuple[int, float, int, float]) -> Facts:
    """Return a trial for each four numbers: events and years under the drug, and under placebo."""
    known = trials(*((a, 1, c, 1) for a, _, c, _ in counts), statistic="rate")
    years = {f"t{n}.{name}": each[at] for n, each in enumerate(counts) for name, at in (("rtx", 1), ("pbo", 3))}
    return replace(known, rows=tuple(replace(each, total=None, person_years=years[each.arm]) for each in known.rows))


def test_of_rates_years_are_counted_in_the_place_of_people() -> None:
    """Of a line, of all, and in what is told of the risk of bias; each arm with its own."""
    found = answer(rates((5, 100.0, 2, 50.5), (4, 80.0, 3, 90.0)), measure="rate-ratio")
    assert found.pooled is not None
    assert [150.5, 170] == [each.people for each in found.studies]
    assert round(150.5 + 170) == found.pooled.people == found.certainty.people
    assert ["no judgement held in 2 studies (100 % of the person-years, 100 % of the weight)"] == [*bias_words(found)]
    assert [("5/100 years", "2/50.5 years"), ("4/80 years", "3/90 years")] == [each.numbers for each in found.studies]


def test_people_of_a_line_are_those_of_both_its_arms() -> None:
    """Of a proportion there is one arm."""
    assert [150, 170] == [each.people for each in answer(trials((5, 100, 2, 50), (4, 80, 3, 90))).studies]
    alone: dict[str, object] = {"measure": "proportion", "model": "binomial-normal", "comparator": None}
    assert [100, 80] == [each.people for each in answer(trials((5, 100, 2, 50), (4, 80, 3, 90)), **alone).studies]


def test_a_line_shows_its_arms_and_its_own_effect_with_its_interval() -> None:
    """The odds ratio of 5 of 100 against 2 of 50, with the error of its logarithm."""
    line = answer(trials((5, 100, 2, 50), (4, 80, 3, 90))).studies[0]
    assert (("t0.rtx", "t0.pbo"), ("t0.rtx",)) == (line.arms, line.arms_under_test)
    ratio, error = 5 * 48 / (95 * 2), (1 / 5 + 1 / 95 + 1 / 2 + 1 / 48) ** 0.5
    limits = (exp(log(ratio) - 1.959964 * error), exp(log(ratio) + 1.959964 * error))
    assert (ratio, *limits) == pytest.approx((line.estimate, line.low, line.high), rel=1e-6)


def test_a_line_stands_in_a_group_of_each_kind() -> None:
    """By its arm under test, the design of its study and how its rows were read; what is not reported says so."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90))
    told = replace(known.arms["t0.rtx"], pairs="a + b", strategy="concurrent", start="at the same time")
    found = answer(replace(known, arms={**known.arms, "t0.rtx": told}))
    same = {"disease": "rheumatoid arthritis", "design": "randomised controlled trial", "check-level": "fulltext"}
    named = {"pair": "a + b", "strategy": "concurrent", "order": "at the same time"}
    assert [same | named, same | dict.fromkeys(named, "not reported")] == [
        {by: value for by, value in each.groups.items() if by != "dose"} for each in found.studies
    ]


def test_a_study_that_has_three_quarters_of_the_weight_is_named() -> None:
    """From three quarters on: means of 30 and 30 people beside means of 10 and 10 with the same deviation."""
    known = means("mean", "mean")
    sizes = {"t0": 30, "t1": 10}
    rows = tuple(replace(each, total=sizes[each.study]) for each in known.rows)
    asked: dict[str, object] = {"measure": "MD", "model": "inverse-variance"}
    found = answer(replace(known, rows=rows), **asked)
    assert [75, 25] == [each.weight for each in found.studies]
    assert "t0 alone has 75 % of the weight" in found.warnings
    near = tuple(replace(each, total=29 if each.study == "t0" else 10) for each in known.rows)
    assert not [words for words in answer(replace(known, rows=near), **asked).warnings if "alone has" in words]


def test_studies_are_left_out_in_turn_where_three_or_more_are_pooled_and_not_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without one of two there is one alone; without one of very many the number is nearly the same."""
    counts = [(5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60), (1, 50, 4, 50), (2, 50, 6, 50)]
    monkeypatch.setattr("dualbio.synthesis.pooling.pool.MOST_LEFT_OUT", 4)
    assert [0, 3, 4, 0] == [len(answer(trials(*counts[:number])).left_one_out) for number in (2, 3, 4, 5)]


def test_one_group_with_a_number_is_compared_with_none() -> None:
    """A test between groups takes two that have one."""
    known = trials((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60))
    assert {} == answer(known, groups=("disease",)).group_tests
    rows = [replace(each, check_level="memory") if each.study == "t2" else each for each in known.rows]
    assert {} == answer(replace(known, rows=tuple(rows)), groups=("check-level",)).group_tests
