"""The curated evidence: studies with arms, regimens, results, comparisons and sources.

The models say what a record may hold; the marks in the annotations say which triples it becomes (see `fields`).
`docs/evidence.md` explains the fields to curators.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from dualbio.model.field_rules import at_least_one, exactly_one, together
from dualbio.model.outside_numbers import REGISTRY_NUMBER
from dualbio.model.record_fields import (
    Coded,
    Counted,
    Curie,
    Date,
    Identity,
    Inline,
    Key,
    Link,
    Named,
    Number,
    Own,
    Parts,
    Record,
    Text,
    Value,
)
from dualbio.model.risk_of_bias import TOOLS, BiasDomain, BiasJudgement, BiasTool

__all__ = [
    "CHECK_LEVELS",
    "AnyRow",
    "Arm",
    "BiasAssessment",
    "Comparison",
    "Lag",
    "Overlap",
    "PlannedOutcome",
    "RegimenStep",
    "Result",
    "RunningFor",
    "Source",
    "Study",
    "StudyAim",
    "StudyFile",
    "Verification",
    "WithdrawnRow",
]

RowId = Annotated[str, StringConstraints(pattern=r"^[rc][0-9]{3}$")]
SourceId = Annotated[str, StringConstraints(pattern=r"^[a-z][0-9]+$")]
RegistryId = Annotated[str, StringConstraints(pattern=f"^({REGISTRY_NUMBER})$")]
PubMedId = Annotated[str, StringConstraints(pattern=r"^[0-9]{7,8}$")]
PubMedCentralId = Annotated[str, StringConstraints(pattern=r"^PMC[0-9]+$")]
Doi = Annotated[str, StringConstraints(pattern=r"^10\.")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://")]
#: A page that something was read on.
Page = Annotated[Url, Value("url", datatype="xsd:anyURI")]
Year = Annotated[int, Field(ge=1990, le=2030)]


def _day_of_the_calendar(text: str) -> str:
    if len(text) == len("2026-01-31"):
        date.fromisoformat(text)
    return text


PartialDate = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?$"),
    AfterValidator(_day_of_the_calendar),
    Date(),
]


def _orcid_with_its_check_sign(text: str) -> str:
    """Return an ORCID iD whose last sign is the one that the others give (ISO 7064, mod 11-2).

    Source: https://support.orcid.org/hc/en-us/articles/360006897674

    Raises:
        ValueError: it is another, so that nobody has this iD.
    """
    total = 0
    for digit in text[:-1].replace("-", ""):
        total = (total + int(digit)) * 2
    sign = "0123456789X"[(12 - total % 11) % 11]
    if text[-1] != sign:
        raise ValueError(
            f"{text} is not an ORCID iD; the check digit would be {sign}; repair: copy it from the profile"
        )
    return text


Orcid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$"),
    AfterValidator(_orcid_with_its_check_sign),
]
#: Who read a page: a person by ORCID iD, or the contributors together.
Reader = Annotated[Literal["dualbio contributors"] | Orcid, Value("readBy")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day_of_the_calendar)]
#: The day on which a page was read.
ReadOn = Annotated[Day, Value("readOn", datatype="xsd:date")]
Count = Annotated[int, Field(ge=0)]
Keys = Annotated[tuple[Key, ...], Field(min_length=1)]
Week = Annotated[Counted, Field(ge=0)]

Design = Literal[
    "randomised-controlled-trial",
    "non-randomised-trial",
    "single-arm-trial",
    "cohort",
    "case-series",
    "pooled-analysis",
    "not-stated",
]
CheckLevel = Literal["fulltext", "abstract", "registry", "secondary", "memory"]
#: Check levels from the closest reading to none; the rule `check-rank` has the same order.
CHECK_LEVELS: tuple[CheckLevel, ...] = ("fulltext", "registry", "abstract", "secondary", "memory")
Checked = Annotated[CheckLevel, Coded("checkLevel", "check-level")]
OutcomeKind = Annotated[Literal["efficacy", "biomarker", "safety", "disposition"], Coded("outcomeKind", "outcome-kind")]
Strategy = Annotated[
    Literal["concurrent", "sequential", "add-on", "bispecific", "together-order-unknown", "not-applicable"],
    Coded("statedStrategy", "strategy"),
]
Note = Annotated[Text | None, Value("skos:note")]
InSource = Own("source", "source")
TimeUnit = Annotated[Literal["day", "week", "month", "year"], Coded(None, "time-unit")]
#: Kinds of thing that a study can report or leave unreported.
REPORTED = ("outcome", "ae", "biomarker")


class Interval(Record):
    """A confidence or credible interval; `level` in percent."""

    type: Annotated[Literal["confidence", "credible"], Coded(None, "interval-type")]
    level: Annotated[Counted, Field(gt=0, lt=100)]
    low: Number
    high: Number | None = None
    high_unreadable: bool | None = None


class Spread(Record):
    """Spread of a mean or median: standard deviation or error as `value`, quartiles or range as `low` and `high`."""

    type: Annotated[Literal["SD", "SE", "IQR", "range"], Coded(None, "spread-type")]
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    high_open: bool | None = None


class PValue(Record):
    """A p value with its operator as printed."""

    operator: Literal["=", "<", "<=", ">", ">="]
    value: Annotated[Number, Field(ge=0, le=1)]
    sides: Annotated[Literal["one", "two", "unknown"], Coded(None, "sides")]
    nominal: bool | None = None
    test: Text | None = None


class Subgroup(Record):
    """Part of an arm that a row is about."""

    factor: Key
    level: Text

    @property
    def title(self) -> str:
        """The part in words: `interferon gene signature: high`."""
        return f"{self.factor.replace('-', ' ')}: {self.level}"


class Washout(Record):
    """Drug-free time before the arm's own drug; `min_days` in days."""

    from_class: Annotated[Key | None, Link(None, ("drug-class",))] = None
    min_days: Count


