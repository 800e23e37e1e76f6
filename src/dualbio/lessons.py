"""What the evidence teaches: lessons across studies, biomarker findings, and what was looked for in vain.

The models follow the same marks as those of `dualbio.evidence` (see `fields`).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dualbio.evidence import (
    Checked,
    CheckLevel,
    Count,
    InSource,
    IntervalField,
    Keys,
    Note,
    PField,
    RowId,
    SourceId,
)
from dualbio.fields import Identity, Key, Link, Number, Own, Parts, Pointer, Record, Term, Text, Value

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
    "StudyArm",
    "StudyRow",
    "Support",
]

Pair = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+\+[a-z0-9-]+$")]
DrugLink = Link("drug", ("drug",))
DiseaseLink = Link("disease", ("disease",))


class Support(Record):
    """A study, or rows of it, that stand behind (or against) a lesson."""

    study: Annotated[Key, Link("study", ("study",))]
    rows: Annotated[tuple[RowId, ...] | None, Own("row", "row"), Field(min_length=1)] = None
    source: Annotated[SourceId | None, InSource] = None
    checked: Checked | None = None


class Lesson(Record):
    """A statement on combining biologics; `direction` is towards combining."""

    id: Annotated[Key, Identity()]
    level: Annotated[Literal["cross-study", "single-study"], Term("lessonLevel", "lesson-level")]
    statement: Annotated[Text, Value("statement", language="en")]
    topic: Annotated[
        Literal["efficacy", "safety", "biomarker", "mechanism", "sequencing", "patient-selection", "design"],
        Term("topic", "topic"),
    ]
    mechanism_pairs: Annotated[tuple[Pair, ...] | None, Link("mechanismPair", ("pair",)), Field(min_length=1)] = None
    mechanisms: Annotated[Keys | None, Link("mechanism", ("mechanism",))] = None
    diseases: Annotated[Keys, DiseaseLink]
    drugs: Annotated[tuple[Key, ...], DrugLink]
    direction: Annotated[Literal["supports", "against", "neutral"], Term("direction", "direction")]
    supported_by: Annotated[tuple[Support, ...], Parts("supportedBy", "support"), Field(min_length=1)]
    contradicted_by: Annotated[tuple[Support, ...] | None, Parts("contradictedBy", "support"), Field(min_length=1)] = (
        None
    )
    hypothesis: Literal[True] | None = None
    checked: Annotated[CheckLevel | Literal["inference"], Term("checkLevel", "check-level")]
    note: Note = None


class LessonsFile(Record):
    """The file of lessons."""

    lessons: tuple[Lesson, ...]


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
    week: Number | None = None
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

    study: Annotated[Key, Link("study", ("study",))]
    arm: Annotated[Key, Own("arm", "arm")]
    predicts: Annotated[Literal["response", "non-response", "neither", "unknown"], Term("predicts", "prediction")]
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

    kind: Annotated[Literal["qualitative", "quantitative", "unclear"], Term("interactionKind", "interaction-kind")]
    outcome: Annotated[Key, Link("outcome", ("outcome",))]
    by_arm: Annotated[tuple[ArmPrediction, ...] | None, Parts("armPrediction", "measure"), Field(min_length=1)] = None
    by_level: Annotated[tuple[LevelEffect, ...] | None, Parts("levelEffect", "measure"), Field(min_length=1)] = None

    @model_validator(mode="after")
    def _some_rows(self) -> Self:
        if self.by_arm is None and self.by_level is None:
            raise ValueError("one of by_arm, by_level is required, found none")
        return self


class FindingSource(Record):
    """Where a finding was read: a source of a study file, or a page described here."""

    study: Annotated[Key | None, Link(None, ("study",))] = None
    source: Annotated[SourceId | None, InSource] = None
    type: Annotated[
        Literal["journal-article", "conference-abstract", "review"] | None, Term("sourceType", "source-type")
    ] = None
    pmid: Text | None = None
    pmcid: Text | None = None
    doi: Text | None = None
    url: Annotated[Text | None, Value("url", datatype="xsd:anyURI")] = None
    first_author: Text | None = None
    year: int | None = None

    @model_validator(mode="after")
    def _reference_or_page(self) -> Self:
        reference = self.study is not None and self.source is not None
        page = self.type is not None and self.url is not None
        if reference == page or (self.study is None) != (self.source is None):
            raise ValueError("either study and source, or type and url are accepted")
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
    studies: Annotated[tuple[Key, ...], Link("study", ("study",))]
    drugs: Annotated[tuple[Key, ...], DrugLink]
    arms: Annotated[tuple[StudyArm, ...] | None, Pointer("arm", "arm"), Field(min_length=1)] = None
    role: Annotated[
        Literal["pharmacodynamic", "predictive", "prognostic", "safety", "mechanism"],
        Term("findingRole", "finding-role"),
    ]
    timing: Annotated[Literal["baseline", "on-treatment", "at-relapse", "long-term"], Term("timing", "timing")]
    direction: Annotated[Key, Value("findingDirection")]
    statement: Annotated[Text, Value("statement", language="en")]
    measures: Annotated[tuple[FindingMeasure, ...] | None, Parts("hasMeasure", "measure"), Field(min_length=1)] = None
    interaction: Annotated[Interaction | None, Parts("hasInteraction", "interaction")] = None
    rows: Annotated[tuple[StudyRow, ...] | None, Pointer("row", "row"), Field(min_length=1)] = None
    sources: Annotated[tuple[FindingSource, ...], Parts("source", "source"), Field(min_length=1)]
    checked: Checked
    note: Note = None


class EvidenceGap(Record):
    """Something that was looked for and not found."""

    id: Annotated[str, StringConstraints(pattern=r"^g[0-9]{2,3}$"), Identity()]
    statement: Annotated[Text, Value("statement", language="en")]


class FindingsFile(Record):
    """The file of biomarker findings and of what was looked for in vain."""

    biomarker_findings: tuple[BiomarkerFinding, ...]
    not_found: tuple[EvidenceGap, ...] = ()
