"""The network of mechanisms in two columns: causes on the left, effects on the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dualbio.figures.frame import (
    BLUE,
    GREY,
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
)

__all__ = ["Edge", "draw_network"]

_WIDTH = 380
#: Length of the line before the words of a change, on a narrow screen, and the room below one.
_DASH, _GAP = 26, 5
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

    def sentence(self, look: Look) -> str:
        """Return what is drawn, in words."""
        seen = ", ".join(filter(None, (self.context, look.say(self.strength))))
        return f"{self.subject} {look.say(self.effect)} {self.object}{f' ({seen})' if seen else ''}."


def draw_network(edges: Sequence[Edge], look: Look = PLAIN) -> Drawing:
    """Return the network; each thing stands once in each column, and no path is closed."""
    legend = look.say(
        "Each line is one effect that was observed or is textbook knowledge; a path over two lines is a "
        "hypothesis, not a finding."
    )
    if not edges:
        return empty(legend, look=look)
    sentences = tuple(edge.sentence(look) for edge in edges)
    if look.narrow:
        return Drawing(_listed(edges, look), legend, sentences)
    left = list(dict.fromkeys(edge.subject for edge in edges))
    places = {name: i for i, name in enumerate(left)}
    right = sorted(dict.fromkeys(edge.object for edge in edges), key=lambda name: (_middle(edges, places, name), name))
    sides = ((left, True), (right, False))
    widths = [text_width(names, bold=bold) for names, bold in sides]
    lanes = [
        max(LANE, *(line_height(name, width=width, bold=bold) + 5 for name in names))
        for (names, bold), width in zip(sides, widths, strict=True)
    ]
    height = max(len(names) * lane for (names, _), lane in zip(sides, lanes, strict=True))
    starts, ends = (_spread(names, height) for names in (left, right))
    lines = [_line(edge, starts[edge.subject], ends[edge.object], look) for edge in edges]
    columns = [
        text_panel(
            [words_at(name, y, width, bold=bold) for name, y in spread.items()],
            height=height,
            width=width,
            align=align,
        )
        for spread, bold, width, align in ((starts, True, widths[0], "right"), (ends, False, widths[1], "left"))
    ]
    plot = layered(_layers(lines, height, _WIDTH, look), width=_WIDTH, height=height)
    return Drawing(beside([columns[0], plot, columns[1]], spacing=10), legend, sentences)


def _line(edge: Edge, start: float, end: float, look: Look) -> dict[str, Any]:
    """Return the data of the line of a change, which begins and ends so far down."""
    return {
        "y": start,
        "end": end,
        "sign": look.say(_SIGNS[edge.sign or 0][0]),
        "seen": look.say(_SEEN.get(edge.strength, _ELSE)[0]),
        "told": edge.sentence(look),
        "href": edge.link or None,
    }


def _listed(edges: Sequence[Edge], look: Look) -> Spec:
    """Return what each thing changes under its name: a line of the look of the change, and its words."""
    heads, words, lines, y = [], [], [], 0.0
    width = NARROW - _DASH - 8
    for subject in dict.fromkeys(edge.subject for edge in edges):
        high = line_height(subject, width=NARROW, bold=True)
        heads.append(words_at(subject, y + high / 2, NARROW, bold=True))
        y += high + _GAP
        for edge in (edge for edge in edges if edge.subject == subject):
            text = f"{look.say(edge.effect)} {edge.object}"
            high = line_height(text, width=width)
            words.append(words_at(text, y + high / 2, width, href=edge.link or None))
            lines.append(_line(edge, y + 7, y + 7, look))
            y += high + _GAP
        y += 2 * _GAP
    texts = [*text_layers(heads, height=y, width=NARROW), *text_layers(words, height=y, width=NARROW, left=_DASH + 8)]
    return layered([*_layers(lines, y, _DASH, look), *texts], width=NARROW, height=y)


def _middle(edges: Sequence[Edge], places: dict[str, int], name: str) -> float:
    """Return how far down what changes a thing stands, so that few lines cross."""
    found = [places[edge.subject] for edge in edges if edge.object == name]
    return sum(found) / len(found)


def _spread(names: Sequence[str], height: float) -> dict[str, float]:
    return {name: height * (i + 0.5) / len(names) for i, name in enumerate(names)}


def _layers(lines: list[dict[str, Any]], height: float, width: float, look: Look) -> Iterator[Spec]:
    """Yield the lines of each sign and kind of observation."""
    named = [(look.say(name), colour) for name, colour in _SIGNS.values()]
    dashes = [(look.say(name), dash) for name, dash in (*_SEEN.values(), _ELSE)]
    signs = {name: colour for name, colour in named if any(line["sign"] == name for line in lines)}
    seen = {name: dash for name, dash in dashes if any(line["seen"] == name for line in lines)}
    yield {
        "data": {"values": lines},
        "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.8},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": width},
            "y": lane_scale(height),
            "y2": {"field": "end"},
            "color": coded("sign", signs, narrow=look.narrow),
            "strokeDash": coded("seen", seen, narrow=look.narrow),
            **telling(lines),
        },
    }
