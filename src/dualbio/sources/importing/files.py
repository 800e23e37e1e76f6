"""Imports records study by study into a folder of own evidence, with open decisions, remarks and an account.

The folder keeps each record as it was read, so that a study can be made again when something is decided: `evidence/`
has the studies, `records/` the records, `decisions.csv` what is decided and what is open, `remarks.tsv` what to look at
and `account.tsv` what became of every item.  A study file that somebody has changed since is never written over: what
an import has to say is merged into it, for which the record keeps the file as it was last written.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TextIO

from pydantic_core import from_json, to_json

from dualbio.model.entities import Entities
from dualbio.model.evidence import StudyFile
from dualbio.sources.canonical import canonical_text, file_head
from dualbio.sources.folders import files_in, require_own
from dualbio.sources.importing.ctgov.inputs import read_studies
from dualbio.sources.importing.ctgov.study import import_study, registry_ids
from dualbio.sources.importing.decisions import read_decisions, read_open, write_decisions
from dualbio.sources.importing.ledger import Imported, ImportFailedError, Question
from dualbio.sources.importing.merging import merge, read_hand, refuse_comments, study_of
from dualbio.sources.importing.reading import as_read, last_written, with_reading, with_written
from dualbio.sources.importing.vocabulary import Vocabulary

__all__ = ["ACCOUNT_FILE", "REMARKS_FILE", "Entities", "ImportSummary", "import_files", "import_records", "make_again"]

Mapped = Mapping[str, Iterable[str]]
ACCOUNT_FILE, REMARKS_FILE = "account.tsv", "remarks.tsv"
_ACCOUNT_COLUMNS = ("study", "module", "read", "written", "derived", "listed", "left_out", "reasons")
_REMARK_COLUMNS = ("study", "module", "remark")
#: The first line of a study file; the digest tells whether the rest of the file is as it was imported.
_HEAD = "# Imported from ClinicalTrials.gov; nobody has changed it while the rest has the digest "


@dataclass
class ImportSummary:
    """What an import has done so far.

    `merged` are studies whose files were changed by hand and took up what an import says, `clashes` what both sides
    changed in them, `kept` those that could not, by the reason; `held` are those of a study that is held under another
    key (registry id and key), `refused` the messages on what cannot be imported, `questions` what is open, each thing
    once.
    """

    studies: int = 0
    rows: int = 0
    merged: list[str] = field(default_factory=list)
    clashes: list[tuple[str, str]] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
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
        paths: files, archives and folders of API v2 JSON; what cannot be read is reported as `refused`.
        entities: the vocabularies, by kind and key.
        out: folder of own evidence.
        progress: called after each study.
        held: studies that are held already, by registry id; their records are reported and not written.
        mapped: what other vocabularies call our entities, by CURIE.

    Raises:
        ImportFailedError: the folder cannot be written to, or its sheet has a decision that is no answer.
        NotOwnError: `out` belongs to the installation.
    """
    told = ImportSummary()
    records = (record for path in paths for record in read_studies(path, told.refused.append))
    return import_records(records, entities, out, progress, held, mapped, told)


def import_records(
    records: Iterable[dict[str, Any]],
    entities: Entities,
    out: Path,
    progress: Callable[[ImportSummary], None] | None = None,
    held: Mapping[str, str] | None = None,
    mapped: Mapped | None = None,
    told: ImportSummary | None = None,
) -> ImportSummary:
    """Import API v2 records that are read or fetched already; otherwise as `import_files`.

    What is told goes to the summary `told`, where one is given that the reading of the records tells to as well.
    """
    require_own(out)
    folder = _Folder(out, entities, mapped, told)
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
    before = told or ImportSummary()
    summary = ImportSummary(merged=before.merged, clashes=before.clashes, held=before.held, refused=before.refused)
    folder = _Folder(out, entities, mapped, summary)
    folder.import_all((from_json(path.read_bytes()) for path in paths), "w")
    folder.write_sheet(())
    return folder.summary


class _Folder:
    """A folder that records are imported into."""

    def __init__(self, out: Path, entities: Entities, mapped: Mapped | None, summary: ImportSummary | None) -> None:
        self.out = out
        self.decisions = read_decisions(out, entities)
        self.vocabulary = Vocabulary(entities, mapped, self.decisions.names)
        self.summary = summary or ImportSummary()
        self._answers = self.decisions.by_study()

    def import_all(
        self,
        records: Iterable[dict[str, Any]],
        mode: Literal["a", "w"],
        progress: Callable[[ImportSummary], None] | None = None,
    ) -> bool:
        """Import records, adding to the lists or rewriting them; return whether a record was there before."""
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
        """Write a study and its record; return whether it was there.

        A file that somebody changed takes up what the import says, or stays as it is.
        """
        key = imported.file.study.id
        path, kept = self.out / "evidence" / f"{key}.yaml", self.out / "records" / f"{key}.json"
        body = canonical_text(imported.file)
        there = path.exists()
        text = path.read_text(encoding="utf-8") if there else ""
        if there and not _untouched(text):
            before = last_written(kept)
            try:
                self._merge(path, text, before, body, imported.file)
            except ImportFailedError as error:
                self.summary.kept[key] = str(error)
                kept.write_bytes(to_json(with_written(record, before)))
                return there
        else:
            path.write_text(f"{_HEAD}{_digest(body)}\n{body}", encoding="utf-8")
        kept.write_bytes(to_json(with_written(record, body)))
        self.summary.studies += 1
        self.summary.rows += len(imported.file.results or ()) + len(imported.file.comparisons or ())
        for question in imported.questions:
            self.summary.ask(question)
        return there

    def _merge(self, path: Path, text: str, before: str | None, body: str, new: StudyFile) -> None:
        """Merge what an import says into a file that somebody changed, below a head that tells the import's digest.

        Raises:
            ImportFailedError: it cannot be done; nothing is written.
        """
        head = file_head(text)
        told = next((line.removeprefix(_HEAD) for line in head if line.startswith(_HEAD)), None)
        if before is None or told not in (None, _digest(before)):
            raise ImportFailedError("its last imported form is not known; repair: delete it, and it is written again")
        hand = read_hand(self.out, path)
        merged, clashes = merge(study_of(before), hand, new)
        if merged != hand:
            refuse_comments(text, len(head))
            lines = (f"{_HEAD}{_digest(body)}", *(line for line in head if not line.startswith(_HEAD)))
            path.write_text(canonical_text(merged, lines), encoding="utf-8")
        if new.study.id not in self.summary.merged:
            self.summary.merged.append(new.study.id)
        self.summary.clashes += [(new.study.id, clash) for clash in clashes]


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


def _untouched(text: str) -> bool:
    """Return whether the text of a study file is as an import left it."""
    head, _, body = text.partition("\n")
    return head == f"{_HEAD}{_digest(body)}"


def _counts(imported: Imported) -> Iterator[tuple[Any, ...]]:
    for module, tally in imported.account.items():
        reasons = "; ".join(f"{items} {reason}" for reason, items in tally.left_out.items())
        counts = (tally.read, tally.written, tally.derived, tally.listed, tally.left_out.total())
        yield (imported.file.study.id, module, *counts, reasons)
