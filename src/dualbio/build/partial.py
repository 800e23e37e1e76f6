"""Read what can be read of a folder of curated sources: parts may be missing, and broken files are set apart.

`read_corpus` wants a whole and sound folder; a user's folder holds a part of one, and a check wants to tell more than
the first broken file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dualbio.corpus import Corpus, Document, _read_table, read_document
from dualbio.entities import TABLES, Entity
from dualbio.errors import DataError, Problem
from dualbio.evidence import StudyFile
from dualbio.fields import Record
from dualbio.lessons import FindingsFile, LessonsFile

__all__ = ["holds_records", "read_partial"]


def read_partial(folder: Path, problems: list[Problem]) -> Corpus:
    """Return the records of a folder; missing parts are empty, and the problems of broken files join `problems`."""
    entities: dict[str, Mapping[str, Entity]] = {}
    lines: dict[str, Mapping[str, int]] = {}
    for table in TABLES:
        there = (folder / "entities" / table.file).exists()
        entities[table.kind], lines[table.kind] = _read_table(folder, table, problems) if there else ({}, {})
    studies = {}
    for path in sorted((folder / "evidence").glob("*.yaml")):
        document = _read(folder, path, StudyFile, problems)
        if document:
            studies[path.stem] = document
    lessons = _read(folder, folder / "lessons" / "lessons.yaml", LessonsFile, problems)
    findings = _read(folder, folder / "lessons" / "biomarker-findings.yaml", FindingsFile, problems)
    no_lessons = Document(f"{folder.name}/lessons/lessons.yaml", LessonsFile(lessons=()), {})
    no_findings = Document(f"{folder.name}/lessons/biomarker-findings.yaml", FindingsFile(biomarker_findings=()), {})
    return Corpus(folder, entities, lines, studies, lessons or no_lessons, findings or no_findings)


def holds_records(corpus: Corpus) -> bool:
    """Say whether a corpus holds any record."""
    lessons, findings = corpus.lessons_file.lessons, corpus.findings_file
    gathered = (corpus.studies, lessons, findings.biomarker_findings, findings.not_found, *corpus.entities.values())
    return any(gathered)


def _read(folder: Path, path: Path, model: type[Record], problems: list[Problem]) -> Document | None:
    if not path.exists():
        return None
    try:
        return read_document(folder, path, model)
    except DataError as error:
        problems += error.problems
        return None
