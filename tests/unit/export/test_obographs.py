"""OBO Graphs JSON: each kind of record from its axiom, in the form that the format prescribes."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from dualbio.export.obographs import obographs
from dualbio.export.rdfxml import ExportError
from dualbio.namespaces import PREFIXES, VOCABULARY, expand, term
from dualbio.resources import shipped_sources

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
TOY = """
<urn:o> a owl:Ontology ; owl:versionIRI <urn:o:1> ; dcterms:title "toy" . dcterms:title a owl:AnnotationProperty .
skos:closeMatch a owl:AnnotationProperty . IAO:0000115 a owl:AnnotationProperty . skos:note a owl:AnnotationProperty .
dualbio:A a owl:Class ; rdfs:label "a thing"@en , "物"@zh ; IAO:0000115 "A thing."@en ; IAO:0000119 "dualbio" ;
  rdfs:comment "said"@en ; skos:altLabel "thingy" ; skos:closeMatch CL:0000236 ; skos:note "kept" ;
  owl:deprecated true .
dualbio:B a owl:Class ; rdfs:subClassOf dualbio:A ,
    [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:someValuesFrom dualbio:A ] ,
    [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:allValuesFrom dualbio:A ] ;
  owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( dualbio:A
    [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:someValuesFrom dualbio:C ] ) ] .
dualbio:C a owl:Class ; owl:equivalentClass dualbio:B , [ a owl:Class ; owl:intersectionOf ( dualbio:A
    [ a owl:Restriction ; owl:onProperty dualbio:p ; owl:hasValue drug:x ] ) ] .
dualbio:p a owl:ObjectProperty ; rdfs:subPropertyOf dualbio:q ; rdfs:domain dualbio:A ; rdfs:range dualbio:B .
dualbio:q a owl:ObjectProperty ; owl:inverseOf dualbio:p ; owl:propertyChainAxiom ( dualbio:p dualbio:p ) ;
  rdfs:domain [ a owl:Class ; owl:unionOf ( dualbio:A dualbio:B ) ] .
dualbio:d a owl:DatatypeProperty ; rdfs:domain dualbio:A ; rdfs:range xsd:integer .
drug:x a owl:NamedIndividual , dualbio:A ; dualbio:p drug:y . drug:y a owl:NamedIndividual .
"""
TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}


def record(required: str, **optional: object) -> dict[str, Any]:
    """Return the schema of a record with texts as `required` members, and no others than those named."""
    names = required.split()
    members = {**dict.fromkeys(names, TEXT), **optional}
    return {"type": "object", "required": names, "properties": members, "additionalProperties": False}


def listed(item: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list that is left out when it is empty."""
    return {"type": "array", "items": item, "minItems": 1}


META = record(
    "",
    definition=record("val", xrefs=TEXTS),
    comments=listed(TEXT),
    synonyms=listed(record("pred val", pred={"enum": ["hasExactSynonym", "hasRelatedSynonym"]})),
    xrefs=listed(record("val")),
    basicPropertyValues=listed(record("pred val")),
    version=TEXT,
    deprecated={"const": True},
)
#: What the format prescribes, as far as an ontology without subsets and contexts needs it.
SCHEMA = record(
    "",
    graphs=listed(
        record(
            "id",
            lbl=TEXT,
            meta=META,
            nodes=listed(
                record(
                    "id lbl",
                    type={"enum": ["CLASS", "INDIVIDUAL", "PROPERTY"]},
                    propertyType={"enum": ["ANNOTATION", "OBJECT", "DATA"]},
                    meta=META,
                )
            ),
            edges=listed(record("sub pred obj")),
            equivalentNodesSets=listed(record("", nodeIds=TEXTS)),
            logicalDefinitionAxioms=listed(
                record(
                    "definedClassId",
                    genusIds=TEXTS,
                    restrictions={"type": "array", "items": record("propertyId fillerId")},
                )
            ),
            domainRangeAxioms=listed(record("predicateId", domainClassIds=TEXTS, rangeClassIds=TEXTS)),
            propertyChainAxioms=listed(record("predicateId", chainPredicateIds=TEXTS)),
        )
    ),
)


def graph_of(turtle: str) -> dict[str, Any]:
    """Return the only graph of the document of an ontology."""
    triples = [quad.triple for quad in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)]
    (graph,) = obographs(triples)["graphs"]
    assert isinstance(graph, dict)
    return graph


@pytest.fixture(name="toy", scope="module")
def fixture_toy() -> dict[str, Any]:
    """The document of a toy ontology with every kind of record."""
    return graph_of(TOY)


@pytest.fixture(name="real", scope="module")
def fixture_real() -> dict[str, Any]:
    """The document of the shipped ontology."""
    return graph_of((shipped_sources().ontology / "dualbio-edit.ttl").read_text(encoding="utf-8"))


def names(*curies: str) -> list[str]:
    """Return the IRIs of short names."""
    return [expand(curie if ":" in curie else f"dualbio:{curie}") for curie in curies]


