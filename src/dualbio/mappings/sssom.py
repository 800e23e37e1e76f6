"""Read the curated mapping sets, SSSOM tables with a YAML head in `#` lines, and report every defect at once.

A set maps our entities to terms of outside vocabularies.  A set whose predicate is `IAO:0100001` (term replaced by)
says instead which outside term took the place of a withdrawn one, so that old identifiers still lead to our entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from dualbio.errors import DataError, Problem, counted, did_you_mean
from dualbio.model.entities import TABLES
from dualbio.model.namespaces import PREFIXES
from dualbio.model.record_fields import fields_of
from dualbio.sources.folders import files_in
from dualbio.sources.yaml_lines import UnreadableError, read_tsv

__all__ = ["COLUMNS", "JUSTIFICATIONS", "PREDICATES", "REPLACED_BY", "Mapping", "read_mappings"]

#: Columns of a set, in this order.  `object_source_version` is a version of the vocabulary itself, and empty where only
#: another's copy of it was read; `other` says what was read, as `seen_in=…`.
COLUMNS: tuple[str, ...] = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "object_source",
    "object_source_version",
    "other",
    "comment",
)
_OPTIONAL = frozenset({"comment", "object_source_version"})
_SEEN_IN = "seen_in="

#: The predicate of a set of withdrawn outside terms.
REPLACED_BY = "IAO:0100001"
PREDICATES: tuple[str, ...] = (
    "skos:exactMatch",
    "skos:closeMatch",
    "skos:broadMatch",
    "skos:narrowMatch",
    "skos:relatedMatch",
    REPLACED_BY,
)
JUSTIFICATIONS: tuple[str, ...] = (
    "semapv:ManualMappingCuration",
    "semapv:LexicalMatching",
    "semapv:MappingChaining",
)
#: Columns whose values come from a closed list, and the check that finds others.
_CLOSED = (
    ("predicate_id", PREDICATES, "unknown-predicate"),
    ("mapping_justification", JUSTIFICATIONS, "unknown-justification"),
)
_HEAD: tuple[str, ...] = ("mapping_set_id", "license", "curie_map")
_NAMESPACE = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_CURIE = re.compile(r"[A-Za-z][A-Za-z0-9.-]*:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Mapping:
    """One row of a mapping set, with the IRIs that its CURIEs stand for and the place where it is written.

    `subject_label_zh` is what our entity is called in Chinese, where that is known; `confidence` lies between 0 and 1;
    `seen_in` names the file that shows the object, `version` the release of the outside vocabulary where that file is
    one.
    """

    subject: str
    subject_label: str
    predicate: str
    object: str
    object_label: str
    justification: str
    confidence: Decimal
    source: str
    seen_in: str
    version: str | None
    comment: str | None
    subject_iri: str
    predicate_iri: str
    object_iri: str
    file: str
    line: int
    subject_label_zh: str | None = None

    @property
    def object_prefix(self) -> str:
        """Prefix of the outside term, such as `MONDO`."""
        return self.object.partition(":")[0]


def read_mappings(folder: Path) -> list[Mapping]:
    """Read every set in `folder`/mappings and compare its subjects with the tables in `folder`/entities.

    Args:
        folder: the folder of curated sources, the same that `read_corpus` takes.

    Raises:
        DataError: one or more rows do not conform; all problems are listed.
    """
    reader = _Reader(_Subjects.of(folder))
    mappings = [
        mapping
        for path in files_in(folder / "mappings", "*.sssom.tsv")
        for mapping in reader.read(path, f"{folder.name}/mappings/{path.name}")
    ]
    if reader.problems:
        raise DataError(reader.problems)
    return mappings


@dataclass(frozen=True)
class _Subjects:
    """Labels of our entities by CURIE, and the kinds whose table could not be read (`read_corpus` reports why)."""

    labels: dict[str, str]
    chinese: dict[str, str]
    unreadable: frozenset[str]

    @classmethod
    def of(cls, folder: Path) -> _Subjects:
        labels: dict[str, str] = {}
        chinese: dict[str, str] = {}
        unreadable = set()
        for table in TABLES:
            columns = tuple(column.name for column in fields_of(table.model))
            try:
                rows = read_tsv(folder / "entities" / table.file, columns)
            except (FileNotFoundError, UnreadableError):
                unreadable.add(table.kind)
                continue
            labels |= {f"{table.kind}:{row['key']}": row.get("label", "") for _, row in rows if "key" in row}
            chinese |= {
                f"{table.kind}:{row['key']}": row["label_zh"] for _, row in rows if {"key", "label_zh"} <= {*row}
            }
        return cls(labels, chinese, frozenset(unreadable))


@dataclass
class _Reader:
    """Reads sets one after another; remembers rows and object labels so that sets agree with each other."""

    subjects: _Subjects
    problems: list[Problem] = field(default_factory=list)
    _rows: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _object_labels: dict[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, path: Path, file: str) -> Iterator[Mapping]:
        """Yield the sound rows of one set; note the problems of the others."""
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            self.problems.append(Problem(file, 0, "file", "syntax", f"not UTF-8: {error}; repair: save it as UTF-8"))
            return
        lines = text.splitlines()
        head_length = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
        curie_map = self._curie_map(file, lines[:head_length])
        header = lines[head_length].split("\t") if head_length < len(lines) else []
        problem = _header_problem(header)
        if problem:
            self.problems.append(Problem(file, head_length + 1, "header", "missing-column", problem))
            return
        for number, line in enumerate(lines[head_length + 1 :], start=head_length + 2):
            cells = line.split("\t")
            if len(cells) != len(COLUMNS):
                text = f"the row has {counted(len(cells), 'cell')}; accepted: {len(COLUMNS)}, separated by tabs"
                self.problems.append(Problem(file, number, cells[0] or "row", "cells", text))
                continue
            yield from self._row(dict(zip(COLUMNS, cells, strict=True)), curie_map, file, number)

    def _curie_map(self, file: str, lines: list[str]) -> dict[str, str]:
        """Return the prefixes of a head; note what the head lacks and what contradicts the prefix table."""
        try:
            head: Any = yaml.safe_load("\n".join(line[1:] for line in lines)) or {}
        except yaml.YAMLError as error:
            message = f"the head is not YAML: {error}; repair: correct the # lines".replace("\n", " ")
            self.problems.append(Problem(file, 1, "head", "head", message))
            return {}
        if not isinstance(head, dict):
            head = {}
        for name in _HEAD:
            if not head.get(name):
                message = f"the head has no '{name}'; repair: add it as a # line above the columns"
                self.problems.append(Problem(file, 1, "head", "head", message))
        curie_map = head.get("curie_map")
        bound = {str(p): str(iri) for p, iri in curie_map.items()} if isinstance(curie_map, dict) else {}
        for prefix, iri in bound.items():
            if not _NAMESPACE.fullmatch(iri):
                message = f"prefix '{prefix}' is bound to '{iri}'; accepted: an http or https IRI"
                self.problems.append(Problem(file, 1, "head", "head", message))
            elif PREFIXES.get(prefix, iri) != iri:
                message = f"prefix '{prefix}' is bound to {iri}; accepted: {PREFIXES[prefix]}, as everywhere in dualbio"
                self.problems.append(Problem(file, 1, "head", "prefix-conflict", message))
        return bound

    def _row(self, cells: dict[str, str], curie_map: dict[str, str], file: str, line: int) -> Iterator[Mapping]:
        record = f"{cells['subject_id'] or '?'} {cells['object_id']}".strip()
        found = [
            *_cell_problems(cells, curie_map),
            *self._subject_problems(cells),
            *self._repeats(cells, f"{file}:{line}"),
        ]
        self.problems += [Problem(file, line, record, check, message) for check, message in found]
        if not found:
            yield _mapping(cells, curie_map, file, line, self.subjects.chinese.get(cells["subject_id"]))

    def _subject_problems(self, cells: dict[str, str]) -> Iterator[tuple[str, str]]:
        subject, label = cells["subject_id"], cells["subject_label"]
        kind = subject.partition(":")[0]
        if cells["predicate_id"] == REPLACED_BY or kind in self.subjects.unreadable or not subject:
            return
        known = self.subjects.labels
        if subject not in known:
            near = did_you_mean(subject, list(known)) or "; repair: use a key of entities/"
            yield "unknown-subject", f"subject '{subject}' is not a key of the tables{near}"
        elif label != known[subject]:
            message = f"subject label is '{label}'; accepted: '{known[subject]}', the label of {subject} in entities/"
            yield "subject-label", message

    def _repeats(self, cells: dict[str, str], place: str) -> Iterator[tuple[str, str]]:
        """Yield a row given twice, and an object that bears another label elsewhere."""
        row = (cells["subject_id"], cells["predicate_id"], cells["object_id"])
        first = self._rows.setdefault(row, place)
        if first != place:
            yield "duplicate-row", f"'{' '.join(row)}' is already in {first}; repair: remove one"
        label, where = self._object_labels.setdefault(cells["object_id"], (cells["object_label"], place))
        if label != cells["object_label"]:
            found = f"'{cells['object_id']}' is labelled '{cells['object_label']}' here and '{label}' in {where}"
            yield "object-label", f"{found}; accepted: one label for one term"


def _header_problem(header: list[str]) -> str | None:
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing:
        return f"column {', '.join(missing)} is missing; repair: give the columns {' '.join(COLUMNS)}"
    if unknown:
        return f"column {', '.join(unknown)} is not known; accepted: {' '.join(COLUMNS)}"
    return None if tuple(header) == COLUMNS else f"columns are in another order; accepted: {' '.join(COLUMNS)}"


def _cell_problems(cells: dict[str, str], curie_map: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield check name and message of every cell that by itself is wrong."""
    for name in COLUMNS:
        if not cells[name] and name not in _OPTIONAL:
            check = "missing-justification" if name == "mapping_justification" else "missing-cell"
            yield check, f"'{name}' is empty; repair: fill it in"
        elif cells[name] != cells[name].strip():
            yield "whitespace", f"'{name}' is '{cells[name]}'; repair: remove the blanks around it"
    for name in ("subject_id", "object_id", "object_source"):
        if cells[name]:
            yield from _curie_problems(name, cells[name], curie_map)
    for name, accepted, check in _CLOSED:
        if cells[name] and cells[name] not in accepted:
            near = did_you_mean(cells[name], accepted)
            yield check, f"'{name}' is '{cells[name]}'; accepted: {', '.join(accepted)}{near}"
        elif cells[name]:
            yield from _curie_problems(name, cells[name], curie_map)
    if cells["other"] and not re.match(f"{_SEEN_IN}.", cells["other"]):
        yield "seen-in", f"'other' is '{cells['other']}'; accepted: {_SEEN_IN} and the file that shows the term"
    if cells["confidence"] and _confidence(cells["confidence"]) is None:
        yield "confidence", f"'confidence' is '{cells['confidence']}'; accepted: a number from 0 to 1"


