"""Read ClinicalTrials.gov API v2 JSON study by study, in bounded memory, and fetch single records.

A file may hold one study, a page of the API (`{"studies": […]}`), a list of studies, or a study a line.
Source: https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import ijson  # type: ignore[import-untyped]  # ships no types

from dualbio.importing.records import ImportFailedError

__all__ = ["API", "fetch_study", "read_studies"]

#: Address of one study record.
API = "https://clinicaltrials.gov/api/v2/studies/"

_PAGE_KEYS = ("studies", "totalCount", "nextPageToken")
_AGAIN = (429, 500, 502, 503, 504)
Json = dict[str, Any]


def read_studies(path: Path) -> Iterator[Json]:
    """Yield the studies of a file one after the other.

    Raises:
        ImportFailedError: the file does not exist, is not JSON, or holds no study.
    """
    found = False
    try:
        with path.open("rb") as file:
            for study in _studies(file):
                if not isinstance(study, dict) or "protocolSection" not in study:
                    raise ImportFailedError(
                        f"{path}: a value without 'protocolSection'; accepted: API v2 study records"
                    )
                found = True
                yield study
    except OSError as error:
        raise ImportFailedError(f"{path}: {error.strerror}; repair: name a file that can be read") from error
    except ijson.JSONError as error:
        raise ImportFailedError(f"{path}: not JSON: {error}; repair: fetch the file again") from error
    if not found:
        raise ImportFailedError(f"{path}: no study in it; accepted: API v2 study records")


def fetch_study(
    nct_id: str,
    opener: Callable[..., Any] = urlopen,
    sleep: Callable[[float], None] = time.sleep,
    attempts: int = 4,
    timeout: float = 30,
) -> Json:
    """Fetch one study record from the public API, waiting 1, 2, 4 … seconds (or as told) after a failure.

    Raises:
        ImportFailedError: no such study, no connection, or no answer after `attempts` tries.
    """
    if not re.fullmatch(r"NCT\d{8}", nct_id):
        raise ImportFailedError(f"'{nct_id}' is no registry id; accepted: NCT and 8 digits")
    request = Request(f"{API}{nct_id}?format=json", headers={"Accept": "application/json", "User-Agent": "dualbio"})  # noqa: S310 - the address is ours
    reason = ""
    for attempt in range(attempts):
        pause = 2.0**attempt
        try:
            with opener(request, timeout=timeout) as answer:
                study = json.load(answer)
                return study if isinstance(study, dict) else {}
        except HTTPError as error:
            if error.code not in _AGAIN:
                raise ImportFailedError(f"{nct_id}: the registry answers {error.code} {error.reason}") from error
            reason = f"{error.code} {error.reason}"
            told = error.headers.get("Retry-After", "") if error.headers else ""
            pause = float(told) if told.isdigit() else pause
        except (URLError, TimeoutError, ConnectionError, ValueError) as error:
            reason = str(getattr(error, "reason", error))
        if attempt + 1 < attempts:
            sleep(min(pause, 60.0))
    raise ImportFailedError(
        f"{nct_id}: clinicaltrials.gov cannot be reached ({reason}) after {attempts} tries; "
        "repair: connect to the internet, or download the record and import the file"
    )


def _studies(file: BinaryIO) -> Iterator[Any]:
    first = next((event, value) for _, event, value in ijson.parse(file, multiple_values=True) if event != "start_map")
    file.seek(0)
    if first[0] == "start_array":
        yield from ijson.items(file, "item")
    elif first[0] == "map_key" and first[1] in _PAGE_KEYS:
        yield from ijson.items(file, "studies.item")
    else:
        yield from ijson.items(file, "", multiple_values=True)
