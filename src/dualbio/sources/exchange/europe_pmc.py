"""Looks up a publication in Europe PMC by PubMed number or DOI: identifying data only, no title or abstract.

Source: the Europe PMC RESTful API, https://europepmc.org/RestfulWebService
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from dualbio.errors import NotFoundError, ParameterError
from dualbio.model.outside_numbers import DOI, PMID
from dualbio.sources.exchange.references import Reference
from dualbio.sources.fetching import Fetch, fetch_json

__all__ = ["EUROPE_PMC", "fetch_publication"]

#: Address of its search.
EUROPE_PMC = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"
_PMID = re.compile(rf"(?:pmid:?\s*)?({PMID})", re.IGNORECASE)
_DOI = re.compile(rf"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?({DOI})", re.IGNORECASE)


def fetch_publication(text: str, fetch: Fetch = fetch_json, address: str = EUROPE_PMC) -> Reference:
    """Return what identifies the publication with a PubMed number or DOI.

    Args:
        text: the number, or the DOI, also as an address or after `doi:`.
        fetch: returns the JSON at an address.
        address: of the search.

    Raises:
        ParameterError: the text is neither.
        NotFoundError: Europe PMC knows no such publication.
        FetchError: it cannot be reached.
    """
    if pmid := _PMID.fullmatch(text.strip()):
        wanted, query = f"PMID {pmid[1]}", f"EXT_ID:{pmid[1]} AND SRC:MED"
    elif doi := _DOI.fullmatch(text.strip()):
        wanted, query = f"DOI {doi[1]}", f'DOI:"{doi[1]}"'
    else:
        raise ParameterError(
            f"'{text[:100]}' is not a publication; accepted: a PubMed number, or a DOI such as 10.1056/NEJMoa2001180"
        )
    asked = urlencode({"query": query, "format": "json", "resultType": "core", "pageSize": 2})
    answer = fetch(f"{address}?{asked}", wanted)
    found = (answer.get("resultList") or {}).get("result") or []
    if not found:
        raise NotFoundError(f"Europe PMC knows no publication with {wanted}; repair: look at the number again")
    return _reference(found[0])


def _reference(record: Mapping[str, Any]) -> Reference:
    journal = (record.get("journalInfo") or {}).get("journal") or {}
    authors = (record.get("authorList") or {}).get("author") or []
    family = authors[0].get("lastName") or authors[0].get("collectiveName") if authors else None
    year = str(record.get("pubYear") or "")
    types = [str(each).lower() for each in (record.get("pubTypeList") or {}).get("pubType") or ()]
    return Reference(
        type="review" if any("review" in each or "meta-analysis" in each for each in types) else "journal-article",
        pmid=record.get("pmid"),
        pmcid=record.get("pmcid"),
        doi=record.get("doi"),
        year=int(year) if year.isdigit() else None,
        first_author=family or str(record.get("authorString") or "").partition(" ")[0].rstrip(",.") or None,
        journal=journal.get("medlineAbbreviation") or journal.get("isoabbreviation") or journal.get("title"),
        name=str(record.get("id") or ""),
    )
