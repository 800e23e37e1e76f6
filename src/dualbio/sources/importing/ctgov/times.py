"""The time of a number in a ClinicalTrials.gov record: a week after the start, or the record's own words.

A class or category that names a time is nearer to its number than the title, and the title nearer than the time frame
of the whole outcome: the first text that names any time decides, and never gives way to a more general one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

__all__ = ["Time", "is_time", "time_of"]

Timepoint = Literal["follow-up", "not-stated"]
_UNIT = r"years?|yrs?|months?|mos?|weeks?|wks?|days?"
_NUMBER = r"\d+(?:\.\d+)?"
_BETWEEN = r"\s*(?:,|;|/|&|-|\u2013|\u2014|\band\b|\bor\b|\bto\b|\bthrough\b|\s)+\s*"
#: Numbers that share one unit, before or after them: "weeks 4, 8 and 12", "24 weeks", "W24".
_AMOUNT = re.compile(
    rf"\b(?P<unit>{_UNIT})\.?[\s-]*(?P<numbers>{_NUMBER}(?:{_BETWEEN}{_NUMBER})*)(?!\d|\.\d|\s*(?:%|mg))"
    rf"|\b(?P<counted>{_NUMBER}(?:{_BETWEEN}{_NUMBER})*)[\s-]*(?P<after>{_UNIT})\b|\b(?P<letter>[wm])(?P<short>\d+)\b",
    re.IGNORECASE,
)
#: The number of a part or visit is none of weeks: "Part 1 Week 12", "Visit 8, Week 24".
_NUMBERED = re.compile(
    r"\b(?:part|period|phase|stage|step|segment|cohort|visit|group|arm|study)\s*\d+\b(?!\s*(?:and|to|-)\s*\d)",
    re.IGNORECASE,
)
#: A time before the start, as in "Week -4".
_NEGATIVE = re.compile(rf"\b(?:{_UNIT})\s+[-\u2212]\d", re.IGNORECASE)
_SCREENING = re.compile(r"\b(?:screening|run-?\s?in|lead-?\s?in|pre-?\s?(?:dose|treatment))\b", re.IGNORECASE)
#: How far from its day a visit may be, as in "Week 24 \u00b1 7 days".
_WINDOW = re.compile(rf"(?:\u00b1|\+\s*/?\s*[-\u2212\u2013])\s*{_NUMBER}\s*(?:{_UNIT})?", re.IGNORECASE)
_START = re.compile(
    r"\bbase\s?-?line\b|\bbl\b|\brandomi[sz]ation\b|\benrol+ment\b|\b(?:study|trial) entry\b|^\W*entry\W*$"
    r"|(?:\bat\s+|^\W*)inclusion\W*$|\bstart of (?:the )?(?:study |trial )?(?:treatment|therapy|study|trial)\b"
    r"|\btime\s*(?:0|zero)\b|\bt0\b",
    re.IGNORECASE,
)
#: What a change is counted from is not when it was measured.
_CHANGE_FROM = re.compile(
    r"\b(?:from|since|versus|vs\.?|(?:relative|compared?) (?:to|with)|over)\s+(?:the\s+)?base\s?-?line\b", re.IGNORECASE
)
#: A rhythm, or a distance to something other than the start of the study, is no week of it.
_ELSEWHERE = re.compile(
    r"\bevery\b|\bq\d+w\b|\beach\b|\bper\b|\bprior\b|\bbefore\b|\bpreceding\b|\bafter\b|\bpost\b|\bfollowing\b|\blast\b"
    r"|\bsince\b|\bfollow-?\s?up\b",
    re.IGNORECASE,
)
#: A part of a study that begins after its start; its weeks, and its own baseline, are not counted from there.
_LATER_PART = re.compile(
    r"\bextension\b|\bole\b|\blte\b|\bopen[\s-]label\b|\bmaintenance\b|\broll-?\s?over\b|\bcross-?\s?over\b"
    r"|\bre-?treatment\b|\b(?:part|period|phase|stage|step|segment)[\s-]*(?:[2-9]|[b-e]|ii|iii|iv)\b"
    r"|\b(?:second|third|2nd|3rd)[\s-]+(?:part|period|phase|stage)\b",
    re.IGNORECASE,
)
#: Before the start of the study, of a dose, or at a visit that nothing tells the time of.
_UNPLACED = re.compile(
    r"\b(?:prior|before|preceding|screening|run-?\s?in|lead-?\s?in|pre-?\s?(?:dose|treatment|study|baseline|infusion)"
    r"|(?:initial|first) (?:visit|observation|assessment|dose)|visit\s*\d+|v\d+)\b",
    re.IGNORECASE,
)
#: Since the start is where weeks are counted from, these words after a number say nothing new.
_FROM_START = re.compile(
    r"\b(?:after|post|following|since)[\s-]+(?:the\s+)?(?:baseline|randomi[sz]ation|start of (?:study|treatment)|"
    r"first (?:dose|infusion|injection|administration)|treatment (?:start|initiation))\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\bup\s?to\b|\bthrough(?:out)?\b|\bthru\b|\bwithin\b|\bover\b|\bduring\b|\buntil\b|\btill\b|\bbetween\b|\bany\s?time\b"
    r"|\bfor\b|\bcourse of\b|\baverage of\b|\bperiod\b",
    re.IGNORECASE,
)
#: Times without a number.
_VISIT = re.compile(
    r"\bstudy (?:end|completion)\b|\bend of (?:the )?(?:study|treatment)\b|\bearly termination\b|\bscreening\b"
    r"|\brun-?\s?in\b|\blead-?\s?in\b|\bpre-?\s?(?:dose|treatment|study|baseline|infusion)\b|\bhours?\b|\bminutes?\b|\bfollow-?\s?up\b"
    r"|\b(?:last|final|first|initial) (?:visit|observation|dose|assessment)\b|\bvisit\s*\d+\b|\bv\d+\b"
    r"|\b(?:before|prior to)\s+(?:(?:the|start|of|first|study)\s+)*"
    r"(?:treatment|therapy|dos(?:e|ing)|drug|infusion|injection)\b",
    re.IGNORECASE,
)
#: How the title of an outcome names a visit; other numbers in it, as in "4 weeks of steroids", are its content.
_TITLE_VISIT = re.compile(
    rf"\b(?:weeks?|months?|days?|years?)[\s-]*{_NUMBER}(?:{_BETWEEN}{_NUMBER})*|\b(?:at|by)\s+{_NUMBER}[\s-]*(?:{_UNIT})\b",
    re.IGNORECASE,
)
_TITLE_START = re.compile(r"^baseline\b|\bat baseline\W*$", re.IGNORECASE)
#: Of whom there are some: those who were, or had, something at baseline.
_TITLE_PEOPLE = re.compile(
    r"\b(?:with|without|who|among|whose|having|had|in those|high|low|positive|negative|normal|abnormal|elevated|yes|no"
    r"|present|absent|mild|moderate|severe|users?|na[i\u00ef]ve|experienced|failures?|status|strat\w+|subgroup)\b|[<>\u2264\u2265=+]",
    re.IGNORECASE,
)
#: How many people there are at a time is no other title: "Week 24 (n=30, 28)", "Baseline (N = 57)".
_PEOPLE = re.compile(r"\(?\bn\s*=\s*\d+(?:\s*(?:,|;|/|and|n\s*=)\s*\d+)*\s*\)?", re.IGNORECASE)
_LINKS = re.compile(
    r"\b(?:at|change|percent|mean|from|to|and|visit|in|the|on|of|every|cfb|period|values?|scores?|assessment|study)\b",
    re.IGNORECASE,
)
#: Weeks of one unit; a calendar month is a twelfth of 52 weeks.
_WEEKS = {"y": Decimal(52), "mo": Decimal(52) / 12, "w": Decimal(1), "d": Decimal(1) / 7}


class Time(NamedTuple):
    """The week of a number; without one `timepoint` says what is known.

    `words` is the text that the week was counted from when it is not in weeks itself, and `from_start` tells that the
    text names the start of the study beside the week, as in "Baseline and Week 24".
    """

    week: Decimal | None
    timepoint: Timepoint | None
    words: str | None = None
    from_start: bool = False


_UNKNOWN, _FOLLOW_UP = Time(None, "not-stated"), Time(None, "follow-up")


def time_of(near: Sequence[str], title: str, frame: str) -> Time:
    """Return when a number was taken.

    Args:
        near: titles that stand beside the number (category, class), the nearest first.
        title: the title of the outcome.
        frame: the time frame of the outcome.

    >>> time_of(["Baseline"], "SLEDAI", "Baseline and Week 24").week, time_of([], "SRI-4", "Day 85").week
    (Decimal('0'), Decimal('12'))
    >>> time_of([], "", "Every 12 weeks until progression")
    Time(week=None, timepoint='follow-up', words=None, from_start=False)
    """
    doubtful = False
    for text in near:
        alone = is_time(text)
        if (found := _time_in(text) if alone else _read_title(text)) is not None:
            return found
        doubtful |= not alone and _names_start(text)
    of_title, of_frame = _read_title(title), _time_in(frame)
    if doubtful and (of_frame is None or of_frame.from_start or of_frame.week == 0):
        return _UNKNOWN
    if of_title is None or of_frame is None:
        return of_title or of_frame or _UNKNOWN
    contradicts = of_frame.week is not None and of_title.week not in (None, Decimal(0), of_frame.week)
    return _UNKNOWN if contradicts and not of_frame.from_start else of_title


@lru_cache(maxsize=4096)
def is_time(text: str) -> bool:
    """Return whether a class or category title is nothing but a time.

    >>> is_time("Week 24 (n=30, 28)"), is_time("Day 1 (Baseline)"), is_time("Change at Month 6"), is_time("No response")
    (True, True, True, False)
    """
    for pattern in (_PEOPLE, _WINDOW, _CHANGE_FROM, _FROM_START, _AMOUNT, _START, _VISIT, _SPAN, _LINKS):
        text = pattern.sub(" ", text)
    return not re.search(r"\w", text)


@lru_cache(maxsize=4096)
def _read_title(title: str) -> Time | None:
    visits = " ; ".join(match[0] for match in _TITLE_VISIT.finditer(title))
    if visits:
        return _FOLLOW_UP if _LATER_PART.search(title) else _time_in(visits)
    at_start = _TITLE_START.search(_CHANGE_FROM.sub(" ", title)) and not _TITLE_PEOPLE.search(title)
    if not at_start:
        return None
    return _UNKNOWN if _LATER_PART.search(title) else Time(Decimal(0), None)


def _names_start(text: str) -> bool:
    return _START.search(_CHANGE_FROM.sub(" ", _FROM_START.sub(" ", text))) is not None


@lru_cache(maxsize=4096)
def _time_in(text: str) -> Time | None:
    """Return the time of one text; None when it names no time at all."""
    counted = _WINDOW.sub(" ", _FROM_START.sub(" ", text))
    later_part = _LATER_PART.search(counted) is not None
    if _NEGATIVE.search(counted):
        return _UNKNOWN
    visit = _VISIT.search(counted)
    counted = _NUMBERED.sub(" ", counted)
    weeks = {week for match in _AMOUNT.finditer(counted) for week in _weeks(match)}
    spans = _SPAN.search(counted) is not None
    if weeks and (spans or later_part or _ELSEWHERE.search(counted)):
        return _UNKNOWN if _UNPLACED.search(counted) else _FOLLOW_UP
    later = weeks - {Decimal(0)}
    if not later:
        if _names_start(counted) or weeks:
            return _UNKNOWN if later_part else Time(Decimal(0), None)
        if not visit:
            return None
        return _UNKNOWN if _UNPLACED.search(text) else _FOLLOW_UP
    week = later.pop()
    if later or week is None:
        return Time(None, "not-stated")
    in_weeks = re.search(r"we?e?ks?|\bw\d", counted, re.IGNORECASE)
    from_start = _START.search(counted) is not None or _SCREENING.search(counted) is not None or Decimal(0) in weeks
    return Time(week, None, None if in_weeks else " ".join(text.split()), from_start)


def _weeks(match: re.Match[str]) -> Iterator[Decimal | None]:
    """Yield the weeks of each number that shares the unit of `match`; None for one that is no whole week."""
    kind = (match["unit"] or match["after"] or {"m": "months"}.get(str(match["letter"]).lower(), "weeks")).lower()
    size = next(weeks for start, weeks in _WEEKS.items() if kind.startswith(start))
    for text in re.findall(_NUMBER, match["numbers"] or match["counted"] or match["short"]):
        number = Decimal(text)
        if kind.startswith("d") and match["unit"] and number % 7 == 1:  # study days are counted from day 1
            number -= 1
        weeks = number * size
        whole = weeks.to_integral_value()
        is_whole = abs(weeks - whole) < Decimal("1e-9")
        yield whole if is_whole else weeks if kind.startswith("w") else None
