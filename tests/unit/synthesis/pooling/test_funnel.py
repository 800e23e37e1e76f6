"""The funnel plot of an answer: from ten studies on, each where its effect and its standard error put it."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import pytest

from dualbio.errors import ParameterError
from dualbio.figures import Figure
from dualbio.synthesis.pooling import Synthesis, funnel_plot
from dualbio.synthesis.pooling.pool import pool
from dualbio.synthesis.pooling.selection import select
from pooled_facts import arm, facts, question, row

#: Events and people under the drug and under placebo, of trials from 40 to 400 people.
TABLES = tuple((5 + n % 4, 20 * (n + 1), 3 + n % 3, 20 * (n + 1)) for n in range(10))


def answer(*tables: tuple[int, int, int, int], **changes: object) -> Synthesis:
    """Return the answer of trials with these tables."""
    sides = (("rtx", "rituximab"), ("pbo", ""))
    arms = [arm(f"t{n}.{name}", drug) for n in range(len(tables)) for name, drug in sides]
    rows = []
    for n, (a, n1, c, n2) in enumerate(tables):
        rows += [row(f"t{n}.rtx", a, n1), row(f"t{n}.pbo", c, n2)]
    asked, known = question(**changes), facts(rows, arms)
    return pool(asked, known, select(asked, known))


def layers(figure: Figure) -> list[dict[str, Any]]:
    """Return the layers of the plot."""
    found: list[dict[str, Any]] = figure.vega_lite()["vconcat"][0]["layer"]
    return found


def test_a_study_stands_where_its_effect_and_its_error_put_it() -> None:
    """An odds ratio with the standard error of its logarithm, by the formula of Woolf."""
    figure = funnel_plot(answer(*TABLES), "0.1.0-abc")
    *_, marks = layers(figure)
    a, n1, c, n2 = TABLES[3]
    found = next(mark for mark in marks["data"]["values"] if mark["told"].startswith("t3:"))
    assert a * (n2 - c) / (c * (n1 - a)) == pytest.approx(found["estimate"])
    assert sqrt(1 / a + 1 / (n1 - a) + 1 / c + 1 / (n2 - c)) == pytest.approx(found["error"])
    assert len(TABLES) == len(marks["data"]["values"]) == len(figure.drawing.sentences)
    assert "0.1.0-abc" in str(figure.vega_lite())


def test_the_larger_the_study_the_higher_it_stands() -> None:
    """The axis of standard errors has zero on top, that of a ratio is logarithmic."""
    *_, marks = layers(funnel_plot(answer(*TABLES)))
    assert (True, 0) == (marks["encoding"]["y"]["scale"]["reverse"], marks["encoding"]["y"]["scale"]["domain"][0])
    assert "log" == marks["encoding"]["x"]["scale"]["type"]


@pytest.mark.parametrize(("measure", "factor"), [("OR", 1), ("RD", 100)])
def test_the_dashed_lines_hold_what_one_effect_lets_expect(measure: str, factor: int) -> None:
    """They leave the pooled effect at an error of zero, and are 1.96 errors away from it wherever one looks."""
    synthesis = answer(*TABLES, measure=measure)
    assert synthesis.pooled is not None
    low, high, middle, _ = layers(funnel_plot(synthesis))
    for line, reach in ((low, -1.96), (middle, 0), (high, 1.96)):
        top, bottom = line["data"]["values"]
        assert (synthesis.pooled.estimate, 0) == (top["estimate"], top["error"])
        moved = reach * bottom["error"]
        expected = exp(log(top["estimate"]) + moved) if measure == "OR" else top["estimate"] + moved
        assert expected == pytest.approx(bottom["estimate"], rel=1e-3)
    assert max(each.estimate or 0 for each in synthesis.studies) < 100 * factor


@pytest.mark.parametrize(
    ("tables", "changes", "found"),
    [
        (TABLES[:9], {}, "found 9 studies"),
        ((*TABLES[:9], (0, 50, 0, 50)), {}, "found 9 studies"),
        (
            TABLES,
            {"comparator": None, "measure": "proportion", "model": "binomial-normal"},
            "a proportion has none",
        ),
    ],
)
def test_fewer_than_ten_studies_have_none(
    tables: tuple[tuple[int, int, int, int], ...], changes: dict[str, object], found: str
) -> None:
    """A study without an event tells nothing of a ratio, and counts for none."""
    with pytest.raises(ParameterError, match=f"{found}; accepted: 10 or more"):
        funnel_plot(answer(*tables, **changes))


def test_the_picture_says_where_a_study_with_an_empty_cell_stands() -> None:
    """With halves added a difference of zero can be drawn below zero, which the forest plot does not show."""
    words = "one half in each cell"
    assert words in funnel_plot(answer(*TABLES, (0, 18, 0, 9), measure="RD")).text
    assert words not in funnel_plot(answer(*TABLES, measure="RD")).text
