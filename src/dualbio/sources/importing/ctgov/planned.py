"""Outcomes that a ClinicalTrials.gov protocol announces, and whether their results are posted."""

from __future__ import annotations

from dualbio.model.evidence import PlannedOutcome
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.meanings import Meanings
from dualbio.sources.importing.ctgov.times import time_of
from dualbio.sources.importing.ctgov.values import fold, tidy
from dualbio.sources.importing.ledger import MOST_ROWS, Ledger
from dualbio.sources.importing.titles import Meaning

__all__ = ["planned_of", "read_planned"]

_MODULE = "planned outcomes"
#: The lists of a protocol, and our role of what stands in each.
_LISTS = (("primaryOutcomes", "primary"), ("secondaryOutcomes", "secondary"), ("otherOutcomes", "exploratory"))


def planned_of(protocol: Json) -> list[tuple[str, Json]]:
    """Return the outcomes of a protocol, each with its role."""
    module = protocol.get("outcomesModule") or {}
    return [(role, outcome) for field, role in _LISTS for outcome in module.get(field, ())]


def read_planned(
    protocol: Json, measures: list[Json], meanings: Meanings, ledger: Ledger
) -> tuple[PlannedOutcome, ...] | None:
    """Return the outcomes of a protocol; a note says where the results lack one.

    Args:
        protocol: the protocol section.
        measures: the outcome measures of the results, posted or not.
        meanings: what outcomes mean.
        ledger: takes the account.
    """
    posted = {
        fold(tidy(measure.get("title"))): measure.get("reportingStatus", "POSTED") == "POSTED" for measure in measures
    }
    planned: dict[tuple[str, str], PlannedOutcome] = {}
    for role, outcome in planned_of(protocol):
        title, frame = tidy(outcome.get("measure")), tidy(outcome.get("timeFrame"))
        words = (title.casefold(), frame.casefold())
        if not title or words in planned or len(planned) == MOST_ROWS:
            reason = "it has no title" if not title else "told twice" if words in planned else "beyond the last number"
            ledger.leave(_MODULE, reason)
            continue
        planned[words] = PlannedOutcome.model_validate(
            {
                "id": f"p{len(planned) + 1:03}",
                "role": role,
                "outcome_as_reported": title,
                "time_as_reported": frame or None,
                "week": time_of((), "", frame).week,
                "measures": _measured(meanings.find(outcome) if meanings.in_field else None),
                "source": "s1",
                "locator": "outcome measures of the protocol",
                "checked": "registry",
                "note": _missing_result_note(title, posted),
            }
        )
        ledger.tally(_MODULE).written += 1
    return tuple(planned.values()) or None


def _measured(meaning: Meaning | None) -> tuple[str, ...] | None:
    if meaning is None:
        return None
    return (f"ae:{meaning.ae}",) if meaning.ae else (f"outcome:{meaning.outcome}",)


def _missing_result_note(title: str, posted: dict[str, bool]) -> str | None:
    """Return what the results lack of a planned outcome."""
    if not posted or posted.get(fold(title)):
        return None
    return "its result is not posted" if fold(title) in posted else "not among the posted results by this name"
