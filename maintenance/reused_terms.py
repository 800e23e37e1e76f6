"""The terms of outside ontologies that the hand-edited axioms reuse, in the form in which mappings are verified."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

from dualbio.mappings import Mapping
from dualbio.model.namespaces import compress, term
from dualbio.owl.graph import Ontology

__all__ = ["read_anchors"]

_FILE = "dualbio-edit.ttl"


def read_anchors(folder: Path) -> list[Mapping]:
    """Return each reused class and property as a mapping to itself, with its label and the line that declares it.

    Args:
        folder: the folder of curated sources, the same that `read_mappings` takes.
    """
    text = (folder / _FILE).read_text(encoding="utf-8")
    ontology = Ontology(ox.parse(text, format=ox.RdfFormat.TURTLE))
    lines = {line.partition(" ")[0]: number for number, line in enumerate(text.splitlines(), 1)}
    return [
        _anchor(ontology, node, source, f"{folder.name}/{_FILE}", lines)
        for node in ontology.subjects
        for source in ontology.values(node, "IAO:0000412")
        if isinstance(node, ox.NamedNode) and isinstance(source, ox.NamedNode)
    ]


def _anchor(ontology: Ontology, node: ox.NamedNode, source: ox.NamedNode, file: str, lines: dict[str, int]) -> Mapping:
    name, label = compress(node.value), ontology.text(node, "rdfs:label") or ""
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
        version=None,
        comment=None,
        subject_iri=node.value,
        predicate_iri=term("skos:exactMatch").value,
        object_iri=node.value,
        file=file,
        line=lines.get(name, 0),
    )
