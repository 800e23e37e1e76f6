"""Import records study by study into a folder of own evidence, with what is open, what to look at, and an account.

The folder keeps each record as it was read, so that a study can be made again when something is decided: `evidence/`
has the studies, `records/` the records, `decisions.csv` what is decided and what is open, `remarks.tsv` what to look at
and `account.tsv` what became of every item.  A study file that somebody has changed since is never written over.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TextIO

from dualbio.model.entities import Entity
from dualbio.sources.canonical import canonical_text
from dualbio.sources.folders import files_in, require_own
from dualbio.sources.importing.ctgov.api import read_studies
from dualbio.sources.importing.ctgov.study import import_study, registry_ids
from dualbio.sources.importing.decisions import read_decisions, read_open, write_decisions
from dualbio.sources.importing.ledger import Imported, ImportFailedError, Question
from dualbio.sources.importing.reading import as_read, with_reading
from dualbio.sources.importing.vocabulary import Vocabulary

__all__ = ["ACCOUNT_FILE", "REMARKS_FILE", "ImportSummary", "import_files", "import_records", "make_again"]

Entities = Mapping[str, Mapping[str, Entity]]
Mapped = Mapping[str, Iterable[str]]
ACCOUNT_FILE, REMARKS_FILE = "account.tsv", "remarks.tsv"
_ACCOUNT_COLUMNS = ("study", "module", "read", "written", "derived", "listed", "left_out", "reasons")
_REMARK_COLUMNS = ("study", "module", "remark")
#: The first line of a study file; the digest tells whether the rest of the file is as it was imported.
_HEAD = "# Imported from ClinicalTrials.gov; nobody has changed it while the rest has the digest "


@dataclass
class ImportSummary:
    """What an import has done so far.

    `kept` are studies whose files were changed by hand and stay as they are, `held` those of a study that is held
    under another key (registry id and key), `refused` the messages on records that cannot be imported, `questions`
    what is open, each thing once.
    """

    studies: int = 0
    rows: int = 0
    kept: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    questions: dict[tuple[str, str, str], Question] = field(default_factory=dict)

    @property
    def to_decide(self) -> int:
        """How many things are open."""
        return len(self.questions)

    def ask(self, question: Question) -> None:
        """Take a question; the rows that wait for one name in several studies are added up."""
        key = (question.what, question.found, question.study)
        asked = self.questions.get(key)
        self.questions[key] = question._replace(rows=question.rows + asked.rows) if asked else question


def import_files(
    paths: Iterable[Path],
    entities: Entities,
    out: Path,
    progress: Callable[[ImportSummary], None] | None = None,
    held: Mapping[str, str] | None = None,
    mapped: Mapped | None = None,
) -> ImportSummary:
    """Import ClinicalTrials.gov files into the folder `out`, holding one study in memory at a time.

    Args:
        paths: files of API v2 JSON.
        entities: the vocabularies, by kind and key.
        out: folder of own evidence.
        progress: called after each study.
        held: studies that are held already, by registry id; their records are told and not written.
        mapped: what other vocabularies call our entities, by CURIE.

    Raises:
        ImportFailedError: a file cannot be read; studies before it are written.
        NotOwnError: `out` belongs to the installation.
    """
    records = (record for path in paths for record in read_studies(path))
    return import_records(records, entities, out, progress, held, mapped)


def import_records(
    records: Iterable[dict[str, Any]],
    entities: Entities,
    out: Path,
    progress: Callable[[ImportSummary], None] | None = None,
    held: Mapping[str, str] | None = None,
    mapped: Mapped | None = None,
) -> ImportSummary:
    """Import API v2 records that are read or fetched already; otherwise as `import_files`."""
    require_own(out)
    folder = _Folder(out, entities, mapped)
    again = folder.import_all(_not_held(records, held or {}, folder.summary), "a", progress)
    if again:
        return make_again(out, entities, mapped, folder.summary)
    folder.write_sheet(read_open(out))
    return folder.summary


def make_again(
    out: Path, entities: Entities, mapped: Mapped | None = None, told: ImportSummary | None = None
) -> ImportSummary:
    """Make the studies of a folder again from the records that it keeps, with all that is decided now.

    Args:
        out: a folder that records were imported into.
        entities: the vocabularies, by kind and key.
        mapped: what other vocabularies call our entities, by CURIE.
        told: what an import has told before (held, refused).

    Raises:
        ImportFailedError: the folder keeps no records, or its sheet has a decision that is no answer.
        NotOwnError: `out` belongs to the installation.
    """
    require_own(out)
    paths = files_in(out / "records", "*.json")
    if not paths:
        raise ImportFailedError(f"{out}: no records/*.json; accepted: a folder that `dualbio import ctgov` wrote")
    folder = _Folder(out, entities, mapped)
    if told is not None:
        folder.summary.held, folder.summary.refused = told.held, told.refused
    folder.import_all((json.loads(path.read_text(encoding="utf-8")) for path in paths), "w")
    folder.write_sheet(())
    return folder.summary


class _Folder:
    """A folder that records are imported into."""

    def __init__(self, out: Path, entities: Entities, mapped: Mapped | None) -> None:
        self.out = out
        self.decisions = read_decisions(out, entities)
        self.vocabulary = Vocabulary(entities, mapped, self.decisions.names)
        self.summary = ImportSummary()
        self._answers = self.decisions.by_study()

    def import_all(
        self,
        records: Iterable[dict[str, Any]],
        mode: Literal["a", "w"],
        progress: Callable[[ImportSummary], None] | None = None,
    ) -> bool:
        """Import records, adding to the lists or writing them anew; return whether a record was there before."""
        again = False
        try:
            with ExitStack() as stack:
                lists: _Lists | None = None
                for record in map(with_reading, records):
                    imported = self._import(record)
                    if imported is not None:
                        lists = lists or _Lists(self.out, mode, stack)
                        again |= self._write(record, imported)
                        lists.add(imported)
                    if progress:
                        progress(self.summary)
        except OSError as error:
            raise ImportFailedError(
                f"{error.filename or self.out}: {error.strerror}; repair: name a folder to write to"
            ) from error
        return again

    def write_sheet(self, before: Iterable[Question]) -> None:
        """Write what is decided and what is open, with what was open `before` in other studies."""
        for question in before:
            self.summary.ask(question)
        if self.summary.questions or self.decisions.made:
            write_decisions(self.out, self.decisions, self.summary.questions.values())

    def _import(self, record: dict[str, Any]) -> Imported | None:
        try:
            key = registry_ids(record)[0].lower()
            imported = import_study(record, self.vocabulary, self._answers.get(key))
            return replace(imported, file=as_read(imported.file, record))
        except ImportFailedError as error:
            self.summary.refused.append(str(error))
            return None

    def _write(self, record: dict[str, Any], imported: Imported) -> bool:
        """Write a study and its record, unless somebody changed the study's file; return whether it was there."""
        key = imported.file.study.id
        path = self.out / "evidence" / f"{key}.yaml"
        there = path.exists()
        kept = self.out / "records" / f"{key}.json"
        kept.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        if there and not _untouched(path):
            self.summary.kept.append(key)
            return there
        body = canonical_text(imported.file)
        path.write_text(f"{_HEAD}{_digest(body)}\n{body}", encoding="utf-8")
        self.summary.studies += 1
        self.summary.rows += len(imported.file.results or ()) + len(imported.file.comparisons or ())
        for question in imported.questions:
            self.summary.ask(question)
        return there


