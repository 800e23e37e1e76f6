"""Are the vocabularies used, are their rows distinct, and do drugs, classes and components agree?"""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.build.checks.survey import Check, Finding, Survey, firm
from dualbio.entities import TABLES, Drug, DrugClass
from dualbio.lessons import Interaction

__all__ = ["CHECKS"]


def unused_term(survey: Survey) -> Iterator[Finding]:
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


def label_shared(survey: Survey) -> Iterator[Finding]:
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


def class_mechanisms(survey: Survey) -> Iterator[Finding]:
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


def component_mechanisms(survey: Survey) -> Iterator[Finding]:
    """Yield co-formulations that lack a mechanism or target of a component."""
    drugs = survey.corpus.entities["drug"]
    for key, row in drugs.items():
        assert isinstance(row, Drug)
        if (row.kind == "co-formulation") != bool(row.components):
            found = f"kind '{row.kind}' with {len(row.components)} components"
            message = f"{found}; accepted: components exactly for a co-formulation; repair: correct one"
            yield survey.entity("drug", key).finding(message)
        for component in row.components:
            part = drugs.get(component)
            if isinstance(part, Drug) and not set(part.mechanisms) <= set(row.mechanisms):
                lacking = ", ".join(sorted(set(part.mechanisms) - set(row.mechanisms)))
                message = f"component {component} also has mechanism {lacking}; repair: correct one of the two"
                yield survey.entity("drug", key).finding(message)


CHECKS = (
    firm("label-shared", "A name names one row of its table.", label_shared),
    Check("class-mechanisms", "error", "Every member has the mechanisms of its class.", class_mechanisms),
    Check("component-mechanisms", "error", "A co-formulation acts as its components do.", component_mechanisms),
    Check("unused-term", "note", "Every outcome and adverse event is used.", unused_term),
)
