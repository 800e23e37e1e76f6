"""Outcome measures, analyses and adverse events of a ClinicalTrials.gov record as rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from dualbio.entities import Outcome
from dualbio.evidence import Arm, Comparison, RegimenStep, Result
from dualbio.importing.ctgov_values import (
    MEASURES,
    STATISTICS,
    count,
    interval,
    number,
    p_value,
    slug_of,
    spread,
    weeks,
)
from dualbio.importing.records import TO_DECIDE, ToDecide, Vocabulary

__all__ = ["RowReader"]

Json = dict[str, Any]
_ROLES = {"PRIMARY": "primary", "SECONDARY": "secondary", "OTHER_PRE_SPECIFIED": "exploratory", "POST_HOC": "post-hoc"}
#: Totals of the adverse-event table: our key, field of people with the event, field of people at risk.
_TOTALS = (
    ("serious-adverse-event", "seriousNumAffected", "seriousNumAtRisk"),
    ("death", "deathsNumAffected", "deathsNumAtRisk"),
)
#: Row ids have three digits.
_MOST_ROWS = 999
_UNNUMBERED = "r000"
_INCIDENCE = "adverse-event-incidence"


class RowReader:
    """Reads the results section; `to_decide` and `new_arms` gather what the protocol and our tables do not know."""

    def __init__(self, study: str, results: Json, arms: tuple[Arm, ...], vocabulary: Vocabulary) -> None:
        """Read rows of `study`, whose groups are matched to `arms` by their titles."""
        self.study, self.section, self.vocabulary = study, results, vocabulary
        self.to_decide: list[ToDecide] = []
        self.new_arms: list[Arm] = []
        self._arms = {slug_of(arm.label): arm.id for arm in arms}

    def results(self) -> tuple[Result, ...]:
        """Return the rows whose outcome is certain, numbered first; rows to decide take the numbers after them."""
        certain = [*self._measures(), *self._adverse_events()]
        if len(certain) > _MOST_ROWS:
            over = len(certain) - _MOST_ROWS
            found = f"{over} rows beyond {_MOST_ROWS} are left out; split the study"
            self.to_decide.append(ToDecide(self.study, "row", found))
        numbers = iter(range(len(certain) + 1, _MOST_ROWS + 1))
        for index, item in enumerate(self.to_decide):
            if item.row is not None:
                number_ = next(numbers, None)
                row = None if number_ is None else item.row.model_copy(update={"id": f"r{number_:03}"})
                self.to_decide[index] = item._replace(row=row)
        numbered = (row.model_copy(update={"id": f"r{n:03}"}) for n, row in enumerate(certain[:_MOST_ROWS], start=1))
        return tuple(numbered)

    def comparisons(self) -> tuple[Comparison, ...]:
        """Return the analyses of two groups whose outcome and measure are certain."""
        found: list[Comparison] = []
        for measure in self._outcome_measures():
            for analysis in measure.get("analyses", ()):
                row = self._comparison(measure, analysis, len(found) + 1)
                if row:
                    found.append(row)
        return tuple(found)

    def _outcome_measures(self) -> list[Json]:
        measures = (self.section.get("outcomeMeasuresModule") or {}).get("outcomeMeasures", ())
        return [measure for measure in measures if measure.get("reportingStatus", "POSTED") == "POSTED"]

    def _measures(self) -> Iterator[Result]:
        for measure in self._outcome_measures():
            groups = {str(g.get("id")): self._arm(str(g.get("title", "group"))) for g in measure.get("groups", ())}
            denominators = _denominators(measure)
            for class_ in measure.get("classes", ()):
                of_class = _denominators(class_) or denominators
                for category in class_.get("categories", ()):
                    titles = [str(part["title"]) for part in (class_, category) if part.get("title")]
                    for item in category.get("measurements", ()):
                        group = str(item.get("groupId"))
                        yield from self._result(measure, titles, item, groups.get(group, ""), of_class.get(group))

    def _result(self, measure: Json, titles: list[str], item: Json, arm: str, total: int | None) -> Iterator[Result]:
        title, frame = str(measure.get("title", "?")), str(measure.get("timeFrame", ""))
        fields = self._number(measure, item, total)
        words = ": ".join((title, *titles))
        if fields is None or not arm:
            shown = item.get("value", "no value")
            self.to_decide.append(ToDecide(self.study, "row", f"{words}, {arm or 'no group'}: {shown}"))
            return
        outcome = self.vocabulary.find("outcome", title)
        week = weeks(*titles, frame)
        common = {
            "id": _UNNUMBERED, "arm": arm, "kind": self._kind(outcome), "outcome": outcome or TO_DECIDE,
            "outcome_as_reported": words, "role": _ROLES.get(str(measure.get("type")), "exploratory"),
            "week": None if week is None else number(week), "timepoint": "not-stated" if week is None else None,
            "period": frame or None, "population": "not-stated", "unit_of_analysis": "patient", "source": "s1",
            "locator": "outcome measures", "checked": "registry",
        }  # fmt: skip
        yield from self._certain(common | fields, "outcome", title, outcome)

    def _certain(self, fields: Json, kind: str, name: str, key: str | None) -> Iterator[Result]:
        """Yield the row when its key is known; otherwise list it."""
        try:
            row = Result.model_validate(fields)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            self.to_decide.append(ToDecide(self.study, "row", f"{fields['outcome_as_reported']}: {reason}"))
            return
        if key:
            yield row
        else:
            self.to_decide.append(ToDecide(self.study, kind, name, self.vocabulary.nearest(kind, name), row))

    def _number(self, measure: Json, item: Json, total: int | None) -> Json | None:
        """Return statistic, value, unit and dispersion of a measurement; None where they are not certain."""
        parameter, unit = str(measure.get("paramType", "")), str(measure.get("unitOfMeasure", ""))
        value, share = number(item.get("value")), "percent" in unit.lower()
        if value is None:
            return None
        if parameter == "COUNT_OF_PARTICIPANTS":
            people = count(item.get("value"))
            return None if people is None else {"statistic": "count", "events": people, "total": total}
        if parameter == "NUMBER" and share:
            return {"statistic": "percent", "value": value, "unit": "%", "total": total}
        statistic = STATISTICS.get(parameter)
        if statistic is None:
            return None
        changed = "change" in str(measure.get("title", "")).lower() and statistic in ("mean", "median")
        dispersion = str(measure.get("dispersionType", ""))
        level = dispersion.split("%", maxsplit=1)[0] if "Confidence" in dispersion else None
        return {
            "statistic": f"{statistic}-change" if changed else statistic,
            "value": value,
            "unit": "%" if share else unit or None,
            "total": total,
            "interval": interval(item.get("lowerLimit"), item.get("upperLimit"), level),
            "spread": spread(dispersion, item),
            "note": "least-squares mean" if parameter == "LEAST_SQUARES_MEAN" else None,
        }

    def _comparison(self, measure: Json, analysis: Json, position: int) -> Comparison | None:
        title, name = str(measure.get("title", "?")), str(analysis.get("paramType") or "")
        outcome = self.vocabulary.find("outcome", title)
        titles = {str(g.get("id")): str(g.get("title", "group")) for g in measure.get("groups", ())}
        groups = [titles.get(str(group), "") for group in analysis.get("groupIds", ())]
        effect = _effect(analysis)
        value = analysis.get("paramValue") or analysis.get("pValue")
        shown = f"{title}: {' against '.join(groups)}, {name or 'p'} {value}"
        if outcome is None or effect is None or len(groups) != 2 or not all(groups):
            self.to_decide.append(ToDecide(self.study, "comparison", shown))
            return None
        question = f"c{position:03}: which arm stands first, and which is better? {shown}"
        self.to_decide.append(ToDecide(self.study, "direction", question))
        week = weeks(str(measure.get("timeFrame", "")))
        fields = {
            "id": f"c{position:03}", "a": self._arm(groups[0]), "b": self._arm(groups[1]),
            "contrast_type": "between-arms", "kind": self._kind(outcome), "outcome": outcome,
            "outcome_as_reported": title, "role": _ROLES.get(str(measure.get("type")), "exploratory"),
            "week": None if week is None else number(week), "significant": "unknown", "favours": "unknown",
            "source": "s1", "locator": "outcome measures, statistical analyses", "checked": "registry",
        }  # fmt: skip
        return Comparison.model_validate(fields | effect)

    def _adverse_events(self) -> Iterator[Result]:
        module = self.section.get("adverseEventsModule") or {}
        common = {
            "id": _UNNUMBERED, "kind": "safety", "outcome": _INCIDENCE, "role": "adverse-event",
            "timepoint": "follow-up", "period": str(module.get("timeFrame") or "") or None, "population": "safety",
            "unit_of_analysis": "patient", "statistic": "count", "source": "s1",
            "locator": "adverse events", "checked": "registry",
        }  # fmt: skip
        for event in (*_totals(module), *_terms(module)):
            key = event.key or self.vocabulary.find("ae", event.name)
            fields = {
                "arm": self._arm(event.group), "ae": key or TO_DECIDE, "outcome_as_reported": event.words,
                "events": event.affected, "total": event.at_risk, "note": event.note,
            }  # fmt: skip
            yield from self._certain(common | fields, "ae", event.name, key)

    def _arm(self, title: str) -> str:
        """Return the arm that a group of the results is; a group with another title becomes an arm of its own."""
        slug = slug_of(title)
        if slug not in self._arms:
            steps = (RegimenStep(role="active", drug=TO_DECIDE),)
            arm = Arm(id=slug, label=title, role="monotherapy", strategy="not-applicable", regimen=steps)
            self.new_arms.append(arm)
            self._arms[slug] = slug
        return self._arms[slug]

    def _kind(self, outcome: str | None) -> str:
        row = self.vocabulary.entities["outcome"].get(outcome or "")
        return row.kind if isinstance(row, Outcome) else "efficacy"


def _effect(analysis: Json) -> Json | None:
    """Return measure, estimate, interval and p of an analysis; None when the measure is not one of ours."""
    name = str(analysis.get("paramType") or "").lower()
    estimate, p = number(analysis.get("paramValue")), p_value(analysis.get("pValue"), None)
    if not name:
        return {"measure": "p-only", "p": p} if p else None
    measure = next((ours for start, ours in MEASURES.items() if name.startswith(start)), None)
    if measure is None or estimate is None:
        return None
    limits = (analysis.get(field) for field in ("ciLowerLimit", "ciUpperLimit", "ciPctValue"))
    return {"measure": measure, "estimate": estimate, "p": p, "interval": interval(*limits)}


def _denominators(owner: Json) -> dict[str, int]:
    """Return the people of each group."""
    people: dict[str, int] = {}
    for denominator in owner.get("denoms", ()):
        if str(denominator.get("units", "")).lower() == "participants":
            for item in denominator.get("counts", ()):
                value = count(item.get("value"))
                if value:
                    people[str(item.get("groupId"))] = value
    return people


class _Event(NamedTuple):
    """People of one group with one adverse event; `key` is ours where the table's own total says what it is."""

    group: str
    name: str
    words: str
    key: str | None
    affected: int
    at_risk: int
    note: str | None


def _totals(module: Json) -> Iterator[_Event]:
    """Yield serious events and deaths by group."""
    for key, affected, at_risk in _TOTALS:
        for group in module.get("eventGroups", ()):
            events, people = count(group.get(affected)), count(group.get(at_risk))
            if events is not None and people:
                words = f"{key.replace('-', ' ')}, any"
                yield _Event(str(group.get("title", "group")), key, words, key, events, people, None)


def _terms(module: Json) -> Iterator[_Event]:
    """Yield single events by group, serious ones first."""
    groups = {str(g.get("id")): str(g.get("title", "group")) for g in module.get("eventGroups", ())}
    percent = module.get("frequencyThreshold")
    above = f", those above {percent}% in a group" if percent else ""
    for list_, sort, note in (
        ("seriousEvents", "serious", "serious events only"),
        ("otherEvents", "non-serious", f"non-serious events only{above}"),
    ):
        for event in module.get(list_, ()):
            name = str(event.get("term", "?"))
            for stats in event.get("stats", ()):
                events, people = count(stats.get("numAffected")), count(stats.get("numAtRisk"))
                group = groups.get(str(stats.get("groupId")))
                if events is not None and people and group:
                    yield _Event(group, name, f"{sort} {name}", None, events, people, note)
