"""The canonical form of curated files: fixed order of fields, one line per row, so that diffs are minimal.

A record of plain values takes one line; one that holds lists or records of its own takes a line a field.
Values are written as they were read: numbers keep their zeros, text its words.
Comment lines at the head of a file stay; remarks on a record belong in its `note`, other comments are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from dualbio.errors import Problem
from dualbio.model.entities import TABLES, Entity
from dualbio.model.evidence import Comparison, Result
from dualbio.model.record_fields import Record, fields_of
from dualbio.sources.corpus import Corpus
from dualbio.sources.folders import name_below
from dualbio.sources.yaml_lines import SafeDumper

__all__ = [
    "CANONICAL",
    "canonical_problems",
    "canonical_text",
    "field_order",
    "file_head",
    "fix",
    "table_text",
]

#: Name of the check that compares files with their canonical form.
CANONICAL = "canonical-form"

_TAG = "tag:yaml.org,2002:"
_NAME = yaml.ScalarNode(f"{_TAG}str", "x")
_WIDTH = 2**31 - 1  # no line is ever broken
#: Texts that are plain in YAML whatever stands around them, and words that are something else there.
_KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_WORDS = ("true", "false", "yes", "no", "on", "off", "y", "n", "null")

_WHAT = (
    *("kind", "outcome", "ae", "biomarker", "outcome_as_reported", "seriousness", "definition"),
    *("role", "subgroup", "week"),
)
_WHERE = ("state", "alternative_to", "source", "locator", "checked", "note")
#: Order of fields where it is not that of the model: rows begin with what tells them apart.
_ORDER: dict[type[Record], tuple[str, ...]] = {
    Result: (
        *("id", "arm", *_WHAT, "timepoint", "period", "population", "unit_of_analysis", "statistic"),
        *("events", "total", "person_years", "value", "value_bound", "unit", "interval", "spread"),
        *("derived", "derived_fields", "arm_assignment_checked", *_WHERE),
    ),
    Comparison: (
        *("id", "a", "b", "contrast_type", "from_timepoint", "to_timepoint", *_WHAT, "pooled_studies"),
        *(
            "measure",
            "estimate",
            "unit",
            "interval",
            "p",
            "derived",
            "derived_fields",
            "adjusted",
            "significant",
            "significance_stated_in",
            "favours",
            "within_change",
        ),
        *_WHERE,
    ),
}


def field_order(model: type[Record]) -> tuple[str, ...]:
    """Return the names of a model's fields in the order in which files give them."""
    return _ORDER.get(model) or tuple(column.name for column in fields_of(model))


def canonical_text(record: Record, head: Sequence[str] = ()) -> str:
    """Return the canonical YAML of a file's record; `head` are the comment lines before it."""
    return "".join(f"{line}\n" for line in (*head, *_lines(record)))


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
            file = name_below(corpus.folder, path)
            message = "the file is not in canonical form; repair: dualbio check --fix"
            problems.append(Problem(file, _first_difference(text, wanted), "file", CANONICAL, message))
    return problems


def fix(corpus: Corpus) -> list[Path]:
    """Rewrite the curated files of a corpus in canonical form, but no broken one; return those that changed."""
    changed = []
    for path, wanted in _canonical_files(corpus):
        if path.read_text(encoding="utf-8") != wanted:
            path.write_text(wanted, encoding="utf-8")
            changed.append(path)
    return changed


def _canonical_files(corpus: Corpus) -> Iterator[tuple[Path, str]]:
    """Yield every curated file with its canonical text; a broken one has none, because not all of it was read."""
    broken = {corpus.folder / file.partition("/")[2] for file in corpus.broken}
    for document in corpus.documents:
        path = corpus.folder / document.file.partition("/")[2]
        if path.exists() and path not in broken:
            yield path, canonical_text(document.record, file_head(path.read_text(encoding="utf-8")))
    for table in TABLES:
        path = corpus.folder / "entities" / table.file
        if path.exists() and path not in broken:
            yield path, table_text(tuple(corpus.entities[table.kind].values()), table.model)


def file_head(text: str) -> list[str]:
    """Return the comment and blank lines of a file before its first record."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line.rstrip())
    return lines if any(lines) else []


def _lines(record: Record) -> Iterator[str]:
    """Yield the lines of a record: one that is flat takes one line, otherwise a field takes one or more."""
    pairs = list(_pairs(record))
    for _, value in pairs:
        if isinstance(value, (Record, tuple)):
            break
    else:
        yield _flow(pairs)
        return
    for name, value in pairs:
        if isinstance(value, tuple) and any(isinstance(item, Record) for item in value):
            yield f"{name}:"
            for item in value:
                for number, line in enumerate(_lines(item)):
                    yield f"  {line}" if number else f"- {line}"
        elif isinstance(value, Record) and any(isinstance(each, Record | tuple) for _, each in _pairs(value)):
            yield f"{name}:"
            yield from (f"  {line}" for line in _lines(value))
        elif isinstance(value, Record):
            yield f"{name}: {_flow(_pairs(value))}"
        elif isinstance(value, tuple):
            yield f"{name}: [{', '.join(_scalar(item, in_flow=True) for item in value)}]"
        else:
            yield f"{name}: {_scalar(value)}"


def _flow(pairs: Iterable[tuple[str, Any]]) -> str:
    """Return plain values as a record on one line."""
    return f"{{{', '.join(f'{name}: {_scalar(value, in_flow=True)}' for name, value in pairs)}}}"


def _pairs(record: Record) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record that say something, in the order of files."""
    values = record.__dict__
    for name, required in _written(type(record)):
        value = values[name]
        if value is not None and (required or value != ()):
            yield name, value


@cache
def _written(model: type[Record]) -> tuple[tuple[str, bool], ...]:
    return tuple((name, model.model_fields[name].is_required()) for name in field_order(model))


def _scalar(value: str | bool | int | Decimal, *, in_flow: bool = False) -> str:
    if isinstance(value, str):
        return _text(value, in_flow)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f"{value:f}"


@lru_cache(maxsize=4096)
def _text(value: str, in_flow: bool) -> str:
    """Return a text as YAML has it on one line, quoted where it would be something else.

    Texts repeat from row to row, and asking the library takes most of the time.
    """
    if _KEY.fullmatch(value) and value not in _WORDS:
        return value
    style = '"' if len(value.splitlines()) > 1 or value != value.strip() else None
    scalar = yaml.ScalarNode(f"{_TAG}str", value, style=style)
    node = yaml.MappingNode(f"{_TAG}map", [(_NAME, scalar)], flow_style=in_flow)
    line: str = yaml.serialize(node, Dumper=SafeDumper, allow_unicode=True, width=_WIDTH).rstrip("\n")
    return line[len("{x: ") : -len("}")] if in_flow else line[len("x: ") :]


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
