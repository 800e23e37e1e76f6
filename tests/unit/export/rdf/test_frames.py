"""Nested documents: nothing is lost or added on the way from triples to JSON-LD, whatever the values are."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from dualbio.export.rdf.frames import document, nested
from dualbio.model.namespaces import PREFIXES, VOCABULARY, expand, individual, term
from dualbio.rdf.context import context
from dualbio.store.embedded import EmbeddedStore

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
DATA = f"""{HEAD}
graph:ontology {{ dualbio:value rdfs:range xsd:decimal . dualbio:Study rdfs:label "study"@en . }}
graph:entities {{ drug:rituximab a dualbio:Drug ; rdfs:label "rituximab"@en . }}
<https://w3id.org/dualbio/graph/study/toy> {{
  study:toy a dualbio:Study ; rdfs:label "Toy" ; dualbio:hasArm arm:toy.b , arm:toy.a .
  study:toy dualbio:hasResult result:toy.r001 .
  arm:toy.a dualbio:position 1 ; rdfs:label "zulu" ; dualbio:hasRegimen regimen:toy.a ; dualbio:armOf study:toy .
  arm:toy.b dualbio:position 2 ; rdfs:label "alpha" .
  regimen:toy.a dualbio:hasStep step:toy.a.1 ; BFO:0000051 step:toy.a.1 .
  step:toy.a.1 dualbio:drug drug:rituximab ; dualbio:startWeek 0 .
  result:toy.r001 dualbio:arm arm:toy.a ; dualbio:value 0.5 ; dualbio:events 12 ; dualbio:significant true .
}}
"""
NAMES = context(ox.Triple(*quad.triple) for quad in ox.parse(DATA, format=ox.RdfFormat.TRIG))
ROOT = individual("study", "toy")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """The document of the toy study."""
    data = ox.Store()
    data.load(DATA, format=ox.RdfFormat.TRIG)
    made = document(EmbeddedStore(data), ROOT)
    assert made is not None
    return made


def read(made: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the triples that two processors find in a document."""
    one = ox.parse(json.dumps(made), format=ox.RdfFormat.JSON_LD)
    two = ox.parse(jsonld.to_rdf(made, {"format": "application/n-quads"}), format=ox.RdfFormat.N_QUADS)
    return _canonical(one), _canonical(two)


def _canonical(quads: Any) -> set[str]:
    dataset = ox.Dataset(ox.Quad(*quad.triple) for quad in quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(map(str, dataset))


def test_parts_are_inside_and_in_order(found: dict[str, Any]) -> None:
    """Arms stand in a study by position, with their regimen and its steps."""
    arms = found["hasArm"]

    assert ["zulu", "alpha"] == [arm["name"] for arm in arms]
    assert "rituximab" == arms[0]["hasRegimen"]["hasStep"]["drug"]["name"]


def test_what_is_elsewhere_is_named_only(found: dict[str, Any]) -> None:
    """A result leads to its arm by id and name, and does not repeat it."""
    assert {"id": individual("arm", "toy.a").value, "name": "zulu"} == found["hasResult"]["arm"]


def test_values_are_plain_json_where_that_is_exact(found: dict[str, Any]) -> None:
    """Whole numbers and truth values are JSON's own; a decimal is a string with all its digits."""
    result = found["hasResult"]

    assert (12, True, "0.5") == (result["events"], result["significant"], result["value"])


def test_a_document_carries_the_context_that_it_needs(found: dict[str, Any]) -> None:
    """The context is the part of the published one that the document uses."""
    own = found["@context"]

    assert own.items() <= NAMES.items()
    assert "label" in own
    assert "closeMatch" not in own


def test_what_nothing_is_known_about_has_no_document() -> None:
    """An unknown thing is None."""
    assert document(EmbeddedStore(ox.Store()), ROOT) is None


_WORDS = ("value", "arm", "label", "name", "id", "type", "key", "note", "rdf", "drug", "included", "none", "x")
_PROPERTIES = st.sampled_from(
    [*(term(word) for word in _WORDS), *map(term, ("rdfs:label", "skos:note", "rdfs:seeAlso"))]
)
_NODES = st.sampled_from([ROOT, individual("arm", "toy.a"), individual("regimen", "toy.a"), individual("drug", "x")])
_OTHER = st.sampled_from([ox.NamedNode("https://example.org/a%20b"), ox.BlankNode("b"), term("Study")])
_DATATYPES = st.sampled_from([term(f"xsd:{name}") for name in ("string", "date", "token", "anyURI")])
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_LITERALS = (
    st.builds(lambda text, tag: ox.Literal(text, language=tag), _TEXT, st.sampled_from(["en", "zh", "pt-br"]))
    | st.builds(lambda text, datatype: ox.Literal(text, datatype=datatype), _TEXT, _DATATYPES)
    | st.integers().map(ox.Literal)
    | st.booleans().map(ox.Literal)
    | st.sampled_from(["007", "+1.50", "-0", "1e3", "true", "1"]).flatmap(
        lambda text: st.sampled_from(["integer", "decimal", "boolean", "double"]).map(
            lambda name: ox.Literal(text, datatype=ox.NamedNode(expand(f"xsd:{name}")))
        )
    )
)
_TRIPLES = st.builds(ox.Triple, _NODES, _PROPERTIES, _LITERALS | _NODES | _OTHER)


@given(st.lists(_TRIPLES, min_size=1, max_size=8))
def test_nothing_is_lost(triples: list[ox.Triple]) -> None:
    """Any triples come back from their document, in two processors that we did not write."""
    expected = _canonical(ox.Quad(*triple) for triple in triples)
    one, two = read(nested(ROOT, triples, NAMES))

    assert expected == one
    # The other one writes doubles in its own form; all else is equal.
    assert {each for each in expected if "double" not in each} == {each for each in two if "double" not in each}


def test_the_context_is_plain() -> None:
    """A name of the vocabulary that is not a word of JSON-LD or another vocabulary is itself."""
    assert VOCABULARY == NAMES["@vocab"]
    assert {"@id": "dualbio:value", "@type": "xsd:decimal"} == NAMES["value"]
    assert not {"arm", "drug", "study"} & NAMES.keys()
