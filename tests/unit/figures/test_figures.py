"""Figures: what is drawn is what the rows say, in colours that all can tell apart, and in words as well."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from dualbio.errors import ParameterError
from dualbio.figures import KINDS, THEMES, Diamond, Figure, ForestRow, Look, draw_figure, draw_forest
from dualbio.figures.frame import BLUE, COLOURS, GREY, NARROW, text_width, wrapped

ROW = "https://w3id.org/dualbio/comparison/toy.c001"
#: A few marks of each kind, as text, and for some of them what is not reported.
MARKS: dict[str, list[dict[str, str]]] = {
    "forest": [
        {"label": "A: response", "measure": "odds ratio", "estimate": "1.27", "low": "0.60", "high": "2.71",
         "number": "OR 1.27 (0.60 to 2.71)", "check": "full text", "link": ROW},
        {"label": "B: response", "measure": "odds ratio", "estimate": "16.9", "low": "0.01", "high": "101",
         "check": "abstract", "link": ROW},
        {"label": "C: response", "measure": "p value only", "number": "p = 0.4", "check": "abstract", "link": ROW},
        {"label": "D: score", "measure": "mean difference", "estimate": "-2", "low": "-5", "high": "1",
         "check": "registry", "link": ROW},
    ],
    "evidence-matrix": [
        {"row": "one + two", "column": "RA", "name": "arthritis", "studies": "3", "with_result": "2", "missed": "1",
         "raised": "1", "link": ROW},
        {"row": "one + two", "column": "SLE", "name": "lupus", "studies": "1", "met_blood": "1", "with_result": "1",
         "link": ROW},
        {"row": "one + three", "column": "SLE", "name": "lupus", "studies": "1", "link": ROW},
    ],
    "timeline": [
        {"study": "S", "arm": "x then y", "agent": "x", "role": "tested or paired agent", "start": "0", "end": "2",
         "when": "week 0 to week 2", "link": ROW},
        {"study": "S", "arm": "x then y", "agent": "y", "role": "tested or paired agent", "start": "4",
         "start_latest": "8", "end": "52", "when": "weeks 4 to 8, to week 52", "link": ROW},
        {"study": "S", "arm": "x alone", "agent": "y", "role": "placebo step", "start": "4", "end": "52", "link": ROW},
        {"study": "S", "arm": "x alone", "agent": "steroid", "role": "background treatment", "link": ROW},
        {"study": "T", "arm": "y then x", "agent": "y", "role": "tested or paired agent", "order": "1", "link": ROW},
        {"study": "T", "arm": "y then x", "agent": "x", "role": "tested or paired agent", "order": "2", "link": ROW},
    ],
    "dots": [
        {"line": "S", "panel": "people, %", "series": "combination", "value": "5.8", "number": "6/103", "link": ROW},
        {"line": "S", "panel": "people, %", "series": "control", "value": "1.6", "number": "1/64", "link": ROW},
        {"line": "T", "panel": "rate", "series": "combination", "value": "4.0", "number": "4.0", "link": ROW},
        {"line": "U", "panel": "rate", "series": "combination", "number": "reported in words", "link": ROW},
    ],
    "network": [
        {"subject": "depletion", "effect": "lowers", "object": "IgG", "sign": "-1", "strength": "randomised",
         "link": ROW},
        {"subject": "depletion", "effect": "raises", "object": "BLyS", "sign": "1", "strength": "textbook",
         "link": ROW},
    ],
}  # fmt: skip


def figure(kind: str) -> Figure:
    """Return the figure of the marks of a kind."""
    return draw_figure(kind, MARKS[kind], title="What is drawn?", release="0.1.0-abc")


def views(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every view of a specification that has data and a mark."""
    if isinstance(part, dict):
        if "data" in part and "mark" in part:
            yield part
        for value in part.values():
            yield from views(value)
    elif isinstance(part, list):
        for value in part:
            yield from views(value)


def drawn(kind: str, mark: str, *fields: str) -> list[tuple[Any, ...]]:
    """Return the data of all marks of a type that have these fields, of those fields."""
    found = (view for view in views(figure(kind).drawing.view) if view["mark"]["type"] == mark)
    rows = (row for view in found for row in view["data"]["values"])
    return [tuple(row[field] for field in fields) for row in rows if all(field in row for field in fields)]


