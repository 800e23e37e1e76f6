"""Cross-references to outside vocabularies, from SSSOM tables to triples.

The curated sets are SSSOM tables (`ontology/mappings/*.sssom.tsv`, https://mapping-commons.github.io/sssom/).
"""

from __future__ import annotations

from dualbio.mappings.alternates import ALTERNATES, alternate_quads, outside_iris, read_alternates
from dualbio.mappings.names import exact_names
from dualbio.mappings.quads import mapping_quads
from dualbio.mappings.sssom import COLUMNS, JUSTIFICATIONS, PREDICATES, REPLACED_BY, Mapping, read_mappings
from dualbio.mappings.subsumptions import Subsumption, read_subsumptions

__all__ = [
    "ALTERNATES",
    "COLUMNS",
    "JUSTIFICATIONS",
    "PREDICATES",
    "REPLACED_BY",
    "Mapping",
    "Subsumption",
    "alternate_quads",
    "exact_names",
    "mapping_quads",
    "outside_iris",
    "read_alternates",
    "read_mappings",
    "read_subsumptions",
]
