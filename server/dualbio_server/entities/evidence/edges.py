"""Effects between mechanisms, drugs, cells and biomarkers, with strength and context."""

from __future__ import annotations

from dataclasses import dataclass

from dualbio_server.entities.evidence.asking import Link, ask, link, named

__all__ = ["EdgeRow", "edges_where"]

_EDGES = """
SELECT DISTINCT ?edge ?subject ?effect ?object ?context ?strength ?level {
  %s
  ?edge dualbio:edgeSubject ?subject ; dualbio:edgeEffect ?effect ; dualbio:edgeObject ?object ;
    dualbio:edgeStrength ?strength ; dualbio:checkLevel ?level .
  OPTIONAL { ?edge dualbio:edgeContext ?context }
} ORDER BY ?subject ?effect ?object ?edge
"""


@dataclass(frozen=True)
class EdgeRow:
    """One thing that changes another: how, seen how surely, and in which context."""

    subject: Link
    effect: Link
    object: Link
    strength: str
    context: str
    level: str


def edges_where(pattern: str) -> list[EdgeRow]:
    """Return the edges that a pattern on `?subject`, `?object` and `?edge` picks out."""
    return [
        EdgeRow(
            link(row["subject"]),
            link(row["edge"], named(row["effect"])),
            link(row["object"]),
            named(row["strength"]),
            row.get("context", ""),
            named(row["level"]),
        )
        for row in ask(_EDGES % pattern)
    ]
