"""Baseline characteristics of a ClinicalTrials.gov record that a reader needs: how old people were, and their sex."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import ValidationError

from dualbio.model.evidence import Result
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.groups import Group, Groups
from dualbio.sources.importing.ctgov.outcomes import denominators, reason_of
from dualbio.sources.importing.ctgov.values import STATISTICS, count, dispersion, fold, number, tidy
from dualbio.sources.importing.ledger import Ledger
from dualbio.sources.importing.vocabulary import Vocabulary

__all__ = ["measurements", "read_baseline"]

_MODULE = "baseline"
_OUTCOME = "baseline-characteristic"
#: The registry's own titles of what is taken over, and those where it depends on the number or its category.
_TAKEN = ("age continuous", "sex female male", "gender female male")
_AGES, _SEXES = ("age", "age customized"), ("sex", "gender", "sex gender customized")
_SEX = re.compile(r"(?:fe)?males?|(?:wo)?men")


def read_baseline(module: Json, groups: Groups, vocabulary: Vocabulary, ledger: Ledger) -> None:
    """Put every baseline value into the ledger: age and sex of an arm as rows, all others left out with the reason."""
    people = denominators(module)
    found = groups.find_all(module.get("groups", ()), people)
    for measure in module.get("measures", ()):
        title = tidy(measure.get("title")) or "no title"
        own = people | denominators(measure)
        for category, item in measurements(measure):
            group = found.get(key := str(item.get("groupId")))
            if not _is_taken(measure, category) or not vocabulary.has("outcome", _OUTCOME):
                ledger.leave(_MODULE, f"'{title}' at baseline has no field")
            elif group is None or group.arm is None:
                ledger.leave(_MODULE, "of people who are no arm")
            elif number(item.get("value")) is None or not own.get(key):
                ledger.leave(_MODULE, "no number was posted")
            else:
                _read_number(measure, f"{title}: {category}" if category else title, item, group, own[key], ledger)


def _is_taken(measure: Json, category: str) -> bool:
    """Return whether a value is the age, or the number of one sex."""
    title, parameter = fold(tidy(measure.get("title"))), str(measure.get("paramType"))
    age = title in _AGES and parameter in STATISTICS and not category
    sex = title in _SEXES and parameter not in STATISTICS and _SEX.fullmatch(fold(category)) is not None
    return title in _TAKEN or age or sex


def measurements(measure: Json) -> Iterator[tuple[str, Json]]:
    """Yield the values of a measure, each with the title of its category."""
    for class_ in measure.get("classes", ()):
        for category in class_.get("categories", ()):
            title = ": ".join(title for part in (class_, category) if (title := tidy(part.get("title"))))
            yield from ((title, item) for item in category.get("measurements", ()))


def _read_number(measure: Json, words: str, item: Json, group: Group, total: int, ledger: Ledger) -> None:
    assert group.arm is not None
    try:
        fields = _number(measure, item, total)
        row = Result.model_validate({
            "id": ledger.next_id("r"), "arm": group.arm, "kind": "disposition", "outcome": _OUTCOME,
            "outcome_as_reported": words, "role": "exploratory", "week": 0, "total": total,
            "population": group.population or "not-stated", "unit_of_analysis": "patient", "source": "s1",
            "locator": "baseline characteristics", "checked": "registry",
        } | fields)  # fmt: skip
    except (ValueError, ValidationError) as error:
        ledger.refuse(_MODULE, f"{words}, {group.title}: {reason_of(error)}")
        return
    ledger.write(_MODULE, row)


def _number(measure: Json, item: Json, total: int) -> Json:
    """Return statistic, value and spread of a value.

    Raises:
        ValueError: it is no statistic of ours, or cannot be.
    """
    parameter, value = str(measure.get("paramType")), number(item.get("value"))
    if parameter in ("COUNT_OF_PARTICIPANTS", "NUMBER"):
        people = count(item.get("value"))
        if people is None or people > total:
            raise ValueError(f"{item.get('value')} people of {total}")
        return {"statistic": "count", "events": people}
    if parameter not in STATISTICS:
        raise ValueError(f"{parameter} is no statistic of ours")
    _, spread, note = dispersion(tidy(measure.get("dispersionType")), item)
    unit = tidy(measure.get("unitOfMeasure")).lower()
    if unit != "years":
        raise ValueError(f"unit '{unit or 'none'}' of an age; accepted: years")
    return {"statistic": STATISTICS[parameter], "value": value, "unit": unit, "spread": spread, "note": note}
