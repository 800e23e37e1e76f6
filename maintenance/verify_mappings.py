"""Hold mappings and reused terms against files of the outside vocabularies: does the term exist, and is it called so?

`python maintenance/verify_mappings.py FOLDER` reads every ontology file below FOLDER, prints what contradicts our
mappings and how many mappings have each status, and ends with 1 when something does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dualbio.errors import DualbioError, NotFoundError
from dualbio.mappings import Mapping, read_mappings
from dualbio.settings import Settings
from ontology_files import OutsideTerm, UnreadableFileError, read_terms
from reused_terms import read_anchors

__all__ = ["Against", "MappingStatus", "MappingVerdict", "Unread", "check_against", "main"]


class MappingStatus(StrEnum):
    """What the files say about one mapping's object, best first."""

    CONFIRMED = "confirmed"
    ID_ONLY = "id seen, no label beside it"
    LABEL_DIFFERS = "label differs"
    OBSOLETE = "obsolete"
    ID_NOT_FOUND = "id not found"
    PART_ONLY = "id not found, but the files hold only a part of that vocabulary"
    NO_FILE = "no file for that prefix"

    @property
    def is_defect(self) -> bool:
        """Whether the files contradict the mapping; silence of the files is no defect."""
        return self in (MappingStatus.LABEL_DIFFERS, MappingStatus.OBSOLETE, MappingStatus.ID_NOT_FOUND)


@dataclass(frozen=True)
class MappingVerdict:
    """What was found for one mapping; `labels` are pairs of label and file, `files` all files that show the id."""

    mapping: Mapping
    finding: MappingStatus
    labels: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Give place, mapping and finding in one line, with the labels seen when they differ."""
        row = self.mapping
        text = f"{row.file}:{row.line}: {row.object} '{row.object_label}': {self.finding}"
        if self.finding is MappingStatus.LABEL_DIFFERS:
            seen = "; ".join(f"'{label}' in {file}" for label, file in self.labels)
            return f"{text}: {seen}"
        return f"{text} ({', '.join(self.files)})" if self.files else text


@dataclass(frozen=True)
class Unread:
    """A file of the folder that could not be read, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Against:
    """The outcome of every mapping, in their order, and the files that could not be read."""

    outcomes: tuple[MappingVerdict, ...]
    unread: tuple[Unread, ...]

    def count(self, finding: MappingStatus) -> int:
        """Return how many mappings have this finding."""
        return sum(outcome.finding is finding for outcome in self.outcomes)

    @property
    def defects(self) -> tuple[MappingVerdict, ...]:
        """Outcomes that contradict their mapping."""
        return tuple(outcome for outcome in self.outcomes if outcome.finding.is_defect)


#: Other spellings of prefixes in outside files, in lower case; a prefix is its own spelling in any case.
_SPELLINGS: dict[str, str] = {
    "chembl.compound": "CHEMBL",
    "chembl.molecule": "CHEMBL",
    "egid": "NCBIGene",
    "entrez": "NCBIGene",
    "icd10": "ICD10WHO",
    "icd10_cm": "ICD10CM",
    "icd10_who": "ICD10WHO",
    "nci": "NCIT",
    "ncithesaurus": "NCIT",
    "orpha": "Orphanet",
    "orphanet.ordo": "Orphanet",
    "rxcui": "RXNORM",
    "umls_cui": "UMLS",
    "uniprotkb": "UNIPROT",
    "up": "UNIPROT",
}


#: Share of our identifiers of one prefix that files must know to be taken for the whole of that vocabulary.
_WHOLE = 0.8


