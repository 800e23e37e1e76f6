"""Synonyms as keys in a query: `disease:ra` is read as `disease:rheumatoid-arthritis`.

The data says `disease:ra dcterms:isReplacedBy disease:rheumatoid-arthritis`, and nothing else of the other name: it is
no second disease, so that nothing is counted twice.  A query that uses it is asked with the key instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, KINDS, graph_iri, term
from dualbio.sparql.clauses import declared_prefixes, iri_of
from dualbio.sparql.engine_text import EngineText, rewritten
from dualbio.sparql.tokens import read_tokens

__all__ = ["key_in", "keys_of", "with_keys"]

_KINDS = "|".join(KINDS)
#: What names an entity in most queries: its kind and its key, or a namespace of a kind, without a key.
_NAMED = re.compile(rf"({_KINDS})[:/]([\w.\-]*)")
_ENTITY = re.compile(rf"{re.escape(BASE)}(?:{_KINDS})/[^/]+")
_REPLACED = term("dcterms:isReplacedBy")
_ENTITIES = graph_iri("entities")


def keys_of(store: ox.Store) -> dict[str, str]:
    """Return the IRIs of the other names that a store has, with the IRIs that they stand for; some hundreds."""
    return {
        quad.subject.value: quad.object.value
        for quad in store.quads_for_pattern(None, _REPLACED, None, _ENTITIES)
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode)
    }


def key_in(store: ox.Store, iri: str) -> str | None:
    """Return the IRI that another name stands for in a store; None for whatever is no other name."""
    quad = next(store.quads_for_pattern(ox.NamedNode(iri), _REPLACED, None, _ENTITIES), None)
    return quad.object.value if quad and isinstance(quad.object, ox.NamedNode) else None


def with_keys(text: EngineText, key_of: Callable[[str], str | None], prefixes: Mapping[str, str]) -> EngineText:
    """Return a query in which other names of entities are written as the IRIs that `key_of` has for them."""
    return rewritten(text, _edits(text.text, key_of, prefixes)) if _may_have_another_name(text.text, key_of) else text


def _may_have_another_name(text: str, key_of: Callable[[str], str | None]) -> bool:
    """Tell most texts that have none, in less time than it takes to read their tokens."""
    if "\\" in text or f"{BASE}>" in text:
        return True
    return any(not key or key_of(f"{BASE}{kind}/{key.rstrip('.')}") for kind, key in _NAMED.findall(text))


def _edits(
    text: str, key_of: Callable[[str], str | None], prefixes: Mapping[str, str]
) -> Iterator[tuple[int, int, str]]:
    tokens = list(read_tokens(text))
    names = {**prefixes, **declared_prefixes(tokens)}
    for token in tokens:
        iri = iri_of(token, names)
        if iri is None or not _ENTITY.fullmatch(iri):
            continue
        if key := key_of(iri):
            yield token.start, token.end, f"<{key}>"