IntervalField = Annotated[Interval | None, Inline(prefix="interval")]
PField = Annotated[PValue | None, Inline(prefix="p")]
SubgroupField = Annotated[Subgroup | None, Inline(prefix="subgroup")]


class Overlap(Record):
    """Another study that shares people or text with this one."""

    study: Annotated[Key, Link("overlapsStudy", ("study",))]
    kind: Annotated[
        Literal[
            "pools",
            "pooled-in",
            "successive-cut",
            "extends",
            "extended-by",
            "possible-overlap",
            "shared-pooled-analysis",
            "same-report",
        ],
        Coded("overlapKind", "overlap-kind"),
    ]
    note: Note = None


class StudyAim(Record):
    """What a study set out to show, and where its report says so."""

    aim: Annotated[
        Literal[
            "superiority-over-single",
            "superiority-over-placebo",
            "superiority-over-conventional",
            "superiority-between-strategies",
            "non-inferiority",
            "safety",
            "dose-finding",
            "description",
        ],
        Coded("studyAim", "aim-kind"),
    ]
    source: Annotated[SourceId, InSource]
    locator: Text
    checked: Checked
    note: Note = None


class Study(Record):
    """A trial, cohort, case series or pooled analysis; dates are ISO 8601 with reduced precision.

    `diseases` are treated in it; `harm_diseases` appeared under treatment and are what it reports.  `strategy` is the
    authors' own word; what the steps say follows from the steps.
    """

    id: Annotated[Key, Identity()]
    acronym: Annotated[Text, Value("rdfs:label", language="en")]
    registry_ids: Annotated[tuple[RegistryId, ...] | None, Value("registryId"), Field(min_length=1)] = None
    short_description: Annotated[Text, Value("dcterms:description", language="en")]
    diseases: Annotated[Keys | None, Link("treatsDisease", ("disease",))] = None
    harm_diseases: Annotated[Keys | None, Link("reportsEmergentDisease", ("disease",))] = None
    design: Annotated[Design, Coded("design", "design")]
    intervention_model: Annotated[
        Literal["single-group", "parallel", "crossover", "factorial", "sequential"] | None,
        Coded("interventionModel", "intervention-model"),
    ] = None
    phase: Annotated[
        Literal["1", "1-2", "2", "2a", "2b", "2-3", "3", "3b", "4", "not-applicable"], Coded("phase", "phase")
    ]
    masking: Annotated[Literal["double-blind", "single-blind", "open-label", "not-stated"], Coded("masking", "masking")]
    status: Annotated[
        Literal[
            "not-yet-recruiting", "recruiting", "active", "suspended", "completed", "terminated", "withdrawn", "unknown"
        ],
        Coded("status", "status"),
    ]
    start: Annotated[PartialDate | None, Date("startDate")] = None
    primary_completion: Annotated[PartialDate | None, Date("primaryCompletionDate")] = None
    end: Annotated[PartialDate | None, Date("endDate")] = None
    enrolled: Count | None = None
    strategy: Strategy
    population: Annotated[Text, Value("eligibility")]
    aims: Annotated[tuple[StudyAim, ...] | None, Parts("hasAim", "aim"), Field(min_length=1)] = None
    overlaps_with: Annotated[tuple[Overlap, ...] | None, Parts("hasOverlap", "overlap"), Field(min_length=1)] = None
    note: Note = None

    @model_validator(mode="after")
    def _some_disease(self) -> Self:
        at_least_one(self, "diseases", "harm_diseases")
        return self


