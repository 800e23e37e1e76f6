"""The curated evidence: studies with arms, regimens, results, comparisons and sources.

The models say what a record may hold; the marks in the annotations say which triples it becomes (see `fields`).
`docs/evidence.md` explains the fields to curators.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dualbio.fields import Identity, Inline, Key, Link, Number, Own, Parts, Record, Term, Text, Value

__all__ = [
    "Arm",
    "Comparison",
    "Overlap",
    "RegimenStep",
    "Result",
    "Source",
    "Study",
    "StudyFile",
]

RowId = Annotated[str, StringConstraints(pattern=r"^[rc][0-9]{3}$")]
SourceId = Annotated[str, StringConstraints(pattern=r"^[a-z][0-9]+$")]
RegistryId = Annotated[str, StringConstraints(pattern=r"^(NCT[0-9]{8}|ISRCTN[0-9]+|[0-9]{4}-[0-9]{6}-[0-9]{2})$")]
PartialDate = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
Count = Annotated[int, Field(ge=0)]
Keys = Annotated[tuple[Key, ...], Field(min_length=1)]
Week = Annotated[Number, Field(ge=0)]

CheckLevel = Literal["fulltext", "abstract", "registry", "secondary", "memory"]
Checked = Annotated[CheckLevel, Term("checkLevel", "check-level")]
OutcomeKind = Annotated[Literal["efficacy", "biomarker", "safety", "disposition"], Term("outcomeKind", "outcome-kind")]
Strategy = Annotated[
    Literal["concurrent", "sequential", "add-on", "bispecific", "not-applicable"], Term("strategy", "strategy")
]
Note = Annotated[Text | None, Value("skos:note")]
InSource = Own("source", "source")


def exactly_one(record: Record, names: tuple[str, ...]) -> str:
    """Return the one field of `names` that is given, or complain naming what was found."""
    given = [name for name in names if getattr(record, name) is not None]
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(names)} is accepted, found {' and '.join(given) or 'none'}")
    return given[0]


def together(record: Record, field: str, wanted: bool, when: str) -> None:
    """Complain unless `field` is given exactly when `wanted`; `when` says the condition in words."""
    if (getattr(record, field) is not None) != wanted:
        verb = "is required" if wanted else "is only accepted"
        raise ValueError(f"field '{field}' {verb} {when}")


class Interval(Record):
    """A confidence or credible interval; `level` in percent."""

    type: Annotated[Literal["confidence", "credible"], Term(None, "interval-type")]
    level: Annotated[Number, Field(gt=0, lt=100)]
    low: Number
    high: Number | None = None
    high_unreadable: bool | None = None


class Spread(Record):
    """Spread of a mean or median: standard deviation or error as `value`, quartiles or range as `low` and `high`."""

    type: Annotated[Literal["SD", "SE", "IQR", "range"], Term(None, "spread-type")]
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    high_open: bool | None = None


class PValue(Record):
    """A p value with its operator as printed."""

    operator: Literal["=", "<", "<=", ">", ">="]
    value: Annotated[Number, Field(ge=0, le=1)]
    sides: Annotated[Literal["one", "two", "unknown"], Term(None, "sides")]
    nominal: bool | None = None
    test: Text | None = None


class Subgroup(Record):
    """Part of an arm that a row is about."""

    factor: Key
    level: Text


class Washout(Record):
    """Drug-free time before the arm's own drug; `min_days` in days."""

    from_class: Annotated[Key | None, Link(None, ("drug-class",))] = None
    from_drug: Annotated[Key | None, Link(None, ("drug",))] = None
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
        Term("overlapKind", "overlap-kind"),
    ]
    note: Note = None


class Study(Record):
    """A trial, cohort, case series or pooled analysis; dates are ISO 8601 with reduced precision."""

    id: Annotated[Key, Identity()]
    acronym: Annotated[Text, Value("rdfs:label")]
    registry_ids: Annotated[tuple[RegistryId, ...] | None, Value("registryId"), Field(min_length=1)] = None
    short_description: Annotated[Text, Value("dcterms:description", language="en")]
    diseases: Annotated[Keys, Link("studiesDisease", ("disease",))]
    design: Annotated[
        Literal[
            "randomised-controlled-trial",
            "single-arm-trial",
            "cohort",
            "case-series",
            "pooled-analysis",
            "not-stated",
        ],
        Term("design", "design"),
    ]
    phase: Annotated[Literal["1", "2", "2a", "2b", "3", "3b", "4", "not-applicable"], Term("phase", "phase")]
    masking: Annotated[Literal["double-blind", "single-blind", "open-label", "not-stated"], Term("masking", "masking")]
    status: Annotated[Literal["completed", "terminated", "recruiting", "active", "unknown"], Term("status", "status")]
    start: Annotated[PartialDate | None, Value("startDate")] = None
    primary_completion: Annotated[PartialDate | None, Value("primaryCompletionDate")] = None
    end: Annotated[PartialDate | None, Value("endDate")] = None
    enrolled: Count | None = None
    strategy: Strategy
    population: Annotated[Text, Value("eligibility")]
    overlaps_with: Annotated[tuple[Overlap, ...] | None, Parts("hasOverlap", "overlap"), Field(min_length=1)] = None
    note: Note = None


