"""Curated sources in memory: vocabularies, studies, lessons, findings, questions, each with its file and lines.

`read_corpus` wants a whole and sound folder, and gathers every problem of form in every file before it complains.
`read_folder` reads what can be read: a user's folder holds a part, and a check tells more than the first broken file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dualbio.errors import DataError, Problem
from dualbio.model.entities import TABLES, Entities, Entity, VocabularyTable
from dualbio.model.evidence import StudyFile
from dualbio.model.lessons import FindingsFile, LessonsFile
from dualbio.model.record_fields import Record, RecordField, fields_of
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.sources.folders import files_in, name_below
from dualbio.sources.form_problems import form_problems, line_of
from dualbio.sources.yaml_lines import Lines, UnreadableError, read_tsv, read_value, read_yaml

__all__ = ["Corpus", "Document", "read_corpus", "read_document", "read_entities", "read_folder", "studies_by_number"]

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Document:
    """One curated file: its name relative to the sources, its records, the line of every value."""

    file: str
    record: Record
    lines: Lines = field(repr=False)

    def line(self, *path: str | int) -> int:
        """Return the line of the value at `path`, or of the nearest value around it."""
        return line_of(self.lines, path)


@dataclass(frozen=True)
class Corpus:
    """All curated records, keyed as the files key them; of a `broken` file not every record is here."""

    folder: Path
    entities: Entities
    entity_lines: Mapping[str, Mapping[str, int]]
    studies: Mapping[str, Document]
    lessons: Document
    findings: Document
    syntheses: Mapping[str, Document] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every curated file but the vocabulary tables: studies, lessons, findings, questions across studies."""
        return (*self.studies.values(), self.lessons, self.findings, *self.syntheses.values())

    def study(self, key: str) -> StudyFile:
        """Return the study file of `key`."""
        record = self.studies[key].record
        assert isinstance(record, StudyFile)
        return record

    @cached_property
    def study_files(self) -> dict[str, StudyFile]:
        """Study files by key."""
        return {key: self.study(key) for key in self.studies}

    @cached_property
    def questions(self) -> dict[str, SynthesisQuestion]:
        """Questions across studies by key."""
        records = {key: document.record for key, document in self.syntheses.items()}
        return {key: record for key, record in records.items() if isinstance(record, SynthesisQuestion)}

    @property
    def holds_records(self) -> bool:
        """Whether there is any record."""
        findings = self.findings_file
        told = (self.lessons_file.lessons, findings.biomarker_findings, findings.not_found)
        gathered = (self.studies, self.syntheses, *told)
        return any((*gathered, *self.entities.values()))

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
        DataError: one or more files are missing or break the form of their records; all problems are listed.
    """
    corpus, problems = read_folder(folder)
    if problems:
        raise DataError(problems)
    return corpus


def read_folder(folder: Path, *, whole: bool = True) -> tuple[Corpus, list[Problem]]:
    """Return the sound records below `folder`, and the problems of the files that are broken.

    Args:
        folder: the curated sources, or a user's own.
        whole: whether every table has to be there; otherwise what is missing is empty.
    """
    problems: list[Problem] = []
    tables = {table.kind: _read_table(folder, table, problems, whole=whole) for table in TABLES}
    studies, syntheses = (
        {
            path.stem: document
            for path in files_in(folder / name, "*.yaml")
            if (document := _read_or_note(folder, path, model, problems))
        }
        for name, model in (("evidence", StudyFile), ("syntheses", SynthesisQuestion))
    )
    lessons, findings = (
        _read_or_note(folder, folder / "lessons" / name, model, problems, whole=whole)
        or Document(f"{folder.name}/lessons/{name}", empty, {})
        for name, model, empty in (
            ("lessons.yaml", LessonsFile, LessonsFile(lessons=())),
            ("biomarker-findings.yaml", FindingsFile, FindingsFile(biomarker_findings=())),
        )
    )
    entities = {kind: rows for kind, (rows, _) in tables.items()}
    lines = {kind: places for kind, (_, places) in tables.items()}
    broken = frozenset(problem.file for problem in problems)
    return Corpus(folder, entities, lines, studies, lessons, findings, syntheses, broken), problems


def read_entities(folder: Path) -> dict[str, dict[str, Entity]]:
    """Read the vocabularies below `folder` alone, by kind and key.

    Raises:
        DataError: a table is missing or broken; all problems are listed.
    """
    problems: list[Problem] = []
    entities = {table.kind: _read_table(folder, table, problems, whole=True)[0] for table in TABLES}
    if problems:
        raise DataError(problems)
    return entities


def studies_by_number(*folders: Path) -> dict[str, str]:
    """Return the key of each study below folders of sources by its registry ids; of its file nothing else is read.

    A file that cannot be read holds no study here: a check tells of it.
    """
    keys: dict[str, str] = {}
    for path in (path for folder in folders for path in files_in(folder / "evidence", "*.yaml")):
        with suppress(UnreadableError):
            study = read_value(path, "study")
            numbers = study.get("registry_ids") if isinstance(study, dict) else None
            keys |= dict.fromkeys(map(str, numbers or ()), path.stem)
    return keys


def read_document(folder: Path, path: Path, model: type[Record]) -> Document:
    """Read one YAML file below `folder` as a record of `model`.

    Raises:
        DataError: the file is not YAML or does not conform; all its problems are listed.
    """
    file = name_below(folder, path)
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


def _read_or_note(
    folder: Path, path: Path, model: type[Record], problems: list[Problem], *, whole: bool = True
) -> Document | None:
    if not whole and not path.exists():
        return None
    try:
        return read_document(folder, path, model)
    except DataError as error:
        problems += error.problems
        return None


def _read_table(
    folder: Path, table: VocabularyTable, problems: list[Problem], *, whole: bool
) -> tuple[dict[str, Entity], dict[str, int]]:
    path = folder / "entities" / table.file
    file = name_below(folder, path)
    columns = fields_of(table.model)
    rows: dict[str, Entity] = {}
    lines: dict[str, int] = {}
    try:
        cells = read_tsv(path, tuple(column.name for column in columns))
    except FileNotFoundError:
        if whole:
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


def _cell(column: RecordField, text: str) -> object:
    if column.many:
        return tuple(part.strip() for part in text.split("|"))
    if column.base is bool:
        return {"true": True, "false": False}.get(text, text)
    if column.base is Decimal and _NUMBER.fullmatch(text):
        return Decimal(text)
    return text


def _explain(file: str, lines: Lines, model: type[Record], content: Any, error: ValidationError) -> Iterator[Problem]:
    """Turn each error of a model into a problem with its line, the record it is in and the words accepted."""
    for path, line, message in form_problems(error, model, lines):
        yield Problem(file, line, _record_name(content, path), "schema", message)


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
