"""Reads RIS and BibTeX files as sources: identifying data only.

A title or an abstract is not taken over.  Each entry becomes what a source is found by: PubMed, PubMed Central, DOI and
registry number, first author, journal and year.
Sources: the RIS format (https://en.wikipedia.org/wiki/RIS_(file_format)), read by rispy; BibTeX, read by bibtexparser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dualbio.errors import DataError, MissingExtraError, Problem
from dualbio.model.evidence import Source, StudyFile
from dualbio.model.outside_numbers import DOI, PMCID, PMID, REGISTRY_NUMBER
from dualbio.sources.form_problems import form_problems

__all__ = ["Reference", "added_sources", "read_references"]

_ARTICLE, _ABSTRACT, _RECORD = "journal-article", "conference-abstract", "registry-record"
#: Types of entries, as RIS and BibTeX call them, and what they are here.
_TYPES = {
    **dict.fromkeys(("JOUR", "EJOUR", "MGZN", "ABST", "article"), _ARTICLE),
    **dict.fromkeys(("CPAPER", "CONF", "inproceedings", "conference", "proceedings"), _ABSTRACT),
    **dict.fromkeys(("DBASE", "DATA"), _RECORD),
}
_REGISTRY = re.compile(REGISTRY_NUMBER)
_PMCID = re.compile(PMCID)
_PMID = re.compile(PMID)
_DOI = re.compile(DOI)
_YEAR = re.compile(r"\b(19|20)\d{2}\b")


@dataclass(frozen=True)
class Reference:
    """What identifies a publication; what is not known is None.

    `name` is its key in a file, `number` its place there.
    """

    type: str
    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None
    registry_id: str | None = None
    url: str | None = None
    year: int | None = None
    first_author: str | None = None
    journal: str | None = None
    name: str = ""
    number: int = 0

    @property
    def identified(self) -> bool:
        """Whether it can be looked up."""
        return any((self.pmid, self.pmcid, self.doi, self.registry_id, self.url))

    def source(self, key: str, independence: str) -> Source:
        """Return the source `key` of a study, to which it stands as `independence` says.

        Raises:
            ValidationError: what the reference says cannot be a source.
        """
        told = {name: value for name, value in vars(self).items() if name not in ("name", "number")}
        return Source.model_validate({"id": key, "independence": independence, **told})

    def is_of(self, source: Source) -> bool:
        """Return whether a source is this publication."""
        names = ("pmid", "pmcid", "doi", "registry_id")
        return any(getattr(self, name) and _same(getattr(self, name), getattr(source, name)) for name in names)


def read_references(path: Path) -> tuple[Reference, ...]:
    """Return the publications of a RIS file (`.ris`) or a BibTeX file (`.bib`).

    Raises:
        DataError: entries are of a type that is no source, or cannot be looked up; all of them are listed.
        MissingExtraError: the packages of the extra `references` are not installed.
    """
    read = {".ris": _read_ris, ".bib": _read_bibtex}.get(path.suffix.lower())
    if read is None:
        raise _refused(path, 0, "file", f"'{path.suffix}' is not a reference format; accepted: .ris, .bib")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path, 0, "file", f"cannot be read: {error}; repair: save it as UTF-8") from error
    problems: list[Problem] = []
    found = []
    for number, (kind, reference) in enumerate(read(path, text), start=1):
        about = f"entry {number}" + (f" {reference.name}" if reference.name else "")
        known = _RECORD if reference.registry_id and kind in ("GEN", "misc") else _TYPES.get(kind)
        if known is None:
            accepted = ", ".join(_TYPES)
            problems.append(_problem(path, number, about, f"type '{kind}' is not a source; accepted: {accepted}"))
        elif not reference.identified:
            message = (
                "cannot be looked up; accepted: a DOI, PubMed, PMC or registry number, or an address; repair: add one"
            )
            problems.append(_problem(path, number, about, message))
        else:
            found.append(replace(reference, type=known, number=number))
    if not found and not problems:
        problems.append(_problem(path, 0, "file", "holds no entry; accepted: entries of RIS or BibTeX"))
    if problems:
        raise DataError(problems)
    return tuple(found)


def added_sources(
    file: StudyFile, references: Iterable[Reference], independence: str, origin: str
) -> tuple[StudyFile, tuple[Source, ...], tuple[Source, ...]]:
    """Return a study file with publications added to its sources, the new sources, and those that it has already.

    Args:
        file: the study.
        references: the publications; one that the study has, by any of its numbers, is not added again.
        independence: how they stand to the study.
        origin: where they were read, for messages.

    Raises:
        DataError: a publication cannot be a source.
    """
    sources, new, held = list(file.sources), [], []
    for reference in references:
        known = next((source for source in sources if reference.is_of(source)), None)
        if known is not None:
            held.append(known)
            continue
        try:
            source = reference.source(_free_id(sources), independence)
        except ValidationError as error:
            told = [message for _, _, message in form_problems(error, Source, {})]
            raise DataError(
                [Problem(origin, reference.number, reference.name or "entry", "schema", t) for t in told]
            ) from error
        sources.append(source)
        new.append(source)
    return file.model_copy(update={"sources": tuple(sources)}), tuple(new), tuple(held)


def _read_ris(path: Path, text: str) -> Iterator[tuple[str, Reference]]:
    try:
        import rispy  # type: ignore[import-untyped]  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise MissingExtraError("references", "reading RIS") from error
    try:
        entries: list[dict[str, Any]] = rispy.loads(text, skip_unknown_tags=True)
    except (OSError, ValueError, KeyError) as error:
        raise _refused(path, 0, "file", f"not RIS: {error}; repair: export it again") from error
    for entry in entries:
        numbers = [
            *(entry.get("urls") or ()),
            *_texts(entry, "accession_number", "custom2", "custom7", "notes", "call_number"),
        ]
        yield (
            str(entry.get("type_of_reference", "")),
            _reference(
                numbers,
                name=str(entry.get("id", "")),
                doi=entry.get("doi"),
                pmid=entry.get("accession_number"),
                authors=[*(entry.get("first_authors") or ()), *(entry.get("authors") or ())],
                journal=_texts(entry, "alternate_title1", "alternate_title2", "journal_name", "secondary_title"),
                year=_texts(entry, "year", "publication_year", "date"),
                url=entry.get("urls") or (),
            ),
        )


def _read_bibtex(path: Path, text: str) -> Iterator[tuple[str, Reference]]:
    try:
        import bibtexparser  # type: ignore[import-untyped]  # noqa: PLC0415 - an optional dependency
        from bibtexparser.bparser import BibTexParser  # type: ignore[import-untyped]  # noqa: PLC0415
        from bibtexparser.customization import convert_to_unicode  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("references", "reading BibTeX") from error
    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False, customization=convert_to_unicode)
    try:
        entries: list[dict[str, str]] = bibtexparser.loads(text, parser=parser).entries
    except (ValueError, KeyError, IndexError) as error:
        raise _refused(path, 0, "file", f"not BibTeX: {error}; repair: export it again") from error
    for entry in entries:
        told = {key: re.sub(r"[{}]", "", str(value)).strip() for key, value in entry.items()}
        pmid = told.get("pmid") or (told.get("eprint") if told.get("eprinttype", "").lower() == "pubmed" else None)
        yield (
            told.get("ENTRYTYPE", "").lower(),
            _reference(
                _texts(told, "pmcid", "number", "note", "url"),
                name=told.get("ID", ""),
                doi=told.get("doi"),
                pmid=pmid,
                authors=re.split(r"\s+and\s+", told["author"]) if told.get("author") else (),
                journal=_texts(told, "journal", "journaltitle", "booktitle", "howpublished"),
                year=_texts(told, "year", "date"),
                url=_texts(told, "url"),
            ),
        )


def _reference(
    numbers: Iterable[str],
    *,
    name: str,
    doi: str | None,
    pmid: str | None,
    authors: Iterable[str],
    journal: Iterable[str],
    year: Iterable[str],
    url: Iterable[str],
) -> Reference:
    """Return what an entry tells; `numbers` are texts that may hold a PMC or registry number."""
    told = " ".join(numbers)
    years = _YEAR.search(" ".join(year))
    found_doi = _DOI.search(doi or "")
    address = next((text for text in url if text.startswith(("http://", "https://"))), None)
    return Reference(
        type="",
        pmid=pmid if pmid and _PMID.fullmatch(pmid) else None,
        pmcid=match[0] if (match := _PMCID.search(told)) else None,
        doi=found_doi[0] if found_doi else None,
        registry_id=match[0] if (match := _REGISTRY.search(told)) else None,
        url=address,
        year=int(years[0]) if years else None,
        first_author=_family(next(iter(authors), "")),
        journal=next(iter(journal), None),
        name=name,
    )


def _family(author: str) -> str | None:
    """Return the family name of an author.

    >>> _family("Aranow, C."), _family("Cynthia Aranow"), _family("van Schaik, M")
    ('Aranow', 'Aranow', 'van Schaik')
    """
    family = author.partition(",")[0] if "," in author else author.rpartition(" ")[2]
    return family.strip() or None


def _free_id(sources: Iterable[Source]) -> str:
    numbers = [int(source.id[1:]) for source in sources if source.id.startswith("s")]
    return f"s{max(numbers, default=0) + 1}"


def _texts(entry: Mapping[str, Any], *names: str) -> list[str]:
    found = [entry[name] for name in names if entry.get(name)]
    return [text for each in found for text in (each if isinstance(each, list) else [str(each)])]


def _same(one: str, other: str | None) -> bool:
    return other is not None and one.lower() == other.lower()


def _problem(path: Path, line: int, record: str, message: str) -> Problem:
    return Problem(str(path), line, record, "reference", message)


def _refused(path: Path, line: int, record: str, message: str) -> DataError:
    return DataError([_problem(path, line, record, message)])
