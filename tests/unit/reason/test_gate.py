"""The gate on a release of a few triples: outside the profile, or contradictory through a literal, it is refused."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from dualbio.build.infer import Closure, write_derivations
from dualbio.reason import run_gate
from dualbio.release import Release

AXIOMS = """
@prefix dualbio: <https://w3id.org/dualbio/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://w3id.org/dualbio/ontology> a owl:Ontology .
dualbio:Trial a owl:Class ; rdfs:subClassOf dualbio:Study . dualbio:Study a owl:Class .
dualbio:week a owl:DatatypeProperty ; rdfs:range xsd:integer .
"""
STUDY = "<urn:s> a <https://w3id.org/dualbio/ontology#Trial> ; <https://w3id.org/dualbio/ontology#week> {} ."


def _release(folder: Path, week: str, axioms: str = AXIOMS) -> Release:
    (folder / "graphs" / "study").mkdir(parents=True)
    for name, text in (("ontology", axioms), ("entities", ""), ("study/one", STUDY.format(week))):
        graph = ox.NamedNode(f"https://w3id.org/dualbio/graph/{name}")
        quads = (
            ox.Quad(q.subject, q.predicate, q.object, graph)
            for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)
        )
        ox.serialize(quads, str(folder / "graphs" / f"{name}.nq"), format=ox.RdfFormat.N_QUADS)
    write_derivations(Closure(), (), folder)
    return Release(folder, {})


def test_sound_release_passes(tmp_path: Path) -> None:
    """A release inside the profile, without contradiction, whose closure is HermiT's, passes."""
    report = run_gate(_release(tmp_path, "3"))

    assert report.passed
    assert 2 == report.compared


def test_release_outside_the_profile_is_refused_before_anything_is_compared(tmp_path: Path) -> None:
    """A datatype that OWL 2 does not know is told, and HermiT is not asked."""
    report = run_gate(_release(tmp_path, '"2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>'))

    assert not report.passed
    assert report.consistent is None
    assert ("DatatypeOutsideMap: http://www.w3.org/2001/XMLSchema#date",) == report.violations


def test_literal_outside_its_range_is_a_contradiction_with_its_axioms(tmp_path: Path) -> None:
    """A text where a property takes integers contradicts the range; both are named, and nothing else."""
    report = run_gate(_release(tmp_path, '"three"'))

    assert report.consistent is False
    assert 2 == len(report.conflict)
    assert any("range" in axiom for axiom in report.conflict)
    assert any('"three"' in axiom for axiom in report.conflict)
