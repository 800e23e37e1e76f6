"""The timeline of regimens: which arm received which drug when, on one axis of weeks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zlib import crc32

from dualbio.figures.frame import (
    COLOURS,
    GREY,
    NARROW,
    PLAIN,
    Drawing,
    Look,
    Spec,
    beside,
    coded,
    empty,
    lane_scale,
    layered,
    line_height,
    telling,
    text_layers,
    text_panel,
    text_width,
    words_at,
)

__all__ = ["TimelineStep", "draw_timeline"]

_WIDTH = 640
#: Height of a study's heading, of a step, and the room below an arm, in pixels.
_HEADING, _STEP, _GAP = 22, 15, 8
#: Most pixels of a line of the name of an arm.
_MOST = 330
#: A single dose is drawn as wide as this, in weeks.
_DOSE = 1.2
_UNDATED = 110
_TICKS = (0, 4, 8, 12, 24, 52, 78, 104, 156, 208)
_FEW_TICKS = (0, 12, 24, 52, 104, 156, 208)
#: Agents beyond these share one colour.
_MOST_AGENTS = len(COLOURS)
#: Of more agents than this the bars say which they are too, for colours alone are then hard to keep in mind.
_BY_COLOUR = 4
#: What is put before names when colours are drawn by them; with it, few drugs of one study meet in one colour.
_SEED = 18497
#: Roles of steps that are no part of what an arm tests.
_ASIDE = ("background", "given before")
PLACEBO, OTHERS = "placebo", "other agents"


@dataclass(frozen=True)
class TimelineStep:
    """A step of a regimen: its agent, its order, and the weeks of its first and last dose with their windows.

    `name` is the agent in English, whatever the language of the figure. `start` and `end` are the earliest,
    `start_latest` and `end_latest` the latest weeks told; `when` says it in words.
    """

    study: str
    arm: str
    agent: str
    role: str = ""
    name: str = ""
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

    def sentence(self, look: Look) -> str:
        """Return what is drawn, in words."""
        agent = look.say("placebo for {agent}", agent=self.agent) if self.placebo else self.agent
        given = " ".join(filter(None, (agent, self.dose)))
        return f"{self.study}, {self.arm}: {given}, {look.say(self.when or 'weeks not reported')}."


def draw_timeline(steps: Sequence[TimelineStep], look: Look = PLAIN) -> Drawing:
    """Return the timeline; steps of the background are no part of it, and undated ones stand in their order."""
    steps = [step for step in steps if not step.role.startswith(_ASIDE)]
    say = look.say
    legend = say("Weeks on the clock of each study, from its first dose. Pale: the window of a first or last dose.")
    if not steps:
        return empty(legend, look=look)
    colours = _colours(steps)
    arms = text_width([step.arm for step in steps], most=_MOST)
    heads = text_width([step.study for step in steps], most=_MOST, bold=True)
    column = NARROW if look.narrow else max(arms, heads)
    lanes, height = _lanes(steps, colours, column, look)
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
    bars = [_bar(step, y, colours, (least, most), look) for step, y in lanes.bars]
    named = {say(name) if name in (PLACEBO, OTHERS) else name: colour for name, colour in colours.items()}
    layers = _layers(bars, named, (least, most), height, look)
    if look.narrow:
        words = text_layers(lanes.labels, height=height, width=NARROW)
        view = layered([*layers, *words], width=NARROW, height=height)
    else:
        names = text_panel(lanes.labels, height=height, width=column, align="right")
        view = beside([names, layered(layers, width=_WIDTH, height=height)], spacing=10)
    if any(not step.dated for step in steps):
        legend += say(" Dashed: the order is stated, the weeks are not.")
    if any(step.running for step in steps):
        legend += say(" From the left edge on: running before the study began.")
    return Drawing(view, legend, tuple(step.sentence(look) for step in steps))


@dataclass(frozen=True)
class _Lanes:
    """Where everything stands from the top: labels of studies and arms, and the bar of each step."""

    labels: list[dict[str, Any]]
    bars: list[tuple[TimelineStep, float]]


def _lanes(steps: Sequence[TimelineStep], colours: dict[str, str], column: float, look: Look) -> tuple[_Lanes, float]:
    """Return places, and the height of them all; an undated step stands on the first line of its arm.

    Names have a column of this width, beside the steps or, on a narrow screen, above them.
    """
    lanes, y = _Lanes([], []), 0.0
    for study, of_study in groupby(steps, key=lambda step: step.study):
        heading = max(_HEADING, line_height(study, width=column, bold=True) + 6)
        lanes.labels.append(words_at(study, y + heading / 2, column, bold=True))
        y += heading
        for arm, group in groupby(of_study, key=lambda step: step.arm):
            of_arm = list(group)
            lines = list(dict.fromkeys(_agent(step, colours) if step.dated else "" for step in of_arm))
            name, href, steps_high = line_height(arm, width=column), of_arm[0].link or None, _STEP * len(lines)
            if look.narrow:
                lanes.labels.append(words_at(arm, y + name / 2, column, href=href))
                y += name + 2
            else:
                lanes.labels.append(words_at(arm, y + max(steps_high, name) / 2, column, href=href))
                y += max(0, name - steps_high) / 2
            lanes.bars.extend(
                (step, y + _STEP * lines.index(_agent(step, colours) if step.dated else "")) for step in of_arm
            )
            y += steps_high + _GAP + (0 if look.narrow else max(0, name - steps_high) / 2)
    return lanes, y


def _agent(step: TimelineStep, colours: dict[str, str]) -> str:
    if step.placebo:
        return PLACEBO
    return step.agent if step.agent in colours else OTHERS


def _colours(steps: Sequence[TimelineStep]) -> dict[str, str]:
    """Return a colour for each of the agents that most arms have; placebo and further agents are grey.

    An agent has the colour of its English name in every figure and language, unless another one of the figure whose
    name comes before has it: then it has the first that is left.
    """
    arms: dict[str, set[tuple[str, str]]] = {}
    names: dict[str, str] = {}
    for step in steps:
        if not step.placebo:
            names[step.agent] = (step.name or step.agent).casefold()
            arms.setdefault(step.agent, set()).add((step.study, step.arm))
    common = sorted(arms, key=lambda agent: (-len(arms[agent]), names[agent]))[:_MOST_AGENTS]
    colours: dict[str, str] = {}
    for agent in sorted(common, key=names.__getitem__):
        own = COLOURS[crc32(f"{_SEED}{names[agent]}".encode()) % len(COLOURS)]
        if own not in colours.values():
            colours[agent] = own
    left = iter([colour for colour in COLOURS if colour not in colours.values()])
    colours |= {agent: next(left) for agent in sorted(common, key=names.__getitem__) if agent not in colours}
    rest = {PLACEBO: any(step.placebo for step in steps), OTHERS: len(arms) > len(common)}
    return colours | {name: GREY for name, there in rest.items() if there}


def _bar(
    step: TimelineStep, y: float, colours: dict[str, str], ends: tuple[float, float], look: Look
) -> dict[str, Any]:
    """Return the bar of a step: the doses that are sure, and their windows before and behind."""
    (least, most), agent = ends, _agent(step, colours)
    bar = {
        "step": step,
        "agent": look.say(agent) if agent in (PLACEBO, OTHERS) else agent,
        "name": look.say(PLACEBO) if step.placebo else step.agent,
        "told": step.sentence(look),
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


#: How far the last week is from the tick before it to have one of its own, as a share of the axis.
_APART = 0.07


def _single_dose(step: TimelineStep) -> bool:
    return "single" in step.when or "once" in step.when


def _layers(
    bars: list[dict[str, Any]], colours: dict[str, str], ends: tuple[float, float], height: float, look: Look
) -> Iterator[Spec]:
    """Yield the clock, windows, bars of sure doses, and the undated steps in their order."""
    shown = [{key: value for key, value in bar.items() if key != "step"} for bar in bars]
    dated = [bar for bar in shown if "start" in bar]
    names = _names(bars) if len(colours) > _BY_COLOUR else []
    room = text_width(row["name"] for row in names) / (NARROW if look.narrow else _WIDTH) if names else 0
    scale = {"domain": [ends[0], ends[1] * 1.02 / (1 - room)], "nice": False}
    weeks: list[float] = [week for week in (_FEW_TICKS if look.narrow else _TICKS) if week <= ends[1]]
    if not weeks or ends[1] - weeks[-1] > _APART * ends[1]:
        weeks.append(ends[1])
    clock = {"values": weeks, "grid": True, "title": look.say("week of the study")}
    axis = clock if dated else None  # of boxes that have an order alone, none stands at a week
    colour = coded("agent", colours, narrow=look.narrow)
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
    for is_open, shape in (
        (False, {"cornerRadius": 2}),
        (True, {"cornerRadius": 2, "fillOpacity": 0.45, "strokeDash": [4, 3]}),
    ):
        yield {
            "data": {"values": [bar for bar in dated if bar["open"] is is_open]},
            "mark": {"type": "rect", "opacity": 1, **shape},
            "encoding": {"x": x("start"), "x2": {"field": "end"}, "color": colour, **place},
        }
    if names:
        yield {
            "data": {"values": names},
            "mark": {"type": "text", "align": "left", "dx": 4, "baseline": "middle", "fontSize": 10},
            "encoding": {"x": x("to"), "y": lane_scale(height, "middle"), "text": {"field": "name"}},
        }
    yield from _undated([bar for bar in bars if "start" not in bar], colour, place)


def _names(bars: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the agent of the last bar of each line, and the place behind it."""
    last: dict[float, dict[str, Any]] = {}
    for bar in bars:
        if "start" in bar and bar["to"] >= last.get(bar["y"], bar)["to"]:
            last[bar["y"]] = bar
    return [{"name": bar["name"], "to": bar["to"], "middle": (bar["y"] + bar["bottom"]) / 2} for bar in last.values()]


def _undated(bars: list[dict[str, Any]], colour: Spec, place: Spec) -> Iterator[Spec]:
    """Yield dashed boxes side by side for agents with an order but no weeks."""
    for arm, group in groupby(bars, key=lambda bar: (bar["step"].study, bar["step"].arm)):
        for position, bar in enumerate(group):
            left = 4 + position * (_UNDATED + 6)
            values = [
                {key: value for key, value in bar.items() if key != "step"}
                | {
                    "middle": (bar["y"] + bar["bottom"]) / 2,
                    "arm": " ".join(arm),
                }
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
