"""The date and version of a registry record that was read, kept with the record.

A record that is kept has a member of ours more, `dualbio`, so that a study that is made again says the same.  It also
holds the file as it was last made of the record, so that later edits can be found by comparison.
Source of the dates: https://clinicaltrials.gov/data-api/about-api/study-data-structure, module `statusModule`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from dualbio.model.evidence import Overlap, Source, StudyFile

__all__ = ["RecordState", "as_read", "last_written", "record_state", "today", "with_reading", "with_written"]

Json = dict[str, Any]
_OURS = "dualbio"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOTE = "the record of the same study in the registry"


class RecordState(NamedTuple):
    """Which state of a registry record it is: its version, and the day on which that was posted."""

    version: str | None
    posted: str | None


def record_state(record: Json) -> RecordState:
    """Return which state of a registry record this is; what it does not tell is None."""
    status = (record.get("protocolSection") or {}).get("statusModule") or {}
    posted = (status.get("lastUpdatePostDateStruct") or {}).get("date")
    version = status.get("lastUpdateSubmitDate")
    return RecordState(
        version if isinstance(version, str) and version else None,
        posted if isinstance(posted, str) and _DAY.fullmatch(posted) else None,
    )


def with_reading(record: Json, held: Sequence[StudyFile] = (), on: date | None = None) -> Json:
    """Return a record with the day on which it was read, and the studies that are held of it; told once, it stays."""
    if isinstance(record.get(_OURS), dict):
        return record
    beside = [{"study": file.study.id, "acronym": file.study.acronym} for file in held]
    return {**record, _OURS: {"read": (on or today()).isoformat(), "beside": beside}}


def as_read(file: StudyFile, record: Json) -> StudyFile:
    """Return an imported study whose source tells the state that was read, beside the studies that are held of it."""
    ours = record.get(_OURS)
    ours = ours if isinstance(ours, dict) else {}
    told = {**record_state(record)._asdict(), "read": ours.get("read")}

    def with_state(source: Source) -> Source:
        return source.model_copy(update=told) if source.type == "registry-record" else source

    beside = [each for each in ours.get("beside") or () if isinstance(each, dict)]
    study = file.study
    if beside:
        overlaps = tuple(Overlap(study=each["study"], kind="successive-cut", note=_NOTE) for each in beside)
        acronym = f"{beside[0]['acronym']} in the registry"
        study = study.model_copy(update={"acronym": acronym, "overlaps_with": overlaps})
    return file.model_copy(update={"study": study, "sources": tuple(map(with_state, file.sources))})


def with_written(record: Json, text: str | None) -> Json:
    """Return a record with the text of the study file as it is made of it now."""
    return {**record, _OURS: {**record[_OURS], "written": text}}


def last_written(path: Path) -> str | None:
    """Return the text of the study file as it was made of the record that is kept at `path`; None if nothing tells."""
    try:
        record = from_json(path.read_bytes())
    except (OSError, ValueError):
        return None
    ours = record.get(_OURS) if isinstance(record, dict) else None
    text = ours.get("written") if isinstance(ours, dict) else None
    return text if isinstance(text, str) else None


def today() -> date:
    """Return the day, where this machine is."""
    return datetime.now(UTC).astimezone().date()
