"""The forest plot: estimates with their intervals, measures apart; a diamond only where something was pooled."""

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

__all__ = ["ForestRow", "Pooled", "draw_forest"]

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
    """An estimate: what it is of, its measure, its interval, all of it as printed, check level, weight in a pool."""

    label: str
    measure: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    number: str = ""
    check: str = ""
    weight: float | None = None
    link: str = ""


@dataclass(frozen=True)
class Pooled:
    """A pooled estimate: its interval, and the prediction interval where there is one."""

    label: str
    measure: str
    estimate: float
    low: float
    high: float
    number: str = ""
    prediction_low: float | None = None
    prediction_high: float | None = None
    link: str = ""


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

    def x(self, field: str) -> Spec:
        """Return a horizontal position."""
        kind = {"type": "log", "base": 2} if self.log else {"type": "linear"}
        scale = {**kind, "domain": [self.least, self.most], "nice": False}
        title = wrapped(self.title, self.width) if self.title else None
        axis: Spec = {"title": title, "grid": self.grid, "tickCount": 8 if self.width == _WIDTH else 5}
        if self.log:
            powers = range(round(log2(self.least)), round(log2(self.most)) + 1)
            axis["format"] = "~g"
            axis["values"] = [2.0**power for power in powers if len(powers) < 8 or power % 2 == 0]
        if self.title is None:
            axis |= {"labels": False, "ticks": False, "domain": False}
        return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}

    def cut(self, value: float) -> float:
        return min(self.most, max(self.least, value))


def draw_forest(
    rows: Sequence[ForestRow], pooled: Sequence[Pooled] = (), *, intervals: str = "as printed", look: Look = PLAIN
) -> Drawing:
    """Return a forest plot, measures apart; a row without an estimate is told in the text alone.

    Args:
        rows: the estimates, in the order in which they are shown.
        pooled: what was pooled of them; none draws no diamond.
        intervals: where those of the rows are from, in words.
        look: in which words, and for which width of a screen.
    """
    say = look.say
    drawn = [row for row in rows if row.estimate is not None]
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
            _Layout(widths[0], widths[1], checks, look),
        )
    ]
    sentences = (*(_sentence(row, look) for row in rows), *(_told(each, look) for each in pooled))
    legend = " ".join(_legend(len(rows) - len(drawn), pooled, intervals, look))
    if not panels:
        return empty(legend, sentences, look)
    return Drawing({"vconcat": panels, "spacing": 16}, legend, sentences)


def _legend(missing: int, pooled: Sequence[Pooled], intervals: str, look: Look) -> Iterator[str]:
    say = look.say
    yield say(
        "Estimates with the interval {origin}; the mark shows how far the number was checked.", origin=say(intervals)
    )
    if not pooled:
        yield say("Nothing is pooled.")
    elif any(each.prediction_low is not None for each in pooled):
        yield say("The diamond is the pooled estimate, the line through it the prediction interval.")
    else:
        yield say("The diamond is the pooled estimate.")
    if missing:
        yield say(
            "{n} without an estimate is not drawn." if missing == 1 else "{n} without an estimate are not drawn.",
            n=missing,
        )


def _sentence(row: ForestRow, look: Look) -> str:
    how = ", ".join(look.say(each) for each in (row.measure, row.check) if each)
    return f"{row.label}: {row.number or look.say('no number')} ({how})."


def _told(each: Pooled, look: Look) -> str:
    number = each.number or f"{each.estimate:g} ({each.low:g} to {each.high:g})"
    return look.say(
        "Pooled, {label}: {measure} {number}.", label=each.label, measure=look.say(each.measure), number=number
    )


@dataclass(frozen=True)
class _Layout:
    """Widths of labels and numbers, the marks of check levels in the words of the figure, and how it looks."""

    labels: float
    numbers: float
    checks: Mapping[str, str]
    look: Look

    def placed(self, each: ForestRow | Pooled, top: float) -> tuple[dict[str, Any], list[dict[str, Any]], float]:
        """Return where label, number and mark of an estimate stand from `top` on, and how high they are."""
        high = [line_height(text, width=width) for text, width in self.texts(each)]
        href = each.link or None
        if not self.look.narrow:
            height = max(LANE, max(high) + 6)
            y = top + height / 2
            words = [words_at(text, y, width, href=href) for text, width in self.texts(each)]
            return {"y": y, "top": top, "bottom": top + height}, words, height
        words = [words_at(each.label, top + high[0] / 2, self.labels, href=href)]
        if each.number:
            words.append(words_at(each.number, top + high[0] + high[1] / 2, self.numbers, bold=True))
        top += high[0] + (high[1] if each.number else 0)
        return {"y": top + _MARK / 2, "top": top, "bottom": top + _MARK}, words, sum(high) + _MARK + _GAP

    def texts(self, each: ForestRow | Pooled) -> tuple[tuple[str, float], tuple[str, float]]:
        """Return label and number, each with the width of its lines."""
        return (each.label, self.labels), (each.number, self.numbers)


def _axis(measure: str, rows: Sequence[ForestRow], pooled: Sequence[Pooled]) -> _Axis:
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


