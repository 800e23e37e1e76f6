"""Serialises triples in any syntax: by the engine, except RDF/XML, where the engine may write invalid XML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO

import pyoxigraph as ox

from dualbio.rdf.rdfxml import write_rdfxml

__all__ = ["write_triples"]


def write_triples(
    triples: Iterable[ox.Triple], output: IO[bytes], form: ox.RdfFormat, prefixes: Mapping[str, str] | None = None
) -> None:
    """Write triples.

    Raises:
        ExportError: RDF/XML is wanted, and has no way to write one of them.
    """
    if form == ox.RdfFormat.RDF_XML:
        write_rdfxml(triples, output)
    else:
        ox.serialize(triples, output, form, prefixes=dict(prefixes) if prefixes else None)
