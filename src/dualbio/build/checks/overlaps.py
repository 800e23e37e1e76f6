"""Could people be counted twice?  Overlaps between studies, shared registry ids, shared reports."""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.build.checks.survey import Check, Finding, Survey, firm
from dualbio.evidence import StudyFile

__all__ = ["CHECKS"]

_OTHER_SIDE = {"pools": "pooled-in", "pooled-in": "pools", "extends": "extended-by", "extended-by": "extends"}


def overlap_mutual(survey: Survey) -> Iterator[Finding]:
    """Yield overlaps that the other study does not record."""
    for site, file in survey.studies():
        key = file.study.id
        for index, overlap in enumerate(file.study.overlaps_with or ()):
            other = survey.corpus.study_files.get(overlap.study)
            kind = _OTHER_SIDE.get(overlap.kind, overlap.kind)
            if other and not any(o.study == key and o.kind == kind for o in other.study.overlaps_with or ()):
                message = (
                    f"study {overlap.study} does not record this overlap; repair: add {{study: {key}, kind: {kind}}} "
                    "to its overlaps_with"
                )
                yield site.finding(message, "study", "overlaps_with", index)


def registry_id_shared(survey: Survey) -> Iterator[Finding]:
    """Yield registry ids of two studies that record no overlap with each other."""
    holders: dict[str, str] = {}
    for site, file in survey.studies():
        for index, registry_id in enumerate(file.study.registry_ids or ()):
            other = holders.setdefault(registry_id, file.study.id)
            if other != file.study.id and not _overlaps(survey.corpus.study_files[other], file):
                message = (
                    f"registry id {registry_id} is also that of study {other}; "
                    "repair: correct one, or record the overlap in both files"
                )
                yield site.finding(message, "study", "registry_ids", index)


def _overlaps(one: StudyFile, other: StudyFile) -> bool:
    return any(overlap.study == other.study.id for overlap in one.study.overlaps_with or ())


CHECKS = (
    firm("overlap-mutual", "Both studies record an overlap.", overlap_mutual),
    Check("registry-id-shared", "error", "Studies with one registry id record their overlap.", registry_id_shared),
)
