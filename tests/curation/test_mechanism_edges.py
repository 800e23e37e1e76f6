"""The mechanism edges: each leads from its record to a direct relation, and no further than its evidence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest
from pydantic import ValidationError

from dualbio.build.validate import check_folder
from dualbio.model.entities import MechanismEdge
from dualbio.model.namespaces import expand, term
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.lesson_levels import lesson_level

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
BASE = {"key": "a", "label": "a", "subject": "target:blys", "effect": "raises", "object": "cell:b-cell"}
#: Edges whose strength follows from how they were studied: mice, one patient with colitis, a series, a trial.
STRENGTH = {
    "igg-blocks-fc-gamma-clearance": "animal",
    "depletion-lowers-mucosal-b-cells": "single-case",
    "pair-lowers-net-formation": "uncontrolled",
    "blys-inhibition-lowers-anti-dsdna-igg": "randomised",
    "blys-inhibition-inhibits-maturation": "hypothesis",
    "blys-supports-b-cells": "textbook",
    "interferon-raises-blys": "in-vitro",
}


@pytest.fixture(name="corpus", scope="module")
def fixture_corpus() -> Corpus:
    """Give the curated sources."""
    return read_corpus(ONTOLOGY)


@pytest.fixture(name="edges", scope="module")
def fixture_edges(corpus: Corpus) -> list[MechanismEdge]:
    """Give the curated edges."""
    return [cast(MechanismEdge, row) for row in corpus.entities["edge"].values()]


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
    levels: dict[str, str | None] = {f"finding:{f.id}": f.checked for f in corpus.findings_file.biomarker_findings}
    lessons = corpus.lessons_file.lessons
    levels |= {f"lesson:{lesson.id}": lesson_level(lesson, corpus.study_files) for lesson in lessons}
    assert {} == {e.key: e.evidence for e in edges if {levels[name] for name in e.evidence} - {e.checked}}


def test_a_page_vouches_for_the_strength_of_an_edge(tmp_path: Path) -> None:
    """People seen on a page carry an edge; without the design of what the page reports, no study does."""
    shutil.copytree(ONTOLOGY, tmp_path / "ontology")
    findings = tmp_path / "ontology" / "lessons" / "biomarker-findings.yaml"
    text = findings.read_text(encoding="utf-8")
    assert 1 == text.count(", design: case-series")
    findings.write_text(text.replace(", design: case-series", ""), encoding="utf-8")
    found = [problem for problem in check_folder(tmp_path / "ontology").errors if problem.check == "edge-strength"]
    assert ["edge depletion-spares-plasma-cells"] == [problem.record for problem in found]


def test_effects_do_not_add_up_to_a_fact(store: EmbeddedStore) -> None:
    """The surge and survival are facts; that depletion by way of BLyS changes B cells again is a path and no fact."""
    assert holds(store, "mechanism:b-cell-depletion", "raises", "target:blys")
    assert holds(store, "target:blys", "supportsSurvivalOf", "cell:b-cell")
    assert holds(store, "target:blys", "influences", "cell:b-cell")
    assert not holds(store, "mechanism:b-cell-depletion", "influences", "cell:naive-b-cell")


@pytest.mark.parametrize(
    ("checked", "evidence"), [("textbook", ("finding:bf01",)), ("abstract", ())], ids=["textbook", "abstract"]
)
def test_evidence_and_textbook_exclude_each_other(checked: str, evidence: tuple[str, ...]) -> None:
    """General knowledge has no evidence, everything else has some."""
    with pytest.raises(ValidationError, match="'textbook' goes without evidence"):
        MechanismEdge.model_validate({**BASE, "checked": checked, "strength": "textbook", "evidence": evidence})


def test_a_textbook_edge_has_no_other_strength() -> None:
    """What was read nowhere was observed nowhere."""
    with pytest.raises(ValidationError, match="both 'textbook', or neither"):
        MechanismEdge.model_validate({**BASE, "checked": "textbook", "strength": "cohort"})


def test_edges_carry_the_strength_of_their_observation(store: EmbeddedStore) -> None:
    """Mice, one patient, a series, a trial and a supposition are told apart on the edge itself."""
    assert [] == [
        k for k, v in STRENGTH.items() if not holds(store, f"edge:{k}", "edgeStrength", f"value:edge-strength.{v}")
    ]
