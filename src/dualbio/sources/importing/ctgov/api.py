"""Read ClinicalTrials.gov API v2 JSON study by study, in bounded memory, and fetch single records.

A file may hold one study, a page of the API (`{"studies": […]}`), a list of studies, or a study a line.
Source: https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ijson  # type: ignore[import-untyped]  # ships no types

from dualbio.errors import NotFoundError
from dualbio.sources.fetching import Fetch, FetchError, fetch_json
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ledger import ImportFailedError

__all__ = ["fetch_study", "read_studies"]

#: Address of one study record.

#: Files of up to so many bytes are read at once, which is ten times as quick as reading them piece by piece.
_SMALL = 1_000_000
_PAGE_KEYS = ("studies", "totalCount", "nextPageToken")


def read_studies(path: Path) -> Iterator[Json]:
    """Yield the studies of a file one after the other.

    Raises:
        ImportFailedError: the file does not exist, is not JSON, or holds no study.
    """
    found = False
    try:
        for study in _studies(path):
            if not isinstance(study, dict) or "protocolSection" not in study:
                raise ImportFailedError(f"{path}: a value without 'protocolSection'; accepted: API v2 study records")
            found = True
            yield study
    except OSError as error:
        raise ImportFailedError(f"{path}: {error.strerror}; repair: name a file that can be read") from error
    except (ijson.JSONError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ImportFailedError(f"{path}: not JSON: {error}; repair: fetch the file again") from error
    if not found:
        raise ImportFailedError(f"{path}: no study in it; accepted: API v2 study records")


def fetch_study(nct_id: str, registry: str, fetch: Fetch = fetch_json) -> Json:
    """Fetch one study record of the public API.

    Args:
        nct_id: its number.
        registry: address of the study records.
        fetch: asks, and asks again after a failure that may pass.

    Raises:
        ImportFailedError: no such study, no connection, or no answer after all tries.
    """
    if not re.fullmatch(r"NCT\d{8}", nct_id):
        raise ImportFailedError(f"'{nct_id}' is no registry id; accepted: NCT and 8 digits")
    try:
        return fetch(f"{registry.rstrip('/')}/{nct_id}?format=json", nct_id)
    except NotFoundError as error:
        raise ImportFailedError(str(error)) from error
    except FetchError as error:
        raise ImportFailedError(f"{error}, or download the record and import the file") from error


def _studies(path: Path) -> Iterator[Any]:
    """Yield the values of a file: at once where it is small or has one a line, otherwise out of a stream."""
    with path.open("rb") as file:
        if path.stat().st_size <= _SMALL:
            yield from _values(file.read())
            return
        start = file.read(_SMALL)
        file.seek(0)
        if _is_record_a_line(start):
            yield from (json.loads(line) for line in file if line.strip())
            return
        first = next(
            (event, value) for _, event, value in ijson.parse(file, multiple_values=True) if event != "start_map"
        )
        file.seek(0)
        if first[0] == "start_array":
            yield from ijson.items(file, "item", use_float=True)
        elif first[0] == "map_key" and first[1] in _PAGE_KEYS:
            yield from ijson.items(file, "studies.item", use_float=True)
        else:
            yield from ijson.items(file, "", multiple_values=True, use_float=True)


def _values(text: bytes) -> Iterator[Any]:
    """Yield the studies of a whole text."""
    if _is_record_a_line(text):
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
        return
    value = json.loads(text)
    if isinstance(value, dict) and not value.keys().isdisjoint(_PAGE_KEYS):
        value = value.get("studies", [])
    yield from value if isinstance(value, list) else [value]


def _is_record_a_line(start: bytes) -> bool:
    """Return whether the first line of a text is a record of its own, and others follow."""
    first, _, rest = start.lstrip(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    return bool(rest.strip()) and first.startswith(b"{") and first.rstrip().endswith(b"}")
