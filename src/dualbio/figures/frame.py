"""What all figures share: colours, light and dark, lanes and panels, title and data version around a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

__all__ = [
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "LANE",
    "PURPLE",
    "THEMES",
    "VERMILLION",
    "Drawing",
    "Spec",
    "Theme",
    "beside",
    "coded",
    "column_scale",
    "empty",
    "framed",
    "lane_scale",
    "layered",
    "telling",
    "text_panel",
    "text_width",
]

#: A Vega-Lite specification, or a part of one.
Spec = dict[str, Any]

#: Colours that people without red, green or blue cones tell apart (Okabe and Ito, Color Universal Design, 2008), of
#: that palette those that stand out from a white and from a black ground alike.
BLUE, VERMILLION, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7d868a"
COLOURS: tuple[str, ...] = (VERMILLION, BLUE, GREEN, PURPLE)

#: Height of the line of a mark, in pixels.
LANE = 22
_FONT_SIZE = 12
#: Mean width of a letter of that size.
_LETTER = 6.7
#: What a capital is wider than another letter, as a share of that.
_CAPITAL = 0.2
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_TITLE_LETTERS = 92


@dataclass(frozen=True)
class Theme:
    """Colour of letters and lines, and of the ground; without a ground what is behind the figure shows."""

    ink: str
    paper: str | None


#: `page` takes its ink from the text around it, and so is light or dark as the page is.
THEMES: Mapping[str, Theme] = {
    "light": Theme("#1d2528", "#fdfdfb"),
    "dark": Theme("#e3e6e3", "#15191b"),
    "page": Theme("currentColor", None),
}


@dataclass(frozen=True)
class Drawing:
    """What a kind of figure makes of its rows: the picture, how to read it, and all that it shows in sentences."""

    view: Spec
    legend: str
    sentences: tuple[str, ...]


def framed(view: Spec, *, title: str, legend: str, corner: str, theme: Theme) -> Spec:
    """Return a whole specification: the picture under its title, and `corner` below it on the left."""
    foot = {
        "data": {"values": [{"text": corner}]},
        "mark": {"type": "text", "align": "left", "baseline": "top", "fontSize": 10, "opacity": 0.75},
        "encoding": {
            "text": {"field": "text"},
            "description": {"field": "text"},
            "x": {"value": 0},
            "y": {"value": 0},
        },
        "width": 60,
        "height": 10,
    }
    return {
        "$schema": _SCHEMA,
        "background": theme.paper,
        "padding": 14,
        "title": {"text": wrap(title, _TITLE_LETTERS), "subtitle": wrap(legend, _TITLE_LETTERS + 16)},
        "vconcat": [view, foot],
        "spacing": 14,
        "config": _config(theme.ink),
    }


def _config(ink: str) -> Spec:
    faint = {"gridColor": ink, "gridOpacity": 0.14, "domainColor": ink, "domainOpacity": 0.45}
    ticks = {"tickColor": ink, "tickOpacity": 0.45, "labelColor": ink, "titleColor": ink, "titleFontWeight": "normal"}
    title = {
        "color": ink,
        "subtitleColor": ink,
        "anchor": "start",
        "fontSize": 15,
        "subtitleFontSize": 12,
        "offset": 12,
    }
    return {
        "font": "sans-serif",
        "view": {"stroke": None},
        "axis": {**faint, **ticks, "labelFontSize": 11, "titleFontSize": 12},
        "legend": {
            "symbolOpacity": 1,
            "labelLimit": 400,
            "columnPadding": 18,
            "titleOrient": "left",
            "titlePadding": 10,
            "labelColor": ink,
            "titleColor": ink,
            "labelFontSize": 12,
            "titleFontWeight": "normal",
            "orient": "top",
        },
        "title": {**title, "fontWeight": 600, "subtitlePadding": 5},
        "text": {"color": ink, "fontSize": _FONT_SIZE},
        "rule": {"color": ink},
    }


def lane_scale(height: float, field: str = "y") -> Spec:
    """Return a vertical position in pixels from the top of a panel."""
    scale = {"domain": [0, height], "reverse": True, "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "axis": None, "scale": scale}


def column_scale(width: float, field: str = "x") -> Spec:
    """Return a horizontal position in pixels from the left of a panel."""
    scale = {"domain": [0, width], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "axis": None, "scale": scale}


def coded(field: str, looks: Mapping[str, Any], title: str | None = None) -> Spec:
    """Return how the words of a field look: a colour, shape or dash for each."""
    scale = {"domain": [*looks], "range": [*looks.values()]}
    return {"field": field, "type": "nominal", "title": title, "scale": scale}


def telling(rows: Iterable[Mapping[str, Any]]) -> Spec:
    """Return what each mark says in words (`told`), to a mouse and to a screen reader, and where it leads (`href`)."""
    words: Spec = {"tooltip": {"field": "told"}, "description": {"field": "told"}}
    return words | {"href": {"field": "href"}} if any(row.get("href") for row in rows) else words


def empty(legend: str, sentences: tuple[str, ...] = ()) -> Drawing:
    """Return the picture of rows of which none can be drawn."""
    line = {"text": "No row of this answer can be drawn.", "y": LANE / 2, "bold": False}
    return Drawing(text_panel([line], height=LANE, width=400, align="left"), legend, sentences)


def beside(panels: Sequence[Spec], *, spacing: float) -> Spec:
    """Return panels side by side, each as wide as it says, so that those of several lines stand under each other."""
    return {"hconcat": list(panels), "spacing": spacing, "bounds": "flush"}


def layered(layers: Iterable[Spec], *, width: float, height: float) -> Spec:
    """Return a panel of several layers; those without data are left out, and those without words are decoration."""
    drawn = [
        {**each, "mark": {**each["mark"], "aria": "description" in each["encoding"]}}
        for each in layers
        if each["data"]["values"]
    ]
    return {"layer": drawn, "width": width, "height": height}


def text_panel(rows: Sequence[Mapping[str, Any]], *, height: float, width: float, align: str) -> Spec:
    """Return a column of text beside a panel: each row has `y`, `text`, and may have `href` and be `bold`."""
    encoding: Spec = {
        "y": lane_scale(height),
        "x": {"value": width if align == "right" else 0},
        "text": {"field": "text"},
        "tooltip": {"field": "text"},
        "description": {"field": "text"},
    }
    if any(row.get("href") for row in rows):
        encoding["href"] = {"field": "href"}
    layers = [
        {
            "data": {"values": [row for row in rows if bool(row.get("bold")) is bold]},
            "mark": {"type": "text", "align": align, "baseline": "middle", "limit": width, "fontWeight": weight},
            "encoding": encoding,
        }
        for bold, weight in ((False, "normal"), (True, "bold"))
    ]
    return layered(layers, width=width, height=height)


def text_width(texts: Iterable[str], *, most: float = 420, least: float = 24) -> float:
    """Return about how many pixels the longest text is wide, within bounds."""
    letters = (len(text) + _CAPITAL * sum(letter.isupper() for letter in text) for text in texts)
    return min(most, max(least, max(letters, default=0) * _LETTER))
