"""The state of each core outcome in each study: a number, words only, not found, or not looked for.

The state is read off the rows of the study and the evidence gaps that name it.  It is a fact about what is held here,
not about the world: what neither a row nor a gap tells, nobody has looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, Quad

from dualbio.model.combination import mechanisms_given
from dualbio.model.entities import CoreOutcome, Entities, Outcome
from dualbio.model.evidence import AnyRow, Arm, Comparison, Result, StudyFile
from dualbio.model.lessons import EvidenceGap
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.sources.corpus import Corpus

__all__ = [
    "NOBODY_LOOKED",
    "STATES",
    "Coverage",
    "arms_told",
    "broader_terms",
    "coverage_quads",
    "coverages",
    "gaps_closed",
    "required_arms",
    "row_terms",
    "study_gaps",
    "tells",
]

#: States from the one that says most to the one that says least.
STATES = ("number-held", "zero", "words-only", "not-readable", "looked-for-not-found", "nobody-looked")
NOBODY_LOOKED = STATES[-1]
_DEPLETION, _SURVIVAL = "b-cell-depletion", {"blys-inhibition", "april-inhibition"}
_GRAPH = graph_iri("synthesis")


@dataclass(frozen=True)
class Coverage:
    """The state of one core outcome in one study; `partial` are rows that tell only a part of it."""

    study: str
    core: str
    state: str
    rows: tuple[str, ...]
    gaps: tuple[str, ...]
    partial: tuple[str, ...]


def coverages(corpus: Corpus, files: Mapping[str, StudyFile] | None = None) -> Iterator[Coverage]:
    """Yield a state for every study and core outcome, or for those studies `files` alone."""
    gaps = study_gaps(corpus)
    for key, file in (corpus.study_files if files is None else files).items():
        for core in corpus.entities["core-outcome"].values():
            assert isinstance(core, CoreOutcome)
            yield _coverage(corpus.entities, file, core, gaps.get(key, []))


def study_gaps(corpus: Corpus) -> dict[str, list[EvidenceGap]]:
    """Return the gaps of each study that has some."""
    gaps: dict[str, list[EvidenceGap]] = {}
    for gap in corpus.findings_file.not_found:
        for study in gap.studies or ():
            gaps.setdefault(study, []).append(gap)
    return gaps


def coverage_quads(corpus: Corpus, files: Mapping[str, StudyFile]) -> Iterator[Quad]:
    """Yield the states of studies as quads of the graph `synthesis`, each with the rows and gaps that it rests on."""
    for coverage in coverages(corpus, files):
        node = individual("coverage", f"{coverage.study}.{coverage.core}")
        for name, value in _properties(corpus, coverage):
            yield Quad(node, term(name), value, _GRAPH)


def tells(core: CoreOutcome, row: AnyRow) -> bool:
    """Return whether a row is about a core outcome, whole and in this study alone."""
    if isinstance(row, Comparison) and row.pooled_studies:
        return False
    if core.role is not None and row.role == core.role:
        return True
    if core.kind is not None and row.kind == core.kind and row.outcome not in core.except_for:
        return True
    return bool(row_terms(row) & set(core.answered_by))


def arms_told(file: StudyFile, row: AnyRow) -> set[str]:
    """Return the arms that a row speaks of: its own, and those that share people with them."""
    own = {row.arm} if isinstance(row, Result) else {row.a, row.b}
    return {arm.id for arm in file.arms if arm.id in own or _kin(arm) & own} | {
        key for arm in file.arms if arm.id in own for key in _kin(arm)
    }


def gaps_closed(corpus: Corpus, study: str, file: StudyFile) -> Iterator[EvidenceGap]:
    """Yield the gaps of the study `study` about which rows of `file`, another report of it, hold a number."""
    cores = [core for core in corpus.entities["core-outcome"].values() if isinstance(core, CoreOutcome)]
    rows = [row for row in file.rows if _state(row) == "number-held"]
    for gap in corpus.findings_file.not_found:
        named = set(gap.concerns or ()) if study in (gap.studies or ()) else set()
        asked = [core for core in cores if f"core-outcome:{core.key}" in named]
        if any(row_terms(row) & named or any(tells(core, row) for core in asked) for row in rows):
            yield gap


def row_terms(row: AnyRow) -> set[str]:
    """Return what a row is about, each with its kind; a trait at entry tells nothing of what came after."""
    named = {f"outcome:{row.outcome}"} | ({f"ae:{row.ae}"} if row.ae else set())
    return named | ({f"biomarker:{row.biomarker}"} if row.biomarker and row.kind != "disposition" else set())


def broader_terms(entities: Entities, name: str) -> set[str]:
    """Return a term named with its kind, such as `ae:serious-infection`, and all that it is a kind of."""
    kind, _, key = name.partition(":")
    found, todo = {key}, [key]
    while todo:
        parents = getattr(entities[kind].get(todo.pop()), "parents", ())
        todo += [parent for parent in parents if parent not in found]
        found.update(parents)
    return {f"{kind}:{each}" for each in found}


def required_arms(corpus: Corpus, file: StudyFile) -> Iterator[Arm]:
    """Yield the arms of which every required core outcome must be reported, or looked for.

    These are the randomised arms of two biologics, and all arms that join B-cell depletion with the blockade of BLyS or
    APRIL.  A study that still runs, or may, has nothing to tell before its first row.
    """
    begun = bool(file.results or file.comparisons)
    if not begun and file.study.status not in ("completed", "terminated"):
        return
    for arm in file.arms:
        mechanisms = mechanisms_given(arm.regimen, corpus.entities)
        randomised = file.study.design == "randomised-controlled-trial" and arm.combination_type == "dual-biologic"
        pair = arm.role == "combination" and _DEPLETION in mechanisms and bool(mechanisms & _SURVIVAL)
        if randomised or pair:
            yield arm


def _coverage(entities: Entities, file: StudyFile, core: CoreOutcome, gaps: list[EvidenceGap]) -> Coverage:
    rows = file.rows
    whole = [row for row in rows if tells(core, row)]
    about = [gap for gap in gaps if _concerns(entities, core, gap)]
    states = {_state(row) for row in whole} | {gap.state for gap in about}
    return Coverage(
        study=file.study.id,
        core=core.key,
        state=next((state for state in STATES if state in states), NOBODY_LOOKED),
        rows=tuple(row.id for row in whole),
        gaps=tuple(gap.id for gap in about),
        partial=tuple(row.id for row in rows if row not in whole and _in_part(entities, core, row)),
    )


def _state(row: AnyRow) -> str:
    """Return what one row tells: a number, none at all, or words; a p value alone is no number of the outcome."""
    if isinstance(row, Comparison):
        return "number-held" if row.estimate is not None else "words-only"
    bare = row.total is None and row.value is None and row.person_years is None
    return "zero" if row.events == 0 and bare else "number-held"


def _concerns(entities: Entities, core: CoreOutcome, gap: EvidenceGap) -> bool:
    named = set(gap.concerns or ())
    if named & {f"core-outcome:{core.key}", *core.answered_by}:
        return True
    outcomes = (entities["outcome"].get(name.removeprefix("outcome:")) for name in named if name.startswith("outcome:"))
    kinds = {item.kind for item in outcomes if isinstance(item, Outcome) and item.key not in core.except_for}
    return core.kind is not None and core.kind in kinds


def _in_part(entities: Entities, core: CoreOutcome, row: AnyRow) -> bool:
    """Return whether a row tells a narrower event, or this study together with others."""
    if isinstance(row, Comparison) and row.pooled_studies:
        return bool(row_terms(row) & set(core.answered_by)) or (core.role is not None and row.role == core.role)
    return row.ae is not None and not broader_terms(entities, f"ae:{row.ae}").isdisjoint(core.answered_by)


def _kin(arm: Arm) -> set[str]:
    """Return the arms that an arm names as its parts, its whole, its other observation, or where its people were."""
    one = {key for key in (arm.paired_with, arm.subset_of) if key}
    return one | set(arm.union_of or ()) | set(arm.derived_from or ())


def _properties(corpus: Corpus, coverage: Coverage) -> Iterator[tuple[str, GroundTerm]]:
    acronym = corpus.study(coverage.study).study.acronym
    core = corpus.entities["core-outcome"][coverage.core]
    state = corpus.entities["value"].get(f"reporting-state.{coverage.state}")
    words = state.label if state else coverage.state
    yield "rdf:type", term("CoreOutcomeState")
    yield "rdfs:label", Literal(f"{acronym}: {core.label}, {words}", language="en")
    yield "ofStudy", individual("study", coverage.study)
    yield "coreOutcome", individual("core-outcome", coverage.core)
    yield "reportingState", individual("value", f"reporting-state.{coverage.state}")
    for name, keys in (("restsOnRow", coverage.rows), ("toldInPartBy", coverage.partial)):
        for key in keys:
            yield name, individual("result" if key.startswith("r") else "comparison", f"{coverage.study}.{key}")
    for key in coverage.gaps:
        yield "restsOnGap", individual("gap", key)
