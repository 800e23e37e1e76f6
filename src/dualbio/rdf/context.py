"""The published JSON-LD context, version 1: short names for everything that the ontology names.

A document that names it reads as plain JSON: `id`, `type`, `label`, and the properties of the vocabulary by their own
names. Within version 1 names are added and never change their meaning. `name` is there for reading alone: it says
what to call a thing and stands for no triple. Things of dualbio have their whole IRI as `id`: a word such as `arm`
is the property that leads to an arm, not a prefix. Decimal numbers are strings, so that every digit stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import KINDS, PREFIXES, VOCABULARY, term
from dualbio.rdf.jsonld import prefix_definitions

__all__ = ["KEYWORDS", "LANGUAGE_MAPS", "NAMES", "context", "trimmed"]


#: Words of JSON-LD under names without a sign.
KEYWORDS = {"id": "@id", "type": "@type", "none": "@none", "included": "@included"}

#: Properties of other vocabularies under a plain name; those with texts in several languages are language maps.
LANGUAGE_MAPS = {
    "label": "rdfs:label",
    "comment": "rdfs:comment",
    "definition": "skos:definition",
    "synonym": "skos:altLabel",
    "note": "skos:note",
    "description": "dcterms:description",
}
NAMES = {
    "exactMatch": "skos:exactMatch",
    "closeMatch": "skos:closeMatch",
    "broadMatch": "skos:broadMatch",
    "narrowMatch": "skos:narrowMatch",
    "relatedMatch": "skos:relatedMatch",
    "isAbout": "IAO:0000136",
    "partOf": "BFO:0000050",
    "hasPart": "BFO:0000051",
    "hasParticipant": "RO:0000057",
}


def context(ontology: Iterable[ox.Triple]) -> dict[str, Any]:
    """Return the context as the value of `@context`; `ontology` says which properties have decimal values."""
    decimals = sorted(
        triple.subject.value.removeprefix(VOCABULARY)
        for triple in ontology
        if triple.predicate == term("rdfs:range")
        and triple.object == term("xsd:decimal")
        and isinstance(triple.subject, ox.NamedNode)
        and triple.subject.value.startswith(VOCABULARY)
    )
    outside = {name: prefix for name, prefix in PREFIXES.items() if name not in KINDS and name not in KEYWORDS}
    return {
        "@version": 1.1,
        "@vocab": VOCABULARY,
        **KEYWORDS,
        "name": None,
        **prefix_definitions(outside),
        **{name: {"@id": iri, "@container": "@language"} for name, iri in LANGUAGE_MAPS.items()},
        **{name: {"@id": iri} for name, iri in NAMES.items()},
        **{name: {"@id": f"dualbio:{name}", "@type": "xsd:decimal"} for name in decimals},
    }


def trimmed(whole: dict[str, Any], document: Any) -> dict[str, Any]:
    """Return the part of the context `whole` that `document` uses, so that a document carries its own context."""
    used = _words(document)
    used |= {
        str(definition["@id"]).partition(":")[0] for word in used if isinstance(definition := whole.get(word), dict)
    }
    used |= {
        definition["@type"].partition(":")[0]
        for word in used
        if isinstance(definition := whole.get(word), dict) and "@type" in definition
    }
    return {key: value for key, value in whole.items() if key in used or key in ("@version", "@vocab", "id", "type")}


def _words(value: Any) -> set[str]:
    """Return the keys of a document, and the prefixes of its names."""
    if isinstance(value, dict):
        found = {word for item in value.values() for word in _words(item)}
        for key in value:
            found |= {key, key.partition(":")[0]}
        return found
    if isinstance(value, list):
        return {word for item in value for word in _words(item)}
    return {value.partition(":")[0]} if isinstance(value, str) and ":" in value else set()
