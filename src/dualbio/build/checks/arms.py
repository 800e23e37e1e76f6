"""Are arms what their records say?  Unions, pairs, agents and doses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dualbio.build.checks.survey import Check, CheckHit, Survey, firm, reachable
from dualbio.model.evidence import Arm, RegimenStep, StudyFile

__all__ = ["CHECKS"]

_UNION_WORD = re.compile(r"^(all|any|both|pooled)\b", re.IGNORECASE)


def arm_refers_to_itself(survey: Survey) -> Iterator[CheckHit]:
    """Yield arms that are reached from themselves through union, subset or derivation."""
    for site, file in survey.studies():
        for name in ("union_of", "subset_of", "derived_from"):
            links = {arm.id: _keys(getattr(arm, name)) for arm in file.arms}
            for index, arm in enumerate(file.arms):
                if arm.id in reachable(arm.id, links):
                    message = f"arm {arm.id} is reached from itself through {name}; repair: remove it from {name}"
                    yield site.finding(message, "arms", index, name)


def union_undeclared(survey: Survey) -> Iterator[CheckHit]:
    """Yield arms that look like a union of others by id or label and do not say so."""
    for site in survey.of(Arm):
        arm = site.record
        looks = arm.id in ("all", "any", "pooled") or (arm.role == "combination" and _UNION_WORD.match(arm.label))
        if looks and not arm.union_of and not arm.heterogeneous:
            message = (
                f"arm '{arm.label}' looks like a union; repair: give union_of, "
                "or heterogeneous: true when no parts are recorded"
            )
            yield site.finding(message, "id" if arm.id in ("all", "any", "pooled") else "label")


def paired_mutual(survey: Survey) -> Iterator[CheckHit]:
    """Yield before/after pairs that only one side records, or whose sides are the same observation."""
    for site, file in survey.studies():
        arms = {arm.id: arm for arm in file.arms}
        for index, arm in enumerate(file.arms):
            other = arms.get(arm.paired_with or "")
            if other is not None and other.paired_with != arm.id:
                message = f"arm {other.id} does not name {arm.id} back; repair: add paired_with: {arm.id} to it"
                yield site.finding(message, "arms", index, "paired_with")


def regimen_agents(survey: Survey) -> Iterator[CheckHit]:
    """Yield arms whose regimen lacks the agent that their role needs."""
    for site in survey.of(Arm):
        arm = site.record
        roles = {step.role for step in arm.regimen}
        if arm.role == "external-comparator":
            continue
        if not arm.regimen:
            yield site.finding("the regimen is empty; repair: add a step, or use role external-comparator", "regimen")
        elif arm.role == "placebo" and "placebo" not in roles:
            yield site.finding("a placebo arm without a placebo step; repair: add a step with placebo_for", "regimen")
        elif arm.role != "placebo" and "active" not in roles:
            yield site.finding(f"a {arm.role} arm without an active step; repair: add one", "regimen")


def combination_agents(survey: Survey) -> Iterator[CheckHit]:
    """Yield combination arms with fewer than two active agents."""
    for site in survey.of(Arm):
        arm = site.record
        if arm.role != "combination" or arm.combination_type == "bispecific" or arm.mixed_roles:
            continue
        agents = _agents(arm)
        if len(agents) < 2:
            shown = ", ".join(sorted(agents)) or "none"
            message = f"active agents of a combination: {shown}; accepted: two; repair: add a step, or change role"
            yield site.finding(message, "regimen")


def monotherapy_agents(survey: Survey) -> Iterator[CheckHit]:
    """Yield monotherapy arms with two named biologics at work."""
    drugs = survey.corpus.entities["drug"]
    for site in survey.of(Arm):
        arm = site.record
        if arm.role != "monotherapy" or arm.mixed_roles or arm.heterogeneous:
            continue
        active = [step.drug for step in arm.regimen if step.role == "active" and step.drug in drugs]
        biologics = sorted({key for key in active if key and getattr(drugs[key], "is_biologic", False)})
        if len(biologics) > 1:
            message = (
                f"active biologics of a monotherapy: {', '.join(biologics)}; accepted: one; "
                "repair: set role to combination, or mark one as prior or background"
            )
            yield site.finding(message, "regimen")


def arm_disease(survey: Survey) -> Iterator[CheckHit]:
    """Yield arms with a disease that is none of the study's and narrower than none."""
    parents = {key: (key, *getattr(row, "parents", ())) for key, row in survey.corpus.entities["disease"].items()}
    for site, file in survey.studies():
        treated = set(file.study.diseases or ())
        for index, arm in enumerate(file.arms):
            for disease in arm.diseases or ():
                if not treated & (reachable(disease, parents) | {disease}):
                    message = (
                        f"disease '{disease}' of arm {arm.id} is none of the study's ({', '.join(sorted(treated))}) "
                        "and below none of them; repair: correct it, or add it to the study"
                    )
                    yield site.finding(message, "arms", index, "diseases")


