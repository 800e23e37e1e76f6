"""Do the kinds of agents that an arm gives, and of a drug, agree with what its record says of them?"""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.build.checks.survey import Check, CheckHit, Survey, firm
from dualbio.model.combination import combination_types
from dualbio.model.entities import Drug, DrugClass
from dualbio.model.evidence import Arm

__all__ = ["CHECKS"]

#: Kinds of drug that are no biologic; all others are.
CHEMICAL = ("small-molecule", "glucocorticoid")


def combination_type(survey: Survey) -> Iterator[CheckHit]:
    """Yield combination arms whose steps make another type of combination than the record says."""
    for site in survey.of(Arm):
        arm = site.record
        if arm.combination_type is None or arm.mixed_roles:
            continue
        accepted = combination_types(arm.regimen, survey.corpus.entities)
        if accepted and arm.combination_type not in accepted:
            message = (
                f"combination_type is '{arm.combination_type}', but the steps make "
                f"{' or '.join(accepted)}; repair: correct one of the two"
            )
            yield site.finding(message, "combination_type")


def drug_kind(survey: Survey) -> Iterator[CheckHit]:
    """Yield drugs that are a biologic by their kind and not by their mark, or the other way round."""
    for key, row in survey.corpus.entities["drug"].items():
        assert isinstance(row, Drug)
        if row.is_biologic == (row.kind in CHEMICAL):
            found = f"kind '{row.kind}' with is_biologic '{str(row.is_biologic).lower()}'"
            message = f"{found}; accepted: false for {' and '.join(CHEMICAL)}, true for all others"
            yield survey.entity("drug", key).finding(f"{message}; repair: correct one")


def class_members(survey: Survey) -> Iterator[CheckHit]:
    """Yield drug classes that are said to be biologics, or not, while a member is the contrary."""
    drugs = survey.corpus.entities["drug"]
    for key, row in survey.corpus.entities["drug-class"].items():
        assert isinstance(row, DrugClass)
        for member in row.members:
            drug = drugs.get(member)
            if row.is_biologic is not None and isinstance(drug, Drug) and drug.is_biologic != row.is_biologic:
                message = (
                    f"is_biologic '{str(row.is_biologic).lower()}', while member {member} is the contrary; "
                    "repair: correct one, or leave the cell of the class empty"
                )
                yield survey.entity("drug-class", key).finding(message)


CHECKS = (
    Check("combination-type", "error", "The stated type of a combination agrees with its steps.", combination_type),
    firm("drug-kind", "A drug is a biologic exactly if its kind is one.", drug_kind),
    firm(
        "class-members",
        "A class of biologics has only biologics as members, a class of other drugs has none.",
        class_members,
    ),
)
