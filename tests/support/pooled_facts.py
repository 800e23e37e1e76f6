"""Small facts to select contrasts from: arms, rows and studies with what a test is about, the rest as it mostly is."""

from __future__ import annotations

from collections.abc import Sequence

from dualbio.model.syntheses import Side, SynthesisQuestion
from dualbio.synthesis.pooling.facts import ArmFact, Facts, RowFact, StepFact, StudyFact

__all__ = ["EVENT", "arm", "facts", "question", "row", "study"]

EVENT = "ae:serious-infection"


def question(**changes: object) -> SynthesisQuestion:
    """Return a question: serious infections of a biologic against placebo, by the odds ratio of Mantel and Haenszel."""
    fields: dict[str, object] = {
        "id": "q", "title": "title", "question": "question?", "events": ("serious-infection",),
        "test": Side(arms=("one-biologic",)), "comparator": Side(arms=("placebo",)), "measure": "OR",
        "model": "mantel-haenszel",
    }  # fmt: skip
    return SynthesisQuestion.model_validate({**fields, **changes})


def study(key: str, *shares: str, design: str = "randomised-controlled-trial") -> StudyFact:
    """Return a study that may share people with others."""
    return StudyFact(key, key, key, design, frozenset(shares))


def arm(key: str, drug: str = "", **changes: object) -> ArmFact:
    """Return an arm `study.name`, of a drug or else of placebo."""
    steps = (StepFact("active", (drug,), biologic=True),) if drug else ()
    fields: dict[str, object] = {
        "iri": key, "study": key.partition(".")[0], "key": key.partition(".")[2], "label": key,
        "role": "monotherapy" if drug else "placebo", "steps": steps, "disease": "rheumatoid arthritis",
        "diseases": frozenset({"rheumatoid-arthritis"}),
    }  # fmt: skip
    return ArmFact(**{**fields, **changes})  # type: ignore[arg-type]


def row(arm: str, events: int | None, total: int | None, **changes: object) -> RowFact:
    """Return a count of people of an arm; its name is that of the arm unless `key` is given."""
    key = str(changes.pop("key", arm))
    fields: dict[str, object] = {
        "iri": f"{key}.row", "about": EVENT, "key": key, "study": arm.partition(".")[0], "arm": arm,
        "reported_as": "serious infection", "population": "safety", "unit_of_analysis": "patient", "statistic": "count",
        "check_level": "fulltext", "week": 24.0, "seriousness": "serious", "events": events, "total": total,
    }  # fmt: skip
    return RowFact(**{**fields, **changes})  # type: ignore[arg-type]


def facts(rows: Sequence[RowFact], arms: Sequence[ArmFact], studies: Sequence[StudyFact] = ()) -> Facts:
    """Return facts; a study that is not described is a randomised trial of its own."""
    known = {each.iri: each for each in studies}
    return Facts(
        tuple(rows),
        {each.iri: each for each in arms},
        {key: known.get(key, study(key)) for key in {each.study for each in arms}},
    )