@dataclass
class _Seen:
    """What all files together say about one term."""

    labels: dict[tuple[str, str], None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    obsolete: bool = False


def check_against(mappings: Sequence[Mapping], folder: Path, progress: Callable[[str], None] | None = None) -> Against:
    """Look every object of `mappings` up in the ontology files below `folder`.

    Args:
        mappings: what to verify.
        folder: holds files in any of the formats of `ontology_files`.
        progress: called with the name of each file before it is read.

    Raises:
        NotFoundError: the folder does not exist or holds no file that can be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    index = _Index(mappings)
    unread = list(_read_all(files, folder, index, progress))
    if len(unread) == len(files):
        raise NotFoundError(f"no ontology file can be read in '{folder}'; accepted: OBO, OWL, Turtle, JSON, TSV files")
    return Against(tuple(index.outcome(mapping) for mapping in mappings), tuple(unread))


def _read_all(
    files: Iterable[Path], folder: Path, index: _Index, progress: Callable[[str], None] | None
) -> Iterator[Unread]:
    for path in files:
        name = path.relative_to(folder).as_posix()
        if progress:
            progress(name)
        try:
            for outside in read_terms(path):
                index.note(outside, name)
        except UnreadableFileError as error:
            yield Unread(name, str(error))


class _Index:
    """Gathers what files say about the objects of mappings, and which prefixes they speak of at all."""

    def __init__(self, mappings: Iterable[Mapping]) -> None:
        self._seen: dict[str, _Seen] = {}
        self._by_iri: dict[str, str] = {}
        self._prefix_of: dict[str, str] = {}
        self._spelling = dict(_SPELLINGS)
        self._labelled: set[str] = set()
        for mapping in mappings:
            prefix, _, local = mapping.object.partition(":")
            self._seen[mapping.object] = _Seen()
            self._by_iri[mapping.object_iri] = mapping.object
            self._prefix_of[mapping.object_iri.removesuffix(local)] = prefix
            self._spelling[prefix.lower()] = prefix

    def note(self, outside: OutsideTerm, file: str) -> None:
        """Keep what a file says about a term, if a mapping leads to it."""
        prefix, curie = self._curie(outside.name)
        if outside.label:
            self._labelled.add(prefix)
        seen = self._seen.get(curie)
        if seen is None:
            return
        seen.files[file] = None
        seen.obsolete |= outside.obsolete
        if outside.label:
            seen.labels[outside.label, file] = None

    def _curie(self, name: str) -> tuple[str, str]:
        """Return our prefix and our CURIE of a name in a file; the prefix is empty when no mapping has it."""
        if name.startswith(("http://", "https://")):
            cut = max(name.rfind(mark) for mark in "/#_=") + 1
            prefix = self._prefix_of.get(name[:cut])
            local = name[cut:]
        else:
            written, _, local = name.partition(":")
            prefix = self._spelling.get(written.lower())
        return ("", name) if prefix is None else (prefix, f"{prefix}:{local}")

    def outcome(self, mapping: Mapping) -> MappingVerdict:
        """Return what all files together say about a mapping."""
        seen = self._seen[mapping.object]
        labels, files = tuple(seen.labels), tuple(seen.files)
        if not files:
            return MappingVerdict(mapping, self._silence(mapping.object_prefix))
        if seen.obsolete:
            return MappingVerdict(mapping, MappingStatus.OBSOLETE, labels, files)
        if not labels:
            return MappingVerdict(mapping, MappingStatus.ID_ONLY, labels, files)
        agrees = any(_plain(label) == _plain(mapping.object_label) for label, _ in labels)
        return MappingVerdict(
            mapping, MappingStatus.CONFIRMED if agrees else MappingStatus.LABEL_DIFFERS, labels, files
        )

    def _silence(self, prefix: str) -> MappingStatus:
        """Return what it means that no file contains an identifier of `prefix`.

        Files that only refer to a vocabulary show its identifiers without labels.  Imports, slims and tables of
        labels know a few of its terms; the whole of it knows nearly all that mappings lead to.
        """
        if prefix not in self._labelled:
            return MappingStatus.NO_FILE
        ours = [seen for curie, seen in self._seen.items() if curie.startswith(f"{prefix}:")]
        known = sum(bool(seen.labels) for seen in ours)
        return MappingStatus.ID_NOT_FOUND if known >= _WHOLE * len(ours) else MappingStatus.PART_ONLY


def _plain(label: str) -> str:
    """Return a label without differences of case and blanks."""
    return " ".join(label.casefold().split())


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the curated mappings against the folder that `arguments` name; return the exit code.

    It is 0 when nothing is contradicted, 1 when something is, and 2 when there was nothing to verify against.
    """
    parser = argparse.ArgumentParser(description="Hold mappings and reused terms against ontology files.")
    parser.add_argument("folder", type=Path, help="holds ontology files, in any of the formats of ontology_files.py")
    folder: Path = parser.parse_args(arguments).folder
    ontology = Settings().sources.ontology
    try:
        found = check_against([*read_mappings(ontology), *read_anchors(ontology)], folder)
    except DualbioError as error:
        print(error, file=sys.stderr)
        return 2
    for verdict in found.defects:
        print(f"error: {verdict}", file=sys.stderr)
    for unread in found.unread:
        print(f"note: {unread.file} was not read: {unread.reason}", file=sys.stderr)
    for status in MappingStatus:
        print(f"{found.count(status):5} {status}")
    return 1 if found.defects else 0


if __name__ == "__main__":
    sys.exit(main())
