"""Lessons across studies, biomarker findings, and searches that found nothing.

The models follow the same marks as those of `dualbio.model.evidence` (see `fields`).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dualbio.model.evidence import (
    REPORTED,
    Checked,
    Count,
    Design,
    Doi,
    InSource,
    IntervalField,
    Keys,
    Note,
    Page,
    PartialDate,
    PField,
    PubMedCentralId,
    PubMedId,
    RowId,
    SourceId,
    Year,
)
from dualbio.model.field_rules import at_least_one, exactly_one, together
from dualbio.model.record_fields import (
    Coded,
    Counted,
    Curie,
    Identity,
    Key,
    Link,
    Named,
    Number,
    Own,
    Parts,
    Pointer,
    Record,
    Text,
    Value,
)

__all__ = [
    "ArmPrediction",
    "BiomarkerFinding",
    "EvidenceGap",
    "FindingMeasure",
    "FindingSource",
    "FindingsFile",
    "Interaction",
    "Lesson",
    "LessonsFile",
    "LevelEffect",
    "Review",
    "ReviewInput",
    "StudyArm",
    "StudyRow",
    "Support",
]

Pair = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+\+[a-z0-9-]+$")]
DrugLink = Link("aboutDrug", ("drug",))
DiseaseLink = Link("aboutDisease", ("disease",))


class Support(Record):
    """Rows of a study that stand behind (or against) a lesson, or the study alone where it says so in words.

    `checked` is how far those words were checked; what rows are checked for is known from the rows.
    """

    study: Annotated[Key, Link("aboutStudy", ("study",))]
    rows: Annotated[tuple[RowId, ...] | None, Own("row", "row"), Field(min_length=1)] = None
    source: Annotated[SourceId | None, InSource] = None
    checked: Checked | None = None

    @model_validator(mode="after")
    def _rows_or_words(self) -> Self:
        exactly_one(self, ("rows", "checked"))
        return self


class Lesson(Record):
    """A statement on combining biologics; `direction` is towards combining, `concerns` what it says something of.

    How far it is checked is not written down: that follows from what supports it.
    """

    id: Annotated[Key, Identity()]
    level: Annotated[Literal["cross-study", "single-study"], Coded("lessonLevel", "lesson-level")]
    statement: Annotated[Text, Value("statement", language="en")]
    topic: Annotated[
        Literal["efficacy", "safety", "biomarker", "mechanism", "sequencing", "patient-selection", "design"],
        Coded("topic", "topic"),
    ]
    mechanism_pairs: Annotated[tuple[Pair, ...] | None, Link("mechanismPair", ("pair",)), Field(min_length=1)] = None
    mechanisms: Annotated[Keys | None, Link("aboutMechanism", ("mechanism",))] = None
    diseases: Annotated[Keys, DiseaseLink]
    drugs: Annotated[tuple[Key, ...], DrugLink]
    direction: Annotated[Literal["supports", "against", "neutral"], Coded("direction", "direction")]
    concerns: Annotated[tuple[Named, ...] | None, Curie("concerns", REPORTED), Field(min_length=1)] = None
    supported_by: Annotated[tuple[Support, ...], Parts("supportedBy", "support"), Field(min_length=1)]
    contradicted_by: Annotated[tuple[Support, ...] | None, Parts("contradictedBy", "support"), Field(min_length=1)] = (
        None
    )
    hypothesis: Literal[True] | None = None
    note: Note = None

    @model_validator(mode="after")
    def _direction(self) -> Self:
        """Hold what speaks for or against combining, and what is contradicted, to the rows that show it."""
        if self.direction != "neutral":
            together(self, "mechanism_pairs", True, f"when direction is '{self.direction}'")
            if self.topic in ("design", "mechanism"):
                raise ValueError(f"direction is '{self.direction}' with topic '{self.topic}'; accepted: neutral")
            if all(support.rows is None for support in self.supported_by):
                raise ValueError(f"direction is '{self.direction}' without rows in supported_by; accepted: neutral")
        if self.direction != "neutral" or self.contradicted_by:
            together(self, "concerns", True, "when direction is not neutral or contradicted_by is given")
        if any(support.rows is None for support in self.contradicted_by or ()):
            raise ValueError("contradicted_by names a study without rows; accepted: the rows that contradict")
        return self


class ReviewInput(Record):
    """A study that a review names among its inputs: the study that we hold, or why we hold none."""

    label: Annotated[Text, Value("shortLabel", language="en")]
    study: Annotated[Key | None, Link("aboutStudy", ("study",))] = None
    missing: Annotated[Text | None, Value("notHeldBecause", language="en")] = None
    note: Note = None

    @model_validator(mode="after")
    def _held_or_missing(self) -> Self:
        exactly_one(self, ("study", "missing"))
        return self


class Review(Record):
    """A review of others and the studies it drew on; its pooled numbers are left to it.

    `declared_*` is how much it says to have pooled; `inputs` are those that a page showed, seen in `inputs_seen_in`.
    """

    id: Annotated[Key, Identity()]
    label: Annotated[Text, Value("rdfs:label", language="en")]
    type: Annotated[
        Literal["meta-analysis", "systematic-review", "narrative-review"], Coded("reviewType", "review-type")
    ]
    about: Annotated[Text, Value("dcterms:description", language="en")]
    pmid: PubMedId | None = None
    pmcid: PubMedCentralId | None = None
    doi: Doi | None = None
    url: Page | None = None
    year: Year | None = None
    first_author: Text | None = None
    journal: Text | None = None
    searched_to: PartialDate | None = None
    declared_studies: Count | None = None
    declared_people: Count | None = None
    inputs_seen_in: Text | None = None
    inputs: Annotated[tuple[ReviewInput, ...] | None, Parts("hasInput", "review-input"), Field(min_length=1)] = None
    note: Note = None

    @model_validator(mode="after")
    def _seen(self) -> Self:
        together(self, "inputs_seen_in", self.inputs is not None, "when inputs are given")
        return self


class LessonsFile(Record):
    """The file of lessons, and of the reviews that others wrote across studies."""

    lessons: tuple[Lesson, ...]
    reviews: tuple[Review, ...] = ()


class StudyArm(Record):
    """Points to an arm of a study."""

    study: Key
    arm: Key


class StudyRow(Record):
    """Points to a result or comparison of a study."""

    study: Key
    row: RowId


class FindingMeasure(Record):
    """A number behind a biomarker finding."""

    arm: Annotated[Key | None, Own("arm", "arm")] = None
    subgroup: Annotated[Text | None, Value("subgroupLevel")] = None
    measure: Annotated[Text, Value("measureName")]
    week: Counted | None = None
    estimate: Number | None = None
    low: Annotated[Number | None, Value("estimateLow")] = None
    high: Annotated[Number | None, Value("estimateHigh")] = None
    total: Count | None = None
    unit: Text | None = None
    interval: IntervalField = None
    p: PField = None
    note: Note = None


class ArmPrediction(Record):
    """What a high biomarker value goes with in one arm."""

    study: Annotated[Key, Link("aboutStudy", ("study",))]
    arm: Annotated[Key, Own("arm", "arm")]
    predicts: Annotated[Literal["response", "non-response", "neither", "unknown"], Coded("predicts", "prediction")]
    measure: Annotated[Text | None, Value("measureName")] = None
    estimate: Number | None = None
    interval: IntervalField = None


class LevelEffect(Record):
    """The effect at one level of the biomarker."""

    level: Annotated[Text, Value("biomarkerLevel")]
    measure: Annotated[Text, Value("measureName")]
    estimate: Number
    interval: IntervalField = None


class Interaction(Record):
    """How an effect differs by biomarker: `qualitative` means opposite signs."""

    kind: Annotated[Literal["qualitative", "quantitative", "unclear"], Coded("interactionKind", "interaction-kind")]
    outcome: Annotated[Key, Link("outcome", ("outcome",))]
    by_arm: Annotated[tuple[ArmPrediction, ...] | None, Parts("armPrediction", "measure"), Field(min_length=1)] = None
    by_level: Annotated[tuple[LevelEffect, ...] | None, Parts("levelEffect", "measure"), Field(min_length=1)] = None

    @model_validator(mode="after")
    def _some_rows(self) -> Self:
        at_least_one(self, "by_arm", "by_level")
        return self


class FindingSource(Record):
    """Where a finding was read: a source of a study file, or a page described here.

    `design` is that of the study in people which such a page reports and no study file holds; `locator` the place on
    the page.
    """

    study: Annotated[Key | None, Link("aboutStudy", ("study",))] = None
    source: Annotated[SourceId | None, InSource] = None
    type: Annotated[
        Literal["journal-article", "conference-abstract", "review"] | None, Coded("sourceType", "source-type")
    ] = None
    pmid: PubMedId | None = None
    pmcid: PubMedCentralId | None = None
    doi: Doi | None = None
    url: Page | None = None
    first_author: Text | None = None
    year: Year | None = None
    locator: Text | None = None
    design: Annotated[Design | None, Coded("reportsDesign", "design")] = None

    @model_validator(mode="after")
    def _reference_or_page(self) -> Self:
        reference = self.study is not None and self.source is not None
        page = self.type is not None and self.url is not None
        if reference == page or (self.study is None) != (self.source is None):
            raise ValueError("either study and source, or type and url are accepted")
        if reference and (self.locator is not None or self.design is not None):
            raise ValueError("'locator' and 'design' go with type and url; a source of a study file has its own")
        return self

    @property
    def points_to(self) -> tuple[str, str] | None:
        """The source of a study file, when that is meant."""
        return ("source", f"{self.study}.{self.source}") if self.study else None


class BiomarkerFinding(Record):
    """A biomarker or mechanism fact, with the numbers and rows behind it."""

    id: Annotated[str, StringConstraints(pattern=r"^bf[0-9]{2}$"), Identity()]
    biomarkers: Annotated[Keys, Link("biomarker", ("biomarker",))]
    diseases: Annotated[Keys, DiseaseLink]
    studies: Annotated[tuple[Key, ...], Link("aboutStudy", ("study",))]
    drugs: Annotated[tuple[Key, ...], DrugLink]
    arms: Annotated[tuple[StudyArm, ...] | None, Pointer("arm", "arm"), Field(min_length=1)] = None
    role: Annotated[
        Literal["pharmacodynamic", "predictive", "prognostic", "safety", "mechanism"],
        Coded("findingRole", "finding-role"),
    ]
    timing: Annotated[Literal["baseline", "on-treatment", "at-relapse", "long-term"], Coded("timing", "timing")]
    direction: Annotated[Key, Value("findingDirection")]
    statement: Annotated[Text, Value("statement", language="en")]
    measures: Annotated[tuple[FindingMeasure, ...] | None, Parts("hasMeasure", "measure"), Field(min_length=1)] = None
    interaction: Annotated[Interaction | None, Parts("hasInteraction", "interaction")] = None
    rows: Annotated[tuple[StudyRow, ...] | None, Pointer("row", "row"), Field(min_length=1)] = None
    sources: Annotated[tuple[FindingSource, ...], Parts("source", "source"), Field(min_length=1)]
    checked: Checked
    note: Note = None


class EvidenceGap(Record):
    """Something that no number is held for, though somebody looked: in which studies, what, and how far they got.

    That a number is held is counted from the rows, and that nobody looked is said by no record; neither is a `state`.
    `arms` are given where the gap is about some arms of its studies only.
    """

    id: Annotated[str, StringConstraints(pattern=r"^g[0-9]{2,3}$"), Identity()]
    statement: Annotated[Text, Value("statement", language="en")]
    state: Annotated[
        Literal["words-only", "zero", "looked-for-not-found", "not-readable"],
        Coded("reportingState", "reporting-state"),
    ]
    studies: Annotated[Keys | None, Link("aboutStudy", ("study",))] = None
    concerns: Annotated[
        tuple[Named, ...] | None, Curie("concerns", (*REPORTED, "core-outcome")), Field(min_length=1)
    ] = None
    arms: Annotated[tuple[StudyArm, ...] | None, Pointer("concernsArm", "arm"), Field(min_length=1)] = None
    looked_in: Annotated[Text | None, Value("lookedIn", language="en")] = None


class FindingsFile(Record):
    """The file of biomarker findings and of what was looked for in vain."""

    biomarker_findings: tuple[BiomarkerFinding, ...]
    not_found: tuple[EvidenceGap, ...] = ()
