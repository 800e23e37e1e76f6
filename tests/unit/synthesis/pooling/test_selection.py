"""Which contrasts are used, and why the others are not: sentences on small facts, and on random ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualbio.model.syntheses import DoseRange, Side
from dualbio.synthesis.pooling.facts import ArmFact, RowFact, StepFact, StudyFact, WithdrawnFact
from dualbio.synthesis.pooling.selection import Selection, select
from pooled_facts import EVENT, arm, facts, question, row, study

TRIAL = (arm("a.rtx", "rituximab"), arm("a.pbo"))
COUNTED = (row("a.rtx", 5, 100), row("a.pbo", 2, 50))


def used(selection: Selection) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the arms of each line, those under test and their comparators."""
    return [(tuple(r.arm for r in line.test), tuple(r.arm for r in line.control)) for line in selection.selected]


def reasons(selection: Selection) -> list[str]:
    """Return why candidates are left out."""
    return [item.reason for item in selection.excluded]


def test_a_contrast_that_meets_the_question_is_used() -> None:
    """Found, eligible and used are counted; nothing is left out."""
    selection = select(question(), facts(COUNTED, TRIAL))
    assert [(("a.rtx",), ("a.pbo",))] == used(selection)
    assert (1, 1, []) == (selection.found, selection.eligible, reasons(selection))


def test_each_candidate_that_is_not_used_has_a_reason() -> None:
    """Design, disease, doubt, weaker prints, parts, definition, population, time and missing numbers are told apart."""
    changes: list[tuple[dict[str, object], dict[str, object], str]] = [
        ({"designs": ("cohort",)}, {}, "other design: randomised controlled trial"),
        ({"diseases": ("lupus",)}, {}, "other disease: rheumatoid arthritis"),
        ({}, {"state": "contested"}, "contested: the number is printed, and doubted"),
        ({}, {"standing": False}, "another print of the same number was read more closely"),
        ({}, {"subgroup": "sex: female"}, "part of an arm: sex: female"),
        ({"seriousness": ("severe",)}, {}, "definition differs: serious"),
        ({"populations": ("ITT",)}, {}, "other population: safety"),
        ({"week_min": 52}, {}, "other time: week 24"),
        ({"week_max": 52}, {"week": None, "period": "year 1"}, "no week is reported: year 1"),
        ({}, {"total": None}, "no number of people counted (denominator)"),
        ({}, {"unit_of_analysis": "treatment-course"}, "not people, but courses of treatment are counted"),
        ({}, {"events": None}, "percentage that fits no or several whole numbers of people"),
    ]
    for asked, changed, reason in changes:
        rows = [replace(each, **changed) for each in COUNTED]  # type: ignore[arg-type]
        selection = select(question(**asked), facts(rows, TRIAL))
        assert [reason] == reasons(selection)
        assert (1, 0, ()) == (selection.found, selection.eligible, selection.selected)


def test_an_arm_without_a_comparator_is_a_candidate_that_is_left_out() -> None:
    """The study has none, or counts it otherwise; both are said."""
    alone = select(question(), facts(COUNTED[:1], TRIAL))
    assert ["other comparator, or none"] == reasons(alone)
    otherwise = select(question(), facts((COUNTED[0], row("a.pbo", 2, 50, week=52.0)), TRIAL))
    assert ["the comparator is not counted in the same way: other words, time, population or unit"] == reasons(
        otherwise
    )


def test_people_are_not_compared_with_themselves() -> None:
    """An arm before and after a change is no contrast."""
    before = arm("a.pbo", kin=(("a.rtx", "same"),))
    selection = select(question(), facts(COUNTED, (TRIAL[0], before)))
    assert ["shares people with its comparator: a.pbo"] == reasons(selection)


def test_an_open_reference_beside_blinded_arms_is_no_comparator() -> None:
    """Who knows what is given tells harms otherwise; where all of a trial is open, its arms are alike."""
    blinded, reference = TRIAL[0], replace(TRIAL[1], open_label=True)
    assert ["not blinded alike: a.pbo is open-label beside blinded arms"] == reasons(
        select(question(), facts(COUNTED, (blinded, reference)))
    )
    open_trial = (replace(blinded, open_label=True), reference)
    assert [(("a.rtx",), ("a.pbo",))] == used(select(question(), facts(COUNTED, open_trial)))


