"""Could people or numbers be counted twice?  Overlaps between studies, shared reports, lessons on one set of people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from dualbio.build.checks.survey import Check, CheckHit, Survey, firm
from dualbio.model.evidence import Source, StudyFile
from dualbio.model.lessons import Lesson

__all__ = ["CHECKS"]

_OTHER_SIDE = {"pools": "pooled-in", "pooled-in": "pools", "extends": "extended-by", "extended-by": "extends"}
#: How a source stands to a study whose own people it reports.
_OWN_REPORT = ("primary", "same-trial-later-report")


def overlap_mutual(survey: Survey) -> Iterator[CheckHit]:
    """Yield overlaps that the other study does not record, or that name the study itself."""
    for site, file in survey.studies():
        key = file.study.id
        for index, overlap in enumerate(file.study.overlaps_with or ()):
            other = survey.corpus.study_files.get(overlap.study)
            kind = _OTHER_SIDE.get(overlap.kind, overlap.kind)
            if overlap.study == key:
                message = "a study does not overlap with itself; repair: remove it"
                yield site.finding(message, "study", "overlaps_with", index)
            elif other and not any(o.study == key and o.kind == kind for o in other.study.overlaps_with or ()):
                message = (
                    f"study {overlap.study} does not record this overlap; repair: add {{study: {key}, kind: {kind}}} "
                    "to its overlaps_with"
                )
                yield site.finding(message, "study", "overlaps_with", index)


def registry_id_shared(survey: Survey) -> Iterator[CheckHit]:
    """Yield registry ids of two studies that record no overlap with each other."""
    holders: dict[str, StudyFile] = {}
    for site, file in survey.studies():
        for index, registry_id in enumerate(file.study.registry_ids or ()):
            other = holders.setdefault(registry_id, file)
            if other is not file and not _overlap(other, file):
                message = (
                    f"registry id {registry_id} is also that of study {other.study.id}; "
                    "repair: correct one, or record the overlap in both files"
                )
                yield site.finding(message, "study", "registry_ids", index)


def report_shared(survey: Survey) -> Iterator[CheckHit]:
    """Yield reports (by PMID or DOI) that two studies call their own without recording an overlap."""
    holders: dict[str, StudyFile] = {}
    for site, file in survey.studies():
        for index, source in enumerate(file.sources):
            name = source.pmid or source.doi
            if source.independence not in _OWN_REPORT or name is None:
                continue
            other = holders.setdefault(name, file)
            if other is not file and not _overlap(other, file):
                message = (
                    f"report {name} is also a report of study {other.study.id}; "
                    "repair: correct one, or record the overlap (same-report when people differ) in both files"
                )
                yield site.finding(message, "sources", index)


def pooled_studies(survey: Survey) -> Iterator[CheckHit]:
    """Yield pooled estimates whose other studies are not recorded as overlapping."""
    for site, file in survey.studies():
        overlapping = {overlap.study for overlap in file.study.overlaps_with or ()} | {file.study.id}
        for index, row in enumerate(file.comparisons or ()):
            for position, key in enumerate(row.pooled_studies or ()):
                if key not in overlapping:
                    message = (
                        f"the estimate pools study {key}, which overlaps_with does not name; "
                        "repair: record kind shared-pooled-analysis in both files"
                    )
                    yield site.finding(message, "comparisons", index, "pooled_studies", position)


def lesson_double_counting(survey: Survey) -> Iterator[CheckHit]:
    """Yield lessons across studies whose studies all share people or an estimate."""
    files = survey.corpus.study_files
    for site in survey.of(Lesson):
        lesson = site.record
        studies = sorted({s.study for s in (*lesson.supported_by, *(lesson.contradicted_by or ()))} & set(files))
        pairs = list(combinations(studies, 2))
        if lesson.level == "cross-study" and pairs and all(_shares_people(files[a], files[b]) for a, b in pairs):
            message = (
                f"its studies ({', '.join(studies)}) may share people or an estimate; "
                "repair: say so in the note, or add an independent study"
            )
            yield site.finding(message, "supported_by")


def registry_source(survey: Survey) -> Iterator[CheckHit]:
    """Yield own registry records whose id the study does not have."""
    for site in survey.of(Source):
        source, file = site.record, survey.corpus.study_files.get(site.study or "")
        ids = file.study.registry_ids or () if file else ()
        if source.registry_id and source.independence != "secondary" and source.registry_id not in ids:
            shown = ", ".join(ids) or "none"
            message = (
                f"registry record {source.registry_id} of a study with {shown}; "
                "repair: add it to registry_ids, or set independence to secondary"
            )
            yield site.finding(message, "registry_id")


def _overlap(one: StudyFile, other: StudyFile) -> bool:
    return any(overlap.study == other.study.id for overlap in one.study.overlaps_with or ())


def _shares_people(one: StudyFile, other: StudyFile) -> bool:
    overlaps = one.study.overlaps_with or ()
    return any(o.study == other.study.id and o.kind != "same-report" for o in overlaps)


CHECKS = (
    firm("overlap-mutual", "Both studies record an overlap.", overlap_mutual),
    Check("registry-id-shared", "error", "Studies with one registry id record their overlap.", registry_id_shared),
    Check("report-shared", "error", "Studies of one report record their overlap.", report_shared),
    Check("pooled-studies", "error", "Studies of one pooled estimate record their overlap.", pooled_studies),
    Check(
        "lesson-double-counting",
        "warning",
        "A lesson across studies is based on different people.",
        lesson_double_counting,
    ),
    Check("registry-source", "warning", "A registry record is one of the study's own.", registry_source),
)
