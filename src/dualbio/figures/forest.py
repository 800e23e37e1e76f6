"""The forest plot: estimates with their intervals, measures apart; a diamond only where something was pooled.

As readers of reviews expect: ratios on a logarithmic axis, what each side of it favours, areas by weight, and in a plot
of a pool a study without an estimate in its line all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log2
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
    wrapped,
)

__all__ = ["Diamond", "ForestRow", "draw_forest"]

#: A mark for each check level, from the surest on.
_CHECKS = {
    "full text": "circle",
    "registry": "square",
    "abstract": "diamond",
    "secondary": "triangle-up",
    "memory": "cross",
}
_WIDTH = 420
#: Most pixels of a line of words beside an estimate; what is longer has several lines.
_MOST = 320
#: Room of a mark below its words, and below the mark, in pixels.
_MARK, _GAP = 16, 10
#: A measure of single arms, which are compared with nothing.
_SHARE = "share of people"
#: How far from no difference an axis of ratios goes, whatever the intervals do: to 1/32 and to 32.
_FARTHEST = 5
_PLAIN_AREA, _LEAST_AREA, _MOST_AREA = 70, 25, 260


@dataclass(frozen=True)
class ForestRow:
    """An estimate: what it is of, its measure, its interval, all of it as printed, check level, weight in a pool.

    `computed` says that no report prints the interval. A row without an estimate, such as a p value, has no measure.
    """

    label: str
    measure: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    number: str = ""
    check: str = ""
    weight: float | None = None
    link: str = ""
    computed: bool = False


@dataclass(frozen=True)
class Diamond:
    """A pooled estimate: its interval, and the prediction interval where there is one; `part` is of a group alone."""

    label: str
    measure: str
    estimate: float
    low: float
    high: float
    number: str = ""
    prediction_low: float | None = None
    prediction_high: float | None = None
    link: str = ""
    part: bool = False


@dataclass(frozen=True)
class _Axis:
    """The horizontal axis of a measure: where no difference is, whether it is logarithmic, its ends, what it says.

    Without a title it has a grid alone, and goes on in the panel below.
    """

    null: float | None
    log: bool
    least: float
    most: float
    title: str | None = None
    grid: bool = True
    width: float = _WIDTH
    sides: tuple[str, str] | None = None

    def x(self, field: str) -> Spec:
        """Return a horizontal position."""
        kind = {"type": "log", "base": 2} if self.log else {"type": "linear"}
        scale = {**kind, "domain": [self.least, self.most], "nice": False}
        title = [*self._favours(), *wrapped(self.title, self.width)] if self.title else None
        axis: Spec = {"title": title, "grid": self.grid, "tickCount": 8 if self.width == _WIDTH else 5}
        if self.log:
            powers = range(round(log2(self.least)), round(log2(self.most)) + 1)
            axis["format"] = "~g"
            axis["values"] = [2.0**power for power in powers if len(powers) < 8 or power % 2 == 0]
        if self.title is None:
            axis |= {"labels": False, "ticks": False, "domain": False}
        return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}

    def _favours(self) -> list[str]:
        """Return the words of both sides in one line, or in two where they are too long for it."""
        if self.sides is None:
            return []
        left, right = f"\u2190 {self.sides[0]}", f"{self.sides[1]} \u2192"
        line = f"{left}   |   {right}"
        return [line] if text_width([line]) < self.width else [left, right]

    def place(self, value: float) -> float:
        """Return a value on the scale of the axis."""
        return log2(value) if self.log else value

    def cut(self, value: float) -> float:
        return min(self.most, max(self.least, value)) if value > 0 or not self.log else self.least


#: What lies on either side of no difference, where rows of unlike outcomes stand below each other.
_SIDES = ("less on the first arm", "more on the first arm")


def draw_forest(
    rows: Sequence[ForestRow],
    pooled: Sequence[Diamond] = (),
    *,
    sides: tuple[str, str] | None = None,
    whole: bool = False,
    look: Look = PLAIN,
) -> Drawing:
    """Return a forest plot, measures apart.

    Args:
        rows: the estimates, in the order in which they are shown.
        pooled: what was pooled of them; none draws no diamond.
        sides: what lies to the left and to the right of no difference, in the words of readers; by default less and
            more on the first arm.
        whole: whether a row without an estimate has its line, with words and no mark; else the text alone tells it.
        look: in which words, and for which width of a screen.
    """
    say = look.say
    drawn = [row for row in rows if whole or row.estimate is not None]
    measures = list(dict.fromkeys([*(row.measure for row in drawn), *(each.measure for each in pooled)]))
    checks = {say(check): mark for check, mark in _CHECKS.items() if any(row.check == check for row in drawn)}
    widths = tuple(
        NARROW if look.narrow else text_width([getattr(each, part) for each in (*drawn, *pooled)], most=_MOST)
        for part in ("label", "number")
    )
    panels = [
        panel
        for measure in measures
        for panel in _panels(
            measure,
            [row for row in drawn if row.measure == measure],
            [each for each in pooled if each.measure == measure],
            _Layout(widths[0], widths[1], checks, look, sides or (say(_SIDES[0]), say(_SIDES[1]))),
        )
    ]
    sentences = (*(_sentence(row, look) for row in rows), *(_pooled_sentence(each, look) for each in pooled))
    legend = " ".join(_legend(rows, len(rows) - len(drawn), pooled, look))
    if not panels:
        return empty(legend, sentences, look)
    return Drawing({"vconcat": panels, "spacing": 16}, legend, sentences)


def _legend(rows: Sequence[ForestRow], missing: int, pooled: Sequence[Diamond], look: Look) -> Iterator[str]:
    say = look.say
    computed = {row.computed for row in rows}
    yield say(
        "Estimates with the interval {origin}; the mark shows how far the number was checked.",
        origin=say(_ORIGINS[computed == {True}] if len(computed) < 2 else _BOTH),
    )
    if any(row.weight for row in rows):
        yield say("The area of a mark is the weight.")
    if not pooled:
        yield say("Nothing is pooled.")
    elif any(each.prediction_low is not None for each in pooled):
        yield say("The diamond is the pooled estimate, the line through it the prediction interval.")
    else:
        yield say("The diamond is the pooled estimate.")
    if any(each.part for each in pooled):
        yield say("Pale diamonds are of groups of the studies.")
    if missing:
        yield say(
            "{n} without an estimate is not drawn." if missing == 1 else "{n} without an estimate are not drawn.",
            n=missing,
        )


#: Where the intervals of the rows are from: of a report, or not.
_ORIGINS = {False: "as printed", True: "computed from the numbers shown"}
_BOTH = "as printed, or computed where none is"


def _sentence(row: ForestRow, look: Look) -> str:
    how = ", ".join(look.say(each) for each in (row.measure, row.check) if each)
    return f"{row.label}: {row.number or look.say('no number')} ({how})."


def _pooled_sentence(each: Diamond, look: Look) -> str:
    number = each.number or f"{each.estimate:g} ({each.low:g} to {each.high:g})"
    return look.say(
        "Pooled, {label}: {measure} {number}.", label=each.label, measure=look.say(each.measure), number=number
    )


@dataclass(frozen=True)
class _Layout:
    """Widths of labels and numbers, marks of check levels, how the figure looks, and what its two sides say."""

    labels: float
    numbers: float
    checks: Mapping[str, str]
    look: Look
    sides: tuple[str, str]

    def placed(self, each: ForestRow | Diamond, top: float) -> tuple[dict[str, Any], list[dict[str, Any]], float]:
        """Return where label, number and mark of an estimate stand from `top` on, and how high they are."""
        narrow = self.look.narrow
        high = [line_height(text, width=width, bold=narrow and text == each.number) for text, width in self.texts(each)]
        href = each.link or None
        if not narrow:
            height = max(LANE, max(high) + 6)
            y = top + height / 2
            words = [words_at(text, y, width, href=href) for text, width in self.texts(each)]
            return {"y": y, "top": top, "bottom": top + height}, words, height
        words = [words_at(each.label, top + high[0] / 2, self.labels, href=href)]
        if each.number:
            words.append(words_at(each.number, top + high[0] + high[1] / 2, self.numbers, bold=True))
        top += high[0] + (high[1] if each.number else 0)
        return {"y": top + _MARK / 2, "top": top, "bottom": top + _MARK}, words, sum(high) + _MARK + _GAP

    def texts(self, each: ForestRow | Diamond) -> tuple[tuple[str, float], tuple[str, float]]:
        """Return label and number, each with the width of its lines."""
        return (each.label, self.labels), (each.number, self.numbers)


def _axis(measure: str, rows: Sequence[ForestRow], pooled: Sequence[Diamond]) -> _Axis:
    """Return the axis on which all estimates are; an interval that goes on beyond its ends is cut there."""
    middles = [row.estimate for row in rows if row.estimate is not None] + [each.estimate for each in pooled]
    ends = [end for row in rows for end in (row.low, row.high) if end is not None]
    ends += [
        end
        for each in pooled
        for end in (each.low, each.high, each.prediction_low, each.prediction_high)
        if end is not None
    ]
    if "ratio" in measure or measure.startswith("relative risk"):
        known = [log2(value) for value in (*middles, *ends) if value > 0]
        sure = [log2(value) for value in middles if value > 0]
        least = min(-1.0, min(sure, default=0) - 0.3, max(-_FARTHEST, min(known, default=0)))
        most = max(1.0, max(sure, default=0) + 0.3, min(_FARTHEST, max(known, default=0)))
        return _Axis(1, log=True, least=2 ** floor(least), most=2 ** ceil(most))
    least, most = min([0, *middles, *ends]), max([0, *middles, *ends])
    room = 0.05 * ((most - least) or 1)
    null = None if measure.startswith(_SHARE) else 0
    return _Axis(null, log=False, least=least - room, most=most + room)


def _panels(measure: str, rows: Sequence[ForestRow], pooled: Sequence[Diamond], layout: _Layout) -> Iterator[Spec]:
    """Yield the panel of the estimates of a measure, and below it that of what was pooled."""
    say, narrow = layout.look.say, layout.look.narrow
    axis = _axis(measure, rows, pooled)
    words = (
        "{measure}" if axis.null is None else "{measure} of the first arm against the second; no difference at {null}"
    )
    title = say(words, measure=say(measure), **({} if axis.null is None else {"null": f"{axis.null:g}"}))
    axis = replace(axis, title=title, grid=not narrow, width=NARROW if narrow else _WIDTH)
    below = axis if axis.null is None else replace(axis, sides=layout.sides)
    if rows:
        lanes, texts, height = _lanes(rows, axis, layout)
        yield _panel(
            texts, _marks(lanes, replace(axis, title=None) if pooled else below, layout, height), layout, height
        )
    if pooled:
        diamonds, texts, height = _lanes(pooled, axis, layout)
        yield _panel(texts, _diamonds(diamonds, below, height), layout, height)


def _panel(texts: Sequence[list[dict[str, Any]]], plot: list[Spec], layout: _Layout, height: float) -> Spec:
    """Return labels, plot and numbers side by side, or on a narrow screen the words above each mark."""
    if layout.look.narrow:
        words = [each for found in texts for each in found]
        return layered([*plot, *text_layers(words, height=height, width=NARROW)], width=NARROW, height=height)
    labels, numbers = ([found[i] for found in texts] for i in range(2))
    panels = [
        text_panel(labels, height=height, width=layout.labels, align="right"),
        layered(plot, width=_WIDTH, height=height),
        text_panel(numbers, height=height, width=layout.numbers, align="left"),
    ]
    return beside(panels, spacing=12)


def _lanes(
    rows: Sequence[ForestRow] | Sequence[Diamond], axis: _Axis, layout: _Layout
) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]], float]:
    """Return the data of the marks under each other, the words of each, and the height of all."""
    weights = [row.weight for row in rows if isinstance(row, ForestRow) and row.weight is not None]
    lanes, texts, height = [], [], 0.0
    for row in rows:
        place, words, high = layout.placed(row, height)
        height += high
        if isinstance(row, ForestRow):
            data = _row_data(row, axis, layout.look, max(weights, default=1))
        else:
            data = {**vars(row), "told": _pooled_sentence(row, layout.look)}
        lanes.append({**data, **place, "text": row.label, "href": row.link or None})
        texts.append(words)
    return lanes, texts, height


def _row_data(row: ForestRow, axis: _Axis, look: Look, heaviest: float) -> dict[str, Any]:
    data: dict[str, Any] = {"number": row.number, "check": look.say(row.check), "told": _sentence(row, look)}
    if row.estimate is None:
        return data
    area = _PLAIN_AREA if row.weight is None else _LEAST_AREA + (_MOST_AREA - _LEAST_AREA) * row.weight / heaviest
    data |= {"estimate": axis.cut(row.estimate), "area": area}
    if row.low is not None and row.high is not None:
        data |= {"low": axis.cut(row.low), "high": axis.cut(row.high)}
        data |= {"beyondLow": row.low < axis.least, "beyondHigh": row.high > axis.most}
    return data


def _marks(lanes: Sequence[dict[str, Any]], axis: _Axis, layout: _Layout, height: float) -> list[Spec]:
    """Return the layers of the estimates: no difference, intervals, arrows where these are cut, marks."""
    y, checks = lane_scale(height), layout.checks
    told = telling(lanes)
    marked = [lane for lane in lanes if "estimate" in lane]
    ranged = [lane for lane in lanes if "low" in lane]
    return [
        _null(axis, lanes, height),
        {
            "data": {"values": ranged},
            "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2},
            "encoding": {"x": axis.x("low"), "x2": {"field": "high"}, "y": y},  # which its mark speaks of
        },
        *_arrows(ranged, axis, y, BLUE),
        {
            "data": {"values": marked},
            "mark": {"type": "point", "filled": True, "color": BLUE, "opacity": 1},
            "encoding": {
                "x": axis.x("estimate"),
                "y": y,
                "size": {"field": "area", "type": "quantitative", "scale": None},
                **(
                    {"shape": coded("check", checks, layout.look.say("checked in"), narrow=layout.look.narrow)}
                    if checks
                    else {}
                ),
                **told,
            },
        },
    ]


def _arrows(lanes: Sequence[Mapping[str, Any]], axis: _Axis, y: Spec, colour: str) -> list[Spec]:
    """Return the layers of arrows where intervals are cut."""
    return [
        {
            "data": {"values": [lane for lane in lanes if lane[flag]]},
            "mark": {"type": "point", "shape": mark, "filled": True, "color": colour, "opacity": 1},
            "encoding": {"x": axis.x(field), "y": y},
        }
        for flag, mark, field in (("beyondLow", "triangle-left", "low"), ("beyondHigh", "triangle-right", "high"))
    ]


def _null(axis: _Axis, lanes: Sequence[dict[str, Any]], height: float) -> Spec:
    """Return where no difference is: a line through all lanes, which no words cross."""
    found = [] if axis.null is None else lanes
    ends = [{"null": axis.null, "y": lane["top"], "bottom": lane["bottom"]} for lane in found]
    return {
        "data": {"values": ends},
        "mark": {"type": "rule", "strokeWidth": 1.2},
        "encoding": {"x": axis.x("null"), "y": lane_scale(height), "y2": {"field": "bottom"}},
    }


def _diamonds(lanes: Sequence[dict[str, Any]], axis: _Axis, height: float) -> list[Spec]:
    """Return the layers of what was pooled: a diamond from end to end of the interval, a line for the prediction."""
    layers = [_null(axis, lanes, height)]
    y = lane_scale(height)
    for lane in lanes:
        middle, told = lane["y"], lane["told"]
        if lane["prediction_low"] is not None and lane["prediction_high"] is not None:
            ends = _ends(lane["prediction_low"], lane["prediction_high"], axis) | {"y": middle, "told": told}
            rule: Spec = {"x": axis.x("low"), "x2": {"field": "high"}, "y": y, **telling([])}
            layers.append(
                {
                    "data": {"values": [ends]},
                    "mark": {"type": "rule", "color": GREY, "strokeWidth": 2},
                    "encoding": rule,
                }
            )
            layers += _arrows([ends], axis, y, GREY)
        corners = [
            {"x": x, "y": middle - rise, "bottom": middle + rise, "told": told, "href": lane["href"]}
            for x, rise in _corners(lane, axis)
        ]
        layers.append(
            {
                "data": {"values": corners},
                "mark": {"type": "area", "color": VERMILLION, "opacity": _PALE if lane["part"] else 1},
                "encoding": {"x": axis.x("x"), "y": y, "y2": {"field": "bottom"}, **telling(corners)},
            }
        )
        layers += _arrows([_ends(lane["low"], lane["high"], axis) | {"y": middle}], axis, y, VERMILLION)
    return layers


#: How dense the diamond of a group is.
_PALE = 0.45


def _ends(low: float, high: float, axis: _Axis) -> dict[str, Any]:
    """Return where an interval ends on the axis, and whether it goes on beyond."""
    ends = {"low": axis.cut(low), "high": axis.cut(high)}
    return ends | {"beyondLow": low < ends["low"], "beyondHigh": high > ends["high"]}


def _corners(lane: Mapping[str, Any], axis: _Axis) -> Iterator[tuple[float, float]]:
    """Yield where a diamond has its corners, and how far it rises there; one that is cut has an edge at the end."""
    half, middle = 0.36 * LANE, axis.cut(lane["estimate"])
    for end in ("low", "estimate", "high"):
        x, value = axis.cut(lane[end]), lane[end]
        if end == "estimate":
            yield x, half
        elif x == value or (axis.log and value <= 0):
            yield x, 0
        else:
            whole = axis.place(value) - axis.place(middle)
            yield x, half * (1 - (axis.place(x) - axis.place(middle)) / whole)
