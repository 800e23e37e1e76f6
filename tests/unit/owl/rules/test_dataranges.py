"""Which literals belong to a datatype, against the tables of XML Schema and of the OWL 2 datatype map."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import term
from dualbio.owl.rules import RuleError, compile_axioms
from dualbio.owl.rules.run import infer

PREFIXES = """
@prefix : <urn:t:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
FACTS, INFERRED = (ox.NamedNode(f"urn:g:{name}") for name in ("facts", "inferred"))
#: The whole numbers with their bounds, from https://www.w3.org/TR/xmlschema11-2/#ordinary-built-ins
BOUNDS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-9223372036854775808, 9223372036854775807),
    "int": (-2147483648, 2147483647),
    "short": (-32768, 32767),
    "byte": (-128, 127),
    "nonNegativeInteger": (0, None),
    "unsignedLong": (0, 18446744073709551615),
    "unsignedInt": (0, 4294967295),
    "unsignedShort": (0, 65535),
    "unsignedByte": (0, 255),
    "positiveInteger": (1, None),
}
#: The string types, each a part of `xsd:string` (section 3.4 of the same).
STRINGS = ("string", "normalizedString", "token", "language", "Name", "NCName", "NMTOKEN")
#: Datatypes that share no value with another, and a value of each (https://www.w3.org/TR/owl2-syntax/#Datatype_Maps).
APART = {
    "xsd:decimal": "1.5",
    "xsd:double": "1.5e0",
    "xsd:float": "'1.5'^^xsd:float",
    "xsd:boolean": "true",
    "xsd:anyURI": "'urn:x'^^xsd:anyURI",
    "xsd:dateTime": "'2001-01-01T00:00:00Z'^^xsd:dateTime",
    "xsd:string": "'x'",
    "rdf:langString": "'x'@en",
}
#: Which of three rising values each facet keeps where its own is the one in the middle.
FACETS = {"minInclusive": (1, 2), "maxInclusive": (0, 1), "minExclusive": (2,), "maxExclusive": (0,)}


def members(datatype: str, *values: str) -> set[str]:
    """Return those of some literals that belong to a datatype, by the rules of an axiom on it."""
    facts = " ".join(f":i{number} :d {value} ." for number, value in enumerate(values))
    axiom = f"[ owl:onProperty :d ; owl:someValuesFrom {datatype} ] rdfs:subClassOf :A ."
    store = ox.Store()
    store.load((PREFIXES + axiom + facts).encode(), ox.RdfFormat.TURTLE, to_graph=FACTS)
    closure = infer(store, compile_axioms(quad.triple for quad in store), inferred_graph=INFERRED)
    found = {triple.subject for triple in closure.derived if triple.predicate == term("rdf:type")}
    return {value for number, value in enumerate(values) if ox.NamedNode(f"urn:t:i{number}") in found}


@pytest.mark.parametrize("datatype", BOUNDS)
def test_whole_numbers_end_where_the_standard_ends_them(datatype: str) -> None:
    """The least and the greatest value belong to a datatype; one less and one more do not, nor does a fraction."""
    least, greatest = BOUNDS[datatype]
    inside = {f"{bound}.0" for bound in (least, greatest) if bound is not None} or {"-5.0", "5.0"}
    outside = {f"{least - 1}.0"} if least is not None else set()
    outside |= {f"{greatest + 1}.0"} if greatest is not None else set()
    assert inside == members(f"xsd:{datatype}", *inside, *outside, "0.5", "-1.5")


@pytest.mark.parametrize("written", BOUNDS)
def test_a_whole_number_is_what_it_is_however_it_is_written(written: str) -> None:
    """A number belongs to each datatype that holds its value, whichever of them it is written in."""
    value = -1 if BOUNDS[written][1] in (0, -1) else 1
    literal = f"'{value}'^^xsd:{written}"
    holding = {
        name
        for name, (least, greatest) in BOUNDS.items()
        if (least is None or least <= value) and (greatest is None or value <= greatest)
    }
    assert holding == {name for name in BOUNDS if members(f"xsd:{name}", literal)}
    assert {literal} == members("xsd:decimal", literal)


@pytest.mark.parametrize("written", STRINGS)
def test_every_kind_of_string_is_a_string(written: str) -> None:
    """A token, a name and a language tag are strings, and no numbers."""
    literal = f"'en'^^xsd:{written}"
    assert {literal} == members("xsd:string", literal)
    assert set() == members("xsd:integer", literal)


@pytest.mark.parametrize("datatype", APART)
def test_values_of_other_datatypes_do_not_belong(datatype: str) -> None:
    """1.5 as a decimal, a double and a float are three values; a string with a language is no plain one."""
    assert {APART[datatype]} == members(datatype, *APART.values())


def test_a_time_with_a_zone_is_a_time() -> None:
    """Values of `xsd:dateTimeStamp` are values of `xsd:dateTime`."""
    literal = "'2001-01-01T00:00:00Z'^^xsd:dateTimeStamp"
    assert {literal} == members("xsd:dateTime", literal)


@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize("datatype", ["decimal", *BOUNDS, "double", "float", "dateTime"])
def test_facets_bound_every_ordered_datatype(datatype: str, facet: str) -> None:
    """At least, at most, more than and less than, for all that has an order."""
    below_zero = BOUNDS.get(datatype, (None, None))[1] in (0, -1)
    rising = (-3, -2, -1) if below_zero else (1, 2, 3)
    text = "200{}-01-01T00:00:00Z" if datatype == "dateTime" else "{}"
    literals = [f"'{text.format(number)}'^^xsd:{datatype}" for number in rising]
    bound = f"( [ xsd:{facet} {literals[1]} ] )"
    found = members(f"[ a rdfs:Datatype ; owl:onDatatype xsd:{datatype} ; owl:withRestrictions {bound} ]", *literals)
    assert {literals[place] for place in FACETS[facet]} == found


@pytest.mark.parametrize("datatype", ["xsd:boolean", "xsd:anyURI", "xsd:string", "rdf:langString"])
def test_a_datatype_without_an_order_has_no_bounds(datatype: str) -> None:
    """A bound on what has no order is refused."""
    with pytest.raises(RuleError, match="found the facet xsd:minInclusive"):
        members(f"[ a rdfs:Datatype ; owl:onDatatype {datatype} ; owl:withRestrictions ( [ xsd:minInclusive 2 ] ) ]")


@pytest.mark.parametrize("datatype", ["owl:real", "owl:rational", "rdf:PlainLiteral", "rdf:XMLLiteral", "xsd:date"])
def test_a_datatype_that_no_filter_knows_is_refused(datatype: str) -> None:
    """Every datatype of the OWL 2 map is taken for one, and never for a class that nothing belongs to."""
    with pytest.raises(RuleError, match=f"found the data range '{datatype}'"):
        members(datatype)
