"""What is computed from result rows at build: differences between two arms of one study, with their intervals.

Nothing is computed across studies, and nothing is pooled; `docs/synthesis.md` says which rows may be set against each
other and by which methods.
"""

from __future__ import annotations

from dualbio.synthesis.contrasts import Contrast, contrasts_of
from dualbio.synthesis.estimates import Estimate, estimates_of
from dualbio.synthesis.quads import estimate_quads

__all__ = ["Contrast", "Estimate", "contrasts_of", "estimate_quads", "estimates_of"]
