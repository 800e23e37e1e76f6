"""Fetch single records of the ClinicalTrials.gov API v2.

Source: https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

from __future__ import annotations

import re

from dualbio.errors import NotFoundError
from dualbio.sources.fetching import Fetch, FetchError, fetch_json
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ledger import ImportFailedError

__all__ = ["fetch_study"]


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
