"""The hand-edited axioms: header, labels, definitions, declarations, and agreement with the record models."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, SKOS, VANN, XSD

from dualbio.build.convert import property_name, scheme_class
from dualbio.model.entities import TABLES
from dualbio.model.evidence import StudyFile
from dualbio.model.lessons import FindingsFile, LessonsFile
from dualbio.model.namespaces import BASE, KINDS, VOCABULARY, expand
from dualbio.model.record_fields import (
    Coded,
    Date,
    Identity,
    Inline,
    Link,
    Own,
    Parts,
    Pointer,
    Record,
    RecordField,
    Value,
    fields_of,
)
from dualbio.model.records import CLASSES

SOURCES = Path(__file__).parents[2] / "ontology"
FILE = SOURCES / "dualbio-edit.ttl"
ONTOLOGY = URIRef(f"{BASE}ontology")
DUALBIO = Namespace(VOCABULARY)
IAO = Namespace(expand("IAO:"))
BUILT_IN = (str(RDF), str(RDFS), str(OWL), str(XSD))
DECLARATIONS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
STRUCTURE = (OWL.members, OWL.intersectionOf, OWL.unionOf, OWL.propertyChainAxiom)


@cache
def ontology() -> Graph:
    """Return the parsed axioms."""
    return Graph().parse(FILE)


def declared(kind: URIRef) -> set[URIRef]:
    """Return the named terms declared as `kind`."""
    return {term for term in ontology().subjects(RDF.type, kind) if isinstance(term, URIRef)}


def minted() -> set[URIRef]:
    """Return every term of the project's own vocabulary."""
    return {term for kind in DECLARATIONS for term in declared(kind) if term.startswith(VOCABULARY)}


def languages(term: URIRef, predicate: URIRef) -> list[str | None]:
    """Return the languages in which `term` has a text, in order."""
    texts = [text for text in ontology().objects(term, predicate) if isinstance(text, Literal)]
    return sorted((text.language for text in texts), key=str)


def fields_under(model: type[Record], prefix: str = "") -> Iterator[tuple[str, RecordField]]:
    """Yield property name and field of a record and of everything inside it."""
    for field in fields_of(model):
        inner = isinstance(field.base, type) and issubclass(field.base, Record)
        match field.mark:
            case Inline(prefix=inline):
                yield from fields_under(field.base, inline)
            case Value() if inner:
                yield from fields_under(field.base)
            case Parts(through=through):
                yield property_name(prefix, field.predicate), field
                if through:
                    yield through[1], field
                yield from fields_under(field.base)
            case _:
                yield property_name(prefix, field.predicate), field


@cache
def marked() -> tuple[tuple[str, RecordField], ...]:
    """Return every property that some record model yields, with its field."""
    models: tuple[type[Record], ...] = (StudyFile, LessonsFile, FindingsFile, *(table.model for table in TABLES))
    return tuple(pair for model in models for pair in fields_under(model))


def properties_of(kinds: tuple[type[Any], ...]) -> set[URIRef]:
    """Return the vocabulary properties of the fields with a mark of one of `kinds`."""
    names = {name for name, field in marked() if isinstance(field.mark, kinds) and ":" not in name}
    return {DUALBIO[name] for name in names}


def test_header_is_complete() -> None:
    """The ontology says what it is, which version, under which licence, by whom and since when."""
    wanted = {
        RDF.type, OWL.versionIRI, OWL.versionInfo, DCTERMS.title, DCTERMS.description, DCTERMS.license,
        DCTERMS.creator, DCTERMS.created, DCTERMS.modified, VANN.preferredNamespacePrefix, VANN.preferredNamespaceUri,
    }  # fmt: skip
    assert wanted <= set(ontology().predicates(ONTOLOGY))


def test_version_iri_follows_the_version() -> None:
    """The version IRI ends in the version that the header prints."""
    version = ontology().value(ONTOLOGY, OWL.versionInfo)
    assert URIRef(f"{ONTOLOGY}/{version}") == ontology().value(ONTOLOGY, OWL.versionIRI)


def test_dates_are_in_the_owl_datatype_map() -> None:
    """The dates of the header are xsd:dateTime, which reasoners accept."""
    dates = [ontology().value(ONTOLOGY, name) for name in (DCTERMS.created, DCTERMS.modified)]
    assert [XSD.dateTime, XSD.dateTime] == [date.datatype for date in dates if isinstance(date, Literal)]


def test_data_properties_reach_datatypes_of_the_owl_map() -> None:
    """Another datatype, such as xsd:date or rdf:langString, is read as a class by software for OWL 2."""
    names = "string integer decimal boolean anyURI language dateTime double float nonNegativeInteger positiveInteger"
    accepted = {OWL.real, *(XSD[name] for name in names.split())}
    ranges = {
        (name, found) for name in declared(OWL.DatatypeProperty) for found in ontology().objects(name, RDFS.range)
    }
    assert ranges
    assert [] == [name for name, found in ranges if isinstance(found, URIRef) and found not in accepted]


