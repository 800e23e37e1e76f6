"""Verifications as sentences: who read which page again, when, and what it showed."""

from __future__ import annotations

from dataclasses import dataclass

from dualbio_server.entities.evidence.asking import Link, Row, ask, link, short_key
from dualbio_server.http.language import say

__all__ = ["SecondReading", "second_readings"]

_LOOKS = """
SELECT DISTINCT ?look ?row ?key ?by ?day ?page ?cited ?verdict ?note {
  %s
  ?look dualbio:verifiesRow ?row ; dualbio:readBy ?by ; dualbio:readOn ?day ; dualbio:verificationVerdict ?verdict .
  ?row dualbio:key ?key .
  OPTIONAL { ?look dualbio:lookedIn ?page } OPTIONAL { ?look dualbio:onCitedPage ?cited }
  OPTIONAL { ?look skos:note ?note }
} ORDER BY DESC(?day) ?page ?look
"""
#: What a look came to, by the key of its verdict; `n` counts the numbers that it was about.
_FOUND = {
    "equal": "there as held here: {n} numbers",
    "label-corrected": "there, and corrected in name here: {n} numbers",
    "differs": "there differently from here: {n} numbers",
    "not-found": "not found: {n} numbers",
}


@dataclass(frozen=True)
class SecondReading:
    """Looks of one day at one place with one outcome: the sentence, the place, the rows, and notes in English."""

    sentence: str
    place: str
    rows: tuple[Link, ...]
    notes: tuple[str, ...]


def second_readings(pattern: str) -> list[SecondReading]:
    """Return the second looks that a pattern on `?look` and `?row` picks out, the newest first."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in ask(_LOOKS % pattern):
        key = (row["day"], row["by"], row.get("page", ""), row.get("cited", ""), row["verdict"])
        groups.setdefault(key, []).append(row)
    return [_reading(rows) for rows in groups.values()]


def _reading(rows: list[Row]) -> SecondReading:
    first = rows[0]
    numbers = {row["row"]: row["key"] for row in rows}
    found = say(_FOUND[short_key(first["verdict"])], n=len(numbers))
    who = say("a second reader") if first["by"] == "dualbio contributors" else first["by"]
    cited = first.get("cited") == "true"
    words = "{day}: {who} read the cited page again; {found}" if cited else "{day}: {who} looked again; {found}"
    return SecondReading(
        say(words, day=first["day"], who=who, found=found),
        first.get("page", ""),
        tuple(link(row, key) for row, key in sorted(numbers.items(), key=lambda each: each[1])),
        tuple(dict.fromkeys(row["note"] for row in rows if "note" in row)),
    )
