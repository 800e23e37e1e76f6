"""The network of mechanisms in two columns: what brings a change about on the left, what is changed on the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dualbio.figures.frame import (
    BLUE,
    GREY,
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

__all__ = ["Edge", "draw_network"]

_WIDTH = 380
#: Colour and word of each sign of a change.
_SIGNS = {
    1: ("raises or sustains", VERMILLION),
    -1: ("lowers or blocks", BLUE),
    0: ("leaves as it is, or no sign", GREY),
}
#: What kind of observation shows a change, and how its line is dashed.
_SEEN: dict[str, tuple[str, list[int]]] = {
    "randomised": ("seen in randomised arms", [1, 0]),
    "cohort": ("seen in people", [6, 3]),
    "uncontrolled": ("seen in people", [6, 3]),
    "single-case": ("seen in people", [6, 3]),
}
_ELSE = ("textbook, animal, dish or hypothesis", [2, 3])


@dataclass(frozen=True)
class Edge:
    """A change: what brings it about, its effect in words and as a sign (1, -1, 0), what is changed, who saw it."""

    subject: str
    effect: str
    object: str
    sign: int | None = None
    strength: str = ""
    context: str = ""
    check: str = ""
    link: str = ""

    @property
    def sentence(self) -> str:
        """What is drawn, in words."""
        seen = ", ".join(filter(None, (self.context, self.strength)))
        return f"{self.subject} {self.effect} {self.object}{f' ({seen})' if seen else ''}."


def draw_network(edges: Sequence[Edge]) -> Drawing:
    """Return the network; each thing stands once in each column, and no path is closed."""
    legend = (
        "Each line is one change that was seen or is textbook; a path through two lines is a thought, not a finding."
    )
    if not edges:
        return empty(legend)
    left = list(dict.fromkeys(edge.subject for edge in edges))
    places = {name: i for i, name in enumerate(left)}
    right = sorted(dict.fromkeys(edge.object for edge in edges), key=lambda name: (_middle(edges, places, name), name))
    height = LANE * max(len(left), len(right), 1)
    starts, ends = (_spread(names, height) for names in (left, right))
    lines = [
        {
            "y": starts[edge.subject],
            "end": ends[edge.object],
            "sign": _SIGNS[edge.sign or 0][0],
            "seen": _SEEN.get(edge.strength, _ELSE)[0],
            "told": edge.sentence,
            "href": edge.link or None,
        }
        for edge in edges
    ]
    columns = [
        text_panel(
            [{"text": name, "y": y, "bold": bold} for name, y in spread.items()],
            height=height,
            width=text_width(spread),
            align=align,
        )
        for spread, bold, align in ((starts, True, "right"), (ends, False, "left"))
    ]
    plot = layered(_layers(lines, height), width=_WIDTH, height=height)
    view = beside([columns[0], plot, columns[1]], spacing=10)
    return Drawing(view, legend, tuple(edge.sentence for edge in edges))


def _middle(edges: Sequence[Edge], places: dict[str, int], name: str) -> float:
    """Return how far down what changes a thing stands, so that few lines cross."""
    found = [places[edge.subject] for edge in edges if edge.object == name]
    return sum(found) / len(found)


def _spread(names: Sequence[str], height: float) -> dict[str, float]:
    return {name: height * (i + 0.5) / len(names) for i, name in enumerate(names)}


def _layers(lines: list[dict[str, Any]], height: float) -> Iterator[Spec]:
    """Yield the lines of each sign and kind of observation."""
    signs = {name: colour for name, colour in _SIGNS.values() if any(line["sign"] == name for line in lines)}
    seen = {name: dash for name, dash in (*_SEEN.values(), _ELSE) if any(line["seen"] == name for line in lines)}
    yield {
        "data": {"values": lines},
        "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.8},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": _WIDTH},
            "y": lane_scale(height),
            "y2": {"field": "end"},
            "color": coded("sign", signs),
            "strokeDash": coded("seen", seen),
            **telling(lines),
        },
    }
