"""Dot plot: the combination arm of a study and its control on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dualbio.figures.frame import (
    BLUE,
    LANE,
    NARROW,
    PLAIN,
    VERMILLION,
    Drawing,
    Look,
    Spec,
    beside,
    coded,
    empty,
    lane_scale,
    layered,
    line_height,
    telling,
    text_layers,
    text_panel,
    text_width,
    words_at,
    wrapped,
)

__all__ = ["Dot", "draw_dots"]

_WIDTH = 460
#: Most pixels of a line of the words beside a line of marks; the room of the marks below them, and below the marks.
_MOST, _MARK, _GAP = 340, 16, 10
#: Marks nearer to each other than this, in pixels, would hide each other; further ones of a line stand so far below.
_NEAR = 11
_LOOKS = ((VERMILLION, "circle"), (BLUE, "square"))


@dataclass(frozen=True)
class Dot:
    """A number of an arm: the line and panel that it stands on, which of the two kinds of arm it is, and its words."""

    line: str
    series: str
    panel: str = ""
    value: float | None = None
    number: str = ""
    arm: str = ""
    check: str = ""
    link: str = ""

    def sentence(self, look: Look) -> str:
        """Return what is drawn, in words."""
        told = ", ".join(filter(None, (self.arm, look.say(self.series))))
        return f"{self.line}, {told}: {self.number}{f' ({look.say(self.check)})' if self.check else ''}."


def draw_dots(dots: Sequence[Dot], look: Look = PLAIN) -> Drawing:
    """Return a panel for each kind of number, with a line for each study; what has no number is in the text alone."""
    drawn = list(dict.fromkeys(dot for dot in dots if dot.value is not None))
    series = list(dict.fromkeys(look.say(dot.series) for dot in drawn))
    panels = list(dict.fromkeys(dot.panel for dot in drawn))
    column = NARROW if look.narrow else text_width([dot.line for dot in drawn], most=_MOST)
    views = [_panel([dot for dot in drawn if dot.panel == panel], series, column, look) for panel in panels]
    legend = look.say("A mark is an arm, a line a study. Each panel has a quantity of its own; nothing is pooled.")
    sentences = tuple(dot.sentence(look) for dot in dict.fromkeys(dots))
    if not views:
        return empty(legend, sentences, look)
    return Drawing({"vconcat": views, "spacing": 18}, legend, sentences)


def _panel(dots: Sequence[Dot], series: list[str], column: float, look: Look) -> Spec:
    """Return a panel: the names of its lines in a column beside them, or on a narrow screen above each."""
    most = max(dot.value or 0 for dot in dots) or 1
    width = NARROW if look.narrow else _WIDTH
    marks: list[dict[str, Any]] = []
    names, height = [], 0.0
    for line in dict.fromkeys(dot.line for dot in dots):
        own = sorted((dot for dot in dots if dot.line == line), key=lambda dot: series.index(look.say(dot.series)))
        lanes = _apart([(dot.value or 0) / most * width for dot in own])
        high, below = line_height(line, width=column), _NEAR * max(lanes)
        room = high + _MARK + _GAP + below if look.narrow else max(LANE + below, high + 4)
        names.append(words_at(line, height + (high if look.narrow else room) / 2, column))
        middle = height + (high + (_MARK + below) / 2 if look.narrow else room / 2)
        height += room
        marks += [
            {
                "x": dot.value,
                "y": middle - below / 2 + _NEAR * lane,
                "line": middle,
                "series": look.say(dot.series),
                "told": dot.sentence(look),
                "href": dot.link or None,
            }
            for dot, lane in zip(own, lanes, strict=True)
        ]
    layers = _layers(marks, dots[0].panel, series, height, look)
    if look.narrow:
        return layered([*layers, *text_layers(names, height=height, width=NARROW)], width=NARROW, height=height)
    panels = [
        text_panel(names, height=height, width=column, align="right"),
        layered(layers, width=_WIDTH, height=height),
    ]
    return beside(panels, spacing=12)


def _apart(places: Sequence[float]) -> list[int]:
    """Return for each place of a line, in pixels, the first lane in which no earlier mark is too near to it.

    >>> _apart([0, 100, 4, 2])
    [0, 0, 1, 2]
    """
    lanes: list[int] = []
    for i, place in enumerate(places):
        taken = {lane for lane, other in zip(lanes, places[:i], strict=True) if abs(place - other) < _NEAR}
        lanes.append(next(lane for lane in range(len(places)) if lane not in taken))
    return lanes


def _layers(marks: list[dict[str, Any]], title: str, series: list[str], height: float, look: Look) -> Iterator[Spec]:
    """Yield what joins the numbers of a line, and the numbers."""
    most = max(mark["x"] for mark in marks)
    scale = {"domain": [0, (most or 1) * 1.05], "nice": False}
    y = lane_scale(height)
    spans = [
        {"y": place, "low": min(found), "high": max(found)}
        for place in dict.fromkeys(mark["line"] for mark in marks)
        for found in [[mark["x"] for mark in marks if mark["line"] == place]]
    ]
    axis: Spec = {
        "title": wrapped(look.say(title), NARROW if look.narrow else _WIDTH),
        "grid": not look.narrow,
        "tickCount": 5 if look.narrow else 8,
        "labelFlush": False,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    }

    def x(field: str) -> Spec:
        return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}

    yield {
        "data": {"values": spans},
        "mark": {"type": "rule", "opacity": 0.4},
        "encoding": {"x": x("low"), "x2": {"field": "high"}, "y": y},
    }
    looks = {name: _LOOKS[i % len(_LOOKS)] for i, name in enumerate(series)}
    yield {
        "data": {"values": marks},
        "mark": {"type": "point", "filled": True, "size": 85, "opacity": 0.85},
        "encoding": {
            "x": x("x"),
            "y": y,
            "color": coded("series", {name: mark[0] for name, mark in looks.items()}, narrow=look.narrow),
            "shape": coded("series", {name: mark[1] for name, mark in looks.items()}, narrow=look.narrow),
            **telling(marks),
        },
    }
