"""The forest plot of an answer: studies with weights, and a diamond only where a number is given."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import pytest

from dualbio.figures import Figure, Look
from dualbio.model.syntheses import MODELS_OF, DoseRange, Side, SynthesisQuestion
from dualbio.synthesis.pooling import Certainty, Pooled, PooledGroup, PooledStudy, Synthesis, forest_plot
from dualbio.synthesis.pooling.effects import Counts
from dualbio.synthesis.pooling.plots.names import measure_name
from pooled_facts import question

CERTAINTY = Certainty(2, 9, 400, {}, (), (), (), 0, None, None, None, None, None)
STUDIES = (
    PooledStudy(
        "urn:x:a", "A", ("x", "y"), Counts(6, 100, 1, 100), ("6/100", "1/100"), 6.3, 0.7, 53.4, 62.5, "fulltext", ()
    ),
    PooledStudy(
        "urn:x:b", "B", ("x", "y"), Counts(2, 100, 0, 100), ("2/100", "0/100"), None, None, None, 0.0, "abstract", ()
    ),
)
NUMBER = Pooled(5.1, 1.1, 23.0, 0.8, 0.03, 2, 9, 400, 0.1, 1, 0.7, 0.0, None, 0.4, 60.0, "Mantel and Haenszel")


def answer(asked: SynthesisQuestion, pooled: Pooled | None, reason: str | None) -> Synthesis:
    """Return an answer of two studies."""
    return Synthesis(asked, "OR", "", "method", STUDIES, pooled, reason, (), 5, 3, 2, CERTAINTY)


def test_every_measure_that_a_question_may_have_is_called_by_a_name_of_its_own() -> None:
    """The axis of a figure says what is on it, with its unit."""
    names = [measure_name(measure, "") for measure in MODELS_OF]
    assert len(MODELS_OF) == len(set(names))
    assert "risk difference, percentage points" == measure_name("RD", "percentage points")


def test_a_number_is_a_diamond_and_studies_have_their_weights() -> None:
    """The plot says studies, counts, weights, the pooled number and what share of candidates it rests on."""
    figure = forest_plot(answer(question(), NUMBER, None), "0.1.0-abc")
    assert "A: 6/100 v 1/100; 6.30 (0.700 to 53.4); 62.5 % (odds ratio, full text)." in figure.drawing.sentences
    number = "odds ratio 5.10 (1.10 to 23.0); I² 0 %; a further study 0.400 to 60.0"
    assert f"Pooled, 2 studies, Mantel and Haenszel: {number}." in figure.drawing.sentences
    assert "the effect with its 95 % interval, and the weight" in figure.text
    assert "2 of 5 candidates are used." in figure.text
    assert "'type': 'area'" in str(figure.vega_lite())


def test_the_plot_says_where_its_intervals_are_from() -> None:
    """Of counts they are worked out, of hazard ratios printed; a further study is spoken of where one is drawn."""
    counted = forest_plot(answer(question(), NUMBER, None)).text
    assert counted.startswith("Estimates with the interval computed from the numbers shown;")
    assert "the line through it the prediction interval" in counted
    common = replace(NUMBER, prediction_low=None, prediction_high=None)
    assert "prediction interval" not in forest_plot(answer(question(), common, None)).text
    printed = replace(answer(question(measure="HR", model="inverse-variance"), None, "one study"), measure="HR")
    assert forest_plot(printed).text.startswith("Estimates with the interval as printed;")


def test_no_number_is_no_diamond_but_a_reason() -> None:
    """Where no number may be given the plot shows the studies alone and says why."""
    figure = forest_plot(answer(question(), None, "one study alone"))
    assert "'type': 'area'" not in str(figure.vega_lite())
    assert "Nothing is pooled." in figure.text
    assert "No number is given: one study alone." in figure.text


def test_a_share_of_single_arms_has_no_line_of_no_difference() -> None:
    """A proportion is compared with nothing."""
    asked = question(measure="proportion", comparator=None, model="binomial-normal")
    synthesis = Synthesis(asked, "proportion", "%", "m", STUDIES[:1], None, "one study", (), 1, 1, 1, CERTAINTY)
    assert "no difference" not in str(forest_plot(synthesis).vega_lite())


def words(figure: Figure) -> list[str]:
    """Return the words below the axes of a figure, line by line."""
    return sorted(set(re.findall(r"[←|][^']*|[^']*→", str(figure.vega_lite()))))


@pytest.mark.parametrize(
    ("better", "told"),
    [
        ("lower", "← favours two biologics   |   favours one biologic →"),
        ("higher", "← favours one biologic   |   favours two biologics →"),
        ("", "← lower on two biologics   |   higher on two biologics →"),
    ],
)
def test_each_side_of_no_difference_says_whom_it_favours(better: Literal["lower", "higher", ""], told: str) -> None:
    """Fewer infections favour who has fewer, more responses who has more; where nobody says, neither is favoured."""
    asked = question(test=Side(arms=("two-biologics",)), comparator=Side(arms=("one-biologic",)))
    assert [told] == words(forest_plot(replace(answer(asked, NUMBER, None), better=better)))


def test_sides_are_called_by_their_drugs_and_doses() -> None:
    """Two doses of one drug are told apart."""
    sides = {
        name: Side(arms=("one-biologic",), dose=DoseRange(drug="rituximab", unit="mg", **limit))
        for name, limit in (("test", {"min": Decimal(1000)}), ("comparator", {"max": Decimal(500)}))
    }
    found = words(forest_plot(replace(answer(question(**sides), NUMBER, None), better="lower")))
    assert {"← favours rituximab from 1000 mg", "favours rituximab to 500 mg →"} == set(found)


def test_a_study_in_which_nobody_has_the_event_has_its_line() -> None:
    """Its numbers stand there, and no mark; a reader sees that it was not left out."""
    figure = forest_plot(answer(question(), NUMBER, None))
    assert "2/100 v 0/100; not estimable; 0.0 %" in str(figure.vega_lite())
    assert "not drawn" not in figure.text


def test_groups_are_pale_diamonds_with_the_test_between_them() -> None:
    """A group of some of the studies names them; one of all of them says nothing new."""
    part = replace(NUMBER, estimate=2.0, low=1.5, high=3.0, studies=1, prediction_low=None, prediction_high=None)
    groups = (
        PooledGroup("disease", "RA", ("A",), part),
        PooledGroup("disease", "SLE", ("B",), None, "one study alone"),
    )
    found = replace(answer(question(), NUMBER, None), groups=groups, group_tests={"disease": 0.0412})
    figure = forest_plot(found)
    assert "Pooled, disease RA: A: odds ratio 2.00 (1.50 to 3.00); I² 0 %." in figure.drawing.sentences
    assert "Test between groups by disease: p = 0.0412." in figure.text
    assert {0.45, 1} == {view["mark"]["opacity"] for view in views(figure) if view["mark"]["type"] == "area"}
    whole = replace(found, groups=(PooledGroup("disease", "RA", ("A", "B"), NUMBER),))
    assert "disease RA" not in forest_plot(whole).text


def test_a_diamond_that_goes_on_beyond_the_axis_is_cut_with_an_arrow() -> None:
    """An interval of 0.002 to 3400 has an edge at both ends, not a point, and an arrow that says so."""
    wide = replace(NUMBER, estimate=2.77, low=0.00224, high=3430.0, prediction_low=None, prediction_high=None)
    figure = forest_plot(answer(question(), wide, None))
    (diamond,) = (view["data"]["values"] for view in views(figure) if view["mark"]["type"] == "area")
    assert all(corner["bottom"] > corner["y"] for corner in diamond)
    ends = [view["mark"]["shape"] for view in views(figure) if str(view["mark"].get("shape")).startswith("triangle-")]
    assert {"triangle-left", "triangle-right"} <= set(ends)
    assert "2.77 (0.00224 to 3430)" in figure.text


def test_the_number_leads_to_its_pool() -> None:
    """Every mark is a link: those of studies to the study, the diamond to what it rests on."""
    figure = forest_plot(answer(question(), NUMBER, None), link="https://w3id.org/dualbio/pool/q")
    (diamond,) = (view["data"]["values"] for view in views(figure) if view["mark"]["type"] == "area")
    assert {"https://w3id.org/dualbio/pool/q"} == {corner["href"] for corner in diamond}


def test_on_a_phone_the_numbers_stand_below_the_name() -> None:
    """Bold letters are wider: where they take two lines, the name above is not written over."""
    long = replace(STUDIES[0], numbers=("1234/56789 of them all", "1234/56789 of them all"))
    found = replace(answer(question(), NUMBER, None), studies=(long,))
    figure = forest_plot(found, look=Look(narrow=True))
    texts = [row for view in views(figure) for row in view["data"]["values"] if "lines" in row and "y" in row]
    (name,) = (row for row in texts if row["text"] == "A")
    (number,) = (row for row in texts if row["text"].startswith("1234/56789"))
    assert len(number["lines"]) > 1
    assert name["y"] + 14 <= number["y"]


def views(figure: Figure) -> list[dict[str, Any]]:
    """Return every view of a figure that has data and a mark."""
    found: list[dict[str, Any]] = []
    waiting: list[Any] = [figure.vega_lite()]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found += [part] if "data" in part and "mark" in part else []
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found
