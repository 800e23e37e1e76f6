"""RDF/XML: what is written can be read again by another parser as the same triples, and the rest is refused."""

from __future__ import annotations

from io import BytesIO

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from dualbio.errors import ExportError
from dualbio.model.namespaces import PREFIXES
from dualbio.rdf.rdfxml import write_rdfxml

SUBJECT = ox.NamedNode("http://x/s")
RDF = PREFIXES["rdf"]


def written(*triples: ox.Triple) -> bytes:
    """Return triples as a document."""
    out = BytesIO()
    write_rdfxml(triples, out)
    return out.getvalue()


def graph(data: bytes, form: str) -> rdflib.Graph:
    """Return what rdflib reads."""
    return rdflib.Graph().parse(data=data, format=form)


def same(*triples: ox.Triple) -> bool:
    """Return whether rdflib and the engine read the triples again from their document."""
    data = written(*triples)
    plain = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    again = ox.serialize(ox.parse(data, ox.RdfFormat.RDF_XML), format=ox.RdfFormat.N_TRIPLES) or b""
    return isomorphic(graph(data, "xml"), graph(plain, "nt")) and isomorphic(graph(again, "nt"), graph(plain, "nt"))


_IRI = st.builds(
    "{}{}{}".format,
    st.sampled_from(["http://x/", "http://x/a#", "urn:x:", RDF, PREFIXES["GO"], PREFIXES["xsd"]]),
    st.text(alphabet="ab1_-.:/é标&'()=;,~", max_size=6),
    st.sampled_from(["", "a", "1", "_1", "-", "b.", "é", "%20", "li", "Seq"]),
)
#: Characters that XML has: all but controls, surrogates and two non-characters.
_TEXT = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(9)), "\x0b", "\x0c", "\ufffe",
                           "\uffff", *map(chr, range(14, 32))]), max_size=8)  # fmt: skip
_OBJECT = st.one_of(
    st.builds(ox.NamedNode, _IRI),
    st.builds(ox.BlankNode, st.sampled_from(["a", "b1", "0c", "a.b"])),
    st.builds(ox.Literal, _TEXT),
    st.builds(lambda text: ox.Literal(text, language="en-gb"), _TEXT),
    st.builds(lambda text, iri: ox.Literal(text, datatype=ox.NamedNode(iri)), _TEXT, st.just("http://x/type")),
)
_TRIPLE = st.builds(
    ox.Triple,
    st.one_of(st.builds(ox.NamedNode, _IRI), st.builds(ox.BlankNode, st.sampled_from(["a", "0c"]))),
    st.builds(ox.NamedNode, _IRI),
    _OBJECT,
)


@given(st.lists(_TRIPLE, max_size=5))
def test_what_is_written_is_read_again_by_others(triples: list[ox.Triple]) -> None:
    """Each document is well-formed and holds the same triples, or is refused before it is used."""
    try:
        written(*triples)
    except ExportError:
        return
    assert same(*triples)


@pytest.mark.parametrize(
    "predicate",
    ["http://x/1", "http://x/", "http://x/a/", "http://x/-a-1/2", "urn:1", "http://x/a%20", "urn:a:",
     *(RDF + name for name in ("li", "Description", "RDF", "about", "ID", "resource", "nodeID", "parseType",
                               "datatype", "bagID", "aboutEach", "aboutEachPrefix"))],
)  # fmt: skip
def test_a_property_without_a_name_of_its_own_is_refused(predicate: str) -> None:
    """What does not end in an XML name, or ends in a word of RDF/XML itself, would not come back as it was."""
    with pytest.raises(ExportError, match="repair: take another format"):
        written(ox.Triple(SUBJECT, ox.NamedNode(predicate), ox.Literal("v")))


@pytest.mark.parametrize(
    "predicate",
    ["http://x/1a", "http://x/-a", "http://x/é", "http://x/标签", "urn:a", "http://x/a.b-c", "http://x/a:b", f"{RDF}_1",
     f"{RDF}type", f"{RDF}Seq", "http://x/xmlns", "http://x/a'&b"],
)  # fmt: skip
def test_other_properties_are_written(predicate: str) -> None:
    """An IRI that ends in a name can be an element, whatever stands before the name."""
    assert same(ox.Triple(SUBJECT, ox.NamedNode(predicate), ox.Literal("v")))


@pytest.mark.parametrize(
    "value",
    [ox.Literal("a\x01"), ox.Literal("a\ufffe"), ox.Literal("a\x0c"),
     ox.Literal("x", language="ar", direction=ox.BaseDirection.RTL),
     ox.Triple(SUBJECT, SUBJECT, SUBJECT)],
)  # fmt: skip
def test_a_value_that_cannot_be_said_is_refused(value: ox.Literal | ox.Triple) -> None:
    """Control characters, directions and triples as terms have no form there."""
    with pytest.raises(ExportError):
        written(ox.Triple(SUBJECT, ox.NamedNode("http://x/p"), value))


@pytest.mark.slow
def test_namespaces_that_come_late_are_declared_where_they_are() -> None:
    """A long stream is written as it comes: properties not seen at its beginning declare their own prefix."""
    triples = [ox.Triple(SUBJECT, ox.NamedNode(f"http://x/{n}/p"), ox.Literal("v")) for n in range(5000)]
    assert same(*triples)


def test_white_space_is_kept() -> None:
    """Line ends and tabs in texts come back as they were."""
    assert same(ox.Triple(SUBJECT, ox.NamedNode("http://x/p"), ox.Literal(" a\r\nb\rc\td\n")))