def test_a_forest_plot_has_each_estimate_in_the_panel_of_its_measure() -> None:
    """Estimates and intervals stand as printed; an interval beyond the axis is cut, and an arrow says so."""
    points = drawn("forest", "point", "text", "estimate", "low", "high")
    assert ("A: response", 1.27, 0.60, 2.71) in points
    assert ("D: score", -2.0, -5.0, 1.0) in points
    assert {("B: response", 16.9, True, True)} == set(
        drawn("forest", "point", "text", "estimate", "beyondLow", "beyondHigh")
    ) - {("A: response", 1.27, False, False), ("D: score", -2.0, False, False)}
    scales = [
        view["encoding"]["x"]["scale"]["type"]
        for view in views(figure("forest").drawing.view)
        if view["mark"]["type"] == "rule"
    ]
    assert {"log", "linear"} == set(scales)


def test_the_words_beside_an_estimate_have_room() -> None:
    """Words that are long have several lines, each within its panel, in a lane as high as they are."""
    label, number = "random effects with a correction " * 4, "1.20 (0.80 to 1.90); " * 5
    rows = [{"label": label, "number": number, "measure": "odds ratio", "estimate": "1.2"}] * 2
    found = draw_figure("forest", rows, title="")
    (panels,) = _lines(found.drawing.view)
    for panel, text in ((panels[0], label), (panels[2], number)):
        first, second = (row for view in views(panel) for row in view["data"]["values"])
        assert text.split() == " ".join(first["lines"]).split()
        assert max(len(line) for line in first["lines"]) * 6.5 <= panel["width"]
        assert first["y"] + 14 * len(first["lines"]) <= second["y"]


def test_words_have_room_for_wider_letters() -> None:
    """A legend leaves a fifth of its longest words between them, since a reader's font may be wider."""
    step = {"study": "S", "role": "tested or paired agent", "start": "0", "end": "2"}
    agents = ("x", "belimumab or telitacicept")
    found = draw_figure("timeline", [step | {"arm": agent, "agent": agent} for agent in agents], title="")
    legends = [view["encoding"]["color"]["legend"] for view in views(found.drawing.view) if "color" in view["encoding"]]
    assert {True} == {legend["columnPadding"] > 18 + 0.2 * 25 * 6 for legend in legends}


def _lines(part: Any) -> Iterator[list[dict[str, Any]]]:
    """Yield the panels that stand side by side, line by line."""
    if isinstance(part, dict):
        if "hconcat" in part:
            yield part["hconcat"]
        part = [*part.values()]
    if isinstance(part, list):
        for each in part:
            yield from _lines(each)


def test_no_difference_is_where_the_measure_has_it() -> None:
    """A ratio has no difference at 1, a difference at 0; the line stands there."""
    assert {(1,), (0,)} == set(drawn("forest", "rule", "null"))


def test_nothing_that_was_not_pooled_has_a_diamond() -> None:
    """A forest plot of comparisons has no diamond, and says that nothing is pooled."""
    assert [] == drawn("forest", "area")
    assert "Nothing is pooled." in figure("forest").text


def test_a_pooled_estimate_is_a_diamond_over_its_interval() -> None:
    """The diamond goes from end to end of the interval, is widest at the estimate, and weights are areas."""
    rows = [
        ForestRow("A", "odds ratio", 2.0, 1.0, 4.0, weight=75),
        ForestRow("B", "odds ratio", 1.0, 0.5, 2.0, weight=25),
    ]
    pool = Diamond("random effects", "odds ratio", 1.7, 1.0, 2.9, prediction_low=0.8, prediction_high=3.6)
    drawing = draw_forest(rows, [pool])
    found = list(views(drawing.view))
    (diamond,) = [view for view in found if view["mark"]["type"] == "area"]
    corners = {row["x"]: row["bottom"] - row["y"] for row in diamond["data"]["values"]}
    assert [1.0, 1.7, 2.9] == sorted(corners)
    assert corners[1.0] == corners[2.9] == 0 < corners[1.7]
    areas = [row["area"] for view in found if view["mark"]["type"] == "point" for row in view["data"]["values"]]
    assert areas[0] > areas[1]
    assert (0.8, 3.6) in [(row["low"], row["high"]) for view in found for row in view["data"]["values"] if "low" in row]
    assert "Pooled, random effects: odds ratio 1.7 (1 to 2.9)." in drawing.sentences