class RegimenStep(Record):
    """One agent of a regimen (a drug, one of several, a class, or a placebo) with dose and weeks on the study clock."""

    order: Annotated[Annotated[int, Field(ge=1)] | None, Value("stepOrder")] = None
    role: Annotated[Literal["active", "background", "prior", "placebo"], Term("stepRole", "step-role")]
    drug: Annotated[Key | None, Link("usesDrug", ("drug",))] = None
    drug_options: Annotated[tuple[Key, ...] | None, Link("usesOneOf", ("drug",)), Field(min_length=2)] = None
    drug_class: Annotated[Key | None, Link("usesDrugClass", ("drug-class",))] = None
    placebo_for: Annotated[Keys | None, Link("placeboFor", ("drug", "drug-class"))] = None
    dose: Number | None = None
    dose_min: Number | None = None
    dose_max: Number | None = None
    unit: Annotated[Text | None, Value("doseUnit")] = None
    route: Annotated[Literal["IV", "SC", "oral", "SC and IV"] | None, Term("route", "route")] = None
    frequency: Text | None = None
    phase: Annotated[Literal["induction", "maintenance"] | None, Term("treatmentPhase", "treatment-phase")] = None
    start_week: Number | None = None
    start_week_max: Number | None = None
    end_week: Number | None = None
    source: Annotated[SourceId | None, InSource] = None
    checked: Checked | None = None
    note: Note = None

    @model_validator(mode="after")
    def _one_agent(self) -> Self:
        agent = exactly_one(self, ("drug", "drug_options", "drug_class", "placebo_for"))
        if (agent == "placebo_for") != (self.role == "placebo"):
            raise ValueError("field 'placebo_for' goes with role 'placebo', and only with it")
        return self


class Arm(Record):
    """A group of people in a study; `n_*` are people (or treatment courses) in the named set."""

    id: Annotated[Key, Identity()]
    label: Annotated[Text, Value("rdfs:label")]
    role: Annotated[
        Literal["combination", "monotherapy", "conventional-therapy", "placebo", "external-comparator"],
        Term("armRole", "arm-role"),
    ]
    combination_type: Annotated[
        Literal[
            "dual-biologic",
            "biologic-plus-targeted-small-molecule",
            "biologic-plus-conventional",
            "bispecific",
            "dual-targeted-unspecified",
            "mixed",
        ]
        | None,
        Term("combinationType", "combination-type"),
    ] = None
    strategy: Strategy
    masking: Annotated[Literal["open-label"] | None, Term("masking", "masking")] = None
    stage: Annotated[Literal["induction", "maintenance", "extension"] | None, Term("stage", "stage")] = None
    observation: Annotated[Literal["before", "after"] | None, Term("observation", "observation")] = None
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


class Row(Record):
    """What results and comparisons share: what was measured, for whom, and where it was read."""

    kind: OutcomeKind
    outcome: Annotated[Key, Link("outcome", ("outcome",))]
    ae: Annotated[Key | None, Link("adverseEvent", ("ae",))] = None
    biomarker: Annotated[Key | None, Link("biomarker", ("biomarker",))] = None
    outcome_as_reported: Annotated[Text, Value("reportedAs")]
    subgroup: SubgroupField = None
    week: Week | None = None
    unit: Text | None = None
    interval: IntervalField = None
    alternative_to: Annotated[tuple[RowId, ...] | None, Own("alternativeTo", "row"), Field(min_length=1)] = None
    source: Annotated[SourceId, InSource]
    locator: Text
    checked: Checked
    note: Note = None

    @model_validator(mode="after")
    def _adverse_event(self) -> Self:
        together(self, "ae", self.kind == "safety", "when kind is 'safety'")
        return self


