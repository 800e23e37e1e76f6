"""Which kinds of agents an arm puts together: two biologics, a biologic and a small molecule, or something else.

It follows from the steps of the regimen and from what the vocabularies say of their drugs and classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from dualbio.model.entities import Drug, DrugClass, Entities
from dualbio.model.evidence import RegimenStep
from dualbio.model.sequence import AgentCourse, courses

__all__ = ["TYPES", "agent_kind", "agents_given", "combination_types", "mechanisms_given", "paired_courses"]


#: The kinds of agent of an arm, sorted, and the combination type that they make.
TYPES = {
    ("biologic", "biologic"): "dual-biologic",
    ("biologic", "small-molecule"): "biologic-plus-targeted-small-molecule",
    ("small-molecule", "small-molecule"): "dual-small-molecule",
    ("biologic", "conventional"): "biologic-plus-conventional",
    ("biologic", "non-immune"): "immune-plus-other",
}
#: Kinds of targeted agents.
_TARGETED = ("biologic", "small-molecule", "open")
#: Types of arms that hold agents of which the kind, or the pairing, is not reported or differs between people.
OPEN = ("dual-targeted-unspecified", "mixed")


def agent_kind(step: RegimenStep, entities: Entities) -> str:
    """Return the kind of what a step gives: biologic, small-molecule, conventional or non-immune.

    It is `open` where a targeted agent is either of the first two, `mixed` where options differ otherwise, and
    `unknown` where the vocabularies lack the agent.
    """
    keys = step.drug_options or (step.drug or step.drug_class or "",)
    kinds = {_kind(key, entities) for key in keys}
    if len(kinds) == 1:
        return kinds.pop()
    return "open" if kinds <= {*_TARGETED} else "mixed"


def paired_courses(steps: Sequence[RegimenStep], entities: Entities) -> tuple[AgentCourse, ...]:
    """Return the agents that a regimen puts together: its targeted ones where there are two, else all active ones."""
    agents = courses(steps)
    targeted = tuple(agent for agent in agents if agent_kind(agent.opening, entities) in _TARGETED)
    return targeted if len(targeted) > 1 else agents


def combination_types(steps: Sequence[RegimenStep], entities: Entities) -> tuple[str, ...]:
    """Return the types of combination that the steps of a regimen allow; () where they decide nothing."""
    agents = courses(steps)
    if len(agents) == 1:
        drug = entities["drug"].get(agents[0].opening.drug or "")
        one = isinstance(drug, Drug) and drug.kind in ("bispecific", "co-formulation")
        return ("bispecific",) if one else ()
    kinds = sorted(agent_kind(agent.opening, entities) for agent in agents)
    if "unknown" in kinds:
        return ()
    if {"open", "mixed"} & {*kinds}:
        return OPEN
    targeted = [kind for kind in kinds if kind in _TARGETED]
    chosen = targeted if len(targeted) > 1 else kinds
    return tuple(sorted({TYPES[pair] for pair in combinations(chosen, 2) if pair in TYPES}))


def mechanisms_given(steps: Sequence[RegimenStep], entities: Entities) -> set[str]:
    """Return how the agents act that a regimen gives on purpose."""
    agents = {**entities["drug-class"], **entities["drug"]}
    found = (agents[key] for key in agents_given(steps) if key in agents)
    return {mechanism for agent in found for mechanism in getattr(agent, "mechanisms", ())}


def agents_given(steps: Sequence[RegimenStep]) -> set[str]:
    """Return the keys of the drugs and classes that a regimen gives on purpose."""
    active = [step for step in steps if step.role == "active"]
    return {key for step in active for key in (step.drug, step.drug_class, *(step.drug_options or ())) if key}


def _kind(key: str, entities: Entities) -> str:
    drug, group = entities["drug"].get(key), entities["drug-class"].get(key)
    for each in entities["drug-class"].values():
        assert isinstance(each, DrugClass)
        if each.group is not None and (each.key == key or key in each.members):
            return each.group
    if isinstance(drug, Drug):
        return "conventional" if drug.kind == "glucocorticoid" else "biologic" if drug.is_biologic else "small-molecule"
    if isinstance(group, DrugClass) and group.is_biologic is not None:
        return "biologic" if group.is_biologic else "small-molecule"
    return "open" if group else "unknown"
