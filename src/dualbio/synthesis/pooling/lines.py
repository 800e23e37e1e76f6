"""One line of an answer: the data of one study, its effect, and remarks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp

from dualbio.errors import counted
from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.synthesis.intervals import EventCount, rate_difference, rate_of, risk_difference, share_of
from dualbio.synthesis.pooling.distributions import normal_quantile
from dualbio.synthesis.pooling.effects import (
    RATIOS,
    ArmCounts,
    Counts,
    Data,
    Means,
    Measure,
    Printed,
    Times,
    effect_of,
    printed_effect,
)
from dualbio.synthesis.pooling.facts import ArmFact, Facts
from dualbio.synthesis.pooling.numbers import Numbers, data_of, numbers_of
from dualbio.synthesis.pooling.result import PooledStudy
from dualbio.synthesis.pooling.selection import Selected

__all__ = ["HALF", "LEVEL", "MEASURES", "StudyLine", "adds_half", "is_silent", "scale", "totals"]

#: Level of every interval, in percent.
LEVEL = 95.0
#: What is added to each cell of a table with an empty one.
HALF = 0.5
MEASURES = {
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
_LEVELS: tuple[str, ...] = CHECK_LEVELS


@dataclass(frozen=True)
class StudyLine:
    """What was selected of one study, with its numbers."""

    question: SynthesisQuestion
    facts: Facts
    selected: Selected

    @cached_property
    def data(self) -> Data:
        """The numbers that the measure takes, of arms that are added together; an effect that is printed is one."""
        printed = self.selected.test[0]
        if printed.against and printed.value is not None and printed.interval:
            low, high, level = printed.interval
            return Printed(printed_effect(printed.value, low, high, level=level, ratio=True))
        test, control = (
            [found for row in rows if isinstance(found := numbers_of(row, self.question.measure), Numbers)]
            for rows in (self.selected.test, self.selected.control)
        )
        return data_of(test, control, self.question.measure, self.selected.shares)

    @cached_property
    def arms(self) -> tuple[list[ArmFact], list[ArmFact]]:
        """The arms under test, and their comparators."""
        arms, selected = self.facts.arms, self.selected
        return [arms[row.arm] for row in selected.test], [arms[row.arm] for row in selected.control]

    @cached_property
    def checked(self) -> str:
        """The check level of the row that was seen least closely."""
        return max((row.check_level for row in self.selected.rows), key=_LEVELS.index)

    @property
    def things(self) -> set[str]:
        """The events or outcomes that are counted, by their names."""
        return {row.about for row in self.selected.rows}

    def study(self, weight: float | None) -> PooledStudy:
        """Return the line as a reader sees it."""
        data, measure = self.data, self.question.measure
        estimate, low, high = (None, None, None) if is_silent(data, measure) else self._effect_to_show(data)
        test, control = self.arms
        rows = tuple(dict.fromkeys(row.iri for row in self.selected.rows))
        pairs = [frozenset((one.iri, other.iri)) for one in self.selected.test for other in self.selected.control]
        contrasts = tuple(self.facts.contrasts[pair] for pair in pairs if self.facts.contrasts.get(pair))
        label = self.selected.study.label
        names = tuple(" and ".join(arm.label for arm in arms) for arms in (test, control))
        return PooledStudy(
            self.selected.study.iri, label, (names[0], names[1]), data, _numbers(data), estimate, low, high, weight,
            self.checked, rows, contrasts, tuple(self._notes(data)), self.groups,
            tuple(arm.iri for arm in test),
        )  # fmt: skip

    def _effect_to_show(self, data: Data) -> tuple[float, float, float]:
        """Return the effect of the study with its interval, on the scale of the measure.

        A difference with an empty cell, to which the model adds nothing, and a share of nobody or everybody are shown
        as they are: with the score interval, as their variance is none.
        """
        if isinstance(data, ArmCounts) and data.a in (0, data.n1):
            share = share_of(EventCount(data.a, data.n1))
            return 100 * share.value, 100 * share.low, 100 * share.high
        measure, shown = self.question.measure, scale(self.question.measure)
        if (
            isinstance(data, (Counts, Times))
            and data.has_zero
            and measure not in RATIOS
            and not adds_half(self.question)
        ):
            found = (
                risk_difference(EventCount(data.a, data.n1), EventCount(data.c, data.n2))
                if isinstance(data, Counts)
                else rate_difference(rate_of(data.x1, data.t1), rate_of(data.x2, data.t2))
            )
            return shown(found.value), shown(found.low), shown(found.high)
        effect = effect_of(data, measure)
        reach = normal_quantile(LEVEL) * effect.variance**HALF
        return shown(effect.value), shown(effect.value - reach), shown(effect.value + reach)

    @cached_property
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
            "dose": self._dose,
        }
        return {by: value or "not reported" for by, value in told.items()}

    @property
    def _dose(self) -> str:
        """The doses of the biologics under test; those of several arms where they are added together."""
        found = {
            " + ".join(f"{'/'.join(step.agents)} {step.dose:g} {step.unit}" for step in steps if step.dose is not None)
            for arm in self.arms[0]
            if (steps := sorted((step for step in arm.steps if step.biologic), key=lambda step: step.agents))
        }
        return "; ".join(sorted(found - {""}))

    def _notes(self, data: Data) -> Iterator[str]:
        test, control = self.arms
        for arms, side in ((test, "under test"), (control, "of the comparator")):
            if len(arms) > 1:
                yield f"{counted(len(arms), 'arm')} {side} are added together"
        parts = defaultdict[int, list[str]](list)
        for arm, lines in zip(control, self.selected.lines, strict=False):
            parts[lines].append(arm.label)
        for lines, labels in parts.items():
            if lines > 1:
                whose = "the comparator" if len(parts) == 1 else " and ".join(labels)
                yield f"1/{lines} of {whose}, which other lines count too"
        for row in self.selected.rows:
            arm = self.facts.arms[row.arm]
            found = numbers_of(row, self.question.measure)
            if isinstance(found, Numbers) and found.derived:
                yield f"{arm.label}: {found.derived}"
            size = arm.randomised
            if row.total is not None and size is not None and row.total < size:
                yield f"{arm.label}: {row.total} of {size} randomised people are counted"
            if row.against and size is None:
                whom = "not counted" if arm.analysed is None else f"the {arm.analysed} analysed are counted"
                yield f"{arm.label}: the number randomised is not reported; {whom}"
        yield from self._zero_notes(data)

    def _zero_notes(self, data: Data) -> Iterator[str]:
        if is_silent(data, self.question.measure):
            yield f"nobody or everybody has the event: nothing follows for the {MEASURES[self.question.measure]}"
        elif isinstance(data, ArmCounts) and data.a in (0, data.n1):
            yield "nobody or everybody has the event: the interval is that of the score method"
        elif isinstance(data, (Counts, Times)) and data.has_zero:
            if adds_half(self.question):
                yield "one half is added to each cell, as one is empty"
            elif self.question.measure in RATIOS:
                yield "a cell is empty: one half is added to each in the ratio that is shown, none in the pooled number"
                if self.question.model == "mantel-haenszel":
                    yield "the events count, whatever the weight says"
            else:
                yield "a cell is empty: the interval is that of the score method"


def adds_half(question: SynthesisQuestion) -> bool:
    """Return whether one half is added to the cells of a table that has an empty one."""
    return question.correction or question.model in ("inverse-variance", "random-effects")


def is_silent(data: Data, measure: Measure) -> bool:
    """Return whether a study tells nothing of a ratio, as nobody or everybody has the event."""
    return measure in RATIOS and isinstance(data, (Counts, Times)) and data.empty


def scale(measure: Measure) -> Callable[[float], float]:
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


def totals(lines: Sequence[StudyLine]) -> tuple[int | None, int]:
    """Return the events and the people of some lines; person-years for rates.

    Of a printed effect they are those randomised, and where that is not reported, those analysed.
    """
    data = [line.data for line in lines]
    counted = [each.events for each in data if isinstance(each, (Counts, ArmCounts, Times))]
    people = sum(sum(vars(each).get(name, 0) for name in ("n1", "n2", "t1", "t2")) for each in data)
    printed = [line for line, each in zip(lines, data, strict=True) if isinstance(each, Printed)]
    people += sum(arm.randomised or arm.analysed or 0 for line in printed for arms in line.arms for arm in arms)
    return round(sum(counted)) if len(counted) == len(data) else None, round(people)