@pytest.mark.parametrize("which", ["toy", "real"])
def test_the_document_has_the_prescribed_form(which: str, request: pytest.FixtureRequest) -> None:
    """Members have the names and values that the format knows, and empty ones are left out."""
    document = {"graphs": [request.getfixturevalue(which)]}

    assert [] == [error.message[:200] for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def test_a_class_has_names_definition_and_annotations(toy: dict[str, Any]) -> None:
    """Each annotation of a term has its place."""
    (node,) = [each for each in toy["nodes"] if each["id"] == f"{VOCABULARY}A"]

    assert {
        "id": f"{VOCABULARY}A",
        "lbl": "a thing",
        "type": "CLASS",
        "meta": {
            "definition": {"val": "A thing.", "xrefs": ["dualbio"]},
            "comments": ["said"],
            "synonyms": [{"pred": "hasExactSynonym", "val": "物"}, {"pred": "hasRelatedSynonym", "val": "thingy"}],
            "xrefs": [{"val": "CL:0000236"}],
            "basicPropertyValues": [
                {"pred": expand("skos:closeMatch"), "val": expand("CL:0000236")},
                {"pred": expand("skos:note"), "val": "kept"},
            ],
            "deprecated": True,
        },
    } == node


def test_properties_and_individuals_are_told_apart(toy: dict[str, Any]) -> None:
    """Every node says what it is, and a property of which kind."""
    kinds = {node["id"]: (node["type"], node.get("propertyType")) for node in toy["nodes"]}
    wanted = names("p", "d", "skos:note", "drug:x")

    expected = [("PROPERTY", "OBJECT"), ("PROPERTY", "DATA"), ("PROPERTY", "ANNOTATION"), ("INDIVIDUAL", None)]
    assert expected == [kinds[name] for name in wanted]


def test_what_holds_between_terms_is_an_edge(toy: dict[str, Any]) -> None:
    """Super-classes, existential restrictions, super-properties, inverses, types and facts are edges."""
    a, b, p, q, x, y = names("A", "B", "p", "q", "drug:x", "drug:y")

    assert {(b, "is_a", a), (b, p, a), (p, "subPropertyOf", q), (q, "inverseOf", p), (x, "type", a), (x, p, y)} == {
        (edge["sub"], edge["pred"], edge["obj"]) for edge in toy["edges"]
    }


def test_axioms_of_the_format(toy: dict[str, Any]) -> None:
    """Definitions by genus and restriction, equal classes, domains and ranges, and chains have records of their own."""
    a, b, c, p, q, d = names("A", "B", "C", "p", "q", "d")

    definition = {"definedClassId": b, "genusIds": [a], "restrictions": [{"propertyId": p, "fillerId": c}]}
    assert [definition] == toy["logicalDefinitionAxioms"]
    assert [{"nodeIds": [c, b]}] == toy["equivalentNodesSets"]
    assert [
        {"predicateId": p, "domainClassIds": [a], "rangeClassIds": [b]},
        {"predicateId": d, "domainClassIds": [a]},
    ] == toy["domainRangeAxioms"]
    assert [{"predicateId": q, "chainPredicateIds": [p, p]}] == toy["propertyChainAxioms"]


def test_what_has_no_place_stays_as_text(toy: dict[str, Any]) -> None:
    """A definition by a value, a universal restriction, a union as domain, and a datatype as range are text."""
    texts = {
        (node["id"], value["pred"], value["val"])
        for node in toy["nodes"]
        for value in node.get("meta", {}).get("basicPropertyValues", ())
    }
    b, c, q, d = names("B", "C", "q", "d")

    assert {
        (c, expand("owl:equivalentClass"), "a thing and ( dualbio:p value drug:x )"),
        (b, expand("rdfs:subClassOf"), "dualbio:p only a thing"),
        (q, expand("rdfs:domain"), "a thing or dualbio:B"),
        (d, expand("rdfs:range"), "xsd:integer"),
    } <= texts


def test_the_shipped_ontology_is_there_in_full(real: dict[str, Any]) -> None:
    """Each declared term is a node, each end of an edge too, and the version is named."""
    file = shipped_sources().ontology / "dualbio-edit.ttl"
    quads = list(ox.parse(path=str(file), format=ox.RdfFormat.TURTLE))
    kinds = {term(f"owl:{kind}") for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
    declared = {quad.subject.value for quad in quads if quad.object in kinds and isinstance(quad.subject, ox.NamedNode)}
    nodes = {node["id"] for node in real["nodes"]}
    versions = {quad.object.value for quad in quads if quad.predicate == term("owl:versionIRI")}

    assert declared <= nodes
    assert set() == {end for edge in real["edges"] for end in (edge["sub"], edge["obj"])} - nodes
    assert versions == {real["meta"]["version"]}
    assert len(real["logicalDefinitionAxioms"]) > 10


def test_triples_without_an_ontology_are_refused() -> None:
    """A document needs the header of an ontology."""
    with pytest.raises(ExportError, match="no ontology to write"):
        graph_of("dualbio:A a owl:Class .")
