"""The reading of an answer, its view for people: which columns are shown, under which headers, joined how.

A reading is a template for each header.  `{name}` is the cell of a column.  What stands in brackets is dropped where a
column in it is empty, and `|` in brackets separates readings of which the first without an empty column is taken:
`[{events}/{total}|{value} {unit}]` is `28/144` where both counts are given, else `19 %`, else nothing.
`{overlap?†}` is the mark where the column has anything to say, which may be too long for every row; what the mark means
stands under the rows.

The lower end of an interval is shown with the level of the interval where that is another than readers expect:
`({low} to {high})` is `(80 %: 12.9 to 31.3)` where the answer has a column `intervalLevel`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES, compress
from dualbio.queries.answers.typed import Cell

__all__ = ["WORDS", "Piece", "Reading", "ShownColumn", "default_reading", "heading", "plain_reading"]

_BOOLEAN = f"{PREFIXES['xsd']}boolean"
#: Words in the place of what the data call otherwise.
WORDS = {"fulltext": "full text"}
#: What may be left over at the ends of a cell whose parts have gone.
_SEPARATORS = " ·,;:"
_TOKEN = re.compile(
    r"\{(?P<name>[A-Za-z][A-Za-z0-9]*)(\?(?P<mark>[^{}\[\]|]+))?\}|(?P<sign>[\[\]|])|(?P<text>[^\[\]|{}]+)"
)

#: A column that stands alone may have any name, such as `count_star()` of SQL.
_ALONE = re.compile(r"\{[^{}]+\}")

#: The column of the level of an interval in percent, the column that it precedes, and the level that is left out.
_LEVEL, _LOWER, _USUAL = "intervalLevel", "low", 95.0

#: Columns for joining data, which say nothing that the study and the source do not.
_IDENTIFIERS = ("nct", "pmid", "doi")
#: Columns that join in one cell by default: the columns that must be there, the header, the template.
_JOINED = (
    (("events", "total"), "number", "[{events}/{total}[ ({rest})]|{events}[ ({rest})]|{rest}]"),
    (("estimate", "low", "high"), "estimate", "{estimate}[ ({low}\u2013{high})][, {significance}]"),
    (("source", "locator"), "source", "{source}[ · {locator}][ · {checkLevel}]"),
)


@dataclass(frozen=True)
class Piece:
    """A part of a shown cell: its text, and the column that it comes from (None for what the template adds)."""

    text: str
    column: str | None = None


@dataclass(frozen=True)
class _Column:
    name: str
    mark: str | None = None


@dataclass(frozen=True)
class _Group:
    alternatives: tuple[tuple[_Node, ...], ...]


_Node = str | _Column | _Group


@dataclass(frozen=True)
class ShownColumn:
    """A column for people: its header, and the template of its cells.

    Raises:
        ValueError: the template is broken; said when its `names` or its text are first asked for.
    """

    header: str
    template: str

    @cached_property
    def _nodes(self) -> tuple[_Node, ...]:
        return _parse(self.template)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns of the data that the template shows."""
        return tuple(dict.fromkeys(node.name for node in _columns(self._nodes)))

    @cached_property
    def marks(self) -> Mapping[str, str]:
        """The columns that the template marks only, and the mark of each."""
        return {node.name: node.mark for node in _columns(self._nodes) if node.mark}

    def pieces(self, cells: Mapping[str, Cell]) -> tuple[Piece, ...]:
        """Return what is shown of a row; nothing where every column is empty.

        >>> cells = {"events": ox.Literal(28), "total": ox.Literal(144), "unit": None}
        >>> "".join(piece.text for piece in ShownColumn("n", "{events}/{total}[ {unit}]").pieces(cells))
        '28/144'
        """
        if _said_twice(self.names, cells):
            cells = {**cells, "checkLevel": None}
        alone = self._nodes == (_Column(_LOWER),)  # a number, of a figure say, and no interval
        found = list(_composed(self._nodes, {**cells, _LEVEL: None} if alone else cells))
        return _trimmed(found) if any(piece.column for piece in found) else ()


def _said_twice(names: Sequence[str], cells: Mapping[str, Cell]) -> bool:
    """Return whether a number was read in the abstract, of which that is place and check level in one."""
    place, level = cells.get("locator"), cells.get("checkLevel")
    both = "locator" in names and "checkLevel" in names
    return both and place is not None and level is not None and place.value == level.value


@dataclass(frozen=True)
class Reading:
    """The columns for people, in their order."""

    columns: tuple[ShownColumn, ...]

    @classmethod
    def of(cls, templates: Mapping[str, str]) -> Reading:
        """Return the reading with these templates by header."""
        return cls(tuple(ShownColumn(header, template) for header, template in templates.items()))

    @property
    def marks(self) -> dict[str, str]:
        """The columns that are marked only, and the mark of each."""
        return {name: mark for column in self.columns for name, mark in column.marks.items()}

    def cells(self, names: Sequence[str], row: Sequence[Cell]) -> tuple[tuple[Piece, ...], ...]:
        """Return what is shown of `row`, whose columns are `names`."""
        cells = dict(zip(names, row, strict=True))
        return tuple(column.pieces(cells) for column in self.columns)


