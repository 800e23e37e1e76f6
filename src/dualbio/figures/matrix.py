"""The evidence matrix: which pairs were tried in which disease, with what came of it as marks in the cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from dualbio.figures.frame import (
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    VERMILLION,
    Drawing,
    Spec,
    beside,
    coded,
    column_scale,
    empty,
    lane_scale,
    layered,
    telling,
    text_panel,
    text_width,
)

__all__ = ["MatrixCell", "draw_matrix"]

_WIDTH, _HEIGHT = 46, 36
#: What a cell may be marked with: shape, colour, and the place in it, in shares of its width from the middle.
_SIGNS = {
    "met at a clinical outcome": ("circle", GREEN, -0.34),
    "met at a blood test": ("diamond", BLUE, -0.11),
    "missed": ("cross", VERMILLION, 0.12),
    "serious infection raised": ("triangle-up", PURPLE, 0.35),
}
_NOTE_LETTERS = 80
#: A name of a column up to this long lies; a longer one stands upright.
_SHORT = 6


@dataclass(frozen=True)
class MatrixCell:
    """A pair in a disease: how many studies, how many of them with a result, and what came of them.

    `met` and `missed` count the studies whose test of superiority over one of the drugs came out so, `met` at a
    clinical outcome, `met_blood` at a biomarker; `raised` those that saw more serious infection.
    """

    row: str
    column: str
    studies: int
    name: str = ""
    with_result: int = 0
    met: int = 0
    met_blood: int = 0
    missed: int = 0
    raised: int = 0
    link: str = ""

    @property
    def signs(self) -> dict[str, int]:
        """How many studies stand behind each mark of the cell."""
        counts = zip(_SIGNS, (self.met, self.met_blood, self.missed, self.raised), strict=True)
        return {sign: count for sign, count in counts if count}

    @property
    def sentence(self) -> str:
        """What the cell shows, in words."""
        studies = f"{self.studies} {'study' if self.studies == 1 else 'studies'}, {self.with_result} with a result here"
        found = [f"{sign} in {count}" for sign, count in self.signs.items()]
        return f"{self.row}, {self.name or self.column}: {'; '.join([studies, *found])}."


def draw_matrix(cells: Sequence[MatrixCell]) -> Drawing:
    """Return the matrix; pairs and diseases with most studies come first, and a cell that is not there is empty."""
    legend = (
        "The number is that of studies with an arm that combines the two; a deeper cell has more, a dashed one none "
        "with a result here, an empty one was not found tried. A mark is a test of superiority over one drug, or harm."
    )
    if not cells:
        return empty(legend)
    rows, columns = (_order(cells, part) for part in ("row", "column"))
    width, height = _WIDTH * len(columns), _HEIGHT * len(rows)
    labels = [{"text": name, "y": _HEIGHT * (i + 0.5), "bold": False} for i, name in enumerate(rows)]
    names = text_panel(labels, height=height, width=text_width(rows), align="right")
    filled = list(_filled(cells, rows, columns))
    matrix = layered(_layers(filled, width, height), width=width, height=height)
    body = [beside([names, matrix], spacing=10), *_notes(cells, text_width(rows) + width)]
    heads = beside([_blank(text_width(rows)), _heads(columns, width)], spacing=10)
    return Drawing({"vconcat": [heads, *body], "spacing": 6}, legend, tuple(cell.sentence for cell in cells))


def _blank(width: float) -> Spec:
    return text_panel([{"text": " ", "y": 0, "bold": False}], height=1, width=width, align="right")


def _heads(columns: Sequence[str], width: float) -> Spec:
    """Return the names of the columns, upright where they are too long to lie."""
    lying = all(len(name) <= _SHORT for name in columns)
    height = 14 if lying else text_width(columns, most=130)
    places = [{"text": name, "x": _WIDTH * (i + 0.5)} for i, name in enumerate(columns)]
    look = {"align": "center", "baseline": "bottom"} if lying else {"align": "left", "baseline": "middle", "angle": 270}
    layer = {
        "data": {"values": places},
        "mark": {"type": "text", "limit": 130, **look},
        "encoding": {"x": column_scale(width), "y": {"value": height}, "text": {"field": "text"}},
    }
    return layered([layer], width=width, height=height)


def _order(cells: Sequence[MatrixCell], part: str) -> list[str]:
    weight: dict[str, int] = {}
    for cell in cells:
        name = getattr(cell, part)
        weight[name] = weight.get(name, 0) + cell.studies
    return sorted(weight, key=lambda name: (-weight[name], name))


def _filled(cells: Sequence[MatrixCell], rows: Sequence[str], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield each cell with its corners, and the places of its marks."""
    most = max((cell.studies for cell in cells), default=1)
    for cell in cells:
        left, top = _WIDTH * columns.index(cell.column), _HEIGHT * rows.index(cell.row)
        yield {
            "row": cell.row,
            "column": cell.column,
            "x": left + 1.5,
            "right": left + _WIDTH - 1.5,
            "y": top + 1.5,
            "bottom": top + _HEIGHT - 1.5,
            "middle": left + _WIDTH / 2,
            "upper": top + 0.34 * _HEIGHT,
            "lower": top + 0.74 * _HEIGHT,
            "studies": cell.studies,
            "shade": 0.12 + 0.4 * cell.studies / most if cell.with_result else 0,
            "signs": list(cell.signs),
            "told": cell.sentence,
            "href": cell.link or None,
        }


