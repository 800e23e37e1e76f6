"""Cross-references from our entities to outside vocabularies: read, turned into triples, held against real files.

The curated sets are SSSOM tables (`ontology/mappings/*.sssom.tsv`, https://mapping-commons.github.io/sssom/).
"""

from __future__ import annotations

from dualbio.mappings.against import Against, Finding, Outcome, Unread, check_against
from dualbio.mappings.anchors import read_anchors
from dualbio.mappings.quads import mapping_quads
from dualbio.mappings.sssom import COLUMNS, JUSTIFICATIONS, PREDICATES, REPLACED_BY, Mapping, read_mappings

__all__ = [
    "COLUMNS",
    "JUSTIFICATIONS",
    "PREDICATES",
    "REPLACED_BY",
    "Against",
    "Finding",
    "Mapping",
    "Outcome",
    "Unread",
    "check_against",
    "mapping_quads",
    "read_anchors",
    "read_mappings",
]