def plain_reading(names: Sequence[str]) -> Reading:
    """Return the reading that shows every column as it is, under its own name."""
    return Reading(tuple(ShownColumn(name, f"{{{name}}}") for name in names))


def default_reading(names: Sequence[str]) -> Reading:
    """Return the reading of an answer whose head gives none: what belongs together is joined, keys give way to names.

    >>> [column.header for column in default_reading(["studyName", "studyKey", "source", "locator"]).columns]
    ['study', 'source']
    """
    shown: dict[str, str] = {}
    joined: set[str] = {"studyKey"} if "studyName" in names else set()
    joined |= set(_IDENTIFIERS) if {"source", "sources", "studyKey"} & set(names) else set()
    for name in names:
        if name in joined:
            continue
        for needed, header, template in _JOINED:
            if name in needed and set(needed) <= set(names):
                shown[header] = _fitted(template, names)
                joined |= {*needed, *ShownColumn(header, shown[header]).names}
                break
        else:
            shown[heading(name)] = f"{{{name}}}"
    return Reading.of({header: template for header, template in shown.items() if not _repeated(template, joined)})


def heading(column: str) -> str:
    """Return the words of a column's name: `studyName` is the study, `checkLevel` the check level."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).lower()
    return words.removesuffix(" name")


def _fitted(template: str, names: Sequence[str]) -> str:
    """Return a default template for the columns that are there."""
    bound = "[{valueBound}]" if "valueBound" in names else ""
    rest = f"{bound}{{value}}[ {{unit}}]" if "unit" in names else f"{bound}{{value}}"
    if "value" in names:
        template = template.replace("{rest}", rest)
    significance = "p {pOperator} {p}" if "pOperator" in names else "p {p}"
    template = template.replace("{significance}", significance if "p" in names else "")
    for part in ("[ ({rest})]", "|{rest}", "[, ]", "" if "checkLevel" in names else "[ · {checkLevel}]"):
        template = template.replace(part, "") if part else template
    return template


def _repeated(template: str, joined: set[str]) -> bool:
    """Return whether a template shows one column alone that a joined cell shows too."""
    return template.startswith("{") and template.endswith("}") and template[1:-1] in joined


def _parse(template: str) -> tuple[_Node, ...]:
    if _ALONE.fullmatch(template):
        return (_Column(template[1:-1]),)
    groups: list[list[list[_Node]]] = [[[]]]
    at = 0
    while at < len(template):
        found = _TOKEN.match(template, at)
        if found is None:
            raise ValueError(f"'{template}' is broken at character {at + 1}; accepted: {{column}}, text, [a|b]")
        at = found.end()
        if found["sign"] == "[":
            groups.append([[]])
        elif found["sign"] and len(groups) == 1:
            raise ValueError(f"'{template}' has '{found['sign']}' outside brackets; repair: open them with '['")
        elif found["sign"] == "|":
            groups[-1].append([])
        elif found["sign"] == "]":
            group = _Group(tuple(tuple(each) for each in groups.pop()))
            groups[-1][-1].append(group)
        else:
            groups[-1][-1].append(_Column(found["name"], found["mark"]) if found["name"] else found["text"])
    if len(groups) > 1:
        raise ValueError(f"'{template}' leaves brackets open; repair: close them with ']'")
    return tuple(groups[0][0])


def _columns(nodes: Sequence[_Node]) -> Iterator[_Column]:
    for node in nodes:
        if isinstance(node, _Column):
            yield node
        elif isinstance(node, _Group):
            for alternative in node.alternatives:
                yield from _columns(alternative)


def _composed(nodes: Sequence[_Node], cells: Mapping[str, Cell]) -> Iterator[Piece]:
    for node in nodes:
        if isinstance(node, str):
            yield Piece(node)
        elif isinstance(node, _Column):
            text = (node.mark or _text(cells[node.name])) if _text(cells[node.name]) else ""
            level = _text(cells.get(_LEVEL)) if node.name == _LOWER else ""
            if text and level and float(level) != _USUAL:
                yield Piece(f"{level} %: ", _LEVEL)
            if text:
                yield Piece(text, node.name)
        else:
            whole = (each for each in node.alternatives if all(_has_value(part, cells) for part in each))
            yield from _composed(next(whole, ()), cells)


def _has_value(node: _Node, cells: Mapping[str, Cell]) -> bool:
    return not isinstance(node, _Column) or bool(_text(cells[node.name]))


def _text(cell: Cell) -> str:
    """Return the words of a cell, on one line."""
    if cell is None:
        return ""
    if isinstance(cell, ox.NamedNode):
        return compress(cell.value)
    if isinstance(cell, ox.Literal) and cell.datatype.value == _BOOLEAN:
        return "yes" if cell.value in ("true", "1") else "no"
    text = " ".join(cell.value.split())
    return WORDS.get(text, text)


def _trimmed(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Return the pieces without separators that nothing stands before or behind any more."""
    while pieces[0].column is None:
        text = pieces[0].text.lstrip(_SEPARATORS)
        pieces = [Piece(text), *pieces[1:]] if text else pieces[1:]
        if text:
            break
    while pieces[-1].column is None:
        text = pieces[-1].text.rstrip(_SEPARATORS)
        pieces = [*pieces[:-1], Piece(text)] if text else pieces[:-1]
        if text:
            break
    return tuple(pieces)
