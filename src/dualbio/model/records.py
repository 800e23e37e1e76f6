"""The records of studies, lessons and findings: the class of the vocabulary that each is in, and its table.

The rows of vocabularies have a table of their own, `dualbio.model.entities.TABLES`.
"""

from __future__ import annotations

from typing import NamedTuple

from dualbio.model import evidence, lessons
from dualbio.model.record_fields import Record

__all__ = ["CLASSES", "RECORDS", "RecordClass"]


class RecordClass(NamedTuple):
    """A kind of record that becomes an individual: its model, the local name of its class, the kind of its table."""

    model: type[Record]
    class_name: str
    table: str | None


RECORDS: tuple[RecordClass, ...] = (
    RecordClass(evidence.Study, "Study", "study"),
    RecordClass(evidence.StudyAim, "StudyAim", None),
    RecordClass(evidence.Arm, "Arm", "arm"),
    RecordClass(evidence.RegimenStep, "RegimenStep", "step"),
    RecordClass(evidence.PlannedOutcome, "PlannedOutcome", "planned-outcome"),
    RecordClass(evidence.Result, "Result", "result"),
    RecordClass(evidence.Comparison, "Comparison", "comparison"),
    RecordClass(evidence.WithdrawnRow, "WithdrawnRow", "withdrawn"),
    RecordClass(evidence.Source, "Source", "source"),
    RecordClass(lessons.FindingSource, "Source", "source"),
    RecordClass(evidence.Overlap, "Overlap", "overlap"),
    RecordClass(evidence.Verification, "Verification", "verification"),
    RecordClass(evidence.BiasAssessment, "BiasAssessment", "bias-assessment"),
    RecordClass(lessons.Lesson, "Lesson", "lesson"),
    RecordClass(lessons.Support, "Support", "support"),
    RecordClass(lessons.BiomarkerFinding, "BiomarkerFinding", "finding"),
    RecordClass(lessons.FindingMeasure, "FindingMeasure", "measure"),
    RecordClass(lessons.ArmPrediction, "ArmPrediction", "measure"),
    RecordClass(lessons.LevelEffect, "LevelEffect", "measure"),
    RecordClass(lessons.Interaction, "Interaction", "interaction"),
    RecordClass(lessons.EvidenceGap, "EvidenceGap", "gap"),
    RecordClass(lessons.Review, "Review", "review"),
    RecordClass(lessons.ReviewInput, "ReviewInput", "review-input"),
)

#: The class of each record.
CLASSES: dict[type[Record], str] = {record.model: record.class_name for record in RECORDS}
