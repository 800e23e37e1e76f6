"""Functional-style syntax: OWLAPI reads from it the very axioms that it reads from RDF, and nothing is left out."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.export.functional import functional_text
from dualbio.export.rdfxml import ExportError
from dualbio.namespaces import PREFIXES
from dualbio.reason.ask import ask_owlapi

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
HEADER = "<urn:o> a owl:Ontology ; owl:versionIRI <urn:o:1> .\n"
#: Every construct of OWL 2 that the writer knows, once.
FULL = """
<urn:o> a owl:Ontology ; owl:versionIRI <urn:o:1> ; dcterms:title "a \\"quoted\\" \\\\ title"@en .
<urn:o> rdfs:seeAlso <urn:x> .
dcterms:title a owl:AnnotationProperty ; rdfs:label "title" . skos:note a owl:AnnotationProperty ;
  rdfs:subPropertyOf rdfs:comment ; rdfs:domain dualbio:A ; rdfs:range xsd:string .
dualbio:Small a rdfs:Datatype ; owl:equivalentClass [ a rdfs:Datatype ; owl:onDatatype xsd:integer ;
  owl:withRestrictions ( [ xsd:minInclusive 1 ] [ xsd:maxInclusive 9 ] ) ] .
dualbio:p a owl:ObjectProperty , owl:FunctionalProperty , owl:AsymmetricProperty ; rdfs:domain dualbio:A ;
  rdfs:range [ a owl:Class ; owl:unionOf ( dualbio:B dualbio:C ) ] ; owl:inverseOf dualbio:q .
dualbio:q a owl:ObjectProperty , owl:InverseFunctionalProperty , owl:IrreflexiveProperty ;
  owl:propertyDisjointWith dualbio:s .
dualbio:r a owl:ObjectProperty , owl:TransitiveProperty , owl:SymmetricProperty , owl:ReflexiveProperty ;
  owl:propertyChainAxiom ( dualbio:p [ owl:inverseOf dualbio:s ] ) ; owl:equivalentProperty dualbio:t .
dualbio:s a owl:ObjectProperty ; rdfs:subPropertyOf dualbio:r . dualbio:t a owl:ObjectProperty .
dualbio:d a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:subPropertyOf dualbio:e ; rdfs:domain dualbio:A ;
  rdfs:range [ a rdfs:Datatype ; owl:unionOf ( xsd:integer dualbio:Small ) ] .
dualbio:e a owl:DatatypeProperty ; owl:propertyDisjointWith dualbio:f ;
  rdfs:range [ a rdfs:Datatype ; owl:datatypeComplementOf xsd:boolean ] .
dualbio:f a owl:DatatypeProperty ; rdfs:range [ a rdfs:Datatype ; owl:oneOf ( "x" "y"@en 1 ) ] .
dualbio:A a owl:Class ; rdfs:label "甲"@zh ; owl:hasKey ( dualbio:p dualbio:d ) ; owl:disjointWith dualbio:B ;
  rdfs:subClassOf [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:someValuesFrom dualbio:B ] ,
    [ a owl:Restriction ; owl:onProperty [ owl:inverseOf dualbio:p ] ; owl:allValuesFrom dualbio:C ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:s ; owl:hasSelf true ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:s ; owl:minCardinality "2"^^xsd:nonNegativeInteger ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:maxCardinality "3"^^xsd:nonNegativeInteger ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:d ; owl:cardinality "1"^^xsd:nonNegativeInteger ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:qualifiedCardinality "1"^^xsd:nonNegativeInteger ;
      owl:onClass dualbio:B ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:d ; owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ;
      owl:onDataRange xsd:integer ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:d ; owl:someValuesFrom xsd:integer ] .
dualbio:B a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( dualbio:C
    [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:hasValue value:arm-role.combination ]
    [ a owl:Restriction ; owl:onProperty dualbio:d ; owl:hasValue 7 ] ) ] .
dualbio:C a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:complementOf dualbio:B ] ;
  owl:disjointUnionOf ( dualbio:B dualbio:E ) .
dualbio:E a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:oneOf ( drug:a drug:b ) ] .
drug:a a owl:NamedIndividual , dualbio:A , [ a owl:Class ; owl:complementOf dualbio:B ] ; dualbio:p drug:b ;
  dualbio:d 1 ; owl:differentFrom drug:b ; rdfs:label "a" . drug:b a dualbio:B ; owl:sameAs <urn:b> .
[] a owl:AllDisjointClasses ; owl:members ( dualbio:A dualbio:B dualbio:E ) .
[] a owl:AllDisjointProperties ; owl:members ( dualbio:p dualbio:q dualbio:s ) .
[] a owl:AllDifferent ; owl:distinctMembers ( drug:a drug:b drug:c ) .
"""


def triples(turtle: str) -> list[ox.Triple]:
    """Return the triples of a text, with the prefixes of the project."""
    return [quad.triple for quad in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)]


def read(file: Path) -> set[str]:
    """Return what OWLAPI reads from a document, annotations of the header in the form that its RDF parser gives."""
    found = ask_owlapi("axioms", file)
    iri = next(text for text in found if text.startswith("OntologyID(")).partition("OntologyIRI(")[2].partition(")")[0]
    return {_as_assertion(text, iri) if text.startswith("Annotation(") else text for text in found}


def _as_assertion(text: str, iri: str) -> str:
    predicate, _, value = text.removeprefix("Annotation(").partition(" ")
    return f"AnnotationAssertion({predicate} {iri} {value}"


def test_owlapi_reads_the_axioms_of_the_turtle_document(tmp_path: Path) -> None:
    """Each construct, written in functional style, is for OWLAPI what it is in RDF/XML."""
    data = triples(FULL)
    ox.serialize(data, str(tmp_path / "full.rdf"), format=ox.RdfFormat.RDF_XML)
    (tmp_path / "full.ofn").write_text(functional_text(data), encoding="utf-8")
    expected, actual = read(tmp_path / "full.rdf"), read(tmp_path / "full.ofn")

    assert len(expected) > 60
    assert (set(), set()) == (expected - actual, actual - expected)


def test_the_order_of_triples_does_not_matter() -> None:
    """The same triples give the same bytes."""
    data = triples(FULL)

    assert functional_text(data) == functional_text(reversed(data))


@pytest.mark.parametrize(
    ("turtle", "message"),
    [
        ("dualbio:A a owl:Class .", "no ontology to write"),
        (HEADER + "drug:a dualbio:unknown drug:b .", "1 triples fit no OWL 2 axiom, such as .*unknown"),
        (HEADER + "[] a owl:Axiom ; owl:annotatedSource drug:a .", "2 triples fit no OWL 2 axiom"),
        (
            HEADER + "dualbio:A a owl:Class ; rdfs:subClassOf [ owl:onProperty dualbio:p ; owl:hasValue 1 ] .",
            "ontology#p> is used as a property; repair: declare it",
        ),
        (
            HEADER + "dualbio:p a owl:ObjectProperty . dualbio:A a owl:Class ; rdfs:subClassOf "
            "[ owl:onProperty dualbio:p ] .",
            "says nothing of its values",
        ),
        (HEADER + "dualbio:A a owl:Class ; rdfs:subClassOf [ a owl:Class ] .", "class expression .* is unknown"),
        (HEADER + "dualbio:p a owl:ObjectProperty ; rdfs:subPropertyOf 1 .", "used as a property"),
    ],
)
def test_what_fits_no_axiom_is_refused(turtle: str, message: str) -> None:
    """Nothing is left out in silence: the triple or the term at fault is named, with the repair."""
    with pytest.raises(ExportError, match=message):
        functional_text(triples(turtle))
