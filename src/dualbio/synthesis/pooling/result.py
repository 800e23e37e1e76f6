"""The answer to a question across studies: what went into it, what did not and why, and the number if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from dualbio.model.syntheses import SynthesisQuestion
from dualbio.synthesis.pooling.effects import Data

__all__ = [
    "NOTICE",
    "Certainty",
    "Excluded",
    "LeftOne",
    "Pooled",
    "PooledGroup",
    "PooledStudy",
    "Synthesis",
    "number_text",
    "short_number",
]  # fmt: skip

NOTICE = (
    "A research tool: numbers of published reports, pooled by a rule. Not medical advice, and not a systematic review."
)


def short_number(number: float) -> str:
    """Return a number in three digits, never with an exponent.

    >>> short_number(3428.26), short_number(1.0996), short_number(-2.0), short_number(0.0)
    ('3430', '1.10', '-2.00', '0')
    """
    return f"{Decimal(f'{number:.2e}'):f}" if number else "0"


def number_text(estimate: float, low: float | None, high: float | None) -> str:
    """Return an estimate with its interval, as every face shows it."""
    if low is None or high is None:
        return short_number(estimate)
    return f"{short_number(estimate)} ({short_number(low)} to {short_number(high)})"


@dataclass(frozen=True)
class PooledStudy:
    """A line of a forest plot: the numbers of one study, or of one stratum of it.

    `data` are the numbers that the model took; `estimate`, `low` and `high` are on the scale of the measure (percentage
    points for a risk difference, per 100 person-years for rates) and None where the study has no effect of its own.
    `weight` is a share in percent; zero where the model takes nothing from the study, None where nothing was pooled.
    `check_level` is that of the least checked row, `arms_under_test` are the arms of the first side.
    """

    iri: str
    label: str
    arms: tuple[str, str]
    data: Data
    numbers: tuple[str, str]
    estimate: float | None
    low: float | None
    high: float | None
    weight: float | None
    check_level: str
    rows: tuple[str, ...]
    contrasts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    arms_under_test: tuple[str, ...] = ()

    @property
    def people(self) -> float:
        """People of both arms; person-years for rates."""
        data = vars(self.data)
        return float(sum(data.get(name, 0) for name in ("n1", "n2", "t1", "t2")))

    @property
    def weight_text(self) -> str:
        """The weight as a table shows it; empty where nothing was pooled."""
        return "" if self.weight is None else f"{self.weight:.1f} %"


@dataclass(frozen=True)
class Excluded:
    """A candidate that is not in the number, and why; `iri` is its contrast, or its row where it has none.

    `contrast` are its arms with what was counted, `detail` the numbers as printed.
    """

    iri: str
    study: str
    study_iri: str
    contrast: str
    reason: str
    detail: str = ""

    @property
    def label(self) -> str:
        """The candidate in one line."""
        return f"{self.study}: {self.contrast}"


@dataclass(frozen=True)
class Pooled:
    """The number, on the scale of the measure; `tau2` and `error` on that of pooling (logarithms for ratios).

    `low` and `high` have the level of 95 %, as has the interval in which the effect of a further study is expected.
    `i2` is in percent, `q` has `df` degrees of freedom.
    """

    estimate: float
    low: float
    high: float
    error: float
    p: float | None
    studies: int
    events: int | None
    people: int
    q: float
    df: int
    q_p: float | None
    i2: float
    tau2: float | None
    prediction_low: float | None
    prediction_high: float | None
    method: str


@dataclass(frozen=True)
class LeftOne:
    """The number without one study, or why there is none."""

    label: str
    pooled: Pooled | None
    reason: str | None = None


@dataclass(frozen=True)
class PooledGroup:
    """The number of the studies that have one value of a grouping, such as one disease."""

    by: str
    value: str
    studies: tuple[str, ...]
    pooled: Pooled | None
    reason: str | None = None


@dataclass(frozen=True)
class BiasShare:
    """How much of what was pooled others judged so, in one domain of a tool; `people` and `weight` in percent.

    `judgement` is None where no judgement is held, `tool` and `domain` too where none is held of any study.  `people`
    are person-years where rates are pooled; None where nobody is counted, as `weight` is where there is no number.
    """

    tool: str | None
    domain: str | None
    judgement: str | None
    studies: int
    people: float | None
    weight: float | None


@dataclass(frozen=True)
class Certainty:
    """Inputs of a judgement on certainty; no judgement is made.

    `check_levels` are shares of the studies in percent.  `crosses_no_effect` and `crosses_threshold` say whether the
    interval holds no difference, and the smallest difference that matters.  `definitions` are the different words in
    which the outcome is counted, `overlap_left_out` the candidates left out because people could be counted twice.
    """

    studies: int
    events: int | None
    people: int
    check_levels: Mapping[str, float]
    definitions: tuple[str, ...]
    diseases: tuple[str, ...]
    comparators: tuple[str, ...]
    overlap_left_out: int
    crosses_no_effect: bool | None
    threshold: float | None
    crosses_threshold: bool | None
    i2: float | None
    prediction_crosses_no_effect: bool | None
    risk_of_bias: tuple[BiasShare, ...] = ()


@dataclass(frozen=True)
class Synthesis:
    """The answer.  `pooled` is None where no number may be given; then `reason` says why.

    `found` counts the candidates, `eligible` those that meet the question, `used` those in `studies` (a study may give
    several contrasts that are added together); the others are in `excluded`.  `better` says which numbers are good for
    people; empty where the outcome does not say.
    """

    question: SynthesisQuestion
    measure: str
    unit: str
    method: str
    studies: tuple[PooledStudy, ...]
    pooled: Pooled | None
    reason: str | None
    excluded: tuple[Excluded, ...]
    found: int
    eligible: int
    used: int
    certainty: Certainty
    left_one_out: tuple[LeftOne, ...] = ()
    groups: tuple[PooledGroup, ...] = ()
    group_tests: Mapping[str, float] = field(default_factory=dict)
    better: Literal["higher", "lower", ""] = ""
    warnings: tuple[str, ...] = ()
    notice: str = NOTICE
