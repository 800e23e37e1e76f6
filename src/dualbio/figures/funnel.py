"""The funnel plot: effects of studies against their standard errors, around what was pooled of them.

The largest standard error is at the bottom, as in reviews, so that the studies that tell most stand on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from dualbio.figures.frame import BLUE, GREY, NARROW, PLAIN, Drawing, Look, Spec, layered, telling, wrapped

__all__ = ["FunnelPoint", "draw_funnel"]

_WIDTH, _HEIGHT = 460, 300
#: What is left free above the largest standard error, as a share of it, and on either side.
_ROOM = 0.08
#: Standard errors from the middle within which 95 % of studies of one effect are expected.
_REACH = 1.959964


@dataclass(frozen=True)
class FunnelPoint:
    """A study: its effect as its measure gives it, its standard error (of the logarithm for a ratio), its number."""

    label: str
    estimate: float
    error: float
    number: str = ""
    link: str = ""


def draw_funnel(
    points: Sequence[FunnelPoint], middle: float, *, measure: str, ratio: bool, halved: bool = False, look: Look = PLAIN
) -> Drawing:
    """Return the funnel plot of some studies.

    Args:
        points: the studies; at least one has an error above zero.
        middle: the pooled effect, as `measure` gives it.
        measure: what the effect is called, with its unit.
        ratio: whether effects are on a logarithmic axis, and errors those of their logarithms.
        halved: whether a study stands where one half in each cell puts it.
        look: in which words, and for which width of a screen.
    """
    say, width = look.say, NARROW if look.narrow else _WIDTH
    most = max(point.error for point in points) * (1 + _ROOM)
    limits = [_at(middle, reach * most, ratio=ratio) for reach in (-_REACH, _REACH)]
    ends = [*limits, *(point.estimate for point in points)]
    x = _effects(ends, say(measure), ratio=ratio, width=width)
    words = wrapped(say("standard error of the logarithm") if ratio else say("standard error"), _HEIGHT)
    scale = {"domain": [0, most], "reverse": True, "nice": False, "zero": True}
    y = {"field": "error", "type": "quantitative", "scale": scale, "axis": {"title": words, "tickCount": 5}}
    marks = [
        {"estimate": point.estimate, "error": point.error, "told": _sentence(point), "href": point.link or None}
        for point in points
    ]
    lines = [[{"estimate": middle, "error": 0.0}, {"estimate": end, "error": most}] for end in (*limits, middle)]
    layers = [
        *(_line(ends_of, x, y, dashed=end != 2) for end, ends_of in enumerate(lines)),
        {
            "data": {"values": marks},
            "mark": {"type": "point", "filled": True, "color": BLUE, "opacity": 1, "size": 60},
            "encoding": {"x": x, "y": y, **telling(marks)},
        },
    ]
    legend = " ".join(
        (
            say("Each mark is a study; the upright line is the pooled effect."),
            say("Between the dashed lines 95 % of studies of that one effect are expected."),
            say("Small studies that lie to one side alone have many causes; unpublished ones are one of them."),
            *([say("A study with an empty cell stands where one half in each cell puts it.")] if halved else ()),
        )
    )
    return Drawing(layered(layers, width=width, height=_HEIGHT), legend, tuple(map(_sentence, points)))


def _at(middle: float, shift: float, *, ratio: bool) -> float:
    return exp(log(middle) + shift) if ratio else middle + shift


def _effects(ends: Sequence[float], title: str, *, ratio: bool, width: float) -> Spec:
    """Return the horizontal position of an effect."""
    least, most = min(ends), max(ends)
    if not ratio:
        room = _ROOM * (most - least)
        least, most = least - room, most + room
    kind = {"type": "log", "base": 2} if ratio else {"type": "linear"}
    axis = {"title": wrapped(title, width), "tickCount": 6, **({"format": "~g"} if ratio else {})}
    return {
        "field": "estimate",
        "type": "quantitative",
        "scale": {**kind, "domain": [least, most], "nice": ratio, "zero": False},
        "axis": axis,
    }


def _line(ends: Sequence[dict[str, float]], x: Spec, y: Spec, *, dashed: bool) -> Spec:
    mark: Spec = {"type": "line", "color": GREY, "strokeWidth": 1.5, **({"strokeDash": [5, 4]} if dashed else {})}
    return {"data": {"values": list(ends)}, "mark": mark, "encoding": {"x": x, "y": y, "order": {"field": "error"}}}


def _sentence(point: FunnelPoint) -> str:
    return f"{point.label}: {point.number or f'{point.estimate:g}'}."
