"""Checks that each required outcome has a row, or a gap that says where it was looked for."""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.build.checks.survey import Check, CheckHit, Survey
from dualbio.model.entities import CoreOutcome
from dualbio.model.evidence import AnyRow, Result, Row
from dualbio.model.lessons import EvidenceGap
from dualbio.synthesis.coverage import arms_told, required_arms, tells

__all__ = ["CHECKS"]


def core_outcome_untold(survey: Survey) -> Iterator[CheckHit]:
    """Yield arms of two biologics for which neither a row nor a gap tells a required core outcome."""
    corpus = survey.corpus
    cores = [core for core in corpus.entities["core-outcome"].values() if isinstance(core, CoreOutcome)]
    gaps = {gap.id: gap for gap in corpus.findings_file.not_found}
    looked = {(state.study, state.core): [gaps[key] for key in state.gaps] for state in survey.coverages}
    for site, file in survey.studies():
        for arm in required_arms(corpus, file):
            index = file.arms.index(arm)
            for core in cores:
                told = any(tells(core, row) and arm.id in arms_told(file, row) for row in file.rows)
                sought = any(_of_arm(gap, file.study.id, arm.id) for gap in looked[file.study.id, core.key])
                if core.required and not told and not sought:
                    message = (
                        f"neither a row nor a gap reports '{core.key}' of arm {arm.id}; "
                        "accepted: a row, or a gap that names the study; "
                        f"repair: enter the row, or say under not_found in lessons/biomarker-findings.yaml where it "
                        f"was looked for (concerns: [core-outcome:{core.key}])"
                    )
                    yield site.finding(message, "arms", index)


def gap_without_place(survey: Survey) -> Iterator[CheckHit]:
    """Yield gaps about a required core outcome of such an arm that do not say where it was looked for."""
    corpus = survey.corpus
    due = {file.study.id for _, file in survey.studies() if any(required_arms(corpus, file))}
    required = {
        core.key for core in corpus.entities["core-outcome"].values() if isinstance(core, CoreOutcome) and core.required
    }
    resting = {gap for state in survey.coverages if state.study in due and state.core in required for gap in state.gaps}
    for site in survey.of(EvidenceGap):
        if site.record.id in resting and site.record.looked_in is None:
            message = "the gap does not say where it was looked for; repair: name the pages in looked_in"
            yield site.finding(message, "id")


def gap_filled(survey: Survey) -> Iterator[CheckHit]:
    """Yield gaps about something that a row of one of their studies holds a number for."""
    files = survey.corpus.study_files
    for site in survey.of(EvidenceGap):
        gap = site.record
        held = [
            f"{row.id} of {key}"
            for key in gap.studies or ()
            if key in files
            for row in files[key].rows
            if _holds_number(row) and _terms_of(row) & set(gap.concerns or ())
            if any(_of_arm(gap, key, arm) for arm in arms_told(files[key], row))
        ]
        if held:
            message = (
                f"{', '.join(held[:3])} holds a number of what the gap is about; "
                "repair: remove the gap, narrow what it concerns, or waive with a reason"
            )
            yield site.finding(message, "concerns")


def core_outcome_empty(survey: Survey) -> Iterator[CheckHit]:
    """Yield core outcomes that no row could ever answer."""
    for key, core in survey.corpus.entities["core-outcome"].items():
        if isinstance(core, CoreOutcome) and not (core.answered_by or core.role or core.kind):
            message = "nothing answers the core outcome; accepted: one of answered_by, role, kind; repair: add it"
            yield survey.entity("core-outcome", key).finding(message)


def _of_arm(gap: EvidenceGap, study: str, arm: str) -> bool:
    """Return whether a gap of the study is about the arm."""
    return gap.arms is None or any((pointer.study, pointer.arm) == (study, arm) for pointer in gap.arms)


def _holds_number(row: AnyRow) -> bool:
    """Return whether a row holds a number of its study alone: a pooled estimate says what no single study saw."""
    return isinstance(row, Result) or (row.estimate is not None and not row.pooled_studies)


def _terms_of(row: Row) -> set[str]:
    named = (("outcome", row.outcome), ("ae", row.ae), ("biomarker", row.biomarker))
    return {f"{kind}:{key}" for kind, key in named if key and not (kind == "biomarker" and row.kind == "disposition")}


CHECKS = (
    Check(
        "core-outcome-untold",
        "error",
        "Every arm of two biologics has its required core outcomes, or says where they were looked for.",
        core_outcome_untold,
    ),
    Check("gap-without-place", "error", "A gap in a required outcome says where it was looked for.", gap_without_place),
    Check("gap-filled", "warning", "A gap is about something that no row holds.", gap_filled),
    Check("core-outcome-empty", "error", "A core outcome names what answers it.", core_outcome_empty),
)
