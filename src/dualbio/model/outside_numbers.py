"""The forms of numbers by which others know a publication or a trial, each once, as a regular expression."""

from __future__ import annotations

__all__ = ["DOI", "EUDRACT", "ISRCTN", "NCT", "PMCID", "PMID", "REGISTRY_NUMBER"]

DOI = r"10\.[0-9]{4,9}/\S*[^\s.,;]"
PMID = "[1-9][0-9]{0,7}"
PMCID = "PMC[0-9]+"
NCT = "NCT[0-9]{8}"
ISRCTN = "ISRCTN[0-9]+"
EUDRACT = "[0-9]{4}-[0-9]{6}-[0-9]{2}"
#: The number of a trial in any register that studies name.
REGISTRY_NUMBER = f"{NCT}|{ISRCTN}|{EUDRACT}"
