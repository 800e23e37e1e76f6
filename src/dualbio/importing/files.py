"""Import files study by study: one evidence file each, and one growing list of what is to be decided."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualbio.entities import Entity
from dualbio.importing.ctgov import import_study
from dualbio.importing.ctgov_json import read_studies
from dualbio.importing.records import Imported, ImportFailedError, ToDecide, Vocabulary
from dualbio.writing import canonical_text, row_text

__all__ = ["TO_DECIDE_FILE", "ImportSummary", "import_files", "import_records"]

#: The list of what is to be decided, beside the imported files.
TO_DECIDE_FILE = "to-decide.tsv"
_COLUMNS = ("study", "what", "found", "nearest", "row")
_HEAD = ("# Imported from ClinicalTrials.gov; dualbio check tells what is still to be decided.",)


@dataclass
class ImportSummary:
    """What an import has done so far; `kept` are studies whose files were there already and stay as they are."""

    studies: int = 0
    rows: int = 0
    to_decide: int = 0
    kept: int = 0


def import_files(
    paths: Iterable[Path],
    entities: Mapping[str, Mapping[str, Entity]],
    out: Path,
    progress: Callable[[ImportSummary], None] | None = None,
) -> ImportSummary:
    """Import ClinicalTrials.gov files into the folder `out`, holding one study in memory at a time.

    Args:
        paths: files of API v2 JSON.
        entities: the vocabularies, by kind and key.
        out: folder of the evidence files and of `TO_DECIDE_FILE`; made if it does not exist.
        progress: called after each study.

    Raises:
        ImportFailedError: a file cannot be read; studies before it are written.
    """
    return import_records((record for path in paths for record in read_studies(path)), entities, out, progress)


def import_records(
    records: Iterable[dict[str, Any]],
    entities: Mapping[str, Mapping[str, Entity]],
    out: Path,
    progress: Callable[[ImportSummary], None] | None = None,
) -> ImportSummary:
    """Import API v2 records that are read or fetched already; otherwise as `import_files`."""
    vocabulary, summary = Vocabulary(entities), ImportSummary()
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / TO_DECIDE_FILE).open("a", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            if file.tell() == 0:
                table.writerow(_COLUMNS)
            for record in records:
                imported = import_study(record, vocabulary)
                if _write(out, imported, summary):
                    table.writerows(_cells(item) for item in imported.to_decide)
                if progress:
                    progress(summary)
    except OSError as error:
        raise ImportFailedError(
            f"{error.filename or out}: {error.strerror}; repair: name a folder to write to"
        ) from error
    return summary


def _write(out: Path, imported: Imported, summary: ImportSummary) -> bool:
    path = out / f"{imported.file.study.id}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(canonical_text(imported.file, _HEAD))
    except FileExistsError:
        summary.kept += 1
        return False
    summary.studies += 1
    summary.rows += len(imported.file.results or ()) + len(imported.file.comparisons or ())
    summary.to_decide += len(imported.to_decide)
    return True


def _cells(item: ToDecide) -> tuple[str, ...]:
    row = row_text(item.row) if item.row else ""
    return (item.study, item.what, " ".join(item.found.split()), " | ".join(item.nearest), row)
