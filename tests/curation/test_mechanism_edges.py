"""The mechanism edges: each leads from its record to a direct relation, and no further than its evidence."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest
from pydantic import ValidationError

from dualbio.compose import compose_release
from dualbio.corpus import Corpus, read_corpus
from dualbio.entities import MechanismEdge
from dualbio.namespaces import expand, term
from dualbio.resources import shipped_sources
from dualbio.store.embedded import EmbeddedStore

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
BASE = {"key": "a", "label": "a", "subject": "target:blys", "effect": "raises", "object": "cell:b-cell"}


@pytest.fixture(name="corpus", scope="module")
def fixture_corpus() -> Corpus:
    """Give the curated sources."""
    return read_corpus(ONTOLOGY)


@pytest.fixture(name="edges", scope="module")
def fixture_edges(corpus: Corpus) -> list[MechanismEdge]:
    """Give the curated edges."""
    return [cast(MechanismEdge, row) for row in corpus.entities["edge"].values()]


@pytest.fixture(name="store", scope="module")
def fixture_store(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedStore:
    """Give the release of the shipped sources."""
    return EmbeddedStore.in_memory(compose_release(shipped_sources(), tmp_path_factory.mktemp("edges")).graphs)


def holds(store: EmbeddedStore, subject: str, predicate: str, obj: str) -> bool:
    """Say whether a graph of the release holds a triple."""
    triple = (ox.NamedNode(expand(subject)), term(predicate), ox.NamedNode(expand(obj)))
    return next(store.store.quads_for_pattern(*triple), None) is not None


def test_every_edge_becomes_a_direct_relation(edges: list[MechanismEdge], store: EmbeddedStore) -> None:
    """The relation that the effect names stands between subject and object."""

    def relation(effect: str) -> str:
        head, *tail = effect.split("-")
        return head + "".join(word.capitalize() for word in tail)

    assert edges
    assert [] == [e.key for e in edges if not holds(store, e.subject, relation(e.effect), e.object)]


def test_every_effect_of_the_scheme_is_described(corpus: Corpus) -> None:
    """Each effect that an edge may have is a value with a definition."""
    effects = {key.removeprefix("edge-effect.") for key in corpus.entities["value"] if key.startswith("edge-effect.")}
    accepted = MechanismEdge.model_json_schema()["properties"]["effect"]["enum"]
    assert set(accepted) == effects


def test_no_edge_is_surer_than_its_evidence(corpus: Corpus, edges: list[MechanismEdge]) -> None:
    """The check level of an edge is that of every finding and lesson behind it."""
    levels: dict[str, str] = {f"finding:{f.id}": f.checked for f in corpus.findings_file.biomarker_findings}
    levels |= {f"lesson:{lesson.id}": lesson.checked for lesson in corpus.lessons_file.lessons}
    assert {} == {e.key: e.evidence for e in edges if {levels[name] for name in e.evidence} - {e.checked}}


def test_depletion_reaches_naive_cells_through_the_chain(store: EmbeddedStore) -> None:
    """The surge, survival and maturation join up: rituximab has a downstream effect on B cells, by way of BLyS."""
    assert holds(store, "mechanism:b-cell-depletion", "raises", "target:blys")
    assert holds(store, "target:blys", "supportsSurvivalOf", "cell:b-cell")
    assert holds(store, "mechanism:b-cell-depletion", "influences", "cell:naive-b-cell")
    assert holds(store, "drug:rituximab", "downstreamEffectOn", "target:blys")


@pytest.mark.parametrize(
    ("checked", "evidence"), [("textbook", ("finding:bf01",)), ("abstract", ())], ids=["textbook", "abstract"]
)
def test_evidence_and_textbook_exclude_each_other(checked: str, evidence: tuple[str, ...]) -> None:
    """General knowledge has no evidence, everything else has some."""
    with pytest.raises(ValidationError, match="'textbook' goes without evidence"):
        MechanismEdge.model_validate({**BASE, "checked": checked, "evidence": evidence})
