"""Where the sources of an answer can be read: from the label in a row to the source and its outside address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dualbio.queries.resolver import Queryable

__all__ = ["SOURCE_COLUMNS", "Source", "Sources"]

#: Columns that hold the label of a source.
SOURCE_COLUMNS = frozenset({"source", "sourceName", "firstSource", "secondSource"})

_TEXT = """
SELECT DISTINCT ?label ?source ?url ?study WHERE {
  ?source a dualbio:Source ; rdfs:label ?label ; dualbio:url ?url .
  OPTIONAL { ?source dualbio:sourceOf/dualbio:key ?study }
}
"""


@dataclass(frozen=True)
class Source:
    """A source: its IRI, and the address at which it can be read."""

    iri: str
    url: str


class Sources:
    """Finds sources by what rows show of them; they are read once, when the first is looked for."""

    def __init__(self, store: Queryable) -> None:
        """Keep the `store`."""
        self._store = store

    @cached_property
    def _known(self) -> Mapping[str, list[tuple[str, Source]]]:
        known: dict[str, list[tuple[str, Source]]] = defaultdict(list)
        for row in self._store.query(_TEXT):
            study = row["study"].value if row["study"] is not None else ""
            known[row["label"].value].append((study, Source(row["source"].value, row["url"].value)))
        return dict(known)

    def find(self, label: str, study: str | None = None) -> Source | None:
        """Return the source that is called `label`, among those of the study with the key `study` where one is given.

        Two studies may have read the same report: the first of equal addresses is taken. None where labels are shared
        by different reports.
        """
        named = self._known.get(label, [])
        found = [source for key, source in named if key == study] or [source for _, source in named]
        return min(found, key=lambda each: each.iri) if len({each.url for each in found}) == 1 else None