class Lag(Record):
    """A printed interval from the `anchor` dose of another agent of the regimen to the first dose of this one."""

    anchor: Annotated[Literal["first-dose", "last-dose"], Coded(None, "dose-anchor")]
    of: Annotated[Key, Link(None, ("drug", "drug-class"))]
    min: Annotated[Counted, Field(ge=0)] | None = None
    max: Annotated[Counted, Field(ge=0)] | None = None
    unit: TimeUnit

    @model_validator(mode="after")
    def _some_length(self) -> Self:
        at_least_one(self, "min", "max")
        return self


class RunningFor(Record):
    """How long an agent had been given when the arm began: a shortest time, a longest, or both."""

    min: Annotated[Counted, Field(ge=0)] | None = None
    max: Annotated[Counted, Field(ge=0)] | None = None
    unit: TimeUnit


class RegimenStep(Record):
    """One agent of a regimen (a drug, one of several, a class, or a placebo) with its dose and its time.

    Time is reported as far as the source tells it.  `order` ranks the agents by their first dose, equal ranks begin
    together; it may come from words.  `start_*` and `end_*` are the first and last dose on the study clock, in days
    or in weeks, the latter with `_max` where a window is printed; a negative start lies before the clock.
    `running_at_start` says that the agent was given before the arm began, `running_for` how long.  `lag` is an interval
    from another agent's dose.  `continued` says whether the agent went on when the next one began, where words tell it.
    Steps of one drug stand in the order in which they were given.  `given_as` names the co-formulation of
    the drug.
    """

    order: Annotated[Annotated[int, Field(ge=1)] | None, Value("stepOrder")] = None
    role: Annotated[Literal["active", "background", "prior", "placebo"], Coded("stepRole", "step-role")]
    drug: Annotated[Key | None, Link("usesDrug", ("drug",))] = None
    drug_options: Annotated[tuple[Key, ...] | None, Link("usesOneOf", ("drug",)), Field(min_length=2)] = None
    drug_class: Annotated[Key | None, Link("usesDrugClass", ("drug-class",))] = None
    given_as: Annotated[Key | None, Link("givenAs", ("drug",))] = None
    placebo_for: Annotated[Keys | None, Link("placeboFor", ("drug", "drug-class"))] = None
    dose: Counted | None = None
    dose_min: Counted | None = None
    dose_max: Counted | None = None
    unit: Annotated[Text | None, Value("doseUnit")] = None
    route: Annotated[Literal["IV", "SC", "oral", "SC and IV"] | None, Coded("route", "route")] = None
    frequency: Text | None = None
    phase: Annotated[Literal["induction", "maintenance"] | None, Coded("treatmentPhase", "treatment-phase")] = None
    start_day: Counted | None = None
    start_day_max: Counted | None = None
    start_week: Counted | None = None
    start_week_max: Counted | None = None
    end_day: Counted | None = None
    end_day_max: Counted | None = None
    end_week: Counted | None = None
    end_week_max: Counted | None = None
    running_at_start: Literal[True] | None = None
    running_for: Annotated[RunningFor | None, Inline(prefix="runningFor")] = None
    lag: Annotated[Lag | None, Inline(prefix="lag")] = None
    continued: bool | None = None
    source: Annotated[SourceId | None, InSource] = None
    checked: Checked | None = None
    note: Note = None

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        for end in ("start", "end"):
            if getattr(self, f"{end}_day") is not None and getattr(self, f"{end}_week") is not None:
                raise ValueError(f"one of {end}_day, {end}_week is accepted, found both")
        if self.running_for is not None and not self.running_at_start:
            raise ValueError("field 'running_for' is only accepted with running_at_start: true")
        return self

    @model_validator(mode="after")
    def _one_agent(self) -> Self:
        agent = exactly_one(self, ("drug", "drug_options", "drug_class", "placebo_for"))
        if (agent == "placebo_for") != (self.role == "placebo"):
            raise ValueError("field 'placebo_for' goes with role 'placebo', and only with it")
        return self


