"""Computations within a study: contrasts, differences, states of core outcomes, canonical units.

A contrast is two arms with an outcome; estimates are computed with their intervals; each core outcome has a state in
each study; numbers are brought into the canonical unit of what they measure.

Questions across studies are the room `pooling`; `docs/synthesis.md` says which rows may be compared with each other and
by which methods.
"""

from __future__ import annotations

from dualbio.synthesis.computed import computed_quads
from dualbio.synthesis.contrasts import Contrast, contrasts_of, principal_measure
from dualbio.synthesis.estimates import Estimate, estimates_of
from dualbio.synthesis.quads import synthesis_quads
from dualbio.synthesis.row_pairs import RowPair, row_pairs_of

__all__ = [
    "Contrast",
    "Estimate",
    "RowPair",
    "computed_quads",
    "contrasts_of",
    "estimates_of",
    "principal_measure",
    "row_pairs_of",
    "synthesis_quads",
]
