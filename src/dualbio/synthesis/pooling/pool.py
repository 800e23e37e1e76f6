"""From a question to its answer: what is selected is pooled by the model of the question, or no number is given."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp

from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.store import Store
from dualbio.synthesis.pooling.distributions import chi_squared_tail, normal_quantile
from dualbio.synthesis.pooling.effects import RATIOS, ArmCounts, Counts, Data, Effect, Means, Measure, Times, effect_of
from dualbio.synthesis.pooling.facts import ArmFact, Facts, read_facts
from dualbio.synthesis.pooling.models import (
    COMMON,
    Fit,
    NoEstimateError,
    inverse_variance,
    mantel_haenszel,
    peto,
    random_effects,
)
from dualbio.synthesis.pooling.numbers import Numbers, data_of, numbers_of
from dualbio.synthesis.pooling.proportions import binomial_normal
from dualbio.synthesis.pooling.result import (
    Certainty,
    Group,
    LeftOne,
    Pooled,
    PooledStudy,
    Synthesis,
)
from dualbio.synthesis.pooling.selection import SHARED_PEOPLE, Selected, Selection, question_things, select

__all__ = ["LEVEL", "fit_data", "pool", "synthesise"]

#: Level of every interval, in percent.
LEVEL = 95.0
_HALF = 0.5
_LEVELS: tuple[str, ...] = CHECK_LEVELS
_MEASURES = {
    "OR": "odds ratio",
    "RR": "risk ratio",
    "RD": "risk difference",
    "rate-ratio": "rate ratio",
    "rate-difference": "rate difference",
    "MD": "mean difference",
    "SMD": "standardised mean difference",
    "HR": "hazard ratio",
    "proportion": "proportion",
}
_UNITS = {"RD": "percentage points", "rate-difference": "per 100 person-years", "proportion": "%"}
_TAU2 = {"DL": "DerSimonian and Laird", "PM": "Paule and Mandel", "REML": "restricted maximum likelihood"}


def synthesise(
    store: Store, question: SynthesisQuestion, known: dict[tuple[str, ...], Facts] | None = None
) -> Synthesis:
    """Return the answer of a release to a question across studies.

    `known` keeps what was read of the same outcomes and events, for the next question about them.
    """
    things = question_things(question)
    known = {} if known is None else known
    if things not in known:
        known[things] = read_facts(store, things)
    facts = known[things]
    return pool(question, facts, select(question, facts))


def fit_data(question: SynthesisQuestion, data: Sequence[Data]) -> tuple[Fit, tuple[int, ...]]:
    """Return the model of a question fitted to the numbers of studies, and the places of those that it takes.

    Studies in which nobody (or everybody) has the event tell nothing of a ratio, and are not taken.

    Raises:
        NoEstimateError: the numbers allow none.
    """
    measure: Measure = question.measure
    taken = tuple(n for n, each in enumerate(data) if not _is_silent(each, measure))
    if not taken:
        raise NoEstimateError("no study has an event")
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
    lines = [_Line(question, facts, selected) for selected in selection.selected]
    fit, taken, reason = _fitted(question, lines)
    weights = dict(zip(taken, fit.weights, strict=True)) if fit else {}
    studies = tuple(line.study(100 * weights.get(n, 0.0) if fit else None) for n, line in enumerate(lines))
    pooled = _pooled(question, fit, [lines[n] for n in taken], lines) if fit else None
    groups, tests = _groups(question, lines)
    return Synthesis(
        question=question,
        measure=question.measure,
        unit=_UNITS.get(question.measure, ""),
        method=_method(question),
        studies=studies,
        pooled=pooled,
        reason=reason,
        excluded=selection.excluded,
        found=selection.found,
        eligible=selection.eligible,
        used=len({row.iri for line in lines for row in line.selected.test}),
        certainty=_certainty(question, lines, selection, pooled),
        left_one_out=tuple(_left_one_out(question, lines)) if fit and len(taken) > 2 else (),
        groups=groups,
        group_tests=tests,
        warnings=tuple(_warnings(question, lines, fit)),
    )


@dataclass(frozen=True)
class _Line:
    """What was selected of one study, with its numbers."""

    question: SynthesisQuestion
    facts: Facts
    selected: Selected

    @property
    def data(self) -> Data:
        test, control = (
            [found for row in rows if isinstance(found := numbers_of(row, self.question.measure), Numbers)]
            for rows in (self.selected.test, self.selected.control)
        )
        return data_of(test, control, self.question.measure, self.selected.share)

    @property
    def arms(self) -> tuple[list[ArmFact], list[ArmFact]]:
        """The arms under test, and their comparators."""
        arms, selected = self.facts.arms, self.selected
        return [arms[row.arm] for row in selected.test], [arms[row.arm] for row in selected.control]

    @property
    def checked(self) -> str:
        return max((row.check_level for row in self.selected.rows), key=_LEVELS.index)

    @property
    def things(self) -> set[str]:
        return {row.about for row in self.selected.rows}

    def study(self, weight: float | None) -> PooledStudy:
        """Return the line as a reader sees it."""
        data, measure = self.data, self.question.measure
        effect = None if _is_silent(data, measure) else effect_of(data, measure)
        estimate, low, high = _interval(effect, measure) if effect else (None, None, None)
        test, control = self.arms
        rows = tuple(row.iri for row in self.selected.rows)
        pairs = [frozenset((one.iri, other.iri)) for one in self.selected.test for other in self.selected.control]
        contrasts = tuple(self.facts.contrasts[pair] for pair in pairs if pair in self.facts.contrasts)
        label = self.selected.study.label
        names = tuple(" and ".join(arm.label for arm in arms) for arms in (test, control))
        return PooledStudy(
            self.selected.study.iri, label, (names[0], names[1]), data, _numbers(data), estimate, low, high, weight,
            self.checked, rows, contrasts, tuple(self._notes(data)), self.groups,
        )  # fmt: skip

    @property
    def groups(self) -> Mapping[str, str]:
        """The group of the line by each grouping."""
        arm = self.arms[0][0]
        told = {
            "disease": arm.disease,
            "pair": arm.pairs,
            "strategy": arm.strategy,
            "order": arm.start,
            "design": self.selected.study.design.replace("-", " "),
            "check-level": self.checked,
        }
        return {by: value or "not told" for by, value in told.items()}

    def _notes(self, data: Data) -> Iterator[str]:
        test, control = self.arms
        for arms, side in ((test, "under test"), (control, "of the comparator")):
            if len(arms) > 1:
                yield f"{len(arms)} arms {side} are added together"
        if self.selected.share < 1:
            yield f"1/{round(1 / self.selected.share)} of the comparator, which other lines count too"
        for row in self.selected.rows:
            found = numbers_of(row, self.question.measure)
            if isinstance(found, Numbers) and found.derived:
                yield f"{self.facts.arms[row.arm].label}: {found.derived}"
            size = self.facts.arms[row.arm].randomised
            if row.total is not None and size is not None and row.total < size:
                yield f"{self.facts.arms[row.arm].label}: {row.total} of {size} randomised people are counted"
        if _is_silent(data, self.question.measure):
            yield f"nobody or everybody has the event: nothing is told of the {_MEASURES[self.question.measure]}"
        elif isinstance(data, (Counts, Times)) and data.has_zero:
            if _adds_half(self.question):
                yield "one half is added to each cell, as one is empty"
            elif self.question.model == "mantel-haenszel" and self.question.measure in RATIOS:
                yield "a cell is empty: the events count, whatever the weight says"


def _adds_half(question: SynthesisQuestion) -> bool:
    return question.correction or question.model in ("inverse-variance", "random-effects")


def _is_silent(data: Data, measure: Measure) -> bool:
    """Return whether a study tells nothing of a ratio, as nobody or everybody has the event."""
    return measure in RATIOS and isinstance(data, (Counts, Times)) and data.empty


def _corrected(data: Counts | Times) -> Counts | Times:
    """Return a table with one half added to each cell where one is empty."""
    if not data.has_zero:
        return data
    if isinstance(data, Times):
        return replace(data, x1=data.x1 + _HALF, x2=data.x2 + _HALF)
    return Counts(data.a + _HALF, data.n1 + 2 * _HALF, data.c + _HALF, data.n2 + 2 * _HALF)


def _fitted(question: SynthesisQuestion, lines: Sequence[_Line]) -> tuple[Fit | None, tuple[int, ...], str | None]:
    """Return the fit, the places of the studies in it, and why there is none."""
    reason = _refusal(question, lines)
    if reason:
        return None, (), reason
    try:
        fit, taken = fit_data(question, [line.data for line in lines])
    except NoEstimateError as error:
        return None, (), str(error)
    if len({lines[n].selected.study.iri for n in taken}) < 2:
        return None, (), f"{lines[taken[0]].selected.study.label} alone has an event: nothing is pooled"
    return fit, taken, None


def _refusal(question: SynthesisQuestion, lines: Sequence[_Line]) -> str | None:
    """Return why what was selected may not be pooled."""
    studies = {line.selected.study.iri: line.selected.study.label for line in lines}
    if not lines:
        return "no candidate meets the question"
    if len(studies) == 1:
        return f"one study alone, {next(iter(studies.values()))}: nothing is pooled"
    things = {thing for line in lines for thing in line.things}
    if len(things) > 1:
        return f"unlike outcomes: {', '.join(sorted(things))}"
    rules = {row.seriousness for line in lines for row in line.selected.rows}
    if question.seriousness is None and len(rules) > 1:
        words = ", ".join(sorted(rule.replace("-", " ") or "not told" for rule in rules))
        return f"unlike rules of what is serious: {words}; name those that may stand together under seriousness"
    units = {row.unit for line in lines for row in line.selected.rows}
    if question.measure == "MD" and len(units) > 1:
        return f"unlike units: {', '.join(sorted(units))}"
    return None


def _interval(effect: Effect, measure: Measure) -> tuple[float, float, float]:
    reach = normal_quantile(LEVEL) * effect.variance**_HALF
    shown = _scale(measure)
    return shown(effect.value), shown(effect.value - reach), shown(effect.value + reach)


def _scale(measure: Measure) -> Callable[[float], float]:
    """Return what turns a number of the scale of pooling into one of the measure."""
    if measure in RATIOS:
        return exp
    if measure == "proportion":
        return lambda log_odds: 100 / (1 + exp(-log_odds))
    factor = 100 if measure in ("RD", "rate-difference") else 1
    return lambda value: factor * value


def _numbers(data: Data) -> tuple[str, str]:
    match data:
        case Counts():
            return f"{data.a:g}/{data.n1:g}", f"{data.c:g}/{data.n2:g}"
        case ArmCounts():
            return f"{data.a:g}/{data.n1:g}", ""
        case Times():
            return f"{data.x1:g}/{data.t1:g} years", f"{data.x2:g}/{data.t2:g} years"
        case Means():
            return f"{data.m1:.4g} ({data.sd1:.4g}), {data.n1:g}", f"{data.m2:.4g} ({data.sd2:.4g}), {data.n2:g}"
        case _:
            return "", ""


def _pooled(question: SynthesisQuestion, fit: Fit, taken: Sequence[_Line], lines: Sequence[_Line]) -> Pooled:
    shown = _scale(question.measure)
    low, high = (shown(limit) for limit in fit.prediction) if fit.prediction else (None, None)
    events, people = _totals(lines)
    p = None if question.measure == "proportion" else fit.p  # nobody asks whether a proportion is one half
    return Pooled(
        shown(fit.value), shown(fit.low), shown(fit.high), fit.error, p, len(taken), events, people, fit.q, fit.df,
        fit.q_p, fit.i2, fit.tau2, low, high, _method(question),
    )  # fmt: skip


def _totals(lines: Sequence[_Line]) -> tuple[int | None, int]:
    """Return the events and the people of some lines; person-years for rates."""
    data = [line.data for line in lines]
    counted = [each.events for each in data if isinstance(each, (Counts, ArmCounts, Times))]
    people = sum(sum(vars(each).get(name, 0) for name in ("n1", "n2", "t1", "t2")) for each in data)
    return round(sum(counted)) if len(counted) == len(data) else None, round(people)


def _method(question: SynthesisQuestion) -> str:
    name = _MEASURES[question.measure]
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


def _left_one_out(question: SynthesisQuestion, lines: Sequence[_Line]) -> Iterator[LeftOne]:
    for left in dict.fromkeys(line.selected.study.iri for line in lines):
        rest = [line for line in lines if line.selected.study.iri != left]
        label = next(line.selected.study.label for line in lines if line.selected.study.iri == left)
        fit, taken, reason = _fitted(question, rest)
        yield LeftOne(label, _pooled(question, fit, [rest[n] for n in taken], rest) if fit else None, reason)


def _groups(question: SynthesisQuestion, lines: Sequence[_Line]) -> tuple[tuple[Group, ...], dict[str, float]]:
    """Return the number of each group, and the chance of as much difference between those that have one."""
    groups: list[Group] = []
    tests: dict[str, float] = {}
    for by in question.groups or ():
        of_value: dict[str, list[_Line]] = defaultdict(list)
        for line in lines:
            of_value[line.groups[by]].append(line)
        fits: list[Effect] = []
        for value, members in sorted(of_value.items()):
            fit, taken, reason = _fitted(question, members)
            labels = tuple(line.selected.study.label for line in members)
            pooled = _pooled(question, fit, [members[n] for n in taken], members) if fit else None
            groups.append(Group(by, value, labels, pooled, reason))
            if fit:
                fits.append(Effect(fit.value, fit.error**2))
        if len(fits) > 1:
            between = inverse_variance(fits, LEVEL)
            tests[by] = chi_squared_tail(between.q, between.df)
    return tuple(groups), tests


def _certainty(
    question: SynthesisQuestion, lines: Sequence[_Line], selection: Selection, pooled: Pooled | None
) -> Certainty:
    levels = Counter(line.checked for line in lines)
    shares = {level: 100 * levels[level] / len(lines) for level in _LEVELS if levels[level]}
    rows = [row for line in lines for row in line.selected.rows]
    words = {row.reported_as + (f" ({row.definition})" if row.definition else "") for row in rows}
    none = 1.0 if question.measure in RATIOS else 0.0
    threshold = float(question.threshold) if question.threshold is not None else None
    events, people = _totals(lines)
    compared = pooled is not None and question.measure != "proportion"
    return Certainty(
        studies=len({line.selected.study.iri for line in lines}),
        events=events,
        people=people,
        check_levels=shares,
        definitions=tuple(sorted(words)),
        diseases=tuple(sorted({line.groups["disease"] for line in lines})),
        comparators=tuple(sorted({arm.label for line in lines for arm in line.arms[1]})),
        overlap_left_out=sum(each.reason.startswith(SHARED_PEOPLE) for each in selection.excluded),
        crosses_no_effect=_holds(pooled.low, none, pooled.high) if pooled and compared else None,
        threshold=threshold,
        crosses_threshold=_holds(pooled.low, threshold, pooled.high) if pooled and threshold is not None else None,
        i2=pooled.i2 if pooled else None,
        prediction_crosses_no_effect=(
            _holds(pooled.prediction_low, none, pooled.prediction_high)
            if pooled and compared and pooled.prediction_low is not None and pooled.prediction_high is not None
            else None
        ),
    )


def _holds(low: float, number: float, high: float) -> bool:
    return low <= number <= high


def _warnings(question: SynthesisQuestion, lines: Sequence[_Line], fit: Fit | None) -> Iterator[str]:
    if question.warning:
        yield question.warning
    diseases = sorted({line.groups["disease"] for line in lines})
    if len(diseases) > 1:
        yield f"{len(diseases)} diseases stand in one pool: {'; '.join(diseases)}"
    rules = sorted({row.seriousness for line in lines for row in line.selected.rows} - {""})
    if len(rules) > 1:
        yield f"what is serious is not defined alike: {', '.join(rule.replace('-', ' ') for rule in rules)}"
    data = [line.data for line in lines]
    if (
        fit
        and question.model not in (*COMMON[:2], "binomial-normal")
        and any(isinstance(each, (Counts, Times)) and each.has_zero for each in data)
    ):
        yield "a cell is empty, and weights by inverse variance depend on what is added to it"
    if fit and fit.tau2 is not None and len(fit.weights) < 5:
        yield f"the variance between {len(fit.weights)} studies is hardly known"