@pytest.mark.parametrize(
    "otherwise",
    [
        {"reported_as": "infection that is serious"},
        {"definition": "needs a hospital"},
        {"seriousness": "severe"},
        {"week": 52.0},
        {"timepoint": "end-of-treatment"},
        {"period": "weeks 12 to 24"},
        {"population": "itt"},
        {"unit_of_analysis": "event"},
        {"statistic": "rate"},
    ],
)
def test_rows_that_count_otherwise_are_no_contrast(otherwise: dict[str, object]) -> None:
    """Words, definition, rule of seriousness, time, population, unit and statistic are those of the other arm."""
    selection = select(question(), facts((COUNTED[0], replace(COUNTED[1], **otherwise)), TRIAL))  # type: ignore[arg-type]
    told = "the comparator is not counted in the same way: other words, time, population or unit"
    assert [told] == reasons(selection)
    assert () == selection.selected


def test_people_who_are_observed_later_are_no_comparator() -> None:
    """An arm that is a time of observation of others holds their people, whoever they are."""
    for arms in (
        (TRIAL[0], replace(TRIAL[1], observation="after-treatment")),
        (replace(TRIAL[0], observation="after-treatment"), TRIAL[1]),
    ):
        assert ["shares people with its comparator: a.pbo"] == reasons(select(question(), facts(COUNTED, arms)))


def test_a_withdrawn_number_is_found_and_left_out() -> None:
    """It is counted once among what was found, with the reason why no page supports it, and in no number."""
    gone = WithdrawnFact("a.r9", "a", "a.rtx", "3 of 40", "no page has it")
    selection = select(question(), replace(facts(COUNTED, TRIAL), withdrawn=(gone, gone)))
    assert ["withdrawn"] == reasons(selection)
    assert ["no page has it"] == [each.detail for each in selection.excluded]
    assert (2, 1, 1) == (selection.found, selection.eligible, selection.used)
    of_comparator = replace(gone, arm="a.pbo")
    assert not reasons(select(question(), replace(facts(COUNTED, TRIAL), withdrawn=(of_comparator,))))


def test_a_later_stage_is_not_compared_with_an_earlier_one() -> None:
    """Who was randomised at first and who was randomised again are no contrast, though both count week 24."""
    again = replace(TRIAL[1], stage="second-randomisation")
    selection = select(question(), facts(COUNTED, (TRIAL[0], again)))
    assert ["the comparator is of another stage of the study"] == reasons(selection)


def test_trials_of_one_record_are_compared_within_themselves() -> None:
    """Who was randomised in one trial was not randomised against the arms of another in the same file."""
    selection = select(question(), facts(COUNTED, (TRIAL[0], replace(TRIAL[1], trial="SECOND"))))
    assert ["not randomised against each other: a.pbo is of another trial"] == reasons(selection)


def test_a_stratum_is_compared_within_itself() -> None:
    """Who took a biologic before the trial was not randomised against who took none."""
    stratum = arm("a.rtx", "rituximab", steps=(
        StepFact("active", ("rituximab",), biologic=True), StepFact("background", ("biologic-dmard",), running=True),
    ))  # fmt: skip
    selection = select(question(), facts(COUNTED, (stratum, TRIAL[1])))
    assert ["not randomised against each other: a.pbo is of another stratum"] == reasons(selection)
    took = replace(TRIAL[1], steps=(StepFact("background", ("biologic-dmard",), running=True),))
    selection = select(question(), facts(COUNTED, (TRIAL[0], took)))
    assert ["not randomised against each other: a.pbo is of another stratum"] == reasons(selection)


def union(*, whole: bool) -> tuple[list[RowFact], list[ArmFact]]:
    """Return a trial with two doses, their union and a control; without `whole`, one dose has no number."""
    doses = [arm(f"a.d{n}", "rituximab", kin=(("a.any", "union"),)) for n in (1, 2)]
    arms = [*doses, arm("a.any", "rituximab"), arm("a.pbo")]
    rows = [row("a.d1", 1, 50), row("a.d2", 2, 50), row("a.any", 3, 100), row("a.pbo", 1, 50)]
    return (rows if whole else [each for each in rows if each.arm != "a.d2"]), arms


