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

    def x(self, field: str) -> Spec:
        """Return a horizontal position."""
        kind = {"type": "log", "base": 2} if self.log else {"type": "linear"}
        scale = {**kind, "domain": [self.least, self.most], "nice": False}
        axis: Spec = {"title": self.title, "grid": True, "tickCount": 8}
        if self.log:
            powers = range(round(log2(self.least)), round(log2(self.most)) + 1)
            axis["format"] = "~g"
            axis["values"] = [2.0**power for power in powers if len(powers) < 8 or power % 2 == 0]
        if self.title is None:
            axis |= {"labels": False, "ticks": False, "domain": False}
        return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}

    def cut(self, value: float) -> float:
        return min(self.most, max(self.least, value))


def draw_forest(rows: Sequence[ForestRow], pooled: Sequence[Pooled] = (), *, intervals: str = "as printed") -> Drawing:
    """Return a forest plot, measures apart; a row without an estimate is told in the text alone.

    Args:
        rows: the estimates, in the order in which they are shown.
        pooled: what was pooled of them; none draws no diamond.
        intervals: where those of the rows are from, in words.
    """
    drawn = [row for row in rows if row.estimate is not None]
    measures = list(dict.fromkeys([*(row.measure for row in drawn), *(each.measure for each in pooled)]))
    labels = text_width([*(row.label for row in drawn), *(each.label for each in pooled)], most=640)
    checks = {check: mark for check, mark in _CHECKS.items() if any(row.check == check for row in drawn)}
    numbers = text_width([*(row.number for row in drawn), *(each.number for each in pooled)], most=540)
    panels = [
        panel
        for measure in measures
        for panel in _panels(
            measure,
            [row for row in drawn if row.measure == measure],
            [each for each in pooled if each.measure == measure],
            (labels, numbers),
            checks,
        )
    ]
    missing = len(rows) - len(drawn)
    more = f" {missing} without an estimate {'is' if missing == 1 else 'are'} not drawn." if missing else ""
    line = ", the line through it the prediction interval" if any(p.prediction_low is not None for p in pooled) else ""
    what = f"The diamond is the pooled estimate{line}." if pooled else "Nothing is pooled."
    legend = f"Estimates with the interval {intervals}; the mark tells how far the number was checked. {what}{more}"
    sentences = (*(_sentence(row) for row in rows), *(f"Pooled, {_words(each)}." for each in pooled))
    if not panels:
        return empty(legend, sentences)
    return Drawing({"vconcat": panels, "spacing": 16}, legend, sentences)


def _sentence(row: ForestRow) -> str:
    return f"{row.label}: {row.number or 'no number'} ({', '.join(filter(None, (row.measure, row.check)))})."


def _words(each: Pooled) -> str:
    number = each.number or f"{each.estimate:g} ({each.low:g} to {each.high:g})"
    return f"{each.label}: {each.measure} {number}"


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


def _panels(
    measure: str,
    rows: Sequence[ForestRow],
    pooled: Sequence[Pooled],
    widths: tuple[float, float],
    checks: Mapping[str, str],
) -> Iterator[Spec]:
    """Yield the panel of the estimates of a measure, and below it that of what was pooled."""
    axis = _axis(measure, rows, pooled)
    compared = "" if axis.null is None else f" of the first arm against the second; no difference at {axis.null:g}"
    axis = replace(axis, title=f"{measure}{compared}")
    if rows:
        lanes = list(_lanes(rows, axis))
        marks = _marks(lanes, replace(axis, title=None) if pooled else axis, checks)
        yield _beside(lanes, marks, widths, LANE * len(rows))
    if pooled:
        lanes = [
            {**vars(each), "y": LANE * (i + 0.5), "text": each.label, "href": each.link or None}
            for i, each in enumerate(pooled)
        ]
        yield _beside(lanes, _diamonds(lanes, axis), widths, LANE * len(pooled))


def _beside(lanes: Sequence[dict[str, Any]], plot: list[Spec], widths: tuple[float, float], height: float) -> Spec:
    """Return labels, plot and numbers beside each other."""
    names = [{**lane, "bold": False} for lane in lanes]
    numbers = [{**lane, "text": lane["number"], "bold": False} for lane in lanes]
    panels = [
        text_panel(names, height=height, width=widths[0], align="right"),
        layered(plot, width=_WIDTH, height=height),
        text_panel(numbers, height=height, width=widths[1], align="left"),
    ]
    return beside(panels, spacing=12)


def _lanes(rows: Sequence[ForestRow], axis: _Axis) -> Iterator[dict[str, Any]]:
    weights = [row.weight for row in rows if row.weight is not None]
    for i, row in enumerate(rows):
        assert row.estimate is not None
        area = (
            _PLAIN_AREA if row.weight is None else _LEAST_AREA + (_MOST_AREA - _LEAST_AREA) * row.weight / max(weights)
        )
        lane = {
            "y": LANE * (i + 0.5),
            "text": row.label,
            "number": row.number,
            "check": row.check,
            "href": row.link or None,
        }
        lane |= {"told": _sentence(row), "estimate": axis.cut(row.estimate), "area": area}
        if row.low is not None and row.high is not None:
            lane |= {"low": axis.cut(row.low), "high": axis.cut(row.high)}
            lane |= {"beyondLow": row.low < axis.least, "beyondHigh": row.high > axis.most}
        yield lane


def _marks(lanes: Sequence[dict[str, Any]], axis: _Axis, checks: Mapping[str, str]) -> list[Spec]:
    """Return the layers of the estimates: no difference, intervals, arrows where these are cut, marks."""
    height = LANE * len(lanes)
    y = lane_scale(height)
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
        _null(axis, height),
        {
            "data": {"values": ranged},
            "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2},
            "encoding": {"x": axis.x("low"), "x2": {"field": "high"}, "y": y, **told},
        },
        *arrows,
        {
            "data": {"values": list(lanes)},
            "mark": {"type": "point", "filled": True, "color": BLUE, "opacity": 1},
            "encoding": {
                "x": axis.x("estimate"),
                "y": y,
                "size": {"field": "area", "type": "quantitative", "scale": None},
                **({"shape": coded("check", checks, "checked in")} if checks else {}),
                **told,
            },
        },
    ]


def _null(axis: _Axis, height: float) -> Spec:
    ends = [] if axis.null is None else [{"null": axis.null, "y": 0, "bottom": height}]
    return {
        "data": {"values": ends},
        "mark": {"type": "rule", "strokeWidth": 1.2},
        "encoding": {"x": axis.x("null"), "y": lane_scale(height), "y2": {"field": "bottom"}},
    }


def _diamonds(lanes: Sequence[dict[str, Any]], axis: _Axis) -> list[Spec]:
    """Return the layers of what was pooled: a diamond from end to end of the interval, a line for the prediction."""
    height = LANE * len(lanes)
    layers = [_null(axis, height)]
    for lane in lanes:
        middle, half = lane["y"], 0.36 * LANE
        told = f"Pooled, {lane['label']}: {lane['measure']} {lane['number']}"
        if lane["prediction_low"] is not None and lane["prediction_high"] is not None:
            ends = {"low": axis.cut(lane["prediction_low"]), "high": axis.cut(lane["prediction_high"]), "y": middle}
            words = f"{told}; prediction interval {lane['prediction_low']:g} to {lane['prediction_high']:g}"
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
