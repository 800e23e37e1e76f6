"""Marks of a figure from the rows of an answer: a template for each part of a mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualbio.model.namespaces import expand
from dualbio.queries.answers.reading import ShownColumn
from dualbio.queries.answers.typed import Cell

if TYPE_CHECKING:
    from dualbio.figures import Figure, Look

__all__ = ["IF", "LINK", "Plot"]

#: The part that names the thing a mark leads to, such as `comparison:{studyKey}.{row}`.
LINK = "link"
#: The parts that are words for people alone.
_NAMES = ("label", "line")
#: The part that no mark has: where it is empty, the row has no such mark.
IF = "if"


@dataclass(frozen=True)
class Plot:
    """A kind of figure, and for each mark of a row the templates of its parts, as those of a reading.

    `title` is that of the figure where the question is not.
    """

    kind: str
    marks: tuple[Mapping[str, ShownColumn], ...]
    title: str | None = None

    def draw(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        title: str,
        release: str | None,
        look: Look | None = None,
    ) -> Figure:
        """Return the figure of an answer, in English for a wide screen unless `look` says otherwise.

        Raises:
            ParameterError: a row has a part of another type than the figure takes.
        """
        from dualbio.figures import Look, draw_figure  # noqa: PLC0415 - most answers are not drawn

        look = look or Look()
        marks = (
            {name: look.say(text) if name in _NAMES else text for name, text in mark.items()}
            for mark in self._mark_texts(columns, rows)
        )
        return draw_figure(self.kind, marks, title=look.say(title), release=release, look=look)

    def _mark_texts(self, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[dict[str, str]]:
        """Yield the parts of each mark as text."""
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            for mark in self.marks:
                parts = {name: _text(part, cells) for name, part in mark.items()}
                if not parts.pop(IF, "always"):
                    continue
                if parts.get(LINK):
                    parts[LINK] = expand(parts[LINK])
                yield parts


def _text(part: ShownColumn, cells: Mapping[str, Cell]) -> str:
    """Return what a template says of a row; one without a column says itself."""
    return "".join(piece.text for piece in part.pieces(cells)) if part.names else part.template