def _curie_problems(name: str, curie: str, curie_map: dict[str, str]) -> Iterator[tuple[str, str]]:
    if not _CURIE.fullmatch(curie):
        yield "malformed-curie", f"'{name}' is '{curie}'; accepted: prefix:local, such as MONDO:0007915"
    elif curie.partition(":")[0] not in curie_map:
        prefix = curie.partition(":")[0]
        near = did_you_mean(prefix, list(curie_map)) or "; repair: add it to the head"
        yield "unknown-prefix", f"prefix '{prefix}' of '{name}' is not in the curie_map{near}"


def _confidence(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= 1 else None


def _mapping(
    cells: dict[str, str], curie_map: dict[str, str], file: str, line: int, subject_label_zh: str | None
) -> Mapping:
    def iri(curie: str) -> str:
        prefix, _, local = curie.partition(":")
        return curie_map[prefix] + local

    return Mapping(
        subject=cells["subject_id"],
        subject_label=cells["subject_label"],
        predicate=cells["predicate_id"],
        object=cells["object_id"],
        object_label=cells["object_label"],
        justification=cells["mapping_justification"],
        confidence=Decimal(cells["confidence"]),
        source=iri(cells["object_source"]),
        seen_in=cells["other"].removeprefix(_SEEN_IN),
        version=cells["object_source_version"] or None,
        comment=cells["comment"] or None,
        subject_iri=iri(cells["subject_id"]),
        predicate_iri=iri(cells["predicate_id"]),
        object_iri=iri(cells["object_id"]),
        file=file,
        line=line,
        subject_label_zh=subject_label_zh,
    )
