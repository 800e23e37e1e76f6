"""Inputs of the import: files, archives and folders of ClinicalTrials.gov API v2 JSON, and the API itself.

A file may hold one study, a page of the API (`{"studies": […]}`), a list of studies, or a study a line, packed with
gzip or not; a folder or zip archive holds such files.  What cannot be read is told by name, with its line where there
is a study a line, and everything else is read.
Source: https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NoReturn

import ijson  # type: ignore[import-untyped]  # ships no types
from pydantic_core import from_json

from dualbio.errors import NotFoundError
from dualbio.model.outside_numbers import NCT
from dualbio.sources.fetching import Fetch, FetchError, fetch_json
from dualbio.sources.folders import files_in
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ledger import ImportFailedError

__all__ = ["fetch_study", "read_studies"]

#: Takes the message on something that cannot be read.
Refuse = Callable[[str], None]
#: Texts of up to so many bytes are read at once, which is ten times as quick as reading them piece by piece.
_SMALL = 1_000_000
_PAGE_KEYS = ("studies", "totalCount", "nextPageToken")
_MARK = b"\xef\xbb\xbf"
_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".zip")
_ACCEPTED = "API v2 study records"
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)
#: What other forms of a record have at their top.
_OLD_KEYS = ("FullStudiesResponse", "FullStudy", "Study", "StudyFieldsResponse")


def read_studies(path: Path, refuse: Refuse | None = None) -> Iterator[Json]:
    """Yield the studies of a file, archive or folder one after the other.

    Args:
        path: a file in any of the forms, packed or not, or a folder of files.
        refuse: takes the message on each file, line or value that cannot be read, while the others are read; without
            it the first one ends the reading.

    Raises:
        ImportFailedError: something cannot be read, and `refuse` is not given.
    """
    tell = refuse or _fail
    if path.is_dir():
        yield from _folder(path, tell)
    elif path.suffix.lower() == ".zip":
        yield from _archive(path, tell)
    else:
        yield from _file(path, str(path), tell)


def fetch_study(nct_id: str, registry: str, fetch: Fetch = fetch_json) -> Json:
    """Fetch one study record of the public API.

    Args:
        nct_id: its number.
        registry: address of the study records.
        fetch: asks, and asks again after a failure that may pass.

    Raises:
        ImportFailedError: no such study, no connection, or no answer after all tries.
    """
    if not re.fullmatch(NCT, nct_id):
        raise ImportFailedError(f"'{nct_id}' is not a registry id; accepted: NCT and 8 digits")
    try:
        return fetch(f"{registry.rstrip('/')}/{nct_id}?format=json", nct_id)
    except NotFoundError as error:
        raise ImportFailedError(str(error)) from error
    except FetchError as error:
        raise ImportFailedError(f"{error}, or download the record and import the file") from error


def _fail(message: str) -> NoReturn:
    raise ImportFailedError(message)


def _folder(folder: Path, tell: Refuse) -> Iterator[Json]:
    """Yield the studies of all files below a folder, and tell of files in other forms."""
    files = files_in(folder, "**/*")
    for path in files:
        if path.name.lower().endswith(_ENDINGS):
            yield from read_studies(path, tell)
        else:
            tell(f"{path}: not read; accepted in a folder: files that end in {', '.join(_ENDINGS)}")
    if not files:
        tell(f"{folder}: no file in it; accepted: {_ACCEPTED}")


def _archive(path: Path, tell: Refuse) -> Iterator[Json]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir() and not _is_note(each.filename)]
            for member in members:
                name = f"{path}/{member.filename}"
                if not member.filename.lower().endswith(_ENDINGS[:-1]):
                    tell(f"{name}: not read; accepted in an archive: files that end in {', '.join(_ENDINGS[:-1])}")
                    continue
                yield from _member(archive, member, name, tell)
            if not members:
                tell(f"{path}: no file in it; accepted: {_ACCEPTED}")
    except (OSError, zipfile.BadZipFile) as error:
        tell(f"{path}: {_cause(error)}; repair: fetch or pack it again")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, tell: Refuse) -> Iterator[Json]:
    try:
        with archive.open(member) as file:
            yield from _packed(file, name, tell)  # type: ignore[arg-type]  # a stream of bytes that can seek
    except (RuntimeError, NotImplementedError) as error:  # a password, or a way of packing that is not known
        tell(f"{name}: {_cause(error)}; repair: unpack it yourself")


def _is_note(name: str) -> bool:
    """Return whether a system or an editor left a member, as `__MACOSX/._record.json`."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _file(path: Path, name: str, tell: Refuse) -> Iterator[Json]:
    try:
        with path.open("rb") as file:
            yield from _packed(file, name, tell)
    except OSError as error:
        tell(f"{name}: {_cause(error)}; repair: name a file that can be read")


