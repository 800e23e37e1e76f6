"""What people see of a row: templates whose parts vanish with empty columns, and tables that never cut a number."""

from __future__ import annotations

import io

import pyoxigraph as ox
import pytest
from rich.console import Console

from dualbio.model.namespaces import PREFIXES
from dualbio.queries.answers.layout import layout, shown_cells
from dualbio.queries.answers.reading import Reading, ShownColumn, default_reading

EFFECT = "{estimate}[ ({low}–{high})][, p {p}]"  # noqa: RUF001 - a range has a dash
SOURCE = "{source} · {locator} · {checkLevel}"
NUMBER = "[{events}/{total}[ ({value} %)]|{value}[ {unit}]]"


def shown(template: str, **cells: str | bool) -> str:
    """Return what a template shows of a row; columns that are not given are empty."""
    column = ShownColumn("header", template)
    row = {name: ox.Literal(cells[name]) if name in cells else None for name in column.names}
    return "".join(piece.text for piece in column.pieces(row))


@pytest.mark.parametrize(
    ("template", "cells", "expected"),
    [
        (EFFECT, {"estimate": "1.27", "low": "0.60", "high": "2.71", "p": "= 0.53"}, "1.27 (0.60–2.71), p = 0.53"),  # noqa: RUF001
        (EFFECT, {"estimate": "1.27", "p": "= 0.53"}, "1.27, p = 0.53"),
        (EFFECT, {"p": "= 0.53"}, "p = 0.53"),
        (EFFECT, {"estimate": "1.27", "low": "0.60"}, "1.27"),
        (EFFECT, {}, ""),
        (NUMBER, {"events": "28", "total": "144", "value": "19", "unit": "%"}, "28/144 (19 %)"),
        (NUMBER, {"events": "28", "total": "144"}, "28/144"),
        (NUMBER, {"value": "47", "unit": "IU/mL"}, "47 IU/mL"),
        (NUMBER, {"events": "3"}, ""),
        (SOURCE, {"source": "A 2024", "locator": "Table 2", "checkLevel": "fulltext"}, "A 2024 · Table 2 · full text"),
        (SOURCE, {"source": "A 2024", "locator": "abstract", "checkLevel": "abstract"}, "A 2024 · abstract"),
        ("{locator}", {"locator": "abstract", "checkLevel": "abstract"}, "abstract"),
        (SOURCE, {"locator": "Table 2"}, "Table 2"),
        (SOURCE, {"source": "A 2024"}, "A 2024"),
        ("{favours}", {"favours": True}, "yes"),
        ("{text}", {"text": "two\n lines"}, "two lines"),
    ],
)
def test_parts_vanish_with_their_columns(template: str, cells: dict[str, str | bool], expected: str) -> None:
    """An empty column takes with it its brackets, and the separators that nothing is left to separate."""
    assert expected == shown(template, **cells)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{one", "broken at character 1"),
        ("[{one}", "leaves brackets open"),
        ("{one}]", "outside brackets"),
        ("{one}|{two}", "outside brackets"),
        ("{one two} three", "broken at character 1"),
    ],
)
def test_a_broken_template_says_where(template: str, words: str) -> None:
    """A template that cannot be read is an error that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        _ = ShownColumn("header", template).names


def test_without_a_reading_what_belongs_together_is_joined() -> None:
    """Names stand for keys, counts for two columns, and a source has its place and check level."""
    names = ["studyName", "studyKey", "arm", "events", "total", "value", "unit", "source", "locator", "checkLevel"]
    assert {
        "study": "{studyName}",
        "arm": "{arm}",
        "number": "[{events}/{total}[ ({value}[ {unit}])]|{events}[ ({value}[ {unit}])]|{value}[ {unit}]]",
        "source": "{source}[ · {locator}][ · {checkLevel}]",
    } == {column.header: column.template for column in default_reading(names).columns}


@pytest.mark.parametrize("name", ["count_star()", "sum(a + 1)", "n_arms", "list[1]", "a|b"])
def test_a_column_of_sql_has_any_name(name: str) -> None:
    """What SQL calls its columns is shown as it stands."""
    (column,) = default_reading([name]).columns
    assert "3" == shown(column.template, **{name: "3"})


def test_columns_of_nothing_are_not_shown() -> None:
    """A column without a value in any row is left out of the table."""
    reading = Reading.of({"a": "{a}", "b": "{b}"})
    columns, rows = shown_cells(reading, ["a", "b"], [[ox.Literal("1"), None], [ox.Literal("2"), None]])
    assert (["a"], [["1"], ["2"]]) == ([c.header for c in columns], [[cell.plain for cell in row] for row in rows])


@pytest.mark.parametrize("width", [30, 40, 60, 100])
def test_numbers_are_never_cut(width: int) -> None:
    """However narrow the table, a number stands whole on its line; where it cannot, there is no table."""
    reading = Reading.of({"words": "{a}", "numbers": "{b}", "more": "{c}"})
    words, number = "many words that wrap where they must", "1.27 (0.60-2.71), p = 0.5342"
    columns, rows = shown_cells(reading, ["a", "b", "c"], [[ox.Literal(each) for each in (words, number, words)]])
    table = layout(columns, rows, width)
    if table is None:
        assert width < 10 + 12 + 10 + 4
        return
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as caught:
        console.print(table)
    text = caught.get()
    assert {"(0.60-2.71),", "0.5342"} <= set(text.split())
    assert all(len(line.rstrip()) <= width for line in text.splitlines())


def test_a_boolean_of_the_data_reads_yes_or_no() -> None:
    """`true` of the data is a word of programs."""
    false = ox.Literal("false", datatype=ox.NamedNode(f"{PREFIXES['xsd']}boolean"))
    assert "no" == "".join(piece.text for piece in ShownColumn("h", "{a}").pieces({"a": false}))


def test_a_lower_end_alone_is_a_number() -> None:
    """An interval says its level where it is not 95 %; its lower end by itself, which a figure draws, says none."""
    cells = {"low": ox.Literal("12.9"), "high": ox.Literal("31.3"), "intervalLevel": ox.Literal(80)}

    def shown(template: str) -> str:
        return "".join(piece.text for piece in ShownColumn("", template).pieces(cells))

    assert ["80 %: 12.9 to 31.3", "12.9"] == [shown("{low} to {high}"), shown("{low}")]


def test_a_mark_stands_where_a_long_column_says_anything() -> None:
    """A template with a mark shows the mark for any text, and nothing for none."""
    column = ShownColumn("arm", "{arm}[ {overlap?†}][; {part}]")
    row = {"arm": ox.Literal("both"), "overlap": ox.Literal("holds one; holds other"), "part": ox.Literal("renal")}
    shown = ["".join(piece.text for piece in column.pieces({**row, **without})) for without in ({}, {"overlap": None})]
    assert ["both †; renal", "both; renal"] == shown
    assert {"overlap": "†"} == column.marks