class Arm(Record):
    """A group of people in a study; `n_*` are people (or treatment courses) in the named set.

    `diseases` are given where the people of the arm have only some of the study's diseases.
    """

    id: Annotated[Key, Identity()]
    label: Annotated[Text, Value("shortLabel", language="en")]
    role: Annotated[
        Literal["combination", "monotherapy", "conventional-therapy", "placebo", "external-comparator"],
        Coded("armRole", "arm-role"),
    ]
    combination_type: Annotated[
        Literal[
            "dual-biologic",
            "biologic-plus-targeted-small-molecule",
            "biologic-plus-conventional",
            "dual-small-molecule",
            "immune-plus-other",
            "bispecific",
            "dual-targeted-unspecified",
            "mixed",
        ]
        | None,
        Coded("combinationType", "combination-type"),
    ] = None
    strategy: Strategy
    diseases: Annotated[Keys | None, Link("armDisease", ("disease",))] = None
    masking: Annotated[Literal["open-label"] | None, Coded("masking", "masking")] = None
    stage: Annotated[Literal["induction", "maintenance", "extension"] | None, Coded("stage", "stage")] = None
    trial: Annotated[Text | None, Value("trialText")] = None
    observation: Annotated[Literal["before", "after"] | None, Coded("observation", "observation")] = None
    paired_with: Annotated[Key | None, Own("pairedWith", "arm")] = None
    subset_of: Annotated[Key | None, Own("subsetOf", "arm")] = None
    union_of: Annotated[tuple[Key, ...] | None, Own("unionOf", "arm"), Field(min_length=2)] = None
    union_complete: bool | None = None
    derived_from: Annotated[Keys | None, Own("derivedFrom", "arm")] = None
    heterogeneous: bool | None = None
    mixed_roles: bool | None = None
    n_randomised: Count | None = None
    n_enrolled: Count | None = None
    n_safety: Count | None = None
    n_efficacy: Count | None = None
    n_treatment_courses: Count | None = None
    washout: Annotated[Washout | None, Inline(prefix="washout")] = None
    regimen: Annotated[tuple[RegimenStep, ...], Parts("hasStep", "step", through=("regimen", "hasRegimen"))]
    background: Annotated[Text | None, Value("backgroundTherapy")] = None
    note: Note = None

    @model_validator(mode="after")
    def _combination(self) -> Self:
        together(self, "combination_type", self.role == "combination", "when role is 'combination'")
        return self


class PlannedOutcome(Record):
    """An outcome that a register or protocol announces: what a study is to be judged on, not what was found.

    `outcome_as_reported` and `time_as_reported` are the words of the source; `measures` names what it is in the
    vocabularies, where something fits; `week` is the one week of the study clock that the time names.  Without a
    `role` the page does not say whether the outcome is a primary one.
    """

    id: Annotated[str, StringConstraints(pattern=r"^p[0-9]{3}$"), Identity()]
    role: Annotated[Literal["primary", "secondary", "exploratory"] | None, Coded("resultRole", "result-role")] = None
    outcome_as_reported: Annotated[Text, Value("reportedAs")]
    time_as_reported: Text | None = None
    week: Week | None = None
    measures: Annotated[tuple[Named, ...] | None, Curie("plansToMeasure", REPORTED), Field(min_length=1)] = None
    source: Annotated[SourceId, InSource]
    locator: Text
    checked: Checked
    note: Note = None

    @model_validator(mode="after")
    def _week_of_the_time(self) -> Self:
        if self.week is not None:
            together(self, "time_as_reported", True, "when 'week' is given")
        return self


