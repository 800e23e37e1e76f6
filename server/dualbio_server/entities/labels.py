"""Labels and number texts in the language of a page."""

from __future__ import annotations

import re

import pyoxigraph as ox

from dualbio.describe import label_of
from dualbio.model.namespaces import term
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.http.language import page_language, say

__all__ = ["label_in", "number_words", "page_label"]

_LABEL = term("rdfs:label")
_NUMBER = r"-?\d[\d.]*(?:\N{EN DASH}\d[\d.]*)?"
#: Words beside the digits of a number, wherever it stands.
_IN_NUMBERS = (
    (re.compile(rf"\bweeks? (?P<n>{_NUMBER})"), "week {n}"),
    (re.compile(rf"(?P<low>{_NUMBER}) to (?P<high>-?\d|unreadable)"), "{low} to {high}"),
    (re.compile(rf"(?P<share>{_NUMBER} %) of (?P<total>\d+)"), "{share} of {total}"),
    (re.compile(rf"(?P<p>{_NUMBER}) \(nominal\)"), "{p} (nominal)"),
    *(
        (re.compile(rf"(?P<n>{_NUMBER}) {unit}\b"), f"{{n}} {unit}")
        for unit in ("percentage points", "per 100 patient-years", "% decrease", "events", "days", "weeks", "months")
    ),
)
#: What is left of prose when the words beside its numbers are taken away.
_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}|^[A-Z]?[a-z]+ [a-z]+")


def label_in(store: EmbeddedStore, node: ox.NamedNode, language: str) -> str:
    """Return the label of a thing in a language; where it has none, the words for what `label_of` says."""
    if language != "en":
        for quad in store.quads_for_pattern(node, _LABEL, None):
            if isinstance(quad.object, ox.Literal) and quad.object.language == language:
                return quad.object.value
        return say(label_of(store, node))
    return label_of(store, node)


def page_label(store: EmbeddedStore, node: ox.NamedNode) -> str:
    """Return the label of a thing in the language of the page."""
    return label_in(store, node, page_language())


def number_words(text: str) -> str:
    """Return a number with the words beside it in the language of the page; prose with numbers in it stays as it is."""
    known = say(text)
    if page_language() == "en" or known != text:
        return known
    told = text
    for pattern, english in _IN_NUMBERS:
        told = pattern.sub(lambda found, english=english: say(english, **found.groupdict()), told)  # type: ignore[misc]
    return text if _PROSE.search(told) else told
