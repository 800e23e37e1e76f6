"""The gate: HermiT agrees with the closure, and catches a wrong axiom and a missing rule."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import expand, term
from dualbio.owl.gate import is_consistent, minimal_conflict, realise_each, run_gate
from dualbio.owl.gate import slices as gate
from dualbio.owl.rules import Rule, compile_axioms
from dualbio.release.folder import Release

TOY = """
@prefix : <urn:t:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Cat a owl:Class ; rdfs:subClassOf :Animal . :Dog a owl:Class ; rdfs:subClassOf :Animal ; owl:disjointWith :Cat .
:Animal a owl:Class . :chases a owl:ObjectProperty ; rdfs:domain :Dog .
:tom a :Cat . :rex a :Dog .
"""


def _toy(more: str = "") -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse((TOY + more).encode(), format=ox.RdfFormat.TURTLE)]


def test_closure_equals_hermit_on_a_study(release: Release) -> None:
    """Every class membership and property value of a trial agrees, in both directions; `make reason` asks for all."""
    report = run_gate(release, studies=["calibrate"])

    assert report.passed
    assert () == report.differences
    assert report.compared > 1000


@pytest.fixture(scope="module")
def told(release: Release) -> list[ox.Triple]:
    """The ontology with one study and what it names, without annotations: consistent."""
    files = (release.graphs / "ontology.nq", release.graphs / "study" / "calibrate.nq", release.graphs / "entities.nq")
    triples = [quad.triple for file in files for quad in ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS)]
    skipped = {t.subject for t in triples if t.object == term("owl:AnnotationProperty")} | {term("rdfs:label")}
    facts = [triple for triple in triples if triple.predicate not in skipped]
    assert is_consistent(facts)
    return facts


@pytest.mark.parametrize(
    ("thing", "kind"),
    [
        ("drug:rituximab", "BFO:0000015"),
        ("disease:sle", "BFO:0000003"),
        ("cell:b-cell", "BFO:0000040"),
        ("study:calibrate", "BFO:0000040"),
        ("arm:calibrate.rc", "IAO:0000030"),
        ("regimen:calibrate.rc", "BFO:0000040"),
    ],
)
def test_upper_level_tells_kinds_of_being_apart(told: list[ox.Triple], thing: str, kind: str) -> None:
    """A concept is no process and no matter, a trial no matter, people no text, and a plan no matter."""
    wrong = ox.Triple(ox.NamedNode(expand(thing)), term("rdf:type"), ox.NamedNode(expand(kind)))

    assert not is_consistent([*told, wrong])


def test_missing_rule_is_found(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the property chain of `withinDisease` left out, the gate reports what the closure no longer knows."""

    def without(ontology: Iterable[ox.Triple]) -> tuple[Rule, ...]:
        return tuple(
            rule for rule in compile_axioms(ontology) if "PropertyChain(dualbio:withinDisease" not in rule.name
        )

    monkeypatch.setattr(gate, "compile_axioms", without)
    report = run_gate(release, studies=["calibrate"])

    assert not report.passed
    assert all(difference.only_in == "HermiT" and difference.entailed for difference in report.differences)
    assert "study:calibrate dualbio:withinDisease disease:sle: only in HermiT, entailed" in map(str, report.differences)


def test_most_specific_answers_are_expanded() -> None:
    """HermiT prints the most specific class; the realisation adds what is above it."""
    (found,) = realise_each([_toy()])

    assert {("urn:t:tom", "urn:t:Cat"), ("urn:t:tom", "urn:t:Animal")} <= found.all_types


def test_contradiction_is_explained_by_its_axioms() -> None:
    """The three statements that clash are named, and nothing else."""
    triples = _toy(":tom :chases :rex .")

    conflict = minimal_conflict(triples, is_consistent)

    texts = {" ".join(map(str, axiom)) for axiom in conflict}
    assert 4 == len(texts)
    assert all(
        any(part in text for text in texts)
        for part in ("urn:t:chases> <urn:t:rex", "domain", "disjointWith", "t:tom> <http")
    )


def test_consistent_axioms_have_no_conflict() -> None:
    """Where there is no contradiction, none is reported."""
    assert [] == minimal_conflict(_toy(), is_consistent)


def test_wrong_axiom_in_a_release_is_reported_with_the_axioms_at_fault(release: Release, tmp_path: Path) -> None:
    """A release in which studies and arms are one class is refused, and the axioms that clash are told."""
    broken = replace(release, folder=shutil.copytree(release.folder, tmp_path / release.id))
    ontology = broken.graphs / "ontology.nq"
    name = "https://w3id.org/dualbio/ontology#"
    wrong = (
        f"<{name}Arm> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <{name}Study> <{name[:-9]}graph/ontology> .\n"
    )
    with ontology.open("a", encoding="utf-8") as lines:
        lines.write(wrong)
    report = run_gate(broken, studies=["calibrate"])

    assert not report.consistent
    assert any(f"<{name}Arm>" in axiom and "subClassOf" in axiom for axiom in report.conflict)
    assert any("disjointWith" in axiom or "AllDisjointClasses" in axiom for axiom in report.conflict)