def _panels(measure: str, rows: Sequence[ForestRow], pooled: Sequence[Pooled], layout: _Layout) -> Iterator[Spec]:
    """Yield the panel of the estimates of a measure, and below it that of what was pooled."""
    say, narrow = layout.look.say, layout.look.narrow
    axis = _axis(measure, rows, pooled)
    words = (
        "{measure}" if axis.null is None else "{measure} of the first arm against the second; no difference at {null}"
    )
    title = say(words, measure=say(measure), **({} if axis.null is None else {"null": f"{axis.null:g}"}))
    axis = replace(axis, title=title, grid=not narrow, width=NARROW if narrow else _WIDTH)
    if rows:
        lanes, texts, height = _lanes(rows, axis, layout)
        yield _panel(
            texts, _marks(lanes, replace(axis, title=None) if pooled else axis, layout, height), layout, height
        )
    if pooled:
        diamonds, texts, height = _lanes(pooled, axis, layout)
        yield _panel(texts, _diamonds(diamonds, axis, layout, height), layout, height)


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
    rows: Sequence[ForestRow] | Sequence[Pooled], axis: _Axis, layout: _Layout
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
            data = {**vars(row), "told": _told(row, layout.look)}
        lanes.append({**data, **place, "text": row.label, "href": row.link or None})
        texts.append(words)
    return lanes, texts, height


def _row_data(row: ForestRow, axis: _Axis, look: Look, heaviest: float) -> dict[str, Any]:
    assert row.estimate is not None
    area = _PLAIN_AREA if row.weight is None else _LEAST_AREA + (_MOST_AREA - _LEAST_AREA) * row.weight / heaviest
    data = {
        "number": row.number,
        "check": look.say(row.check),
        "told": _sentence(row, look),
        "estimate": axis.cut(row.estimate),
        "area": area,
    }
    if row.low is not None and row.high is not None:
        data |= {"low": axis.cut(row.low), "high": axis.cut(row.high)}
        data |= {"beyondLow": row.low < axis.least, "beyondHigh": row.high > axis.most}
    return data


def _marks(lanes: Sequence[dict[str, Any]], axis: _Axis, layout: _Layout, height: float) -> list[Spec]:
    """Return the layers of the estimates: no difference, intervals, arrows where these are cut, marks."""
    y, checks = lane_scale(height), layout.checks
    told = telling(lanes)
    ranged = [lane for lane in lanes if "low" in lane]
    arrows = [
        {
            "data": {"values": [lane for lane in ranged if lane[flag]]},
            "mark": {"type": "point", "shape": mark, "filled": True, "color": BLUE, "opacity": 1},
            "encoding": {"x": axis.x(field), "y": y},
        }
        for flag, mark, field in (("beyondLow", "triangle-left", "low"), ("beyondHigh", "triangle-right", "high"))
    ]
    return [
        _null(axis, lanes, height),
        {
            "data": {"values": ranged},
            "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2},
            "encoding": {"x": axis.x("low"), "x2": {"field": "high"}, "y": y},  # which its mark speaks of
        },
        *arrows,
        {
            "data": {"values": list(lanes)},
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


def _null(axis: _Axis, lanes: Sequence[dict[str, Any]], height: float) -> Spec:
    """Return where no difference is: a line through all lanes, which no words cross."""
    found = [] if axis.null is None else lanes
    ends = [{"null": axis.null, "y": lane["top"], "bottom": lane["bottom"]} for lane in found]
    return {
        "data": {"values": ends},
        "mark": {"type": "rule", "strokeWidth": 1.2},
        "encoding": {"x": axis.x("null"), "y": lane_scale(height), "y2": {"field": "bottom"}},
    }


def _diamonds(lanes: Sequence[dict[str, Any]], axis: _Axis, layout: _Layout, height: float) -> list[Spec]:
    """Return the layers of what was pooled: a diamond from end to end of the interval, a line for the prediction."""
    say = layout.look.say
    layers = [_null(axis, lanes, height)]
    for lane in lanes:
        middle, half = lane["y"], 0.36 * LANE
        told = lane["told"]
        if lane["prediction_low"] is not None and lane["prediction_high"] is not None:
            ends = {"low": axis.cut(lane["prediction_low"]), "high": axis.cut(lane["prediction_high"]), "y": middle}
            words = say(
                "{told} Prediction interval {low} to {high}.",
                told=told,
                low=f"{lane['prediction_low']:g}",
                high=f"{lane['prediction_high']:g}",
            )
            layers.append(
                {
                    "data": {"values": [{**ends, "told": words}]},
                    "mark": {"type": "rule", "color": GREY, "strokeWidth": 2},
                    "encoding": {
                        "x": axis.x("low"),
                        "x2": {"field": "high"},
                        "y": lane_scale(height),
                        **telling([]),
                    },
                }
            )
        corners = [
            {"x": axis.cut(lane[end]), "y": middle - rise, "bottom": middle + rise, "told": told, "href": lane["href"]}
            for end, rise in (("low", 0), ("estimate", half), ("high", 0))
        ]
        layers.append(
            {
                "data": {"values": corners},
                "mark": {"type": "area", "color": VERMILLION, "opacity": 1},
                "encoding": {
                    "x": axis.x("x"),
                    "y": lane_scale(height),
                    "y2": {"field": "bottom"},
                    **telling(corners),
                },
            }
        )
    return layers
