"""Do the times of a regimen's steps agree with each other, and the stated strategy with them?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dualbio.build.checks.survey import Check, CheckHit, Survey, firm
from dualbio.model.combination import paired_courses
from dualbio.model.evidence import Arm, RegimenStep
from dualbio.model.sequence import AgentCourse, contradictions, courses, dosing_overlap, start_relation
from dualbio.model.sequence import first_dose as first_dose_of
from dualbio.model.sequence import last_dose as last_dose_of

__all__ = ["CHECKS"]


def step_time(survey: Survey) -> Iterator[CheckHit]:
    """Yield steps that end before they start, windows that are none, and running steps that start later."""
    for site in survey.of(RegimenStep):
        step = site.record
        for end in ("start", "end"):
            for unit in ("day", "week"):
                low, high = getattr(step, f"{end}_{unit}"), getattr(step, f"{end}_{unit}_max")
                name = f"{end}_{unit}"
                if high is not None and low is None:
                    yield site.finding(f"{name}_max without {name}; repair: add {name}", f"{name}_max")
                elif high is not None and high < low:
                    message = f"{name}_max {high} is before {name} {low}; repair: exchange them"
                    yield site.finding(message, f"{name}_max")
        first, last = first_dose_of(step), last_dose_of(step)
        if first.low is not None and last.high is not None and last.high < first.low:
            message = f"the last dose on day {last.high} is before the first on day {first.low}; repair: correct one"
            yield site.finding(message, "end_day" if step.end_day is not None else "end_week")
        if step.running_at_start and first.low is not None and first.low >= 0:
            message = (
                f"running at the start, but the first dose falls on day {first.low}; "
                "repair: remove the start, or running_at_start"
            )
            yield site.finding(message, "running_at_start")
        for name, part in (("lag", step.lag), ("running_for", step.running_for)):
            if part is not None and part.min is not None and part.max is not None and part.max < part.min:
                yield site.finding(f"{name}: max {part.max} is below min {part.min}; repair: exchange them", name)


def step_order(survey: Survey) -> Iterator[CheckHit]:
    """Yield arms whose ranks, days, running starts and lags tell different orders, or list a drug's steps backwards."""
    for site in survey.of(Arm):
        agents = courses(site.record.regimen)
        for agent, words in contradictions(agents):
            index = site.record.regimen.index(agent.opening)
            yield site.finding(f"{words}; repair: correct one of the two", "regimen", index)
        for agent in agents:
            days = [day for step in agent.steps if (day := first_dose_of(step).low) is not None]
            if days != sorted(days):
                message = f"the steps of {agent} are not in the order of their days; repair: put them in order"
                yield site.finding(message, "regimen")


def step_words(survey: Survey) -> Iterator[CheckHit]:
    """Yield steps whose frequency begins with another week or day than the one on which they start.

    Study days are counted from 0 or from 1, so that day 7 lies in week 0 or in week 1.
    """
    for site in survey.of(RegimenStep):
        step = site.record
        told = _FIRST_TIME.match(step.frequency or "")
        if told is None:
            continue
        number, unit = int(told["number"]), told["unit"].lower()
        field = "start_day" if step.start_day is not None and unit == "day" else "start_week"
        start, latest = getattr(step, field), getattr(step, f"{field}_max")
        meant = {"start_day": {number, number - 1}, "start_week": {number // 7, (number - 1) // 7}}[field]
        meant = {number} if unit == "week" else meant
        if start is not None and not any(start <= each <= (latest or start) for each in meant):
            message = f"{field} is {start}, but the frequency begins with {told[0]}; repair: correct one"
            yield site.finding(message, field)


def lag_agent(survey: Survey) -> Iterator[CheckHit]:
    """Yield lags that are counted from an agent that the arm does not give, or from the step's own."""
    for site in survey.of(Arm):
        agents = courses(site.record.regimen)
        for index, step in enumerate(site.record.regimen):
            if step.lag is None:
                continue
            others = sorted(name for agent in agents if step not in agent.steps for name in agent.names)
            if step.lag.of not in others:
                message = f"lag of '{step.lag.of}'; accepted: another active agent of the arm ({', '.join(others)})"
                yield site.finding(f"{message}; repair: correct it", "regimen", index, "lag")


def stated_strategy(survey: Survey) -> Iterator[CheckHit]:
    """Yield combination arms whose stated strategy is contradicted by their steps."""
    for site in survey.of(Arm):
        arm = site.record
        agents = paired_courses(arm.regimen, survey.corpus.entities)
        if arm.role != "combination" or len(agents) < 2:
            continue
        found = _contradiction(arm.strategy, agents)
        if found:
            message = (
                f"strategy is '{arm.strategy}', but by the steps {found}; repair: correct the strategy or the steps"
            )
            yield site.finding(message, "strategy")


def combination_strategy(survey: Survey) -> Iterator[CheckHit]:
    """Yield combination arms that do not say how their agents were put together."""
    for site in survey.of(Arm):
        if site.record.role == "combination" and site.record.strategy == "not-applicable":
            message = (
                "strategy is 'not-applicable'; "
                "accepted: concurrent, sequential, add-on, bispecific, together-order-unknown"
            )
            yield site.finding(message, "strategy")


def _contradiction(strategy: str, agents: tuple[AgentCourse, ...]) -> str | None:
    """Return what the steps tell against a strategy, in words."""
    pairs = [(one, other) for place, one in enumerate(agents) for other in agents[place + 1 :]]
    relations = {pair: start_relation(*pair) for pair in pairs}
    ordered = [pair if relations[pair] == "later" else pair[::-1] for pair in pairs if relations[pair] in _ORDERED]
    same = [pair for pair in pairs if relations[pair] == "same-day"]
    if strategy == "concurrent" and ordered and not same:
        return f"{ordered[0][1]} starts after {ordered[0][0]}"
    if strategy in ("sequential", "add-on") and len(same) == len(pairs):
        return f"{same[0][0]} and {same[0][1]} start on one day"
    if strategy == "add-on" and len(agents) == 2 and ordered and dosing_overlap(*ordered[0]) == "none":
        return f"{ordered[0][0]} was stopped before {ordered[0][1]} began"
    if strategy == "together-order-unknown" and len(ordered) + len(same) == len(pairs):
        order = (
            f"{ordered[0][1]} starts after {ordered[0][0]}" if ordered else f"{same[0][0]} and {same[0][1]} together"
        )
        return f"the order is known: {order}"
    return None


_ORDERED = ("later", "earlier")
#: The first dose, where the words of a frequency begin with it.
_FIRST_TIME = re.compile(r"(?P<unit>week|day)s? (?P<number>\d+)\b(?!\s*(?:to|-))", re.IGNORECASE)

CHECKS = (
    firm(
        "step-time",
        "A step starts before it ends, and one that was running at the start has no later start.",
        step_time,
    ),
    Check("step-order", "error", "Ranks, days, running starts and lags agree on one order.", step_order),
    Check("step-words", "error", "The words of a frequency begin when the step does.", step_words),
    firm("lag-agent", "A lag is counted from another agent of the arm.", lag_agent),
    Check("stated-strategy", "error", "The steps do not contradict the stated strategy.", stated_strategy),
    Check("combination-strategy", "warning", "A combination says how it was put together.", combination_strategy),
)