def test_a_comparison_without_an_estimate_is_told_and_not_drawn() -> None:
    """What has a p value alone stands in the words of the figure, which count it."""
    assert "C: response" not in {label for (label,) in drawn("forest", "point", "text")}
    assert "1 without an estimate is not drawn." in figure("forest").text
    assert "C: response: p = 0.4 (p value only, abstract)." in figure("forest").drawing.sentences


def test_a_cell_of_the_matrix_has_its_count_and_its_signs() -> None:
    """A cell shows how many studies; each thing that came of them is a sign; a cell without a result is dashed."""
    assert {("one + two", "RA", 3), ("one + two", "SLE", 1), ("one + three", "SLE", 1)} == set(
        drawn("evidence-matrix", "text", "row", "column", "studies")
    )
    signs = {(row, column, sign) for row, column, sign in drawn("evidence-matrix", "point", "row", "column", "sign")}
    assert {
        ("one + two", "RA", "missed"),
        ("one + two", "RA", "serious infection raised"),
        ("one + two", "SLE", "met at a blood test"),
    } == signs
    dashed = [view for view in views(figure("evidence-matrix").drawing.view) if "strokeDash" in view["mark"]]
    assert [("one + three", "SLE")] == [
        (row["row"], row["column"]) for view in dashed for row in view["data"]["values"]
    ]


def test_the_matrix_puts_what_was_studied_most_first() -> None:
    """Pairs go down, and diseases to the right, with the number of their studies."""
    corner = min(drawn("evidence-matrix", "text", "upper", "middle", "row", "column"))
    assert ("one + two", "RA") == corner[2:]


def test_a_step_lasts_from_its_first_to_its_last_dose() -> None:
    """Bars have the weeks of the step; its window stands before; background steps are not drawn."""
    bars = drawn("timeline", "rect", "agent", "start", "end", "from")
    assert ("x", 0.0, 2.0, 0.0) in bars
    assert ("y", 8.0, 52.0, 4.0) in bars
    assert ("placebo", 4.0, 52.0, 4.0) in bars
    assert "steroid" not in str(figure("timeline").drawing)


def test_an_order_without_weeks_is_no_date() -> None:
    """Steps of which only the order is told have no place on the clock; they stand in their order, dashed."""
    dashed = [view for view in views(figure("timeline").drawing.view) if view["mark"].get("strokeDash") == [3, 2]]
    found = [(view["encoding"]["x"]["value"], view["data"]["values"][0]["name"]) for view in dashed]
    assert ["y", "x"] == [name for _, name in sorted(found)]
    assert all("start" not in row for view in dashed for row in view["data"]["values"])
    assert "T, y then x: y, weeks not reported." in figure("timeline").drawing.sentences


def test_a_placebo_without_weeks_is_called_a_placebo() -> None:
    """A box with the name of the drug would say that the drug was given."""
    step = {"study": "S", "arm": "placebo", "agent": "x", "role": "placebo step"}
    found = draw_figure("timeline", [step], title="")
    assert {"placebo"} == {
        row["name"] for view in views(found.drawing.view) for row in view["data"]["values"] if "name" in row
    }


def test_a_clock_is_drawn_where_something_stands_on_it() -> None:
    """Boxes that show an order alone stand at no week; numbers below them would say one."""
    step = {"study": "S", "role": "tested or paired agent", "agent": "x"}
    clocks = {
        name: [
            view["encoding"]["x"]["axis"]["values"]
            for view in views(draw_figure("timeline", [step | {"arm": "a", **when}], title="").drawing.view)
            if view["encoding"].get("x", {}).get("axis")
        ]
        for name, when in (("dated", {"start": "0", "end": "8"}), ("undated", {}))
    }
    assert clocks["dated"]
    assert clocks["undated"] == []


def test_the_last_week_of_a_clock_is_told() -> None:
    """A bar to week 48 ends at a number, not in the void behind week 24; one beside the last number needs none."""
    step = {"study": "S", "role": "tested or paired agent", "agent": "x", "arm": "a", "start": "0"}
    for end, last in ((48, 48), (53, 52)):
        found = draw_figure("timeline", [step | {"end": str(end)}], title="")
        (weeks,) = {
            tuple(view["encoding"]["x"]["axis"]["values"])
            for view in views(found.drawing.view)
            if view["encoding"].get("x", {}).get("axis")
        }
        assert last == weeks[-1]


