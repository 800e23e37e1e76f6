"""Sorting, filtering and details of an answer by URL, without script.

`sort=estimate` puts the rows in the order of a column (`-estimate` in the opposite one), `only.verdict=missed` keeps
the rows that have this value, `find=` those with all its words, and `detail=3` shows all that is known of the third.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from dualbio.queries import QueryResult
from dualbio.queries.answers.reading import WORDS, ShownColumn, heading
from dualbio.queries.answers.typed import Cell
from dualbio_server.entities.evidence.lists import Facet
from dualbio_server.http.problems import ProblemError
from dualbio_server.queries.in_language import called, labels

__all__ = ["BROWSING", "Browsing", "is_browsing"]

#: Names of the query string by which people browse; a facet has its own, which begin with `_ONLY`.
BROWSING = ("sort", "find", "detail")
_ONLY = "only."
#: Facets that a page has, the most values of one, and the fewest rows that are worth any.
_FACETS, _MOST_VALUES, _FEWEST_ROWS = 5, 12, 6
#: Columns by which readers narrow first, in this order.
_FIRST = ("pairs", "pair", "diseases", "disease", "verdict", "found", "direction", "status", "design", "checkLevel")
#: Columns of phrases, each of its own row.
_PHRASES = ("number", "locator", "statement", "schedule")
_NUMBERS = ("integer", "decimal", "date", "datetime")
_LONGEST_WORDS = 200
#: How the values of a column that says whether are read.
_ANSWERS = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
#: Columns with the number that the column `number` prints.
_HELD = ("percent", "value", "events")


def is_browsing(name: str) -> bool:
    """Return whether a name of the query string says how to look at an answer, and not what is asked."""
    return name in BROWSING or name.startswith(_ONLY)


@dataclass(frozen=True)
class Browsing:
    """How a reader looks at an answer: column and direction of its order, chosen values by column, words, a row."""

    sort: str = ""
    only: Mapping[str, str] = field(default_factory=dict)
    find: str = ""
    detail: int | None = None

    @classmethod
    def of(cls, fields: MultiDict[str, str]) -> Browsing:
        """Return what the query string says.

        Raises:
            ProblemError: the row is no number, or the words are too many.
        """
        only = {name.removeprefix(_ONLY): value for name, value in fields.items() if name.startswith(_ONLY) and value}
        detail, find = fields.get("detail", ""), " ".join(fields.get("find", "").split())
        if detail and not (detail.isascii() and detail.isdigit() and len(detail) < 8):
            raise ProblemError(400, "detail", f"detail is '{detail[:40]}'; accepted: the number of a row, from 1 on")
        if len(find) > _LONGEST_WORDS:
            raise ProblemError(400, "find", f"find has {len(find)} characters; accepted: {_LONGEST_WORDS}")
        return cls(fields.get("sort", ""), only, find, int(detail) if detail else None)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The order, the values and the words as parts of a query string; a row in full is left behind."""
        told = [("sort", self.sort)] if self.sort else []
        told += [(f"{_ONLY}{name}", value) for name, value in self.only.items()]
        return [*told, *([("find", self.find)] if self.find else [])]

    def __bool__(self) -> bool:
        """Return whether the answer is looked at in any way but its own."""
        return bool(self.pairs)

    def of_result(self, result: QueryResult) -> QueryResult:
        """Return the rows that are left, in the order that is asked for.

        Raises:
            ParameterError: the answer has no such column.
        """
        rows = self._rows_with_words(result, tuple(self._kept(result, self.only)))
        narrowed = replace(result, rows=rows)
        return narrowed.sort(self.sort) if self.sort else narrowed

    def _kept(self, result: QueryResult, only: Mapping[str, str]) -> Iterator[tuple[Cell, ...]]:
        wanted = [(result.columns.index(result.choose([name]).columns[0]), value) for name, value in only.items()]
        for row in result.rows:
            if all(_text(row[place]) == value for place, value in wanted):
                yield row

    def _rows_with_words(self, result: QueryResult, rows: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[Cell, ...], ...]:
        """Return the rows in which every word stands, in what is shown of them."""
        words = self.find.casefold().split()
        return tuple(row for row in rows if all(word in _shown_text(result, row) for word in words)) if words else rows

    def facets(self, result: QueryResult, here: str, asked: Sequence[tuple[str, str]]) -> list[Facet]:
        """Return the ways to narrow a whole answer, each value with the rows that the other choices leave."""
        if len(result) < _FEWEST_ROWS and not self.only:
            return []
        return [self._facet(result, name, here, asked) for name in self._narrowing(result)]

    def _narrowing(self, result: QueryResult) -> list[str]:
        shown = dict.fromkeys(name for column in result.shown.columns for name in column.names)
        fit = [name for name in shown if name in self.only or _narrows(result, name)]
        rank = {name: place for place, name in enumerate(_FIRST)}
        return sorted(fit, key=lambda name: (name not in self.only, rank.get(name, len(rank))))[:_FACETS]

    def _facet(self, result: QueryResult, name: str, here: str, asked: Sequence[tuple[str, str]]) -> Facet:
        others = {other: value for other, value in self.only.items() if other != name}
        place = result.columns.index(name)
        rows = self._rows_with_words(result, tuple(self._kept(result, others)))
        counts = Counter(text for row in rows if (text := _text(row[place])))
        chosen = self.only.get(name)
        values = [*counts.most_common(_MOST_VALUES), *([(chosen, 0)] if chosen and chosen not in counts else [])]
        words = {**WORDS, **(_ANSWERS if result.types.get(name) == "boolean" else {})}
        title = next((each.header for each in result.shown.columns if each.names == (name,)), heading(name))
        return Facet(
            _title(title),
            tuple(
                (
                    labels(name, words.get(text, text)),
                    n,
                    replace(self, only=others | ({} if text == chosen else {name: text})).address(here, asked),
                    text == chosen,
                )
                for text, n in values
            ),
        )

    def address(self, here: str, asked: Sequence[tuple[str, str]], **more: object) -> str:
        """Return the address of this view of what is asked."""
        pairs = [*asked, *self.pairs, *((name, str(value)) for name, value in more.items())]
        return f"{here}?{urlencode(pairs)}" if pairs else here

    def sorting(
        self, result: QueryResult, column: ShownColumn, here: str, asked: Sequence[tuple[str, str]]
    ) -> tuple[str, str]:
        """Return where the header of a column leads, and how the rows stand by it now (a value of `aria-sort`)."""
        name = _sort_column(result, column)
        state = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "none")
        following = {"none": name, "ascending": f"-{name}", "descending": ""}[state]
        return replace(self, sort=following).address(here, asked), state


def _title(header: str) -> str:
    """Return the words of a header, in the language of the page, over the values of its column."""
    told = called("column", header)
    return told[:1].upper() + told[1:]


def _sort_column(result: QueryResult, column: ShownColumn) -> str:
    """Return the column of the data by which a shown one is sorted: where it prints numbers, that which holds them."""
    names = [*column.names, *(_HELD if "number" in column.names else ())]
    numbers = [name for name in names if result.types.get(name) in ("integer", "decimal")]
    return next(iter([*numbers, *column.names]), "")


def _shown_text(result: QueryResult, row: tuple[Cell, ...]) -> str:
    return " ".join(piece.text for cell in result.shown.cells(result.columns, row) for piece in cell).casefold()


def _narrows(result: QueryResult, name: str) -> bool:
    """Return whether a column parts the rows into a few groups; one that most rows leave empty does not."""
    if result.types.get(name) in _NUMBERS or name in _PHRASES:
        return False
    place = result.columns.index(name)
    values = Counter(text for row in result.rows if (text := _text(row[place])))
    told = values.total()
    return 2 * told > len(result) and 1 < len(values) <= min(_MOST_VALUES, told // 2)


def _text(cell: Cell) -> str:
    return "" if cell is None else cell.value
