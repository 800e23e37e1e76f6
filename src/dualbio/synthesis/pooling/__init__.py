"""Questions across studies: contrasts that share no people, models, the estimate or why there is none.

Nothing here reads files: `synthesise` asks a store.  `docs/synthesis.md` gives the rules, formulas and limits.
"""

from __future__ import annotations

from dualbio.synthesis.pooling.plots import forest_plot, funnel_plot
from dualbio.synthesis.pooling.pool import synthesise
from dualbio.synthesis.pooling.result import (
    NOTICE,
    BiasShare,
    Certainty,
    Excluded,
    LeftOne,
    Pooled,
    PooledGroup,
    PooledStudy,
    Synthesis,
)

__all__ = [
    "NOTICE",
    "BiasShare",
    "Certainty",
    "Excluded",
    "LeftOne",
    "Pooled",
    "PooledGroup",
    "PooledStudy",
    "Synthesis",
    "forest_plot",
    "funnel_plot",
    "synthesise",
]