def test_a_union_gives_way_to_its_parts_and_they_are_added() -> None:
    """Doses of one drug are added together; their union would count them again."""
    selection = select(question(), facts(*union(whole=True)))
    assert [(("a.d1", "a.d2"), ("a.pbo",))] == used(selection)
    assert ["shares people with a.d1, which is used"] == reasons(selection)


def test_a_part_gives_way_to_a_union_of_which_another_part_is_not_told() -> None:
    """Otherwise people would be lost."""
    selection = select(question(), facts(*union(whole=False)))
    assert [(("a.any",), ("a.pbo",))] == used(selection)
    assert ["shares people with a.any, which is used"] == reasons(selection)


def test_two_subsets_of_an_arm_may_share_people() -> None:
    """Nobody says that women and people above sixty are different people."""
    parts = [arm(f"a.{name}", "rituximab", kin=(("a.rtx", "part"),)) for name in ("women", "old")]
    rows = [row("a.women", 1, 60), row("a.old", 2, 40), row("a.pbo", 1, 50)]
    selection = select(question(), facts(rows, [*parts, *TRIAL]))
    assert [(("a.women",), ("a.pbo",))] == used(selection)


def several(rule: str) -> Selection:
    """Return what is selected of a trial of two drugs, one in two doses, against one control."""
    arms = [arm("a.r1", "rituximab"), arm("a.r2", "rituximab"), arm("a.bel", "belimumab"), arm("a.pbo")]
    rows = [row("a.r1", 1, 50), row("a.r2", 2, 60), row("a.bel", 3, 50), row("a.pbo", 4, 40)]
    return select(question(several_arms=rule), facts(rows, arms))


def test_arms_that_share_a_control_follow_the_rule_of_the_question() -> None:
    """Doses are added and the control split among drugs; or split among all arms; or the largest is taken."""
    combined, split, largest = map(several, ("combine", "split", "largest"))
    assert [(("a.bel",), (0.5,)), (("a.r1", "a.r2"), (0.5,))] == [
        (tuple(r.arm for r in line.test), line.shares) for line in combined.selected
    ]
    assert [(1 / 3,)] * 3 == [line.shares for line in split.selected]
    assert [(("a.r2",), ("a.pbo",))] == used(largest)
    assert ["shares a control with a.r2, which is used"] * 2 == reasons(largest)


def chained(rule: str) -> Selection:
    """Return what is selected of a trial of two pairs, of which each is compared with its own two drugs alone."""
    pairs, singles = {"re": ("rtx", "etn"), "be": ("bel", "etn")}, ("rtx", "etn", "bel")
    arms = [
        arm(f"a.{name}", dual=True, role="combination", steps=tuple(StepFact("active", (each,), True) for each in pair))
        for name, pair in pairs.items()
    ] + [arm(f"a.{name}", name) for name in singles]
    sizes = {"re": 100, "be": 90, "rtx": 80, "etn": 70, "bel": 60}
    rows = [row(f"a.{name}", 5, size) for name, size in sizes.items()]
    sides = {"test": Side(arms=("two-biologics",)), "comparator": Side(arms=("one-biologic",))}
    return select(question(several_arms=rule, same_drugs=True, **sides), facts(rows, arms))


def test_a_pair_is_compared_with_its_own_drugs_alone_and_splits_what_another_pair_counts_too() -> None:
    """Both pairs hold etanercept, which is halved between them; belimumab is no comparator of rituximab's pair."""
    told = {line.test[0].arm: (tuple(r.arm for r in line.control), line.shares) for line in chained("combine").selected}
    assert {"a.re": (("a.etn", "a.rtx"), (0.5, 1.0)), "a.be": (("a.bel", "a.etn"), (1.0, 0.5))} == told


def test_of_arms_that_share_a_control_the_largest_is_taken_and_of_the_rest_again() -> None:
    """The pair of rituximab is set against rituximab, which leaves etanercept to the other; each reason is true."""
    largest = chained("largest")
    assert [(("a.re",), ("a.rtx",)), (("a.be",), ("a.etn",))] == sorted(used(largest), reverse=True)
    assert {
        "a.re against a.etn": "shares people with a.re, which is used",
        "a.be against a.bel": "shares people with a.be, which is used",
    } == {each.contrast.partition(",")[0]: each.reason for each in largest.excluded if "shares" in each.reason}
    arms = [arm("a.r1", "rituximab"), arm("a.bel", "belimumab")]
    rows = [row("a.r1", 1, 50), row("a.bel", 3, 60)]
    alone = {"measure": "proportion", "model": "binomial-normal", "comparator": None}
    assert [(("a.bel",), ()), (("a.r1",), ())] == used(
        select(question(several_arms="largest", **alone), facts(rows, arms))
    )


