"""The forest plot of an answer: studies with weights, and a diamond only where a number is given."""

from __future__ import annotations

from dataclasses import replace

from dualbio.model.syntheses import SynthesisQuestion
from dualbio.synthesis.pooling import Certainty, Pooled, PooledStudy, Synthesis, forest_plot
from dualbio.synthesis.pooling.effects import Counts
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


def test_a_number_is_a_diamond_and_studies_have_their_weights() -> None:
    """The plot says studies, counts, weights, the pooled number and what share of candidates it rests on."""
    figure = forest_plot(answer(question(), NUMBER, None), "0.1.0-abc")
    assert "A: 6/100 v 1/100; 6.3 (0.7 to 53.4); 62.5 % (odds ratio, full text)." in figure.drawing.sentences
    assert "Pooled, 2 studies, Mantel and Haenszel: odds ratio 5.1 (1.1 to 23); I² 0 %." in figure.drawing.sentences
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
