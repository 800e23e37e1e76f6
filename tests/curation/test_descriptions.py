"""One description: what a page and a document show of a thing is what DESCRIBE answers."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.describe import describe
from dualbio.model.namespaces import KINDS, PREFIXES, VOCABULARY, graph_iri, term
from dualbio.store.embedded import EmbeddedStore

_EVERY = 10**9
_REPLACED = term("dcterms:isReplacedBy")


def things(store: EmbeddedStore, kind: str) -> list[ox.NamedNode]:
    """Return some things of a kind, first and last by name, without other names of things; terms for `ontology`."""
    namespace = VOCABULARY if kind == "ontology" else PREFIXES[kind]
    graph = graph_iri("ontology") if kind == "ontology" else None
    nodes = {quad.subject.value for quad in store.quads(graph) if isinstance(quad.subject, ox.NamedNode)}
    replaced = store.quads_for_pattern(None, _REPLACED, None, None)
    others = {quad.subject.value for quad in replaced if isinstance(quad.subject, ox.NamedNode)}
    names = sorted(name for name in nodes - others if name.startswith(namespace))
    return [ox.NamedNode(name) for name in dict.fromkeys([*names[:5], *names[-5:]])]


@pytest.mark.parametrize("kind", [*KINDS, "ontology", "graph"])
def test_a_page_and_describe_hold_the_same_triples(store: EmbeddedStore, kind: str) -> None:
    """For things of every kind, with the anonymous classes around terms; a document has all of them and its context."""
    found = things(store, kind)
    assert found or kind in ("edge", "interaction")
    for node in found:
        answer = store.query(f"DESCRIBE {node}")
        assert isinstance(answer, ox.QueryTriples)
        description = describe(store, node, inverse_limit=_EVERY)
        assert description is not None
        triples = set(answer)
        assert triples == {quad.triple for quad in description.core}
        assert triples <= set(description.triples)
