"""How much a ClinicalTrials.gov record holds, counted from the record itself, and what it has not posted.

The numbers that were read are counted here and nowhere else, so that a reader that drops something is found out: what
was read is written, listed or left out for a reason, module by module.
"""

from __future__ import annotations

from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.baseline import measurements
from dualbio.sources.importing.ctgov.events import TOTALS
from dualbio.sources.importing.ctgov.outcomes import outcome_measures, posted
from dualbio.sources.importing.ctgov.planned import planned_of
from dualbio.sources.importing.ctgov.values import tidy
from dualbio.sources.importing.ledger import Ledger

__all__ = ["count_items", "tell_unposted"]


def count_items(protocol: Json, results: Json) -> dict[str, int]:
    """Return how many items each module of a record holds, those of no items left out."""
    flow = (results.get("participantFlowModule") or {}).get("periods") or ()
    events: Json = results.get("adverseEventsModule") or {}
    groups = events.get("eventGroups", ())
    measures = posted(results)
    counts = {
        "outcomes": sum(1 for measure in measures for _ in measurements(measure)),
        "outcomes not posted": len(outcome_measures(results)) - len(measures),
        "planned outcomes": len(planned_of(protocol)),
        "analyses": sum(len(measure.get("analyses", ())) for measure in measures),
        "serious events": sum(len(event.get("stats", ())) for event in events.get("seriousEvents", ())),
        "other events": sum(len(event.get("stats", ())) for event in events.get("otherEvents", ())),
        **{total.module: sum(total.affected in each or total.at_risk in each for each in groups) for total in TOTALS},
        "baseline": sum(1 for measure in _baseline(results) for _ in measurements(measure)),
        "flow": sum(len(each.get("achievements", ())) for period in flow for each in period.get("milestones", ())),
        "withdrawals": sum(len(each.get("reasons", ())) for period in flow for each in period.get("dropWithdraws", ())),
    }
    return {module: items for module, items in counts.items() if items}


def tell_unposted(results: Json, ledger: Ledger) -> None:
    """Tell of outcomes whose results are not posted."""
    for measure in outcome_measures(results):
        if measure.get("reportingStatus", "POSTED") != "POSTED":
            found = f"{tidy(measure.get('title')) or '?'}: registered, and its result is not posted"
            ledger.refuse("outcomes not posted", found)


def _baseline(results: Json) -> list[Json]:
    return list((results.get("baselineCharacteristicsModule") or {}).get("measures", ()))
