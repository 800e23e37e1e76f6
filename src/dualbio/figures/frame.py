"""What all figures share: colours, light and dark, lanes and panels, title and data version around a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

__all__ = [
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "LANE",
    "NARROW",
    "PLAIN",
    "PURPLE",
    "THEMES",
    "VERMILLION",
    "Drawing",
    "Look",
    "Spec",
    "Theme",
    "beside",
    "coded",
    "column_scale",
    "empty",
    "framed",
    "lane_scale",
    "layered",
    "line_height",
    "telling",
    "text_layers",
    "text_panel",
    "text_width",
    "words_at",
    "wrapped",
]

#: A Vega-Lite specification, or a part of one.
Spec = dict[str, Any]

#: Colours that people without red, green or blue cones tell apart (Okabe and Ito, Color Universal Design, 2008), of
#: that palette those that stand out from a white and from a black ground alike.
BLUE, VERMILLION, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7d868a"
#: The same and four more, found as the colours of that contrast that are furthest from these and from each other.
COLOURS: tuple[str, ...] = (VERMILLION, BLUE, GREEN, PURPLE, "#965aff", "#ff4b78", "#875a4b", "#8787f0")

#: Height of the line of a mark, in pixels.
LANE = 22
#: Width of the plot of a figure for a narrow screen, in pixels.
NARROW = 326
_FONT_SIZE = 12
_LINE = 14
#: Mean width of a letter of that size.
_LETTER = 6.7
#: What a capital, and a bold letter, is wider than another letter, as a share of that.
_CAPITAL, _BOLD = 0.2, 0.1
#: What no line parts: a word, or a letter of Chinese, with the brackets and stops around it and the space behind.
_WORD = re.compile(
    r"[(（“]*[\u2e80-\u2fff\u3040-\u9fff][)），。；：、”.,;]*\s*|[^\s\u2e80-\u2fff\u3040-\u9fff]+\s*|\s+"  # noqa: RUF001
)
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
#: Width of the lines of title and legend, in pixels, in a wide and in a narrow figure.
_TITLE_WIDTH = {False: 720, True: NARROW}
_TITLE_SIZE, _CORNER_SIZE = 15, 10


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


def _as_written(text: str, **values: object) -> str:
    return text.format(**values) if values else text


@dataclass(frozen=True)
class Look:
    """How a figure is drawn: in which words, and whether for a narrow screen, where labels stand above their marks.

    `say` gives words of the figure, which are written in English, in another language, with `values` in their places.
    """

    say: Callable[..., str] = _as_written
    narrow: bool = False


#: English, for a wide screen.
PLAIN = Look()


@dataclass(frozen=True)
class Drawing:
    """What a kind of figure makes of its rows: the picture, how to read it, and all that it shows in sentences."""

    view: Spec
    legend: str
    sentences: tuple[str, ...]


def framed(view: Spec, *, title: str, legend: str, corner: str, theme: Theme, look: Look = PLAIN) -> Spec:
    """Return a whole specification: the picture under its title, and `corner` below it on the left."""
    width = _TITLE_WIDTH[look.narrow]
    lines = wrapped(corner, width * _FONT_SIZE / _CORNER_SIZE)
    foot = {
        "data": {"values": [{"text": corner, "lines": lines}]},
        "mark": {"type": "text", "align": "left", "baseline": "top", "fontSize": _CORNER_SIZE, "opacity": 0.75},
        "encoding": {
            "text": {"field": "lines"},
            "description": {"field": "text"},
            "x": {"value": 0},
            "y": {"value": 0},
        },
        "width": 60,
        "height": 10 * len(lines),
    }
    return {
        "$schema": _SCHEMA,
        "background": theme.paper,
        "padding": 4 if look.narrow else 14,
        "title": {
            "text": wrapped(title, width * _FONT_SIZE / _TITLE_SIZE, bold=True),
            "subtitle": wrapped(legend, width),
        },
        "vconcat": [view, foot],
        "spacing": 14,
        "config": _config(theme.ink, look),
    }


def _config(ink: str, look: Look) -> Spec:
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
            "titleOrient": "top" if look.narrow else "left",
            "layout": {"top": {"direction": "vertical" if look.narrow else "horizontal", "anchor": "start"}},
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


def coded(field: str, looks: Mapping[str, Any], title: str | None = None, *, narrow: bool = False) -> Spec:
    """Return how the words of a field look: a colour, shape or dash for each.

    Letters of a reader's font may be wider than those that the engine measures; words have room for that.
    """
    scale = {"domain": [*looks], "range": [*looks.values()]}
    longest = text_width(looks, most=400)
    legend: Spec = {"columnPadding": 18 + 0.2 * longest}
    room = _TITLE_WIDTH[narrow]
    if narrow or len(looks) * (longest + 40) > room:
        legend["columns"] = max(1, int(room // (longest + 40)))
    return {"field": field, "type": "nominal", "title": title, "scale": scale, "legend": legend}


def telling(rows: Iterable[Mapping[str, Any]]) -> Spec:
    """Return what each mark says in words (`told`), to a mouse and to a screen reader, and where it leads (`href`)."""
    words: Spec = {"tooltip": {"field": "told"}, "description": {"field": "told"}}
    href = {"condition": {"test": "datum.href", "field": "href"}}  # one that leads nowhere is no link
    return words | {"href": href} if any(row.get("href") for row in rows) else words


def empty(legend: str, sentences: tuple[str, ...] = (), look: Look = PLAIN) -> Drawing:
    """Return the picture of rows of which none can be drawn."""
    line = words_at(look.say("No row of this answer can be drawn."), LANE / 2, NARROW)
    return Drawing(text_panel([line], height=LANE, width=NARROW, align="left"), legend, sentences)


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


def words_at(text: str, middle: float, width: float, *, bold: bool = False, href: str | None = None) -> dict[str, Any]:
    """Return a text in lines of a width, around a middle in pixels from the top, for `text_panel`."""
    lines = wrapped(text, width, bold=bold)
    top = middle - _LINE * len(lines) / 2 + 1
    return {"text": text, "lines": lines, "y": top, "bold": bold, "href": href}


def line_height(*texts: str, width: float, bold: bool = False) -> float:
    """Return how high texts are that stand under each other in lines of a width."""
    return float(_LINE * sum(len(wrapped(text, width, bold=bold)) for text in texts))


def text_panel(rows: Sequence[Mapping[str, Any]], *, height: float, width: float, align: str) -> Spec:
    """Return a column of text beside a panel, of rows as `words_at` gives them."""
    return layered(text_layers(rows, height=height, width=width, align=align), width=width, height=height)


def text_layers(
    rows: Sequence[Mapping[str, Any]], *, height: float, width: float, align: str = "left", left: float = 0
) -> Iterator[Spec]:
    """Yield the layers of a column of text that begins at `left`, for `layered`."""
    encoding: Spec = {
        "y": lane_scale(height),
        "x": {"value": width if align == "right" else left},
        "text": {"field": "lines"},
        "description": {"field": "text"},
    }
    for bold, weight in ((False, "normal"), (True, "bold")):
        for leading in (False, True):
            yield {
                "data": {
                    "values": [row for row in rows if (bool(row.get("bold")), bool(row.get("href"))) == (bold, leading)]
                },
                "mark": {"type": "text", "align": align, "baseline": "top", "fontWeight": weight},
                "encoding": {**encoding, **({"href": {"field": "href"}} if leading else {})},
            }


def wrapped(text: str, width: float, *, bold: bool = False) -> list[str]:
    """Return a text in lines of at most `width` pixels; a word that is longer has a line of its own.

    >>> wrapped("one two three", 60)
    ['one two', 'three']
    """
    lines: list[str] = [""]
    for word in _WORD.findall(text):
        if lines[-1] and _width((lines[-1] + word).rstrip(), bold=bold) > width:
            lines.append("")
        lines[-1] += word
    return [line.strip() for line in lines]


def text_width(texts: Iterable[str], *, most: float = 420, least: float = 24, bold: bool = False) -> float:
    """Return about how many pixels the longest text is wide, within bounds."""
    return min(most, max([least, *(_width(text, bold=bold) for text in texts)]))


def _width(text: str, *, bold: bool) -> float:
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    letters = len(text) - wide + _CAPITAL * sum(letter.isupper() for letter in text)
    return letters * _LETTER * (1 + _BOLD * bold) + wide * (_FONT_SIZE + 0.5)