def _layers(filled: Sequence[dict[str, Any]], width: float, height: float) -> Iterator[Spec]:
    """Yield ground, outline, number and marks of the cells."""
    told = telling(filled)
    shade = {"field": "shade", "type": "quantitative", "scale": None}
    ground = {"type": "rect", "fill": BLUE, "cornerRadius": 3, "strokeWidth": 1}
    corners = {
        "x": column_scale(width),
        "x2": {"field": "right"},
        "y": lane_scale(height),
        "y2": {"field": "bottom"},
        "fillOpacity": shade,
    }
    for known, outline in (
        (True, {"stroke": BLUE, "strokeOpacity": 0.35}),
        (False, {"stroke": GREY, "strokeDash": [3, 2]}),
    ):
        yield {
            "data": {"values": [cell for cell in filled if bool(cell["shade"]) is known]},
            "mark": {**ground, **outline},
            "encoding": {**corners, **told},
        }
    place = {"x": column_scale(width, "middle"), "y": lane_scale(height, "upper")}
    yield {
        "data": {"values": list(filled)},
        "mark": {"type": "text", "baseline": "middle"},
        "encoding": {**place, "text": {"field": "studies"}, **told},
    }
    signs = [
        {**cell, "sign": sign, "place": cell["middle"] + _WIDTH * _SIGNS[sign][2]}
        for cell in filled
        for sign in cell["signs"]
    ]
    used = [sign for sign in _SIGNS if any(each["sign"] == sign for each in signs)]
    yield {
        "data": {"values": signs},
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {
            "x": column_scale(width, "place"),
            "y": lane_scale(height, "lower"),
            "shape": coded("sign", {sign: _SIGNS[sign][0] for sign in used}),
            "color": coded("sign", {sign: _SIGNS[sign][1] for sign in used}),
            **told,
        },
    }


def _notes(cells: Sequence[MatrixCell], width: float) -> list[Spec]:
    """Return what the short names of diseases stand for."""
    names = {cell.column: cell.name for cell in cells if cell.name and cell.name != cell.column}
    lines = wrap(
        " · ".join(f"{short} {name}" for short, name in sorted(names.items())), max(_NOTE_LETTERS, int(width / 7))
    )
    rows = [{"text": line, "y": 16 * i + 8, "bold": False} for i, line in enumerate(lines)]
    return [text_panel(rows, height=16 * len(lines), width=max(_NOTE_LETTERS * 7, width), align="left")] if rows else []
