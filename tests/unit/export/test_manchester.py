"""Class expressions in words, each kind of axiom once."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.export.manchester import expression, rdf_list
from dualbio.namespaces import PREFIXES, compress, term

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
SOME = "[ owl:onProperty dualbio:hasTarget ; owl:someValuesFrom dualbio:Target ]"
ONLY = "[ owl:onProperty dualbio:hasTarget ; owl:allValuesFrom dualbio:Target ]"


def words(turtle: str) -> str:
    """Return an expression as text, with the short names of its terms."""
    data = ox.Store()
    data.load(f"{HEAD} dualbio:This owl:equivalentClass {turtle} .", format=ox.RdfFormat.TURTLE)
    (quad,) = data.quads_for_pattern(term("This"), None, None)
    assert not isinstance(quad.object, ox.Triple)
    pieces = expression(data, quad.object, lambda node: compress(node.value).removeprefix("dualbio:"))
    return " ".join(piece.text for piece in pieces)


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
        ("[ owl:oneOf ( dualbio:A dualbio:B ) ]", "A , B"),
        (
            "[ owl:onProperty [ owl:inverseOf dualbio:hasArm ] ; owl:someValuesFrom dualbio:Study ]",
            "( inverse hasArm ) some Study",
        ),
    ],
)
def test_an_expression_reads_as_in_manchester_syntax(turtle: str, expected: str) -> None:
    """Each constructor has its word, and inner expressions stand in brackets."""
    assert expected == words(turtle)


def test_a_list_that_breaks_off_ends() -> None:
    """A list without an end gives the members that it has."""
    data = ox.Store()
    data.load(f"{HEAD} dualbio:head rdf:first dualbio:A .", format=ox.RdfFormat.TURTLE)

    assert [term("A")] == rdf_list(data, term("head"))
