"""Adverse events of a ClinicalTrials.gov record as results: serious and other ones apart, totals, and deaths.

A term is one of ours when it has the name of one, never because it looks like one; a term that no table has is left
out under its organ class.  Serious infections are worked out from the terms of that class where these allow only one
number of people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from dualbio.model.evidence import Result
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.groups import Group, Groups
from dualbio.sources.importing.ctgov.outcomes import reason_of
from dualbio.sources.importing.ctgov.values import count, number, tidy
from dualbio.sources.importing.ledger import TO_DECIDE, Ledger
from dualbio.sources.importing.vocabulary import Vocabulary

__all__ = ["TOTALS", "read_events"]


_SERIOUS, _SERIOUS_INFECTION = "serious-adverse-event", "serious-infection"
#: The organ class of infections, as MedDRA names it.
_INFECTIONS = "infections and infestations"
#: The organ classes of MedDRA by their first words, which is how the registry's own list of them begins.
_CLASSES = (
    "blood and lymph", "cardiac", "congenital", "ear and labyrinth", "endocrine", "eye", "gastrointestinal", "general",
    "hepatobiliary", "immune", _INFECTIONS, "injury", "investigations", "metabolism", "musculoskeletal", "neoplasms",
    "nervous", "pregnancy", "product", "psychiatric", "renal", "reproductive", "respiratory", "skin", "social",
    "surgical", "vascular",
)  # fmt: skip


class _Total(NamedTuple):
    """A total of the events table: its module in the account, our key (if any), its fields, and its words."""

    module: str
    key: str | None
    affected: str
    at_risk: str
    words: str


TOTALS = (
    _Total(
        "serious event totals",
        _SERIOUS,
        "seriousNumAffected",
        "seriousNumAtRisk",
        "serious adverse event, any",
    ),
    _Total("other event totals", None, "otherNumAffected", "otherNumAtRisk", "other (not serious) adverse event, any"),
    _Total("deaths", "death", "deathsNumAffected", "deathsNumAtRisk", "death, any"),
)
_LISTS = (("seriousEvents", "serious events", "serious"), ("otherEvents", "other events", "non-serious"))


class _Event(NamedTuple):
    """People of one group with one event, and how often they had it; `same` is how many terms of a list it has."""

    module: str
    group: Group | None
    key: str | None
    words: str
    affected: int | None
    times: int | None
    at_risk: int | None
    definition: str | None
    serious: bool
    unknown: str
    same: int = 1


def read_events(module: Json, groups: Groups, vocabulary: Vocabulary, ledger: Ledger) -> None:
    """Put every number of people with an event into the ledger: as a row, as something to decide, or left out."""
    people = {
        str(group.get("id")): most for group in module.get("eventGroups", ()) if (most := _most(group)) is not None
    }
    found = groups.find_all(module.get("eventGroups", ()), people)
    threshold = number(module.get("frequencyThreshold"))
    common = {
        "kind": "safety", "role": "adverse-event", "timepoint": "follow-up",
        "period": tidy(module.get("timeFrame")) or None, "statistic": "count", "source": "s1",
        "locator": "adverse events", "checked": "registry",
    }  # fmt: skip
    terms = list(_terms(module, found, threshold, vocabulary))
    same = Counter(map(_quantity, terms))
    terms = [event._replace(same=same[_quantity(event)]) for event in terms]
    for event in (*_totals(module, found), *terms):
        try:
            _read_event(event, common, ledger)
        except (ValueError, ValidationError) as error:
            ledger.refuse(event.module, f"{event.words}, {event.group and event.group.title}: {reason_of(error)}")
    if vocabulary.has("ae", _SERIOUS_INFECTION):
        _work_out_infections(module, found, common, ledger)


def _quantity(event: _Event) -> tuple[str, Group | None, str | None]:
    return event.module, event.group, event.key


def _read_event(event: _Event, common: Json, ledger: Ledger) -> None:
    if event.group is None:
        ledger.leave(event.module, "its group is not in the table's own list of groups")
        return
    if event.group.left:
        ledger.leave(event.module, "of people who are no arm")
        return
    if event.affected is None and event.times is None:
        ledger.leave(event.module, "no number was posted")
        return
    if not event.at_risk:
        ledger.leave(event.module, "nobody was at risk")
        return
    if event.affected is not None and event.affected > event.at_risk:
        raise ValueError(f"{event.affected} people of {event.at_risk} at risk")
    if event.key is None:
        ledger.leave(event.module, event.unknown)
        return
    if event.same > 1:
        raise ValueError(f"{event.same} terms of the list are '{event.key}', and a person may have had several")
    row = Result.model_validate(
        common
        | _number(event)
        | {
            "id": ledger.next_id("r"),
            "arm": event.group.arm or TO_DECIDE,
            "ae": event.key,
            "outcome_as_reported": event.words,
            "seriousness": "serious" if event.serious else None,
            "definition": event.definition,
            "population": event.group.population or "safety",
        }
    )
    if event.group.arm is None:
        ledger.wait(event.module, ("group", event.group.title), event.group.reason or "", event.group.nearest, row)
    else:
        ledger.write(event.module, row)


def _number(event: _Event) -> Json:
    """Return people with the event; where the record counts events only, the events."""
    if event.affected is not None:
        note = f"{event.times} events" if event.times is not None else None
        people: Json = {"unit_of_analysis": "patient", "events": event.affected, "total": event.at_risk, "note": note}
        return people | {"outcome": "adverse-event-incidence"}
    note = f"events, not people, in {event.at_risk} at risk"
    return {"unit_of_analysis": "event", "events": event.times, "note": note, "outcome": "adverse-event-count"}


def _totals(module: Json, groups: dict[str, Group]) -> Iterator[_Event]:
    for total in TOTALS:
        for group in module.get("eventGroups", ()):
            if total.affected in group or total.at_risk in group:
                yield _Event(
                    total.module,
                    groups.get(str(group.get("id"))),
                    total.key,
                    total.words,
                    count(group.get(total.affected)),
                    None,
                    count(group.get(total.at_risk)),
                    None,
                    total.key == _SERIOUS,
                    "people with any other event above a threshold are no total of ours",
                )


def _terms(module: Json, groups: dict[str, Group], threshold: Any, vocabulary: Vocabulary) -> Iterator[_Event]:
    for field, name, sort in _LISTS:
        definition = None if sort == "serious" else f"not serious{_above(threshold)}"
        for event in module.get(field, ()):
            term, system = tidy(event.get("term")) or "?", tidy(event.get("organSystem"))
            words = f"{sort} {term} ({system})" if system else f"{sort} {term}"
            key = _key(term, sort, vocabulary)
            decided = vocabulary.left("ae", term)
            unknown = "left out by decision" if decided else f"a term of '{system or 'no class'}' that no table has"
            for stats in event.get("stats", ()):
                yield _Event(
                    name,
                    groups.get(str(stats.get("groupId"))),
                    None if decided else key,
                    words,
                    count(stats.get("numAffected")),
                    count(stats.get("numEvents")),
                    count(stats.get("numAtRisk")),
                    definition,
                    sort == "serious",
                    unknown,
                )


def _key(term: str, sort: str, vocabulary: Vocabulary) -> str | None:
    """Return the key of a term; a serious one may have a key of its own."""
    serious = vocabulary.find("ae", f"serious {term}") if sort == "serious" else None
    return serious or vocabulary.find("ae", term)


def _work_out_infections(module: Json, groups: dict[str, Group], common: Json, ledger: Ledger) -> None:
    """Write the people of each arm with any serious infection, where the terms of the class tell their number.

    One person may have several infections, so the terms cannot be added up: there are at least as many people as the
    largest term has, and at most their sum or all people with any serious event.  Where these are one number it is
    known; otherwise it is remarked.  Every serious event is posted, whatever its frequency.
    """
    events = module.get("seriousEvents", ())
    classes = [_class(event) for event in events]
    if not events or any(name and not name.startswith(_CLASSES) for name in classes):
        if events:
            ledger.remark("serious events", "not all organ classes are those of MedDRA: infections are not worked out")
        return
    if not all(classes):
        return
    affected: dict[str, list[int | None]] = defaultdict(list)
    for event, name in zip(events, classes, strict=True):
        if name == _INFECTIONS:
            for stats in event.get("stats", ()):
                affected[str(stats.get("groupId"))].append(count(stats.get("numAffected")))
    for each in module.get("eventGroups", ()):
        group, total = groups.get(key := str(each.get("id"))), count(each.get("seriousNumAtRisk"))
        terms = [people for people in affected[key] if people is not None]
        if group is None or group.arm is None or not total or len(terms) < len(affected[key]):
            continue
        everybody = count(each.get("seriousNumAffected"))
        least, most = max(terms, default=0), sum(terms)
        most = most if everybody is None else min(most, everybody)
        if least != most:
            told = f"{least} to {most} people of {total} with any serious infection; the terms tell no more"
            ledger.remark("serious events", f"'{group.title}': {told}")
            continue
        row = common | {
            "id": ledger.next_id("r"), "arm": group.arm, "ae": _SERIOUS_INFECTION, "outcome": "adverse-event-incidence",
            "outcome_as_reported": "serious Infections and infestations, any", "seriousness": "serious",
            "population": group.population or "safety", "unit_of_analysis": "patient", "events": least, "total": total,
            "derived": True, "derived_fields": ("events",),
            "note": f"worked out from the {len(terms)} serious terms of the organ class",
        }  # fmt: skip
        ledger.write("serious events", Result.model_validate(row), derived=True)


def _class(event: Json) -> str:
    """Return the organ class of an event as MedDRA writes it, in lower case."""
    return tidy(event.get("organSystem")).lower().replace("&", "and")


def _above(threshold: Any) -> str:
    return f", and only those in more than {threshold}% of a group" if threshold else ""


def _most(group: Json) -> int | None:
    sizes = [size for total in TOTALS if (size := count(group.get(total.at_risk))) is not None]
    return max(sizes, default=None)
