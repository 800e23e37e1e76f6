"""The prefixes of dualbio as records of the Bioregistry (https://bioregistry.io), ready to be submitted.

The vocabulary is one prefix, the things of each kind are another; the person who submits them adds a contact.
"""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, KINDS, VOCABULARY, key_of, kind_of
from dualbio.store.embedded import EmbeddedStore

__all__ = ["prefix_records"]

_LICENCE = "CC-BY-4.0"
_KEY = r"^[A-Za-z0-9][A-Za-z0-9._\-]*$"
_ABOUT = "combined and sequential biologic treatment in immune-mediated disease"


def prefix_records(store: EmbeddedStore) -> dict[str, dict[str, Any]]:
    """Return a record per prefix, with an example of each kind that the release has an individual of."""
    records = {"dualbio": _record("dualbio", f"Vocabulary of {_ABOUT}.", f"{VOCABULARY}$1", "Regimen")}
    examples = _examples(store)
    for kind in KINDS:
        if kind in examples:
            name = f"dualbio {kind.replace('-', ' ')}"
            uris = f"{BASE}{kind}/$1"
            found = _record(name, f"Individuals of one kind in data on {_ABOUT}.", uris, examples[kind])
            records[f"dualbio.{kind}"] = {**found, "part_of": "dualbio"}
    return records


def _record(name: str, description: str, uri_format: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "homepage": BASE,
        "uri_format": uri_format,
        "pattern": _KEY,
        "example": example,
        "license": _LICENCE,
        "keywords": ["biologics", "clinical trial", "evidence"],
        "download_owl": f"{BASE}data/latest/ontology.owl",
    }


def _examples(store: EmbeddedStore) -> dict[str, str]:
    """Return the first key of each kind, in the order of the alphabet."""
    first_keys: dict[str, str] = {}
    for quad in store.quads():
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(BASE):
            kind, key = kind_of(quad.subject.value), key_of(quad.subject.value)
            if key:
                first_keys[kind] = min(first_keys.get(kind, key), key)
    return first_keys
