"""The hierarchy of mapped external terms: a fixed table, extracted from the ontologies' own files.

`ontology/mappings/subsumptions.tsv` holds every is-a between two terms of the Cell Ontology, the Gene Ontology and the
Human Phenotype Ontology that are exact matches of ours, direct or through others.  It lets a check compare our
hierarchies with theirs without their files at hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dualbio.mappings.tables import read_filled

__all__ = ["SUBSUMPTIONS", "Subsumption", "read_subsumptions"]

#: The table, below the folder of curated sources.
SUBSUMPTIONS = Path("mappings", "subsumptions.tsv")
_COLUMNS = ("narrower_id", "narrower_label", "broader_id", "broader_label", "source", "source_version")


class Subsumption(NamedTuple):
    """One outside term (`narrower`, a CURIE) that is narrower than another, and where that was read."""

    narrower: str
    broader: str
    source: str


def read_subsumptions(folder: Path) -> tuple[Subsumption, ...]:
    """Return the rows of the table below a folder of curated sources; () where it has none.

    Raises:
        DataError: the table is not one; all problems are listed.
    """
    rows = (row for _, row in read_filled(folder, SUBSUMPTIONS, _COLUMNS))
    return tuple(
        Subsumption(row["narrower_id"], row["broader_id"], f"{row['source']} {row['source_version']}") for row in rows
    )