def test_of_two_cuts_of_one_programme_the_larger_is_used() -> None:
    """The other one says with whom it shares people."""
    arms = [*TRIAL, arm("b.rtx", "rituximab"), arm("b.pbo")]
    rows = [*COUNTED, row("b.rtx", 9, 300), row("b.pbo", 3, 100)]
    selection = select(question(), facts(rows, arms, [study("a", "b"), study("b")]))
    assert [(("b.rtx",), ("b.pbo",))] == used(selection)
    assert ["shares people with b, which is used"] == reasons(selection)


def test_the_longest_time_in_the_window_is_used() -> None:
    """The same people at an earlier time are not counted again."""
    early = [replace(each, key=f"{each.key}.early", iri=f"{each.iri}.early", week=12.0) for each in COUNTED]
    selection = select(question(week_max=24), facts([*early, *COUNTED], TRIAL))
    assert [24.0] == [line.test[0].week for line in selection.selected]
    assert ["shares people with what is used of the study: serious infection at week 24, safety population"] == reasons(
        selection
    )


def test_harms_are_counted_among_those_treated_unless_the_question_says_otherwise() -> None:
    """The safety population goes before a larger one of all randomised; a named population goes before both."""
    everyone = [
        replace(each, key=f"{each.key}.itt", iri=f"{each.iri}.itt", population="itt", total=(each.total or 0) + 5)
        for each in COUNTED
    ]
    known = facts([*everyone, *COUNTED], TRIAL)
    assert ["safety"] == [line.test[0].population for line in select(question(), known).selected]
    named = select(question(populations=("ITT", "safety")), known)
    assert ["itt"] == [line.test[0].population for line in named.selected]


def test_contrasts_that_are_added_together_are_each_counted_as_used() -> None:
    """One arm against two of its drugs is two contrasts in one line: found, eligible and used are two."""
    steps = tuple(StepFact("active", (drug,), biologic=True) for drug in ("gus", "gol"))
    arms = [arm("a.both", steps=steps, role="combination", dual=True), arm("a.gus", "gus"), arm("a.gol", "gol")]
    rows = [row("a.both", 33, 71), row("a.gus", 15, 71), row("a.gol", 20, 72)]
    asked = question(test=Side(arms=("two-biologics",)), comparator=Side(arms=("one-biologic",)), same_drugs=True)
    selection = select(asked, facts(rows, arms))
    assert [(("a.both",), ("a.gol", "a.gus"))] == used(selection)
    assert (2, 2, 2, ()) == (selection.found, selection.eligible, selection.used, selection.excluded)


def test_doses_are_sides_of_a_contrast() -> None:
    """A higher dose is compared with a lower one of the same drug."""

    def of_dose(name: str, dose: float) -> ArmFact:
        return arm(
            f"a.{name}", steps=(StepFact("active", ("rituximab",), biologic=True, dose=dose, unit="mg"),), role="x"
        )

    rows = [row("a.high", 4, 100), row("a.low", 2, 100)]
    sides = [
        Side(arms=("one-biologic",), dose=DoseRange(drug="rituximab", min=low, max=high, unit="mg"))  # type: ignore[arg-type]
        for low, high in ((1000, None), (None, 500))
    ]
    asked = question(test=sides[0], comparator=sides[1], same_drugs=True)
    assert [(("a.high",), ("a.low",))] == used(select(asked, facts(rows, [of_dose("high", 1000), of_dose("low", 500)])))


