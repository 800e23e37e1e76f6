"""Triples give back the records they were made from; what is lost or changed is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from dualbio.build.convert import corpus_quads
from dualbio.errors import NotFoundError
from dualbio.model.entities import TABLES
from dualbio.model.namespaces import individual, term
from dualbio.sources.corpus import Corpus, read_corpus
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

CURATED = Path(__file__).resolve().parents[3] / "tests" / "data" / "curated"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Give the invented world."""
    return read_corpus(CURATED)


@pytest.fixture(scope="module")
def quads(corpus: Corpus) -> list[Quad]:
    """Give the invented world as quads, read back from a store."""
    store = Store()
    store.extend(corpus_quads(corpus))
    return list(store)


def test_studies_come_back(corpus: Corpus, quads: list[Quad]) -> None:
    """Each study file is rebuilt from its graph, with numbers as printed."""
    facts = Facts.of(quads)
    assert list(corpus.studies) == study_keys(facts)
    found = {key: list(differences(file, rebuild_study(facts, key))) for key, file in corpus.study_files.items()}
    assert {key: [] for key in corpus.studies} == found
    results = rebuild_study(facts, "calm-1").results
    assert results
    assert ["25.0", "50", "None"] == [str(row.value) for row in results[:3]]


def test_lessons_findings_and_tables_come_back(corpus: Corpus, quads: list[Quad]) -> None:
    """Lessons, findings, gaps and vocabulary rows are rebuilt."""
    facts = Facts.of(quads)
    lessons = {lesson.id: lesson for lesson in rebuild_lessons(facts).lessons}
    assert [] == [d for lesson in corpus.lessons_file.lessons for d in differences(lesson, lessons[lesson.id])]
    findings = rebuild_findings(facts)
    assert [] == list(differences(corpus.findings_file.biomarker_findings[0], findings.biomarker_findings[0]))
    assert corpus.findings_file.not_found == findings.not_found
    for table in TABLES:
        rows = rebuild_table(facts, table.kind)
        assert set(corpus.entities[table.kind]) == set(rows)
        assert [] == [d for key, row in rows.items() for d in differences(corpus.entities[table.kind][key], row)]


def test_counts_agree(corpus: Corpus, quads: list[Quad]) -> None:
    """Files and graphs hold equally many records of each class."""
    assert [] == count_differences(file_counts(corpus), graph_counts(quads))


def test_a_lost_record_is_counted(corpus: Corpus, quads: list[Quad]) -> None:
    """A record whose type is missing from the graph shows in the counts."""
    lost = Quad(individual("result", "calm-1.r002"), term("rdf:type"), term("Result"), quads[0].graph_name)
    kept = [quad for quad in quads if (quad.subject, quad.predicate, quad.object) != tuple(lost)[:3]]
    assert ["Result: 9 in the files, 8 in the graphs"] == count_differences(file_counts(corpus), graph_counts(kept))


@pytest.mark.parametrize(
    "predicate", ["events", "valuePrinted", "position", "source", "intervalLow", "usesDrug", "role"]
)
def test_no_kind_of_triple_can_go_missing(predicate: str, corpus: Corpus, quads: list[Quad]) -> None:
    """Without any one sort of triple the rebuilt study differs, or cannot be rebuilt at all."""
    name = {"role": "resultRole"}.get(predicate, predicate)
    facts = Facts.of(quad for quad in quads if quad.predicate != term(name) or "calm-1" not in str(quad.subject))
    try:
        rebuilt = rebuild_study(facts, "calm-1")
    except ValueError:
        return
    expected = corpus.study("calm-1")
    changed = list(differences(expected, rebuilt))
    swapped = predicate == "position" and [a.id for a in rebuilt.arms] == [a.id for a in expected.arms]
    assert changed or swapped


def test_a_changed_zero_is_a_difference(corpus: Corpus) -> None:
    """59.0 is not 59: the printed form is part of the record."""
    study = corpus.study("calm-1")
    assert study.results
    other = study.model_copy(
        update={"results": (study.results[0].model_copy(update={"value": 25}), *study.results[1:])}
    )
    assert ["results[0].value: 25.0 became 25"] == list(differences(study, other))


def test_the_order_of_plain_lists_is_no_difference(corpus: Corpus) -> None:
    """Diseases and ids are sets; arms and steps are not."""
    study = corpus.study("calm-1")
    turned = study.study.model_copy(update={"registry_ids": tuple(reversed(study.study.registry_ids or ()))})
    assert [] == list(differences(study, study.model_copy(update={"study": turned})))
    arms = study.model_copy(update={"arms": tuple(reversed(study.arms))})
    assert [] != list(differences(study, arms))


def test_an_unknown_study_is_named() -> None:
    """A study without a graph is an error that names it."""
    with pytest.raises(NotFoundError, match="graph study/nowhere does not describe study 'nowhere'"):
        rebuild_study(Facts.of([]), "nowhere")


def test_foreign_triples_do_no_harm(corpus: Corpus, quads: list[Quad]) -> None:
    """What other people say about a study in the same graph is ignored."""
    graph = next(quad.graph_name for quad in quads if quad.subject == individual("study", "calm-1"))
    more = Quad(individual("study", "calm-1"), NamedNode("https://example.org/seen"), Literal("yes"), graph)
    assert [] == list(differences(corpus.study("calm-1"), rebuild_study(Facts.of([*quads, more]), "calm-1")))
