"""The timeline of regimens: who got what and when, arm under arm, on one clock of weeks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dualbio.figures.frame import (
    COLOURS,
    GREY,
    Drawing,
    Spec,
    beside,
    coded,
    empty,
    lane_scale,
    layered,
    telling,
    text_panel,
    text_width,
)

__all__ = ["TimelineStep", "draw_timeline"]

_WIDTH = 640
#: Height of a study's heading, of a step, and the room below an arm, in pixels.
_HEADING, _STEP, _GAP = 22, 15, 8
#: A single dose is drawn as wide as this, in weeks.
_DOSE = 1.2
_UNDATED = 110
_TICKS = (0, 4, 8, 12, 24, 52, 78, 104, 156, 208)
#: Agents beyond these share one colour.
_MOST_AGENTS = len(COLOURS)
#: Roles of steps that are no part of what an arm tests.
_ASIDE = ("background", "given before")
PLACEBO, OTHERS = "placebo", "other agents"


@dataclass(frozen=True)
class TimelineStep:
    """A step of a regimen: its agent, its order, and the weeks of its first and last dose with their windows.

    `start` and `end` are the earliest, `start_latest` and `end_latest` the latest weeks told; `when` says it in words.
    """

    study: str
    arm: str
    agent: str
    role: str = ""
    order: int = 0
    start: float | None = None
    start_latest: float | None = None
    end: float | None = None
    end_latest: float | None = None
    when: str = ""
    dose: str = ""
    link: str = ""

    @property
    def placebo(self) -> bool:
        """Whether it gives a placebo."""
        return "placebo" in self.role

    @property
    def running(self) -> bool:
        """Whether it was given already when the study began."""
        return "already running" in self.when

    @property
    def dated(self) -> bool:
        """Whether it has a place on the clock."""
        return self.start is not None or self.running

    @property
    def sentence(self) -> str:
        """What is drawn, in words."""
        agent = f"placebo for {self.agent}" if self.placebo else self.agent
        given = " ".join(filter(None, (agent, self.dose)))
        return f"{self.study}, {self.arm}: {given}, {self.when or 'weeks not told'}."


def draw_timeline(steps: Sequence[TimelineStep]) -> Drawing:
    """Return the timeline; steps of the background are no part of it, and undated ones stand in their order."""
    steps = [step for step in steps if not step.role.startswith(_ASIDE)]
    legend = "Weeks on the clock of each study, from its first dose. Pale: the window of a first or last dose."
    if not steps:
        return empty(legend)
    colours = _colours(steps)
    lanes, height = _lanes(steps, colours)
    most = max(
        [
            4.0,
            *(
                end
                for step in steps
                for end in (step.start, step.start_latest, step.end, step.end_latest)
                if end is not None
            ),
        ]
    )
    least = -0.04 * most if any(step.running for step in steps) else 0.0
    bars = [_bar(step, y, colours, least, most) for step, y in lanes.bars]
    labels = text_panel(
        lanes.labels, height=height, width=text_width([row["text"] for row in lanes.labels]), align="right"
    )
    plot = layered(_layers(bars, colours, (least, most), height), width=_WIDTH, height=height)
    if any(not step.dated for step in steps):
        legend += " Dashed: the order is told, the weeks are not."
    if any(step.running for step in steps):
        legend += " From the left edge on: running before the study began."
    return Drawing(beside([labels, plot], spacing=10), legend, tuple(step.sentence for step in steps))


@dataclass(frozen=True)
class _Lanes:
    """Where everything stands from the top: labels of studies and arms, and the bar of each step."""

    labels: list[dict[str, Any]]
    bars: list[tuple[TimelineStep, float]]


def _lanes(steps: Sequence[TimelineStep], colours: dict[str, str]) -> tuple[_Lanes, float]:
    """Return places, and the height of them all; an undated step stands on the first line of its arm."""
    lanes, y = _Lanes([], []), 0.0
    for study, of_study in groupby(steps, key=lambda step: step.study):
        lanes.labels.append({"text": study, "bold": True, "y": y + _HEADING / 2})
        y += _HEADING
        for arm, group in groupby(of_study, key=lambda step: step.arm):
            of_arm = list(group)
            lines = list(dict.fromkeys(_agent(step, colours) if step.dated else "" for step in of_arm))
            middle = y + _STEP * len(lines) / 2
            lanes.labels.append({"text": arm, "bold": False, "y": middle, "href": of_arm[0].link or None})
            lanes.bars.extend(
                (step, y + _STEP * lines.index(_agent(step, colours) if step.dated else "")) for step in of_arm
            )
            y += _STEP * len(lines) + _GAP
    return lanes, y


def _agent(step: TimelineStep, colours: dict[str, str]) -> str:
    if step.placebo:
        return PLACEBO
    return step.agent if step.agent in colours else OTHERS


def _colours(steps: Sequence[TimelineStep]) -> dict[str, str]:
    """Return a colour for each of the agents that most arms have; placebo and further agents are grey.

    Colours go by name, so that two drugs keep theirs from one study to the next.
    """
    arms: dict[str, set[tuple[str, str]]] = {}
    for step in steps:
        if not step.placebo:
            arms.setdefault(step.agent, set()).add((step.study, step.arm))
    common = sorted(arms, key=lambda agent: -len(arms[agent]))[:_MOST_AGENTS]
    found = dict(zip(sorted(common, key=str.casefold), COLOURS, strict=False))
    rest = {PLACEBO: any(step.placebo for step in steps), OTHERS: len(arms) > len(common)}
    return found | {name: GREY for name, there in rest.items() if there}


def _bar(step: TimelineStep, y: float, colours: dict[str, str], least: float, most: float) -> dict[str, Any]:
    """Return the bar of a step: the doses that are sure, and their windows before and behind."""
    bar = {
        "step": step,
        "agent": _agent(step, colours),
        "told": step.sentence,
        "href": step.link or None,
        "y": y + 2,
        "bottom": y + _STEP - 2,
    }
    if not step.dated:
        return bar
    start = least if step.start is None else step.start
    sure = start if step.start_latest is None else step.start_latest
    end = step.end
    open_ended = end is None and not _single_dose(step)
    end = max(end if end is not None else (most if open_ended else sure), sure)
    latest = end if step.end_latest is None else step.end_latest
    return bar | {
        "start": sure,
        "end": max(end, sure + _DOSE),
        "from": start,
        "to": max(latest, end),
        "open": open_ended,
    }


def _single_dose(step: TimelineStep) -> bool:
    return "single" in step.when or "once" in step.when


def _layers(
    bars: list[dict[str, Any]], colours: dict[str, str], ends: tuple[float, float], height: float
) -> Iterator[Spec]:
    """Yield the clock, windows, bars of sure doses, and the undated steps in their order."""
    shown = [{key: value for key, value in bar.items() if key != "step"} for bar in bars]
    dated = [bar for bar in shown if "start" in bar]
    scale = {"domain": [ends[0], ends[1] * 1.02], "nice": False}
    axis = {"values": [week for week in _TICKS if week <= ends[1]], "grid": True, "title": "week of the study"}
    colour = coded("agent", colours)
    place = {"y": lane_scale(height), "y2": {"field": "bottom"}, **telling(shown)}

    def x(field: str) -> Spec:
        return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}

    yield {
        "data": {"values": [{"x": ends[0], "y": 0}]},
        "mark": {"type": "point", "opacity": 0},
        "encoding": {"x": x("x"), "y": lane_scale(height)},
    }
    for first, last in (("from", "start"), ("end", "to")):
        yield {
            "data": {"values": [bar for bar in dated if bar[first] < bar[last]]},
            "mark": {"type": "rect", "opacity": 0.4},
            "encoding": {"x": x(first), "x2": {"field": last}, "color": colour, **place},
        }
    for is_open, look in (
        (False, {"cornerRadius": 2}),
        (True, {"cornerRadius": 2, "fillOpacity": 0.45, "strokeDash": [4, 3]}),
    ):
        yield {
            "data": {"values": [bar for bar in dated if bar["open"] is is_open]},
            "mark": {"type": "rect", "opacity": 1, **look},
            "encoding": {"x": x("start"), "x2": {"field": "end"}, "color": colour, **place},
        }
    yield from _undated([bar for bar in bars if "start" not in bar], colour, place)


def _undated(bars: list[dict[str, Any]], colour: Spec, place: Spec) -> Iterator[Spec]:
    """Yield dashed boxes beside each other for what has an order and no weeks."""
    for arm, group in groupby(bars, key=lambda bar: (bar["step"].study, bar["step"].arm)):
        for position, bar in enumerate(group):
            left = 4 + position * (_UNDATED + 6)
            values = [
                {key: value for key, value in bar.items() if key != "step"}
                | {"middle": (bar["y"] + bar["bottom"]) / 2, "name": bar["step"].agent, "arm": " ".join(arm)}
            ]
            yield {
                "data": {"values": values},
                "mark": {"type": "rect", "filled": False, "strokeDash": [3, 2], "strokeWidth": 1.4},
                "encoding": {"x": {"value": left}, "x2": {"value": left + _UNDATED}, "color": colour, **place},
            }
            yield {
                "data": {"values": values},
                "mark": {"type": "text", "align": "left", "baseline": "middle", "fontSize": 10, "limit": _UNDATED - 8},
                "encoding": {
                    "x": {"value": left + 5},
                    "y": {**place["y"], "field": "middle"},
                    "text": {"field": "name"},
                },
            }
