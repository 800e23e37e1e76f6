"""Texts for regimens: agent, start, end and frequency of each step and arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyoxigraph import Literal, Quad

from dualbio.model.evidence import Arm, RegimenStep, StudyFile
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.sources.corpus import Corpus

__all__ = ["agents_of", "schedule_of", "schedule_quads", "step_text", "times_of"]

_GRAPH = graph_iri("synthesis")


def schedule_quads(corpus: Corpus, files: Mapping[str, StudyFile]) -> Iterator[Quad]:
    """Yield the agents of each step and the schedule of each arm, in words, as quads of the graph `synthesis`."""
    entities = {**corpus.entities["drug"], **corpus.entities["drug-class"]}
    names = {key: str(getattr(agent, "label", key)) for key, agent in entities.items()}
    for key, file in files.items():
        for arm in file.arms:
            for position, step in enumerate(arm.regimen, start=1):
                node = individual("step", f"{key}.{arm.id}.{position}")
                yield Quad(node, term("agentNames"), Literal(agents_of(step, names)), _GRAPH)
                for name, words in zip(("startText", "endText"), times_of(step), strict=True):
                    if words:
                        yield Quad(node, term(name), Literal(words), _GRAPH)
            schedule = schedule_of(arm, names)
            if schedule:
                yield Quad(individual("arm", f"{key}.{arm.id}"), term("scheduleText"), Literal(schedule), _GRAPH)


def agents_of(step: RegimenStep, names: Mapping[str, str]) -> str:
    """Return what a step gives; where each person had one of several drugs, all of them.

    Args:
        step: the step.
        names: what drugs and classes are called, by key.
    """
    keys = step.placebo_for or step.drug_options or filter(None, (step.drug, step.drug_class))
    return (" and " if step.placebo_for else " or ").join(names.get(key, key) for key in keys)


def schedule_of(arm: Arm, names: Mapping[str, str]) -> str:
    """Return the active steps of an arm in words, in the order of the regimen."""
    return "; ".join(step_text(step, names) for step in arm.regimen if step.role == "active")


def step_text(step: RegimenStep, names: Mapping[str, str]) -> str:
    """Return a step in words: `belimumab 200 mg, week 0 to week 52, weekly`."""
    dose = step.dose if step.dose is not None else _span(step.dose_min, step.dose_max)
    amount = f" {dose} {step.unit or ''}".rstrip() if dose is not None else ""
    start, end = times_of(step)
    time = " to ".join(dict.fromkeys(filter(None, (start, end)))) if start else end and f"to {end}"
    parts = (f"{agents_of(step, names)}{amount}", time, step.frequency)
    return ", ".join(part for part in parts if part)


def times_of(step: RegimenStep) -> tuple[str | None, str | None]:
    """Return the first and the last dose of a step in words, with their windows; None where they are not reported."""
    start, end = (_time(step, which) for which in ("start", "end"))
    return start or ("already running" if step.running_at_start else None), end


def _time(step: RegimenStep, which: str) -> str | None:
    for unit in ("week", "day"):
        span = _span(getattr(step, f"{which}_{unit}"), getattr(step, f"{which}_{unit}_max"))
        if span is not None:
            return f"{unit} {span}"
    return None


def _span(least: object, most: object) -> str | None:
    if least is None:
        return None
    return f"{least}" if most is None or most == least else f"{least}\u2013{most}"
