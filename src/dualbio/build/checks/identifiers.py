"""Are identifiers well formed, and does one identifier always mean one thing?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dualbio.build.checks.survey import Check, CheckHit, Site, Survey, firm
from dualbio.model.evidence import Source, Study
from dualbio.model.lessons import FindingSource
from dualbio.model.outside_numbers import DOI, NCT, PMCID, PMID

__all__ = ["CHECKS"]

#: Forms that the schema leaves open: field, pattern, words for it.
_FORMS = (
    ("doi", re.compile(DOI), "10.<registrant>/<suffix> without an address before it"),
    ("pmid", re.compile(PMID), "a PubMed number of at most 8 digits"),
    ("pmcid", re.compile(r"PMC[1-9]\d{3,7}"), "PMC and 4 to 8 digits"),
)
_REGISTRIES = (
    (re.compile(rf"(?!NCT0{{8}}){NCT}"), "NCT and 8 digits"),
    (re.compile(r"ISRCTN\d{8}"), "ISRCTN and 8 digits"),
    (re.compile(r"20\d{2}-\d{6}-\d{2}"), "a EudraCT number, such as 2016-003050-32"),
)
#: Identifiers that a stable address repeats: pattern in the address, field of the source.
_IN_URL = (
    (re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/(\d+)"), "pmid"),
    (re.compile(f"({PMCID})"), "pmcid"),
    (re.compile(f"({NCT})"), "registry_id"),
    (re.compile(r"(?:dx\.)?doi\.org/(10\.\S+)"), "doi"),
)


def identifier_form(survey: Survey) -> Iterator[CheckHit]:
    """Yield DOIs, PubMed numbers and registry numbers that cannot be one."""
    sources: list[Site[Source] | Site[FindingSource]] = [*survey.of(Source), *survey.of(FindingSource)]
    for site in sources:
        for name, pattern, accepted in _FORMS:
            value = getattr(site.record, name)
            if value is not None and not pattern.fullmatch(value):
                yield site.finding(f"{name} is '{value}'; accepted: {accepted}; repair: correct it", name)
    for study in survey.of(Study):
        for index, value in enumerate(study.record.registry_ids or ()):
            if not any(pattern.fullmatch(value) for pattern, _ in _REGISTRIES):
                accepted = ", ".join(words for _, words in _REGISTRIES)
                message = f"registry id is '{value}'; accepted: {accepted}; repair: correct it"
                yield study.finding(message, "registry_ids", index)


def identifier_conflict(survey: Survey) -> Iterator[CheckHit]:
    """Yield reports that two sources describe differently: one PMID with two DOIs, years or PMC numbers."""
    first: dict[tuple[str, str], tuple[str, Site[Source]]] = {}
    for site in survey.of(Source):
        source = site.record
        for name in ("doi", "pmcid", "year") if source.pmid else ():
            value = getattr(source, name)
            if value is None:
                continue
            known, other = first.setdefault((str(source.pmid), name), (str(value), site))
            if known.lower() != str(value).lower():
                place = other.at()
                message = (
                    f"PMID {source.pmid} has {name} {value} here and {known} in {place.file}:{place.line}; "
                    "repair: correct one"
                )
                yield site.finding(message, name)


def url_identity(survey: Survey) -> Iterator[CheckHit]:
    """Yield addresses that name another identifier than the source."""
    for site in survey.of(Source):
        for pattern, name in _IN_URL:
            found = pattern.search(site.record.url or "")
            value = getattr(site.record, name)
            if found and value and found[1].rstrip("/").lower() != value.lower():
                message = f"the address names {name} {found[1]}, the source {value}; repair: correct one"
                yield site.finding(message, "url")


def source_identity(survey: Survey) -> Iterator[CheckHit]:
    """Yield sources without an identifier or address to look them up by."""
    for site in survey.of(Source):
        source = site.record
        if not (source.pmid or source.doi or source.pmcid or source.registry_id or source.url):
            accepted = "pmid, doi, pmcid, registry_id or url"
            yield site.finding(f"the source cannot be looked up; accepted: {accepted}; repair: add one")


def study_dates(survey: Survey) -> Iterator[CheckHit]:
    """Yield studies that end before they start; dates of different precision compare by their common part."""
    for site in survey.of(Study):
        study = site.record
        for early, late in (("start", "primary_completion"), ("primary_completion", "end"), ("start", "end")):
            a, b = getattr(study, early), getattr(study, late)
            if a and b and a[: len(b)] > b[: len(a)]:
                yield site.finding(f"{early} {a} is after {late} {b}; repair: correct one", late)
                break


CHECKS = (
    firm("identifier-form", "An identifier has the form of its kind.", identifier_form),
    Check("identifier-conflict", "error", "One report has one DOI, one PMC number, one year.", identifier_conflict),
    Check("url-identity", "error", "An address names the identifier of its source.", url_identity),
    Check("source-identity", "warning", "A source can be looked up.", source_identity),
    firm("study-dates", "A study starts before it ends.", study_dates),
)
