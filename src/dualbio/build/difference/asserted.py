"""The changes that an edit of studies and lessons makes to the asserted graphs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.convert import lesson_quads, names_of, study_quads
from dualbio.build.provenance import provenance_quads, source_files
from dualbio.mappings import alternate_quads, outside_iris, read_alternates
from dualbio.mappings.alternates import leads_out
from dualbio.model.evidence import StudyFile
from dualbio.model.lessons import FindingsFile, LessonsFile
from dualbio.model.namespaces import graph_iri
from dualbio.model.record_fields import Record
from dualbio.sources.corpus import Corpus, Document
from dualbio.sources.yaml_lines import parse_yaml
from dualbio.synthesis import computed_quads
from dualbio.synthesis.coverage import study_gaps
from dualbio.version import __version__

__all__ = ["Edit", "QuadDifference", "is_edited_alone"]

_STUDIES, _LESSONS, _FINDINGS = "evidence/", "lessons/lessons.yaml", "lessons/biomarker-findings.yaml"
_STUDY = re.compile(r"evidence/[^/]+\.yaml")
#: Graphs that are not of records.
_NO_RECORDS = ("ontology", "alternates", "provenance", "synthesis", "catalogue", "inferred")


def is_edited_alone(name: str) -> bool:
    """Return whether the dependants of a curated file, named below the sources, are known."""
    return name in (_LESSONS, _FINDINGS) or bool(_STUDY.fullmatch(name))


@dataclass(frozen=True)
class QuadDifference:
    """Quads that are said no more, and quads that are said now."""

    gone: frozenset[ox.Quad]
    come: frozenset[ox.Quad]

    @classmethod
    def between(cls, before: Iterator[ox.Quad], after: Iterator[ox.Quad]) -> QuadDifference:
        """Return what differs between two streams of quads."""
        old, new = frozenset(before), frozenset(after)
        return cls(old - new, new - old)


class Edit:
    """The records before and after an edit, as far as they differ."""

    def __init__(self, corpus: Corpus, names: Collection[str], texts: Mapping[str, str]) -> None:
        """Read the records as they were.

        Args:
            corpus: the records as they are.
            names: the files that differ.
            texts: the text of each file as it was, those that do not differ too.
        """
        self._names = frozenset(names)
        self._now = corpus
        keys = [Path(name).stem for name in names if name.startswith(_STUDIES)]
        before = {key: _document(f"{_STUDIES}{key}.yaml", StudyFile, texts) for key in keys}
        kept = {key: document for key, document in corpus.studies.items() if key not in before}
        self._before = replace(
            corpus,
            studies=kept | {key: document for key, document in before.items() if document},
            lessons=(_document(_LESSONS, LessonsFile, texts) if _LESSONS in names else None) or corpus.lessons,
            findings=(_document(_FINDINGS, FindingsFile, texts) if _FINDINGS in names else None) or corpus.findings,
        )
        self._edited = frozenset(keys)
        # Labels have those of other studies in them: a study that names an edited one by its key is converted again.
        self._naming = frozenset(
            Path(name).stem
            for name, text in texts.items()
            if name.startswith(_STUDIES) and name not in names and any(key in text for key in keys)
        )

    def records(self) -> QuadDifference:
        """Return what differs in the graphs of records and in what is computed from them."""
        touched = self._edited | self._told_of()
        return QuadDifference.between(self._quads(self._before, touched), self._quads(self._now, touched))

    def _quads(self, corpus: Corpus, touched: Collection[str]) -> Iterator[ox.Quad]:
        names = names_of(corpus)
        for key in sorted((self._edited | self._naming) & corpus.studies.keys()):
            yield from study_quads(corpus.study(key), names)
        whole = not self._names.isdisjoint((_LESSONS, _FINDINGS))
        # Labels of lessons, too, have those of studies in them.
        yield from lesson_quads(corpus, naming=None if whole else self._edited)
        yield from computed_quads(corpus, touched)

    def _told_of(self) -> set[str]:
        """Return the studies of which something is computed from a record that differs, though theirs may not."""
        old, new = _acronyms(self._before), _acronyms(self._now)
        renamed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        found = {
            key
            for key, file in self._now.study_files.items()
            if any(overlap.study in renamed for overlap in file.study.overlaps_with or ())
        }
        gaps = [study_gaps(corpus) for corpus in (self._before, self._now)]
        return found | {key for key in gaps[0].keys() | gaps[1].keys() if gaps[0].get(key) != gaps[1].get(key)}

    def alternates(self, store: ox.Store, records: QuadDifference) -> QuadDifference:
        """Return what differs in the other forms of outside IRIs; `store` holds the records as they are."""
        others = read_alternates(self._now.folder)
        gone = [iri for iri in outside_iris(records.gone) if not _is_named(store, iri)]
        come = outside_iris(records.come)
        known = {quad.subject for quad in store.quads_for_pattern(None, None, None, graph_iri("alternates"))}
        return QuadDifference(
            frozenset(alternate_quads(others, gone)),
            frozenset(alternate_quads(others, (iri for iri in come if ox.NamedNode(iri) not in known))),
        )

    def provenance(self, before: Mapping[str, str], now: Mapping[str, str]) -> QuadDifference:
        """Return what differs in the provenance of graphs; SHA-256 of the curated files by name, as it was and is."""
        return QuadDifference.between(*(_provenance(sums) for sums in (before, now)))


def _document(name: str, model: type[Record], texts: Mapping[str, str]) -> Document | None:
    return Document(name, model.model_validate(parse_yaml(texts[name])[0]), {}) if name in texts else None


def _acronyms(corpus: Corpus) -> dict[str, str]:
    return {key: file.study.acronym for key, file in corpus.study_files.items()}


def _is_named(store: ox.Store, iri: str) -> bool:
    """Return whether a record names an outside IRI."""
    node = ox.NamedNode(iri)
    graphs = {graph_iri(name) for name in _NO_RECORDS}
    found = (*store.quads_for_pattern(None, None, node, None), *store.quads_for_pattern(node, None, None, None))
    return any(leads_out(quad.predicate) and quad.graph_name not in graphs for quad in found)


def _provenance(sums: Mapping[str, str]) -> Iterator[ox.Quad]:
    return provenance_quads(source_files(sums), sums, __version__, None)