def test_an_arm_whose_dose_changes_is_on_no_side_of_a_dose() -> None:
    """Who had 500 mg and then 1000 mg is neither a higher dose nor a lower one."""
    steps = tuple(StepFact("active", ("rituximab",), biologic=True, dose=dose, unit="mg") for dose in (500, 1000))
    dose = DoseRange(drug="rituximab", min=1000, unit="mg")  # type: ignore[arg-type]
    asked = question(test=Side(arms=("one-biologic",), dose=dose))
    assert not select(asked, facts(COUNTED, (arm("a.rtx", steps=steps, role="monotherapy"), TRIAL[1]))).found
    assert select(asked, facts(COUNTED, (arm("a.rtx", steps=steps[1:], role="monotherapy"), TRIAL[1]))).used


def test_a_trial_goes_before_a_larger_cohort_that_may_hold_its_people() -> None:
    """Chance chose who is in it."""
    arms = [arm("trial.rtx", "rituximab"), arm("cohort.rtx", "rituximab")]
    rows = [row("trial.rtx", 2, 50), row("cohort.rtx", 30, 500)]
    studies = [study("trial"), study("cohort", "trial", design="cohort")]
    asked = question(
        measure="proportion",
        model="binomial-normal",
        comparator=None,
        designs=("randomised-controlled-trial", "cohort"),
    )
    selection = select(asked, facts(rows, arms, studies))
    assert ["trial"] == [line.study.key for line in selection.selected]
    assert ["shares people with trial, which is used"] == reasons(selection)


def test_strata_with_a_comparator_each_are_lines_of_their_own() -> None:
    """Arms of one drug are added together within a stratum; across strata nobody was randomised against the other."""
    running = StepFact("background", ("biologic-dmard",), running=True)
    drug = StepFact("active", ("rituximab",), biologic=True)
    arms = [
        arm("a.rtx", steps=(drug,), role="monotherapy"), arm("a.pbo"),
        arm("a.rtx-bio", steps=(drug, running), role="monotherapy"), arm("a.pbo-bio", steps=(running,)),
    ]  # fmt: skip
    rows = [row("a.rtx", 5, 100), row("a.pbo", 2, 50), row("a.rtx-bio", 3, 60), row("a.pbo-bio", 1, 30)]
    selection = select(question(), facts(rows, arms))
    assert [(("a.rtx",), ("a.pbo",)), (("a.rtx-bio",), ("a.pbo-bio",))] == used(selection)
    assert (4, 2, 2) == (selection.found, selection.eligible, selection.used)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, 1),
        ({"role": "external-comparator"}, 0),
        ({"dual": True}, 0),
        ({"combination_type": "biologic-plus-conventional"}, 1),
        ({"combination_type": "biologic-plus-targeted-synthetic"}, 0),
    ],
)
def test_one_biologic_is_one_that_the_study_gave_alone_or_with_conventional_drugs(
    changes: dict[str, object], found: int
) -> None:
    """People of another study are no arm of this one, and a second targeted drug is a second agent."""
    given = replace(TRIAL[0], **changes)  # type: ignore[arg-type]
    assert found == select(question(), facts(COUNTED, (given, TRIAL[1]))).found


def test_two_biologics_are_an_arm_that_was_to_give_both() -> None:
    """Who took a second one by chance is in no arm of a combination."""
    steps = tuple(StepFact("active", (drug,), biologic=True) for drug in ("rituximab", "belimumab"))
    asked = question(test=Side(arms=("two-biologics",)))
    for role, found in (("combination", 1), ("monotherapy", 0)):
        both = arm("a.rtx", steps=steps, dual=True, role=role)
        assert found == select(asked, facts(COUNTED, (both, TRIAL[1]))).found


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[RowFact], list[ArmFact], list[StudyFact], dict[str, frozenset[str]]]:
    """Draw studies whose arms hold named people, with the relations that say who is in which; and the people by arm."""
    rows: list[RowFact] = []
    arms: list[ArmFact] = []
    names = [f"s{n}" for n in range(draw(st.integers(1, 3)))]
    bases = {name: [f"{name}.base{n}" for n in range(draw(st.integers(2, 4)))] for name in names}
    people = {
        key: frozenset(f"{key}.{n}" for n in range(draw(st.integers(2, 6)))) for keys in bases.values() for key in keys
    }
    pairs = [(a, b) for a in names for b in names if a != b]
    shared = draw(st.sets(st.sampled_from(pairs), max_size=2)) if pairs else set()
    for pair in sorted(shared):  # people who are in both, as nobody who is in a third
        for arms_of_both in zip(*(bases[name] for name in pair), strict=False):
            for key in arms_of_both:
                people[key] |= {" ".join(arms_of_both)}
    for name, base in bases.items():
        kin: dict[str, list[tuple[str, str]]] = {key: [] for key in base}
        parts = draw(st.lists(st.sampled_from(base), unique=True, max_size=3))
        if len(parts) > 1:
            people[f"{name}.union"] = frozenset().union(*(people[key] for key in parts))
            kin[f"{name}.union"] = []
            for key in parts:
                kin[key].append((f"{name}.union", "union"))
        for n in range(draw(st.integers(0, 3))):
            of, how = draw(st.sampled_from(sorted(kin))), draw(st.sampled_from(["part", "later", "same"]))
            key = f"{name}.{how}{n}"
            chosen = draw(st.sets(st.sampled_from(sorted(people[of])), min_size=1))
            people[key], kin[key] = (people[of] if how == "same" else frozenset(chosen)), [(of, how)]
        for key, relations in kin.items():
            drug = draw(st.sampled_from(["", "rituximab", "belimumab"]))
            arms.append(arm(key, drug, kin=tuple(relations)))
            for week in draw(st.sets(st.sampled_from([12.0, 24.0]), min_size=1)):
                size = len(people[key])
                rows.append(row(key, draw(st.integers(0, size)), size, key=f"{key}.{week}", week=week))
    studies = [study(name, *(b for a, b in sorted(shared) if a == name)) for name in names]
    return rows, arms, studies, people


