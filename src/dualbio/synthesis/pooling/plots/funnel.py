"""The funnel plot of an answer across studies, from ten studies on."""

from __future__ import annotations

from math import sqrt

from dualbio.errors import ParameterError, counted
from dualbio.figures import Figure, FunnelPoint, Look, draw_funnel
from dualbio.synthesis.pooling.effects import RATIOS, Counts, Times, effect_of
from dualbio.synthesis.pooling.lines import is_silent, scale
from dualbio.synthesis.pooling.plots.names import measure_name
from dualbio.synthesis.pooling.result import Synthesis, number_text, short_number

__all__ = ["FEWEST", "funnel_plot"]

#: Studies below which asymmetry is no more than chance (Cochrane Handbook 5.1, 10.4.3.1; Sterne and others, BMJ 2011,
#: 343: d4002).
FEWEST = 10


def funnel_plot(synthesis: Synthesis, release: str | None = None, look: Look | None = None) -> Figure:
    """Return the funnel plot of the studies of `synthesis` around what was pooled of them.

    A study with an empty cell stands where one half in each cell puts it.  `look` is as for the forest plot.

    Raises:
        ParameterError: nothing was pooled, or of fewer than ten studies with an effect, or it is a proportion.
    """
    measure, pooled = synthesis.question.measure, synthesis.pooled
    found = [each for each in synthesis.studies if each.weight is not None and not is_silent(each.data, measure)]
    if measure == "proportion" or pooled is None or len(found) < FEWEST:
        why = "a proportion has none" if measure == "proportion" else f"found {counted(len(found), 'study')}"
        raise ParameterError(
            f"a funnel plot of '{synthesis.question.id}' would tell nothing: {why}; accepted: {FEWEST} or more studies "
            "of two sides, and a pooled number; repair: look at the forest plot"
        )
    look, shown = look or Look(), scale(measure)
    points = []
    for each in found:
        effect = effect_of(each.data, measure)
        error = sqrt(effect.variance)
        value = shown(effect.value)
        words = f"{number_text(value, None, None)}, standard error {short_number(error)}"
        points.append(FunnelPoint(each.label, value, error if measure in RATIOS else shown(error), words, each.iri))
    halved = any(isinstance(each.data, (Counts, Times)) and each.data.has_zero for each in found)
    drawing = draw_funnel(
        points,
        pooled.estimate,
        measure=measure_name(synthesis.measure, synthesis.unit),
        ratio=measure in RATIOS,
        halved=halved,
        look=look,
    )
    return Figure(look.say(synthesis.question.title), drawing, release, look)
