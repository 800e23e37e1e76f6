"""The curated evidence itself: it passes every check, nothing is lost on the way to triples and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from dualbio.build.checks import Survey, sequence
from dualbio.build.convert import corpus_quads
from dualbio.build.validate import check_folder
from dualbio.model.entities import TABLES
from dualbio.model.evidence import StudyFile
from dualbio.sources.canonical import canonical_problems
from dualbio.sources.corpus import Corpus, read_corpus, read_document
from rebuilding import (
    Facts,
    differences,
    rebuild_findings,
    rebuild_lessons,
    rebuild_study,
    rebuild_table,
    study_keys,
)
from record_counts import count_differences, file_counts, graph_counts

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
        "significant-against-p",
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
    reviews = {review.id: review for review in rebuild_lessons(facts).reviews}
    assert {review.id for review in corpus.lessons_file.reviews} == set(reviews)
    assert [] == [d for review in corpus.lessons_file.reviews for d in differences(review, reviews[review.id])]


def test_every_finding_comes_back_exactly(corpus: Corpus, facts: Facts) -> None:
    """Each biomarker finding is rebuilt with its measures, interactions and sources, and so is every gap."""
    found, original = rebuild_findings(facts), corpus.findings_file
    rebuilt = {finding.id: finding for finding in found.biomarker_findings}
    assert {finding.id for finding in original.biomarker_findings} == set(rebuilt)
    assert [] == [d for finding in original.biomarker_findings for d in differences(finding, rebuilt[finding.id])]
    gaps = {gap.id: gap for gap in found.not_found}
    assert {gap.id for gap in original.not_found} == set(gaps)
    assert [] == [d for gap in original.not_found for d in differences(gap, gaps[gap.id])]


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
    floor = {
        "Study": 233,
        "Arm": 653,
        "Result": 1676,
        "WithdrawnRow": 30,
        "Comparison": 387,
        "Lesson": 317,
        "BiomarkerFinding": 48,
        "EvidenceGap": 140,
    }
    files = file_counts(corpus)
    assert {} == {name: files[name] for name, least in floor.items() if files[name] < least}


@pytest.mark.parametrize(
    ("study", "old", "new"),
    [
        pytest.param("bliss-believe", "strategy: sequential", "strategy: concurrent", id="one on the running other"),
        pytest.param("calibrate", "start_week: 4, end_week: 48", "start_week: 0, end_week: 48", id="begun together"),
        pytest.param("combivas", "strategy: sequential", "strategy: concurrent", id="a week apart"),
    ],
)
def test_an_order_that_the_steps_contradict_is_told(
    corpus: Corpus, tmp_path: Path, study: str, old: str, new: str
) -> None:
    """Whoever edits a strategy against the steps, or a step against the strategy, is told by `check`."""
    path = tmp_path / "evidence" / f"{study}.yaml"
    path.parent.mkdir()
    text = (ONTOLOGY / "evidence" / path.name).read_text(encoding="utf-8")
    told = []
    for content in (text, text.replace(old, new)):
        path.write_text(content, encoding="utf-8")
        edited = {**corpus.studies, study: read_document(tmp_path, path, StudyFile)}
        survey = Survey(replace(corpus, studies=edited))
        told.append({hit.place.file for check in sequence.CHECKS for hit in check.function(survey)})
    before, after = told
    assert 1 == len(after - before)


def test_every_study_is_written_as_it_was_read(corpus: Corpus) -> None:
    """The text made of each record is its file, so that what is read, written and read again is the same."""
    assert [] == canonical_problems(corpus)
    assert len(corpus.studies) > 200


def test_people_pooled_from_embrace_are_told_in_both_files(corpus: Corpus) -> None:
    """The pooled safety table of belimumab holds EMBRACE among its trials: neither file lets them be added up."""
    pooled = corpus.study("belimumab-pooled-adult-safety").study.overlaps_with or ()
    own = corpus.study("embrace").study.overlaps_with or ()
    assert {"bliss-52", "bliss-76", "bliss-sc", "embrace"} <= {each.study for each in pooled if each.kind == "pools"}
    assert ("belimumab-pooled-adult-safety", "pooled-in") in {(each.study, each.kind) for each in own}
