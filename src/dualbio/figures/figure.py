"""A figure: its drawing in any format, its description in words, and the version of the data."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dualbio.errors import ParameterError, did_you_mean
from dualbio.figures.dots import Dot, draw_dots
from dualbio.figures.drawing import draw_html, draw_png, draw_svg
from dualbio.figures.forest import ForestRow, draw_forest
from dualbio.figures.frame import PLAIN, THEMES, Drawing, Look, Spec, framed
from dualbio.figures.matrix import MatrixCell, draw_matrix
from dualbio.figures.network import Edge, draw_network
from dualbio.figures.timeline import TimelineStep, draw_timeline

__all__ = ["ENDINGS", "KINDS", "Figure", "FigureKind", "draw_figure"]

#: Endings of the files that a figure is saved in.
ENDINGS = ("svg", "png", "html", "json")


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure: what one of its marks is, and how marks are drawn.

    `beside` names for a part of a mark the part without which it cannot be placed.
    """

    mark: type
    draw: Callable[[list[Any], Look], Drawing]
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, bool]:
        """The parts of a mark by name, and whether each must be given."""
        schema = TypeAdapter(self.mark).json_schema()
        return {name: name in schema.get("required", ()) for name in schema["properties"]}

    def missing(self, given: Collection[str]) -> list[str]:
        """Return the parts that a mark with the `given` ones needs besides."""
        needed = [name for name, must in self.parts.items() if must]
        needed += [other for part, other in self.beside.items() if part in given]
        return [name for name in needed if name not in given]


KINDS: Mapping[str, FigureKind] = {
    "dots": FigureKind(Dot, draw_dots),
    "evidence-matrix": FigureKind(MatrixCell, draw_matrix),
    "forest": FigureKind(ForestRow, lambda rows, look: draw_forest(rows, look=look), {"estimate": "measure"}),
    "network": FigureKind(Edge, draw_network),
    "timeline": FigureKind(TimelineStep, draw_timeline),
}


@dataclass(frozen=True, repr=False)
class Figure:
    """A picture with its title, how to read it, all that it shows in sentences, and the release that it is of."""

    title: str
    drawing: Drawing
    release: str | None = None
    look: Look = PLAIN

    def __repr__(self) -> str:
        """Return the title: what is drawn is seen, not read."""
        return f"<figure: {self.title}>"

    @property
    def text(self) -> str:
        """The text alternative: how to read the figure, and a line for each thing that it shows."""
        return "\n".join([self.drawing.legend, *self.drawing.sentences])

    def text_for(self, theme: str) -> str:
        """Return what a drawing says of itself: in a page, where the rows stand beside it, how to read it alone."""
        return self.drawing.legend if theme == "page" else self.text

    @property
    def corner(self) -> str:
        """The version of the data, and on what terms they are used."""
        say = self.look.say
        version = self.release or say("data of an unknown version")
        return say("dualbio {version} · CC BY 4.0 · research tool, not medical advice", version=version)

    def vega_lite(self, theme: str = "light") -> Spec:
        """Return the Vega-Lite specification, with all of its data.

        Args:
            theme: `light`, `dark`, or `page`, which takes the colour of the text around it.

        Raises:
            ParameterError: there is no such theme.
        """
        if theme not in THEMES:
            raise ParameterError(
                f"found theme '{theme[:40]}'; accepted: {', '.join(THEMES)}{did_you_mean(theme, [*THEMES])}"
            )
        drawing = self.drawing
        words = {"title": self.title, "legend": drawing.legend, "corner": self.corner}
        return framed(drawing.view, **words, theme=THEMES[theme], look=self.look)

    def to_svg(self, theme: str = "light") -> str:
        """Return an SVG without script, whose marks lead to their rows; errors as `vega_lite` and `draw_svg` say."""
        return draw_svg(self.vega_lite(theme), title=self.title, text=self.text_for(theme))

    def to_png(self, theme: str = "light", scale: float = 2) -> bytes:
        """Return a PNG; errors as `vega_lite` and `draw_png` say."""
        return draw_png(self.vega_lite(theme), scale=scale)

    def to_html(self, theme: str = "light") -> str:
        """Return a page that needs nothing else; errors as `vega_lite` and `draw_html` say."""
        return draw_html(self.vega_lite(theme), title=self.title, text=self.text)

    def save(self, path: str | Path, theme: str = "light") -> None:
        """Write the figure into a file, in the form that its ending names; `.json` is the Vega-Lite specification.

        Raises:
            ParameterError: the ending is none of `ENDINGS`.
        """
        path = Path(path)
        forms: dict[str, Callable[[], str | bytes]] = {
            "svg": lambda: self.to_svg(theme),
            "png": lambda: self.to_png(theme),
            "html": lambda: self.to_html(theme),
            "json": lambda: json.dumps(self.vega_lite(theme), ensure_ascii=False, indent=1),
        }
        ending = path.suffix.removeprefix(".").lower()
        if ending not in forms:
            raise ParameterError(f"'{path.name}' is not a figure format; accepted: .{', .'.join(ENDINGS)}")
        content = forms[ending]()
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def _repr_svg_(self) -> str:
        """Return the figure as notebooks show it."""
        return self.to_svg()


def draw_figure(
    kind: str, marks: Iterable[Mapping[str, str]], *, title: str, release: str | None = None, look: Look = PLAIN
) -> Figure:
    """Return the figure of a kind that shows `marks`, each given by its parts as text; an empty part is not reported.

    `look` says in which words, and for which width of a screen. A mark without a part that it needs is not
    drawn; the legend counts it.

    Raises:
        ParameterError: there is no such kind, or a mark has a part of another type.
    """
    if kind not in KINDS:
        raise ParameterError(f"found figure '{kind[:40]}'; accepted: {', '.join(KINDS)}{did_you_mean(kind, [*KINDS])}")
    adapter: TypeAdapter[Any] = TypeAdapter(KINDS[kind].mark)
    told = [{part: text for part, text in mark.items() if text} for mark in marks]
    whole = [mark for mark in told if not KINDS[kind].missing(mark)]
    try:
        found = [adapter.validate_python(mark) for mark in whole]
    except ValueError as error:
        raise ParameterError(f"figure '{kind}': {error}") from error
    drawing = KINDS[kind].draw(found, look)
    lacking = len(told) - len(whole)
    if lacking:
        rows = "{n} more row" if lacking == 1 else "{n} more rows"
        note = look.say(f"{rows} cannot be placed in the figure.", n=lacking)
        drawing = replace(drawing, legend=f"{drawing.legend} {note}")
    return Figure(title, drawing, release, look)
