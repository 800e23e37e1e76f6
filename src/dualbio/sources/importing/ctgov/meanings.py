"""Matches the outcomes of a ClinicalTrials.gov record to ours: by decision, by label, or by title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from dualbio.model.contrast import better_side
from dualbio.model.entities import Outcome
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.times import is_time
from dualbio.sources.importing.ctgov.values import tidy
from dualbio.sources.importing.ledger import LEAVE, TO_DECIDE, Ledger
from dualbio.sources.importing.titles import Meaning, NumberSort, words_of
from dualbio.sources.importing.vocabulary import Vocabulary

__all__ = ["Meanings"]

#: Categories that say no more than that the outcome was met, and those of the other people.
_MET = ("yes", "responder", "responders", "achieved", "response")
_UNMET = (
    "no", "non-responder", "non-responders", "nonresponder", "nonresponders", "non responder", "non responders",
    "not responder", "not responders", "not achieved", "did not achieve", "not met", "did not meet", "no response",
    "non-response", "did not respond",
)  # fmt: skip
#: Categories of people about whom nothing was found out.
_NOT_KNOWN = ("missing", "unknown", "not known", "not evaluable", "not assessed", "not available", "not reported")
_VISIT = re.compile(
    r"\s*\b(?:at|by|to|through|until|up to)?\s*\b(?:weeks?|months?|days?|years?)[\s-]*\d+(?:\.\d+)?"
    r"(?:\s*(?:,|and|or|to|through|-)+\s*\d+)*\b",
    re.IGNORECASE,
)
#: Events whose rows say that they are serious.
_SERIOUS = ("serious-adverse-event", "serious-infection")


class Meanings:
    """Finds what outcomes of one record mean, knowing the diseases of the study and what a curator decided."""

    def __init__(self, vocabulary: Vocabulary, ledger: Ledger, diseases: Iterable[str]) -> None:
        """Know the diseases of the study, as far as they are keys of ours."""
        known = [key for key in diseases if vocabulary.has("disease", key)]
        self._vocabulary, self._ledger = vocabulary, ledger
        self._diseases = vocabulary.above(known)
        self._names = frozenset(words_of(name) for key in known for name in vocabulary.names_of("disease", key))
        # Every group has its number beside the same titles, and the record lives as long as this does.
        self._found: dict[tuple[int, tuple[str, ...], NumberSort | None], Meaning | None] = {}
        self._left: dict[tuple[int, tuple[str, ...], NumberSort], str | None] = {}

    @property
    def in_field(self) -> bool:
        """Whether the study is of a disease that we have."""
        return bool(self._diseases)

    def question(self, measure: Json, titles: Sequence[str] = ()) -> tuple[str, str]:
        """Return what a curator is asked of an outcome: the title without visits, and categories that are no times."""
        return "outcome", ": ".join((_without_visits(_title(measure)), *_extra(titles)))

    def find(self, measure: Json, titles: Sequence[str] = (), number: NumberSort | None = None) -> Meaning | None:
        """Return what an outcome means; None where it is not certain.

        Args:
            measure: the outcome, posted or planned.
            titles: the titles of class and category that stand beside a number.
            number: what the number is, where there is one.
        """
        key = (id(measure), tuple(titles), number)
        if key not in self._found:
            self._found[key] = self._find(measure, titles, number)
        return self._found[key]

    def _find(self, measure: Json, titles: Sequence[str], number: NumberSort | None) -> Meaning | None:
        answer = self._ledger.answers.get(self.question(measure, titles))
        if answer is not None and answer != LEAVE:
            kind, _, key = answer.rpartition(":")
            return Meaning("adverse-event-incidence", key) if kind == "ae" else Meaning(key)
        title, extra = _title(measure), _extra(titles)
        label = None if extra else self._vocabulary.find("outcome", title)
        titles_, known = self._vocabulary.titles, (self._diseases, self._names, number)
        if label is not None and titles_.takes(label, number):
            return Meaning(label)
        description = tidy(measure.get("description"))
        found = titles_.find(" ".join((title, *extra)), description, *known)
        if found is None and len(extra) == 1:
            return titles_.find_part(title, extra[0], description, *known)
        return found

    def near(self, measure: Json) -> tuple[str, ...]:
        """Return keys of outcomes whose names stand in a title."""
        title = _title(measure)
        return self._vocabulary.titles.near(title, self._diseases)

    def left_out(self, measure: Json, titles: Sequence[str], number: NumberSort) -> str | None:
        """Return why a number of an outcome is no row of ours, if that is certain."""
        key = (id(measure), tuple(titles), number)
        if key not in self._left:
            self._left[key] = self._reason(measure, titles, number)
        return self._left[key]

    def _reason(self, measure: Json, titles: Sequence[str], number: NumberSort) -> str | None:
        if self._ledger.answers.get(self.question(measure, titles)) == LEAVE:
            return "left out by decision"
        if any(title.lower() in _UNMET for title in titles):
            return "the people who did not meet an outcome, whose others are told"
        sort = self._vocabulary.titles.sort_without_place(tidy(measure.get("title")))
        if sort is not None:
            return f"{sort} has no place in the vocabulary"
        if number == "percent change":
            return None  # which a curator may take for the outcome
        if any(title.lower() in _NOT_KNOWN for title in titles):
            return "people of whom nothing is known"
        any_number = self.find(measure, titles)
        if any_number is not None and self.find(measure, titles, number) is None:
            return f"a {number}, which '{any_number.outcome}' is not"
        return None

    def fields(self, meaning: Meaning | None, number: NumberSort | None = None) -> Json:
        """Return what a row says of its outcome; events by exposure are another outcome than people with one."""
        if meaning is not None and meaning.ae and number == "rate":
            meaning = meaning._replace(outcome="adverse-event-rate")
        row = self._vocabulary.entities["outcome"].get(meaning.outcome) if meaning else None
        if meaning is None or not isinstance(row, Outcome):
            return {"kind": "efficacy", "outcome": meaning.outcome if meaning else TO_DECIDE}
        measured = [named.partition(":")[2] for named in row.measures]
        return {
            "kind": row.kind,
            "outcome": meaning.outcome,
            "ae": meaning.ae,
            "biomarker": measured[0] if row.kind == "biomarker" and len(measured) == 1 else None,
            "seriousness": "serious" if meaning.ae in _SERIOUS else None,
        }

    def better(self, fields: Json) -> str:
        """Return which arm a comparison favours, if its first arm is the first of the contrast."""
        row = self._vocabulary.entities["outcome"].get(fields["outcome"])
        direction = row.direction if isinstance(row, Outcome) else "neutral"
        return better_side(fields["measure"], fields.get("estimate"), direction) or "unknown"

    def with_known_unit(self, fields: Json) -> Json:
        """Return a row's fields with the unit of our table; another unit is reported in the note as it is printed."""
        printed = fields.get("unit")
        if printed is None:
            return fields
        unit = self._vocabulary.unit(printed)
        told = None if unit else f"unit printed as '{printed}'"
        note = "; ".join(text for text in (fields.get("note"), told) if text) or None
        return fields | {"unit": unit, "note": note}

    def with_biomarker(self, fields: Json, question: tuple[str, str]) -> Json:
        """Return a row's fields with its biomarker as a curator said; ask where nobody did."""
        if fields["kind"] != "biomarker" or fields["biomarker"] is not None:
            return fields
        answer = self._ledger.answers.get(("biomarker", question[1]))
        if answer is None:
            self._ledger.ask("biomarker", question[1], "which biomarker is it?")
        return fields | {"biomarker": answer}


def _title(measure: Json) -> str:
    """Return the title of an outcome, posted or planned."""
    return tidy(measure.get("title") or measure.get("measure"))


@lru_cache(maxsize=4096)
def _without_visits(title: str) -> str:
    return tidy(_VISIT.sub(" ", title)) or "?"


def _extra(titles: Sequence[str]) -> list[str]:
    """Return the titles beside a number that say more than when it was taken, or that the outcome was met."""
    return [text for text in titles if not is_time(text) and text.lower() not in _MET]
