"""Participant flow of a ClinicalTrials.gov record: how many people began with each arm's treatment, and who left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dualbio.model.evidence import Result
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.groups import Group
from dualbio.sources.importing.ctgov.values import count, tidy
from dualbio.sources.importing.ledger import Ledger
from dualbio.sources.importing.vocabulary import Vocabulary

__all__ = ["read_flow", "started"]

_RANDOMISED = re.compile(r"(?<!re-)(?<!re)\brandomi[sz]", re.IGNORECASE)
_BEFORE = re.compile(
    r"\brun-?\s?in\b|\bscreening\b|\blead-?\s?in\b|\bwash-?\s?out\b|\bpre-?\s?(?:randomi|treatment)", re.IGNORECASE
)
#: The parts of a period: their module in the account, and where their numbers are.
_LISTS = (("flow", "milestones", "achievements"), ("withdrawals", "dropWithdraws", "reasons"))
#: What milestones and reasons to leave are as results, by module and the registry's own word.
_ROWS: dict[tuple[str, str], Json] = {
    ("flow", "completed"): {
        "kind": "disposition",
        "role": "exploratory",
        "outcome": "completion",
        "outcome_as_reported": "completed the period",
    },
    ("withdrawals", "adverse event"): {
        "kind": "safety",
        "role": "adverse-event",
        "outcome": "adverse-event-incidence",
        "ae": "discontinuation-due-to-adverse-event",
        "outcome_as_reported": "withdrawal for an adverse event",
    },
    ("withdrawals", "lack of efficacy"): {
        "kind": "efficacy",
        "role": "exploratory",
        "outcome": "lack-of-effect-discontinuation",
        "outcome_as_reported": "withdrawal for lack of efficacy",
    },
}
_OPEN, _BLIND = re.compile(r"\bopen\b", re.IGNORECASE), re.compile(r"\bblind", re.IGNORECASE)


class _Part(NamedTuple):
    """People of one group in one period: how many reached a milestone or left for a reason, of those who began."""

    module: str
    kind: str
    title: str
    people: int | None
    began: int | None


def started(flow: Json, ledger: Ledger, *, randomised: bool) -> dict[str, int]:
    """Return the people who started the first period of treatment, by group id.

    In a randomised study that is the period that names randomisation, or the first that is no run-in, and no open
    period before a blinded one: people of a run-in were not allocated yet.
    """
    periods: list[Json] = flow.get("periods") or []
    first = _allocation_period(periods, randomised)
    found = {
        str(achieved.get("groupId")): people
        for milestone in (periods[first].get("milestones", ()) if periods else ())
        if milestone.get("type") == "STARTED"
        for achieved in milestone.get("achievements", ())
        if (people := count(achieved.get("numSubjects")))
    }
    for group, people, title in _later(flow, periods[first + 1 :], found):
        ledger.remark("flow", f"'{group}' begins with {people} people in '{title}': of which arms are they?")
    return found


def read_flow(
    flow: Json,
    people: Mapping[str, int],
    groups: Mapping[str, Group],
    vocabulary: Vocabulary,
    ledger: Ledger,
    *,
    randomised: bool,
) -> dict[str, int]:
    """Return the people of each arm, and account for all of the flow.

    Who finished the first period of treatment, and who left it for harm or for lack of effect, become results.

    Args:
        flow: the module of the participant flow.
        people: who started that period, by group id.
        groups: what the groups are, by id.
        vocabulary: the keys that there are.
        ledger: takes rows and what is left out.
        randomised: whether people were allocated by chance.
    """
    periods: list[Json] = flow.get("periods") or []
    first = _allocation_period(periods, randomised)
    for position, period in enumerate(periods):
        title = tidy(period.get("title"))
        for module, field, numbers in _LISTS:
            for each in period.get(field, ()):
                kind = tidy(each.get("type")) or "no type"
                for item in each.get(numbers, ()):
                    if position != first:
                        ledger.leave(module, "of another period than the first after allocation")
                    elif kind != "STARTED":
                        key = str(item.get("groupId"))
                        part = _Part(module, kind, title, count(item.get("numSubjects")), people.get(key))
                        _read_part(part, groups.get(key), vocabulary, ledger)
                    elif not (size := count(item.get("numSubjects"))):
                        ledger.leave(module, "no number was posted" if size is None else "nobody began with it")
    return _sizes(people, groups, ledger)


def _fields(part: _Part, vocabulary: Vocabulary) -> Json | None:
    """Return what a milestone or a reason to leave is as a result, if our vocabulary has it."""
    fields = _ROWS.get((part.module, part.kind.lower()))
    known = fields and vocabulary.has("outcome", fields["outcome"])
    return fields if fields and known and ("ae" not in fields or vocabulary.has("ae", fields["ae"])) else None


def _read_part(part: _Part, group: Group | None, vocabulary: Vocabulary, ledger: Ledger) -> None:
    """Put the people of one group who reached a milestone, or left for a reason, into the ledger."""
    fields = _fields(part, vocabulary)
    if fields is None:
        ledger.leave(part.module, f"'{part.kind}' has no field")
    elif part.people is None:
        ledger.leave(part.module, "no number was posted")
    elif not part.began or part.people > part.began:
        ledger.leave(part.module, "no part of the people who began")
    elif group is None or group.arm is None:
        ledger.leave(part.module, "of people who are no arm")
    else:
        common = {
            "id": ledger.next_id("r"), "arm": group.arm, "timepoint": "follow-up", "period": part.title or None,
            "population": "ITT", "unit_of_analysis": "patient", "statistic": "count", "events": part.people,
            "total": part.began, "source": "s1", "locator": "participant flow", "checked": "registry",
        }  # fmt: skip
        ledger.write(part.module, Result.model_validate(common | fields))


def _sizes(people: Mapping[str, int], groups: Mapping[str, Group], ledger: Ledger) -> dict[str, int]:
    """Return the people of each arm; those of a group that is no arm wait for a decision."""
    sizes: dict[str, int] = {}
    for key, number in people.items():
        group = groups.get(key)
        if group is not None and group.arm is not None:
            sizes[group.arm] = number
            ledger.tally("flow").written += 1
        elif group is not None and not group.left:
            ledger.wait("flow", ("group", group.title), group.reason or "", group.nearest)
        else:
            ledger.leave("flow", "of people who are no arm")
    return sizes


def _later(flow: Json, periods: list[Json], began: dict[str, int]) -> Iterator[tuple[str, int, str]]:
    """Yield groups that begin after the first period, and so with people of other groups."""
    titles = {str(group.get("id")): tidy(group.get("title")) for group in flow.get("groups", ())}
    seen = set(began)
    for period in periods:
        for milestone in period.get("milestones", ()):
            for achieved in milestone.get("achievements", ()) if milestone.get("type") == "STARTED" else ():
                group, people = str(achieved.get("groupId")), count(achieved.get("numSubjects"))
                if people and group not in seen:
                    seen.add(group)
                    yield titles.get(group, group), people, tidy(period.get("title"))


def _allocation_period(periods: list[Json], randomised: bool) -> int:
    """Return the position of the period that people were allocated to."""
    titles = [tidy(period.get("title")) for period in periods]
    if not randomised:
        return 0
    named = next((n for n, title in enumerate(titles) if _RANDOMISED.search(title) and not _BEFORE.search(title)), None)
    if named is not None:
        return named
    return next(_after(titles), 0)


def _after(titles: list[str]) -> Iterator[int]:
    for position, title in enumerate(titles):
        opened = _OPEN.search(title) and any(_BLIND.search(later) for later in titles[position + 1 :])
        if not _BEFORE.search(title) and not opened:
            yield position
