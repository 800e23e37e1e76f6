"""Documented tools by which a risk of bias is judged: the domains and the judgements of each, a closed list.

RoB 1: Higgins and others, BMJ 2011, 343: d5928, and Cochrane Handbook 5.1, table 8.5.a.  RoB 2: Sterne and others, BMJ
2019, 366: l4898.  ROBINS-I: Sterne and others, BMJ 2016, 355: i4919.  Newcastle-Ottawa: Wells and others, the scale of
the Ottawa Hospital Research Institute, which gives stars and no words; a cohort is judged by its outcome, a
case-control study by its exposure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["AUTHORS", "TOOLS", "BiasDomain", "BiasJudgement", "BiasTool", "ToolForm"]

BiasTool = Literal["rob-1", "rob-2", "robins-i", "newcastle-ottawa"]
BiasDomain = Literal[
    "random-sequence-generation",
    "allocation-concealment",
    "blinding-of-participants",
    "blinding-of-assessment",
    "incomplete-outcome-data",
    "selective-reporting",
    "other-bias",
    "randomisation-process",
    "deviations-from-interventions",
    "missing-outcome-data",
    "measurement-of-outcome",
    "selection-of-result",
    "confounding",
    "selection-of-participants",
    "classification-of-interventions",
    "selection",
    "comparability",
    "outcome",
    "exposure",
    "overall",
]
BiasJudgement = Literal["low", "some-concerns", "moderate", "high", "serious", "critical", "unclear", "no-information"]
#: Who judged, where the page that is cited is by those who did.
AUTHORS = "authors of the source"


@dataclass(frozen=True)
class ToolForm:
    """What a tool asks and answers: its domains with its judgements, or the most stars that each domain can have.

    `randomised` says whether it was made for trials in which chance chose the arm.
    """

    domains: tuple[str, ...]
    judgements: tuple[str, ...] = ()
    stars: Mapping[str, int] = field(default_factory=dict)
    randomised: bool = False


_STARS = {"selection": 4, "comparability": 2, "outcome": 3, "exposure": 3, "overall": 9}

TOOLS: dict[BiasTool, ToolForm] = {
    "rob-1": ToolForm(
        (
            *("random-sequence-generation", "allocation-concealment", "blinding-of-participants"),
            *("blinding-of-assessment", "incomplete-outcome-data", "selective-reporting", "other-bias", "overall"),
        ),
        ("low", "high", "unclear"),
        randomised=True,
    ),
    "rob-2": ToolForm(
        (
            *("randomisation-process", "deviations-from-interventions", "missing-outcome-data"),
            *("measurement-of-outcome", "selection-of-result", "overall"),
        ),
        ("low", "some-concerns", "high"),
        randomised=True,
    ),
    "robins-i": ToolForm(
        (
            *("confounding", "selection-of-participants", "classification-of-interventions"),
            *("deviations-from-interventions", "missing-outcome-data", "measurement-of-outcome"),
            *("selection-of-result", "overall"),
        ),
        ("low", "moderate", "serious", "critical", "no-information"),
    ),
    "newcastle-ottawa": ToolForm(tuple(_STARS), stars=_STARS),
}
