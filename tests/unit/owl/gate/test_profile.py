"""The OWL 2 DL profile: a sound ontology passes, and each way out of the profile is told by its kind."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.owl.gate import profile_violations

SOUND = """
@prefix : <urn:t:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:t> a owl:Ontology .
:A a owl:Class . :p a owl:ObjectProperty . :d a owl:DatatypeProperty .
:i a owl:NamedIndividual , :A ; :d "1"^^xsd:integer .
"""
FAULTS = """
:i a :Undeclared ; :undeclared :i .
:both a owl:ObjectProperty , owl:DatatypeProperty .
:C a owl:Class , rdfs:Datatype .
:i :d "abc"^^xsd:integer , "2020-01-01"^^xsd:date .
:d rdfs:range xsd:gYear .
:t a owl:ObjectProperty , owl:TransitiveProperty .
:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :t ; owl:maxCardinality 1 ] .
"""
#: The kind of violation that each fault is, and the name that the message gives.
TOLD = {
    "undeclared class": ("UseOfUndeclaredClass", "urn:t:Undeclared"),
    "undeclared property": ("UseOfUndeclaredAnnotationProperty", "urn:t:undeclared"),
    "object and data property": ("IllegalPunning", "urn:t:both"),
    "class and datatype": ("DatatypeIRIAlsoUsedAsClassIRI", "urn:t:C"),
    "no such number": ("LexicalNotInLexicalSpace", '"abc"'),
    "value outside the datatype map": ("DatatypeOutsideMap", "XMLSchema#date"),
    "range outside the datatype map": ("DatatypeOutsideMap", "XMLSchema#gYear"),
    "transitive property in a cardinality": ("UseOfNonSimplePropertyInCardinalityRestriction", "urn:t:t"),
}


def _violations(more: str = "") -> tuple[str, ...]:
    return profile_violations(q.triple for q in ox.parse((SOUND + more).encode(), format=ox.RdfFormat.TURTLE))


@pytest.fixture(scope="module")
def faulty() -> tuple[str, ...]:
    """What is said of all faults at once: Java is started a single time."""
    return _violations(FAULTS)


def test_sound_ontology_has_no_violation() -> None:
    """An ontology inside the profile gives an empty answer."""
    assert () == _violations()


@pytest.mark.parametrize("fault", TOLD)
def test_fault_is_told_by_kind_and_name(faulty: tuple[str, ...], fault: str) -> None:
    """Each fault gives a violation of the kind that it is, with the name at fault."""
    kind, name = TOLD[fault]

    assert any(text.startswith(f"{kind}: ") and name in text for text in faulty), faulty
