"""The saved queries as triples of the graph `catalogue`, so that users can query for queries.

A query is a `sh:SPARQLSelectExecutable` (SHACL advanced features, section on SPARQL executables), a parameter a
`sh:Parameter`, a column a `csvw:Column` (Metadata Vocabulary for Tabular Data).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad

from dualbio.model.namespaces import BASE, KINDS, PREFIXES, graph_iri, individual, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.queries.head import DATATYPES, ColumnHead, Parameter
from dualbio.queries.library import SavedQuery
from dualbio.store import Store

__all__ = ["catalogue_quads", "catalogue_texts", "query_iri"]

_GRAPH = graph_iri("catalogue")
_CSVW = "http://www.w3.org/ns/csvw#"

Pair = tuple[NamedNode, GroundTerm]


def query_iri(query: SavedQuery) -> NamedNode:
    """Return the IRI of a saved query: its name with a dot in the place of the slash."""
    return _iri(query.name)


def _iri(name: str) -> NamedNode:
    return individual("query", name.replace("/", "."))


def catalogue_quads(queries: Iterable[SavedQuery]) -> Iterator[Quad]:
    """Yield what the heads of `queries` say, and the prefix table that their texts rely on."""
    prefixes = NamedNode(f"{BASE}prefixes")
    for query in queries:
        node = query_iri(query)
        yield from _quads(node, _query_pairs(query, prefixes))
        if query.base:
            yield Quad(node, term("dcterms:isVersionOf"), _iri(query.base), _GRAPH)
        for position, param in enumerate(query.params, start=1):
            part = NamedNode(f"{node.value}.p{position}")
            yield Quad(node, term("sh:parameter"), part, _GRAPH)
            yield from _quads(part, _parameter_pairs(param, position, query))
        for position, column in enumerate(query.head.columns, start=1):
            part = NamedNode(f"{node.value}.c{position}")
            yield Quad(node, NamedNode(f"{_CSVW}column"), part, _GRAPH)
            yield from _quads(part, _column_pairs(column, position))
    for prefix, namespace in sorted(PREFIXES.items()):
        declaration = NamedNode(f"{prefixes.value}#{prefix}")
        yield Quad(prefixes, term("sh:declare"), declaration, _GRAPH)
        yield Quad(declaration, term("sh:prefix"), Literal(prefix), _GRAPH)
        yield Quad(declaration, term("sh:namespace"), Literal(namespace, datatype=term("xsd:anyURI")), _GRAPH)


def catalogue_texts(store: Store) -> dict[str, str]:
    """Return the text of each saved query that the catalogue of a release holds, by its name."""
    rows = store.select("SELECT ?name ?text { ?query sh:select ?text ; dualbio:key ?name }")
    return {name.value: text.value for name, text in rows}


def _quads(node: NamedNode, pairs: Iterable[Pair]) -> Iterator[Quad]:
    return (Quad(node, predicate, value, _GRAPH) for predicate, value in pairs)


def _english(text: str) -> Literal:
    return Literal(text, language="en")


def _query_pairs(query: SavedQuery, prefixes: NamedNode) -> Iterator[Pair]:
    yield term("rdf:type"), term("sh:SPARQLExecutable")
    yield term("rdf:type"), term("sh:SPARQLSelectExecutable")
    yield term("key"), Literal(query.name)
    yield term("rdfs:label"), _english(query.head.summary)
    yield term("dcterms:description"), _english(query.head.description)
    yield term("sh:select"), Literal(query.text)
    yield term("sh:prefixes"), prefixes
    for tag in (query.topic, *query.head.tags):
        yield term("dcat:keyword"), _english(tag)


def _parameter_pairs(param: Parameter, position: int, query: SavedQuery) -> Iterator[Pair]:
    yield term("rdf:type"), term("sh:Parameter")
    yield term("sh:name"), _english(param.name)
    yield term("sh:description"), _english(param.description)
    yield term("sh:order"), Literal(position)
    yield term("sh:optional"), Literal(bool(query.defaults[param.name]))
    if param.type in DATATYPES:
        yield term("sh:datatype"), term(DATATYPES[param.type])
    else:
        yield term("sh:nodeKind"), term("sh:IRI")
    if param.type in KINDS:
        yield term("sh:pattern"), Literal(f"^{BASE}{param.type}/" + (f"{param.scheme}\\." if param.scheme else ""))
    yield term("skos:example"), Literal(", ".join(map(str, param.examples)))
    for default in query.defaults[param.name]:
        if default is not None:
            yield term("sh:defaultValue"), default


def _column_pairs(column: ColumnHead, position: int) -> Iterator[Pair]:
    yield term("rdf:type"), NamedNode(f"{_CSVW}Column")
    yield NamedNode(f"{_CSVW}name"), Literal(column.name)
    yield term("dcterms:description"), _english(column.meaning)
    yield term("sh:order"), Literal(position)
    if column.type:
        yield NamedNode(f"{_CSVW}datatype"), Literal(column.type)
    if column.unit:
        yield term("schema:unitText"), _english(column.unit)
