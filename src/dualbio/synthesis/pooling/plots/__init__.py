"""Forest plot and funnel plot of the answer to a question across studies."""

from __future__ import annotations

from dualbio.synthesis.pooling.plots.forest import forest_plot
from dualbio.synthesis.pooling.plots.funnel import funnel_plot

__all__ = ["forest_plot", "funnel_plot"]
