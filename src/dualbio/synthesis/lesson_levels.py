"""The check level of lessons: the weakest level of their supports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Quad

from dualbio.model.evidence import CHECK_LEVELS, AnyRow, CheckLevel, Result, StudyFile
from dualbio.model.lessons import Lesson, Support
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.sources.corpus import Corpus

__all__ = ["lesson_level", "level_quads", "support_level", "supporting_rows"]

_GRAPH = graph_iri("synthesis")


def lesson_level(lesson: Lesson, files: Mapping[str, StudyFile]) -> CheckLevel | None:
    """Return the weakest check level of what supports a lesson; what speaks against it does not count."""
    return _weakest(support_level(support, files) for support in lesson.supported_by)


def support_level(support: Support, files: Mapping[str, StudyFile]) -> CheckLevel | None:
    """Return how far a support is checked: its words, or the row of it that is checked least, the arm of it included.

    None where its study or its rows are not held.
    """
    if support.checked:
        return support.checked
    rows = supporting_rows(support, files)
    arms = (row.arm_assignment_checked for row in rows if isinstance(row, Result))
    return _weakest([*(row.checked for row in rows), *arms])


def supporting_rows(support: Support, files: Mapping[str, StudyFile]) -> list[AnyRow]:
    """Return the rows that a support names, as far as they are held."""
    file = files.get(support.study)
    return [row for row in file.rows if row.id in (support.rows or ())] if file else []


def level_quads(corpus: Corpus) -> Iterator[Quad]:
    """Yield the check level of each lesson, and of each support that names rows, as quads of the graph `synthesis`."""
    files = corpus.study_files
    for lesson in corpus.lessons_file.lessons:
        levels = {("lesson", lesson.id): lesson_level(lesson, files)}
        for letter, supports in (("s", lesson.supported_by), ("c", lesson.contradicted_by or ())):
            for position, support in enumerate(supports, start=1):
                if support.rows:
                    levels["support", f"{lesson.id}.{letter}{position}"] = support_level(support, files)
        for (kind, key), level in levels.items():
            if level is not None:
                value = individual("value", f"check-level.{level}")
                yield Quad(individual(kind, key), term("checkLevel"), value, _GRAPH)


def _weakest(levels: Iterable[CheckLevel | None]) -> CheckLevel | None:
    return max((level for level in levels if level is not None), key=CHECK_LEVELS.index, default=None)