@pytest.mark.slow
@settings(max_examples=300)  # of a hundred, few have two studies that share people and are both eligible
@given(worlds(), st.sampled_from(["combine", "split", "largest"]), st.booleans())
def test_no_pool_ever_counts_a_person_twice(
    world: tuple[list[RowFact], list[ArmFact], list[StudyFact], dict[str, frozenset[str]]], rule: str, alone: bool
) -> None:
    """Whatever overlaps with whatever: rows that are used hold different people, and shares of a row sum to one."""
    rows, arms, studies, people = world
    changes = {"measure": "proportion", "model": "binomial-normal", "comparator": None} if alone else {}
    selection = select(question(several_arms=rule, **changes), facts(rows, arms, studies))
    counted: dict[str, float] = {}
    for line in selection.selected:
        for each in line.test:
            counted[each.iri] = counted.get(each.iri, 0) + 1
        for each, share in zip(line.control, line.shares, strict=True):
            counted[each.iri] = counted.get(each.iri, 0) + share
    assert all(share <= 1 + 1e-9 for share in counted.values())
    assert selection.found == selection.used + len(selection.excluded)
    assert selection.used <= selection.eligible <= selection.found
    assert selection.used == sum(len(line.test) * max(1, len(line.control)) for line in selection.selected)
    taken = [each for each in rows if each.iri in counted]
    for one, other in combinations(taken, 2):
        assert not people[one.arm] & people[other.arm], (one.arm, other.arm)


@pytest.mark.slow
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_is_irrelevant(
    world: tuple[list[RowFact], list[ArmFact], list[StudyFact], dict[str, frozenset[str]]], chance: object
) -> None:
    """What is used, and why the rest is not, depends on what is known alone."""
    rows, arms, studies, _ = world
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert select(question(), facts(rows, arms, studies)) == select(question(), facts(mixed, arms, studies))


@pytest.mark.parametrize(
    ("event", "order"),
    [
        (True, ("safety", "itt", "mitt", "not-stated", "per-protocol", "completers")),
        (False, ("itt", "mitt", "not-stated", "safety", "per-protocol", "completers")),
    ],
)
def test_of_several_populations_the_one_that_answers_best_is_used(*, event: bool, order: tuple[str, ...]) -> None:
    """Harms are counted among those treated, benefits among those randomised; who dropped out is missed last."""
    asked = question() if event else question(events=None, outcomes=("calm",))
    about = EVENT if event else "outcome:calm"
    rows = [
        replace(each, about=about, key=f"{each.key}.{name}", iri=f"{each.iri}.{name}", population=name)
        for each in COUNTED
        for name in order
    ]
    for start in range(len(order)):
        left = [each for each in rows if each.population in order[start:]]
        assert [order[start]] == [line.test[0].population for line in select(asked, facts(left, TRIAL)).selected]
