"""Class expressions in words, each kind of axiom once."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import PREFIXES, compress, term
from dualbio.owl.graph import Ontology
from dualbio.owl.manchester import expression, expression_text

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
SOME = "[ owl:onProperty dualbio:hasTarget ; owl:someValuesFrom dualbio:Target ]"
FIRST_YEAR = "[ owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive 0 ] [ xsd:maxExclusive 52 ] ) ]"
KEY = '[ owl:onDatatype xsd:string ; owl:withRestrictions ( [ xsd:pattern "[a-z]+" ] ) ]'
ONLY = "[ owl:onProperty dualbio:hasTarget ; owl:allValuesFrom dualbio:Target ]"


def ontology(turtle: str) -> Ontology:
    """Return the triples of a text, with the prefixes of the project."""
    return Ontology(ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE))


def name(node: ox.NamedNode | ox.Literal) -> str:
    """Return the short name of a term, or the value of a literal."""
    return compress(node.value).removeprefix("dualbio:") if isinstance(node, ox.NamedNode) else node.value


def words(turtle: str) -> str:
    """Return an expression as text, its pieces apart, with the short names of its terms."""
    data = ontology(f"dualbio:This owl:equivalentClass {turtle} .")
    (node,) = data.values(term("This"), "owl:equivalentClass")
    return " ".join(piece.text for piece in expression(data, node, name))


def text(turtle: str) -> str:
    """Return an expression as the text by which rules are named."""
    data = ontology(f"dualbio:This owl:equivalentClass {turtle} .")
    (node,) = data.values(term("This"), "owl:equivalentClass")
    return expression_text(data, node, name)


@pytest.mark.parametrize(
    ("turtle", "expected"),
    [
        ("dualbio:Drug", "Drug"),
        (SOME, "hasTarget some Target"),
        (ONLY, "hasTarget only Target"),
        ("[ owl:onProperty dualbio:isBiologic ; owl:hasValue true ]", "isBiologic value true"),
        ("[ owl:onProperty dualbio:hasArm ; owl:minCardinality 2 ]", "hasArm min 2"),
        (
            "[ owl:onProperty dualbio:hasArm ; owl:qualifiedCardinality 1 ; owl:onClass dualbio:Arm ]",
            "hasArm exactly 1 Arm",
        ),
        (f"[ owl:intersectionOf ( dualbio:Drug {SOME} ) ]", "Drug and ( hasTarget some Target )"),
        ("[ owl:unionOf ( dualbio:Drug dualbio:DrugClass ) ]", "Drug or DrugClass"),
        ("[ owl:complementOf dualbio:Drug ]", "not Drug"),
        (f"[ owl:unionOf ( dualbio:Drug [ owl:complementOf {SOME} ] ) ]", "Drug or not ( hasTarget some Target )"),
        ("[ owl:oneOf ( dualbio:A dualbio:B ) ]", "{ A , B }"),
        ("[ owl:onProperty dualbio:with ; owl:hasSelf true ]", "with Self"),
        (
            "[ owl:onProperty dualbio:week ; owl:maxQualifiedCardinality 1 ; owl:onDataRange xsd:integer ]",
            "week max 1 xsd:integer",
        ),
        (
            f"[ owl:onProperty dualbio:week ; owl:someValuesFrom {FIRST_YEAR} ]",
            "week some xsd:integer [ >= 0 , < 52 ]",
        ),
        (
            f"[ owl:onProperty dualbio:key ; owl:allValuesFrom {KEY} ]",
            "key only xsd:string [ pattern [a-z]+ ]",
        ),
        (
            "[ owl:onProperty dualbio:week ; owl:allValuesFrom [ owl:datatypeComplementOf xsd:integer ] ]",
            "week only not xsd:integer",
        ),
        (
            "[ owl:onProperty [ owl:inverseOf dualbio:hasArm ] ; owl:someValuesFrom dualbio:Study ]",
            "inverse hasArm some Study",
        ),
    ],
)
def test_an_expression_reads_as_in_manchester_syntax(turtle: str, expected: str) -> None:
    """Each constructor has its word, and inner expressions stand in brackets."""
    assert expected == words(turtle)


@pytest.mark.parametrize(
    ("turtle", "expected"),
    [
        ("dualbio:Drug", "Drug"),
        (SOME, "(hasTarget some Target)"),
        (f"[ owl:intersectionOf ( dualbio:Drug {SOME} ) ]", "((hasTarget some Target) and Drug)"),
        (f"[ owl:intersectionOf ( {SOME} dualbio:Drug ) ]", "((hasTarget some Target) and Drug)"),
        ("[ owl:oneOf ( dualbio:B dualbio:A ) ]", "{A, B}"),
        ("[ owl:complementOf [ owl:unionOf ( dualbio:B dualbio:A ) ] ]", "not (A or B)"),
        (
            f"[ owl:onProperty dualbio:week ; owl:someValuesFrom {FIRST_YEAR} ]",
            "(week some xsd:integer[>= 0, < 52])",
        ),
    ],
)
def test_equal_expressions_have_equal_texts(turtle: str, expected: str) -> None:
    """As one text an expression is in brackets, and its members are sorted."""
    assert expected == text(turtle)


@pytest.mark.parametrize("rest", ["", " ; rdf:rest dualbio:head", " ; rdf:rest dualbio:nowhere"])
def test_a_list_that_breaks_off_ends(rest: str) -> None:
    """A list without an end, or one that leads back into itself, gives the members that it has."""
    data = ontology(f"dualbio:head rdf:first dualbio:A{rest} .")

    assert [term("A")] == data.members(term("head"))
