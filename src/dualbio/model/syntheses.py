"""Questions across studies: which contrasts are candidates, which may be pooled, and by which model.

A file of `ontology/syntheses/` holds one.  What it selects, leaves out and computes is never written into it: the build
makes that from the evidence (`dualbio.synthesis.pooling`).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dualbio.model.evidence import Design, Keys, Note, Week
from dualbio.model.field_rules import exactly_one, in_order
from dualbio.model.record_fields import Counted, Identity, Key, Link, Number, Record, Text, Value

__all__ = ["MODELS_OF", "ArmKind", "DoseRange", "Grouping", "Side", "SynthesisQuestion"]

#: What an arm is by what it gives: counted in biologics that are under test, not in the background.
ArmKind = Literal["two-biologics", "bispecific", "one-biologic", "placebo", "conventional-therapy"]
#: What studies are grouped by for a test between groups.
Grouping = Literal["disease", "pair", "strategy", "order", "design", "check-level", "dose"]
Population = Literal["ITT", "mITT", "safety", "per-protocol", "completers", "not-stated"]
Seriousness = Literal["serious", "serious-or-intravenous-antibiotics", "severe", "not-stated"]


class DoseRange(Record):
    """Doses of one drug, both limits included, in the unit of its steps."""

    drug: Annotated[Key, Link(None, ("drug",))]
    min: Counted | None = None
    max: Counted | None = None
    unit: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        in_order(self, "min", "max")
        return self


class Side(Record):
    """Arms on one side of a contrast: of one of the kinds, with all the drugs and mechanisms, at the dose."""

    arms: Annotated[tuple[ArmKind, ...], Field(min_length=1)]
    drugs: Annotated[Keys | None, Link(None, ("drug",))] = None
    mechanisms: Annotated[Keys | None, Link(None, ("mechanism",))] = None
    dose: DoseRange | None = None


class SynthesisQuestion(Record):
    """A question across studies, and how it is to be answered.

    `test` is compared with `comparator`; without one, the question is the proportion over single arms.  `same_drugs`
    asks that the comparator gives no biologic that the arm under test lacks.  Of several events or outcomes, and of
    several analysis populations, the first one that a study counts is taken.  `several_arms` says what is done with
    arms of one trial that share a control: add those of the same drugs together and split the control among the
    others, split it among all, or take the largest.  `correction` is for empty cells in the model of Mantel and
    Haenszel.  `threshold` is the smallest effect that matters, on the scale of the measure.
    """

    id: Annotated[Key, Identity()]
    title: Annotated[Text, Value("rdfs:label", language="en")]
    question: Text
    events: Annotated[Keys | None, Link(None, ("ae",))] = None
    outcomes: Annotated[Keys | None, Link(None, ("outcome",))] = None
    seriousness: Annotated[tuple[Seriousness, ...] | None, Field(min_length=1)] = None
    test: Side
    comparator: Side | None = None
    same_drugs: bool = False
    diseases: Annotated[Keys | None, Link(None, ("disease",))] = None
    designs: Annotated[tuple[Design, ...], Field(min_length=1)] = ("randomised-controlled-trial",)
    week_min: Week | None = None
    week_max: Week | None = None
    populations: Annotated[tuple[Population, ...] | None, Field(min_length=1)] = None
    several_arms: Literal["combine", "split", "largest"] = "combine"
    measure: Literal["RD", "RR", "OR", "rate-ratio", "rate-difference", "MD", "SMD", "HR", "proportion"]
    model: Literal["mantel-haenszel", "peto", "inverse-variance", "random-effects", "binomial-normal"]
    tau2: Literal["DL", "PM", "REML"] | None = None
    interval: Literal["normal", "hartung-knapp"] | None = None
    correction: bool = False
    groups: Annotated[tuple[Grouping, ...] | None, Field(min_length=1)] = None
    threshold: Number | None = None
    warning: Text | None = None
    note: Note = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        exactly_one(self, ("events", "outcomes"))
        if self.events is None and self.seriousness is not None:
            raise ValueError("field 'seriousness' is only accepted when events is given")
        return self

    @model_validator(mode="after")
    def _window(self) -> Self:
        in_order(self, "week_min", "week_max")
        return self

    @model_validator(mode="after")
    def _fitting_model(self) -> Self:
        accepted = MODELS_OF[self.measure]
        if self.model not in accepted:
            raise ValueError(
                f"field 'model' is '{self.model}', which gives no {self.measure}; accepted: {', '.join(accepted)}"
            )
        if (self.measure == "proportion") != (self.comparator is None):
            raise ValueError("field 'comparator' is left out when measure is 'proportion', and only then")
        if self.comparator == self.test:
            raise ValueError("field 'comparator' is the same as 'test', and nothing differs from itself")
        return self

    @model_validator(mode="after")
    def _fitting_method(self) -> Self:
        random = self.model == "random-effects"
        for name in ("tau2", "interval"):
            if getattr(self, name) is not None and not random:
                raise ValueError(f"field '{name}' is only accepted when model is 'random-effects'")
        ratio = self.measure in ("OR", "RR", "rate-ratio", "HR")
        if self.threshold is not None and ratio and self.threshold <= 0:
            raise ValueError(f"field 'threshold' is {self.threshold}; a ratio is accepted above 0")
        if self.threshold == int(ratio):
            raise ValueError(
                f"field 'threshold' is {self.threshold}, which is no effect; the smallest that matters is accepted"
            )
        if self.correction and self.model != "mantel-haenszel":
            raise ValueError("field 'correction' is only accepted when model is 'mantel-haenszel'")
        return self


_COUNTED = ("mantel-haenszel", "inverse-variance", "random-effects")
#: Models that give each measure, the one that is taken when none is named first: rare events have no use for weights
#: by inverse variance, which an empty cell upsets.
MODELS_OF: dict[str, tuple[str, ...]] = {
    "OR": ("mantel-haenszel", "peto", "inverse-variance", "random-effects"),
    "RR": _COUNTED,
    "RD": _COUNTED,
    "rate-ratio": _COUNTED,
    "rate-difference": _COUNTED,
    "MD": ("random-effects", "inverse-variance"),
    "SMD": ("random-effects", "inverse-variance"),
    "HR": ("random-effects", "inverse-variance"),
    "proportion": ("binomial-normal",),
}
