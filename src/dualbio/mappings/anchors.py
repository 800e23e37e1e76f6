"""The terms of outside ontologies that the hand-edited axioms reuse, in the form in which mappings are verified."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

from dualbio.mappings.sssom import Mapping
from dualbio.namespaces import compress, term

__all__ = ["read_anchors"]

_FILE = "dualbio-edit.ttl"


def read_anchors(folder: Path) -> list[Mapping]:
    """Return each reused class and property as a mapping to itself, with its label and the line that declares it.

    Args:
        folder: the folder of curated sources, the same that `read_mappings` takes.
    """
    text = (folder / _FILE).read_text(encoding="utf-8")
    data = ox.Store()
    data.load(text, format=ox.RdfFormat.TURTLE)
    lines = {line.partition(" ")[0]: number for number, line in enumerate(text.splitlines(), 1)}
    return [
        _anchor(data, quad, f"{folder.name}/{_FILE}", lines)
        for quad in sorted(data.quads_for_pattern(None, term("IAO:0000412"), None), key=str)
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode)
    ]


def _anchor(data: ox.Store, quad: ox.Quad, file: str, lines: dict[str, int]) -> Mapping:
    node, source = quad.subject, quad.object
    assert isinstance(node, ox.NamedNode)
    assert isinstance(source, ox.NamedNode)
    labels = [each.object for each in data.quads_for_pattern(node, term("rdfs:label"), None)]
    label = next((each.value for each in labels if isinstance(each, ox.Literal)), "")
    name = compress(node.value)
    return Mapping(
        subject=name,
        subject_label=label,
        predicate="skos:exactMatch",
        object=name,
        object_label=label,
        justification="semapv:ManualMappingCuration",
        confidence=Decimal(1),
        source=source.value,
        seen_in=source.value,
        comment=None,
        subject_iri=node.value,
        predicate_iri=term("skos:exactMatch").value,
        object_iri=node.value,
        file=file,
        line=lines.get(name, 0),
    )
