"""Lessons as sentences, with their subjects and supports."""

from __future__ import annotations

from dataclasses import dataclass

from dualbio_server.entities.evidence.asking import Link, Row, ask, effect_words, link, named, short_key
from dualbio_server.entities.evidence.verdicts import read_line
from dualbio_server.entities.labels import number_words

__all__ = ["LessonRow", "SplitLesson", "lessons_of_a_study", "lessons_where"]

_LESSONS = """
SELECT DISTINCT ?lesson ?statement ?direction ?topic ?reach ?level ?studies ?contrary {
  %s
  ?lesson dualbio:statement ?statement ; dualbio:direction ?direction ; dualbio:topic ?topic ;
    dualbio:checkLevel ?level ; dualbio:lessonLevel ?reach .
  OPTIONAL { ?lesson dualbio:studyNames ?studies } OPTIONAL { ?lesson dualbio:contraryNames ?contrary }
  FILTER (LANG(?statement) IN ("en", ""))
} ORDER BY ?reach ?lesson
"""

_BEARINGS = """
SELECT DISTINCT ?lesson ?side ?row ?number ?measure ?outcome ?event {
  { ?support dualbio:supports ?lesson BIND ("for" AS ?side) }
  UNION { ?support dualbio:contradicts ?lesson BIND ("against" AS ?side) }
  ?support dualbio:aboutStudy %s ; dualbio:row ?row .
  ?row dualbio:numberText ?number ; dualbio:outcome ?outcome .
  OPTIONAL { ?row dualbio:effectMeasure ?measure } OPTIONAL { ?row dualbio:adverseEvent ?event }
} ORDER BY ?lesson ?row
"""


@dataclass(frozen=True)
class LessonRow:
    """A lesson: its statement, in which direction it speaks, what it is about, and the studies for and against it."""

    statement: Link
    direction: str
    about: str
    studies: str
    contrary: str


def lessons_where(pattern: str) -> list[LessonRow]:
    """Return the lessons that a pattern on `?lesson` picks out; statements across studies come first."""
    return [
        LessonRow(
            link(row["lesson"], row["statement"]),
            short_key(row["direction"]),
            read_line([named(row["topic"]), named(row["direction"]), named(row["level"])]),
            row.get("studies", ""),
            row.get("contrary", ""),
        )
        for row in ask(_LESSONS % pattern)
    ]


@dataclass(frozen=True)
class SplitLesson:
    """A lesson for which some rows of a study speak, and others against it: what each row measures, and its number."""

    lesson: LessonRow
    supporting: tuple[Link, ...]
    opposing: tuple[Link, ...]


def lessons_of_a_study(study: str) -> tuple[list[LessonRow], list[LessonRow], list[SplitLesson]]:
    """Return the lessons for which a study speaks, those against which it does, and those for which and against."""
    sides = [
        lessons_where(f"?support dualbio:{relation} ?lesson ; dualbio:aboutStudy {study} .")
        for relation in ("supports", "contradicts")
    ]
    both = [each for each in sides[0] if each in sides[1]]
    bearings = ask(_BEARINGS % study) if both else []

    def rows(lesson: LessonRow, side: str) -> tuple[Link, ...]:
        return tuple(
            link(row["row"], f"{named(row.get('event') or row['outcome'])} {_number(row)}")
            for row in bearings
            if (link(row["lesson"])[1], row["side"]) == (lesson.statement[1], side)
        )

    split = [SplitLesson(each, rows(each, "for"), rows(each, "against")) for each in both]
    supporting, opposing = ([each for each in side if each not in both] for side in sides)
    return supporting, opposing, split


def _number(row: Row) -> str:
    return effect_words(row["measure"], row["number"]) if "measure" in row else number_words(row["number"])
