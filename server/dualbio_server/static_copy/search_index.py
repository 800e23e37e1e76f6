"""The search index of a static copy: names of things and questions, in order of relevance."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dualbio.model.namespaces import BASE
from dualbio.search.entries import Entry, entries_of
from dualbio.search.kinds import NOTES, THINGS
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities.kinds import KIND_NAMES
from dualbio_server.static_copy.addresses import Absent, Addresses

__all__ = ["INDEX_ADDRESS", "search_index"]

#: Where `copy.js` finds the index, beside itself.
INDEX_ADDRESS = "/static/search-index.js"
#: Kinds that are found, most wanted first; rows of the evidence are reached through their studies.
_KINDS = (*THINGS, *(kind for kind in NOTES if kind != "term"))


def search_index(store: EmbeddedStore, addresses: Addresses) -> str:
    """Return the index as a script that sets `dualbioIndex`: of each thing label, file, kind, and other names.

    A script, not JSON, since a page that was opened as a file may load one and not the other.
    """
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in _things(store, addresses))
    return f"globalThis.dualbioIndex = [\n{lines}\n];\n"


def _things(store: EmbeddedStore, addresses: Addresses) -> Iterator[tuple[str, str, str, list[str]]]:
    for entry in entries_of(store):
        place = addresses.settled(_place(entry)) if entry.kind in _KINDS else Absent.LEFT_OUT
        if isinstance(place, str):
            others = sorted({*(text for _, text in entry.labels), *entry.names, *_identifiers(entry)} - {entry.label})
            yield entry.label, str(addresses.file(place)), KIND_NAMES[entry.kind], others


def _place(entry: Entry) -> str:
    path = entry.iri.removeprefix(BASE)
    return f"/{path.replace('.', '/', 1).replace('query/', 'queries/')}" if entry.kind == "query" else f"/{path}"


def _identifiers(entry: Entry) -> Iterator[str]:
    return (form.text for form in entry.forms if form.kind.endswith("identifier") and "://" not in form.text)
