"""What things are called in the language of a page."""

from __future__ import annotations

import pyoxigraph as ox

from dualbio.describe import label_of
from dualbio.model.namespaces import term
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.http.language import page_language

__all__ = ["label_in", "page_label"]

_LABEL = term("rdfs:label")


def label_in(store: EmbeddedStore, node: ox.NamedNode, language: str) -> str:
    """Return the label of a thing in a language; where it has none, what `label_of` says."""
    if language != "en":
        for quad in store.quads_for_pattern(node, _LABEL, None):
            if isinstance(quad.object, ox.Literal) and quad.object.language == language:
                return quad.object.value
    return label_of(store, node)


def page_label(store: EmbeddedStore, node: ox.NamedNode) -> str:
    """Return the label of a thing in the language of the page."""
    return label_in(store, node, page_language())
