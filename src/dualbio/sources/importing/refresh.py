"""Updates from the registry: records are fetched one by one, compared, and written as own evidence.

What a run has fetched on a day is kept, so that one that was broken off goes on where it stopped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dualbio.model.evidence import Study, StudyFile
from dualbio.model.outside_numbers import NCT
from dualbio.sources.importing.reading import RecordState, record_state

__all__ = [
    "Held",
    "News",
    "held_studies",
    "keep_record",
    "kept_record",
    "news_of",
]

Json = dict[str, Any]
_NCT = re.compile(NCT)
#: Facts of a study that a registry record may change.
_FACTS = ("status", "phase", "start", "primary_completion", "end", "enrolled")
#: Values that say nothing.
_SILENT = (None, "unknown", "not-applicable", "not-stated")


@dataclass(frozen=True)
class Held:
    """What is held under a registry number: curated studies, and the record itself where it was imported before."""

    number: str
    curated: tuple[StudyFile, ...] = ()
    own: StudyFile | None = None

    @property
    def files(self) -> tuple[StudyFile, ...]:
        """All of them, the record first."""
        return (self.own, *self.curated) if self.own else self.curated

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called by: the keys of its studies, and the number."""
        return (*(file.study.id for file in self.curated or self.files), self.number)

    @property
    def posted(self) -> str | None:
        """The day on which the version of the record that was read had been posted, where that is known."""
        sources = (source for file in self.files for source in file.sources)
        return max((each.posted for each in sources if each.registry_id == self.number and each.posted), default=None)

    @property
    def versions(self) -> frozenset[str]:
        """The versions of the record that were read."""
        sources = (source for file in self.files for source in file.sources)
        return frozenset(each.version for each in sources if each.registry_id == self.number and each.version)


@dataclass(frozen=True)
class News:
    """What a registry record says that is not held.

    `changes` are facts of the study in words, `rows` the number of finished rows that the record gives.
    """

    held: Held
    state: RecordState
    changes: tuple[str, ...] = field(default=())
    rows: int = 0

    @property
    def changed(self) -> bool:
        """Whether the record was posted after the one that is held, or is of another version where no day is known."""
        if self.held.posted is None or self.state.posted is None:
            return self.state.version not in self.held.versions
        return self.state.posted > self.held.posted


def held_studies(curated: Iterable[StudyFile], own: Iterable[StudyFile] = ()) -> tuple[Held, ...]:
    """Return what is held under each ClinicalTrials.gov number, in curated records and in a user's own."""
    held: dict[str, Held] = {}
    for file in curated:
        for number in filter(_NCT.fullmatch, file.study.registry_ids or ()):
            known = held.get(number, Held(number))
            held[number] = replace(known, curated=(*known.curated, file))
    for file in own:
        for number in filter(_NCT.fullmatch, (file.study.registry_ids or ())[:1]):
            held[number] = replace(held.get(number, Held(number)), own=file)
    return tuple(held.values())


def news_of(held: Held, file: StudyFile, record: Json) -> News:
    """Return what a record, imported as `file`, says that the held study does not."""
    changes = tuple(_changes(held.files[0].study, file.study))
    rows = len(file.results or ()) + len(file.comparisons or ())
    return News(held, record_state(record), changes, rows)


def _changes(before: Study, after: Study) -> Iterator[str]:
    for name in _FACTS:
        old, new = getattr(before, name), getattr(after, name)
        if new in _SILENT or old == new or (name == "enrolled" and after.note is not None):
            continue
        if isinstance(old, str) and isinstance(new, str) and (new.startswith(old) or old.startswith(new)):
            continue  # one date, told to the month and to the day
        words = name.replace("_", " ")
        yield f"{words} {new} is new" if old in _SILENT else f"{words} was {old}, is {new}"


def kept_record(number: str, folder: Path, today: date) -> Json | None:
    """Return the record that was fetched today, by this run or by one that was broken off."""
    file = _file(number, folder)
    if not file.is_file() or _day_of(file) != today:
        return None
    record = json.loads(file.read_text(encoding="utf-8"))
    return record if isinstance(record, dict) else None


def keep_record(number: str, folder: Path, record: Json) -> None:
    """Keep a record that was fetched; a crash leaves the one before or this one, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    file = _file(number, folder)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(file)


def _day_of(file: Path) -> date:
    return datetime.fromtimestamp(file.stat().st_mtime).astimezone().date()


def _file(number: str, folder: Path) -> Path:
    return folder / f"{number}.json"
