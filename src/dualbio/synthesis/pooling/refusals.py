"""When no number is given: what was selected may not stand together, or one study alone would speak for all."""

from __future__ import annotations

from collections.abc import Sequence

from dualbio.model.syntheses import SynthesisQuestion
from dualbio.synthesis.pooling.effects import RATIOS, Counts, Times
from dualbio.synthesis.pooling.lines import Line

__all__ = ["one_study_tells", "refusal"]


def refusal(question: SynthesisQuestion, lines: Sequence[Line]) -> str | None:
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


def one_study_tells(question: SynthesisQuestion, taken: Sequence[Line]) -> str | None:
    """Return why a ratio would be that of one study's arm, where one study alone has an event on one side.

    Such a ratio of Mantel and Haenszel has weight from one study alone, and one by inverse variance has it from what is
    added to empty cells.  Peto's odds ratio is no quotient of sums, and a difference has none either.
    """
    if question.measure not in RATIOS or question.model == "peto":
        return None
    told = [(line.selected.study.label, each) for line in taken if isinstance(each := line.data, (Counts, Times))]
    for side, counted in (("under test", _events_under_test), ("of the comparator", _events_of_comparator)):
        having = {label: counted(each) for label, each in told if counted(each)}
        if told and len(having) < 2:
            label, events = next(iter(having.items()), ("no study", 0.0))
            return (
                f"{label} alone has an event {side} ({events:g}): a ratio would rest on it; ask for a difference"
                if having
                else f"no arm {side} has an event: a ratio would rest on what is added"
            )
    return None


def _events_under_test(data: Counts | Times) -> float:
    return data.a if isinstance(data, Counts) else data.x1


def _events_of_comparator(data: Counts | Times) -> float:
    return data.c if isinstance(data, Counts) else data.x2
