"""The evidence matrix: which pairs were tried in which disease, with what came of it as marks in the cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dualbio.figures.frame import (
    BLUE,
    GREEN,
    GREY,
    NARROW,
    PLAIN,
    PURPLE,
    VERMILLION,
    Drawing,
    Look,
    Spec,
    beside,
    coded,
    column_scale,
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

__all__ = ["MatrixCell", "draw_matrix"]

_WIDTH, _HEIGHT = 46, 36
#: Width of a cell on a narrow screen, where each pair has its own cells below its name.
_NARROW_WIDTH = 54
#: What a cell may be marked with: shape, colour, and the place in it, in shares of its width from the middle.
_SIGNS = {
    "met at a clinical outcome": ("circle", GREEN, -0.34),
    "met at a blood test": ("diamond", BLUE, -0.11),
    "missed": ("cross", VERMILLION, 0.12),
    "serious infection raised": ("triangle-up", PURPLE, 0.35),
}
_NOTE_WIDTH = 560
#: A name of a column up to this long lies; a longer one stands upright.
_SHORT = 6
#: Most room of the name of a column that stands upright, in pixels; the longest name of a disease fits.
_HEAD = 280


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

    def sentence(self, look: Look) -> str:
        """Return what the cell shows, in words."""
        words = (
            "{n} study, {held} with a result here" if self.studies == 1 else "{n} studies, {held} with a result here"
        )
        studies = look.say(words, n=self.studies, held=self.with_result)
        found = [look.say("{sign} in {n}", sign=look.say(sign), n=count) for sign, count in self.signs.items()]
        return f"{self.row}, {self.name or self.column}: {'; '.join([studies, *found])}."


def draw_matrix(cells: Sequence[MatrixCell], look: Look = PLAIN) -> Drawing:
    """Return the matrix; pairs and diseases with most studies come first, and a cell that is not there is empty."""
    legend = look.say(
        "The number is that of studies with an arm that combines the two; a darker cell has more, a dashed one has "
        "none with a result here, an empty one means that no study was found. A mark is a test of superiority over "
        "one drug, or harm."
    )
    if not cells:
        return empty(legend, look=look)
    sentences = tuple(cell.sentence(look) for cell in cells)
    if look.narrow:
        return Drawing(_stacked(cells, look), legend, sentences)
    rows, columns = (_names_by_studies(cells, part) for part in ("row", "column"))
    width, height = _WIDTH * len(columns), _HEIGHT * len(rows)
    column = text_width(rows)
    labels = [words_at(name, _HEIGHT * (i + 0.5), column) for i, name in enumerate(rows)]
    names = text_panel(labels, height=height, width=column, align="right")
    places = [(_WIDTH * columns.index(cell.column), _HEIGHT * rows.index(cell.row)) for cell in cells]
    filled = list(_cells_at(cells, places, _WIDTH, look))
    matrix = layered(_layers(filled, width, height, look), width=width, height=height)
    body = [beside([names, matrix], spacing=10), *_notes(cells, column + width)]
    heads = beside([_blank(column), _heads(columns, width)], spacing=10)
    return Drawing({"vconcat": [heads, *body], "spacing": 6}, legend, sentences)


def _stacked(cells: Sequence[MatrixCell], look: Look) -> Spec:
    """Return the cells of each pair below its name, each under the name of its disease."""
    columns = _names_by_studies(cells, "column")
    across = NARROW // _NARROW_WIDTH
    names, heads, placed, places, y = [], [], [], [], 0.0
    for row in _names_by_studies(cells, "row"):
        high = line_height(row, width=NARROW, bold=True)
        names.append(words_at(row, y + high / 2, NARROW, bold=True))
        y += high + 2
        of_row = sorted((cell for cell in cells if cell.row == row), key=lambda cell: columns.index(cell.column))
        for i, cell in enumerate(of_row):
            left, top = _NARROW_WIDTH * (i % across), y + (_HEIGHT + 18) * (i // across) + 14
            placed.append(cell)
            places.append((left, top))
            heads.append({"text": cell.column, "x": left + _NARROW_WIDTH / 2, "y": top - 2})
        y += (_HEIGHT + 18) * (1 + (len(of_row) - 1) // across) + 8
    over = {
        "data": {"values": heads},
        "mark": {"type": "text", "baseline": "bottom", "fontSize": 11, "limit": _NARROW_WIDTH - 2},
        "encoding": {"x": column_scale(NARROW), "y": lane_scale(y), "text": {"field": "text"}},
    }
    layers = _layers(list(_cells_at(placed, places, _NARROW_WIDTH, look)), NARROW, y, look)
    view = layered([*layers, over, *text_layers(names, height=y, width=NARROW)], width=NARROW, height=y)
    return {"vconcat": [view, *_notes(cells, NARROW)], "spacing": 6}


def _blank(width: float) -> Spec:
    return text_panel([words_at(" ", 0, width)], height=1, width=width, align="right")


def _heads(columns: Sequence[str], width: float) -> Spec:
    """Return the names of the columns, upright where they are too long to lie."""
    lying = all(len(name) <= _SHORT for name in columns)
    height = 14 if lying else text_width(columns, most=_HEAD)
    places = [{"text": name, "x": _WIDTH * (i + 0.5)} for i, name in enumerate(columns)]
    turned = {"align": "left", "baseline": "middle", "angle": 270}
    mark = {"align": "center", "baseline": "bottom"} if lying else turned
    layer = {
        "data": {"values": places},
        "mark": {"type": "text", "limit": _HEAD, **mark},
        "encoding": {"x": column_scale(width), "y": {"value": height}, "text": {"field": "text"}},
    }
    return layered([layer], width=width, height=height)


def _names_by_studies(cells: Sequence[MatrixCell], part: str) -> list[str]:
    weight: dict[str, int] = {}
    for cell in cells:
        name = getattr(cell, part)
        weight[name] = weight.get(name, 0) + cell.studies
    return sorted(weight, key=lambda name: (-weight[name], name))


def _cells_at(
    cells: Sequence[MatrixCell], places: Sequence[tuple[float, float]], width: float, look: Look
) -> Iterator[dict[str, Any]]:
    """Yield each cell with its corners, the left upper one of which is its place, and the places of its marks."""
    most = max((cell.studies for cell in cells), default=1)
    for cell, (left, top) in zip(cells, places, strict=True):
        yield {
            "row": cell.row,
            "column": cell.column,
            "x": left + 1.5,
            "right": left + width - 1.5,
            "y": top + 1.5,
            "bottom": top + _HEIGHT - 1.5,
            "middle": left + width / 2,
            "upper": top + 0.34 * _HEIGHT,
            "lower": top + 0.74 * _HEIGHT,
            "studies": cell.studies,
            "shade": 0.12 + 0.4 * cell.studies / most if cell.with_result else 0,
            "signs": list(cell.signs),
            "told": cell.sentence(look),
            "href": cell.link or None,
        }


def _layers(filled: Sequence[dict[str, Any]], width: float, height: float, look: Look) -> Iterator[Spec]:
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
        {**cell, "sign": look.say(sign), "place": cell["middle"] + _WIDTH * _SIGNS[sign][2]}
        for cell in filled
        for sign in cell["signs"]
    ]
    used = {
        look.say(sign): looks for sign, looks in _SIGNS.items() if any(each["sign"] == look.say(sign) for each in signs)
    }
    yield {
        "data": {"values": signs},
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {
            "x": column_scale(width, "place"),
            "y": lane_scale(height, "lower"),
            "shape": coded("sign", {sign: looks[0] for sign, looks in used.items()}, narrow=look.narrow),
            "color": coded("sign", {sign: looks[1] for sign, looks in used.items()}, narrow=look.narrow),
            **told,
        },
    }


def _notes(cells: Sequence[MatrixCell], width: float) -> list[Spec]:
    """Return what the short names of diseases stand for."""
    names = {cell.column: cell.name for cell in cells if cell.name and cell.name != cell.column}
    if not names:
        return []
    width = max(_NOTE_WIDTH, width) if width > NARROW else width
    text = " · ".join(f"{short} {name}" for short, name in sorted(names.items()))
    height = line_height(text, width=width)
    return [text_panel([words_at(text, height / 2, width)], height=height, width=width, align="left")]