class _Lists:
    """The lists of a folder, open for the lines of more studies."""

    def __init__(self, out: Path, mode: Literal["a", "w"], stack: ExitStack) -> None:
        for folder in ("evidence", "records"):
            (out / folder).mkdir(parents=True, exist_ok=True)
        self._remarks = _table(stack.enter_context(_open(out / REMARKS_FILE, mode)), _REMARK_COLUMNS)
        self._account = _table(stack.enter_context(_open(out / ACCOUNT_FILE, mode)), _ACCOUNT_COLUMNS)

    def add(self, imported: Imported) -> None:
        """Add the lines of a study."""
        study = imported.file.study.id
        self._remarks.writerows((study, module, " ".join(remark.split())) for module, remark in imported.remarks)
        self._account.writerows(_counts(imported))


def _not_held(
    records: Iterable[dict[str, Any]], held: Mapping[str, str], summary: ImportSummary
) -> Iterator[dict[str, Any]]:
    """Yield the records of studies that are not held; note the others."""
    for record in records:
        try:
            numbers = registry_ids(record)
        except ImportFailedError:
            numbers = ()  # told by the import itself
        known = [number for number in numbers if number in held]
        if known:
            summary.held[known[0]] = held[known[0]]
        else:
            yield record


def _open(path: Path, mode: Literal["a", "w"]) -> TextIO:
    return path.open(mode, encoding="utf-8", newline="")


def _table(file: TextIO, columns: tuple[str, ...]) -> Any:
    table = csv.writer(file, delimiter="\t", lineterminator="\n")
    if file.tell() == 0:
        table.writerow(columns)
    return table


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _untouched(path: Path) -> bool:
    """Return whether a study file is as an import left it."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n")
    return head == f"{_HEAD}{_digest(body)}"


def _counts(imported: Imported) -> Iterator[tuple[Any, ...]]:
    for module, tally in imported.account.items():
        reasons = "; ".join(f"{items} {reason}" for reason, items in tally.left_out.items())
        counts = (tally.read, tally.written, tally.derived, tally.listed, tally.left_out.total())
        yield (imported.file.study.id, module, *counts, reasons)
