"""Matches registered titles of outcomes to our outcomes.

A title is decided only when every word of it is explained: by the names of one outcome, by who was counted, by when,
or by the disease of the study.  A word that is left over ("time to", "without", "among responders") changes the
meaning, so such a title is left to a curator, and so is one that several outcomes explain.  The names are a table,
`outcome-titles.yaml`, whose head tells its columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from dualbio.sources.yaml_lines import SafeLoader

__all__ = ["Meaning", "NumberSort", "Titles", "read_titles", "words_of"]

#: What the numbers of an outcome are: people of a whole, events by exposure, changes, changes in percent of the start
#: (which no outcome here is), levels, or times until something.
NumberSort = Literal["share", "rate", "change", "percent change", "level", "time"]
_TABLE = Path(__file__).with_name("outcome-titles.yaml")

_SIGNS = (
    (re.compile(r"less than or equal to|not more than|no more than|=<|\u2264|\u2a7d"), " <= "),
    (re.compile(r"(?:greater|more) than or equal to|=>|\u2265|\u2a7e"), " >= "),
    (re.compile(r"(?:less|lower|fewer) than|below"), " < "),
    (re.compile(r"(?:greater|more|higher) than|above"), " > "),
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|<=|>=|[<>%]")
_NUMBER, _TO, _NO_TIME = r"\d+(?:\.\d+)?", "(?:and|or|to|through|until)", "%|mg|points?|joints?"
_STAGES = "induction|maintenance|treatment|double blind|db|open label|core|main|extension|follow up|study|randomi[sz]ed"
_TIMES = tuple(
    re.compile(rf"(?<!\S)(?:{pattern})(?!\S)")
    for pattern in (
        rf"(?:weeks?|wks?|days?|months?|years?|yrs?|visits?|w) {_NUMBER}(?: (?:{_TO} )?{_NUMBER}(?! (?:{_NO_TIME})))*",
        rf"{_NUMBER} (?:weeks|wks|days|months|years|yrs)",
        r"\d+ (?:week|month|year) (?:treatment|study|period|double blind|induction|maintenance|follow up)",
        r"over time|throughout|end of (?:the )?(?:study|treatment|trial|period)|early termination",
        rf"(?:{_STAGES})(?: treatment)? (?:period|phase|part)",
        r"(?:each |scheduled |specified )*(?:time ?points?|visits?)",
    )
)
_BETWEEN = re.compile(r"@(?: (?:and|or|to|through|until|@))*(?: @)")
_FRAME = re.compile(
    r"(?<!\S)(?:percentages?|percent|proportions?|numbers?|rates?|share|frequency|incidence|occurrence|count|%|@"
    r"|baseline|participants?|subjects?|patients?|people|persons?|individuals?|of|the|an?|in|with|who|that|to|at|from|through|until"
    r"|up|over|during|within|after|since|for|by|per|as|on|is|was|are|were|based|according|using|measured|assessed"
    r"|determined|defined|achiev\w*|attain\w*|ha(?:s|d|ve|ving)|reach\w*|meet(?:s|ing)?|met|experienc\w*|show\w*|exhibit\w*"
    r"|demonstrat\w*|report(?:s|ed|ing)|(?:co )?primary(?: efficacy)?(?: (?:end ?point|outcome))"
    r"|(?:major |key |main )*secondary (?:end ?point|outcome)|co endpoint|co primary|us|eu)(?!\S)"
)
_CHANGE = re.compile(r"(?<!\S)(?:(?:least squares|ls|adjusted|absolute|mean|median|average) )*changes?(?!\S)")
#: A change in percent of the start is another number than one in the unit of the outcome.
_RELATIVE = re.compile(
    r"(?<!\S)(?:(?:percentage|percent|%)(?: mean| median)? changes?|relative (?:to (?:the )?baseline|changes?)"
    r"|(?:percentage|percent|%|ratio) (?:of|to) (?:the )?baseline)(?!\S)"
)
#: How a title says that events are counted by exposure.
_RATE = re.compile(
    r"(?<!\S)(?:exposure adjusted|(?:event|incidence) rates?|eairs?|eaers?"
    r"|per 10{0,3} (?:patient|participant|person|subject) years?)(?!\S)"
)
_LEVEL = re.compile(r"(?<!\S)(?:mean|median|average|absolute|values?)(?!\S)")
#: What stands between the outcomes that a title names together.
_LIST = re.compile(r"(?<!\S)(?:and|or)(?!\S)")
_STAGE = r"(?:active|moderate(?:ly)?|severe(?:ly)?|to|early|established|adults?|refractory|with|and)"


class Meaning(NamedTuple):
    """What a title means: an outcome, and the event where it counts people with one."""

    outcome: str
    ae: str | None = None


@dataclass(frozen=True)
class _Entry:
    """One way in which titles name an outcome."""

    meaning: Meaning
    numbers: frozenset[str]
    names: tuple[re.Pattern[str], ...]
    also: re.Pattern[str] | None
    says: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    diseases: frozenset[str]

    def explains(self, words: str, around: str) -> str | None:
        """Return what is left of a title's `words` without those that this entry explains; None where it does not fit.

        Args:
            words: the title without its times.
            around: title and description.
        """
        for name in self.names:
            words, found = name.subn(" ", words)
            if not found:
                return None
        if (self.says and not self.says.search(around)) or (self.unless and self.unless.search(around)):
            return None
        return self.also.sub(" ", words) if self.also else words

    def fits(self, diseases: frozenset[str], number: NumberSort | None) -> bool:
        """Return whether a study of these diseases, and numbers of this sort, can be meant."""
        numbers = self.numbers | {"rate"} if self.meaning.ae else self.numbers
        return (not self.diseases or not self.diseases.isdisjoint(diseases)) and number in (None, *numbers)

    def longest(self, words: str) -> int:
        """Return the length of the longest name of this entry in a title."""
        return max((len(match[0]) for name in self.names for match in name.finditer(words)), default=0)


class Titles:
    """Decides titles for the outcomes and events of one vocabulary."""

    def __init__(
        self, entries: Iterable[_Entry], no_place: Iterable[tuple[str, re.Pattern[str], re.Pattern[str]]]
    ) -> None:
        """Take the entries of a table, and the signs of outcomes that no table has a place for."""
        self._entries = tuple(entries)
        self._no_place = tuple(no_place)
        self.find = lru_cache(maxsize=8192)(self._find)
        self.near = lru_cache(maxsize=8192)(self._near)
        self.sort_without_place = lru_cache(maxsize=8192)(self._sort_without_place)

    def takes(self, outcome: str, number: NumberSort | None) -> bool:
        """Return whether numbers of an outcome can be of a sort; of one without a title here, they can be of any."""
        sorts = [entry.numbers for entry in self._entries if entry.meaning == (outcome, None)]
        return number is None or (not sorts and number != "percent change") or any(number in each for each in sorts)

    def _sort_without_place(self, title: str) -> str | None:
        """Return the sort of an outcome that no table has a place for, such as pharmacokinetics."""
        words = words_of(title)
        return next((sort for sort, sign, but in self._no_place if sign.search(words) and not but.search(words)), None)

    def _near(self, title: str, diseases: frozenset[str]) -> tuple[str, ...]:
        """Return up to three keys of outcomes whose names stand in a title, whatever else does."""
        words = words_of(title)
        keys = (
            f"ae:{entry.meaning.ae}" if entry.meaning.ae else entry.meaning.outcome
            for entry in self._entries
            if entry.fits(diseases, None) and all(name.search(words) for name in entry.names)
        )
        return tuple(dict.fromkeys(keys))[:3]

    def _find(
        self,
        title: str,
        description: str,
        diseases: frozenset[str],
        disease_names: frozenset[str],
        number: NumberSort | None,
    ) -> Meaning | None:
        """Return what a title means, if it can only mean one thing.

        Args:
            title: the title, with that of a category where there is one.
            description: what the record says of the outcome.
            diseases: keys of the study's diseases and of all that is above them.
            disease_names: what the study's own diseases are called.
            number: what the numbers are; None where there are none yet.
        """
        words = _without_times(words_of(title))
        around = f"{words_of(title)} ; {words_of(description)}"
        found = {
            entry.meaning
            for entry in self._entries
            if entry.fits(diseases, number)
            and (rest := entry.explains(words, around)) is not None
            and not _left_over(rest, entry.numbers, disease_names, number)
        }
        return found.pop() if len(found) == 1 else None

    def find_part(
        self,
        title: str,
        part: str,
        description: str,
        diseases: frozenset[str],
        disease_names: frozenset[str],
        number: NumberSort | None,
    ) -> Meaning | None:
        """Return what a category means whose title names several outcomes, as ACR20 of "ACR20, ACR50, ACR70".

        The category has to mean one of the outcomes that the title names, and these to explain the title.
        """
        meaning = self.find(part, description, diseases, disease_names, number)
        words = rest = _without_times(words_of(title))
        fitting = (each for each in self._entries if each.fits(diseases, number))
        named = [entry for entry in fitting if all(name.search(words) for name in entry.names)]
        if meaning is None or meaning not in {entry.meaning for entry in named}:
            return None
        for entry in sorted(named, key=lambda each: -each.longest(words)):
            for pattern in (*entry.names, *([entry.also] if entry.also else ())):
                rest = pattern.sub(" ", rest)
        numbers = frozenset[str]().union(*(entry.numbers for entry in named))
        return None if _left_over(_LIST.sub(" ", rest), numbers, disease_names, number) else meaning


def read_titles(has: Callable[[str, str], bool]) -> Titles:
    """Return the table of titles, without the entries of keys that a vocabulary lacks.

    Args:
        has: whether the vocabulary of a kind has a key.
    """
    entries, no_place = _read_table()
    known = (
        entry
        for entry in entries
        if has("outcome", entry.meaning.outcome) and (entry.meaning.ae is None or has("ae", entry.meaning.ae))
    )
    return Titles(known, no_place)


@cache
def _read_table() -> tuple[list[_Entry], list[tuple[str, re.Pattern[str], re.Pattern[str]]]]:
    with _TABLE.open(encoding="utf-8") as file:
        table = yaml.load(file, Loader=SafeLoader)  # noqa: S506 - a safe loader
    entries = [_entry(row, table["words"]) for row in table["titles"]]
    no_place = [(row["sort"], re.compile(row["names"]), re.compile(row["unless"])) for row in table["no_place"]]
    return entries, no_place


@lru_cache(maxsize=8192)
def words_of(text: str) -> str:
    """Return the words of a text in lower case, numbers apart from letters, comparisons as signs.

    >>> words_of("DAS28-CRP less than 2.6"), words_of("PASI75 (\u226575%)")
    ('das 28 crp < 2.6', 'pasi 75 >= 75 %')
    """
    plain = text.lower().replace("\\", "")
    for pattern, sign in _SIGNS:
        plain = pattern.sub(sign, plain)
    return " ".join(_TOKEN.findall(plain))


def _without_times(words: str) -> str:
    for pattern in _TIMES:
        words = pattern.sub("@", words)
    return _BETWEEN.sub("@", words)


def _left_over(words: str, numbers: frozenset[str], disease_names: frozenset[str], number: NumberSort | None) -> str:
    """Return the words of a title that nothing explains."""
    words = _RELATIVE.sub("percent_change", words)
    if "change" in numbers:
        words, changes = _CHANGE.subn(" ", words)
        if not changes and "level" not in numbers and number is None:
            return "no change"
    if "level" in numbers or "change" in numbers:
        words = _LEVEL.sub(" ", words)
    if number == "rate":
        words = _RATE.sub(" ", words)
    words = _of_diseases(disease_names).sub(" ", words)
    return _FRAME.sub(" ", words).strip()


@lru_cache(maxsize=1024)
def _of_diseases(names: frozenset[str]) -> re.Pattern[str]:
    """Return what matches a disease with its stage, by the longest of its names: "lupus" is a part of others."""
    known = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    return re.compile(rf"(?<!\S)(?:{_STAGE} )*(?:{known})(?!\S)" if known else "(?!)")


def _entry(row: Mapping[str, Any], words: Mapping[str, str]) -> _Entry:
    kind, _, key = row["outcome"].rpartition(":")
    return _Entry(
        meaning=Meaning("adverse-event-incidence", key) if kind == "ae" else Meaning(key),
        numbers=frozenset(row["number"].split(" | ")),
        names=tuple(_whole_words([name], words) for name in row["names"]),
        also=_whole_words(row["also"], words) if "also" in row else None,
        says=re.compile(_with_words(row["says"], words)) if "says" in row else None,
        unless=re.compile("|".join(_with_words(part, words) for part in row["unless"])) if "unless" in row else None,
        diseases=frozenset(row.get("diseases", ())),
    )


def _whole_words(patterns: Iterable[str], words: Mapping[str, str]) -> re.Pattern[str]:
    """Return a pattern that matches whole words only."""
    return re.compile(rf"(?<!\S)(?:{'|'.join(_with_words(pattern, words).strip() for pattern in patterns)})(?!\S)")


def _with_words(pattern: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z]\w*)\}", lambda match: f"(?:{words[match[1]]})", pattern)
