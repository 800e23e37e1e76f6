"""From a question to its answer: what is selected is pooled by the model of the question, or no number is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from dualbio.model.syntheses import SynthesisQuestion
from dualbio.store import Store
from dualbio.synthesis.pooling.certainty import certainty, one_study_tells, refusal, warnings
from dualbio.synthesis.pooling.distributions import chi_squared_tail
from dualbio.synthesis.pooling.effects import ArmCounts, Counts, Data, Effect, Measure, Times, effect_of
from dualbio.synthesis.pooling.facts import FactReader, Facts
from dualbio.synthesis.pooling.lines import HALF, LEVEL, MEASURES, StudyLine, is_silent, scale, totals
from dualbio.synthesis.pooling.models import (
    Fit,
    NoEstimateError,
    inverse_variance,
    mantel_haenszel,
    peto,
    random_effects,
)
from dualbio.synthesis.pooling.proportions import binomial_normal
from dualbio.synthesis.pooling.result import LeftOne, Pooled, PooledGroup, Synthesis
from dualbio.synthesis.pooling.selection import Selection, question_things, select

__all__ = ["LEVEL", "MOST_LEFT_OUT", "UNITS", "facts_for", "fit_data", "pool", "synthesise"]

#: Studies above which none is left out in turn: one of so many moves the number little, and the work grows as a square.
MOST_LEFT_OUT = 100
#: Units that measures have; a mean difference has that of its outcome.
UNITS = {"RD": "percentage points", "rate-difference": "per 100 person-years", "proportion": "%"}
_TAU2 = {"DL": "DerSimonian and Laird", "PM": "Paule and Mandel", "REML": "restricted maximum likelihood"}


def synthesise(store: Store, question: SynthesisQuestion, reader: FactReader | None = None) -> Synthesis:
    """Return the answer of a release to a question across studies; `reader` has read of it for other questions."""
    facts = facts_for(reader or FactReader(store), question)
    return pool(question, facts, select(question, facts))


def facts_for(reader: FactReader, question: SynthesisQuestion, study: str = "") -> Facts:
    """Return what a release holds on what a question counts; of one study alone, where its IRI is given."""
    return reader.read(question_things(question), "HR" if question.measure == "HR" else "", study)


def fit_data(question: SynthesisQuestion, data: Sequence[Data]) -> tuple[Fit, tuple[int, ...]]:
    """Return the model of a question fitted to the numbers of studies, and the places of those that it takes.

    Studies in which nobody (or everybody) has the event tell nothing of a ratio, and are not taken.

    Raises:
        NoEstimateError: the numbers allow none.
    """
    measure: Measure = question.measure
    taken = tuple(n for n, each in enumerate(data) if not is_silent(each, measure))
    if not taken:
        some = any(each.events for each in data if isinstance(each, (Counts, Times)))
        raise NoEstimateError("in each study nobody or everybody has the event" if some else "no study has an event")
    used = [data[n] for n in taken]
    if question.model == "binomial-normal":
        return binomial_normal([each for each in used if isinstance(each, ArmCounts)], LEVEL), taken
    effects = [effect_of(each, measure) for each in used]
    match question.model:
        case "mantel-haenszel":
            told = [each for each in used if isinstance(each, (Counts, Times))]
            tables = [_corrected(each) for each in told] if question.correction else told
            apart = [effect_of(each, measure) for each in told if not each.empty]
            fit = mantel_haenszel(tables, measure, apart, LEVEL)
        case "peto":
            fit = peto([each for each in used if isinstance(each, Counts)], LEVEL)
        case "inverse-variance":
            fit = inverse_variance(effects, LEVEL)
        case _:
            fit = random_effects(effects, question.tau2 or "REML", question.interval or "hartung-knapp", LEVEL)
    return fit, taken


def pool(question: SynthesisQuestion, facts: Facts, selection: Selection) -> Synthesis:
    """Return the answer to a question from what was selected for it."""
    lines = [StudyLine(question, facts, selected) for selected in selection.selected]
    fit, taken, reason = _fitted(question, lines)
    weights = dict(zip(taken, fit.weights, strict=True)) if fit else {}
    studies = tuple(line.study(100 * weights.get(n, 0.0) if fit else None) for n, line in enumerate(lines))
    pooled = _pooled(question, fit, [lines[n] for n in taken], lines) if fit else None
    groups, tests = _groups(question, lines)
    left_one_out = tuple(_left_one_out(question, lines)) if fit and 2 < len(taken) <= MOST_LEFT_OUT else ()
    return Synthesis(
        question=question,
        measure=question.measure,
        unit=UNITS.get(question.measure, ""),
        method=_method(question),
        studies=studies,
        pooled=pooled,
        reason=reason,
        excluded=selection.excluded,
        found=selection.found,
        eligible=selection.eligible,
        used=selection.used,
        certainty=certainty(question, lines, selection, pooled, weights),
        left_one_out=left_one_out,
        groups=groups,
        group_tests=tests,
        better=_better(facts),
        warnings=tuple(warnings(question, lines, fit, taken, left_one_out)),
    )


def _better(facts: Facts) -> Literal["higher", "lower", ""]:
    """Return which numbers are good for people; nothing where the outcomes do not all say the same."""
    match list(dict.fromkeys(facts.better.values())):
        case ["higher-is-better"]:
            return "higher"
        case ["lower-is-better"]:
            return "lower"
    return ""


def _corrected(data: Counts | Times) -> Counts | Times:
    """Return a table with one half added to each cell where one is empty."""
    if not data.has_zero:
        return data
    if isinstance(data, Times):
        return replace(data, x1=data.x1 + HALF, x2=data.x2 + HALF)
    return Counts(data.a + HALF, data.n1 + 2 * HALF, data.c + HALF, data.n2 + 2 * HALF)


def _fitted(question: SynthesisQuestion, lines: Sequence[StudyLine]) -> tuple[Fit | None, tuple[int, ...], str | None]:
    """Return the fit, the places of the studies in it, and why there is none."""
    reason = refusal(question, lines)
    if reason:
        return None, (), reason
    try:
        fit, taken = fit_data(question, [line.data for line in lines])
    except NoEstimateError as error:
        return None, (), str(error)
    if len({lines[n].selected.study.iri for n in taken}) < 2:
        others = [line.data for n, line in enumerate(lines) if n not in taken]
        full = any(each.events for each in others if isinstance(each, (Counts, Times)))
        words = "people with the event and people without it" if full else "an event"
        return None, (), f"{lines[taken[0]].selected.study.label} alone has {words}: nothing is pooled"
    reason = one_study_tells(question, [lines[n] for n in taken])
    return (None, (), reason) if reason else (fit, taken, None)


def _pooled(question: SynthesisQuestion, fit: Fit, taken: Sequence[StudyLine], lines: Sequence[StudyLine]) -> Pooled:
    shown = scale(question.measure)
    low, high = (shown(limit) for limit in fit.prediction) if fit.prediction else (None, None)
    events, people = totals(lines)
    p = None if question.measure == "proportion" else fit.p  # nobody asks whether a proportion is one half
    return Pooled(
        shown(fit.value), shown(fit.low), shown(fit.high), fit.error, p, len(taken), events, people, fit.q, fit.df,
        fit.q_p, fit.i2, fit.tau2, low, high, _method(question),
    )  # fmt: skip


def _method(question: SynthesisQuestion) -> str:
    name = MEASURES[question.measure]
    match question.model:
        case "mantel-haenszel":
            half = "one half added where a cell is empty" if question.correction else "no correction for empty cells"
            return f"{name} of Mantel and Haenszel, {half}"
        case "peto":
            return f"{name} of Peto"
        case "binomial-normal":
            return f"{name} by a binomial-normal model, maximum likelihood"
        case "inverse-variance":
            return f"{name} weighted by inverse variance, one effect common to all studies"
    interval = "the normal distribution" if question.interval == "normal" else "Hartung and Knapp"
    return f"{name}, random effects by {_TAU2[question.tau2 or 'REML']}, interval of {interval}"


def _left_one_out(question: SynthesisQuestion, lines: Sequence[StudyLine]) -> Iterator[LeftOne]:
    for left in dict.fromkeys(line.selected.study.iri for line in lines):
        rest = [line for line in lines if line.selected.study.iri != left]
        label = next(line.selected.study.label for line in lines if line.selected.study.iri == left)
        fit, taken, reason = _fitted(question, rest)
        yield LeftOne(label, _pooled(question, fit, [rest[n] for n in taken], rest) if fit else None, reason)


def _groups(
    question: SynthesisQuestion, lines: Sequence[StudyLine]
) -> tuple[tuple[PooledGroup, ...], dict[str, float]]:
    """Return the number of each group, and the chance of as much difference between those that have one."""
    groups: list[PooledGroup] = []
    tests: dict[str, float] = {}
    for by in question.groups or ():
        of_value: dict[str, list[StudyLine]] = defaultdict(list)
        for line in lines:
            of_value[line.groups[by]].append(line)
        fits: list[Effect] = []
        for value, members in sorted(of_value.items()):
            fit, taken, reason = _fitted(question, members)
            labels = tuple(line.selected.study.label for line in members)
            pooled = _pooled(question, fit, [members[n] for n in taken], members) if fit else None
            groups.append(PooledGroup(by, value, labels, pooled, reason))
            if fit:
                fits.append(Effect(fit.value, fit.error**2))
        if len(fits) > 1:
            between = inverse_variance(fits, LEVEL)
            tests[by] = chi_squared_tail(between.q, between.df)
    return tuple(groups), tests