def test_the_name_of_a_column_is_whole() -> None:
    """The longest name of a disease without a short one stands upright with room for all of its letters."""
    name = "autoimmune or immune-mediated disease"
    found = draw_figure("evidence-matrix", [{"row": "a + b", "column": name, "studies": "1"}], title="")
    (head,) = (view["mark"] for view in views(found.drawing.view) if view["mark"].get("angle"))
    assert text_width([name], most=1000) <= head["limit"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_that_leads_nowhere_is_no_link(kind: str) -> None:
    """Beside marks with a link one without has none; it does not lead to a page called null."""
    first, *others = MARKS[kind]
    marks = [{part: text for part, text in first.items() if part != "link"}, *others]
    svg = draw_figure(kind, marks, title="What is drawn?").to_svg()
    assert {ROW} == set(re.findall(r'href="([^"]*)"', svg))


def test_two_drugs_keep_their_colours_from_one_study_to_the_next() -> None:
    """Which of them most arms of a study have changes nothing: a reader goes from picture to picture."""
    step = {"study": "S", "role": "tested or paired agent", "start": "0", "end": "2"}
    found = [
        draw_figure(
            "timeline", [step | {"arm": f"{agent} {i}", "agent": agent} for i, agent in enumerate(agents)], title=""
        )
        for agents in (("x", "y", "y"), ("y", "x", "x"))
    ]
    scales = [
        {agent: colour for view in views(each.drawing.view) for agent, colour in _coded(view, "agent").items()}
        for each in found
    ]
    assert {"x", "y"} == {*scales[0]}
    assert scales[0] == scales[1]


def test_a_drug_has_its_colour_in_both_languages_and_beside_any_other() -> None:
    """Colours go by the English name of a drug: not by its name on the page, nor by what else a study gave."""
    step = {"study": "S", "role": "tested or paired agent", "start": "0", "end": "2"}
    figures = {
        "en": ({"belimumab": "belimumab", "rituximab": "rituximab"}),
        "zh": ({"贝利尤单抗": "belimumab", "利妥昔单抗": "rituximab"}),
        "alone": ({"rituximab": "rituximab"}),
        "other": ({"infliximab": "infliximab", "rituximab": "rituximab"}),
    }
    found = {}
    for figure_of, agents in figures.items():
        marks = [step | {"arm": agent, "agent": agent, "name": name} for agent, name in agents.items()]
        colours: dict[str, str] = {}
        for view in views(draw_figure("timeline", marks, title="").drawing.view):
            colours |= _coded(view, "agent")
        found[figure_of] = {agents[agent]: colour for agent, colour in colours.items()}
    assert found["en"] == found["zh"]
    assert 1 == len({each["rituximab"] for each in found.values()})
    assert len(set(found["en"].values())) == 2


def test_agents_of_one_figure_never_share_a_colour() -> None:
    """Of eight drugs each has a colour of its own, and its bar says its name, for eight colours are many to keep."""
    step = {"study": "S", "role": "tested or paired agent", "start": "0", "end": "2"}
    marks = [step | {"arm": f"arm {i}", "agent": f"drug {i}"} for i in range(8)]
    all_views = list(views(draw_figure("timeline", marks, title="").drawing.view))
    colours = {agent: colour for view in all_views for agent, colour in _coded(view, "agent").items()}
    assert {f"drug {i}" for i in range(8)} == set(colours)
    assert 8 == len(set(colours.values()))
    said = {row["name"] for view in all_views for row in view["data"]["values"] if "name" in row}
    assert said == set(colours)


@pytest.mark.parametrize("narrow", [False, True])
def test_no_mark_of_a_line_hides_another(narrow: bool) -> None:
    """Nobody of eighteen and nobody of nine are two marks: the second stands below the first, on its own line."""
    marks = [
        {"line": "AUGUST III", "series": series, "panel": "% of people", "value": value, "number": number}
        for series, value, number in (("combination", "0", "0/18"), ("control", "0", "0/9"), ("control", "9", "1/11"))
    ]
    found = [
        row
        for view in views(draw_figure("dots", marks, title="", look=Look(narrow=narrow)).drawing.view)
        for row in view["data"]["values"]
        if "series" in row
    ]
    (first, second, third) = found
    assert (first["x"], third["x"]) == (second["x"], 9)
    assert second["y"] - first["y"] >= 10
    assert third["y"] == first["y"]
    assert 1 == len({row["line"] for row in found})


def _coded(view: dict[str, Any], field: str) -> dict[str, str]:
    """Return the colour of each value of a field in a view."""
    colour = view["encoding"].get("color", {})
    scale = colour.get("scale", {}) if colour.get("field") == field else {}
    return dict(zip(scale.get("domain", ()), scale.get("range", ()), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_narrow_figure_shows_the_same_on_a_phone(kind: str) -> None:
    """Every mark of the wide figure is there with its words and link; nothing is wider than a phone, words included."""
    long = [{part: f"{text} of a rather long name" if part in ("label", "arm", "row", "line", "subject") else text
             for part, text in mark.items()} for mark in MARKS[kind]]  # fmt: skip
    wide, narrow = (
        draw_figure(kind, long, title="What is drawn?", look=Look(narrow=narrow)) for narrow in (False, True)
    )
    told = [
        {
            (row["told"], row["href"])
            for view in views(each.drawing.view)
            for row in view["data"]["values"]
            if "told" in row
        }
        for each in (wide, narrow)
    ]
    assert told[0] == told[1] != set()
    assert wide.drawing.sentences == narrow.drawing.sentences
    widest = max(part["width"] for part in _parts(narrow.drawing.view) if isinstance(part.get("width"), int | float))
    lines = [
        line for view in views(narrow.drawing.view) for row in view["data"]["values"] for line in row.get("lines", [])
    ]
    assert widest <= NARROW
    assert max(text_width([line], most=1000) for line in lines) <= NARROW
    root = ET.fromstring(narrow.to_svg())  # noqa: S314 - our own
    assert 300 < float(root.attrib["width"]) <= 354


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping of a specification."""
    if isinstance(part, dict):
        yield part
        part = [*part.values()]
    if isinstance(part, list):
        for each in part:
            yield from _parts(each)


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_speaks_as_it_is_told(kind: str) -> None:
    """All words that the figure adds to its rows go through the language of the page."""
    shouted = draw_figure(
        kind, MARKS[kind], title="", look=Look(say=lambda text, **values: text.format(**values).upper())
    )
    plain = draw_figure(kind, MARKS[kind], title="")
    assert plain.drawing.legend.upper() == shouted.drawing.legend
    coded = [view["encoding"].get(each, {}) for view in views(shouted.drawing.view) for each in ("shape", "color")]
    heads = [each["scale"]["domain"] for each in coded if "domain" in each.get("scale", {})]
    own = {"x", "y"}  # names of drugs are of the rows
    assert [] == [word for words in heads for word in words if word not in own and word != word.upper()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_symbol_says_what_it_is(kind: str) -> None:
    """Whatever a screen reader is told to be a symbol has a title or a label; plain letters are no symbols."""
    root = ET.fromstring(figure(kind).to_svg())  # noqa: S314 - our own
    symbols = [each for each in root.iter() if each.attrib.get("role") == "graphics-symbol"]
    titles = [
        each.find("{http://www.w3.org/2000/svg}title") is not None or "aria-label" in each.attrib for each in symbols
    ]
    assert symbols
    assert all(titles)


def test_nothing_in_a_figure_is_said_twice_in_a_row() -> None:
    """Words that stand on several lines need no title that repeats them, and a circle no arcs."""
    svg = figure("forest").to_svg()
    root = ET.fromstring(svg)  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    letters = [each for each in root.iter(f"{space}text") if each.find(f"{space}tspan") is not None]
    repeated = [
        title
        for each in letters
        for title in [each.findtext(f"{space}title")]
        if title and title.split() == " ".join(part.text or "" for part in each.iter(f"{space}tspan")).split()
    ]
    assert letters
    assert [] == repeated
    assert "<circle" in svg
    assert not re.search(r'd="M[\d.]+,0A[\d.]+,[\d.]+,0,1,1,-', svg)


def test_lines_of_chinese_break_between_letters() -> None:
    """A Chinese sentence has no spaces, and each of its letters is nearly twice as wide."""
    assert ["各研究以首次给药", "为起点的周数"] == wrapped("各研究以首次给药为起点的周数", 105)


@pytest.mark.parametrize(
    ("name", "words"),
    [("belimumab + standard therapy (open-label reference) and more of the same", " "), ("利妥昔单抗" * 9, "")],
)
def test_lines_of_one_text_are_words_for_who_copies_them(name: str, words: str) -> None:
    """Where a long name is broken, its text is the name: with a space between words, with none between Han letters."""
    marks = [{"study": "S", "arm": name, "agent": "x", "start": "0", "end": "2"}]
    root = ET.fromstring(draw_figure("timeline", marks, title="").to_svg())  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    texts = [[line.text or "" for line in each.iter(f"{space}tspan")] for each in root.iter(f"{space}text")]
    (lines,) = [each for each in texts if "".join(each).startswith(name[:9])]
    assert len([line for line in lines if line.strip()]) > 1
    assert name == "".join(lines)
    assert words in lines or not words


def test_a_drawing_is_slim_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the engine writes half is left out, and no letter, title, link or shape of it."""
    slim = figure("forest").to_svg()
    monkeypatch.setattr("dualbio.figures.drawing._slim", lambda svg: svg)
    whole = figure("forest").to_svg()

    def seen(svg: str) -> list[tuple[str, ...]]:
        root = ET.fromstring(svg)  # noqa: S314 - our own
        names = ("d", "fill", "stroke", "{http://www.w3.org/1999/xlink}href")
        shown = [(each.tag, each.text or "", *(each.attrib.get(name, "") for name in names)) for each in root.iter()]
        kept = [each for each in shown if any(each[1:]) and not each[2].startswith("M0,0h")]
        return [(*each[:2], re.sub(r"(\.\d\d)\d+", r"\1", each[2]), *each[3:]) for each in kept]

    assert seen(whole) == seen(slim)
    assert len(slim) < 0.6 * len(whole)


def test_kinds_of_number_have_panels_of_their_own() -> None:
    """Shares of people and rates never share an axis; what has no number is reported in words alone."""
    titles = {" ".join(view["encoding"]["x"]["axis"]["title"]): {row["x"] for row in view["data"]["values"]}
              for view in views(figure("dots").drawing.view) if view["mark"]["type"] == "point"}  # fmt: skip
    assert {"people, %": {5.8, 1.6}, "rate": {4.0}} == titles
    assert "U, combination: reported in words." in figure("dots").drawing.sentences


def test_an_edge_has_its_sign_and_how_it_was_seen() -> None:
    """What lowers and what raises have two colours, what was randomised and what is textbook two dashes."""
    assert {
        ("lowers or blocks", "seen in randomised arms"),
        ("raises or sustains", "textbook, animal, dish or hypothesis"),
    } == set(drawn("network", "rule", "sign", "seen"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_mark_leads_to_its_row_and_says_what_it_shows(kind: str) -> None:
    """Whatever has words has a link to the row behind it, and the words are in the text of the figure."""
    marks = [
        (view, row) for view in views(figure(kind).drawing.view) for row in view["data"]["values"] if "told" in row
    ]
    assert marks
    for view, row in marks:
        if "description" in view["encoding"]:
            assert ROW == row["href"]
            assert "href" in view["encoding"]
            assert row["told"] in figure(kind).drawing.sentences


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_carries_the_version_of_the_data(kind: str) -> None:
    """The release stands in the corner of every form, so that a picture that was passed on can be traced."""
    assert "dualbio 0.1.0-abc" in json.dumps(figure(kind).vega_lite())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_changes_ink_and_ground_alone(kind: str, theme: str) -> None:
    """Light and dark show the same marks; the theme of pages takes the colour of the text around it."""
    spec = figure(kind).vega_lite(theme)
    plain = figure(kind).vega_lite()
    assert THEMES[theme].paper == spec.pop("background")
    plain.pop("background")
    assert json.dumps(plain).replace(THEMES["light"].ink, THEMES[theme].ink) == json.dumps(spec)


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_of_nothing_is_a_figure(kind: str) -> None:
    """No rows make an empty picture that says so in its words, never a failure."""
    nothing = draw_figure(kind, [], title="Nothing")
    assert () == nothing.drawing.sentences
    assert "No row of this answer can be drawn." in nothing.to_svg()


@pytest.mark.parametrize(
    ("kind", "marks", "words"),
    [
        ("bars", [], "accepted: dots, evidence-matrix"),
        ("forest", [{"label": "A", "measure": "odds ratio", "estimate": "many"}], "estimate"),
    ],
)
def test_what_cannot_be_drawn_is_told(kind: str, marks: list[dict[str, str]], words: str) -> None:
    """A kind that is none, a part that lacks and a part of another type are errors that say so."""
    with pytest.raises(ParameterError, match=words):
        draw_figure(kind, marks, title="x")


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, definition)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [*COLOURS, GREY])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_colour_stands_out_from_the_ground(colour: str, theme: str) -> None:
    """Marks have a contrast of 3 to 1 with both grounds (WCAG 2.2, 1.4.11), letters of 4.5 to 1 (1.4.3)."""

    def contrast(one: str, other: str) -> float:
        low, high = sorted(map(luminance, (one, other)))
        return (high + 0.05) / (low + 0.05)

    ground = THEMES[theme].paper
    assert ground
    assert contrast(colour, ground) >= 3
    assert contrast(THEMES[theme].ink, ground) >= 4.5


#: How people without one kind of cone see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHTS = {
    "red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen(colour: str, sight: str) -> tuple[float, ...]:
    """Return a colour in linear RGB as people without a kind of cone see it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return tuple(min(1, max(0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in SIGHTS[sight])


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_are_told_apart_without_a_kind_of_cone(sight: str) -> None:
    """Any two colours of a figure differ, by a tenth of the cube or more, for people who lack red, green or blue."""
    for one, other in combinations(COLOURS, 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen(one, sight), seen(other, sight), strict=True)) ** 0.5
        assert distance > 0.1, (one, other)


@pytest.fixture(scope="module")
def svg() -> str:
    """Return one figure as SVG; the engine takes a second to start."""
    return figure("forest").to_svg("page")


def test_an_svg_has_no_script_and_its_marks_are_links(svg: str) -> None:
    """A page can hold the drawing as it is: links, words for each mark, title and text, and nothing that runs."""
    root = ET.fromstring(svg)  # noqa: S314 - drawn here
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"a", "title", "desc", "path", "text"} <= names
    assert not names & {"script", "image", "foreignObject", "style"}
    links = {value for element in root.iter() for name, value in element.attrib.items() if name.endswith("href")}
    assert {ROW} == links
    titles = {element.text for element in root.iter() if element.tag.endswith("title")}
    assert "A: response: OR 1.27 (0.60 to 2.71) (odds ratio, full text)." in titles
    assert "What is drawn?" == root[0].text
    assert 'fill="currentColor"' in svg
    assert BLUE in svg


@pytest.mark.parametrize(("name", "begin"), [("f.svg", b"<svg"), ("f.png", b"\x89PNG"), ("f.json", b"{")])
def test_the_ending_of_a_file_is_its_form(name: str, begin: bytes, tmp_path: Path) -> None:
    """A figure is written in the form that the name of the file says; another ending is told."""
    figure("network").save(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begin)
    with pytest.raises(ParameterError, match=r"accepted: \.svg, \.png, \.html, \.json"):
        figure("network").save(tmp_path / "f.jpg")


@pytest.mark.slow
def test_a_page_of_a_figure_needs_nothing_else() -> None:
    """The page holds Vega itself, a language, a title and the words of the figure."""
    page = figure("network").to_html()
    assert '<html lang="en">' in page
    assert "<title>What is drawn?</title>" in page
    assert "depletion lowers IgG (randomised)." in page
    assert "https://cdn" not in page


def test_a_row_without_a_place_is_counted() -> None:
    """What lacks the line that it belongs to is not drawn, and the figure says how many such rows there are."""
    drawing = draw_figure("dots", [*MARKS["dots"], {"series": "control"}], title="x").drawing
    assert "1 more row cannot be placed" in drawing.legend
    assert figure("dots").drawing.view == drawing.view


def test_an_estimate_without_its_measure_has_no_place() -> None:
    """An estimate is placed by its measure; a row without an estimate needs none, and is reported in words."""
    rows = [*MARKS["forest"], {"label": "E", "estimate": "0.5"}, {"label": "F", "number": "p = 0.2"}]
    drawing = draw_figure("forest", rows, title="x").drawing
    assert "1 more row cannot be placed" in drawing.legend
    assert any(sentence.startswith("F: p = 0.2") for sentence in drawing.sentences)


def test_a_name_in_capitals_has_the_room_that_it_needs() -> None:
    """Capitals are wider: a trial's name is no shorter than it is drawn, some eight pixels for each of them."""
    assert 8 * len("BLISS") <= text_width(["BLISS"])
    assert text_width(["bliss"]) < text_width(["BLISS"])
