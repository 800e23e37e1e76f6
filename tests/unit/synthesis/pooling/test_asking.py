"""Questions made of words: what each option asks for, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from dualbio.errors import DataError, ParameterError
from dualbio.model.syntheses import DoseRange, Side
from dualbio.synthesis.pooling.asking import check_names, made_question, read_question
from pooled_facts import question

#: What is known, by any of its names: its kind and key.
KNOWN = {
    "infection": ("ae", "infection"),
    "infections": ("ae", "infection"),
    "calm": ("outcome", "calm"),
    "alphamab": ("drug", "alphamab"),
    "betamab": ("drug", "betamab"),
    "B-cell depletion": ("mechanism", "b-cell-depletion"),
    "depletion": ("mechanism", "b-cell-depletion"),
    "b-cell-depletion": ("mechanism", "b-cell-depletion"),
    "tremor": ("disease", "hand-tremor"),
    "hand-tremor": ("disease", "hand-tremor"),
    "foot-tremor": ("disease", "foot-tremor"),
    "serious-infection": ("ae", "serious-infection"),
}


def find(name: str, kinds: Sequence[str]) -> tuple[str, str]:
    """Find a thing of one of some kinds by any of its names."""
    found = KNOWN.get(name, ("", ""))
    if found[0] not in kinds:
        raise ParameterError(f"nothing of kind {' or '.join(kinds)} is called '{name}'")
    return found


def test_a_question_of_two_words_is_asked_in_the_ways_that_are_usual() -> None:
    """Odds of two biologics against one of their own drugs, by the first model of the measure, in every disease."""
    asked = made_question(find, "infections", "two:one")
    assert (("infection",), None) == (asked.events, asked.outcomes)
    assert (Side(arms=("two-biologics",)), Side(arms=("one-biologic",))) == (asked.test, asked.comparator)
    assert ("OR", "mantel-haenszel", True, None) == (asked.measure, asked.model, asked.same_drugs, asked.diseases)
    assert ("question", "infection, two:one", "infection: two:one?") == (asked.id, asked.title, asked.question)


def test_one_side_alone_asks_for_a_proportion() -> None:
    """Nothing is compared, so that no drugs are the same."""
    asked = made_question(find, "calm", "two")
    assert (None, ("calm",)) == (asked.events, asked.outcomes)
    assert (None, "proportion", "binomial-normal", False) == (
        asked.comparator, asked.measure, asked.model, asked.same_drugs,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("compare", "test", "comparator"),
    [
        ("one:placebo", Side(arms=("one-biologic",)), Side(arms=("placebo",))),
        ("bispecific:conventional", Side(arms=("bispecific",)), Side(arms=("conventional-therapy",))),
        (
            "one-biologic, alphamab : placebo",
            Side(arms=("one-biologic",), drugs=("alphamab",)),
            Side(arms=("placebo",)),
        ),
        (
            "two,alphamab,B-cell depletion,betamab:one,betamab",
            Side(arms=("two-biologics",), drugs=("alphamab", "betamab"), mechanisms=("b-cell-depletion",)),
            Side(arms=("one-biologic",), drugs=("betamab",)),
        ),
    ],
)
def test_a_side_names_its_kind_of_arm_and_then_drugs_and_mechanisms(compare: str, test: Side, comparator: Side) -> None:
    """Each by any of its names; two biologics alone are set against their own drugs."""
    asked = made_question(find, "infection", compare)
    assert (test, comparator) == (asked.test, asked.comparator)
    assert compare.startswith("two") is asked.same_drugs


def test_every_other_option_is_a_field_of_the_question() -> None:
    """Diseases by their names; an option without a value leaves the usual one."""
    more = {
        "measure": "RR", "model": "random-effects", "tau2": "DL", "interval": "normal", "same_drugs": False,
        "seriousness": ("severe",), "week_min": Decimal(12), "week_max": Decimal(52), "populations": ("ITT",),
        "several_arms": "largest", "designs": ("cohort",), "groups": ("disease",), "threshold": Decimal("1.5"),
    }  # fmt: skip
    asked = made_question(find, "infection", "two:one", ("tremor", "foot-tremor"), **more)
    assert more == {name: getattr(asked, name) for name in more}
    assert ("hand-tremor", "foot-tremor") == asked.diseases
    lists = {name: [*value] if isinstance(value, tuple) else value for name, value in more.items()}
    assert asked == made_question(find, "infection", "two:one", ["tremor", "foot-tremor"], **lists)
    plain = made_question(find, "infection", "two:one")
    assert plain == made_question(find, "infection", "two:one", measure=None, model=None, groups=(), correction=None)
    assert made_question(find, "infection", "two:one", correction=True).correction
    assert "random-effects" == made_question(find, "calm", "two:one", measure="MD").model


@pytest.mark.parametrize(
    ("outcome", "compare", "more", "words"),
    [
        ("nosuch", "two:one", {}, "outcome: nothing of kind ae or outcome is called 'nosuch'"),
        ("alphamab", "two:one", {}, "nothing of kind ae or outcome is called 'alphamab'"),
        ("infection", "two:one,nosuchmab", {}, "compare: nothing of kind drug or mechanism is called 'nosuchmab'"),
        ("infection", "two:one", {"diseases": ("alphamab",)}, "disease: nothing of kind disease is called 'alphamab'"),
        (
            "infection", "two:plasebo", {},
            "compare: 'plasebo' is not a kind of arm; did you mean 'placebo'?; accepted: two-biologics, bispecific",
        ),
        ("infection", "two:", {}, "compare: '' is not a kind of arm; accepted: two-biologics"),
        ("infection", "", {}, "compare: '' is not a kind of arm; accepted: two-biologics"),
        ("infection", "two:two", {}, "the question cannot be asked: field 'comparator' is the same as 'test'"),
        ("infection", "two:one", {"measure": "RR", "model": "peto"}, "field 'model' is 'peto', which gives no RR"),
        ("infection", "two:one", {"measure": "odds"}, "the question cannot be asked: "),
        ("infection", "two:one", {"measure": "proportion"}, "compare is 'two:one'; accepted for a proportion: one"),
        ("infection", "two", {"measure": "OR"}, "compare is 'two', one side alone; accepted for OR: two:one-biologic"),
        ("infection", "two:one", {"week_min": Decimal(52), "week_max": Decimal(12)}, "week_min"),
        ("calm", "two:one", {"seriousness": ("severe",)}, "field 'seriousness' is only accepted when events"),
        ("infection", "two:one", {"tau2": "DL"}, "field 'tau2' is only accepted when model is 'random-effects'"),
        ("infection", "two:one", {"threshold": Decimal(1)}, "field 'threshold' is 1, which is no effect"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_what_is_accepted(
    outcome: str, compare: str, more: dict[str, object], words: str
) -> None:
    """A name that nobody knows, a kind of arm that is none, and fields that do not go together."""
    with pytest.raises(ParameterError) as refused:
        made_question(find, outcome, compare, **more)  # type: ignore[arg-type]
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"events": ("nosuch",)}, "nothing of kind ae is called 'nosuch'"),
        ({"events": ("infections",)}, "'infections' is no key of kind ae; did you mean 'infection'?"),
        ({"events": None, "outcomes": ("infection",)}, "nothing of kind outcome is called 'infection'"),
        ({"diseases": ("tremor",)}, "'tremor' is no key of kind disease; did you mean 'hand-tremor'?"),
        ({"test": Side(arms=("one-biologic",), drugs=("nosuch",))}, "nothing of kind drug is called 'nosuch'"),
        ({"comparator": Side(arms=("placebo",), drugs=("nosuch",))}, "nothing of kind drug is called 'nosuch'"),
        (
            {"test": Side(arms=("one-biologic",), mechanisms=("depletion",))},
            "'depletion' is no key of kind mechanism; did you mean 'b-cell-depletion'?",
        ),
        (
            {"test": Side(arms=("one-biologic",), dose=DoseRange(drug="nosuch", min=Decimal(1), unit="mg"))},
            "nothing of kind drug is called 'nosuch'",
        ),
    ],
)
def test_a_written_question_names_things_by_their_keys(changes: dict[str, object], words: str) -> None:
    """Each event, outcome, disease, drug and mechanism of either side is looked up, that of a dose too."""
    check_names(question(diseases=("hand-tremor",)), find)
    with pytest.raises(ParameterError) as refused:
        check_names(question(**changes), find)
    assert words in str(refused.value)


def test_a_question_is_read_from_a_file(tmp_path: Path) -> None:
    """In the form of those that are shipped; a file that is none is refused with the line of each problem."""
    file = tmp_path / "mine.yaml"
    text = """\
id: mine
title: Mine
question: Mine?
events: [serious-infection]
test: {arms: [two-biologics]}
comparator: {arms: [one-biologic]}
measure: RD
model: mantel-haenszel
"""
    file.write_text(text, encoding="utf-8")
    assert ("mine", ("serious-infection",), "RD") == (
        read_question(file).id, read_question(file).events, read_question(file).measure,
    )  # fmt: skip
    file.write_text(text.replace("measure: RD", "measure: XX"), encoding="utf-8")
    with pytest.raises(DataError, match="7"):
        read_question(file)
