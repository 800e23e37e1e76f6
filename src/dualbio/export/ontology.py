"""The formats that hold an ontology and nothing else, beside the RDF formats that hold any triples."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyoxigraph as ox

from dualbio.export.functional import functional_text
from dualbio.export.obographs import obographs_text
from dualbio.formats import Content, Format

__all__ = ["FUNCTIONAL", "OBO_GRAPHS", "OBO_PROFILE", "ONTOLOGY_FORMATS", "ontology_bytes"]

#: What names OBO Graphs among the documents in JSON (RFC 6906).
OBO_PROFILE = "https://github.com/geneontology/obographs"

FUNCTIONAL = Format(
    "functional",
    "OWL functional-style syntax",
    "text/owl-functional",
    "ofn",
    (Content.GRAPH,),
    names=("owl-functional",),
)
OBO_GRAPHS = Format(
    "obographs",
    "OBO Graphs JSON",
    f'application/json; profile="{OBO_PROFILE}"',
    "obograph.json",
    (Content.GRAPH,),
    names=("obograph", "obo-graphs"),
)
_WRITERS: dict[Format, Callable[[Iterable[ox.Triple]], str]] = {
    FUNCTIONAL: functional_text,
    OBO_GRAPHS: obographs_text,
}
ONTOLOGY_FORMATS: tuple[Format, ...] = tuple(_WRITERS)


def ontology_bytes(form: Format, triples: Iterable[ox.Triple]) -> bytes:
    """Return the document of an ontology in one of `ONTOLOGY_FORMATS`.

    Raises:
        ExportError: the triples are no ontology, or one that the format cannot hold.
    """
    return _WRITERS[form](triples).encode()
