"""Figures as Vega-Lite and as pictures: forest and funnel plot, matrix, timeline, dots, network.

A kind of figure takes rows, whose parts are named, and makes a Vega-Lite specification of them that holds its data.
It is drawn as SVG, PNG or HTML; every mark links to its row, and a text describes all that is drawn.
"""

from __future__ import annotations

from dualbio.figures.drawing import require_drawing
from dualbio.figures.figure import ENDINGS, KINDS, Figure, FigureKind, draw_figure
from dualbio.figures.forest import Diamond, ForestRow, draw_forest
from dualbio.figures.frame import THEMES, Drawing, Look, Spec
from dualbio.figures.funnel import FunnelPoint, draw_funnel

__all__ = [
    "ENDINGS",
    "KINDS",
    "THEMES",
    "Diamond",
    "Drawing",
    "Figure",
    "FigureKind",
    "ForestRow",
    "FunnelPoint",
    "Look",
    "Spec",
    "draw_figure",
    "draw_forest",
    "draw_funnel",
    "require_drawing",
]