class Row(Record):
    """What results and comparisons share: what was measured, for whom, and where it was read.

    A `contested` row is kept as printed, but its number is doubted for the reason in its note: no verdict rests on it.
    `seriousness` is what the source counts as serious or severe, `definition` the event as it defines it.
    """

    kind: OutcomeKind
    outcome: Annotated[Key, Link("outcome", ("outcome",))]
    ae: Annotated[Key | None, Link("adverseEvent", ("ae",))] = None
    biomarker: Annotated[Key | None, Link("biomarker", ("biomarker",))] = None
    outcome_as_reported: Annotated[Text, Value("reportedAs")]
    seriousness: Annotated[
        Literal["serious", "serious-or-intravenous-antibiotics", "severe", "not-stated"] | None,
        Coded("seriousness", "seriousness"),
    ] = None
    definition: Annotated[Text | None, Value("eventDefinition", language="en")] = None
    subgroup: SubgroupField = None
    week: Week | None = None
    unit: Text | None = None
    interval: IntervalField = None
    state: Annotated[Literal["contested"] | None, Coded("rowState", "row-state")] = None
    alternative_to: Annotated[tuple[RowId, ...] | None, Own("alternativeTo", "row"), Field(min_length=1)] = None
    source: Annotated[SourceId, InSource]
    locator: Text
    checked: Checked
    note: Note = None

    @property
    def title(self) -> str:
        """What was measured, in whom and when, as far as fields say it: `infection (sex: female) at week 52`."""
        group = f" ({self.subgroup.title})" if self.subgroup else ""
        return f"{self.outcome_as_reported}{group}" + (f" at week {self.week}" if self.week is not None else "")

    @model_validator(mode="after")
    def _adverse_event(self) -> Self:
        together(self, "ae", self.kind == "safety", "when kind is 'safety'")
        for name in ("seriousness", "definition") if self.ae is None else ():
            together(self, name, False, "when ae is given")
        return self


class Result(Row):
    """One printed number of one arm; `person_years` in years, `week` in weeks on the study clock."""

    id: Annotated[str, StringConstraints(pattern=r"^r[0-9]{3}$"), Identity()]
    arm: Annotated[Key, Own("arm", "arm")]
    role: Annotated[
        Literal["primary", "secondary", "exploratory", "post-hoc", "adverse-event"], Coded("resultRole", "result-role")
    ]
    timepoint: Annotated[Literal["follow-up", "not-stated"] | None, Coded("timepoint", "timepoint")] = None
    period: Text | None = None
    population: Annotated[
        Literal["ITT", "mITT", "safety", "per-protocol", "completers", "not-stated"],
        Coded("analysisPopulation", "analysis-population"),
    ]
    unit_of_analysis: Annotated[
        Literal["patient", "treatment-course", "event", "unknown"], Coded("unitOfAnalysis", "unit-of-analysis")
    ]
    statistic: Annotated[
        Literal["count", "percent", "mean", "median", "geometric-mean", "mean-change", "median-change", "rate"],
        Coded("statistic", "statistic"),
    ]
    events: Count | None = None
    total: Annotated[int, Field(ge=1)] | None = None
    person_years: Annotated[Counted, Field(gt=0)] | None = None
    value: Number | None = None
    value_bound: Literal[">", "<"] | None = None
    spread: Annotated[Spread | None, Inline(prefix="spread")] = None
    derived: Literal[True] | None = None
    derived_fields: Annotated[
        tuple[Literal["events", "total", "value"], ...] | None, Value("derivedField"), Field(min_length=1)
    ] = None
    arm_assignment_checked: Annotated[CheckLevel | None, Coded("armAssignmentCheckLevel", "check-level")] = None

    @model_validator(mode="after")
    def _number_and_time(self) -> Self:
        exactly_one(self, ("week", "timepoint"))
        at_least_one(self, "events", "value")
        if self.derived:
            together(self, "derived_fields", True, "when 'derived' is given")
        return self


