"""How much of a record of our field the import decides by itself, and that it decides nothing wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dualbio.sources.importing.ctgov.study import import_study
from dualbio.sources.importing.ledger import Imported
from dualbio.sources.importing.vocabulary import Vocabulary
from registry_records import is_balanced

TABLE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / "data" / "registered-outcomes.yaml").read_text(encoding="utf-8")
)
PRIMARIES: list[dict[str, Any]] = TABLE["primaries"]
EVENTS: list[dict[str, Any]] = TABLE["events"]


def record(disease: str, arms: list[list[str]], results: dict[str, Any]) -> dict[str, Any]:
    """Return a record of one disease with arms and results."""
    names = sorted({name for _, _, *given in arms for name in given})
    interventions = [{"type": kind.upper(), "name": name} for kind, name in (each.split(": ", 1) for each in names)]
    groups = [{"label": label, "type": kind, "interventionNames": given} for label, kind, *given in arms]
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT99999999"},
            "conditionsModule": {"conditions": [disease]},
            "designModule": {"studyType": "INTERVENTIONAL", "designInfo": {"allocation": "RANDOMIZED"}},
            "armsInterventionsModule": {"armGroups": groups, "interventions": interventions},
        },
        "resultsSection": results,
    }


def primary(case: dict[str, Any], vocabulary: Vocabulary) -> Imported:
    """Import a record whose only result is the outcome of a case."""
    measure = {
        "type": "PRIMARY", "title": case["title"], "description": case.get("description", ""),
        "timeFrame": case["frame"],
        "paramType": case["type"], "unitOfMeasure": case["unit"], "reportingStatus": "POSTED",
        "groups": [{"id": "OG000", "title": "Rituximab"}],
        "denoms": [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "30"}]}],
        "classes": [{"categories": [{"measurements": [{"groupId": "OG000", "value": "1"}]}]}],
    }  # fmt: skip
    arms = [["Rituximab", "EXPERIMENTAL", "Drug: Rituximab"]]
    return import_study(
        record(case["disease"], arms, {"outcomeMeasuresModule": {"outcomeMeasures": [measure]}}), vocabulary
    )


def decided(case: dict[str, Any], vocabulary: Vocabulary) -> str | None:
    """Return the outcome, or event, that the import gave the number of a case."""
    rows = primary(case, vocabulary).file.results or ()
    return next((f"ae:{row.ae}" if row.ae else row.outcome for row in rows), None)


def serious_totals(case: dict[str, Any], vocabulary: Vocabulary) -> dict[str, int | None]:
    """Return the arm, by its place, that each group's people with a serious event were given to."""
    groups = [
        {"id": f"EG{n:03}", "title": title, "seriousNumAffected": n, "seriousNumAtRisk": 100}
        for n, title in enumerate(case["groups"])
    ]
    imported = import_study(
        record("Rheumatoid Arthritis", case["arms"], {"adverseEventsModule": {"eventGroups": groups}}), vocabulary
    )
    places = {arm.id: place for place, arm in enumerate(imported.file.arms[: len(case["arms"])], start=1)}
    rows = {row.events: row for row in imported.file.results or () if row.ae == "serious-adverse-event"}
    assert is_balanced(imported.account["serious event totals"])
    return {title: places.get(row.arm, 0) if (row := rows.get(n)) else None for n, title in enumerate(case["groups"])}


@pytest.mark.parametrize("case", PRIMARIES, ids=[case["title"] for case in PRIMARIES])
def test_no_primary_outcome_is_decided_wrongly(case: dict[str, Any], field: Vocabulary) -> None:
    """The number becomes a row of the outcome that its title means, or of none."""
    assert decided(case, field) in (case["is"], None)


def test_most_primary_outcomes_are_decided(field: Vocabulary) -> None:
    """At least 60 % of all primary outcomes, those that are none of ours among them, need no curator."""
    found = [decided(case, field) for case in PRIMARIES]
    assert len([each for each in found if each]) >= 0.6 * len(PRIMARIES)


@pytest.mark.parametrize("case", EVENTS, ids=[case["arms"][0][0] for case in EVENTS])
def test_no_serious_event_total_is_given_to_a_wrong_arm(case: dict[str, Any], field: Vocabulary) -> None:
    """A total belongs to the arm that the group is, or waits; people of a later phase are of no arm of the start."""
    found = serious_totals(case, field)
    assert {} == {title: arm for title, arm in found.items() if arm not in (case["groups"][title], None)}


def test_most_serious_event_totals_are_decided(field: Vocabulary) -> None:
    """At least 80 % of the totals of groups that are arms need no curator."""
    found = [(arm, case["groups"][title]) for case in EVENTS for title, arm in serious_totals(case, field).items()]
    told = [arm for arm, expected in found if expected is not None]
    assert len([arm for arm in told if arm]) >= 0.8 * len(told)
