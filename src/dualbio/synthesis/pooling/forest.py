"""The forest plot of an answer across studies: a diamond only where there is a number, else the reason for none."""

from __future__ import annotations

from dataclasses import replace

from dualbio.errors import counted
from dualbio.figures import Figure, ForestRow, Look, draw_forest
from dualbio.figures import Pooled as Diamond
from dualbio.synthesis.pooling.result import Pooled, PooledStudy, Synthesis

__all__ = ["forest_plot"]

#: What measures are called on an axis.
_NAMES = {
    "RD": "risk difference",
    "RR": "relative risk",
    "OR": "odds ratio",
    "HR": "hazard ratio",
    "MD": "mean difference",
    "SMD": "standardised mean difference",
    "rate-ratio": "rate ratio",
    "rate-difference": "rate difference",
    "proportion": "share of people",
}


def forest_plot(synthesis: Synthesis, release: str | None = None, look: Look | None = None) -> Figure:
    """Return the forest plot of `synthesis`: its studies with their weights, and what was pooled of them.

    `look` says in which words, and for which width of a screen; by default English and a wide one.
    """
    look = look or Look()
    say = look.say
    measure = _NAMES[synthesis.measure] + (f", {synthesis.unit}" if synthesis.unit else "")
    rows = [_row(study, measure) for study in synthesis.studies]
    pooled = [_diamond(synthesis.pooled, measure)] if synthesis.pooled else []
    printed = synthesis.measure == "HR"
    intervals = "as printed" if printed else "computed from the numbers shown"
    drawing = draw_forest(rows, pooled, intervals=intervals, look=look)
    told = [say("No number is given: {reason}.", reason=synthesis.reason)] if synthesis.reason else []
    told += [say("{used} of {found} candidates are used.", used=synthesis.used, found=synthesis.found)]
    drawing = replace(drawing, legend=" ".join([drawing.legend, *told, say(synthesis.notice)]))
    return Figure(say(synthesis.question.title), drawing, release, look)


def _row(study: PooledStudy, measure: str) -> ForestRow:
    interval = "" if study.low is None or study.high is None else f" ({study.low:.3g} to {study.high:.3g})"
    estimate = "" if study.estimate is None else f"{study.estimate:.3g}{interval}"
    weight = "" if study.weight is None else f"{study.weight:.1f} %"
    number = "; ".join(filter(None, (" v ".join(filter(None, study.numbers)), estimate, weight)))
    check = study.check_level.replace("fulltext", "full text")
    return ForestRow(
        study.label, measure, study.estimate, study.low, study.high, number, check, study.weight or None, study.iri
    )


def _diamond(pooled: Pooled, measure: str) -> Diamond:
    number = f"{pooled.estimate:.3g} ({pooled.low:.3g} to {pooled.high:.3g}); I² {pooled.i2:.0f} %"
    label = f"{counted(pooled.studies, 'study')}, {pooled.method}"
    ends = pooled.prediction_low, pooled.prediction_high
    return Diamond(label, measure, pooled.estimate, pooled.low, pooled.high, number, *ends)