class Comparison(Row):
    """A printed contrast of arm `a` against arm `b`; `favours` is the arm with the better point result."""

    id: Annotated[str, StringConstraints(pattern=r"^c[0-9]{3}$"), Identity()]
    a: Annotated[Key, Own("armA", "arm")]
    b: Annotated[Key, Own("armB", "arm")]
    contrast_type: Annotated[
        Literal["between-arms", "within-arm", "vs-external", "interaction"], Coded("contrastType", "contrast-type")
    ]
    from_timepoint: Annotated[Literal["baseline"] | None, Coded("fromTimepoint", "timepoint")] = None
    to_timepoint: Annotated[Literal["follow-up", "fixed-visit"] | None, Coded("toTimepoint", "timepoint")] = None
    role: Annotated[Literal["primary", "secondary", "exploratory", "post-hoc"], Coded("resultRole", "result-role")]
    pooled_studies: Annotated[tuple[Key, ...] | None, Link("poolsStudy", ("study",)), Field(min_length=2)] = None
    measure: Annotated[
        Literal[
            "OR",
            "RR",
            "HR",
            "RD",
            "MD",
            "rate-difference",
            "ratio-of-geometric-means",
            "p-only",
            "statement-only",
        ],
        Coded("effectMeasure", "effect-measure"),
    ]
    estimate: Number | None = None
    p: PField = None
    derived: Literal[True] | None = None
    derived_fields: Annotated[
        tuple[Literal["estimate", "interval"], ...] | None, Value("derivedField"), Field(min_length=1)
    ] = None
    adjusted: Literal[True] | None = None
    significant: Annotated[bool | Literal["unknown"], Value("significant", absent="unknown")]
    significance_stated_in: Annotated[SourceId | None, Own("significanceStatedIn", "source")] = None
    favours: Annotated[Literal["a", "b", "neither", "unknown"] | None, Coded("favoursSide", "side")] = None
    within_change: Annotated[
        Literal["improved", "worsened", "unknown"] | None, Coded("withinChange", "within-change")
    ] = None

    @property
    def states_significance(self) -> bool:
        """Whether the comparison says if it is significant, and records a p value, an interval or a statement of it."""
        printed = self.p is not None or self.interval is not None
        stated = self.measure == "statement-only" or self.significance_stated_in is not None
        return self.significant != "unknown" and (printed or stated)

    @model_validator(mode="after")
    def _contrast(self) -> Self:
        within = self.contrast_type == "within-arm"
        for name in ("from_timepoint", "within_change"):
            together(self, name, within, "when contrast_type is 'within-arm'")
        if within:
            together(self, "to_timepoint", True, "when contrast_type is 'within-arm'")
        together(self, "favours", not within, "when contrast_type is not 'within-arm'")
        if self.derived:
            together(self, "derived_fields", True, "when 'derived' is given")
        if self.measure not in ("p-only", "statement-only"):
            together(self, "estimate", True, f"when measure is '{self.measure}'")
        if self.measure == "p-only":
            together(self, "p", True, "when measure is 'p-only'")
        return self


class WithdrawnRow(Record):
    """What is left of a result or comparison that no page supports: its id, what it was about, and why it went.

    It is no result and no comparison, and holds no number: nothing can count it, compute with it or rest on it.
    """

    id: Annotated[RowId, Identity()]
    state: Annotated[Literal["withdrawn"], Coded("rowState", "row-state")]
    arms: Annotated[Keys, Own("withdrawnFromArm", "arm")]
    concerns: Annotated[tuple[Named, ...], Curie("concerns", REPORTED), Field(min_length=1)]
    statement: Annotated[Text, Value("statement", language="en")]
    reason: Annotated[Text, Value("withdrawnBecause", language="en")]
    gap: Annotated[Named | None, Curie("leavesGap", ("gap",))] = None


class Verification(Record):
    """A look at what a page says of a row, by somebody who had not entered it: who, when, where, and what was found.

    `page` is where the number stood, or, where it was not found, what was tried; `same_page` says that it is the page
    which the row cites itself.  Where the page says something else than the row, the note says what.
    """

    row: Annotated[RowId, Own("verifiesRow", "row")]
    by: Reader
    date: ReadOn
    page: Annotated[Text | None, Value("lookedIn", language="en")] = None
    same_page: Annotated[Literal[True] | None, Value("onCitedPage")] = None
    verdict: Annotated[
        Literal["equal", "label-corrected", "differs", "not-found"],
        Coded("verificationVerdict", "verification-verdict"),
    ]
    note: Note = None

    @model_validator(mode="after")
    def _what_was_found(self) -> Self:
        if self.verdict == "differs":
            together(self, "note", True, "when verdict is 'differs'")
        if self.verdict != "not-found":
            together(self, "page", True, f"when verdict is '{self.verdict}'")
        return self

    @property
    def confirms(self) -> bool:
        """Whether the number was seen as the row has it."""
        return self.verdict in ("equal", "label-corrected")


