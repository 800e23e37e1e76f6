"""What people are told of a document of RDF that cannot be read."""

from __future__ import annotations

from xml.parsers import expat

import pyoxigraph as ox
import pytest

from dualbio.rdf.faults import document_fault

#: Words of the parser's own, which tell a reader nothing.
OWN_WORDS = ("Parser error", "Callback", "has been set", "(line")


@pytest.mark.parametrize(
    ("form", "text", "words"),
    [
        (
            ox.RdfFormat.TURTLE,
            "<x:s> <x:p>\n .",
            "line 2, column 2: . is not a valid RDF object; repair: correct it there",
        ),
        (ox.RdfFormat.TURTLE, "@prefix x: <http://a b> .", "line 1, column 12: Invalid IRI code point ' '; repair"),
        (ox.RdfFormat.TURTLE, "a:b a:c 1 .", "The prefix a: has not been declared"),
        (ox.RdfFormat.TURTLE, "<x:s> <x:p> 'a", "line 1, column 13: "),
        (ox.RdfFormat.N_TRIPLES, "<x:s> <x:p> d .", "The object of a triple must be an IRI, a blank node or a literal"),
        (ox.RdfFormat.N_QUADS, "<x:s> <x:p> <x:o> 1 .", "line 1, column 19: "),
        (ox.RdfFormat.TRIG, "<x:g> {", "line 1, column "),
        (ox.RdfFormat.JSON_LD, '{"@id": 1', "line 1, column 10: "),
        (ox.RdfFormat.JSON_LD, '{"@context": "http://x/c", "a": 1}', "repair: write the context into the document"),
    ],
)
def test_a_fault_has_its_place_and_none_of_the_parsers_words(form: ox.RdfFormat, text: str, words: str) -> None:
    """In each syntax line and column stand once, in front."""
    with pytest.raises((SyntaxError, ValueError)) as caught:
        list(ox.parse(text, form))
    told = document_fault(caught.value)
    assert words in told
    assert [] == [each for each in OWN_WORDS if each in told], told


def test_a_fault_of_xml_has_its_place_in_front() -> None:
    """The parser of XML tells the place last."""
    with pytest.raises(expat.ExpatError) as caught:
        expat.ParserCreate().Parse("<a>\n", True)
    assert "line 2, column 0: no element found; repair: correct it there" == document_fault(caught.value)
