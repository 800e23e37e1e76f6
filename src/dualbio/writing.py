"""The canonical form of curated files: fields in one order, a row a line, so that a diff shows meaning only.

A record of plain values takes one line; one that holds lists or records of its own takes a line a field.
Values are written as they were read: numbers keep their zeros, text its words.
Comment lines at the head of a file stay; remarks on a record belong in its `note`, other comments are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from dualbio.corpus import Corpus
from dualbio.entities import TABLES, Entity
from dualbio.errors import Problem
from dualbio.evidence import Comparison, Result, StudyFile
from dualbio.fields import Record, fields_of

__all__ = [
    "CANONICAL",
    "canonical_problems",
    "canonical_text",
    "field_order",
    "fix",
    "row_text",
    "table_text",
    "write_record",
    "write_study",
]

#: Name of the check that compares files with their canonical form.
CANONICAL = "canonical-form"

_TAG = "tag:yaml.org,2002:"
_WIDTH = 2**31 - 1  # no line is ever broken
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_WHAT = ("kind", "outcome", "ae", "biomarker", "outcome_as_reported", "role", "subgroup", "week")
_WHERE = ("alternative_to", "source", "locator", "checked", "note")
#: Order of fields where it is not that of the model: rows begin with what tells them apart.
_ORDER: dict[type[Record], tuple[str, ...]] = {
    Result: (
        *("id", "arm", *_WHAT, "timepoint", "period", "population", "unit_of_analysis", "statistic"),
        *("events", "total", "person_years", "value", "value_bound", "unit", "interval", "spread"),
        *("derived", "derived_fields", "arm_assignment_checked", *_WHERE),
    ),
    Comparison: (
        *("id", "a", "b", "contrast_type", "from_timepoint", "to_timepoint", *_WHAT, "pooled_studies"),
        *("measure", "estimate", "unit", "interval", "p", "adjusted", "significant", "favours", "within_change"),
        *_WHERE,
    ),
}


def field_order(model: type[Record]) -> tuple[str, ...]:
    """Return the names of a model's fields in the order in which files give them."""
    return _ORDER.get(model) or tuple(column.name for column in fields_of(model))


def canonical_text(record: Record, head: Sequence[str] = ()) -> str:
    """Return the canonical YAML of a file's record; `head` are the comment lines before it."""
    text: str = yaml.serialize(_mapping(record), Dumper=_Dumper, allow_unicode=True, width=_WIDTH)
    return "".join(f"{line}\n" for line in head) + text


def row_text(record: Record) -> str:
    """Return a record as YAML on one line, to be put into a list of rows."""
    node = _mapping(record)
    node.flow_style = True
    text: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=_WIDTH)
    return text.rstrip("\n")


def write_record(path: Path, record: Record) -> bool:
    """Write a record in canonical form, keeping the comment lines at the head; say whether the file changed."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = canonical_text(record, _head(before))
    if before == after:
        return False
    path.write_text(after, encoding="utf-8")
    return True


def write_study(path: Path, file: StudyFile) -> bool:
    """Write a study file in canonical form; say whether the file changed."""
    return write_record(path, file)


def table_text(rows: Sequence[Entity], model: type[Entity]) -> str:
    """Return a vocabulary table as tab-separated text, the columns in the order of the model."""
    names = [column.name for column in fields_of(model)]
    lines = ["\t".join(names), *("\t".join(_cell(getattr(row, name)) for name in names) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def canonical_problems(corpus: Corpus) -> list[Problem]:
    """Return the curated files of a corpus that are not in canonical form, with their first line that differs."""
    problems = []
    for path, wanted in _canonical_files(corpus):
        text = path.read_text(encoding="utf-8")
        if text != wanted:
            file = f"{corpus.folder.name}/{path.relative_to(corpus.folder)}"
            message = "the file is not in canonical form; repair: dualbio check --fix"
            problems.append(Problem(file, _first_difference(text, wanted), "file", CANONICAL, message))
    return problems


def fix(corpus: Corpus) -> list[Path]:
    """Rewrite the curated files of a corpus in canonical form; return those that changed."""
    changed = []
    for path, wanted in _canonical_files(corpus):
        if path.read_text(encoding="utf-8") != wanted:
            path.write_text(wanted, encoding="utf-8")
            changed.append(path)
    return changed


def _canonical_files(corpus: Corpus) -> Iterator[tuple[Path, str]]:
    """Yield every curated file with its canonical text."""
    for document in (*corpus.studies.values(), corpus.lessons, corpus.findings):
        path = corpus.folder / document.file.partition("/")[2]
        if path.exists():
            yield path, canonical_text(document.record, _head(path.read_text(encoding="utf-8")))
    for table in TABLES:
        path = corpus.folder / "entities" / table.file
        if path.exists():
            yield path, table_text(tuple(corpus.entities[table.kind].values()), table.model)


def _head(text: str) -> list[str]:
    """Return the comment and blank lines before the first record."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line.rstrip())
    return lines if any(lines) else []


def _mapping(record: Record) -> yaml.MappingNode:
    pairs = list(_pairs(record))
    flat = all(isinstance(value, yaml.ScalarNode) for _, value in pairs)
    return yaml.MappingNode(f"{_TAG}map", pairs, flow_style=flat)


def _pairs(record: Record) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    for name in field_order(type(record)):
        value = getattr(record, name)
        if value is not None and not (value == () and not type(record).model_fields[name].is_required()):
            yield _scalar(name), _node(value)


def _node(value: Any) -> yaml.Node:
    if isinstance(value, Record):
        return _mapping(value)
    if isinstance(value, tuple):
        items = [_node(item) for item in value]
        flat = all(isinstance(item, yaml.ScalarNode) for item in items)
        return yaml.SequenceNode(f"{_TAG}seq", items, flow_style=flat)
    return _scalar(value)


def _scalar(value: str | bool | int | Decimal) -> yaml.ScalarNode:
    match value:
        case bool():
            return yaml.ScalarNode(f"{_TAG}bool", "true" if value else "false")
        case int():
            return yaml.ScalarNode(f"{_TAG}int", str(value))
        case Decimal():
            text = f"{value:f}"
            return yaml.ScalarNode(f"{_TAG}float" if "." in text else f"{_TAG}int", text)
        case _:
            return yaml.ScalarNode(f"{_TAG}str", value)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case tuple():
            return " | ".join(value)
        case _:
            return str(value)


def _first_difference(text: str, wanted: str) -> int:
    pairs = zip(text.splitlines(), wanted.splitlines(), strict=False)
    return next((number for number, (one, other) in enumerate(pairs, start=1) if one != other), 1)
