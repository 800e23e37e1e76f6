"""Lessons as sentences, with what they are about and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass

from dualbio_server.entities.evidence.asking import Link, ask, key_of, link, named
from dualbio_server.entities.evidence.verdicts import read_line

__all__ = ["Lesson", "lessons_where"]

_LESSONS = """
SELECT DISTINCT ?lesson ?statement ?direction ?topic ?reach ?level ?studies ?contrary {
  %s
  ?lesson dualbio:statement ?statement ; dualbio:direction ?direction ; dualbio:topic ?topic ;
    dualbio:checkLevel ?level ; dualbio:lessonLevel ?reach .
  OPTIONAL { ?lesson dualbio:studyNames ?studies } OPTIONAL { ?lesson dualbio:contraryNames ?contrary }
  FILTER (LANG(?statement) IN ("en", ""))
} ORDER BY ?reach ?lesson
"""


@dataclass(frozen=True)
class Lesson:
    """A lesson: its statement, in which direction it speaks, what it is about, and the studies for and against it."""

    statement: Link
    direction: str
    about: str
    studies: str
    contrary: str


def lessons_where(pattern: str) -> list[Lesson]:
    """Return the lessons that a pattern on `?lesson` picks out; statements across studies come first."""
    return [
        Lesson(
            link(row["lesson"], row["statement"]),
            key_of(row["direction"]),
            read_line([named(row["topic"]), named(row["direction"]), named(row["level"])]),
            row.get("studies", ""),
            row.get("contrary", ""),
        )
        for row in ask(_LESSONS % pattern)
    ]