def test_every_minted_term_is_labelled_in_english_and_chinese() -> None:
    """Each term of the vocabulary has one English and one Chinese label."""
    assert {} == {term: found for term in minted() if (found := languages(term, RDFS.label)) != ["en", "zh"]}


def test_chinese_labels_hold_chinese() -> None:
    """A Chinese label holds at least one Chinese character, abbreviations apart from their Chinese head."""
    labels = [label for _, label in ontology().subject_objects(RDFS.label) if isinstance(label, Literal)]
    chinese = [str(label) for label in labels if label.language == "zh"]
    assert [] == [label for label in chinese if not any("\u4e00" <= character <= "\u9fff" for character in label)]


@pytest.mark.parametrize("predicate", [IAO["0000115"], IAO["0000119"], RDFS.isDefinedBy])
def test_every_minted_term_is_defined_with_a_source(predicate: URIRef) -> None:
    """Each term of the vocabulary has exactly one definition, one source of it, and one defining ontology."""
    assert set() == {term for term in minted() if len(list(ontology().objects(term, predicate))) != 1}


def test_definitions_name_a_genus() -> None:
    """A definition starts with an article and a genus and ends with a full stop."""
    texts = {str(text) for _, text in ontology().subject_objects(IAO["0000115"])}
    assert set() == {text for text in texts if not text.startswith(("A ", "An ")) or not text.endswith(".")}


def test_no_two_terms_share_a_label_or_a_definition() -> None:
    """A label names one minted term in its language, and a definition defines one."""
    pairs = [
        (predicate, str(text).casefold(), text.language)
        for term in minted()
        for predicate in (RDFS.label, IAO["0000115"])
        for text in ontology().objects(term, predicate)
        if isinstance(text, Literal)
    ]
    assert [] == [pair for pair, times in Counter(pairs).items() if times > 1]


def test_ten_classes_have_examples() -> None:
    """At least the ten most used classes show an example of use."""
    assert len({term for term in ontology().subjects(SKOS.example) if term in declared(OWL.Class)}) >= 10


def test_reused_terms_are_labelled_and_say_where_they_come_from() -> None:
    """Each class or property of another ontology carries its label and the ontology it was taken from."""
    reused = set().union(*(declared(kind) for kind in DECLARATIONS[:3])) - minted()
    labelled = {term for term in reused if languages(term, RDFS.label) == ["en"]}
    assert (reused, reused) == (labelled, reused & set(ontology().subjects(IAO["0000412"])))


def test_every_field_has_a_declared_property() -> None:
    """Each mark of the record models yields a property that the ontology declares."""
    properties = set().union(*(declared(kind) for kind in DECLARATIONS[1:])) | {RDFS.label}
    names = {"key" if isinstance(field.mark, Identity) else name for name, field in marked()}
    assert set() == {name for name in names if URIRef(expand(name) if ":" in name else DUALBIO[name]) not in properties}


def test_fields_that_name_things_are_object_properties() -> None:
    """A mark that points to an individual yields an object property."""
    assert set() == properties_of((Link, Own, Pointer, Coded, Parts)) - declared(OWL.ObjectProperty)


def test_fields_that_hold_literals_are_datatype_properties() -> None:
    """A literal field yields a datatype property, but for days: no datatype of OWL 2 is one."""
    marks = {DUALBIO[name]: field.mark for name, field in marked() if isinstance(field.mark, Value)}
    days = {name for name, mark in marks.items() if mark.datatype == "xsd:date"}
    assert days <= declared(OWL.AnnotationProperty)
    assert set() == properties_of((Value,)) - declared(OWL.DatatypeProperty) - days


def test_dates_are_annotations() -> None:
    """A date field yields an annotation property, and one for each end of what it can mean: reasoners know none."""
    named = properties_of((Date,))
    both = named | {URIRef(f"{name}{end}") for name in named for end in ("Earliest", "Latest")}
    assert named
    assert set() == both - declared(OWL.AnnotationProperty)


def test_every_number_has_a_property_for_its_printed_form() -> None:
    """A decimal field has a second property that keeps the digits as printed."""
    names = {name for name, field in marked() if isinstance(field.mark, Value) and field.base is Decimal}
    assert set() == {name for name in names if DUALBIO[f"{name}Printed"] not in declared(OWL.DatatypeProperty)}


def test_every_record_and_scheme_has_a_class() -> None:
    """Each record class, table class, node between parts, and controlled scheme is declared."""
    schemes = {scheme_class(field.mark.scheme) for _, field in marked() if isinstance(field.mark, Coded)}
    names = {*CLASSES.values(), *(table.class_name for table in TABLES), *schemes, "Regimen", "MechanismPair"}
    assert set() == {name for name in names if DUALBIO[name] not in declared(OWL.Class)}