def dose_form(survey: Survey) -> Iterator[CheckHit]:
    """Yield doses without unit, negative doses, and ranges that are not one."""
    for site in survey.of(RegimenStep):
        step = site.record
        given = [number for number in (step.dose, step.dose_min, step.dose_max) if number is not None]
        if given and step.unit is None:
            yield site.finding(
                "a dose without unit; repair: add unit, such as mg", _first_given(step, "dose", "dose_min")
            )
        if any(number <= 0 for number in given):
            yield site.finding(f"dose {min(given)}; accepted: above 0; repair: read the source again")
        if (step.dose_min is None) != (step.dose_max is None):
            yield site.finding("dose_min and dose_max go together; repair: add the other, or use dose")
        if step.dose_min is not None and step.dose_max is not None and step.dose_min >= step.dose_max:
            message = f"dose_min {step.dose_min} is not below dose_max {step.dose_max}; repair: exchange them"
            yield site.finding(message, "dose_min")


def enrolled_against_arms(survey: Survey) -> Iterator[CheckHit]:
    """Yield studies whose disjoint randomised arms hold more people than were enrolled."""
    for site, file in survey.studies():
        if file.study.enrolled is None:
            continue
        people = sum(arm.n_randomised or 0 for arm in _disjoint(file))
        if people > file.study.enrolled:
            message = (
                f"enrolled {file.study.enrolled}, but its arms have {people} randomised people; "
                "repair: correct one, or mark arms that share people (subset_of, union_of, paired_with, derived_from)"
            )
            yield site.finding(message, "study", "enrolled")


def _keys(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()


def _agents(arm: Arm) -> set[str]:
    """Return the distinct active agents; two steps with an open class mean two agents."""
    agents = set()
    for index, step in enumerate(arm.regimen):
        if step.role == "active":
            agents.add(step.drug or " or ".join(step.drug_options or ()) or f"{step.drug_class} ({index + 1})")
    return agents


def _first_given(step: RegimenStep, *names: str) -> str:
    return next(name for name in (*names, "dose_max") if getattr(step, name) is not None)


def _disjoint(file: StudyFile) -> Iterator[Arm]:
    """Yield the arms that share no people with an arm yielded before: no unions, subsets, later phases or cuts."""
    for arm in file.arms:
        shares = arm.union_of or arm.subset_of or arm.derived_from or arm.observation == "after"
        if not shares and arm.stage in (None, "induction"):
            yield arm


CHECKS = (
    firm("arm-refers-to-itself", "No arm is part of itself.", arm_refers_to_itself),
    Check("union-undeclared", "error", "An arm that holds other arms says so.", union_undeclared),
    firm("paired-mutual", "Paired arms name each other.", paired_mutual),
    Check("regimen-agents", "error", "A regimen has the agent that the arm's role needs.", regimen_agents),
    Check("combination-agents", "error", "A combination has two active agents.", combination_agents),
    Check("monotherapy-agents", "error", "A monotherapy has one active biologic.", monotherapy_agents),
    Check("arm-disease", "error", "An arm's own disease is one that its study treats.", arm_disease),
    firm("dose-form", "A dose has a unit and is a number or a range above 0.", dose_form),
    Check("enrolled-against-arms", "error", "Arms hold at most the people enrolled.", enrolled_against_arms),
)
