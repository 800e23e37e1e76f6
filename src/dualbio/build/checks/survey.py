"""Every curated record with its file and line, as input of the checks.

A `Site` is one record: the file it stands in, the path to it, the study that its bare ids refer to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Literal, NamedTuple, TypeVar, cast

from dualbio.model.entities import TABLES
from dualbio.model.evidence import Comparison, Result, Row, StudyFile
from dualbio.model.lessons import BiomarkerFinding
from dualbio.model.record_fields import Record, RecordField, fields_of
from dualbio.sources.corpus import Corpus, Document
from dualbio.synthesis.coverage import Coverage, coverages

__all__ = ["READ_AGAIN", "Check", "CheckHit", "Place", "Severity", "Site", "Survey", "firm", "reachable", "table_file"]

R = TypeVar("R", bound=Record)
T = TypeVar("T", bound=Record)
Path = tuple[str | int, ...]
Severity = Literal["error", "warning", "note"]

#: How most disagreements of printed numbers are repaired.
READ_AGAIN = "repair: read the source again, or waive with a reason"


class Place(NamedTuple):
    """Where a value stands: file, line from 1, and the innermost record that has an id."""

    file: str
    line: int
    record: str


class CheckHit(NamedTuple):
    """A defect that a check found: its place, and the text that says what was found, accepted, and how to repair."""

    place: Place
    message: str


@dataclass(frozen=True)
class Check:
    """A named check: `title` is the rule in one sentence, `function` yields what breaks it.

    A check that is not `waivable` guards something that no study can have a good reason to break.
    """

    name: str
    severity: Severity
    title: str
    function: Callable[[Survey], Iterator[CheckHit]] = field(repr=False)
    waivable: bool = True


def firm(name: str, title: str, function: Callable[[Survey], Iterator[CheckHit]]) -> Check:
    """Return a check whose findings are errors that nothing can waive."""
    return Check(name, "error", title, function, waivable=False)


@dataclass(frozen=True)
class Site(Generic[R]):
    """One record and where it stands; `study` is the key of the study that its bare ids refer to."""

    document: Document = field(repr=False)
    path: Path
    record: R
    root_name: str
    study: str | None = None

    def at(self, *path: str | int) -> Place:
        """Return the place of the value at `path` below the record."""
        full = (*self.path, *path)
        return Place(self.document.file, self.document.line(*full), self._name(full))

    def finding(self, message: str, *path: str | int) -> CheckHit:
        """Return a finding at `path` below the record."""
        return CheckHit(self.at(*path), message)

    def below(self, record: T, *path: str | int) -> Site[T]:
        """Return the site of `record`, which stands at `path` below this one."""
        return Site(self.document, (*self.path, *path), record, self.root_name, _study_of(record, self.study))

    def _name(self, path: Path) -> str:
        value: object = self.document.record
        name, section = self.root_name, ""
        for part in path:
            if isinstance(part, str):
                section = part
                value = getattr(value, part, None)
            elif isinstance(value, tuple):
                value = value[part]
            key = getattr(value, "id", None)
            if isinstance(key, str):
                name = f"{section} {key}"
        return name


@dataclass(frozen=True)
class Survey:
    """All records of a corpus with their places, walked once and shared by the checks."""

    corpus: Corpus

    @cached_property
    def sites(self) -> tuple[Site[Record], ...]:
        """Every record, vocabularies first, then studies, lessons, findings and questions."""
        return tuple(site for root in self._roots() for site in _walk(root))

    @cached_property
    def _by_model(self) -> Mapping[type[Record], list[Site[Record]]]:
        index: dict[type[Record], list[Site[Record]]] = {}
        for site in self.sites:
            index.setdefault(type(site.record), []).append(site)
        return index

    def of(self, model: type[T]) -> Iterator[Site[T]]:
        """Yield the sites of the records of `model`, in the order of the files."""
        yield from cast("list[Site[T]]", self._by_model.get(model, []))

    def with_columns(self, mark: type) -> Iterator[tuple[Site[Record], tuple[RecordField, ...]]]:
        """Yield every site with those fields of its model that have a mark of the class `mark`; none without any."""
        columns = {
            model: tuple(column for column in fields_of(model) if isinstance(column.mark, mark))
            for model in self._by_model
        }
        for site in self.sites:
            if found := columns[type(site.record)]:
                yield site, found

    @cached_property
    def coverages(self) -> tuple[Coverage, ...]:
        """The state of every core outcome in every study."""
        return tuple(coverages(self.corpus))

    def rows(self) -> Iterator[Site[Row]]:
        """Yield the sites of all results, then of all comparisons."""
        for model in (Result, Comparison):
            yield from cast("list[Site[Row]]", self._by_model.get(model, []))

    def studies(self) -> Iterator[tuple[Site[StudyFile], StudyFile]]:
        """Yield each study file with its site."""
        for site in self.of(StudyFile):
            yield site, site.record

    def entity(self, kind: str, key: str) -> Site[Record]:
        """Return the site of a vocabulary row."""
        document = Document(
            table_file(self.corpus, kind), self.corpus.entities[kind][key], {(): self.corpus.entity_lines[kind][key]}
        )
        return Site(document, (), document.record, f"{kind} {key}")

    def _roots(self) -> Iterator[Site[Record]]:
        for table in TABLES:
            for key in self.corpus.entities[table.kind]:
                yield self.entity(table.kind, key)
        for document in self.corpus.documents:
            yield Site(document, (), document.record, "file", _study_of(document.record, None))


def table_file(corpus: Corpus, kind: str) -> str:
    """Return the name of the table of `kind`, as problems show it."""
    name = next(table.file for table in TABLES if table.kind == kind)
    return f"{corpus.folder.name}/entities/{name}"


def _study_of(record: Record, around: str | None) -> str | None:
    """Return the study that bare ids inside `record` refer to; `around` is that of the record around it."""
    if isinstance(record, StudyFile):
        return record.study.id
    if isinstance(record, BiomarkerFinding):
        return record.studies[0] if len(record.studies) == 1 else None
    own = getattr(record, "study", None)
    return own if isinstance(own, str) else around


def _walk(site: Site[Record]) -> Iterator[Site[Record]]:
    yield site
    for column in fields_of(type(site.record)):
        value = getattr(site.record, column.name)
        if isinstance(value, Record):
            yield from _walk(site.below(value, column.name))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, Record):
                    yield from _walk(site.below(item, column.name, index))


def reachable(start: str, links: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the keys that are reached from `start` over one or more links; it is one of them only in a cycle."""
    todo, reached = list(links.get(start, ())), set[str]()
    while todo:
        key = todo.pop()
        if key not in reached:
            reached.add(key)
            todo += links.get(key, ())
    return reached
