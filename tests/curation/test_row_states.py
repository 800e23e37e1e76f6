"""Rows that no page supports, and rows that are doubted: they keep their ids and feed nothing."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.build.checks.survey import Survey
from dualbio.model.evidence import Comparison, Result
from dualbio.model.namespaces import individual, term
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.store.embedded import EmbeddedStore

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
#: Rows that were recalled, or stood on an arm that no page names: each study, and the ids that stay taken.
WITHDRAWN = {
    "calibrate": {"r005", "r006"},
    "chablis-sc1": {"r001", "r002"},
    "embody-1": {"r001", "r002", "r003"},
    "embody-2": {"r001", "r002", "r003"},
    "enact": {"r001", "r002"},
    "explorer-rituximab-sle": {"r001", "r002"},
    "ianalumab-sle-phase-2": {"r001", "r002"},
    "reflex": {"r001", "r002"},
    "sands-2007": {"r005"},
    "sonic": {"r007", "r008", "r009"},
    "tulip-1": {"r006", "r007"},
    "vega": {"r040", "r041"},
}


@pytest.fixture(name="corpus", scope="module")
def fixture_corpus() -> Corpus:
    """Give the curated sources."""
    return read_corpus(ONTOLOGY)


def test_no_row_that_holds_is_recalled(corpus: Corpus) -> None:
    """Every number that a question can return was seen on a page."""
    assert [] == [f"{site.study} {site.record}" for site in Survey(corpus).rows() if site.record.checked == "memory"]


def test_withdrawn_rows_keep_their_ids(corpus: Corpus) -> None:
    """An id that was withdrawn is still that of a withdrawn row."""
    kept = {key: {row.id for row in file.withdrawn or ()} for key, file in corpus.study_files.items()}
    assert {} == {key: ids - kept[key] for key, ids in WITHDRAWN.items() if ids - kept[key]}


def test_a_withdrawn_row_is_no_row_and_holds_no_number(store: EmbeddedStore) -> None:
    """Neither class nor number of a result is told or inferred of it; its study and second readings alone name it."""
    for study, ids in WITHDRAWN.items():
        for row in ids:
            node = individual("result", f"{study}.{row}")
            said = list(store.store.quads_for_pattern(node, None, None))
            types = {quad.object for quad in said if quad.predicate == term("rdf:type")}
            assert term("WithdrawnRow") in types
            assert not types & {term("Result"), term("Comparison"), term("EvidenceRow")}
            assert {ox.Literal} & {type(quad.object) for quad in said if quad.predicate == term("withdrawnBecause")}
            numbers = {term(name) for name in ("value", "events", "total", "estimate", "outcome", "arm", "checkLevel")}
            assert set() == numbers & {quad.predicate for quad in said}
            assert {term("hasWithdrawnRow"), term("withdrawnFrom"), term("concernsRow")} >= {
                quad.predicate for quad in store.store.quads_for_pattern(None, None, node)
            }


def test_the_misprint_of_ultra_2_carries_no_verdict(corpus: Corpus, store: EmbeddedStore) -> None:
    """The p value 0.19, a misprint of 0.019, is contested, and nothing says that adalimumab missed by it."""
    misprint = next(row for row in corpus.study("ultra-2").comparisons or () if row.id == "c002")
    assert ("contested", "unknown") == (misprint.state, misprint.significant)
    node = individual("comparison", "ultra-2.c002")
    assert not list(store.store.quads_for_pattern(node, term("significant"), None))


def test_contested_rows_carry_no_verdict(corpus: Corpus) -> None:
    """Of all contested rows, results or comparisons, none claims significance, and each says what is doubted."""
    contested = [site.record for site in Survey(corpus).rows() if site.record.state == "contested"]
    assert contested
    assert all(
        isinstance(row, Result) or (isinstance(row, Comparison) and row.significant == "unknown") for row in contested
    )
    assert all(row.note for row in contested)