def test_schemes_are_kinds_of_scheme_value() -> None:
    """The class of each controlled scheme is a direct kind of scheme value."""
    schemes = {DUALBIO[scheme_class(field.mark.scheme)] for _, field in marked() if isinstance(field.mark, Coded)}
    assert set() == schemes - set(ontology().subjects(RDFS.subClassOf, DUALBIO.SchemeValue))


def test_nothing_is_used_without_declaration() -> None:
    """Every predicate, type, superclass, filler and list member is declared, built in, or an individual of a kind."""
    known = set().union(*(declared(kind) for kind in DECLARATIONS))
    namespaces = [f"{BASE}{kind}/" for kind in KINDS]
    annotated = {SKOS.closeMatch, SKOS.relatedMatch}
    places = {
        RDF.type, RDF.first, RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, OWL.onProperty,
        OWL.someValuesFrom, OWL.inverseOf, OWL.equivalentClass, OWL.hasValue, *annotated,
    }  # fmt: skip
    used = set(ontology().predicates()) | {node for _, place, node in ontology() if place in places}
    named = {node for node in used if isinstance(node, URIRef) and not str(node).startswith((*BUILT_IN, *namespaces))}
    assert set() == named - known


def test_individuals_in_axioms_are_rows_of_the_vocabularies() -> None:
    """An individual that a definition names by its IRI is a row of a curated table."""
    rows = {
        f"{BASE}{table.kind}/{line.partition(chr(9))[0]}"
        for table in TABLES
        for line in (SOURCES / "entities" / table.file).read_text(encoding="utf-8").splitlines()[1:]
    }
    values = {str(value) for value in ontology().objects(None, OWL.hasValue) if isinstance(value, URIRef)}
    assert values
    assert set() == values - rows


def test_no_term_is_of_two_kinds() -> None:
    """No IRI is declared both as an object and as a datatype or annotation property, or also as a class."""
    kinds = Counter(term for kind in DECLARATIONS for term in declared(kind))
    assert [] == [term for term, times in kinds.items() if times > 1]


def test_functional_properties_are_simple() -> None:
    """A property that is functional is neither transitive nor fed by a chain or a transitive property."""
    graph = ontology()
    complex_ = declared(OWL.TransitiveProperty) | set(graph.subjects(OWL.propertyChainAxiom))
    above = {wider for term in complex_ for wider in graph.transitive_objects(term, RDFS.subPropertyOf)}
    assert set() == set(graph.subjects(RDF.type, OWL.FunctionalProperty)) & above


def test_definitions_are_found_by_rules() -> None:
    """A defined class is equivalent to an anonymous class made of RL left-hand forms only."""
    graph = ontology()
    allowed = {OWL.intersectionOf, OWL.unionOf, OWL.onProperty, OWL.someValuesFrom, OWL.hasValue, RDF.type}
    pending = [node for _, node in graph.subject_objects(OWL.equivalentClass)]
    used: set[Any] = set()
    while pending:
        node = pending.pop()
        if not isinstance(node, BNode):
            continue
        used |= set(graph.predicates(node))
        for predicate, filler in graph.predicate_objects(node):
            pending += Collection(graph, filler) if predicate in STRUCTURE else [filler]
    assert allowed >= used


def test_record_kinds_are_disjoint() -> None:
    """An individual can be of one record class only."""
    graph = ontology()
    lists = [graph.value(axiom, OWL.members) for axiom in graph.subjects(RDF.type, OWL.AllDisjointClasses)]
    groups = [set(Collection(graph, members)) for members in lists if members is not None]
    kinds = {DUALBIO[name] for name in {*CLASSES.values(), *(table.class_name for table in TABLES)}}
    assert any(kinds <= group for group in groups)


@pytest.mark.parametrize("rule", sorted((SOURCES / "rules").glob("*.rq")), ids=lambda path: path.stem)
def test_rules_use_declared_terms_only(rule: Path) -> None:
    """A rule reads and writes terms that the ontology declares."""
    names = set(re.findall(r"\bdualbio:(\w+)", rule.read_text(encoding="utf-8")))
    assert set() == {name for name in names if DUALBIO[name] not in minted()}


def test_comments_name_rules_that_exist() -> None:
    """A comment that leaves a term to a rule names the file of that rule."""
    comments = " ".join(str(text) for text in ontology().objects(None, RDFS.comment))
    named = set(re.findall(r"\b[Rr]ule ([a-z-]+)", comments))
    assert set() == named - {path.stem for path in (SOURCES / "rules").glob("*.rq")}


def test_file_is_in_canonical_form() -> None:
    """The formatter would change nothing; repair with `turtlefmt ontology/dualbio-edit.ttl`."""
    command = Path(sysconfig.get_path("scripts")) / "turtlefmt"
    outcome = subprocess.run([command, "--check", FILE], capture_output=True, text=True, check=False)
    assert 0 == outcome.returncode, outcome.stdout + outcome.stderr
