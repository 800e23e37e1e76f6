"""Which prefixes of the one table a set of triples needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES

__all__ = ["compact", "split_iri", "used_prefixes"]

_XSD = PREFIXES["xsd"]
_TYPE = f"{PREFIXES['rdf']}type"
#: Datatypes that Turtle writes without a name.
_SILENT = frozenset(
    {*(_XSD + name for name in ("string", "integer", "decimal", "double", "boolean")), f"{PREFIXES['rdf']}langString"}
)
_LONGEST_FIRST = sorted(PREFIXES.items(), key=lambda item: -len(item[1]))
#: Local names that Turtle, SPARQL and JSON-LD take as they are.
_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_\-])?")


@lru_cache(maxsize=65536)
def split_iri(iri: str) -> tuple[str, str] | None:
    """Return prefix and local name of an IRI, or None when it must be written in full.

    >>> split_iri("https://w3id.org/dualbio/arm/bliss-believe.bel-rtx")
    ('arm', 'bliss-believe.bel-rtx')
    >>> split_iri("https://w3id.org/dualbio/file/evidence/calibrate.yaml") is None
    True
    """
    for prefix, namespace in _LONGEST_FIRST:
        if iri.startswith(namespace):
            local = iri[len(namespace) :]
            return (prefix, local) if _PLAIN.fullmatch(local) else None
    return None


def compact(iri: str) -> str:
    """Return the CURIE of an IRI where that is plain, else the IRI."""
    parts = split_iri(iri)
    return f"{parts[0]}:{parts[1]}" if parts else iri


def used_prefixes(statements: Iterable[ox.Quad | ox.Triple]) -> dict[str, str]:
    """Return the prefixes that a Turtle document of `statements` uses, sorted by name."""
    seen = set()
    for statement in statements:
        for iri in _iris(statement):
            parts = split_iri(iri)
            if parts:
                seen.add(parts[0])
    return {prefix: PREFIXES[prefix] for prefix in sorted(seen)}


def _iris(statement: ox.Quad | ox.Triple) -> Iterator[str]:
    if isinstance(statement.subject, ox.NamedNode):
        yield statement.subject.value
    if statement.predicate.value != _TYPE:
        yield statement.predicate.value
    value = statement.object
    if isinstance(value, ox.NamedNode):
        yield value.value
    elif isinstance(value, ox.Literal) and value.datatype.value not in _SILENT:
        yield value.datatype.value
    if isinstance(statement, ox.Quad) and isinstance(statement.graph_name, ox.NamedNode):
        yield statement.graph_name.value
