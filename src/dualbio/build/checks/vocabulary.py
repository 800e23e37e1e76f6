"""Are the vocabularies used, are their rows distinct, and do drugs, classes and components agree?"""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.build.checks.survey import Check, CheckHit, Survey, firm
from dualbio.errors import counted
from dualbio.model.entities import TABLES, Drug, DrugClass, DrugEffect, MechanismEdge
from dualbio.model.lessons import Interaction

__all__ = ["CHECKS"]


def unused_term(survey: Survey) -> Iterator[CheckHit]:
    """Yield outcomes and adverse events that no row uses and no term is narrower than."""
    rows = [site.record for site in survey.rows()]
    used: dict[str, set[str | None]] = {
        "outcome": {*(row.outcome for row in rows), *(site.record.outcome for site in survey.of(Interaction))},
        "ae": {row.ae for row in rows},
    }
    for kind, keys in used.items():
        entities = survey.corpus.entities[kind]
        parents = {parent for entity in entities.values() for parent in getattr(entity, "parents", ())}
        for key in entities:
            if key not in keys and key not in parents:
                yield survey.entity(kind, key).finding(f"'{key}' is used by no row; repair: none needed, or remove it")


def label_shared(survey: Survey) -> Iterator[CheckHit]:
    """Yield rows of one table that share a label, and drugs that share a synonym."""
    for table in TABLES:
        names: dict[str, str] = {}
        for key, row in survey.corpus.entities[table.kind].items():
            scheme = key.split(".")[0] if table.kind == "value" else ""
            for name in dict.fromkeys((row.label, *getattr(row, "synonyms", ()))):
                other = names.setdefault(f"{scheme} {name.lower()}", key)
                if other != key:
                    message = f"'{name}' also names '{other}'; repair: make the names distinct"
                    yield survey.entity(table.kind, key).finding(message)


def class_mechanisms(survey: Survey) -> Iterator[CheckHit]:
    """Yield drug classes that claim a mechanism which one of their members lacks."""
    drugs = survey.corpus.entities["drug"]
    for key, row in survey.corpus.entities["drug-class"].items():
        assert isinstance(row, DrugClass)
        for member in row.members:
            drug = drugs.get(member)
            lacking = [name for name in row.mechanisms if isinstance(drug, Drug) and name not in drug.mechanisms]
            if lacking:
                message = f"member {member} lacks mechanism {', '.join(lacking)}; repair: correct the class or the drug"
                yield survey.entity("drug-class", key).finding(message)


def component_mechanisms(survey: Survey) -> Iterator[CheckHit]:
    """Yield co-formulations that lack a mechanism or target of a component."""
    drugs = survey.corpus.entities["drug"]
    for key, row in drugs.items():
        assert isinstance(row, Drug)
        if (row.kind == "co-formulation") != bool(row.components):
            found = f"kind '{row.kind}' with {counted(len(row.components), 'component')}"
            message = f"{found}; accepted: components exactly for a co-formulation; repair: correct one"
            yield survey.entity("drug", key).finding(message)
        for component in row.components:
            part = drugs.get(component)
            if isinstance(part, Drug) and not set(part.mechanisms) <= set(row.mechanisms):
                lacking = ", ".join(sorted(set(part.mechanisms) - set(row.mechanisms)))
                message = f"component {component} also has mechanism {lacking}; repair: correct one of the two"
                yield survey.entity("drug", key).finding(message)


def effect_once(survey: Survey) -> Iterator[CheckHit]:
    """Yield a second duration of effect of one drug, and durations whose bounds are exchanged."""
    seen: dict[str, str] = {}
    for key, row in survey.corpus.entities["effect"].items():
        assert isinstance(row, DrugEffect)
        if row.drug in seen:
            message = f"drug '{row.drug}' has the effect '{seen[row.drug]}' already; repair: keep one of the two"
            yield survey.entity("effect", key).finding(message)
        seen.setdefault(row.drug, key)
        if row.min is not None and row.max is not None and row.max < row.min:
            yield survey.entity("effect", key).finding(f"max {row.max} is below min {row.min}; repair: exchange them")


#: Designs that can show a change as strongly as a strength says; other strengths rest on no design.
#: A single-arm trial may be set against an earlier cohort.
_CONTROLLED = ("randomised-controlled-trial", "pooled-analysis", "non-randomised-trial")
_SHOWN_BY = {
    "randomised": ("randomised-controlled-trial", "pooled-analysis"),
    "cohort": (*_CONTROLLED, "cohort", "single-arm-trial"),
    "uncontrolled": (*_CONTROLLED, "cohort", "single-arm-trial", "case-series"),
}


def edge_strength(survey: Survey) -> Iterator[CheckHit]:
    """Yield mechanism edges that claim a stronger observation than any study, or page, behind their evidence made."""
    files = survey.corpus.study_files
    behind = {f"finding:{f.id}": set(f.studies) for f in survey.corpus.findings_file.biomarker_findings}
    behind |= {f"lesson:{x.id}": {s.study for s in x.supported_by} for x in survey.corpus.lessons_file.lessons}
    pages = {f"finding:{f.id}": f.sources for f in survey.corpus.findings_file.biomarker_findings}
    for key, row in survey.corpus.entities["edge"].items():
        assert isinstance(row, MechanismEdge)
        studies = {study for name in row.evidence for study in behind.get(name, ())}
        read = {source.design for name in row.evidence for source in pages.get(name, ()) if source.design}
        designs = read | {files[study].study.design for study in studies & set(files)}
        if row.strength in _SHOWN_BY and not designs & set(_SHOWN_BY[row.strength]):
            found = ", ".join(sorted(designs)) or "no study"
            message = f"strength is '{row.strength}', but its evidence rests on {found}; repair: correct one"
            yield survey.entity("edge", key).finding(message)


CHECKS = (
    firm("label-shared", "A name names one row of its table.", label_shared),
    Check("class-mechanisms", "error", "Every member has the mechanisms of its class.", class_mechanisms),
    Check("component-mechanisms", "error", "A co-formulation acts as its components do.", component_mechanisms),
    firm("effect-once", "A drug has one duration of effect.", effect_once),
    Check("edge-strength", "error", "An edge is no stronger than the studies behind it.", edge_strength),
    Check("unused-term", "note", "Every outcome and adverse event is used.", unused_term),
)
