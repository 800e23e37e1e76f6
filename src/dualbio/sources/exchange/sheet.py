"""The data-extraction sheet: every result and comparison of a study as a line of CSV, in and out without loss.

A column is a field of the record; a field of a record inside has both names (`interval.low`), several values are parted
by ` | `.  Numbers stand as printed, so that 59.0 comes back as 59.0 from any program that keeps the text of a cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dualbio.errors import DataError, Problem
from dualbio.model.evidence import AnyRow, Comparison, Result, StudyFile
from dualbio.model.record_fields import Inline, Record, RecordField, fields_of
from dualbio.sources.canonical import field_order
from dualbio.sources.exchange.cells import read_rows, write_rows
from dualbio.sources.form_problems import form_problems

__all__ = ["COLUMNS", "read_sheet", "sheet_text", "with_rows"]

_BETWEEN = " | "
_STUDY = "study"
#: Columns without which nobody knows where a line belongs.
_REQUIRED = (_STUDY, "id")


@cache
def _columns_of(model: type[Record]) -> dict[str, RecordField]:
    """Return the fields of a record by the names of their columns, those of records inside among them."""
    fields = {field.name: field for field in fields_of(model)}
    columns: dict[str, RecordField] = {}
    for name in field_order(model):
        field = fields[name]
        if isinstance(field.mark, Inline):
            columns |= {f"{name}.{inner}": each for inner, each in _columns_of(field.base).items()}
        else:
            columns[name] = field
    return columns


#: The columns of the sheet: the study, then the fields of results and comparisons.
COLUMNS: tuple[str, ...] = tuple(dict.fromkeys((_STUDY, *_columns_of(Result), *_columns_of(Comparison))))


def sheet_text(files: Iterable[StudyFile]) -> str:
    """Return the results and comparisons of studies as the CSV text of a sheet."""
    return write_rows(
        COLUMNS,
        ({_STUDY: file.study.id, **_cells(row)} for file in files for row in file.rows),
    )


def read_sheet(path: Path) -> dict[str, list[AnyRow]]:
    """Return the rows of a sheet by the keys of their studies.

    Raises:
        DataError: foreign columns, or lines that are no rows; all problems are listed, each with its line.
    """
    problems: list[Problem] = []
    rows: dict[str, list[AnyRow]] = {}
    lines: dict[tuple[str, str], int] = {}
    for line, cells in read_rows(path, COLUMNS, _REQUIRED):
        study, key = cells.pop(_STUDY, ""), cells.get("id", "")
        record = f"{study or '?'} {key or '?'}"
        model: type[AnyRow] = Comparison if key.startswith("c") else Result
        known = _columns_of(model)
        wrong = [name for name in cells if name not in known]
        told = [f"'{name}' is not a field of a {model.__name__.lower()}; accepted: an empty cell" for name in wrong]
        if not study:
            told.append("the line names no study; repair: fill in the column 'study'")
        if (study, key) in lines:
            told.append(f"row {key} of {study} is already in line {lines[study, key]}; repair: choose another id")
        lines[study, key] = line
        if not told:
            try:
                rows.setdefault(study, []).append(model.model_validate(_values(model, cells)))
            except ValidationError as error:
                told = [message for _, _, message in form_problems(error, model, {})]
        problems += [Problem(str(path), line, record, "sheet", message) for message in told]
    if problems:
        raise DataError(problems)
    return rows


def with_rows(file: StudyFile, rows: Iterable[AnyRow]) -> tuple[StudyFile, tuple[str, ...]]:
    """Return a study file with `rows` in place of those of their ids, the others at the end, and the ids that changed.

    A row that the sheet lacks stays: nothing is deleted by leaving it out.
    """
    results, comparisons = {row.id: row for row in file.results or ()}, {row.id: row for row in file.comparisons or ()}
    changed = []
    for row in rows:
        held: dict[str, Any] = results if isinstance(row, Result) else comparisons
        if held.get(row.id) != row or repr(held.get(row.id)) != repr(row):
            changed.append(row.id)
        held[row.id] = row
    update = {"results": tuple(results.values()) or None, "comparisons": tuple(comparisons.values()) or None}
    return file.model_copy(update=update), tuple(changed)


def _cells(record: Record) -> dict[str, str]:
    """Return the filled cells of a record by column."""
    cells: dict[str, str] = {}
    for field in fields_of(type(record)):
        value = getattr(record, field.name)
        if value is None:
            continue
        if isinstance(value, Record):
            cells |= {f"{field.name}.{name}": text for name, text in _cells(value).items()}
        else:
            cells[field.name] = _BETWEEN.join(value) if isinstance(value, tuple) else _text(value)
    return cells


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _values(model: type[Record], cells: dict[str, str]) -> dict[str, Any]:
    """Return the fields of a record from its cells, records inside as mappings."""
    known = _columns_of(model)
    values: dict[str, Any] = {}
    for name, text in cells.items():
        place, _, inner = name.partition(".")
        value = _value(known[name], text)
        if inner:
            values.setdefault(place, {})[inner] = value
        else:
            values[place] = value
    return values


def _value(field: RecordField, text: str) -> Any:
    """Return a cell as the field takes it; what does not fit stays text, which the record refuses."""
    if field.many:
        return tuple(part.strip() for part in text.split(_BETWEEN.strip()))
    if field.base is not str:
        text = text.strip()
    if field.base is not str and text in ("true", "false"):
        return text == "true"
    try:
        if field.base is int:
            return int(text)
        if field.base is Decimal:
            return Decimal(text)
    except (ValueError, InvalidOperation):
        return text
    return text