class BiasAssessment(Record):
    """What somebody judged of a risk of bias: by which tool, in which of its domains, and where it is printed.

    It is of the whole study, of one `row`, or of what the study says of one thing (`concerns`).  `by` are the authors
    of the source, or one person, by ORCID iD, who judged from it.  A scale that counts gives `stars`, not a judgement.
    """

    tool: Annotated[BiasTool, Coded("biasTool", "bias-tool")]
    version: Annotated[Text | None, Value("toolVersion")] = None
    domain: Annotated[BiasDomain, Coded("biasDomain", "bias-domain")]
    judgement: Annotated[BiasJudgement | None, Coded("biasJudgement", "bias-judgement")] = None
    stars: Count | None = None
    row: Annotated[RowId | None, Own("assessesRow", "row")] = None
    concerns: Annotated[Named | None, Curie("concerns", REPORTED)] = None
    by: Annotated[Literal["authors of the source"] | Orcid, Value("assessedBy")]
    source: Annotated[SourceId, InSource]
    locator: Text
    checked: Annotated[Literal["fulltext", "abstract", "registry", "secondary"], Coded("checkLevel", "check-level")]
    note: Note = None

    @model_validator(mode="after")
    def _of_the_tool(self) -> Self:
        form = TOOLS[self.tool]
        if self.domain not in form.domains:
            raise ValueError(
                f"'{self.domain}' is not a domain of '{self.tool}'; accepted: {', '.join(form.domains)}; "
                "repair: name the domain as the tool does"
            )
        together(self, "stars", bool(form.stars), f"when tool is '{self.tool}'")
        together(self, "judgement", not form.stars, f"when tool is '{self.tool}'")
        if self.judgement is not None and self.judgement not in form.judgements:
            raise ValueError(
                f"'{self.judgement}' is not a judgement of '{self.tool}'; accepted: {', '.join(form.judgements)}"
            )
        if self.stars is not None and self.stars > form.stars[self.domain]:
            raise ValueError(f"{self.stars} stars; '{self.domain}' has {form.stars[self.domain]} at most")
        return self

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        if self.row is not None and self.concerns is not None:
            raise ValueError("one of row, concerns is accepted, found both; repair: name the row alone")
        return self


class Source(Record):
    """A page that numbers were read on, and how it stands to the study.

    Pages that change, such as registry records, say which `version` was read (as the page itself calls it), when that
    was `posted`, when it was `read` and by whom (`read_by`).
    """

    id: Annotated[SourceId, Identity()]
    type: Annotated[
        Literal["journal-article", "registry-record", "conference-abstract", "label", "review"],
        Coded("sourceType", "source-type"),
    ]
    pmid: PubMedId | None = None
    pmcid: PubMedCentralId | None = None
    doi: Doi | None = None
    registry_id: RegistryId | None = None
    url: Page | None = None
    year: Year | None = None
    first_author: Text | None = None
    journal: Text | None = None
    version: Annotated[Text | None, Value("recordVersion")] = None
    posted: Annotated[Day | None, Value("postedOn", datatype="xsd:date")] = None
    read: ReadOn | None = None
    read_by: Reader | None = None
    note: Note = None
    independence: Annotated[
        Literal["primary", "same-trial-later-report", "same-report-other-copy", "protocol", "secondary"],
        Coded("independence", "independence"),
    ]


AnyRow = Result | Comparison


class StudyFile(Record):
    """One file of `ontology/evidence/`: a study and everything known about it."""

    study: Study
    arms: Annotated[tuple[Arm, ...], Parts("hasArm", "arm"), Field(min_length=1)]
    planned_outcomes: Annotated[
        tuple[PlannedOutcome, ...] | None, Parts("hasPlannedOutcome", "planned-outcome"), Field(min_length=1)
    ] = None
    results: Annotated[tuple[Result, ...] | None, Parts("hasResult", "result"), Field(min_length=1)] = None
    comparisons: Annotated[tuple[Comparison, ...] | None, Parts("hasComparison", "comparison"), Field(min_length=1)] = (
        None
    )
    withdrawn: Annotated[tuple[WithdrawnRow, ...] | None, Parts("hasWithdrawnRow", "row"), Field(min_length=1)] = None
    sources: Annotated[tuple[Source, ...], Parts("hasSource", "source"), Field(min_length=1)]
    verifications: Annotated[
        tuple[Verification, ...] | None, Parts("hasVerification", "verification"), Field(min_length=1)
    ] = None
    risk_of_bias: Annotated[
        tuple[BiasAssessment, ...] | None, Parts("hasBiasAssessment", "bias-assessment"), Field(min_length=1)
    ] = None

    @property
    def rows(self) -> tuple[AnyRow, ...]:
        """The results of the study, then its comparisons."""
        return (*(self.results or ()), *(self.comparisons or ()))
