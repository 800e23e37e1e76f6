"""The whole of the curated sources in memory: vocabularies, studies, lessons, findings, each with its file and lines.

`read_corpus` gathers every problem of form in every file before it complains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dualbio.entities import TABLES, Entity, Table
from dualbio.errors import DataError, Problem, did_you_mean
from dualbio.evidence import StudyFile
from dualbio.fields import Field_, Record, fields_of
from dualbio.lessons import FindingsFile, LessonsFile
from dualbio.reading import Lines, UnreadableError, read_tsv, read_yaml

__all__ = ["Corpus", "Document", "read_corpus", "read_document"]


@dataclass(frozen=True)
class Document:
    """One curated file: its name relative to the sources, its records, the line of every value."""

    file: str
    record: Record
    lines: Lines = field(repr=False)

    def line(self, *path: str | int) -> int:
        """Return the line of the value at `path`, or of the nearest value around it."""
        return _line(self.lines, path)


@dataclass(frozen=True)
class Corpus:
    """All curated records, keyed as the files key them."""

    folder: Path
    entities: Mapping[str, Mapping[str, Entity]]
    entity_lines: Mapping[str, Mapping[str, int]]
    studies: Mapping[str, Document]
    lessons: Document
    findings: Document

    def study(self, key: str) -> StudyFile:
        """Return the study file of `key`."""
        record = self.studies[key].record
        assert isinstance(record, StudyFile)
        return record

    @cached_property
    def study_files(self) -> dict[str, StudyFile]:
        """Study files by key."""
        return {key: self.study(key) for key in self.studies}

    @property
    def lessons_file(self) -> LessonsFile:
        """The lessons."""
        assert isinstance(self.lessons.record, LessonsFile)
        return self.lessons.record

    @property
    def findings_file(self) -> FindingsFile:
        """The biomarker findings."""
        assert isinstance(self.findings.record, FindingsFile)
        return self.findings.record


def read_corpus(folder: Path) -> Corpus:
    """Read every curated file below `folder`.

    Raises:
        DataError: one or more files break the form of their records; all problems are listed.
    """
    problems: list[Problem] = []
    entities: dict[str, dict[str, Entity]] = {}
    entity_lines: dict[str, dict[str, int]] = {}
    for table in TABLES:
        entities[table.kind], entity_lines[table.kind] = _read_table(folder, table, problems)
    studies: dict[str, Document] = {}
    for path in sorted((folder / "evidence").glob("*.yaml")):
        document = _read_or_note(folder, path, StudyFile, problems)
        if document is not None:
            studies[path.stem] = document
    lessons = _read_or_note(folder, folder / "lessons" / "lessons.yaml", LessonsFile, problems)
    findings = _read_or_note(folder, folder / "lessons" / "biomarker-findings.yaml", FindingsFile, problems)
    if problems or lessons is None or findings is None:
        raise DataError(problems)
    return Corpus(folder, entities, entity_lines, studies, lessons, findings)


def read_document(folder: Path, path: Path, model: type[Record]) -> Document:
    """Read one YAML file below `folder` as a record of `model`.

    Raises:
        DataError: the file is not YAML or does not conform; all its problems are listed.
    """
    file = _relative(folder, path)
    try:
        content, lines = read_yaml(path)
    except FileNotFoundError as error:
        raise DataError(
            [Problem(file, 0, "file", "missing-file", "the file does not exist; repair: restore it")]
        ) from error
    except UnreadableError as error:
        raise DataError([Problem(file, error.line, "file", "syntax", str(error))]) from error
    try:
        return Document(file, model.model_validate(content), lines)
    except ValidationError as error:
        raise DataError(list(_explain(file, lines, model, content, error))) from error


def _line(lines: Lines, path: tuple[str | int, ...]) -> int:
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 0)


def _relative(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder)}"


def _read_or_note(folder: Path, path: Path, model: type[Record], problems: list[Problem]) -> Document | None:
    try:
        return read_document(folder, path, model)
    except DataError as error:
        problems += error.problems
        return None


def _read_table(folder: Path, table: Table, problems: list[Problem]) -> tuple[dict[str, Entity], dict[str, int]]:
    path = folder / "entities" / table.file
    file = _relative(folder, path)
    columns = fields_of(table.model)
    rows: dict[str, Entity] = {}
    lines: dict[str, int] = {}
    try:
        cells = read_tsv(path, tuple(column.name for column in columns))
    except FileNotFoundError:
        problems.append(Problem(file, 0, "file", "missing-file", "the table does not exist; repair: restore it"))
        return rows, lines
    except UnreadableError as error:
        problems.append(Problem(file, error.line, "file", "syntax", str(error)))
        return rows, lines
    for line, row in cells:
        record = f"{table.kind} {row.get('key', '?')}"
        try:
            entity = table.model.model_validate({c.name: _cell(c, row[c.name]) for c in columns if c.name in row})
        except ValidationError as error:
            found = _explain(file, {(): line}, table.model, row, error)
            problems += [replace(problem, record=record) for problem in found]
            continue
        if entity.key in rows:
            message = f"key '{entity.key}' is already in line {lines[entity.key]}; repair: choose another key"
            problems.append(Problem(file, line, record, "duplicate-key", message))
        rows[entity.key], lines[entity.key] = entity, line
    return rows, lines


def _cell(column: Field_, text: str) -> object:
    if column.many:
        return tuple(part.strip() for part in text.split("|"))
    if column.base is bool:
        return {"true": True, "false": False}.get(text, text)
    return text


def _explain(file: str, lines: Lines, model: type[Record], content: Any, error: ValidationError) -> Iterator[Problem]:
    """Turn each pydantic error into a problem with its line, the record it is in and the words accepted."""
    for detail in error.errors():
        path = tuple(detail["loc"])
        yield Problem(file, _line(lines, path), _record_name(content, path), "schema", _message(model, path, detail))


def _record_name(content: Any, path: tuple[str | int, ...]) -> str:
    """Name the innermost record on `path` that has an id, such as `results r003`."""
    name, section = "file", ""
    for part in path:
        if isinstance(part, str):
            section = part
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(content, dict) and isinstance(content.get("id") or content.get("key"), str):
            name = f"{section} {content.get('id') or content.get('key')}"
    return name


def _message(model: type[Record], path: tuple[str | int, ...], detail: Any) -> str:
    names = [part for part in path if isinstance(part, str)]
    where = f"field '{names[-1]}'" if names else "record"
    found = detail.get("input")
    match detail["type"]:
        case "extra_forbidden":
            known = _known_fields(model, path)
            return f"{where} is not known; accepted: {', '.join(known)}{did_you_mean(names[-1], known)}"
        case "missing":
            return f"{where} is missing; repair: add it"
        case "literal_error":
            accepted = detail["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
            return f"{where} is '{found}'; accepted: {accepted}{did_you_mean(str(found), accepted.split(', '))}"
        case "string_pattern_mismatch":
            return f"{where} is '{found}'; accepted: text that matches {detail['ctx']['pattern']}"
        case "value_error":
            return f"{detail['ctx']['error']}"
        case _:
            return f"{where} is {_shown(found)}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _shown(found: object) -> str:
    text = repr(str(found)) if not isinstance(found, (dict, tuple)) else type(found).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."


def _known_fields(model: type[Record], path: tuple[str | int, ...]) -> list[str]:
    """Return the field names of the record model that `path` ends in."""
    for part in path[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            base = next(f.base for f in fields_of(model) if f.name == part)
            if isinstance(base, type) and issubclass(base, Record):
                model = base
    return list(model.model_fields)
