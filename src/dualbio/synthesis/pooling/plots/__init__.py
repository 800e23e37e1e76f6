"""Figures of an answer across studies: the forest plot, and from ten studies on the funnel plot."""

from __future__ import annotations

from dualbio.synthesis.pooling.plots.forest import forest_plot
from dualbio.synthesis.pooling.plots.funnel import funnel_plot

__all__ = ["forest_plot", "funnel_plot"]
