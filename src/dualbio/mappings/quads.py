"""Mappings as triples of the graph `mappings`: the SKOS triple, the object's label, and a note on where it is from.

The note is an `owl:Axiom` with an IRI made from its content, so that one set of files always gives the same triples.
The SKOS mapping properties are annotation properties in our ontology; nothing is inferred through them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from pyoxigraph import Literal, NamedNode, Quad

from dualbio.mappings.sssom import REPLACED_BY, Mapping
from dualbio.model.namespaces import BASE, expand, graph_iri, term

__all__ = ["mapping_quads"]

#: What a relation of mappings is called, in English and in Chinese.
_RELATIONS = {
    "skos:exactMatch": ("exact match", "完全匹配"),
    "skos:closeMatch": ("close match", "近似匹配"),
    "skos:broadMatch": ("broader match", "上位匹配"),
    "skos:narrowMatch": ("narrower match", "下位匹配"),
    "skos:relatedMatch": ("related match", "相关匹配"),
    REPLACED_BY: ("replaced by", "替换为"),
}


def mapping_quads(mappings: Iterable[Mapping]) -> Iterator[Quad]:
    """Yield the triples of every mapping; a term that was replaced is also marked as deprecated."""
    graph = graph_iri("mappings")
    labelled: set[str] = set()
    for mapping in mappings:
        source, predicate, target = (
            NamedNode(mapping.subject_iri),
            NamedNode(mapping.predicate_iri),
            NamedNode(mapping.object_iri),
        )
        yield Quad(source, predicate, target, graph)
        if mapping.predicate == "skos:exactMatch":
            yield Quad(source, term("dcterms:identifier"), Literal(mapping.object), graph)
        if mapping.object_iri not in labelled:
            labelled.add(mapping.object_iri)
            yield Quad(target, term("rdfs:label"), Literal(mapping.object_label, language="en"), graph)
        if mapping.predicate == REPLACED_BY:
            yield Quad(source, term("owl:deprecated"), Literal(True), graph)
            yield Quad(source, term("rdfs:label"), Literal(mapping.subject_label, language="en"), graph)
        yield from _justification(mapping, source, predicate, target, graph)


def _justification(
    mapping: Mapping, source: NamedNode, predicate: NamedNode, target: NamedNode, graph: NamedNode
) -> Iterator[Quad]:
    content = f"{mapping.subject_iri} {mapping.predicate_iri} {mapping.object_iri}"
    node = NamedNode(f"{BASE}mapping/{sha256(content.encode()).hexdigest()[:12]}")
    yield Quad(node, term("rdf:type"), term("owl:Axiom"), graph)
    yield from (Quad(node, term("rdfs:label"), label, graph) for label in _labels(mapping))
    yield Quad(node, term("owl:annotatedSource"), source, graph)
    yield Quad(node, term("owl:annotatedProperty"), predicate, graph)
    yield Quad(node, term("owl:annotatedTarget"), target, graph)
    yield Quad(node, term("dcterms:source"), Literal(mapping.seen_in), graph)
    if mapping.version:
        yield Quad(node, term("sssom:object_source_version"), Literal(mapping.version), graph)
    yield Quad(node, term("sssom:confidence"), Literal(f"{mapping.confidence:f}", datatype=term("xsd:decimal")), graph)
    yield Quad(node, term("sssom:mapping_justification"), NamedNode(expand(mapping.justification)), graph)
    yield Quad(node, term("sssom:object_source"), NamedNode(mapping.source), graph)
    yield Quad(node, term("sssom:object_label"), Literal(mapping.object_label), graph)
    if mapping.comment:
        yield Quad(node, term("rdfs:comment"), Literal(mapping.comment, language="en"), graph)


def _labels(mapping: Mapping) -> Iterator[Literal]:
    """Yield what a mapping is called: our thing, the outside one with its vocabulary, and how they match."""
    english, chinese = _RELATIONS[mapping.predicate]
    other = f"{mapping.object_label} ({mapping.object})"
    yield Literal(f"{mapping.subject_label}: {english} {other}", language="en")
    if mapping.subject_label_zh:
        yield Literal(f"{mapping.subject_label_zh}\N{FULLWIDTH COLON}{chinese} {other}", language="zh")
