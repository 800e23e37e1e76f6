"""The curated evidence itself: it passes every check, nothing is lost on the way to triples and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from dualbio.build.convert import corpus_quads
from dualbio.build.counts import count_differences, file_counts, graph_counts
from dualbio.build.rebuild import (
    Facts,
    differences,
    rebuild_findings,
    rebuild_lessons,
    rebuild_study,
    rebuild_table,
    study_keys,
)
from dualbio.build.validate import check_folder
from dualbio.corpus import Corpus, read_corpus
from dualbio.entities import TABLES

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Give the curated sources."""
    return read_corpus(ONTOLOGY)


@pytest.fixture(scope="module")
def quads(corpus: Corpus) -> list[Quad]:
    """Give the curated sources as quads, read back from a store as a user's tool would."""
    store = Store()
    store.bulk_extend(corpus_quads(corpus))
    return list(store)


@pytest.fixture(scope="module")
def facts(quads: list[Quad]) -> Facts:
    """Give the quads, indexed."""
    return Facts.of(quads)


def test_every_check_passes() -> None:
    """No record breaks a check, but for the oddities of the sources that are waived with a reason."""
    report = check_folder(ONTOLOGY)
    assert [] == list(map(str, report.errors))
    assert {problem.check for problem in report.waived} <= {
        "denominator-above-arm",
        "enrolled-against-arms",
        "percentage-against-count",
        "significant-against-interval",
    }


def test_every_study_comes_back_exactly(corpus: Corpus, facts: Facts) -> None:
    """Each study file is rebuilt from its graph alone: every row, step, source, note, and printed zero."""
    assert sorted(corpus.studies) == study_keys(facts)
    lost = {key: list(differences(file, rebuild_study(facts, key))) for key, file in corpus.study_files.items()}
    assert {} == {key: found for key, found in lost.items() if found}


def test_every_lesson_comes_back_exactly(corpus: Corpus, facts: Facts) -> None:
    """Each lesson is rebuilt with the rows behind it."""
    rebuilt = {lesson.id: lesson for lesson in rebuild_lessons(facts).lessons}
    assert {lesson.id for lesson in corpus.lessons_file.lessons} == set(rebuilt)
    assert [] == [d for lesson in corpus.lessons_file.lessons for d in differences(lesson, rebuilt[lesson.id])]


def test_every_finding_comes_back_exactly(corpus: Corpus, facts: Facts) -> None:
    """Each biomarker finding is rebuilt with its measures, interactions and sources, and so is every gap."""
    found, original = rebuild_findings(facts), corpus.findings_file
    rebuilt = {finding.id: finding for finding in found.biomarker_findings}
    assert {finding.id for finding in original.biomarker_findings} == set(rebuilt)
    assert [] == [d for finding in original.biomarker_findings for d in differences(finding, rebuilt[finding.id])]
    assert set(original.not_found) == set(found.not_found)


@pytest.mark.parametrize("kind", [table.kind for table in TABLES])
def test_every_vocabulary_row_comes_back_exactly(kind: str, corpus: Corpus, facts: Facts) -> None:
    """Each row of a vocabulary table is rebuilt from the graph of entities."""
    rebuilt, rows = rebuild_table(facts, kind), corpus.entities[kind]
    assert set(rows) == set(rebuilt)
    assert [] == [d for key, row in rows.items() for d in differences(row, rebuilt[key])]


def test_files_and_graphs_hold_the_same_numbers_of_records(corpus: Corpus, quads: list[Quad]) -> None:
    """Kind by kind, there are as many records in the files as individuals in the graphs."""
    files = file_counts(corpus)
    assert [] == count_differences(files, graph_counts(quads))
    assert min(files.values()) > 0


def test_the_known_numbers_of_records(corpus: Corpus) -> None:
    """No study, row or lesson that was once carried into the ontology has dropped out."""
    floor = {"Study": 134, "Arm": 393, "Result": 1185, "Comparison": 212, "Lesson": 306, "BiomarkerFinding": 48}
    files = file_counts(corpus)
    assert {} == {name: files[name] for name, least in floor.items() if files[name] < least}
