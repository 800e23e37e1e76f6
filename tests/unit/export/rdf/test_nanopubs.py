"""The hash of a nanopublication is that of its content, whatever the texts in it hold."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import example, given
from hypothesis import strategies as st
from nanopub.nanopub import Nanopub as Reader

from dualbio.export.rdf.nanopubs import nanopub
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.store.embedded import EmbeddedStore

#: The library still uses names that rdflib will drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROW = individual("comparison", "trial.c001")
GRAPH = graph_iri("study/trial")
#: Text that RDF can hold and that every reader of N-Quads leaves as it is.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
LITERAL = st.one_of(
    TEXT.map(ox.Literal),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), TEXT, st.sampled_from(("en", "de", "zh-Hans"))),
    st.builds(lambda text: ox.Literal(text, datatype=ox.NamedNode("urn:x:type")), TEXT),
)


@pytest.mark.slow
@given(st.lists(LITERAL, min_size=1, max_size=4))
@example([ox.Literal("one\ntwo"), ox.Literal("one\\ntwo")])
@example([ox.Literal("a\\b"), ox.Literal("\\"), ox.Literal("\r\n\t\x85\u2028")])
@example(
    [ox.Literal("same"), ox.Literal("same", language="en"), ox.Literal("same", datatype=ox.NamedNode("urn:x:type"))]
)
@example([ox.Literal("\U0001f600"), ox.Literal("\uffff")])
def test_the_reference_library_finds_the_same_hash(literals: list[ox.Literal]) -> None:
    """The library `nanopub` reads the quads back and computes the hash that is in their IRI."""
    store = ox.Store()
    store.add(ox.Quad(ROW, term("rdf:type"), term("Comparison"), GRAPH))
    for literal in literals:
        store.add(ox.Quad(ROW, term("reportedAs"), literal, GRAPH))
    found = nanopub(EmbeddedStore(store), ROW)
    assert found is not None
    graph = rdflib.ConjunctiveGraph()
    for quad in found.quads:
        assert isinstance(quad.graph_name, ox.NamedNode)
        subject, predicate, value = map(as_rdflib, quad.triple)
        graph.get_context(rdflib.URIRef(quad.graph_name.value)).add((subject, predicate, value))
    assert Reader(rdf=graph).has_valid_trusty


def as_rdflib(node: object) -> rdflib.URIRef | rdflib.Literal:
    """Return a node as rdflib has it, its text untouched."""
    if isinstance(node, ox.Literal):
        datatype = None if node.language else rdflib.URIRef(node.datatype.value)
        return rdflib.Literal(node.value, lang=node.language, datatype=datatype, normalize=False)
    assert isinstance(node, ox.NamedNode)
    return rdflib.URIRef(node.value)
