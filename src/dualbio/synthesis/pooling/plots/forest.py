"""The forest plot of an answer across studies: a diamond only where there is a number, else the reason for none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dualbio.errors import counted
from dualbio.figures import Diamond, Figure, ForestRow, Look, draw_forest
from dualbio.model.syntheses import Side
from dualbio.synthesis.pooling.plots.names import measure_name
from dualbio.synthesis.pooling.result import Pooled, PooledStudy, Synthesis, number_text, short_number

__all__ = ["forest_plot"]


def forest_plot(
    synthesis: Synthesis, release: str | None = None, look: Look | None = None, *, link: str = ""
) -> Figure:
    """Return the forest plot of `synthesis`: its studies with their weights, and what was pooled of them.

    `look` says in which words, and for which width of a screen; by default English and a wide one.  `link` is where the
    number leads, such as the pool of a release.
    """
    look = look or Look()
    say = look.say
    measure = measure_name(synthesis.measure, synthesis.unit)
    rows = [_row(study, synthesis, measure, look) for study in synthesis.studies]
    drawing = draw_forest(
        rows, [*_pooled(synthesis, measure, link, look)], sides=_sides(synthesis, look), whole=True, look=look
    )
    legend = " ".join([drawing.legend, *_sentences_beside(synthesis, look), say(synthesis.notice)])
    return Figure(say(synthesis.question.title), replace(drawing, legend=legend), release, look)


def _sentences_beside(synthesis: Synthesis, look: Look) -> Iterator[str]:
    """Yield what stands beside the number: how to read it, why there is none, groups, and what it rests on."""
    say = look.say
    if synthesis.studies:
        yield say("Behind each study: what was counted, the effect with its 95 % interval, and the weight.")
    if synthesis.reason:
        yield say("No number is given: {reason}.", reason=synthesis.reason)
    for by, p in synthesis.group_tests.items():
        yield say("Test between groups by {by}: p = {p}.", by=say(by.replace("-", " ")), p=short_number(p))
    yield say("{used} of {found} candidates are used.", used=synthesis.used, found=synthesis.found)


def _sides(synthesis: Synthesis, look: Look) -> tuple[str, str]:
    """Return what lies to the left of no difference and to the right: the side that it favours, if that is known."""
    say, question = look.say, synthesis.question
    test, other = (side and say(_side_words(side)) for side in (question.test, question.comparator))
    if not test or not other:
        return "", ""
    if not synthesis.better:
        return say("lower on {side}", side=test), say("higher on {side}", side=test)
    left, right = (test, other) if synthesis.better == "lower" else (other, test)
    return say("favours {side}", side=left), say("favours {side}", side=right)


def _side_words(side: Side) -> str:
    """Return what the arms of a side are called: by their drugs where these are named, else by their kind."""
    drugs = side.drugs or ((side.dose.drug,) if side.dose else ())
    words = " + ".join(drugs) if drugs else " or ".join(side.arms)
    words = words.replace("-", " ")
    if side.dose is None:
        return words
    limits = (("from", side.dose.min), ("to", side.dose.max))
    return " ".join([words, *(f"{word} {limit} {side.dose.unit}" for word, limit in limits if limit is not None)])


def _row(study: PooledStudy, synthesis: Synthesis, measure: str, look: Look) -> ForestRow:
    estimate = look.say("not estimable")
    if study.estimate is not None:
        estimate = number_text(study.estimate, study.low, study.high)
    number = "; ".join(filter(None, (" v ".join(filter(None, study.numbers)), estimate, study.weight_text)))
    check = study.check_level.replace("fulltext", "full text")
    return ForestRow(
        study.label, measure, study.estimate, study.low, study.high, number, check, study.weight or None, study.iri,
        synthesis.measure != "HR",
    )  # fmt: skip


def _pooled(synthesis: Synthesis, measure: str, link: str, look: Look) -> Iterator[Diamond]:
    """Yield the number, and that of each group of some of the studies that has one."""
    if synthesis.pooled is None:
        return
    label = f"{counted(synthesis.pooled.studies, 'study')}, {synthesis.pooled.method}"
    yield _diamond(synthesis.pooled, measure, label, link, look)
    for group in synthesis.groups:
        if group.pooled and group.pooled.studies < synthesis.pooled.studies:
            by = look.say(group.by.replace("-", " "))
            label = f"{by} {group.value}: {', '.join(group.studies)}"
            yield replace(_diamond(group.pooled, measure, label, link, look), part=True)


def _diamond(pooled: Pooled, measure: str, label: str, link: str, look: Look) -> Diamond:
    number = f"{number_text(pooled.estimate, pooled.low, pooled.high)}; I² {pooled.i2:.0f} %"
    low, high = pooled.prediction_low, pooled.prediction_high
    if low is not None and high is not None:
        further = look.say("a further study {low} to {high}", low=short_number(low), high=short_number(high))
        number = f"{number}; {further}"
    return Diamond(label, measure, pooled.estimate, pooled.low, pooled.high, number, low, high, link)
