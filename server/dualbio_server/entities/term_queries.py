"""For each term of the ontology a query that shows its use, and the saved queries that ask for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import quote

import pyoxigraph as ox

from dualbio.describe import literal_of
from dualbio.model.namespaces import VOCABULARY, graph_iri, term
from dualbio.queries.query_text import names_in_use
from dualbio.rdf.prefixes import compact
from dualbio.store.embedded import EmbeddedStore

__all__ = ["ExampleQuery", "SavedUse", "example_query", "saved_uses"]

_MEMBERS = """\
SELECT ?thing ?label WHERE {
  ?thing a %s .
  OPTIONAL {
    ?thing rdfs:label ?label
    FILTER (LANG(?label) IN ("", "en"))
  }
}
LIMIT 20"""
_TRIPLES = """\
SELECT ?subject ?value WHERE {
  ?subject %s ?value .
}
LIMIT 20"""
_REFERENCES = """\
SELECT ?subject ?property WHERE {
  ?subject ?property %s .
}
LIMIT 20"""
_DESCRIPTION = """\
SELECT ?property ?value WHERE {
  %s ?property ?value .
}"""


@dataclass(frozen=True)
class ExampleQuery:
    """A query, and the address of the editor with it."""

    text: str
    fragment: str


@dataclass(frozen=True)
class SavedUse:
    """A saved query: its name and its question."""

    name: str
    summary: str


def example_query(store: EmbeddedStore, node: ox.NamedNode, *, is_class: bool, used: bool) -> ExampleQuery:
    """Return a query over members of a class or triples of a property.

    A term that is not `used` so is asked for by what refers to it, and where nothing does, by what is said about it.
    """
    pattern = _MEMBERS if is_class else _TRIPLES
    if not used:
        referred = next(store.quads_for_pattern(None, None, node, None), None) is not None
        pattern = _REFERENCES if referred else _DESCRIPTION
    name = compact(node.value)
    text = pattern % (f"<{name}>" if name == node.value else name)
    return ExampleQuery(text, f"query={quote(text)}")


def saved_uses(store: EmbeddedStore) -> dict[ox.NamedNode, list[SavedUse]]:
    """Return for each term the saved queries whose text names it, in order of their names."""
    uses: dict[ox.NamedNode, list[SavedUse]] = defaultdict(list)
    quads = store.quads_for_pattern(None, term("sh:select"), None, graph_iri("catalogue"))
    for quad in sorted(quads, key=str):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
            name = literal_of(store, quad.subject, ("key",)) or ""
            use = SavedUse(name, literal_of(store, quad.subject, ("rdfs:label",)) or name)
            for iri in {iri for iri, _ in names_in_use(quad.object.value) if iri.startswith(VOCABULARY)}:
                uses[ox.NamedNode(iri)].append(use)
    return uses
