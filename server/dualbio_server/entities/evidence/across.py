"""Pooled estimates that include studies of a scope, or the reason why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dualbio.model.namespaces import BASE, expand
from dualbio_server.entities.evidence.asking import Link, ask, named
from dualbio_server.entities.labels import number_words
from dualbio_server.http.links import local_path

__all__ = ["Across", "across_studies", "spelled"]

_CURIE = re.compile(r"\b(?:outcome|ae|disease|drug|pair|value):[a-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
_POOLS = """
SELECT DISTINCT ?pool ?key ?title ?number ?unit ?measure ?reason {
  %s
  ?arm dualbio:armOf ?study .
  ?candidate dualbio:study ?study ; dualbio:usedInPool true .
  ?pool dualbio:hasCandidate ?candidate ; dualbio:key ?key ; rdfs:label ?title ; dualbio:effectMeasure ?measure .
  OPTIONAL { ?pool dualbio:numberText ?number } OPTIONAL { ?pool dualbio:unit ?unit }
  OPTIONAL { ?pool dualbio:noEstimateBecause ?reason }
} ORDER BY ?title
"""


@dataclass(frozen=True)
class Across:
    """A question across studies: its title and page, the number with its unit and measure, or why there is none."""

    title: Link
    number: str
    measure: str
    reason: str


def across_studies(pattern: str) -> list[Across]:
    """Return the questions into whose answers a study went that has an arm which a pattern on `?arm` picks out."""
    return [
        Across(
            (row["title"], local_path(f"{BASE}syntheses/{row['key']}")),
            number_words(" ".join(row[name] for name in ("number", "unit") if name in row)) if "number" in row else "",
            named(row["measure"]),
            spelled(row.get("reason", "")),
        )
        for row in ask(_POOLS % pattern)
    ]


def spelled(text: str) -> str:
    """Return a sentence with things by their names in the place of short IRIs."""
    return _CURIE.sub(lambda found: named(expand(found[0])), text)
