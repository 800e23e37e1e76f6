"""Dots beside each other: what the combination arm of a study shows, and what its control shows, on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dualbio.figures.frame import (
    BLUE,
    LANE,
    VERMILLION,
    Drawing,
    Spec,
    beside,
    coded,
    empty,
    lane_scale,
    layered,
    telling,
    text_panel,
    text_width,
)

__all__ = ["Dot", "draw_dots"]

_WIDTH = 460
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

    @property
    def sentence(self) -> str:
        """What is drawn, in words."""
        told = ", ".join(filter(None, (self.arm, self.series)))
        return f"{self.line}, {told}: {self.number}{f' ({self.check})' if self.check else ''}."


def draw_dots(dots: Sequence[Dot]) -> Drawing:
    """Return a panel for each kind of number, with a line for each study; what has no number is in the text alone."""
    drawn = list(dict.fromkeys(dot for dot in dots if dot.value is not None))
    series = list(dict.fromkeys(dot.series for dot in drawn))
    panels = list(dict.fromkeys(dot.panel for dot in drawn))
    labels = text_width([dot.line for dot in drawn], most=520)
    views = [_panel([dot for dot in drawn if dot.panel == panel], panel, series, labels) for panel in panels]
    legend = "A mark is an arm, a line a study. Each panel has a quantity of its own; nothing is pooled."
    sentences = tuple(dot.sentence for dot in dict.fromkeys(dots))
    return Drawing({"vconcat": views, "spacing": 18}, legend, sentences) if views else empty(legend, sentences)


def _panel(dots: Sequence[Dot], title: str, series: list[str], labels: float) -> Spec:
    lines = list(dict.fromkeys(dot.line for dot in dots))
    height = LANE * len(lines)
    marks = [
        {
            "x": dot.value,
            "y": LANE * (lines.index(dot.line) + 0.5),
            "series": dot.series,
            "told": dot.sentence,
            "href": dot.link or None,
        }
        for dot in dots
    ]
    names = [{"text": line, "y": LANE * (i + 0.5), "bold": False} for i, line in enumerate(lines)]
    panels = [
        text_panel(names, height=height, width=labels, align="right"),
        layered(_layers(marks, title, series, height), width=_WIDTH, height=height),
    ]
    return beside(panels, spacing=12)


def _layers(marks: list[dict[str, Any]], title: str, series: list[str], height: float) -> Iterator[Spec]:
    """Yield what joins the numbers of a line, and the numbers."""
    most = max(mark["x"] for mark in marks)
    scale = {"domain": [0, (most or 1) * 1.05], "nice": False}
    y = lane_scale(height)
    spans = [
        {"y": place, "low": min(found), "high": max(found)}
        for place in dict.fromkeys(mark["y"] for mark in marks)
        for found in [[mark["x"] for mark in marks if mark["y"] == place]]
    ]

    def x(field: str) -> Spec:
        return {"field": field, "type": "quantitative", "scale": scale, "axis": {"title": title, "grid": True}}

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
            "color": coded("series", {name: look[0] for name, look in looks.items()}),
            "shape": coded("series", {name: look[1] for name, look in looks.items()}),
            **telling(marks),
        },
    }