class Result(Row):
    """One printed number of one arm; `person_years` in years, `week` in weeks on the study clock."""

    id: Annotated[str, StringConstraints(pattern=r"^r[0-9]{3}$"), Identity()]
    arm: Annotated[Key, Own("arm", "arm")]
    role: Annotated[
        Literal["primary", "secondary", "exploratory", "post-hoc", "adverse-event"], Term("resultRole", "result-role")
    ]
    timepoint: Annotated[Literal["follow-up", "not-stated"] | None, Term("timepoint", "timepoint")] = None
    period: Text | None = None
    population: Annotated[
        Literal["ITT", "mITT", "safety", "per-protocol", "completers", "not-stated"],
        Term("analysisPopulation", "analysis-population"),
    ]
    unit_of_analysis: Annotated[
        Literal["patient", "treatment-course", "event", "unknown"], Term("unitOfAnalysis", "unit-of-analysis")
    ]
    statistic: Annotated[
        Literal["count", "percent", "mean", "median", "geometric-mean", "mean-change", "median-change", "rate"],
        Term("statistic", "statistic"),
    ]
    events: Count | None = None
    total: Annotated[int, Field(ge=1)] | None = None
    person_years: Annotated[Number, Field(gt=0)] | None = None
    value: Number | None = None
    value_bound: Literal[">", "<"] | None = None
    spread: Annotated[Spread | None, Inline(prefix="spread")] = None
    derived: Literal[True] | None = None
    derived_fields: Annotated[
        tuple[Literal["events", "total", "value"], ...] | None, Value("derivedField"), Field(min_length=1)
    ] = None
    arm_assignment_checked: Annotated[CheckLevel | None, Term("armAssignmentCheckLevel", "check-level")] = None

    @model_validator(mode="after")
    def _number_and_time(self) -> Self:
        exactly_one(self, ("week", "timepoint"))
        if self.events is None and self.value is None:
            raise ValueError("one of events, value is required, found none")
        if self.derived:
            together(self, "derived_fields", True, "when 'derived' is given")
        return self


class Comparison(Row):
    """A printed contrast of arm `a` against arm `b`; `favours` is the arm with the better point result."""

    id: Annotated[str, StringConstraints(pattern=r"^c[0-9]{3}$"), Identity()]
    a: Annotated[Key, Own("armA", "arm")]
    b: Annotated[Key, Own("armB", "arm")]
    contrast_type: Annotated[
        Literal["between-arms", "within-arm", "vs-external", "interaction"], Term("contrastType", "contrast-type")
    ]
    from_timepoint: Annotated[Literal["baseline"] | None, Term("fromTimepoint", "timepoint")] = None
    to_timepoint: Annotated[Literal["follow-up", "fixed-visit"] | None, Term("toTimepoint", "timepoint")] = None
    role: Annotated[Literal["primary", "secondary", "exploratory", "post-hoc"], Term("resultRole", "result-role")]
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
        Term("effectMeasure", "effect-measure"),
    ]
    estimate: Number | None = None
    p: PField = None
    adjusted: Literal[True] | None = None
    significant: Annotated[bool | Literal["unknown"], Value("significant", absent="unknown")]
    favours: Annotated[Literal["a", "b", "neither", "unknown"] | None, Term("favoursSide", "side")] = None
    within_change: Annotated[
        Literal["improved", "worsened", "unknown"] | None, Term("withinChange", "within-change")
    ] = None

    @model_validator(mode="after")
    def _contrast(self) -> Self:
        within = self.contrast_type == "within-arm"
        for name in ("from_timepoint", "within_change"):
            together(self, name, within, "when contrast_type is 'within-arm'")
        if within:
            together(self, "to_timepoint", True, "when contrast_type is 'within-arm'")
        together(self, "favours", not within, "when contrast_type is not 'within-arm'")
        if self.measure not in ("p-only", "statement-only"):
            together(self, "estimate", True, f"when measure is '{self.measure}'")
        if self.measure == "p-only":
            together(self, "p", True, "when measure is 'p-only'")
        return self


class Source(Record):
    """A page that numbers were read on, and how it stands to the study."""

    id: Annotated[SourceId, Identity()]
    type: Annotated[
        Literal["journal-article", "registry-record", "conference-abstract", "label", "review"],
        Term("sourceType", "source-type"),
    ]
    pmid: Annotated[str, StringConstraints(pattern=r"^[0-9]{7,8}$")] | None = None
    pmcid: Annotated[str, StringConstraints(pattern=r"^PMC[0-9]+$")] | None = None
    doi: Annotated[str, StringConstraints(pattern=r"^10\.")] | None = None
    registry_id: RegistryId | None = None
    url: Annotated[
        Annotated[str, StringConstraints(pattern=r"^https?://")] | None, Value("url", datatype="xsd:anyURI")
    ] = None
    year: Annotated[int, Field(ge=1990, le=2030)] | None = None
    first_author: Text | None = None
    journal: Text | None = None
    note: Note = None
    independence: Annotated[
        Literal["primary", "same-trial-later-report", "same-report-other-copy", "protocol", "secondary"],
        Term("independence", "independence"),
    ]


class StudyFile(Record):
    """One file of `ontology/evidence/`: a study and everything known about it."""

    study: Study
    arms: Annotated[tuple[Arm, ...], Parts("hasArm", "arm"), Field(min_length=1)]
    results: Annotated[tuple[Result, ...] | None, Parts("hasResult", "result"), Field(min_length=1)] = None
    comparisons: Annotated[tuple[Comparison, ...] | None, Parts("hasComparison", "comparison"), Field(min_length=1)] = (
        None
    )
    sources: Annotated[tuple[Source, ...], Parts("hasSource", "source"), Field(min_length=1)]