def _packed(file: BinaryIO, name: str, tell: Refuse) -> Iterator[Json]:
    """Yield the studies of a stream that may be packed with gzip."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    found = False

    def note_and_tell(message: str) -> None:
        nonlocal found
        found = True
        tell(message)

    try:
        for study in _studies(gzip.GzipFile(fileobj=file) if packed else file, name, note_and_tell):  # type: ignore[arg-type]
            found = True
            yield study
    except _BROKEN as error:
        tell(f"{name}: {_cause(error)}; repair: fetch the file again")
    except (ijson.JSONError, ValueError) as error:
        tell(f"{name}: not JSON: {' '.join(str(error).split())}; repair: fetch the file again")
    else:
        if not found:
            tell(f"{name}: no study in it; accepted: {_ACCEPTED}")


def _studies(file: BinaryIO, name: str, tell: Refuse) -> Iterator[Json]:
    """Yield the studies of a stream, and tell of values that are none."""
    start = file.read(_SMALL + 1)
    other = _other_form(start.removeprefix(_MARK).lstrip())
    if other:
        raise ValueError(f"it is {other}; accepted: {_ACCEPTED}")
    if _is_record_a_line(start):
        file.seek(0)
        yield from _lines(file, name, tell)
        return
    if len(start) <= _SMALL:
        values = _values(start.removeprefix(_MARK))
    else:
        file.seek(len(_MARK) if start.startswith(_MARK) else 0)
        values = _streamed(file)
    for number, value in enumerate(values, start=1):
        if _is_study(value):
            yield value
        else:
            tell(f"{name}: value {number} is {_what(value)}; accepted: {_ACCEPTED}")


def _lines(file: BinaryIO, name: str, tell: Refuse) -> Iterator[Json]:
    for number, line in enumerate(file, start=1):
        text = line.removeprefix(_MARK) if number == 1 else line
        if not text.strip():
            continue
        try:
            value = from_json(text)
        except ValueError as error:
            tell(f"{name}, line {number}: not JSON: {error}; repair: fetch the record again")
            continue
        if _is_study(value):
            yield value
        else:
            tell(f"{name}, line {number} is {_what(value)}; accepted: {_ACCEPTED}")


def _values(text: bytes) -> Iterator[Any]:
    """Yield the values of a whole text."""
    value = from_json(text)
    if isinstance(value, dict) and not value.keys().isdisjoint(_PAGE_KEYS):
        value = value.get("studies", [])
    yield from value if isinstance(value, list) else [value]


def _streamed(file: BinaryIO) -> Iterator[Any]:
    """Yield the values of a long text, one in memory at a time."""
    start = file.tell()
    first = next((event, value) for _, event, value in ijson.parse(file, multiple_values=True) if event != "start_map")
    file.seek(start)
    if first[0] == "start_array":
        yield from ijson.items(file, "item", use_float=True)
    elif first[0] == "map_key" and first[1] in _PAGE_KEYS:
        yield from ijson.items(file, "studies.item", use_float=True)
    else:
        yield from ijson.items(file, "", multiple_values=True, use_float=True)


def _is_record_a_line(start: bytes) -> bool:
    """Return whether the first line of a text is a record of its own, and others follow."""
    first, _, rest = start.removeprefix(_MARK).lstrip().partition(b"\n")
    return bool(rest.strip()) and first.startswith(b"{") and first.rstrip().endswith(b"}")


def _is_study(value: Any) -> bool:
    return isinstance(value, dict) and "protocolSection" in value


def _what(value: Any) -> str:
    """Return what a value that is no study is."""
    if not isinstance(value, dict):
        return f"no record but {json.dumps(value)[:40]}"
    old = next((key for key in _OLD_KEYS if key in value), None)
    return f"of another form of record ('{old}')" if old else "a value without 'protocolSection'"


def _other_form(start: bytes) -> str | None:
    """Return what a text is that is plainly no JSON."""
    if start.startswith(b"<"):
        return "XML or HTML"
    if start.startswith((b"NCT Number", b'"NCT Number', b"Rank,", b"nct_id")):
        return "a table of the website"
    return None


def _cause(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
