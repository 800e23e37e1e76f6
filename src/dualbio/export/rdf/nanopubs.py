"""Comparisons as nanopublications: one claim each, with where it was read, and who publishes it on which terms.

A nanopublication is four named graphs (https://nanopub.net/guidelines/working_draft/): the head that ties them
together, the assertion (what the comparison found), its provenance (study, source, place in it, check level) and the
publication info (licence, creator, version). Its IRI is a trusty URI (module RA of https://trustyuri.net/): it ends in
a hash of the content, so that a copy found anywhere can be checked, and a changed fact gets another IRI. They are not
signed: to publish one in the network of nanopublications, sign it with your own key.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, LICENCE, graph_iri, individual, term
from dualbio.store.embedded import EmbeddedStore

__all__ = ["NANOPUBS", "Nanopub", "comparisons", "nanopub", "nanopub_quads", "nanopubs"]

#: Where nanopublications live; the rest of an IRI is the hash of the content.
NANOPUBS = f"{BASE}np/"

_NP = "http://www.nanopub.org/nschema#"
_NPX = "http://purl.org/nanopub/x/"
_LICENCE = ox.NamedNode(LICENCE)
_PROJECT = ox.NamedNode(f"{BASE}project")
_CREATOR = "dualbio contributors"
#: What says where a row was read; all else of a comparison is what it found.
_ORIGIN = frozenset(map(term, ("source", "locator", "checkLevel")))
#: Of the record alone: its id, its place in the file, and what the curators remark.
_LEFT_OUT = frozenset(map(term, ("key", "position", "skos:note")))
#: Properties of the source and the study that make the provenance readable on its own.
_SOURCE = tuple(
    map(
        term,
        ("rdfs:label", "sourceType", "firstAuthor", "journal", "year", "doi", "pmid", "pmcid", "registryId", "url"),
    )
)
_STUDY = tuple(map(term, ("rdfs:label", "registryId", "design")))
_LABEL = term("rdfs:label")
_TYPE = term("rdf:type")

Triples = Iterator[ox.Triple]
#: Stands for the hash while it is computed; no IRI holds a space.
_SPACE = " "
_PARTS = {"hasAssertion": "assertion", "hasProvenance": "provenance", "hasPublicationInfo": "pubinfo"}
#: The assertion and the nanopublication itself, before their IRIs are known.
_ASSERTION, _THIS = ox.NamedNode("urn:x:assertion"), ox.NamedNode("urn:x:this")


@dataclass(frozen=True)
class Nanopub:
    """A nanopublication of a comparison: its IRI, what it is about, and its quads by graph, subject and value."""

    iri: str
    about: ox.NamedNode
    quads: tuple[ox.Quad, ...]

    @property
    def code(self) -> str:
        """The hash of the content with the name of its module, `RA`."""
        return self.iri.removeprefix(NANOPUBS)


def comparisons(store: EmbeddedStore) -> list[ox.NamedNode]:
    """Return all comparisons of a release, in order of their keys."""
    start = individual("comparison", "").value
    quads = store.quads_for_pattern(None, _TYPE, term("Comparison"), None)
    found = {quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode)}
    return sorted((node for node in found if node.value.startswith(start)), key=str)


def nanopubs(store: EmbeddedStore) -> Iterator[Nanopub]:
    """Yield the nanopublication of every comparison of a release."""
    for node in comparisons(store):
        found = nanopub(store, node)
        if found:
            yield found


def nanopub_quads(store: EmbeddedStore) -> Iterator[ox.Quad]:
    """Yield the quads of all nanopublications of a release, one after another."""
    return chain.from_iterable(each.quads for each in nanopubs(store))


def nanopub(store: EmbeddedStore, node: ox.NamedNode) -> Nanopub | None:
    """Return the nanopublication of a comparison; None when no study's graph says anything about it.

    The same facts give the same IRI, whatever release they are taken from.
    """
    graph = _study_graph(store, node)
    if graph is None:
        return None
    triples = _assertion(store, node, graph), _provenance(store, node, graph), _publication(store, node, graph)
    parts = dict(zip(_PARTS.values(), map(list, triples), strict=True))
    if not parts["assertion"]:
        return None

    def quads(code: str) -> Iterator[ox.Quad]:
        iri = NANOPUBS + code
        named = {_ASSERTION.value: ox.NamedNode(f"{iri}#assertion"), _THIS.value: ox.NamedNode(iri)}
        yield from _head(iri)
        for name, found in parts.items():
            own = ox.NamedNode(f"{iri}#{name}")
            for subject, predicate, value in found:
                assert isinstance(subject, ox.NamedNode)
                yield ox.Quad(named.get(subject.value, subject), predicate, value, own)

    code = _trusty_code(quads)
    ordered = sorted(set(quads(code)), key=lambda quad: (_rank(quad), str(quad)))
    return Nanopub(NANOPUBS + code, node, tuple(ordered))


def _study_graph(store: EmbeddedStore, node: ox.NamedNode) -> ox.NamedNode | None:
    start = graph_iri("study/").value
    for quad in store.quads_for_pattern(node, _TYPE, term("Comparison"), None):
        if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value.startswith(start):
            return quad.graph_name
    return None


def _head(iri: str) -> Iterator[ox.Quad]:
    this, graph = ox.NamedNode(iri), ox.NamedNode(f"{iri}#Head")
    yield ox.Quad(this, _TYPE, ox.NamedNode(f"{_NP}Nanopublication"), graph)
    for name, part in (
        ("hasAssertion", "assertion"),
        ("hasProvenance", "provenance"),
        ("hasPublicationInfo", "pubinfo"),
    ):
        yield ox.Quad(this, ox.NamedNode(_NP + name), ox.NamedNode(f"{iri}#{part}"), graph)


def _assertion(store: EmbeddedStore, node: ox.NamedNode, graph: ox.NamedNode) -> Triples:
    """Yield what the comparison found, and what the things that it names are called."""
    named: set[ox.NamedNode] = set()
    for quad in store.quads_for_pattern(node, None, None, graph):
        if quad.predicate not in _ORIGIN | _LEFT_OUT:
            yield quad.triple
            named |= {quad.object} if isinstance(quad.object, ox.NamedNode) else set()
    for each in sorted(named, key=str):
        yield from _statements_of(store, each, (_LABEL,))


def _provenance(store: EmbeddedStore, node: ox.NamedNode, graph: ox.NamedNode) -> Triples:
    """Yield where the assertion is from: study, source, the place in it, and how it was checked."""
    study = individual("study", graph.value.removeprefix(graph_iri("study/").value))
    yield ox.Triple(_ASSERTION, term("dcterms:isPartOf"), study)
    yield from _statements_of(store, study, _STUDY)
    for predicate in sorted(_ORIGIN, key=str):
        for quad in store.quads_for_pattern(node, predicate, None, graph):
            yield quad.triple
            if predicate == term("source") and isinstance(quad.object, ox.NamedNode):
                yield ox.Triple(_ASSERTION, term("prov:hadPrimarySource"), quad.object)
                yield from _statements_of(store, quad.object, _SOURCE)
            elif isinstance(quad.object, ox.NamedNode):
                yield from _statements_of(store, quad.object, (_LABEL,))


def _publication(store: EmbeddedStore, node: ox.NamedNode, graph: ox.NamedNode) -> Triples:
    """Yield who publishes the nanopublication, on which terms, when and from which version of the data."""
    yield ox.Triple(_THIS, term("dcterms:subject"), node)
    yield ox.Triple(_THIS, term("dcterms:license"), _LICENCE)
    yield ox.Triple(_THIS, term("dcterms:creator"), _PROJECT)
    yield ox.Triple(_PROJECT, term("foaf:name"), ox.Literal(_CREATOR))
    yield ox.Triple(_THIS, term("prov:wasDerivedFrom"), graph)
    yield ox.Triple(_THIS, ox.NamedNode(f"{_NPX}hasNanopubType"), term("Comparison"))
    for quad in store.quads_for_pattern(graph, term("prov:wasGeneratedBy"), None, graph_iri("provenance")):
        if isinstance(quad.object, ox.NamedNode):
            yield from _dated(store, quad.object)


def _dated(store: EmbeddedStore, build: ox.NamedNode) -> Triples:
    """Yield version and date of the data; the date is that of the last work on them, so that two builds agree."""
    for quad in store.quads_for_pattern(build, term("schema:version"), None, None):
        yield ox.Triple(_THIS, term("dcat:version"), quad.object)
    for quad in store.quads_for_pattern(build, term("dcterms:modified"), None, None):
        if isinstance(quad.object, ox.Literal):
            # The form that most tools write back, so that a copy keeps its hash.
            text = f"{quad.object.value[:-1]}+00:00" if quad.object.value.endswith("Z") else quad.object.value
            yield ox.Triple(_THIS, term("dcterms:created"), ox.Literal(text, datatype=term("xsd:dateTime")))


def _statements_of(store: EmbeddedStore, node: ox.NamedNode, predicates: Iterable[ox.NamedNode]) -> Triples:
    """Yield what is said of a node by some properties, in no other language than English."""
    for predicate in predicates:
        for quad in store.quads_for_pattern(node, predicate, None, None):
            if not isinstance(quad.object, ox.Literal) or quad.object.language in (None, "en"):
                yield quad.triple


# --- trusty URIs ------------------------------------------------------------------------------------------------------


def _trusty_code(quads: Callable[[str], Iterable[ox.Quad]]) -> str:
    """Return the code of the quads that `quads` makes for it: module RA, SHA-256 over their normal form.

    Source: T. Kuhn and M. Dumontier, "Trusty URIs", ESWC 2014; the specification of module RA at trustyuri.net.
    """
    mark = "RA" + "x" * 43  # as long as a code, and in no IRI of ours
    found = sorted({_normal(quad, mark) for quad in quads(mark)})
    text = "".join(f"{graph}\n{subject}\n{predicate}\n{value[-1]}\n" for graph, subject, predicate, value in found)
    return "RA" + urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")


_Normal = tuple[str, str, str, tuple[str, ...]]


def _normal(quad: ox.Quad, mark: str) -> _Normal:
    """Return a quad as it is ordered and written: IRIs before literals, literals by value, datatype and language."""

    def iri(node: object) -> str:
        assert isinstance(node, ox.NamedNode), "a comparison has no blank nodes"
        return node.value.replace(mark, _SPACE)

    value = quad.object
    if not isinstance(value, ox.Literal):
        return iri(quad.graph_name), iri(quad.subject), iri(quad.predicate), ("0", iri(value))
    escaped = value.value.replace("\\", "\\\\").replace("\n", "\\n")
    if value.language:
        written = f"@{value.language.lower()} {escaped}"
        key = ("1", value.value, "", value.language, written)
    else:
        written = f"^{value.datatype.value} {escaped}"
        key = ("1", value.value, value.datatype.value, "", written)
    return iri(quad.graph_name), iri(quad.subject), iri(quad.predicate), key


def _rank(quad: ox.Quad) -> int:
    """Return the place of a quad's graph: head, assertion, provenance, publication info."""
    assert isinstance(quad.graph_name, ox.NamedNode)
    return ("Head", "assertion", "provenance", "pubinfo").index(quad.graph_name.value.rpartition("#")[2])
